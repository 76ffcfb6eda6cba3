//! Lists of words in one or two columns that are more likely another format than an edge list.
//!
//! Lists with arrows or quotes are not checked here: they are edge lists without doubt. A text that
//! is refused in error can be read after its links are written as `A -> B`.

use std::collections::BTreeSet;

use super::other_formats::conversion;
use crate::topology::error::{LineProblem, TopologyError};
use crate::topology::words::beginning;

/// A line that is neither blank nor a comment. The comment at its end is left out.
struct Row<'a> {
    line: usize,
    first: &'a str,
    second: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn both(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        [Some(self.first), self.second].into_iter().flatten()
    }

    fn error(&self, problem: LineProblem) -> TopologyError {
        let text = beginning(&self.both().collect::<Vec<_>>().join(" "));
        TopologyError::UnreadableLine { line: self.line, text, problem }
    }
}

/// Refuses a list without arrows that has the shape of another format. Linear in the length of the
/// list, apart from sorting.
pub(super) fn check(text: &str) -> Result<(), TopologyError> {
    if text.lines().any(is_ours) {
        return Ok(());
    }
    let rows: Vec<Row<'_>> = (1..).zip(text.lines()).filter_map(row).collect();
    let [first, others @ ..] = &rows[..] else { return Ok(()) };
    if is_metis(text) {
        return Err(other("METIS", None));
    }
    if is_header(first, others) {
        return Err(first.error(LineProblem::Header));
    }
    if let Some(separator) = common_separator(&rows) {
        return Err(first.error(LineProblem::Separator(separator)));
    }
    if is_lgl(text, &rows) {
        return Err(other("LGL", None));
    }
    if is_trivial_graph_format(text, &rows) {
        return Err(other("Trivial Graph Format", None));
    }
    if rows.iter().all(|row| row.second.is_none() && is_graph6(row.first)) {
        return Err(other("graph6", Some("read_graph6")));
    }
    Ok(())
}

/// Names the format of a list that could not be read as an edge list, if that explains the failure
/// better than the error of its first line.
pub(super) fn explain(text: &str) -> Result<(), TopologyError> {
    if is_metis(text) {
        return Err(other("METIS", None));
    }
    let rows: Vec<Row<'_>> = (1..).zip(text.lines()).filter_map(row).collect();
    if rows.iter().any(|row| row.second.is_some()) && is_lgl(text, &rows) {
        return Err(other("LGL", None));
    }
    Ok(())
}

/// Whether a line shows that the text is an edge list.
fn is_ours(line: &str) -> bool {
    line.split('#').next().is_some_and(|content| content.contains("->") || content.contains('"'))
}

fn other(format: &'static str, reader: Option<&str>) -> TopologyError {
    TopologyError::OtherFormat { format, advice: conversion(reader) }
}

fn row((line, text): (usize, &str)) -> Option<Row<'_>> {
    let mut words = text.split('#').next()?.split_whitespace();
    Some(Row { line, first: words.next()?, second: words.next() })
}

fn is_header(first: &Row<'_>, others: &[Row<'_>]) -> bool {
    is_header_of_words(first, others)
        || is_header_of_numbers(first, others)
        || is_header_of_counts(first, others)
}

/// The first line is `source target`, or another known pair of words, and these words come in no
/// other line.
fn is_header_of_words(first: &Row<'_>, others: &[Row<'_>]) -> bool {
    const HEADERS: [(&str, &str); 13] = [
        ("source", "target"),
        ("source", "destination"),
        ("source", "sink"),
        ("src", "dst"),
        ("src", "dest"),
        ("from", "to"),
        ("fromnodeid", "tonodeid"),
        ("from_id", "to_id"),
        ("start", "end"),
        ("tail", "head"),
        ("node1", "node2"),
        ("node_1", "node_2"),
        ("id1", "id2"),
    ];
    let Some(second) = first.second else { return false };
    let pair = [first.first, second].map(str::to_ascii_lowercase);
    let is_known = HEADERS.iter().any(|(source, target)| pair == [*source, *target]);
    is_known
        && !others.is_empty()
        && !others.iter().flat_map(Row::both).any(|name| name == first.first || name == second)
}

/// The first line has two words, and all other lines have only numbers.
fn is_header_of_numbers(first: &Row<'_>, others: &[Row<'_>]) -> bool {
    let mut ends = others.iter().flat_map(Row::both);
    first.second.is_some()
        && !others.is_empty()
        && first.both().all(|name| name.parse::<f64>().is_err())
        && ends.all(|end| end.parse::<usize>().is_ok())
}

/// The first line is `nodes links`: that many links follow, and no number is greater than `nodes`.
/// With one link this would be little evidence, unless the link's ends are counted from 0.
fn is_header_of_counts(first: &Row<'_>, others: &[Row<'_>]) -> bool {
    let [Some(nodes), Some(links)] = [Some(first.first), first.second].map(number) else {
        return false;
    };
    let most = if links == 1 { nodes.saturating_sub(1) } else { nodes };
    let is_link = |row: &Row<'_>| {
        [Some(row.first), row.second].map(number).iter().all(|end| end.is_some_and(|n| n <= most))
    };
    links == others.len() && links > 0 && others.iter().all(is_link)
}

/// The character that occurs once in each line, if each line is a single word.
fn common_separator(rows: &[Row<'_>]) -> Option<char> {
    let [first, _, ..] = rows else { return None };
    let may_part = |c: &char| !c.is_alphanumeric() && !matches!(c, '_' | '.');
    let parts = |c: char, row: &Row<'_>| {
        let ends = row.first.split_once(c);
        let is_once = ends.is_some_and(|(a, b)| !a.is_empty() && !b.is_empty() && !b.contains(c));
        row.second.is_none() && is_once
    };
    let mut candidates = first.first.chars().filter(may_part);
    candidates.find(|&c| rows.iter().all(|row| parts(c, row)))
}

fn number(word: Option<&str>) -> Option<usize> {
    word?.parse().ok()
}

/// The first line is `nodes links`. Then each node has a line with its neighbours, and each
/// neighbour names the node too.
fn is_metis(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim_start().starts_with(['#', '%']));
    let head: Option<Vec<usize>> = lines.next().and_then(numbers);
    let Some([nodes, links]) = head.as_deref() else { return false };
    let mut pairs = BTreeSet::new();
    for node in 1..=*nodes {
        let Some(neighbours) = lines.next().and_then(numbers) else { return false };
        pairs.extend(neighbours.into_iter().map(|neighbour| (node, neighbour)));
    }
    let is_symmetric = |&(a, b): &(usize, usize)| a != b && pairs.contains(&(b, a));
    *links > 0
        && Some(pairs.len()) == links.checked_mul(2)
        && pairs.iter().all(is_symmetric)
        && lines.all(|line| line.trim().is_empty())
}

fn numbers(line: &str) -> Option<Vec<usize>> {
    line.split_whitespace().map(|word| word.parse().ok()).collect()
}

/// The text has `# A`, then A's neighbours, one per line, each with or without its weight.
fn is_lgl(text: &str, rows: &[Row<'_>]) -> bool {
    let is_neighbour =
        |row: &Row<'_>| row.second.is_none_or(|weight| weight.parse::<f64>().is_ok());
    let begins_so = text.trim_start().lines().next().is_some_and(|line| head_of(line).is_some());
    if !begins_so || !rows.iter().all(is_neighbour) {
        return false;
    }
    let heads: BTreeSet<&str> = text.lines().filter_map(head_of).collect();
    rows.iter().all(|row| row.second.is_none()) || rows.iter().any(|row| heads.contains(row.first))
}

/// The word of a comment that has one word.
fn head_of(line: &str) -> Option<&str> {
    let mut words = line.strip_prefix("# ")?.split_whitespace();
    let head = words.next()?;
    words.next().is_none().then_some(head)
}

/// The text has numbers of nodes with their labels, a line with only `#`, and pairs of these
/// numbers.
fn is_trivial_graph_format(text: &str, rows: &[Row<'_>]) -> bool {
    let Some(divide) = text.lines().position(|line| line.trim() == "#") else { return false };
    let (nodes, links) = rows.split_at(rows.partition_point(|row| row.line <= divide));
    let ids: BTreeSet<&str> = nodes.iter().map(|row| row.first).collect();
    let has_label = |row: &Row<'_>| row.second.is_some_and(|label| !ids.contains(label));
    let has_its_id = |row: &Row<'_>| row.second == Some(row.first);
    ids.len() == nodes.len()
        && !nodes.is_empty()
        && (nodes.iter().any(has_label) || nodes.iter().all(has_its_id))
        && links.iter().flat_map(Row::both).all(|end| ids.contains(end))
}

/// The word is a graph in printable characters: the number of nodes, then six pairs per character.
fn is_graph6(word: &str) -> bool {
    let (word, is_directed) = word.strip_prefix('&').map_or((word, false), |word| (word, true));
    let sixes: Option<Vec<usize>> = word
        .bytes()
        .map(|byte| byte.checked_sub(63).map(usize::from).filter(|&six| six < 64))
        .collect();
    // From 63 nodes on, the number has another form, and the word has more than 300 characters.
    let Some([nodes @ 2..63, pairs @ ..]) = sixes.as_deref() else { return false };
    let bits = if is_directed { nodes * nodes } else { nodes * (nodes - 1) / 2 };
    let padding = (6 - bits % 6) % 6;
    let is_padded = pairs.last().is_some_and(|last| last % (1 << padding) == 0);
    pairs.len() == bits.div_ceil(6) && is_padded
}
