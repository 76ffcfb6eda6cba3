//! The places of the tokens in a snapshot.

use std::cmp::Reverse;

use consistent_cut::property::Census;
use consistent_cut::{Link, NodeId, Topology};

use super::Snapshot;
use super::holder::Message;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Node(NodeId),
    Link(Link),
}

pub(crate) fn take(snapshot: &Snapshot) -> Census<u64> {
    Census::take(snapshot, |_, purse| purse.kept(), Message::tokens)
}

/// The richest places with their tokens, as many as fit into about `width` characters, and what the
/// others hold together. Readable whether there are two places or thousands.
pub(crate) fn richest(census: &Census<u64>, topology: &Topology, width: usize) -> String {
    let places = richest_first(census, topology);
    let mut text = String::new();
    for (shown, (place, tokens)) in places.iter().enumerate() {
        let entry = format!("{}: {tokens}", place.label(topology));
        if shown > 0 && text.len() + entry.len() > width {
            let others = &places[shown..];
            let tokens: u64 = others.iter().map(|(_, tokens)| tokens).sum();
            return format!("{text}, {} others: {tokens}", others.len());
        }
        if shown > 0 {
            text.push_str(", ");
        }
        text.push_str(&entry);
    }
    text
}

/// The places that have tokens.
fn richest_first(census: &Census<u64>, topology: &Topology) -> Vec<(Place, u64)> {
    let nodes = census.nodes().map(|(node, tokens)| (Place::Node(node), *tokens));
    let links = topology.links().iter();
    let links = links.filter_map(|link| Some((Place::Link(*link), *census.on(link.id)?)));
    let mut places: Vec<_> = nodes.chain(links).filter(|(_, tokens)| *tokens > 0).collect();
    places.sort_by_key(|(place, tokens)| (Reverse(*tokens), *place));
    places
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
