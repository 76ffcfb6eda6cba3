//! A bank whose branches, a thread each, send each other money. Money is at the branches and on
//! its way between them, and it never stands still: only a consistent snapshot can count it. A
//! monitor counts all the while. With `--bug` the bank loses money, and the monitor finds that out.
//!
//! ```text
//! cargo run --release --example bank
//! cargo run --release --example bank -- --bug
//! cargo run --release --example bank -- --help
//! ```

#[path = "common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;

use std::error::Error;
use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use consistent_cut::monitor::{MonitorEvent, MonitorEvents, OnFound};
use consistent_cut::property::{Census, Check, Invariant, conserved};
use consistent_cut::{Context, GlobalSnapshot, Link, NodeId, Process, System, TimerId, Topology};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use common::options::share;
use common::say;

/// An amount in cents, which is shown in whole units.
#[derive(Clone, Copy, PartialEq)]
struct Money(i64);

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = self.0.unsigned_abs();
        f.pad(&format!("{sign}{}.{:02}", cents / 100, cents % 100))
    }
}

impl std::iter::Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        Money(amounts.map(|amount| amount.0).sum())
    }
}

fn is_conserved(total: i64) -> Invariant<Books, Transfer> {
    conserved("money", Money(total), at_branch, on_its_way)
}

/// The places of the money.
fn count(snapshot: &Snapshot) -> Census<Money> {
    Census::take(snapshot, at_branch, on_its_way)
}

fn at_branch(_: NodeId, books: &Books) -> Money {
    Money(books.balance)
}

fn on_its_way(transfer: &Transfer) -> Money {
    Money(transfer.0)
}

/// Money on its way, in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Transfer(i64);

/// The state of a branch, as a snapshot records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Books {
    /// In cents.
    balance: i64,
    /// Transfers sent so far.
    transfers: u64,
}

/// The bug of the bank's program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bug {
    None,
    /// Once in this many transfers, the fee is taken from the account and booked nowhere.
    LosesFees(u32),
}

struct Branch {
    books: Books,
    bug: Bug,
    generator: Xoshiro256PlusPlus,
}

const NEXT: TimerId = TimerId::new(1);
const FEE: i64 = 25;

impl Branch {
    fn new(node: NodeId, balance: i64, bug: Bug, seed: u64) -> Self {
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

type Snapshot = GlobalSnapshot<Books, Transfer>;

#[derive(Parser)]
#[command(about = "Money that moves all the time and is counted while it moves")]
struct Options {
    /// The number of branches
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    branches: u32,
    /// The money of each branch at the beginning, in cents
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(i64).range(0..=1_000_000_000_000))]
    balance: i64,
    /// The bank is open for this many seconds, or until money is missing
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    seconds: u32,
    /// The bank loses a fee once in 1,000 transfers
    #[arg(long)]
    bug: bool,
    /// The share of the time that counting may take, above 0 and up to 1
    #[arg(long, default_value_t = 0.1, value_parser = share)]
    cost: f64,
    /// Seed of the transfers; threads still interleave as they like
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    common::finish(open(&common::options::read()))
}

fn open(options: &Options) -> Result<(), Box<dyn Error>> {
    let bug = if options.bug { Bug::LosesFees(1_000) } else { Bug::None };
    let topology = Topology::complete(options.branches as usize)?;
    // If money is missing, the last snapshots tell since when.
    let system = System::builder(topology)
        .keep_snapshots(16)
        .spawn(|node| Branch::new(node, options.balance, bug, options.seed))?;
    let total = options.balance * i64::from(options.branches);
    let monitor = system
        .monitor()
        .invariant(is_conserved(total))
        .cost(options.cost)
        .on_found(OnFound::StopSystem)
        .start()?;
    let events = monitor.events();

    say!("{} branches with {} in all.\n", options.branches, Money(total));
    say!("     time      transfers        at branches         on its way");
    let ticks = (options.seconds * 5) as usize;
    for result in system.every(Duration::from_millis(200)).take(ticks) {
        // The snapshots end sooner if the monitor has stopped the system.
        say!("{}", line(&*result?));
    }
    let effort = monitor.effort();
    drop(monitor);
    let share = effort.share().unwrap_or_default();
    say!(
        "\nThe monitor has counted {} times, in {:.1} % of the time.",
        effort.snapshots,
        100.0 * share
    );
    if effort.snapshots == 0 {
        return Err(
            "it is not known whether money is missing: there was no time to count it".into()
        );
    }
    report(&system, events, total, options.bug)
}

fn line(snapshot: &Snapshot) -> String {
    let at = snapshot.timings().began().as_secs_f64();
    let transfers: u64 = snapshot.states().map(|(_, books)| books.transfers).sum();
    let money = count(snapshot);
    let (balances, on_its_way) = (money.at_nodes(), money.on_links());
    format!("{at:7.3} s   {transfers:12}   {balances:>16}   {on_its_way:>16}")
}

fn report(
    system: &System<Branch>,
    events: MonitorEvents<Books, Transfer>,
    total: i64,
    has_bug: bool,
) -> Result<(), Box<dyn Error>> {
    for event in events {
        say!("{event}.");
        let finding = match event {
            MonitorEvent::Violated(finding) => finding,
            MonitorEvent::SnapshotFailed { .. } | MonitorEvent::PropertyPanicked { .. } => {
                return Err("the money could not be counted each time".into());
            }
            _ => continue,
        };
        let history = system.history();
        let mut earlier = history.iter().filter_map(|past| past.snapshot.clone());
        let (found_in, is_conserved) = (finding.snapshot.id(), is_conserved(total));
        let was_all_there = |earlier: &Arc<Snapshot>| {
            earlier.id() < found_in && matches!(is_conserved.check(earlier), Check::Held(_))
        };
        if let Some(before) = earlier.rfind(was_all_there) {
            say!("All the money was there in {}.", before.id());
            // Of two snapshots that overlap, neither may be the older one.
            if let Ok(moved) = finding.snapshot.diff(&before) {
                let sent: u64 = moved.links().iter().map(|link| link.sent).sum();
                say!("Some of the {sent} transfers since then have lost money.");
            }
        }
        if !has_bug {
            return Err("money is missing, and there is no bug that loses it".into());
        }
        return Ok(());
    }
    if has_bug {
        return Err(
            "no lost fee was found: a fee is lost once in 1,000 transfers, so let the bank run for longer"
                .into(),
        );
    }
    say!("In every snapshot all the money was there.");
    Ok(())
}
