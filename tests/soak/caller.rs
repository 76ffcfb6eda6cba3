//! One of the threads that make all calls that a caller may make.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use consistent_cut::{
    FindSnapshotError, NodeId, PendingSnapshot, SnapshotOptions, System, WaitTimeoutError,
};
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

use super::audit;
use super::chatterer::{Book, Chatterer, Message, Order, Origin};
use super::run::{Run, Snapshot};
use super::setup::{GENEROUS, Settings, generator, pick};
use super::tally::Tally;
use super::verdict::{self, Wish};
use super::watch;

type Pending = PendingSnapshot<Book, Message>;

pub(crate) struct Caller<'a> {
    run: &'a Run,
    settings: &'a Settings,
    system: &'a System<Chatterer>,
    id: usize,
    rng: Xoshiro256PlusPlus,
    /// The last snapshot that this caller has waited for, or the one that the system goes on from.
    last: Option<Arc<Snapshot>>,
    /// The number of snapshots that this caller may still leave unfinished. They delay the
    /// snapshots that other callers wait for.
    may_leave: u32,
}

/// Life.
impl<'a> Caller<'a> {
    pub(crate) fn new(
        run: &'a Run,
        settings: &'a Settings,
        system: &'a System<Chatterer>,
        id: usize,
        generation: u64,
    ) -> Self {
        let rng = generator(run.seed ^ (generation << 16) ^ ((id as u64 + 1) << 48));
        Caller { run, settings, system, id, rng, last: None, may_leave: 20 }
    }

    pub(crate) fn goes_on_from(mut self, snapshot: Option<Arc<Snapshot>>) -> Self {
        self.last = snapshot;
        self
    }

    /// Makes one call after the other until told to quit.
    pub(crate) fn call(mut self) {
        while !self.run.must_quit() {
            match self.rng.random_range(0..14) {
                0..=3 => self.take_snapshot(),
                4..=6 => self.take_several(),
                7..=9 => self.inject_some(),
                10 => self.give_order(),
                11 => self.look_around(),
                12 => self.take_periodically(),
                _ => self.pause(),
            }
            self.run.pulse.beat();
        }
    }

    fn pause(&mut self) {
        watch::sleep(Duration::from_micros(self.rng.random_range(0..5000)));
    }

    fn random_node(&mut self) -> NodeId {
        NodeId::new(self.rng.random_range(0..self.system.topology().node_count()) as u32)
    }
}

/// Snapshots.
impl Caller<'_> {
    fn make_a_wish(&mut self) -> Wish {
        let initiators = match self.rng.random_range(0..5) {
            0 => {
                let node = self.random_node();
                Some(self.system.topology().cover_with(&[node]))
            }
            1 => Some((0..self.rng.random_range(0..4)).map(|_| self.random_node()).collect()),
            _ => None,
        };
        let tiny = Duration::from_micros(self.rng.random_range(0..3000));
        let timeout = if self.rng.random_bool(0.2) { tiny } else { GENEROUS };
        Wish { initiators, timeout, ..Wish::plain(self.settings) }
    }

    fn begin(&self, wish: &Wish) -> Pending {
        let mut options = SnapshotOptions::new();
        if let Some(nodes) = &wish.initiators {
            options = options.initiators(nodes.iter().copied());
        }
        if wish.timeout < GENEROUS {
            options = options.timeout(wish.timeout);
        }
        self.system.begin_snapshot_with(options)
    }

    /// Waits for a snapshot, and compares it with the counts before and after.
    fn take_snapshot(&mut self) {
        let wish = self.make_a_wish();
        let before = self.system.link_traffic();
        let result = self.begin(&wish).wait();
        let after = self.system.link_traffic();
        let Some(snapshot) = verdict::judge(self.run, &wish, &result) else { return };
        audit::check_between(self.run, &before, snapshot, &after);
        audit::check_injected(self.run, self.id, snapshot);
        if let Some(last) = &self.last {
            audit::check_order(self.run, last, snapshot);
        }
        self.last = Some(Arc::clone(snapshot));
    }

    /// Several snapshots run at once. Some of them are forgotten, given up, or waited for by two
    /// threads.
    fn take_several(&mut self) {
        let wishes: Vec<_> =
            (0..self.rng.random_range(1..=8)).map(|_| self.make_a_wish()).collect();
        let begin = |wish: Wish| {
            let begun = self.begin(&wish);
            (wish, begun)
        };
        let mut pending: Vec<_> = wishes.into_iter().map(begin).collect();
        while !pending.is_empty() {
            let (wish, begun) = pending.swap_remove(self.rng.random_range(0..pending.len()));
            self.deal_with(&wish, &begun);
        }
    }

    fn deal_with(&mut self, wish: &Wish, pending: &Pending) {
        match self.rng.random_range(0..6) {
            0 if self.may_leave > 0 => {
                self.may_leave -= 1;
                return;
            }
            1 => {
                self.run.tell_to_cancel(pending.id());
                pending.cancel();
            }
            2 => self.wait_impatiently(pending),
            3 => return self.wait_by_two(wish, pending),
            4 => self.find_again(pending),
            _ => {}
        }
        verdict::judge(self.run, wish, &pending.wait());
    }

    fn wait_impatiently(&mut self, pending: &Pending) {
        let timeout = Duration::from_micros(self.rng.random_range(0..2000));
        let result = pending.wait_timeout(timeout);
        let not_yet = WaitTimeoutError::NotYet { snapshot: pending.id(), waited: timeout };
        if result.as_ref().is_err_and(|error| *error == not_yet) {
            return;
        }
        self.run.ensure(pending.result().is_some(), || format!("{} ends twice", pending.id()));
    }

    fn wait_by_two(&self, wish: &Wish, pending: &Pending) {
        let other = pending.clone();
        let (here, there) = thread::scope(|scope| {
            let there = scope.spawn(move || other.wait());
            (pending.wait(), there.join().expect("a wait does not panic"))
        });
        verdict::judge(self.run, wish, &here);
        let agree = match (&here, &there) {
            (Ok(here), Ok(there)) => Arc::ptr_eq(here, there),
            (Err(here), Err(there)) => here == there,
            _ => false,
        };
        self.run.ensure(agree, || format!("{} ends in two ways", pending.id()));
    }

    /// A snapshot that is under way is always found. A snapshot that has ended may be forgotten.
    fn find_again(&self, pending: &Pending) {
        let was_open = pending.result().is_none();
        match self.system.find_snapshot(pending.id()) {
            Ok(found) => self.run.ensure(found.id() == pending.id(), || "found another".to_owned()),
            Err(error) => {
                verdict::judge_unknown(self.run, self.settings, pending.id(), &error);
                // It may have ended since: the history has it before its waiters hear, and others
                // that end with it may have pushed it out by then.
                let is_open = pending.result().is_none();
                let has_ended = matches!(error, FindSnapshotError::NotKept { .. });
                let is_pushed_out = self.system.history().len() == self.settings.history;
                self.run.ensure(!(was_open && is_open) || has_ended || is_pushed_out, || {
                    format!("{} is under way and unknown", pending.id())
                });
            }
        }
    }

    fn take_periodically(&mut self) {
        let period = Duration::from_micros(self.rng.random_range(0..3000));
        let plain = Wish::plain(self.settings);
        for result in self.system.every(period).take(self.rng.random_range(0..4)) {
            verdict::judge(self.run, &plain, &result);
        }
    }
}

/// Messages.
impl Caller<'_> {
    fn inject_some(&mut self) {
        let (mut messages, node) = (self.rng.random_range(1..100), self.random_node());
        let is_scattered = self.rng.random_bool(0.5);
        while messages > 0 && !self.run.must_quit() {
            let node = if is_scattered { self.random_node() } else { node };
            self.inject(node, Order::Chat);
            messages -= 1;
        }
    }

    /// Only this thread injects under this number, so its count of accepted messages is always
    /// exact.
    fn inject(&mut self, node: NodeId, order: Order) {
        let mut taken = self.run.taken(self.id).lock();
        let number = taken[node.index()] + 1;
        let (origin, amount) = (Origin::Caller(self.id), self.rng.random_range(0..5));
        match self.system.inject(node, Message { origin, number, amount, order }) {
            Ok(()) => {
                taken[node.index()] = number;
                Tally::add(&self.run.tally.injected, 1);
            }
            Err(error) => {
                verdict::judge_inject(self.run, &error);
                let returned = error.into_message().number;
                self.run.ensure(returned == number, || "another message came back".to_owned());
            }
        }
    }

    fn give_order(&mut self) {
        let node = self.random_node();
        let order = match self.rng.random_range(0..9) {
            0..=1 => Order::RequestSnapshot,
            2..=3 => Order::Burst(self.rng.random_range(1..50)),
            4 => return self.order_stop(node),
            5 => return self.order_panic(node),
            _ => {
                Tally::add(&self.run.tally.sleeps, 1);
                Order::Sleep(Duration::from_micros(self.rng.random_range(0..20_000)))
            }
        };
        self.inject(node, order);
    }

    /// Keeps a node busy for a while with one message.
    pub(crate) fn slow_down(mut self) {
        let node = self.random_node();
        self.inject(node, Order::Sleep(Duration::from_millis(50)));
        watch::sleep(Duration::from_millis(5));
    }

    /// Makes some nodes send a burst.
    pub(crate) fn stir_up(mut self) {
        for _ in 0..self.rng.random_range(1..=5) {
            let (node, messages) = (self.random_node(), self.rng.random_range(1..20));
            self.inject(node, Order::Burst(messages));
        }
    }

    fn order_stop(&mut self, node: NodeId) {
        if self.run.told_to_stop() >= self.run.setup.stops {
            return;
        }
        self.run.tell_to_stop(node);
        if self.rng.random_bool(0.5) {
            return self.inject(node, Order::Stop);
        }
        if let Err(error) = self.system.stop_node(node) {
            verdict::judge_stop(self.run, &error);
        }
    }

    fn order_panic(&mut self, node: NodeId) {
        if self.run.told_to_panic() >= self.run.setup.panics {
            return;
        }
        self.run.tell_to_panic(node);
        let order = pick(&[Order::Panic, Order::Panic, Order::PanicWhenRecorded], &mut self.rng);
        self.inject(node, order);
    }
}

/// Questions.
impl Caller<'_> {
    fn look_around(&mut self) {
        let history = self.system.history();
        let limit = self.settings.history;
        self.run.ensure(history.len() <= limit, || format!("{} are remembered", history.len()));
        for past in &history {
            let error = past.result.as_ref().err();
            let kept = past.snapshot.as_ref().map(|kept| Ok(Arc::clone(kept)));
            if let Some(result) = error.map(|error| Err(error.clone())).or(kept) {
                verdict::judge(self.run, &Wish::behind(error, self.settings), &result);
            }
        }
        let text = history.to_string();
        self.run.ensure(text.lines().count() > history.len(), || text.clone());

        let counts = self.system.snapshot_counts();
        let ended = counts.asked - counts.under_way();
        self.run.ensure(ended >= history.len() as u64, || format!("{counts:?}"));
        let failures = self.system.failures();
        let are_ordered = failures.iter().all(|failure| verdict::is_ordered(self.run, failure));
        self.run.ensure(are_ordered, || format!("wrong failures: {failures:?}"));
        // The subscription is dropped with all that has come by then.
        let subscription = self.system.subscribe();
        self.pause();
        drop(subscription);
    }
}
