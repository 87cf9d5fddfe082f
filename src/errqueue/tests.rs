use super::*;
use crate::cmsg::walk;
use crate::sys::Pod;

const HEADER: usize = size_of::<c::cmsghdr>();

/// One message.
fn message(level: i32, ty: i32, data: &[u8]) -> Vec<u8> {
    let header = c::cmsghdr { cmsg_len: HEADER + data.len(), cmsg_level: level, cmsg_type: ty };
    let mut bytes = [header.bytes(), data].concat();
    bytes.resize(bytes.len().next_multiple_of(size_of::<usize>()), 0);
    bytes
}

fn error(origin: u8, code: u8, info: u32, data: u32) -> Vec<u8> {
    let raw = c::sock_extended_err {
        ee_errno: 42,
        ee_origin: origin,
        ee_type: 7,
        ee_code: code,
        ee_pad: 0,
        ee_info: info,
        ee_data: data,
    };
    raw.bytes().to_vec()
}

fn recverr(origin: u8, code: u8, info: u32, data: u32) -> Vec<u8> {
    message(c::IPPROTO_IP, c::IP_RECVERR, &error(origin, code, info, data))
}

fn told(bytes: &[u8]) -> ErrorEvent {
    ErrorEvent::told_by(walk(bytes))
}

#[test]
fn every_origin_has_its_event() {
    let times =
        message(c::SOL_SOCKET, c::SCM_TIMESTAMPING, &[[1_i64, 2], [0, 0], [3, 4]].concat().bytes_of());
    let stamp = told(&[&times[..], &recverr(4, 0, 1, 77)].concat());
    let expected = ErrorEvent::Timestamp {
        kind: TimestampKind::SCM_TSTAMP_SCHED,
        key: 77,
        software: Some(Duration::new(1, 2)),
        hardware: Some(Duration::new(3, 4)),
    };
    assert_eq!(stamp, expected);
    let wifi = message(c::SOL_SOCKET, c::SCM_WIFI_STATUS, &1_i32.to_ne_bytes());
    assert_eq!(told(&[&wifi[..], &recverr(4, 0, 0, 0)].concat()), ErrorEvent::Wifi { acknowledged: true });
    assert!(matches!(told(&recverr(4, 0, 0, 0)), ErrorEvent::Other(_)));

    let zerocopy = |copied| ErrorEvent::Zerocopy { first: u32::MAX, last: 3, copied };
    assert_eq!(told(&recverr(5, 0, u32::MAX, 3)), zerocopy(false));
    assert_eq!(told(&recverr(5, 1, u32::MAX, 3)), zerocopy(true));
    let late = |missed| ErrorEvent::TxTime { errno: Errno::ENOMSG, time: 0x1_0000_0002, missed };
    assert_eq!(told(&recverr(6, 2, 2, 1)), late(true));
    assert_eq!(told(&recverr(6, 1, 2, 1)), late(false));
    for origin in [0, 7, 255] {
        let event = told(&recverr(origin, 9, 8, 7));
        let is_it = |error: &ExtendedErr| {
            (error.origin.raw(), error.ty, error.code, error.info, error.data) == (origin, 7, 9, 8, 7)
        };
        assert!(matches!(&event, ErrorEvent::Other(error) if is_it(error)), "{event:?}");
    }
}

#[test]
fn every_family_has_its_message() {
    for (level, ty) in [
        (c::IPPROTO_IP, c::IP_RECVERR),
        (c::IPPROTO_IPV6, c::IPV6_RECVERR),
        (c::SOL_PACKET, c::PACKET_TX_TIMESTAMP),
        (c::SOL_VSOCK, c::VSOCK_RECVERR),
    ] {
        let event = told(&message(level, ty, &error(1, 0, 9, 0)));
        assert_eq!(event, ErrorEvent::Local { errno: Errno::ENOMSG, info: 9 });
    }
    assert_eq!(told(&message(c::SOL_SOCKET, c::IP_RECVERR, &error(1, 0, 9, 0))), ErrorEvent::Undescribed);
    assert_eq!(told(&[]), ErrorEvent::Undescribed);
}

#[test]
fn bytes_that_are_cut_or_changed_are_no_danger() {
    let times =
        message(c::SOL_SOCKET, c::SCM_TIMESTAMPING, &[[1_i64, 2], [0, 0], [3, 4]].concat().bytes_of());
    let mut offender = error(2, 4, 1300, 0);
    offender.extend([c::AF_INET as u8, 0, 0, 0, 10, 0, 0, 1]);
    offender.resize(32, 0);
    let whole = [&times[..], &message(c::IPPROTO_IP, c::IP_RECVERR, &offender)].concat();
    assert!(matches!(told(&whole), ErrorEvent::Icmp { offender: Some(_), info: 1300, .. }));
    for len in 0..whole.len() {
        let event = told(&whole[..len]);
        // An error needs its 16 bytes; an offender all of its own.
        let has_error = len >= times.len() + HEADER + 16;
        assert_eq!(event == ErrorEvent::Undescribed, !has_error, "{len}");
    }
    for at in 0..whole.len() {
        for byte in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut changed = whole.clone();
            changed[at] = byte;
            let event = told(&changed);
            assert!(event.mtu().is_none() && !format!("{event:?}").is_empty());
        }
    }
}

#[test]
fn the_offender_is_one_of_the_family_or_nobody() {
    for family in [0, 1, 2, 10, 17, 0xFFFF_u16] {
        for len in 0..40 {
            let mut bytes = error(2, 0, 0, 0);
            bytes.extend(family.to_ne_bytes());
            bytes.resize(16 + len, 0xFF);
            let event = told(&message(c::IPPROTO_IPV6, c::IPV6_RECVERR, &bytes));
            let is_known = family == 2 && len >= 16;
            assert!(
                matches!(event, ErrorEvent::Icmp { offender, .. } if offender.is_some() == is_known),
                "{family} {len}"
            );
        }
    }
}

trait BytesOf {
    fn bytes_of(&self) -> Vec<u8>;
}

impl BytesOf for Vec<i64> {
    fn bytes_of(&self) -> Vec<u8> {
        self.iter().flat_map(|number| number.to_ne_bytes()).collect()
    }
}
