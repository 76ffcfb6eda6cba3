//! The files that are older than the rules, and how many faults each still has. The list only
//! becomes shorter.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use crate::text::root;

/// The number of faults of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) long: usize,
    pub(crate) words: usize,
}

impl Counts {
    pub(crate) fn least(self, other: Counts) -> Counts {
        Counts { long: self.long.min(other.long), words: self.words.min(other.words) }
    }
}

const HEAD: &str = "\
# Files that are older than the rules of tests/texts: long lines, and banned words, that each still has.
# New ones fail. After mending some: CONSISTENT_CUT_SHORTEN=1 cargo test --test texts
";

fn file() -> PathBuf {
    root().join("tests/texts/known.txt")
}

/// The list: `PATH LONG WORDS`, a line each.
pub(crate) fn read() -> BTreeMap<String, Counts> {
    let list = fs::read_to_string(file()).expect("the list is there");
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let entries = lines.map(|line| {
        let mut words = line.split(' ');
        let mut next = || words.next().unwrap_or_else(|| panic!("{line}: a word is missing"));
        let path = next().to_owned();
        let mut count = || next().parse().unwrap_or_else(|_| panic!("{line}: no number"));
        (path, Counts { long: count(), words: count() })
    });
    entries.collect()
}

/// Writes the list with what is left of the faults, where the variable asks for it.
pub(crate) fn shorten(now: &BTreeMap<String, Counts>) {
    if std::env::var_os("CONSISTENT_CUT_SHORTEN").is_none() {
        return;
    }
    let mut list = HEAD.to_owned();
    for (path, counts) in now.iter().filter(|(_, counts)| **counts != Counts::default()) {
        writeln!(list, "{path} {} {}", counts.long, counts.words).expect("a string takes all");
    }
    fs::write(file(), list).expect("the list can be written");
}
