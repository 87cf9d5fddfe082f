//! The numbers of linux/bpf_common.h, without their `BPF_`.

use super::{BpfSize, BpfSrc};

/// The class: the last three bits.
pub(super) const fn class(code: u16) -> u16 {
    code & 7
}

macro_rules! codes {
    ($($name:ident = $number:literal;)+) => { $(pub(super) const $name: u16 = $number;)+ };
}

codes! {
    LD = 0x00;
    LDX = 0x01;
    ST = 0x02;
    STX = 0x03;
    ALU = 0x04;
    JMP = 0x05;
    RET = 0x06;
    MISC = 0x07;

    H = 0x08;
    B = 0x10;

    IMM = 0x00;
    ABS = 0x20;
    IND = 0x40;
    MEM = 0x60;
    LEN = 0x80;
    MSH = 0xa0;

    ADD = 0x00;
    SUB = 0x10;
    MUL = 0x20;
    DIV = 0x30;
    OR = 0x40;
    AND = 0x50;
    LSH = 0x60;
    RSH = 0x70;
    NEG = 0x80;
    MOD = 0x90;
    XOR = 0xa0;

    JA = 0x00;
    JEQ = 0x10;
    JGT = 0x20;
    JGE = 0x30;
    JSET = 0x40;

    X = 0x08;
    A = 0x10;

    TAX = 0x00;
    TXA = 0x80;
}

pub(super) const fn size(size: BpfSize) -> u16 {
    match size {
        BpfSize::W => 0,
        BpfSize::H => H,
        BpfSize::B => B,
    }
}

pub(super) const fn src(src: BpfSrc) -> (u16, u32) {
    match src {
        BpfSrc::K(k) => (0, k),
        BpfSrc::X => (X, 0),
    }
}
