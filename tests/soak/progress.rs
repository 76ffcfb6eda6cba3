//! Checks that no node sleeps while it has messages to handle.
//!
//! Every snapshot wakes every node, so this check is useful only where no snapshot is taken.

use std::time::Duration;

use consistent_cut::{Link, LinkTraffic, NodeId, System};

use super::chatterer::Chatterer;
use super::run::Run;
use super::watch;

/// Much longer than any handler takes.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ends the program if a node handles no message, though it has messages to handle and room on its
/// links.
pub(crate) fn check(run: &Run, system: &System<Chatterer>) {
    let (start, first) = (watch::now(), system.link_traffic());
    let mut idle: Vec<NodeId> = system.topology().nodes().collect();
    loop {
        let traffic = system.link_traffic();
        idle.retain(|&node| is_ready(run, system, node, &traffic));
        idle.retain(|&node| received(system, node, &first) == received(system, node, &traffic));
        if idle.is_empty() {
            return;
        }
        run.ensure(start.elapsed() < PATIENCE, || {
            format!("{idle:?} could handle messages and do not: {traffic:?}")
        });
        run.pulse.beat();
        watch::sleep(Duration::from_millis(5));
    }
}

fn is_ready(run: &Run, system: &System<Chatterer>, node: NodeId, traffic: &[LinkTraffic]) -> bool {
    let has_ended = run.is_told_to_stop(node) || run.is_told_to_panic(node);
    let has_room =
        system.topology().out_links(node).iter().all(|link| traffic[link.id.index()].waiting == 0);
    let has_messages = in_links(system, node).any(|link| {
        let LinkTraffic { sent, received, .. } = traffic[link.id.index()];
        received.is_some_and(|received| received < sent)
    });
    !has_ended && has_room && has_messages
}

fn received(system: &System<Chatterer>, node: NodeId, traffic: &[LinkTraffic]) -> u64 {
    in_links(system, node).filter_map(|link| traffic[link.id.index()].received).sum()
}

fn in_links(system: &System<Chatterer>, node: NodeId) -> impl Iterator<Item = Link> {
    let topology = system.topology();
    topology.in_links(node).iter().copied().chain(topology.environment_link(node))
}
