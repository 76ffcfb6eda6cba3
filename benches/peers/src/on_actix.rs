//! actix: actors live in arbiters, and each arbiter is a thread. With two arbiters, each has one
//! half of the actors, in a row, since a message to the other arbiter costs more. Messages are sent
//! without waiting for an answer, and past the mailbox's bound.

#![allow(clippy::disallowed_methods, reason = "a bench starts threads by hand")]

use std::thread;

use actix::{Actor as Lives, ActorContext, Addr, Arbiter, ArbiterHandle, AsyncContext, Context};
use actix::{Handler, Message as Sendable, System};
use crossbeam_channel::bounded;

use crate::peer::Peer;
use crate::role::{Actor, To};
use crate::support::workload::Message;

pub(crate) struct OnActix {
    arbiters: Vec<ArbiterHandle>,
    system: System,
    thread: Option<thread::JoinHandle<()>>,
}

impl OnActix {
    pub(crate) fn new(arbiters: usize) -> Self {
        let (tx, started) = bounded(1);
        let thread = thread::spawn(move || {
            let runner = System::new();
            let arbiters = (0..arbiters).map(|_| Arbiter::new().handle()).collect();
            tx.send((arbiters, System::current())).unwrap();
            runner.run().unwrap();
        });
        let (arbiters, system) = started.recv().unwrap();
        OnActix { arbiters, system, thread: Some(thread) }
    }
}

impl Drop for OnActix {
    fn drop(&mut self) {
        self.system.stop();
        self.thread.take().map(thread::JoinHandle::join);
    }
}

pub(crate) struct Member {
    actor: Actor,
    next: Option<Addr<Member>>,
}

impl Lives for Member {
    type Context = Context<Self>;
}

pub(crate) struct Connect(Option<Addr<Member>>);

impl Sendable for Connect {
    type Result = ();
}

impl Handler<Connect> for Member {
    type Result = ();

    fn handle(&mut self, Connect(next): Connect, _: &mut Context<Self>) {
        self.next = next;
        self.actor.is_ready();
    }
}

pub(crate) struct Sent(Message);

impl Sendable for Sent {
    type Result = ();
}

impl Handler<Sent> for Member {
    type Result = ();

    fn handle(&mut self, Sent(message): Sent, ctx: &mut Context<Self>) {
        let next = &self.next;
        let goes_on = self.actor.handle(message, |to, message| match (to, next) {
            (To::Next, Some(next)) => next.do_send(Sent(message)),
            (To::Next, None) => {}
            (To::Itself, _) => ctx.address().do_send(Sent(message)),
        });
        if !goes_on {
            ctx.stop();
        }
    }
}

impl Peer for OnActix {
    type Address = Addr<Member>;

    fn spawn(&self, actor: Actor, number: usize, of: usize) -> Addr<Member> {
        let arbiter = &self.arbiters[number * self.arbiters.len() / of];
        Member::start_in_arbiter(arbiter, |_| Member { actor, next: None })
    }

    fn connect(&self, actor: &Addr<Member>, next: Option<Addr<Member>>) {
        actor.do_send(Connect(next));
    }

    fn send(&self, actor: &Addr<Member>, message: Message) {
        actor.do_send(Sent(message));
    }
}
