//! Errors name a timeout of zero, which is more likely a mistake than intended.

use std::time::Duration;

use consistent_cut::{NodeId, ShutdownError, Silent, SnapshotError, SnapshotId, WaitTimeoutError};

fn timed_out(timeout: Duration) -> String {
    let (snapshot, missing) = (SnapshotId::new(3), Silent::default());
    SnapshotError::TimedOut { snapshot, timeout, missing }.to_string()
}

fn not_yet(waited: Duration) -> String {
    WaitTimeoutError::NotYet { snapshot: SnapshotId::new(3), waited }.to_string()
}

fn not_ended(waited: Duration) -> String {
    let (nodes, failures) = ([0, 1].map(|node| NodeId::new(node).into()).to_vec(), Vec::new());
    ShutdownError::NotEnded { nodes, waited, failures }.to_string()
}

#[test]
fn a_shutdown_that_gives_nodes_up_tells_the_timeout() {
    let text = not_ended(Duration::ZERO);
    assert!(text.starts_with("after a timeout of zero node 0, node 1 had not ended"), "{text}");
    let text = not_ended(Duration::from_millis(20));
    assert!(text.starts_with("after 20ms node 0, node 1 had not ended"), "{text}");
}

#[test]
fn a_timeout_of_zero_says_so() {
    for text in [timed_out(Duration::ZERO), not_yet(Duration::ZERO)] {
        assert!(text.contains("complete after a timeout of zero"), "{text}");
    }
    let longer = Duration::from_millis(20);
    for text in [timed_out(longer), not_yet(longer)] {
        assert!(text.contains("complete after 20ms"), "{text}");
    }
}
