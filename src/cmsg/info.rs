//! The table at run time: what there is to know of each message, for tools and tests.

use core::ffi::c_int;

use super::sealed::Direction;
use super::table::TABLE;
use super::{Cmsg, Value};

/// What is known of a control message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CmsgInfo {
    /// The C name.
    pub name: &'static str,
    /// The C name of the level.
    pub level_name: &'static str,
    /// `cmsg_level`.
    pub level: c_int,
    /// `cmsg_type`.
    pub number: c_int,
    /// The C type of the data.
    pub c_type: &'static str,
    /// How many bytes of data it has; of a kind without a fixed size, how many there is [room](Cmsg::space) for.
    pub size: usize,
    /// Can it be sent?
    pub send: bool,
    /// Can it be received?
    pub recv: bool,
    /// The kernel that brought it, if it is younger than 5.4.
    pub since: Option<&'static str>,
}

impl CmsgInfo {
    pub(super) const fn of<T: Value, D: Direction>(message: Cmsg<T, D>) -> Self {
        CmsgInfo {
            name: message.name(),
            level_name: "",
            level: message.level(),
            number: message.number(),
            c_type: T::C_TYPE,
            size: T::SIZE,
            send: D::SEND,
            recv: D::RECV,
            since: None,
        }
    }
}

/// All control messages that have a name here.
///
/// ```
/// let row = sockets::cmsg::table().iter().find(|row| row.name == "SCM_RIGHTS").unwrap();
/// assert!(row.send && row.recv);
/// ```
pub const fn table() -> &'static [CmsgInfo] {
    TABLE
}

/// The message of a level and type: the one that is received, where sending has a name of its own.
pub(super) fn named(level: c_int, number: c_int) -> Option<&'static CmsgInfo> {
    let is_it = |row: &&CmsgInfo| row.level == level && row.number == number;
    TABLE.iter().find(|row| is_it(row) && row.recv).or_else(|| TABLE.iter().find(is_it))
}
