//! A process whose workers run.

use std::fmt;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use timely::communication::WorkerGuards;
use timely::communication::allocator::zero_copy::initialize::CommsGuard;

use super::cluster_error::ClusterError;
use super::peers::Peers;
use super::work::Ended;
use crate::panics::{discard, discard_all};
use crate::runtime::Clock;
use crate::sync::{JoinHandle, Receiver};

/// The time between two looks at workers that are to end.
const LOOK: Duration = Duration::from_millis(20);

/// After a loss: how long a worker may take to notice it by itself. Then the connections are
/// closed, and timely panics in the worker's next step. After the same time again the worker is
/// left behind.
const GRACE: Duration = Duration::from_secs(2);

/// A process whose workers run. If it is dropped before they have ended, all processes of the
/// cluster end with an error.
pub struct RunningProcess<T: Send + 'static> {
    peers: Arc<Peers>,
    /// `None` after the join.
    parts: Option<Parts<T>>,
}

pub(super) struct Parts<T: Send + 'static> {
    pub(super) peers: Arc<Peers>,
    pub(super) taken: Receiver<Ended<T>>,
    pub(super) workers: WorkerGuards<()>,
    pub(super) comms: Option<CommsGuard>,
    /// The data connections.
    pub(super) sockets: Vec<TcpStream>,
    pub(super) pulse: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> RunningProcess<T> {
    pub(super) fn new(parts: Parts<T>) -> Self {
        RunningProcess { peers: Arc::clone(&parts.peers), parts: Some(parts) }
    }

    /// The processes of the cluster.
    #[must_use]
    pub fn peers(&self) -> &Arc<Peers> {
        &self.peers
    }

    /// Waits until the workers of all processes have ended. Returns the results of this process's
    /// workers by index.
    ///
    /// # Errors
    /// If a worker of this process has failed, or another process is lost: it was killed or
    /// stopped, has failed, or is not reached any more. All processes get an error then, except
    /// those that had heard from all others that their work was done. After an error the program
    /// should end: worker threads that do not notice the loss within four seconds are left behind,
    /// and so are timely's threads.
    pub fn join(mut self) -> Result<Vec<T>, ClusterError> {
        // Nothing but this call and the drop takes the parts.
        self.parts.take().map_or(Ok(Vec::new()), Parts::join)
    }
}

impl<T: Send + 'static> Drop for RunningProcess<T> {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            self.peers.fail("its program gave it up (RunningProcess was dropped)".to_owned());
            if let Ok(results) = parts.join() {
                discard_all(results);
            }
        }
    }
}

impl<T: Send + 'static> Parts<T> {
    fn join(mut self) -> Result<Vec<T>, ClusterError> {
        let count = self.peers.config().workers;
        let ended = self.wait_for_workers(count);
        let Parts { peers, workers, comms, sockets, pulse, .. } = self;
        let has_left_none = ended.len() == count;
        let (mut results, mut failure) = (Vec::with_capacity(count), None);
        for ended in ended {
            match ended {
                Ended::Done { worker, result } => results.push((worker, result)),
                Ended::Panicked { worker, panic } => {
                    failure = Some(ClusterError::WorkerPanicked { worker, panic });
                }
                Ended::Failed { worker, error } => {
                    failure = Some(ClusterError::WorkerFailed { worker, error });
                }
                Ended::Lost => {}
            }
        }
        if has_left_none {
            discard(workers);
        } else {
            std::mem::forget(workers);
        }
        let is_done = peers.ends().wait_until_done();
        match (failure, peers.lost()) {
            (None, None) if is_done => {
                if peers.ends().wait_until_read() {
                    discard(comms);
                } else {
                    std::mem::forget(comms);
                }
            }
            (failure, lost) => {
                close(&peers, &sockets);
                // A thread that reads has ended by an unwinding, for which the guard would panic.
                std::mem::forget(comms);
                discard_all(results.drain(..));
                let lost = || lost.cloned().map(ClusterError::PeerLost);
                if let Some(error) = failure.or_else(lost) {
                    join_pulse(pulse);
                    return Err(error);
                }
            }
        }
        join_pulse(pulse);
        results.sort_by_key(|(worker, _)| *worker);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }

    /// Waits until all workers have ended; after a loss, for a bounded time.
    fn wait_for_workers(&mut self, count: usize) -> Vec<Ended<T>> {
        let clock = Clock::start();
        let mut ended = Vec::with_capacity(count);
        let mut lost_at = None;
        let mut is_closed = false;
        while ended.len() < count {
            let look = Clock::deadline(LOOK);
            ended.extend(look.and_then(|look| self.taken.recv_until(look)));
            if self.peers.lost().is_none() {
                continue;
            }
            let now = clock.now();
            let since = now.saturating_sub(*lost_at.get_or_insert(now));
            if since > 2 * GRACE {
                break;
            }
            if since > GRACE && !is_closed {
                is_closed = true;
                close(&self.peers, &self.sockets);
            }
            // A worker that has looked at the fate and not slept yet may have missed a call.
            self.peers.fate().wake();
        }
        ended
    }
}

/// Closes the data connections, after a loss. timely's threads end then.
fn close(peers: &Peers, sockets: &[TcpStream]) {
    for socket in sockets {
        // A connection that is closed already needs no end.
        let _ = socket.shutdown(Shutdown::Both);
    }
    peers.ends().abandon();
}

fn join_pulse(pulse: Option<JoinHandle<()>>) {
    if let Some(pulse) = pulse {
        // It runs none of the user's code.
        let _ = pulse.join();
    }
}

impl<T: Send + 'static> fmt::Debug for RunningProcess<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningProcess").finish_non_exhaustive()
    }
}
