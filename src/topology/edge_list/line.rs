//! One line of an edge list.

use std::borrow::Cow;

use crate::topology::error::{LineProblem, TopologyError};
use crate::topology::names::Mentions;
use crate::topology::words::{is_hidden, is_name, why_not_bare};

/// The meaning of one line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry<'a> {
    Nothing,
    Node(Cow<'a, str>),
    OneWay(Cow<'a, str>, Cow<'a, str>),
    TwoWays(Cow<'a, str>, Cow<'a, str>),
}

/// How to treat the columns after the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Rest {
    #[default]
    Refused,
    Skipped,
}

#[derive(Debug)]
enum Token<'a> {
    Name(Cow<'a, str>),
    Arrow,
    TwoWayArrow,
}

impl<'a> Entry<'a> {
    /// Reads a line of words and arrows.
    pub(super) fn of_words(line: &'a str, rest: Rest) -> Result<Self, LineProblem> {
        if line.starts_with('%') {
            return Err(LineProblem::Comment('%'));
        }
        let mut words = Words { line, left: line };
        let Some(first) = words.next()? else { return Ok(Entry::Nothing) };
        let Some(second) = words.next()? else { return Entry::of_one(first, line) };
        let entry = match (first, second) {
            (Token::Name(left), Token::Name(right)) => (Entry::OneWay(left, right), false),
            (Token::Name(left), arrow) => (Entry::of_arrow(left, &arrow, words.next()?)?, true),
            _ => return Err(LineProblem::NotALink),
        };
        let is_over = rest == Rest::Skipped || words.left_is_comment();
        match entry {
            (entry, _) if is_over => entry.checked(line),
            (_, true) => Err(LineProblem::NotALink),
            (_, false) => Err(words.problem_after_two()),
        }
    }

    fn of_one(first: Token<'a>, line: &str) -> Result<Self, LineProblem> {
        match first {
            Token::Name(name) => Entry::Node(name).checked(line),
            _ => Err(LineProblem::NotALink),
        }
    }

    fn of_arrow(
        left: Cow<'a, str>,
        arrow: &Token<'a>,
        right: Option<Token<'a>>,
    ) -> Result<Self, LineProblem> {
        match (arrow, right) {
            (Token::Arrow, Some(Token::Name(right))) => Ok(Entry::OneWay(left, right)),
            (Token::TwoWayArrow, Some(Token::Name(right))) => Ok(Entry::TwoWays(left, right)),
            _ => Err(LineProblem::NotALink),
        }
    }

    /// Refuses a bare word that is not a name. Quoted names were checked when they were read.
    fn checked(self, line: &str) -> Result<Self, LineProblem> {
        let names = match &self {
            Entry::Nothing => [None, None],
            Entry::Node(name) => [Some(name), None],
            Entry::OneWay(left, right) | Entry::TwoWays(left, right) => [Some(left), Some(right)],
        };
        for name in names.into_iter().flatten() {
            // Only quoted names are owned.
            if let Cow::Borrowed(name) = name {
                check_bare(name, line)?;
            }
        }
        Ok(self)
    }

    /// Reads a line whose columns are separated by a character. Columns are names, not arrows.
    pub(super) fn of_columns(
        line: &'a str,
        separator: char,
        rest: Rest,
    ) -> Result<Self, LineProblem> {
        let mut columns = Columns { left: Some(line), separator };
        let Some(first) = columns.next()? else { return Ok(Entry::Nothing) };
        let Some(second) = columns.next()? else { return Ok(Entry::Node(first)) };
        if columns.left.is_some() && rest == Rest::Refused {
            return Err(LineProblem::MoreColumns);
        }
        Ok(Entry::OneWay(first, second))
    }

    pub(super) fn add_to(&self, mentions: &mut Mentions) -> Result<(), TopologyError> {
        match self {
            Entry::Nothing => {}
            Entry::Node(name) => {
                mentions.node(name)?;
            }
            Entry::OneWay(left, right) => mentions.link(left, right)?,
            Entry::TwoWays(left, right) => {
                mentions.link(left, right)?;
                if left != right {
                    mentions.link(right, left)?;
                }
            }
        }
        Ok(())
    }
}

/// The words and arrows of a line, one after the other.
struct Words<'a> {
    line: &'a str,
    left: &'a str,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Result<Option<Token<'a>>, LineProblem> {
        self.left = self.left.trim_start_matches([' ', '\t']);
        if self.left_is_comment() {
            return Ok(None);
        }
        for (arrow, token) in [("<->", Token::TwoWayArrow), ("->", Token::Arrow)] {
            if let Some(left) = self.left.strip_prefix(arrow) {
                self.left = left;
                return Ok(Some(token));
            }
        }
        if self.left.starts_with('"') {
            let (name, left) = quoted(self.left)?;
            if !left.is_empty() && !left.starts_with([' ', '\t', '#', '-', '<']) {
                return Err(separator_of(left).map_or(LineProblem::Quotes, LineProblem::Separator));
            }
            self.left = left;
            return Ok(Some(Token::Name(name)));
        }
        let (word, left) = self.left.split_at(word_length(self.left));
        self.left = left;
        Ok(Some(Token::Name(Cow::Borrowed(word))))
    }

    fn left_is_comment(&self) -> bool {
        let left = self.left.trim_start_matches([' ', '\t']);
        left.is_empty() || left.starts_with('#')
    }

    /// The problem of a line with more text after two names. A separator in the line is the more
    /// likely reason.
    fn problem_after_two(&self) -> LineProblem {
        let is_arrow = self.left.contains("->") || self.line.contains("<-");
        match separator_of(self.line) {
            Some(separator) => LineProblem::Separator(separator),
            None if is_arrow => LineProblem::NotALink,
            None if self.line.contains(is_hidden_in_a_line) => first_hidden(self.line),
            None if self.line.split([' ', '\t']).any(is_other_arrow) => LineProblem::NotALink,
            None => LineProblem::MoreColumns,
        }
    }
}

/// The arrows of other formats.
fn is_other_arrow(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| matches!(c, '-' | '=' | '>' | '<' | '~'))
}

fn is_hidden_in_a_line(c: char) -> bool {
    c != '\t' && is_hidden(c)
}

fn first_hidden(line: &str) -> LineProblem {
    let hidden = line.chars().find(|&c| is_hidden_in_a_line(c));
    hidden.map_or(LineProblem::NotALink, LineProblem::Invisible)
}

/// The length of the first word, in bytes. It is not 0, since the text begins with a word.
fn word_length(text: &str) -> usize {
    let ends = |(at, c): &(usize, char)| {
        let left = &text[*at..];
        matches!(c, ' ' | '\t' | '#') || left.starts_with("->") || left.starts_with("<->")
    };
    text.char_indices().find(ends).map_or(text.len(), |(at, _)| at)
}

fn check_bare(name: &str, line: &str) -> Result<(), LineProblem> {
    if let Some(hidden) = name.chars().find(|&c| is_hidden(c)) {
        return Err(LineProblem::Invisible(hidden));
    }
    let Some(fault) = why_not_bare(name) else { return Ok(()) };
    if let Some(separator) = separator_of(line) {
        return Err(LineProblem::Separator(separator));
    }
    Err(LineProblem::Name { name: name.to_owned(), fault })
}

/// The separator of another format, if the line has such a character outside of its comment.
fn separator_of(line: &str) -> Option<char> {
    let content = line.split('#').next().unwrap_or_default();
    [',', ';', '|'].into_iter().find(|&separator| content.contains(separator))
}

/// The name in double quotes at the start of a text, and the text after it.
fn quoted(text: &str) -> Result<(Cow<'_, str>, &str), LineProblem> {
    let mut name = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if is_name(&name) => return Ok((Cow::Owned(name), &text[at + 1..])),
            '"' => return Err(LineProblem::Quotes),
            '\\' => match chars.next() {
                Some((_, escaped @ ('"' | '\\'))) => name.push(escaped),
                _ => return Err(LineProblem::Quotes),
            },
            c if is_hidden(c) => return Err(LineProblem::Invisible(c)),
            c => name.push(c),
        }
    }
    Err(LineProblem::Quotes)
}

/// The columns of a line, one after the other.
struct Columns<'a> {
    /// The text after the last separator; `None` after the last column.
    left: Option<&'a str>,
    separator: char,
}

impl<'a> Columns<'a> {
    fn next(&mut self) -> Result<Option<Cow<'a, str>>, LineProblem> {
        let Some(left) = self.left.map(str::trim_start) else { return Ok(None) };
        let (column, left) = if left.starts_with('"') {
            let (name, left) = quoted(left)?;
            (name, left.trim_start())
        } else {
            let end = left.find(self.separator).unwrap_or(left.len());
            (Cow::Borrowed(left[..end].trim_end()), &left[end..])
        };
        self.left = match left.strip_prefix(self.separator) {
            Some(left) => Some(left),
            None if left.is_empty() => None,
            None => return Err(LineProblem::Quotes),
        };
        if let Some(hidden) = column.chars().find(|&c| is_hidden(c)) {
            return Err(LineProblem::Invisible(hidden));
        }
        if column.is_empty() { Err(LineProblem::NotALink) } else { Ok(Some(column)) }
    }
}
