//! What the tests know of a row that holds more than a number: a socket that is ready for it, a legal value, an
//! illegal one.

use sockets::opt::{Opt, OptInfo, Sort};
use sockets::{Errno, Result, Socket};

type Try = fn(&Socket) -> Result<()>;

/// A row, and how it is tried.
pub(crate) struct Case {
    name: &'static str,
    level: i32,
    ready: Option<fn() -> Socket>,
    legal: Vec<Try>,
    illegal: Vec<(Errno, Try)>,
    gone: bool,
}

/// The case of an option.
pub(crate) fn of<T, A>(option: Opt<T, A>) -> Case {
    let (name, level) = (option.name(), option.level());
    Case { name, level, ready: None, legal: Vec::new(), illegal: Vec::new(), gone: false }
}

impl Case {
    /// A socket in the state that the row needs.
    pub(crate) fn on(self, ready: fn() -> Socket) -> Self {
        Case { ready: Some(ready), ..self }
    }

    /// Sets a legal value and checks that it is read back. In the order in which they are given, on one socket.
    pub(crate) fn legal(mut self, legal: Try) -> Self {
        self.legal.push(legal);
        self
    }

    /// Sets a value that is refused.
    pub(crate) fn illegal(mut self, errno: Errno, illegal: Try) -> Self {
        self.illegal.push((errno, illegal));
        self
    }

    /// The socket does not have the option any more, once it was set.
    pub(crate) fn gone_afterwards(self) -> Self {
        Case { gone: true, ..self }
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.gone
    }

    pub(crate) fn has_state(&self) -> bool {
        self.ready.is_some()
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn is_of(&self, row: &OptInfo) -> bool {
        (self.name, self.level) == (row.name, row.level)
    }

    pub(crate) fn ready(&self, row: &OptInfo) -> Socket {
        self.ready.map_or_else(|| row.on.open().unwrap(), |ready| ready())
    }

    pub(crate) fn try_legal(&self, socket: &Socket) -> Result<()> {
        self.legal.first().map_or(Ok(()), |legal| legal(socket))
    }

    /// `refused` is what this user gets for lack of a privilege.
    pub(crate) fn check(&self, row: &OptInfo, socket: &Socket, refused: Option<Errno>) {
        assert_eq!(row.access.set || row.access.ask, !self.legal.is_empty(), "{row:?}: no legal value");
        for (number, legal) in self.legal.iter().enumerate() {
            let result = legal(socket);
            assert_eq!(result, refused.map_or(Ok(()), Err), "{row:?}, legal value {number}");
        }
        for (number, (errno, illegal)) in self.illegal.iter().enumerate() {
            let result = illegal(socket);
            let denied = row.needs.filter(|need| matches!(need.sort, Sort::Privilege | Sort::Root));
            let fine = result == Err(*errno) || denied.is_some_and(|need| result == Err(need.errno));
            assert!(fine, "{row:?}, illegal value {number}: {result:?}");
        }
    }
}

/// Fails unless both are the same: for `legal`, after reading back.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(read: T, set: T) {
    assert_eq!(read, set, "read, set");
}

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    let mut all = crate::cases_socket::cases();
    all.extend(crate::cases_ip::cases());
    all.extend(crate::cases_ipv6::cases());
    all.extend(crate::cases_tcp::cases());
    all.extend(crate::cases_packet::cases());
    all.extend(crate::cases_others::cases());
    all
}
