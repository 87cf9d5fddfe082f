//! The types and traits of std: conversions that keep the descriptor, loans that close nothing, Read and Write.

mod common;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::time::Duration;

use common::{Dir, guard, isolated, leaks_nothing, tcp_pair, unix_pair};
use netns::Needs;
use sockets::{BorrowedSocket, Errno, PollFlags, RecvFlags, SendFlags, SockAddr, Socket, Type, opt};

/// There and back: the descriptor keeps its number, and nothing is closed on the way.
fn there_and_back<T: Into<Socket> + From<Socket> + AsRawFd>(std: T) -> T {
    let fd = std.as_raw_fd();
    let socket: Socket = std.into();
    assert_eq!((socket.as_raw_fd(), socket.as_fd().as_raw_fd()), (fd, fd));
    let std = T::from(socket);
    assert_eq!(std.as_raw_fd(), fd);
    std
}

#[test]
fn tcp_types_convert_both_ways() {
    let _guard = guard();
    let listener = there_and_back(TcpListener::bind("127.0.0.1:0").unwrap());
    let addr = listener.local_addr().unwrap();
    let client = Socket::from(there_and_back(TcpStream::connect(addr).unwrap()));
    let (server, peer) = Socket::from(listener).accept().unwrap();
    assert_eq!(peer, client.getsockname().unwrap());
    client.send(b"hello", SendFlags::empty()).unwrap();
    let mut text = [0; 5];
    TcpStream::from(server).read_exact(&mut text).unwrap();
    assert_eq!(&text, b"hello");
}

#[test]
fn udp_sockets_convert_both_ways() {
    let _guard = guard();
    let std = there_and_back(UdpSocket::bind("127.0.0.1:0").unwrap());
    let addr = std.local_addr().unwrap();
    let socket = Socket::from(std);
    assert_eq!(socket.getsockname(), Ok(SockAddr::from(addr)));
    socket.sendto(b"to myself", SendFlags::empty(), addr).unwrap();
    let mut buf = [0; 16];
    assert_eq!(UdpSocket::from(socket).recv_from(&mut buf).unwrap(), (9, addr));
}

#[test]
fn unix_types_convert_both_ways() {
    let _guard = guard();
    let dir = Dir::new();
    let path = dir.free();
    let listener = there_and_back(UnixListener::bind(&path).unwrap());
    let client = there_and_back(UnixStream::connect(&path).unwrap());
    let (server, _) = Socket::from(listener).accept().unwrap();
    Socket::from(client).send(b"hello", SendFlags::empty()).unwrap();
    let mut text = String::new();
    UnixStream::from(server).read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");

    let (a, b) = UnixDatagram::pair().unwrap();
    let (a, b) = (there_and_back(a), Socket::from(b));
    a.send(b"hello").unwrap();
    assert_eq!(b.recv(&mut [0; 8], RecvFlags::empty()), Ok(5));
}

#[test]
fn owned_and_raw_descriptors_convert_both_ways() {
    let _guard = guard();
    let (a, b) = unix_pair(Type::SOCK_STREAM);
    let fd: RawFd = a.as_raw_fd();
    let owned = OwnedFd::from(a);
    assert_eq!(owned.as_raw_fd(), fd);
    let a = Socket::from(owned);
    assert_eq!(a.into_raw_fd(), fd);
    // SAFETY: `into_raw_fd` has just given it up.
    let a = Socket::from(unsafe { OwnedFd::from_raw_fd(fd) });
    a.send(b"still open", SendFlags::empty()).unwrap();
    assert_eq!(b.recv(&mut [0; 16], RecvFlags::empty()), Ok(10));
}

#[test]
fn a_socket_of_another_kind_fails_in_its_first_call() {
    let _guard = guard();
    let (a, _b) = unix_pair(Type::SOCK_STREAM);
    let listener = TcpListener::from(a);
    assert_eq!(listener.accept().unwrap_err().raw_os_error(), Some(libc::EINVAL));
}

#[test]
fn everything_that_has_a_descriptor_can_be_borrowed() {
    let _guard = guard();
    let dir = Dir::new();
    let path = dir.free();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(BorrowedSocket::from(&tcp).getsockopt(opt::SO_ACCEPTCONN).unwrap());
    let stream = TcpStream::connect(tcp.local_addr().unwrap()).unwrap();
    BorrowedSocket::from(&stream).setsockopt(opt::TCP_NODELAY, true).unwrap();
    assert!(stream.nodelay().unwrap());
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    assert_eq!(BorrowedSocket::from(&udp).getsockname(), Ok(udp.local_addr().unwrap().into()));
    let unix = UnixListener::bind(&path).unwrap();
    assert_eq!(
        BorrowedSocket::from(&unix).getsockname(),
        Ok(SockAddr::try_from(sockets::UnixAddr::Pathname(&path)).unwrap())
    );
    let (a, b) = UnixStream::pair().unwrap();
    BorrowedSocket::from(&a).send(b"x", SendFlags::empty()).unwrap();
    assert_eq!(BorrowedSocket::from(&b).fionread(), Ok(1));
    let (datagram, _peer) = UnixDatagram::pair().unwrap();
    assert_eq!(BorrowedSocket::from(&datagram).getsockopt(opt::SO_TYPE), Ok(Type::SOCK_DGRAM));

    let owned = OwnedFd::from(a);
    assert_eq!(BorrowedSocket::from(&owned).as_raw_fd(), owned.as_raw_fd());
    let fd: BorrowedFd<'_> = owned.as_fd();
    assert_eq!(BorrowedSocket::from(fd).getsockopt(opt::SO_TYPE), Ok(Type::SOCK_STREAM));
    let shared = std::sync::Arc::new(owned);
    BorrowedSocket::from(&shared).send(b"y", SendFlags::empty()).unwrap();
    let boxed = Box::new(b);
    assert_eq!(BorrowedSocket::from(&boxed).fionread(), Ok(2));
}

#[test]
fn a_loan_sets_options_of_the_owner_and_closes_nothing() {
    isolated(Needs::USERNS, || {
        let (std, peer) = UnixStream::pair().unwrap();
        leaks_nothing(|| {
            let loan = BorrowedSocket::from(&std);
            loan.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_secs(4))).unwrap();
        });
        assert_eq!(std.read_timeout().unwrap(), Some(Duration::from_secs(4)));
        (&peer).write_all(b"x").unwrap();
        (&std).read_exact(&mut [0; 1]).unwrap();
    });
}

#[test]
fn conversions_leak_nothing() {
    isolated(Needs::USERNS, || {
        leaks_nothing(|| {
            let (a, b) = tcp_pair();
            let a = there_and_back(TcpStream::from(a));
            let b = OwnedFd::from(b);
            drop((a, b));
        });
    });
}

#[test]
fn read_and_write_are_one_call_each() {
    let _guard = guard();
    let (mut a, mut b) = unix_pair(Type::SOCK_SEQPACKET);
    assert_eq!(a.write(b"one message").unwrap(), 11);
    assert_eq!((&a).write(b"another").unwrap(), 7);
    a.flush().unwrap();
    (&a).flush().unwrap();
    let mut buf = [0; 64];
    assert_eq!(b.read(&mut buf).unwrap(), 11);
    assert_eq!((&b).read(&mut buf).unwrap(), 7);
    b.set_nonblocking(true).unwrap();
    assert_eq!(b.read(&mut buf).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    drop(a);
    assert_eq!(b.read(&mut buf).unwrap(), 0);
    assert_eq!(b.write(b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn std_can_read_lines_and_copy() {
    let _guard = guard();
    let (mut a, b) = tcp_pair();
    writeln!(a, "first line").unwrap();
    a.write_all(b"second line\nrest").unwrap();
    a.shutdown(std::net::Shutdown::Write).unwrap();
    let mut lines = BufReader::new(&b);
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert_eq!(line, "first line\n");
    line.clear();
    lines.read_line(&mut line).unwrap();
    assert_eq!(line, "second line\n");
    line.clear();
    lines.read_to_string(&mut line).unwrap();
    assert_eq!(line, "rest");

    let (a, b) = tcp_pair();
    let data: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
    std::thread::scope(|scope| {
        let copying = scope.spawn(|| {
            let n = io::copy(&mut data.as_slice(), &mut &a).unwrap();
            a.shutdown(std::net::Shutdown::Write).unwrap();
            n
        });
        let mut received = Vec::new();
        io::copy(&mut &b, &mut received).unwrap();
        assert_eq!(copying.join().unwrap(), 200_000);
        assert!(received == data);
    });
}

#[test]
fn a_loan_reads_and_writes() {
    let _guard = guard();
    let (a, b) = UnixStream::pair().unwrap();
    let (mut a, mut b) = (BorrowedSocket::from(&a), BorrowedSocket::from(&b));
    (&*a).write_all(b"hello").unwrap();
    a.write_all(b" world").unwrap();
    a.flush().unwrap();
    let mut buf = [0; 5];
    (&*b).read_exact(&mut buf).unwrap();
    assert_eq!(&buf, b"hello");
    let mut buf = [0; 6];
    b.read_exact(&mut buf).unwrap();
    assert_eq!(&buf, b" world");
}

#[test]
fn a_loan_can_be_lent_on() {
    let _guard = guard();
    let std = UdpSocket::bind("127.0.0.1:0").unwrap();
    let loan = BorrowedSocket::from(&std);
    let (second, third) = (loan.clone(), BorrowedSocket::from(&loan));
    for loan in [&loan, &second, &third] {
        assert_eq!((loan.as_raw_fd(), loan.as_fd().as_raw_fd()), (std.as_raw_fd(), std.as_raw_fd()));
        assert_eq!(loan.getsockname(), Ok(std.local_addr().unwrap().into()));
    }
}

#[test]
fn errors_become_those_of_std() {
    let _guard = guard();
    fn connect(to: SockAddr) -> io::Result<()> {
        common::tcp().connect(to)?;
        Ok(())
    }
    let (_bound, addr) = common::refusing();
    let error = connect(addr).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(error.raw_os_error(), Some(Errno::ECONNREFUSED as i32));
    let (a, _b) = unix_pair(Type::SOCK_STREAM);
    assert_eq!(a.poll(PollFlags::POLLIN, Some(Duration::ZERO)), Ok(PollFlags::empty()));
}
