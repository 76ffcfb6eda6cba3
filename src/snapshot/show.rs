//! A snapshot for a person to read.

use std::fmt;

use super::{ChannelState, GlobalSnapshot, PendingTimer};
use crate::id::NodeId;
use crate::topology::{Link, counted};

impl<S: fmt::Debug, M: fmt::Debug> fmt::Display for GlobalSnapshot<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_heading(f)?;
        for (node, state) in self.states() {
            writeln!(f, "  {}: {state:?}{}", self.label(node), self.condition(node))?;
        }
        for failure in self.failures() {
            let (text, panic) = (printable(&failure.node.to_string()), printable(&failure.panic));
            writeln!(f, "  {}: failed, {text} panicked: {panic}", self.label(failure.node.id))?;
        }
        for channel in self.channels().iter().filter(|channel| !channel.messages.is_empty()) {
            writeln!(f, "  {}: {:?}", self.link_label(channel), channel.messages)?;
        }
        let empty =
            self.0.channels.iter().filter(|c| c.messages.is_empty() && !c.link.is_environment());
        write!(f, "  {} of {} empty", empty.count(), counted(self.topology().link_count(), "link"))
    }
}

impl<S, M> GlobalSnapshot<S, M> {
    fn write_heading(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let initiators: Vec<_> = self.initiators().iter().map(|&node| self.label(node)).collect();
        let edited = if self.is_edited() { ", edited," } else { "" };
        writeln!(
            f,
            "{}{edited} of {}, started at {:.1?} by {}, took {:.1?}",
            self.id(),
            self.topology(),
            self.timings().began(),
            initiators.join(", "),
            self.timings().duration(),
        )
    }

    fn label(&self, node: NodeId) -> String {
        printable(&self.topology().label(node))
    }

    /// The text for a link. Link ids tell parallel links apart; a node has only one link from
    /// outside, so that link needs no id.
    fn link_label(&self, channel: &ChannelState<M>) -> String {
        let Link { id, source, target } = channel.link;
        let target = self.label(target);
        match source {
            NodeId::ENVIRONMENT => format!("(outside) -> {target}"),
            node => format!("{id}, {} -> {target}", self.label(node)),
        }
    }

    /// The text for a node's condition: stopped, its timers, and its emitted messages that were not
    /// taken. The text is empty for most nodes.
    fn condition(&self, node: NodeId) -> String {
        let word = if self.is_draining(node) { "stopped and drains" } else { "stopped" };
        let stopped = self.is_stopped(node).then(|| word.to_owned());
        let timers = self.timers(node).iter().map(PendingTimer::to_string);
        let untaken = self.output(node).map_or(0, |output| output.untaken().len());
        let output = (untaken > 0).then(|| format!("{untaken} emitted and not taken"));
        let all: Vec<_> = stopped.into_iter().chain(timers).chain(output).collect();
        if all.is_empty() { String::new() } else { format!(" ({})", all.join(", ")) }
    }
}

/// Prints `timer 3 in 20.0ms`, or `timer 3 overdue`.
impl fmt::Display for PendingTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.remaining.is_zero() {
            true => write!(f, "{} overdue", self.timer),
            false => write!(f, "{} in {:.1?}", self.timer, self.remaining),
        }
    }
}

/// A text of the user with its control characters escaped, so that a name cannot move the cursor.
fn printable(text: &str) -> String {
    let escape = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_other_letters_are_not() {
        assert_eq!(printable("a\u{1b}[31mb\r\n\u{7f}"), "a\\u{1b}[31mb\\r\\n\\u{7f}");
        assert_eq!(printable("Zürich \"北京\" \\"), "Zürich \"北京\" \\");
    }
}
