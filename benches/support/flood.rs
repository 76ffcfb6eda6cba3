//! A flood of markers, written by hand, over threads with crossbeam inboxes. A thread passes a
//! marker on to all its neighbours when the first marker arrives, and reports when a marker has
//! come from each neighbour. The flood sends as many messages as a snapshot of an idle system sends
//! markers along its links, and records nothing.

use std::thread::{self, JoinHandle};

use consistent_cut::{Context, Link, Process, System, Topology};
use crossbeam_channel::{Receiver, Sender, unbounded};

use super::on_a_system::Ready;

/// Has nothing to do.
pub(crate) struct Idle {
    ready: Sender<()>,
}

impl Process for Idle {
    type State = ();
    type Message = ();

    fn on_start(&mut self, _: &mut Context<'_, ()>) {
        self.ready.send(()).unwrap();
    }

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}

    fn state(&self) {}
}

/// A system in which every node has started.
pub(crate) fn idle_system(topology: &Topology) -> System<Idle> {
    let ready = Ready::new();
    let idle = |_| Idle { ready: ready.sender() };
    let system = System::builder(topology.clone()).spawn(idle).unwrap();
    ready.wait(topology.node_count());
    system
}

/// `true` goes on, `false` ends the thread.
pub(crate) struct Flood {
    inboxes: Vec<Sender<bool>>,
    done: Receiver<()>,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    pub(crate) fn start(topology: &Topology) -> Self {
        let (inboxes, rxs): (Vec<_>, Vec<_>) = topology.nodes().map(|_| unbounded()).unzip();
        let (done_tx, done) = unbounded();
        let threads = topology
            .nodes()
            .zip(rxs)
            .map(|(node, rx)| {
                let out_links = topology.out_links(node).iter();
                let out: Vec<_> =
                    out_links.map(|link| inboxes[link.target.index()].clone()).collect();
                // The first node also gets the message that starts a round.
                let expected = topology.in_links(node).len() + usize::from(node.index() == 0);
                let done = done_tx.clone();
                thread::spawn(move || pass_on(&rx, &out, expected, &done))
            })
            .collect();
        Flood { inboxes, done, threads }
    }

    pub(crate) fn round(&self) {
        self.inboxes[0].send(true).unwrap();
        for _ in &self.inboxes {
            self.done.recv().unwrap();
        }
    }

    pub(crate) fn stop(self) {
        self.inboxes.iter().for_each(|inbox| inbox.send(false).unwrap());
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

fn pass_on(rx: &Receiver<bool>, out: &[Sender<bool>], expected: usize, done: &Sender<()>) {
    let mut received = 0;
    while rx.recv().unwrap() {
        if received == 0 {
            out.iter().for_each(|tx| tx.send(true).unwrap());
        }
        received += 1;
        if received == expected {
            received = 0;
            done.send(()).unwrap();
        }
    }
}
