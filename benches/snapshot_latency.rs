//! How long a snapshot of an idle system takes, from the call to the result, beside a flood written by hand: threads with
//! crossbeam inboxes that pass a message on to all their neighbours when they first get it, and report when they
//! have one from each. The flood sends as many messages as the snapshot sends markers, and records nothing.
//!
//! `cargo bench --bench snapshot_latency`; anything else is a short run that only shows that it works. The two
//! take turns, so that the ratio stands when the machine's speed drifts.
#![allow(clippy::disallowed_methods, reason = "a bench measures time and starts threads by hand")]
#![allow(missing_docs)]

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use consistent_cut::{Context, Link, Process, System, Topology};
use crossbeam_channel::{Receiver, Sender, unbounded};

struct Idle;

impl Process for Idle {
    type State = ();
    type Message = ();

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}

    fn state(&self) {}
}

fn main() {
    let is_bench = std::env::args().any(|arg| arg == "--bench");
    let rounds = if is_bench { 1_000 } else { 3 };

    println!("{:<18}{:>11}{:>11}{:>11}{:>11}{:>8}", "", "best", "median", "p99", "flood", "ratio");
    measure("idle ring of 100", &Topology::ring(100).unwrap(), rounds);
    measure("idle complete 32", &Topology::complete(32).unwrap(), rounds);
}

fn measure(name: &str, topology: &Topology, rounds: usize) {
    let system = System::builder(topology.clone()).spawn(|_| Idle).unwrap();
    let flood = Flood::start(topology);
    let mut snapshots = Vec::new();
    let mut floods = Vec::new();
    for _ in 0..rounds {
        snapshots.push(time(|| system.snapshot().unwrap().verify().unwrap()));
        floods.push(time(|| flood.round()));
    }
    flood.stop();
    snapshots.sort();
    floods.sort();
    let (snapshot, by_hand) = (snapshots[rounds / 2], floods[rounds / 2]);
    println!(
        "{name:<18}{:>11}{:>11}{:>11}{:>11}{:>8.2}",
        format!("{:.1?}", snapshots[0]),
        format!("{snapshot:.1?}"),
        format!("{:.1?}", snapshots[rounds * 99 / 100]),
        format!("{by_hand:.1?}"),
        snapshot.as_secs_f64() / by_hand.as_secs_f64(),
    );
}

fn time(what: impl FnOnce()) -> Duration {
    let start = Instant::now();
    what();
    start.elapsed()
}

/// `true` goes on, `false` ends the thread.
struct Flood {
    inboxes: Vec<Sender<bool>>,
    done: Receiver<()>,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    fn start(topology: &Topology) -> Self {
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

    fn round(&self) {
        self.inboxes[0].send(true).unwrap();
        for _ in &self.inboxes {
            self.done.recv().unwrap();
        }
    }

    fn stop(self) {
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
