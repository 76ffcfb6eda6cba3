//! Threads and errors carry the names of nodes.

use std::thread;

use consistent_cut::{MarkerPolicy, Topology};
use crossbeam_channel::bounded;

use crate::ids::node;
use crate::stage::Stage;
use crate::watchdog::finishes;

/// The names of the threads that the handlers of each node run on.
fn thread_names(topology: Topology) -> Vec<String> {
    let stage = Stage::new(topology, MarkerPolicy::default());
    let name_of = |node| {
        let (tx, rx) = bounded(1);
        stage.tell(node, move |_, _| {
            tx.send(thread::current().name().map(str::to_owned)).unwrap();
        });
        rx.recv().unwrap().unwrap()
    };
    stage.topology().nodes().map(name_of).collect()
}

#[test]
fn a_thread_is_called_by_the_name_of_its_node() {
    finishes(|| {
        let topology = Topology::from_named_links([("Seattle", "Denver")]).unwrap();
        assert_eq!(thread_names(topology), ["node 0 (Seattle)", "node 1 (Denver)"]);
        assert_eq!(thread_names(Topology::ring(2).unwrap()), ["node 0", "node 1"]);
    });
}

/// An operating system may cut a long name for its own lists.
#[test]
fn any_name_of_a_node_is_a_name_for_its_thread() {
    finishes(|| {
        let long = "x".repeat(1000);
        let topology = Topology::from_named_links([(long.as_str(), "a b"), ("zürich", "東京")]);
        let names = thread_names(topology.unwrap());
        assert_eq!(names[0], format!("node 0 ({long})"));
        assert_eq!(names[1], "node 1 (a b)");
        assert_eq!(names[2..], ["node 2 (zürich)", "node 3 (東京)"]);
    });
}

#[test]
fn a_failure_names_its_node() {
    finishes(|| {
        let topology = Topology::from_named_links([("Seattle", "Denver")]).unwrap();
        let stage = Stage::new(topology, MarkerPolicy::default());
        stage.tell(node(1), |_, _| panic!("snowed in"));
        let text = stage.await_down(node(1)).to_string();
        assert!(text.contains("node 1 (Denver), which panicked (snowed in)"), "{text}");
        let text = stage.shutdown().err().unwrap().to_string();
        assert_eq!(text, "node 1 (Denver) panicked: snowed in");
    });
}
