//! The conclusions that a snapshot allows.

use consistent_cut::SnapshotOptions;
use consistent_cut::simulation::{Algorithm, Step};

use crate::common::say;
use crate::story::{ONE, Result, SNAPSHOT, Story, TO_ONE, TO_TWO, TWO};
use crate::token::{Has, Holder, Word, begin};

pub(crate) fn what_is_certain() -> Result<()> {
    say!(
        "   \"No token\" is stable: once it is gone it stays gone. Node 1 records, and then the token is discarded:\n"
    );
    let mut story = begin(Algorithm::ChandyLamport)?;
    story.simulation.begin_snapshot_with(SnapshotOptions::at([ONE]))?;
    story.take(&[Step::Initiate(ONE, SNAPSHOT)])?;
    story.show("S_b: node 1 records, and sends a marker");
    story.tell(ONE, Word::Discard)?;
    story.show("node 1 discards the token");
    end(&mut story)?;
    conclude(&story)?;

    say!("   Now the token is discarded first:\n");
    let mut story = begin(Algorithm::ChandyLamport)?;
    story.tell(ONE, Word::Discard)?;
    story.simulation.begin_snapshot_with(SnapshotOptions::at([ONE]))?;
    story.take(&[Step::Initiate(ONE, SNAPSHOT)])?;
    story.show("S_b: node 1 records, and sends a marker");
    end(&mut story)?;
    conclude(&story)
}

fn end(story: &mut Story<Holder>) -> Result<()> {
    story.take(&[Step::Deliver(TO_TWO), Step::Handle(TWO)])?;
    story.take(&[Step::Deliver(TO_ONE), Step::Handle(ONE)])?;
    story.show("S_e: both markers have come");
    story.show_snapshot()?;
    Ok(())
}

fn conclude(story: &Story<Holder>) -> Result<()> {
    let snapshot = story.snapshot()?;
    let has_token = snapshot.states().any(|(_, Has(has))| *has);
    let is_gone = !has_token && snapshot.in_flight().all(|(_, word)| *word != Word::Token);
    if is_gone {
        say!("   True in the snapshot, so it is true in S_e and for good: the token is gone.\n");
    } else {
        say!(
            "   False in the snapshot, so it was false in S_b; of S_e nothing is known, and here it is true by then.\n"
        );
    }
    Ok(())
}
