//! The summary of a soak.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// The counts, over all systems.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) systems: AtomicU64,
    pub(crate) restores: AtomicU64,
    pub(crate) nodes: AtomicU64,
    pub(crate) completed: AtomicU64,
    pub(crate) checked: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) node_failed: AtomicU64,
    pub(crate) timed_out: AtomicU64,
    pub(crate) cancelled: AtomicU64,
    pub(crate) shut_down: AtomicU64,
    pub(crate) messages: AtomicU64,
    pub(crate) messages_sent: AtomicU64,
    pub(crate) injected: AtomicU64,
    pub(crate) panics: AtomicU64,
    pub(crate) stops: AtomicU64,
    pub(crate) cancels: AtomicU64,
    pub(crate) sleeps: AtomicU64,
    /// Memory after the first systems, and the most after any, in MiB.
    pub(crate) memory_at_first: AtomicU64,
    pub(crate) most_memory: AtomicU64,
}

impl Tally {
    pub(crate) fn add(count: &AtomicU64, more: u64) {
        count.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn remember(&self, memory: u64) {
        if self.systems.load(Ordering::Relaxed) <= 20 {
            self.memory_at_first.fetch_max(memory, Ordering::Relaxed);
        }
        self.most_memory.fetch_max(memory, Ordering::Relaxed);
    }

    fn failed(&self) -> u64 {
        let failed = [&self.refused, &self.node_failed, &self.timed_out, &self.cancelled];
        failed.into_iter().chain([&self.shut_down]).map(read).sum()
    }

    fn faults(&self) -> u64 {
        [&self.panics, &self.stops, &self.cancels, &self.sleeps].into_iter().map(read).sum()
    }

    /// One line, for the display during the run.
    pub(crate) fn brief(&self) -> String {
        format!(
            "{} systems, snapshots: {} complete, {} failed (timed out {}, node down {}, cancelled {}, shut down {}, \
             refused {}), {} messages checked, {} faults",
            read(&self.systems),
            read(&self.completed),
            self.failed(),
            read(&self.timed_out),
            read(&self.node_failed),
            read(&self.cancelled),
            read(&self.shut_down),
            read(&self.refused),
            read(&self.messages),
            self.faults(),
        )
    }
}

/// A table.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = [
            ("systems", &self.systems),
            ("  of these restored from a snapshot", &self.restores),
            ("  nodes, all together", &self.nodes),
            ("  messages sent", &self.messages_sent),
            ("results of snapshots complete", &self.completed),
            ("  failed: timed out", &self.timed_out),
            ("  failed: node failed", &self.node_failed),
            ("  failed: cancelled", &self.cancelled),
            ("  failed: shut down", &self.shut_down),
            ("  refused: not covered", &self.refused),
            ("snapshots checked", &self.checked),
            ("  messages in flight checked", &self.messages),
            ("messages injected", &self.injected),
            ("faults: panics ordered", &self.panics),
            ("  nodes stopped", &self.stops),
            ("  snapshots cancelled", &self.cancels),
            ("  handlers slowed down", &self.sleeps),
            ("memory after the first 20 systems, MiB", &self.memory_at_first),
            ("  most after any system, MiB", &self.most_memory),
        ];
        for (what, count) in lines {
            writeln!(f, "{what:<40} {:>15}", grouped(read(count)))?;
        }
        write!(f, "nothing was wrong")
    }
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}
