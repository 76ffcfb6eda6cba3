//! The promise of a verdict about a computation that ends while its snapshot is taken. If the
//! verdict is true, the property holds by now. If it is false, the property did not hold at first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use consistent_cut::property::{conserved, terminated};
use consistent_cut::{Check, Context, Detection, Link, NodeId, Process, System, Topology, model};

use crate::explored::Sometimes;

/// Passes on the injected message, and has then done its work. The receiver has then done its own
/// work.
struct Worker {
    has_work: bool,
    /// The number of handlers that have run in the whole system. No model sees this count.
    handled: Arc<AtomicU64>,
}

impl Process for Worker {
    type State = bool;
    type Message = u64;

    fn on_message(&mut self, from: Link, work: u64, ctx: &mut Context<'_, u64>) {
        match ctx.out_links().first() {
            Some(link) if from.is_environment() => ctx.send_on(link, work),
            _ => self.has_work = true,
        }
        self.handled.fetch_add(1, Ordering::Relaxed);
    }

    fn state(&self) -> bool {
        self.has_work
    }
}

/// The work is handed on once, from node 0 to node 1.
const HANDLERS: u64 = 2;

/// Node 0 has the work on the link from outside.
fn begin(handled: &Arc<AtomicU64>) -> System<Worker> {
    let worker = |_| Worker { has_work: false, handled: Arc::clone(handled) };
    let system =
        System::builder(Topology::line(2).expect("a line")).spawn(worker).expect("two nodes fit");
    system.inject(NodeId::new(0), 1).expect("the node is there");
    system
}

#[derive(Debug)]
enum Seen {
    /// The property was found, and held when the snapshot began.
    AtTheStart,
    /// The property was found, and held when the snapshot ended.
    Meanwhile,
    NotYet,
}

/// One verdict, compared with the real counts before and after it.
fn look(system: &System<Worker>, handled: &AtomicU64) -> Seen {
    let before = handled.load(Ordering::Relaxed);
    // A worker works only in its handler.
    let detection = system.detect(&terminated(|_, _| true)).expect("no node fails");
    match detection {
        Detection::HoldsNow(_) => {
            let after = handled.load(Ordering::Relaxed);
            assert_eq!(after, HANDLERS, "a handler has run after the end");
            if before == HANDLERS { Seen::AtTheStart } else { Seen::Meanwhile }
        }
        Detection::DidNotHoldAtStart(finding) => {
            assert!(before < HANDLERS, "missed: {}", finding.snapshot);
            Seen::NotYet
        }
    }
}

#[test]
fn a_verdict_is_right_whatever_happens_meanwhile() {
    static SEEN: Sometimes<2> = Sometimes::new();
    let explored = model::check(|| {
        let handled = Arc::new(AtomicU64::new(0));
        let system = begin(&handled);
        let first = look(&system, &handled);
        model::stop_exploring();
        let second = look(&system, &handled);
        match (first, second) {
            (Seen::Meanwhile, Seen::AtTheStart) => SEEN.see(0),
            (Seen::NotYet, _) => SEEN.see(1),
            (Seen::AtTheStart, Seen::AtTheStart) => {} // it says nothing about the time between
            seen => panic!("what has ended is not over any more: {seen:?}"),
        }
        system.shutdown().expect("no node fails");
    });
    println!(
        "{explored}; found though it did not hold at first, and found again; or not yet, {SEEN}"
    );
    SEEN.assert_all();
}

#[test]
fn an_invariant_holds_in_every_state_that_is_recorded() {
    static SEEN: Sometimes<3> = Sometimes::new();
    let explored = model::check(|| {
        let system = begin(&Arc::default());
        let one_piece = conserved("work", 1, |_, has_work| u64::from(*has_work), |_| 1);
        let check = system.check(&one_piece).expect("no node fails");
        model::stop_exploring();
        match check {
            Check::Held(finding) => match finding.snapshot.in_flight().next() {
                Some((link, _)) => SEEN.see(usize::from(link.is_environment())),
                None => SEEN.see(2),
            },
            Check::Violated(finding) => panic!("{}: {}", finding.reason, finding.snapshot),
        }
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; on its link, on that from outside, or done, {SEEN}");
    SEEN.assert_all();
}
