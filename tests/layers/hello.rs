//! The first example of the crate is the same wherever a reader meets it.

const EXAMPLE: &str = include_str!("../../examples/hello.rs");
const README: &str = include_str!("../../README.md");
const ROOT: &str = include_str!("../../src/lib.rs");

/// The example without its first line, a comment.
fn code() -> &'static str {
    EXAMPLE.split_once('\n').unwrap().1
}

#[test]
fn the_readme_shows_the_example() {
    assert!(README.contains(&format!("```rust\n{}```", code())));
}

#[test]
fn the_root_page_shows_the_example() {
    let page: String = ROOT
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect();
    assert!(page.contains(&format!("```\n{}```", code())));
}

#[test]
fn the_example_is_short() {
    assert!(code().lines().count() < 40);
}
