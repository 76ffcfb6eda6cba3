//! The launcher: restarts, epochs, and no process that outlives it.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::cluster::{
    Attempt, LaunchError, LaunchEvent, LaunchPlan, LaunchPolicy, launch,
};
use parking_lot::Mutex;

use super::company::{CHILD, TASK};
use super::joining::free_addresses;
use crate::watchdog::finishes;

fn plan(task: &str, addresses: Vec<String>) -> LaunchPlan {
    let program = env::current_exe().expect("this program has a file");
    LaunchPlan::new(program, addresses)
        .args(CHILD)
        .arg("--quiet")
        .env(TASK, task)
        .connect_timeout(Duration::from_secs(10))
}

fn quick() -> LaunchPolicy {
    LaunchPolicy::default().back_off(Duration::from_millis(1), Duration::from_millis(1))
}

#[test]
fn after_a_failure_all_start_again_with_another_count() {
    finishes(|| {
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&events);
        let make = |attempt: &Attempt| {
            let processes = if attempt.number == 1 { 3 } else { 2 };
            plan("fail once", free_addresses(processes)).workers(attempt.number as usize)
        };
        let listen = move |event: &LaunchEvent| {
            heard.lock().push(match event {
                LaunchEvent::Started { attempt, epoch, processes } => {
                    format!("{attempt} of epoch {epoch}: {} started", processes.len())
                }
                LaunchEvent::Ended(ended) => {
                    assert!(!ended.status.success());
                    "ended".to_owned()
                }
                other => other.to_string(),
            });
        };
        let launched = launch(make).policy(quick()).on_event(listen).epoch(7).start();
        assert_eq!(launched.expect("a thread").wait().expect("the second works"), 2);
        assert_eq!(
            *events.lock(),
            [
                "1 of epoch 7: 3 started",
                "ended",
                "attempt 2 with epoch 8 after 1ms",
                "2 of epoch 8: 2 started"
            ]
        );
    });
}

#[test]
fn a_launcher_whose_epoch_is_behind_adopts_the_higher() {
    finishes(|| {
        let addresses = free_addresses(2);
        let epochs = |process: usize, epoch| {
            let addresses = addresses.clone();
            let last = Arc::new(Mutex::new(0));
            let heard = Arc::clone(&last);
            let launched = launch(move |attempt| {
                *heard.lock() = attempt.epoch;
                plan("end in order", addresses.clone()).here([process])
            });
            (launched.policy(quick()).epoch(epoch).start().expect("a thread"), last)
        };
        let (first, first_epoch) = epochs(0, 1);
        let (second, second_epoch) = epochs(1, 40);
        first.wait().expect("it adopts the epoch");
        second.wait().expect("it waits for the first");
        assert_eq!(*first_epoch.lock(), *second_epoch.lock());
        assert!(*first_epoch.lock() >= 40);
    });
}

#[test]
fn the_policy_ends_the_restarts() {
    finishes(|| {
        let attempts = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&attempts);
        let make = move |attempt: &Attempt| {
            *counted.lock() = attempt.number;
            plan("fail", free_addresses(1))
        };
        let policy = quick().restarts(2, Duration::from_secs(600));
        let launched = launch(make).policy(policy).start().expect("a thread");
        match launched.wait() {
            Err(LaunchError::GaveUp { process: 0, restarts: 2, .. }) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(*attempts.lock(), 3);
    });
}

#[cfg(unix)]
#[test]
fn no_process_outlives_its_launcher() {
    finishes(|| {
        let (tx, started) = std::sync::mpsc::channel();
        let make = |_: &Attempt| plan("go on", free_addresses(2));
        let listen = move |event: &LaunchEvent| {
            if let LaunchEvent::Started { processes, .. } = event {
                tx.send(processes.clone()).expect("the test waits");
            }
        };
        let launched = launch(make).on_event(listen).start().expect("a thread");
        let processes = started.recv().expect("they start");
        drop(launched);
        for (_, pid) in processes {
            let asked = std::process::Command::new("kill").args(["-0", &pid.to_string()]).output();
            assert!(!asked.expect("there is a command `kill`").status.success(), "{pid}");
        }
    });
}
