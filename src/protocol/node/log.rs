//! The log of a node, small enough to be written for every message.
//!
//! Most entries are alike: the node handles the next message of the same link, and sends one
//! message on the same link as before. Such an entry takes one byte. Other entries name their
//! contents, in numbers of variable length.

use crate::causality::{Cause, Logged};
use crate::id::{LinkId, SnapshotId, TimerId};

/// The entries since the log was last drained.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// All chunks but the last are full, so the log grows without copying.
    chunks: Vec<Vec<u8>>,
    known: Known,
}

/// The context of an entry: earlier entries have told it, so the entry need not repeat it.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// The link of the message received last, and the message's number on that link.
    received: Option<(LinkId, u64)>,
    /// The link of the message sent last.
    sent: Option<LinkId>,
}

const CHUNK: usize = 64 << 10;

/// The next message of the same link was handled, and no message was sent.
const NEXT: u8 = 0;
/// The next message of the same link was handled, and one message was sent on the same link as
/// before.
const NEXT_SENT: u8 = 1;
const START: u8 = 2;
const MESSAGE: u8 = 3;
const TIMER: u8 = 4;
const DISCARDED: u8 = 5;
const RECORDED: u8 = 6;
const MARKER: u8 = 7;
const MARKER_RETURNED: u8 = 8;
const ACKNOWLEDGED: u8 = 9;

impl Log {
    /// Logs that a handler has returned. The handler has sent on these links, in this order.
    #[inline]
    pub(super) fn handled(&mut self, cause: Cause, sends: impl Iterator<Item = LinkId> + Clone) {
        if self.known.is_next(cause) {
            let mut sent = sends.clone();
            let (first, is_all) = (sent.next(), sent.next().is_none());
            if is_all && (first.is_none() || first == self.known.sent) {
                self.known.received = cause.received();
                return self.byte(if first.is_some() { NEXT_SENT } else { NEXT });
            }
        }
        self.handled_otherwise(cause, sends);
    }

    fn handled_otherwise(&mut self, cause: Cause, sends: impl Iterator<Item = LinkId>) {
        match cause {
            Cause::Start => self.byte(START),
            Cause::Message { link, number } => self.entry(MESSAGE, link.index() as u64, number),
            Cause::Timer(timer) => {
                self.byte(TIMER);
                self.number(timer.get());
            }
            Cause::Discarded { link, number } => self.entry(DISCARDED, link.index() as u64, number),
        }
        if let Cause::Message { link, number } = cause {
            self.known.received = Some((link, number));
        }
        for link in sends {
            self.number(link.index() as u64 + 1);
            self.known.sent = Some(link);
        }
        self.number(0);
    }

    /// Logs any event.
    pub(super) fn push(&mut self, done: Logged) {
        match done {
            Logged::Handled { cause, sends } => self.handled(cause, sends.into_iter()),
            Logged::Recorded(snapshot) => {
                self.byte(RECORDED);
                self.number(snapshot.get());
            }
            Logged::Marker(snapshot, link) => {
                self.entry(MARKER, link.index() as u64, snapshot.get());
            }
            Logged::MarkerReturned(snapshot, link) => {
                self.entry(MARKER_RETURNED, link.index() as u64, snapshot.get());
            }
            Logged::Acknowledged(link, received) => {
                self.entry(ACKNOWLEDGED, link.index() as u64, received);
            }
        }
    }

    /// Hands out the entries and forgets them.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Logged> + use<> {
        let bytes = std::mem::take(self).chunks.into_iter().flatten();
        Entries { bytes, known: Known::default() }
    }

    fn entry(&mut self, kind: u8, link: u64, number: u64) {
        self.byte(kind);
        self.number(link);
        self.number(number);
    }

    /// Writes seven bits per byte, the lowest first. The highest bit of a byte says that another
    /// byte follows.
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        match self.chunks.last_mut() {
            Some(chunk) if chunk.len() < CHUNK => chunk.push(byte),
            _ => self.byte_of_next_chunk(byte),
        }
    }

    #[cold]
    fn byte_of_next_chunk(&mut self, byte: u8) {
        // The first chunk grows from nothing, so a node with few events keeps a short log.
        let mut chunk = if self.chunks.is_empty() { Vec::new() } else { Vec::with_capacity(CHUNK) };
        chunk.push(byte);
        self.chunks.push(chunk);
    }
}

impl Known {
    #[inline]
    fn is_next(&self, cause: Cause) -> bool {
        match (cause, self.received) {
            (Cause::Message { link, number }, Some((last, before))) => {
                link == last && number == before + 1
            }
            _ => false,
        }
    }
}

/// Reads the bytes of a log.
struct Entries<I> {
    bytes: I,
    known: Known,
}

impl<I: Iterator<Item = u8>> Entries<I> {
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for place in 0.. {
            let byte = self.bytes.next()?;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                break;
            }
        }
        Some(number)
    }

    fn link(&mut self) -> Option<LinkId> {
        // The number was written from a link, whose index has 32 bits.
        self.number().map(|index| LinkId::new(index as u32))
    }

    fn snapshot(&mut self) -> Option<SnapshotId> {
        self.number().map(SnapshotId::new)
    }

    fn next_message(&mut self) -> Option<Cause> {
        let (link, before) = self.known.received?;
        Some(Cause::Message { link, number: before + 1 })
    }

    fn sends(&mut self) -> Option<Vec<LinkId>> {
        let mut sends = Vec::new();
        loop {
            match self.number()? {
                0 => return Some(sends),
                link => sends.push(LinkId::new((link - 1) as u32)),
            }
        }
    }

    fn handled(&mut self, kind: u8) -> Option<(Cause, Vec<LinkId>)> {
        let cause = match kind {
            NEXT => return Some((self.next_message()?, Vec::new())),
            NEXT_SENT => return Some((self.next_message()?, vec![self.known.sent?])),
            START => Cause::Start,
            TIMER => Cause::Timer(TimerId::new(self.number()?)),
            MESSAGE => Cause::Message { link: self.link()?, number: self.number()? },
            _ => Cause::Discarded { link: self.link()?, number: self.number()? },
        };
        Some((cause, self.sends()?))
    }
}

impl<I: Iterator<Item = u8>> Iterator for Entries<I> {
    type Item = Logged;

    fn next(&mut self) -> Option<Logged> {
        match self.bytes.next()? {
            RECORDED => self.snapshot().map(Logged::Recorded),
            MARKER => {
                let link = self.link()?;
                Some(Logged::Marker(self.snapshot()?, link))
            }
            MARKER_RETURNED => {
                let link = self.link()?;
                Some(Logged::MarkerReturned(self.snapshot()?, link))
            }
            ACKNOWLEDGED => Some(Logged::Acknowledged(self.link()?, self.number()?)),
            kind => {
                let (cause, sends) = self.handled(kind)?;
                if let Cause::Message { link, number } = cause {
                    self.known.received = Some((link, number));
                }
                self.known.sent = sends.last().copied().or(self.known.sent);
                Some(Logged::Handled { cause, sends })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Log};
    use crate::causality::{Cause, Logged};
    use crate::chance::Chance;
    use crate::id::{LinkId, SnapshotId, TimerId};

    fn bytes(log: &Log) -> usize {
        log.chunks.iter().map(Vec::len).sum()
    }

    /// Returns a random entry. Most messages follow each other on one link, as in a real log.
    fn any(chance: &mut Chance, number: &mut u64) -> Logged {
        let link = LinkId::new([0, 1, 1 << 20, u32::MAX - 1][chance.below(4)]);
        let snapshot = SnapshotId::new(1 + chance.below(300) as u64);
        let any = [0, 1, 127, 128, 1 << 40, u64::MAX][chance.below(6)];
        let cause = match chance.below(8) {
            0 => Cause::Start,
            1 => Cause::Timer(TimerId::new(any)),
            2 => Cause::Discarded { link, number: any },
            3 => Cause::Message { link, number: any.min(u64::MAX - 1) },
            _ => {
                *number += 1;
                Cause::Message { link: LinkId::new(7), number: *number }
            }
        };
        match chance.below(12) {
            0 => Logged::Recorded(snapshot),
            1 => Logged::Marker(snapshot, link),
            2 => Logged::MarkerReturned(snapshot, link),
            3 => Logged::Acknowledged(link, any),
            sends => {
                let sends = (0..sends % 4).map(|_| LinkId::new(3 + chance.below(2) as u32));
                Logged::Handled { cause, sends: sends.collect() }
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for seed in 0..200 {
            let (mut chance, mut number, mut log) = (Chance::new(seed), 0, Log::default());
            for _ in 0..3 {
                let entries: Vec<_> =
                    (0..chance.below(400)).map(|_| any(&mut chance, &mut number)).collect();
                entries.iter().cloned().for_each(|entry| log.push(entry));
                assert_eq!(log.drain().collect::<Vec<_>>(), entries, "seed {seed}");
                assert_eq!(bytes(&log), 0);
            }
        }
    }

    #[test]
    fn a_message_passed_on_is_a_byte() {
        let (link, out, mut log) = (LinkId::new(5), LinkId::new(6), Log::default());
        let messages = 3 * CHUNK as u64;
        for number in 1..=messages {
            log.handled(Cause::Message { link, number }, [out].into_iter());
        }
        assert!(bytes(&log) < 10 + messages as usize);
        let read = log.drain().enumerate().all(|(at, entry)| {
            let cause = Cause::Message { link, number: at as u64 + 1 };
            entry == Logged::Handled { cause, sends: vec![out] }
        });
        assert!(read);
    }

    #[test]
    fn a_log_that_is_drained_says_all_again() {
        let (link, mut log) = (LinkId::new(5), Log::default());
        for number in [8, 9, 10] {
            log.handled(Cause::Message { link, number }, [].into_iter());
            let cause = Cause::Message { link, number };
            let expected = Logged::Handled { cause, sends: Vec::new() };
            assert_eq!(log.drain().collect::<Vec<_>>(), [expected]);
        }
    }
}
