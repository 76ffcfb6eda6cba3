//! The laws of every snapshot.

use std::collections::BTreeMap;

use consistent_cut::{ChannelState, Link, LinkTraffic, NodeFailure, NodeId, System, TimerId};

use super::chatterer::{Book, Chatterer, Message, Origin, START_BALANCE};
use super::run::{Run, Snapshot};
use super::tally::Tally;
use super::verdict;

/// Ends the program if the snapshot alone shows that it is wrong.
pub(crate) fn check(run: &Run, snapshot: &Snapshot) {
    let result = look_for_faults(run, snapshot);
    result.unwrap_or_else(|fault| run.fail(&format!("{} is wrong: {fault}", snapshot.id())));
    Tally::add(&run.tally.messages, snapshot.in_flight().count() as u64);
    Tally::add(&run.tally.checked, 1);
}

fn look_for_faults(run: &Run, snapshot: &Snapshot) -> Result<(), String> {
    snapshot.verify().map_err(|error| error.to_string())?;
    for failure in snapshot.failures() {
        let node = failure.node.id;
        require(run.is_told_to_panic(node), || format!("{node} has failed for no reason"))?;
        require(snapshot.find_state(node).is_none(), || {
            format!("{node} has failed and has a state")
        })?;
    }
    let nodes = snapshot.states().len() + snapshot.failures().len();
    require(nodes == snapshot.topology().node_count(), || format!("it has {nodes} nodes"))?;
    for channel in snapshot.channels() {
        let fault = |fault| format!("{:?}: {fault}", channel.link());
        check_ends(snapshot, channel).map_err(fault)?;
        check_messages(snapshot, channel).map_err(fault)?;
    }
    for (node, book) in snapshot.states() {
        check_node(run, snapshot, node, book)?;
    }
    check_total(snapshot)
}

/// The counts of the link equal the counts in the states of its ends.
fn check_ends(snapshot: &Snapshot, channel: &ChannelState<Message>) -> Result<(), String> {
    let Link { id, source, target } = channel.link();
    let topology = snapshot.topology();
    let at_source = snapshot.find_state(source).zip(topology.out_slot(id));
    if let Some((book, slot)) = at_source {
        same("sent", channel.sent(), book.sent[slot])?;
    }
    match snapshot.find_state(target).zip(topology.in_slot(id)) {
        Some((book, slot)) => same("received", channel.received(), book.received[slot]),
        None => same("messages to a node that has failed", channel.messages().len() as u64, 0),
    }
}

/// The messages are m+1 to n, in order. On an environment link, that holds for each caller's
/// messages.
fn check_messages(snapshot: &Snapshot, channel: &ChannelState<Message>) -> Result<(), String> {
    let mut counts: BTreeMap<usize, u64> = match snapshot.find_state(channel.link().target) {
        Some(book) => book.injected.clone(),
        None => return Ok(()),
    };
    for (number, message) in (channel.received() + 1..).zip(channel.messages()) {
        match message.origin {
            Origin::Link(link) => {
                require(link == channel.link().id, || format!("holds a message of {link}"))?;
                same("number", message.number, number)?;
            }
            Origin::Caller(caller) => {
                let is_environment = channel.link().is_environment();
                require(is_environment, || "holds an injected message".to_owned())?;
                let count = counts.entry(caller).or_default();
                *count += 1;
                same("number", message.number, *count)?;
            }
        }
    }
    Ok(())
}

fn check_node(run: &Run, snapshot: &Snapshot, node: NodeId, book: &Book) -> Result<(), String> {
    let recorded: Vec<TimerId> = snapshot.timers(node).iter().map(|timer| timer.timer).collect();
    require(recorded.iter().eq(&book.timers), || {
        format!("{node} has set {:?}, and {recorded:?} are recorded", book.timers)
    })?;
    let has_stopped = snapshot.is_stopped(node);
    require(!has_stopped || run.is_told_to_stop(node), || format!("{node} has stopped by itself"))?;
    let injected: u64 = book.injected.values().sum();
    same("injected", injected, book.received[book.received.len() - 1])
}

/// The amount of the start, and the injected amount, are at the nodes or on the links. Where a node
/// has failed, some of it is lost.
fn check_total(snapshot: &Snapshot) -> Result<(), String> {
    if !snapshot.failures().is_empty() {
        return Ok(());
    }
    let at_nodes: u64 = snapshot.states().map(|(_, book)| book.balance).sum();
    let between = snapshot.in_flight().filter(|(link, _)| !link.is_environment());
    let on_links: u64 = between.map(|(_, message)| message.amount).sum();
    let minted: u64 = snapshot.states().map(|(_, book)| book.minted).sum();
    let start = START_BALANCE * snapshot.states().len() as u64;
    same("total", at_nodes + on_links, start + minted)
}

/// How many messages of a caller are in the snapshot, by node: received, or on the environment
/// link.
pub(crate) fn injected_by(caller: usize, snapshot: &Snapshot) -> Vec<u64> {
    let topology = snapshot.topology();
    let count = |node| {
        let received = snapshot.find_state(node).and_then(|book| book.injected.get(&caller));
        let link = topology.environment_link(node).expect("each node has one");
        let messages = snapshot.channel(link.id).messages().iter();
        let waiting = messages.filter(|message| message.origin == Origin::Caller(caller)).count();
        received.copied().unwrap_or(0) + waiting as u64
    };
    topology.nodes().map(count).collect()
}

/// The snapshot, which began after them and has ended, has all messages that this caller has
/// injected so far.
pub(crate) fn check_injected(run: &Run, caller: usize, snapshot: &Snapshot) {
    let (taken, found) = (run.taken(caller).lock(), injected_by(caller, snapshot));
    for (node, (taken, found)) in snapshot.topology().nodes().zip(taken.iter().zip(found)) {
        let has_failed = snapshot.find_state(node).is_none();
        run.ensure(has_failed || *taken == found, || {
            let id = snapshot.id();
            format!("{id} has {found} of the {taken} messages that a caller injected into {node}")
        });
    }
}

/// Every node that was not told to panic hands back its process. The counts of the process are
/// those of its links.
pub(crate) fn check_ended(
    run: &Run,
    system: &System<Chatterer>,
    ended: &[Result<Chatterer, NodeFailure>],
) {
    let traffic = system.link_traffic();
    run.ensure(ended.len() == system.topology().node_count(), || {
        format!("{} came back", ended.len())
    });
    for (node, ended) in system.topology().nodes().zip(ended) {
        match ended {
            Err(failure) => {
                let is_right = failure.node == node && verdict::is_ordered(run, failure);
                run.ensure(is_right, || format!("wrong end of {node}: {failure}"));
            }
            Ok(process) => {
                let links = system.topology().out_links(node);
                let carried = links.iter().map(|link| traffic[link.id.index()].sent);
                let sent = &process.book.sent;
                run.ensure(carried.eq(sent.iter().copied()), || {
                    format!("{node} has sent {sent:?}")
                });
            }
        }
    }
}

/// A snapshot has all messages that were sent and received when it began. The messages that it has
/// as received were received when it ended. Observers may hear a little later of the messages that
/// it has as sent.
pub(crate) fn check_between(
    run: &Run,
    before: &[LinkTraffic],
    at: &Snapshot,
    after: &[LinkTraffic],
) {
    for (channel, (before, after)) in at.channels().iter().zip(before.iter().zip(after)) {
        let Link { id, target, .. } = channel.link();
        if at.find_state(target).is_none() {
            continue;
        }
        let what = || format!("{}: {channel:?}\nbetween {before} and {after}", at.id());
        run.ensure(before.sent <= channel.sent(), || {
            format!("{id} forgets what was sent, {}", what())
        });
        let received = channel.received();
        run.ensure(before.received.is_none_or(|before| before <= received), || {
            format!("{id} forgets what was received, {}", what())
        });
        run.ensure(after.received.is_none_or(|after| received <= after), || {
            format!("{id} has received too early, {}", what())
        });
    }
}

/// Counts never fall from one snapshot to one that began after it had ended.
pub(crate) fn check_order(run: &Run, earlier: &Snapshot, later: &Snapshot) {
    for (before, after) in earlier.channels().iter().zip(later.channels()) {
        let has_failed = later.find_state(before.link().target).is_none();
        let falls = after.sent() < before.sent() || after.received() < before.received();
        run.ensure(has_failed || !falls, || {
            format!(
                "{} began after {} had ended: {after:?}\nafter {before:?}",
                later.id(),
                earlier.id()
            )
        });
    }
    // A restored system draws a new life, and its numbers go on.
    let is_later = later.id().number() > earlier.id().number();
    run.ensure(is_later, || format!("{} after {}", later.id(), earlier.id()));
}

fn require(holds: bool, fault: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(fault()) }
}

fn same(what: &str, found: u64, expected: u64) -> Result<(), String> {
    require(found == expected, || format!("{what}: {found}, and it should be {expected}"))
}
