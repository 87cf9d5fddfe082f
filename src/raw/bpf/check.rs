//! What the kernel refuses: `bpf_check_classic` of net/core/filter.c, told by instruction and reason.

use super::{BpfError, BpfErrorKind as Kind, BpfExt, SKF_AD_OFF, code};
use crate::opt::{FILTER_MAX, SockFilter};

/// The words of the scratch memory (`BPF_MEMWORDS`).
const MEMWORDS: u32 = 16;

pub(super) fn check(insns: &[SockFilter]) -> Result<(), BpfError> {
    let Some(last) = insns.last() else { return Err(Kind::Empty.into()) };
    if insns.len() > FILTER_MAX {
        return Err(Kind::TooLong.into());
    }
    for (at, insn) in insns.iter().enumerate() {
        let behind = insns.len().saturating_sub(at + 1) as u32;
        one(insn, behind).map_err(|kind| BpfError::at_insn(at, kind))?;
    }
    // Jumps go forward only, so that every path comes to this one or to a return before it.
    if code::class(last.code) != code::RET {
        return Err(BpfError::at_insn(insns.len().saturating_sub(1), Kind::NoReturn));
    }
    scratch(insns)
}

/// What is true of an instruction by itself, with so many behind it.
fn one(insn: &SockFilter, behind: u32) -> Result<(), Kind> {
    let refuse = |bad: bool, kind: Kind| if bad { Err(kind) } else { Ok(()) };
    let SockFilter { code, jt, jf, k } = *insn;
    match code::class(code) {
        code::LD => match code & !7 {
            code::ABS | ABS_H | ABS_B => refuse(k >= SKF_AD_OFF && BpfExt::at(k).is_none(), Kind::Extension),
            code::IND | IND_H | IND_B | code::LEN | code::IMM => Ok(()),
            code::MEM => refuse(k >= MEMWORDS, Kind::Scratch),
            _ => Err(Kind::Code),
        },
        code::LDX => match code & !7 {
            code::LEN | MSH_B | code::IMM => Ok(()),
            code::MEM => refuse(k >= MEMWORDS, Kind::Scratch),
            _ => Err(Kind::Code),
        },
        code::ST | code::STX if code & !7 == 0 => refuse(k >= MEMWORDS, Kind::Scratch),
        code::ALU => match (code & 0xfff0, code & code::X != 0) {
            (code::DIV | code::MOD, false) => refuse(k == 0, Kind::ZeroDivisor),
            (code::LSH | code::RSH, false) => refuse(k >= 32, Kind::Shift),
            (code::NEG, x) => refuse(x, Kind::Code),
            (op, _) => refuse(op > code::XOR, Kind::Code),
        },
        code::JMP => match (code & 0xfff0, code & code::X != 0) {
            (code::JA, false) => refuse(k >= behind, Kind::JumpOut),
            (code::JEQ | code::JGT | code::JGE | code::JSET, _) => {
                refuse(u32::from(jt.max(jf)) >= behind, Kind::JumpOut)
            }
            _ => Err(Kind::Code),
        },
        code::RET => refuse(![0, code::A].contains(&(code & !7)), Kind::Code),
        code::MISC => refuse(![code::TAX, code::TXA].contains(&(code & !7)), Kind::Code),
        _ => Err(Kind::Code),
    }
}

const ABS_H: u16 = code::ABS | code::H;
const ABS_B: u16 = code::ABS | code::B;
const IND_H: u16 = code::IND | code::H;
const IND_B: u16 = code::IND | code::B;
const MSH_B: u16 = code::MSH | code::B;

/// No word of the scratch memory is read that might not have been stored. A bit for each word; like the kernel, whatever
/// follows a jump and is no target is taken for unreachable.
fn scratch(insns: &[SockFilter]) -> Result<(), BpfError> {
    let mut masks = [u16::MAX; FILTER_MAX];
    let mut stored = 0_u16;
    for (at, insn) in insns.iter().enumerate() {
        stored &= masks.get(at).copied().unwrap_or_default();
        let bit = 1_u16.checked_shl(insn.k).unwrap_or_default();
        let mut arrive = |skip: usize| {
            if let Some(mask) = masks.get_mut(at.saturating_add(1).saturating_add(skip)) {
                *mask &= stored;
            }
        };
        match (code::class(insn.code), insn.code & 0xe0) {
            (code::ST | code::STX, _) => stored |= bit,
            (code::LD | code::LDX, code::MEM) if stored & bit == 0 => {
                return Err(BpfError::at_insn(at, Kind::ScratchUnset));
            }
            (code::JMP, _) => {
                if insn.code == code::JMP | code::JA {
                    arrive(insn.k as usize);
                } else {
                    arrive(insn.jt.into());
                    arrive(insn.jf.into());
                }
                stored = u16::MAX;
            }
            _ => {}
        }
    }
    Ok(())
}
