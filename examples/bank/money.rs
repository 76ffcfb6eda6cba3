//! Money, and the places where it is.

use std::fmt;

use consistent_cut::NodeId;
use consistent_cut::property::{Census, Invariant, conserved};

use crate::Snapshot;
use crate::branch::{Books, Transfer};

/// An amount in cents, which is shown in whole units.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Money(pub(crate) i64);

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

pub(crate) fn is_conserved(total: i64) -> Invariant<Books, Transfer> {
    conserved("money", Money(total), at_branch, on_its_way)
}

/// The places of the money.
pub(crate) fn count(snapshot: &Snapshot) -> Census<Money> {
    Census::take(snapshot, at_branch, on_its_way)
}

fn at_branch(_: NodeId, books: &Books) -> Money {
    Money(books.balance)
}

fn on_its_way(transfer: &Transfer) -> Money {
    Money(transfer.0)
}
