//! A flood that does what no snapshot can do without: each link has a FIFO channel of its own, each
//! node reports a record for each in-link, and markers go back to senders whose own marker has not
//! come. The difference to the bare [`Flood`](super::flood::Flood) is the cost of these three.

use std::thread::{self, JoinHandle};

use consistent_cut::{LinkId, Topology};
use crossbeam_channel::{Receiver, Sender, unbounded};

/// What a thread is woken for.
#[derive(Clone, Copy)]
enum Call {
    Begin,
    /// A marker lies on the in-link at this slot.
    Marker(usize),
    /// A marker has come back.
    Return,
    Stop,
}

/// The record of a link: its messages and its counts.
struct Record {
    link: LinkId,
    messages: Vec<u64>,
    counts: [u64; 2],
}

pub(crate) struct KeepingFlood {
    inboxes: Vec<Sender<Call>>,
    records: Receiver<Vec<Record>>,
    links: usize,
    threads: Vec<JoinHandle<()>>,
}

impl KeepingFlood {
    pub(crate) fn start(topology: &Topology) -> Self {
        let (inboxes, calls): (Vec<_>, Vec<_>) = topology.nodes().map(|_| unbounded()).unzip();
        let (markers, links): (Vec<_>, Vec<_>) =
            topology.links().iter().map(|_| unbounded()).unzip();
        let (reports, records) = unbounded();
        let threads = topology.nodes().zip(calls).map(|(node, calls)| {
            let slot = |link| topology.in_slot(link).unwrap();
            let out_links = topology.out_links(node).iter().map(|link| OutLink {
                target: inboxes[link.target.index()].clone(),
                slot: slot(link.id),
                marker: markers[link.id.index()].clone(),
            });
            let in_links = topology.in_links(node).iter().map(|link| InLink {
                id: link.id,
                source: inboxes[link.source.index()].clone(),
                markers: links[link.id.index()].clone(),
                has_closed: false,
            });
            let mut node = Node {
                calls,
                out_links: out_links.collect(),
                in_links: in_links.collect(),
                records: Vec::new(),
                reports: reports.clone(),
            };
            thread::spawn(move || node.run())
        });
        let threads = threads.collect();
        KeepingFlood { inboxes, records, links: topology.link_count(), threads }
    }

    pub(crate) fn round(&self) {
        self.inboxes[0].send(Call::Begin).unwrap();
        let mut merged: Vec<Option<Record>> = (0..self.links).map(|_| None).collect();
        for _ in &self.inboxes {
            for record in self.records.recv().unwrap() {
                let place = record.link.index();
                merged[place] = Some(record);
            }
        }
        let is_whole = |record: &Option<Record>| {
            record
                .as_ref()
                .is_some_and(|record| record.messages.is_empty() && record.counts == [0; 2])
        };
        assert!(merged.iter().all(is_whole));
    }

    pub(crate) fn stop(self) {
        self.inboxes.iter().for_each(|inbox| inbox.send(Call::Stop).unwrap());
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

struct Node {
    calls: Receiver<Call>,
    out_links: Vec<OutLink>,
    in_links: Vec<InLink>,
    records: Vec<Record>,
    reports: Sender<Vec<Record>>,
}

struct OutLink {
    target: Sender<Call>,
    slot: usize,
    marker: Sender<()>,
}

struct InLink {
    id: LinkId,
    source: Sender<Call>,
    markers: Receiver<()>,
    has_closed: bool,
}

impl Node {
    fn run(&mut self) {
        let mut has_recorded = false;
        loop {
            let slot = match self.calls.recv().unwrap() {
                Call::Begin => None,
                Call::Marker(slot) => Some(slot),
                Call::Return => continue,
                Call::Stop => return,
            };
            slot.into_iter().for_each(|slot| self.close(slot));
            if !std::mem::replace(&mut has_recorded, true) {
                self.send_markers();
            }
            if self.records.len() == self.in_links.len() {
                has_recorded = false;
                self.in_links.iter_mut().for_each(|link| link.has_closed = false);
                self.reports.send(std::mem::take(&mut self.records)).unwrap();
            }
        }
    }

    fn send_markers(&self) {
        for link in &self.out_links {
            link.marker.send(()).unwrap();
            link.target.send(Call::Marker(link.slot)).unwrap();
        }
        for link in self.in_links.iter().filter(|link| !link.has_closed) {
            link.source.send(Call::Return).unwrap();
        }
    }

    fn close(&mut self, slot: usize) {
        let link = &mut self.in_links[slot];
        link.markers.try_recv().unwrap();
        link.has_closed = true;
        self.records.push(Record { link: link.id, messages: Vec::new(), counts: [0; 2] });
    }
}
