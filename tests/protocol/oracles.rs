//! What every run must satisfy, whatever recorded it.
//!
//! The oracles know the log of every link and what the tellers wrote into their own states. They take no
//! count from a recorder on trust. [`World::assert_sound`] is for runs that have settled.

use std::fmt;

use consistent_cut::{Link, LinkId, SnapshotId};

use crate::replay;
use crate::teller::Note;
use crate::world::{Snapshot, World};

/// Strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Oracle {
    /// With n sent and m received by the recorded states, a link's recorded state is its messages m+1..n.
    ChannelLaw,
    /// The real run, reordered, passes through the snapshot and ends where it did (the paper's Theorem 1).
    Reachability,
    /// A snapshot puts one marker on each link, no more and no less.
    OneMarker,
    /// Every snapshot begun ends, and leaves nothing behind.
    Completion,
    /// No money appears or disappears.
    Conservation,
}

pub(crate) struct Violation {
    pub(crate) oracle: Oracle,
    text: String,
}

impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.oracle, self.text)
    }
}

impl World {
    /// Everything that is wrong with a settled run, by oracle.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut note = |oracle, result: Result<(), String>| {
            found.extend(result.err().map(|text| Violation { oracle, text }));
        };
        for snapshot in &self.snapshots {
            note(Oracle::ChannelLaw, self.channel_law(snapshot));
            note(Oracle::Reachability, replay::through(self, snapshot));
            note(Oracle::Conservation, self.conservation(snapshot));
        }
        for &id in &self.begun {
            note(Oracle::OneMarker, self.one_marker(id));
        }
        note(Oracle::OneMarker, self.no_marker_twice());
        note(Oracle::Completion, self.completion());
        found
    }

    /// # Panics
    /// If anything is wrong with a settled run.
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
        let in_slot = self.topology.in_slot(link.id).expect("a link of the topology");
        let received = snapshot.state(link.target).received[in_slot];
        let sent = match self.topology.out_slot(link.id) {
            Some(slot) => snapshot.state(link.source).sent[slot],
            None => self.injected_at_record[&(snapshot.id(), link.target)],
        };
        let channel = snapshot.channel(link.id);
        let law = self.log[link.id.index()].get(received as usize..sent as usize);
        if law == Some(channel.messages())
            && (channel.sent(), channel.received()) == (sent, received)
            && channel.link() == link
        {
            return Ok(());
        }
        Err(format!(
            "{} on {link}: the states say {sent} sent and {received} received, so {law:?}; \
             the snapshot says {} and {}, and {:?}",
            snapshot.id(),
            channel.sent(),
            channel.received(),
            channel.messages()
        ))
    }

    fn conservation(&self, snapshot: &Snapshot) -> Result<(), String> {
        let held: u64 = snapshot.states().map(|(_, ledger)| ledger.balance.get()).sum();
        let on_links: u64 = snapshot.in_flight().map(|(_, note)| note.amount.get()).sum();
        let brought_in = |link: &Link| {
            let injected = self.injected_at_record[&(snapshot.id(), link.target)] as usize;
            let notes = &self.log[link.id.index()][..injected];
            notes.iter().map(|note| note.amount.get()).sum::<u64>()
        };
        let environment = self.topology.all_links().filter(Link::is_environment);
        let opening: u64 = self.nodes.iter().map(|n| n.teller().character.balance).sum();
        let all = opening + environment.map(|link| brought_in(&link)).sum::<u64>();
        if held + on_links == all {
            return Ok(());
        }
        Err(format!("{}: {held} held and {on_links} on links, not {all}", snapshot.id()))
    }

    fn one_marker(&self, id: SnapshotId) -> Result<(), String> {
        let count = |link| self.markers.get(&(link, id)).copied().unwrap_or(0);
        match self.topology.links().iter().find(|link| count(link.id) != 1) {
            None => Ok(()),
            Some(link) => Err(format!("{id} put {} markers on {link}", count(link.id))),
        }
    }

    /// Snapshots given up need not put a marker on every link.
    fn no_marker_twice(&self) -> Result<(), String> {
        match self.markers.iter().find(|&(_, &count)| count > 1) {
            None => Ok(()),
            Some(((link, id), count)) => Err(format!("{id} put {count} markers on {link}")),
        }
    }

    fn completion(&self) -> Result<(), String> {
        let missing: Vec<_> =
            self.collector.live().map(|id| (id, self.collector.missing(id))).collect();
        let completed = self.begun.iter().all(|&id| self.snapshots.iter().any(|s| s.id() == id));
        if completed && missing.is_empty() && self.live_snapshots() == 0 {
            return Ok(());
        }
        Err(format!("{} recorders left at nodes, live: {missing:?}", self.live_snapshots()))
    }

    /// The messages of a link that its target has not received.
    pub(crate) fn unreceived(&self, link: LinkId) -> &[Note] {
        let link = self.topology.link(link).expect("a link of the topology");
        let slot = self.topology.in_slot(link.id).expect("a link of the topology");
        &self.log[link.id.index()][self.ledger(link.target).received[slot] as usize..]
    }
}
