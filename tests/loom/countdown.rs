//! The model of the guide in `src/model.rs`.
#![cfg(loom)]

use std::sync::atomic::{AtomicUsize, Ordering};

use consistent_cut::{Context, Link, Process, System, Topology, model};

/// Sends each number back, minus one.
struct Countdown;

impl Process for Countdown {
    type State = ();
    type Message = u32;

    fn on_start(&mut self, ctx: &mut Context<'_, u32>) {
        if ctx.id().index() == 0 {
            ctx.send_on(ctx.out_links()[0], 1);
        }
    }

    fn on_message(&mut self, from: Link, left: u32, ctx: &mut Context<'_, u32>) {
        if left > 0 {
            ctx.send(from.source, left - 1);
        }
    }

    fn state(&self) {}
}

#[test]
fn at_most_one_message_is_under_way() {
    // The count over the whole search: a model in which no message is ever under way proves
    // nothing.
    static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);
    let explored = model::check(|| {
        let topology = Topology::ring(2).expect("two nodes are a ring");
        let system = System::builder(topology).spawn(|_| Countdown).expect("two nodes fit");
        let snapshot = system.snapshot().expect("no node fails");
        let under_way = snapshot.in_flight().count();
        assert!(under_way <= 1, "{snapshot}");
        UNDER_WAY.fetch_add(under_way, Ordering::Relaxed);
        model::stop_exploring();
        system.shutdown().expect("no node fails");
    });
    let under_way = UNDER_WAY.load(Ordering::Relaxed);
    println!("{explored}; a message was under way in {under_way}");
    assert!(under_way > 0 && under_way < explored.executions);
}
