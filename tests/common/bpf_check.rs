//! What is true of every program of classic BPF, and of every text that might be one. For the tests, and for the fuzz target.

use sockets::raw::{BpfInsn, BpfProgram};

/// Any text: what is a program is written so that it is the same program when it is read again; what is none has a line.
pub(crate) fn check_text(text: &str) {
    match text.parse::<BpfProgram>() {
        Ok(program) => {
            assert_eq!(program.to_string().parse().as_ref(), Ok(&BpfProgram::new(plain(&program)).unwrap()));
            look_at(&program);
        }
        Err(error) => {
            let lines = text.matches('\n').count() + 1;
            assert!(error.line().is_none_or(|line| (1..=lines + 1).contains(&line)), "{error} in {text:?}");
            assert_eq!(error.instruction(), None);
            assert!(!error.to_string().is_empty());
        }
    }
}

/// Any bytes as instructions.
pub(crate) fn check_bytes(bytes: &[u8]) {
    match BpfProgram::new(insns(bytes)) {
        Ok(program) => look_at(&program),
        Err(error) => assert!(error.instruction().is_none_or(|at| at < bytes.len() / 8)),
    }
}

/// Eight bytes an instruction.
pub(crate) fn insns(bytes: &[u8]) -> Vec<BpfInsn> {
    let insn = |bytes: &[u8]| BpfInsn {
        code: u16::from_le_bytes([bytes[0], bytes[1]]),
        jt: bytes[2],
        jf: bytes[3],
        k: u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
    };
    bytes.chunks_exact(8).map(insn).collect()
}

/// Both texts of a program are that program; one has no fields that are not looked at.
pub(crate) fn look_at(program: &BpfProgram) {
    let numbers = format!("{program:#}");
    assert_eq!(numbers.parse().as_ref(), Ok(program), "{numbers}");
    let text = program.to_string();
    let again: BpfProgram = text.parse().unwrap_or_else(|error| panic!("{error} in {text}"));
    assert_eq!(again[..], plain(program), "{text}");
    assert_eq!(again.to_string(), text);
}

/// The program without what its instructions do not look at.
pub(crate) fn plain(program: &[BpfInsn]) -> Vec<BpfInsn> {
    let plain = |insn: &BpfInsn| {
        let BpfInsn { code, mut jt, mut jf, mut k } = *insn;
        let class = code & 7;
        if class != 5 || code & 0xf0 == 0 {
            (jt, jf) = (0, 0);
        }
        let takes_register = match class {
            4 | 5 => code & 8 != 0 || code == 0x84,
            0 | 1 => code & 0xe0 == 0x80,
            6 => code & 0x18 != 0,
            7 => true,
            _ => false,
        };
        if takes_register {
            k = 0;
        }
        BpfInsn { code, jt, jf, k }
    };
    program.iter().map(plain).collect()
}
