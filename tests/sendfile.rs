//! sendfile and splice: offsets, partial progress, errors, and never a SIGPIPE.

mod common;

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use common::threads::blocked;
use common::{Dir, guard, isolated, leaks_nothing, streams, tcp_pair, unix_pair};
use netns::Needs;
use sockets::{Errno, Partial, RecvFlags, SendFlags, Shutdown, Socket, SpliceFlags, Type, opt, splice};

const NONE: SpliceFlags = SpliceFlags::empty();

/// A file of so many bytes, each the lower half of its position times 7; open for reading.
fn file(dir: &Dir, len: usize) -> (File, Vec<u8>) {
    let path = dir.free();
    let bytes: Vec<u8> = (0..len).map(|at| (at * 7) as u8).collect();
    fs::write(&path, &bytes).unwrap();
    (File::open(path).unwrap(), bytes)
}

/// A pipe: the end to read, the end to write.
fn pipe(flags: i32) -> (OwnedFd, OwnedFd) {
    let mut fds = [-1; 2];
    // SAFETY: there is room for two descriptors.
    assert_eq!(unsafe { libc::pipe2(fds.as_mut_ptr(), flags | libc::O_CLOEXEC) }, 0);
    // SAFETY: they are new, and nobody else's.
    fds.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }).into()
}

fn receive(socket: &Socket, len: usize) -> Vec<u8> {
    let mut buf = vec![0; len];
    socket.recv_exact(&mut buf, RecvFlags::empty()).unwrap();
    buf
}

#[test]
fn with_an_offset_the_position_stays_and_without_it_moves() {
    let _guard = guard();
    let dir = Dir::new();
    for kind in streams() {
        let (a, b) = kind.connection(&dir);
        let (mut file, bytes) = file(&dir, 10_000);
        file.seek(SeekFrom::Start(100)).unwrap();
        let mut offset = 5000;
        assert_eq!(a.sendfile(&file, Some(&mut offset), 3000), Ok(3000));
        assert_eq!((offset, file.stream_position().unwrap()), (8000, 100));
        assert_eq!(receive(&b, 3000), bytes[5000..8000]);
        // The end of the file cuts it short, and then it is 0.
        assert_eq!(a.sendfile(&file, Some(&mut offset), 3000), Ok(2000));
        assert_eq!(a.sendfile(&file, Some(&mut offset), 3000), Ok(0));
        assert_eq!((offset, receive(&b, 2000)), (10_000, bytes[8000..].to_vec()));

        assert_eq!(a.sendfile(&file, None, 50), Ok(50));
        assert_eq!((file.stream_position().unwrap(), receive(&b, 50)), (150, bytes[100..150].to_vec()));
        assert_eq!(a.sendfile(&file, None, 0), Ok(0));
    }
}

#[test]
fn bad_offsets_files_and_counts() {
    let _guard = guard();
    let dir = Dir::new();
    let (a, _b) = unix_pair(Type::SOCK_STREAM);
    let (reader, _) = file(&dir, 10);
    for bad in [i64::MAX as u64 + 1, u64::MAX] {
        let mut offset = bad;
        assert_eq!(a.sendfile(&reader, Some(&mut offset), 1), Err(Errno::EINVAL));
        assert_eq!(
            a.sendfile_all(&reader, Some(&mut offset), 1),
            Err(Partial { done: 0, errno: Errno::EINVAL })
        );
        assert_eq!(offset, bad);
    }
    let mut offset = i64::MAX as u64;
    assert!(matches!(a.sendfile(&reader, Some(&mut offset), 1), Err(Errno::EINVAL | Errno::EOVERFLOW)));
    assert_eq!(offset, i64::MAX as u64);
    // On 32 bit the kernel takes any number that there is.
    if cfg!(target_pointer_width = "64") {
        assert_eq!(a.sendfile(&reader, None, usize::MAX), Err(Errno::EINVAL));
    }
    let writer = OpenOptions::new().write(true).create(true).truncate(true).open(dir.free()).unwrap();
    assert_eq!(a.sendfile(&writer, None, 1), Err(Errno::EBADF));
    let (out, _in) = pipe(0);
    assert_eq!(a.sendfile(&out, Some(&mut 0), 1), Err(Errno::ESPIPE));
    let unconnected = common::tcp();
    assert!(matches!(unconnected.sendfile(&reader, Some(&mut 0), 1), Err(Errno::ENOTCONN | Errno::EPIPE)));
}

#[test]
fn what_does_not_go_at_once_goes_later() {
    let _guard = guard();
    let dir = Dir::new();
    let (file, bytes) = file(&dir, 3_000_000);
    let (a, b) = tcp_pair();
    a.setsockopt(opt::SO_SNDBUF, 65_536).unwrap();
    b.setsockopt(opt::SO_RCVBUF, 65_536).unwrap();
    a.set_nonblocking(true).unwrap();
    let mut offset = 0;
    let first = a.sendfile(&file, Some(&mut offset), bytes.len()).unwrap();
    assert!(first < bytes.len() && offset == first as u64);
    let rest = bytes.len() - first;
    let Partial { done, errno } = a.sendfile_all(&file, Some(&mut offset), rest).unwrap_err();
    assert_eq!((errno, offset), (Errno::EAGAIN, (first + done) as u64));
    // More may go until TCP knows that the peer has no room.
    let reader = thread::spawn({
        let len = bytes.len();
        move || receive(&b, len)
    });
    a.set_nonblocking(false).unwrap();
    a.sendfile_all(&file, Some(&mut offset), rest - done).unwrap();
    assert!(reader.join().unwrap() == bytes);
}

#[test]
fn a_signal_does_not_end_sendfile_all() {
    let _guard = guard();
    let dir = Dir::new();
    let (file, bytes) = file(&dir, 3_000_000);
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    thread::scope(|scope| {
        let number = if cfg!(target_pointer_width = "32") { -1 } else { libc::SYS_sendfile };
        let sending = blocked(scope, number, || a.sendfile_all(&file, Some(&mut 0), bytes.len()));
        for _ in 0..5 {
            sending.signal();
            thread::sleep(std::time::Duration::from_millis(1));
        }
        assert!(!sending.is_finished());
        assert!(receive(&b, bytes.len()) == bytes);
        assert_eq!(sending.join(), Ok(()));
    });
    assert_eq!(a.sendfile_all(&file, Some(&mut 0), 0), Ok(()));
}

#[test]
fn splice_goes_both_ways() {
    isolated(Needs::USERNS, || {
        leaks_nothing(|| {
            let dir = Dir::new();
            let (file, bytes) = file(&dir, 10_000);
            let (out, into) = pipe(0);
            for kind in streams() {
                let (a, b) = kind.connection(&dir);
                // A file, a pipe, a socket, a pipe, a file.
                let mut offset = 1000;
                assert_eq!(splice(&file, Some(&mut offset), &into, None, 500, NONE), Ok(500));
                assert_eq!(offset, 1500);
                assert_eq!(splice(&out, None, &a, None, 1000, SpliceFlags::SPLICE_F_MORE), Ok(500));
                let mut got = 0;
                while got < 500 {
                    got += splice(&b, None, &into, None, 1000, NONE).unwrap();
                }
                let path = dir.free();
                let target = OpenOptions::new().write(true).create_new(true).open(&path).unwrap();
                let mut offset = 3;
                assert_eq!(splice(&out, None, &target, Some(&mut offset), 500, NONE), Ok(500));
                assert_eq!(offset, 503);
                assert_eq!(fs::read(path).unwrap()[3..], bytes[1000..1500]);
            }
        });
    });
}

#[test]
fn what_splice_refuses() {
    let _guard = guard();
    let (a, _b) = unix_pair(Type::SOCK_STREAM);
    let (out, into) = pipe(libc::O_NONBLOCK);
    let (c, _d) = unix_pair(Type::SOCK_STREAM);
    assert_eq!(splice(&a, None, &c, None, 1, NONE), Err(Errno::EINVAL));
    assert_eq!(splice(&out, None, &into, None, 1, NONE), Err(Errno::EINVAL));
    assert_eq!(splice(&a, Some(&mut 0), &into, None, 1, NONE), Err(Errno::EINVAL));
    assert_eq!(splice(&a, None, &into, Some(&mut 0), 1, NONE), Err(Errno::ESPIPE));
    assert_eq!(splice(&out, Some(&mut u64::MAX.clone()), &a, None, 1, NONE), Err(Errno::EINVAL));
    assert_eq!(splice(&out, None, &a, Some(&mut u64::MAX.clone()), 1, NONE), Err(Errno::EINVAL));
    assert_eq!(splice(&out, None, &a, None, 1, SpliceFlags::from_bits_retain(1 << 30)), Err(Errno::EINVAL));
    assert_eq!(splice(&into, None, &a, None, 1, NONE), Err(Errno::EBADF));
    assert_eq!(splice(&out, None, &a, None, 1, NONE), Err(Errno::EAGAIN));
    a.set_nonblocking(true).unwrap();
    assert_eq!(splice(&a, None, &into, None, 1, SpliceFlags::SPLICE_F_NONBLOCK), Err(Errno::EAGAIN));
}

static CAUGHT: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_: i32) {
    CAUGHT.fetch_add(1, Ordering::Relaxed);
}

fn sigset() -> libc::sigset_t {
    // SAFETY: integers: all 0 is a valid value, and the empty set.
    unsafe { std::mem::zeroed() }
}

/// Is SIGPIPE blocked for this thread, and is one pending?
fn state() -> (bool, bool) {
    let (mut mask, mut pending) = (sigset(), sigset());
    // SAFETY: writes one set.
    assert_eq!(unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &raw mut mask) }, 0);
    // SAFETY: writes one set.
    assert_eq!(unsafe { libc::sigpending(&raw mut pending) }, 0);
    let holds = |set: &libc::sigset_t| {
        // SAFETY: reads one set.
        unsafe { libc::sigismember(set, libc::SIGPIPE) == 1 }
    };
    (holds(&mask), holds(&pending))
}

fn block(how: i32) {
    let mut set = sigset();
    // SAFETY: changes one set.
    unsafe { libc::sigaddset(&raw mut set, libc::SIGPIPE) };
    // SAFETY: reads one set.
    assert_eq!(unsafe { libc::pthread_sigmask(how, &raw const set, std::ptr::null_mut()) }, 0);
}

/// Sends to where nobody reads any more, in every way that has no MSG_NOSIGNAL.
fn send_to_nobody() {
    let dir = Dir::new();
    let (file, _) = file(&dir, 100_000);
    for kind in streams() {
        let (a, b) = kind.connection(&dir);
        drop(b);
        // TCP is told by a reset.
        while a.send(b"x", SendFlags::empty()).is_ok() {}
        assert_eq!(a.sendfile(&file, Some(&mut 0), 1), Err(Errno::EPIPE));
        assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::EPIPE), "errno, for C");
        assert_eq!(a.sendfile_all(&file, Some(&mut 0), 5), Err(Partial { done: 0, errno: Errno::EPIPE }));
        let (out, into) = pipe(0);
        File::from(into).write_all(b"x").unwrap();
        assert_eq!(splice(&out, None, &a, None, 1, NONE), Err(Errno::EPIPE));
    }
    let (out, into) = pipe(0);
    drop(out);
    assert_eq!(splice(&file, Some(&mut 0), &into, None, 1, NONE), Err(Errno::EPIPE));
    // Some of it goes, and then the pipe breaks: that is no error yet, but the signal is raised.
    let (file, _) = self::file(&dir, 3_000_000);
    let (a, b) = tcp_pair();
    a.setsockopt(opt::SO_SNDBUF, 65_536).unwrap();
    b.setsockopt(opt::SO_RCVBUF, 65_536).unwrap();
    thread::scope(|scope| {
        let number = if cfg!(target_pointer_width = "32") { -1 } else { libc::SYS_sendfile };
        let sending = blocked(scope, number, || {
            let before = state();
            (a.sendfile(&file, Some(&mut 0), 3_000_000), before == state())
        });
        a.shutdown(Shutdown::SHUT_WR).unwrap();
        let (sent, is_same) = sending.join();
        assert!(sent.is_ok_and(|n| n < 3_000_000), "{sent:?}");
        assert!(is_same);
    });
}

#[test]
fn no_sigpipe_ever() {
    isolated(Needs::USERNS, || {
        // As in a C program; std ignores it.
        // SAFETY: the default action.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
        send_to_nobody();
        assert_eq!(state(), (false, false));

        let handler: extern "C" fn(i32) = count;
        // SAFETY: the handler only counts.
        unsafe { libc::signal(libc::SIGPIPE, handler as libc::sighandler_t) };
        send_to_nobody();
        assert_eq!((state(), CAUGHT.load(Ordering::Relaxed)), ((false, false), 0));

        // Blocked by the caller: it stays so, and none is pending.
        block(libc::SIG_BLOCK);
        send_to_nobody();
        assert_eq!(state(), (true, false));

        // One was pending before: it is still there.
        // SAFETY: a signal to this thread itself.
        assert_eq!(unsafe { libc::raise(libc::SIGPIPE) }, 0);
        let dir = Dir::new();
        let (file, _) = file(&dir, 10);
        let (a, b) = unix_pair(Type::SOCK_STREAM);
        drop(b);
        assert_eq!(a.sendfile(&file, Some(&mut 0), 1), Err(Errno::EPIPE));
        assert_eq!((state(), CAUGHT.load(Ordering::Relaxed)), ((true, true), 0));
        block(libc::SIG_UNBLOCK);
        assert_eq!((state(), CAUGHT.load(Ordering::Relaxed)), ((false, false), 1));
    });
}
