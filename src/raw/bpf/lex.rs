//! The words of a program's text.

use super::{BpfError, BpfErrorKind as Kind};

/// A word, with its comments gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// Letters, digits and `_`, not a digit first.
    Word(&'t str),
    /// A number, as 32 bits.
    Number(u32),
    /// One of `#%[](),:+*&`.
    Mark(char),
    /// The end of a line.
    End,
}

/// Cuts a text into words.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'t> {
    rest: &'t str,
    /// The line, from 1.
    pub(super) line: usize,
    /// Has nothing of the line been seen?
    is_start: bool,
    /// Does the next word begin a line? The end of a line still belongs to it.
    is_next_line: bool,
    ended: bool,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Lexer { rest: text, line: 1, is_start: true, is_next_line: false, ended: false }
    }

    /// The next word; after the last line, which ends even without a newline, none.
    pub(super) fn next(&mut self) -> Result<Option<Token<'t>>, BpfError> {
        if std::mem::take(&mut self.is_next_line) {
            self.line = self.line.saturating_add(1);
        }
        loop {
            let Some(first) = self.rest.chars().next() else {
                return Ok(if std::mem::replace(&mut self.ended, true) { None } else { Some(Token::End) });
            };
            let is_start = std::mem::replace(&mut self.is_start, first == '\n');
            match first {
                '\n' => {
                    self.take(1);
                    self.is_next_line = true;
                    return Ok(Some(Token::End));
                }
                ' ' | '\t' | '\r' => self.take(1),
                ';' => self.skip_line(),
                '#' if is_start => self.skip_line(),
                '/' if self.rest.starts_with("/*") => self.skip_comment()?,
                'a'..='z' | 'A'..='Z' | '_' => {
                    let len = self.length(0, |c| c.is_ascii_alphanumeric() || c == '_');
                    return Ok(Some(Token::Word(self.cut(len))));
                }
                '0'..='9' | '-' => {
                    let len = self.length(1, |c| c.is_ascii_alphanumeric());
                    let number = number(self.cut(len));
                    return number.map(|k| Some(Token::Number(k))).ok_or(self.error(Kind::Number));
                }
                '#' | '%' | '[' | ']' | '(' | ')' | ',' | ':' | '+' | '*' | '&' => {
                    self.take(1);
                    return Ok(Some(Token::Mark(first)));
                }
                _ => return Err(self.error(Kind::Character)),
            }
        }
    }

    pub(super) fn error(&self, kind: Kind) -> BpfError {
        BpfError::at_line(self.line, kind)
    }

    fn length(&self, from: usize, belongs: impl Fn(char) -> bool) -> usize {
        let rest = self.rest.get(from..).unwrap_or_default();
        from.saturating_add(rest.find(|c| !belongs(c)).unwrap_or(rest.len()))
    }

    fn take(&mut self, len: usize) {
        self.rest = self.rest.get(len..).unwrap_or_default();
    }

    fn cut(&mut self, len: usize) -> &'t str {
        let (word, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, ""));
        self.rest = rest;
        word
    }

    fn skip_line(&mut self) {
        self.take(self.length(0, |c| c != '\n'));
    }

    /// A comment may have several lines; they do not end an instruction.
    fn skip_comment(&mut self) -> Result<(), BpfError> {
        let Some(len) = self.rest.get(2..).and_then(|rest| rest.find("*/")) else {
            return Err(self.error(Kind::Comment));
        };
        let comment = self.cut(len.saturating_add(4));
        self.line = self.line.saturating_add(comment.matches('\n').count());
        Ok(())
    }
}

/// A number as C writes it, or with `0b`; a negative one has its 32 bits.
fn number(text: &str) -> Option<u32> {
    if let Some(positive) = text.strip_prefix('-') {
        let magnitude = number(positive).filter(|_| !positive.starts_with('-'))?;
        return (magnitude <= 1 << 31).then(|| magnitude.wrapping_neg());
    }
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (text.get(2..)?, 16),
        [b'0', b'b' | b'B', ..] => (text.get(2..)?, 2),
        [b'0', _, ..] => (text.get(1..)?, 8),
        _ => (text, 10),
    };
    if digits.starts_with('+') {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}
