//! The effects of a step on the world.

use std::time::Duration;

use consistent_cut::protocol::{Envelope, Output, Report};
use consistent_cut::{LinkId, NodeId, TimerId};

use super::{Event, Parcel, World};
use crate::node::Node;
use crate::oracles::{Oracle, Violation};
use crate::sights::Sight;
use crate::teller::{Alarm, Cause, Ledger, Note};

impl World {
    /// A call of a node with all its effects. A node that has failed does nothing.
    pub(super) fn step(&mut self, node: NodeId, call: impl FnOnce(&mut dyn Node)) {
        self.moves += 1;
        if self.down.contains(&node) {
            return;
        }
        let was_blocked = !self.full_links(node).is_empty();
        let pending = self.pending_timers(node);
        let now = self.now();
        let core = self.nodes[node.index()].as_mut();
        let before = core.teller().ledger.steps;
        let logged = self.logged(node);
        let core = self.nodes[node.index()].as_mut();
        call(core);
        if core.wants_time() {
            core.tell_time(now);
        }
        let steps = core.teller().ledger.steps;
        if steps > before {
            assert_eq!(steps, before + 1, "one handler a call");
            if was_blocked {
                self.breach(Oracle::Room, format!("{node} is blocked and handles something"));
            }
            self.handled(node, before);
        }
        self.take_output(node, &pending);
        if steps > before {
            self.trace_last(node, &logged);
        }
    }

    /// A handler has run. `step` is its number at the node.
    pub(super) fn handled(&mut self, node: NodeId, step: u64) {
        self.stirred.insert(node);
        let teller = self.nodes[node.index()].teller();
        let cause = teller.last.expect("a handler has run");
        let alarms = teller.alarms.clone();
        self.events.push(Event { node, step, cause });
        if let Cause::Timer(timer) = cause {
            let next = self.next_timer(node);
            let due = self.timers.remove(&(node, timer));
            if due.is_none_or(|due| due > self.now() || Some(due) != next) {
                let text =
                    format!("{timer} of {node} fires, is due at {due:?}, and next is {next:?}");
                self.breach(Oracle::Timers, text);
            }
        }
        for alarm in alarms {
            match alarm {
                Alarm::Set(timer, after) => {
                    _ = self.timers.insert((node, timer), self.now() + after);
                }
                Alarm::Cancel(timer) => _ = self.timers.remove(&(node, timer)),
            }
        }
    }

    /// Carries out the outputs of a node, and compares the node's knowledge with the world's.
    /// Records made in the call are of the time before a handler ran, so `pending` are the timers
    /// of that time.
    pub(super) fn take_output(&mut self, node: NodeId, pending: &[(TimerId, Duration)]) {
        for output in self.nodes[node.index()].drain() {
            self.carry_out(node, output, pending);
        }
        for note in self.nodes[node.index()].drain_held_back() {
            self.log[note.link.index()].push(note.own_copy());
        }
        let core = &self.nodes[node.index()];
        let (mut full, next) = (core.full_links(), core.next_timer());
        full.sort_unstable();
        if full != self.full_links(node) {
            let text =
                format!("{node} says {full:?} are full, and {:?} are", self.full_links(node));
            self.breach(Oracle::Room, text);
        }
        if next != self.next_timer(node) {
            let text = format!("{node} says {next:?} is due, and {:?} is", self.next_timer(node));
            self.breach(Oracle::Timers, text);
        }
    }

    fn breach(&mut self, oracle: Oracle, text: String) {
        self.breaches.push(Violation { oracle, text });
    }

    fn carry_out(
        &mut self,
        node: NodeId,
        output: Output<Ledger, Note>,
        pending: &[(TimerId, Duration)],
    ) {
        match output {
            Output::Messages { link, messages } => {
                assert!(self.leaves(node, link) && !messages.is_empty(), "{link}");
                messages.into_iter().for_each(|note| self.put(link, Envelope::Message(note)));
            }
            Output::Marker { link, snapshot } => {
                assert!(self.leaves(node, link), "{link}");
                self.put(link, Envelope::Marker(snapshot));
            }
            Output::Return { link, snapshot } => {
                let target = self.topology.link(link).map(|link| link.target);
                assert_eq!(target, Some(node), "{link}");
                *self.returned.entry((link, snapshot)).or_default() += 1;
                self.backs[link.index()].push_back(snapshot);
            }
            Output::Report(report) => self.report(report, pending),
            Output::RequestSnapshot => self.requests.push(node),
            Output::Emitted(_) | Output::Reply(..) => unreachable!("no teller does"),
            Output::Stopped | Output::Discarded(_) => {}
        }
    }

    fn leaves(&self, node: NodeId, link: LinkId) -> bool {
        self.topology.link(link).is_some_and(|link| link.source == node)
    }

    pub(super) fn put(&mut self, link: LinkId, envelope: Envelope<Note>) {
        match &envelope {
            // Messages that were kept back are there already.
            Envelope::Message(note) if note.number > self.log[link.index()].len() as u64 => {
                self.log[link.index()].push(note.own_copy());
            }
            Envelope::Message(_) => {}
            Envelope::Marker(id) => *self.markers.entry((link, *id)).or_default() += 1,
            Envelope::End => {}
        }
        let longer = self.delays.as_mut().map_or(0, |chance| chance.below(5) as u64);
        let queue = &mut self.queues[link.index()];
        let place = self.link_fault.map_or(queue.len(), |fault| fault.place(queue, &envelope));
        queue.insert(place, Parcel { envelope, due: self.ticks + 1 + longer });
    }

    pub(super) fn take_off(&mut self, link: LinkId) -> Option<(NodeId, Envelope<Note>)> {
        let parcel = self.queues[link.index()].pop_front()?;
        self.rooms[link.index()].delivered += u64::from(parcel.envelope.is_message());
        Some((self.topology.links()[link.index()].target, parcel.envelope))
    }

    /// The cause that the last call of a node to process has handled.
    pub(super) fn after_processing(&mut self, node: NodeId, handled: Option<LinkId>) -> bool {
        if self.down.contains(&node) {
            return false;
        }
        let Some(link) = handled else {
            self.stirred.remove(&node);
            return false;
        };
        let cause = self.events.last().map(|event| (event.node, event.cause));
        assert!(
            matches!(cause, Some((at, Cause::Message(on, _))) if (at, on) == (node, link)),
            "{node} says that it handled a message of {link}, and did {cause:?}"
        );
        self.rooms[link.index()].processed += 1;
        self.acknowledge_at_once(link);
        true
    }

    /// A node that has failed processes nothing, and no node waits for it.
    pub(super) fn drain_if_down(&mut self, link: LinkId) {
        let target = self.topology.links()[link.index()].target;
        if self.down.contains(&target) {
            let room = &mut self.rooms[link.index()];
            room.processed = room.delivered;
            self.acknowledge_at_once(link);
        }
    }

    fn acknowledge_at_once(&mut self, link: LinkId) {
        // An envelope behind a marker takes as long as the marker.
        let is_held = self.hold_acknowledgements || self.returns(link);
        if !is_held && self.rooms[link.index()].capacity.is_some() {
            self.acknowledge(link);
        }
    }

    fn report(&mut self, report: Report<Ledger, Note>, pending: &[(TimerId, Duration)]) {
        let id = report.snapshot();
        match &report {
            Report::Node(record) => {
                let key = (id, record.node);
                let link = self.topology.environment_link(record.node).expect("a node").id;
                let injected = self.log[link.index()].len() as u64;
                self.injected_at_record.entry(key).or_insert(injected);
                self.timers_at_record.entry(key).or_insert_with(|| pending.to_vec());
                self.recorded_at.entry(key).or_insert(self.moves);
                if !self.full_links(record.node).is_empty() {
                    self.seen.insert(Sight::BlockedAtRecord);
                }
            }
            Report::Link(record) => {
                let link = self.topology.links()[record.link.index()];
                let was_marked = self.markers.contains_key(&(link.id, id));
                if !was_marked && self.down.contains(&link.source) {
                    let at_once = self.recorded_at.get(&(id, link.target)) == Some(&self.moves);
                    self.seen.insert(if at_once {
                        Sight::RecordedAfterEnd
                    } else {
                        Sight::EndedLate
                    });
                }
            }
        }
        if self.hold_reports {
            self.reports.push((report, self.now()));
        } else {
            self.add(report, self.now());
        }
    }

    pub(super) fn add(&mut self, report: Report<Ledger, Note>, at: Duration) {
        match self.collector.add(report, at) {
            Ok(Some(snapshot)) => {
                let twice = self.snapshots.iter().any(|earlier| earlier.id() == snapshot.id());
                assert!(!twice, "{} completed twice", snapshot.id());
                self.snapshots.push(snapshot);
            }
            Ok(None) => {}
            Err(report) => self.refused.push(report),
        }
    }
}
