//! Callers that ask nodes, and nodes that ask for snapshots.

use std::thread;
use std::time::Duration;

use consistent_cut::cluster::ClusterSettings;
use consistent_cut::{
    AskError, Context, Ending, InjectError, Link, OnFailure, Process, ReplyTo, Topology,
};
use serde::{Deserialize, Serialize};

use crate::channel_law;
use crate::effort::scaled;
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;
use crate::workers::{Plan, Running};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Message {
    /// To be answered with the number, by the node that is so far away.
    Ask(u64, u32, ReplyTo),
    /// To be answered twice.
    AskTwice(ReplyTo),
    /// To be left without an answer.
    Keep(ReplyTo),
    PanicAt(u32, ReplyTo),
    ReplyAndPanic(ReplyTo),
    Number(u64),
}

struct Clerk;

impl Process for Clerk {
    type State = ();
    type Message = Message;

    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        let out = ctx.out_links()[0];
        match message {
            Message::Ask(number, 0, to) => ctx.reply(to, Message::Number(number)),
            Message::Ask(number, hops, to) => ctx.send_on(out, Message::Ask(number, hops - 1, to)),
            Message::AskTwice(to) => {
                ctx.reply(to, Message::Number(1));
                ctx.reply(to, Message::Number(2));
            }
            Message::PanicAt(0, _) => panic!("as told"),
            Message::PanicAt(hops, to) => ctx.send_on(out, Message::PanicAt(hops - 1, to)),
            Message::ReplyAndPanic(to) => {
                ctx.reply(to, Message::Number(1));
                panic!("as told");
            }
            Message::Keep(_) | Message::Number(_) => {}
        }
    }

    fn state(&self) {}
}

fn clerks(workers: usize, on_failure: OnFailure) -> Running<Clerk> {
    let settings = ClusterSettings::new().on_failure(on_failure);
    Plan::new(workers, Topology::ring(4).unwrap()).with(settings).start(|_, _| Clerk)
}

const LONG: Duration = Duration::MAX;

#[test]
fn a_reply_comes_from_whichever_node_has_the_question() {
    finishes(|| {
        for workers in 1..=3 {
            let cluster = clerks(workers, OnFailure::Stop);
            thread::scope(|scope| {
                for caller in 0..3 {
                    let handle = &*cluster;
                    scope.spawn(move || {
                        for number in 0..scaled(30) {
                            let (to, hops) =
                                (node((number as u32 + caller) % 4), number as u32 % 6);
                            let asked = handle.ask(to, |to| Message::Ask(number, hops, to), LONG);
                            assert_eq!(asked.unwrap(), Message::Number(number));
                        }
                    });
                }
            });
            let asked = cluster.ask(node(3), Message::AskTwice, LONG);
            assert_eq!(asked.unwrap(), Message::Number(1), "only the first reply counts");
            let asked = cluster.ask(node(3), Message::Keep, Duration::from_millis(1));
            assert!(matches!(asked, Err(AskError::TimedOut { .. })), "{asked:?}");
            let asked = cluster.ask(node(4), Message::Keep, LONG);
            let Err(AskError::Refused(InjectError::UnknownNode { .. })) = asked else {
                panic!("{asked:?}");
            };
        }
    });
}

#[test]
fn a_caller_of_a_node_that_fails_stops_waiting() {
    finishes(|| {
        for workers in [1, 3] {
            let cluster = clerks(workers, OnFailure::Continue);
            let failing: [fn(ReplyTo) -> Message; 2] =
                [|to| Message::PanicAt(0, to), Message::ReplyAndPanic];
            for (index, message) in [3, 1].into_iter().zip(failing) {
                let asked = cluster.ask(node(index), message, LONG);
                let Err(AskError::Ended { node: asked, why: Ending::Panicked }) = asked else {
                    panic!("{asked:?}");
                };
                assert_eq!(asked.id, node(index));
                // The node has failed before it is asked.
                let asked = cluster.ask(node(index), Message::Keep, LONG);
                let Err(AskError::Refused(InjectError::Ended { why, .. })) = asked else {
                    panic!("{asked:?}");
                };
                assert_eq!(why, Ending::Panicked);
            }
            let asked = cluster.ask(node(0), |to| Message::Ask(7, 0, to), LONG);
            assert_eq!(asked.unwrap(), Message::Number(7));
        }
    });
}

#[test]
fn a_caller_stops_waiting_when_the_cluster_ends() {
    finishes(|| {
        for workers in [1, 2] {
            let cluster = clerks(workers, OnFailure::Continue);
            thread::scope(|scope| {
                let handle = &*cluster;
                let asks = [0, 3]
                    .map(|index| scope.spawn(move || handle.ask(node(index), Message::Keep, LONG)));
                let is_there = |all: &consistent_cut::GlobalSnapshot<(), Message>| {
                    let doors = [0, 3].map(|n| all.topology().environment_link(node(n)).unwrap());
                    doors.iter().all(|door| all.channel(door.id).received() > 0)
                };
                while !is_there(&handle.snapshot().unwrap()) {}
                handle.shut_down();
                for ask in asks {
                    let asked = ask.join().unwrap();
                    let Err(AskError::Ended { why: Ending::ShutDown, .. }) = asked else {
                        panic!("{asked:?}");
                    };
                }
            });
            // A node that fails ends a cluster that is to stop with it, and all questions.
            let cluster = clerks(workers, OnFailure::Stop);
            let asked = cluster.ask(node(0), |to| Message::PanicAt(3, to), LONG);
            let Err(AskError::Ended { why: Ending::StoppedWith(failure), .. }) = asked else {
                panic!("{asked:?}");
            };
            assert_eq!(failure.node.id, node(3));
            let asked = cluster.ask(node(0), Message::Keep, LONG);
            assert!(matches!(asked, Err(AskError::Refused(InjectError::Ended { .. }))));
        }
    });
}

/// The handler is one step: both of its sends are before the cut.
#[test]
fn a_request_of_a_node_cuts_after_its_handler() {
    finishes(|| {
        on_both_policies(|policy| {
            for (workers, asking) in [(1, 0), (2, 2), (3, 2)] {
                let settings = ClusterSettings::new().marker_policy(policy);
                let plan = Plan::new(workers, Topology::complete(3).unwrap()).with(settings);
                let stage = Stage::new(plan);
                let outcomes = stage.subscribe();
                stage.tell(node(asking), move |puppet, ctx| {
                    let out = ctx.out_links()[0].id;
                    puppet.send_on(ctx, out);
                    ctx.request_snapshot();
                    puppet.send_on(ctx, out);
                });
                let snapshot = outcomes.take(1).last().unwrap().result.unwrap();
                channel_law::check(&snapshot);
                assert_eq!(snapshot.state(node(asking)).counts.sent, [2, 0]);
            }
        });
    });
}

/// Each request is answered by a snapshot that begins behind it. One snapshot answers many.
#[test]
fn requests_of_nodes_on_all_workers_are_answered() {
    finishes(|| {
        for workers in 1..=3 {
            let stage = Stage::new(Plan::new(workers, Topology::ring(6).unwrap()));
            let outcomes = stage.subscribe();
            for index in 0..6 {
                stage.tell(node(index), |puppet, ctx| {
                    puppet.record.held += 1;
                    ctx.request_snapshot();
                    ctx.request_snapshot();
                });
            }
            let mut answers = 0;
            for outcome in outcomes {
                let snapshot = outcome.result.unwrap();
                channel_law::check(&snapshot);
                answers += 1;
                if snapshot.states().all(|(_, state)| state.held == 1) {
                    break;
                }
            }
            assert!(answers <= 12);
            let counts = stage.snapshot_counts();
            assert!(counts.completed >= answers && counts.asked <= 12);
        }
    });
}
