//! The mail of a worker's nodes: what is to be done at which node.
//!
//! A million nodes do not fit into a processor's cache, and a worker that went to nodes at random
//! would wait for memory most of the time. So the nodes are divided into regions of neighbouring
//! positions, small enough for the cache, and the worker stays in a region for a while before it
//! goes on to the next one that has work.
//!
//! In a region each node has a mailbox, and the worker visits the nodes that have mail in the order
//! of their positions, round after round. All items that have come for a node by then are there
//! together. So the node's memory is needed once for all of them, and the node handles a row of
//! messages instead of one.

mod listed;
mod mail;

use std::collections::VecDeque;
use std::ops::Range;

use super::parcel::{Item, Visit};
use listed::{Listed, REGION_BITS};
use mail::{Mail, Mailbox};

/// The mail and the commands of all regions.
#[derive(Debug)]
pub(super) struct Regions<M> {
    /// By position.
    mailboxes: Box<[Mailbox]>,
    regions: Box<[Region<M>]>,
    /// The regions that have work, each once.
    listed: VecDeque<u32>,
}

#[derive(Debug)]
struct Region<M> {
    mail: Mail<M>,
    /// The nodes to visit.
    listed: Listed,
    /// Commands to nodes. They come before the visits, but for one stay after each command to all.
    commands: VecDeque<Visit<M>>,
    /// Whether visits come before commands, the next time.
    is_for_visits: bool,
    is_listed: bool,
}

impl<M> Regions<M> {
    pub(super) fn new(nodes: u32) -> Self {
        let region = |_| Region {
            mail: Mail::new(),
            listed: Listed::default(),
            commands: VecDeque::new(),
            is_for_visits: false,
            is_listed: false,
        };
        Regions {
            mailboxes: (0..nodes).map(|_| Mailbox::new()).collect(),
            regions: (0..nodes.div_ceil(1 << REGION_BITS)).map(region).collect(),
            listed: VecDeque::new(),
        }
    }

    /// Puts an item into the mailbox of the node at a position.
    #[inline(always)]
    pub(super) fn put(&mut self, at: u32, item: Item<M>) {
        let region = &mut self.regions[(at >> REGION_BITS) as usize];
        region.mail.put(&mut self.mailboxes[at as usize], item);
        self.list(at);
    }

    /// Adds a command, to the node at a position or to its region from there on.
    pub(super) fn command(&mut self, at: u32, item: Item<M>) {
        let region = at >> REGION_BITS;
        self.regions[region as usize].commands.push_back(Visit { at, item });
        self.list_region(region);
    }

    /// Adds a command to all nodes: one in each region.
    pub(super) fn command_all(&mut self, item: impl Fn() -> Item<M>) {
        for region in 0..self.regions.len() as u32 {
            self.command(region << REGION_BITS, item());
        }
    }

    /// Makes the worker visit the node at a position.
    #[inline]
    pub(super) fn list(&mut self, at: u32) {
        let region = at >> REGION_BITS;
        self.regions[region as usize].listed.add(at % (1 << REGION_BITS));
        self.list_region(region);
    }

    /// Whether no region has work.
    pub(super) fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Takes the next region that has work. The caller [leaves](Self::leave) it afterwards.
    pub(super) fn enter(&mut self) -> Option<u32> {
        self.listed.pop_front()
    }

    /// Puts a region behind the others if it still has work.
    pub(super) fn leave(&mut self, region: u32) {
        let left = &mut self.regions[region as usize];
        left.is_listed = !left.commands.is_empty() || !left.listed.is_empty();
        left.mail.give_memory_back();
        if left.is_listed {
            self.listed.push_back(region);
        }
    }

    /// Makes the next stay in a region one for visits.
    pub(super) fn visit_next_time(&mut self, region: u32) {
        self.regions[region as usize].is_for_visits = true;
    }

    /// Whether this stay in a region is for visits.
    pub(super) fn takes_visits(&mut self, region: u32) -> bool {
        std::mem::take(&mut self.regions[region as usize].is_for_visits)
    }

    pub(super) fn next_command(&mut self, region: u32) -> Option<Visit<M>> {
        self.regions[region as usize].commands.pop_front()
    }

    /// The positions of the next nodes to visit.
    pub(super) fn next_positions(&self, region: u32, nodes: usize) -> impl Iterator<Item = u32> {
        let first = region << REGION_BITS;
        self.regions[region as usize].listed.iter().take(nodes).map(move |place| first + place)
    }

    /// Takes the next node to visit.
    #[inline]
    pub(super) fn next_node(&mut self, region: u32) -> Option<u32> {
        let place = self.regions[region as usize].listed.take()?;
        Some((region << REGION_BITS) + place)
    }

    /// The first item in the mailbox of the node at a position.
    #[inline]
    pub(super) fn first_item(&mut self, at: u32) -> Option<&mut Item<M>> {
        let region = &mut self.regions[(at >> REGION_BITS) as usize];
        region.mail.first(&mut self.mailboxes[at as usize])
    }

    /// Takes the first item out of the mailbox of the node at a position.
    #[inline]
    pub(super) fn take_item(&mut self, at: u32) -> Option<Item<M>> {
        let region = &mut self.regions[(at >> REGION_BITS) as usize];
        region.mail.take(&mut self.mailboxes[at as usize])
    }

    /// Whether the node at a position has mail.
    #[inline]
    pub(super) fn has_mail(&self, at: u32) -> bool {
        !self.mailboxes[at as usize].is_empty()
    }

    /// The positions of the region's nodes, from one of them on.
    pub(super) fn rest_from(&self, at: u32) -> Range<u32> {
        let end = ((at >> REGION_BITS) + 1) << REGION_BITS;
        at..end.min(self.mailboxes.len() as u32)
    }

    /// Takes out all items.
    pub(super) fn clear(&mut self) -> impl Iterator<Item = Item<M>> {
        self.listed.clear();
        let mut commands = Vec::new();
        for region in &mut self.regions {
            (region.is_listed, region.listed) = (false, Listed::default());
            commands.extend(std::mem::take(&mut region.commands));
        }
        let commands = commands.into_iter().map(|command| command.item);
        let mail = (0..self.mailboxes.len() as u32).flat_map(|at| {
            let mailbox = std::iter::from_fn(|| self.take_item(at));
            mailbox.collect::<Vec<_>>()
        });
        commands.chain(mail)
    }

    #[inline]
    fn list_region(&mut self, region: u32) {
        let is_listed = &mut self.regions[region as usize].is_listed;
        if !std::mem::replace(is_listed, true) {
            self.listed.push_back(region);
        }
    }
}

#[cfg(test)]
mod tests;
