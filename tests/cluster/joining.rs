//! How processes join a cluster, and who is refused. The processes are threads of the test here,
//! with sockets as between any processes.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use consistent_cut::cluster::{
    ClusterError, ConnectError, PlanDifference, ProcessConfig, RunningProcess, start,
};
use parking_lot::Mutex;
use timely::dataflow::operators::{Exchange, Inspect, ToStream};

use crate::watchdog::finishes;

/// Addresses that were free a moment ago. Each is handed out once: tests run side by side, and the
/// processes of two would meet at the same one.
pub(crate) fn free_addresses(count: usize) -> Vec<String> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock();
    let (mut listeners, mut addresses) = (Vec::new(), Vec::new());
    while addresses.len() < count {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        if given.insert(address.port()) {
            addresses.push(address.to_string());
        }
        listeners.push(listener);
    }
    addresses
}

fn config(process: usize, addresses: &[String]) -> ProcessConfig {
    ProcessConfig::new(process, addresses.to_vec()).connect_timeout(Duration::from_secs(60))
}

/// Starts a process whose workers exchange numbers with all others.
fn begin(config: &ProcessConfig) -> Result<RunningProcess<usize>, ClusterError> {
    start(config, |worker, _| {
        worker.dataflow::<u64, _, _>(|scope| {
            let numbers = (0..100_u64).to_stream(scope).container::<Vec<_>>();
            numbers.exchange(|number| *number).inspect(|_| {});
        });
        Ok(worker.index())
    })
}

fn run(config: &ProcessConfig) -> Result<Vec<usize>, ClusterError> {
    begin(config)?.join()
}

/// Runs all processes at once. Returns their results in order.
fn run_all(configs: &[ProcessConfig]) -> Vec<Result<Vec<usize>, ClusterError>> {
    thread::scope(|scope| {
        let threads: Vec<_> = configs.iter().map(|config| scope.spawn(|| run(config))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

/// Runs `body` in a thread of its own.
pub(crate) fn run_apart<T: Send + 'static>(
    body: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    thread::Builder::new().spawn(body).expect("room for a thread")
}

fn connect_error<T: std::fmt::Debug>(result: Result<T, ClusterError>) -> ConnectError {
    match result {
        Err(ClusterError::Connect(error)) => error,
        other => panic!("no error of connecting: {other:?}"),
    }
}

#[test]
fn processes_join_in_any_number_and_end_in_order() {
    finishes(|| {
        for (processes, workers) in [(1, 1), (1, 3), (2, 1), (2, 2), (4, 1), (5, 2)] {
            let addresses = free_addresses(processes);
            let config = |process| config(process, &addresses).workers(workers).epoch(7).digest(9);
            let configs: Vec<_> = (0..processes).map(config).collect();
            for (process, result) in run_all(&configs).into_iter().enumerate() {
                let workers: Vec<_> = (process * workers..(process + 1) * workers).collect();
                assert_eq!(result.expect("in order"), workers, "{processes} processes");
            }
        }
    });
}

#[test]
fn another_epoch_is_refused_and_the_lower_hears_of_the_higher() {
    finishes(|| {
        for (first, second) in [(4, 3), (3, 4)] {
            let addresses = free_addresses(2);
            let short = Duration::from_secs(2);
            let configs = [
                config(0, &addresses).epoch(first).connect_timeout(short),
                config(1, &addresses).epoch(second).connect_timeout(short),
            ];
            let errors: Vec<_> = run_all(&configs).into_iter().map(connect_error).collect();
            for (own, error) in [first, second].into_iter().zip(&errors) {
                let ConnectError::OtherEpoch { ours, theirs, .. } = error else {
                    panic!("{error}")
                };
                assert_eq!((*ours, *theirs), (own, 7 - own));
                assert_eq!(error.higher_epoch(), (own == 3).then_some(4));
            }
            let text = errors[usize::from(first == 4)].to_string();
            let (peer, address) = (usize::from(first == 3), &addresses[usize::from(first == 3)]);
            assert_eq!(
                text,
                format!(
                    "process {peer} ({address}) is in epoch 4, and this process in epoch 3: start \
                     this process again with epoch 4"
                )
            );
        }
    });
}

#[test]
fn a_process_of_another_epoch_does_not_keep_the_right_one_out() {
    finishes(|| {
        let addresses = free_addresses(2);
        let first = config(0, &addresses).epoch(5);
        let late = config(1, &addresses).epoch(4);
        let second = config(1, &addresses).epoch(5);
        thread::scope(|scope| {
            let first = scope.spawn(|| run(&first));
            let error = connect_error(run(&late));
            assert_eq!(error.higher_epoch(), Some(5), "{error}");
            run(&second).expect("the right epoch");
            first.join().expect("no panic").expect("the right epoch");
        });
    });
}

#[test]
fn another_plan_is_refused_with_the_difference() {
    finishes(|| {
        let addresses = free_addresses(2);
        let usual = || config(1, &addresses).digest(1).workers(2);
        let three: Vec<_> = addresses.iter().cloned().chain(["127.0.0.1:9".to_owned()]).collect();
        let cases = [
            (usual().digest(0xabc), PlanDifference::Digest { ours: 1, theirs: 0xabc }),
            (usual().workers(3), PlanDifference::Workers { ours: 2, theirs: 3 }),
            (
                config(1, &three).digest(1).workers(2),
                PlanDifference::Processes { ours: 2, theirs: 3 },
            ),
        ];
        for (other, expected) in cases {
            let first = config(0, &addresses).digest(1).workers(2);
            let mut results = run_all(&[first, other]).into_iter().map(connect_error);
            let at_first = results.next().expect("an error");
            let ConnectError::OtherPlan { process: 1, address, difference } = &at_first else {
                panic!("{at_first}")
            };
            assert_eq!((address, difference), (&addresses[1], &expected));
            let at_second = results.next().expect("an error");
            assert!(matches!(at_second, ConnectError::OtherPlan { process: 0, .. }), "{at_second}");
        }
    });
}

#[test]
fn two_processes_with_one_index_are_named() {
    finishes(|| {
        // Two hosts take themselves for process 1, each with its own address in its list.
        let addresses = free_addresses(4);
        let list = |own: usize| [&addresses[0], &addresses[own], &addresses[3]].map(Clone::clone);
        let configs = [
            config(0, &list(1)),
            config(1, &list(1)).connect_timeout(Duration::from_secs(3)),
            config(1, &list(2)).connect_timeout(Duration::from_secs(3)),
        ];
        let errors: Vec<_> = run_all(&configs).into_iter().map(connect_error).collect();
        let ConnectError::SameIndex { process: 1, .. } = errors[0] else { panic!("{}", errors[0]) };
        let refused = errors[1..]
            .iter()
            .filter(|error| matches!(error, ConnectError::SameIndex { process: 1, .. }));
        assert_eq!(refused.count(), 1, "{errors:?}");
    });
}

#[test]
fn strangers_at_the_port_do_not_matter() {
    finishes(|| {
        let addresses = free_addresses(2);
        let configs = [config(0, &addresses), config(1, &addresses)];
        thread::scope(|scope| {
            let first = scope.spawn(|| run(&configs[0]));
            let mut strangers = Vec::new();
            let greetings: [&[u8]; 6] = [
                b"",
                b"\r\n",
                b"GET / HTTP/1.1\r\n\r\n",
                b"ccutjoin",
                b"ccutjoin\0\x09",
                &[0; 4096],
            ];
            while strangers.len() < 60 {
                let Ok(mut stranger) = TcpStream::connect(&addresses[0]) else { continue };
                let greeting = greetings[strangers.len() % greetings.len()];
                // The process may have closed the connection already.
                let _ = stranger.write_all(greeting);
                strangers.push(stranger);
            }
            run(&configs[1]).expect("strangers do not matter");
            first.join().expect("no panic").expect("strangers do not matter");
        });
    });
}

#[test]
fn whatever_else_is_at_the_address_of_a_peer_is_named() {
    finishes(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let mut addresses = free_addresses(2);
        addresses[0] = listener.local_addr().expect("bound").to_string();
        let speak = |greeting: &'static [u8]| {
            let listener = listener.try_clone().expect("a handle");
            let short = config(1, &addresses).connect_timeout(Duration::from_secs(1));
            let speaker = run_apart(move || {
                let (mut socket, _) = listener.accept().expect("a call");
                socket.write_all(greeting).expect("it listens");
                socket
            });
            let error = connect_error(run(&short));
            drop(speaker.join());
            match error {
                ConnectError::NotACluster { process: 0, heard, .. } => heard,
                other => panic!("{other}"),
            }
        };
        assert_eq!(speak(b"SSH-2.0-OpenSSH_9.6\r\n"), "it speaks another protocol");
        assert_eq!(speak(b""), "it says nothing for 500ms");
    });
}

#[test]
fn processes_that_are_not_there_are_named() {
    finishes(|| {
        let addresses = free_addresses(3);
        let short = config(1, &addresses).connect_timeout(Duration::from_millis(300));
        let error = connect_error(run(&short));
        let ConnectError::Missing { missing, .. } = &error else { panic!("{error}") };
        let named: Vec<_> = missing.iter().map(|one| (one.process, &one.address)).collect();
        assert_eq!(named, [(0, &addresses[0]), (2, &addresses[2])]);
        let text = error.to_string();
        assert!(
            text.starts_with("2 processes were not there within 300ms: process 0 at"),
            "{text}"
        );
    });
}

#[test]
fn an_address_that_cannot_be_used_is_named() {
    finishes(|| {
        let mut addresses = free_addresses(2);
        let taken = TcpListener::bind(&addresses[0]).expect("free");
        let error = connect_error(run(&config(0, &addresses)));
        assert!(matches!(error, ConnectError::Bind { process: 0, .. }), "{error}");
        drop(taken);
        addresses[0] = "127.0.0.1".to_owned();
        for process in 0..2 {
            let error = connect_error(run(&config(process, &addresses)));
            assert!(matches!(error, ConnectError::Unresolvable { process: 0, .. }), "{error}");
        }
    });
}
