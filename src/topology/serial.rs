//! Topologies as values of any format. A format for people has the nodes' names, if they have
//! names, in place of numbers.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::names::Names;
use super::topology::Topology;
use crate::id::NodeId;

/// Two numbers or two names.
type Ends<T> = (T, T);

/// The form in a format for people, such as JSON.
#[derive(Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a topology has `nodes`, a list of names or a number, and `links`, a list of pairs of names or of numbers"
)]
enum Readable {
    Named { nodes: Vec<String>, links: Vec<Ends<String>> },
    Plain { nodes: usize, links: Vec<Ends<usize>> },
}

/// The form in any other format.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Topology")]
struct Compact {
    nodes: usize,
    names: Option<Vec<String>>,
    links: Vec<Ends<NodeId>>,
}

impl Serialize for Topology {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        let nodes = self.node_count();
        let names = self.names.as_ref().map(|names| names.by_node().to_vec());
        let links = self.links().iter();
        if !serializer.is_human_readable() {
            let links = links.map(|link| (link.source, link.target)).collect();
            return Compact { nodes, names, links }.serialize(serializer);
        }
        let readable = match names {
            None => {
                let links = links.map(|link| (link.source.index(), link.target.index())).collect();
                Readable::Plain { nodes, links }
            }
            Some(nodes) => {
                let name = |node: NodeId| nodes[node.index()].clone();
                let links = links.map(|link| (name(link.source), name(link.target))).collect();
                Readable::Named { nodes, links }
            }
        };
        readable.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Topology {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            let Compact { nodes, names, links } = Compact::deserialize(deserializer)?;
            let links = links.into_iter().map(|(source, target)| (source.index(), target.index()));
            return built(nodes, links, names).map_err(D::Error::custom);
        }
        match Readable::deserialize(deserializer)? {
            Readable::Plain { nodes, links } => built(nodes, links, None),
            Readable::Named { nodes, links } => by_name(nodes, &links),
        }
        .map_err(D::Error::custom)
    }
}

fn built(
    nodes: usize,
    links: impl IntoIterator<Item = Ends<usize>>,
    names: Option<Vec<String>>,
) -> Result<Topology, String> {
    let plain = Topology::from_links(nodes, links).map_err(|error| error.to_string())?;
    let Some(names) = names else { return Ok(plain) };
    if names.len() != nodes {
        return Err(format!("{} names were given for {nodes} nodes: name each once", names.len()));
    }
    let names = Names::new(names).map_err(|error| error.to_string())?;
    Ok(Topology { names: Some(names), ..plain })
}

fn by_name(nodes: Vec<String>, links: &[Ends<String>]) -> Result<Topology, String> {
    let (count, names) = (nodes.len(), Names::new(nodes).map_err(|error| error.to_string())?);
    let number = |name: &str| {
        let unknown = || format!("a link has an end at `{name}`, which is not among the nodes");
        names.find(name).map(NodeId::index).ok_or_else(unknown)
    };
    let links: Result<Vec<_>, String> =
        links.iter().map(|(from, to)| Ok((number(from)?, number(to)?))).collect();
    let plain = Topology::from_links(count, links?).map_err(|error| error.to_string())?;
    Ok(Topology { names: Some(names), ..plain })
}
