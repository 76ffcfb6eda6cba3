//! The laws that every run must satisfy, whichever algorithm recorded it.
//!
//! The oracles know the log of every link and what the tellers wrote into their own states. They
//! trust no count of a recorder. [`World::assert_sound`] is for runs that have settled.

use std::fmt;

use consistent_cut::{Link, NodeId, SnapshotId};

use crate::channel_law;
use crate::replay;
use crate::teller::Note;
use crate::world::{Snapshot, World};

/// The laws, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Oracle {
    /// With n sent and m received by the recorded states, a link's recorded state is its messages
    /// m+1..n.
    ChannelLaw,
    /// The cut is consistent, and the messages in flight on each link are those sent before the cut
    /// and received after it. Holds for first lives.
    Causality,
    /// The real run, reordered, passes through the snapshot and ends where it did (the paper's
    /// Theorem 1).
    Reachability,
    /// A snapshot puts one marker on each link, no more and no less.
    OneMarker,
    /// Every snapshot begun ends, goes without the nodes that had failed and no others, and leaves
    /// nothing behind.
    Completion,
    /// A node handles nothing while, and only while, more messages of a link are sent and not
    /// processed than there is room for.
    Room,
    /// A timer fires once, when it is due and not before; until then snapshots show it with the
    /// time left.
    Timers,
    /// No money appears or disappears.
    Conservation,
}

#[derive(Clone)]
pub(crate) struct Violation {
    pub(crate) oracle: Oracle,
    pub(crate) text: String,
}

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.oracle, self.text)
    }
}

impl World {
    /// All faults of a settled run, by oracle.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut note = |oracle, result: Result<(), String>| {
            found.extend(result.err().map(|text| Violation { oracle, text }));
        };
        for snapshot in &self.snapshots {
            note(Oracle::ChannelLaw, self.channel_law(snapshot));
            note(Oracle::Causality, self.causality(snapshot));
            note(Oracle::Reachability, replay::through(self, snapshot));
            note(Oracle::Conservation, self.conservation(snapshot));
            note(Oracle::Timers, self.timers_of(snapshot));
        }
        for (&id, without) in &self.begun {
            note(Oracle::OneMarker, self.one_marker(id, without));
        }
        note(Oracle::Timers, self.no_timer_left());
        note(Oracle::OneMarker, self.no_marker_twice());
        note(Oracle::Completion, self.completion());
        found.extend(self.breaches.iter().cloned());
        found
    }

    /// # Panics
    /// If a settled run has a fault.
    pub(crate) fn assert_sound(&self) {
        let violations = self.violations();
        assert!(violations.is_empty(), "{violations:#?}");
    }

    fn channel_law(&self, snapshot: &Snapshot) -> Result<(), String> {
        for link in self.topology.all_links() {
            self.channel_law_on(link, snapshot)?;
        }
        snapshot.verify().map_err(|error| error.to_string())
    }

    fn channel_law_on(&self, link: Link, snapshot: &Snapshot) -> Result<(), String> {
        let log = &self.log[link.id.index()];
        // All events of a sender that has failed are before the cut.
        let uncounted = match self.topology.out_slot(link.id) {
            _ if snapshot.find_state(link.target).is_none() => 0,
            Some(_) => log.len() as u64,
            None => self.injected(snapshot.id(), link.target),
        };
        channel_law::on_link(snapshot, link, uncounted)?;
        // The numbers are right. The contents of the messages have to be right too.
        let channel = snapshot.channel(link.id);
        let sent = log.get(channel.received() as usize..channel.sent() as usize);
        if sent == Some(channel.messages()) {
            return Ok(());
        }
        Err(format!("{} on {link}: not {sent:?}, but {channel:?}", snapshot.id()))
    }

    fn conservation(&self, snapshot: &Snapshot) -> Result<(), String> {
        let held: u64 = snapshot.states().map(|(_, ledger)| ledger.balance.get()).sum();
        let on_links: u64 = snapshot.in_flight().map(|(_, note)| note.amount.get()).sum();
        let brought_in = |link: &Link| {
            let injected = self.injected(snapshot.id(), link.target) as usize;
            amount_of(&self.log[link.id.index()][..injected])
        };
        let environment = self.topology.all_links().filter(Link::is_environment);
        let opening: u64 = self.nodes.iter().map(|n| n.teller().character.balance).sum();
        let all = opening + environment.map(|link| brought_in(&link)).sum::<u64>();
        let lost = self.lost_with_nodes_down(snapshot);
        if held + on_links + lost == all {
            return Ok(());
        }
        let id = snapshot.id();
        Err(format!("{id}: {held} held, {on_links} on links and {lost} lost, not {all}"))
    }

    /// The money of failed nodes when they failed, and the money sent to them and never received.
    fn lost_with_nodes_down(&self, snapshot: &Snapshot) -> u64 {
        let down = || snapshot.failures().iter().map(|failure| failure.node.id);
        let held: u64 = down().map(|node| self.ledger(node).balance.get()).sum();
        let into = self.topology.all_links().filter(|link| down().any(|node| node == link.target));
        let drained = into.map(|link| {
            let sent = match snapshot.find_state(link.source) {
                Some(_) => snapshot.channel(link.id).sent() as usize,
                None => self.log[link.id.index()].len(),
            };
            let slot = self.topology.in_slot(link.id).expect("a link of the topology");
            let received = self.ledger(link.target).counts.received[slot] as usize;
            amount_of(&self.log[link.id.index()][received..sent])
        });
        held + drained.sum::<u64>()
    }

    fn timers_of(&self, snapshot: &Snapshot) -> Result<(), String> {
        let id = snapshot.id();
        for (node, _) in snapshot.states() {
            let shown = snapshot.timers(node).iter().map(|p| (p.timer, p.remaining));
            let shown: Vec<_> = shown.collect();
            let pending = &self.timers_at_record[&(id, node)];
            if shown != *pending {
                return Err(format!("{id} of {node}: {pending:?} were pending, not {shown:?}"));
            }
        }
        Ok(())
    }

    fn no_timer_left(&self) -> Result<(), String> {
        let mut able = self.topology.nodes().filter(|&node| self.may_handle(node));
        match able.find(|&node| self.next_timer(node).is_some()) {
            None => Ok(()),
            Some(node) => Err(format!("{:?} of {node} never fired", self.pending_timers(node))),
        }
    }

    fn one_marker(&self, id: SnapshotId, without: &[NodeId]) -> Result<(), String> {
        let count = |link| self.markers.get(&(link, id)).copied().unwrap_or(0);
        let due = |source| u32::from(!without.contains(&source));
        match self.topology.links().iter().find(|link| count(link.id) != due(link.source)) {
            None => Ok(()),
            Some(link) => Err(format!("{id} put {} markers on {link}", count(link.id))),
        }
    }

    /// Snapshots given up need not put a marker on every link.
    fn no_marker_twice(&self) -> Result<(), String> {
        let all = self.markers.iter().chain(&self.returned);
        match all.into_iter().find(|&(_, &count)| count > 1) {
            None => Ok(()),
            Some(((link, id), count)) => Err(format!("{id} put {count} markers on {link}")),
        }
    }

    fn completion(&self) -> Result<(), String> {
        let missing: Vec<_> =
            self.collector.live().map(|id| (id, self.collector.missing(id))).collect();
        let as_begun = |(id, without): (&SnapshotId, &Vec<NodeId>)| {
            let found = self.snapshots.iter().find(|snapshot| snapshot.id() == *id);
            found.is_some_and(|s| s.failures().iter().map(|failure| &failure.node.id).eq(without))
        };
        if let Some(late) = self.refused.iter().find(|r| self.begun.contains_key(&r.snapshot())) {
            return Err(format!("a report was refused: {late:?}"));
        }
        let completed = self.begun.iter().all(as_begun);
        if completed && missing.is_empty() && self.live_snapshots() == 0 {
            return Ok(());
        }
        Err(format!("{} recorders left at nodes, live: {missing:?}", self.live_snapshots()))
    }
}

fn amount_of(notes: &[Note]) -> u64 {
    notes.iter().map(|note| note.amount.get()).sum()
}
