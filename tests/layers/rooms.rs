//! The rooms of `src/runtime`, and the order in which they may import each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Source, paths_in};
use crate::{assert_none, src};

/// From the lowest to the highest. A file imports from rooms before its own, and from its own.
const ROOMS: [&str; 5] = [LEAVES, "link", "node", "coordinator", TOP];

/// Files that need nothing of the runtime, and that all of it may import.
const LEAVES: &str = "leaves";
const LEAF_FILES: [&str; 3] = ["clock", "own_thread", "tuning"];

/// The files that are in no room: the system, its builder and its threads.
const TOP: &str = "system";

/// A file with the modules inside it, as its path below `src/runtime`: `coordinator/thread`.
type Unit = String;

/// The room of a path below `runtime`, and its unit.
fn place(path: &[&str]) -> Option<(&'static str, Unit)> {
    match path {
        [room, file, ..] if ROOMS[1..4].contains(room) => {
            let room = ROOMS.iter().find(|listed| *listed == room)?;
            Some((room, format!("{room}/{file}")))
        }
        [file, ..] if LEAF_FILES.contains(file) => Some((LEAVES, (*file).to_owned())),
        [file, ..] => Some((TOP, (*file).to_owned())),
        [] => None,
    }
}

/// The paths below `runtime` that a file of it names.
fn imports(source: &Source) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (code, depth) in source.parts() {
        let mut own: Vec<_> = source.modules().into_iter().map(str::to_owned).collect();
        own.resize(depth, "tests".to_owned());
        found.extend(paths_in(code).iter().filter_map(|path| absolute(path, &own)));
    }
    let below = found.into_iter().filter(|path| path[0] == "runtime" && path.len() > 1);
    below.map(|path| path[1..].to_vec()).collect()
}

/// A path from the crate's root, if it begins there or climbs.
fn absolute(path: &str, own: &[String]) -> Option<Vec<String>> {
    let segments: Vec<_> = path.split("::").filter(|segment| !segment.is_empty()).collect();
    let climbs = segments.iter().take_while(|segment| **segment == "super").count();
    let base = match *segments.first()? {
        "crate" => &[],
        "super" => &own[..own.len().checked_sub(climbs)?],
        _ => return None,
    };
    // A visibility names no more than this: `pub(super)`.
    let rest = segments.get(climbs.max(1)..).filter(|rest| !rest.is_empty())?;
    Some(base.iter().cloned().chain(rest.iter().map(|segment| (*segment).to_owned())).collect())
}

/// The room of a file of the runtime. `None` for an index and for other files.
fn home(source: &Source) -> Option<(&'static str, Unit)> {
    match source.modules()[..] {
        ["runtime", ref inner @ ..] if !source.path.ends_with("/mod.rs") => place(inner),
        _ => None,
    }
}

/// The imports of each unit, and their faults. `files` are all units.
fn look(sources: &[Source]) -> (BTreeMap<Unit, BTreeSet<Unit>>, Vec<String>) {
    let files: BTreeSet<_> = sources.iter().filter_map(home).map(|(_, unit)| unit).collect();
    let rank = |room| ROOMS.iter().position(|listed| *listed == room);
    let (mut graph, mut complaints) = (BTreeMap::<_, BTreeSet<_>>::new(), Vec::new());
    for source in sources {
        let (Some((own_room, own)), path) = (home(source), &source.path) else { continue };
        let imported = graph.entry(own.clone()).or_default();
        for named in imports(source) {
            let named: Vec<_> = named.iter().map(String::as_str).collect();
            let Some((room, unit)) = place(&named) else { continue };
            let text = named.join("::");
            if !files.contains(&unit) && room == TOP {
                complaints.push(format!(
                    "{path} names `runtime::{text}`, which goes through the index: name the file"
                ));
            } else if rank(room) > rank(own_room) {
                complaints.push(format!(
                    "{path} of `{own_room}` names `{text}` of `{room}`: move what is shared down, \
                     or hand it in"
                ));
            }
            if unit != own {
                imported.insert(unit);
            }
        }
    }
    (graph, complaints)
}

/// The units that import themselves, through others.
fn circles(graph: &BTreeMap<Unit, BTreeSet<Unit>>) -> Vec<String> {
    let reaches_itself = |start: &Unit| {
        let (mut open, mut seen) = (vec![start], BTreeSet::new());
        while let Some(unit) = open.pop() {
            open.extend(graph.get(unit).into_iter().flatten().filter(|next| seen.insert(*next)));
        }
        seen.contains(start)
    };
    graph.keys().filter(|unit| reaches_itself(unit)).cloned().collect()
}

#[test]
fn rooms_of_the_runtime_import_only_from_those_below() {
    let (graph, complaints) = look(src());
    assert!(graph.contains_key("coordinator/registry"), "the rooms were not found");
    let order = ROOMS.join(" < ");
    assert_none(&complaints, &format!("imports of src/runtime go down this list only: {order}"));
    let circles: Vec<_> =
        circles(&graph).iter().map(|unit| format!("src/runtime/{unit} is in a circle")).collect();
    assert_none(&circles, "no files of src/runtime import each other: move what both need");
}

#[test]
fn each_way_around_the_rooms_is_seen() {
    for (path, code) in [
        ("link/bell.rs", "use crate::runtime::node::event::NodeEvent;"),
        ("link/bell.rs", "use super::super::system::System;"),
        ("node/event.rs", "use crate::runtime::coordinator::{promise::Promise, pending::X};"),
        ("node/event.rs", "fn f(_: &crate::runtime::coordinator::promise::Promise) {}"),
        ("node/event.rs", "mod tests {\n use super::super::super::system::System;\n}"),
        ("coordinator/thread/nodes.rs", "use super::super::super::system::System;"),
        ("coordinator/thread.rs", "use crate::runtime::OnFailure;"),
        ("clock.rs", "use super::link::bell::Bell;"),
    ] {
        let file = Source::new(&format!("src/runtime/{path}"), code);
        let system = Source::new("src/runtime/system.rs", "");
        assert!(!look(&[file, system]).1.is_empty(), "{path}: {code}");
    }
    let a = Source::new("src/runtime/node/a.rs", "use super::b::B;");
    let b = Source::new("src/runtime/node/b.rs", "use crate::runtime::node::c::C;");
    let c = Source::new("src/runtime/node/c.rs", "use super::a::A;");
    let d = Source::new("src/runtime/node/d.rs", "use super::a::A;");
    assert_eq!(circles(&look(&[a, b, c, d]).0), ["node/a", "node/b", "node/c"]);
}

#[test]
fn what_keeps_to_the_rooms_is_let_be() {
    let thread = "use super::registry::Registry;\nuse crate::runtime::node::event::NodeEvent;\n\
                  use crate::runtime::clock::Clock;\n#[cfg(test)]\nmod tests {\n use super::*;\n}";
    let sources = [
        Source::new("src/runtime/coordinator/thread.rs", thread),
        Source::new("src/runtime/coordinator/thread/nodes.rs", "use super::Coordinator;"),
        Source::new("src/runtime/coordinator/registry.rs", ""),
        Source::new("src/runtime/mod.rs", "pub use system::System;"),
        Source::new("src/runtime/system.rs", "use super::coordinator::thread::Coordinator;"),
        Source::new("src/monitor/ask.rs", "use crate::runtime::System;"),
    ];
    let (graph, complaints) = look(&sources);
    assert_eq!((complaints, circles(&graph)), (Vec::new(), Vec::new()));
}
