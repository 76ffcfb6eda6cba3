//! Nothing starves: neither a link by what comes from outside, nor a handler by snapshots.

use std::sync::{Arc, OnceLock, Weak};

use consistent_cut::{Context, Link, MarkerPolicy, NodeId, Process, System, Topology};
use crossbeam_channel::{Sender, unbounded};

use crate::puppet::BOTH_POLICIES;
use crate::watchdog::finishes;

/// Injects each message that came from outside again, and tells of one that came on a link.
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
            // Refused once the system is being shut down, which ends the fountain.
            let _ = system.inject(ctx.id(), message);
        }
    }

    fn state(&self) {}
}

#[test]
fn a_link_has_its_turn_while_messages_from_outside_never_end() {
    finishes(|| {
        for policy in BOTH_POLICIES {
            let (system, heard) = fountain(policy);
            (0..100).for_each(|message| system.inject(NodeId::new(0), message).unwrap());
            assert_eq!(heard.iter().take(100).collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
            system.shutdown().unwrap();
        }
    });
}

#[test]
fn messages_are_handled_and_snapshots_end_while_both_never_cease() {
    finishes(|| {
        for policy in BOTH_POLICIES {
            let (system, heard) = fountain(policy);
            for message in 0..50 {
                let begun: Vec<_> = (0..4).map(|_| system.begin_snapshot()).collect();
                system.inject(NodeId::new(0), message).unwrap();
                begun.iter().for_each(|pending| pending.wait().unwrap().verify().unwrap());
            }
            assert_eq!(heard.iter().take(50).count(), 50);
            system.shutdown().unwrap();
        }
    });
}

/// Node 1 has eight messages from outside at any time; node 0 passes on what comes from outside.
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
