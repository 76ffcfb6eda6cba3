//! Topologies and snapshots in the language of Graphviz.

use std::time::Duration;

use consistent_cut::diagram::Dot;
use consistent_cut::simulation::{Simulation, Step};
use consistent_cut::{Context, GlobalSnapshot, Link, LinkId, NodeId, Process, TimerId, Topology};

const P: NodeId = NodeId::new(0);
const Q: NodeId = NodeId::new(1);

/// Sends the words that it gets from outside, each on its first link. Sets a timer or stops on
/// command.
struct Speaker;

impl Process for Speaker {
    type State = &'static str;
    type Message = String;

    fn on_message(&mut self, from: Link, word: String, ctx: &mut Context<'_, String>) {
        match word.as_str() {
            _ if !from.is_environment() => {}
            "stop" => ctx.stop(),
            "timer" => ctx.set_timer(TimerId::new(3), Duration::from_secs(2)),
            _ => ctx.send_on(ctx.out_links()[0], word),
        }
    }

    fn state(&self) -> &'static str {
        "a \"state\""
    }
}

/// The state of p and q, joined by links both ways, after q was told to stop or p to fail, and p
/// has sent the words.
fn state_after(
    words: &[&str],
    then: impl Fn(&mut Simulation<Speaker>),
) -> GlobalSnapshot<&'static str, String> {
    let topology = Topology::from_named_links([("p", "q"), ("q", "p")]).expect("two names");
    let mut simulation =
        Simulation::builder(topology).start(|_| Speaker).expect("no setting is wrong");
    for word in words {
        tell(&mut simulation, P, word);
    }
    then(&mut simulation);
    simulation.global_state().expect("some node is up")
}

fn tell(simulation: &mut Simulation<Speaker>, node: NodeId, word: &str) {
    simulation.inject(node, word.to_owned()).expect("the node is there");
    simulation.step(Step::Handle(node)).expect("there is something to handle");
}

/// The line that begins with `start`, without the indent.
fn line<'a>(dot: &'a str, start: &str) -> &'a str {
    let found = dot.lines().map(str::trim).find(|line| line.starts_with(start));
    found.unwrap_or_else(|| panic!("no {start} in {dot}"))
}

/// A graph in braces, whose lines are statements, and whose quotes are in pairs once the escaped
/// ones are taken out.
fn assert_well_formed(dot: &str) {
    assert!(dot.starts_with("digraph {\n") && dot.ends_with("\n}"), "{dot}");
    let inner = &dot["digraph {\n".len()..dot.len() - 2];
    for line in inner.lines() {
        let bare = line.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(bare.matches('"').count() % 2, 0, "{line}");
        let outside: String = bare.split('"').step_by(2).collect();
        assert_eq!(outside.matches('[').count(), outside.matches(']').count(), "{line}");
        assert!(!outside.contains(['{', '}', '\\']), "{line}");
    }
}

#[test]
fn a_topology_has_a_node_and_an_edge_for_each_of_its_own() {
    let topology = Topology::from_links(3, [(0, 1), (0, 1), (2, 2), (1, 2)]).expect("nodes fit");
    let dot = Dot::new(&topology).to_string();
    assert_well_formed(&dot);
    let edges: Vec<_> = dot.lines().map(str::trim).filter(|line| line.contains("->")).collect();
    assert_eq!(edges, ["n0 -> n1", "n0 -> n1", "n2 -> n2", "n1 -> n2"]);
    for node in 0..3 {
        assert_eq!(line(&dot, &format!("n{node} [")), format!("n{node} [label=\"{node}\"]"));
    }
}

#[test]
fn what_is_in_flight_stands_at_its_link() {
    let snapshot = state_after(&["one", "two"], |_| {});
    let dot = Dot::of_snapshot(&snapshot).to_string();
    assert_well_formed(&dot);
    assert!(line(&dot, "n0 -> n1").contains(r#"label="  \"one\"  \n  \"two\"  ""#), "{dot}");
    assert!(line(&dot, "n0 -> n1").contains("penwidth"), "{dot}");
    assert!(!line(&dot, "n1 -> n0").contains("label"), "{dot}");
    assert!(!dot.contains("outside"), "all that was injected is received: {dot}");
}

#[test]
fn what_graphviz_reserves_is_escaped() {
    let snapshot = state_after(&["a"], |_| {});
    let words = |_: Link, _: &String| "back\\slash, \"quote\"\nnext".to_owned();
    let dot = Dot::of_snapshot_with(&snapshot, |_, state| (*state).to_owned(), words).to_string();
    assert_well_formed(&dot);
    assert!(line(&dot, "n0 [").starts_with(r#"n0 [label="p\na \"state\""]"#), "{dot}");
    assert!(line(&dot, "n0 ->").contains(r#"label="  back\\slash, \"quote\"\nnext  ","#), "{dot}");
}

#[test]
fn a_long_link_says_how_many_more_there_are() {
    let words: Vec<_> = (0..20).map(|number| number.to_string()).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let snapshot = state_after(&words, |_| {});
    let dot = Dot::of_snapshot(&snapshot).to_string();
    let edge = line(&dot, "n0 -> n1");
    assert!(edge.contains(r#"\"5\"  \n  and 14 more  ""#) && !edge.contains(r#"\"6\""#), "{edge}");
}

#[test]
fn what_has_come_from_outside_and_waits_has_a_point_of_its_own() {
    let snapshot = state_after(&[], |simulation| {
        simulation.inject(Q, "hello".to_owned()).expect("q is there");
    });
    assert_eq!(snapshot.channel(LinkId::new(3)).messages(), ["hello"]);
    let dot = Dot::of_snapshot(&snapshot).to_string();
    assert_well_formed(&dot);
    assert!(line(&dot, "outside1 -> n1").contains("hello"), "{dot}");
    assert!(line(&dot, "outside1 [").contains("point"), "{dot}");
    assert!(!dot.contains("outside0"), "{dot}");
}

#[test]
fn nodes_that_have_failed_or_stopped_or_wait_look_so() {
    let snapshot = state_after(&["timer"], |simulation| tell(simulation, Q, "stop"));
    let dot = Dot::of_snapshot(&snapshot).to_string();
    assert!(line(&dot, "n0 [").contains(r#"\ntimer 3 in 2s"]"#), "{dot}");
    assert!(line(&dot, "n1 [").contains("dashed"), "{dot}");

    let snapshot = state_after(&[], |simulation| simulation.fail(P).expect("p is there"));
    let dot = Dot::of_snapshot(&snapshot).to_string();
    assert_well_formed(&dot);
    assert!(
        line(&dot, "n0 [").starts_with(r#"n0 [label="p\nfailed", style="rounded,filled""#),
        "{dot}"
    );
    assert!(!line(&dot, "n1 [").contains("style"), "{dot}");
}

fn links(links: &[(usize, usize)]) -> Topology {
    let nodes = links.iter().map(|(from, to)| from.max(to) + 1).max().unwrap_or(1);
    Topology::from_links(nodes, links.iter().copied()).expect("nodes fit")
}

#[test]
fn the_layout_suits_the_shape() -> Result<(), consistent_cut::TopologyError> {
    let both_ways = |topology: Topology| topology.with_reverse_links();
    let two_rings = links(&[(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)]);
    let expected = [
        ("circo", vec![Topology::ring(3)?, both_ways(Topology::ring(9)?)?, Topology::ring(500)?]),
        ("dot", vec![Topology::line(5)?, both_ways(Topology::line(500)?)?, Topology::star(9)?]),
        // One node, with links to itself or without; nodes alone; a pair; parallel links.
        ("dot", vec![links(&[]), links(&[(0, 0), (0, 0)]), links(&[(4, 4)])]),
        ("dot", vec![Topology::ring(2)?, links(&[(0, 1), (0, 1), (1, 2)])]),
        // A pipeline that forks and joins has no cycle.
        ("dot", vec![links(&[(0, 1), (0, 2), (1, 3), (2, 3)])]),
        ("neato", vec![Topology::complete(4)?, Topology::grid(3, 3)?, two_rings]),
        ("neato", vec![links(&[(0, 1), (1, 2), (2, 0), (2, 3)])]),
        ("sfdp", vec![Topology::grid(15, 15)?]),
    ];
    for (layout, topologies) in expected {
        for topology in topologies {
            let dot = Dot::new(&topology).to_string();
            assert_well_formed(&dot);
            let graph = line(&dot, "graph [");
            assert!(graph.contains(&format!("layout={layout},")), "{topology}: {graph}");
        }
    }
    Ok(())
}

fn edges(dot: &str) -> Vec<&str> {
    dot.lines().map(str::trim).filter(|line| line.contains("->")).collect()
}

#[test]
fn two_links_that_lead_there_and_back_are_one_line() {
    let topology = links(&[(0, 1), (0, 1), (1, 2), (1, 0), (2, 2), (2, 2), (1, 0), (1, 0)]);
    let both = "n0 -> n1 [dir=both]";
    let expected = [both, both, "n1 -> n2", "n2 -> n2", "n2 -> n2", "n1 -> n0"];
    assert_eq!(edges(&Dot::new(&topology).to_string()), expected);
}

#[test]
fn a_link_with_messages_is_a_line_of_its_own() {
    let empty = state_after(&[], |_| {});
    let dot = Dot::of_snapshot(&empty).to_string();
    assert_well_formed(&dot);
    let [edge] = edges(&dot)[..] else { panic!("one line for both: {dot}") };
    assert!(edge.starts_with("n0 -> n1 [dir=both, color="), "{edge}");

    let busy = Dot::of_snapshot(&state_after(&["word"], |_| {})).to_string();
    assert_eq!((edges(&busy).len(), busy.matches("dir=both").count()), (2, 0), "{busy}");
}
