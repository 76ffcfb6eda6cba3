//! Checkpoints of a cluster that fail: the error says which worker and why, nothing is visible, and
//! the next checkpoint works.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use consistent_cut::checkpoint::{Checkpoints, Format, Which};
use consistent_cut::cluster::{ClusterHandle, ClusterSaveError, ClusterSettings};
use consistent_cut::{Ending, OnFailure, SnapshotError, Topology};

use crate::checkpoints::{clients, lists, start_saving};
use crate::gate::Gate;
use crate::ids::node;
use crate::merge::{Merge, Merged, Value};
use crate::note::Note;
use crate::puppet::{Puppet, Record};
use crate::stage::Stage;
use crate::support::bucket::{Bucket, Call, Fault};
use crate::watchdog::finishes;
use crate::workers::Plan;

fn ring(nodes: usize) -> Arc<Topology> {
    Arc::new(Topology::ring(nodes).unwrap())
}

fn stored(bucket: &Bucket) -> Checkpoints<Merged, Value> {
    Checkpoints::new(bucket.client().open(), Format::default())
}

/// How many checkpoints another process sees.
fn visible(bucket: &Bucket) -> usize {
    stored(bucket).catalog().list().expect("it is read").len()
}

#[test]
fn a_worker_whose_write_fails_is_named_and_nothing_is_visible() {
    finishes(|| {
        let bucket = Bucket::new();
        let clients = clients(&bucket, 3);
        let cluster = start_saving(Plan::new(3, ring(9)), &clients, Merge::new);
        let mut saved = 0;
        for (failing, fault) in [(1, Fault::Lost), (2, Fault::Lost), (1, Fault::AnswerLost)] {
            for call in 1..6 {
                clients[failing].fail_from(call, fault);
                let result = cluster.checkpoint();
                clients[failing].mend();
                match result {
                    // The worker makes fewer calls than that.
                    Ok(_) => saved += 1,
                    Err(ClusterSaveError::Worker { worker, ref why }) => {
                        assert_eq!(worker, failing);
                        assert!(why.starts_with("the store cannot"), "{why}");
                        let text = result.as_ref().unwrap_err().to_string();
                        let begin =
                            format!("worker {failing} has not written its nodes: the store");
                        assert!(text.starts_with(&begin), "{text}");
                    }
                    Err(error) => panic!("{error}"),
                }
                assert_eq!(visible(&bucket), saved, "call {call} of worker {failing}");
                cluster.checkpoint().expect("the cause is gone");
                saved += 1;
                assert_eq!(visible(&bucket), saved);
                stored(&bucket).load(Which::Newest).expect("it is good");
            }
        }
        assert!(saved < 30, "no call has failed");
    });
}

#[test]
fn the_first_worker_whose_commit_fails_leaves_nothing_visible() {
    finishes(|| {
        let bucket = Bucket::new();
        let clients = clients(&bucket, 2);
        let cluster = start_saving(Plan::new(2, ring(4)), &clients, Merge::new);
        let first = clients[0].clone();
        clients[0].hook(move |call| {
            if matches!(call, Call::Put(path) if path.as_ref().starts_with("parts")) {
                first.fail_from(1, Fault::Lost);
            }
        });
        let error = cluster.checkpoint().expect_err("the head is not made");
        assert!(matches!(error, ClusterSaveError::Save(_)), "{error}");
        assert_eq!(visible(&bucket), 0);
        clients[0].hook(|_| {});
        clients[0].mend();
        cluster.checkpoint().expect("the cause is gone");
        assert_eq!(visible(&bucket), 1);
    });
}

#[test]
fn workers_that_were_not_told_where_to_save_are_named() {
    finishes(|| {
        let cluster = Plan::new(2, ring(4)).start(Merge::new);
        let error = cluster.checkpoint().expect_err("no worker knows");
        assert!(matches!(error, ClusterSaveError::NoCheckpoints), "{error}");
        drop(cluster);
        let bucket = Bucket::new();
        let first = bucket.clone();
        let cluster = Plan::new(3, ring(4)).start_saving(Merge::new, move |worker| {
            (worker != 2).then(|| Checkpoints::new(first.client().open(), Format::default()))
        });
        let error = cluster.checkpoint().expect_err("a worker does not know");
        assert!(matches!(error, ClusterSaveError::CannotWrite { worker: 2, .. }), "{error}");
        assert_eq!(visible(&bucket), 0);
        // A snapshot that is only looked at goes on as before.
        cluster.snapshot().unwrap().verify().unwrap();
    });
}

fn stage(plan: Plan, clients: &[Bucket]) -> Stage {
    let clients = clients.to_vec();
    Stage::over(plan, move |plan| {
        plan.start_saving(Puppet::new, move |worker| {
            Some(Checkpoints::<Record, Note>::new(clients[worker].open(), Format::default()))
        })
    })
}

#[test]
fn a_worker_whose_handler_blocks_is_named_after_the_timeout() {
    finishes(|| {
        let bucket = Bucket::new();
        let settings = ClusterSettings::new().snapshot_timeout(Duration::from_millis(20));
        let stage = stage(Plan::new(2, ring(4)).with(settings), &clients(&bucket, 2));
        let gate = stage.hold(node(3));
        let error = stage.checkpoint().expect_err("worker 1 is held");
        let ClusterSaveError::Silent { workers } = &error else { panic!("{error}") };
        assert_eq!(workers, &[1]);
        gate.open();
        // The late answer belongs to no later checkpoint.
        let saved = loop {
            if let Ok(saved) = stage.checkpoint() {
                break saved;
            }
        };
        assert_eq!(lists(&bucket, saved.record.id), 2);
    });
}

/// Calls `checkpoint` in a thread, lets `body` run, and returns the result of the call.
fn beside(cluster: &ClusterHandle<Merged, Value>, body: impl FnOnce()) -> ClusterSaveError {
    std::thread::scope(|scope| {
        let saving = scope.spawn(|| cluster.checkpoint());
        body();
        saving.join().expect("it returns").expect_err("the cluster ends")
    })
}

#[test]
fn the_end_of_the_cluster_ends_the_wait_for_a_worker_that_writes() {
    finishes(|| {
        let bucket = Bucket::new();
        let clients = clients(&bucket, 2);
        let gate = Gate::new();
        let holds = Arc::new(AtomicBool::new(false));
        let (held, is_held) = (gate.clone(), Arc::clone(&holds));
        // Any call: if no state has changed, there is nothing to put.
        clients[1].hook(move |_| {
            if is_held.load(Ordering::SeqCst) {
                held.pass();
            }
        });
        let cluster = start_saving(Plan::new(2, ring(4)), &clients, Merge::new);
        cluster.checkpoint().expect("nothing is held");
        holds.store(true, Ordering::SeqCst);
        let error = beside(&cluster, || {
            gate.await_arrivals(1);
            cluster.shut_down();
        });
        assert!(matches!(error, ClusterSaveError::Ended(Ending::ShutDown)), "{error}");
        gate.open();
        let error = cluster.checkpoint().expect_err("it has ended");
        let is_ended = matches!(
            error,
            ClusterSaveError::Ended(_) | ClusterSaveError::Snapshot(SnapshotError::ShutDown { .. })
        );
        assert!(is_ended, "{error}");
        assert_eq!(visible(&bucket), 1);
    });
}

/// A checkpoint with a failed node is saved for a person to look at.
#[test]
fn a_failed_node_is_missing_in_the_checkpoint_as_in_the_snapshot() {
    finishes(|| {
        let bucket = Bucket::new();
        let settings = ClusterSettings::new().on_failure(OnFailure::Continue);
        let stage = stage(Plan::new(2, ring(4)).with(settings), &clients(&bucket, 2));
        stage.tell(node(3), |_, _| panic!("it fails"));
        stage.await_failure(node(3));
        let saved = stage.checkpoint().expect("it is saved");
        let record = &saved.record;
        assert_eq!((record.counts.nodes, record.counts.failed), (4, 1));
        let stored: Checkpoints<Record, Note> =
            Checkpoints::new(bucket.client().open(), Format::default());
        let loaded = stored.load(Which::Newest).expect("it is good").snapshot;
        assert_eq!(loaded.parts().nodes.len(), 3);
        assert_eq!(loaded.to_string(), saved.snapshot.to_string());
    });
}
