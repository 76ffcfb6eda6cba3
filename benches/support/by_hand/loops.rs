//! The threads of each workload.

use std::ops::ControlFlow::{Break, Continue};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Sender, bounded};

use super::super::figures::speed;
use super::super::workload::{Capacity, Message, Tally, Workload, check, wait_for};
use super::channels::Channels;

/// Messages per second; the start and the end of threads are not in the time.
pub(crate) fn run<C: Channels>(workload: Workload, capacity: Capacity, messages: u64) -> f64 {
    let each = workload.each(messages);
    let expected = workload.received(each);
    let (speed, threads) = match workload {
        Workload::Ring { nodes, tokens } => ring::<C>(nodes, (tokens, each), capacity),
        Workload::FanIn { producers } => fan_in::<C>(producers, each, capacity),
        Workload::Pipeline { stages } => pipeline::<C>(stages, each, capacity),
    };
    check(threads.into_iter().map(|thread| thread.join().unwrap()), expected);
    speed
}

type Threads = Vec<JoinHandle<Tally>>;

fn ring<C: Channels>(
    nodes: usize,
    (tokens, hops): (u64, u64),
    capacity: Capacity,
) -> (f64, Threads) {
    let (done, ended) = bounded(1);
    let ready = Arc::new(Barrier::new(nodes + 1));
    let (mut outs, inboxes): (Vec<C::Out>, Vec<C::In>) =
        (0..nodes).map(|_| C::pair(capacity)).unzip();
    let threads = inboxes.into_iter().enumerate().map(|(node, inbox)| {
        let mut out = C::again(&outs[(node + 1) % nodes]);
        let (ready, done) = (Arc::clone(&ready), done.clone());
        thread::spawn(move || {
            ready.wait();
            pass_tokens::<C>(&inbox, &mut out, (tokens, hops), &done)
        })
    });
    let threads: Threads = threads.collect();
    ready.wait();
    let speed = speed(|| {
        send_now::<C>(&mut outs[0], Message::START);
        wait_for(&ended);
        tokens * hops
    });
    outs.iter_mut().for_each(|out| send_now::<C>(out, Message::STOP));
    (speed, threads)
}

fn send_now<C: Channels>(out: &mut C::Out, message: Message) {
    C::put(out, message);
    C::flush(out);
}

fn pass_tokens<C: Channels>(
    inbox: &C::In,
    out: &mut C::Out,
    (tokens, hops): (u64, u64),
    done: &Sender<()>,
) -> Tally {
    let mut tally = Tally::default();
    // All tokens end at the same node, since each makes as many hops.
    let mut on_their_way = tokens;
    C::run(inbox, out, |message, out| {
        let Message { number, payload } = message;
        match message {
            Message::STOP => return Break(()),
            Message::START => {
                (0..tokens).for_each(|payload| C::put(out, Message { number: hops, payload }));
                return Continue(());
            }
            message => tally.take(message),
        }
        if number > 1 {
            C::put(out, Message { number: number - 1, payload });
            return Continue(());
        }
        on_their_way -= 1;
        if on_their_way == 0 {
            done.send(()).unwrap();
        }
        Continue(())
    });
    tally
}

fn fan_in<C: Channels>(producers: usize, each: u64, capacity: Capacity) -> (f64, Threads) {
    let (done, ended) = bounded(1);
    let gate = Arc::new(Barrier::new(producers + 2));
    let (out, inbox) = C::pair(capacity);
    let mut threads: Threads =
        (0..producers).map(|_| produce::<C>(C::again(&out), each, Arc::clone(&gate))).collect();
    let expected = producers as u64 * each;
    threads.push(consume::<C>(inbox, expected, Arc::clone(&gate), done));
    (timed(&gate, || wait_for(&ended), expected), threads)
}

fn pipeline<C: Channels>(stages: usize, each: u64, capacity: Capacity) -> (f64, Threads) {
    let (done, ended) = bounded(1);
    let gate = Arc::new(Barrier::new(stages + 1));
    let (out, mut inbox) = C::pair(capacity);
    let mut threads = vec![produce::<C>(out, each, Arc::clone(&gate))];
    for _ in 2..stages {
        let (out, next) = C::pair(capacity);
        threads.push(forward::<C>(inbox, out, Arc::clone(&gate)));
        inbox = next;
    }
    threads.push(consume::<C>(inbox, each, Arc::clone(&gate), done));
    (timed(&gate, || wait_for(&ended), (stages as u64 - 1) * each), threads)
}

/// All threads come to the gate twice: when they are there, and when the time begins.
fn timed(gate: &Barrier, until: impl FnOnce(), expected: u64) -> f64 {
    gate.wait();
    speed(|| {
        gate.wait();
        until();
        expected
    })
}

fn produce<C: Channels>(mut out: C::Out, each: u64, gate: Arc<Barrier>) -> JoinHandle<Tally> {
    thread::spawn(move || {
        gate.wait();
        gate.wait();
        for number in (1..=each).rev() {
            C::put(&mut out, Message { number, payload: number });
        }
        C::flush(&mut out);
        Tally::default()
    })
}

fn forward<C: Channels>(inbox: C::In, mut out: C::Out, gate: Arc<Barrier>) -> JoinHandle<Tally> {
    thread::spawn(move || {
        gate.wait();
        gate.wait();
        let mut tally = Tally::default();
        C::run(&inbox, &mut out, |message, out| {
            tally.take(message);
            C::put(out, message);
            Continue(())
        });
        tally
    })
}

fn consume<C: Channels>(
    inbox: C::In,
    expected: u64,
    gate: Arc<Barrier>,
    done: Sender<()>,
) -> JoinHandle<Tally> {
    thread::spawn(move || {
        // A sink sends nothing.
        let (mut out, _) = C::pair(Capacity::Of(1));
        gate.wait();
        gate.wait();
        let mut tally = Tally::default();
        C::run(&inbox, &mut out, |message, _| {
            tally.take(message);
            if tally.received == expected {
                done.send(()).unwrap();
            }
            Continue(())
        });
        tally
    })
}
