//! Nothing starves. Messages from outside or on other links do not starve a link, links and timers
//! do not starve messages from outside, and snapshots do not starve handlers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::thread::yield_now;
use std::time::Duration;

use consistent_cut::{
    Context, Link, LinkId, MarkerPolicy, NodeId, Process, System, TimerId, Topology,
};
use crossbeam_channel::{Sender, unbounded};

use crate::policies::on_both_policies;
use crate::watchdog::finishes;

/// Injects each message that came from outside again, and reports a message that came on a link.
struct Fountain {
    system: Arc<OnceLock<Weak<System<Fountain>>>>,
    heard: Sender<u32>,
}

impl Process for Fountain {
    type State = ();
    type Message = u32;

    fn on_message(&mut self, from: Link, message: u32, ctx: &mut Context<'_, u32>) {
        if !from.is_environment() {
            self.heard.send(message).unwrap();
        } else if let Some(next) = ctx.out_links().first() {
            ctx.send_on(next.id, message);
        } else if let Some(system) = self.system.get().and_then(Weak::upgrade) {
            // The call is refused once the system is shutting down, which ends the fountain.
            let _ = system.inject(ctx.id(), message);
        }
    }

    fn state(&self) {}
}

#[test]
fn a_link_has_its_turn_while_messages_from_outside_never_end() {
    finishes(|| {
        on_both_policies(|policy| {
            let (system, heard) = fountain(policy);
            (0..100).for_each(|message| system.inject(NodeId::new(0), message).unwrap());
            assert_eq!(heard.iter().take(100).collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
            system.shutdown().unwrap();
        });
    });
}

#[test]
fn messages_are_handled_and_snapshots_end_while_both_never_cease() {
    finishes(|| {
        on_both_policies(|policy| {
            let (system, heard) = fountain(policy);
            for message in 0..50 {
                let begun: Vec<_> = (0..4).map(|_| system.begin_snapshot()).collect();
                system.inject(NodeId::new(0), message).unwrap();
                begun.iter().for_each(|pending| pending.wait().unwrap().verify().unwrap());
            }
            assert_eq!(heard.iter().take(50).count(), 50);
            system.shutdown().unwrap();
        });
    });
}

/// Node 1 has eight messages from outside at any time. Node 0 passes on messages from outside.
fn fountain(policy: MarkerPolicy) -> (Arc<System<Fountain>>, crossbeam_channel::Receiver<u32>) {
    let cell = Arc::new(OnceLock::new());
    let (tx, heard) = unbounded();
    let system = System::builder(Topology::line(2).unwrap())
        .marker_policy(policy)
        .spawn(|_| Fountain { system: Arc::clone(&cell), heard: tx.clone() })
        .unwrap();
    let system = Arc::new(system);
    cell.set(Arc::downgrade(&system)).unwrap();
    (0..8).for_each(|drop| system.inject(NodeId::new(1), drop).unwrap());
    (system, heard)
}

/// Passes on messages from outside, and sends round its self-link without end, where it has one.
struct Busy {
    heard: Sender<NodeId>,
}

impl Process for Busy {
    type State = ();
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        if let Some(link) = ctx.out_links().iter().find(|link| link.is_self_link()) {
            ctx.send_on(link, ());
        }
    }

    fn on_message(&mut self, from: Link, (): (), ctx: &mut Context<'_, ()>) {
        if from.is_environment() {
            ctx.send_on(ctx.out_links()[0], ());
        } else if from.is_self_link() {
            ctx.send_on(from.id, ());
        } else {
            self.heard.send(from.source).unwrap();
        }
    }

    fn state(&self) {}
}

/// Sends round its self-link without end, has a timer that is always due, and reports messages from
/// outside.
struct Restless {
    heard: Sender<()>,
}

impl Process for Restless {
    type State = ();
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        ctx.send(ctx.id(), ());
        self.on_timer(TimerId::new(0), ctx);
    }

    fn on_message(&mut self, from: Link, (): (), ctx: &mut Context<'_, ()>) {
        match from.is_environment() {
            true => self.heard.send(()).unwrap(),
            false => ctx.send(ctx.id(), ()),
        }
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, ()>) {
        ctx.set_timer(timer, Duration::ZERO);
    }

    fn state(&self) {}
}

/// No snapshot is taken, for which the node would look at everything.
#[test]
fn what_is_injected_has_its_turn_while_neither_a_timer_nor_a_link_rests() {
    finishes(|| {
        let (heard, rx) = unbounded();
        let system = System::builder(Topology::ring(1).unwrap())
            .spawn(|_| Restless { heard: heard.clone() })
            .unwrap();
        for _ in 0..50 {
            system.inject(NodeId::new(0), ()).unwrap();
            rx.recv().unwrap();
        }
        system.shutdown().unwrap();
    });
}

#[test]
fn each_of_many_links_has_its_turn_while_one_never_rests() {
    const NEIGHBOURS: usize = 200;
    finishes(|| {
        let hub = NEIGHBOURS;
        let links = (0..NEIGHBOURS).map(|node| (node, hub)).chain([(hub, hub)]);
        let topology = Topology::from_links(NEIGHBOURS + 1, links).unwrap();
        let (tx, heard) = unbounded();
        let system = System::builder(topology).spawn(|_| Busy { heard: tx.clone() }).unwrap();
        let neighbours = || (0..NEIGHBOURS).map(|node| NodeId::new(node as u32));
        for round in 0..5 {
            // One message alone at first: no other message draws the hub's attention to its link.
            for node in neighbours() {
                system.inject(node, ()).unwrap();
                if round == 0 {
                    assert_eq!(heard.recv(), Ok(node));
                }
            }
            if round > 0 {
                let mut sources: Vec<_> = heard.iter().take(NEIGHBOURS).collect();
                sources.sort_unstable();
                assert_eq!(sources, neighbours().collect::<Vec<_>>());
            }
        }
        system.shutdown().unwrap();
    });
}

/// Node 0 sends round its self-link without end. It also fills its link to node 1, so that it waits
/// for room after every handler. It reports all other messages. Node 1 takes a message only while
/// others wait behind it.
struct Flood {
    system: Arc<OnceLock<Weak<System<Flood>>>>,
    heard: Sender<Link>,
    is_over: Arc<AtomicBool>,
}

impl Process for Flood {
    type State = ();
    type Message = ();

    fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
        if let Some(link) = ctx.out_links().first() {
            ctx.send_on(link, ());
        }
    }

    fn on_message(&mut self, from: Link, (): (), ctx: &mut Context<'_, ()>) {
        if from.is_self_link() {
            ctx.send_on(from.id, ());
            (0..2).for_each(|_| ctx.send(NodeId::new(1), ()));
        } else if ctx.id() == NodeId::new(0) {
            self.heard.send(from).unwrap();
        } else {
            let is_waited_for = || {
                let system = self.system.get().and_then(Weak::upgrade);
                system.is_some_and(|system| system.link_traffic()[from.id.index()].waiting > 0)
            };
            while !self.is_over.load(Ordering::Relaxed) && !is_waited_for() {
                yield_now();
            }
        }
    }

    fn state(&self) {}
}

#[test]
fn every_link_has_its_turn_at_a_node_that_always_waits_for_room() {
    finishes(|| {
        // To itself, to the slow node, and from the one that must be heard.
        let topology = Topology::from_links(3, [(0, 0), (0, 1), (2, 0)]).unwrap();
        let (cell, is_over) = (Arc::new(OnceLock::new()), Arc::new(AtomicBool::new(false)));
        let (tx, heard) = unbounded();
        let system = System::builder(topology)
            .link_capacity(LinkId::new(1), 1)
            .spawn(|_| Flood {
                system: Arc::clone(&cell),
                heard: tx.clone(),
                is_over: Arc::clone(&is_over),
            })
            .unwrap();
        let system = Arc::new(system);
        cell.set(Arc::downgrade(&system)).unwrap();
        system.inject(NodeId::new(0), ()).unwrap();
        let heard: Vec<_> = heard.iter().take(2).collect();
        assert!(heard.iter().any(Link::is_environment), "{heard:?}");
        assert!(heard.iter().any(|link| link.source == NodeId::new(2)), "{heard:?}");
        is_over.store(true, Ordering::Relaxed);
        system.shutdown().unwrap();
    });
}
