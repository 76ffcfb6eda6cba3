//! The order of the modules, and other rules of the layout, read off the sources. A failure says
//! where and what to do.

mod hello;
mod rooms;
mod source;

use std::sync::LazyLock;

use source::{Source, sources};

/// The modules of `src`, from the lowest to the highest. A module imports from those before it, and
/// from itself.
const MODULES: [&str; 25] = [
    "sync",
    "panics",
    "meters",
    "id",
    "chance",
    "topology",
    "spaced",
    "ends",
    "out_links",
    "outbox",
    "process",
    "driver",
    "snapshot",
    "causality",
    "diagram",
    "protocol",
    "property",
    "simulation",
    "strategies",
    "runtime",
    "monitor",
    "checkpoint",
    "cluster",
    "model",
    "guide",
];

/// The words of the crate and the algorithm, values in and values out: the modules from `id` to
/// `strategies`.
fn pure() -> impl Iterator<Item = &'static str> {
    MODULES
        .into_iter()
        .skip_while(|module| *module != "id")
        .take_while(|module| *module != "runtime")
}

/// The names that a pure module must not use, because two runs, or two machines, could then differ.
const IMPURE: [&str; 14] = [
    "crate::sync",
    "catch_unwind",
    "std::thread",
    "Instant",
    "SystemTime",
    "HashMap",
    "HashSet",
    "RandomState",
    "rand",
    "parking_lot",
    "crossbeam_channel",
    "std::fs",
    "std::io",
    "std::env",
];

/// The places where a pure module uses one of these names all the same, and the reason.
const EXCEPTIONS: [(&str, &str, &str); 6] = [
    ("src/topology/edge_list/text_file.rs", "std::fs", "reads the file that the caller names"),
    (
        "src/topology/edge_list/text_file.rs",
        "std::io",
        "an error of the operating system, as a value",
    ),
    ("src/chance.rs", "rand", "a generator that gives the same for a seed everywhere"),
    ("src/topology/names.rs", "HashMap", "is looked up, and emptied by number: no order matters"),
    ("src/topology/error.rs", "std::io", "an error of the operating system, as a value"),
    ("src/driver/spawn_error.rs", "std::io", "an error of the operating system, as a value"),
];

/// Longest file in lines.
const LONGEST: usize = 400;

/// The files of `src`. They are read once.
fn src() -> &'static [Source] {
    static SRC: LazyLock<Vec<Source>> = LazyLock::new(|| sources("src"));
    assert!(SRC.len() > MODULES.len(), "the sources were not found");
    &SRC
}

/// Panics with the complaints, if there are any, under a heading.
fn assert_none(complaints: &[String], rule: &str) {
    let mut complaints = complaints.to_vec();
    complaints.dedup();
    assert!(complaints.is_empty(), "{rule}\n  {}\n", complaints.join("\n  "));
}

/// The faults in the imports of a file.
fn import_complaints(source: &Source) -> Vec<String> {
    let Source { path, code, .. } = source;
    let modules = source.modules();
    let Some(own) = modules.first() else { return Vec::new() };
    let rank = |module: &str| MODULES.iter().position(|listed| *listed == module);
    let Some(own_rank) = rank(own) else {
        return vec![format!("{path}: `{own}` is not in MODULES: give it its place in the order")];
    };
    let mut complaints = Vec::new();
    for named in &source.paths {
        let Some(inner) = named.strip_prefix("crate::") else { continue };
        let module = inner.split("::").next().unwrap_or_default();
        match rank(module) {
            // A group comes a second time, taken apart.
            None if inner.is_empty() => {}
            None => complaints.push(format!(
                "{path} names `{named}`, which goes through the crate's root: name the module that \
                 defines it, as in `crate::id::NodeId`"
            )),
            Some(rank) if rank > own_rank => complaints.push(format!(
                "{path} names `{named}`, but `{module}` stands above `{own}`: move what is shared \
                 down, or hand it in as an argument"
            )),
            Some(_) => {}
        }
    }
    if code.contains("use crate::{") {
        complaints.push(format!("{path} imports a group from the crate's root: one line a module"));
    }
    for (part, depth) in source.parts() {
        if part.contains(&"super::".repeat(depth)) {
            complaints.push(format!("{path} climbs to the root by `super`: say `crate::module`"));
        }
    }
    complaints
}

#[test]
fn modules_import_only_from_those_below() {
    let complaints: Vec<_> = src().iter().flat_map(import_complaints).collect();
    let order = MODULES.join(" < ");
    assert_none(&complaints, &format!("imports go down this list only: {order}"));
}

#[test]
fn words_and_protocol_are_pure() {
    let mut unused: Vec<_> = EXCEPTIONS.to_vec();
    let mut complaints = Vec::new();
    for source in src().iter().filter(|source| pure().any(|m| source.modules().starts_with(&[m]))) {
        for word in IMPURE.iter().filter(|word| source.names(word)) {
            let (path, known) = (&source.path, unused.len());
            unused.retain(|(file, excepted, _)| !(file == path && excepted == word));
            if unused.len() == known {
                complaints.push(format!(
                    "{path} names `{word}`: take the value as an argument, or do it in a driver"
                ));
            }
        }
    }
    for (file, word, _) in unused {
        complaints.push(format!("{file} names `{word}` no more: strike it off EXCEPTIONS"));
    }
    assert_none(&complaints, "the words of the crate and `protocol` give the same everywhere");
}

#[test]
fn only_sync_and_model_know_loom() {
    let may_know = |source: &Source| ["sync", "model"].contains(&source.modules()[0]);
    let knows = |source: &&Source| source.names("loom") && !may_know(source);
    let complaints: Vec<_> = src()
        .iter()
        .filter(knows)
        .map(|Source { path, .. }| format!("{path} names loom: offer what it needs in src/sync"))
        .collect();
    assert_none(
        &complaints,
        "the same code runs on threads and under loom; src/sync alone differs, and src/model searches",
    );
    assert!(src().iter().any(|source| source.names("loom")), "sync itself was not found");
}

/// The code of a `mod.rs` besides modules and imports.
fn logic_in(index: &Source) -> Vec<String> {
    let lines = index.code.lines().map(str::trim);
    let code: String =
        lines.filter(|line| !line.starts_with("#[") && !line.starts_with("#![")).collect();
    let is_index = |statement: &str| {
        let visible = ["pub(crate) ", "pub(super) ", "pub "];
        let own = visible.iter().find_map(|word| statement.strip_prefix(word));
        let own = own.unwrap_or(statement);
        own.starts_with("mod ") || own.starts_with("use ")
    };
    let statements = code.split(';').map(str::trim).filter(|statement| !statement.is_empty());
    let logic = statements.filter(|statement| !is_index(statement));
    logic.map(|statement| statement.chars().take(60).collect()).collect()
}

#[test]
fn a_mod_file_is_only_an_index() {
    let complaints: Vec<_> = src()
        .iter()
        .filter(|source| source.path.ends_with("/mod.rs"))
        .flat_map(|index| {
            logic_in(index).into_iter().map(|logic| format!("{}: {logic}", index.path))
        })
        .collect();
    assert_none(
        &complaints,
        "a mod.rs holds docs, `mod` and `use`; give the rest a file with a name",
    );
}

#[test]
fn no_file_is_long() {
    let complaints: Vec<_> = ["src", "tests", "examples", "benches"]
        .into_iter()
        .flat_map(sources)
        .filter(|source| source.lines > LONGEST)
        .map(|Source { path, lines, .. }| format!("{path} has {lines} lines"))
        .collect();
    assert_none(&complaints, &format!("a file has at most {LONGEST} lines: split it by subject"));
}

/// The checks see the faults for which they exist.
#[test]
fn each_way_around_the_rules_is_seen() {
    for code in [
        "use crate::runtime::System;",
        "use crate::{NodeId, runtime::System};",
        "use crate::NodeId;",
        "fn f() -> crate::runtime::System { todo!() }",
        "use super::super::runtime;",
        "use crate::\n    runtime::{System,\n Outcome};",
    ] {
        let complaints = import_complaints(&Source::new("src/protocol/node.rs", code));
        assert!(!complaints.is_empty(), "{code}");
    }
    assert!(!import_complaints(&Source::new("src/id.rs", "use super::error;")).is_empty());
    assert!(!import_complaints(&Source::new("src/unheard_of.rs", "")).is_empty());
    for (code, word) in [
        ("use std::{fmt, thread};", "std::thread"),
        ("let now = std::time::Instant::now();", "Instant"),
        ("use std::collections::{BTreeMap, HashMap as Map};", "HashMap"),
        ("use std::{collections::{BTreeMap, HashSet}, fmt};", "HashSet"),
        ("use std::{fmt, collections::{BTreeMap, HashSet}};", "HashSet"),
        ("#[cfg(not(loom))] mod real;", "loom"),
        ("fn f() { let x = '\"'; loom::model(g) }", "loom"),
    ] {
        assert!(Source::new("src/id.rs", code).names(word), "{code}");
    }
    assert_eq!(
        logic_in(&Source::new("src/a/mod.rs", "mod b;\npub use b::{C,\n D};\nfn f() {}")).len(),
        1
    );
}

#[test]
fn what_follows_the_rules_is_let_be() {
    for code in [
        "use crate::id::{LinkId, NodeId};\nuse super::message::Envelope;",
        "pub(crate) fn f() {}\n#[cfg(test)]\nmod tests {\n    use super::*;\n use super::super::rules;\n}",
        "// use crate::runtime::System;\n/// [`System`](crate::runtime::System)\nfn f() {}",
        "fn f() { panic!(\"crate::runtime::System // \\\" crate::NodeId\") }",
    ] {
        let source = Source::new("src/protocol/node.rs", code);
        assert_eq!(import_complaints(&source), Vec::<String>::new(), "{code}");
        assert!(!source.names("HashMap"));
    }
    assert!(!Source::new("src/id.rs", "fn operand(random: u8) {}").names("rand"));
    assert!(logic_in(&Source::new("src/a/mod.rs", "//! Docs.\n#[cfg(test)]\nmod b;\n")).is_empty());
}
