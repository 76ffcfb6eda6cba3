//! The labels that a trace brings along, and their places.

use std::collections::BTreeMap;
use std::time::Duration;

use consistent_cut::causality::{Cause, Trace};
use consistent_cut::diagram::SpaceTime;
use consistent_cut::simulation::{AtRandom, Latency, Simulation};
use consistent_cut::{Context, Link, NodeId, Process, SnapshotId, System, Topology};

use crate::chance::for_each_seed;
use crate::picture::{Picture, number};

/// Keeps a half of what it gets, and sends the other half on.
pub(crate) struct Account(pub(crate) u64);

impl Process for Account {
    type State = u64;
    type Message = u64;

    fn on_message(&mut self, _: Link, amount: u64, ctx: &mut Context<'_, u64>) {
        self.0 += amount;
        let links = ctx.out_links();
        if amount > 5 {
            self.0 -= amount / 2;
            ctx.send_on(links[amount as usize % links.len()].id, amount / 2);
        }
    }

    fn state(&self) -> u64 {
        self.0
    }
}

/// Three accounts in a simulation with latencies, two payments from outside, and a snapshot.
pub(crate) fn simulated() -> (Simulation<Account>, SnapshotId) {
    let topology = Topology::complete(3).expect("three nodes");
    let latency = Latency::Uniform(Duration::from_millis(1), Duration::from_millis(9));
    let builder = Simulation::builder(topology).latency(latency).traced_with_texts();
    let mut simulation = builder.start(|_| Account(100)).expect("no setting is wrong");
    simulation.inject(NodeId::new(0), 80).expect("the node is there");
    simulation.inject(NodeId::new(1), 60).expect("the node is there");
    simulation.run_until(Duration::from_millis(6));
    let id = simulation.begin_snapshot().expect("every node is up");
    simulation.run(1000);
    (simulation, id)
}

/// The right label of each event and each message: the accounts added up by hand.
fn by_hand(trace: &Trace, injected: &[(usize, u64)]) -> (Vec<String>, BTreeMap<(usize, u64), u64>) {
    let mut balances = vec![100; trace.topology().node_count()];
    let mut messages: BTreeMap<(usize, u64), u64> =
        injected.iter().map(|&(link, amount)| ((link, 1), amount)).collect();
    let mut sent = vec![0; trace.topology().link_count()];
    let mut states = Vec::new();
    for event in trace.events() {
        let balance = &mut balances[event.node.index()];
        if let Cause::Message { link, number } = event.cause {
            let amount = messages[&(link.index(), number)];
            *balance += amount;
            if let [out] = event.sends[..] {
                *balance -= amount / 2;
                sent[out.index()] += 1;
                messages.insert((out.index(), sent[out.index()]), amount / 2);
            }
        }
        states.push(balance.to_string());
    }
    (states, messages)
}

fn assert_labelled(trace: &Trace, injected: &[(usize, u64)]) {
    let (states, messages) = by_hand(trace, injected);
    let svg = SpaceTime::new(trace).to_svg().expect("it is a trace");
    let picture = Picture::read(&svg);
    assert_eq!(picture.texts("event-label"), states);
    let mut written: Vec<u64> = picture
        .texts("message-label")
        .iter()
        .map(|text| text.parse::<u64>().expect("a sum"))
        .collect();
    let mut expected: Vec<u64> = messages.into_values().collect();
    written.sort_unstable();
    expected.sort_unstable();
    assert_eq!(written, expected);
    assert!(expected.len() > 4, "{expected:?}");
}

#[test]
fn a_simulation_traced_with_texts_has_labels() {
    let (simulation, _) = simulated();
    let trace = simulation.trace().expect("it is traced");
    let links = trace.topology().link_count();
    assert_labelled(trace, &[(links, 80), (links + 1, 60)]);
}

#[test]
fn a_system_traced_with_texts_has_labels() {
    let topology = Topology::complete(3).expect("three nodes");
    let links = topology.link_count();
    let builder = System::builder(topology).traced_with_texts();
    let system = builder.spawn(|_| Account(100)).expect("three threads");
    system.inject(NodeId::new(0), 80).expect("it runs");
    system.inject(NodeId::new(1), 60).expect("it runs");
    let idle = consistent_cut::property::terminated(|_, _: &u64| true);
    system.wait_until(&idle, Duration::from_secs(60)).expect("the payments come to an end");
    system.shutdown().expect("no node fails");
    assert_labelled(&system.trace().expect("it is traced"), &[(links, 80), (links + 1, 60)]);
}

#[test]
fn without_texts_there_are_no_labels_and_labels_of_ones_own_come_first() {
    let topology = Topology::ring(2).expect("two nodes are a ring");
    let builder = Simulation::builder(topology).traced();
    let mut simulation = builder.start(|_| Account(100)).expect("no setting is wrong");
    simulation.inject(NodeId::new(0), 80).expect("the node is there");
    simulation.run(1000);
    let svg = SpaceTime::new(simulation.trace().expect("it is traced")).to_svg().expect("a trace");
    let picture = Picture::read(&svg);
    assert!(picture.all("event-label").is_empty() && picture.all("message-label").is_empty());

    let (simulation, _) = simulated();
    let trace = simulation.trace().expect("it is traced");
    let own = SpaceTime::new(trace).label_events(|_| "own".to_owned());
    let svg = own.to_svg().expect("it is a trace");
    assert!(Picture::read(&svg).texts("event-label").iter().all(|text| *text == "own"));
}

/// A process with long texts.
struct Talker;

impl Process for Talker {
    type State = String;
    type Message = String;

    fn on_message(&mut self, _: Link, _: String, _: &mut Context<'_, String>) {}

    fn state(&self) -> String {
        "ä".repeat(200)
    }
}

#[test]
fn a_long_text_is_cut_short() {
    let topology = Topology::ring(1).expect("one node is a ring");
    let builder = Simulation::builder(topology).traced_with_texts();
    let simulation = builder.start(|_| Talker).expect("no setting is wrong");
    let trace = simulation.trace().expect("it is traced");
    let svg = SpaceTime::new(trace).to_svg().expect("it is a trace");
    let expected = format!("\"{}…", "ä".repeat(23));
    assert_eq!(Picture::read(&svg).texts("event-label"), [expected]);
    assert_eq!(trace.state_text(&trace.events()[0]).map(|text| text.chars().count()), Some(202));
}

/// The area of a text: from left to right and from top to bottom. Digits and small letters are not
/// wider than this.
fn extent(text: roxmltree::Node<'_, '_>) -> [f64; 4] {
    let size = number(text, "font-size");
    let letter = |letter| if letter == ' ' { 0.35 } else { 0.63 };
    let width: f64 = text.text().unwrap_or_default().chars().map(letter).sum::<f64>() * size;
    let (x, y) = (number(text, "x"), number(text, "y"));
    let left = match text.attribute("text-anchor") {
        Some("middle") => x - width / 2.0,
        Some("end") => x - width,
        _ => x,
    };
    [left, left + width, y - 0.75 * size, y]
}

fn assert_apart(picture: &Picture<'_>) -> usize {
    let labels = [picture.all("event-label"), picture.all("message-label")].concat();
    let extents: Vec<_> = labels.iter().map(|label| extent(*label)).collect();
    for (nth, one) in extents.iter().enumerate() {
        for (other_nth, other) in extents.iter().enumerate().skip(nth + 1) {
            let is_apart = (0..2).any(|axis| {
                let (start, end) = (2 * axis, 2 * axis + 1);
                one[end] <= other[start] || other[end] <= one[start]
            });
            let (one, other) = (labels[nth].text(), labels[other_nth].text());
            assert!(is_apart, "{one:?} lies on {other:?}");
        }
    }
    extents.len()
}

#[test]
fn labels_do_not_lie_on_each_other() {
    let mut labels = 0;
    let all = for_each_seed(0..40, |seed| {
        let topology = Topology::complete(2 + seed as usize % 4).expect("some nodes");
        let builder = Simulation::builder(topology.clone()).traced_with_texts();
        let mut simulation = builder.start(|_| Account(1000)).expect("no setting is wrong");
        for node in topology.nodes() {
            simulation.inject(node, 4000 + seed).expect("the node is there");
        }
        simulation.run_by(&mut AtRandom::new(seed), 30).expect("chance chooses what is possible");
        let id = simulation.begin_snapshot().expect("every node is up");
        simulation.run_by(&mut AtRandom::new(seed), 40).expect("chance chooses what is possible");
        let trace = simulation.trace().expect("it is traced");
        let picture = SpaceTime::new(trace).snapshot(id);
        labels += assert_apart(&Picture::read(&picture.to_svg().expect("all have recorded")));
        // Long ones, for which the picture must be stretched.
        let picture = SpaceTime::new(trace).label_messages(|link, number| {
            format!("pays {}", trace.message_text(link.id, number).unwrap_or_default())
        });
        labels += assert_apart(&Picture::read(&picture.to_svg().expect("it is a trace")));
    });
    assert!(!all || labels > 1000, "{labels}");
}

/// The arrow that brings the message, with its label, is above.
#[test]
fn the_state_after_a_message_from_outside_is_below_the_line() {
    let (simulation, _) = simulated();
    let trace = simulation.trace().expect("it is traced");
    let links = trace.topology().link_count();
    let svg = SpaceTime::new(trace).to_svg().expect("it is a trace");
    let picture = Picture::read(&svg);
    let (events, labels) = (picture.events(), picture.all("event-label"));
    let mut seen = 0;
    for (event, label) in trace.events().iter().zip(labels) {
        let is_from_outside = event.cause.received().is_some_and(|(link, _)| link.index() >= links);
        if is_from_outside {
            let (_, line) = events[&(event.node.index(), event.nth)];
            assert!(extent(label)[2] > line, "{event:?}");
            seen += 1;
        }
    }
    assert_eq!(seen, 2);
}
