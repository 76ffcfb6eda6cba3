//! ractor: actors are tasks of tokio's runtime, and their mailboxes are unbounded. Messages are
//! sent by `cast`, which waits for no answer.

use ractor::{Actor as Handles, ActorProcessingErr, ActorRef};
use tokio::runtime::{Builder, Runtime};

use crate::peer::Peer;
use crate::role::{Actor, To};
use crate::support::workload::Message;

pub(crate) struct OnRactor(Runtime);

impl OnRactor {
    pub(crate) fn new() -> Self {
        OnRactor(Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap())
    }
}

pub(crate) enum Input {
    Connect(Option<ActorRef<Input>>),
    Message(Message),
}

pub(crate) struct Member;

pub(crate) struct State {
    actor: Actor,
    next: Option<ActorRef<Input>>,
}

impl Handles for Member {
    type Msg = Input;
    type State = State;
    type Arguments = Actor;

    async fn pre_start(
        &self,
        _: ActorRef<Input>,
        actor: Actor,
    ) -> Result<State, ActorProcessingErr> {
        Ok(State { actor, next: None })
    }

    async fn handle(
        &self,
        myself: ActorRef<Input>,
        input: Input,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        let message = match input {
            Input::Message(message) => message,
            Input::Connect(next) => {
                state.next = next;
                state.actor.is_ready();
                return Ok(());
            }
        };
        let State { actor, next } = state;
        let goes_on = actor.handle(message, |to, message| match (to, &next) {
            (To::Next, Some(next)) => next.cast(Input::Message(message)).unwrap(),
            (To::Next, None) => {}
            (To::Itself, _) => myself.cast(Input::Message(message)).unwrap(),
        });
        if !goes_on {
            myself.stop(None);
        }
        Ok(())
    }
}

impl Peer for OnRactor {
    type Address = ActorRef<Input>;

    fn spawn(&self, actor: Actor, _: usize, _: usize) -> ActorRef<Input> {
        self.0.block_on(Member::spawn(None, Member, actor)).unwrap().0
    }

    fn connect(&self, actor: &ActorRef<Input>, next: Option<ActorRef<Input>>) {
        actor.cast(Input::Connect(next)).unwrap();
    }

    fn send(&self, actor: &ActorRef<Input>, message: Message) {
        actor.cast(Input::Message(message)).unwrap();
    }
}
