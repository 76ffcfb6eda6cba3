//! The pictures of the README and of the page of `diagram` are what the code draws today. After an
//! intended change, write the pictures anew and look at them:
//!
//! ```sh
//! CONSISTENT_CUT_WRITE_PICTURES=1 cargo test --features diagram --test diagram committed
//! ```

use std::path::Path;
use std::{env, fs};

use consistent_cut::diagram::SpaceTime;
use consistent_cut::simulation::{AtRandom, Simulation, Step};
use consistent_cut::{
    Context, GlobalSnapshot, Link, LinkId, MarkerPolicy, NodeId, Process, SnapshotId,
    SnapshotOptions, Topology,
};

use crate::picture::Picture;

const LARGEST: usize = 20_000;

/// Compares a picture with the file, or writes the file if that is wanted.
fn assert_committed(name: &str, svg: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diagram/pictures").join(name);
    if env::var_os("CONSISTENT_CUT_WRITE_PICTURES").is_some() {
        fs::write(&path, format!("{svg}\n")).expect("the folder is there");
    }
    let committed = fs::read_to_string(&path).expect("the file is there");
    assert!(
        committed.replace('\r', "").trim_end() == svg,
        "{name} is not what the code draws: see the top of tests/diagram/committed.rs"
    );
    assert!(svg.len() < LARGEST, "{name} has {} bytes", svg.len());
    // On the page of the module an empty line would end the picture.
    assert!(svg.lines().all(|line| !line.trim().is_empty()), "{name} has an empty line");
    let picture = Picture::read(svg);
    let paper = picture.root().children().find(|child| child.has_tag_name("rect"));
    let fill = paper.and_then(|paper| paper.attribute("fill"));
    assert_eq!(fill, Some("#ffffff"), "{name} can be read on a dark page");
}

/// As on the page of the module.
struct Relay {
    received: u32,
}

impl Process for Relay {
    type State = u32;
    type Message = char;

    fn on_start(&mut self, ctx: &mut Context<'_, char>) {
        ctx.send_on(ctx.out_links()[0], 'a');
    }

    fn on_message(&mut self, _: Link, letter: char, ctx: &mut Context<'_, char>) {
        self.received += 1;
        if letter < 'c' {
            ctx.send_on(ctx.out_links()[0], (letter as u8 + 1).into());
        }
    }

    fn state(&self) -> u32 {
        self.received
    }
}

#[test]
fn the_picture_on_the_page_of_the_module_is_what_its_example_draws() {
    let topology = Topology::ring(3).expect("three nodes are a ring");
    let builder = Simulation::builder(topology).traced_with_texts();
    let mut simulation = builder.start(|_| Relay { received: 0 }).expect("no setting is wrong");
    simulation.run_by(&mut AtRandom::new(7), 9).expect("chance chooses what is possible");
    let id = simulation.begin_snapshot().expect("every node is up");
    simulation.run_by(&mut AtRandom::new(8), 100).expect("chance chooses what is possible");
    let trace = simulation.trace().expect("it is traced");
    let picture = SpaceTime::new(trace).snapshot(id).title("Three relays").width(800);
    let svg = picture.to_svg().expect("all have recorded");
    assert_committed("relays.svg", &svg);
}

/// Example 2.2 of the paper: p goes from A to B by sending M, and back by receiving N; q from C to
/// D by sending N, and back by receiving M.
struct Automaton(State);

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    A,
    B,
    C,
    D,
}

#[derive(Clone, Copy, Debug)]
enum Word {
    M,
    N,
    /// From outside: send, if the state allows it.
    Go,
}

impl Process for Automaton {
    type State = State;
    type Message = Word;

    fn on_message(&mut self, _: Link, word: Word, ctx: &mut Context<'_, Word>) {
        let (next, sends) = match (self.0, word) {
            (State::A, Word::Go) => (State::B, Some(Word::M)),
            (State::C, Word::Go) => (State::D, Some(Word::N)),
            (State::B, Word::N) => (State::A, None),
            (State::D, Word::M) => (State::C, None),
            (state, _) => (state, None),
        };
        self.0 = next;
        sends.into_iter().for_each(|word| ctx.send_on(ctx.out_links()[0], word));
    }

    fn state(&self) -> State {
        self.0
    }
}

/// A global state as a short text.
fn told(state: &GlobalSnapshot<State, Word>) -> String {
    let states: Vec<_> = state.states().map(|(_, state)| format!("{state:?}")).collect();
    let messages: Vec<_> = state.in_flight().map(|(_, word)| format!("{word:?}")).collect();
    format!("{}, under way: {}", states.join(" "), messages.join(" "))
}

#[test]
fn the_picture_of_the_readme_is_a_snapshot_of_what_never_occurred() {
    let (p, q, there, back) = (NodeId::new(0), NodeId::new(1), LinkId::new(0), LinkId::new(1));
    let topology = Topology::from_named_links([("p", "q"), ("q", "p")]).expect("two names");
    let builder = Simulation::builder(topology).marker_policy(MarkerPolicy::InOrder);
    let start = |node| Automaton(if node == p { State::A } else { State::C });
    let mut simulation = builder.traced_with_texts().start(start).expect("no setting is wrong");
    let id = simulation.begin_snapshot_with(SnapshotOptions::at([p])).expect("p reaches q");
    assert_eq!(id, SnapshotId::new(1));
    let mut occurred = Vec::new();
    let mut take = |simulation: &mut Simulation<Automaton>, steps: &[Step]| {
        for step in steps {
            simulation.step(*step).expect("it is possible");
            let state = simulation.global_state().expect("every node is up");
            occurred.push(told(&state));
        }
    };
    take(&mut simulation, &[Step::Initiate(p, id)]);
    for node in [p, q] {
        simulation.inject(node, Word::Go).expect("the node is there");
        take(&mut simulation, &[Step::Handle(node)]);
    }
    take(&mut simulation, &[Step::Deliver(back), Step::Handle(p)]);
    let marker = [Step::Deliver(there), Step::Handle(q)];
    let message = [Step::Deliver(there), Step::Handle(q)];
    let marker_back = [Step::Deliver(back), Step::Handle(p)];
    [marker, message, marker_back].iter().for_each(|steps| take(&mut simulation, steps));

    let [snapshot] = simulation.snapshots() else { panic!("one is complete") };
    let recorded = "A D, under way: N".to_owned();
    assert_eq!(told(snapshot), recorded);
    assert!(!occurred.contains(&recorded), "{occurred:?}");
    assert!(occurred.contains(&"A D, under way: M".to_owned()), "{occurred:?}");
    let trace = simulation.trace().expect("it is traced");
    let svg = SpaceTime::new(trace).snapshot(id).to_svg().expect("both have recorded");
    assert_committed("snapshot.svg", &svg);
}
