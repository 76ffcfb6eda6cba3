//! The memory of nodes and links that have nothing to do.
//!
//! Resident memory, as Linux tells it in `/proc/self/status`, of processes of their own: one with a
//! large ring, one with a ring that has ten times the links, and one with as many bare threads that
//! sleep. The two rings tell the memory of a link. The memory of a node with its two links is the
//! ring's memory less that of the bare threads. Each thread's stack is taken off as far as a bare
//! thread uses it, and stack that a node's thread uses beyond that counts as the node's.

use std::fs;
use std::process::Command;
use std::thread;

use consistent_cut::Topology;

use crate::goal::{Goals, Wanted};
use crate::support::figures::is_bench;
use crate::support::flood::idle_system;

const NODES: usize = 1_000;
const MORE: usize = 10;
/// Names the kind of process to measure.
const CHILD: &str = "CONSISTENT_CUT_BENCH_MEMORY";

pub(crate) fn measure(goals: &mut Goals) {
    let (of_link, of_node) = ("memory of an idle link", "memory of an idle node with two links");
    if !is_bench() || !(goals.wants(of_link) || goals.wants(of_node)) {
        return;
    }
    let measured = |kind| {
        let output = Command::new(std::env::current_exe().ok()?).env(CHILD, kind).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<f64>().ok()
    };
    let (Some(bare), Some(few), Some(many)) =
        (measured("threads"), measured("ring"), measured("many links"))
    else {
        return println!(
            "memory of nodes and links: not measured, since this system does not tell it"
        );
    };
    let link = (many - few) / (NODES * (MORE - 1)) as f64;
    let node = (few - bare) / NODES as f64;
    goals.figure(of_link, Wanted::AtMost(2.0), link / 1024.0, " KiB");
    goals.figure(of_node, Wanted::AtMost(12.0), node / 1024.0, " KiB");
}

/// The resident bytes of this process, which was started to be measured.
pub(crate) fn measure_in_this_process() -> Option<f64> {
    let kind = std::env::var(CHILD).ok()?;
    if kind == "threads" {
        for _ in 0..NODES {
            thread::spawn(|| {
                loop {
                    thread::park();
                }
            });
        }
        thread::yield_now();
        settle();
        return resident();
    }
    let links = if kind == "ring" { 1 } else { MORE };
    let steps = (0..NODES).flat_map(|node| (1..=links).map(move |by| (node, (node + by) % NODES)));
    let topology = Topology::from_links(NODES, steps).ok()?;
    let system = idle_system(&topology);
    settle();
    let resident = resident();
    drop(system);
    resident
}

/// Lets every thread come to rest.
fn settle() {
    thread::sleep(std::time::Duration::from_millis(500));
}

fn resident() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024.0)
}
