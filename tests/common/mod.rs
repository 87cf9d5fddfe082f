//! What the tests share: deadlines, isolation, sockets of every kind, names for them, descriptors counted.

#![allow(dead_code, reason = "every test binary uses a part of its own")]

pub(crate) mod errqueue;
pub(crate) mod fds;
pub(crate) mod syscalls;
pub(crate) mod threads;

use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;
use std::{fs, process, thread};

use netns::Needs;
use sockets::{Domain, Errno, PollFlags, Protocol, SendFlags, SockAddr, Socket, SocketFlags, Type, UnixAddr};

/// How long a test may take before it is taken to hang.
const DEADLINE: Duration = Duration::from_secs(60);

/// Held for reading by tests that close sockets, for writing by those that start processes. Between fork and
/// exec a child holds copies of all descriptors, so a socket that another test has just closed is not.
static FORKS: RwLock<()> = RwLock::new(());

/// What a test holds while it runs.
pub(crate) struct Guard {
    _no_forks: RwLockReadGuard<'static, ()>,
    _end: Sender<()>,
}

/// The first line of a test: it aborts the process if the test hangs, and lets no other test fork meanwhile.
pub(crate) fn guard() -> Guard {
    let no_forks = FORKS.read().unwrap_or_else(PoisonError::into_inner);
    Guard { _no_forks: no_forks, _end: watchdog() }
}

/// Aborts the process if the sender that it returns is not dropped in time.
fn watchdog() -> Sender<()> {
    let name = thread::current().name().unwrap_or("a test").to_owned();
    let (end, ended) = channel();
    thread::spawn(move || {
        if ended.recv_timeout(DEADLINE) == Err(RecvTimeoutError::Timeout) {
            // Not eprintln!, which libtest would capture and the abort would lose.
            let _ = writeln!(std::io::stderr(), "{name} did not end within {DEADLINE:?}");
            process::abort();
        }
    });
    end
}

/// Runs a test that starts processes itself, while no other test closes sockets.
pub(crate) fn forking(body: impl FnOnce()) {
    let _alone = FORKS.write().unwrap_or_else(PoisonError::into_inner);
    let _end = watchdog();
    body();
}

/// Runs a test alone in a process and a network of its own.
#[track_caller]
pub(crate) fn isolated(needs: Needs, body: impl FnOnce()) {
    let _alone = FORKS.write().unwrap_or_else(PoisonError::into_inner);
    netns::run(needs, body);
}

/// Is there a loopback address of IPv6? Says so if not.
pub(crate) fn has_ipv6() -> bool {
    let found = std::net::UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    if !found {
        netns::skip(
            thread::current().name().unwrap_or("a test"),
            "ipv6",
            "::1 is no address of this machine",
        );
    }
    found
}

/// A directory that is removed in the end, for the paths of sockets. Its own path is short.
pub(crate) struct Dir(PathBuf);

/// A number that no other call of this process gets.
fn unique() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Dir {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("sk{}-{}", process::id(), unique()));
        fs::create_dir(&path).unwrap();
        Dir(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A path that is free.
    pub(crate) fn free(&self) -> PathBuf {
        self.0.join(format!("s{}", unique()))
    }

    /// A path that is free and has `len` bytes.
    pub(crate) fn free_of(&self, len: usize) -> PathBuf {
        let mut path = self.free().into_os_string();
        path.push("x".repeat(len - path.len()));
        path.into()
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An abstract name that is free.
pub(crate) fn free_name() -> String {
    format!("sockets-test-{}-{}", process::id(), unique())
}

/// Where a kind of socket has its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    Ipv4,
    Ipv6,
    Path,
    Abstract,
}

/// A kind of socket that works without privileges.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) domain: Domain,
    pub(crate) ty: Type,
    pub(crate) names: Names,
}

impl Kind {
    const fn new(domain: Domain, ty: Type, names: Names) -> Self {
        Kind { domain, ty, names }
    }

    pub(crate) fn open(self) -> Socket {
        Socket::socket(self.domain, self.ty, Protocol::DEFAULT).unwrap()
    }

    /// An address to bind: a port of 0, or a name that is free.
    pub(crate) fn free_addr(self, dir: &Dir) -> SockAddr {
        match self.names {
            Names::Ipv4 => (Ipv4Addr::LOCALHOST, 0).into(),
            Names::Ipv6 => (Ipv6Addr::LOCALHOST, 0).into(),
            Names::Path => UnixAddr::Pathname(&dir.free()).try_into().unwrap(),
            Names::Abstract => UnixAddr::Abstract(free_name().as_bytes()).try_into().unwrap(),
        }
    }

    /// A socket with a name.
    pub(crate) fn bound(self, dir: &Dir) -> Socket {
        let socket = self.open();
        socket.bind(self.free_addr(dir)).unwrap();
        socket
    }

    /// A listener, for those that have connections.
    pub(crate) fn listener(self, dir: &Dir) -> Socket {
        let socket = self.bound(dir);
        socket.listen(8).unwrap();
        socket
    }

    /// A client that has a name, and the server's side of its connection.
    pub(crate) fn connection(self, dir: &Dir) -> (Socket, Socket) {
        let listener = self.listener(dir);
        let client = self.bound(dir);
        client.connect(listener.getsockname().unwrap()).unwrap();
        let server = listener.accept4_no_addr(SocketFlags::empty()).unwrap();
        (client, server)
    }

    /// Two connected sockets of this kind; of `SOCK_DGRAM` only the first is, to the second.
    pub(crate) fn peers(self, dir: &Dir) -> (Socket, Socket) {
        if self.ty != Type::SOCK_DGRAM {
            return self.connection(dir);
        }
        let (a, b) = (self.bound(dir), self.bound(dir));
        a.connect(b.getsockname().unwrap()).unwrap();
        (a, b)
    }
}

/// The kinds with connections.
pub(crate) fn connecting() -> Vec<Kind> {
    usable(&[
        Kind::new(Domain::AF_INET, Type::SOCK_STREAM, Names::Ipv4),
        Kind::new(Domain::AF_INET6, Type::SOCK_STREAM, Names::Ipv6),
        Kind::new(Domain::AF_UNIX, Type::SOCK_STREAM, Names::Path),
        Kind::new(Domain::AF_UNIX, Type::SOCK_STREAM, Names::Abstract),
        Kind::new(Domain::AF_UNIX, Type::SOCK_SEQPACKET, Names::Path),
        Kind::new(Domain::AF_UNIX, Type::SOCK_SEQPACKET, Names::Abstract),
    ])
}

/// The kinds with streams.
pub(crate) fn streams() -> Vec<Kind> {
    connecting().into_iter().filter(|kind| kind.ty == Type::SOCK_STREAM).collect()
}

/// The kinds of `SOCK_DGRAM`.
pub(crate) fn datagrams() -> Vec<Kind> {
    usable(&[
        Kind::new(Domain::AF_INET, Type::SOCK_DGRAM, Names::Ipv4),
        Kind::new(Domain::AF_INET6, Type::SOCK_DGRAM, Names::Ipv6),
        Kind::new(Domain::AF_UNIX, Type::SOCK_DGRAM, Names::Path),
        Kind::new(Domain::AF_UNIX, Type::SOCK_DGRAM, Names::Abstract),
    ])
}

/// All of them.
pub(crate) fn kinds() -> Vec<Kind> {
    [connecting(), datagrams()].concat()
}

fn usable(kinds: &[Kind]) -> Vec<Kind> {
    let ipv6 = has_ipv6();
    kinds.iter().copied().filter(|kind| ipv6 || kind.names != Names::Ipv6).collect()
}

/// A TCP connection over IPv4: client and server.
pub(crate) fn tcp_pair() -> (Socket, Socket) {
    Kind::new(Domain::AF_INET, Type::SOCK_STREAM, Names::Ipv4).connection(&Dir::new())
}

/// A TCP socket over IPv4.
pub(crate) fn tcp() -> Socket {
    Socket::socket(Domain::AF_INET, Type::SOCK_STREAM, Protocol::DEFAULT).unwrap()
}

/// A UDP socket over IPv4.
pub(crate) fn udp() -> Socket {
    Socket::socket(Domain::AF_INET, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap()
}

/// A UDP socket on the loopback address.
pub(crate) fn udp_bound() -> Socket {
    let socket = udp();
    socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket
}

/// A TCP port where nobody listens, for as long as the socket lives.
pub(crate) fn refusing() -> (Socket, SockAddr) {
    let socket = tcp();
    socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let addr = socket.getsockname().unwrap();
    (socket, addr)
}

/// A TCP listener whose queue is full, and the client that fills it.
pub(crate) fn full_tcp() -> (Socket, Socket, SockAddr) {
    let listener = tcp();
    listener.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.listen(0).unwrap();
    let addr = listener.getsockname().unwrap();
    let client = tcp();
    client.connect(&addr).unwrap();
    // The client can be through with the handshake before the listener is.
    assert_eq!(listener.poll(PollFlags::POLLIN, None), Ok(PollFlags::POLLIN));
    (listener, client, addr)
}

/// An `AF_UNIX` listener whose queue is full, and the client that fills it.
pub(crate) fn full_unix() -> (Socket, Socket, SockAddr) {
    let listener = unix(Type::SOCK_STREAM);
    listener.bind(UnixAddr::Unnamed).unwrap();
    listener.listen(0).unwrap();
    let addr = listener.getsockname().unwrap();
    let client = unix(Type::SOCK_STREAM);
    client.connect(&addr).unwrap();
    (listener, client, addr)
}

/// A socket of `AF_UNIX`.
pub(crate) fn unix(ty: Type) -> Socket {
    Socket::socket(Domain::AF_UNIX, ty, Protocol::DEFAULT).unwrap()
}

/// Two connected sockets of `AF_UNIX`.
pub(crate) fn unix_pair(ty: Type) -> (Socket, Socket) {
    Socket::socketpair(Domain::AF_UNIX, ty, Protocol::DEFAULT).unwrap()
}

/// Sends until there is no room, nor will be: what TCP has under way makes some when it is acknowledged, which can
/// take 200 ms.
pub(crate) fn fill(socket: &Socket) {
    let send = |len: usize| socket.send(&vec![7; len], SendFlags::MSG_DONTWAIT);
    loop {
        while send(65_536).is_ok() {}
        socket.poll(PollFlags::empty(), Some(Duration::from_millis(250))).unwrap();
        if send(1) == Err(Errno::EAGAIN) {
            break;
        }
    }
}

/// What the kernel calls the socket: the same for all its descriptors, and for no other socket.
pub(crate) fn identity(socket: &impl AsFd) -> String {
    let link = format!("/proc/self/fd/{}", socket.as_fd().as_raw_fd());
    fs::read_link(link).unwrap().into_os_string().into_string().unwrap()
}

/// The number of open descriptors. Tests that count are `isolated`, so that nobody else opens any.
pub(crate) fn open_fds() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Runs `body` in an `isolated` test; no descriptor may be left over.
#[track_caller]
pub(crate) fn leaks_nothing<T>(body: impl FnOnce() -> T) -> T {
    let before = open_fds();
    let result = body();
    assert_eq!(open_fds(), before, "descriptors before and after");
    result
}

/// Sets the soft limit on descriptors of this process; for `isolated` tests.
pub(crate) fn limit_fds(count: libc::rlim_t) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is one structure.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) }, 0);
    limit.rlim_cur = count;
    // SAFETY: `limit` is one structure.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
}

/// Opens descriptors until there is none left; for `isolated` tests.
pub(crate) fn use_up_fds() -> Vec<fs::File> {
    limit_fds(40);
    let mut files = Vec::new();
    while let Ok(file) = fs::File::open("/dev/null") {
        files.push(file);
    }
    files
}

/// Gives up all capabilities of this thread, for good; for `isolated` tests.
pub(crate) fn drop_capabilities() {
    // linux/capability.h: version 3, this thread; two sets of effective, permitted, inheritable.
    let header = [0x2008_0522_u32, 0];
    let none = [0_u32; 6];
    // SAFETY: the kernel reads the two structures, whose sizes are those of the arrays.
    let rc = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) };
    assert_eq!(rc, 0, "{}", std::io::Error::last_os_error());
}
