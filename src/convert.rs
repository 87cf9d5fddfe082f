//! The types and traits of std: conversions both ways, `Read` and `Write`.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use crate::flags::{RecvFlags, SendFlags};
use crate::{BorrowedSocket, Socket};

impl AsRawFd for Socket {
    #[inline]
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl AsRawFd for BorrowedSocket<'_> {
    #[inline]
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl IntoRawFd for Socket {
    #[inline]
    fn into_raw_fd(self) -> RawFd {
        OwnedFd::from(self).into_raw_fd()
    }
}

/// Conversions both ways: they move the descriptor and make no system call. Nothing is checked: a
/// socket of another kind fails in its first call, as in C.
macro_rules! std_type {
    ($($type:ident)+) => {
        $(
            impl From<$type> for Socket {
                #[inline]
                fn from(socket: $type) -> Self {
                    Socket::from(OwnedFd::from(socket))
                }
            }

            impl From<Socket> for $type {
                #[inline]
                fn from(socket: Socket) -> Self {
                    $type::from(OwnedFd::from(socket))
                }
            }
        )+
    };
}

std_type! { TcpStream TcpListener UdpSocket UnixStream UnixListener UnixDatagram }

impl Read for &Socket {
    /// recv(2) without flags: one call.
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.recv(buf, RecvFlags::empty())?)
    }
}

impl Write for &Socket {
    /// send(2) without flags: one call, and no SIGPIPE.
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(self.send(buf, SendFlags::empty())?)
    }

    /// Nothing to do: nothing is held back.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The same through the value itself, for those who want `impl Read` and own or borrow the socket.
macro_rules! through_reference {
    ($($type:ty)+) => {
        $(
            impl Read for $type {
                /// recv(2) without flags: one call.
                fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                    let mut socket: &Socket = self;
                    socket.read(buf)
                }
            }

            impl Write for $type {
                /// send(2) without flags: one call, and no SIGPIPE.
                fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
                    let mut socket: &Socket = self;
                    socket.write(buf)
                }

                /// Nothing to do: nothing is held back.
                fn flush(&mut self) -> io::Result<()> {
                    Ok(())
                }
            }
        )+
    };
}

through_reference! { Socket BorrowedSocket<'_> }
