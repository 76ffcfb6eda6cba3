//! Formats that are recognised by the beginning of a text.

use crate::topology::error::TopologyError;

/// A format that is not an edge list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Gml,
    GraphMl,
    Dot,
    Other {
        name: &'static str,
        /// The networkx function that reads it, if there is one. The text includes the argument if
        /// that is not a path.
        reader: Option<&'static str>,
    },
}

const fn other(name: &'static str, reader: &'static str) -> Option<Format> {
    Some(Format::Other { name, reader: Some(reader) })
}

const fn unread(name: &'static str) -> Option<Format> {
    Some(Format::Other { name, reader: None })
}

impl Format {
    pub(crate) fn into_error(self) -> TopologyError {
        let (format, reader) = match self {
            Format::Gml => ("GML", "from_gml"),
            Format::GraphMl => ("GraphML", "from_graphml"),
            Format::Dot => ("DOT", "from_dot"),
            Format::Other { name, reader } => {
                return TopologyError::OtherFormat { format: name, advice: conversion(reader) };
            }
        };
        let advice = format!(
            "with the feature `graph-files`, read it with `Topology::{reader}`, or a file with \
             `Topology::from_graph_file`"
        );
        TopologyError::OtherFormat { format, advice }
    }
}

/// The advice for turning a text into an edge list.
pub(super) fn conversion(reader: Option<&str>) -> String {
    let lines = "write one link per line, as `A -> B`, or `A <-> B` for both directions";
    match reader {
        None => lines.to_owned(),
        Some(reader) => {
            let argument = if reader.contains('(') { "" } else { "(path)" };
            format!(
                "{lines}; networkx converts it: \
                 `networkx.write_edgelist(networkx.{reader}{argument}, out, data=False)`"
            )
        }
    }
}

/// The format of a text, recognised by its beginning. At most linear in the length of the text.
pub(crate) fn format_of(text: &str) -> Option<Format> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
    let plain = skip_comments(text);
    if is_dot(plain) {
        return Some(Format::Dot);
    }
    if let Some(format) = by_first_character(text) {
        return Some(format);
    }
    // The text is an edge list whose first node has the name of a keyword.
    if plain.lines().next().is_some_and(|line| line.contains("->")) {
        return None;
    }
    if is_gml(plain) { Some(Format::Gml) } else { by_first_words(plain) }
}

fn by_first_character(text: &str) -> Option<Format> {
    let mut chars = text.chars();
    match (chars.next()?, chars.next()) {
        ('<', Some('?' | '!' | 'A'..='Z' | 'a'..='z')) => xml(text),
        ('{' | '[', _) => other("JSON", "node_link_graph(json.load(open(path)))"),
        ('*', _) => other("Pajek", "read_pajek"),
        ('%', Some('%')) if text.starts_with("%%MatrixMarket") => unread("Matrix Market"),
        ('>', Some('>')) if text.starts_with(">>sparse6<<") => other("sparse6", "read_sparse6"),
        ('>', Some('>')) => other("graph6", "read_graph6"),
        ('(', _) if text.starts_with("(tlp") => unread("Tulip"),
        ('`', Some('`')) => unread("Markdown"),
        _ => None,
    }
}

fn xml(text: &str) -> Option<Format> {
    let holds = |element: &str| {
        text.match_indices('<').take(100).any(|(at, _)| {
            let name = text[at + 1..].split([' ', '\t', '\r', '\n', '>', '/']).next();
            name.and_then(|name| name.rsplit(':').next()) == Some(element)
        })
    };
    if holds("graphml") {
        return Some(Format::GraphMl);
    }
    if holds("gexf") {
        return other("GEXF", "read_gexf");
    }
    // A list of triples begins with an address in angle brackets too.
    let is_triples = text.starts_with("<http") || text.starts_with("<urn");
    if is_triples { unread("N-Triples") } else { unread("XML") }
}

/// Skips blank lines and comments at the beginning, as written in shells, C and Pajek.
fn skip_comments(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        let end = match text.get(..2) {
            Some("//") => text.find('\n'),
            Some("/*") => text.find("*/").map(|at| at + 1),
            _ if text.starts_with(['#', '%']) => text.find('\n'),
            _ => return text,
        };
        match end {
            Some(end) => text = &text[end + 1..],
            None => return "",
        }
    }
}

/// Whether a text is GML: it has `graph [`, perhaps after keys such as `Creator "igraph"`.
fn is_gml(text: &str) -> bool {
    let first = text.split([' ', '\t', '\r', '\n', '[', '"']).next().unwrap_or_default();
    let is_key = ["graph", "creator", "version", "comment", "directed"];
    is_key.iter().any(|key| first.eq_ignore_ascii_case(key))
        && text
            .match_indices("graph")
            .take(100)
            .any(|(at, word)| text[at + word.len()..].trim_start().starts_with('['))
}

/// Whether a text is DOT: it begins with `strict digraph "name" {` or a shorter form.
fn is_dot(text: &str) -> bool {
    let text = strip_word(text, "strict").unwrap_or(text);
    let Some(text) = strip_word(text, "digraph").or_else(|| strip_word(text, "graph")) else {
        return false;
    };
    let after_name = match text.strip_prefix('"') {
        Some(name) => name.split_once('"').map_or("", |(_, rest)| rest),
        None => text.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.')),
    };
    skip_comments(after_name).starts_with('{')
}

/// The rest of the text after the word, if the text begins with it. Case is ignored.
fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (first, rest) = text.split_at_checked(word.len())?;
    let ends = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (first.eq_ignore_ascii_case(word) && ends).then(|| skip_comments(rest))
}

fn by_first_words(text: &str) -> Option<Format> {
    let line = text.lines().next()?.to_ascii_lowercase();
    let words: Vec<&str> = line.split_whitespace().take(5).collect();
    match words[..] {
        ["graph", direction] if is_direction(direction) => unread("Mermaid"),
        ["flowchart" | "flowchart-elk" | "sequencediagram" | "statediagram-v2", ..] => {
            unread("Mermaid")
        }
        ["dl", ..] if line.contains('=') => unread("UCINET"),
        [first, ..] if first.starts_with("@start") => unread("PlantUML"),
        ["leda.graph"] => other("LEDA", "read_leda"),
        ["p", "edge" | "col" | "sp" | "max" | "min" | "asn", _, ..] => unread("DIMACS"),
        ["c", ..] if text.lines().any(|line| line.starts_with("p ")) => unread("DIMACS"),
        [first, ..] if first.starts_with("nodedef>") => unread("GDF"),
        [first, ..] if first.starts_with('*') => other("Pajek", "read_pajek"),
        _ => None,
    }
}

fn is_direction(word: &str) -> bool {
    matches!(word.trim_end_matches(';'), "td" | "tb" | "bt" | "rl" | "lr")
}
