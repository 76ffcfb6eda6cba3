//! How a workload runs on any peer.

use crossbeam_channel::unbounded;

use crate::role::{Actor, Reports, Role};
use crate::support::figures::speed;
use crate::support::workload::{Message, Workload, check, wait_for};

/// An actor crate with its threads. Mailboxes hold any number of messages.
pub(crate) trait Peer {
    type Address: Clone;

    /// Starts the actor with this number, which is one of `of` actors.
    fn spawn(&self, actor: Actor, number: usize, of: usize) -> Self::Address;

    /// Tells an actor to which actor it sends.
    fn connect(&self, actor: &Self::Address, next: Option<Self::Address>);

    fn send(&self, actor: &Self::Address, message: Message);
}

/// Messages per second; the start and the end of actors are not in the time.
pub(crate) fn run<P: Peer>(peer: &P, workload: Workload, messages: u64) -> f64 {
    let each = workload.each(messages);
    let expected = workload.received(each);
    let (ready, until_ready) = unbounded();
    let (done, until_done) = unbounded();
    let (tallies, received) = unbounded();
    let reports = Reports { ready, done, tallies };
    let Plan { roles, nexts, starters } = plan(workload, each);
    let of = roles.len();
    let spawn = |(number, role)| peer.spawn(Actor::new(role, reports.clone()), number, of);
    let actors: Vec<P::Address> = roles.into_iter().enumerate().map(spawn).collect();
    for (actor, next) in actors.iter().zip(nexts) {
        peer.connect(actor, next.map(|next: usize| actors[next].clone()));
        until_ready.recv().unwrap();
    }
    let speed = speed(|| {
        actors[..starters].iter().for_each(|actor| peer.send(actor, Message::START));
        wait_for(&until_done);
        expected
    });
    actors.iter().for_each(|actor| peer.send(actor, Message::STOP));
    check(received.iter().take(of), expected);
    speed
}

/// Each actor's role, and the actor to which it sends. The first actors are told to start.
struct Plan {
    roles: Vec<Role>,
    nexts: Vec<Option<usize>>,
    starters: usize,
}

fn plan(workload: Workload, each: u64) -> Plan {
    match workload {
        Workload::Ring { nodes, tokens } => {
            let hop = |_| Role::Hop { tokens, hops: each, on_their_way: tokens };
            let nexts = (0..nodes).map(|node| Some((node + 1) % nodes)).collect();
            Plan { roles: (0..nodes).map(hop).collect(), nexts, starters: 1 }
        }
        Workload::FanIn { producers } => {
            let expected = producers as u64 * each;
            let mut roles: Vec<_> = (0..producers).map(|_| Role::Produce { left: each }).collect();
            roles.push(Role::Consume { expected });
            let mut nexts = vec![Some(producers); producers];
            nexts.push(None);
            Plan { roles, nexts, starters: producers }
        }
        Workload::Pipeline { stages } => {
            let mut roles = vec![Role::Produce { left: each }];
            roles.extend((2..stages).map(|_| Role::PassOn));
            roles.push(Role::Consume { expected: each });
            let nexts = (1..=stages).map(|next| (next < stages).then_some(next)).collect();
            Plan { roles, nexts, starters: 1 }
        }
    }
}
