//! Two nodes and a token, and the snapshot that each algorithm takes of them.

use std::fmt;
use std::time::Duration;

use consistent_cut::simulation::{Algorithm, Clock, PhysicalTime, Step};
use consistent_cut::{Context, Link, NodeId, Process, SnapshotOptions};

use crate::common::say;
use crate::pictures::Pictures;
use crate::story::{ONE, Result, SNAPSHOT, Story, TO_ONE, TO_TWO, TWO};

const MINUTE: Duration = Duration::from_secs(60);

/// Holds the token, or does not.
pub(crate) struct Holder {
    has_token: bool,
}

#[derive(Clone, PartialEq)]
pub(crate) enum Word {
    Token,
    /// From outside: send it.
    Pass,
    /// From outside: throw it away.
    Discard,
}

/// Whether a node has the token.
#[derive(Clone, PartialEq)]
pub(crate) struct Has(pub(crate) bool);

impl fmt::Debug for Has {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { "token" } else { "-" })
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Word::Token => "token",
            Word::Pass => "pass it",
            Word::Discard => "discard it",
        })
    }
}

impl Process for Holder {
    type State = Has;
    type Message = Word;

    fn on_message(&mut self, _: Link, word: Word, ctx: &mut Context<'_, Word>) {
        match word {
            Word::Token => self.has_token = true,
            Word::Discard => self.has_token = false,
            Word::Pass => {
                if std::mem::take(&mut self.has_token) {
                    ctx.send_on(ctx.out_links()[0], Word::Token);
                }
            }
        }
    }

    fn state(&self) -> Has {
        Has(self.has_token)
    }
}

/// Node 1 has the token.
pub(crate) fn begin(algorithm: Algorithm) -> Result<Story<Holder>> {
    Story::new(algorithm, |node: NodeId| Holder { has_token: node == ONE })
}

pub(crate) fn introduce() -> Result<()> {
    say!(
        "\n   Two nodes pass a token to each other, or discard it. Invariant: the token is in at most one place."
    );
    say!(
        "   Stable property: no token. How can they be checked at run time? By a snapshot, the state of every"
    );
    say!(
        "   node and every link. Here the real global state is known, and shown; no node knows it.\n"
    );
    say!("   {:<58} {:<16} links", "", "node 1 | node 2");
    begin(Algorithm::ChandyLamport)?.show("S_0");
    Ok(())
}

/// Node 2's clock.
fn physical(second: Clock) -> Algorithm {
    Algorithm::PhysicalTime(PhysicalTime::new(MINUTE, MINUTE).clock(TWO, second))
}

const CLOSE: [Step; 2] = [Step::Close(ONE, SNAPSHOT), Step::Close(TWO, SNAPSHOT)];

pub(crate) fn clocks_that_agree(pictures: &mut Pictures) -> Result<()> {
    say!(
        "   \"Hey, let's take a snapshot at noon\": every node records then, and a link's state is what"
    );
    say!("   comes after noon and was sent before noon. The nodes' clocks show the same:\n");
    let mut story = begin(physical(Clock::exact()))?;
    story.simulation.begin_snapshot()?;
    story.show("11:59, 11:59");
    story.tell(ONE, Word::Pass)?;
    story.show("11:59, 11:59  node 1 sends the token");
    story.take(&[Step::Initiate(ONE, SNAPSHOT), Step::Initiate(TWO, SNAPSHOT)])?;
    story.show("12:00, 12:00  both record");
    story.receive(TO_TWO)?;
    story.show("12:00, 12:00  the token comes, sent before noon");
    story.take(&CLOSE)?;
    story.show_snapshot()?;
    story.judge()?;
    pictures.draw("01-physical-time", "Physical time: at 12:00 both record", &story)
}

pub(crate) fn clocks_that_differ(pictures: &mut Pictures) -> Result<()> {
    say!("   What could go wrong? Node 2's clock is a minute behind:\n");
    let mut story = begin(physical(Clock::behind(MINUTE)))?;
    story.simulation.begin_snapshot()?;
    story.show("11:59, 11:58");
    story.take(&[Step::Initiate(ONE, SNAPSHOT)])?;
    story.show("12:00, 11:59  node 1 records");
    story.tell(ONE, Word::Pass)?;
    story.show("12:00, 11:59  node 1 sends the token");
    story.receive(TO_TWO)?;
    story.show("12:00, 11:59  node 2 has it before its noon");
    story.take(&[Step::Initiate(TWO, SNAPSHOT)])?;
    story.show("12:01, 12:00  node 2 records");
    story.take(&CLOSE)?;
    story.show_snapshot()?;
    say!("   Two tokens, and there was never more than one.");
    story.judge()?;
    pictures.draw("02-clocks-differ", "Physical time: node-2 is a minute behind", &story)
}

pub(crate) fn better(pictures: &mut Pictures) -> Result<()> {
    say!(
        "   \"Make sure node 2 takes its snapshot before receiving any messages sent after node 1 takes"
    );
    say!(
        "   its snapshot\": a node that records sends a marker first, and a node that gets a marker records.\n"
    );
    let mut story = begin(Algorithm::MarkersOnly)?;
    story.simulation.begin_snapshot_with(SnapshotOptions::at([ONE]))?;
    story.show("11:59, 11:58");
    story.take(&[Step::Initiate(ONE, SNAPSHOT)])?;
    story.show("12:00, 11:59  node 1 records, and sends a marker");
    story.tell(ONE, Word::Pass)?;
    story.show("12:00, 11:59  node 1 sends the token");
    story.take(&[Step::Deliver(TO_TWO)])?;
    story.show("12:00, 11:59  the marker comes: node 2 records");
    story.receive(TO_TWO)?;
    story.show("12:00, 11:59  the token comes");
    story.show_snapshot()?;
    story.judge()?;
    pictures.draw("03-better", "The better algorithm", &story)
}

pub(crate) fn better_loses(pictures: &mut Pictures) -> Result<()> {
    say!("   But the same with a token on its way, and node 2 begins:\n");
    let story = token_in_flight(Algorithm::MarkersOnly)?;
    say!(
        "   The snapshot has no token, and there is one: no node has recorded the message on the link."
    );
    story.judge()?;
    pictures.draw("04-better-loses", "The better algorithm loses what is in flight", &story)
}

pub(crate) fn chandy_lamport(pictures: &mut Pictures) -> Result<()> {
    say!(
        "   The receiver records each link, from its own recording until the link's marker comes. The same run:\n"
    );
    let story = token_in_flight(Algorithm::ChandyLamport)?;
    story.judge()?;
    pictures.draw("05-chandy-lamport", "Chandy and Lamport", &story)
}

/// The token is on its way to node 2 when node 2 begins the snapshot.
fn token_in_flight(algorithm: Algorithm) -> Result<Story<Holder>> {
    let mut story = begin(algorithm)?;
    story.show("again from S_0");
    story.tell(ONE, Word::Pass)?;
    story.show("node 1 sends the token");
    story.simulation.begin_snapshot_with(SnapshotOptions::at([TWO]))?;
    story.take(&[Step::Initiate(TWO, SNAPSHOT)])?;
    story.show("node 2 records, and sends a marker");
    story.take(&[Step::Deliver(TO_ONE)])?;
    if story.simulation.enabled().contains(&Step::Handle(ONE)) {
        story.take(&[Step::Handle(ONE)])?;
    }
    story.show("the marker comes: node 1 records, and sends one");
    story.receive(TO_TWO)?;
    story.show("the token comes");
    story.take(&[Step::Deliver(TO_TWO)])?;
    if story.simulation.enabled().contains(&Step::Handle(TWO)) {
        story.take(&[Step::Handle(TWO)])?;
    }
    story.show("node 1's marker comes");
    story.show_snapshot()?;
    Ok(story)
}

pub(crate) fn two_initiators(pictures: &mut Pictures) -> Result<()> {
    say!("   What if both nodes begin? They follow the same rules:\n");
    let mut story = begin(Algorithm::ChandyLamport)?;
    story.simulation.begin_snapshot_with(SnapshotOptions::at([ONE, TWO]))?;
    story.take(&[Step::Initiate(TWO, SNAPSHOT)])?;
    story.show("node 2 records, and sends a marker");
    story.tell(ONE, Word::Pass)?;
    story.show("node 1 sends the token");
    story.take(&[Step::Initiate(ONE, SNAPSHOT)])?;
    story.show("node 1 records of its own accord, and sends a marker");
    story.receive(TO_TWO)?;
    story.show("the token comes");
    story.receive(TO_TWO)?;
    story.receive(TO_ONE)?;
    story.show("both markers come");
    story.show_snapshot()?;
    story.judge()?;
    pictures.draw("06-two-initiators", "Chandy and Lamport, begun at both nodes", &story)
}
