//! Links grouped by a node, in two flat arrays for any number of nodes.

use super::link::Link;
use crate::id::NodeId;

/// Links in groups, one group per node, stored one after the other ("compressed sparse rows").
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Adjacency {
    /// Group `i` is `links[starts[i]..starts[i + 1]]`.
    starts: Box<[u32]>,
    links: Box<[Link]>,
}

impl Adjacency {
    /// Groups `links` by the node that `key` picks, in one counting sort. Within a group the links
    /// keep the order in which they were given.
    pub(super) fn group(nodes: usize, links: &[Link], key: impl Fn(&Link) -> NodeId) -> Self {
        let mut starts = vec![0_u32; nodes + 1];
        for link in links {
            starts[key(link).index() + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }

        let mut next_place = starts.clone();
        // Every place is written below, so a copy of the input is only the cheapest way to
        // allocate.
        let mut grouped: Box<[Link]> = links.into();
        for link in links {
            let place = &mut next_place[key(link).index()];
            grouped[*place as usize] = *link;
            *place += 1;
        }
        Adjacency { starts: starts.into(), links: grouped }
    }

    /// The group of `node`; empty if there is no such node.
    #[inline]
    pub(super) fn of(&self, node: NodeId) -> &[Link] {
        let Some(&[start, end]) = self.starts.get(node.index()..).and_then(|s| s.first_chunk())
        else {
            return &[];
        };
        &self.links[start as usize..end as usize]
    }

    /// All links, group after group.
    pub(super) fn links(&self) -> &[Link] {
        &self.links
    }

    /// For each link, by its number, its position within its group.
    pub(super) fn slots(&self) -> Box<[u32]> {
        let mut slots = vec![0; self.links.len()];
        for group in self.starts.windows(2) {
            let members = &self.links[group[0] as usize..group[1] as usize];
            for (slot, link) in (0..).zip(members) {
                slots[link.id.index()] = slot;
            }
        }
        slots.into()
    }
}
