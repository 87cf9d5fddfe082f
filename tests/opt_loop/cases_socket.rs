//! SOL_SOCKET.

use std::os::fd::AsFd;
use std::time::Duration;

use sockets::opt::{
    self, ClockId, SockFilter, Timestamping, TimestampingFlags, TxTime, TxTimeFlags, supports,
};
use sockets::{Errno, Type};

use crate::case::{Case, of, same};
use crate::cases_ip::lo;
use crate::common::{tcp, tcp_pair, udp, unix, unix_pair};

/// BPF_RET | BPF_K: take so many bytes.
const fn ret(k: u32) -> SockFilter {
    SockFilter { code: 6, jt: 0, jf: 0, k }
}

/// Loads from far behind the data: legal, unlike an instruction that does not exist.
const NONSENSE: SockFilter = SockFilter { code: 0xffff, jt: 0, jf: 0, k: 0 };

pub(crate) fn cases() -> Vec<Case> {
    let mut all = filters();
    all.extend(values());
    all.extend(peers());
    all
}

fn values() -> Vec<Case> {
    vec![
        of(opt::SO_BINDTODEVICE)
            .legal(|socket| {
                socket.setsockopt(opt::SO_BINDTODEVICE, Some("lo"))?;
                same(socket.getsockopt(opt::SO_BINDTODEVICE)?.unwrap().as_str(), Some("lo"));
                Ok(())
            })
            .illegal(Errno::ENODEV, |socket| socket.setsockopt(opt::SO_BINDTODEVICE, Some("no-such-dev")))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::SO_BINDTODEVICE, Some("")))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::SO_BINDTODEVICE, Some("lo\0")))
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::SO_BINDTODEVICE, Some("sixteen-letters!"))
            }),
        of(opt::SO_BINDTOIFINDEX)
            .legal(|socket| {
                socket.setsockopt(opt::SO_BINDTOIFINDEX, lo())?;
                same(socket.getsockopt(opt::SO_BINDTOIFINDEX)?, lo());
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::SO_BINDTOIFINDEX, u32::MAX)),
        of(opt::SO_LINGER).legal(|socket| {
            for value in [Some(Duration::from_secs(5)), Some(Duration::ZERO), None] {
                socket.setsockopt(opt::SO_LINGER, value)?;
                same(socket.getsockopt(opt::SO_LINGER)?, value);
            }
            Ok(())
        }),
        of(opt::SO_RCVTIMEO)
            .legal(|socket| {
                socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::from_secs(2)))?;
                same(socket.getsockopt(opt::SO_RCVTIMEO)?, Some(Duration::from_secs(2)));
                socket.setsockopt(opt::SO_RCVTIMEO, None)
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::SO_RCVTIMEO, Some(Duration::ZERO))),
        of(opt::SO_SNDTIMEO)
            .legal(|socket| {
                socket.setsockopt(opt::SO_SNDTIMEO, Some(Duration::from_secs(2)))?;
                same(socket.getsockopt(opt::SO_SNDTIMEO)?, Some(Duration::from_secs(2)));
                socket.setsockopt(opt::SO_SNDTIMEO, None)
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::SO_SNDTIMEO, Some(Duration::ZERO))),
        of(opt::SO_DEVMEM_DONTNEED).legal(|socket| match socket.setsockopt(opt::SO_DEVMEM_DONTNEED, &[]) {
            // Nothing to give back, and nothing given: kernels differ in what they say.
            Err(Errno::EINVAL) => Ok(()),
            other => other,
        }),
        of(opt::SO_MAX_PACING_RATE)
            .legal(|socket| {
                for value in [Some(1_000_000), Some(0), None] {
                    socket.setsockopt(opt::SO_MAX_PACING_RATE, value)?;
                    same(socket.getsockopt(opt::SO_MAX_PACING_RATE)?, value);
                }
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::SO_MAX_PACING_RATE, Some(u64::MAX))),
        of(opt::SO_TIMESTAMPING)
            .legal(|socket| {
                let flags = TimestampingFlags::SOF_TIMESTAMPING_RX_SOFTWARE
                    | TimestampingFlags::SOF_TIMESTAMPING_SOFTWARE
                    | TimestampingFlags::SOF_TIMESTAMPING_OPT_ID;
                socket.setsockopt(opt::SO_TIMESTAMPING, flags.into())?;
                same(socket.getsockopt(opt::SO_TIMESTAMPING)?, flags.into());
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| {
                let unknown = TimestampingFlags::from_bits_retain(1 << 30);
                socket.setsockopt(opt::SO_TIMESTAMPING, unknown.into())
            })
            .illegal(Errno::EOPNOTSUPP, |socket| {
                // No socket that is not bound to a device has one of its clocks.
                let flags = TimestampingFlags::SOF_TIMESTAMPING_BIND_PHC;
                socket.setsockopt(opt::SO_TIMESTAMPING, Timestamping { flags, bind_phc: Some(7) })
            }),
        of(opt::SO_TXTIME)
            .legal(|socket| {
                let flags = TxTimeFlags::SOF_TXTIME_REPORT_ERRORS;
                let value = TxTime { clock: ClockId::CLOCK_MONOTONIC, flags };
                socket.setsockopt(opt::SO_TXTIME, value)?;
                same(socket.getsockopt(opt::SO_TXTIME)?, value);
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| {
                let flags = TxTimeFlags::from_bits_retain(1 << 30);
                socket.setsockopt(opt::SO_TXTIME, TxTime { clock: ClockId::CLOCK_MONOTONIC, flags })
            }),
        of(opt::SO_RCVLOWAT).legal(|socket| {
            // None at all is not possible.
            for (set, read) in [(100, 100), (0, 1)] {
                socket.setsockopt(opt::SO_RCVLOWAT, set)?;
                same(socket.getsockopt(opt::SO_RCVLOWAT)?, read);
            }
            Ok(())
        }),
        of(opt::SO_RCVBUFFORCE).legal(|socket| {
            socket.setsockopt(opt::SO_RCVBUFFORCE, 1 << 25)?;
            same(socket.getsockopt(opt::SO_RCVBUF)?, 1 << 26);
            Ok(())
        }),
        of(opt::SO_SNDBUFFORCE).legal(|socket| {
            socket.setsockopt(opt::SO_SNDBUFFORCE, 1 << 25)?;
            same(socket.getsockopt(opt::SO_SNDBUF)?, 1 << 26);
            Ok(())
        }),
        of(opt::SO_BUSY_POLL_BUDGET)
            .legal(|socket| socket.setsockopt(opt::SO_BUSY_POLL_BUDGET, 64))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::SO_BUSY_POLL_BUDGET, -1))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::SO_BUSY_POLL_BUDGET, 65536)),
    ]
}

fn filters() -> Vec<Case> {
    vec![
        of(opt::SO_ATTACH_FILTER)
            .legal(|socket| {
                for filter in [&[ret(0)][..], &[ret(1), ret(2)], &[ret(7); opt::FILTER_MAX]] {
                    socket.setsockopt(opt::SO_ATTACH_FILTER, filter)?;
                    same(&socket.getsockopt(opt::SO_GET_FILTER)?[..], filter);
                }
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::SO_ATTACH_FILTER, &[]))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::SO_ATTACH_FILTER, &[NONSENSE]))
            .illegal(Errno::EINVAL, |socket| {
                // 65537 is 1 in the 16 bits that the structure has for it.
                socket.setsockopt(opt::SO_ATTACH_FILTER, &vec![ret(0); 65537])
            })
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::SO_ATTACH_FILTER, &vec![ret(0); opt::FILTER_MAX + 1])
            }),
        of(opt::SO_ATTACH_REUSEPORT_CBPF)
            .on(|| {
                let socket = udp();
                socket.setsockopt(opt::SO_REUSEPORT, true).unwrap();
                socket.bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
                socket
            })
            .legal(|socket| socket.setsockopt(opt::SO_ATTACH_REUSEPORT_CBPF, &[ret(0)]))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::SO_ATTACH_REUSEPORT_CBPF, &[NONSENSE])),
        of(opt::SO_DETACH_REUSEPORT_BPF)
            .on(|| {
                let socket = udp();
                socket.setsockopt(opt::SO_REUSEPORT, true).unwrap();
                socket.bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
                socket.setsockopt(opt::SO_ATTACH_REUSEPORT_CBPF, &[ret(0)]).unwrap();
                socket
            })
            .legal(|socket| socket.setsockopt(opt::SO_DETACH_REUSEPORT_BPF, ()))
            .illegal(Errno::ENOENT, |socket| socket.setsockopt(opt::SO_DETACH_REUSEPORT_BPF, ())),
        of(opt::SO_DETACH_FILTER)
            .on(|| {
                let socket = udp();
                socket.setsockopt(opt::SO_ATTACH_FILTER, &[ret(0)]).unwrap();
                socket
            })
            .legal(|socket| {
                socket.setsockopt(opt::SO_DETACH_FILTER, ())?;
                same(socket.getsockopt(opt::SO_GET_FILTER)?, vec![]);
                Ok(())
            })
            .illegal(Errno::ENOENT, |socket| socket.setsockopt(opt::SO_DETACH_FILTER, ())),
        // A program needs bpf(2), so what can be had here is that the descriptor of anything else is refused.
        of(opt::SO_ATTACH_BPF).legal(|socket| {
            same(socket.setsockopt(opt::SO_ATTACH_BPF, socket.as_fd()), Err(Errno::EINVAL));
            Ok(())
        }),
        of(opt::SO_ATTACH_REUSEPORT_EBPF).legal(|socket| {
            same(socket.setsockopt(opt::SO_ATTACH_REUSEPORT_EBPF, socket.as_fd()), Err(Errno::EINVAL));
            Ok(())
        }),
        of(opt::SO_LOCK_FILTER).legal(|socket| {
            socket.setsockopt(opt::SO_ATTACH_FILTER, &[ret(0)])?;
            socket.setsockopt(opt::SO_LOCK_FILTER, true)?;
            same(socket.getsockopt(opt::SO_LOCK_FILTER)?, true);
            same(socket.setsockopt(opt::SO_LOCK_FILTER, false), Err(Errno::EPERM));
            same(socket.setsockopt(opt::SO_DETACH_FILTER, ()), Err(Errno::EPERM));
            Ok(())
        }),
    ]
}

fn peers() -> Vec<Case> {
    let pair = || unix_pair(Type::SOCK_STREAM).0;
    let mut all = vec![
        of(opt::SO_PEERNAME).on(|| {
            let (client, server) = tcp_pair();
            same(client.getsockopt(opt::SO_PEERNAME), client.getpeername());
            drop(server);
            unix_pair(Type::SOCK_STREAM).0
        }),
        of(opt::SO_PEERGROUPS).on(pair),
        of(opt::SO_INQ).on(|| unix(Type::SOCK_STREAM)).legal(|socket| socket.setsockopt(opt::SO_INQ, true)),
        of(opt::SO_CNX_ADVICE).on(udp).legal(|socket| socket.setsockopt(opt::SO_CNX_ADVICE, 1)),
        of(opt::SO_PEERNAME).on(tcp),
    ];
    all.pop();
    if supports(opt::SO_PEERPIDFD) == Ok(true) {
        all.push(of(opt::SO_PEERPIDFD).on(pair));
    }
    all
}
