//! Sources as text, and the paths that a file names.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file: its path from the crate's root, and its text without comments and strings.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) code: String,
    pub(crate) lines: usize,
    /// Every path that the code names, groups of imports taken apart: `use a::{b, c}` names `a::b`
    /// and `a::c`.
    pub(crate) paths: Vec<String>,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Source {
        let code = code_of(text);
        let (path, lines, paths) = (path.to_owned(), text.lines().count(), paths_in(&code));
        Source { path, code, lines, paths }
    }

    /// Its modules, from the outermost: `src/protocol/node.rs` is `protocol`, `node`.
    pub(crate) fn modules(&self) -> Vec<&str> {
        let inner = self.path.strip_prefix("src/").and_then(|path| path.strip_suffix(".rs"));
        let modules = inner.expect("a file of src").split('/');
        modules.filter(|module| *module != "mod" && *module != "lib").collect()
    }

    /// The code, and behind it that of an inline module of tests at the end of the file, which lies
    /// one level deeper. With the depth of each below the crate's root.
    pub(crate) fn parts(&self) -> [(&str, usize); 2] {
        let inline = self.code.find("mod tests {").unwrap_or(self.code.len());
        let depth = self.modules().len();
        [(&self.code[..inline], depth), (&self.code[inline..], depth + 1)]
    }

    pub(crate) fn names(&self, word: &str) -> bool {
        let wanted: Vec<_> = word.split("::").collect();
        let names_it = |path: &String| {
            let segments: Vec<_> = path.split("::").collect();
            segments.windows(wanted.len()).any(|window| window == wanted)
        };
        // Mostly the text says at once that there is none.
        wanted.iter().all(|segment| self.code.contains(segment)) && self.paths.iter().any(names_it)
    }
}

/// Every path that some code names.
pub(crate) fn paths_in(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for statement in code.split([';', '{', '}']) {
        paths.extend(statement.split(|c: char| !is_path_char(c)).map(str::to_owned));
    }
    for import in code.split(';').filter_map(import_of) {
        expand("", &import, &mut paths);
    }
    paths
}

fn is_path_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == ':'
}

/// The tree of an import, without spaces, if the statement ends in one.
fn import_of(statement: &str) -> Option<String> {
    let starts = ["use ", "\nuse ", " use "].iter().filter_map(|word| statement.rfind(word));
    let start = starts.max()?;
    let tree = statement[start..].trim_start().strip_prefix("use ")?;
    Some(tree.split_whitespace().collect::<Vec<_>>().join(" ").replace(", ", ","))
}

/// Adds every path of the import tree behind `prefix`.
fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let tree = tree.trim().trim_end_matches(',');
    let Some((head, group)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or(tree);
        return paths.push(format!("{prefix}{path}"));
    };
    let group = group.strip_suffix('}').unwrap_or(group);
    let mut depth = 0;
    let mut part = String::new();
    for c in group.chars().chain([',']) {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 {
            expand(&format!("{prefix}{head}"), &std::mem::take(&mut part), paths);
        } else {
            part.push(c);
        }
    }
}

/// The text without comments, and with every string empty.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("'\"'") {
            3
        } else if c == '"' {
            code.push_str("\"\"");
            string_length(rest)
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[skipped..];
    }
    code
}

/// The length of the string literal that the text starts with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == '"' && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

/// Every `.rs` file below a folder of the crate; none if there is no such folder.
pub(crate) fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut open: Vec<PathBuf> = vec![root.join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("the sources are readable").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).expect("below the root").to_string_lossy();
                let text = fs::read_to_string(&path).expect("the sources are text");
                found.push(Source::new(&name.replace('\\', "/"), &text));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}
