//! The style of doc comments and Markdown. A failure says where and what to do.

mod features;
mod guide;
mod rules;
mod text;

use text::texts;

#[test]
fn lines_are_short_and_sentences_begin_with_their_subject() {
    let texts = texts();
    assert!(texts.len() > 200, "the texts were not found");
    let mut complaints = Vec::new();
    for text in &texts {
        for line in &text.lines {
            let place = format!("{}:{}", text.path, line.number);
            if let Some(columns) = rules::too_long(line) {
                complaints.push(format!("{place} has {columns} columns"));
            }
            for advice in rules::banned_words(line) {
                complaints.push(format!("{place}: {advice}"));
            }
        }
    }
    assert!(
        complaints.is_empty(),
        "lines of at most {} columns, and plain sentences (CONTRIBUTING.md, Gates):\n  {}",
        rules::WIDTH,
        complaints.join("\n  ")
    );
}

#[test]
fn readme_and_root_page_list_the_features_of_the_manifest() {
    let features = features::of_the_manifest();
    assert!(features.len() >= 4, "the features were not found: {features:?}");
    assert_eq!(features::in_the_table_of("README.md", "## Features"), features);
    let heading = "//! # Which features exist?";
    assert_eq!(features::in_the_table_of("src/lib.rs", heading), features);
}
