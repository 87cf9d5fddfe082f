//! Programs of classic BPF as text: the syntax of `bpf_asm`, what `tcpdump -ddd` prints, and what is wrong in which line.

#[path = "common/bpf_check.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod bpf_check;
#[path = "common/noise.rs"]
mod noise;

use bpf_check::{check_bytes, check_text};
use noise::Noise;
use sockets::raw::{BpfErrorKind as Kind, BpfInsn, BpfProgram, BpfSize, SKF_AD_OFF};

#[test]
fn any_bytes_and_any_text_are_looked_at() {
    let mut noise = Noise(3);
    for len in 0..3_000 {
        check_bytes(&noise.bytes(len % 90));
    }
    // Texts of words that mean something, in any order.
    let words = [
        "ld",
        "ldh",
        "ldb",
        "ldx",
        "ldxb",
        "ldi",
        "st",
        "jeq",
        "jne",
        "jlt",
        "jset",
        "jmp",
        "ret",
        "a",
        "x",
        "%",
        "#",
        "[",
        "]",
        "M",
        "(",
        ")",
        "*",
        "&",
        "+",
        ",",
        ":",
        "\n",
        "\n",
        "\n",
        " ",
        " ",
        "4",
        "0xf",
        "-1",
        "077",
        "09",
        "0b2",
        "12",
        "4294967296",
        "drop",
        "keep",
        "drop:",
        "#proto",
        "#len",
        "len",
        "poff",
        ";",
        "/*",
        "*/",
        "é",
        "\r",
        "tax",
        "ret #0\n",
        "add",
        "lsh",
    ];
    for _ in 0..40_000 {
        let len = noise.below(14);
        let text: Vec<&str> = (0..len).map(|_| noise.one_of(&words)).collect();
        check_text(&text.join(noise.one_of(&["", " "])));
    }
    // Good texts with a byte changed, left out or doubled.
    for text in [ARP, SSH, EVERYTHING, DDD] {
        check_text(text);
        for _ in 0..4_000 {
            let mut bytes = text.as_bytes().to_vec();
            let at = noise.below(bytes.len());
            match noise.below(3) {
                0 => bytes[at] = noise.byte() & 0x7f,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, bytes[at]),
            }
            check_text(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

/// The first example of the kernel's documentation.
const ARP: &str = "ldh [12]\njne #0x806, drop\nret #-1\ndrop: ret #0\n";

/// Another: SSH over IPv4.
const SSH: &str = "\
    ldh [12]
    jne #0x800, drop
    ldb [23]
    jneq #6, drop
    jset #0x1fff, drop ; not really
    ldxb 4 * ([14] & 0xf)
    ldh [x + 14]
    jeq #0x16, good
    ldh [x+16]
    jne #0x16, drop
good: ret #-1
drop: ret #0
";

/// Every instruction, every operand, every kind of number and comment.
const EVERYTHING: &str = "\
# a line that is a comment
start:
    ld [0x10]      ; a word
    ldb [%x + 1]
    LDH [x + 010]
    ld #len        /* the length,
                      of the packet */
    ld M[3]
    ldi 0b101
    ld #-2
    ldx #7
    ldxi #+7
    ldx len
    ldx M[15]
    ldx 4*([14]&0xf)
    ld poff
    ldh #vlan_pr
    add #1
    sub x
    mul %x
    div #3
    mod #3
    neg
    and #0xff
    or x
    xor #1
    lsh #31
    rsh x
    tax
    txa
    jmp ahead
ahead: jeq x, end_, next
next: jlt #5, end_
    jle %x, end_
    jge #1, end_
    jset #0x80, end_, other
other: ja end_
end_: ret a";

/// `tcpdump -ddd arp`.
const DDD: &str = "4\n40 0 0 12\n21 0 1 2054\n6 0 0 262144\n6 0 0 0\n";

#[test]
fn the_syntax_is_that_of_bpf_asm() {
    let arp: BpfProgram = ARP.parse().unwrap();
    let wanted = [
        BpfInsn { code: 0x28, jt: 0, jf: 0, k: 12 },
        BpfInsn { code: 0x15, jt: 0, jf: 1, k: 0x806 },
        BpfInsn { code: 0x06, jt: 0, jf: 0, k: !0 },
        BpfInsn { code: 0x06, jt: 0, jf: 0, k: 0 },
    ];
    assert_eq!(arp[..], wanted);
    assert_eq!(arp.to_string(), "ldh [12]\njne #0x806, l3\nret #0xffffffff\nl3: ret #0\n");
    let ssh: BpfProgram = SSH.parse().unwrap();
    assert_eq!(ssh[5], BpfInsn::ldx_msh(14));
    assert_eq!((ssh[7].jt, ssh[7].jf), (2, 0));
    // Loads of what was not stored are wrong; so store it first.
    assert_eq!(EVERYTHING.parse::<BpfProgram>().unwrap_err().kind(), Kind::ScratchUnset);
    let all: BpfProgram = EVERYTHING.replace("start:", "st M[3]\nstx M[15]\n").parse().unwrap();
    assert_eq!(all.len(), 37);
    assert_eq!(all[4], BpfInsn { code: 0x48, jt: 0, jf: 0, k: 8 });
    assert_eq!(all[14], BpfInsn { k: SKF_AD_OFF + 52, ..BpfInsn::ld_abs(BpfSize::W, 0) });
}

#[test]
fn what_tcpdump_prints_is_read() {
    let program: BpfProgram = DDD.parse().unwrap();
    assert_eq!(format!("{program:#}"), DDD);
    assert_eq!(program.to_string(), "ldh [12]\njne #0x806, l3\nret #0x40000\nl3: ret #0\n");
    assert_eq!(format!("\n  {DDD}\n\n").replace('\n', "\r\n").parse(), Ok(program));
    for (text, line, kind) in [
        ("5\n40 0 0 12\n6 0 0 0\n", 1, Kind::Count),
        ("1\n6 0 0 0\n6 0 0 0\n", 3, Kind::Count),
        ("4097\n", 1, Kind::TooLong),
        ("99999999999999999999\n", 1, Kind::Count),
        ("2 2\n", 1, Kind::Count),
        ("2\n40 0 0\n6 0 0 0\n", 2, Kind::Number),
        ("2\n40 0 0 12 1\n6 0 0 0\n", 2, Kind::Number),
        ("2\n40 0 256 12\n6 0 0 0\n", 2, Kind::Number),
        ("2\n40 0 0 4294967296\n6 0 0 0\n", 2, Kind::Number),
        ("2\n65536 0 0 0\n6 0 0 0\n", 2, Kind::Number),
        ("2\n40 0 0 +1\n6 0 0 0\n", 2, Kind::Number),
        ("2\n\n40 0 0 1\n6 0 0 0\n", 2, Kind::Number),
        ("2\n6 0 0 0\n40 0 0 1\n", 3, Kind::NoReturn),
        ("2\n21 0 9 1\n6 0 0 0\n", 2, Kind::JumpOut),
    ] {
        let error = text.parse::<BpfProgram>().unwrap_err();
        assert_eq!((error.line(), error.kind()), (Some(line), kind), "{text:?}");
    }
}

#[test]
fn errors_have_their_line() {
    let far = format!("jeq #1, far\n{}far: ret #0", "tax\n".repeat(257));
    let long = "ret #0\n".repeat(4097);
    for (text, line, kind) in [
        ("ret #0\nnop", Some(2), Kind::Instruction),
        ("ret", Some(1), Kind::Operand),
        ("tax\nret\n\nret a", Some(2), Kind::Operand),
        ("tax\nnop\n\nret a", Some(2), Kind::Instruction),
        ("tax\njmp\nthere: ret a", Some(2), Kind::Operand),
        ("ret 0", Some(1), Kind::Operand),
        ("ret #0 #0", Some(1), Kind::Operand),
        ("tax x\nret a", Some(1), Kind::Operand),
        ("ldh #len\nret a", Some(1), Kind::Operand),
        ("ldxb 5*([14]&0xf)\nret a", Some(1), Kind::Operand),
        ("ret #4294967296", Some(1), Kind::Number),
        ("ret #-2147483649", Some(1), Kind::Number),
        ("ret #0x", Some(1), Kind::Number),
        ("ret #08", Some(1), Kind::Number),
        ("ret #--1", Some(1), Kind::Number),
        ("\n\nret @", Some(3), Kind::Character),
        ("ret a\n/* ", Some(2), Kind::Comment),
        ("jmp there\nret a", Some(1), Kind::NoLabel),
        ("jmp there\nret a\nthere:", Some(1), Kind::NoLabel),
        ("aa: tax\naa: ret a", Some(2), Kind::TwoLabels),
        ("aa: tax\njmp aa\nret a", Some(2), Kind::JumpBack),
        ("jeq #1, ret\nret a", Some(1), Kind::Operand),
        ("jmp q\nq: ret a", Some(1), Kind::Operand),
        (&far, Some(1), Kind::JumpFar),
        (&long, Some(4097), Kind::TooLong),
        ("tax\n\nlsh #32\nret a", Some(3), Kind::Shift),
        ("ret x", Some(1), Kind::Code),
        ("", None, Kind::Empty),
        ("; nothing", None, Kind::Empty),
    ] {
        let error = text.parse::<BpfProgram>().unwrap_err();
        assert_eq!((error.line(), error.kind()), (line, kind), "{text:?}");
    }
}
