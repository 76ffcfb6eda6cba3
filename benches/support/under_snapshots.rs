//! A ring of 8 with 1,000 tokens, under snapshots or traced.

use std::thread;
use std::time::Duration;

use consistent_cut::{System, Topology};

use super::on_a_system::Ring;

pub(crate) const NODES: usize = 8;
pub(crate) const TOKENS: u64 = 1_000;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Snapshots {
    None,
    Every(Duration),
    /// No snapshots, and every event is logged.
    NoneTraced,
}

impl Snapshots {
    pub(crate) const TEN_A_SECOND: Snapshots = Snapshots::Every(Duration::from_millis(100));
    pub(crate) const BACK_TO_BACK: Snapshots = Snapshots::Every(Duration::ZERO);
}

/// Messages per second, and how many snapshots were taken meanwhile.
pub(crate) fn run(snapshots: Snapshots, hops: u64) -> (f64, usize) {
    let builder = System::builder(Topology::ring(NODES).unwrap());
    let builder = if let Snapshots::NoneTraced = snapshots { builder.traced() } else { builder };
    let ring = Ring::start(builder, TOKENS, hops);
    let Snapshots::Every(period) = snapshots else {
        let speed = ring.run();
        ring.end();
        return (speed, 0);
    };
    let periodic = ring.system.every(period);
    thread::scope(|scope| {
        let taking = scope.spawn(|| periodic.map(|taken| taken.unwrap().verify().unwrap()).count());
        let speed = ring.run();
        // This ends the snapshots too.
        ring.end();
        (speed, taking.join().unwrap())
    })
}
