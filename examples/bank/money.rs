//! Money, and where it is.

use std::fmt;

use consistent_cut::property::{Invariant, conserved};

use crate::Snapshot;
use crate::branch::{Books, Transfer};

/// In cents; shown in whole units.
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
    conserved(
        "money",
        Money(total),
        |_, books: &Books| Money(books.balance),
        |sent: &Transfer| Money(sent.0),
    )
}

pub(crate) fn at_branches(snapshot: &Snapshot) -> Money {
    snapshot.states().map(|(_, books)| Money(books.balance)).sum()
}

pub(crate) fn under_way(snapshot: &Snapshot) -> Money {
    snapshot.in_flight().map(|(_, transfer)| Money(transfer.0)).sum()
}
