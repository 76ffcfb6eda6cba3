//! The counts and durations that a recorder of the crate `metrics` gets. The recorder is that of
//! the whole process, so this is one test in a process of its own.

mod recorder;

use std::time::Duration;

use consistent_cut::checkpoint::{
    CheckpointEvent, Checkpoints, Format, MemoryStore, RestartPolicy, SupervisionError, Which,
};
use consistent_cut::{Context, Link, NodeId, Process, Restore, SnapshotOptions, System, Topology};

use recorder::Recorder;

/// Adds up numbers, and panics at 13.
struct Sum(u64);

impl Process for Sum {
    type State = u64;
    type Message = u64;

    fn on_message(&mut self, _: Link, number: u64, ctx: &mut Context<'_, u64>) {
        assert_ne!(number, 13, "an unlucky number");
        self.0 += number;
        if number == 0 {
            ctx.stop();
        }
    }

    fn state(&self) -> u64 {
        self.0
    }
}

impl Restore for Sum {
    fn on_restore(&mut self, state: u64, _: &mut Context<'_, u64>) {
        self.0 = state;
    }
}

#[test]
fn a_recorder_gets_what_the_pages_say() {
    let recorder = Recorder::install();
    let node = NodeId::new(0);
    let builder = System::builder(Topology::ring(2).expect("two nodes"));
    let checkpoints = Checkpoints::new(MemoryStore::new(), Format::default());

    // Complete and refused snapshots, and checkpoints up to the end of all nodes.
    let system = builder.clone().spawn(|_| Sum(0)).expect("it starts");
    system.snapshot().expect("it is complete");
    let line = Topology::line(2).expect("two nodes");
    let one_way = System::builder(line).unbounded().spawn(|_| Sum(0)).expect("it starts");
    one_way
        .snapshot_with(SnapshotOptions::at([NodeId::new(1)]))
        .expect_err("node 0 is not reached");
    assert_eq!(recorder.count("consistent_cut_snapshots_total", "refused"), 1);
    assert_eq!(recorder.count("consistent_cut_snapshots_total", "complete"), 1);
    assert_eq!(recorder.values("consistent_cut_snapshot_seconds").len(), 1);
    assert_eq!(recorder.values("consistent_cut_snapshot_messages"), [0.0]);
    let checkpointer = system.checkpointer(&checkpoints).period(Duration::from_millis(1));
    let checkpointer = checkpointer.start().expect("a thread");
    (0..2).for_each(|node| system.inject(NodeId::new(node), 0).expect("it runs"));
    let events = checkpointer.events();
    checkpointer.join();
    let saved = events.filter(|event| matches!(event, CheckpointEvent::Saved(_))).count();
    assert_eq!(recorder.count("consistent_cut_checkpoints_total", "saved"), saved as u64);
    assert_eq!(recorder.values("consistent_cut_checkpoint_seconds").len(), saved);
    assert!(recorder.count("consistent_cut_checkpoint_new_bytes_total", "") > 0);
    assert!(recorder.level("consistent_cut_checkpoint_bytes") > 0.0);
    assert!(recorder.level("consistent_cut_checkpoint_last_timestamp_seconds") > 1.7e9);

    // A restore, and restarts up to the end of the budget.
    let resumed = builder.clone().restore_from(&checkpoints, Which::Newest, |_| Sum(0));
    drop(resumed.expect("it fits"));
    assert_eq!(recorder.count("consistent_cut_restores_total", ""), 1);
    let checkpoints = Checkpoints::new(MemoryStore::new(), Format::default());
    let policy = RestartPolicy::default()
        .period(Duration::from_millis(1))
        .back_off(Duration::ZERO, Duration::ZERO)
        .restarts(0, Duration::from_secs(60));
    let supervised = builder.supervise(&checkpoints, |_| Sum(0)).policy(policy).start();
    let supervised = supervised.expect("it starts");
    supervised.system().inject(node, 13).expect("it runs");
    let error = supervised.join().err().expect("the budget is zero");
    assert!(matches!(error, SupervisionError::BudgetUsed { restarts: 0, .. }), "{error}");
    assert_eq!(recorder.count("consistent_cut_node_failures_total", ""), 1);
    assert_eq!(recorder.count("consistent_cut_restarts_total", "nodes_failed"), 0);
}
