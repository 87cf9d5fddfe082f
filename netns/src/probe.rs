//! What this machine allows, found out by doing it in a process that is thrown away.

use std::fmt;
use std::io;
use std::net::{Ipv6Addr, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use crate::enter::{Mode, enter_as};
use crate::refusal::{Refusal, Step};
use crate::report::Record;
use crate::{Needs, link, sys};

/// What this machine allows. Its text has one line for each of the [`Needs`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    refusals: Vec<Refusal>,
}

/// Finds out what this machine allows: forks a process that enters a namespace and tries everything.
///
/// The caller itself stays where it is, and may have threads.
///
/// ```
/// let status = netns::status();
/// match status.check(netns::Needs::RAW) {
///     Ok(()) => println!("raw sockets can be tested here"),
///     Err(refusal) => println!("forbidden here: {refusal}"),
/// }
/// println!("{status}");
/// ```
#[must_use]
pub fn status() -> Status {
    let mode = Mode::from_env();
    let mut refusals = probe(mode).unwrap_or_else(|error| vec![Refusal::new(Step::Probe, &error)]);
    if mode != Mode::Root || !is_real_root() {
        refusals.push(Refusal { step: Step::Root, errno: libc::EPERM });
    }
    Status { refusals }
}

impl Status {
    /// Whether all of `needs` can be had.
    ///
    /// # Errors
    ///
    /// The refusal of the first that cannot.
    pub fn check(&self, needs: Needs) -> Result<(), Refusal> {
        self.missing(needs).next().map_or(Ok(()), |(_, refusal)| Err(refusal))
    }

    /// Those of `needs` that cannot be had, by their words. Without the namespace, that is all of them.
    pub(crate) fn missing(&self, needs: Needs) -> impl Iterator<Item = (&'static str, Refusal)> {
        let none = self.refusal(Needs::USERNS);
        Needs::WORDS
            .into_iter()
            .filter(move |(need, _)| needs.contains(*need))
            .filter_map(move |(need, word)| Some((word, none.or_else(|| self.refusal(need))?)))
    }

    fn refusal(&self, need: Needs) -> Option<Refusal> {
        self.refusals.iter().copied().find(|refusal| need_of(refusal.step) == need)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (need, word)) in Needs::WORDS.into_iter().enumerate() {
            f.write_str(if i == 0 { "" } else { "\n" })?;
            match self.check(need) {
                Ok(()) => write!(f, "{word}: yes")?,
                Err(refusal) => write!(f, "{word}: no: {refusal}")?,
            }
        }
        Ok(())
    }
}

/// The need that cannot be had when `step` is refused.
fn need_of(step: Step) -> Needs {
    match step {
        Step::Raw => Needs::RAW,
        Step::Packet => Needs::PACKET,
        Step::Veth => Needs::VETH,
        Step::Ipv6 => Needs::IPV6,
        Step::Root => Needs::ROOT,
        _ => Needs::USERNS,
    }
}

/// Root over everybody: user 0 where all users are mapped to themselves.
fn is_real_root() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let all_users = map.split_whitespace().eq(["0", "0", "4294967295"]);
    all_users && sys::effective_ids().0 == 0
}

/// Forks the probing process and collects what it was refused.
fn probe(mode: Mode) -> io::Result<Vec<Refusal>> {
    let (read, write) = sys::pipe()?;
    // SAFETY: the child calls nothing but async-signal-safe functions, and then _exit(2).
    let pid = sys::check(unsafe { libc::fork() })?;
    if pid == 0 {
        probe_all(mode, write.as_fd());
        // SAFETY: ends the process without destructors or exit handlers, which belong to the parent.
        unsafe { libc::_exit(0) };
    }
    reap(pid)?;
    // Not to the end of file: a process forked by another thread may hold the write end.
    sys::set_nonblocking(read.as_fd())?;
    let mut bytes = [0; 256];
    let len = sys::read(read.as_fd(), &mut bytes)?;
    let records = Record::decode_all(&bytes[..len]);
    if !records.contains(&Record::Passed) {
        return Err(io::Error::from_raw_os_error(libc::EIO));
    }
    Ok(records
        .into_iter()
        .filter_map(|record| match record {
            Record::Refused(refusal) => Some(refusal),
            _ => None,
        })
        .collect())
}

fn reap(pid: libc::pid_t) -> io::Result<()> {
    loop {
        // SAFETY: a null pointer asks for no status.
        match sys::check(unsafe { libc::waitpid(pid, std::ptr::null_mut(), 0) }) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Where SIGCHLD is ignored the kernel reaps, and waitpid(2) fails at the end of the child.
            Err(error) if error.raw_os_error() == Some(libc::ECHILD) => return Ok(()),
            result => return result.map(drop),
        }
    }
}

/// Tries everything and reports each refusal. Async-signal-safe.
fn probe_all(mode: Mode, report: BorrowedFd<'_>) {
    let refuse = |refusal| {
        let _ = Record::Refused(refusal).send(report);
    };
    match enter_as(mode) {
        Err(refusal) => refuse(refusal),
        Ok(()) => {
            for (step, attempt) in ATTEMPTS {
                if let Err(error) = attempt() {
                    refuse(Refusal::new(step, &error));
                }
            }
        }
    }
    // If this is lost, the parent finds no end of the report and says so.
    let _ = Record::Passed.send(report);
}

/// One thing to try. Async-signal-safe.
type Attempt = fn() -> io::Result<()>;

/// What is tried. The last one leaves the namespace.
const ATTEMPTS: [(Step, Attempt); 4] =
    [(Step::Raw, raw), (Step::Packet, packet), (Step::Ipv6, ipv6), (Step::Veth, veth)];

fn raw() -> io::Result<()> {
    sys::socket(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP).map(drop)
}

fn packet() -> io::Result<()> {
    // Protocol 0: the socket receives nothing.
    sys::socket(libc::AF_PACKET, libc::SOCK_RAW, 0).map(drop)
}

fn ipv6() -> io::Result<()> {
    let socket = sys::socket(libc::AF_INET6, libc::SOCK_DGRAM, 0)?;
    let address = sockaddr_in6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 0, 0, 0));
    let len = size_of_val(&address) as libc::socklen_t;
    // SAFETY: the kernel reads `len` bytes of the address, which is that long.
    sys::check(unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), len) }).map(drop)
}

fn sockaddr_in6(address: SocketAddrV6) -> libc::sockaddr_in6 {
    // SAFETY: all zeros is a valid value of this struct of integers.
    let mut raw: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
    raw.sin6_family = libc::AF_INET6 as libc::sa_family_t;
    raw.sin6_addr.s6_addr = address.ip().octets();
    raw
}

fn veth() -> io::Result<()> {
    link::create_veth("nsprobe0", "nsprobe1", None)?;
    sys::unshare(libc::CLONE_NEWNET)
}

#[cfg(test)]
mod tests {
    use super::Status;
    use crate::Needs;
    use crate::refusal::{Refusal, Step};

    fn missing(step: Step, needs: Needs) -> Vec<&'static str> {
        let status = Status { refusals: vec![Refusal { step, errno: libc::EPERM }] };
        status.missing(needs).map(|(word, _)| word).collect()
    }

    #[test]
    fn without_a_namespace_nothing_can_be_had() {
        assert_eq!(missing(Step::LoUp, Needs::RAW | Needs::VETH), ["userns", "raw", "veth"]);
        assert_eq!(missing(Step::Raw, Needs::RAW | Needs::VETH), ["raw"]);
        assert!(missing(Step::Raw, Needs::VETH).is_empty());
    }
}
