//! The nodes of a region that the worker will visit.

/// How many nodes a region has, as a power of two.
pub(super) const REGION_BITS: u32 = 8;

/// One bit for each node of a region. The worker goes round: it visits all other listed nodes
/// before it visits the same node again.
#[derive(Clone, Debug, Default)]
pub(super) struct Listed {
    words: [u64; 1 << (REGION_BITS - 6)],
    /// The place at which the round goes on.
    next: u32,
}

impl Listed {
    /// Lists the node at this place of the region. A node is listed once.
    #[inline]
    pub(super) fn add(&mut self, place: u32) {
        self.words[(place / 64) as usize] |= 1 << (place % 64);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Takes the next node of the round.
    #[inline]
    pub(super) fn take(&mut self) -> Option<u32> {
        let place = self.find_from(self.next).or_else(|| self.find_from(0))?;
        self.words[(place / 64) as usize] &= !(1 << (place % 64));
        self.next = place + 1;
        Some(place)
    }

    #[inline]
    fn find_from(&self, first: u32) -> Option<u32> {
        let mut mask = u64::MAX << (first % 64);
        for at in (first / 64) as usize..self.words.len() {
            let word = self.words[at] & mask;
            if word != 0 {
                return Some(64 * at as u32 + word.trailing_zeros());
            }
            mask = u64::MAX;
        }
        None
    }

    /// The next nodes of the round.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + use<> {
        let mut rest = self.clone();
        std::iter::from_fn(move || rest.take())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    /// A list that is slow to keep: the places, and where the round is.
    fn take_slowly(places: &mut Vec<u32>, next: &mut u32) -> Option<u32> {
        places.sort_unstable();
        places.dedup();
        let at = places.iter().position(|place| place >= next).unwrap_or(0);
        let taken = (!places.is_empty()).then(|| places.remove(at))?;
        *next = taken + 1;
        Some(taken)
    }

    #[test]
    fn the_round_is_that_of_a_plain_list() {
        for seed in 0..20 {
            let mut chance = Chance::new(seed);
            let (mut listed, mut places, mut next) = (Listed::default(), Vec::new(), 0);
            for _ in 0..2000 {
                if chance.below(2) == 0 {
                    let place = chance.below(1 << REGION_BITS) as u32;
                    listed.add(place);
                    places.push(place);
                } else {
                    let ahead = listed.iter().next();
                    assert_eq!(ahead, take_slowly(&mut places, &mut next), "seed {seed}");
                    assert_eq!(listed.take(), ahead);
                }
                assert_eq!(listed.is_empty(), places.is_empty());
            }
        }
    }
}
