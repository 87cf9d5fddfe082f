//! Programs of classic BPF: the check says what the kernel says, texts come and go, and what is attached does its work.

mod common;

#[path = "common/bpf_check.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod bpf_check;
#[path = "common/noise.rs"]
mod noise;

use std::time::Duration;

use bpf_check::look_at;
use common::{guard, udp, udp_bound};
use noise::Noise;
use sockets::raw::{
    BpfAlu, BpfBuilder, BpfErrorKind as Kind, BpfExt, BpfInsn, BpfJmp, BpfLabel, BpfProgram, BpfSize, BpfSrc,
    SKF_AD_OFF,
};
use sockets::{Errno, PollFlags, RecvFlags, SendFlags, Socket, opt};

/// An instruction that is right or almost: its jumps are in range if there are so many behind it.
fn insn(noise: &mut Noise, behind: usize) -> BpfInsn {
    let codes: Vec<u16> = (0..=0xff).filter(|code| known(*code)).collect();
    let code = noise.one_of(&codes);
    let small = noise.below(17) as u32;
    let any = u32::from_ne_bytes(noise.bytes(4).try_into().unwrap());
    let extension = SKF_AD_OFF + 4 * noise.below(16) as u32;
    let mut k = match code & 7 {
        0 if code & 0xe0 == 0x20 => noise.one_of(&[small, small, extension, extension, any & 0xffff]),
        0 | 1 if code & 0xe0 == 0x60 => small % 16,
        2 | 3 => small % 16,
        4 => small.max(1),
        _ => noise.one_of(&[small, any]),
    };
    let mut jump = || noise.below(behind.clamp(1, 256)) as u8;
    let (jt, jf) = (jump(), jump());
    if code == 5 {
        k = u32::from(jt);
    }
    BpfInsn { code, jt, jf, k }
}

/// The operations that there are: a list of its own, by trial in another way than the library's.
fn known(code: u16) -> bool {
    match code & 7 {
        0 => [0x00, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x60, 0x80].contains(&(code & !7)),
        1 => [0x00, 0x60, 0x80, 0xb0].contains(&(code & !7)),
        2 | 3 => code < 8,
        4 => code == 0x84 || code < 0x80 || (0x90..0xb0).contains(&(code & !0xf)),
        5 => code == 5 || (0x10..0x50).contains(&(code & !0xf)),
        6 => code == 0x06 || code == 0x16,
        _ => code == 0x07 || code == 0x87,
    }
}

/// A program; every other one is spoilt somewhere.
fn program(noise: &mut Noise) -> Vec<BpfInsn> {
    let len = noise.one_of(&[1, 2, 3, 5, 8, 13, 40]);
    let mut insns: Vec<BpfInsn> = Vec::new();
    // Scratch memory that is stored first makes later loads right.
    if len > 5 && noise.below(3) > 0 {
        insns.extend(
            (0..noise.below(17) as u32).map(|k| if k % 2 == 0 { BpfInsn::st(k) } else { BpfInsn::stx(k) }),
        );
    }
    for at in 0..len {
        insns.push(insn(noise, len - at));
    }
    insns.push(noise.one_of(&[BpfInsn::ret(7), BpfInsn::ret_a()]));
    for _ in 0..noise.one_of(&[0, 0, 1, 2]) {
        let at = noise.below(insns.len());
        let insn = &mut insns[at];
        let bytes = noise.bytes(4);
        match noise.below(6) {
            0 => insn.code = u16::from(bytes[0]),
            1 => insn.code ^= 1 << noise.below(16),
            2 => insn.jt = bytes[0],
            3 => insn.jf = bytes[0],
            4 => {
                insn.k = noise.one_of(&[
                    0,
                    15,
                    16,
                    31,
                    32,
                    SKF_AD_OFF,
                    SKF_AD_OFF - 1,
                    SKF_AD_OFF + 2,
                    SKF_AD_OFF + 64,
                    !0,
                ])
            }
            _ => insn.k = u32::from_ne_bytes(bytes.try_into().unwrap()),
        }
    }
    insns
}

/// What the kernel says.
fn kernel(socket: &Socket, insns: &[BpfInsn]) -> Result<(), Errno> {
    socket.setsockopt(opt::SO_ATTACH_FILTER, insns)
}

#[test]
fn the_check_says_what_the_kernel_says() {
    let _guard = guard();
    let (socket, mut noise) = (udp(), Noise(1));
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let insns = program(&mut noise);
        let ours = BpfProgram::check(&insns);
        let theirs = kernel(&socket, &insns);
        assert_eq!(ours.map_err(Errno::from), theirs, "{ours:?}: {insns:?}");
        if ours.is_ok() { taken += 1 } else { refused += 1 }
    }
    assert!(taken > 2_500 && refused > 2_500, "{taken} taken, {refused} refused");
}

#[test]
fn every_operation_alone_and_every_constant_at_its_limits() {
    let _guard = guard();
    let socket = udp();
    let ks = (0..40).chain((SKF_AD_OFF - 4)..(SKF_AD_OFF + 70)).chain([4095, 4096, 1 << 31, !0]);
    let ks: Vec<u32> = ks.collect();
    for code in (0..=0xff).chain([0x100, 0x106, 0x8000, 0xffff]) {
        for k in if code & 7 == 6 { &ks[..2] } else { &ks[..] } {
            // Behind stores, so that loads are right.
            let insns = [
                BpfInsn::st(0),
                BpfInsn::st(5),
                BpfInsn { code, jt: 0, jf: 1, k: *k },
                BpfInsn::ret(0),
                BpfInsn::ret(1),
            ];
            let ours = BpfProgram::check(&insns);
            assert_eq!(ours.map_err(Errno::from), kernel(&socket, &insns), "{ours:?}: {insns:?}");
            let last = &insns[..3];
            assert_eq!(BpfProgram::check(last).map_err(Errno::from), kernel(&socket, last), "{last:?}");
        }
    }
}

#[test]
fn the_reason_is_told() {
    let reason =
        |insns: &[BpfInsn]| BpfProgram::check(insns).map_err(|error| (error.instruction(), error.kind()));
    let ret = BpfInsn::ret(0);
    let alu = |op, k| [ret, BpfInsn::alu(op, BpfSrc::K(k)), ret];
    assert_eq!(reason(&[]), Err((None, Kind::Empty)));
    assert_eq!(reason(&[ret; 4096]), Ok(()));
    assert_eq!(reason(&[ret; 4097]), Err((None, Kind::TooLong)));
    assert_eq!(reason(&[ret, BpfInsn::tax()]), Err((Some(1), Kind::NoReturn)));
    assert_eq!(reason(&[BpfInsn { code: 0x0e, ..ret }, ret]), Err((Some(0), Kind::Code)));
    assert_eq!(reason(&[BpfInsn::ja(0), ret]), Ok(()));
    assert_eq!(reason(&[BpfInsn::ja(1), ret]), Err((Some(0), Kind::JumpOut)));
    assert_eq!(reason(&[BpfInsn::ja(u32::MAX), ret]), Err((Some(0), Kind::JumpOut)));
    assert_eq!(reason(&[BpfInsn::jmp(BpfJmp::Jset, BpfSrc::X, 0, 1), ret]), Err((Some(0), Kind::JumpOut)));
    assert_eq!(reason(&alu(BpfAlu::Div, 0)), Err((Some(1), Kind::ZeroDivisor)));
    assert_eq!(reason(&alu(BpfAlu::Mod, 0)), Err((Some(1), Kind::ZeroDivisor)));
    assert_eq!(reason(&alu(BpfAlu::Lsh, 32)), Err((Some(1), Kind::Shift)));
    assert_eq!(reason(&alu(BpfAlu::Rsh, 31)), Ok(()));
    assert_eq!(reason(&[BpfInsn::st(16), ret]), Err((Some(0), Kind::Scratch)));
    assert_eq!(reason(&[BpfInsn::ld_mem(3), ret]), Err((Some(0), Kind::ScratchUnset)));
    assert_eq!(reason(&[BpfInsn::st(3), BpfInsn::ld_mem(3), ret]), Ok(()));
    // Stored on one way only.
    let branch = BpfInsn::jmp(BpfJmp::Jeq, BpfSrc::K(0), 1, 0);
    let one_way = [branch, BpfInsn::st(3), BpfInsn::ldx_mem(3), ret];
    assert_eq!(reason(&one_way), Err((Some(2), Kind::ScratchUnset)));
    assert_eq!(reason(&[BpfInsn::ld_abs(BpfSize::B, SKF_AD_OFF + 1), ret]), Err((Some(0), Kind::Extension)));
    assert_eq!(reason(&[BpfInsn::ld_ext(BpfExt::VlanTpid), ret]), Ok(()));
}

#[test]
fn programs_become_text_and_the_same_programs() {
    let mut noise = Noise(2);
    let mut seen = 0;
    for _ in 0..20_000 {
        if let Ok(program) = BpfProgram::new(program(&mut noise)) {
            look_at(&program);
            seen += 1;
        }
    }
    assert!(seen > 3_000);
}

#[test]
fn the_builder_counts() {
    let mut builder = BpfBuilder::new();
    let (drop, far) = (builder.label(), builder.label());
    builder.push(BpfInsn::ld_len()).branch(BpfJmp::Jgt, BpfSrc::K(9), BpfLabel::NEXT, drop).jump(far);
    builder.place(drop).push(BpfInsn::ret(0)).place(far).push(BpfInsn::ret_a());
    assert_eq!(
        builder.build().unwrap().to_string(),
        "ld #len\njle #0x9, l3\njmp l4\nl3: ret #0\nl4: ret a\n"
    );

    let mut nowhere = BpfBuilder::new();
    let label = nowhere.label();
    nowhere.jump(label).push(BpfInsn::ret(0));
    let error = nowhere.build().unwrap_err();
    assert_eq!((error.instruction(), error.kind()), (Some(0), Kind::NoLabel));
    nowhere.place(label).place(label);
    assert_eq!(nowhere.build().unwrap_err().kind(), Kind::TwoLabels);
    // A label of another program.
    let mut other = BpfBuilder::new();
    other.jump(label).push(BpfInsn::ret(0));
    assert_eq!(other.build().unwrap_err().kind(), Kind::NoLabel);
}

#[test]
fn attached_read_back_locked_and_taken_away() {
    let _guard = guard();
    let program: BpfProgram = "ldb [8]\njne #0x3f, drop\nret #10\ndrop: ret #0".parse().unwrap();
    let socket = udp_bound();
    let to = socket.getsockname().unwrap();
    let send = |text: &[u8]| udp().sendto(text, SendFlags::empty(), &to).unwrap();
    socket.setsockopt(opt::SO_ATTACH_FILTER, &program).unwrap();
    send(b"no");
    send(b"?yes");
    // 8 bytes of header, and 2 of what was sent.
    let mut buf = [0; 16];
    assert_eq!(socket.recv(&mut buf, RecvFlags::empty()), Ok(2));
    assert_eq!(&buf[..2], b"?y");

    assert_eq!(BpfProgram::try_from(socket.getsockopt(opt::SO_GET_FILTER).unwrap()), Ok(program.clone()));
    socket.setsockopt(opt::SO_DETACH_FILTER, ()).unwrap();
    assert_eq!(socket.setsockopt(opt::SO_DETACH_FILTER, ()), Err(Errno::ENOENT));
    send(b"no");
    assert_eq!(socket.recv(&mut buf, RecvFlags::empty()), Ok(2));

    socket.setsockopt(opt::SO_ATTACH_FILTER, &program).unwrap();
    socket.setsockopt(opt::SO_LOCK_FILTER, true).unwrap();
    assert_eq!(socket.setsockopt(opt::SO_ATTACH_FILTER, &program), Err(Errno::EPERM));
    assert_eq!(socket.setsockopt(opt::SO_DETACH_FILTER, ()), Err(Errno::EPERM));
}

#[test]
fn the_first_byte_chooses_the_socket_of_a_port() {
    let _guard = guard();
    // The data modulo 3 is the number of the socket, in the order in which they were bound.
    let mut builder = BpfBuilder::new();
    builder
        .push(BpfInsn::ld_abs(BpfSize::B, 0))
        .push(BpfInsn::alu(BpfAlu::Mod, BpfSrc::K(3)))
        .push(BpfInsn::ret_a());
    let program = builder.build().unwrap();

    let open = || {
        let socket = udp();
        socket.setsockopt(opt::SO_REUSEPORT, true).unwrap();
        socket
    };
    let first = open();
    first.bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = first.getsockname().unwrap();
    let group: Vec<Socket> = std::iter::once(first)
        .chain((0..2).map(|_| {
            let socket = open();
            socket.bind(&port).unwrap();
            socket
        }))
        .collect();
    group[0].setsockopt(opt::SO_ATTACH_REUSEPORT_CBPF, &program).unwrap();
    let client = udp();
    for byte in 0..=20_u8 {
        client.sendto(&[byte], SendFlags::empty(), &port).unwrap();
        let chosen = &group[usize::from(byte % 3)];
        assert_eq!(chosen.poll(PollFlags::POLLIN, Some(Duration::from_secs(20))), Ok(PollFlags::POLLIN));
        let mut buf = [0; 2];
        assert_eq!(chosen.recv(&mut buf, RecvFlags::empty()), Ok(1));
        assert_eq!(buf[0], byte);
    }
    group[2].setsockopt(opt::SO_DETACH_REUSEPORT_BPF, ()).unwrap();
}
