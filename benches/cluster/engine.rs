//! Runs one side on timely dataflow, in this process or in two.

use std::net::TcpListener;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};

use timely::communication::Config as Communication;
use timely::worker::Worker;
use timely::{Config, WorkerConfig};

use crate::messages::{ACROSS, Side, run};
use crate::tokens::speed;

/// Tells the second process which side it runs and where.
const CHILD: &str = "CONSISTENT_CUT_BENCH_CLUSTER";

/// Where the workers are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Where {
    /// This number of workers, in this process.
    Here(usize),
    /// One worker here and one in another process, over loopback.
    TwoProcesses,
}

/// Hops per second of all processes. `start` runs a worker until `stop` is set.
pub(crate) fn hops_per_second(
    place: Where,
    side: Side,
    start: impl Fn(&mut Worker, &Arc<AtomicBool>) + Send + Sync + 'static,
) -> f64 {
    let stop = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&stop);
    let (config, child) = match place {
        Where::Here(workers) => (Config::process(workers), None),
        Where::TwoProcesses => {
            let addresses = two_addresses();
            (config(0, addresses.clone()), Some(second_process(side, &addresses)))
        }
    };
    let guards = timely::execute(config, move |worker| start(worker, &seen)).unwrap();
    let speed = speed();
    stop.store(true, Ordering::Relaxed);
    let processes = if child.is_some() { 2.0 } else { 1.0 };
    if let Some(mut child) = child {
        keep_quiet();
        // The engine cannot end while a process is gone, so its threads are left to this process's
        // end.
        child.kill().unwrap();
        child.wait().unwrap();
        std::mem::forget(guards);
    } else {
        drop(guards);
    }
    processes * speed
}

/// The engine's threads panic when the other process is killed, which says nothing about the bench.
/// A worker that panics in another row still ends it, since its guard panics too.
fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let thread = std::thread::current();
            if !thread.name().is_some_and(|name| name.starts_with("timely:")) {
                usual(panic);
            }
        }));
    });
}

fn config(process: usize, addresses: Vec<String>) -> Config {
    let communication =
        Communication::Cluster { threads: 1, process, addresses, report: false, zerocopy: false };
    Config { communication, worker: WorkerConfig::default() }
}

fn two_addresses() -> Vec<String> {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().to_string()).to_vec()
}

fn second_process(side: Side, addresses: &[String]) -> Child {
    let told = format!("{} {} {}", side.name(), addresses[0], addresses[1]);
    // The arguments tell whether this is a bench, which decides on the size of the workload.
    let mut second = Command::new(std::env::current_exe().unwrap());
    second.args(std::env::args().skip(1)).env(CHILD, told).spawn().unwrap()
}

/// Runs the second process of a row, until it is killed. False if this is not the second process.
pub(crate) fn run_as_second_process() -> bool {
    let Ok(told) = std::env::var(CHILD) else { return false };
    let words: Vec<_> = told.split(' ').map(str::to_owned).collect();
    let side = Side::named(&words[0]);
    let never = Arc::new(AtomicBool::new(false));
    let guards = timely::execute(config(1, words[1..].to_vec()), move |worker| {
        run(side, worker, &ACROSS.workload(), ACROSS.placement, &never);
    });
    drop(guards.unwrap());
    true
}
