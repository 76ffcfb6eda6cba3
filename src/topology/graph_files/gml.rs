//! GML: keys, each with a number, a text, or more keys in brackets.
//!
//! The format is M. Himsolt's *GML: A portable Graph File Format* (University of Passau, 1997).

use std::borrow::Cow;

use winnow::combinator::{alt, delimited};
use winnow::prelude::*;
use winnow::token::{take_till, take_while};

use super::lexer::{Language, Lexer, Parsed};
use super::sketch::{At, Direction, Sketch};
use crate::topology::error::TopologyError;
use crate::topology::topology::Topology;

struct Gml;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word<'a> {
    Open,
    Close,
    /// The text in double quotes.
    Text(&'a str),
    /// A key or a number.
    Plain(&'a str),
}

impl<'a> Language<'a> for Gml {
    const FORMAT: &'static str = "GML";
    const WORDS: &'static str = "a key, a number, a text in quotes, `[` or `]`";
    type Word = Word<'a>;

    fn word(text: &mut &'a str) -> Parsed<Word<'a>> {
        let is_plain = |c: char| !c.is_whitespace() && !matches!(c, '[' | ']' | '"' | '#');
        alt((
            '['.value(Word::Open),
            ']'.value(Word::Close),
            delimited('"', take_till(0.., '"'), '"').map(Word::Text),
            take_while(1.., is_plain).map(Word::Plain),
        ))
        .parse_next(text)
    }

    fn gap(text: &mut &'a str) -> Parsed<()> {
        alt((take_while(1.., char::is_whitespace).void(), ('#', take_till(0.., '\n')).void()))
            .parse_next(text)
    }
}

/// The brackets that are open, from the outermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Graph,
    Node,
    Edge,
    /// Any other brackets, such as `graphics [`.
    Other,
}

/// The values of the node or edge whose brackets are open.
#[derive(Debug, Default)]
struct Open<'a> {
    id: Option<&'a str>,
    label: Option<&'a str>,
    name: Option<&'a str>,
    source: Option<&'a str>,
    target: Option<&'a str>,
}

struct Reader<'a> {
    words: Lexer<'a, Gml>,
    levels: Vec<Level>,
    open: Open<'a>,
    opened_at: At,
    sketch: Sketch,
    /// The edges are kept to the end, since nodes and the direction may be declared later.
    edges: Vec<(At, &'a str, &'a str)>,
    has_graph: bool,
    direction: Direction,
}

pub(super) fn read(text: &str) -> Result<Topology, TopologyError> {
    let words = Lexer::new(text);
    let mut reader = Reader {
        opened_at: words.at(),
        words,
        levels: Vec::new(),
        open: Open::default(),
        sketch: Sketch::default(),
        edges: Vec::new(),
        has_graph: false,
        direction: Direction::BothWays,
    };
    reader.read_all()?;
    reader.finish()
}

impl<'a> Reader<'a> {
    fn read_all(&mut self) -> Result<(), TopologyError> {
        while let Some(word) = self.words.next()? {
            match word {
                Word::Plain(key) if key.starts_with(char::is_alphabetic) => self.read_value(key)?,
                Word::Close => self.close()?,
                Word::Open | Word::Text(_) | Word::Plain(_) => {
                    return Err(self.words.expected("a key or `]`"));
                }
            }
        }
        if self.levels.is_empty() { Ok(()) } else { Err(self.words.expected("`]`")) }
    }

    fn read_value(&mut self, key: &'a str) -> Result<(), TopologyError> {
        match self.words.next()? {
            Some(Word::Open) => self.open(key),
            Some(Word::Text(value) | Word::Plain(value)) => self.set(key, value),
            _ => Err(self.words.expected("a number, a text in quotes, or `[`")),
        }
    }

    fn open(&mut self, key: &str) -> Result<(), TopologyError> {
        let at = self.words.at();
        let level = match (self.levels.last(), key) {
            (None, "graph") if self.has_graph => return Err(at.unsupported("a second graph")),
            (None, "graph") => {
                self.has_graph = true;
                Level::Graph
            }
            (Some(Level::Graph), "node") => Level::Node,
            (Some(Level::Graph), "edge") => Level::Edge,
            (Some(Level::Graph | Level::Node), "graph") => {
                return Err(at.unsupported("a graph within a graph"));
            }
            _ => Level::Other,
        };
        if level != Level::Other {
            (self.open, self.opened_at) = (Open::default(), at);
        }
        self.levels.push(level);
        Ok(())
    }

    fn set(&mut self, key: &str, value: &'a str) -> Result<(), TopologyError> {
        let place = match (self.levels.last(), key) {
            (Some(Level::Graph), "directed") => {
                self.direction = self.direction_of(value)?;
                return Ok(());
            }
            (Some(Level::Node), "id") => &mut self.open.id,
            (Some(Level::Node), "label") => &mut self.open.label,
            (Some(Level::Node), "name") => &mut self.open.name,
            (Some(Level::Edge), "source") => &mut self.open.source,
            (Some(Level::Edge), "target") => &mut self.open.target,
            _ => return Ok(()),
        };
        match place.replace(value) {
            None => Ok(()),
            Some(_) => Err(self.words.at().incomplete(format!("`{key}` is given twice"))),
        }
    }

    fn direction_of(&self, value: &str) -> Result<Direction, TopologyError> {
        match value {
            "0" => Ok(Direction::BothWays),
            "1" => Ok(Direction::OneWay),
            _ => Err(self.words.expected("`directed 0` or `directed 1`")),
        }
    }

    fn close(&mut self) -> Result<(), TopologyError> {
        let Some(level) = self.levels.pop() else {
            return Err(self.words.expected("a key, or the end of the text"));
        };
        match level {
            Level::Node => self.add_node(),
            Level::Edge => self.add_edge(),
            Level::Graph | Level::Other => Ok(()),
        }
    }

    fn add_node(&mut self) -> Result<(), TopologyError> {
        let Open { id, label, name, .. } = std::mem::take(&mut self.open);
        let id = id.ok_or_else(|| self.opened_at.incomplete("a node has no `id`"))?;
        let label = label.or(name).map(decoded).unwrap_or_default();
        self.sketch.declare(id, label.into_owned(), self.opened_at)
    }

    fn add_edge(&mut self) -> Result<(), TopologyError> {
        let Open { source, target, .. } = std::mem::take(&mut self.open);
        let missing = |key: &str| self.opened_at.incomplete(format!("an edge has no `{key}`"));
        let source = source.ok_or_else(|| missing("source"))?;
        let target = target.ok_or_else(|| missing("target"))?;
        self.edges.push((self.opened_at, source, target));
        Ok(())
    }

    fn finish(mut self) -> Result<Topology, TopologyError> {
        if !self.has_graph {
            return Err(self.words.expected("`graph [`"));
        }
        for (at, source, target) in self.edges {
            let [source, target] = [self.sketch.find(source, at)?, self.sketch.find(target, at)?];
            self.sketch.edge(source, target, self.direction)?;
        }
        self.sketch.into_topology()
    }
}

/// A text whose entities, such as `&#233;`, are replaced by their characters.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut left = text;
    while let Some((before, after)) = left.split_once('&') {
        decoded.push_str(before);
        let entity = after.split_once(';').and_then(|(name, rest)| Some((entity(name)?, rest)));
        let (c, rest) = entity.unwrap_or(('&', after));
        decoded.push(c);
        left = rest;
    }
    decoded.push_str(left);
    Cow::Owned(decoded)
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix(['x', 'X']) {
                Some(number) => u32::from_str_radix(number, 16),
                None => number.parse(),
            };
            char::from_u32(number.ok()?)
        }
    }
}
