//! The rules of a line.

use crate::text::Line;

/// Columns of a line, as rustfmt has it for code.
pub(crate) const WIDTH: usize = 100;

/// Words that are hard to read, and the words to write instead.
const WORDS: [(&str, &str); 8] = [
    ("nobody", "name who does not, as in \"no node waits\""),
    ("whoever", "name the caller, node or thread"),
    ("so many", "say which number, as in \"at most `limit` steps\""),
    ("for ever", "say what would end it, or \"never ends\""),
    ("every so often", "say how often"),
    ("simply", "leave it out"),
    ("obviously", "leave it out"),
    ("TODO", "do it, or write an issue"),
];

/// Openings that hide the subject of a sentence.
const OPENINGS: [&str; 5] = ["What ", "One that ", "Those who ", "Those that ", "Who "];

/// The number of columns of a line, if it is too large. Tables and links cannot be broken.
pub(crate) fn too_long(line: &Line) -> Option<usize> {
    let is_table = line.prose.starts_with('|');
    let is_link =
        line.whole.contains("://") || line.prose.starts_with('[') && line.prose.contains("]: ");
    let columns = without_targets(&line.whole).chars().count();
    (columns > WIDTH && !is_table && !is_link).then_some(columns)
}

/// A line without the targets of its links: `[text](target)` counts as `[text]`.
fn without_targets(line: &str) -> String {
    let mut pieces = line.split("](");
    let mut rest = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        rest.push(']');
        rest.push_str(piece.split_once(')').map_or(piece, |(_, after)| after));
    }
    rest
}

/// The advice for each banned word, and each banned opening, of a line.
pub(crate) fn banned_words(line: &Line) -> Vec<String> {
    let prose = &line.prose;
    let lower = prose.to_lowercase();
    let words = WORDS.iter().filter(|(word, _)| match *word {
        "TODO" => holds_word(prose, word),
        _ => holds_word(&lower, word),
    });
    let mut advice: Vec<_> =
        words.map(|(word, instead)| format!("\"{word}\": {instead}")).collect();
    // A question begins like that, and a heading may be one.
    if !prose.contains('?') {
        let openings = OPENINGS.iter().filter(|opening| opens_a_sentence(line, opening));
        advice.extend(openings.map(|opening| {
            format!("\"{opening}...\": begin with the thing that the sentence is about")
        }));
    }
    advice
}

fn holds_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(start, _)| {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let before = text[..start].chars().next_back();
        let after = text[start + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Whether a sentence of the line begins with `opening`. A capital letter shows that a sentence is
/// new.
fn opens_a_sentence(line: &Line, opening: &str) -> bool {
    let start = line.prose.trim_start_matches(['*', '-', ' ']);
    (start.starts_with(opening) && !line.is_first) || line.prose.contains(&format!(". {opening}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{of_markdown, of_source};

    fn complaints(source: &str) -> usize {
        let lines = of_source(source);
        let long = lines.iter().filter_map(too_long).count();
        long + lines.iter().flat_map(banned_words).count()
    }

    #[test]
    fn each_fault_is_seen() {
        let word = "a".repeat(30);
        for source in [
            format!("/// {word} {word} {word} {word}"),
            format!("    //! {word} {word} {word} [a](b)"),
            "/// Nobody waits.".to_owned(),
            "/// It waits for ever.".to_owned(),
            "/// A queue.\n/// What was put is received.".to_owned(),
            "/// It ends. What was put is received.".to_owned(),
            "/// A node:\n/// * One that waits.".to_owned(),
            "/// ```text\n/// x\n/// ```\n/// TODO".to_owned(),
        ] {
            assert_eq!(complaints(&source), 1, "{source}");
        }
    }

    #[test]
    fn what_follows_the_rules_is_let_be() {
        let (word, target) = ("a".repeat(30), "b".repeat(60));
        for source in [
            format!("/// | {word} | {word} | {word} | {word} |"),
            format!("/// [{word} {word}](super::{target})"),
            format!("/// [{word}]: crate::{target}{target}"),
            format!("// {word} {word} {word} {word}"),
            "/// # What does it cost?".to_owned(),
            "/// What a node records.".to_owned(),
            "/// ```text\n/// nobody\n/// ```".to_owned(),
            "/// It is simplyfied, and nobodys.".to_owned(),
            "let nobody = \"What is\";".to_owned(),
        ] {
            assert_eq!(complaints(&source), 0, "{source}");
        }
        let lines = of_markdown("```text\nnobody\n```\nA node waits.\n");
        assert_eq!(lines.iter().flat_map(banned_words).count(), 0);
    }
}
