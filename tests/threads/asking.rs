//! A caller asks a node and waits for the reply.
#![expect(
    clippy::disallowed_methods,
    reason = "a test joins its threads, or its watchdog gives up"
)]

use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use consistent_cut::{
    AskError, Context, Ending, InjectError, Link, NodeId, OnFailure, Process, ReplyTo, Restore,
    System, Topology,
};
use parking_lot::Mutex;

use crate::gate::Gate;
use crate::watchdog::finishes;

const LONG: Duration = Duration::from_secs(3600);

#[derive(Clone, Debug)]
enum Message {
    /// To be answered with the first number, by a node that is as many hops away as the second
    /// says.
    Ask(u64, u32, ReplyTo),
    /// To be answered twice, the second time with another number.
    AskTwice(ReplyTo),
    /// To be kept, and answered when released.
    Keep(ReplyTo),
    Release,
    Ignore,
    PanicAt(u32, ReplyTo),
    ReplyAndPanic(ReplyTo),
    AskYourself(Gate),
    Number(u64),
}

type Kept = Vec<ReplyTo>;

#[derive(Default)]
struct Clerk {
    kept: Kept,
    system: Arc<Mutex<Weak<System<Clerk>>>>,
}

impl Process for Clerk {
    type State = Kept;
    type Message = Message;

    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        match message {
            Message::Ask(number, 0, to) => ctx.reply(to, Message::Number(number)),
            Message::Ask(number, hops, to) => {
                ctx.send_on(ctx.out_links()[0], Message::Ask(number, hops - 1, to));
            }
            Message::AskTwice(to) => {
                ctx.reply(to, Message::Number(1));
                ctx.reply(to, Message::Number(2));
            }
            Message::Keep(to) => self.kept.push(to),
            Message::Release => {
                let kept = std::mem::take(&mut self.kept);
                kept.into_iter().for_each(|to| ctx.reply(to, Message::Number(0)));
            }
            Message::PanicAt(0, _) => panic!("as told"),
            Message::PanicAt(hops, to) => {
                ctx.send_on(ctx.out_links()[0], Message::PanicAt(hops - 1, to));
            }
            Message::ReplyAndPanic(to) => {
                ctx.reply(to, Message::Number(1));
                panic!("as told");
            }
            Message::AskYourself(gate) => {
                let system = self.system.lock().upgrade().unwrap();
                let asked = system.ask(n(1), |to| Message::Ask(1, 0, to), LONG);
                assert!(matches!(asked, Err(AskError::InOwnHandler { .. })), "{asked:?}");
                gate.pass();
            }
            Message::Ignore | Message::Number(_) => {}
        }
    }

    fn state(&self) -> Kept {
        self.kept.clone()
    }
}

impl Restore for Clerk {
    fn on_restore(&mut self, kept: Kept, _: &mut Context<'_, Message>) {
        self.kept = kept;
    }
}

fn n(index: u32) -> NodeId {
    NodeId::new(index)
}

fn ring(on_failure: OnFailure) -> System<Clerk> {
    let builder = System::builder(Topology::ring(3).unwrap()).on_failure(on_failure);
    builder.spawn(|_| Clerk::default()).unwrap()
}

fn number(answer: Result<Message, AskError<Message>>) -> u64 {
    match answer.unwrap() {
        Message::Number(number) => number,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_caller_gets_its_own_answer_from_whichever_node_replies() {
    finishes(|| {
        let system = Arc::new(ring(OnFailure::Stop));
        let ask = |caller: u64| {
            let system = Arc::clone(&system);
            thread::spawn(move || {
                for number_asked in 0..200 {
                    let hops = (caller + number_asked) as u32 % 3;
                    let asked = number_asked * 10 + caller;
                    let answer = system.ask(n(hops), |to| Message::Ask(asked, hops, to), LONG);
                    assert_eq!(number(answer), asked);
                }
            })
        };
        let callers: Vec<_> = (0..4).map(ask).collect();
        for _ in 0..20 {
            system.snapshot().unwrap().verify().unwrap();
        }
        callers.into_iter().for_each(|caller| caller.join().unwrap());
    });
}

#[test]
fn the_first_reply_counts() {
    finishes(|| {
        let system = ring(OnFailure::Stop);
        assert_eq!(number(system.ask(n(0), Message::AskTwice, LONG)), 1);
        // The second reply was dropped, and reaches no other caller.
        assert_eq!(number(system.ask(n(0), |to| Message::Ask(3, 0, to), LONG)), 3);
    });
}

/// The effects of a question are in snapshots begun after the reply.
#[test]
fn a_reply_leaves_when_its_handler_has_returned() {
    finishes(|| {
        let system = ring(OnFailure::Continue);
        let asked = system.ask(n(0), Message::ReplyAndPanic, LONG);
        let Err(AskError::Ended { node, why: Ending::Panicked }) = asked else {
            panic!("{asked:?}");
        };
        assert_eq!(node.id, n(0));
    });
}

#[test]
fn whoever_gets_no_reply_in_time_is_told_and_a_late_reply_goes_nowhere() {
    finishes(|| {
        let system = ring(OnFailure::Stop);
        let short = Duration::from_millis(1);
        let asked = system.ask(n(1), Message::Keep, short);
        let Err(error @ AskError::TimedOut { .. }) = asked else { panic!("{asked:?}") };
        let text = "node 1 was asked and no reply came within 1ms: see that a handler calls \
                    Context::reply, or allow more time";
        assert_eq!(error.to_string(), text);
        while system.snapshot().unwrap().state(n(1)).is_empty() {}
        system.inject(n(1), Message::Release).unwrap();
        assert_eq!(number(system.ask(n(1), |to| Message::Ask(5, 0, to), LONG)), 5);
        let asked = system.ask(n(1), |_| Message::Ignore, Duration::ZERO);
        assert!(matches!(asked, Err(AskError::TimedOut { .. })), "{asked:?}");
    });
}

#[test]
fn whoever_asks_a_node_that_fails_is_told_at_once() {
    finishes(|| {
        let system = ring(OnFailure::Continue);
        let asked = system.ask(n(0), |to| Message::PanicAt(0, to), LONG);
        assert!(matches!(asked, Err(AskError::Ended { .. })), "{asked:?}");
        let asked = system.ask(n(0), |to| Message::Ask(0, 0, to), LONG);
        let Err(AskError::Refused(InjectError::Ended { message, .. })) = asked else {
            panic!("{asked:?}");
        };
        assert!(matches!(message, Message::Ask(0, 0, _)));
        // The other nodes go on.
        assert_eq!(number(system.ask(n(1), |to| Message::Ask(6, 1, to), LONG)), 6);
        let asked = system.ask(n(9), Message::Keep, LONG);
        assert!(matches!(asked, Err(AskError::Refused(InjectError::UnknownNode { .. }))));
    });
}

#[test]
fn a_system_that_ends_lets_everybody_go_who_asks() {
    type End = fn(&System<Clerk>);
    type IsRight = fn(&Ending) -> bool;
    let ends: [(End, IsRight); 3] = [
        (|system| drop(system.shutdown()), |why| *why == Ending::ShutDown),
        (|system| drop(system.snapshot_and_stop()), |why| *why == Ending::LastSnapshot),
        (
            |system| system.inject(n(2), Message::PanicAt(0, ReplyTo::new(0))).unwrap(),
            |why| matches!(why, Ending::StoppedWith(_)),
        ),
    ];
    for (end, is_right) in ends {
        finishes(move || {
            let system = Arc::new(ring(OnFailure::Stop));
            let asking = Arc::clone(&system);
            let caller = thread::spawn(move || asking.ask(n(0), Message::Keep, LONG));
            while system.snapshot().unwrap().state(n(0)).is_empty() {}
            end(&system);
            let asked = caller.join().unwrap();
            let Err(AskError::Ended { why, .. }) = &asked else { panic!("{asked:?}") };
            assert!(is_right(why), "{why:?}");
            let asked = system.ask(n(0), Message::Keep, LONG);
            let refused = matches!(asked, Err(AskError::Refused(_) | AskError::Ended { .. }));
            assert!(refused, "{asked:?}");
        });
    }
}

#[test]
fn a_handler_cannot_ask_its_own_system() {
    finishes(|| {
        let shared = Arc::new(Mutex::new(Weak::new()));
        let clerk = |_| Clerk { kept: Kept::new(), system: Arc::clone(&shared) };
        let system = Arc::new(System::builder(Topology::ring(3).unwrap()).spawn(clerk).unwrap());
        *shared.lock() = Arc::downgrade(&system);
        let gate = Gate::new();
        gate.open();
        system.inject(n(0), Message::AskYourself(gate.clone())).unwrap();
        gate.await_arrivals(1);
        system.shutdown().unwrap();
    });
}

/// The reply to a question that was restored from a snapshot is dropped. It does not reach a caller
/// of the restored system either, whatever the number of the question.
#[test]
fn a_reply_to_a_question_of_an_earlier_life_goes_nowhere() {
    finishes(|| {
        let system = Arc::new(ring(OnFailure::Stop));
        let asking = Arc::clone(&system);
        let caller = thread::spawn(move || asking.ask(n(0), Message::Keep, LONG));
        while system.snapshot().unwrap().state(n(0)).is_empty() {}
        let last = system.snapshot_and_stop().unwrap();
        caller.join().unwrap().unwrap_err();

        let builder = System::builder(Topology::ring(3).unwrap());
        let again = Arc::new(builder.restore(&last, |_| Clerk::default()).unwrap());
        let asking = Arc::clone(&again);
        let caller = thread::spawn(move || asking.ask(n(1), Message::Keep, LONG));
        while again.snapshot().unwrap().state(n(1)).is_empty() {}
        again.inject(n(0), Message::Release).unwrap();
        while !again.snapshot().unwrap().state(n(0)).is_empty() {}
        assert!(!caller.is_finished());
        again.inject(n(1), Message::Release).unwrap();
        assert_eq!(number(caller.join().unwrap()), 0);
    });
}
