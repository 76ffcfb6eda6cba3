//! A system goes on from a snapshot that was edited: without the message that kills a node, or with
//! additional messages.

use std::sync::Arc;
use std::thread::yield_now;

use consistent_cut::{Context, GlobalSnapshot, Link, LinkId, Process, Restore, System, Topology};
use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::gate::Gate;
use crate::ids::node;
use crate::watchdog::finishes;

const TO_THE_OTHER: LinkId = LinkId::new(0);
/// Three special messages: the first waits at the gate, the second is answered, and the third kills
/// its receiver.
const WAIT: u64 = 1_000;
const CALL: u64 = 2_000;
const POISON: u64 = 0;

/// Node 0 sends each message on. Node 1 adds messages up as digits, so that their order shows.
struct Digits {
    number: u64,
    /// Whether poison kills the node. It does so after a restore only, so that the snapshot
    /// completes.
    dies: bool,
    gate: Gate,
    answers: Sender<()>,
}

impl Process for Digits {
    type State = u64;
    type Message = u64;

    fn on_message(&mut self, _: Link, digit: u64, ctx: &mut Context<'_, u64>) {
        match digit {
            CALL => self.answers.send(()).unwrap(),
            digit if ctx.id() == node(0) => ctx.send_on(TO_THE_OTHER, digit),
            WAIT => self.gate.pass(),
            POISON => assert!(!self.dies, "poison"),
            digit => self.number = self.number * 10 + digit,
        }
    }

    fn state(&self) -> u64 {
        let _ = self.answers.send(());
        self.number
    }
}

impl Restore for Digits {
    fn on_restore(&mut self, number: u64, _: &mut Context<'_, u64>) {
        (self.number, self.dies) = (number, true);
    }
}

struct Setting {
    topology: Arc<Topology>,
    gate: Gate,
    answers: Sender<()>,
    heard: Receiver<()>,
}

impl Setting {
    fn new() -> Self {
        let (answers, heard) = unbounded();
        let topology = Arc::new(Topology::ring(2).unwrap());
        Setting { topology, gate: Gate::new(), answers, heard }
    }

    fn process(&self) -> Digits {
        let (gate, answers) = (self.gate.clone(), self.answers.clone());
        Digits { number: 0, dies: false, gate, answers }
    }

    /// The poison is on link 0 between two digits, with another from outside; node 1 is at the gate
    /// meanwhile.
    fn record(&self) -> Arc<GlobalSnapshot<u64, u64>> {
        let system = System::builder(Arc::clone(&self.topology)).spawn(|_| self.process()).unwrap();
        let send = |message| system.inject(node(0), message).unwrap();
        // Messages that come while node 1 is at the gate lie on the link, before the marker.
        [7, WAIT].into_iter().for_each(send);
        self.gate.await_arrivals(1);
        [3, POISON, 4, CALL].into_iter().for_each(send);
        self.heard.recv().unwrap();
        system.inject(node(1), POISON).unwrap();
        let pending = system.begin_snapshot();
        // Node 0 has recorded; when it answers, its marker is on the way.
        self.heard.recv().unwrap();
        system.inject(node(0), CALL).unwrap();
        self.heard.recv().unwrap();
        self.gate.open();
        pending.wait().unwrap()
    }

    fn restore(&self, from: &GlobalSnapshot<u64, u64>) -> System<Digits> {
        System::builder(Arc::clone(&self.topology)).restore(from, |_| self.process()).unwrap()
    }
}

/// Waits until node 1 is at this number.
fn wait_for(system: &System<Digits>, number: u64) -> Arc<GlobalSnapshot<u64, u64>> {
    loop {
        let snapshot = system.snapshot().unwrap();
        snapshot.verify().unwrap();
        if *snapshot.state(node(1)) == number {
            return snapshot;
        }
    }
}

#[test]
fn without_the_poison_a_restored_system_lives() {
    finishes(|| {
        let setting = Setting::new();
        let recorded = setting.record();
        assert_eq!(recorded.channel(TO_THE_OTHER).messages(), [3, POISON, 4]);
        assert_eq!(recorded.in_flight().count(), 4);

        let again = setting.restore(&recorded);
        while again.failures().is_empty() {
            yield_now();
        }
        assert_eq!(again.failures()[0].node, node(1), "it dies each time");

        let mut editor = recorded.edit();
        assert_eq!(editor.retain_messages(|_, message| *message != POISON), 2);
        let mended = editor.finish().unwrap();
        mended.verify().unwrap();
        let again = setting.restore(&mended);
        let seen = wait_for(&again, 734);
        assert_eq!(seen.in_flight().count(), 0);
        assert!(!seen.is_edited(), "it is what a system was");
        // Counts go on from the edited ones: all that was sent was received, or dropped.
        for link in setting.topology.all_links() {
            let (edited, seen) = (mended.channel(link.id), seen.channel(link.id));
            assert_eq!((seen.sent(), seen.received()), (edited.sent(), edited.sent()), "{link}");
        }
        let traffic = again.link_traffic().into_iter().next().unwrap();
        assert_eq!((traffic.sent, traffic.received), (5, Some(5)));
        again.inject(node(0), 5).unwrap();
        assert_eq!(wait_for(&again, 7345).channel(TO_THE_OTHER).sent(), 6);
    });
}

#[test]
fn what_was_added_and_changed_is_received_in_its_order() {
    finishes(|| {
        let setting = Setting::new();
        let mut editor = setting.record().edit();
        let messages = editor.messages_mut(TO_THE_OTHER).unwrap();
        messages.retain(|message| *message != POISON);
        messages.extend([5, 6, 8]);
        messages[0] = 9;
        let outside = setting.topology.environment_link(node(1)).unwrap().id;
        editor.messages_mut(outside).unwrap().clear();
        editor.set_state(node(1), 2).unwrap();
        let edited = editor.finish().unwrap();
        let seen = wait_for(&setting.restore(&edited), 294_568);
        // One was dropped and three were added.
        let on = |snapshot: &GlobalSnapshot<u64, u64>| snapshot.channel(TO_THE_OTHER).sent();
        assert_eq!((on(&edited), on(&seen)), (7, 7));
    });
}
