//! The time and size of a checkpoint, and the time to load it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use consistent_cut::checkpoint::{Checkpoints, FileStore, Format, Which};
use consistent_cut::{Context, GlobalSnapshot, Link, NodeId, Process, System, Topology};

use crate::figures::{is_bench, median, time};

/// The state: rows of 100 bytes by number.
type Rows = BTreeMap<u64, Vec<u8>>;

const ROW: usize = 100;

struct Table(Rows);

impl Process for Table {
    type State = Rows;
    /// The first row to change, how many rows to change, and the byte that fills them.
    type Message = (u64, u64, u8);

    fn on_message(
        &mut self,
        _: Link,
        (from, rows, byte): (u64, u64, u8),
        _: &mut Context<'_, (u64, u64, u8)>,
    ) {
        for number in from..from + rows {
            self.0.insert(number, vec![byte; ROW]);
        }
    }

    fn state(&self) -> Rows {
        self.0.clone()
    }
}

pub(crate) fn file(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("consistent-cut-{}-{name}", std::process::id()));
    // In most cases there is no file of an earlier run.
    let _ = std::fs::remove_file(&path);
    path
}

pub(crate) fn measure() {
    let sizes: &[u64] = if is_bench() { &[1, 16, 128] } else { &[1] };
    println!(
        "A checkpoint of one node, in a file, by the size of its state and the share that changed"
    );
    println!("{:>10}{:>10}{:>12}{:>12}{:>12}", "state", "changed", "save", "written", "load");
    for &megabytes in sizes {
        for share in [0.0, 0.01, 0.1, 1.0] {
            row(megabytes, share);
        }
    }
    println!();
}

fn row(megabytes: u64, share: f64) {
    let rows = megabytes * 1_000_000 / ROW as u64;
    let changed = (rows as f64 * share) as u64;
    let path = file("sizes");
    let store = FileStore::create(&path).unwrap();
    let checkpoints = Checkpoints::new(store, Format::default()).keep(2);
    let table = (0..rows).map(|number| (number, vec![number as u8; ROW])).collect();
    let mut table = Some(Table(table));
    let topology = Topology::from_links(1, []).unwrap();
    let system = System::builder(topology).spawn(|_| table.take().unwrap()).unwrap();
    checkpoints.save(&*system.snapshot().unwrap()).unwrap();
    let rounds = if is_bench() { 5 } else { 1 };
    let (mut saves, mut written, mut restores) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let from = (rows - changed) / 2;
        system.inject(NodeId::new(0), (from, changed, 100 + round)).unwrap();
        let snapshot = next(&system, 100 + round, changed, from);
        let mut record = None;
        saves.push(time(|| record = Some(checkpoints.save(&snapshot).unwrap())));
        written.push(record.unwrap().counts.new_bytes as f64);
        restores.push(time(|| drop(checkpoints.load(Which::Newest).unwrap())));
    }
    println!(
        "{:>8} MB{:>9.0}%{:>9.1} ms{:>9.2} MB{:>9.1} ms",
        megabytes,
        share * 100.0,
        median(&saves) * 1e3,
        median(&written) / 1e6,
        median(&restores) * 1e3
    );
    drop((system, checkpoints));
    std::fs::remove_file(path).unwrap();
}

/// A snapshot in which the rows have changed.
fn next(
    system: &System<Table>,
    byte: u8,
    changed: u64,
    from: u64,
) -> Arc<GlobalSnapshot<Rows, (u64, u64, u8)>> {
    loop {
        let snapshot = system.snapshot().unwrap();
        let rows = snapshot.state(NodeId::new(0));
        if changed == 0 || rows[&from][0] == byte {
            return snapshot;
        }
    }
}
