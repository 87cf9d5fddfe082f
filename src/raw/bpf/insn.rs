//! The instructions, by name.

use super::code;
use crate::opt::SockFilter;

/// How much a load takes from the packet: big-endian, as it is on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BpfSize {
    /// A word of 32 bits: `ld`.
    W,
    /// A half-word of 16 bits: `ldh`.
    H,
    /// A byte: `ldb`.
    B,
}

/// The second operand of arithmetic and of comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BpfSrc {
    /// This number: `#k`.
    K(u32),
    /// The index register: `x`.
    X,
}

/// An operation on the accumulator, of 32 bits without signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum BpfAlu {
    /// `A += operand`.
    Add = code::ADD,
    /// `A -= operand`.
    Sub = code::SUB,
    /// `A *= operand`.
    Mul = code::MUL,
    /// `A /= operand`. A constant 0 is refused; if X is 0, the program ends and returns 0.
    Div = code::DIV,
    /// `A %= operand`. As for `Div`.
    Mod = code::MOD,
    /// `A &= operand`.
    And = code::AND,
    /// `A |= operand`.
    Or = code::OR,
    /// `A ^= operand`.
    Xor = code::XOR,
    /// `A <<= operand`, by less than 32.
    Lsh = code::LSH,
    /// `A >>= operand`, by less than 32.
    Rsh = code::RSH,
}

/// A comparison of the accumulator, without signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum BpfJmp {
    /// `A == operand`.
    Jeq = code::JEQ,
    /// `A > operand`.
    Jgt = code::JGT,
    /// `A >= operand`.
    Jge = code::JGE,
    /// `A & operand` is not 0.
    Jset = code::JSET,
}

macro_rules! extensions {
    ($($(#[$doc:meta])+ $name:ident = $offset:literal $text:literal $($more:literal)?;)+) => {
        /// What the kernel knows of a packet beside its bytes: `SKF_AD_PROTOCOL` and the others of linux/filter.h.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u32)]
        #[non_exhaustive]
        pub enum BpfExt {
            $($(#[$doc])+ $name = $offset,)+
        }

        impl BpfExt {
            const ALL: &[BpfExt] = &[$(BpfExt::$name),+];

            /// The word of bpf_asm.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(BpfExt::$name => $text,)+
                }
            }

            pub(super) fn from_name(name: &str) -> Option<Self> {
                $(if name.eq_ignore_ascii_case($text) $(|| name.eq_ignore_ascii_case($more))? {
                    return Some(BpfExt::$name);
                })+
                None
            }
        }
    };
}

extensions! {
    /// The protocol, an [`EtherType`](crate::EtherType), in host byte order.
    Protocol = 0 "proto";
    /// The [`PacketType`](crate::PacketType).
    PktType = 4 "type";
    /// The index of the interface.
    IfIndex = 8 "ifidx";
    /// In a netlink message, from the offset in A: where the attribute of type X is.
    NlAttr = 12 "nla";
    /// The same inside the attribute at A.
    NlAttrNest = 16 "nlan";
    /// The mark (`SO_MARK`).
    Mark = 20 "mark";
    /// The number of the queue.
    Queue = 24 "queue";
    /// The [`HardwareType`](crate::HardwareType).
    HaType = 28 "hatype";
    /// The hash of the flow.
    RxHash = 32 "rxhash";
    /// The processor that runs the program.
    Cpu = 36 "cpu";
    /// Not a load: `A ^= X`. In the text it is `[0xfffff028]`.
    AluXorX = 40 "";
    /// The VLAN tag that was taken out of the frame.
    VlanTag = 44 "vlan_tci";
    /// Is there one?
    VlanTagPresent = 48 "vlan_avail" "vlan_pr";
    /// Where the payload begins, behind the headers that the kernel knows.
    PayOffset = 52 "poff";
    /// A random number.
    Random = 56 "rand";
    /// The EtherType of the VLAN tag.
    VlanTpid = 60 "vlan_tpid";
}

impl BpfExt {
    /// The extension at an offset of the packet.
    pub(super) fn at(k: u32) -> Option<Self> {
        let offset = k.checked_sub(super::SKF_AD_OFF)?;
        Self::ALL.iter().copied().find(|ext| *ext as u32 == offset)
    }
}

/// The instructions, with the names that bpf_asm and linux/bpf_common.h give them. `A` is the accumulator, `X` the index
/// register, `M` the scratch memory of 16 words. A load from beyond the packet ends the program and returns 0.
///
/// ```
/// use sockets::raw::{BpfAlu, BpfInsn, BpfProgram, BpfSize, BpfSrc};
///
/// // How long a UDP datagram says that it is, without the header. (The filter of UDP begins at the UDP header.)
/// let program = BpfProgram::new([
///     BpfInsn::ld_abs(BpfSize::H, 4),
///     BpfInsn::alu(BpfAlu::Sub, BpfSrc::K(8)),
///     BpfInsn::ret_a(),
/// ])?;
/// assert_eq!(program.to_string(), "ldh [4]\nsub #8\nret a\n");
/// # Ok::<(), sockets::raw::BpfError>(())
/// ```
///
/// [Linux Socket Filtering](https://docs.kernel.org/networking/filter.html)
impl SockFilter {
    const fn of(code: u16, k: u32) -> Self {
        SockFilter { code, jt: 0, jf: 0, k }
    }

    /// `A = packet[k]`. From [`SKF_NET_OFF`](super::SKF_NET_OFF) on, the network header's byte; from
    /// [`SKF_LL_OFF`](super::SKF_LL_OFF) on, the link header's.
    pub const fn ld_abs(size: BpfSize, k: u32) -> Self {
        Self::of(code::LD | code::size(size) | code::ABS, k)
    }

    /// `A = packet[X + k]`.
    pub const fn ld_ind(size: BpfSize, k: u32) -> Self {
        Self::of(code::LD | code::size(size) | code::IND, k)
    }

    /// `A = ` what the kernel knows of the packet.
    pub const fn ld_ext(ext: BpfExt) -> Self {
        Self::ld_abs(BpfSize::W, super::SKF_AD_OFF.wrapping_add(ext as u32))
    }

    /// `A = ` the length of the packet.
    pub const fn ld_len() -> Self {
        Self::of(code::LD | code::LEN, 0)
    }

    /// `A = k`.
    pub const fn ld_imm(k: u32) -> Self {
        Self::of(code::LD | code::IMM, k)
    }

    /// `A = M[k]`, which must have been stored before.
    pub const fn ld_mem(k: u32) -> Self {
        Self::of(code::LD | code::MEM, k)
    }

    /// `X = k`.
    pub const fn ldx_imm(k: u32) -> Self {
        Self::of(code::LDX | code::IMM, k)
    }

    /// `X = ` the length of the packet.
    pub const fn ldx_len() -> Self {
        Self::of(code::LDX | code::LEN, 0)
    }

    /// `X = M[k]`, which must have been stored before.
    pub const fn ldx_mem(k: u32) -> Self {
        Self::of(code::LDX | code::MEM, k)
    }

    /// `X = 4 * (packet[k] & 0xf)`: the length of the IPv4 header that begins at `k`.
    pub const fn ldx_msh(k: u32) -> Self {
        Self::of(code::LDX | code::B | code::MSH, k)
    }

    /// `M[k] = A`.
    pub const fn st(k: u32) -> Self {
        Self::of(code::ST, k)
    }

    /// `M[k] = X`.
    pub const fn stx(k: u32) -> Self {
        Self::of(code::STX, k)
    }

    /// `A = A op operand`.
    pub const fn alu(op: BpfAlu, src: BpfSrc) -> Self {
        let (src, k) = code::src(src);
        Self::of(code::ALU | op as u16 | src, k)
    }

    /// `A = -A`.
    pub const fn neg() -> Self {
        Self::of(code::ALU | code::NEG, 0)
    }

    /// Skips `k` instructions.
    pub const fn ja(k: u32) -> Self {
        Self::of(code::JMP | code::JA, k)
    }

    /// Skips `jt` instructions if `A op operand`, and `jf` if not. [`BpfBuilder`](super::BpfBuilder) counts them for you.
    pub const fn jmp(op: BpfJmp, src: BpfSrc, jt: u8, jf: u8) -> Self {
        let (src, k) = code::src(src);
        SockFilter { code: code::JMP | op as u16 | src, jt, jf, k }
    }

    /// Ends: of the packet, `k` bytes are kept; with 0 it is dropped.
    pub const fn ret(k: u32) -> Self {
        Self::of(code::RET, k)
    }

    /// Ends: `A` bytes are kept.
    pub const fn ret_a() -> Self {
        Self::of(code::RET | code::A, 0)
    }

    /// `X = A`.
    pub const fn tax() -> Self {
        Self::of(code::MISC | code::TAX, 0)
    }

    /// `A = X`.
    pub const fn txa() -> Self {
        Self::of(code::MISC | code::TXA, 0)
    }
}
