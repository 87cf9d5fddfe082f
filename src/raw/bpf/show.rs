//! Programs as text.

use core::fmt;

use super::{BpfExt, BpfProgram, code};
use crate::opt::{FILTER_MAX, SockFilter};

impl fmt::Display for BpfProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() { numbers(self, f) } else { assembly(self, f) }
    }
}

fn numbers(insns: &[SockFilter], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "{}", insns.len())?;
    insns.iter().try_for_each(|insn| writeln!(f, "{} {} {} {}", insn.code, insn.jt, insn.jf, insn.k))
}

/// A label is `l` and the number of its instruction.
fn assembly(insns: &[SockFilter], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut is_target = [false; FILTER_MAX];
    for (at, insn) in insns.iter().enumerate() {
        let mut target = |skip: usize| {
            if let Some(target) = is_target.get_mut(behind(at, skip)) {
                *target = true;
            }
        };
        match jump(insn) {
            Jump::None => {}
            Jump::Always => target(insn.k as usize),
            Jump::If if insn.jt == 0 && insn.jf > 0 && negated(insn).is_some() => target(insn.jf.into()),
            Jump::If => {
                target(insn.jt.into());
                if insn.jf > 0 {
                    target(insn.jf.into());
                }
            }
        }
    }
    for (at, insn) in insns.iter().enumerate() {
        if is_target.get(at).is_some_and(|target| *target) {
            write!(f, "l{at}: ")?;
        }
        match jump(insn) {
            Jump::None => simple(insn, f)?,
            Jump::Always => write!(f, "jmp l{}", behind(at, insn.k as usize))?,
            Jump::If => compare(insn, at, f)?,
        }
        f.write_str("\n")?;
    }
    Ok(())
}

enum Jump {
    None,
    Always,
    If,
}

fn jump(insn: &SockFilter) -> Jump {
    match (code::class(insn.code), insn.code & 0xf0) {
        (code::JMP, code::JA) => Jump::Always,
        (code::JMP, _) => Jump::If,
        _ => Jump::None,
    }
}

/// Where an instruction jumps to that skips so many.
fn behind(at: usize, skip: usize) -> usize {
    at.saturating_add(1).saturating_add(skip)
}

/// The name of a comparison whose other way is taken.
fn negated(insn: &SockFilter) -> Option<&'static str> {
    match insn.code & 0xf0 {
        code::JEQ => Some("jne"),
        code::JGT => Some("jle"),
        code::JGE => Some("jlt"),
        _ => None,
    }
}

fn compare(insn: &SockFilter, at: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (yes, no) = (behind(at, insn.jt.into()), behind(at, insn.jf.into()));
    if let (0, 1.., Some(name)) = (insn.jt, insn.jf, negated(insn)) {
        write!(f, "{name} ")?;
        compared(insn, f)?;
        return write!(f, ", l{no}");
    }
    f.write_str(match insn.code & 0xf0 {
        code::JEQ => "jeq ",
        code::JGT => "jgt ",
        code::JGE => "jge ",
        _ => "jset ",
    })?;
    compared(insn, f)?;
    write!(f, ", l{yes}")?;
    if insn.jf > 0 { write!(f, ", l{no}") } else { Ok(()) }
}

/// What is compared with: patterns of bits, mostly.
fn compared(insn: &SockFilter, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if insn.code & code::X != 0 { f.write_str("x") } else { write!(f, "#{:#x}", insn.k) }
}

/// An instruction that does not jump.
fn simple(insn: &SockFilter, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let k = insn.k;
    match code::class(insn.code) {
        code::LD => load(insn, f),
        code::LDX => match insn.code & 0xe0 {
            code::IMM => write!(f, "ldx #{k}"),
            code::MEM => write!(f, "ldx M[{k}]"),
            code::LEN => f.write_str("ldx #len"),
            _ => write!(f, "ldxb 4*([{}]&0xf)", Offset(k)),
        },
        code::ST => write!(f, "st M[{k}]"),
        code::STX => write!(f, "stx M[{k}]"),
        code::ALU => {
            let name = match insn.code & 0xf0 {
                code::ADD => "add",
                code::SUB => "sub",
                code::MUL => "mul",
                code::DIV => "div",
                code::OR => "or",
                code::AND => "and",
                code::LSH => "lsh",
                code::RSH => "rsh",
                code::MOD => "mod",
                code::XOR => "xor",
                _ => return f.write_str("neg"),
            };
            if insn.code & code::X != 0 {
                return write!(f, "{name} x");
            }
            match insn.code & 0xf0 {
                code::OR | code::AND | code::XOR => write!(f, "{name} #{k:#x}"),
                _ => write!(f, "{name} #{k}"),
            }
        }
        code::RET if insn.code & code::A != 0 => f.write_str("ret a"),
        code::RET if k > 0xffff => write!(f, "ret #{k:#x}"),
        code::RET => write!(f, "ret #{k}"),
        _ if insn.code & code::TXA != 0 => f.write_str("txa"),
        _ => f.write_str("tax"),
    }
}

fn load(insn: &SockFilter, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let name = match insn.code & 0x18 {
        code::B => "ldb",
        code::H => "ldh",
        _ => "ld",
    };
    let k = insn.k;
    match insn.code & 0xe0 {
        code::ABS => match BpfExt::at(k).map(BpfExt::name) {
            Some(ext) if !ext.is_empty() => write!(f, "{name} #{ext}"),
            _ => write!(f, "{name} [{}]", Offset(k)),
        },
        code::IND => write!(f, "{name} [x + {}]", Offset(k)),
        code::MEM => write!(f, "ld M[{k}]"),
        code::LEN => f.write_str("ld #len"),
        _ => write!(f, "ld #{k}"),
    }
}

/// An offset: small, or a pattern of bits (`SKF_NET_OFF` and the like).
struct Offset(u32);

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 0xffff { write!(f, "{:#x}", self.0) } else { self.0.fmt(f) }
    }
}
