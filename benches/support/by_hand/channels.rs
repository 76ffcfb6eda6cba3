//! The two ways to hand messages over, and the loop that goes with each.

use std::mem;
use std::ops::ControlFlow;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::super::workload::{Capacity, Message};

/// Messages that are handed over together, at most.
const BATCH: usize = 64;
/// Emptied batches that a thread keeps to fill them again.
const SPARES: usize = 4;

/// A way to hand messages over. `Out` is what a thread sends by.
pub(crate) trait Channels: 'static {
    type Out: Send;
    type In: Send;

    fn pair(capacity: Capacity) -> (Self::Out, Self::In);

    /// Another way into the same inbox.
    fn again(out: &Self::Out) -> Self::Out;

    fn put(out: &mut Self::Out, message: Message);

    /// Nothing more is put for now.
    fn flush(out: &mut Self::Out);

    /// Hands each message to the handler, until the handler breaks or all senders are gone.
    fn run(
        inbox: &Self::In,
        out: &mut Self::Out,
        handle: impl FnMut(Message, &mut Self::Out) -> ControlFlow<()>,
    );
}

/// Each message is sent on its own.
pub(crate) struct OneByOne;

impl Channels for OneByOne {
    type Out = Sender<Message>;
    type In = Receiver<Message>;

    fn pair(capacity: Capacity) -> (Self::Out, Self::In) {
        match capacity {
            Capacity::Unbounded => unbounded(),
            Capacity::Of(messages) => bounded(messages),
        }
    }

    fn again(out: &Self::Out) -> Self::Out {
        out.clone()
    }

    fn put(out: &mut Self::Out, message: Message) {
        out.send(message).unwrap();
    }

    fn flush(_: &mut Self::Out) {}

    fn run(
        inbox: &Self::In,
        out: &mut Self::Out,
        mut handle: impl FnMut(Message, &mut Self::Out) -> ControlFlow<()>,
    ) {
        while let Ok(message) = inbox.recv() {
            if handle(message, out).is_break() {
                return;
            }
        }
    }
}

/// Messages gather, and are sent when 64 are there or the inbox is empty. No faster way is known
/// here.
pub(crate) struct Batches;

/// The messages that have gathered, and emptied batches to fill again.
pub(crate) struct Gathering {
    to: Sender<Vec<Message>>,
    gathered: Vec<Message>,
    spares: Vec<Vec<Message>>,
}

impl Gathering {
    fn new(to: Sender<Vec<Message>>) -> Self {
        Gathering { to, gathered: Vec::with_capacity(BATCH), spares: Vec::new() }
    }

    fn hand_over(&mut self) {
        let empty = self.spares.pop().unwrap_or_else(|| Vec::with_capacity(BATCH));
        self.to.send(mem::replace(&mut self.gathered, empty)).unwrap();
    }
}

impl Channels for Batches {
    type Out = Gathering;
    type In = Receiver<Vec<Message>>;

    fn pair(capacity: Capacity) -> (Self::Out, Self::In) {
        let (tx, rx) = match capacity {
            Capacity::Unbounded => unbounded(),
            Capacity::Of(messages) => bounded((messages / BATCH).max(1)),
        };
        (Gathering::new(tx), rx)
    }

    fn again(out: &Self::Out) -> Self::Out {
        Gathering::new(out.to.clone())
    }

    fn put(out: &mut Self::Out, message: Message) {
        out.gathered.push(message);
        if out.gathered.len() == BATCH {
            out.hand_over();
        }
    }

    fn flush(out: &mut Self::Out) {
        if !out.gathered.is_empty() {
            out.hand_over();
        }
    }

    fn run(
        inbox: &Self::In,
        out: &mut Self::Out,
        mut handle: impl FnMut(Message, &mut Self::Out) -> ControlFlow<()>,
    ) {
        while let Some(mut batch) = next(inbox, out) {
            for message in batch.drain(..) {
                if handle(message, out).is_break() {
                    return;
                }
            }
            if out.spares.len() < SPARES {
                out.spares.push(batch);
            }
        }
    }
}

/// Hands over the gathered messages before it waits.
fn next(inbox: &Receiver<Vec<Message>>, out: &mut Gathering) -> Option<Vec<Message>> {
    inbox.try_recv().ok().or_else(|| {
        Batches::flush(out);
        inbox.recv().ok()
    })
}
