//! Stages that pass messages on from the caller to the caller, and may take their time for each.

use std::thread::{self, JoinHandle, sleep};
use std::time::Duration;

use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
use crossbeam_channel::{Receiver, Sender, unbounded};

use super::on_a_system::Ready;
use super::workload::Message;

/// Passes each message on, to the next stage or to the caller.
struct Stage {
    takes: Duration,
    ready: Sender<()>,
    last: Sender<Message>,
}

fn spend(time: Duration) {
    if !time.is_zero() {
        sleep(time);
    }
}

impl Process for Stage {
    type State = ();
    type Message = Message;

    fn on_start(&mut self, _: &mut Context<'_, Message>) {
        self.ready.send(()).unwrap();
    }

    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        spend(self.takes);
        match ctx.out_links().first() {
            Some(next) => ctx.send_on(next.id, message),
            None => self.last.send(message).unwrap(),
        }
    }

    fn state(&self) {}
}

/// A pipeline on a system, and where its messages come out.
pub(crate) struct OnASystem {
    system: System<Stage>,
    end: Receiver<Message>,
}

impl OnASystem {
    pub(crate) fn start(stages: usize, takes: Duration) -> Self {
        let (ready, (last, end)) = (Ready::new(), unbounded());
        let stage = |_| Stage { takes, ready: ready.sender(), last: last.clone() };
        let system = System::builder(Topology::line(stages).unwrap()).spawn(stage).unwrap();
        ready.wait(stages);
        OnASystem { system, end }
    }

    /// Sends this many messages through, and waits until all have come out.
    pub(crate) fn send(&self, messages: u64) {
        for number in 0..messages {
            self.system.inject(NodeId::new(0), Message { number, payload: 0 }).unwrap();
        }
        expect(&self.end, messages);
    }
}

/// The same with a thread and an inbox for each stage.
pub(crate) struct ByHand {
    first: Sender<Message>,
    end: Receiver<Message>,
    threads: Vec<JoinHandle<()>>,
}

impl ByHand {
    pub(crate) fn start(stages: usize, takes: Duration) -> Self {
        let (first, mut inbox) = unbounded::<Message>();
        let mut threads = Vec::new();
        for _ in 0..stages {
            let (next, to_come) = unbounded();
            threads.push(thread::spawn(move || {
                for message in inbox {
                    spend(takes);
                    next.send(message).unwrap();
                }
            }));
            inbox = to_come;
        }
        let by_hand = ByHand { first, end: inbox, threads };
        // Every thread has started when a message has gone through all stages.
        by_hand.send(1);
        by_hand
    }

    /// As on a system.
    pub(crate) fn send(&self, messages: u64) {
        for number in 0..messages {
            self.first.send(Message { number, payload: 0 }).unwrap();
        }
        expect(&self.end, messages);
    }

    pub(crate) fn stop(self) {
        drop(self.first);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

/// Messages come out in the order in which they went in.
fn expect(end: &Receiver<Message>, messages: u64) {
    for number in 0..messages {
        assert_eq!(end.recv().unwrap().number, number, "a message came out of turn");
    }
}
