//! The last handle of a system is dropped in a handler, or by its caller, which joins the threads.
//! Every thread ends either way.

use std::sync::Arc;

use consistent_cut::{Context, Link, NodeId, Process, System, Topology, model};

use crate::explored::Sometimes;

/// Drops the handles that come.
struct Dropper;

#[derive(Clone)]
struct Handle(Arc<System<Dropper>>);

static SEEN: Sometimes<2> = Sometimes::new();

impl Process for Dropper {
    type State = ();
    type Message = Handle;

    fn on_message(&mut self, _: Link, handle: Handle, _: &mut Context<'_, Handle>) {
        // This step meets one of the caller's steps. Loom does not see the count of handles, and
        // would otherwise try only one order.
        let _ = handle.0.snapshot_counts();
        SEEN.see(usize::from(Arc::strong_count(&handle.0) == 1));
        drop(handle);
    }

    fn state(&self) {}
}

#[test]
fn every_thread_ends_wherever_the_last_handle_is_dropped() {
    let explored = model::check(|| {
        let topology = Topology::ring(1).expect("one node is a ring");
        let system = System::builder(topology).spawn(|_| Dropper).expect("one node fits");
        let system = Arc::new(system);
        let outcomes = system.subscribe();
        system.inject(NodeId::new(0), Handle(Arc::clone(&system))).expect("it runs");
        // This step has the same reason as the one in the handler.
        let _ = system.snapshot_counts();
        drop(system);
        assert_eq!(outcomes.count(), 0, "the stream ends with the system");
    });
    println!("{explored}; not the last handle, or the last, {SEEN}");
    SEEN.assert_all();
}
