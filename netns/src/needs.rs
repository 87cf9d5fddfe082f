//! What a test needs of the machine: a small open bit set.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

/// What a test needs of the machine. Combine with `|`.
///
/// Every need implies [`Needs::USERNS`]. Each has a word, used in `SKIP` lines and in
/// `SOCKETS_TEST_REQUIRE`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Needs(u32);

impl Needs {
    /// `userns`: a private network namespace with `lo` up and full power over it.
    pub const USERNS: Self = Self(1);
    /// `raw`: `SOCK_RAW` sockets can be opened.
    pub const RAW: Self = Self(1 | 1 << 1);
    /// `packet`: `AF_PACKET` sockets can be opened.
    pub const PACKET: Self = Self(1 | 1 << 2);
    /// `veth`: veth pairs can be made, and further namespaces to put their ends in.
    pub const VETH: Self = Self(1 | 1 << 3);
    /// `ipv6`: `::1` exists.
    pub const IPV6: Self = Self(1 | 1 << 4);
    /// `root`: the test runs as real root, with `SOCKETS_TEST_ROOT=1`.
    pub const ROOT: Self = Self(1 | 1 << 5);

    /// The words, in the order in which needs are checked.
    pub(crate) const WORDS: [(Self, &'static str); 6] = [
        (Self::USERNS, "userns"),
        (Self::RAW, "raw"),
        (Self::PACKET, "packet"),
        (Self::VETH, "veth"),
        (Self::IPV6, "ipv6"),
        (Self::ROOT, "root"),
    ];

    /// Whether everything in `other` is needed.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The words of the set, `userns` first.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Self::WORDS.into_iter().filter(move |(need, _)| self.contains(*need)).map(|(_, word)| word)
    }
}

impl BitOr for Needs {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Needs {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Needs(")?;
        for (i, word) in self.words().enumerate() {
            f.write_str(if i == 0 { "" } else { "," })?;
            f.write_str(word)?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::Needs;

    #[test]
    fn userns_is_implied() {
        for (need, word) in Needs::WORDS {
            assert!(need.contains(Needs::USERNS), "{word}");
        }
        assert!(!Needs::RAW.contains(Needs::VETH));
    }

    #[test]
    fn words_and_debug() {
        let mut needs = Needs::VETH;
        needs |= Needs::RAW;
        assert_eq!(needs, Needs::RAW | Needs::VETH);
        assert_eq!(format!("{needs:?}"), "Needs(userns,raw,veth)");
    }
}
