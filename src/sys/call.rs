//! One function per system call.
//!
//! The functions are safe: their argument types carry the proof (see [`super`]), so each `unsafe`
//! block below is one line that says why that proof is enough.
//!
//! Those that can block are cancellation points of pthread_cancel(3), which unwinds the thread from
//! inside them. They are declared `extern "C-unwind"` here and by the C face, and nothing in between
//! has a destructor while they run: then the unwinding passes through in every build.

use core::ffi::{c_int, c_short, c_ulong, c_void};
use core::mem::size_of;
use core::ptr::{from_ref, null};
use core::time::Duration;
use std::os::fd::{FromRawFd, OwnedFd};

use super::buffer::{RecvBuffer, counts_unwritten};
use super::c;
use super::errno::{Result, check, check_size, check_unit};
use super::fd::{Closing, Fd, PairResult};
use super::input::{InAddr, InBuf};
use super::optname::OptName;
use super::pod::Pod;
use super::value::ValueResult;

/// The calls that pthread_cancel(3) may unwind from.
mod cancellable {
    use super::*;

    unsafe extern "C-unwind" {
        pub(super) fn accept4(
            fd: c_int,
            addr: *mut c::sockaddr,
            len: *mut c::socklen_t,
            flags: c_int,
        ) -> c_int;
        pub(super) fn close(fd: c_int) -> c_int;
        pub(super) fn connect(fd: c_int, addr: *const c::sockaddr, len: c::socklen_t) -> c_int;
        pub(super) fn poll(fds: *mut c::pollfd, nfds: c::nfds_t, timeout: c_int) -> c_int;
        pub(super) fn ppoll(
            fds: *mut c::pollfd,
            nfds: c::nfds_t,
            timeout: *const c::timespec,
            mask: *const c::sigset_t,
        ) -> c_int;
        pub(super) fn recv(fd: c_int, buf: *mut c_void, len: usize, flags: c_int) -> isize;
        pub(super) fn recvfrom(
            fd: c_int,
            buf: *mut c_void,
            len: usize,
            flags: c_int,
            addr: *mut c::sockaddr,
            addrlen: *mut c::socklen_t,
        ) -> isize;
        pub(super) fn send(fd: c_int, buf: *const c_void, len: usize, flags: c_int) -> isize;
        pub(super) fn sendto(
            fd: c_int,
            buf: *const c_void,
            len: usize,
            flags: c_int,
            addr: *const c::sockaddr,
            addrlen: c::socklen_t,
        ) -> isize;
    }
}

/// The owner of a descriptor that a call has just returned.
#[inline]
fn own(fd: c_int) -> OwnedFd {
    // SAFETY: the callers below pass what the kernel has returned as new, which nobody else owns.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// socket(2), close-on-exec.
#[inline]
pub fn socket(domain: c_int, ty: c_int, protocol: c_int) -> Result<OwnedFd> {
    // SAFETY: takes no pointer.
    check(unsafe { c::socket(domain, ty | c::SOCK_CLOEXEC, protocol) }).map(own)
}

/// socketpair(2), both close-on-exec.
#[inline]
pub fn socketpair<P: PairResult>(
    domain: c_int,
    ty: c_int,
    protocol: c_int,
    mut pair: P,
) -> Result<P::Output> {
    // SAFETY: `place` says that two descriptors may be written there.
    check_unit(unsafe { c::socketpair(domain, ty | c::SOCK_CLOEXEC, protocol, pair.place()) })?;
    // SAFETY: the call has succeeded.
    Ok(unsafe { pair.finish() })
}

/// bind(2).
#[inline]
pub fn bind(fd: Fd<'_>, addr: InAddr<'_>) -> Result<()> {
    // SAFETY: `addr` is readable for its length, or vouched for by its maker.
    check_unit(unsafe { c::bind(fd.raw(), addr.ptr, addr.len) })
}

/// listen(2).
#[inline]
pub fn listen(fd: Fd<'_>, backlog: c_int) -> Result<()> {
    // SAFETY: takes no pointer.
    check_unit(unsafe { c::listen(fd.raw(), backlog) })
}

/// accept4(2), close-on-exec.
#[inline]
pub fn accept4<A: ValueResult>(fd: Fd<'_>, mut addr: A, flags: c_int) -> Result<(OwnedFd, A::Output)> {
    let (ptr, len) = addr.parts();
    let flags = flags | c::SOCK_CLOEXEC;
    // SAFETY: `parts` says how much may be written at `ptr`.
    let new = check(unsafe { cancellable::accept4(fd.raw(), ptr.cast(), len, flags) })?;
    // SAFETY: the call has succeeded.
    Ok((own(new), unsafe { addr.finish() }))
}

/// connect(2).
#[inline]
pub fn connect(fd: Fd<'_>, addr: InAddr<'_>) -> Result<()> {
    // SAFETY: `addr` is readable for its length, or vouched for by its maker.
    check_unit(unsafe { cancellable::connect(fd.raw(), addr.ptr, addr.len) })
}

/// getsockname(2).
#[inline]
pub fn getsockname<A: ValueResult>(fd: Fd<'_>, mut addr: A) -> Result<A::Output> {
    let (ptr, len) = addr.parts();
    // SAFETY: `parts` says how much may be written at `ptr`.
    check_unit(unsafe { c::getsockname(fd.raw(), ptr.cast(), len) })?;
    // SAFETY: the call has succeeded.
    Ok(unsafe { addr.finish() })
}

/// getpeername(2).
#[inline]
pub fn getpeername<A: ValueResult>(fd: Fd<'_>, mut addr: A) -> Result<A::Output> {
    let (ptr, len) = addr.parts();
    // SAFETY: `parts` says how much may be written at `ptr`.
    check_unit(unsafe { c::getpeername(fd.raw(), ptr.cast(), len) })?;
    // SAFETY: the call has succeeded.
    Ok(unsafe { addr.finish() })
}

/// send(2), without SIGPIPE.
#[inline]
pub fn send(fd: Fd<'_>, buf: InBuf<'_>, flags: c_int) -> Result<usize> {
    let flags = flags | c::MSG_NOSIGNAL;
    // SAFETY: `buf` is readable for its length, or vouched for by its maker.
    check_size(unsafe { cancellable::send(fd.raw(), buf.ptr, buf.len, flags) })
}

/// sendto(2), without SIGPIPE.
#[inline]
pub fn sendto(fd: Fd<'_>, buf: InBuf<'_>, flags: c_int, to: InAddr<'_>) -> Result<usize> {
    let flags = flags | c::MSG_NOSIGNAL;
    // SAFETY: `buf` and `to` are readable for their lengths, or vouched for by their makers.
    check_size(unsafe { cancellable::sendto(fd.raw(), buf.ptr, buf.len, flags, to.ptr, to.len) })
}

/// recv(2).
#[inline]
pub fn recv<B: RecvBuffer>(fd: Fd<'_>, mut buf: B, flags: c_int) -> Result<B::Output> {
    buf.prepare(counts_unwritten(flags));
    let (ptr, len) = buf.parts();
    // SAFETY: `parts` says how much may be written at `ptr`.
    let n = check_size(unsafe { cancellable::recv(fd.raw(), ptr, len, flags) })?;
    // SAFETY: the call has returned `n`; where that counts unwritten bytes, `prepare` wrote them.
    Ok(unsafe { buf.finish(n) })
}

/// recvfrom(2).
#[inline]
pub fn recvfrom<B: RecvBuffer, A: ValueResult>(
    fd: Fd<'_>,
    mut buf: B,
    flags: c_int,
    mut from: A,
) -> Result<(B::Output, A::Output)> {
    buf.prepare(counts_unwritten(flags));
    let (ptr, len) = buf.parts();
    let (addr, addrlen) = from.parts();
    // SAFETY: both `parts` say how much may be written at `ptr` and at `addr`.
    let rc = unsafe { cancellable::recvfrom(fd.raw(), ptr, len, flags, addr.cast(), addrlen) };
    let n = check_size(rc)?;
    // SAFETY: as for `recv`.
    let received = unsafe { buf.finish(n) };
    // SAFETY: the call has succeeded.
    Ok((received, unsafe { from.finish() }))
}

/// shutdown(2).
#[inline]
pub fn shutdown(fd: Fd<'_>, how: c_int) -> Result<()> {
    // SAFETY: takes no pointer.
    check_unit(unsafe { c::shutdown(fd.raw(), how) })
}

/// close(2). Never retried: the descriptor is gone whatever it returns.
#[inline]
pub fn close(fd: Closing) -> Result<()> {
    // SAFETY: takes no pointer; the owner has given the descriptor up.
    check_unit(unsafe { cancellable::close(fd.into_raw()) })
}

/// getsockopt(2).
#[inline]
pub fn getsockopt<V: ValueResult>(fd: Fd<'_>, option: OptName, mut value: V) -> Result<V::Output> {
    let (ptr, len) = value.parts();
    // SAFETY: `parts` says how much may be written at `ptr`, and the maker of `option` answers for it.
    check_unit(unsafe { c::getsockopt(fd.raw(), option.level(), option.number(), ptr, len) })?;
    // SAFETY: the call has succeeded.
    Ok(unsafe { value.finish() })
}

/// setsockopt(2) with the bytes that a C caller gave.
#[inline]
pub fn setsockopt_raw(fd: Fd<'_>, option: OptName, value: InBuf<'_>) -> Result<()> {
    let len = value.len as c::socklen_t;
    // SAFETY: `value` was vouched for by its maker, and what the option does with it by that of `option`.
    check_unit(unsafe { c::setsockopt(fd.raw(), option.level(), option.number(), value.ptr, len) })
}

/// setsockopt(2) with a plain value that the kernel may change.
pub fn setsockopt_mut<T: Pod>(fd: Fd<'_>, option: OptName, value: &mut T) -> Result<()> {
    let (ptr, len) = (core::ptr::from_mut(value).cast_const().cast(), size_of::<T>() as c::socklen_t);
    // SAFETY: `value` is readable and writable for `len` bytes, and the maker of `option` answers for what they mean.
    check_unit(unsafe { c::setsockopt(fd.raw(), option.level(), option.number(), ptr, len) })
}

/// setsockopt(2) with the first `len` bytes of a plain value, or all of them if it has fewer.
#[inline]
pub fn setsockopt<T: Pod>(fd: Fd<'_>, option: OptName, value: &T, len: usize) -> Result<()> {
    let (ptr, len) = (from_ref(value).cast(), len.min(size_of::<T>()) as c::socklen_t);
    // SAFETY: `value` is readable for `len` bytes, and the maker of `option` answers for what they mean.
    check_unit(unsafe { c::setsockopt(fd.raw(), option.level(), option.number(), ptr, len) })
}

/// fcntl(2) F_DUPFD_CLOEXEC: dup(2), close-on-exec.
#[inline]
pub fn dup(fd: Fd<'_>) -> Result<OwnedFd> {
    // SAFETY: the third argument is an int, as this command wants.
    check(unsafe { c::fcntl(fd.raw(), c::F_DUPFD_CLOEXEC, 0) }).map(own)
}

/// fcntl(2) F_GETFL: the O_NONBLOCK flag.
#[inline]
pub fn nonblocking(fd: Fd<'_>) -> Result<bool> {
    // SAFETY: the command takes no third argument.
    let flags = check(unsafe { c::fcntl(fd.raw(), c::F_GETFL) })?;
    Ok(flags & c::O_NONBLOCK != 0)
}

/// ioctl(2) FIONBIO: sets or clears O_NONBLOCK and touches no other flag.
#[inline]
pub fn set_nonblocking(fd: Fd<'_>, on: bool) -> Result<()> {
    let on = c_int::from(on);
    // SAFETY: the request reads one int.
    check_unit(unsafe { c::ioctl(fd.raw(), c::FIONBIO as c::Ioctl, &raw const on) })
}

/// fcntl(2) F_GETFD: the FD_CLOEXEC flag.
#[inline]
pub fn cloexec(fd: Fd<'_>) -> Result<bool> {
    // SAFETY: the command takes no third argument.
    let flags = check(unsafe { c::fcntl(fd.raw(), c::F_GETFD) })?;
    Ok(flags & c::FD_CLOEXEC != 0)
}

/// ioctl(2) FIOCLEX or FIONCLEX: sets or clears FD_CLOEXEC and touches no other flag.
#[inline]
pub fn set_cloexec(fd: Fd<'_>, on: bool) -> Result<()> {
    let request = if on { c::FIOCLEX } else { c::FIONCLEX };
    // SAFETY: neither request takes an argument.
    check_unit(unsafe { c::ioctl(fd.raw(), request as c::Ioctl) })
}

/// ioctl(2) FIONREAD (SIOCINQ).
#[inline]
pub fn fionread(fd: Fd<'_>) -> Result<c_int> {
    let mut bytes: c_int = 0;
    // SAFETY: the request writes one int.
    check_unit(unsafe { c::ioctl(fd.raw(), c::FIONREAD as c::Ioctl, &raw mut bytes) })?;
    Ok(bytes)
}

/// ioctl(2) SIOCOUTQ.
#[inline]
pub fn siocoutq(fd: Fd<'_>) -> Result<c_int> {
    let mut bytes: c_int = 0;
    // SAFETY: the request writes one int.
    check_unit(unsafe { c::ioctl(fd.raw(), c::SIOCOUTQ as c::Ioctl, &raw mut bytes) })?;
    Ok(bytes)
}

/// ioctl(2) SIOCATMARK: sockatmark(3).
#[inline]
pub fn sockatmark(fd: Fd<'_>) -> Result<bool> {
    let mut mark: c_int = 0;
    // SAFETY: the request writes one int.
    check_unit(unsafe { c::ioctl(fd.raw(), c::SIOCATMARK as c::Ioctl, &raw mut mark) })?;
    Ok(mark != 0)
}

/// poll(2) with the array that a C caller gave.
///
/// # Safety
///
/// Where memory is mapped at `fds`, for `nfds` structures, it is the caller's to have overwritten.
#[inline]
pub unsafe fn poll_raw(fds: *mut c::pollfd, nfds: c_ulong, timeout: c_int) -> Result<c_int> {
    // SAFETY: the caller's word, passed on.
    check(unsafe { cancellable::poll(fds, nfds as c::nfds_t, timeout) })
}

/// ppoll(2) on one descriptor: the events that are there, 0 when the time is over.
#[inline]
pub fn poll(fd: Fd<'_>, events: c_short, timeout: Option<Duration>) -> Result<c_short> {
    let mut entry = c::pollfd { fd: fd.raw(), events, revents: 0 };
    let timeout = timeout.map(timespec);
    let timeout = timeout.as_ref().map_or(null(), from_ref);
    // SAFETY: `entry` is one structure, as the 1 says; `timeout` is null or valid; no mask.
    check(unsafe { cancellable::ppoll(&raw mut entry, 1, timeout, null()) })?;
    Ok(entry.revents)
}

/// ppoll(2) on several descriptors: the events of each, which are 0 for all when the time is over.
pub fn poll_writable(fds: &[Fd<'_>], timeout: Option<Duration>) -> Result<Vec<c_short>> {
    let entry = |fd: &Fd<'_>| c::pollfd { fd: fd.raw(), events: c::POLLOUT, revents: 0 };
    let mut entries: Vec<c::pollfd> = fds.iter().map(entry).collect();
    let timeout = timeout.map(timespec);
    let timeout = timeout.as_ref().map_or(null(), from_ref);
    // SAFETY: there are as many entries as is said; `timeout` is null or valid; no mask.
    check(unsafe { cancellable::ppoll(entries.as_mut_ptr(), entries.len() as c::nfds_t, timeout, null()) })?;
    Ok(entries.iter().map(|entry| entry.revents).collect())
}

/// A duration as the kernel takes it; one too long for `time_t` becomes the longest there is.
fn timespec(duration: Duration) -> c::timespec {
    // SAFETY: integers and, on some systems, private padding: all 0 is a valid value. (The padding is
    // why this is no struct expression.)
    let mut time: c::timespec = unsafe { core::mem::zeroed() };
    // On 32-bit systems the field has 32 bits.
    let longest = if size_of_val(&time.tv_sec) == 4 { i32::MAX as u64 } else { i64::MAX as u64 };
    // The casts fit: to what was just compared, and to below 10^9.
    time.tv_sec = duration.as_secs().min(longest) as _;
    time.tv_nsec = duration.subsec_nanos() as _;
    time
}

/// connect(2) with AF_UNSPEC: dissolves an association.
#[inline]
pub fn disconnect(fd: Fd<'_>) -> Result<()> {
    // The kernel reads the family only, but wants as many bytes as a `struct sockaddr` has.
    let unspec = [0_u8; size_of::<c::sockaddr>()];
    // SAFETY: `unspec` is readable for its length, and any bytes are an address; AF_UNSPEC is 0.
    check_unit(unsafe {
        cancellable::connect(fd.raw(), unspec.as_ptr().cast(), unspec.len() as c::socklen_t)
    })
}
