//! The mail of a region: for each of its nodes, the items that wait for the node.
//!
//! At most times most nodes have no mail. So the mailboxes of a region share their memory: an entry
//! holds one item, and names the next entry of its mailbox.

use crate::cluster::parcel::Item;

/// In place of an entry: there is none.
const NONE: u32 = u32::MAX;

/// This many entries are made one behind the other before free ones are used again. Memory that is
/// written in order need not be in the cache. Mostly the region is empty before that, and begins
/// with the first entry again.
const IN_ORDER: usize = 1024;

/// The memory for this many entries is kept when no mail is left.
const KEPT: usize = 256;

/// The entries of a region's mailboxes.
#[derive(Debug)]
pub(super) struct Mail<M> {
    entries: Vec<Entry<M>>,
    /// The first free entry. It names the next one.
    free: u32,
    items: usize,
}

#[derive(Debug)]
struct Entry<M> {
    item: Option<Item<M>>,
    next: u32,
}

/// The mailbox of one node. It hands its items out in the order in which they have come.
///
/// New items are chained from the newest to the oldest: so an item that comes touches no other one.
/// The chain is turned round when the worker comes to the node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mailbox {
    /// The newest item that has come since the chain was turned round. It names the one before.
    newest: u32,
    /// The oldest item of the chain that was turned round. It names the one behind.
    oldest: u32,
}

impl Mailbox {
    pub(super) fn new() -> Self {
        Mailbox { newest: NONE, oldest: NONE }
    }

    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.newest == NONE && self.oldest == NONE
    }
}

impl<M> Mail<M> {
    pub(super) fn new() -> Self {
        Mail { entries: Vec::new(), free: NONE, items: 0 }
    }

    /// Puts an item behind the others of a mailbox.
    #[inline(always)]
    pub(super) fn put(&mut self, mailbox: &mut Mailbox, item: Item<M>) {
        self.items += 1;
        let entry = Entry { item: Some(item), next: mailbox.newest };
        if self.entries.len() >= IN_ORDER
            && let Some(free) = self.entries.get_mut(self.free as usize)
        {
            mailbox.newest = self.free;
            self.free = std::mem::replace(free, entry).next;
        } else {
            // A region would need some hundred gigabytes for as many items as there are numbers.
            mailbox.newest = self.entries.len() as u32;
            self.entries.push(entry);
        }
    }

    /// The first item of a mailbox.
    #[inline]
    pub(super) fn first(&mut self, mailbox: &mut Mailbox) -> Option<&mut Item<M>> {
        if mailbox.oldest == NONE {
            self.turn_round(mailbox);
        }
        // Where the mailbox is empty, this is beyond all entries.
        self.entries.get_mut(mailbox.oldest as usize)?.item.as_mut()
    }

    /// Takes the first item out of a mailbox.
    #[inline]
    pub(super) fn take(&mut self, mailbox: &mut Mailbox) -> Option<Item<M>> {
        if mailbox.oldest == NONE {
            self.turn_round(mailbox);
        }
        let free = mailbox.oldest;
        let entry = self.entries.get_mut(free as usize)?;
        let item = entry.item.take();
        mailbox.oldest = std::mem::replace(&mut entry.next, self.free);
        (self.free, self.items) = (free, self.items - 1);
        if self.items == 0 {
            self.entries.clear();
            self.free = NONE;
        }
        item
    }

    /// Turns the chain of new items round, where no older one is left.
    #[inline]
    fn turn_round(&mut self, mailbox: &mut Mailbox) {
        while let Some(entry) = self.entries.get_mut(mailbox.newest as usize) {
            let before = std::mem::replace(&mut entry.next, mailbox.oldest);
            mailbox.oldest = std::mem::replace(&mut mailbox.newest, before);
        }
    }

    /// Gives back the memory of a burst if no mail is left.
    pub(super) fn give_memory_back(&mut self) {
        if self.items == 0 && self.entries.capacity() > KEPT {
            *self = Mail::new();
        }
    }

    /// For how many items there is memory.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.entries.capacity()
    }
}
