//! Which in-links of a node are open in a snapshot.

/// In-links by slot. All are open at first. Up to 64 links need no allocation: a million nodes may
/// record at the same time.
#[derive(Debug)]
pub(super) enum OpenLinks {
    /// A bit for each of at most 64 links.
    Few(u64),
    Many {
        words: Box<[u64]>,
        /// How many are open.
        left: usize,
    },
}

const BITS: usize = u64::BITS as usize;

impl OpenLinks {
    pub(super) fn new(links: usize) -> Self {
        if links <= BITS {
            return OpenLinks::Few(first_bits(links));
        }
        let of_word = |at| first_bits(links - at * BITS);
        OpenLinks::Many { words: (0..links.div_ceil(BITS)).map(of_word).collect(), left: links }
    }

    fn words(&self) -> &[u64] {
        match self {
            OpenLinks::Few(word) => std::slice::from_ref(word),
            OpenLinks::Many { words, .. } => words,
        }
    }

    #[inline]
    pub(super) fn is_open(&self, slot: usize) -> bool {
        self.words().get(slot / BITS).is_some_and(|word| word >> (slot % BITS) & 1 == 1)
    }

    /// Closes a link; false if it was closed before or has no slot here.
    #[inline]
    pub(super) fn close(&mut self, slot: usize) -> bool {
        let is_open = self.is_open(slot);
        if is_open {
            match self {
                OpenLinks::Few(word) => *word &= !(1 << slot),
                OpenLinks::Many { words, left } => {
                    words[slot / BITS] &= !(1 << (slot % BITS));
                    *left -= 1;
                }
            }
        }
        is_open
    }

    /// How many are open.
    pub(super) fn count(&self) -> usize {
        match self {
            OpenLinks::Few(word) => word.count_ones() as usize,
            OpenLinks::Many { left, .. } => *left,
        }
    }

    /// The first open link from this slot on.
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        let words = self.words();
        let mut mask = u64::MAX << (from % BITS);
        for (at, word) in words.iter().enumerate().skip(from / BITS) {
            let word = word & mask;
            if word != 0 {
                return Some(at * BITS + word.trailing_zeros() as usize);
            }
            mask = u64::MAX;
        }
        None
    }
}

/// A word of which this many bits, and at most all, are set.
fn first_bits(count: usize) -> u64 {
    if count >= BITS { u64::MAX } else { (1 << count) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    /// What `links` says, slot by slot.
    fn open(links: &OpenLinks) -> Vec<usize> {
        let mut open = Vec::new();
        while let Some(next) = links.next(open.last().map_or(0, |last| last + 1)) {
            open.push(next);
        }
        open
    }

    #[test]
    fn links_are_open_until_they_are_closed_however_many_there_are() {
        for count in [0, 1, 4, 63, 64, 65, 127, 128, 129, 1_000] {
            let mut links = OpenLinks::new(count);
            let mut expected: Vec<usize> = (0..count).collect();
            assert!(!links.close(count) && !links.is_open(count + BITS), "no link has this slot");
            let mut order = expected.clone();
            let mut chance = Chance::new(count as u64);
            order.sort_by_cached_key(|_| chance.number());
            for slot in order {
                assert_eq!((open(&links), links.count()), (expected.clone(), expected.len()));
                assert!(links.is_open(slot) && links.close(slot));
                assert!(!links.is_open(slot) && !links.close(slot), "it is closed");
                expected.retain(|other| *other != slot);
            }
            assert_eq!((links.next(0), links.count()), (None, 0));
        }
    }
}
