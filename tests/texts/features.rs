//! The features of the manifest, and the tables that list them.

use std::collections::BTreeSet;
use std::fs;

use crate::text::root;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines from the one after a heading to the next heading.
fn section<'a>(text: &'a str, heading: &str, next: impl Fn(&str) -> bool) -> Vec<&'a str> {
    let lines = text.lines().skip_while(|line| *line != heading).skip(1);
    lines.take_while(|line| !next(line)).collect()
}

/// The keys of the table `features` of Cargo.toml.
pub(crate) fn of_the_manifest() -> BTreeSet<String> {
    let manifest = read("Cargo.toml");
    let lines = section(&manifest, "[features]", |line| line.starts_with('['));
    let keys = lines.into_iter().filter_map(|line| line.split_once(" = "));
    keys.map(|(key, _)| key.to_owned()).filter(|key| !key.starts_with(['#', ' '])).collect()
}

/// The names in the first column of the table under a heading.
pub(crate) fn in_the_table_of(path: &str, heading: &str) -> BTreeSet<String> {
    let text = read(path);
    let mark = heading.split_once('#').map_or("", |(mark, _)| mark);
    let next_heading = format!("{mark}#");
    let lines = section(&text, heading, |line| line.starts_with(&next_heading));
    assert!(!lines.is_empty(), "{path} has no heading {heading:?}");
    let rows = lines.into_iter().filter_map(|line| line.strip_prefix(mark)?.strip_prefix("| `"));
    rows.filter_map(|row| Some(row.split_once('`')?.0.to_owned())).collect()
}
