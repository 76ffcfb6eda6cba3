//! Marks on those of a node's many in-links on which something has come. With them a turn need not
//! look at every link.

use std::sync::Arc;

use crate::sync::{AtomicU64, Ordering};

/// One bit for each in-link of a node. A sender marks its link after a hand-over. The receiver
/// takes the marks and looks at the marked links.
///
/// If a sender sets a mark after the receiver has taken it, the mark is there for the next look,
/// whatever the receiver has found. Each hand-over therefore sets the mark, whether it is set or
/// not. If a link without a mark holds something, its sender is about to mark it.
#[derive(Debug)]
pub(crate) struct Marks {
    words: Box<[Word]>,
}

// Each word has cache lines of its own, since senders write it for each batch.
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
    fn set(&self, slot: usize) {
        self.words[slot / LINKS_A_WORD].0.fetch_or(1 << (slot % LINKS_A_WORD), Ordering::SeqCst);
    }

    /// Takes all marks, in the order of slots.
    pub(crate) fn take(&self, mut each: impl FnMut(usize)) {
        for (at, Word(word)) in self.words.iter().enumerate() {
            // Only looks at first, which leaves the cache line shared.
            if word.load(Ordering::SeqCst) == 0 {
                continue;
            }
            let mut bits = word.swap(0, Ordering::SeqCst);
            while bits != 0 {
                each(at * LINKS_A_WORD + bits.trailing_zeros() as usize);
                bits &= bits - 1;
            }
        }
    }

    #[inline]
    pub(crate) fn is_any_set(&self) -> bool {
        self.words.iter().any(|Word(word)| word.load(Ordering::SeqCst) != 0)
    }
}

/// A sender's mark for its link.
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{LINKS_A_WORD, Mark, Marks};
    use crate::sync::{AtomicU64, Ordering, model, spawn, wait_a_turn};

    const LINKS: usize = 3 * LINKS_A_WORD + 1;

    fn taken(marks: &Marks) -> Vec<usize> {
        let mut slots = Vec::new();
        marks.take(|slot| slots.push(slot));
        slots
    }

    #[test]
    fn marks_are_taken_once_and_in_order() {
        model(|| {
            let marks = Marks::new(LINKS);
            assert!(!marks.is_any_set());
            let slots = [0, 1, 63, 64, LINKS - 1];
            slots.iter().rev().chain(&slots).for_each(|&slot| marks.set(slot));
            assert!(marks.is_any_set());
            assert_eq!(taken(&marks), slots);
            assert_eq!(taken(&marks), [0; 0]);
        });
    }

    #[test]
    fn what_is_newly_marked_is_there() {
        model(|| {
            let (marks, value) = (Arc::new(Marks::new(2)), Arc::new(AtomicU64::new(0)));
            let sent = Arc::clone(&value);
            let mark = Mark { marks: Arc::clone(&marks), slot: 1 };
            let sender = spawn("sender".to_owned(), None, move || {
                for count in 1..=2 {
                    sent.store(count, Ordering::Relaxed);
                    mark.set();
                }
            });
            let mut seen = 0;
            while seen < 2 {
                // A mark set a second time is found a second time, or its first find shows both
                // values.
                match taken(&marks).is_empty() {
                    true => wait_a_turn(),
                    false => seen = value.load(Ordering::Relaxed).max(seen + 1),
                }
            }
            assert_eq!(value.load(Ordering::Relaxed), 2, "the marks alone order this");
            sender.expect("a thread").join().expect("no assertion fails");
        });
    }
}
