//! Ten thousand nodes on threads of their own. This is a test crate by itself: no other test takes
//! threads or memory maps from it, and all threads except the test's own belong to the system.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test may say no more than that")]

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

use std::sync::Arc;
use std::thread::yield_now;

use consistent_cut::{
    Context, GlobalSnapshot, Link, MarkerPolicy, NodeId, Process, System, Topology,
};
use support::watchdog::finishes;

const NODES: usize = 10_000;
/// The number of marbles under way, and the hops of each.
const MARBLES: u64 = 100;
const HOPS: u64 = 200;

/// Passes marbles on, to its links in turn.
struct Passer {
    passed: u64,
    kept: u64,
}

impl Process for Passer {
    type State = (u64, u64);
    type Message = u64;

    fn on_message(&mut self, _: Link, hops: u64, ctx: &mut Context<'_, u64>) {
        if hops == 0 {
            self.kept += 1;
            return;
        }
        let links = ctx.out_links();
        ctx.send_on(links[self.passed as usize % links.len()].id, hops - 1);
        self.passed += 1;
    }

    fn state(&self) -> (u64, u64) {
        (self.passed, self.kept)
    }
}

fn check(snapshot: &GlobalSnapshot<(u64, u64), u64>) -> u64 {
    snapshot.verify().unwrap();
    let kept: u64 = snapshot.states().map(|(_, (_, kept))| kept).sum();
    assert_eq!(kept + snapshot.in_flight().count() as u64, MARBLES);
    // The hops that each marble has made and the hops that are left add up to its whole way.
    let passed: u64 = snapshot.states().map(|(_, (passed, _))| passed).sum();
    let left: u64 = snapshot.in_flight().map(|(_, hops)| hops).sum();
    assert_eq!(passed + left, MARBLES * HOPS);
    kept
}

fn run(topology: Topology, policy: MarkerPolicy) {
    let topology = Arc::new(topology);
    let before = threads();
    let builder = System::builder(Arc::clone(&topology)).stack_size(64 * 1024);
    let system = builder.marker_policy(policy).capacity(8);
    let system = system.spawn(|_| Passer { passed: 0, kept: 0 }).unwrap();
    assert!(before.is_none_or(|before| threads() > Some(before + NODES)));
    for marble in 0..MARBLES as u32 {
        system.inject(NodeId::new(marble * 97), HOPS).unwrap();
    }
    check(&system.snapshot().unwrap());
    while check(&system.snapshot().unwrap()) < MARBLES {}
    check(&system.snapshot_and_stop().unwrap());
    assert_eq!(system.join().unwrap().len(), NODES);
    // The machine may list a thread for a moment after it was joined.
    while threads() != before {
        yield_now();
    }
}

/// The number of threads of this process, which only Linux tells.
fn threads() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}

/// The systems run one after the other, because there is no room for both.
#[test]
fn ten_thousand_threads_are_snapshot_and_leave_none_behind() {
    finishes(|| {
        run(Topology::ring(NODES).unwrap(), MarkerPolicy::Overtaking);
        let random = Topology::random_strongly_connected(NODES, 3 * NODES, 10).unwrap();
        run(random, MarkerPolicy::InOrder);
    });
}
