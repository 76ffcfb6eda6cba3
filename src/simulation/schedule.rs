//! The record of a run, with which it can be run again.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use super::nanos::duration;
use super::step::Step;
use crate::id::{LinkId, NodeId, SnapshotId};

/// All that was done to a simulation, in order. [`Simulation::replay`](super::Simulation::replay)
/// does it again. With the same processes and the same messages from outside, the replay is the
/// same step by step, on every machine.
///
/// As text, a schedule has one line per action, with the time in nanoseconds. Its first line names
/// the format:
///
/// ```
/// use consistent_cut::simulation::Schedule;
///
/// let text = "\
/// consistent-cut schedule 1
/// 0 begin snapshot 1 at node 0
/// 0 initiate node 0 snapshot 1
/// 1500000 deliver link 2
/// ";
/// let schedule: Schedule = text.parse()?;
/// assert_eq!(schedule.actions().len(), 3);
/// assert_eq!(schedule.to_string(), text);
/// # Ok::<(), consistent_cut::simulation::ScheduleError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Schedule(Vec<(Duration, Action)>);

/// An action on a simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Action {
    /// A step was taken.
    Step(Step),
    /// A snapshot was begun at these nodes, which are yet to initiate it.
    Begin(SnapshotId, Vec<NodeId>),
    /// A message was injected. The schedule does not hold the message.
    Inject(NodeId),
    /// A node was paused.
    Pause(NodeId),
    /// A paused node went on.
    Resume(NodeId),
    /// A node was stopped from outside.
    Stop(NodeId),
    /// A node was stopped from outside, and drains its in-links.
    StopAndDrain(NodeId),
    /// A node failed from outside, as if one of its handlers had panicked.
    Fail(NodeId),
}

impl Schedule {
    /// The actions and the times at which they were taken.
    #[must_use]
    pub fn actions(&self) -> &[(Duration, Action)] {
        &self.0
    }

    #[inline]
    pub(super) fn add(&mut self, now: Duration, action: Action) {
        self.0.push((now, action));
    }
}

const FIRST_LINE: &str = "consistent-cut schedule 1";

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        self.0.iter().try_for_each(|(at, action)| writeln!(f, "{} {action}", at.as_nanos()))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Step(step) => step.fmt(f),
            Action::Begin(snapshot, initiators) => {
                write!(f, "begin {snapshot} at")?;
                initiators.iter().try_for_each(|node| write!(f, " {node}"))
            }
            Action::Inject(node) => write!(f, "inject {node}"),
            Action::Pause(node) => write!(f, "pause {node}"),
            Action::Resume(node) => write!(f, "resume {node}"),
            Action::Stop(node) => write!(f, "stop {node}"),
            Action::StopAndDrain(node) => write!(f, "drain {node}"),
            Action::Fail(node) => write!(f, "fail {node}"),
        }
    }
}

/// Why a text is not a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The first line is not that of a schedule.
    #[error("a schedule begins with the line \"{FIRST_LINE}\"")]
    NoSchedule,
    /// A line is not a known action.
    #[error(
        "line {line} of the schedule, \"{text}\", is no action: write a time in nanoseconds and, for example, \"deliver link 3\""
    )]
    UnknownAction {
        /// The number of the line, from 1.
        line: usize,
        /// The text of the line.
        text: String,
    },
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let mut lines = text.lines().enumerate();
        if lines.next().map(|(_, first)| first.trim_end()) != Some(FIRST_LINE) {
            return Err(ScheduleError::NoSchedule);
        }
        let written = lines.filter(|(_, line)| !line.trim().is_empty());
        let actions = written.map(|(index, line)| {
            let unknown =
                || ScheduleError::UnknownAction { line: index + 1, text: line.to_owned() };
            timed_action(line.trim()).ok_or_else(unknown)
        });
        actions.collect::<Result<_, _>>().map(Schedule)
    }
}

fn timed_action(line: &str) -> Option<(Duration, Action)> {
    let (at, action) = line.split_once(' ')?;
    Some((duration(at.parse().ok()?)?, parse_action(action)?))
}

fn parse_action(text: &str) -> Option<Action> {
    let (verb, rest) = text.split_once(' ')?;
    let words: Vec<&str> = rest.split(' ').collect();
    let node = |words: &[&str]| match words {
        ["node", number] => number.parse().ok().map(NodeId::new),
        _ => None,
    };
    Some(match (verb, words.as_slice()) {
        ("deliver", ["link", number]) => {
            Action::Step(Step::Deliver(LinkId::new(number.parse().ok()?)))
        }
        ("return", ["link", number]) => {
            Action::Step(Step::Return(LinkId::new(number.parse().ok()?)))
        }
        ("handle", words) => Action::Step(Step::Handle(node(words)?)),
        ("fire", words) => Action::Step(Step::Fire(node(words)?)),
        ("initiate", [kind, number, id @ ..]) => {
            Action::Step(Step::Initiate(node(&[kind, number])?, snapshot(id)?))
        }
        ("close", [kind, number, id @ ..]) => {
            Action::Step(Step::Close(node(&[kind, number])?, snapshot(id)?))
        }
        ("begin", words) => {
            let at = words.iter().position(|word| *word == "at")?;
            let nodes = words[at + 1..].chunks(2).map(node).collect::<Option<_>>()?;
            Action::Begin(snapshot(&words[..at])?, nodes)
        }
        ("inject", words) => Action::Inject(node(words)?),
        ("pause", words) => Action::Pause(node(words)?),
        ("resume", words) => Action::Resume(node(words)?),
        ("stop", words) => Action::Stop(node(words)?),
        ("drain", words) => Action::StopAndDrain(node(words)?),
        ("fail", words) => Action::Fail(node(words)?),
        _ => return None,
    })
}

fn snapshot(words: &[&str]) -> Option<SnapshotId> {
    match words {
        ["snapshot", number] => number.parse().ok().map(SnapshotId::new),
        ["snapshot", number, "of", "life", life] => {
            let life = u32::from_str_radix(life, 16).ok()?;
            number.parse().ok().map(|number| SnapshotId::new(number).in_life(life))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_read_as_it_was_written() {
        let (node, snapshot) = (NodeId::new(3), SnapshotId::new(u64::MAX));
        let actions = [
            Action::Step(Step::Deliver(LinkId::new(7))),
            Action::Step(Step::Return(LinkId::new(7))),
            Action::Step(Step::Handle(node)),
            Action::Step(Step::Fire(node)),
            Action::Step(Step::Initiate(node, snapshot)),
            Action::Step(Step::Close(node, snapshot)),
            Action::Begin(snapshot, vec![node, NodeId::new(0)]),
            Action::Begin(SnapshotId::new(7), vec![node]),
            Action::Step(Step::Close(node, SnapshotId::new(7))),
            Action::Inject(node),
            Action::Pause(node),
            Action::Resume(node),
            Action::Stop(node),
            Action::StopAndDrain(node),
            Action::Fail(node),
        ];
        let mut schedule = Schedule::default();
        for (at, action) in actions.into_iter().enumerate() {
            schedule.add(Duration::from_nanos(at as u64 * 1_000_000_007), action);
        }
        schedule.add(Duration::MAX, Action::Inject(node));
        assert_eq!(schedule.to_string().parse(), Ok(schedule));
    }

    #[test]
    fn what_is_no_action_is_refused_with_its_line() {
        assert_eq!("".parse::<Schedule>(), Err(ScheduleError::NoSchedule));
        assert_eq!("1 handle node 2".parse::<Schedule>(), Err(ScheduleError::NoSchedule));
        for line in [
            "handle node 1",
            "1",
            "1 handle",
            "1 handle node",
            "1 handle node 1 2",
            "1 handle link 1",
            "1 deliver node 1",
            "-1 handle node 1",
            "1 initiate node 1",
            "1 close node 1 snapshot",
            "1 begin snapshot 1 at node",
            "1 begin snapshot 1 node 1",
            "1 close node 1 snapshot 1 of life",
            "1 close node 1 snapshot 1 of life z",
            "1 sing node 1",
        ] {
            let text = format!("{FIRST_LINE}\n0 stop node 0\n\n{line}\n");
            let refused = ScheduleError::UnknownAction { line: 4, text: line.to_owned() };
            assert_eq!(text.parse::<Schedule>(), Err(refused));
        }
    }
}
