//! A process whose work spreads to others by messages, and comes back by timers.

use std::time::Duration;

use consistent_cut::{Context, Link, Process, TimerId};

use crate::chance::Chance;
use crate::skew::MOST;

const AT_WORK: TimerId = TimerId::new(1);
pub(crate) const AFTERTHOUGHT: TimerId = TimerId::new(2);

/// Works off the jobs that it gets, at once or one after another by a timer. Each job makes new
/// jobs for other nodes.
#[derive(Debug)]
pub(crate) struct Worker {
    is_quick: bool,
    /// The depth to which each job may still branch.
    jobs: Vec<u64>,
    /// The number of times that it still comes back to its work, when the work seems done.
    afterthoughts: usize,
    /// The number of handlers that have run.
    handled: u64,
    /// The worker stops when this many handlers have run.
    lifetime: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Jobs to do.
    pub(crate) jobs: usize,
    pub(crate) handled: u64,
}

impl Worker {
    pub(crate) fn new(chance: &mut Chance) -> Worker {
        let lifetime = if chance.one_in(4) { 1 + chance.below(6) as u64 } else { u64::MAX };
        let (jobs, afterthoughts) = (vec![5; chance.below(2)], chance.below(2));
        Worker { is_quick: chance.one_in(3), jobs, afterthoughts, handled: 0, lifetime }
    }

    fn rest_or_work(&mut self, ctx: &mut Context<'_, u64>) {
        if self.handled >= self.lifetime {
            ctx.stop();
        } else if !self.jobs.is_empty() {
            ctx.set_timer(AT_WORK, Duration::from_micros(self.jobs.len() as u64 * 700));
        } else if self.afterthoughts > 0 {
            ctx.set_timer(AFTERTHOUGHT, MOST);
        }
    }

    fn work(&mut self, depth: u64, ctx: &mut Context<'_, u64>) {
        let links = ctx.out_links();
        let branches = (depth * 5 + self.handled * 7) % 3;
        for branch in 0..branches.min(depth) {
            if let Some(link) = links.get((self.handled + branch) as usize % links.len().max(1)) {
                ctx.send_on(link, depth - 1);
            }
        }
    }
}

impl Process for Worker {
    type State = Recorded;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        self.rest_or_work(ctx);
    }

    fn on_message(&mut self, _: Link, depth: u64, ctx: &mut Context<'_, u64>) {
        self.handled += 1;
        if self.is_quick {
            self.work(depth, ctx);
        } else {
            self.jobs.push(depth);
        }
        self.rest_or_work(ctx);
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, u64>) {
        self.handled += 1;
        if timer == AFTERTHOUGHT {
            self.afterthoughts -= 1;
            self.work(3, ctx);
        } else if let Some(depth) = self.jobs.pop() {
            self.work(depth, ctx);
        }
        self.rest_or_work(ctx);
    }

    fn state(&self) -> Recorded {
        Recorded { jobs: self.jobs.len(), handled: self.handled }
    }
}
