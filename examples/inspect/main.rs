//! Inspects a store of checkpoints: lists, shows, checks and compares checkpoints, exports them to
//! JSON and imports them. No other program may have the store open.
//!
//! ```text
//! cargo run --release --features checkpoint --example inspect
//! cargo run --release --features checkpoint --example inspect -- --store FILE list
//! cargo run --release --features checkpoint --example inspect -- --help
//! ```
//!
//! Without options the example makes a store of its own and shows most commands on it. `list`,
//! `parts`, `verify`, `changed` and `pin` work on the store of any program. `show`, `diff`,
//! `export` and `import` work on stores of the example `checkpoint_restart`, since they need the
//! types of states and messages.

#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;
#[path = "../checkpoint_restart/count.rs"]
#[allow(dead_code, reason = "that example uses all of it")]
mod count;
mod demo;

use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use consistent_cut::checkpoint::{
    Changed, CheckpointId, Checkpoints, Damage, FileStore, Format, LoadError, Part, Which,
};

use common::say;
use count::{Message, State};

#[derive(Parser)]
#[command(about = "Looks at a store of checkpoints")]
struct Options {
    /// The store; without one, the example makes a store and shows most commands on it
    #[arg(long)]
    store: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    /// Lists the checkpoints
    List,
    /// Prints a checkpoint: every node's state, and every link that is not empty
    Show { id: u64 },
    /// Lists the parts of a checkpoint with their sizes
    Parts { id: u64 },
    /// Reads every checkpoint and checks every hash
    Verify,
    /// Lists the parts that differ between two checkpoints
    Changed { older: u64, newer: u64 },
    /// Prints the changes from one checkpoint to another
    Diff { older: u64, newer: u64 },
    /// Writes a checkpoint as JSON
    Export { id: u64, file: PathBuf },
    /// Saves a checkpoint from JSON
    Import { file: PathBuf },
    /// Keeps a checkpoint however many follow
    Pin { id: u64 },
}

type All = Checkpoints<State, Message>;

fn main() -> ExitCode {
    common::finish(run(&common::options::read()))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    match (&options.store, &options.command) {
        (Some(store), Some(command)) => obey(command, &open(store)?),
        (Some(store), None) => obey(&Command::List, &open(store)?),
        (None, Some(_)) => Err("name the store: --store FILE".into()),
        (None, None) => demo::show(obey),
    }
}

fn open(store: &PathBuf) -> Result<All, Box<dyn Error>> {
    Ok(Checkpoints::new(FileStore::open(store)?, Format::default()))
}

fn obey(command: &Command, all: &All) -> Result<(), Box<dyn Error>> {
    let which = |id: &u64| Which::Id(CheckpointId::new(*id));
    let catalog = all.catalog();
    match command {
        Command::List => catalog.list()?.iter().for_each(|record| say!("{record}")),
        Command::Show { id } => say!("{}", all.load(which(id))?.snapshot),
        Command::Parts { id } => {
            catalog.parts(CheckpointId::new(*id))?.iter().for_each(|part| say!("{}", line(part)));
        }
        Command::Verify => verify(all)?,
        Command::Changed { older, newer } => {
            let [older, newer] = [*older, *newer].map(CheckpointId::new);
            let changed = catalog.changed(older, newer)?;
            changed.iter().for_each(|changed| say!("{}", change(changed)));
        }
        Command::Diff { older, newer } => {
            let [older, newer] = [all.load(which(older))?, all.load(which(newer))?];
            say!("{}", newer.snapshot.diff(&older.snapshot)?);
        }
        Command::Export { id, file } => {
            let record = all.export_json(which(id), File::create(file)?)?;
            say!("{} was written.", record.id);
        }
        Command::Import { file } => {
            say!("{}", all.import_json(BufReader::new(File::open(file)?))?);
        }
        Command::Pin { id } => say!("{}", catalog.pin(CheckpointId::new(*id))?),
    }
    Ok(())
}

/// Checks all checkpoints, also after a damaged one.
fn verify(all: &All) -> Result<(), Box<dyn Error>> {
    let mut damaged: Vec<Damage> = Vec::new();
    for record in all.catalog().list()? {
        match all.catalog().verify(record.id) {
            Ok(record) => say!("{} is good.", record.id),
            Err(LoadError::Damaged(damage)) => {
                say!("{damage}.");
                damaged.push(damage);
            }
            Err(error) => return Err(error.into()),
        }
    }
    if damaged.is_empty() { Ok(()) } else { Err("the store has damaged checkpoints".into()) }
}

fn line(part: &Part) -> String {
    let plural = if part.chunks.len() == 1 { "" } else { "s" };
    format!("{:>9} bytes in {} chunk{plural}  {}", part.length(), part.chunks.len(), part.name)
}

fn change(changed: &Changed) -> String {
    let length = |part: &Option<Part>| {
        part.as_ref()
            .map_or_else(|| "not there".to_owned(), |part| format!("{} bytes", part.length()))
    };
    format!("{}: {}, then {}", changed.name, length(&changed.older), length(&changed.newer))
}
