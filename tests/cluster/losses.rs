//! Processes that are killed, stopped or fail: every other process ends with an error that names
//! them.

use std::thread;
use std::time::Duration;

use consistent_cut::Loss;
use consistent_cut::cluster::{ClusterError, ProcessConfig, start};

use super::company::Company;
use super::joining::{free_addresses, run_apart};
use crate::chance::Chance;
use crate::effort::scaled;
use crate::watchdog::finishes;

const PROCESSES: usize = 3;

/// Lets some time pass.
#[expect(
    clippy::disallowed_methods,
    reason = "the moment of the kill is random, and orders nothing"
)]
fn wait_some_time(chance: &mut Chance, at_most: Duration) {
    let micros = chance.below(at_most.as_micros() as usize);
    thread::sleep(Duration::from_micros(micros as u64));
}

#[test]
fn snapshots_of_several_processes_obey_the_channel_law() {
    // At an effort of 100, 100,000 snapshots.
    for number in 0..scaled(4) {
        let task = ["end", "end with limits"][number as usize % 2];
        let workers = 1 + number as usize / 2 % 2;
        finishes(move || {
            let mut company = Company::start(task, PROCESSES, |config| config.workers(workers));
            for process in 0..PROCESSES {
                assert_eq!(company.end_of(process), "in order", "process {process}");
            }
        });
    }
}

#[test]
fn when_a_process_is_killed_at_any_moment_all_others_name_it() {
    let mut chance = Chance::new(29);
    // At an effort of 50, 200 kills.
    for number in 0..scaled(4) {
        let victim = number as usize % PROCESSES;
        let workers = 1 + chance.below(2);
        let is_early = chance.one_in(4);
        let seed = chance.number();
        finishes(move || {
            let mut chance = Chance::new(seed);
            let mut company = Company::start("go on", PROCESSES, |config| {
                let patient = Duration::from_secs(60);
                let short = Duration::from_secs(5);
                config.workers(workers).epoch(5).silence(patient).connect_timeout(if is_early {
                    short
                } else {
                    patient
                })
            });
            if is_early {
                wait_some_time(&mut chance, Duration::from_millis(400));
            } else {
                company.wait_until_ready();
                wait_some_time(&mut chance, Duration::from_millis(40));
            }
            company.kill(victim);
            for other in (0..PROCESSES).filter(|process| *process != victim) {
                let end = company.end_of(other);
                let is_named = end == format!("lost {victim} closed 5");
                let is_not_begun = is_early && end.starts_with("not begun: ");
                assert!(is_named || is_not_begun, "{victim} was killed, and {other} says: {end}");
                company.check_that_it_was_quiet(other);
            }
        });
    }
}

#[cfg(unix)]
#[test]
fn when_a_process_is_stopped_all_others_name_it_and_it_does_not_go_on_alone() {
    let mut chance = Chance::new(30);
    for number in 0..scaled(3) {
        let victim = number as usize % PROCESSES;
        let seed = chance.number();
        finishes(move || {
            let mut company = Company::start("go on", PROCESSES, |config| {
                config.epoch(6).silence(Duration::from_secs(3))
            });
            company.wait_until_ready();
            wait_some_time(&mut Chance::new(seed), Duration::from_millis(40));
            company.signal(victim, "-STOP");
            for other in (0..PROCESSES).filter(|process| *process != victim) {
                let end = company.end_of(other);
                assert_eq!(end, format!("lost {victim} silent 6"), "process {other}");
                company.check_that_it_was_quiet(other);
            }
            company.signal(victim, "-CONT");
            let end = company.end_of(victim);
            assert!(end.starts_with("lost "), "{end}");
        });
    }
}

/// Runs two processes of two workers as threads. Returns their errors.
fn run_both(
    fail: impl Fn(usize) -> Result<(), String> + Send + Sync + Clone + 'static,
    is_watchful: bool,
) -> [ClusterError; 2] {
    let addresses = free_addresses(2);
    let configs = [0, 1].map(|process| {
        ProcessConfig::new(process, addresses.clone()).workers(2).silence(Duration::from_secs(60))
    });
    let threads = configs.map(|config| {
        let fail = fail.clone();
        run_apart(move || {
            let running = start(&config, move |worker, peers| {
                fail(worker.index())?;
                while !is_watchful || peers.lost().is_none() {
                    // Without a dataflow a step is short.
                    worker.step_or_park(Some(Duration::from_millis(1)));
                }
                Ok(())
            });
            running?.join()
        })
    });
    threads.map(|thread| thread.join().expect("no panic").expect_err("a worker has failed"))
}

#[test]
fn when_a_worker_fails_all_processes_hear_why() {
    finishes(|| {
        let fail = |worker| if worker == 3 { Err("out of paper".to_owned()) } else { Ok(()) };
        let [other, own] = run_both(fail, true);
        let ClusterError::WorkerFailed { worker: 3, .. } = &own else { panic!("{own}") };
        let ClusterError::PeerLost(lost) = &other else { panic!("{other}") };
        let why = Loss::Failed("worker 3: out of paper".to_owned());
        assert_eq!((lost.process, &lost.loss), (1, &why));
    });
}

#[test]
fn when_a_worker_panics_all_processes_hear_of_it() {
    finishes(|| {
        let fail = |worker| if worker == 0 { panic!("made on purpose") } else { Ok(()) };
        let [own, other] = run_both(fail, true);
        let ClusterError::WorkerPanicked { worker: 0, panic } = &own else { panic!("{own}") };
        assert_eq!(panic, "made on purpose");
        let ClusterError::PeerLost(lost) = &other else { panic!("{other}") };
        assert_eq!(lost.loss, Loss::Failed("worker 0: made on purpose".to_owned()));
    });
}

#[test]
fn workers_that_do_not_look_are_ended_or_left_behind() {
    finishes(|| {
        let fail = |worker| if worker == 3 { Err("out of paper".to_owned()) } else { Ok(()) };
        let [other, own] = run_both(fail, false);
        assert!(matches!(own, ClusterError::WorkerFailed { worker: 3, .. }), "{own}");
        assert!(matches!(other, ClusterError::PeerLost(_)), "{other}");
    });
}

#[test]
fn a_process_that_is_given_up_ends_the_others() {
    finishes(|| {
        let addresses = free_addresses(2);
        let work = |process: usize| {
            let config = ProcessConfig::new(process, addresses.clone());
            move || {
                start(&config, |worker, peers| {
                    while peers.lost().is_none() {
                        worker.step_or_park(None);
                    }
                    Ok(())
                })
            }
        };
        let other = run_apart(work(1));
        drop(work(0)().expect("it starts"));
        let other = other.join().expect("no panic").expect("it starts").join();
        let error = other.expect_err("the first was given up").to_string();
        assert!(error.contains("gave it up"), "{error}");
    });
}
