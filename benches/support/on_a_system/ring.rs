//! Tokens that go round a ring.

use consistent_cut::{Context, Link, NodeId, Process, System, SystemBuilder};
use crossbeam_channel::{Receiver, Sender, bounded};

use super::super::figures::speed;
use super::super::workload::{Message, Tally, check, wait_for};
use super::Ready;

/// A ring that has started, and waits for the message that starts its tokens.
pub(crate) struct Ring {
    pub(crate) system: System<Hop>,
    ended: Receiver<()>,
    expected: u64,
}

impl Ring {
    pub(crate) fn start(builder: SystemBuilder<Hop>, tokens: u64, hops: u64) -> Self {
        let (ready, (done, ended)) = (Ready::new(), bounded(1));
        let hop = |_| Hop {
            tokens,
            hops,
            on_their_way: tokens,
            tally: Tally::default(),
            ready: ready.sender(),
            done: done.clone(),
        };
        let system = builder.spawn(hop).unwrap();
        ready.wait(system.topology().node_count());
        Ring { system, ended, expected: tokens * hops }
    }

    /// Messages per second, from the start of the tokens to their end.
    pub(crate) fn run(&self) -> f64 {
        speed(|| {
            self.system.inject(NodeId::new(0), Message::START).unwrap();
            wait_for(&self.ended);
            self.expected
        })
    }

    /// Ends the system, and checks that every hop was made.
    pub(crate) fn end(self) {
        let processes = self.system.shutdown().unwrap();
        check(processes.into_iter().map(|process| process.tally), self.expected);
    }
}

/// Passes tokens on until they have made their hops.
pub(crate) struct Hop {
    tokens: u64,
    hops: u64,
    /// All tokens end at the same node, since each makes as many hops.
    on_their_way: u64,
    tally: Tally,
    ready: Sender<()>,
    done: Sender<()>,
}

impl Process for Hop {
    type State = u64;
    type Message = Message;

    fn on_start(&mut self, _: &mut Context<'_, Message>) {
        self.ready.send(()).unwrap();
    }

    #[inline(always)]
    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        let (Message { number, payload }, out) = (message, ctx.out_links()[0]);
        if message == Message::START {
            for payload in 0..self.tokens {
                ctx.send_on(out, Message { number: self.hops, payload });
            }
            return;
        }
        self.tally.take(message);
        if number > 1 {
            return ctx.send_on(out, Message { number: number - 1, payload });
        }
        self.on_their_way -= 1;
        if self.on_their_way == 0 {
            self.done.send(()).unwrap();
        }
    }

    fn state(&self) -> u64 {
        self.tally.sum
    }
}
