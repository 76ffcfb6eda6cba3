//! A ring of tokens while snapshots are taken.
#![allow(clippy::disallowed_methods, reason = "a bench starts threads by hand")]

use std::thread;
use std::time::Duration;

use consistent_cut::{Context, Link, Process, System, Topology};
use crossbeam_channel::{Sender, unbounded};

use crate::figures::speed;

pub(crate) const NODES: usize = 8;
pub(crate) const TOKENS: u64 = 1_000;

/// Passes tokens on until they have made their hops.
struct Hop {
    tokens: u64,
    hops: u64,
    done: Sender<()>,
}

impl Process for Hop {
    type State = u64;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        for _ in 0..self.tokens {
            ctx.send_on(ctx.out_links()[0].id, self.hops);
        }
    }

    fn on_message(&mut self, _: Link, hops_left: u64, ctx: &mut Context<'_, u64>) {
        match hops_left {
            1 => self.done.send(()).unwrap(),
            _ => ctx.send_on(ctx.out_links()[0].id, hops_left - 1),
        }
    }

    fn state(&self) -> u64 {
        self.tokens
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Snapshots {
    None,
    Every(Duration),
    /// None, and every event is logged.
    NoneTraced,
}

/// Messages per second, and how many snapshots were taken meanwhile.
pub(crate) fn run(snapshots: Snapshots, hops: u64) -> (f64, usize) {
    let (tx, done) = unbounded();
    let builder = System::builder(Topology::ring(NODES).unwrap());
    let builder = if let Snapshots::NoneTraced = snapshots { builder.traced() } else { builder };
    let system = builder
        .spawn(|node| Hop {
            tokens: if node.index() == 0 { TOKENS } else { 0 },
            hops,
            done: tx.clone(),
        })
        .unwrap();
    let periodic = match snapshots {
        Snapshots::None | Snapshots::NoneTraced => None,
        Snapshots::Every(period) => Some(system.every(period)),
    };
    thread::scope(|scope| {
        let taking = periodic.map(|periodic| {
            scope.spawn(|| periodic.map(|snapshot| snapshot.unwrap().verify().unwrap()).count())
        });
        let speed = speed(|| {
            (0..TOKENS).for_each(|_| done.recv().unwrap());
            TOKENS * hops
        });
        drop(system);
        (speed, taking.map_or(0, |taking| taking.join().unwrap()))
    })
}
