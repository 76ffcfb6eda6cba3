//! Loops written by hand that send batches: a vector of at most 64 messages, handed over when it is full or when there is nothing
//! left to receive. This is the limit we know.

#![allow(dead_code, reason = "not every bench compares with batches")]

use std::hint::black_box;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::{Capacity, Message, Workload, work};

const BATCH: usize = 64;

type Batch = Vec<Message>;

/// Runs the workload and returns how many messages were received.
pub(crate) fn run(workload: Workload, capacity: Capacity, messages: u64) -> u64 {
    match workload {
        Workload::Ring { nodes, tokens } => ring(nodes, tokens, capacity, messages / tokens),
        Workload::FanIn { producers } => fan_in(producers, capacity, messages / producers as u64),
        Workload::Pipeline { stages } => pipeline(stages, capacity, messages / stages as u64),
    }
}

fn inbox(capacity: Capacity) -> (Sender<Batch>, Receiver<Batch>) {
    match capacity {
        Capacity::Unbounded => unbounded(),
        Capacity::Of(messages) => bounded(messages.div_ceil(BATCH)),
    }
}

/// What is sent on one channel.
struct Out {
    tx: Sender<Batch>,
    open: Batch,
}

impl Out {
    fn new(tx: Sender<Batch>) -> Self {
        Out { tx, open: Vec::with_capacity(BATCH) }
    }

    fn put(&mut self, message: Message) {
        self.open.push(message);
        if self.open.len() == BATCH {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        if !self.open.is_empty() {
            let batch = std::mem::replace(&mut self.open, Vec::with_capacity(BATCH));
            self.tx.send(batch).unwrap();
        }
    }
}

/// Handles what comes until the channel ends or `each` says so; hands over when nothing is left.
fn receive(rx: &Receiver<Batch>, out: &mut Out, mut each: impl FnMut(Message, &mut Out) -> bool) {
    loop {
        let Ok(batch) = rx.try_recv().or_else(|_| {
            out.hand_over();
            rx.recv()
        }) else {
            return;
        };
        for message in batch {
            if !each(message, out) {
                return;
            }
        }
    }
}

fn ring(nodes: usize, tokens: u64, capacity: Capacity, hops: u64) -> u64 {
    let (done_tx, done) = unbounded();
    let (txs, rxs): (Vec<_>, Vec<_>) = (0..nodes).map(|_| inbox(capacity)).unzip();
    // On all inboxes, so that none is too small before its thread runs.
    let mut all: Vec<_> = txs.iter().map(|tx| Out::new(Sender::clone(tx))).collect();
    for number in 0..tokens {
        all[number as usize % nodes].put(Message { number: hops, payload: number });
    }
    all.into_iter().for_each(|mut out| out.hand_over());
    let threads: Vec<_> = rxs
        .into_iter()
        .enumerate()
        .map(|(node, rx)| {
            let (mut next, done) = (Out::new(txs[(node + 1) % nodes].clone()), done_tx.clone());
            thread::spawn(move || {
                let mut sum = 0;
                receive(&rx, &mut next, |Message { number, payload }, next| {
                    sum = work(sum, Message { number, payload });
                    match number {
                        u64::MAX => return false,
                        1 => done.send(()).unwrap(),
                        _ => next.put(Message { number: number - 1, payload }),
                    }
                    true
                });
                black_box(sum)
            })
        })
        .collect();
    (0..tokens).for_each(|_| done.recv().unwrap());
    for tx in txs {
        tx.send(vec![Message { number: u64::MAX, payload: 0 }]).unwrap();
    }
    join(threads);
    tokens * hops
}

fn fan_in(producers: usize, capacity: Capacity, each: u64) -> u64 {
    let (tx, rx) = inbox(capacity);
    let mut threads: Vec<_> = (0..producers)
        .map(|_| {
            let out = Out::new(tx.clone());
            thread::spawn(move || produce(out, each))
        })
        .collect();
    drop(tx);
    threads.push(thread::spawn(move || consume(&rx)));
    join(threads);
    producers as u64 * each
}

fn pipeline(stages: usize, capacity: Capacity, each: u64) -> u64 {
    let (tx, mut rx) = inbox(capacity);
    let mut threads = vec![thread::spawn(move || produce(Out::new(tx), each))];
    for _ in 2..stages {
        let (tx, next) = inbox(capacity);
        threads.push(thread::spawn(move || {
            let (mut sum, mut out) = (0, Out::new(tx));
            receive(&rx, &mut out, |message, out| {
                sum = work(sum, message);
                out.put(message);
                true
            });
            sum
        }));
        rx = next;
    }
    threads.push(thread::spawn(move || consume(&rx)));
    join(threads);
    (stages as u64 - 1) * each
}

fn produce(mut out: Out, each: u64) -> u64 {
    (0..each).for_each(|number| out.put(Message { number, payload: number }));
    out.hand_over();
    each
}

fn consume(rx: &Receiver<Batch>) -> u64 {
    let mut sum = 0;
    for message in rx.iter().flatten() {
        sum = work(sum, message);
    }
    black_box(sum)
}

fn join(threads: Vec<thread::JoinHandle<u64>>) {
    for thread in threads {
        black_box(thread.join().unwrap());
    }
}
