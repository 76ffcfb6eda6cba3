//! A node emits and replies while a snapshot is taken and a caller takes what is there.
#![cfg(loom)]

mod explored;

use std::time::Duration;

use consistent_cut::{Context, Link, NodeId, Process, ReplyTo, System, Topology, model};
use explored::Sometimes;

const NODE: NodeId = NodeId::new(0);

#[derive(Clone, Debug)]
enum Message {
    Emit,
    Ask(ReplyTo),
    Number(u64),
}

/// Emits the numbers from 1, and replies with the last of them.
struct Counter(u64);

impl Process for Counter {
    type State = u64;
    type Message = Message;

    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        match message {
            Message::Emit => {
                self.0 += 1;
                ctx.emit(Message::Number(self.0));
            }
            Message::Ask(to) => ctx.reply(to, Message::Number(self.0)),
            Message::Number(_) => {}
        }
    }

    fn state(&self) -> u64 {
        self.0
    }
}

fn system() -> System<Counter> {
    let topology = Topology::from_links(1, []).expect("one node");
    System::builder(topology).spawn(|_| Counter(0)).expect("two threads")
}

/// The record has each number once: in the state alone, or not taken yet as well.
#[test]
fn the_cut_parts_what_is_emitted() {
    static SEEN: Sometimes<3> = Sometimes::new();
    let explored = model::check(|| {
        let system = system();
        system.inject(NODE, Message::Emit).expect("the node is there");
        let pending = system.begin_snapshot();
        let is_taken = system.outputs().ready().count() as u64;
        let snapshot = pending.wait().expect("no node fails");
        model::stop_exploring();
        let (state, output) = (*snapshot.state(NODE), snapshot.output(NODE).expect("a record"));
        assert_eq!(output.emitted(), state, "{snapshot}");
        assert!(output.taken() <= is_taken, "{snapshot}");
        SEEN.see((state + output.taken()) as usize);
        system.shutdown().expect("no node fails");
        let left = system.outputs().count() as u64;
        assert!(is_taken + left <= 1);
    });
    println!("{explored}; not emitted, emitted, taken as well, {SEEN}");
    SEEN.assert_all();
}

#[test]
fn a_caller_is_woken_by_the_reply() {
    let explored = model::check(|| {
        let system = system();
        let answer = system.ask(NODE, Message::Ask, Duration::MAX);
        model::stop_exploring();
        assert!(matches!(answer, Ok(Message::Number(0))));
        system.shutdown().expect("no node fails");
    });
    println!("{explored}");
}
