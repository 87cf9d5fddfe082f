//! What is true of control messages, whatever their bytes are. For the tests, and for the fuzz target.

use sockets::cmsg::{self, RawCmsg};

/// `struct cmsghdr`: a word, and two numbers.
pub(crate) const HEADER: usize = size_of::<usize>() + 8;

/// A message, as the second implementation sees it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) level: i32,
    pub(crate) ty: i32,
    /// Where its data begins.
    pub(crate) at: usize,
    pub(crate) data: Vec<u8>,
    pub(crate) cut: bool,
}

/// The messages in bytes, found in the plainest way there is; and whether the kernel would take them: it refuses what
/// has a header that says too little or too much.
pub(crate) fn naive(bytes: &[u8]) -> (Vec<Seen>, bool) {
    let mut seen = Vec::new();
    let mut at = 0_u128;
    loop {
        let rest: Vec<u8> = bytes.iter().copied().skip(at.try_into().unwrap_or(usize::MAX)).collect();
        if rest.len() < HEADER {
            return (seen, true);
        }
        let (len, numbers) = rest.split_at(size_of::<usize>());
        let len = usize::from_ne_bytes(len.try_into().unwrap());
        if len < HEADER {
            return (seen, false);
        }
        let number = |bytes: &[u8]| i32::from_ne_bytes(bytes.try_into().unwrap());
        let data: Vec<u8> = rest.iter().copied().take(len).skip(HEADER).collect();
        let cut = data.len() + HEADER < len;
        let (level, ty) = (number(&numbers[..4]), number(&numbers[4..8]));
        seen.push(Seen { level, ty, at: at as usize + HEADER, data, cut });
        if cut {
            return (seen, false);
        }
        at += len as u128;
        while at % size_of::<usize>() as u128 != 0 {
            at += 1;
        }
    }
}

/// Any bytes: the walker sees what the second implementation sees, and nothing that looks at it panics.
pub(crate) fn check_bytes(bytes: &[u8]) {
    let (seen, _) = naive(bytes);
    let walked: Vec<RawCmsg<'_>> = cmsg::walk(bytes).collect();
    assert_eq!(walked.len(), seen.len(), "{bytes:?}");
    for (message, seen) in walked.iter().zip(&seen) {
        let found = (message.level(), message.ty(), message.data(), message.is_cut());
        assert_eq!(found, (seen.level, seen.ty, &*seen.data, seen.cut), "{bytes:?}");
        // It is these bytes, and not a copy of them from elsewhere.
        let offset = (message.data().as_ptr() as usize).wrapping_sub(bytes.as_ptr() as usize);
        assert_eq!(offset, seen.at, "{bytes:?}");
        look_at(message);
        check_data(message.data());
    }
    // What has ended has ended.
    let mut walk = cmsg::walk(bytes);
    while walk.next().is_some() {}
    assert!(walk.next().is_none() && walk.next().is_none());
}

/// Calls what looks at a message; the answers agree with each other.
fn look_at(message: &RawCmsg<'_>) {
    let is_row = |row: &&cmsg::CmsgInfo| (row.level, row.number) == (message.level(), message.ty());
    assert_eq!(message.name().is_some(), cmsg::table().iter().any(|row| is_row(&row)));
    let text = format!("{message:?}");
    match message.name() {
        Some(name) => assert!(text.starts_with(name), "{text}"),
        None => assert!(text.starts_with(&format!("level {} type {}(", message.level(), message.ty()))),
    }
    assert_eq!(text.ends_with("...)"), message.is_cut());
    assert!(text.len() >= message.data().len() * 2);
}

/// One message of this level and type, and of these bytes.
pub(crate) fn one(level: i32, ty: i32, data: &[u8]) -> Vec<u8> {
    let mut bytes = (HEADER + data.len()).to_ne_bytes().to_vec();
    bytes.extend(level.to_ne_bytes());
    bytes.extend(ty.to_ne_bytes());
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(size_of::<usize>()), 0);
    bytes
}

/// Any bytes as the data of every message that is received: what has enough of them is a value, what has not is none.
pub(crate) fn check_data(data: &[u8]) {
    /// The length from which on bytes are a value, if all such are.
    enum Least {
        All(usize),
        Some(usize),
    }
    use Least::{All, Some as Any};
    macro_rules! rows {
        ($($row:ident: $least:expr;)+) => {
            const ROWS: &[&str] = &[$(stringify!($row),)+];
            $({
                let bytes = one(cmsg::$row.level(), cmsg::$row.number(), data);
                let message = cmsg::walk(&bytes).next().unwrap();
                assert!(message.is(cmsg::$row));
                let has_value = message.get(cmsg::$row).is_some();
                match $least {
                    All(least) => assert_eq!(has_value, data.len() >= least, "{}: {data:?}", stringify!($row)),
                    Any(least) => assert!(!has_value || data.len() >= least, "{}: {data:?}", stringify!($row)),
                }
                assert_eq!(cmsg::walk(&bytes).get(cmsg::$row).is_some(), has_value);
            })+
        };
    }
    rows! {
        IP_CHECKSUM: All(4);
        IP_ORIGDSTADDR: Any(16);
        IP_PKTINFO: Any(12);
        IP_RECVERR: All(16);
        IP_RECVFRAGSIZE: All(4);
        IP_RECVOPTS: All(0);
        IP_RETOPTS: All(0);
        IP_TOS: Any(1);
        IP_TTL: All(4);
        IPV6_2292DSTOPTS: All(0);
        IPV6_2292HOPLIMIT: All(4);
        IPV6_2292HOPOPTS: All(0);
        IPV6_2292PKTINFO: All(20);
        IPV6_2292RTHDR: All(0);
        IPV6_DSTOPTS: All(0);
        IPV6_FLOWINFO: All(4);
        IPV6_HOPLIMIT: All(4);
        IPV6_HOPOPTS: All(0);
        IPV6_ORIGDSTADDR: Any(28);
        IPV6_PATHMTU: Any(32);
        IPV6_PKTINFO: All(20);
        IPV6_RECVERR: All(16);
        IPV6_RECVFRAGSIZE: All(4);
        IPV6_RTHDR: All(0);
        IPV6_TCLASS: Any(1);
        NETLINK_LISTEN_ALL_NSID: All(4);
        NETLINK_PKTINFO: All(4);
        PACKET_AUXDATA: All(20);
        PACKET_TX_TIMESTAMP: All(16);
        SCM_CREDENTIALS: All(12);
        SCM_INQ: All(4);
        SCM_SECURITY: All(0);
        SCM_TIMESTAMP: Any(8);
        SCM_TIMESTAMPING: All(24);
        SCM_TIMESTAMPING_OPT_STATS: All(0);
        SCM_TIMESTAMPING_PKTINFO: All(16);
        SCM_TIMESTAMPNS: Any(8);
        SCM_WIFI_STATUS: All(4);
        SO_MARK: All(4);
        SO_PRIORITY: All(4);
        SO_RXQ_OVFL: All(4);
        TCP_CM_INQ: All(4);
        TLS_GET_RECORD_TYPE: All(1);
        UDP_GRO: Any(4);
        VSOCK_RECVERR: All(16);
    }
    for row in cmsg::table().iter().filter(|row| row.recv) {
        // Descriptors are taken, not looked at; the newer numbers of times are missing where the older ones are these.
        let elsewhere = ["SCM_RIGHTS", "SCM_PIDFD"].contains(&row.name) || row.name.ends_with("_NEW");
        assert!(elsewhere || ROWS.contains(&row.name), "{row:?}: add it to the rows above");
    }
}
