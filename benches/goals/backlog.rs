//! Snapshots behind a backlog of messages, which are recorded.

use consistent_cut::{Context, Link, Process, System, Topology};
use crossbeam_channel::{Sender, bounded};

use crate::goal::{Goals, Wanted};
use crate::support::figures::{median, time};

const SIZES: [u64; 5] = [0, 1_000, 10_000, 100_000, 1_000_000];
const NAME: &str = "messages recorded per second, behind a backlog of";

pub(crate) fn measure(goals: &mut Goals) {
    if !goals.wants(NAME) {
        return;
    }
    let sizes = SIZES.map(|messages| goals.scaled(messages));
    // In turn, so that all sizes meet the same drift; the first round warms up.
    let rounds: Vec<_> = (0..=goals.rounds()).map(|_| sizes.map(behind)).collect();
    let times: Vec<f64> = (0..sizes.len())
        .map(|size| median(&rounds[1..].iter().map(|round| round[size]).collect::<Vec<_>>()))
        .collect();
    for (messages, seconds) in sizes.iter().zip(&times) {
        println!("  snapshot behind {messages:>9} messages: {:>10.1} µs", seconds * 1e6);
    }
    for (messages, seconds) in sizes.iter().zip(&times).skip(3) {
        let growth = *messages as f64 / (seconds - times[0]).max(1e-9) / 1e6;
        goals.figure(&format!("{NAME} {messages}"), Wanted::AtLeast(20.0), growth, " M");
    }
}

/// The first node sends; the second never handles a message, since it has stopped.
struct Backlog {
    messages: u64,
    sent: Sender<()>,
}

impl Process for Backlog {
    type State = ();
    type Message = [u64; 2];

    fn on_start(&mut self, ctx: &mut Context<'_, [u64; 2]>) {
        match ctx.out_links() {
            [link] => (0..self.messages).for_each(|number| ctx.send_on(link, [number; 2])),
            _ => ctx.stop(),
        }
        self.sent.send(()).unwrap();
    }

    fn on_message(&mut self, _: Link, _: [u64; 2], _: &mut Context<'_, [u64; 2]>) {}

    fn state(&self) {}
}

/// The time of the first snapshot behind this many messages.
fn behind(messages: u64) -> f64 {
    let (sent, said) = bounded(2);
    let topology = Topology::line(2).unwrap();
    let link = topology.links()[0].id;
    let backlog = |_| Backlog { messages, sent: sent.clone() };
    let system = System::builder(topology).unbounded().spawn(backlog).unwrap();
    (0..2).for_each(|_| said.recv().unwrap());
    // The messages are handed over after the handler.
    while system.traffic_on(link).unwrap().sent < messages {
        std::thread::yield_now();
    }
    let mut taken = None;
    let seconds = time(|| taken = system.snapshot().ok());
    let snapshot = taken.expect("no node fails");
    assert_eq!(snapshot.channel(link).messages().len() as u64, messages, "messages recorded");
    snapshot.verify().unwrap();
    seconds
}
