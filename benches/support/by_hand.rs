//! The loops a person would write: one inbox a thread, a blocking receive, no snapshots.

use std::hint::black_box;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::{Capacity, Message, Workload, work};

/// Runs the workload and returns how many messages were received.
pub(crate) fn run(workload: Workload, capacity: Capacity, messages: u64) -> u64 {
    match workload {
        Workload::Ring { nodes, tokens } => ring(nodes, tokens, capacity, messages / tokens),
        Workload::FanIn { producers } => fan_in(producers, capacity, messages / producers as u64),
        Workload::Pipeline { stages } => pipeline(stages, capacity, messages / stages as u64),
    }
}

fn inbox(capacity: Capacity) -> (Sender<Message>, Receiver<Message>) {
    match capacity {
        Capacity::Unbounded => unbounded(),
        Capacity::Of(messages) => bounded(messages),
    }
}

fn ring(nodes: usize, tokens: u64, capacity: Capacity, hops: u64) -> u64 {
    let (done_tx, done) = unbounded();
    let (txs, rxs): (Vec<Sender<Message>>, Vec<Receiver<Message>>) =
        (0..nodes).map(|_| inbox(capacity)).unzip();
    // On all inboxes, so that none is too small before its thread runs.
    for number in 0..tokens {
        txs[number as usize % nodes].send(Message { number: hops, payload: number }).unwrap();
    }
    let threads: Vec<_> = rxs
        .into_iter()
        .enumerate()
        .map(|(node, rx)| {
            let (next, done) = (txs[(node + 1) % nodes].clone(), done_tx.clone());
            thread::spawn(move || {
                let mut sum = 0;
                while let Ok(Message { number, payload }) = rx.recv() {
                    sum = work(sum, Message { number, payload });
                    match number {
                        u64::MAX => break,
                        1 => done.send(()).unwrap(),
                        _ => next.send(Message { number: number - 1, payload }).unwrap(),
                    }
                }
                black_box(sum)
            })
        })
        .collect();
    for _ in 0..tokens {
        done.recv().unwrap();
    }
    for tx in txs {
        tx.send(Message { number: u64::MAX, payload: 0 }).unwrap();
    }
    join(threads);
    tokens * hops
}

fn fan_in(producers: usize, capacity: Capacity, each: u64) -> u64 {
    let (tx, rx) = inbox(capacity);
    let mut threads: Vec<_> = (0..producers)
        .map(|_| {
            let tx = tx.clone();
            thread::spawn(move || produce(&tx, each))
        })
        .collect();
    drop(tx);
    threads.push(thread::spawn(move || consume(&rx)));
    join(threads);
    producers as u64 * each
}

fn pipeline(stages: usize, capacity: Capacity, each: u64) -> u64 {
    let (tx, mut rx) = inbox(capacity);
    let mut threads = vec![thread::spawn(move || produce(&tx, each))];
    for _ in 2..stages {
        let (tx, next) = inbox(capacity);
        threads.push(thread::spawn(move || {
            let mut sum = 0;
            for message in rx {
                sum = work(sum, message);
                tx.send(message).unwrap();
            }
            sum
        }));
        rx = next;
    }
    threads.push(thread::spawn(move || consume(&rx)));
    join(threads);
    (stages as u64 - 1) * each
}

fn produce(tx: &Sender<Message>, each: u64) -> u64 {
    for number in 0..each {
        tx.send(Message { number, payload: number }).unwrap();
    }
    each
}

fn consume(rx: &Receiver<Message>) -> u64 {
    let mut sum = 0;
    for message in rx {
        sum = work(sum, message);
    }
    black_box(sum)
}

fn join(threads: Vec<thread::JoinHandle<u64>>) {
    for thread in threads {
        black_box(thread.join().unwrap());
    }
}
