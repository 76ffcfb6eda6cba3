//! A snapshot for a person to read.

use std::fmt;

use super::GlobalSnapshot;
use crate::id::NodeId;
use crate::topology::{Link, counted};

impl<S: fmt::Debug, M: fmt::Debug> fmt::Display for GlobalSnapshot<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topology = self.topology();
        let initiators: Vec<_> = self.initiators().iter().map(|&n| topology.label(n)).collect();
        writeln!(
            f,
            "{} of {topology}, started at {} by {}, took {:.1?}",
            self.id(),
            format_args!("{:.1?}", self.timings().began()),
            initiators.join(", "),
            self.timings().duration(),
        )?;
        for (node, state) in self.states() {
            writeln!(f, "  {}: {state:?}", topology.label(node))?;
        }
        for failure in self.down() {
            writeln!(f, "  {}: down, {failure}", topology.label(failure.node))?;
        }
        for channel in self.channels().iter().filter(|channel| !channel.messages.is_empty()) {
            let Link { source, target, .. } = channel.link;
            let source = match source {
                NodeId::ENVIRONMENT => "(outside)".to_owned(),
                node => topology.label(node),
            };
            let target = topology.label(target);
            writeln!(f, "  {source} -> {target}: {:?}", channel.messages)?;
        }
        let empty =
            self.0.channels.iter().filter(|c| c.messages.is_empty() && !c.link.is_environment());
        write!(f, "  {} of {} empty", empty.count(), counted(topology.link_count(), "link"))
    }
}
