//! SOL_PACKET.

use std::os::fd::AsFd;

use sockets::opt::{
    self, Fanout, FanoutData, FanoutMode, PacketFrames, PacketMreq, PacketRing, PacketVersion, SockFilter,
    TimestampingFlags,
};
use sockets::{Domain, Errno, Protocol, SockAddr, Socket, Type};

use crate::case::{Case, of, same};
use crate::cases_ip::lo;

const MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];

fn packet() -> Socket {
    Socket::socket(Domain::AF_PACKET, Type::SOCK_RAW, Protocol::DEFAULT).unwrap()
}

/// A socket bound to the loopback interface, for all protocols.
fn bound() -> Socket {
    let socket = packet();
    let mut addr = [0; 20];
    addr[..2].copy_from_slice(&(libc::AF_PACKET as u16).to_ne_bytes());
    addr[2..4].copy_from_slice(&3_u16.to_be_bytes());
    addr[4..8].copy_from_slice(&lo().to_ne_bytes());
    socket.bind(SockAddr::from_bytes(&addr).unwrap()).unwrap();
    socket
}

fn fanned(mode: FanoutMode) -> Socket {
    let socket = bound();
    socket.setsockopt(opt::PACKET_FANOUT, Fanout::new(7, mode)).unwrap();
    socket
}

fn promiscuous() -> PacketMreq<'static> {
    PacketMreq { interface: lo(), frames: PacketFrames::Promiscuous }
}

const RING: PacketRing = PacketRing {
    block_size: 4096,
    blocks: 2,
    frame_size: 2048,
    frames: 4,
    retire_ms: 0,
    private: 0,
    features: 0,
};

pub(crate) fn cases() -> Vec<Case> {
    let mut all = memberships();
    all.extend(rings());
    all.extend(fanout());
    all
}

fn memberships() -> Vec<Case> {
    vec![
        of(opt::PACKET_ADD_MEMBERSHIP)
            .legal(|socket| {
                let add = |frames| {
                    socket.setsockopt(opt::PACKET_ADD_MEMBERSHIP, PacketMreq { interface: lo(), frames })
                };
                add(PacketFrames::Promiscuous)?;
                add(PacketFrames::AllMulticast)?;
                add(PacketFrames::Multicast(&MAC))?;
                add(PacketFrames::Unicast(&MAC))
            })
            .illegal(Errno::ENODEV, |socket| {
                socket.setsockopt(opt::PACKET_ADD_MEMBERSHIP, PacketMreq { interface: 4711, ..promiscuous() })
            })
            .illegal(Errno::EINVAL, |socket| {
                let frames = PacketFrames::Multicast(&[0; 33]);
                socket.setsockopt(opt::PACKET_ADD_MEMBERSHIP, PacketMreq { frames, ..promiscuous() })
            })
            .illegal(Errno::EINVAL, |socket| {
                // Longer than the addresses of this interface.
                let frames = PacketFrames::Multicast(&[0; 32]);
                socket.setsockopt(opt::PACKET_ADD_MEMBERSHIP, PacketMreq { frames, ..promiscuous() })
            }),
        of(opt::PACKET_DROP_MEMBERSHIP)
            .on(|| {
                let socket = packet();
                socket.setsockopt(opt::PACKET_ADD_MEMBERSHIP, promiscuous()).unwrap();
                socket
            })
            .legal(|socket| socket.setsockopt(opt::PACKET_DROP_MEMBERSHIP, promiscuous())),
    ]
}

fn rings() -> Vec<Case> {
    vec![
        of(opt::PACKET_RX_RING)
            .legal(|socket| {
                socket.setsockopt(opt::PACKET_VERSION, PacketVersion::TPACKET_V3)?;
                socket.setsockopt(opt::PACKET_RX_RING, RING)?;
                // Another statistics structure goes with it.
                same(socket.getsockopt(opt::PACKET_STATISTICS)?.freezes, Some(0));
                socket.setsockopt(opt::PACKET_RX_RING, PacketRing::default())
            })
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::PACKET_RX_RING, PacketRing { block_size: 4095, ..RING })
            })
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::PACKET_RX_RING, PacketRing { frames: 5, ..RING })
            }),
        of(opt::PACKET_TX_RING)
            .legal(|socket| {
                socket.setsockopt(opt::PACKET_VERSION, PacketVersion::TPACKET_V2)?;
                socket.setsockopt(opt::PACKET_TX_RING, RING)?;
                socket.setsockopt(opt::PACKET_TX_RING, PacketRing::default())
            })
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::PACKET_TX_RING, PacketRing { frames: 5, ..RING })
            }),
        of(opt::PACKET_HDRLEN)
            .legal(|socket| {
                let size = |version| socket.getsockopt_with(opt::PACKET_HDRLEN, version);
                same(size(PacketVersion::TPACKET_V2)?, 32);
                same(size(PacketVersion::TPACKET_V3)?, 48);
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| {
                socket.getsockopt_with(opt::PACKET_HDRLEN, PacketVersion::from_raw(99)).map(drop)
            }),
        of(opt::PACKET_TIMESTAMP).legal(|socket| {
            let flags = TimestampingFlags::SOF_TIMESTAMPING_RAW_HARDWARE;
            socket.setsockopt(opt::PACKET_TIMESTAMP, flags)?;
            same(socket.getsockopt(opt::PACKET_TIMESTAMP)?, flags);
            Ok(())
        }),
        of(opt::PACKET_VNET_HDR_SZ)
            .legal(|socket| {
                for size in [10, 12, 0] {
                    socket.setsockopt(opt::PACKET_VNET_HDR_SZ, size)?;
                    same(socket.getsockopt(opt::PACKET_VNET_HDR_SZ)?, size);
                }
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| socket.setsockopt(opt::PACKET_VNET_HDR_SZ, 11)),
    ]
}

fn fanout() -> Vec<Case> {
    vec![
        of(opt::PACKET_FANOUT)
            .on(bound)
            .legal(|socket| {
                let group =
                    Fanout { max_members: Some(16), ..Fanout::new(4711, FanoutMode::PACKET_FANOUT_LB) };
                socket.setsockopt(opt::PACKET_FANOUT, group)?;
                same(socket.getsockopt(opt::PACKET_FANOUT)?, Fanout { max_members: None, ..group });
                Ok(())
            })
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::PACKET_FANOUT, Fanout::new(1, FanoutMode::from_raw(99)))
            })
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::PACKET_FANOUT, Fanout::new(1, FanoutMode::from_raw(256)))
            }),
        of(opt::PACKET_FANOUT_DATA)
            .on(|| fanned(FanoutMode::PACKET_FANOUT_CBPF))
            .legal(|socket| {
                let first = [SockFilter { code: 6, jt: 0, jf: 0, k: 0 }];
                socket.setsockopt(opt::PACKET_FANOUT_DATA, FanoutData::Classic(&first))
            })
            .illegal(Errno::EINVAL, |socket| {
                socket.setsockopt(opt::PACKET_FANOUT_DATA, FanoutData::Classic(&[]))
            })
            .illegal(Errno::EINVAL, |socket| {
                // A socket is no program.
                socket.setsockopt(opt::PACKET_FANOUT_DATA, FanoutData::Extended(socket.as_fd()))
            }),
        of(opt::PACKET_ROLLOVER_STATS).on(|| fanned(FanoutMode::PACKET_FANOUT_ROLLOVER)),
    ]
}
