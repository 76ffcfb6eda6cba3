//! The command line.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, ValueEnum};
use consistent_cut::{Link, Topology, TopologyError};

use super::common::options::{LONGEST_PAUSE, probability};
use super::common::{shown, with_causes};

const ABILENE: &str = include_str!("../topologies/abilene.txt");
const USUAL_NODES: u32 = 12;

/// Tokens wander over a network of threads, and consistent snapshots show where they are.
///
/// Nodes pass tokens to each other at random and now and then discard one. A token is at a node
/// while the node keeps it, and on a link from when it is sent until it is handled. Every snapshot
/// is printed and checked; the run ends with the first snapshot that shows no token, or after
/// --snapshots of them.
#[derive(Debug, Parser)]
#[command(name = "token_conservation")]
pub(crate) struct Options {
    /// How many nodes, each a thread [default: 12]; an edge list brings its own
    #[arg(long, value_name = "NUMBER")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    nodes: Option<u32>,

    /// How many tokens there are at the start, dealt out evenly
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) tokens: u32,

    /// How likely it is that a node discards a token it gets, from 0 to 1
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.0001)]
    #[arg(value_parser = probability)]
    pub(crate) discard: f64,

    /// How many snapshots to take at most
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) snapshots: u32,

    /// How long to wait from one snapshot to the next, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u64).range(..=LONGEST_PAUSE))]
    pause: u64,

    /// Seed of all random choices; threads still interleave as they like, so runs differ
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,

    /// How the nodes are linked: ring (one way), line (both ways), star, complete, grid, random
    /// (twice as many links as nodes), abilene (a backbone of 11 cities), or the path of an
    /// edge-list file with lines such as `A -> B` and `A <-> B`; of a file in GML, GraphML or DOT
    /// with the feature graph-files
    #[arg(long, value_name = "NAME|FILE", default_value = "random", value_parser = Source::parse)]
    pub(crate) topology: Source,

    /// Give each link a link back, as a list of an undirected graph wants it
    #[arg(long)]
    both_ways: bool,
}

/// Where the topology comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Shape(Shape),
    File(PathBuf),
}

/// A topology with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shape {
    Ring,
    Line,
    Star,
    Complete,
    Grid,
    Random,
    Abilene,
}

impl Options {
    /// The topology asked for. If it cannot be made, prints the reason and ends the program.
    pub(crate) fn build_topology(&self) -> Topology {
        if self.nodes.is_some() && self.topology.brings_nodes() {
            refuse(
                ErrorKind::ArgumentConflict,
                &format!(
                    "--nodes does not go with --topology {0}: {0} has its own nodes",
                    self.topology
                ),
            );
        }
        let nodes = self.nodes.unwrap_or(USUAL_NODES) as usize;
        let topology = self.topology.build(nodes, self.seed);
        let topology = match self.both_ways {
            true => topology.and_then(Topology::with_reverse_links),
            false => topology,
        };
        topology.unwrap_or_else(|error| {
            refuse(ErrorKind::ValueValidation, &with_causes(&error));
        })
    }

    /// A hint for a list of an undirected graph that was read as one way only.
    pub(crate) fn note_on(&self, topology: &Topology) -> Option<String> {
        let initiators = topology.covering_initiators().len();
        let has_reverse = |link: &Link| topology.link_between(link.target, link.source).is_some();
        let leads_one_way = initiators > 1 && !topology.links().iter().any(has_reverse);
        leads_one_way.then(|| {
            format!(
                "No link leads back, so tokens pile up where links end, and each snapshot needs \
                 {initiators} initiators. --both-ways gives each link a link back."
            )
        })
    }

    pub(crate) fn pause(&self) -> Duration {
        Duration::from_millis(self.pause)
    }
}

impl Source {
    fn parse(text: &str) -> Result<Self, String> {
        if let Ok(shape) = Shape::from_str(text, true) {
            return Ok(Source::Shape(shape));
        }
        if Path::new(text).exists() {
            return Ok(Source::File(text.into()));
        }
        let known: Vec<_> = Shape::value_variants().iter().map(Shape::to_string).collect();
        Err(format!("neither an existing file nor one of {}", known.join(", ")))
    }

    fn brings_nodes(&self) -> bool {
        matches!(self, Source::File(_) | Source::Shape(Shape::Abilene))
    }

    fn build(&self, nodes: usize, seed: u64) -> Result<Topology, TopologyError> {
        match self {
            #[cfg(feature = "graph-files")]
            Source::File(path) => Topology::from_graph_file(path),
            #[cfg(not(feature = "graph-files"))]
            Source::File(path) => Topology::from_edge_list_file(path),
            Source::Shape(shape) => shape.build(nodes, seed),
        }
    }
}

impl Shape {
    fn build(self, nodes: usize, seed: u64) -> Result<Topology, TopologyError> {
        match self {
            Shape::Ring => Topology::ring(nodes),
            // On a one-way line all tokens would end up at the last node.
            Shape::Line => Topology::line(nodes)?.with_reverse_links(),
            Shape::Star => Topology::star(nodes),
            Shape::Complete => Topology::complete(nodes),
            Shape::Grid => Topology::grid(nodes / grid_rows(nodes), grid_rows(nodes)),
            Shape::Random => Topology::random_strongly_connected(nodes, nodes, seed),
            Shape::Abilene => ABILENE.parse(),
        }
    }
}

/// The rows of the grid that is as square as this number of nodes allows.
fn grid_rows(nodes: usize) -> usize {
    (1..=nodes.isqrt()).rev().find(|rows| nodes.is_multiple_of(*rows)).unwrap_or(1)
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Shape(shape) => shape.fmt(f),
            Source::File(path) => f.write_str(&shown(&path.display())),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}

/// Says what is wrong with the command line, in clap's manner, and ends the program with its exit
/// code, 2.
fn refuse(kind: ErrorKind, message: &str) -> ! {
    Options::command().error(kind, message).exit()
}
