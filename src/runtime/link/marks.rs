//! Which of a node's many in-links something has come on: a hint, so that a turn need not look at all of them.

use std::sync::Arc;

use crate::sync::{AtomicU64, Ordering};

/// A bit for each in-link of a node. A sender marks its link when it has put something there; the receiver takes the marks and
/// looks at those links.
///
/// Nothing may depend on a mark. A sender that finds its link marked leaves it at that, and the receiver may have taken
/// this mark just then, too early to find what was put. So it looks at all links now and then, and before and after it sleeps.
#[derive(Debug)]
pub(crate) struct Marks {
    words: Box<[Word]>,
}

// Cache lines of its own: senders look here for each message.
#[repr(align(128))]
#[derive(Debug)]
struct Word(AtomicU64);

const LINKS_A_WORD: usize = u64::BITS as usize;

impl Marks {
    pub(crate) fn new(links: usize) -> Self {
        Marks {
            words: (0..links.div_ceil(LINKS_A_WORD)).map(|_| Word(AtomicU64::new(0))).collect(),
        }
    }

    #[inline]
    pub(crate) fn set(&self, slot: usize) {
        let (Word(word), bit) = (&self.words[slot / LINKS_A_WORD], 1 << (slot % LINKS_A_WORD));
        // A look first: it leaves the cache line shared.
        if word.load(Ordering::Relaxed) & bit == 0 {
            word.fetch_or(bit, Ordering::Release);
        }
    }

    /// Takes the marks from this slot on, one by one and in order of slots. Those that are not asked for stay.
    pub(crate) fn take_from(&self, slot: usize) -> Taken<'_> {
        let mut taken = Taken { marks: self, next: slot / LINKS_A_WORD, bits: 0 };
        let before = (1 << (slot % LINKS_A_WORD)) - 1;
        if before != 0 && taken.take_word().is_some() {
            self.put_back(taken.next - 1, taken.bits & before);
            taken.bits &= !before;
        }
        taken
    }

    fn put_back(&self, word: usize, bits: u64) {
        if bits != 0 {
            self.words[word].0.fetch_or(bits, Ordering::Relaxed);
        }
    }
}

/// The way by which a sender marks its link.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(crate) marks: Arc<Marks>,
    pub(crate) slot: usize,
}

impl Mark {
    #[inline]
    pub(crate) fn set(&self) {
        self.marks.set(self.slot);
    }
}

/// Slots that were marked.
#[derive(Debug)]
pub(crate) struct Taken<'a> {
    marks: &'a Marks,
    /// The word after that of `bits`.
    next: usize,
    bits: u64,
}

impl Taken<'_> {
    fn take_word(&mut self) -> Option<()> {
        let Word(word) = self.marks.words.get(self.next)?;
        self.next += 1;
        if word.load(Ordering::Relaxed) != 0 {
            self.bits = word.swap(0, Ordering::Acquire);
        }
        Some(())
    }
}

impl Iterator for Taken<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.bits == 0 {
            self.take_word()?;
        }
        let bit = self.bits.trailing_zeros() as usize;
        self.bits &= self.bits - 1;
        Some((self.next - 1) * LINKS_A_WORD + bit)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.bits != 0 {
            self.marks.put_back(self.next - 1, self.bits);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{LINKS_A_WORD, Mark, Marks};
    use crate::sync::{AtomicU64, Ordering, model, spawn, wait_a_turn};

    const LINKS: usize = 3 * LINKS_A_WORD + 1;

    #[test]
    fn marks_are_taken_once_and_in_order() {
        model(|| {
            let marks = Marks::new(LINKS);
            assert_eq!(marks.take_from(0).next(), None);
            let slots = [0, 1, 63, 64, LINKS - 1];
            slots.iter().rev().chain(&slots).for_each(|&slot| marks.set(slot));
            assert_eq!(marks.take_from(0).collect::<Vec<_>>(), slots);
            assert_eq!(marks.take_from(0).next(), None);
        });
    }

    #[test]
    fn marks_that_nobody_asked_for_stay() {
        model(|| {
            let marks = Marks::new(LINKS);
            [3, 5, 7, 100].into_iter().for_each(|slot| marks.set(slot));
            assert_eq!(marks.take_from(0).take(2).collect::<Vec<_>>(), [3, 5]);
            marks.set(3);
            assert_eq!(marks.take_from(0).collect::<Vec<_>>(), [3, 7, 100]);
        });
    }

    #[test]
    fn what_is_newly_marked_is_there() {
        model(|| {
            let (marks, value) = (Arc::new(Marks::new(2)), Arc::new(AtomicU64::new(0)));
            let sent = Arc::clone(&value);
            let mark = Mark { marks: Arc::clone(&marks), slot: 1 };
            let sender = spawn("sender".to_owned(), None, move || {
                sent.store(1, Ordering::Relaxed);
                mark.set();
            });
            while marks.take_from(0).next().is_none() {
                wait_a_turn();
            }
            assert_eq!(value.load(Ordering::Relaxed), 1, "the mark alone orders this");
            sender.expect("a thread").join().expect("no assertion fails");
        });
    }
}
