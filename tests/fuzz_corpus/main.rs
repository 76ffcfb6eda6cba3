//! Runs the bodies of the fuzz targets of `fuzz/` on every file of their corpora. This needs no
//! nightly compiler.

pub mod bodies;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A target, and its body.
type Target = (&'static str, fn(&[u8]));

const TARGETS: &[Target] = &[
    ("edge_list", bodies::edge_list),
    ("file", bodies::file),
    ("schedule", bodies::schedule),
    #[cfg(feature = "graph-files")]
    ("dot", bodies::dot),
    #[cfg(feature = "graph-files")]
    ("gml", bodies::gml),
    #[cfg(feature = "graph-files")]
    ("graphml", bodies::graphml),
];

fn fuzz_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The files of a folder, without those that begin with a dot.
fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let paths = entries.map(|entry| entry.expect("it can be listed").path());
    let mut files: Vec<_> = paths.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

#[test]
fn every_file_of_the_corpora_passes_its_target() {
    for (target, body) in TARGETS {
        let files = files_of(&fuzz_folder().join("corpus").join(target));
        assert!(files.len() >= 4, "the corpus of {target} has {} files", files.len());
        for file in files {
            // This line is shown if the target panics.
            println!("{target}: {}", file.display());
            body(&fs::read(&file).expect("the file can be read"));
        }
    }
}

/// Each input of one target is also an input of all others.
#[test]
fn every_file_of_the_corpora_passes_every_other_target() {
    for (corpus, _) in TARGETS {
        for file in files_of(&fuzz_folder().join("corpus").join(corpus)) {
            let data = fs::read(&file).expect("the file can be read");
            for (target, body) in TARGETS {
                println!("{target}: {}", file.display());
                body(&data);
            }
        }
    }
}

#[test]
fn every_target_has_a_file_a_corpus_and_an_entry_in_the_manifest() {
    let stem = |path: PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let files: BTreeSet<String> =
        files_of(&fuzz_folder().join("fuzz_targets")).into_iter().filter_map(stem).collect();
    let corpora = fs::read_dir(fuzz_folder().join("corpus")).expect("there are corpora");
    let corpora: BTreeSet<String> =
        corpora.filter_map(|entry| stem(entry.expect("it can be listed").path())).collect();
    assert_eq!(files, corpora);
    let manifest = fs::read_to_string(fuzz_folder().join("Cargo.toml")).expect("there is one");
    for target in &files {
        assert!(manifest.contains(&format!("name = \"{target}\"")), "{target} is not in fuzz/");
    }
    // Three need the feature `graph-files`.
    let known: BTreeSet<String> = TARGETS.iter().map(|(target, _)| (*target).to_owned()).collect();
    let gated = ["dot", "gml", "graphml"].map(str::to_owned);
    assert_eq!(known.union(&gated.into()).cloned().collect::<BTreeSet<_>>(), files);
}
