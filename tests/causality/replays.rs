//! The differences that a replay finds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use consistent_cut::causality::{Cause, Logged, Replay, ReplayError, Trace};
use consistent_cut::simulation::{Simulation, Step};
use consistent_cut::{Context, Link, Process, TimerId, Topology};

use crate::ids::{link, node};
use crate::traces::message;

/// Sends on a link that it takes from outside of its state, which no process should do.
struct Fickle(Arc<AtomicU32>);

impl Process for Fickle {
    type State = ();
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        let links = ctx.out_links();
        if !links.is_empty() {
            let slot = self.0.fetch_add(1, Ordering::Relaxed) as usize % links.len();
            ctx.send_on(links[slot].id, ());
        }
    }

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}

    fn state(&self) {}
}

#[test]
fn a_process_that_is_not_deterministic_is_found_out() {
    let topology = Topology::from_links(2, [(0, 1), (0, 1)]).expect("two links");
    let whim = Arc::new(AtomicU32::new(0));
    let fresh = |_| Fickle(Arc::clone(&whim));
    let mut simulation = Simulation::builder(topology).traced().start(fresh).expect("fine");
    simulation.run(10);
    let trace = simulation.trace().expect("it is traced");
    let mut replay = Replay::new(trace, fresh);
    let error = replay.run(trace.events()).expect_err("it sends on the other link now");
    let (did, should) = (vec![link(1)], vec![link(0)]);
    assert_eq!(
        error,
        ReplayError::SentElsewhere { node: node(0), cause: Cause::Start, did, should }
    );
}

/// Counts its messages, which are counted elsewhere too.
struct Total(u32);

impl Process for Total {
    type State = u32;
    type Message = u32;

    fn on_message(&mut self, _: Link, more: u32, _: &mut Context<'_, u32>) {
        self.0 += more;
    }

    fn state(&self) -> u32 {
        self.0
    }
}

#[test]
fn states_and_messages_that_differ_are_named() {
    let topology = Topology::line(2).expect("two nodes are a line");
    let builder = Simulation::builder(topology).traced();
    let mut simulation = builder.start(|_| Total(0)).expect("no setting is wrong");
    simulation.inject(node(0), 5).expect("the node is there");
    simulation.run(10);
    simulation.inject(node(0), 6).expect("the node is there");
    let state = simulation.global_state().expect("no node has failed");
    let trace = simulation.trace().expect("it is traced");
    let replay = |first: u32, second: u32| {
        let mut replay = Replay::new(trace, |_| Total(0));
        replay.inject(node(0), first);
        replay.inject(node(0), second);
        replay.run(trace.events()).and_then(|()| replay.compare(&state))
    };
    assert_eq!(replay(5, 6), Ok(()));
    assert_eq!(replay(4, 6), Err(ReplayError::OtherState(node(0))));
    assert_eq!(replay(5, 7), Err(ReplayError::OtherMessages(link(1))));
    let mut one_left = Replay::new(trace, |_| Total(0));
    one_left.inject(node(0), 5);
    one_left.inject(node(0), 6);
    one_left.run(trace.events()).expect("as it was");
    assert_eq!(one_left.messages_on(link(1)).collect::<Vec<_>>(), [&6]);
    assert_eq!([0, 2, 9].map(|no| one_left.messages_on(link(no)).len()), [0, 0, 0]);
}

/// Messages injected later lie on the environment link already, behind those of the snapshot.
#[test]
fn all_can_be_injected_before_the_first_event_runs() {
    let builder = Simulation::builder(Topology::line(2).expect("two nodes are a line")).traced();
    let mut simulation = builder.start(|_| Relay).expect("no setting is wrong");
    let at_start = simulation.global_state().expect("no node has failed");
    simulation.inject(node(0), 5).expect("the node is there");
    let injected = simulation.global_state().expect("no node has failed");
    simulation.step(Step::Handle(node(0))).expect("a message is there");
    let at_end = simulation.global_state().expect("no node has failed");
    let trace = simulation.trace().expect("it is traced");
    let with = |notes: &[u32]| {
        let mut replay = Replay::new(trace, |_| Relay);
        notes.iter().for_each(|note| replay.inject(node(0), *note));
        replay
    };
    let differs = |on| Err(ReplayError::OtherMessages(link(on)));
    assert_eq!(with(&[5, 6]).compare(&at_start), Ok(()));
    assert_eq!(with(&[5, 6]).compare(&injected), Ok(()));
    assert_eq!(with(&[6, 5]).compare(&injected), differs(1));
    assert_eq!(with(&[]).compare(&injected), differs(1), "fewer is not the beginning");
    // A link between nodes holds only messages that were sent.
    let mut replay = with(&[5, 6]);
    replay.run(trace.events()).expect("as it was");
    assert_eq!(replay.compare(&at_end), Ok(()));
    assert_eq!(replay.compare(&at_start), differs(0), "a message too many");
    assert_eq!(with(&[5]).compare(&at_end), differs(0), "a message too few");
}

/// Sends on each message from outside.
pub(crate) struct Relay;

impl Process for Relay {
    type State = ();
    type Message = u32;

    fn on_message(&mut self, from: Link, message: u32, ctx: &mut Context<'_, u32>) {
        if from.is_environment() {
            ctx.send_on(ctx.out_links()[0], message);
        }
    }

    fn state(&self) {}
}

/// Takes a number from outside of its state, as from a clock, and lets one of its actions depend on
/// the number.
struct Whimsical {
    whim: Arc<AtomicU32>,
    shows: Shows,
    kept: u32,
}

#[derive(Clone, Copy)]
enum Shows {
    Content,
    State,
    TimersAndStopping,
}

impl Process for Whimsical {
    type State = u32;
    type Message = u32;

    fn on_start(&mut self, ctx: &mut Context<'_, u32>) {
        let drawn = self.whim.fetch_add(1, Ordering::Relaxed);
        let mut content = 0;
        match self.shows {
            Shows::Content => content = drawn,
            Shows::State => self.kept = drawn,
            Shows::TimersAndStopping if drawn == 0 => {
                ctx.set_timer(TimerId::new(1), Duration::from_secs(1));
                ctx.stop();
            }
            Shows::TimersAndStopping => {}
        }
        if let [link] = ctx.out_links() {
            ctx.send_on(link, content);
        }
    }

    fn on_message(&mut self, _: Link, _: u32, _: &mut Context<'_, u32>) {}

    fn state(&self) -> u32 {
        self.kept
    }
}

/// The events come out alike, so that only their results show the difference.
#[test]
fn a_whim_that_shows_in_content_or_state_is_found_out_by_comparing() {
    let cases = [
        (Shows::Content, Err(ReplayError::OtherMessages(link(0)))),
        (Shows::State, Err(ReplayError::OtherState(node(0)))),
        (Shows::TimersAndStopping, Ok(())),
    ];
    for (shows, expected) in cases {
        let whim = Arc::new(AtomicU32::new(0));
        let fresh = |_| Whimsical { whim: Arc::clone(&whim), shows, kept: 0 };
        let builder = Simulation::builder(Topology::line(2).expect("two nodes are a line"));
        let simulation = builder.traced().start(fresh).expect("no setting is wrong");
        let state = simulation.global_state().expect("no node has failed");
        let trace = simulation.trace().expect("it is traced");
        let mut replay = Replay::new(trace, fresh);
        assert_eq!(replay.run(trace.events()), Ok(()));
        assert_eq!(replay.compare(&state), expected);
    }
}

/// A trace of two nodes, of which the first sends the second two messages.
fn two_messages() -> Trace {
    let mut trace = Trace::new(Arc::new(Topology::line(2).expect("two nodes are a line")));
    trace.add(node(0), Logged::handled(message(1, 1), [link(0)])).expect("it can happen");
    trace.add(node(1), Logged::handled(message(0, 1), [])).expect("it can happen");
    trace.add(node(0), Logged::handled(message(1, 2), [link(0)])).expect("it can happen");
    trace.add(node(1), Logged::handled(message(0, 2), [])).expect("it can happen");
    trace
}

/// Events in an order that the trace does not allow. A refused event has changed nothing, and can
/// run in its turn.
#[test]
fn an_event_that_comes_too_soon_can_run_later() {
    let trace = two_messages();
    let [sends, receives, sends_again, receives_again] = trace.events() else { panic!("four") };
    let mut replay = Replay::new(&trace, |_| Relay);
    let not_there =
        |at, on| Err(ReplayError::NotThere { node: node(at), link: link(on), number: 1 });
    assert_eq!(replay.run([sends]), not_there(0, 1), "it was not injected");
    assert_eq!(replay.run([receives]), not_there(1, 0), "it was not sent");
    [5, 6].into_iter().for_each(|note| replay.inject(node(0), note));
    let not_next = |at, nth, next| Err(ReplayError::NotNext { node: node(at), nth, next });
    assert_eq!(replay.run([sends_again]), not_next(0, 1, 0));
    assert_eq!(replay.run([sends, sends]), not_next(0, 0, 1));
    assert_eq!(replay.run([sends_again, receives_again]), not_next(1, 1, 0));
    let on_link: Vec<_> = replay.messages_on(link(0)).collect();
    assert_eq!(on_link, [&5, &6], "both are there yet");
    assert_eq!(replay.run([receives, receives_again]), Ok(()));
    assert_eq!(replay.messages_on(link(0)).len(), 0);
}

#[test]
fn events_of_another_trace_are_refused() {
    let (trace, mut other) = (two_messages(), two_messages());
    let mut wider = Trace::new(Arc::new(Topology::line(4).expect("four nodes are a line")));
    wider.add(node(3), Logged::handled(Cause::Start, [])).expect("it can happen");
    wider
        .add(node(0), Logged::handled(message(3, 1), [link(0)]))
        .expect("link 3 is the environment's");
    wider.add(node(1), Logged::handled(Cause::Start, [link(1)])).expect("it can happen");
    other.add(node(0), Logged::handled(Cause::Start, [])).expect("it can happen");
    let mut replay = Replay::new(&trace, |_| Relay);
    replay.inject(node(0), 5);
    for event in wider.events().iter().chain(other.events().last()) {
        let (node, nth, cause) = (event.node, event.nth, event.cause);
        let foreign = ReplayError::ForeignEvent { node, nth, cause };
        assert_eq!(replay.run([event]), Err(foreign));
    }
    // An event of a copy is the same event, and the refused events have changed nothing.
    assert_eq!(replay.run(&trace.clone().events()[..2]), Ok(()));
}

#[test]
fn a_snapshot_of_another_topology_is_refused() {
    let trace = two_messages();
    let replay = Replay::new(&trace, |_| Relay);
    for (topology, expected) in similar_topologies() {
        let simulation = Simulation::builder(topology).start(|_| Relay).expect("it is fine");
        let state = simulation.global_state().expect("no node has failed");
        let expected = if expected { Ok(()) } else { Err(ReplayError::ForeignSnapshot) };
        assert_eq!(replay.compare(&state), expected);
    }
}

/// Topologies, and whether they are a line of two nodes.
pub(crate) fn similar_topologies() -> [(Topology, bool); 5] {
    let of = |nodes, links: &[(usize, usize)]| Topology::from_links(nodes, links.iter().copied());
    let named = Topology::from_named_links([("left", "right")]).expect("two names, one link");
    let [more_nodes, other_way, more_links, equal] =
        [of(3, &[(0, 1)]), of(2, &[(1, 0)]), of(2, &[(0, 1), (0, 1)]), of(2, &[(0, 1)])]
            .map(|topology| topology.expect("nodes and links fit"));
    [(more_nodes, false), (other_way, false), (more_links, false), (equal, true), (named, true)]
}
