//! A habit. The effects of a note depend on the note alone, so that a run can be replayed.

use consistent_cut::{Context, Link, NodeId, Topology};

use super::note::Note;
use super::puppet::{Habit, Puppet};

/// Hops of the notes that it sends when it starts.
const HOPS: u64 = 6;

struct Chatter {
    opening: u64,
}

/// A puppet that sends `opening` notes when it starts, and passes each note on zero, one or two
/// times.
pub(crate) fn chatter(topology: &Topology, node: NodeId, opening: u64) -> Puppet {
    Puppet::new(node, topology).with_habit(Chatter { opening })
}

impl Habit for Chatter {
    fn on_start(&mut self, puppet: &mut Puppet, ctx: &mut Context<'_, Note>) {
        (0..self.opening).for_each(|turn| send(puppet, turn, HOPS, ctx));
    }

    fn on_note(
        &mut self,
        puppet: &mut Puppet,
        from: Link,
        note: &Note,
        ctx: &mut Context<'_, Note>,
    ) {
        let slot = ctx.topology().in_slot(from.id).expect("a known link") as u64;
        let sends = (note.number * 7 + note.hops * 5 + slot) % 3;
        let turns = note.number..note.number + sends.min(note.hops);
        turns.for_each(|turn| send(puppet, turn, note.hops - 1, ctx));
    }
}

/// Sends on one of the out-links, by `turn` modulo their number.
fn send(puppet: &mut Puppet, turn: u64, hops: u64, ctx: &mut Context<'_, Note>) {
    let links = ctx.out_links();
    if !links.is_empty() {
        let link = links[(turn % links.len() as u64) as usize].id;
        ctx.send_on(link, puppet.next(ctx.topology(), link).with_hops(hops));
    }
}
