//! The model of the guide in `src/model.rs`.
#![cfg(loom)]

use consistent_cut::{Context, Link, Process, System, Topology, model};

/// Sends back what comes, one less each time.
struct Countdown;

impl Process for Countdown {
    type State = ();
    type Message = u32;

    fn on_start(&mut self, ctx: &mut Context<'_, u32>) {
        if ctx.id().index() == 0 {
            ctx.send_on(ctx.out_links()[0].id, 1);
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
    let explored = model::check(|| {
        let topology = Topology::ring(2).expect("two nodes are a ring");
        let system = System::builder(topology).spawn(|_| Countdown).expect("two nodes fit");
        let snapshot = system.snapshot().expect("no node fails");
        assert!(snapshot.in_flight().count() <= 1, "{snapshot}");
        model::stop_exploring();
        system.shutdown().expect("no node fails");
    });
    println!("{explored}");
}
