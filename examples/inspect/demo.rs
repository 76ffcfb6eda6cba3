//! A store of two checkpoints, with most commands shown on it.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};

use consistent_cut::System;
use consistent_cut::checkpoint::{Checkpoints, FileStore, Format};

use crate::common::say;
use crate::count::{Faults, Node, Run, topology};
use crate::{All, Command};

/// Makes a store with two checkpoints of a running count, and runs the commands on it.
pub(crate) fn show(
    obey: impl Fn(&Command, &All) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("consistent-cut-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let all = Checkpoints::new(FileStore::create(folder.join("store"))?, Format::default());
    save_two(&all)?;
    let json = folder.join("checkpoint.json");
    let commands = [
        ("list", Command::List),
        ("parts 2", Command::Parts { id: 2 }),
        ("verify", Command::Verify),
        ("changed 1 2", Command::Changed { older: 1, newer: 2 }),
        ("export 1 checkpoint.json", Command::Export { id: 1, file: json.clone() }),
        ("import checkpoint.json", Command::Import { file: json }),
        ("pin 3", Command::Pin { id: 3 }),
    ];
    for (words, command) in &commands {
        say!("$ inspect --store store {words}");
        obey(command, &all)?;
        say!();
    }
    drop(all);
    fs::remove_dir_all(folder)?;
    Ok(())
}

/// Counts the words of a text, and saves a checkpoint at the beginning and one at the end.
fn save_two(all: &All) -> Result<(), Box<dyn Error>> {
    let run = Run {
        text: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/LICENSE-APACHE")),
        times: 300,
        faults: Faults::default(),
        lines: Arc::new(AtomicU64::new(0)),
        has_panicked: Arc::new(AtomicBool::new(false)),
    };
    let system = System::builder(topology()).spawn(|node| Node::new(node, &run))?;
    all.save(&*system.snapshot()?)?;
    loop {
        let snapshot = system.snapshot()?;
        if snapshot.topology().nodes().all(|node| snapshot.is_stopped(node)) {
            all.save(&snapshot)?;
            return Ok(());
        }
    }
}
