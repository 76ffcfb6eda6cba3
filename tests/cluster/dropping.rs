//! Messages for a node that has failed are dropped at once, and not kept until the end.

use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::yield_now;

use consistent_cut::cluster::ClusterSettings;
use consistent_cut::{Context, Link, OnFailure, Process, Topology};
use serde::{Deserialize, Serialize};

use crate::ids::node;
use crate::watchdog::finishes;
use crate::workers::Plan;

/// How many messages there are.
static MESSAGES: AtomicI64 = AtomicI64::new(0);

/// Asks node 0 to send this many to node 1.
#[derive(Debug, Serialize, Deserialize)]
struct Counted(usize);

impl Counted {
    fn new(asked: usize) -> Self {
        MESSAGES.fetch_add(1, Ordering::Relaxed);
        Counted(asked)
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Counted::new(self.0)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        MESSAGES.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Node 1 fails at its third message.
struct Fails(usize);

impl Process for Fails {
    type State = usize;
    type Message = Counted;

    fn on_message(&mut self, link: Link, asked: Counted, ctx: &mut Context<'_, Counted>) {
        self.0 += 1;
        assert!(link.is_environment() || self.0 < 3, "it fails, as planned");
        (0..asked.0).for_each(|_| ctx.send(node(1), Counted::new(0)));
    }

    fn state(&self) -> usize {
        self.0
    }
}

/// The node fails in the middle of a row, and rows and single messages come later.
#[test]
fn no_message_for_a_failed_node_is_kept() {
    finishes(|| {
        for workers in [1, 2] {
            let settings = ClusterSettings::new().on_failure(OnFailure::Continue);
            let plan = Plan::new(workers, Topology::ring(2).unwrap()).with(settings);
            let cluster = plan.start(|_, _| Fails(0));
            for asked in [100, 1, 5, 100] {
                cluster.inject(node(0), Counted::new(asked)).unwrap();
                // A snapshot that begins before would leave its copies at the failed node.
                while cluster.failures().is_empty() {
                    yield_now();
                }
                // It hangs here if a message is kept.
                while MESSAGES.load(Ordering::Relaxed) > 0 {
                    drop(cluster.snapshot());
                }
            }
            assert_eq!(cluster.failures().len(), 1);
            assert!(cluster.snapshot().is_ok(), "the other node goes on");
        }
    });
}

/// Asks node 0 to send this many to node 1. A bomb that asks for none panics when it is dropped.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Bomb(usize);

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(self.0 > 0, "it goes off, as planned");
    }
}

/// Node 1 fails at its first message.
struct Target(usize);

impl Process for Target {
    type State = usize;
    type Message = Bomb;

    fn on_message(&mut self, link: Link, bomb: Bomb, ctx: &mut Context<'_, Bomb>) {
        let asked = bomb.0;
        std::mem::forget(bomb);
        assert!(link.is_environment(), "it fails, as planned");
        self.0 += 1;
        (0..asked).for_each(|_| ctx.send(node(1), Bomb(0)));
    }

    fn state(&self) -> usize {
        self.0
    }
}

/// Two values that panicked in one drop would abort the program.
#[test]
fn a_row_of_messages_that_panic_in_their_drop_is_dropped_one_by_one() {
    finishes(|| {
        for workers in [1, 2] {
            let settings = ClusterSettings::new().on_failure(OnFailure::Continue);
            let plan = Plan::new(workers, Topology::ring(2).unwrap()).with(settings);
            let cluster = plan.start(|_, _| Target(0));
            for (handled, asked) in [(1, 10), (2, 7)] {
                cluster.inject(node(0), Bomb(asked)).unwrap();
                // A snapshot before would record bombs, and they would go off in this thread.
                while cluster.failures().is_empty() {
                    yield_now();
                }
                while *cluster.snapshot().unwrap().state(node(0)) < handled {}
            }
            cluster.snapshot().unwrap().verify().unwrap();
        }
    });
}
