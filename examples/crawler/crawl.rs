//! A crawl, watched by snapshots until it ends.

use std::error::Error;
use std::sync::Arc;

use consistent_cut::System;
use consistent_cut::property::{
    Deadlock, Detection, Finding, find_deadlock_on_full_links, terminated,
};

use crate::Options;
use crate::pipeline;
use crate::view::Snapshot;
use crate::worker::{Item, Progress, Worker};

pub(crate) struct Crawl {
    system: System<Worker>,
}

/// The end of a crawl.
pub(crate) enum End {
    Done(Finding<Progress, Item>),
    /// The deadlock, and the snapshot in which it was found.
    Deadlock(Box<Deadlock>, Arc<Snapshot>),
}

impl Crawl {
    pub(crate) fn begin(options: &Options) -> Result<Self, Box<dyn Error>> {
        Ok(Crawl { system: pipeline::start(options)? })
    }

    /// Takes snapshots until one shows a deadlock, or that all is done.
    pub(crate) fn watch(
        &self,
        options: &Options,
        mut show: impl FnMut(&Snapshot),
    ) -> Result<End, Box<dyn Error>> {
        // A worker acts on messages only.
        let done = terminated(|_, _: &Progress| true);
        for result in self.system.every(options.pause()).take(options.snapshots) {
            let snapshot = result?;
            show(&snapshot);
            if let Some(deadlock) = find_deadlock_on_full_links(&snapshot) {
                return Ok(End::Deadlock(Box::new(deadlock), snapshot));
            }
            if let Detection::HoldsNow(finding) = done.detect(&snapshot) {
                return Ok(End::Done(finding));
            }
        }
        Err(format!("after {} snapshots the crawl goes on", options.snapshots).into())
    }

    /// A deadlock never ends: in a later snapshot, none of its nodes has moved. Returns the changes
    /// of all nodes.
    pub(crate) fn what_moved(
        &self,
        deadlock: &Deadlock,
        found_in: &Snapshot,
        options: &Options,
    ) -> Result<String, Box<dyn Error>> {
        // The first snapshot comes at once, and the second after a pause.
        let later = self.system.every(options.pause()).nth(1).ok_or("the system has ended")??;
        let moved = later.diff(found_in)?;
        if moved.touched().iter().any(|node| deadlock.contains(*node)) {
            return Err(format!("this was no deadlock, from {moved}").into());
        }
        Ok(moved.to_string())
    }
}
