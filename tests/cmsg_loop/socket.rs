//! The messages of SOL_SOCKET.

use std::os::fd::AsFd;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sockets::cmsg::{self, Cmsg, RecvOnly};
use sockets::opt::{ClockId, Credentials, Timestamping, TimestampingFlags as Flags, TxTime, TxTimeFlags};
use sockets::{PollFlags, SendFlags, Type, opt};

use super::case::{Case, Got, Pair, asking, of, pass, receive, receive_error, receive_some, v4, v6};
use super::common::{tcp_pair, unix_pair};

fn stream() -> Pair {
    unix_pair(Type::SOCK_STREAM)
}

fn me() -> Credentials {
    // SAFETY: takes nothing.
    let uid = unsafe { libc::getuid() };
    // SAFETY: takes nothing.
    let gid = unsafe { libc::getgid() };
    Credentials { pid: std::process::id() as i32, uid, gid }
}

/// A time that is now, give or take a minute.
#[track_caller]
fn is_now(time: Duration) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    assert!(now.abs_diff(time) < Duration::from_secs(60), "{time:?} is not {now:?}");
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = of_unix();
    all.extend(times_of_arrival());
    all.extend(times_of_sending());
    all.extend(others());
    all
}

fn of_unix() -> Vec<Case> {
    vec![
        of(cmsg::SCM_CREDENTIALS)
            .comes(|| {
                let got = pass(&asking(stream(), opt::SO_PASSCRED));
                assert_eq!(got.get(cmsg::SCM_CREDENTIALS), me());
                got
            })
            .sent(
                || asking(stream(), opt::SO_PASSCRED),
                |control, _| control.push(cmsg::SCM_CREDENTIALS, me()),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    assert_eq!(receive(b).get(cmsg::SCM_CREDENTIALS), me());
                },
            ),
        of(cmsg::SCM_INQ).comes(|| {
            let (a, b) = stream();
            b.setsockopt(opt::SO_INQ, true).unwrap();
            a.send(b"hello", SendFlags::empty()).unwrap();
            let got = receive_some(&b, 2);
            assert_eq!((&*got.data, got.get(cmsg::SCM_INQ)), (&b"he"[..], 3));
            got
        }),
        of(cmsg::SCM_PIDFD).comes(|| pass(&asking(stream(), opt::SO_PASSPIDFD))),
        of(cmsg::SCM_RIGHTS)
            .comes(|| {
                let (a, b) = stream();
                let mut room = cmsg::ControlBuf::<64>::new();
                let mut control = cmsg::ControlWriter::new(&mut room);
                control.push(cmsg::SCM_RIGHTS, &[a.as_fd(), b.as_fd()]).unwrap();
                a.sendmsg(b"x", &control, SendFlags::empty()).unwrap();
                receive(&b)
            })
            .sent(
                stream,
                |control, pair| control.push(cmsg::SCM_RIGHTS, &[pair.1.as_fd()]),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    let got = receive(b);
                    let message = got.all().next().unwrap();
                    assert!(message.is(cmsg::SCM_RIGHTS) && message.data().len() == 4);
                },
            )
            // As many descriptors as there are whole ones.
            .takes(|_| true),
        of(cmsg::SCM_SECURITY).never("no security module gives labels", || {
            let (a, b) = asking(stream(), opt::SO_PASSSEC);
            a.send(b"x", SendFlags::empty()).unwrap();
            let got = receive(&b);
            got.find(cmsg::SCM_SECURITY).is_some().then_some(got)
        }),
    ]
}

/// Sends until a time comes: the first after the option was set can be without.
fn timed<T: cmsg::RecvValue>(pair: &Pair, row: Cmsg<T, RecvOnly>) -> Got {
    for _ in 0..1000 {
        let got = pass(pair);
        if got.find(row).is_some() {
            return got;
        }
    }
    panic!("no {row:?}");
}

/// Sockets of which the second, or the first, takes times.
fn taking(pair: Pair, sender: bool, flags: Flags) -> Pair {
    let socket = if sender { &pair.0 } else { &pair.1 };
    socket.setsockopt(opt::SO_TIMESTAMPING, Timestamping::from(flags)).unwrap();
    pair
}

const ARRIVAL: Flags = Flags::SOF_TIMESTAMPING_RX_SOFTWARE.union(Flags::SOF_TIMESTAMPING_SOFTWARE);

fn times_of_arrival() -> Vec<Case> {
    let mut all = vec![
        of(cmsg::SCM_TIMESTAMP).comes(|| {
            for pair in [unix_pair(Type::SOCK_DGRAM), v6()] {
                is_now(timed(&asking(pair, opt::SO_TIMESTAMP), cmsg::SCM_TIMESTAMP).get(cmsg::SCM_TIMESTAMP));
            }
            timed(&asking(v4(), opt::SO_TIMESTAMP), cmsg::SCM_TIMESTAMP)
        }),
        of(cmsg::SCM_TIMESTAMPNS).comes(|| {
            let got = timed(&asking(v4(), opt::SO_TIMESTAMPNS), cmsg::SCM_TIMESTAMPNS);
            is_now(got.get(cmsg::SCM_TIMESTAMPNS));
            got
        }),
        of(cmsg::SCM_TIMESTAMPING).comes(|| {
            let got = timed(&taking(v4(), false, ARRIVAL), cmsg::SCM_TIMESTAMPING);
            let times = got.get(cmsg::SCM_TIMESTAMPING);
            is_now(times.software.unwrap());
            assert_eq!(times.hardware, None);
            got
        }),
        of(cmsg::SCM_TIMESTAMPING_PKTINFO).never("the loopback device takes no times", || {
            let of_device = Flags::SOF_TIMESTAMPING_RX_HARDWARE | Flags::SOF_TIMESTAMPING_RAW_HARDWARE;
            let flags = ARRIVAL | of_device | Flags::SOF_TIMESTAMPING_OPT_PKTINFO;
            let got = timed(&taking(v4(), false, flags), cmsg::SCM_TIMESTAMPING);
            got.find(cmsg::SCM_TIMESTAMPING_PKTINFO).is_some().then_some(got)
        }),
    ];
    #[cfg(not(sockopt_time64))]
    all.extend([
        of(cmsg::SO_TIMESTAMP_NEW).comes(|| {
            let got = timed(&asking(v4(), opt::SO_TIMESTAMP_NEW), cmsg::SO_TIMESTAMP_NEW);
            is_now(got.get(cmsg::SO_TIMESTAMP_NEW));
            got
        }),
        of(cmsg::SO_TIMESTAMPNS_NEW).comes(|| {
            let got = timed(&asking(v4(), opt::SO_TIMESTAMPNS_NEW), cmsg::SO_TIMESTAMPNS_NEW);
            is_now(got.get(cmsg::SO_TIMESTAMPNS_NEW));
            got
        }),
        of(cmsg::SO_TIMESTAMPING_NEW).comes(|| {
            let pair = v4();
            pair.1.setsockopt(opt::SO_TIMESTAMPING_NEW, Timestamping::from(ARRIVAL)).unwrap();
            let got = timed(&pair, cmsg::SO_TIMESTAMPING_NEW);
            is_now(got.get(cmsg::SO_TIMESTAMPING_NEW).software.unwrap());
            got
        }),
    ]);
    all
}

const SENDING: Flags = Flags::SOF_TIMESTAMPING_SOFTWARE.union(Flags::SOF_TIMESTAMPING_OPT_TSONLY);

fn times_of_sending() -> Vec<Case> {
    vec![
        of(cmsg::SO_TIMESTAMPING).sent(
            || taking(v4(), true, SENDING),
            |control, _| control.push(cmsg::SO_TIMESTAMPING, Flags::SOF_TIMESTAMPING_TX_SOFTWARE),
            |(a, _), sent| {
                assert_eq!(sent, Ok(5));
                is_now(receive_error(a).get(cmsg::SCM_TIMESTAMPING).software.unwrap());
                // Only of that one.
                a.send(b"x", SendFlags::empty()).unwrap();
                assert_eq!(a.poll(PollFlags::empty(), Some(Duration::ZERO)), Ok(PollFlags::empty()));
            },
        ),
        of(cmsg::SCM_TS_OPT_ID).sent(
            || {
                taking(
                    v4(),
                    true,
                    SENDING | Flags::SOF_TIMESTAMPING_TX_SOFTWARE | Flags::SOF_TIMESTAMPING_OPT_ID,
                )
            },
            |control, _| control.push(cmsg::SCM_TS_OPT_ID, 4711),
            |(a, _), sent| {
                assert_eq!(sent, Ok(5));
                let got = receive_error(a);
                let error = got.get(cmsg::IP_RECVERR);
                assert_eq!((error.origin, error.data), (cmsg::ErrOrigin::SO_EE_ORIGIN_TXSTATUS, 4711));
                assert!(error.offender.is_unnamed());
            },
        ),
        of(cmsg::SCM_TIMESTAMPING_OPT_STATS).comes(|| {
            let wanted = Flags::SOF_TIMESTAMPING_TX_ACK | Flags::SOF_TIMESTAMPING_OPT_STATS;
            let (a, b) = taking(tcp_pair(), true, SENDING | wanted | Flags::SOF_TIMESTAMPING_OPT_ID);
            a.send(b"hello", SendFlags::empty()).unwrap();
            assert_eq!(receive(&b).data, b"hello");
            let got = receive_error(&a);
            // Netlink attributes: a length, a type, the value.
            let mut stats = got.get(cmsg::SCM_TIMESTAMPING_OPT_STATS);
            let mut attributes = 0;
            while let [a, b, ..] = *stats {
                let len = usize::from(u16::from_ne_bytes([a, b])).next_multiple_of(4);
                stats = &stats[len..];
                attributes += 1;
            }
            assert!(attributes > 10 && stats.is_empty(), "{attributes}");
            got
        }),
        of(cmsg::SCM_TXTIME).sent(
            || {
                let pair = v4();
                let (clock, flags) = (ClockId::CLOCK_MONOTONIC, TxTimeFlags::empty());
                pair.0.setsockopt(opt::SO_TXTIME, TxTime { clock, flags }).unwrap();
                pair
            },
            |control, _| control.push(cmsg::SCM_TXTIME, 1),
            |(_, b), sent| {
                // The queue of the loopback device does not look at the time.
                assert_eq!(sent, Ok(5));
                assert_eq!(receive(b).data, b"hello");
            },
        ),
        of(cmsg::SCM_WIFI_STATUS).never("there is no wireless network", || {
            let pair = v4();
            pair.0.setsockopt(opt::SO_WIFI_STATUS, true).unwrap();
            pass(&pair);
            assert_eq!(pair.0.poll(PollFlags::empty(), Some(Duration::ZERO)), Ok(PollFlags::empty()));
            None
        }),
    ]
}

fn others() -> Vec<Case> {
    vec![
        of(cmsg::SO_MARK)
            .comes(|| {
                let pair = asking(v4(), opt::SO_RCVMARK);
                pair.0.setsockopt(opt::SO_MARK, 0x1234_5678).unwrap();
                let got = pass(&pair);
                assert_eq!(got.get(cmsg::SO_MARK), 0x1234_5678);
                got
            })
            .sent(
                || asking(v6(), opt::SO_RCVMARK),
                |control, _| control.push(cmsg::SO_MARK, 0xffff_ffff),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    assert_eq!(receive(b).get(cmsg::SO_MARK), 0xffff_ffff);
                },
            )
            .needs_privilege(),
        of(cmsg::SO_PRIORITY)
            .comes(|| {
                let pair = asking(v4(), opt::SO_RCVPRIORITY);
                pair.0.setsockopt(opt::SO_PRIORITY, 3).unwrap();
                let got = pass(&pair);
                assert_eq!(got.get(cmsg::SO_PRIORITY), 3);
                got
            })
            .sent(
                || asking(v6(), opt::SO_RCVPRIORITY),
                |control, _| control.push(cmsg::SO_PRIORITY, 5),
                |(_, b), sent| {
                    assert_eq!(sent, Ok(5));
                    assert_eq!(receive(b).get(cmsg::SO_PRIORITY), 5);
                },
            ),
        of(cmsg::SO_RXQ_OVFL).comes(|| {
            let pair = asking(v4(), opt::SO_RXQ_OVFL);
            pair.1.setsockopt(opt::SO_RCVBUF, 1).unwrap();
            for _ in 0..100 {
                pair.0.send(&[7; 500], SendFlags::empty()).unwrap();
            }
            let mut came = 0;
            while pair.1.recv(&mut [0; 500], sockets::RecvFlags::MSG_DONTWAIT).is_ok() {
                came += 1;
            }
            let got = pass(&pair);
            assert_eq!(got.get(cmsg::SO_RXQ_OVFL), 100 - came);
            got
        }),
    ]
}
