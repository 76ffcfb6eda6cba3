//! The guide: its contents, the links between its chapters, and code that it shows of other files.

use std::collections::BTreeSet;
use std::fs;

use crate::text::root;

const SUMMARY: &str = "SUMMARY.md";

/// A chapter, or the summary.
struct Chapter {
    name: String,
    text: String,
}

impl Chapter {
    /// The lines that are not in a block of code.
    fn prose(&self) -> impl Iterator<Item = &str> {
        let mut in_code = false;
        self.text.lines().filter(move |line| {
            let is_fence = line.starts_with("```");
            in_code ^= is_fence;
            !in_code && !is_fence
        })
    }

    /// The targets of its links and pictures, as they are written.
    fn targets(&self) -> impl Iterator<Item = &str> {
        let pieces = self.prose().flat_map(|line| line.split("](").skip(1));
        pieces.filter_map(|piece| Some(piece.split_once(')')?.0))
    }

    /// The anchors of its headings, as mdBook makes them.
    fn anchors(&self) -> BTreeSet<String> {
        let headings = self.prose().filter(|line| line.starts_with('#'));
        headings.map(|heading| anchor(heading.trim_start_matches('#').trim())).collect()
    }

    /// The blocks of code that begin with this fence.
    fn blocks<'a>(&'a self, fence: &'a str) -> impl Iterator<Item = &'a str> {
        let rest = self.text.split(fence).skip(1);
        rest.filter_map(|rest| Some(rest.strip_prefix('\n')?.split_once("```")?.0))
    }
}

/// Letters in lower case, digits, `_` and `-`; a `-` for each space.
fn anchor(heading: &str) -> String {
    let signs = heading.chars().filter_map(|sign| match sign {
        ' ' => Some('-'),
        _ if sign.is_alphanumeric() || "-_".contains(sign) => Some(sign.to_ascii_lowercase()),
        _ => None,
    });
    signs.collect()
}

fn read(path: &str) -> String {
    let text = fs::read_to_string(root().join(path));
    text.unwrap_or_else(|error| panic!("{path}: {error}")).replace('\r', "")
}

fn chapters() -> Vec<Chapter> {
    let files = fs::read_dir(root().join("guide/src")).expect("the guide can be listed");
    let names = files.map(|entry| entry.expect("it can be listed").file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    let pages = names.filter(|name| name.ends_with(".md"));
    pages.map(|name| Chapter { text: read(&format!("guide/src/{name}")), name }).collect()
}

fn chapter(name: &str) -> Chapter {
    chapters().into_iter().find(|chapter| chapter.name == name).expect("the chapter is there")
}

/// What is wrong with a link.
fn complaint(from: &Chapter, target: &str, all: &[Chapter]) -> Option<String> {
    if target.contains("://") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = if file.is_empty() { &from.name } else { file };
    let place = format!("guide/src/{} links to {target}", from.name);
    // mdBook copies what lies in this folder, and nothing else.
    if file.contains("..") || !root().join("guide/src").join(file).is_file() {
        return Some(format!("{place}, and the guide has no file {file}"));
    }
    let page = all.iter().find(|chapter| chapter.name == file);
    let has_anchor = page.is_none_or(|page| page.anchors().contains(anchor));
    (!anchor.is_empty() && !has_anchor).then(|| format!("{place}, and {file} has no such heading"))
}

#[test]
fn every_link_of_the_guide_leads_somewhere() {
    let all = chapters();
    let links = all.iter().flat_map(|from| from.targets().map(move |target| (from, target)));
    let links: Vec<_> = links.collect();
    assert!(links.len() > all.len(), "the links were not found");
    let complaints = links.into_iter().filter_map(|(from, target)| complaint(from, target, &all));
    let complaints: Vec<_> = complaints.collect();
    assert!(complaints.is_empty(), "\n  {}", complaints.join("\n  "));
}

#[test]
fn the_summary_and_the_doctests_list_every_chapter() {
    let (summary, chapters): (Vec<_>, Vec<_>) =
        chapters().into_iter().partition(|chapter| chapter.name == SUMMARY);
    let listed: Vec<_> = summary.iter().flat_map(Chapter::targets).collect();
    let doctests = read("src/guide.rs");
    for Chapter { name, .. } in &chapters {
        let times = listed.iter().filter(|listed| *listed == name).count();
        assert_eq!(times, 1, "guide/src/{SUMMARY} lists {name} {times} times");
        assert!(doctests.contains(&format!("{name:?}")), "src/guide.rs does not name {name}");
    }
    assert_eq!(listed.len(), chapters.len(), "guide/src/{SUMMARY} lists {listed:?}");
}

#[test]
fn the_guide_shows_the_process_that_its_chapters_use() {
    let depot = read("guide/depot.rs");
    assert!(chapter("first-process.md").text.contains(depot.trim_end()));
}

#[test]
fn the_guide_shows_the_model_that_loom_explores() {
    let model = read("tests/loom/countdown.rs");
    let page = chapter("loom.md");
    let blocks: Vec<_> = page.blocks("```rust,ignore").collect();
    assert!(!blocks.is_empty(), "the model was not found");
    for block in blocks {
        assert!(model.contains(block.trim_end()), "tests/loom/countdown.rs does not have\n{block}");
    }
}
