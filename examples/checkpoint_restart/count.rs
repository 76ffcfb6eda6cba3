//! The processes: a reader, a splitter and counters, with a link back from each counter.
//!
//! The reader has credits. It spends one credit for each line that it reads, and a counter sends
//! the credit back when the line is counted. So lines and credits are in flight on a cycle. If a
//! checkpoint lost one of them, the count would be wrong or would never end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use consistent_cut::checkpoint::{LinePosition, LineSource, Source};
use consistent_cut::{Context, Link, NodeId, Process, Restore, Topology};
use serde::{Deserialize, Serialize};

pub(crate) const COUNTERS: usize = 3;
const READER: NodeId = NodeId::new(0);
const SPLITTER: NodeId = NodeId::new(1);
/// How many lines may be under way at once.
pub(crate) const CREDITS: u64 = 64;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Message {
    Line(String),
    Word(String),
    /// Comes after the words of a line: send the credit back.
    LineEnds,
    Credit,
    /// Comes after all lines.
    TextEnds,
    /// Emitted: a word has come this many times.
    Total(String, u64),
}

impl std::fmt::Display for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Message::Total(word, times) => write!(f, "{word} {times}"),
            other => write!(f, "{other:?}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum State {
    Reader { position: LinePosition, times: u64, credits: u64 },
    Splitter { lines: u64 },
    Counter { words: u64, totals: BTreeMap<String, u64> },
}

/// The topology: `reader -> splitter -> counters -> reader`.
pub(crate) fn topology() -> Topology {
    let counters = (1..=COUNTERS).map(|counter| format!("counter {counter}"));
    let links = counters.flat_map(|counter| {
        [("splitter".to_owned(), counter.clone()), (counter, "reader".to_owned())]
    });
    let first = ("reader".to_owned(), "splitter".to_owned());
    Topology::from_named_links([first].into_iter().chain(links)).expect("the names are plain")
}

/// Faults that are made on purpose, to show the recovery.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// The program aborts when it has read this many lines in this run.
    pub(crate) crash_after: Option<u64>,
    /// A counter panics once, when it has counted this many words in this run.
    pub(crate) panic_after: Option<u64>,
}

/// The parts that all nodes of one run share.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) text: PathBuf,
    /// How many times the text is read.
    pub(crate) times: u64,
    pub(crate) faults: Faults,
    /// How many lines were read in this run, for the progress bar.
    pub(crate) lines: Arc<AtomicU64>,
    pub(crate) has_panicked: Arc<AtomicBool>,
}

pub(crate) enum Node {
    Reader { run: Run, source: LineSource, times: u64, credits: u64 },
    Splitter { lines: u64 },
    Counter { run: Run, words: u64, totals: BTreeMap<String, u64> },
}

impl Node {
    pub(crate) fn new(node: NodeId, run: &Run) -> Node {
        match node {
            READER => {
                let source = open(&run.text);
                Node::Reader { run: run.clone(), source, times: 0, credits: CREDITS }
            }
            SPLITTER => Node::Splitter { lines: 0 },
            _ => Node::Counter { run: run.clone(), words: 0, totals: BTreeMap::new() },
        }
    }

    /// Reads a line for each credit. The text is read several times.
    fn read(&mut self, ctx: &mut Context<'_, Message>) {
        let Node::Reader { run, source, times, credits } = self else { return };
        while *credits > 0 && *times < run.times {
            match source.next().expect("the text can be read") {
                Some(line) => {
                    *credits -= 1;
                    ctx.send(SPLITTER, Message::Line(line));
                    let lines = run.lines.fetch_add(1, Ordering::Relaxed) + 1;
                    if run.faults.crash_after == Some(lines) {
                        std::process::abort();
                    }
                }
                None => {
                    *times += 1;
                    source.seek(&LinePosition::default()).expect("the text has a beginning");
                }
            }
        }
        if *credits == CREDITS && *times == run.times {
            ctx.send(SPLITTER, Message::TextEnds);
            ctx.stop();
        }
    }
}

fn open(text: &Path) -> LineSource {
    LineSource::open(text).expect("the text is there").with_last_line()
}

/// The words of four letters and more, in small letters.
pub(crate) fn words(line: &str) -> impl Iterator<Item = String> {
    let words = line.split(|c: char| !c.is_alphabetic());
    words.filter(|word| word.chars().count() >= 4).map(str::to_lowercase)
}

/// The counter of a word: words with the same first letter go to the same one.
fn counter_of(word: &str) -> NodeId {
    let letter = word.bytes().next().unwrap_or_default();
    NodeId::new(2 + u32::from(letter) % COUNTERS as u32)
}

impl Process for Node {
    type State = State;
    type Message = Message;

    fn on_start(&mut self, ctx: &mut Context<'_, Message>) {
        self.read(ctx);
    }

    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        match (self, message) {
            (node @ Node::Reader { .. }, Message::Credit) => {
                if let Node::Reader { credits, .. } = node {
                    *credits += 1;
                }
                node.read(ctx);
            }
            (Node::Splitter { lines }, Message::Line(line)) => {
                words(&line).for_each(|word| ctx.send(counter_of(&word), Message::Word(word)));
                let counter = NodeId::new(2 + (*lines % COUNTERS as u64) as u32);
                ctx.send(counter, Message::LineEnds);
                *lines += 1;
            }
            (Node::Splitter { .. }, Message::TextEnds) => {
                ctx.send_all(Message::TextEnds);
                ctx.stop();
            }
            (Node::Counter { run, words, totals }, Message::Word(word)) => {
                *totals.entry(word).or_default() += 1;
                *words += 1;
                if run.faults.panic_after.is_some_and(|after| *words >= after)
                    && !run.has_panicked.swap(true, Ordering::Relaxed)
                {
                    panic!("a fault at word {words}, made on purpose");
                }
            }
            (Node::Counter { .. }, Message::LineEnds) => ctx.send(READER, Message::Credit),
            (Node::Counter { totals, .. }, Message::TextEnds) => {
                for (word, times) in totals {
                    ctx.emit(Message::Total(word.clone(), *times));
                }
                ctx.stop();
            }
            (_, message) => panic!("{message:?} came to the wrong node"),
        }
    }

    fn state(&self) -> State {
        match self {
            Node::Reader { source, times, credits, .. } => {
                State::Reader { position: source.position(), times: *times, credits: *credits }
            }
            Node::Splitter { lines } => State::Splitter { lines: *lines },
            Node::Counter { words, totals, .. } => {
                State::Counter { words: *words, totals: totals.clone() }
            }
        }
    }
}

impl Restore for Node {
    fn on_restore(&mut self, state: State, _: &mut Context<'_, Message>) {
        match (self, state) {
            (
                Node::Reader { source, times, credits, .. },
                State::Reader { position, times: read, credits: left },
            ) => {
                source.seek(&position).expect("the text is the same");
                (*times, *credits) = (read, left);
            }
            (Node::Splitter { lines }, State::Splitter { lines: split }) => *lines = split,
            (
                Node::Counter { words, totals, .. },
                State::Counter { words: counted, totals: of_words },
            ) => (*words, *totals) = (counted, of_words),
            (_, state) => panic!("{state:?} is the state of another node"),
        }
    }
}
