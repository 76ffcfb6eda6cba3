//! A topology, or the contents of a snapshot, in the language of Graphviz.

mod layout;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use crate::id::NodeId;
use crate::snapshot::GlobalSnapshot;
use crate::topology::{Link, Topology};
use layout::Layout;

/// How many messages of a link are written out.
const WRITTEN_OUT: usize = 6;
/// The colours are Okabe and Ito's, as in the space-time diagrams.
const IN_FLIGHT: &str = "#0072b2";
const EMPTY: &str = "#767676";
const DOWN: &str = "#d9d9d9";

/// A directed graph for Graphviz, by its `Display`. `dot -Tsvg` draws the graph, with the layout
/// that suits its shape: a circle for a ring, ranks for a tree, a line or any other topology
/// without a cycle, and springs for the rest (`neato`, or `sfdp` for more than 200 nodes).
///
/// Two links that lead there and back are one line with two heads, if no message is shown on
/// either.
///
/// A drawing of a snapshot shows at each node its state and its pending timers. At each link it
/// shows the messages in flight, in blue, the next one to be received first. Failed nodes are grey,
/// and stopped nodes are dashed. Messages on an environment link come from a dot of their own.
///
/// ```
/// use consistent_cut::Topology;
/// use consistent_cut::diagram::Dot;
///
/// let topology = Topology::from_named_links([("p", "q"), ("q", "p")])?;
/// let text = Dot::new(&topology).to_string();
/// assert!(text.starts_with("digraph {\n"));
/// assert!(text.contains("n0 [label=\"p\"]\n") && text.contains("n0 -> n1 [dir=both]"));
/// # Ok::<(), consistent_cut::TopologyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dot {
    title: Option<String>,
    layout: Layout,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

#[derive(Clone, Debug)]
struct Node {
    lines: Vec<String>,
    style: Option<Style>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Failed,
    Stopped,
}

/// A link and the messages on it; `None` if the drawing is not of a snapshot.
#[derive(Clone, Debug)]
struct Edge {
    link: Link,
    messages: Option<Vec<String>>,
    /// Whether the line also stands for a link that leads back.
    is_both: bool,
}

impl Dot {
    /// The nodes and links of a topology.
    #[must_use]
    pub fn new(topology: &Topology) -> Self {
        let node = |node| Node { lines: vec![topology.label(node)], style: None };
        let edge = |&link: &Link| Edge { link, messages: None, is_both: false };
        Dot {
            title: None,
            layout: Layout::of(topology),
            nodes: topology.nodes().map(node).collect(),
            edges: paired(topology.links().iter().map(edge)),
        }
    }

    /// The nodes and links of a snapshot, with the states and messages as `Debug` prints them.
    #[must_use]
    pub fn of_snapshot<S: fmt::Debug, M: fmt::Debug>(snapshot: &GlobalSnapshot<S, M>) -> Self {
        let state = |_: NodeId, state: &S| format!("{state:?}");
        Dot::of_snapshot_with(snapshot, state, |_, message| format!("{message:?}"))
    }

    /// The nodes and links of a snapshot, with the given texts for states and messages.
    #[must_use]
    pub fn of_snapshot_with<S, M>(
        snapshot: &GlobalSnapshot<S, M>,
        state: impl Fn(NodeId, &S) -> String,
        message: impl Fn(Link, &M) -> String,
    ) -> Self {
        let edges = snapshot.channels().iter().map(|channel| {
            let link = channel.link();
            let messages = channel.messages().iter().map(|of| message(link, of)).collect();
            Edge { link, messages: Some(messages), is_both: false }
        });
        Dot {
            title: Some(snapshot.id().to_string()),
            layout: Layout::of(snapshot.topology()),
            nodes: snapshot.topology().nodes().map(|at| node(snapshot, at, &state)).collect(),
            edges: paired(edges.filter(|edge| !edge.link.is_environment() || edge.has_messages())),
        }
    }
}

/// Joins two edges that lead there and back, if both carry nothing. Each edge is joined once.
fn paired(edges: impl Iterator<Item = Edge>) -> Vec<Edge> {
    let mut paired: Vec<Edge> = Vec::new();
    // The edges, by their ends, with which an edge back may still be joined.
    let mut single: BTreeMap<(NodeId, NodeId), VecDeque<usize>> = BTreeMap::new();
    for edge in edges {
        let Link { source, target, .. } = edge.link;
        if edge.has_messages() || edge.link.is_self_link() {
            paired.push(edge);
            continue;
        }
        match single.get_mut(&(target, source)).and_then(VecDeque::pop_front) {
            Some(back) => paired[back].is_both = true,
            None => {
                single.entry((source, target)).or_default().push_back(paired.len());
                paired.push(edge);
            }
        }
    }
    paired
}

fn node<S, M>(
    snapshot: &GlobalSnapshot<S, M>,
    node: NodeId,
    state: impl Fn(NodeId, &S) -> String,
) -> Node {
    let mut lines = vec![snapshot.topology().label(node)];
    let Some(recorded) = snapshot.find_state(node) else {
        lines.push("failed".to_owned());
        return Node { lines, style: Some(Style::Failed) };
    };
    lines.push(state(node, recorded));
    let timers = snapshot.timers(node).iter();
    lines.extend(timers.map(|timer| format!("{} in {:?}", timer.timer, timer.remaining)));
    let style = snapshot.is_stopped(node).then_some(Style::Stopped);
    if style.is_some() {
        lines.push("stopped".to_owned());
    }
    Node { lines, style }
}

impl Edge {
    fn has_messages(&self) -> bool {
        self.messages.as_ref().is_some_and(|messages| !messages.is_empty())
    }

    /// The messages, the next one to be received first. The spaces keep the text from touching the
    /// line.
    fn label(&self) -> Vec<String> {
        let messages = self.messages.as_deref().unwrap_or_default();
        let mut lines: Vec<_> = messages.iter().take(WRITTEN_OUT).cloned().collect();
        if messages.len() > WRITTEN_OUT {
            lines.push(format!("and {} more", messages.len() - WRITTEN_OUT));
        }
        lines.iter().map(|line| format!("  {line}  ")).collect()
    }
}

impl fmt::Display for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "digraph {{")?;
        let layout = self.layout.attributes();
        writeln!(f, "    graph [{layout}, fontname=\"Helvetica\", labelloc=t]")?;
        if let Some(title) = &self.title {
            writeln!(f, "    label={}", quoted(std::slice::from_ref(title)))?;
        }
        writeln!(
            f,
            "    node [shape=box, style=rounded, margin=\"0.2,0.1\", fontname=\"Helvetica\"]"
        )?;
        let of_edges = self.layout.edge_attributes();
        writeln!(f, "    edge [fontname=\"Helvetica\", fontsize=12{of_edges}]")?;
        for (index, node) in self.nodes.iter().enumerate() {
            let style = match node.style {
                None => String::new(),
                Some(Style::Failed) => format!(", style=\"rounded,filled\", fillcolor=\"{DOWN}\""),
                Some(Style::Stopped) => ", style=\"rounded,dashed\"".to_owned(),
            };
            writeln!(f, "    n{index} [label={}{style}]", quoted(&node.lines))?;
        }
        self.edges.iter().try_for_each(|edge| edge.fmt(f))?;
        write!(f, "}}")
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.link.target.index();
        let source = match self.link.is_environment() {
            true => format!("outside{target}"),
            false => format!("n{}", self.link.source.index()),
        };
        if self.link.is_environment() {
            writeln!(f, "    {source} [label=\"\", shape=point, xlabel=\"outside\"]")?;
        }
        write!(f, "    {source} -> n{target}")?;
        match &self.messages {
            None if self.is_both => writeln!(f, " [dir=both]"),
            None => writeln!(f),
            Some(messages) if messages.is_empty() => {
                let both = if self.is_both { "dir=both, " } else { "" };
                writeln!(f, " [{both}color=\"{EMPTY}\"]")
            }
            Some(_) => writeln!(
                f,
                " [label={}, color=\"{IN_FLIGHT}\", fontcolor=\"{IN_FLIGHT}\", penwidth=2]",
                quoted(&self.label())
            ),
        }
    }
}

/// Lines as a string of the language. Its escapes begin with a backslash, so a backslash of a text
/// is doubled.
fn quoted(lines: &[String]) -> String {
    let escaped = lines.iter().map(|line| {
        line.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace(['\n', '\r'], "\\n")
            .replace('\0', "")
    });
    format!("\"{}\"", escaped.collect::<Vec<_>>().join("\\n"))
}
