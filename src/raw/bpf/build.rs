//! Programs with labels.

use super::{BpfError, BpfErrorKind as Kind, BpfJmp, BpfProgram, BpfSrc, check};
use crate::opt::SockFilter;

/// A place in a program that a [`BpfBuilder`] makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BpfLabel(usize);

impl BpfLabel {
    /// The instruction that follows.
    pub const NEXT: BpfLabel = BpfLabel(usize::MAX);
}

#[derive(Debug, Clone, Copy)]
enum Jump {
    Always(BpfLabel),
    If(BpfLabel, BpfLabel),
}

/// A program, written forwards, with jumps to labels instead of counted instructions.
///
/// ```
/// use sockets::raw::{BpfBuilder, BpfExt, BpfInsn, BpfJmp, BpfLabel, BpfSrc};
///
/// // ARP and nothing else.
/// let mut program = BpfBuilder::new();
/// let drop = program.label();
/// program
///     .push(BpfInsn::ld_ext(BpfExt::Protocol))
///     .branch(BpfJmp::Jeq, BpfSrc::K(0x806), BpfLabel::NEXT, drop)
///     .push(BpfInsn::ret(u32::MAX))
///     .place(drop)
///     .push(BpfInsn::ret(0));
/// let program = program.build()?;
/// assert_eq!(program.to_string(), "ld #proto\njne #0x806, l3\nret #0xffffffff\nl3: ret #0\n");
/// # Ok::<(), sockets::raw::BpfError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct BpfBuilder {
    insns: Vec<SockFilter>,
    jumps: Vec<(usize, Jump)>,
    /// Where each label is.
    labels: Vec<Option<usize>>,
    /// Where a label was placed that had a place.
    again: Option<usize>,
}

impl BpfBuilder {
    /// No instruction yet.
    pub const fn new() -> Self {
        BpfBuilder { insns: Vec::new(), jumps: Vec::new(), labels: Vec::new(), again: None }
    }

    /// A new label, which has no place yet.
    pub fn label(&mut self) -> BpfLabel {
        self.labels.push(None);
        BpfLabel(self.labels.len().saturating_sub(1))
    }

    /// Gives a label its place: before the next instruction.
    pub fn place(&mut self, label: BpfLabel) -> &mut Self {
        match self.labels.get_mut(label.0) {
            Some(place @ None) => *place = Some(self.insns.len()),
            _ => self.again = self.again.or(Some(self.insns.len())),
        }
        self
    }

    /// Adds an instruction.
    pub fn push(&mut self, insn: SockFilter) -> &mut Self {
        self.insns.push(insn);
        self
    }

    /// Adds `jmp`.
    pub fn jump(&mut self, to: BpfLabel) -> &mut Self {
        self.jumps.push((self.insns.len(), Jump::Always(to)));
        self.push(SockFilter::ja(0))
    }

    /// Adds a comparison, with where to go on if it holds and if not.
    pub fn branch(&mut self, op: BpfJmp, src: BpfSrc, yes: BpfLabel, no: BpfLabel) -> &mut Self {
        self.jumps.push((self.insns.len(), Jump::If(yes, no)));
        self.push(SockFilter::jmp(op, src, 0, 0))
    }

    /// The program, with its jumps counted and checked as by [`BpfProgram::new`].
    ///
    /// # Errors
    ///
    /// - `NoLabel`: a jump to a label without a place; `TwoLabels`: a label with two, or one placed here that is another
    ///   builder's.
    /// - `JumpBack`, `JumpFar`: a jump that cannot be.
    /// - Those of [`BpfProgram::new`].
    pub fn build(&self) -> Result<BpfProgram, BpfError> {
        if let Some(at) = self.again {
            return Err(BpfError::at_insn(at, Kind::TwoLabels));
        }
        let mut insns = self.insns.clone();
        for (at, jump) in &self.jumps {
            let Some(insn) = insns.get_mut(*at) else { continue };
            self.count(insn, *at, *jump).map_err(|kind| BpfError::at_insn(*at, kind))?;
        }
        check::check(&insns)?;
        Ok(BpfProgram { insns })
    }

    fn count(&self, insn: &mut SockFilter, at: usize, jump: Jump) -> Result<(), Kind> {
        let near = |label| u8::try_from(self.skip(at, label)?).map_err(|_| Kind::JumpFar);
        match jump {
            Jump::Always(to) => insn.k = u32::try_from(self.skip(at, to)?).map_err(|_| Kind::JumpFar)?,
            Jump::If(yes, no) => (insn.jt, insn.jf) = (near(yes)?, near(no)?),
        }
        Ok(())
    }

    /// How many instructions are between this one and a label.
    fn skip(&self, at: usize, to: BpfLabel) -> Result<usize, Kind> {
        if to == BpfLabel::NEXT {
            return Ok(0);
        }
        let place = self.labels.get(to.0).copied().flatten();
        let place = place.filter(|place| *place < self.insns.len()).ok_or(Kind::NoLabel)?;
        place.checked_sub(at.saturating_add(1)).ok_or(Kind::JumpBack)
    }
}
