//! Writes a topology as an edge list.

use std::borrow::Cow;

use super::doubts;
use super::other_formats::format_of;
use crate::id::NodeId;
use crate::topology::error::node;
use crate::topology::link::Link;
use crate::topology::topology::Topology;
use crate::topology::words::{quoted, written};

impl Topology {
    /// Writes an edge list that reads back as this topology, with the same numbers and the same
    /// order of links. A name that is not a plain word stands in double quotes. If the list would
    /// otherwise look like another format, all names do. Nodes without a name are named by their
    /// number, so a topology without names comes back with numbers as names.
    ///
    /// ```
    /// use consistent_cut::Topology;
    ///
    /// let links = [("Oslo", "New York"), ("New York", "Oslo"), ("Oslo", "Rome")];
    /// let topology = Topology::from_named_links(links)?;
    /// assert_eq!(topology.to_edge_list(), "Oslo <-> \"New York\"\nOslo -> Rome\n");
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    #[must_use]
    pub fn to_edge_list(&self) -> String {
        let list = Writer::write(self, written);
        let is_in_doubt = format_of(&list).is_some() || doubts::check(&list).is_err();
        if is_in_doubt { Writer::write(self, quoted) } else { list }
    }
}

/// Writes links so that nodes are first mentioned in the order of their numbers.
struct Writer<'a> {
    topology: &'a Topology,
    text: String,
    /// All nodes below this number are mentioned in the text.
    mentioned: usize,
    /// The function that writes a name.
    written: fn(&str) -> Cow<'_, str>,
}

impl<'a> Writer<'a> {
    fn write(topology: &'a Topology, written: fn(&str) -> Cow<'_, str>) -> String {
        let mut writer = Writer { topology, text: String::new(), mentioned: 0, written };
        let mut links = topology.links();
        while let [link, rest @ ..] = links {
            links = writer.write_link(link, rest);
        }
        writer.declare_below(topology.node_count());
        writer.text
    }

    /// Writes `link`, together with the first of `rest` if that is its reverse. Returns the links
    /// that are still to be written.
    fn write_link<'l>(&mut self, link: &Link, rest: &'l [Link]) -> &'l [Link] {
        self.declare_for(link);
        let (arrow, rest) = match rest {
            [next, rest @ ..] if is_reverse(link, next) => ("<->", rest),
            _ => ("->", rest),
        };
        let [source, target] = [link.source, link.target].map(|end| self.name(end));
        let line = format!("{source} {arrow} {target}\n");
        self.text.push_str(&line);
        rest
    }

    /// Declares nodes on lines of their own if `link` would mention its ends too early.
    fn declare_for(&mut self, link: &Link) {
        let in_order = [link.source, link.target].into_iter().try_fold(self.mentioned, |n, end| {
            (end.index() <= n).then_some(n.max(end.index() + 1))
        });
        match in_order {
            Some(mentioned) => self.mentioned = mentioned,
            None => self.declare_below(link.source.max(link.target).index() + 1),
        }
    }

    /// Declares the nodes up to `end` that the text does not mention yet.
    fn declare_below(&mut self, end: usize) {
        for index in self.mentioned..end {
            let name = self.name(node(index)).into_owned();
            self.text.push_str(&name);
            self.text.push('\n');
        }
        self.mentioned = self.mentioned.max(end);
    }

    fn name(&self, node: NodeId) -> Cow<'_, str> {
        match self.topology.name(node) {
            Some(name) => (self.written)(name),
            None => Cow::Owned(self.topology.label(node)),
        }
    }
}

/// Whether `<->` stands for these two links. A self-link has no reverse.
fn is_reverse(link: &Link, next: &Link) -> bool {
    !link.is_self_link() && (link.source, link.target) == (next.target, next.source)
}
