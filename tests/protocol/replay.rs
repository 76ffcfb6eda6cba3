//! Reachability, the paper's Theorem 1, by doing it: the events of a real run are put in another order, all
//! those before the cut first, and run on fresh tellers. The run must pass through the snapshot, and must end
//! in the state in which the real one ended.

use std::collections::VecDeque;

use consistent_cut::{Link, LinkId, NodeId};

use crate::teller::{Act, Ledger, Note, Teller};
use crate::world::{Event, Snapshot, World};

/// Replays the run of `world` through `snapshot`.
///
/// # Errors
/// With the first difference found.
pub(crate) fn through(world: &World, snapshot: &Snapshot) -> Result<(), String> {
    let (before, after): (Vec<&Event>, Vec<&Event>) =
        world.events.iter().partition(|event| event.step < snapshot.state(event.node).steps);
    let mut replay = Replay::new(world);

    replay.inject(|link| 0..world.injected_at_record[&(snapshot.id(), link.target)] as usize);
    before.into_iter().try_for_each(|event| replay.run(event))?;
    replay
        .compare(|node| snapshot.state(node), |link| snapshot.channel(link).messages())
        .map_err(|what| format!("{}: {what} differs at the cut", snapshot.id()))?;

    replay.inject(|link| {
        let injected = world.injected_at_record[&(snapshot.id(), link.target)] as usize;
        injected..world.log[link.id.index()].len()
    });
    after.into_iter().try_for_each(|event| replay.run(event))?;
    replay
        .compare(|node| world.ledger(node), |link| world.unreceived(link))
        .map_err(|what| format!("{}: {what} differs at the end", snapshot.id()))
}

struct Replay<'a> {
    world: &'a World,
    tellers: Vec<Teller>,
    links: Vec<VecDeque<Note>>,
}

impl<'a> Replay<'a> {
    fn new(world: &'a World) -> Self {
        Replay {
            world,
            tellers: world.nodes.iter().map(|node| node.teller().fresh()).collect(),
            links: world.log.iter().map(|_| VecDeque::new()).collect(),
        }
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
        let acts = match event.received {
            None => self.tellers[event.node.index()].open(),
            Some((link, number)) => {
                let head = self.links[link.index()].pop_front();
                let Some(note) = head.filter(|note| note.number == number) else {
                    return Err(format!("{event:?} is received before it is sent, or out of turn"));
                };
                self.tellers[event.node.index()].take(link, note)
            }
        };
        for act in acts {
            if let Act::Send(link, note) = act {
                self.links[link.index()].push_back(note);
            }
        }
        Ok(())
    }

    /// Compares all states and links, and names the first that differs.
    fn compare<'b>(
        &self,
        state: impl Fn(NodeId) -> &'b Ledger,
        messages: impl Fn(LinkId) -> &'b [Note],
    ) -> Result<(), String> {
        let topology = &self.world.topology;
        let node = topology.nodes().find(|&n| self.tellers[n.index()].ledger != *state(n));
        let link = topology.all_links().find(|l| self.links[l.id.index()] != messages(l.id));
        match (node, link) {
            (Some(node), _) => Err(node.to_string()),
            (None, Some(link)) => Err(link.to_string()),
            (None, None) => Ok(()),
        }
    }
}
