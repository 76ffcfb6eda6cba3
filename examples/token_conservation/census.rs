//! Where the tokens of a snapshot are.

use std::cmp::Reverse;

use consistent_cut::{Link, NodeId, Topology};

use super::Snapshot;
use super::holder::Message;

/// How many tokens there are at nodes, on links, and at each single place.
pub(crate) struct Census {
    pub(crate) at_nodes: usize,
    pub(crate) on_links: usize,
    /// The places that have tokens, the richest first.
    places: Vec<(Place, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Node(NodeId),
    Link(Link),
}

impl Census {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let nodes = snapshot.states().map(|(node, purse)| (Place::Node(node), purse.kept.len()));
        let links = snapshot.channels().iter().map(|channel| {
            let tokens = channel.messages().iter().filter(|m| matches!(m, Message::Token(_)));
            (Place::Link(channel.link()), tokens.count())
        });
        let mut places: Vec<_> = nodes.chain(links).filter(|(_, tokens)| *tokens > 0).collect();
        places.sort_by_key(|(place, tokens)| (Reverse(*tokens), *place));

        let is_node = |place: &Place| matches!(place, Place::Node(_));
        let at_nodes = places.iter().filter(|(place, _)| is_node(place)).map(|(_, n)| n).sum();
        let on_links = places.iter().filter(|(place, _)| !is_node(place)).map(|(_, n)| n).sum();
        Census { at_nodes, on_links, places }
    }

    pub(crate) fn tokens(&self) -> usize {
        self.at_nodes + self.on_links
    }

    /// The richest places with their tokens, as many as fit into about `width` characters, and what the
    /// others hold together. Readable whether there are two places or thousands.
    pub(crate) fn richest(&self, topology: &Topology, width: usize) -> String {
        let mut text = String::new();
        for (shown, (place, tokens)) in self.places.iter().enumerate() {
            let entry = format!("{}: {tokens}", place.label(topology));
            if shown > 0 && text.len() + entry.len() > width {
                let others = &self.places[shown..];
                let tokens: usize = others.iter().map(|(_, tokens)| tokens).sum();
                return format!("{text}, {} others: {tokens}", others.len());
            }
            if shown > 0 {
                text.push_str(", ");
            }
            text.push_str(&entry);
        }
        text
    }
}

impl Place {
    fn label(self, topology: &Topology) -> String {
        match self {
            // A bare number beside the number of tokens would be a riddle.
            Place::Node(node) => topology.name(node).map_or(node.to_string(), str::to_owned),
            Place::Link(link) => {
                let Link { id, source, target } = link;
                let ends = format!("{}->{}", topology.label(source), topology.label(target));
                let is_first = topology.link_between(source, target) == Some(link);
                // Parallel links hold tokens of their own.
                if is_first { ends } else { format!("{ends} ({id})") }
            }
        }
    }
}
