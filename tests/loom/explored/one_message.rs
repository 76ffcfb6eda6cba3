//! The smallest model with something to find: one message, and a snapshot.

use consistent_cut::{Context, Link, Process, System, Topology, model};

/// Node 0 sends one message, node 1 receives it.
pub(crate) struct Node;

impl Process for Node {
    type State = ();
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        if let Some(link) = ctx.out_links().first() {
            ctx.send_on(link, ());
        }
    }

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}

    fn state(&self) {}
}

/// The number of messages that a snapshot sees on the link.
pub(crate) fn in_flight() -> usize {
    let topology = Topology::line(2).expect("two nodes are a line");
    let system = System::builder(topology).spawn(|_| Node).expect("two nodes fit");
    let snapshot = system.snapshot().expect("no node fails");
    model::stop_exploring();
    system.shutdown().expect("no node fails");
    snapshot.in_flight().count()
}
