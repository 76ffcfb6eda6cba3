//! An [`Invariant`], and the verdict of a snapshot on it.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::finding::Finding;
use super::predicate::Predicate;
use super::verdict::Verdict;
use crate::snapshot::GlobalSnapshot;

/// A property that is meant to hold in every state that the system can reach.
///
/// Two invariants joined by `and` or `or` are invariants. The opposite of an invariant is not an
/// invariant; to say that something is never the case, negate [a predicate](Predicate) with `!`.
///
/// ```
/// use consistent_cut::property::Invariant;
///
/// let one_leads = Invariant::<bool, ()>::with_reason("at most one leads", |snapshot| {
///     let leaders = snapshot.states().filter(|(_, leads)| **leads);
///     let leaders: Vec<_> = leaders.map(|(node, _)| node).collect();
///     if leaders.len() <= 1 { Ok(()) } else { Err(format!("{leaders:?} all lead")) }
/// });
/// # let _ = one_leads;
/// ```
pub struct Invariant<S, M>(Predicate<S, M>);

impl<S, M> Invariant<S, M> {
    /// An invariant, by a function that says whether it holds in a snapshot.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        holds: impl Fn(&GlobalSnapshot<S, M>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Invariant(Predicate::new(name, holds))
    }

    /// As [`new`](Self::new), with a function that says why the invariant does not hold, if it does
    /// not.
    #[must_use]
    pub fn with_reason(
        name: impl Into<String>,
        judge: impl Fn(&GlobalSnapshot<S, M>) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        let name = name.into();
        let held = format!("`{name}` is true");
        let judge = move |snapshot: &_| match judge(snapshot) {
            Ok(()) => Verdict::True(held.clone()),
            Err(reason) => Verdict::False(reason),
        };
        Invariant(Predicate::with_reason(name, judge))
    }

    /// The name of the invariant.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The same invariant under another name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Invariant(self.0.named(name))
    }

    /// An invariant that holds where both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self
    where
        S: 'static,
        M: 'static,
    {
        Invariant(self.0.and(other.0))
    }

    /// An invariant that holds where one of the two holds, or both.
    #[must_use]
    pub fn or(self, other: Self) -> Self
    where
        S: 'static,
        M: 'static,
    {
        Invariant(self.0.or(other.0))
    }

    /// Checks whether a snapshot breaks the invariant. The verdict keeps the snapshot that it is
    /// about.
    pub fn check(&self, snapshot: &Arc<GlobalSnapshot<S, M>>) -> Check<S, M> {
        match Finding::make(&self.0, snapshot) {
            (true, finding) => Check::Held(finding),
            (false, finding) => Check::Violated(finding),
        }
    }

    /// The predicate of the invariant, without the promise that it always holds.
    #[must_use]
    pub fn into_predicate(self) -> Predicate<S, M> {
        self.0
    }
}

/// Making an invariant of a predicate is your claim that the predicate always holds.
impl<S, M> From<Predicate<S, M>> for Invariant<S, M> {
    fn from(predicate: Predicate<S, M>) -> Self {
        Invariant(predicate)
    }
}

/// The verdict of a snapshot on an [invariant](Invariant).
///
/// The recorded state S\* can be reached from the state in which the snapshot began. S\* need not
/// have occurred: the system may have taken another way, on which every state was fine. But if two
/// nodes had been a little faster or slower, S\* would have been the real state. So a violation in
/// S\* is a fault of the system. Another run may show this fault, even if no real state of this run
/// has shown it.
#[must_use = "the verdict is in it"]
pub enum Check<S, M> {
    /// The invariant held in S\*. This says nothing about states that were not recorded.
    Held(Finding<S, M>),
    /// The property is not an invariant: S\*, a state that the system can reach, breaks it. The
    /// property may hold in the real state now, and may have held in all real states so far.
    Violated(Finding<S, M>),
}

impl<S, M> Check<S, M> {
    /// The finding on which the verdict rests.
    #[must_use]
    pub fn finding(&self) -> &Finding<S, M> {
        match self {
            Check::Held(finding) | Check::Violated(finding) => finding,
        }
    }

    /// The verdict as a result, for `?`: a violation is an error.
    ///
    /// # Errors
    /// If the invariant was violated.
    pub fn into_result(self) -> Result<Finding<S, M>, InvariantViolated<S, M>> {
        match self {
            Check::Held(finding) => Ok(finding),
            Check::Violated(finding) => Err(InvariantViolated(finding)),
        }
    }
}

/// The error of a reachable state that breaks an invariant.
#[derive(Error)]
#[error("`{}` is no invariant: {}, a state that the system can reach, breaks it ({})", .0.property, .0.snapshot.id(), .0.reason)]
pub struct InvariantViolated<S, M>(pub Finding<S, M>);

impl<S, M> fmt::Display for Check<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Check::Held(Finding { property, snapshot, .. }) => write!(
                f,
                "`{property}`: held in {}, which says nothing of other states",
                snapshot.id()
            ),
            Check::Violated(finding) => InvariantViolated(finding.clone()).fmt(f),
        }
    }
}

impl<S, M> Clone for Invariant<S, M> {
    fn clone(&self) -> Self {
        Invariant(self.0.clone())
    }
}

impl<S, M> fmt::Debug for Invariant<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Invariant").field(&self.name()).finish()
    }
}

impl<S, M> Clone for Check<S, M> {
    fn clone(&self) -> Self {
        match self {
            Check::Held(finding) => Check::Held(finding.clone()),
            Check::Violated(finding) => Check::Violated(finding.clone()),
        }
    }
}

impl<S, M> fmt::Debug for Check<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Check::Held(_) => "Held",
            Check::Violated(_) => "Violated",
        };
        f.debug_tuple(name).field(self.finding()).finish()
    }
}

impl<S, M> Clone for InvariantViolated<S, M> {
    fn clone(&self) -> Self {
        InvariantViolated(self.0.clone())
    }
}

impl<S, M> fmt::Debug for InvariantViolated<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InvariantViolated").field(&self.0).finish()
    }
}
