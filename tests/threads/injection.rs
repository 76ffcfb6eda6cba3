//! Many threads inject while snapshots are taken.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use consistent_cut::{Context, GlobalSnapshot, Link, MarkerPolicy, Process, System, Topology};

use crate::policies::{BOTH_POLICIES, on_both_policies};
use crate::watchdog::finishes;

const INJECTORS: usize = 4;
const NODES: usize = 4;
/// The number of messages from each injector to each node.
const EACH: u64 = 1000;

/// From outside: message `number` of injector `by` for this node. Between nodes: no meaning.
#[derive(Clone, Debug)]
enum Message {
    Input { by: usize, number: u64 },
    Chatter,
}

/// By injector, the number of inputs that the node has handled.
type Handled = [u64; INJECTORS];

/// Handles inputs, and panics if those of one injector come out of order. Each input makes the node
/// send to the next node.
struct Clerk {
    handled: Handled,
}

impl Process for Clerk {
    type State = Handled;
    type Message = Message;

    fn on_message(&mut self, from: Link, message: Message, ctx: &mut Context<'_, Message>) {
        let Message::Input { by, number } = message else { return };
        assert!(from.is_environment());
        self.handled[by] += 1;
        assert_eq!(self.handled[by], number, "input of injector {by} out of order");
        ctx.send_on(ctx.out_links()[0], Message::Chatter);
    }

    fn state(&self) -> Handled {
        self.handled
    }
}

/// By injector and node, the number of calls of `inject` that have returned.
#[derive(Default)]
struct Returned([[AtomicU64; NODES]; INJECTORS]);

impl Returned {
    fn read(&self) -> [[u64; NODES]; INJECTORS] {
        self.0.each_ref().map(|row| row.each_ref().map(|count| count.load(Ordering::Acquire)))
    }
}

/// Each injector's inputs are numbered through: first those in the state, then those on the
/// environment link. Those injected before the snapshot began are all among them.
fn check(snapshot: &GlobalSnapshot<Handled, Message>, before: &[[u64; NODES]; INJECTORS]) {
    snapshot.verify().unwrap();
    for (node, handled) in snapshot.states() {
        let mut next = handled.map(|count| count + 1);
        let environment = snapshot.topology().environment_link(node).unwrap();
        for message in snapshot.channel(environment.id).messages() {
            let Message::Input { by, number } = message else { panic!("{message:?} from outside") };
            assert_eq!(*number, next[*by], "injector {by} at {node}\n{snapshot}");
            next[*by] += 1;
        }
        for (by, counts) in before.iter().enumerate() {
            let injected = counts[node.index()];
            assert!(
                next[by] > injected,
                "injector {by} had given {injected} to {node}\n{snapshot}"
            );
        }
    }
}

fn inject_everywhere(system: &System<Clerk>, by: usize, returned: &Returned) {
    for number in 1..=EACH {
        for node in system.topology().nodes() {
            system.inject(node, Message::Input { by, number }).unwrap();
            returned.0[by][node.index()].store(number, Ordering::Release);
        }
    }
}

fn inject_during_cuts(policy: MarkerPolicy) {
    let topology = Topology::ring(NODES).unwrap();
    let system = System::builder(topology)
        .marker_policy(policy)
        .spawn(|_| Clerk { handled: [0; INJECTORS] })
        .unwrap();
    let returned = Returned::default();
    let seen_on_links = AtomicU64::new(0);
    thread::scope(|scope| {
        for by in 0..INJECTORS {
            let (system, returned) = (&system, &returned);
            scope.spawn(move || inject_everywhere(system, by, returned));
        }
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let before = returned.read();
                    let snapshot = system.snapshot().unwrap();
                    check(&snapshot, &before);
                    let inputs = snapshot.in_flight().filter(|(link, _)| link.is_environment());
                    seen_on_links.fetch_add(inputs.count() as u64, Ordering::Relaxed);
                    if before == [[EACH; NODES]; INJECTORS] {
                        return;
                    }
                }
            });
        }
    });
    eprintln!("{policy:?}: inputs seen in flight: {seen_on_links:?}");
    // All messages are injected, so a snapshot with nothing in flight has them all in its states.
    let quiet = loop {
        let snapshot = system.snapshot().unwrap();
        if snapshot.in_flight().count() == 0 {
            break snapshot;
        }
    };
    assert!(quiet.states().all(|(_, handled)| *handled == [EACH; INJECTORS]), "{quiet}");
    let processes = system.shutdown().unwrap();
    assert!(processes.iter().all(|clerk| clerk.handled == [EACH; INJECTORS]));
}

#[test]
fn every_input_is_in_the_state_or_on_the_environment_link() {
    finishes(|| BOTH_POLICIES.into_iter().for_each(inject_during_cuts));
}

/// One caller first injects and then begins a snapshot. Its own order can go wrong without any
/// other thread.
#[test]
fn a_snapshot_begun_after_an_injection_has_it() {
    finishes(|| {
        on_both_policies(|policy| {
            let system = System::builder(Topology::ring(NODES).unwrap())
                .marker_policy(policy)
                .spawn(|_| Clerk { handled: [0; INJECTORS] })
                .unwrap();
            let mut before = [[0; NODES]; INJECTORS];
            for number in 1..=50 {
                for node in system.topology().nodes() {
                    system.inject(node, Message::Input { by: 0, number }).unwrap();
                    before[0][node.index()] = number;
                    check(&system.snapshot().unwrap(), &before);
                }
            }
        });
    });
}
