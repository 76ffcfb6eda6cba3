//! A handler panics right after another of its node has sent something: what was sent is received all the same,
//! and its receiver is woken for it, in every execution that loom explores.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test --release --test loom_panic
//! ```
#![cfg(loom)]

use consistent_cut::{
    Context, Link, NodeId, OnFailure, Process, SnapshotError, System, Topology, model,
};

const PASS_ON: u8 = 1;
const PANIC: u8 = 2;

struct Relay;

impl Process for Relay {
    type State = ();
    type Message = u8;

    fn on_message(&mut self, _: Link, message: u8, ctx: &mut Context<'_, u8>) {
        match (message, ctx.out_links().first()) {
            (PASS_ON, Some(next)) => ctx.send_on(next.id, PASS_ON),
            // The last node tells the outside that it was reached.
            (PASS_ON, None) => ctx.request_snapshot(),
            _ => panic!("as the test wants it"),
        }
    }

    fn state(&self) {}
}

#[test]
fn what_was_sent_before_a_panic_is_received() {
    // Each execution panics once; thousands of reports would hide everything else.
    std::panic::set_hook(Box::new(|_| {}));
    let explored = model::check(|| {
        let topology = Topology::line(2).expect("two nodes are a line");
        let builder = System::builder(topology).on_failure(OnFailure::GoOn);
        let system = builder.spawn(|_| Relay).expect("loom has threads enough");
        let mut outcomes = system.subscribe();
        for message in [PASS_ON, PANIC] {
            // Refused where the node is down already: it cannot be, before it is told to panic.
            system.inject(NodeId::new(0), message).expect("node 0 is there");
        }
        let outcome = outcomes.next().expect("node 1 has asked for a snapshot");
        let error = outcome.result.err();
        assert!(matches!(error, None | Some(SnapshotError::NodeDown { .. })), "{error:?}");
        assert!(system.shutdown().is_err() || error.is_none());
    });
    println!("{explored}");
}
