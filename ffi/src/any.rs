//! Several addresses for one name

use std::ffi::c_void;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::time::Duration;

use libc::{c_int, size_t, sockaddr_storage};
use sockets::sys::Result;
use sockets::{AnyAddr, AnyError, Errno, SockAddr, Socket, Type};

use crate::addr::sockets_addr;
use crate::ret::guard;

/// What is called for each socket before it is bound or connected: for options. Returns 0, or an error, as a function
/// of this library does (-EINVAL, if it is no -errno); the address has failed then. It returns: no exception, no
/// longjmp(3), and a cancellation waits.
#[allow(non_camel_case_types, reason = "it is a name of C")]
pub type sockets_configure = Option<unsafe extern "C-unwind" fn(fd: c_int, arg: *mut c_void) -> c_int>;

/// Connects to the first address that can be reached.
///
/// socket(2), connect(2) and poll(2) for each, each with a socket of its own, which is closed if it fails. The socket
/// that is returned blocks. A Unix address whose queue is full fails at once, with EAGAIN. Not a cancellation point.
///
/// @param addrs      the addresses, as sockets_resolve() gives them
/// @param count      how many
/// @param type       SOCK_STREAM, ...
/// @param timeout    milliseconds for all attempts together, of which each has an equal share of what is left; -1 is as
///                   long as they take
/// @param delay      Happy Eyeballs (RFC 8305): the families in turn, and milliseconds after which the next attempt begins
///                   while the others go on, 10 to 2000; 250 is recommended. -1 is one attempt after the other
/// @param configure  called for each socket before it is connected; or NULL
/// @param arg        handed to it
/// @param errors     receives, if none worked, the error of each address as a positive number; else zeros; or NULL
/// @return the descriptor, or
///   -EADDRNOTAVAIL  count is 0
///   -EINVAL         count is more than memory has; a timeout or delay below -1
///   -EFAULT         a NULL pointer
///   -ETIMEDOUT      the time is over
///   and the error of the last attempt
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_connect_any(
    addrs: *const sockets_addr,
    count: size_t,
    r#type: c_int,
    timeout: c_int,
    delay: c_int,
    configure: sockets_configure,
    arg: *mut c_void,
    errors: *mut c_int,
) -> c_int {
    guard(|| {
        // SAFETY: the caller says that `count` addresses can be read at `addrs`.
        let addrs = unsafe { load(addrs, count) }?;
        let mut how = how(r#type, configure, arg);
        if let Some(timeout) = millis(timeout)? {
            how = how.timeout(timeout);
        }
        if let Some(delay) = millis(delay)? {
            how = how.happy_eyeballs(delay);
        }
        // SAFETY: `errors` is NULL, or has room for `count` numbers.
        unsafe { finish(how.connect(&addrs), &addrs, errors) }
    })
}

/// Binds a socket to the first address that can be had: socket(2) and bind(2) for each, one after the other.
///
/// @param addrs      the addresses, as sockets_resolve() gives them with AI_PASSIVE
/// @param count      how many
/// @param type       SOCK_STREAM, ...
/// @param configure  called for each socket before it is bound, to set SO_REUSEADDR and the like; or NULL
/// @param arg        handed to it
/// @param errors     receives, if none worked, the error of each address as a positive number; else zeros; or NULL
/// @return the descriptor, or
///   -EADDRNOTAVAIL  count is 0
///   -EINVAL         count is more than memory has
///   -EFAULT         a NULL pointer
///   and the error of the last attempt
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sockets_bind_any(
    addrs: *const sockets_addr,
    count: size_t,
    r#type: c_int,
    configure: sockets_configure,
    arg: *mut c_void,
    errors: *mut c_int,
) -> c_int {
    guard(|| {
        // SAFETY: the caller says that `count` addresses can be read at `addrs`.
        let addrs = unsafe { load(addrs, count) }?;
        // SAFETY: `errors` is NULL, or has room for `count` numbers.
        unsafe { finish(how(r#type, configure, arg).bind(&addrs), &addrs, errors) }
    })
}

fn how(ty: c_int, configure: sockets_configure, arg: *mut c_void) -> AnyAddr<'static> {
    AnyAddr::new(Type::from_raw(ty)).configure(move |socket| {
        let Some(configure) = configure else { return Ok(()) };
        // SAFETY: the caller's function, with the caller's argument, as the header says.
        let result = unsafe { configure(socket.as_raw_fd(), arg) };
        match Errno::from_raw(result.saturating_neg()) {
            _ if result >= 0 => Ok(()),
            // As an error it would be 0, which is success.
            Errno::UnknownErrno => Err(Errno::EINVAL),
            errno => Err(errno),
        }
    })
}

fn millis(time: c_int) -> Result<Option<Duration>> {
    match time {
        -1 => Ok(None),
        time => Ok(Some(Duration::from_millis(u64::try_from(time).map_err(|_| Errno::EINVAL)?))),
    }
}

/// The addresses of a C caller. One that is none is EINVAL.
///
/// # Safety
///
/// `addrs` is NULL, or `count` of them can be read there.
unsafe fn load(addrs: *const sockets_addr, count: size_t) -> Result<Vec<SockAddr>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if addrs.is_null() {
        return Err(Errno::EFAULT.into());
    }
    if count > isize::MAX as usize / size_of::<sockets_addr>() {
        return Err(Errno::EINVAL.into());
    }
    let mut loaded = Vec::new();
    for at in 0..count {
        // SAFETY: there are `count` of them, and `at` is below.
        let addr = unsafe { addrs.wrapping_add(at).read_unaligned() };
        loaded.push(one(&addr)?);
    }
    Ok(loaded)
}

fn one(addr: &sockets_addr) -> Result<SockAddr> {
    let len = addr.len as usize;
    if len > size_of::<sockaddr_storage>() {
        return Err(Errno::EINVAL.into());
    }
    let storage = (&raw const addr.storage).cast::<u8>();
    // SAFETY: the structure came by value, and has no fewer bytes.
    let bytes = unsafe { std::slice::from_raw_parts(storage, len) };
    Ok(SockAddr::from_bytes(bytes)?)
}

/// The descriptor, or the last error; and the error of each address.
///
/// # Safety
///
/// `errors` is NULL, or has room for as many numbers as there are addresses.
unsafe fn finish(
    result: std::result::Result<(Socket, SockAddr), AnyError>,
    addrs: &[SockAddr],
    errors: *mut c_int,
) -> Result<c_int> {
    let mut numbers = vec![0; addrs.len()];
    if let Err(error) = &result {
        for (addr, errno) in error.failures() {
            let mut places = addrs.iter().zip(numbers.iter_mut());
            if let Some((_, place)) = places.find(|(other, number)| *other == addr && **number == 0) {
                *place = *errno as c_int;
            }
        }
    }
    if !errors.is_null() {
        for (at, number) in numbers.into_iter().enumerate() {
            // SAFETY: there is room for as many, and `at` is below.
            unsafe { errors.wrapping_add(at).write_unaligned(number) };
        }
    }
    match result {
        Ok((socket, _)) => Ok(std::os::fd::OwnedFd::from(socket).into_raw_fd()),
        Err(error) => Err(error.errno().into()),
    }
}
