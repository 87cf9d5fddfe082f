//! Control messages: what CMSG_NXTHDR leaves to the caller

use std::mem::offset_of;
use std::ptr::{copy, null, write_unaligned};
use std::slice;

use libc::{c_int, c_void, msghdr, size_t};
use sockets::Errno;
use sockets::sys::{CMSG_HEADER, c, cmsg_at, cmsg_data, cmsg_place};

use crate::ret::fail;

/// A control message, as sockets_cmsg_next() finds it.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "C prints it")]
pub struct sockets_cmsg {
    /// SOL_SOCKET, IPPROTO_IP, ...
    pub level: c_int,
    /// SCM_RIGHTS, IP_PKTINFO, ...
    pub r#type: c_int,
    /// The data, in the memory of the message. It has no alignment: memcpy(3) it.
    pub data: *const c_void,
    /// How many bytes of data there are.
    pub len: size_t,
    /// 1 if the header says that there is more data than there is memory, else 0.
    pub is_cut: c_int,
}

/// CMSG_SPACE: the room that a control message takes.
///
/// In a constant, as the size of an array, CMSG_SPACE does it.
///
/// @param len  how many bytes of data it has
/// @return the room; SIZE_MAX if len is more than memory has
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn sockets_cmsg_space(len: size_t) -> size_t {
    sockets::cmsg::space(len)
}

/// Writes a control message behind those that a message has already.
///
///   union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
///   msg.msg_control = &control;
///   msg.msg_controllen = 0;
///   rc = sockets_cmsg_push(&msg, sizeof(control), IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
///
/// The memory needs no alignment, and need not be zero. Descriptors in SCM_RIGHTS stay the caller's.
///
/// @param msg    the message: msg_control is the memory, msg_controllen what is in use of it, and is raised
/// @param room   how many bytes there are at msg_control
/// @param level  SOL_SOCKET, IPPROTO_IP, ...
/// @param type   SCM_RIGHTS, IP_PKTINFO, ...
/// @param data   the data; may be NULL if len is 0
/// @param len    how many bytes of it
/// @return 0, or, with nothing changed,
///   -ENOBUFS  no room
///   -EINVAL   room or len is more than SSIZE_MAX, or msg_controllen more than room
///   -EFAULT   a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_cmsg_push(
    msg: *mut msghdr,
    room: size_t,
    level: c_int,
    r#type: c_int,
    data: *const c_void,
    len: size_t,
) -> c_int {
    // SAFETY: the caller says that all three are NULL or valid.
    match unsafe { push(msg, room, level, r#type, data, len) } {
        Ok(()) => 0,
        Err(error) => fail(error),
    }
}

/// The same with a number, in as many bytes as the kernel wants: 2 for UDP_SEGMENT, 1 for TLS_SET_RECORD_TYPE, 8 for
/// SCM_TXTIME, 4 for all others. In host order: IPV6_FLOWINFO is turned round.
///
/// @param msg    as for sockets_cmsg_push()
/// @param room   as for sockets_cmsg_push()
/// @param level  SOL_SOCKET, IPPROTO_IP, ...
/// @param type   IP_TTL, IPV6_TCLASS, UDP_SEGMENT, ...
/// @param value  the number
/// @return 0, or, with nothing changed,
///   -EINVAL  the number does not fit
///   and the errors of sockets_cmsg_push()
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_cmsg_push_int(
    msg: *mut msghdr,
    room: size_t,
    level: c_int,
    r#type: c_int,
    value: i64,
) -> c_int {
    let value = match (level, r#type, u32::try_from(value)) {
        (c::IPPROTO_IPV6, c::IPV6_FLOWINFO, Ok(value)) => value.to_be().into(),
        _ => value,
    };
    let bytes = value.to_ne_bytes();
    let len = match (level, r#type) {
        (c::IPPROTO_UDP, c::UDP_SEGMENT) if u16::try_from(value).is_ok() => 2,
        (c::SOL_TLS, c::TLS_SET_RECORD_TYPE) if u8::try_from(value).is_ok() => 1,
        (c::IPPROTO_UDP, c::UDP_SEGMENT) | (c::SOL_TLS, c::TLS_SET_RECORD_TYPE) => {
            return fail(Errno::EINVAL);
        }
        (c::SOL_SOCKET, c::SCM_TXTIME) => 8,
        // An int or an unsigned int.
        _ if i32::try_from(value).is_ok() || u32::try_from(value).is_ok() => 4,
        _ => return fail(Errno::EINVAL),
    };
    // In a number of 8 bytes, those of a smaller one with the same value.
    let data = if cfg!(target_endian = "big") { 8 - len } else { 0 };
    let data = bytes.as_ptr().wrapping_add(data).cast();
    // SAFETY: the caller says that `msg` is NULL or valid; there are `len` bytes at `data`.
    unsafe { sockets_cmsg_push(msg, room, level, r#type, data, len) }
}

/// Gives the control messages of a message one by one.
///
///   struct sockets_cmsg cmsg;
///   size_t at = 0;
///   while (sockets_cmsg_next(&msg, &at, &cmsg) > 0)
///       ...
///
/// What CMSG_FIRSTHDR and CMSG_NXTHDR do, for any bytes and any alignment: nothing outside of them is read. It ends at the
/// first header that is not whole, or that says that the message is shorter than its header.
///
/// @param msg  the message: msg_control and msg_controllen are looked at
/// @param at   0 for the first; receives where the next one is
/// @param out  receives the control message
/// @return 1; 0 at the end, where nothing is written; or
///   -EINVAL  msg_controllen is more than SSIZE_MAX
///   -EFAULT  a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_cmsg_next(
    msg: *const msghdr,
    at: *mut size_t,
    out: *mut sockets_cmsg,
) -> c_int {
    // SAFETY: the caller says that `msg` is NULL or valid, and its control messages as long.
    let bytes = match unsafe { control(msg) } {
        Ok((ptr, len)) if !at.is_null() && !out.is_null() => {
            // SAFETY: these bytes can be read, and nobody writes them meanwhile.
            unsafe { slice::from_raw_parts(ptr, len) }
        }
        Ok(_) => return fail(Errno::EFAULT),
        Err(error) => return fail(error),
    };
    // SAFETY: not NULL, so it may be read; whether it is aligned nobody has said.
    let Some(found) = cmsg_at(bytes, unsafe { at.read_unaligned() }) else { return 0 };
    let new = sockets_cmsg {
        level: found.level(),
        r#type: found.ty(),
        data: bytes.as_ptr().wrapping_add(found.data.start).cast(),
        len: found.data.len(),
        is_cut: found.is_cut.into(),
    };
    // SAFETY: not NULL, so it may be written.
    unsafe { at.write_unaligned(found.next) };
    // SAFETY: not NULL, so it may be written.
    unsafe { out.write_unaligned(new) };
    1
}

/// Copies the data of the first control message of a level and type.
///
/// A descriptor that is copied so (SCM_PIDFD) is there twice: sockets_cmsg_take_pidfd() moves it.
///
/// @param msg    the message
/// @param level  SOL_SOCKET, IPPROTO_IP, ...
/// @param type   SCM_CREDENTIALS, IP_PKTINFO, ...
/// @param value  receives the first size bytes of the data; untouched on failure
/// @param size   how many bytes are wanted
/// @return 0, or
///   -ENOENT    there is no such message
///   -EMSGSIZE  it has less data than that
///   -EINVAL    size or msg_controllen is more than SSIZE_MAX
///   -EFAULT    a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_cmsg_get(
    msg: *const msghdr,
    level: c_int,
    r#type: c_int,
    value: *mut c_void,
    size: size_t,
) -> c_int {
    if size > SSIZE_MAX {
        return fail(Errno::EINVAL);
    }
    if value.is_null() && size > 0 {
        return fail(Errno::EFAULT);
    }
    // SAFETY: the caller says that `msg` is NULL or valid, and its control messages as long.
    let data = match unsafe { find(msg, level, r#type) } {
        Ok(data) if data.len() >= size => data,
        Ok(_) => return fail(Errno::EMSGSIZE),
        Err(error) => return fail(error),
    };
    // SAFETY: there are as many bytes, and at `value` room for them, says the caller.
    unsafe { copy(data.as_ptr(), value.cast(), size) };
    0
}

/// The number in the first control message of a level and type, whichever size it has: IP_TOS comes as one byte,
/// IPV6_TCLASS and UDP_GRO as an int. In host order: IPV6_FLOWINFO is turned round.
///
/// @param msg    the message
/// @param level  SOL_SOCKET, IPPROTO_IP, ...
/// @param type   IP_TTL, IP_TOS, UDP_GRO, SO_RXQ_OVFL, ...
/// @param value  receives the number; an unsigned int of 2147483648 or more is negative as int, cast it back
/// @return 0, or
///   -ENOENT    there is no such message
///   -EMSGSIZE  it holds no number: its data has not 1, 2 or 4 bytes
///   -EINVAL    msg_controllen is more than SSIZE_MAX
///   -EFAULT    a NULL pointer
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_cmsg_get_int(
    msg: *const msghdr,
    level: c_int,
    r#type: c_int,
    value: *mut c_int,
) -> c_int {
    if value.is_null() {
        return fail(Errno::EFAULT);
    }
    let is_flowinfo = (level, r#type) == (c::IPPROTO_IPV6, c::IPV6_FLOWINFO);
    // SAFETY: the caller says that `msg` is NULL or valid, and its control messages as long.
    let number = match unsafe { find(msg, level, r#type) } {
        Ok(&[a]) => a.into(),
        Ok(&[a, b]) => u16::from_ne_bytes([a, b]).into(),
        Ok(&[a, b, c, d]) if is_flowinfo => c_int::from_be_bytes([a, b, c, d]),
        Ok(&[a, b, c, d]) => c_int::from_ne_bytes([a, b, c, d]),
        Ok(_) => return fail(Errno::EMSGSIZE),
        Err(error) => return fail(error),
    };
    // SAFETY: not NULL, so it may be written; whether it is aligned nobody has said.
    unsafe { value.write_unaligned(number) };
    0
}

/// The longest that a piece of memory can be.
const SSIZE_MAX: size_t = isize::MAX as size_t;

/// Writes a control message.
///
/// # Safety
///
/// `msg` is NULL or valid for reads and writes, its `msg_control` is NULL or `room` bytes may be written there, and
/// `data` is NULL or `len` bytes can be read there.
#[inline]
pub(crate) unsafe fn push(
    msg: *mut msghdr,
    room: size_t,
    level: c_int,
    ty: c_int,
    data: *const c_void,
    len: size_t,
) -> Result<(), Errno> {
    if msg.is_null() || (data.is_null() && len > 0) {
        return Err(Errno::EFAULT);
    }
    // SAFETY: not NULL, so it may be read; whether it is aligned nobody has said.
    let mut header = unsafe { msg.read_unaligned() };
    let used = control_len(&header);
    if room > SSIZE_MAX || len > SSIZE_MAX || used > room {
        return Err(Errno::EINVAL);
    }
    let Some(place) = cmsg_place(room, used, len) else { return Err(Errno::ENOBUFS) };
    if header.msg_control.is_null() {
        return Err(Errno::EFAULT);
    }
    if place.end > c_int::MAX as usize {
        // More than the kernel takes, and than musl's structure can hold.
        return Err(Errno::ENOBUFS);
    }
    let at = header.msg_control.cast::<u8>().wrapping_add(place.header);
    let behind = at.wrapping_add(place.len);
    // First, as the caller's data may lie where the header goes.
    // SAFETY: there is room for as much behind the header, as `cmsg_place` says, and the data may overlap with it.
    unsafe { copy(data.cast(), at.wrapping_add(CMSG_HEADER), len) };
    let raw = c::cmsghdr { cmsg_len: place.len, cmsg_level: level, cmsg_type: ty };
    // SAFETY: there is room for a header; whether it is aligned nobody has said.
    unsafe { at.cast::<c::cmsghdr>().write_unaligned(raw) };
    // The padding, of less than a word: a call would cost more than this loop.
    for at in 0..(place.end - place.header - place.len) & (size_of::<usize>() - 1) {
        // SAFETY: `end` is within the room, and not before the end of the data.
        unsafe { behind.wrapping_add(at).write_volatile(0) };
    }
    header.msg_controllen = place.end as _;
    let len = msg.wrapping_byte_add(offset_of!(msghdr, msg_controllen)).cast();
    // SAFETY: not NULL, so it may be written.
    unsafe { write_unaligned(len, header.msg_controllen) };
    Ok(())
}

/// `msg_controllen`, whose type is each C library's own.
#[inline]
#[allow(clippy::unnecessary_cast, reason = "it is a socklen_t in musl")]
pub(crate) fn control_len(msg: &msghdr) -> usize {
    msg.msg_controllen as usize
}

/// Where the control messages of a message are, and how many bytes: never NULL, never more than SSIZE_MAX.
///
/// # Safety
///
/// `msg` is NULL or valid.
#[inline]
pub(crate) unsafe fn control(msg: *const msghdr) -> Result<(*mut u8, usize), Errno> {
    if msg.is_null() {
        return Err(Errno::EFAULT);
    }
    // SAFETY: not NULL, so it may be read; whether it is aligned nobody has said.
    let header = unsafe { msg.read_unaligned() };
    match (header.msg_control.cast::<u8>(), control_len(&header)) {
        (_, 0) => Ok((std::ptr::dangling_mut(), 0)),
        (ptr, _) if ptr == null::<u8>().cast_mut() => Err(Errno::EFAULT),
        (_, len) if len > SSIZE_MAX => Err(Errno::EINVAL),
        found => Ok(found),
    }
}

/// The data of the first control message of a level and type.
///
/// # Safety
///
/// `msg` is NULL or valid, and its control messages can be read for as long as the result lives.
#[inline]
unsafe fn find<'a>(msg: *const msghdr, level: c_int, ty: c_int) -> Result<&'a [u8], Errno> {
    // SAFETY: the caller's word, passed on.
    let (ptr, len) = unsafe { control(msg) }?;
    // SAFETY: these bytes can be read, and nobody writes them meanwhile.
    let bytes = unsafe { slice::from_raw_parts(ptr, len) };
    cmsg_data(bytes, level, ty).ok_or(Errno::ENOENT)
}
