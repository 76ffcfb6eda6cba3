//! Texts as names: which texts can name a node, which of these need quotes in an edge list, and how
//! an error shows a text.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Whether a text can name a node: visible characters, and blanks between them.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(is_hidden)
}

/// White space other than a blank, control characters, and characters without a shape. Two names
/// that differ only in these look the same, and some of these characters control a terminal.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control() || (c.is_whitespace() && c != ' ') || is_shapeless(c)
}

/// Soft hyphens, zero-width characters, and marks of direction.
pub(super) fn is_shapeless(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// The reason why a name needs quotes in an edge list; `None` if it needs none. The words
/// refused here are more likely pieces of another format than names.
pub(super) fn why_not_bare(name: &str) -> Option<String> {
    if let Some(c) = name.chars().find(|&c| is_hidden(c)) {
        return Some(format!("holds the invisible character U+{:04X}", u32::from(c)));
    }
    if let Some(c) = name.chars().find(|&c| is_reserved(c)) {
        return Some(format!("holds `{c}`"));
    }
    let faults = [
        (name.contains("--"), "holds `--`, which is not an arrow here"),
        (name.contains("->"), "holds an arrow"),
        (name.ends_with('-') || name.ends_with("-."), "ends in `-`"),
        (name.starts_with(':') || name.ends_with(':'), "begins or ends with a colon"),
        (name.starts_with("//"), "begins with `//`"),
        (name.starts_with('%'), "begins with `%`"),
        (is_decimal(name), "is a decimal number, as weights are"),
    ];
    let fault = faults.into_iter().find(|(is_there, _)| *is_there)?;
    Some(fault.1.to_owned())
}

/// Characters that other formats use as brackets, quotes, separators, arrows and branches.
fn is_reserved(c: char) -> bool {
    matches!(c, ' ' | '#' | ',' | ';' | '|' | '=' | '*' | '(' | ')' | '[' | ']' | '{' | '}' | '<'
        | '>' | '"' | '\'' | '`' | '\u{ab}' | '\u{bb}' | '\u{2018}'..='\u{201f}'
        | '\u{2190}'..='\u{21ff}' | '\u{2500}'..='\u{257f}' | '\u{27f0}'..='\u{27ff}'
        | '\u{2900}'..='\u{297f}')
}

fn is_decimal(name: &str) -> bool {
    name.contains('.') && name.parse::<f64>().is_ok()
}

/// A name as an edge list has it: in double quotes unless it is a plain word.
pub(super) fn written(name: &str) -> Cow<'_, str> {
    if why_not_bare(name).is_none() {
        return Cow::Borrowed(name);
    }
    quoted(name)
}

/// A name in double quotes.
pub(super) fn quoted(name: &str) -> Cow<'_, str> {
    Cow::Owned(format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A text of unknown origin, for a message. Characters that control a terminal, or that a person
/// cannot see, are escaped as in `\u{1b}`.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            '\n' => shown.push_str("\\n"),
            // Writing to a `String` cannot fail.
            _ if is_hidden(c) => _ = write!(shown, "\\u{{{:x}}}", u32::from(c)),
            _ => shown.push(c),
        }
    }
    shown
}

/// The most characters of a text that an error repeats.
const QUOTED: usize = 80;

/// The beginning of a text, for an error.
pub(super) fn beginning(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}

/// A name for each pair of label and id, in the order of the pairs. All names differ. The
/// [module](super#labels) says how names are made.
pub(super) fn names_of(labels: &[(String, String)]) -> Vec<String> {
    let ids = labels.iter().map(|(_, id)| visible(id)).collect::<Vec<_>>();
    let labels = labels.iter().zip(&ids).map(|((label, _), id)| {
        let label = visible(label);
        if label.is_empty() { id.clone() } else { label }
    });
    let labels: Vec<String> = labels.collect();

    let mut times = BTreeMap::<&str, usize>::new();
    for label in &labels {
        *times.entry(label).or_default() += 1;
    }
    let is_single = |label: &str| times.get(label) == Some(&1) && !label.is_empty();
    let mut taken = Taken {
        names: labels.iter().filter(|label| is_single(label)).cloned().collect(),
        tries: BTreeMap::new(),
    };
    let name = |(label, id): (&String, &String)| {
        if is_single(label) { label.clone() } else { taken.numbered(label, id) }
    };
    labels.iter().zip(&ids).map(name).collect()
}

struct Taken {
    names: BTreeSet<String>,
    /// For each name without a further number, how many numbers were tried.
    tries: BTreeMap<String, usize>,
}

impl Taken {
    /// Names a node `label (id)`. If another node has that name, the name is `label (id, 2)`, and
    /// so on.
    fn numbered(&mut self, label: &str, id: &str) -> String {
        let plain = format!("{label} ({id})").trim_start().to_owned();
        let tries = self.tries.entry(plain.clone()).or_insert(1);
        let mut name = plain;
        while self.names.contains(&name) {
            *tries += 1;
            name = format!("{label} ({id}, {tries})").trim_start().to_owned();
        }
        self.names.insert(name.clone());
        name
    }
}

/// The visible characters of a label, with one blank in place of each white space between words.
fn visible(label: &str) -> String {
    let words = label.split_whitespace().map(|word| word.replace(is_hidden, ""));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
