//! Two nodes, the coordinator and a caller: a token goes round while a snapshot is taken, in every execution
//! that loom explores.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test --release --test loom_token
//! ```
#![cfg(loom)]

use std::sync::atomic::{AtomicUsize, Ordering};

use consistent_cut::{Context, Link, Process, System, Topology, model};

struct Holder {
    has_token: bool,
    hops_left: u32,
}

impl Process for Holder {
    type State = bool;
    type Message = u32;

    fn on_start(&mut self, ctx: &mut Context<'_, u32>) {
        if self.has_token && self.hops_left > 0 {
            self.has_token = false;
            ctx.send_on(ctx.out_links()[0].id, self.hops_left - 1);
        }
    }

    fn on_message(&mut self, from: Link, hops_left: u32, ctx: &mut Context<'_, u32>) {
        if hops_left == 0 {
            self.has_token = true;
        } else {
            ctx.send(from.source, hops_left - 1);
        }
    }

    fn state(&self) -> bool {
        self.has_token
    }
}

/// How often the token was seen at each node and on each link, over the whole search.
static SEEN: [AtomicUsize; 4] = [const { AtomicUsize::new(0) }; 4];

#[test]
fn every_execution_shows_exactly_one_token() {
    let explored = model::check(|| {
        let topology = Topology::ring(2).expect("two nodes are a ring");
        let system = System::builder(topology)
            .spawn(|node| Holder { has_token: node.index() == 0, hops_left: 2 })
            .expect("loom has threads enough");

        let snapshot = system.snapshot().expect("no node fails");
        snapshot.verify().expect("the channel law holds");
        let at_nodes = snapshot.states().filter(|(_, token)| **token).map(|(node, _)| node.index());
        let on_links = snapshot.in_flight().map(|(link, _)| 2 + link.id.index());
        let places: Vec<_> = at_nodes.chain(on_links).collect();
        assert_eq!(places.len(), 1, "{snapshot}");
        SEEN[places[0]].fetch_add(1, Ordering::Relaxed);

        // Models of their own explore what a shutdown meets.
        model::stop_exploring();
        system.shutdown().expect("no node has failed");
    });
    // Where it can be at a cut: at node 0 once it rests, and on either link; node 1 passes it on at once.
    let seen = SEEN.each_ref().map(|place| place.load(Ordering::Relaxed) > 0);
    assert_eq!(seen, [true, false, true, true]);
    println!("{explored}; the token was seen {SEEN:?} times at node 0, node 1, link 0, link 1");
}
