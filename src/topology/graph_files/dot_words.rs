//! The words of DOT.

use std::borrow::Cow;

use winnow::combinator::{alt, delimited, opt, repeat};
use winnow::error::EmptyError;
use winnow::prelude::*;
use winnow::token::{any, one_of, take_till, take_while};

use super::lexer::{Language, Parsed};

pub(super) struct Dot;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word<'a> {
    /// One of `{ } [ ] ; , = : +`.
    Sign(char),
    /// `->`
    Arrow,
    /// `--`
    Line,
    /// A name or a number without quotes; it may be a keyword.
    Plain(&'a str),
    /// The text in double quotes.
    Quoted(Cow<'a, str>),
    /// `<...>`, brackets included.
    Html(&'a str),
}

impl<'a> Language<'a> for Dot {
    const FORMAT: &'static str = "DOT";
    const WORDS: &'static str = "a name, a number, a text in quotes, an edge or a bracket";
    type Word = Word<'a>;

    fn word(text: &mut &'a str) -> Parsed<Word<'a>> {
        alt((
            "->".value(Word::Arrow),
            "--".value(Word::Line),
            one_of(['{', '}', '[', ']', ';', ',', '=', ':', '+']).map(Word::Sign),
            quoted.map(|text| Word::Quoted(unescaped(text))),
            html.map(Word::Html),
            plain.map(Word::Plain),
        ))
        .parse_next(text)
    }

    fn gap(text: &mut &'a str) -> Parsed<()> {
        alt((
            take_while(1.., char::is_whitespace).void(),
            ("//", take_till(0.., '\n')).void(),
            // A line for the preprocessor.
            ('#', take_till(0.., '\n')).void(),
            block_comment,
        ))
        .parse_next(text)
    }
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

/// Parses a name or a number, which must not touch another. Graphviz reads three words in
/// `10.0.0.1`.
fn plain<'a>(text: &mut &'a str) -> Parsed<&'a str> {
    let word = alt((number, take_while(1.., is_of_a_name))).parse_next(text)?;
    let is_over = !text.starts_with(|c: char| c == '.' || is_of_a_name(c));
    is_over.then_some(word).ok_or(EmptyError)
}

/// Parses `-.5`, `1.`, `1.5` or `15`. Graphviz ends a number where a name begins; here `1a` is a
/// name.
fn number<'a>(text: &mut &'a str) -> Parsed<&'a str> {
    let is_digit = |c: char| c.is_ascii_digit();
    alt((
        (opt('-'), take_while(1.., is_digit), '.', take_while(0.., is_digit)).take(),
        (opt('-'), '.', take_while(1.., is_digit)).take(),
        ('-', take_while(1.., is_digit)).take(),
    ))
    .parse_next(text)
}

/// Parses a text in quotes. A backslash takes the next character along, so `\"` does not end the
/// text.
fn quoted<'a>(text: &mut &'a str) -> Parsed<&'a str> {
    let piece = alt((take_till(1.., ['"', '\\']).void(), ('\\', any).void()));
    delimited('"', repeat::<_, _, (), _, _>(0.., piece).take(), '"').parse_next(text)
}

/// Resolves backslashes: `\"` is a quote, and a backslash at the end of a line joins that line with
/// the next. Other backslashes belong to the language of labels.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some('"')) => plain.extend(chars.next()),
            ('\\', Some('\n')) => _ = chars.next(),
            ('\\', Some('\\')) => {
                plain.push('\\');
                plain.extend(chars.next());
            }
            _ => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

fn html<'a>(text: &mut &'a str) -> Parsed<&'a str> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            let (html, left) = text.split_at(at + c.len_utf8());
            if at == 0 {
                break;
            }
            *text = left;
            return Ok(html);
        }
    }
    Err(EmptyError)
}

fn block_comment(text: &mut &str) -> Parsed<()> {
    let rest = text.strip_prefix("/*").ok_or(EmptyError)?;
    let (_, left) = rest.split_once("*/").ok_or(EmptyError)?;
    *text = left;
    Ok(())
}

/// A label as a person reads it: `\N` is the node's id, and ends of lines become blanks.
pub(super) fn label_text(label: &str, id: &str) -> String {
    let mut text = String::with_capacity(label.len());
    let mut chars = label.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('N') => text.push_str(id),
            Some('n' | 'l' | 'r') => text.push(' '),
            Some(other) => text.push(other),
            None => text.push('\\'),
        }
    }
    text
}
