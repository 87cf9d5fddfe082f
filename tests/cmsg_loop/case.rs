//! What the loop knows of a row: how it comes, or why it does not, and how it is sent.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use sockets::cmsg::{self, Cmsg, CmsgInfo, ControlBuf, ControlWriter, RecvValue};
use sockets::{
    Domain, Errno, MsgFlags, PollFlags, Protocol, RecvFlags, Result, SendFlags, SockAddr, Socket, Type, opt,
};

/// Everything that one recvmsg(2) has told. The descriptors of it are closed.
pub(crate) struct Got {
    pub(crate) data: Vec<u8>,
    pub(crate) flags: MsgFlags,
    pub(crate) addr: SockAddr,
    control: Vec<u8>,
}

impl Got {
    /// The value of a message that has come.
    #[track_caller]
    pub(crate) fn get<T: RecvValue, D: cmsg::Receivable>(&self, row: Cmsg<T, D>) -> T::Output<'_> {
        self.find(row).unwrap_or_else(|| panic!("no {row:?} in {:?}", cmsg::walk(&self.control)))
    }

    pub(crate) fn find<T: RecvValue, D: cmsg::Receivable>(&self, row: Cmsg<T, D>) -> Option<T::Output<'_>> {
        cmsg::walk(&self.control).get(row)
    }

    pub(crate) fn all(&self) -> cmsg::Cmsgs<'_> {
        cmsg::walk(&self.control)
    }
}

/// Receives with room for everything but the data; what has come must have had room.
fn receive_with(socket: &Socket, len: usize, flags: RecvFlags) -> Result<Got> {
    socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_secs(20)))?;
    let mut room = ControlBuf::<8192>::new();
    let mut data = vec![0; len];
    let message = socket.recvmsg(&mut data[..], &mut room, flags)?;
    assert!(!message.is_control_truncated(), "{message:?}");
    let (data, flags, addr) = (message.data.to_vec(), message.flags, message.addr);
    Ok(Got { data, flags, addr, control: message.control.as_bytes().to_vec() })
}

#[track_caller]
pub(crate) fn receive(socket: &Socket) -> Got {
    receive_some(socket, 70_000)
}

/// The same, of a stream.
#[track_caller]
pub(crate) fn receive_some(socket: &Socket, len: usize) -> Got {
    receive_with(socket, len, RecvFlags::empty()).unwrap()
}

/// Waits for the error queue, and receives from it.
#[track_caller]
pub(crate) fn receive_error(socket: &Socket) -> Got {
    let events = socket.poll(PollFlags::empty(), Some(Duration::from_secs(20))).unwrap();
    assert_eq!(events, PollFlags::POLLERR);
    receive_with(socket, 70_000, RecvFlags::MSG_ERRQUEUE).unwrap()
}

/// Two sockets; the first sends to the second.
pub(crate) type Pair = (Socket, Socket);

fn udp_pair(domain: Domain, addr: impl Into<SockAddr>) -> Pair {
    let open = || Socket::socket(domain, Type::SOCK_DGRAM, Protocol::DEFAULT).unwrap();
    let (a, b) = (open(), open());
    b.bind(addr.into()).unwrap();
    a.connect(b.getsockname().unwrap()).unwrap();
    (a, b)
}

/// UDP over IPv4.
pub(crate) fn v4() -> Pair {
    udp_pair(Domain::AF_INET, (Ipv4Addr::LOCALHOST, 0))
}

/// UDP over IPv6.
pub(crate) fn v6() -> Pair {
    udp_pair(Domain::AF_INET6, (Ipv6Addr::LOCALHOST, 0))
}

/// Sockets of which the second has an option on.
pub(crate) fn asking<A: opt::Writable>(pair: Pair, option: opt::Opt<opt::Bool, A>) -> Pair {
    pair.1.setsockopt(option, true).unwrap();
    pair
}

/// Sends a message without control messages, and receives it.
#[track_caller]
pub(crate) fn pass((a, b): &Pair) -> Got {
    a.send(b"hello", SendFlags::empty()).unwrap();
    let got = receive(b);
    assert_eq!(got.data, b"hello");
    got
}

/// How a row comes.
pub(crate) enum Comes {
    /// So.
    Received(fn() -> Got),
    /// Not on most machines, for this reason; what came, should it have come all the same.
    Never(&'static str, fn() -> Option<Got>),
}

/// Writes the message; the sockets are there for it to lend.
pub(crate) type Push = for<'a> fn(&mut ControlWriter<'a>, &'a Pair) -> Result<()>;

/// How a row is sent.
pub(crate) struct Sent {
    pub(crate) pair: fn() -> Pair,
    pub(crate) push: Push,
    pub(crate) data: &'static [u8],
    /// Looks at both sockets after the send, and at what came of that.
    pub(crate) seen: fn(&Pair, Result<usize>),
    /// What it is without privileges, if it needs one.
    pub(crate) refusal: Option<Errno>,
    /// Does the kernel take data of this size, too?
    pub(crate) takes: fn(usize) -> bool,
}

pub(crate) struct Case {
    name: &'static str,
    level: i32,
    number: i32,
    pub(crate) comes: Option<Comes>,
    pub(crate) sent: Option<Sent>,
}

pub(crate) fn of<T, D>(row: Cmsg<T, D>) -> Case {
    Case { name: row.name(), level: row.level(), number: row.number(), comes: None, sent: None }
}

impl Case {
    pub(crate) fn comes(self, receive: fn() -> Got) -> Self {
        Case { comes: Some(Comes::Received(receive)), ..self }
    }

    pub(crate) fn never(self, reason: &'static str, try_it: fn() -> Option<Got>) -> Self {
        Case { comes: Some(Comes::Never(reason, try_it)), ..self }
    }

    pub(crate) fn sent(self, pair: fn() -> Pair, push: Push, seen: fn(&Pair, Result<usize>)) -> Self {
        let sent = Sent { pair, push, data: b"hello", seen, refusal: None, takes: |_| false };
        Case { sent: Some(sent), ..self }
    }

    fn change(mut self, change: impl FnOnce(&mut Sent)) -> Self {
        change(self.sent.as_mut().unwrap());
        self
    }

    pub(crate) fn data(self, data: &'static [u8]) -> Self {
        self.change(|sent| sent.data = data)
    }

    pub(crate) fn needs_privilege(self) -> Self {
        self.change(|sent| sent.refusal = Some(Errno::EPERM))
    }

    pub(crate) fn takes(self, takes: fn(usize) -> bool) -> Self {
        self.change(|sent| sent.takes = takes)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn is_of(&self, row: &CmsgInfo) -> bool {
        (self.name, self.level, self.number) == (row.name, row.level, row.number)
    }
}
