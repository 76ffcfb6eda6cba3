//! Two nodes, the coordinator and a caller: a token goes round while a snapshot is taken, in every
//! execution that loom explores.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom \
//!     cargo test --release --test loom token -- --nocapture
//! ```

use consistent_cut::{
    Context, Link, MarkerPolicy, NodeId, Process, SnapshotOptions, System, Topology, model,
};

use crate::explored::Sometimes;

/// Passes the token to and fro until it comes to rest.
struct Holder {
    has_token: bool,
    /// The number of hops that node 0 asks for.
    hops: u32,
}

impl Process for Holder {
    type State = bool;
    /// The token: the number of hops that it has left.
    type Message = u32;

    fn on_start(&mut self, ctx: &mut Context<'_, u32>) {
        if std::mem::take(&mut self.has_token) {
            ctx.send_on(ctx.out_links()[0], self.hops - 1);
        }
    }

    fn on_message(&mut self, from: Link, hops_left: u32, ctx: &mut Context<'_, u32>) {
        match hops_left {
            0 => self.has_token = true,
            _ => ctx.send(from.source, hops_left - 1),
        }
    }

    fn state(&self) -> bool {
        self.has_token
    }
}

/// The number of times that the token was seen at node 0, at node 1, on link 0 and on link 1.
type Places = Sometimes<4>;

fn one_token(hops: u32, policy: MarkerPolicy, initiators: &'static [u32], seen: &'static Places) {
    let explored = model::check(move || {
        let initiators: Vec<_> = initiators.iter().copied().map(NodeId::new).collect();
        let builder = System::builder(Topology::ring(2).expect("a ring")).marker_policy(policy);
        let system = builder.spawn(|node| Holder { has_token: node.index() == 0, hops });
        let system = system.expect("two nodes fit");

        let snapshot =
            system.snapshot_with(SnapshotOptions::at(&initiators)).expect("no node fails");
        // Other models explore the shutdown.
        model::stop_exploring();
        snapshot.verify().expect("the channel law holds");
        let at_nodes = snapshot.states().filter(|(_, token)| **token).map(|(node, _)| node.index());
        let on_links = snapshot.in_flight().map(|(link, _)| 2 + link.id.index());
        let places: Vec<_> = at_nodes.chain(on_links).collect();
        assert_eq!(places.len(), 1, "{snapshot}");
        seen.see(places[0]);
        system.shutdown().expect("no node fails");
    });
    println!("{policy:?}, {hops} hops: {explored}; at node 0, node 1, link 0, link 1 {seen}");
}

#[test]
fn every_execution_shows_one_token_where_markers_overtake() {
    static SEEN: Places = Places::new();
    for hops in [1, 2] {
        one_token(hops, MarkerPolicy::Overtaking, &[0], &SEEN);
    }
    SEEN.assert_all();
}

/// With both nodes as initiators: a marker that comes behind the token never shows it on link 0.
#[test]
fn every_execution_shows_one_token_where_markers_keep_their_order() {
    static SEEN: Places = Places::new();
    for hops in [1, 2] {
        one_token(hops, MarkerPolicy::InOrder, &[0, 1], &SEEN);
    }
    SEEN.assert_all();
}
