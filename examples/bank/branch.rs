//! A branch of the bank: it has money, and sends some of it to others.

use std::time::Duration;

use consistent_cut::{Context, Link, NodeId, Process, TimerId};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// Money on its way, in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transfer(pub(crate) i64);

/// The state of a branch, as a snapshot records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Books {
    /// In cents.
    pub(crate) balance: i64,
    /// Transfers sent so far.
    pub(crate) transfers: u64,
}

/// The bug of the bank's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    None,
    /// Once in this many transfers, the fee is taken from the account and booked nowhere.
    LosesFees(u32),
}

pub(crate) struct Branch {
    books: Books,
    bug: Bug,
    generator: Xoshiro256PlusPlus,
}

const NEXT: TimerId = TimerId::new(1);
const FEE: i64 = 25;

impl Branch {
    pub(crate) fn new(node: NodeId, balance: i64, bug: Bug, seed: u64) -> Self {
        let seed = seed.wrapping_add((node.index() as u64) << 32);
        let generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        Branch { books: Books { balance, transfers: 0 }, bug, generator }
    }

    fn plan(&mut self, ctx: &mut Context<'_, Transfer>) {
        let pause = Duration::from_micros(self.generator.random_range(1..=100));
        ctx.set_timer(NEXT, pause);
    }

    fn transfer(&mut self, ctx: &mut Context<'_, Transfer>) {
        let links = ctx.out_links();
        if self.books.balance < FEE || links.is_empty() {
            return;
        }
        let amount = self.generator.random_range(FEE..=self.books.balance);
        let link = links[self.generator.random_range(0..links.len())].id;
        self.books.balance -= amount;
        self.books.transfers += 1;
        ctx.send_on(link, Transfer(amount - self.lost()));
    }

    fn lost(&mut self) -> i64 {
        match self.bug {
            Bug::LosesFees(rarely) if self.generator.random_ratio(1, rarely) => FEE,
            _ => 0,
        }
    }
}

impl Process for Branch {
    type State = Books;
    type Message = Transfer;

    fn on_start(&mut self, ctx: &mut Context<'_, Transfer>) {
        self.plan(ctx);
    }

    fn on_message(&mut self, _: Link, Transfer(amount): Transfer, _: &mut Context<'_, Transfer>) {
        self.books.balance += amount;
    }

    fn on_timer(&mut self, _: TimerId, ctx: &mut Context<'_, Transfer>) {
        self.transfer(ctx);
        self.plan(ctx);
    }

    fn state(&self) -> Books {
        self.books
    }
}
