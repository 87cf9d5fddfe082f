//! Programs from text: that of `bpf_asm`, and that of `tcpdump -ddd`.

use core::str::FromStr;
use std::collections::HashMap;

use super::lex::{Lexer, Token};
use super::{
    BpfAlu, BpfBuilder, BpfError, BpfErrorKind as Kind, BpfExt, BpfJmp, BpfLabel, BpfProgram, BpfSize,
    BpfSrc, code,
};
use crate::opt::{FILTER_MAX, SockFilter};

impl FromStr for BpfProgram {
    type Err = BpfError;

    fn from_str(text: &str) -> Result<Self, BpfError> {
        // No instruction begins with a digit.
        match text.trim_start().bytes().next() {
            Some(b'0'..=b'9') => numbers(text),
            _ => assemble(text),
        }
    }
}

/// `tcpdump -ddd`: a line that counts, and as many of four decimal numbers.
fn numbers(text: &str) -> Result<BpfProgram, BpfError> {
    let mut lines = text.lines().zip(1_usize..).map(|(line, number)| (line.trim(), number));
    let mut lines = lines.by_ref().skip_while(|(line, _)| line.is_empty());
    let (first, at) = lines.next().unwrap_or(("", 1));
    let count: usize = decimal(first).ok_or(BpfError::at_line(at, Kind::Count))?;
    if count > FILTER_MAX {
        return Err(BpfError::at_line(at, Kind::TooLong));
    }
    let mut insns = Vec::with_capacity(count);
    for (line, number) in lines {
        if line.is_empty() && insns.len() == count {
            continue;
        }
        if insns.len() == count {
            return Err(BpfError::at_line(number, Kind::Count));
        }
        insns.push(four(line).ok_or(BpfError::at_line(number, Kind::Number))?);
    }
    if insns.len() < count {
        return Err(BpfError::at_line(at, Kind::Count));
    }
    BpfProgram::new(insns).map_err(|error| error.with_line(|insn| at.checked_add(insn)?.checked_add(1)))
}

fn four(line: &str) -> Option<SockFilter> {
    let mut words = line.split_ascii_whitespace();
    let code = decimal(words.next()?)?;
    let (jt, jf) = (decimal(words.next()?)?, decimal(words.next()?)?);
    let k = decimal(words.next()?)?;
    words.next().is_none().then_some(SockFilter { code, jt, jf, k })
}

fn decimal<T: FromStr>(word: &str) -> Option<T> {
    word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse().ok())?
}

/// The instructions' names. Those that jump if something is not so, are comparisons whose other way is taken.
#[derive(Clone, Copy)]
enum Op {
    Ld(BpfSize),
    Ldi,
    Ldx,
    Ldxi,
    Ldxb,
    St,
    Stx,
    Jmp,
    If(BpfJmp),
    IfNot(BpfJmp),
    Alu(BpfAlu),
    Ret,
    Plain(SockFilter),
}

const OPS: &[(&str, Op)] = &[
    ("ld", Op::Ld(BpfSize::W)),
    ("ldh", Op::Ld(BpfSize::H)),
    ("ldb", Op::Ld(BpfSize::B)),
    ("ldi", Op::Ldi),
    ("ldx", Op::Ldx),
    ("ldxi", Op::Ldxi),
    ("ldxb", Op::Ldxb),
    ("st", Op::St),
    ("stx", Op::Stx),
    ("jmp", Op::Jmp),
    ("ja", Op::Jmp),
    ("jeq", Op::If(BpfJmp::Jeq)),
    ("jgt", Op::If(BpfJmp::Jgt)),
    ("jge", Op::If(BpfJmp::Jge)),
    ("jset", Op::If(BpfJmp::Jset)),
    ("jne", Op::IfNot(BpfJmp::Jeq)),
    ("jneq", Op::IfNot(BpfJmp::Jeq)),
    ("jlt", Op::IfNot(BpfJmp::Jge)),
    ("jle", Op::IfNot(BpfJmp::Jgt)),
    ("add", Op::Alu(BpfAlu::Add)),
    ("sub", Op::Alu(BpfAlu::Sub)),
    ("mul", Op::Alu(BpfAlu::Mul)),
    ("div", Op::Alu(BpfAlu::Div)),
    ("mod", Op::Alu(BpfAlu::Mod)),
    ("and", Op::Alu(BpfAlu::And)),
    ("or", Op::Alu(BpfAlu::Or)),
    ("xor", Op::Alu(BpfAlu::Xor)),
    ("lsh", Op::Alu(BpfAlu::Lsh)),
    ("rsh", Op::Alu(BpfAlu::Rsh)),
    ("ret", Op::Ret),
    ("neg", Op::Plain(SockFilter::neg())),
    ("tax", Op::Plain(SockFilter::tax())),
    ("txa", Op::Plain(SockFilter::txa())),
];

fn op(word: &str) -> Option<Op> {
    OPS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, op)| *op)
}

fn assemble(text: &str) -> Result<BpfProgram, BpfError> {
    let mut parser = Parser {
        lexer: Lexer::new(text),
        next: None,
        program: BpfBuilder::new(),
        labels: HashMap::new(),
        lines: Vec::new(),
    };
    while let Some(token) = parser.peek()? {
        match token {
            Token::End => parser.next = None,
            Token::Word(word) => {
                parser.next = None;
                match op(word) {
                    Some(op) => parser.instruction(op)?,
                    None => parser.label(word)?,
                }
            }
            _ => return Err(parser.lexer.error(Kind::Instruction)),
        }
    }
    let lines = &parser.lines;
    parser.program.build().map_err(|error| error.with_line(|at| lines.get(at).copied()))
}

/// What is known of a label: where it is, and whether it was placed.
struct Parser<'t> {
    lexer: Lexer<'t>,
    /// A word that was looked at and not taken.
    next: Option<Token<'t>>,
    program: BpfBuilder,
    labels: HashMap<&'t str, (BpfLabel, bool)>,
    /// In which line each instruction is.
    lines: Vec<usize>,
}

impl<'t> Parser<'t> {
    fn peek(&mut self) -> Result<Option<Token<'t>>, BpfError> {
        if self.next.is_none() {
            self.next = self.lexer.next()?;
        }
        Ok(self.next)
    }

    fn word(&mut self) -> Result<Option<Token<'t>>, BpfError> {
        let token = self.peek()?;
        if token != Some(Token::End) {
            self.next = None;
        }
        Ok(token)
    }

    /// Takes a mark if it is the next word.
    fn takes(&mut self, mark: char) -> Result<bool, BpfError> {
        let is_next = self.peek()? == Some(Token::Mark(mark));
        if is_next {
            self.next = None;
        }
        Ok(is_next)
    }

    fn wrong(&self) -> BpfError {
        self.lexer.error(Kind::Operand)
    }

    fn mark(&mut self, mark: char) -> Result<(), BpfError> {
        if self.takes(mark)? { Ok(()) } else { Err(self.wrong()) }
    }

    fn number(&mut self) -> Result<u32, BpfError> {
        self.takes('+')?;
        match self.word()? {
            Some(Token::Number(k)) => Ok(k),
            _ => Err(self.wrong()),
        }
    }

    /// A label's place: its word has been taken.
    fn label(&mut self, name: &'t str) -> Result<(), BpfError> {
        if !self.takes(':')? {
            return Err(self.lexer.error(Kind::Instruction));
        }
        let label = self.named(name)?;
        match self.labels.get_mut(name) {
            Some((_, placed @ false)) => *placed = true,
            _ => return Err(self.lexer.error(Kind::TwoLabels)),
        }
        self.program.place(label);
        Ok(())
    }

    fn named(&mut self, name: &'t str) -> Result<BpfLabel, BpfError> {
        if name.len() < 2 || op(name).is_some() {
            return Err(self.wrong());
        }
        Ok(self.labels.entry(name).or_insert_with(|| (self.program.label(), false)).0)
    }

    fn target(&mut self) -> Result<BpfLabel, BpfError> {
        match self.word()? {
            Some(Token::Word(name)) => self.named(name),
            _ => Err(self.wrong()),
        }
    }

    fn instruction(&mut self, op: Op) -> Result<(), BpfError> {
        if self.lines.len() >= FILTER_MAX {
            return Err(self.lexer.error(Kind::TooLong));
        }
        self.lines.push(self.lexer.line);
        match op {
            Op::Jmp => {
                let to = self.target()?;
                self.program.jump(to);
            }
            Op::If(op) => {
                let src = self.source()?;
                self.mark(',')?;
                let yes = self.target()?;
                let no = if self.takes(',')? { self.target()? } else { BpfLabel::NEXT };
                self.program.branch(op, src, yes, no);
            }
            Op::IfNot(op) => {
                let src = self.source()?;
                self.mark(',')?;
                let yes = self.target()?;
                self.program.branch(op, src, BpfLabel::NEXT, yes);
            }
            _ => {
                let insn = self.simple(op)?;
                self.program.push(insn);
            }
        }
        match self.peek()? {
            Some(Token::End) | None => Ok(()),
            Some(_) => Err(self.wrong()),
        }
    }

    /// An instruction that does not jump.
    fn simple(&mut self, op: Op) -> Result<SockFilter, BpfError> {
        Ok(match op {
            Op::Ld(size) => self.load(size)?,
            Op::Ldi => SockFilter::ld_imm(self.constant()?),
            Op::Ldxi => SockFilter::ldx_imm(self.constant()?),
            Op::Ldx => self.load_index()?,
            Op::Ldxb => SockFilter::ldx_msh(self.header_length()?),
            Op::St => SockFilter::st(self.scratch()?),
            Op::Stx => SockFilter::stx(self.scratch()?),
            Op::Alu(op) => SockFilter::alu(op, self.source()?),
            Op::Ret if self.register("a")? => SockFilter::ret_a(),
            Op::Ret => match self.source()? {
                BpfSrc::K(k) => SockFilter::ret(k),
                // bpf_asm writes it, and no kernel takes it.
                BpfSrc::X => SockFilter { code: code::RET | code::X, ..SockFilter::ret(0) },
            },
            Op::Plain(insn) => insn,
            Op::Jmp | Op::If(_) | Op::IfNot(_) => return Err(self.wrong()),
        })
    }

    /// `#k` or `x`.
    fn source(&mut self) -> Result<BpfSrc, BpfError> {
        if self.register("x")? {
            return Ok(BpfSrc::X);
        }
        self.mark('#')?;
        Ok(BpfSrc::K(self.number()?))
    }

    /// `#k` or `k`.
    fn constant(&mut self) -> Result<u32, BpfError> {
        self.takes('#')?;
        self.number()
    }

    /// Takes `x`, `%x` or the like, if that is next.
    fn register(&mut self, name: &str) -> Result<bool, BpfError> {
        let with_mark = self.takes('%')?;
        let is_it = self.is_word(name)?;
        if with_mark && !is_it { Err(self.wrong()) } else { Ok(is_it) }
    }

    fn is_word(&mut self, name: &str) -> Result<bool, BpfError> {
        let is_it = matches!(self.peek()?, Some(Token::Word(word)) if word.eq_ignore_ascii_case(name));
        if is_it {
            self.next = None;
        }
        Ok(is_it)
    }

    /// What `ld`, `ldh` and `ldb` load.
    fn load(&mut self, size: BpfSize) -> Result<SockFilter, BpfError> {
        if self.takes('[')? {
            let insn = if self.register("x")? {
                self.mark('+')?;
                SockFilter::ld_ind(size, self.number()?)
            } else {
                SockFilter::ld_abs(size, self.number()?)
            };
            self.mark(']')?;
            return Ok(insn);
        }
        let is_word = size == BpfSize::W;
        let has_mark = self.takes('#')?;
        match self.peek()? {
            Some(Token::Number(_) | Token::Mark('+')) if has_mark && is_word => {
                Ok(SockFilter::ld_imm(self.number()?))
            }
            Some(Token::Word(word)) if !has_mark && is_word && word.eq_ignore_ascii_case("m") => {
                Ok(SockFilter::ld_mem(self.scratch()?))
            }
            Some(Token::Word(word)) => {
                self.next = None;
                match BpfExt::from_name(word) {
                    Some(ext) => Ok(SockFilter::ld_abs(size, super::SKF_AD_OFF.wrapping_add(ext as u32))),
                    None if is_word && word.eq_ignore_ascii_case("len") => Ok(SockFilter::ld_len()),
                    None => Err(self.wrong()),
                }
            }
            _ => Err(self.wrong()),
        }
    }

    /// What `ldx` loads.
    fn load_index(&mut self) -> Result<SockFilter, BpfError> {
        let has_mark = self.takes('#')?;
        match self.peek()? {
            Some(Token::Number(_) | Token::Mark('+')) if has_mark => Ok(SockFilter::ldx_imm(self.number()?)),
            Some(Token::Number(_)) => Ok(SockFilter::ldx_msh(self.header_length()?)),
            Some(Token::Word(word)) if !has_mark && word.eq_ignore_ascii_case("m") => {
                Ok(SockFilter::ldx_mem(self.scratch()?))
            }
            _ if self.is_word("len")? => Ok(SockFilter::ldx_len()),
            _ => Err(self.wrong()),
        }
    }

    /// `M[k]`.
    fn scratch(&mut self) -> Result<u32, BpfError> {
        if !self.is_word("m")? {
            return Err(self.wrong());
        }
        self.mark('[')?;
        let k = self.number()?;
        self.mark(']')?;
        Ok(k)
    }

    /// `4*([k]&0xf)`.
    fn header_length(&mut self) -> Result<u32, BpfError> {
        let four = self.number()?;
        self.mark('*')?;
        self.mark('(')?;
        self.mark('[')?;
        let k = self.number()?;
        self.mark(']')?;
        self.mark('&')?;
        let mask = self.number()?;
        self.mark(')')?;
        if (four, mask) == (4, 0xf) { Ok(k) } else { Err(self.wrong()) }
    }
}
