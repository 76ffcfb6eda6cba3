//! Round trips between a hub with many in-links and the one neighbour that is active.
#![allow(clippy::disallowed_methods, reason = "a bench starts threads by hand")]

use std::thread;

use consistent_cut::{Context, Link, Process, System, Topology};
use crossbeam_channel::{Sender, bounded, unbounded};

pub(crate) const NEIGHBOURS: usize = 256;

/// Sends back what comes; the active neighbour counts down.
struct Echo {
    trips: u64,
    done: Sender<()>,
}

impl Process for Echo {
    type State = ();
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        if self.trips > 0 {
            ctx.send_on(ctx.out_links()[0].id, self.trips);
        }
    }

    fn on_message(&mut self, from: Link, left: u64, ctx: &mut Context<'_, u64>) {
        let is_active = self.trips > 0;
        match left - u64::from(is_active) {
            0 => self.done.send(()).unwrap(),
            left => ctx.send(from.source, left),
        }
    }

    fn state(&self) {}
}

pub(crate) fn on_a_system(trips: u64) -> u64 {
    let (tx, done) = bounded(1);
    let spokes = (1..=NEIGHBOURS).flat_map(|node| [(node, 0), (0, node)]);
    let topology = Topology::from_links(NEIGHBOURS + 1, spokes).unwrap();
    let system = System::builder(topology)
        .spawn(|node| Echo { trips: if node.index() == 1 { trips } else { 0 }, done: tx.clone() })
        .unwrap();
    done.recv().unwrap();
    drop(system);
    trips
}

pub(crate) fn by_hand(trips: u64) -> u64 {
    let (to_hub, hub) = unbounded::<(usize, u64)>();
    let (neighbours, mut inboxes): (Vec<_>, Vec<_>) =
        (0..NEIGHBOURS).map(|_| unbounded::<u64>()).unzip();
    let active = inboxes.swap_remove(0);
    thread::scope(|scope| {
        scope.spawn(move || {
            while let Ok((from, left)) = hub.recv() {
                neighbours[from].send(left).unwrap();
            }
        });
        for inbox in inboxes {
            scope.spawn(move || assert!(inbox.recv().is_err(), "nothing comes"));
        }
        scope.spawn(move || {
            to_hub.send((0, trips)).unwrap();
            while let Ok(left) = active.recv() {
                if left == 1 {
                    break;
                }
                to_hub.send((0, left - 1)).unwrap();
            }
        });
    });
    trips
}
