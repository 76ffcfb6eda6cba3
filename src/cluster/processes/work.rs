//! The work of one worker.

use timely::WorkerConfig;
use timely::communication::Allocator;
use timely::worker::Worker;

use super::cluster_error::{EndOfWorker, WorkerError};
use super::peers::Peers;
use crate::panics::{catch, discard};
use crate::sync::current;

/// The end of a worker.
pub(super) enum Ended<T> {
    /// It has come to its end, with this result.
    Done {
        worker: usize,
        result: T,
    },
    /// It was the first to fail.
    Panicked {
        worker: usize,
        panic: String,
    },
    Failed {
        worker: usize,
        error: WorkerError,
    },
    /// A process was lost before.
    Lost,
}

/// Runs a worker to its end, and drops it.
#[expect(clippy::disallowed_methods, reason = "timely's own clock, as `timely::execute` has it")]
pub(super) fn work<T>(
    allocator: Allocator,
    run: &impl Fn(&mut Worker, &Peers) -> Result<T, WorkerError>,
    peers: &Peers,
) -> Ended<T> {
    let now = std::time::Instant::now();
    let mut worker = Worker::new(WorkerConfig::default(), allocator, Some(now));
    let index = worker.index();
    let thread = current();
    peers.fate().govern_this_thread();
    peers.fate().wake_by(move |_| thread.unpark());
    let ended = catch(|| {
        let result = run(&mut worker, peers);
        while result.is_ok() && peers.lost().is_none() && worker.has_dataflows() {
            worker.step_or_park(None);
        }
        result
    });
    let ended = match ended {
        Ok(Ok(result)) if peers.lost().is_none() => Ended::Done { worker: index, result },
        Ok(Ok(result)) => {
            discard(result);
            Ended::Lost
        }
        Ok(Err(error)) if peers.fail(EndOfWorker(index, &error).to_string()) => {
            Ended::Failed { worker: index, error }
        }
        Err(panic) if peers.fail(EndOfWorker(index, &panic).to_string()) => {
            Ended::Panicked { worker: index, panic }
        }
        Ok(Err(_)) => Ended::Lost,
        Err(_) => {
            // timely may have panicked over its closed connections. It would do so again as the
            // worker is dropped.
            std::mem::forget(worker);
            return Ended::Lost;
        }
    };
    discard(worker);
    ended
}
