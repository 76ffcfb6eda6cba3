//! Joins fetchers and parsers, and sets the capacity of the links between them.

use std::error::Error;
use std::sync::Arc;

use consistent_cut::{Link, NodeId, System, SystemBuilder, Topology, TopologyError};

use crate::Options;
use crate::site::Site;
use crate::worker::{Fetcher, Item, Parser, Worker};

/// The role of a node, which its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Fetcher,
    Parser,
}

impl Role {
    pub(crate) fn of(node: NodeId, topology: &Topology) -> Option<Role> {
        let name = topology.name(node)?;
        Some(if name.starts_with("fetcher") { Role::Fetcher } else { Role::Parser })
    }
}

/// Starts the crawl. Only the front page is known.
pub(crate) fn start(options: &Options) -> Result<System<Worker>, Box<dyn Error>> {
    let topology = Arc::new(topology(options.fetchers, options.parsers)?);
    let builder = with_limits(System::builder(Arc::clone(&topology)), &topology, options);
    let system = builder.spawn(|node| worker(Role::of(node, &topology), options))?;
    // The first fetcher is the first node, and owns the first page.
    system.inject(NodeId::new(0), Item::Link(0))?;
    Ok(system)
}

/// Each fetcher has a link to each parser, and each parser has a link to each fetcher, in the order
/// of their numbers.
fn topology(fetchers: u32, parsers: u32) -> Result<Topology, TopologyError> {
    let fetcher = |number| format!("fetcher-{number}");
    let parser = |number| format!("parser-{number}");
    let pairs = (0..fetchers).flat_map(|from| (0..parsers).map(move |to| (from, to)));
    let forward = pairs.clone().map(|(from, to)| (fetcher(from), parser(to)));
    let back = pairs.map(|(to, from)| (parser(from), fetcher(to)));
    Topology::from_named_links(forward.chain(back))
}

/// A loop in which every link has a limit can fill up. If the links back have no limit, parsers
/// never wait, and so they empty the other links.
fn with_limits(
    builder: SystemBuilder<Worker>,
    topology: &Topology,
    options: &Options,
) -> SystemBuilder<Worker> {
    let builder = builder.capacity(options.capacity());
    if !options.unbounded_feedback {
        return builder;
    }
    let is_back = |link: &&Link| Role::of(link.source, topology) == Some(Role::Parser);
    let back = topology.links().iter().filter(is_back);
    back.fold(builder, |builder, link| builder.link_unbounded(link.id))
}

fn worker(role: Option<Role>, options: &Options) -> Worker {
    match role {
        Some(Role::Fetcher) => {
            Box::new(Fetcher::new(Site::new(options.pages), options.fetch_time()))
        }
        _ => Box::new(Parser::default()),
    }
}
