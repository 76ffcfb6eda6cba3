//! A system with everything that a crash could spoil: a file that is read, parallel links, a cycle,
//! timers, injected messages and released output. Each message has its number on its link, and each
//! node checks that it gets them one after the other.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use consistent_cut::checkpoint::{LinePosition, LineSource, Source};
use consistent_cut::{Context, Link, LinkId, NodeId, Process, Restore, TimerId, Topology};
use serde::{Deserialize, Serialize};

pub(crate) const LINES: u64 = 2_000;
pub(crate) const TICKS: u64 = 150;
pub(crate) const INJECTED: u64 = 500;
/// How many lines may be under way.
const CREDITS: u64 = 20;
/// The output has a message for this many items.
const EVERY: u64 = 50;

pub(crate) const RELAY: NodeId = NodeId::new(1);
pub(crate) const TICKER: NodeId = NodeId::new(3);
pub(crate) const COLLECTOR: NodeId = NodeId::new(4);
const TICK: TimerId = TimerId::new(7);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    /// The number on its link, from 1.
    pub(crate) number: u64,
    pub(crate) body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Body {
    /// A line, and how often it is still to go round the cycle.
    Item(u64, u64),
    Injected(u64),
    Tick(u64),
    Credit,
    Stop,
    /// An emitted message.
    Report(u64),
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.body {
            Body::Report(number) => write!(f, "{number}"),
            ref other => write!(f, "{other:?}"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    sent: BTreeMap<u32, u64>,
    received: BTreeMap<u32, u64>,
    position: LinePosition,
    credits: u64,
    pub(crate) ticks: u64,
    pub(crate) items: u64,
    pub(crate) sum: u64,
    pub(crate) injected: u64,
    /// A digest of all that the collector has emitted.
    pub(crate) digest: u64,
}

pub(crate) fn digest(before: u64, next: u64) -> u64 {
    (before ^ next).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

/// Two parallel links from the reader to the relay, a cycle of relay and helper, and links to the
/// collector and back to the reader.
pub(crate) fn topology() -> Topology {
    let links = [(0, 1), (0, 1), (1, 2), (2, 1), (2, 4), (3, 4), (4, 0)];
    Topology::from_links(5, links).expect("five nodes")
}

pub(crate) struct Node {
    state: State,
    source: Option<LineSource>,
}

impl Node {
    pub(crate) fn new(node: NodeId, lines: &Path) -> Self {
        let is_reader = node == NodeId::new(0);
        let source = is_reader.then(|| LineSource::open(lines).expect("the file is there"));
        let state = State {
            sent: BTreeMap::new(),
            received: BTreeMap::new(),
            position: LinePosition::default(),
            credits: CREDITS,
            ticks: 0,
            items: 0,
            sum: 0,
            injected: 0,
            digest: 0,
        };
        Node { state, source }
    }

    fn send(&mut self, link: LinkId, body: Body, ctx: &mut Context<'_, Message>) {
        let sent = self.state.sent.entry(link.index() as u32).or_default();
        *sent += 1;
        ctx.send_on(link, Message { number: *sent, body });
    }

    fn to(&mut self, node: u32, body: Body, ctx: &mut Context<'_, Message>) {
        let link = ctx.link_to(NodeId::new(node)).expect("there is a link");
        self.send(link.id, body, ctx);
    }

    fn check(&mut self, from: Link, number: u64) {
        let received = self.state.received.entry(from.id.index() as u32).or_default();
        *received += 1;
        assert_eq!(number, *received, "a message of {from} was lost or came twice");
    }

    fn read(&mut self, ctx: &mut Context<'_, Message>) {
        while self.state.credits > 0 {
            let source = self.source.as_mut().expect("this is the reader");
            let Some(line) = source.next().expect("it can be read") else { return };
            self.state.credits -= 1;
            let number: u64 = line.parse().expect("a number");
            assert_eq!(number, source.position().lines, "a line was left out or read twice");
            self.send(LinkId::new((number % 2) as u32), Body::Item(number, number % 4), ctx);
        }
    }

    fn collect(&mut self, body: Body, ctx: &mut Context<'_, Message>) {
        match body {
            Body::Item(number, 0) => {
                self.state.items += 1;
                self.state.sum += number;
                self.to(0, Body::Credit, ctx);
                if self.state.items.is_multiple_of(EVERY) {
                    // The sum depends on the order of arrival, so another execution would emit
                    // something else under the same number.
                    self.state.digest = digest(self.state.digest, self.state.sum);
                    self.emit(self.state.sum, ctx);
                }
            }
            Body::Injected(number) => {
                self.state.injected += 1;
                assert_eq!(number, self.state.injected, "an injected message was lost or doubled");
            }
            Body::Tick(number) => {
                self.state.ticks += 1;
                assert_eq!(number, self.state.ticks, "a tick was lost or doubled");
            }
            other => panic!("{other:?} came to the collector"),
        }
        let State { items, ticks, injected, .. } = self.state;
        if (items, ticks, injected) == (LINES, TICKS, INJECTED) {
            self.to(0, Body::Stop, ctx);
            ctx.stop();
        }
    }

    fn emit(&self, number: u64, ctx: &mut Context<'_, Message>) {
        ctx.emit(Message { number, body: Body::Report(number) });
    }

    fn relay(&mut self, node: NodeId, body: Body, ctx: &mut Context<'_, Message>) {
        let next = if node == RELAY { 2 } else { 4 };
        match body {
            Body::Item(number, rounds) if node != RELAY && rounds > 0 => {
                self.to(1, Body::Item(number, rounds - 1), ctx);
            }
            // The relay stops after the message has gone round once.
            Body::Stop if node == RELAY => {
                self.to(next, Body::Stop, ctx);
                ctx.stop();
            }
            Body::Stop => ctx.stop(),
            body => self.to(next, body, ctx),
        }
    }
}

impl Process for Node {
    type State = State;
    type Message = Message;

    fn on_start(&mut self, ctx: &mut Context<'_, Message>) {
        match ctx.id().index() {
            0 => self.read(ctx),
            3 => ctx.set_timer(TICK, Duration::from_millis(1)),
            _ => {}
        }
    }

    fn on_message(&mut self, from: Link, message: Message, ctx: &mut Context<'_, Message>) {
        self.check(from, message.number);
        match (ctx.id(), message.body) {
            (COLLECTOR, body) => self.collect(body, ctx),
            (node, Body::Credit) if node.index() == 0 => {
                self.state.credits += 1;
                self.read(ctx);
            }
            (node, Body::Stop) if node.index() == 0 => {
                self.to(1, Body::Stop, ctx);
                ctx.stop();
            }
            (node, body) => self.relay(node, body, ctx),
        }
    }

    fn on_timer(&mut self, _: TimerId, ctx: &mut Context<'_, Message>) {
        self.state.ticks += 1;
        self.to(4, Body::Tick(self.state.ticks), ctx);
        self.emit(self.state.ticks, ctx);
        match self.state.ticks {
            TICKS => ctx.stop(),
            _ => ctx.set_timer(TICK, Duration::from_millis(1)),
        }
    }

    fn state(&self) -> State {
        let position = self.source.as_ref().map(Source::position).unwrap_or_default();
        State { position, ..self.state.clone() }
    }
}

impl Restore for Node {
    fn on_restore(&mut self, state: State, _: &mut Context<'_, Message>) {
        if let Some(source) = &mut self.source {
            source.seek(&state.position).expect("the file is the same");
        }
        self.state = state;
    }
}
