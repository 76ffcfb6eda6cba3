//! Messages per second, beside loops written by hand.

use std::thread;
use std::time::Duration;

use consistent_cut::{Context, Link, Process, System, Topology};
use crossbeam_channel::{Sender, bounded, unbounded};

use crate::figures::speed;
use crate::goal::{Goals, Wanted};
use crate::round_trips;
use crate::support::{Capacity, Workload, by_hand, by_hand_batches, on_a_system};

const WORKLOADS: [(Workload, u64); 4] = [
    (Workload::Ring { nodes: 8, tokens: 1_000 }, 4_000_000),
    (Workload::Ring { nodes: 64, tokens: 10_000 }, 4_000_000),
    (Workload::Pipeline { stages: 8 }, 4_000_000),
    (Workload::FanIn { producers: 16 }, 2_000_000),
];

const CAPACITIES: [Capacity; 3] =
    [Capacity::Of(1 << 10), Capacity::Of(1 << 16), Capacity::Unbounded];

pub(crate) fn measure(goals: &mut Goals) {
    let (mut singly, mut in_batches) = (Vec::new(), Vec::new());
    for (workload, messages) in WORKLOADS {
        let messages = goals.scaled(messages).max(20_000);
        for capacity in CAPACITIES {
            let mut batch_ratios = Vec::new();
            let name = format!("{workload}, {capacity}, against single messages");
            let ratio = goals.ratio(&name, Wanted::AtLeast(1.5), || {
                let hand = speed(|| by_hand::run(workload, capacity, messages));
                let system = speed(|| on_a_system::run(workload, capacity, messages));
                let batches = speed(|| by_hand_batches::run(workload, capacity, messages));
                batch_ratios.push(system / batches);
                system / hand
            });
            let Some(ratio) = ratio else { continue };
            singly.push(ratio);
            let name = format!("{workload}, {capacity}, against batches of 64");
            let ratio = crate::figures::median(&batch_ratios);
            goals.figure(&name, Wanted::Anything, ratio, "");
            in_batches.push(ratio);
        }
    }
    goals.mean("geometric mean, against single messages", Wanted::AtLeast(3.0), &singly);
    goals.mean("geometric mean, against batches of 64", Wanted::AtLeast(0.5), &in_batches);
    small(goals);
}

/// Few messages, or slow handlers: nothing to batch.
fn small(goals: &mut Goals) {
    let (two, hops) = (Workload::Ring { nodes: 2, tokens: 1 }, goals.scaled(100_000));
    goals.ratio("two nodes with one token", Wanted::AtLeast(0.8), || {
        let hand = speed(|| by_hand::run(two, Capacity::Unbounded, hops));
        speed(|| on_a_system::run(two, Capacity::Unbounded, hops)) / hand
    });
    let trips = goals.scaled(50_000);
    goals.ratio("hub of 256 in-links, one active", Wanted::AtLeast(1.0), || {
        let hand = speed(|| round_trips::by_hand(trips));
        speed(|| round_trips::on_a_system(trips)) / hand
    });
    let messages = goals.scaled(60);
    goals.ratio("four stages whose handlers sleep 1 ms", Wanted::AtLeast(0.98), || {
        let hand = speed(|| slow_by_hand(messages));
        speed(|| slow_on_a_system(messages)) / hand
    });
}

const STAGES: usize = 4;

fn work_slowly() {
    thread::sleep(Duration::from_millis(1));
}

struct Slow {
    left: u64,
    done: Sender<()>,
}

impl Process for Slow {
    type State = ();
    type Message = ();

    fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
        work_slowly();
        self.left -= 1;
        match ctx.out_links() {
            [next] => ctx.send_on(next.id, ()),
            _ if self.left == 0 => self.done.send(()).unwrap(),
            _ => {}
        }
    }

    fn state(&self) {}
}

fn slow_on_a_system(messages: u64) -> u64 {
    let (tx, done) = bounded(1);
    let topology = Topology::line(STAGES).unwrap();
    let first = topology.nodes().next().unwrap();
    let system =
        System::builder(topology).spawn(|_| Slow { left: messages, done: tx.clone() }).unwrap();
    (0..messages).for_each(|_| system.inject(first, ()).unwrap());
    done.recv().unwrap();
    messages
}

fn slow_by_hand(messages: u64) -> u64 {
    let (tx, mut rx) = unbounded();
    (0..messages).for_each(|_| tx.send(()).unwrap());
    drop(tx);
    let threads: Vec<_> = (0..STAGES)
        .map(|_| {
            let (tx, next) = unbounded();
            let from = std::mem::replace(&mut rx, next);
            thread::spawn(move || {
                for () in from {
                    work_slowly();
                    tx.send(()).unwrap();
                }
            })
        })
        .collect();
    assert_eq!(rx.iter().count() as u64, messages);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    messages
}
