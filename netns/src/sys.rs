//! The system calls of this crate, one function each.
//!
//! Everything here is async-signal-safe: no heap, no locks, so that it may run between fork and exec.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

/// -1 becomes the error in errno.
pub(crate) fn check(rc: libc::c_int) -> io::Result<libc::c_int> {
    if rc == -1 { Err(io::Error::last_os_error()) } else { Ok(rc) }
}

/// The same for the calls that return a length.
pub(crate) fn check_len(rc: libc::ssize_t) -> io::Result<usize> {
    usize::try_from(rc).map_err(|_| io::Error::last_os_error())
}

/// unshare(2): moves the calling thread into new namespaces.
pub(crate) fn unshare(flags: libc::c_int) -> io::Result<()> {
    // SAFETY: takes an integer only.
    check(unsafe { libc::unshare(flags) }).map(drop)
}

/// mount(2): a file system of a type, or, without one, what becomes of the mount that is there.
pub(crate) fn mount(kind: Option<&CStr>, target: &CStr, flags: libc::c_ulong) -> io::Result<()> {
    let kind = kind.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: the texts end with a NUL or are null; there is no data.
    check(unsafe { libc::mount(kind, target.as_ptr(), kind, flags, ptr::null()) }).map(drop)
}

/// setns(2): moves the calling thread into a network namespace.
pub(crate) fn setns(ns: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: the descriptor is open for the borrow; the other argument is an integer.
    check(unsafe { libc::setns(ns.as_raw_fd(), libc::CLONE_NEWNET) }).map(drop)
}

/// open(2), close-on-exec.
pub(crate) fn open(path: &CStr, flags: libc::c_int) -> io::Result<OwnedFd> {
    // SAFETY: the path is NUL-terminated; without O_CREAT there is no third argument.
    let fd = check(unsafe { libc::open(path.as_ptr(), flags | libc::O_CLOEXEC) })?;
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// socket(2), close-on-exec.
pub(crate) fn socket(domain: i32, kind: i32, protocol: i32) -> io::Result<OwnedFd> {
    // SAFETY: takes integers only.
    let fd = check(unsafe { libc::socket(domain, kind | libc::SOCK_CLOEXEC, protocol) })?;
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// pipe2(2), close-on-exec: (read end, write end).
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut fds = [-1; 2];
    // SAFETY: the kernel writes two descriptors into the array of two.
    check(unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) })?;
    // SAFETY: the kernel has just made this descriptor for us.
    let read = unsafe { OwnedFd::from_raw_fd(fds[0]) };
    // SAFETY: as above.
    let write = unsafe { OwnedFd::from_raw_fd(fds[1]) };
    Ok((read, write))
}

/// write(2).
pub(crate) fn write(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    // SAFETY: pointer and length are those of the slice.
    check_len(unsafe { libc::write(fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) })
}

/// read(2).
pub(crate) fn read(fd: BorrowedFd<'_>, buf: &mut [u8]) -> io::Result<usize> {
    // SAFETY: pointer and length are those of the exclusive slice.
    check_len(unsafe { libc::read(fd.as_raw_fd(), buf.as_mut_ptr().cast(), buf.len()) })
}

/// Writes a file of /proc in the single write that these files want.
pub(crate) fn write_file(path: &CStr, bytes: &[u8]) -> io::Result<()> {
    use std::os::fd::AsFd;
    write(open(path, libc::O_WRONLY)?.as_fd(), bytes).map(drop)
}

/// Sets or clears close-on-exec.
pub(crate) fn set_cloexec(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    let flags = if on { libc::FD_CLOEXEC } else { 0 };
    // SAFETY: F_SETFD takes an integer.
    check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, flags) }).map(drop)
}

/// Makes reads of this descriptor return EAGAIN instead of waiting. For pipes that nobody shares.
pub(crate) fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: F_SETFL takes an integer.
    check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) }).map(drop)
}

/// The effective user and group of this process.
pub(crate) fn effective_ids() -> (libc::uid_t, libc::gid_t) {
    // SAFETY: cannot fail and touches no memory.
    let uid = unsafe { libc::geteuid() };
    // SAFETY: as above.
    (uid, unsafe { libc::getegid() })
}

/// The parent of this process.
pub(crate) fn parent() -> libc::pid_t {
    // SAFETY: cannot fail and touches no memory.
    unsafe { libc::getppid() }
}

/// Lets the kernel kill this process when the thread that started it ends.
///
/// `parent` is the process that must still be there: it may have died before the prctl(2).
pub(crate) fn die_with(parent_pid: libc::pid_t) -> io::Result<()> {
    // SAFETY: PR_SET_PDEATHSIG takes one integer, of the width of a long.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong) })?;
    if parent() == parent_pid { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::ESRCH)) }
}

/// Makes the files in /proc/self belong to the effective user, which they do not after setuid(2).
pub(crate) fn set_dumpable() -> io::Result<()> {
    // SAFETY: PR_SET_DUMPABLE takes one integer, of the width of a long.
    check(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1 as libc::c_ulong) }).map(drop)
}

/// The part of `struct ifreq` that flags use: the largest of all systems' sizes, so that the kernel never
/// reads beyond it.
#[repr(C, align(8))]
struct IfReq {
    name: [u8; libc::IFNAMSIZ],
    flags: libc::c_short,
    rest: [u8; 22],
}

/// Brings `lo` up in the thread's network namespace, which also gives it 127.0.0.1 and ::1.
pub(crate) fn lo_up() -> io::Result<()> {
    let socket = socket(libc::AF_INET, libc::SOCK_DGRAM, 0)?;
    let mut request =
        IfReq { name: [0; libc::IFNAMSIZ], flags: libc::IFF_UP as libc::c_short, rest: [0; 22] };
    request.name[..2].copy_from_slice(b"lo");
    let address = &raw mut request;
    // SAFETY: SIOCSIFFLAGS reads one ifreq, and `request` is at least that large.
    check(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, address) }).map(drop)
}
