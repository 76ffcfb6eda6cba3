//! Emitted messages of simulated nodes, and questions to them.

use std::time::Duration;

use consistent_cut::simulation::{AskError, Latency, RunEnd, Simulation, SimulationBuilder};
use consistent_cut::{
    Context, GlobalSnapshot, InjectError, Link, NodeChange, NodeId, Process, ReplyTo, Restore,
    Topology,
};

const MS: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq)]
enum Message {
    Hop(u32),
    Number(u64),
    /// To be answered by a node this many hops away. Kept at the last hop if the message says so.
    Ask {
        hops: u32,
        keep: bool,
        to: ReplyTo,
    },
    Release,
}

/// Emits the numbers from 1, one for each hop, and may owe an answer.
#[derive(Default)]
struct Counter {
    emitted: u64,
    kept: Option<ReplyTo>,
}

type State = (u64, Option<ReplyTo>);

impl Process for Counter {
    type State = State;
    type Message = Message;

    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        match message {
            Message::Hop(left) => {
                self.emitted += 1;
                ctx.emit(Message::Number(self.emitted));
                if left > 0 {
                    ctx.send_all(Message::Hop(left - 1));
                }
            }
            Message::Ask { hops: 0, keep: true, to } => self.kept = Some(to),
            Message::Ask { hops: 0, keep: false, to } => {
                ctx.reply(to, Message::Number(self.emitted));
            }
            Message::Ask { hops, keep, to } => {
                ctx.send_all(Message::Ask { hops: hops - 1, keep, to });
            }
            Message::Release => {
                let to = self.kept.take().expect("a question");
                ctx.reply(to, Message::Number(99));
                ctx.reply(to, Message::Number(100));
            }
            Message::Number(_) => {}
        }
    }

    fn state(&self) -> State {
        (self.emitted, self.kept)
    }
}

impl Restore for Counter {
    fn on_restore(&mut self, (emitted, kept): State, _: &mut Context<'_, Message>) {
        *self = Counter { emitted, kept };
    }
}

fn n(index: u32) -> NodeId {
    NodeId::new(index)
}

fn ring() -> SimulationBuilder<Counter> {
    Simulation::builder(Topology::ring(3).unwrap()).latency(Latency::Uniform(MS, 3 * MS))
}

fn check(snapshot: &GlobalSnapshot<State, Message>) {
    for (node, &(emitted, _)) in snapshot.states() {
        let output = snapshot.output(node).unwrap();
        assert_eq!(output.emitted(), emitted);
        let numbers = (output.taken() + 1..=emitted).map(Message::Number);
        assert!(numbers.eq(output.untaken().iter().cloned()), "{output:?}");
    }
}

#[test]
fn snapshots_and_the_true_state_hold_what_was_emitted_and_not_taken() {
    for seed in 0..100 {
        let mut ring = ring().seed(seed).start(|_| Counter::default()).unwrap();
        (0..3).for_each(|node| ring.inject(n(node), Message::Hop(40)).unwrap());
        let mut taken = [0; 3];
        for _ in 0..20 {
            ring.begin_snapshot().unwrap();
            ring.run(11);
            let now = ring.global_state().unwrap();
            check(&now);
            let known = |node: u32| now.output(n(node)).unwrap().taken();
            assert_eq!([0, 1, 2].map(known), taken);
            for snapshot in ring.snapshots() {
                check(snapshot);
                let was_taken = |node: u32| snapshot.output(n(node)).unwrap().taken();
                assert!((0..3).all(|node| was_taken(node) <= taken[node as usize]));
            }
            // Outputs that are not read stay.
            for emitted in ring.outputs().take(2) {
                let last = &mut taken[emitted.node.index()];
                *last += 1;
                assert_eq!((emitted.number, emitted.message), (*last, Message::Number(*last)));
            }
        }
        assert!(ring.snapshots().len() > 5);
        let now = ring.global_state().unwrap();
        let has_some =
            now.states().any(|(node, _)| !now.output(node).unwrap().untaken().is_empty());
        assert_eq!(now.to_string().contains(" emitted and not taken)"), has_some, "{now}");

        let last = ring.snapshots().last().unwrap();
        let numbers = last.states().map(|(node, state)| {
            let first = last.output(node).unwrap().taken() + 1;
            (node, (first..=state.0).collect::<Vec<_>>())
        });
        let mut again = self::ring().restore(last, |_| Counter::default()).unwrap();
        let taken: Vec<_> = again.outputs().collect();
        for (node, numbers) in numbers {
            let taken = taken.iter().filter(|taken| taken.node == node).map(|taken| taken.number);
            assert!(taken.eq(numbers));
        }
        check(&again.global_state().unwrap());
        again.run(1_000);
        check(&again.global_state().unwrap());
        again
            .outputs()
            .for_each(|emitted| assert_eq!(emitted.message, Message::Number(emitted.number)));
    }
}

#[test]
fn a_question_is_answered_by_whichever_node_replies() {
    let mut ring = ring().start(|_| Counter::default()).unwrap();
    ring.inject(n(1), Message::Hop(0)).unwrap();
    for hops in [1, 4] {
        let ask = |to| Message::Ask { hops, keep: false, to };
        assert_eq!(ring.ask(n(0), ask, LONG), Ok(Message::Number(1)));
    }
    assert!(ring.now() >= 5 * MS, "five hops take their time");
    let ask = |to| Message::Ask { hops: 0, keep: true, to };
    let why = RunEnd::NothingLeft;
    let unanswered = ring.ask(n(0), ask, LONG);
    assert!(matches!(&unanswered, Err(AskError::NoReply { why: w, .. }) if *w == why));
    let text = "node 0 was asked, and no handler has replied and nothing is left to happen";
    assert_eq!(unanswered.unwrap_err().to_string(), text);
    // The late reply and the one behind it reach no caller.
    ring.inject(n(0), Message::Release).unwrap();
    let ask = |to| Message::Ask { hops: 2, keep: false, to };
    assert_eq!(ring.ask(n(2), ask, LONG), Ok(Message::Number(1)));
    let ask = |to| Message::Ask { hops: 30, keep: false, to };
    let late = ring.ask(n(0), ask, 5 * MS);
    let too_late = RunEnd::TimeIsUp(5 * MS);
    assert!(matches!(late, Err(AskError::NoReply { why, .. }) if why == too_late));
    let refused = ring.ask(n(7), |to| Message::Ask { hops: 0, keep: true, to }, LONG);
    assert!(matches!(refused, Err(AskError::Refused(InjectError::UnknownNode { .. }))));
}

/// The reply does not reach a caller in the restored simulation either.
#[test]
fn a_question_of_an_earlier_life_is_answered_to_nobody() {
    let keep = |to| Message::Ask { hops: 0, keep: true, to };
    let mut first = ring().start(|_| Counter::default()).unwrap();
    first.ask(n(0), keep, LONG).unwrap_err();
    let snapshot = first.snapshot().unwrap();
    let mut again = ring().restore(&snapshot, |_| Counter::default()).unwrap();
    again.inject(n(0), Message::Release).unwrap();
    let unanswered = again.ask(n(1), keep, LONG);
    assert!(unanswered.is_err(), "{unanswered:?}");
    let ids = [0, 1].map(|node| again.process(n(node)).unwrap().kept);
    assert_eq!((ids[0], ids[1].is_some()), (None, true));
}

/// As on threads: the node fails, and the simulation goes on.
#[test]
fn a_copy_that_panics_makes_its_node_fail() {
    #[derive(Debug)]
    struct Doomed;

    impl Clone for Doomed {
        fn clone(&self) -> Self {
            panic!("a copy")
        }
    }

    struct Emits;

    impl Process for Emits {
        type State = ();
        type Message = Doomed;
        fn on_message(&mut self, _: Link, doomed: Doomed, ctx: &mut Context<'_, Doomed>) {
            ctx.emit(doomed);
        }
        fn state(&self) {}
    }

    let mut pair = Simulation::builder(Topology::ring(2).unwrap()).start(|_| Emits).unwrap();
    pair.inject(n(0), Doomed).unwrap();
    pair.run(10);
    pair.begin_snapshot().unwrap();
    pair.run(100);
    assert_eq!(pair.failures()[0].panic, "a copy");
    assert_eq!(pair.failed_snapshots().len(), 1);
    assert_eq!(pair.outputs().count(), 1, "it is there to take");
}

/// An emit is a change, also where the node looks as before.
#[test]
fn a_diff_tells_what_was_emitted() {
    let mut ring = ring().start(|_| Counter::default()).unwrap();
    let older = ring.snapshot().unwrap();
    for node in [1, 1, 2] {
        ring.inject(n(node), Message::Hop(0)).unwrap();
    }
    ring.run_until(LONG);
    let newer = ring.snapshot().unwrap();
    let diff = newer.diff(&older).unwrap();
    let emitted = diff.nodes().iter().filter_map(|(node, change)| match change {
        NodeChange::Emitted(messages) => Some((*node, *messages)),
        _ => None,
    });
    assert_eq!(emitted.collect::<Vec<_>>(), [(n(1), 2), (n(2), 1)]);
    let shown = diff.to_string();
    assert!(shown.contains(": 2 messages emitted\n") && shown.contains(": 1 message emitted\n"));
    let refused = older.diff(&newer).unwrap_err().to_string();
    assert!(refused.contains("is not older than"), "{refused}");
}
