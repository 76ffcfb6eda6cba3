//! Starts the workers of a process, connected with all others.

use std::io;
use std::sync::Arc;

use timely::communication::allocator::zero_copy::initialize::{
    CommsGuard, initialize_networking_from_sockets,
};
use timely::communication::allocator::{AllocatorBuilder, ProcessBuilder};
use timely::communication::{Hooks, initialize_from};
use timely::worker::Worker;

use super::cluster_error::{ClusterError, WorkerError};
use super::config::ProcessConfig;
use super::connect_error::ConnectError;
use super::ends::Ends;
use super::meeting::meet;
use super::partner::Pair;
use super::peers::Peers;
use super::pulse::Pulse;
use super::running::{Parts, RunningProcess};
use super::wire::Wire;
use super::work::work;
use crate::driver::Loss;
use crate::sync::{channel, spawn};

/// Runs `run` on each worker of this process, connected with all other processes, and returns the
/// results of its workers by index. As [`start`], and waits.
///
/// # Errors
/// As [`RunningProcess::join`], and as [`start`].
pub fn execute<T, F>(config: &ProcessConfig, run: F) -> Result<Vec<T>, ClusterError>
where
    T: Send + 'static,
    F: Fn(&mut Worker, &Peers) -> Result<T, WorkerError> + Send + Sync + 'static,
{
    start(config, run)?.join()
}

/// Connects this process with all others, and starts its workers. Each runs `run`, and then steps
/// until its dataflows are complete.
///
/// A [`Cluster`](crate::cluster::Cluster) that a worker builds ends when a process is lost: it
/// [has ended](crate::cluster::Cluster::has_ended), and callers of its handle get errors that name
/// the process. A `run` that steps for another reason has to look at [`Peers::lost`] as well, in
/// each round of its loop. A worker is woken at a loss.
///
/// # Errors
/// If the configuration can never work, or if this process has not joined the others in time. The
/// call takes [`connect_timeout`](ProcessConfig::connect_timeout) at most, and a few seconds more
/// where a name is not resolved.
pub fn start<T, F>(config: &ProcessConfig, run: F) -> Result<RunningProcess<T>, ClusterError>
where
    T: Send + 'static,
    F: Fn(&mut Worker, &Peers) -> Result<T, WorkerError> + Send + Sync + 'static,
{
    config.check()?;
    let pairs = meet(config).inspect_err(|error| config.leave_word(error.higher_epoch()))?;
    let ends = Ends::new(config.addresses(), config.process, config.epoch, config.silence);
    run_workers(config, &ends, pairs, run).map_err(|error| {
        let error = ConnectError::System { what: "a socket or a thread", error };
        // The pulse may beat already.
        ends.lose(config.process, Loss::Failed(error.to_string()));
        error.into()
    })
}

fn run_workers<T, F>(
    config: &ProcessConfig,
    ends: &Arc<Ends>,
    pairs: Vec<Option<Pair>>,
    run: F,
) -> io::Result<RunningProcess<T>>
where
    T: Send + 'static,
    F: Fn(&mut Worker, &Peers) -> Result<T, WorkerError> + Send + Sync + 'static,
{
    let (mut pulses, mut wires, mut sockets) = (Vec::new(), Vec::new(), Vec::new());
    for (process, pair) in pairs.into_iter().enumerate() {
        let wire = pair.map(|Pair { data, pulse }| {
            pulses.push((process, pulse));
            sockets.push(data.try_clone()?);
            Ok::<_, io::Error>(Wire::new(data, process, Arc::clone(ends)))
        });
        wires.push(wire.transpose()?);
    }
    let pulse = if pulses.is_empty() {
        None
    } else {
        let pulse = Pulse::new(Arc::clone(ends), pulses);
        Some(spawn("consistent-cut pulse".to_owned(), None, move || pulse.run())?)
    };
    let (builders, comms) = builders(config, wires)?;
    let peers = Arc::new(Peers::new(config, Arc::clone(ends)));
    let (results, taken) = channel();
    let at_end = Arc::clone(&peers);
    let workers = initialize_from(builders, Box::new(()), move |allocator| {
        let ended = work(allocator, &run, &peers);
        // The process may have left this worker behind.
        let _ = results.send(ended);
    });
    let workers = workers.map_err(io::Error::other)?;
    let peers = at_end;
    Ok(RunningProcess::new(Parts { peers, taken, workers, comms, sockets, pulse }))
}

/// The allocators of the workers, and the threads of the connections.
fn builders(
    config: &ProcessConfig,
    wires: Vec<Option<Wire>>,
) -> io::Result<(Vec<AllocatorBuilder>, Option<CommsGuard>)> {
    let hooks = Hooks::default();
    let workers = config.workers;
    let inside =
        ProcessBuilder::new_typed_vector(workers, hooks.refill.clone(), hooks.spill.clone());
    if wires.len() == 1 {
        return Ok((inside.into_iter().map(AllocatorBuilder::Process).collect(), None));
    }
    let (builders, comms) =
        initialize_networking_from_sockets(inside, wires, config.process, workers, hooks)?;
    Ok((builders.into_iter().map(AllocatorBuilder::Tcp).collect(), Some(comms)))
}
