//! The greeting by which two processes of a cluster know each other. All numbers are big-endian.
//!
//! | bytes | |
//! |---|---|
//! | 8 | `ccutjoin` |
//! | 2 | the version of the greeting |
//! | 1 | the channel: 0 for data, 1 for the pulse |
//! | 1 | the answer: 0 asks, 1 welcomes, 2 refuses |
//! | 4 | how many processes there are |
//! | 4 | how many workers each has |
//! | 4 | the process that speaks |
//! | 4 | the process that it speaks to |
//! | 8 | the epoch |
//! | 8 | the digest |
//! | 8 | a random number, the same for all greetings of the process that speaks |
//!
//! Magic and version keep their places in all versions.

use super::connect_error::PlanDifference;
use crate::sync::random_number;

const MAGIC: &[u8; 8] = b"ccutjoin";
const VERSION: u16 = 1;

/// The length of a greeting in bytes.
pub(super) const LENGTH: usize = 52;

/// A greeting of version 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hello {
    pub(super) channel: Channel,
    pub(super) answer: Answer,
    pub(super) plan: Plan,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) epoch: u64,
    /// Distinguishes two processes that say the same of themselves.
    pub(super) start: u64,
}

/// What must be the same in all processes of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) processes: usize,
    pub(super) workers: usize,
    pub(super) digest: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    Data,
    Pulse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Asks,
    Welcomes,
    Refuses,
}

/// The bytes are no greeting of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoHello {
    Garbage,
    Version(u16),
}

impl Hello {
    /// A question, without the peer and the channel.
    pub(super) fn new(plan: Plan, from: usize, epoch: u64) -> Self {
        let (channel, answer) = (Channel::Data, Answer::Asks);
        Hello { channel, answer, plan, from, to: from, epoch, start: random_number() }
    }

    pub(super) fn to_bytes(self) -> [u8; LENGTH] {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_be_bytes());
        bytes.push(u8::from(self.channel == Channel::Pulse));
        bytes.push(match self.answer {
            Answer::Asks => 0,
            Answer::Welcomes => 1,
            Answer::Refuses => 2,
        });
        for number in [self.plan.processes, self.plan.workers, self.from, self.to] {
            bytes.extend((number as u32).to_be_bytes());
        }
        for number in [self.epoch, self.plan.digest, self.start] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.try_into().expect("a greeting has LENGTH bytes")
    }

    /// Reads what has come so far. `None` if that may become a greeting.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Hello>, NoHello> {
        let magic = bytes.len().min(MAGIC.len());
        if bytes[..magic] != MAGIC[..magic] {
            return Err(NoHello::Garbage);
        }
        if let Some(&[high, low]) = bytes.get(8..10) {
            let version = u16::from_be_bytes([high, low]);
            if version != VERSION {
                return Err(NoHello::Version(version));
            }
        }
        if bytes.len() < LENGTH {
            return Ok(None);
        }
        let short = |at: usize| bytes[at..at + 4].iter().fold(0, |sum, &b| sum << 8 | b as usize);
        let long = |at: usize| bytes[at..at + 8].iter().fold(0, |sum, &b| sum << 8 | u64::from(b));
        let channel = match bytes[10] {
            0 => Channel::Data,
            1 => Channel::Pulse,
            _ => return Err(NoHello::Garbage),
        };
        let answer = match bytes[11] {
            0 => Answer::Asks,
            1 => Answer::Welcomes,
            2 => Answer::Refuses,
            _ => return Err(NoHello::Garbage),
        };
        Ok(Some(Hello {
            channel,
            answer,
            plan: Plan { processes: short(12), workers: short(16), digest: long(36) },
            from: short(20),
            to: short(24),
            epoch: long(28),
            start: long(44),
        }))
    }
}

impl Plan {
    /// The first difference between this plan and that of a peer.
    pub(super) fn difference(self, theirs: Plan) -> Option<PlanDifference> {
        if self.processes != theirs.processes {
            let (ours, theirs) = (self.processes, theirs.processes);
            return Some(PlanDifference::Processes { ours, theirs });
        }
        if self.workers != theirs.workers {
            let (ours, theirs) = (self.workers, theirs.workers);
            return Some(PlanDifference::Workers { ours, theirs });
        }
        let (ours, theirs) = (self.digest, theirs.digest);
        (ours != theirs).then_some(PlanDifference::Digest { ours, theirs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Hello {
        Hello {
            channel: Channel::Pulse,
            answer: Answer::Refuses,
            plan: Plan { processes: 300, workers: 2, digest: u64::MAX - 7 },
            from: 258,
            to: 1,
            epoch: 0x0102_0304_0506_0708,
            start: 9,
        }
    }

    #[test]
    fn a_greeting_is_read_as_it_was_written_and_never_too_early() {
        let bytes = hello().to_bytes();
        for length in 0..LENGTH {
            assert_eq!(Hello::read(&bytes[..length]), Ok(None), "{length} bytes");
        }
        assert_eq!(Hello::read(&bytes), Ok(Some(hello())));
    }

    #[test]
    fn garbage_is_known_at_its_first_byte_and_another_version_at_its_tenth() {
        assert_eq!(Hello::read(b"G"), Err(NoHello::Garbage));
        assert_eq!(Hello::read(b"ccutjoiN"), Err(NoHello::Garbage));
        assert_eq!(Hello::read(b"ccutjoin\x01\x02"), Err(NoHello::Version(258)));
        for at in [10, 11] {
            let mut bytes = hello().to_bytes();
            bytes[at] = 9;
            assert_eq!(Hello::read(&bytes), Err(NoHello::Garbage));
        }
    }

    #[test]
    fn each_part_of_a_plan_makes_a_difference() {
        let ours = hello().plan;
        assert_eq!(ours.difference(ours), None);
        let others = [
            Plan { processes: 3, ..ours },
            Plan { workers: 3, ..ours },
            Plan { digest: 3, ..ours },
        ];
        let texts = others.map(|theirs| ours.difference(theirs).map(|found| found.to_string()));
        assert_eq!(
            texts.map(Option::unwrap_or_default),
            [
                "it counts 3 processes, and this process 300",
                "it has 3 workers in each process, and this process 2",
                "its digest is 0x3, and that of this process 0xfffffffffffffff8",
            ]
        );
    }
}
