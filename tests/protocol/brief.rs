//! Short words for the small tests: names of nodes, links and snapshots, and a core whose outputs
//! read as text.

use std::sync::Arc;

use consistent_cut::protocol::{Envelope, NodeCore, Output, Report};
use consistent_cut::{MarkerPolicy, Topology};

pub(crate) use crate::ids::{link as l, node as n, snapshot as s};
pub(crate) use crate::policies::on_both_policies;
use crate::teller::{Character, Ledger, Note, Task, Teller, Value};

/// Tells a teller to send on a link.
pub(crate) fn pay(link: u32) -> Task {
    Task::Send(l(link), 1)
}

pub(crate) fn links(nodes: usize, links: &[(usize, usize)]) -> Topology {
    Topology::from_links(nodes, links.iter().copied()).expect("a valid topology")
}

/// A core on its own, started.
pub(crate) fn core(topology: Topology, node: u32, policy: MarkerPolicy) -> NodeCore<Teller> {
    let topology = Arc::new(topology);
    let teller = Teller::new(n(node), &topology, Character::default());
    let mut core = NodeCore::new(n(node), topology, teller, policy);
    core.start();
    core
}

/// A message with tasks for its receiver.
pub(crate) fn message(link: u32, number: u64, tasks: &[Task]) -> Envelope<Note> {
    let (amount, tasks) = (Value::Own(1), tasks.to_vec());
    Envelope::Message(Note { link: l(link), number, amount, hops: 0, tasks })
}

pub(crate) fn marker(id: u64) -> Envelope<Note> {
    Envelope::Marker(s(id))
}

/// The outputs of a core, a few words each.
pub(crate) fn outputs(core: &mut NodeCore<Teller>) -> Vec<String> {
    core.drain_output().flat_map(|output| brief(&output)).collect()
}

/// As [`outputs`], for messages alone. `None` if other outputs are there.
pub(crate) fn messages_alone(core: &mut NodeCore<Teller>) -> Vec<String> {
    let is_mixed = core.is_output_mixed();
    let mut texts = Vec::new();
    let has_drained = core.drain_messages(|link, messages| {
        texts.extend(brief(&Output::Messages { link, messages }));
    });
    assert_eq!(has_drained, !is_mixed);
    if has_drained {
        assert!(!core.has_output() && outputs(core).is_empty(), "it was all that there was");
    }
    texts
}

fn brief(output: &Output<Ledger, Note>) -> Vec<String> {
    if let Output::Messages { link, messages } = output {
        assert_ne!(messages.len(), 0, "a batch holds something");
        return messages.iter().map(|note| format!("{link}: message {}", note.number)).collect();
    }
    vec![match output {
        Output::Messages { .. } => unreachable!("see above"),
        Output::Marker { link, snapshot } => format!("{link}: marker {}", snapshot.get()),
        Output::Return { link, snapshot, .. } => format!("{link}: marker {} back", snapshot.get()),
        Output::Report(Report::Node(record)) => format!("{} records", record.snapshot),
        Output::Report(Report::Link(record)) => {
            let numbers: Vec<_> = record.messages.iter().map(|note| note.number).collect();
            format!("{} closes {} with {numbers:?}", record.snapshot, record.link)
        }
        Output::Emitted(notes) => {
            let numbers: Vec<_> = notes.iter().map(|note| note.number).collect();
            format!("{numbers:?} emitted")
        }
        Output::Reply(to, note) => format!("{to}: {}", note.number),
        Output::RequestSnapshot => "request".to_owned(),
        Output::Stopped => "stopped".to_owned(),
        Output::Discarded(note) => format!("message {} dropped", note.number),
    }]
}
