//! With the `tracing` feature a subscriber sees a span for each node and for each snapshot, and the
//! outcome of each snapshot. A handler's own events are in the span of its node.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Debug};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, ThreadId};

use consistent_cut::{
    Context, Link, NodeId, OnFailure, Process, SnapshotOptions, System, Topology,
};
use parking_lot::Mutex;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes down each event behind the spans that its thread is in: `node a > got it`.
#[derive(Clone, Default)]
struct Notes(Arc<Shared>);

#[derive(Default)]
struct Shared {
    next: AtomicU64,
    spans: Mutex<BTreeMap<u64, String>>,
    entered: Mutex<HashMap<ThreadId, Vec<u64>>>,
    lines: Mutex<Vec<String>>,
}

/// The identifying fields, without the types of their values.
#[derive(Default)]
struct Fields(Vec<String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.0.insert(0, format!("{value:?}")),
            "took" => {}
            name => self.0.push(format!("{name}={value:?}")),
        }
    }
}

impl Subscriber for Notes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("consistent_cut") || metadata.target() == "tracing"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.0.next.fetch_add(1, Ordering::Relaxed) + 1;
        let mut fields = Fields::default();
        span.record(&mut fields);
        let text = format!("{} {}", span.metadata().name(), fields.0.join(" "));
        self.0.spans.lock().insert(id, text);
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let entered = self.0.entered.lock();
        let inside = entered.get(&thread::current().id()).and_then(|ids| ids.last());
        let span = inside.map(|id| self.0.spans.lock()[id].clone()).unwrap_or_default();
        self.0.lines.lock().push(format!("{span} > {}", fields.0.join(" ")));
    }

    fn enter(&self, span: &Id) {
        let mut entered = self.0.entered.lock();
        entered.entry(thread::current().id()).or_default().push(span.into_u64());
    }

    fn exit(&self, _: &Id) {
        self.0.entered.lock().entry(thread::current().id()).or_default().pop();
    }
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notes")
    }
}

struct Chatty;

impl Process for Chatty {
    type State = ();
    type Message = bool;

    fn on_message(&mut self, _: Link, goes_on: bool, _: &mut Context<'_, bool>) {
        assert!(goes_on, "as the test wants it");
        tracing::info!("got it");
    }

    fn state(&self) {}
}

#[test]
fn spans_tell_of_nodes_and_snapshots() {
    let notes = Notes::default();
    tracing::subscriber::set_global_default(notes.clone()).expect("no other test is in here");
    let topology = Topology::from_named_links([("a", "b"), ("b", "a")]).unwrap();
    let builder = System::builder(topology).on_failure(OnFailure::Continue);
    let system = builder.spawn(|_| Chatty).unwrap();
    let [a, b] = [0, 1].map(NodeId::new);

    system.inject(a, true).unwrap();
    system.snapshot().unwrap();
    system.inject(b, false).unwrap();
    while system.failures().is_empty() {
        thread::yield_now();
    }
    assert!(system.snapshot_with(SnapshotOptions::at([b])).is_err());
    drop(system);

    let lines = notes.0.lines.lock().clone();
    for wanted in [
        "snapshot id=1 initiators=1 > begun",
        "snapshot id=1 initiators=1 > complete snapshot=1 messages=",
        "node index=0 name=\"node 0 (a)\" > recorded snapshot=1",
        "node index=1 name=\"node 1 (b)\" > link closed snapshot=1 link=0 messages=0",
        "node index=0 name=\"node 0 (a)\" > got it",
        "node index=1 name=\"node 1 (b)\" > failed panic=\"as the test wants it\"",
        " > failed snapshot=2 error=",
    ] {
        assert!(lines.iter().any(|line| line.starts_with(wanted)), "{wanted}\n{lines:#?}");
    }
}
