//! Counts the words of four letters and more in this crate's README by nodes of four kinds: a
//! reader, splitters, counters, and a collector. A snapshot shows when all words are counted.
use std::collections::BTreeMap;
use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Write, stdout};
use std::time::Duration;

use consistent_cut::property::terminated;
use consistent_cut::{Context, Link, NodeId, Process, System, Topology};

const TEXT: &str = include_str!("../README.md");
const SPLITTERS: usize = 2;
const COUNTERS: usize = 3;
/// The number of lines that the reader sends before it sends a message to itself.
const BURST: usize = 32;

#[derive(Clone, Debug)]
enum Message {
    GoOn,
    Line(&'static str),
    Word(&'static str),
    /// From a counter: a word has come this many times.
    Total(&'static str, u64),
}

/// The states of all kinds, so that one snapshot holds them.
#[derive(Clone, Debug)]
enum State {
    Reader { lines_left: usize },
    Splitter,
    Counter { words: u64 },
    Collector { totals: BTreeMap<&'static str, u64> },
}

type Node = Box<dyn Process<State = State, Message = Message>>;

struct Reader {
    lines: Vec<&'static str>,
}

impl Process for Reader {
    type State = State;
    type Message = Message;

    fn on_start(&mut self, ctx: &mut Context<'_, Message>) {
        ctx.send(ctx.id(), Message::GoOn);
    }

    fn on_message(&mut self, _: Link, _: Message, ctx: &mut Context<'_, Message>) {
        let burst = self.lines.len().min(BURST);
        for (at, line) in self.lines.drain(..burst).enumerate() {
            ctx.send(NodeId::new(1 + (at % SPLITTERS) as u32), Message::Line(line));
        }
        if !self.lines.is_empty() {
            ctx.send(ctx.id(), Message::GoOn);
        }
    }

    fn state(&self) -> State {
        State::Reader { lines_left: self.lines.len() }
    }
}

struct Splitter;

impl Process for Splitter {
    type State = State;
    type Message = Message;

    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        let Message::Line(line) = message else { return };
        for word in line.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3) {
            let mut hasher = DefaultHasher::new();
            word.hash(&mut hasher);
            let counter = hasher.finish() as usize % COUNTERS;
            ctx.send_on(ctx.out_links()[counter], Message::Word(word));
        }
    }

    fn state(&self) -> State {
        State::Splitter
    }
}

#[derive(Default)]
struct Counter(BTreeMap<&'static str, u64>);

impl Process for Counter {
    type State = State;
    type Message = Message;

    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        let Message::Word(word) = message else { return };
        let count = self.0.entry(word).or_default();
        *count += 1;
        ctx.send_all(Message::Total(word, *count));
    }

    fn state(&self) -> State {
        State::Counter { words: self.0.values().sum() }
    }
}

#[derive(Default)]
struct Collector(BTreeMap<&'static str, u64>);

impl Process for Collector {
    type State = State;
    type Message = Message;

    fn on_message(&mut self, _: Link, message: Message, _: &mut Context<'_, Message>) {
        let Message::Total(word, count) = message else { return };
        self.0.insert(word, count);
    }

    fn state(&self) -> State {
        State::Collector { totals: self.0.clone() }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = stdout().lock();
    let (counters, collector) = (1 + SPLITTERS, 1 + SPLITTERS + COUNTERS);
    let split = (1..counters).flat_map(|s| (counters..collector).map(move |c| (s, c)));
    let links = [(0, 0)].into_iter().chain((1..counters).map(|s| (0, s))).chain(split);
    let links = links.chain((counters..collector).map(|c| (c, collector)));
    let topology = Topology::from_links(collector + 1, links)?;
    let system = System::builder(topology).spawn(|node| match node.index() {
        0 => Box::new(Reader { lines: TEXT.lines().collect() }) as Node,
        splitter if splitter < counters => Box::new(Splitter),
        counter if counter < collector => Box::new(Counter::default()),
        _ => Box::new(Collector::default()),
    })?;

    let done = terminated(|_, state| !matches!(state, State::Reader { lines_left: 1.. }));
    let last = system.wait_until(&done, Duration::from_secs(60))?.snapshot;
    let words = last
        .states()
        .map(|(_, state)| if let State::Counter { words } = state { *words } else { 0 });
    writeln!(out, "{} nodes have counted {} words.", collector + 1, words.sum::<u64>()).ok();
    // The processes come back with the end, each with what it knows.
    let State::Collector { totals } = system.shutdown()?[collector].state() else { unreachable!() };
    let mut totals: Vec<_> = totals.into_iter().collect();
    totals.sort_by_key(|(word, count)| (std::cmp::Reverse(*count), *word));
    for (word, count) in totals.into_iter().take(5) {
        writeln!(out, "{count:>5}  {word}").ok();
    }
    Ok(())
}
