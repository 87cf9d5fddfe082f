//! IPPROTO_TCP.

use std::net::Ipv4Addr;
use std::time::Duration;

use sockets::opt::{
    self, AoAdd, AoDelete, AoInfo, AoRepair, FastOpenKey, Md5Sig, RepairMode, RepairOptions, RepairQueue,
    RepairWindow,
};
use sockets::{Errno, SockAddr, Socket};

use crate::case::{Case, of, same};
use crate::common::tcp;

fn peer() -> SockAddr {
    "192.0.2.1:179".parse().unwrap()
}

/// A connection of one socket: what it sends, it receives.
fn connected() -> Socket {
    let socket = tcp();
    socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.connect(socket.getsockname().unwrap()).unwrap();
    socket
}

/// A connection under repair.
fn repairing() -> Socket {
    let socket = connected();
    socket.setsockopt(opt::TCP_REPAIR, RepairMode::TCP_REPAIR_ON).unwrap();
    socket
}

/// One of which a queue is chosen.
fn repairing_queue() -> Socket {
    let socket = tcp();
    socket.setsockopt(opt::TCP_REPAIR, RepairMode::TCP_REPAIR_ON).unwrap();
    socket.setsockopt(opt::TCP_REPAIR_QUEUE, RepairQueue::TCP_SEND_QUEUE).unwrap();
    socket
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = values();
    all.extend(keys());
    all.extend(repair());
    all
}

fn values() -> Vec<Case> {
    vec![
        of(opt::TCP_CONGESTION)
            .legal(|socket| {
                socket.setsockopt(opt::TCP_CONGESTION, "reno")?;
                same(socket.getsockopt(opt::TCP_CONGESTION)?.as_str(), Some("reno"));
                Ok(())
            })
            .illegal(Errno::ENOENT, |socket| socket.setsockopt(opt::TCP_CONGESTION, "no-such-thing"))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::TCP_CONGESTION, ""))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::TCP_CONGESTION, "sixteen-letters!"))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::TCP_CONGESTION, "reno\0")),
        of(opt::TCP_DEFER_ACCEPT).legal(|socket| {
            socket.setsockopt(opt::TCP_DEFER_ACCEPT, Duration::from_secs(5))?;
            assert!(socket.getsockopt(opt::TCP_DEFER_ACCEPT)? >= Duration::from_secs(5));
            socket.setsockopt(opt::TCP_DEFER_ACCEPT, Duration::ZERO)?;
            same(socket.getsockopt(opt::TCP_DEFER_ACCEPT)?, Duration::ZERO);
            Ok(())
        }),
        of(opt::TCP_DELACK_MAX_US)
            .legal(|socket| {
                socket.setsockopt(opt::TCP_DELACK_MAX_US, Duration::from_millis(100))?;
                same(socket.getsockopt(opt::TCP_DELACK_MAX_US)?, Duration::from_millis(100));
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::TCP_DELACK_MAX_US, Duration::ZERO))
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::TCP_DELACK_MAX_US, Duration::from_secs(600))
            }),
        of(opt::TCP_RTO_MIN_US)
            .legal(|socket| {
                socket.setsockopt(opt::TCP_RTO_MIN_US, Duration::from_millis(100))?;
                same(socket.getsockopt(opt::TCP_RTO_MIN_US)?, Duration::from_millis(100));
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::TCP_RTO_MIN_US, Duration::ZERO))
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::TCP_RTO_MIN_US, Duration::from_secs(600))
            }),
        of(opt::TCP_TX_DELAY)
            .legal(|socket| {
                socket.setsockopt(opt::TCP_TX_DELAY, Duration::from_millis(5))?;
                same(socket.getsockopt(opt::TCP_TX_DELAY)?, Duration::from_millis(5));
                socket.setsockopt(opt::TCP_TX_DELAY, Duration::ZERO)
            })
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::TCP_TX_DELAY, Duration::from_secs(1 << 32))
            }),
        of(opt::TCP_LINGER2).legal(|socket| {
            for value in [Some(Duration::from_secs(7)), None] {
                socket.setsockopt(opt::TCP_LINGER2, value)?;
                same(socket.getsockopt(opt::TCP_LINGER2)?, value);
            }
            Ok(())
        }),
        of(opt::TCP_THIN_DUPACK).legal(|socket| {
            socket.setsockopt(opt::TCP_THIN_DUPACK, true)?;
            same(socket.getsockopt(opt::TCP_THIN_DUPACK)?, false);
            Ok(())
        }),
        of(opt::TCP_WINDOW_CLAMP).legal(|socket| {
            socket.setsockopt(opt::TCP_WINDOW_CLAMP, 65_536)?;
            same(socket.getsockopt(opt::TCP_WINDOW_CLAMP)?, 65_536);
            Ok(())
        }),
        of(opt::TCP_ULP)
            .on(connected)
            .legal(|socket| match socket.setsockopt(opt::TCP_ULP, "tls") {
                // A kernel without it.
                Err(Errno::ENOENT) => Ok(()),
                other => other,
            })
            .illegal(Errno::ENOENT, |_| tcp().setsockopt(opt::TCP_ULP, "no-such-thing"))
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::TCP_ULP, "")),
        of(opt::TCP_FASTOPEN_KEY).legal(|socket| {
            same(socket.getsockopt(opt::TCP_FASTOPEN_KEY)?, None);
            for backup in [None, Some([2; 16])] {
                let key = FastOpenKey { primary: [1; 16], backup };
                socket.setsockopt(opt::TCP_FASTOPEN_KEY, key)?;
                same(socket.getsockopt(opt::TCP_FASTOPEN_KEY)?, Some(key));
            }
            Ok(())
        }),
    ]
}

fn keys() -> Vec<Case> {
    let (add, delete) = (
        of(opt::TCP_AO_ADD_KEY).legal(|socket| {
            let addr = peer();
            let key = AoAdd {
                addr: &addr,
                prefix: 32,
                algorithm: "hmac(sha1)",
                key: b"secret",
                send_id: 1,
                receive_id: 1,
                mac_len: 0,
                set_current: false,
                set_next: false,
            };
            socket.setsockopt(opt::TCP_AO_ADD_KEY, key)
        }),
        of(opt::TCP_AO_DEL_KEY).legal(|socket| {
            let addr = peer();
            let key =
                AoDelete { addr: &addr, prefix: 32, send_id: 1, receive_id: 1, current: None, next: None };
            socket.setsockopt(opt::TCP_AO_DEL_KEY, key)
        }),
    );
    vec![
        add,
        delete,
        of(opt::TCP_AO_INFO).legal(|socket| {
            socket.setsockopt(opt::TCP_AO_INFO, AoInfo { required: true, ..AoInfo::default() })
        }),
        of(opt::TCP_AO_REPAIR).legal(|socket| socket.setsockopt(opt::TCP_AO_REPAIR, AoRepair::default())),
        of(opt::TCP_MD5SIG)
            .legal(|socket| {
                let peer = peer();
                socket.setsockopt(opt::TCP_MD5SIG, Md5Sig::new(&peer, b"secret"))?;
                socket.setsockopt(opt::TCP_MD5SIG, Md5Sig::new(&peer, &[7; 80]))?;
                socket.setsockopt(opt::TCP_MD5SIG, Md5Sig::new(&peer, b""))
            })
            .illegal(Errno::ENOENT, |socket| socket.setsockopt(opt::TCP_MD5SIG, Md5Sig::new(&peer(), b"")))
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::TCP_MD5SIG, Md5Sig::new(&peer(), &[7; 81]))
            })
            .illegal(Errno::EINVAL, |socket| {
                let v6 = "[2001:db8::1]:179".parse().unwrap();
                socket.setsockopt(opt::TCP_MD5SIG, Md5Sig::new(&v6, b"secret"))
            })
            // The kernel would not look at either, and the key would be for more, or fewer, than was said.
            .illegal(Errno::EINVAL, |socket| {
                let (peer, prefix) = (peer(), Some(24));
                socket.setsockopt(opt::TCP_MD5SIG, Md5Sig { prefix, ..Md5Sig::new(&peer, b"x") })
            })
            .illegal(Errno::EINVAL, |socket| {
                let (peer, interface) = (peer(), Some(1));
                socket.setsockopt(opt::TCP_MD5SIG, Md5Sig { interface, ..Md5Sig::new(&peer, b"x") })
            }),
        of(opt::TCP_MD5SIG_EXT)
            .legal(|socket| {
                let (peer, prefix) = (peer(), Some(24));
                socket.setsockopt(opt::TCP_MD5SIG_EXT, Md5Sig { prefix, ..Md5Sig::new(&peer, b"secret") })?;
                socket.setsockopt(opt::TCP_MD5SIG_EXT, Md5Sig { prefix, ..Md5Sig::new(&peer, b"") })
            })
            .illegal(Errno::EINVAL, |socket| {
                let peer = peer();
                socket
                    .setsockopt(opt::TCP_MD5SIG_EXT, Md5Sig { prefix: Some(33), ..Md5Sig::new(&peer, b"x") })
            })
            .illegal(Errno::EINVAL, |socket| {
                let (peer, interface) = (peer(), Some(u32::MAX));
                socket.setsockopt(opt::TCP_MD5SIG_EXT, Md5Sig { interface, ..Md5Sig::new(&peer, b"x") })
            })
            // Loopback is no VRF.
            .illegal(Errno::EINVAL, |socket| {
                let (peer, interface) = (peer(), Some(1));
                socket.setsockopt(opt::TCP_MD5SIG_EXT, Md5Sig { interface, ..Md5Sig::new(&peer, b"x") })
            }),
    ]
}

fn repair() -> Vec<Case> {
    vec![
        of(opt::TCP_QUEUE_SEQ).on(repairing_queue).legal(|socket| {
            socket.setsockopt(opt::TCP_QUEUE_SEQ, 4711)?;
            same(socket.getsockopt(opt::TCP_QUEUE_SEQ)?, 4711);
            Ok(())
        }),
        of(opt::TCP_REPAIR_QUEUE)
            .on(repairing)
            .legal(|socket| {
                socket.setsockopt(opt::TCP_REPAIR_QUEUE, RepairQueue::TCP_RECV_QUEUE)?;
                same(socket.getsockopt(opt::TCP_REPAIR_QUEUE)?, RepairQueue::TCP_RECV_QUEUE);
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::TCP_REPAIR_QUEUE, RepairQueue::from_raw(99))
            }),
        of(opt::TCP_REPAIR_WINDOW)
            .on(repairing)
            .legal(|socket| {
                let window = socket.getsockopt(opt::TCP_REPAIR_WINDOW)?;
                assert!(window.snd_wnd > 0 && window.rcv_wnd > 0, "{window:?}");
                socket.setsockopt(opt::TCP_REPAIR_WINDOW, window)
            })
            .illegal(Errno::EINVAL, |socket| {
                // The largest window cannot be smaller than the window.
                let window = RepairWindow { snd_wnd: 2, max_window: 1, ..window(socket) };
                socket.setsockopt(opt::TCP_REPAIR_WINDOW, window)
            }),
        of(opt::TCP_REPAIR_OPTIONS)
            .on(repairing)
            .legal(|socket| {
                let options = [
                    RepairOptions::MaximumSegment(1000),
                    RepairOptions::WindowScale { send: 7, receive: 7 },
                    RepairOptions::SackPermitted,
                    RepairOptions::Timestamps,
                ];
                socket.setsockopt(opt::TCP_REPAIR_OPTIONS, &options)
            })
            .illegal(Errno::EFBIG, |socket| {
                let scale = RepairOptions::WindowScale { send: 99, receive: 7 };
                socket.setsockopt(opt::TCP_REPAIR_OPTIONS, &[scale])
            }),
        of(opt::TCP_TIMESTAMP).on(repairing).legal(|socket| {
            socket.setsockopt(opt::TCP_TIMESTAMP, 4711)?;
            assert!(socket.getsockopt(opt::TCP_TIMESTAMP)? >= 4711);
            Ok(())
        }),
    ]
}

fn window(socket: &Socket) -> RepairWindow {
    socket.getsockopt(opt::TCP_REPAIR_WINDOW).unwrap()
}
