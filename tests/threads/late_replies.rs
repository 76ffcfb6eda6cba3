//! Replies that come while the caller's timeout ends.
#![expect(
    clippy::disallowed_methods,
    reason = "a test joins its threads, or its watchdog gives up"
)]

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use consistent_cut::{AskError, Context, Link, Process, ReplyTo, System, Topology};

use crate::effort::scaled;
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::watchdog::finishes;

const LONG: Duration = Duration::from_secs(3600);
const CALLERS: u64 = 3;

/// Counts the questions and replies that are held anywhere.
type Token = Arc<()>;

#[derive(Clone, Debug)]
enum Message {
    Ask(u64, ReplyTo, Token),
    Answer(u64, #[expect(dead_code, reason = "it is held, and not looked at")] Token),
}

/// Answers each question with its number.
struct Clerk;

impl Process for Clerk {
    type State = ();
    type Message = Message;

    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        if let Message::Ask(number, to, token) = message {
            ctx.reply(to, Message::Answer(number, token));
        }
    }

    fn state(&self) {}
}

/// Asks with a number of the caller's own. Returns whether the answer came in time.
fn is_answered(system: &System<Clerk>, number: u64, token: &Token, timeout: Duration) -> bool {
    let question = |to| Message::Ask(number, to, Arc::clone(token));
    match system.ask(node(0), question, timeout) {
        Ok(Message::Answer(answered, _)) => {
            assert_eq!(answered, number, "this answers another question");
            true
        }
        Err(AskError::TimedOut { .. }) => false,
        other => panic!("{other:?}"),
    }
}

/// Timeouts from zero to about the time that an answer takes.
fn ask_in_haste(system: &System<Clerk>, caller: u64, token: &Token) {
    for round in 0..scaled(400) {
        let timeout = Duration::from_nanos(round % 20 * 2_000);
        is_answered(system, round * CALLERS + caller, token, timeout);
        // A late reply to the question before is no answer to this one.
        if round % 10 == 0 {
            assert!(is_answered(system, u64::MAX - caller, token, LONG));
        }
    }
}

#[test]
fn late_replies_leave_nothing_behind_and_answer_no_other_question() {
    on_both_policies(|policy| {
        finishes(move || {
            let builder = System::builder(Topology::ring(1).unwrap()).marker_policy(policy);
            let system = Arc::new(builder.spawn(|_| Clerk).unwrap());
            let token = Token::default();
            let callers: Vec<_> = (0..CALLERS)
                .map(|caller| {
                    let (system, token) = (Arc::clone(&system), Arc::clone(&token));
                    thread::spawn(move || ask_in_haste(&system, caller, &token))
                })
                .collect();
            callers.into_iter().for_each(|caller| caller.join().unwrap());
            // The node replies in the order of the questions: this answer is the last.
            assert!(is_answered(&system, 0, &token, LONG));
            assert_eq!(Arc::strong_count(&token), 1, "a late reply is still held");
            system.shutdown().unwrap();
        });
    });
}
