//! The lecture's counter and the paper's example: recorded states that never occurred, and the
//! executions in which they do.

use std::sync::Arc;

use consistent_cut::causality::{Cut, Replay};
use consistent_cut::simulation::{Simulation, Step};
use consistent_cut::{
    Context, GlobalSnapshot, Link, LinkId, MarkerPolicy, NodeId, Process, SnapshotOptions, Topology,
};

const P: NodeId = NodeId::new(0);
const Q: NodeId = NodeId::new(1);
const TO_Q: LinkId = LinkId::new(0);
const TO_P: LinkId = LinkId::new(1);

/// A simulation of two nodes that act on commands from outside, and the injected messages.
struct Story<T: Process> {
    simulation: Simulation<T>,
    injected: Vec<(NodeId, T::Message)>,
    fresh: fn(NodeId) -> T,
    /// Every state that occurred.
    occurred: Vec<GlobalSnapshot<T::State, T::Message>>,
}

impl<T: Process> Story<T>
where
    T::State: PartialEq + Clone + std::fmt::Debug,
    T::Message: PartialEq + std::fmt::Debug,
{
    fn new(policy: MarkerPolicy, fresh: fn(NodeId) -> T) -> Self {
        let topology = Topology::ring(2).expect("two nodes are a ring");
        let builder = Simulation::builder(topology).marker_policy(policy).traced();
        let simulation = builder.start(fresh).expect("no setting is wrong");
        let mut story = Story { simulation, injected: Vec::new(), fresh, occurred: Vec::new() };
        story.look();
        story
    }

    fn tell(&mut self, node: NodeId, word: T::Message) {
        self.injected.push((node, word.clone()));
        self.simulation.inject(node, word).expect("the node is there");
        self.take(&[Step::Handle(node)]);
    }

    fn take(&mut self, steps: &[Step]) {
        for step in steps {
            self.simulation.step(*step).unwrap_or_else(|error| panic!("{error}"));
            self.look();
        }
    }

    fn look(&mut self) {
        self.occurred.push(self.simulation.global_state().expect("no node has failed"));
    }

    fn snapshot(&self) -> Arc<GlobalSnapshot<<T as Process>::State, <T as Process>::Message>> {
        let [snapshot] = self.simulation.snapshots() else { panic!("one is complete") };
        Arc::clone(snapshot)
    }

    fn has_occurred(&self, snapshot: &GlobalSnapshot<T::State, T::Message>) -> bool {
        self.occurred.iter().any(|state| {
            state.states().eq(snapshot.states()) && state.in_flight().eq(snapshot.in_flight())
        })
    }

    /// Theorem 1, by a replay: fresh processes come to the recorded state by the events before the
    /// cut, and to the end of the run by the other events. Returns the number of swaps of
    /// neighbours that this takes.
    fn prove(&self) -> u64 {
        let (trace, snapshot) = (self.simulation.trace().expect("it is traced"), self.snapshot());
        let cut = trace.cut_of(snapshot.id()).expect("all nodes have recorded");
        cut.check_snapshot(trace, &snapshot).expect("it is the snapshot of a consistent cut");
        let witness = trace.witness(&cut).expect("the cut is consistent");
        let mut replay = Replay::new(trace, self.fresh);
        for (node, word) in &self.injected {
            replay.inject(*node, word.clone());
        }
        replay.run(witness.before()).expect("the processes are deterministic");
        replay.compare(&snapshot).expect("the recorded state occurs");
        replay.run(witness.after()).expect("the processes are deterministic");
        let end = self.simulation.global_state().expect("no node has failed");
        replay.compare(&end).expect("it ends as the run did");
        witness.swaps()
    }
}

/// Counts up on command, and sends the other node some of its count on command.
#[derive(Clone)]
struct Counter(u32);

#[derive(Clone, Debug, PartialEq)]
enum Word {
    Up,
    Send(u32),
    Count(u32),
}

impl Process for Counter {
    type State = u32;
    type Message = Word;

    fn on_message(&mut self, _: Link, word: Word, ctx: &mut Context<'_, Word>) {
        match word {
            Word::Up => self.0 += 1,
            Word::Send(count) => {
                self.0 -= count;
                ctx.send_on(ctx.out_links()[0], Word::Count(count));
            }
            Word::Count(count) => self.0 += count,
        }
    }

    fn state(&self) -> u32 {
        self.0
    }
}

fn sum(snapshot: &GlobalSnapshot<u32, Word>) -> u32 {
    let on_links = snapshot.in_flight().map(|(_, word)| match word {
        Word::Count(count) => *count,
        _ => 0,
    });
    snapshot.states().map(|(_, count)| count).sum::<u32>() + on_links.sum::<u32>()
}

/// The counter of the lecture: both nodes count, and the snapshot shows a sum with one node's later
/// counts and without the other's earlier ones.
#[test]
fn the_counter_was_never_what_the_snapshot_shows() {
    let mut story = Story::new(MarkerPolicy::Overtaking, |_| Counter(0));
    let id =
        story.simulation.begin_snapshot_with(SnapshotOptions::at([P])).expect("it reaches all");
    story.take(&[Step::Initiate(P, id)]);
    // P counts after it has recorded, and then Q before it does.
    (0..3).for_each(|_| story.tell(P, Word::Up));
    (0..4).for_each(|_| story.tell(Q, Word::Up));
    story.take(&[Step::Deliver(TO_Q), Step::Deliver(TO_P)]);

    let snapshot = story.snapshot();
    assert_eq!(sum(&snapshot), 4);
    let states: Vec<u32> = snapshot.states().map(|(_, count)| *count).collect();
    assert_eq!(states, [0, 4], "P had counted to three by then");
    assert!(!story.has_occurred(&snapshot));
    assert_eq!(
        story.prove(),
        3 * 4,
        "each of Q's four events changes places with each of P's three"
    );
}

/// Where nothing happens at the initiator, the recorded state is one that occurred.
#[test]
fn without_a_swap_the_state_is_one_that_occurred() {
    let mut story = Story::new(MarkerPolicy::Overtaking, |_| Counter(5));
    story.tell(P, Word::Send(2));
    let id =
        story.simulation.begin_snapshot_with(SnapshotOptions::at([P])).expect("it reaches all");
    story.take(&[Step::Initiate(P, id), Step::Deliver(TO_Q), Step::Handle(Q)]);
    story.take(&[Step::Deliver(TO_Q), Step::Deliver(TO_P)]);
    let snapshot = story.snapshot();
    assert_eq!((sum(&snapshot), snapshot.in_flight().count()), (10, 0));
    assert!(story.has_occurred(&snapshot));
    assert_eq!(story.prove(), 0);
}

/// The paper's example 2.2: p goes from A to B by sending M and back by receiving M'; q goes from C
/// to D by sending M' and back by receiving M.
#[derive(Clone)]
struct Automaton(char);

impl Process for Automaton {
    type State = char;
    type Message = &'static str;

    fn on_message(
        &mut self,
        from: Link,
        message: &'static str,
        ctx: &mut Context<'_, &'static str>,
    ) {
        let link = ctx.out_links()[0];
        match (self.0, message, from.is_environment()) {
            ('A', "go", true) => {
                self.0 = 'B';
                ctx.send_on(link, "M");
            }
            ('C', "go", true) => {
                self.0 = 'D';
                ctx.send_on(link, "M'");
            }
            ('B', "M'", false) => self.0 = 'A',
            ('D', "M", false) => self.0 = 'C',
            // The automaton ignores messages in other states.
            _ => {}
        }
    }

    fn state(&self) -> char {
        self.0
    }
}

/// Figure 7 of the paper, whose recorded state (A, D, nothing on the way to q, M' on the way to p)
/// the run never had.
#[test]
fn the_papers_example_records_a_state_that_never_occurred() {
    let mut story =
        Story::new(MarkerPolicy::InOrder, |node| Automaton(if node == P { 'A' } else { 'C' }));
    let id =
        story.simulation.begin_snapshot_with(SnapshotOptions::at([P])).expect("it reaches all");
    // p records in A, and then sends M; q sends M' before the marker comes.
    story.take(&[Step::Initiate(P, id)]);
    story.tell(P, "go");
    story.tell(Q, "go");
    // p receives M', which is in flight at the cut; the marker finds q in D.
    story.take(&[Step::Deliver(TO_P), Step::Handle(P), Step::Deliver(TO_Q), Step::Handle(Q)]);
    // M follows, and q's marker ends the snapshot.
    story.take(&[Step::Deliver(TO_Q), Step::Handle(Q), Step::Deliver(TO_P), Step::Handle(P)]);

    let snapshot = story.snapshot();
    assert_eq!((snapshot.state(P), snapshot.state(Q)), (&'A', &'D'));
    assert_eq!(snapshot.channel(TO_P).messages(), ["M'"]);
    assert!(snapshot.channel(TO_Q).messages().is_empty());
    assert!(!story.has_occurred(&snapshot));
    assert_eq!(story.prove(), 1, "p's sending and q's change places");
}

/// A recorder that includes the receipt and not the sending gives an inconsistent cut.
#[test]
fn a_snapshot_of_an_inconsistent_cut_is_told() {
    let mut story = Story::new(MarkerPolicy::Overtaking, |_| Counter(5));
    story.tell(P, Word::Send(2));
    story.take(&[Step::Deliver(TO_Q), Step::Handle(Q)]);
    let trace = story.simulation.trace().expect("it is traced");
    let without_the_sending = Cut::new([1, 2]);
    let error = without_the_sending.check(trace).expect_err("P's sending is missing");
    assert_eq!(
        error.to_string(),
        "the cut includes that node 1 received message 1 of link 0, and not that node 0 sent it"
    );
}
