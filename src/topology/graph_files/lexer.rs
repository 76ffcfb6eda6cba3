//! Splits a text into words.

use winnow::error::EmptyError;

use super::sketch::At;
use crate::topology::error::TopologyError;

/// The result of the parsers of words.
pub(super) type Parsed<T> = Result<T, EmptyError>;

/// The words of a format, and the gaps that may stand between words.
pub(super) trait Language<'a> {
    const FORMAT: &'static str;
    /// The words in general, for errors where no word begins.
    const WORDS: &'static str;
    type Word;

    fn word(text: &mut &'a str) -> Parsed<Self::Word>;

    /// Skips white space or a comment, if there is one.
    fn gap(text: &mut &'a str) -> Parsed<()>;
}

/// The words of a text in their order.
pub(super) struct Lexer<'a, L> {
    left: &'a str,
    /// The line of the first character of `left`, from 1.
    line: usize,
    /// The last word taken.
    last: &'a str,
    last_line: usize,
    language: std::marker::PhantomData<L>,
}

impl<'a, L: Language<'a>> Lexer<'a, L> {
    pub(super) fn new(text: &'a str) -> Self {
        let left = text.strip_prefix('\u{feff}').unwrap_or(text);
        Lexer { left, line: 1, last: "", last_line: 1, language: std::marker::PhantomData }
    }

    /// The next word; `None` at the end of the text.
    pub(super) fn next(&mut self) -> Result<Option<L::Word>, TopologyError> {
        while !self.left.is_empty() {
            let mut left = self.left;
            if L::gap(&mut left).is_err() {
                break;
            }
            self.advance_to(left);
        }
        (self.last, self.last_line) = ("", self.line);
        if self.left.is_empty() {
            return Ok(None);
        }
        let (start, mut left) = (self.left, self.left);
        let Ok(word) = L::word(&mut left) else {
            return Err(self.at().expected(L::WORDS, start));
        };
        self.last = &start[..start.len() - left.len()];
        self.advance_to(left);
        Ok(Some(word))
    }

    fn advance_to(&mut self, left: &'a str) {
        let taken = &self.left[..self.left.len() - left.len()];
        self.line += taken.bytes().filter(|&byte| byte == b'\n').count();
        self.left = left;
    }

    /// The place of the last word taken.
    pub(super) fn at(&self) -> At {
        At { format: L::FORMAT, line: self.last_line }
    }

    /// The error that other text should stand at the place of the last word taken.
    pub(super) fn expected(&self, expected: &'static str) -> TopologyError {
        self.at().expected(expected, self.last)
    }
}
