//! A wait-for graph for Graphviz.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{Wait, WaitForGraph, Waiter};
use crate::id::NodeId;

/// Draws the nodes that wait or are waited for. The nodes of the deadlock are filled, and the waits
/// on its cycles are bold.
pub(super) fn draw(
    graph: &WaitForGraph,
    deadlocked: &BTreeSet<NodeId>,
    on_cycles: &BTreeSet<(NodeId, NodeId)>,
) -> String {
    let mut drawn: BTreeSet<NodeId> = BTreeSet::new();
    let mut dot = "digraph waits {\n  node [shape=box];\n".to_owned();
    let waiting = || graph.waiters().filter(|(_, waiter)| waiter.needed > 0);
    for (node, waiter) in waiting() {
        drawn.insert(node);
        drawn.extend(waiter.waits.iter().map(|wait| wait.whom));
    }
    for &node in &drawn {
        let style = match (deadlocked.contains(&node), graph.gone(node)) {
            (true, _) => ", style=filled, fillcolor=\"#f2b8b5\"",
            (false, Some(_)) => ", style=dashed",
            (false, None) => "",
        };
        // Writing to a string does not fail.
        let _ = writeln!(dot, "  {} [label=\"{}\"{style}];", name(node), label(graph, node));
    }
    for (node, waiter) in waiting() {
        for wait in &waiter.waits {
            let style = style_of(wait, on_cycles.contains(&(node, wait.whom)));
            let _ = writeln!(dot, "  {} -> {}{style};", name(node), name(wait.whom));
        }
    }
    dot + "}\n"
}

fn name(node: NodeId) -> String {
    match node {
        NodeId::ENVIRONMENT => "environment".to_owned(),
        node => format!("n{}", node.index()),
    }
}

fn label(graph: &WaitForGraph, node: NodeId) -> String {
    let label = graph.topology.label(node).replace('\\', "\\\\").replace('"', "\\\"");
    let waiter = graph.nodes.get(node.index());
    match (graph.gone(node), waiter) {
        (Some(gone), _) => format!("{label}\\n{gone}"),
        (None, Some(waiter)) => label + &request(waiter),
        (None, None) => label,
    }
}

/// How many grants a node needs, on a line of its own. A node that runs, or that waits for one node
/// alone, has no such line.
fn request(waiter: &Waiter) -> String {
    match (waiter.needed, waiter.waits.len()) {
        (0, _) | (1, 1) => String::new(),
        (needed, of) if needed == of => "\\nall".to_owned(),
        (1, _) => "\\nany".to_owned(),
        (needed, of) => format!("\\n{needed} of {of}"),
    }
}

fn style_of(wait: &Wait, is_on_cycle: bool) -> String {
    let mut attributes = Vec::new();
    if let Some(link) = wait.link {
        attributes.push(format!("label=\"{link}\""));
    }
    if wait.is_granted {
        attributes.push("style=dashed".to_owned());
    }
    if is_on_cycle {
        attributes.push("color=\"#b3261e\", penwidth=2".to_owned());
    }
    if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) }
}
