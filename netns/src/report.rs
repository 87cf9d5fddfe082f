//! The words between parent and child of one run: records in a pipe, and the marker in the environment.
//!
//! The child must say that the body ran and how it ended. Its exit status alone proves nothing: libtest
//! exits with 0 when no test has the name it was given.

use std::io;
use std::os::fd::BorrowedFd;

use crate::refusal::{Refusal, Step};
use crate::sys;

/// The environment variable that marks the child.
pub(crate) const MARKER: &str = "SOCKETS_TEST_NS";

/// The length of a record on the pipe. Far below PIPE_BUF, so each is written whole.
const LEN: usize = 8;

/// One record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Record {
    /// A step or a probe was refused.
    Refused(Refusal),
    /// The body begins.
    Started,
    /// The body, or the probing, is complete.
    Passed,
    /// The body has panicked or returned an error.
    Failed,
}

impl Record {
    fn encode(self) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        match self {
            Self::Refused(refusal) => {
                bytes[0] = b'R';
                bytes[1] = refusal.step as u8;
                bytes[4..].copy_from_slice(&refusal.errno.to_ne_bytes());
            }
            Self::Started => bytes[0] = b'S',
            Self::Passed => bytes[0] = b'P',
            Self::Failed => bytes[0] = b'F',
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (&tag, &step) = (bytes.first()?, bytes.get(1)?);
        match tag {
            b'R' => {
                let errno = i32::from_ne_bytes(bytes.get(4..LEN)?.try_into().ok()?);
                Some(Self::Refused(Refusal { step: Step::from_byte(step)?, errno }))
            }
            b'S' => Some(Self::Started),
            b'P' => Some(Self::Passed),
            b'F' => Some(Self::Failed),
            _ => None,
        }
    }

    /// Writes the record. Async-signal-safe.
    pub(crate) fn send(self, pipe: BorrowedFd<'_>) -> io::Result<()> {
        sys::write(pipe, &self.encode()).map(drop)
    }

    /// The records in what was read from the pipe.
    pub(crate) fn decode_all(bytes: &[u8]) -> Vec<Self> {
        bytes.chunks_exact(LEN).filter_map(Self::decode).collect()
    }
}

/// What the child finds in its environment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Marker {
    /// The process that waits for the report. Children of the body inherit the variable; for them it is a
    /// grandparent, so they know that the marker is not theirs.
    pub(crate) parent: i32,
    /// The descriptor of the report pipe.
    pub(crate) report: i32,
    /// The call of `run` this is about, counted from 0 within the test.
    pub(crate) call: u32,
}

impl Marker {
    pub(crate) fn encode(self) -> String {
        format!("{}:{}:{}", self.parent, self.report, self.call)
    }

    fn decode(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let marker = Self {
            parent: parts.next()?.parse().ok()?,
            report: parts.next()?.parse().ok()?,
            call: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(marker)
    }

    /// The marker of this process, if it was started by `run`.
    pub(crate) fn mine() -> Option<Self> {
        let marker = Self::decode(&std::env::var(MARKER).ok()?)?;
        (marker.parent == sys::parent()).then_some(marker)
    }
}

#[cfg(test)]
mod tests {
    use super::{Marker, Record};
    use crate::refusal::{Refusal, Step};

    #[test]
    fn records_survive_the_pipe() {
        let refused = Record::Refused(Refusal { step: Step::Veth, errno: libc::EPERM });
        let all = [Record::Started, refused, Record::Passed, Record::Failed];
        let mut bytes: Vec<u8> = all.iter().flat_map(|record| record.encode()).collect();
        bytes.extend([b'P', 0, 0]);
        assert_eq!(Record::decode_all(&bytes), all);
    }

    #[test]
    fn only_a_whole_marker_counts() {
        let marker = Marker { parent: 12, report: 3, call: 1 };
        assert_eq!(Marker::decode(&marker.encode()), Some(marker));
        for bad in ["", "1", "1:2", "1:2:3:4", "a:2:3"] {
            assert_eq!(Marker::decode(bad), None, "{bad}");
        }
    }
}
