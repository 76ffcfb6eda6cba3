//! What the models share: a process whose messages are numbered, so that a snapshot is checked by content, and a count of the
//! cases that were seen.
#![allow(dead_code, reason = "no model needs all of it")]

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use consistent_cut::{Context, GlobalSnapshot, Link, Process};

/// Sends so many numbered messages on each out-link when it starts, and passes nothing on. An injected message makes it send one
/// more.
pub(crate) struct Numbered {
    to_send: u64,
    /// Asks for a snapshot when it has received so many.
    ask_at: Option<u64>,
    pub(crate) counts: Counts,
}

/// Messages sent on each out-link, and received on all in-links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

impl Numbered {
    pub(crate) fn sends(to_send: u64) -> Self {
        Numbered { to_send, ask_at: None, counts: Counts::default() }
    }

    pub(crate) fn asks_at(received: u64) -> Self {
        Numbered { ask_at: Some(received), ..Numbered::sends(0) }
    }

    fn send(&mut self, ctx: &mut Context<'_, u64>) {
        self.counts.sent += 1;
        for link in ctx.out_links() {
            ctx.send_on(link.id, self.counts.sent);
        }
    }
}

impl Process for Numbered {
    type State = Counts;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        (0..self.to_send).for_each(|_| self.send(ctx));
    }

    fn on_message(&mut self, from: Link, number: u64, ctx: &mut Context<'_, u64>) {
        if from.is_environment() {
            return self.send(ctx);
        }
        self.counts.received += 1;
        assert!(
            ctx.in_links().len() > 1 || number == self.counts.received,
            "out of order: {number}"
        );
        if self.ask_at == Some(self.counts.received) {
            ctx.request_snapshot();
        }
    }

    fn state(&self) -> Counts {
        self.counts.clone()
    }
}

/// The channel law, by content and by the states that the processes themselves keep. Each node has one in-link at most.
pub(crate) fn assert_channel_law(snapshot: &GlobalSnapshot<Counts, u64>) {
    snapshot.verify().expect("the numbers obey the law");
    for channel in snapshot.channels().iter().filter(|channel| !channel.link().is_environment()) {
        let Link { source, target, .. } = channel.link();
        let (sent, received) = (snapshot.state(source).sent, snapshot.state(target).received);
        let in_flight: Vec<u64> = (received + 1..=sent).collect();
        assert_eq!(channel.messages(), in_flight, "{snapshot}");
    }
}

/// How often each case was seen in a search.
#[derive(Debug)]
pub(crate) struct Sometimes<const CASES: usize>([AtomicUsize; CASES]);

impl<const CASES: usize> Sometimes<CASES> {
    pub(crate) const fn new() -> Self {
        Sometimes([const { AtomicUsize::new(0) }; CASES])
    }

    pub(crate) fn see(&self, case: usize) {
        self.0[case].fetch_add(1, Ordering::Relaxed);
    }

    /// A case that is never seen proves nothing.
    pub(crate) fn assert_all(&self) {
        assert!(self.0.iter().all(|seen| seen.load(Ordering::Relaxed) > 0), "never seen: {self}");
    }
}

impl<const CASES: usize> fmt::Display for Sometimes<CASES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen: Vec<_> = self.0.iter().map(|seen| seen.load(Ordering::Relaxed)).collect();
        write!(f, "seen {seen:?} times")
    }
}
