//! The texts: doc comments of sources, and Markdown.

use std::fs;
use std::path::{Path, PathBuf};

/// The text of a file.
pub(crate) struct Text {
    pub(crate) path: String,
    pub(crate) lines: Vec<Line>,
}

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) number: usize,
    /// The line as it stands in the file.
    pub(crate) whole: String,
    /// The line without the marks of a comment. Empty in a block of code.
    pub(crate) prose: String,
    /// Whether it is the first line of a doc comment, which often is a label and no sentence.
    pub(crate) is_first: bool,
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All texts, by path.
pub(crate) fn texts() -> Vec<Text> {
    let mut files = Vec::new();
    for folder in ["src", "tests", "examples", "benches", "guide"] {
        collect(&root().join(folder), &mut files);
    }
    let top = fs::read_dir(root()).expect("the crate's folder can be listed");
    files.extend(top.map(|entry| entry.expect("it can be listed").path()).filter(|p| is(p, "md")));
    files.sort();
    let texts = files.iter().map(|file| {
        let path = file.strip_prefix(root()).expect("it is inside").to_string_lossy().into_owned();
        let content = fs::read_to_string(file).unwrap_or_else(|error| panic!("{path}: {error}"));
        let lines = if is(file, "md") { of_markdown(&content) } else { of_source(&content) };
        Text { path: path.replace('\\', "/"), lines }
    });
    texts.collect()
}

fn is(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|own| own == extension)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("it can be listed").path()) {
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, files);
        } else if is(&path, "rs") || is(&path, "md") {
            files.push(path);
        }
    }
}

/// The doc comments of a source.
pub(crate) fn of_source(content: &str) -> Vec<Line> {
    let docs = (1..).zip(content.lines()).filter_map(|(number, whole)| {
        let line = whole.trim_start();
        let said = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?;
        Some((number, whole, said))
    });
    let (mut in_code, mut last) = (false, None);
    let lines = docs.map(|(number, whole, said)| {
        let prose = prose(said, &mut in_code);
        let is_first = last != Some(number - 1);
        last = Some(number);
        Line { number, whole: whole.to_owned(), prose, is_first }
    });
    lines.collect()
}

/// The lines of a Markdown file. Blocks of code are left out: output stands as it was printed.
pub(crate) fn of_markdown(content: &str) -> Vec<Line> {
    let mut in_code = false;
    let lines = (1..).zip(content.lines()).filter_map(|(number, whole)| {
        let prose = prose(whole, &mut in_code);
        (!in_code).then(|| Line { number, whole: whole.to_owned(), prose, is_first: false })
    });
    lines.collect()
}

fn prose(said: &str, in_code: &mut bool) -> String {
    let said = said.trim();
    let is_fence = said.starts_with("```");
    *in_code ^= is_fence;
    if *in_code || is_fence { String::new() } else { said.to_owned() }
}
