//! Reachability, the paper's Theorem 1, by a replay. The events of a real run are reordered, with
//! all events before the cut first, and run on fresh tellers. The run must pass through the
//! snapshot, and must end in the state in which the real one ended.

use std::collections::VecDeque;

use consistent_cut::{Link, NodeId};

use crate::teller::{Act, Cause, Ledger, Note, Teller};
use crate::world::{Event, Snapshot, World};

/// Replays the run of `world` through `snapshot`.
///
/// # Errors
/// With the first difference found.
pub(crate) fn through(world: &World, snapshot: &Snapshot) -> Result<(), String> {
    // All events of a node that has failed are before the cut, and its state is the one in which it
    // failed.
    let state = |node| snapshot.find_state(node).unwrap_or_else(|| world.ledger(node));
    let (before, after): (Vec<&Event>, Vec<&Event>) =
        world.events.iter().partition(|event| event.step < state(event.node).steps);
    let injected = |link: Link| world.injected(snapshot.id(), link.target) as usize;
    let mut replay = Replay::new(world);

    replay.inject(|link| replay_from(world, link)..injected(link));
    before.into_iter().try_for_each(|event| replay.run(event))?;
    // Messages sent to a node that has failed are lost, and no snapshot shows them.
    let in_flight = |link: Link| {
        let takes_part = snapshot.find_state(link.target).is_some();
        takes_part.then(|| snapshot.channel(link.id).messages())
    };
    replay
        .compare(state, in_flight)
        .map_err(|what| format!("{}: {what} differs at the cut", snapshot.id()))?;

    replay.inject(|link| injected(link)..world.log[link.id.index()].len());
    after.into_iter().try_for_each(|event| replay.run(event))?;
    replay
        .compare(|node| world.ledger(node), |link| Some(world.unreceived(link.id)))
        .map_err(|what| format!("{}: {what} differs at the end", snapshot.id()))
}

/// Messages injected before the run, in an earlier life.
fn replay_from(world: &World, link: Link) -> usize {
    world.origin.as_ref().map_or(0, |origin| origin.channel(link.id).sent() as usize)
}

struct Replay<'a> {
    world: &'a World,
    tellers: Vec<Teller>,
    links: Vec<VecDeque<Note>>,
}

impl<'a> Replay<'a> {
    fn new(world: &'a World) -> Self {
        let mut tellers: Vec<_> = world.nodes.iter().map(|node| node.teller().fresh()).collect();
        let mut links: Vec<VecDeque<Note>> = world.log.iter().map(|_| VecDeque::new()).collect();
        if let Some(origin) = &world.origin {
            for (node, state) in origin.states() {
                tellers[node.index()].become_again(state.clone());
            }
            for channel in origin.channels() {
                links[channel.link().id.index()].extend(channel.messages().iter().cloned());
            }
        }
        Replay { world, tellers, links }
    }

    /// Puts logged messages on the environment links.
    fn inject(&mut self, range: impl Fn(Link) -> std::ops::Range<usize>) {
        let world = self.world;
        for link in world.topology.all_links().filter(Link::is_environment) {
            let injected = &world.log[link.id.index()][range(link)];
            self.links[link.id.index()].extend(injected.iter().cloned());
        }
    }

    /// Runs the handler of an event, which must find its message at the head of its link.
    fn run(&mut self, event: &Event) -> Result<(), String> {
        self.check_room(event)?;
        let acts = match event.cause {
            Cause::Message(link, number) => {
                let head = self.links[link.index()].pop_front();
                let Some(note) = head.filter(|note| note.number == number) else {
                    return Err(format!("{event:?} is received before it is sent, or out of turn"));
                };
                self.tellers[event.node.index()].take(link, note)
            }
            cause => self.tellers[event.node.index()].run(cause),
        };
        for act in acts {
            if let Act::Send(link, note) = act {
                self.links[link.index()].push_back(note);
            }
        }
        Ok(())
    }

    /// A node handles nothing while one of its links holds more messages than it has room for.
    /// Messages sent to a node that has failed drain away.
    fn check_room(&self, event: &Event) -> Result<(), String> {
        let world = self.world;
        let is_over = |link: &&Link| {
            let held = self.links[link.id.index()].len() as u64;
            let is_full = world.capacity(link.id).is_some_and(|capacity| held > capacity);
            is_full && !world.has_failed(link.target)
        };
        let is_handler = !matches!(event.cause, Cause::Start | Cause::Restore);
        let mut links = world.topology.out_links(event.node).iter();
        match links.find(is_over).filter(|_| is_handler) {
            None => Ok(()),
            Some(link) => Err(format!("{event:?} runs while {link} has no room")),
        }
    }

    /// Compares all states and links, and names the first that differs.
    fn compare<'b>(
        &self,
        state: impl Fn(NodeId) -> &'b Ledger,
        messages: impl Fn(Link) -> Option<&'b [Note]>,
    ) -> Result<(), String> {
        let topology = &self.world.topology;
        let node = topology.nodes().find(|&n| self.tellers[n.index()].ledger != *state(n));
        let differs = |link: &Link| {
            messages(*link).is_some_and(|messages| self.links[link.id.index()] != messages)
        };
        let link = topology.all_links().find(differs);
        match (node, link) {
            (Some(node), _) => Err(node.to_string()),
            (None, Some(link)) => Err(link.to_string()),
            (None, None) => Ok(()),
        }
    }
}
