//! The start of a system, and a start that fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use consistent_cut::{Context, Link, NodeId, Process, SpawnError, System, Topology};

use crate::watchdog::finishes;

/// Does nothing. The processes alive are counted by the clones of the `Arc`.
struct Idle {
    _alive: Arc<()>,
}

impl Process for Idle {
    type State = ();
    type Message = ();
    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}
    fn state(&self) {}
}

/// More than any machine addresses.
const TOO_LARGE: usize = usize::MAX / 4;

#[test]
fn processes_are_made_in_the_order_of_nodes() {
    finishes(|| {
        let mut made = Vec::new();
        let alive = Arc::new(());
        let topology = Topology::star(5).unwrap();
        let system = System::builder(topology.clone()).spawn(|node| {
            made.push(node);
            Idle { _alive: Arc::clone(&alive) }
        });
        drop(system.unwrap());
        assert_eq!(made, topology.nodes().collect::<Vec<NodeId>>());
    });
}

#[test]
fn a_thread_that_the_machine_refuses_is_an_error_with_its_node() {
    finishes(|| {
        let topology = Topology::from_named_links([("Seattle", "Denver")]).unwrap();
        let alive = Arc::new(());
        let error = System::builder(topology)
            .stack_size(TOO_LARGE)
            .spawn(|_| Idle { _alive: Arc::clone(&alive) })
            .expect_err("no machine has such a stack");
        assert_eq!(
            Arc::strong_count(&alive),
            1,
            "processes are left of a system that never started"
        );
        let text = error.to_string();
        let SpawnError::Thread { thread, nth, of, .. } = error else { unreachable!() };
        assert_eq!((thread.as_str(), nth, of), ("node 0 (Seattle)", 2, 3));
        assert!(text.contains("node 0 (Seattle)") && text.contains("stack_size"), "{text}");
    });
}

/// The error also comes before a process is made.
#[test]
#[cfg(target_os = "linux")]
fn more_nodes_than_the_machine_has_room_for_are_refused_before_they_are_made() {
    finishes(|| {
        let topology = Topology::from_links(5_000_000, []).unwrap();
        let error = System::<Idle>::builder(topology)
            .spawn(|node| unreachable!("{node} is made"))
            .expect_err("no Linux has more than 4,194,304 thread ids");
        let text = error.to_string();
        let SpawnError::NoRoomForThreads { nodes, fitting, limit, .. } = error else {
            panic!("{text}")
        };
        assert_eq!(nodes, 5_000_000);
        assert!((1..nodes).contains(&fitting) && text.contains(limit), "{text}");
        assert!(text.contains("raise it"), "{text}");
    });
}

#[test]
fn a_failed_start_can_be_tried_again() {
    finishes(|| {
        let topology = Arc::new(Topology::ring(3).unwrap());
        let alive = Arc::new(());
        for _ in 0..20 {
            let refused = System::builder(Arc::clone(&topology))
                .stack_size(TOO_LARGE)
                .spawn(|_| Idle { _alive: Arc::clone(&alive) });
            assert!(refused.is_err());
        }
        let system =
            System::builder(topology).spawn(|_| Idle { _alive: Arc::clone(&alive) }).unwrap();
        system.snapshot().unwrap();
        drop(system);
        assert_eq!(Arc::strong_count(&alive), 1);
    });
}

#[test]
fn a_panic_in_the_making_of_a_process_starts_nothing() {
    finishes(|| {
        let alive = Arc::new(());
        let made = catch_unwind(AssertUnwindSafe(|| {
            System::builder(Topology::ring(3).unwrap()).spawn(|node| {
                assert!(node.index() < 2, "no third process");
                Idle { _alive: Arc::clone(&alive) }
            })
        }));
        assert!(made.is_err());
        assert_eq!(Arc::strong_count(&alive), 1);
    });
}

#[test]
fn a_small_stack_is_enough_for_small_handlers() {
    finishes(|| {
        let alive = Arc::new(());
        let system = System::builder(Topology::ring(8).unwrap())
            .stack_size(64 * 1024)
            .spawn(|_| Idle { _alive: Arc::clone(&alive) })
            .unwrap();
        system.snapshot().unwrap().verify().unwrap();
    });
}
