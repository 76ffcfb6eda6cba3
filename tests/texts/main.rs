//! The style of doc comments and Markdown. A failure says where and what to do.

mod features;
mod guide;
mod known;
mod rules;
mod text;

use std::collections::BTreeMap;

use known::Counts;
use text::{Text, texts};

/// The faults of a text, each with its line.
struct Faults<'a> {
    text: &'a Text,
    long: Vec<String>,
    words: Vec<String>,
}

impl<'a> Faults<'a> {
    fn of(text: &'a Text) -> Self {
        let (mut long, mut words) = (Vec::new(), Vec::new());
        for line in &text.lines {
            let place = format!("{}:{}", text.path, line.number);
            if let Some(columns) = rules::too_long(line) {
                long.push(format!("{place} has {columns} columns"));
            }
            for advice in rules::banned_words(line) {
                words.push(format!("{place}: {advice}"));
            }
        }
        Faults { text, long, words }
    }

    fn counts(&self) -> Counts {
        Counts { long: self.long.len(), words: self.words.len() }
    }
}

#[test]
fn lines_are_short_and_sentences_begin_with_their_subject() {
    let texts = texts();
    assert!(texts.len() > 200, "the texts were not found");
    let mut known = known::read();
    let mut complaints = Vec::new();
    let mut now = BTreeMap::new();
    for faults in texts.iter().map(Faults::of) {
        let (path, counts) = (&faults.text.path, faults.counts());
        let allowed = known.remove(path).unwrap_or_default();
        if counts.long > allowed.long {
            complaints.extend(faults.long);
        }
        if counts.words > allowed.words {
            complaints.extend(faults.words);
        }
        now.insert(path.clone(), counts.least(allowed));
    }
    assert!(
        complaints.is_empty(),
        "lines of at most {} columns, and plain sentences (CONTRIBUTING.md, Gates):\n  {}\n\
         A file of tests/texts/known.txt has more of them than are listed there: mend the new ones.",
        rules::WIDTH,
        complaints.join("\n  ")
    );
    known::shorten(&now);
}

#[test]
fn readme_and_root_page_list_the_features_of_the_manifest() {
    let features = features::of_the_manifest();
    assert!(features.len() >= 4, "the features were not found: {features:?}");
    assert_eq!(features::in_the_table_of("README.md", "## Features"), features);
    let heading = "//! # Which features are there?";
    assert_eq!(features::in_the_table_of("src/lib.rs", heading), features);
}
