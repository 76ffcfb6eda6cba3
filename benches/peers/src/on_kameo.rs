//! kameo: actors are tasks of tokio's runtime. Messages are sent by `tell`, which waits for no
//! answer.

use kameo::actor::{ActorRef, Spawn};
use kameo::mailbox;
use kameo::message::{Context, Message as Handles};
use tokio::runtime::{Builder, Runtime};

use crate::peer::Peer;
use crate::role::{Actor, To};
use crate::support::workload::Message;

pub(crate) struct OnKameo(Runtime);

impl OnKameo {
    pub(crate) fn new() -> Self {
        OnKameo(Builder::new_multi_thread().worker_threads(2).build().unwrap())
    }
}

#[derive(kameo::Actor)]
pub(crate) struct Member {
    actor: Actor,
    next: Option<ActorRef<Member>>,
}

pub(crate) struct Connect(Option<ActorRef<Member>>);

impl Handles<Connect> for Member {
    type Reply = ();

    async fn handle(&mut self, Connect(next): Connect, _: &mut Context<Self, ()>) {
        self.next = next;
        self.actor.is_ready();
    }
}

impl Handles<Message> for Member {
    type Reply = ();

    async fn handle(&mut self, message: Message, ctx: &mut Context<Self, ()>) {
        let next = &self.next;
        let goes_on = self.actor.handle(message, |to, message| match (to, next) {
            (To::Next, Some(next)) => next.tell(message).try_send().unwrap(),
            (To::Next, None) => {}
            (To::Itself, _) => ctx.actor_ref().tell(message).try_send().unwrap(),
        });
        if !goes_on {
            ctx.stop();
        }
    }
}

impl Peer for OnKameo {
    type Address = ActorRef<Member>;

    fn spawn(&self, actor: Actor, _: usize, _: usize) -> ActorRef<Member> {
        let _on_the_runtime = self.0.enter();
        Member::spawn_with_mailbox(Member { actor, next: None }, mailbox::unbounded())
    }

    fn connect(&self, actor: &ActorRef<Member>, next: Option<ActorRef<Member>>) {
        actor.tell(Connect(next)).try_send().unwrap();
    }

    fn send(&self, actor: &ActorRef<Member>, message: Message) {
        actor.tell(message).try_send().unwrap();
    }
}
