//! Example 2.2 of the paper: two automata. Their recorded state never occurred either.

use std::fmt;

use consistent_cut::simulation::{Algorithm, Step};
use consistent_cut::{Context, Link, NodeId, Process, SnapshotOptions};

use crate::common::say;
use crate::pictures::Pictures;
use crate::story::{ONE, Result, SNAPSHOT, Story, TO_ONE, TO_TWO, TWO};

/// Node 1 goes from A to B by sending M, and back by receiving N; node 2 from C to D by sending N,
/// and back by receiving M.
struct Automaton(State);

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    A,
    B,
    C,
    D,
}

#[derive(Clone, PartialEq)]
enum Word {
    M,
    N,
    /// From outside: send, if the state allows it.
    Go,
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Word::M => "M",
            Word::N => "N",
            Word::Go => "go",
        })
    }
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
        if let Some(word) = sends {
            ctx.send_on(ctx.out_links()[0], word);
        }
    }

    fn state(&self) -> State {
        self.0
    }
}

pub(crate) fn never_occurred(pictures: &mut Pictures) -> Result<()> {
    say!(
        "   The paper's own example. Node 1 is in A or B, node 2 in C or D; each can send when it is in the first and goes"
    );
    say!("   back when it receives:\n");
    let start = |node: NodeId| Automaton(if node == ONE { State::A } else { State::C });
    let mut story = Story::new(Algorithm::ChandyLamport, start)?;
    story.simulation.begin_snapshot_with(SnapshotOptions::at([ONE]))?;
    story.take(&[Step::Initiate(ONE, SNAPSHOT)])?;
    story.show("node 1 records, and sends a marker");
    story.tell(ONE, Word::Go)?;
    story.show("node 1 sends M, behind the marker");
    story.tell(TWO, Word::Go)?;
    story.show("node 2 sends N");
    story.receive(TO_ONE)?;
    story.show("N comes, and is recorded");
    story.take(&[Step::Deliver(TO_TWO), Step::Handle(TWO)])?;
    story.show("the marker comes: node 2 records, and sends one");
    story.receive(TO_TWO)?;
    story.receive(TO_ONE)?;
    story.show("M comes, and node 2's marker");
    story.show_snapshot()?;
    let swaps = story.replay()?;
    say!(
        "   A, D and N on its way: node 1 was in B when node 2 came to D, so that never occurred. {swaps} swap (node 1's sending"
    );
    say!("   and node 2's) gives the execution in which it does.\n");
    pictures.draw("09-paper", "Example 2.2 of the paper", &story)?;
    pictures.draw_rearranged("10-paper-rearranged", "Example 2.2, rearranged", &story)
}
