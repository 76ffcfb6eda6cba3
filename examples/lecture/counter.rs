//! The counter: a recorded state that never occurred, and the execution in which it does.

use consistent_cut::simulation::{Algorithm, Step};
use consistent_cut::{Context, Link, Process, SnapshotOptions};

use crate::common::say;
use crate::pictures::Pictures;
use crate::story::{ONE, Result, SNAPSHOT, Story, TO_ONE, TO_TWO, TWO};

/// Counts up when told to.
struct Counter(u32);

/// From outside: count.
#[derive(Clone, Debug, PartialEq)]
struct Up;

impl Process for Counter {
    type State = u32;
    type Message = Up;

    fn on_message(&mut self, _: Link, _: Up, _: &mut Context<'_, Up>) {
        self.0 += 1;
    }

    fn state(&self) -> u32 {
        self.0
    }
}

pub(crate) fn never_occurred(pictures: &mut Pictures) -> Result<()> {
    say!("   Two nodes count. Some node begins the snapshot in S_b, and it is complete in S_e:\n");
    let mut story = Story::new(Algorithm::ChandyLamport, |_| Counter(0))?;
    story.simulation.begin_snapshot_with(SnapshotOptions::at([ONE]))?;
    story.take(&[Step::Initiate(ONE, SNAPSHOT)])?;
    story.show("S_b: node 1 records, and sends a marker");
    for _ in 0..3 {
        story.tell(ONE, Up)?;
        story.show("node 1 counts");
    }
    for _ in 0..4 {
        story.tell(TWO, Up)?;
        story.show("node 2 counts");
    }
    story.receive(TO_TWO)?;
    story.show("the marker comes: node 2 records, and sends one");
    story.receive(TO_ONE)?;
    story.show("S_e: node 2's marker comes");
    let snapshot = story.show_snapshot()?;
    let sum: u32 = snapshot.states().map(|(_, count)| count).sum();
    say!("   Counter = {sum}, as 0 and {sum}: a state that never occurred. But it could have:");
    let swaps = story.replay()?;
    say!(
        "   node 1's three events change places with node 2's four, {swaps} times two neighbours. The"
    );
    say!(
        "   rearranged run was run: it leads from S_b to the recorded state, and from there to S_e.\n"
    );
    pictures.draw("07-counter", "The counter as it ran", &story)?;
    pictures.draw_rearranged("08-counter-rearranged", "The counter, rearranged", &story)
}
