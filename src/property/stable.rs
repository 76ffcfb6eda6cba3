//! A [`StableProperty`], and the verdict of a snapshot on it.

use std::fmt;
use std::sync::Arc;

use super::finding::Finding;
use super::predicate::Predicate;
use super::verdict::Verdict;
use crate::snapshot::GlobalSnapshot;

/// A property that stays true once it is true. You promise that it does; the verdicts are only as
/// good as this promise.
///
/// The [ready properties](super) state the model under which they are stable, and prove it.
///
/// ```
/// use consistent_cut::property::StableProperty;
///
/// // A node's state counts its rounds; rounds are never taken back.
/// let hundred = StableProperty::<u64, ()>::new("a hundred rounds", |snapshot| {
///     snapshot.states().map(|(_, rounds)| rounds).sum::<u64>() >= 100
/// });
/// # let _ = hundred;
/// ```
///
/// Two stable properties joined by `and` or `or` are stable. The opposite of a stable property need
/// not be stable, so there is no `!`:
///
/// ```compile_fail,E0600
/// # use consistent_cut::property::StableProperty;
/// let property = StableProperty::<u64, ()>::new("a hundred rounds", |_| true);
/// let opposite = !property;
/// ```
pub struct StableProperty<S, M>(Predicate<S, M>);

impl<S, M> StableProperty<S, M> {
    /// A property, by a function that says whether it holds in a snapshot. Once true, the property
    /// has to stay true, whatever the system does.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        holds: impl Fn(&GlobalSnapshot<S, M>) -> bool + Send + Sync + 'static,
    ) -> Self {
        StableProperty(Predicate::new(name, holds))
    }

    /// As [`new`](Self::new), with a function that also says why the property holds or does not
    /// hold.
    #[must_use]
    pub fn with_reason(
        name: impl Into<String>,
        judge: impl Fn(&GlobalSnapshot<S, M>) -> Verdict + Send + Sync + 'static,
    ) -> Self {
        StableProperty(Predicate::with_reason(name, judge))
    }

    /// A property made of a predicate, with your promise that the predicate stays true once it is
    /// true.
    #[must_use]
    pub fn promise(predicate: Predicate<S, M>) -> Self {
        StableProperty(predicate)
    }

    /// The name of the property.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The same property under another name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        StableProperty(self.0.named(name))
    }

    /// A property that holds where both hold: both stay true, so they stay true together.
    #[must_use]
    pub fn and(self, other: Self) -> Self
    where
        S: 'static,
        M: 'static,
    {
        StableProperty(self.0.and(other.0))
    }

    /// A property that holds where one of the two holds: this one then stays true.
    #[must_use]
    pub fn or(self, other: Self) -> Self
    where
        S: 'static,
        M: 'static,
    {
        StableProperty(self.0.or(other.0))
    }

    /// Looks for the property in a snapshot. The verdict keeps the snapshot that it is about.
    pub fn detect(&self, snapshot: &Arc<GlobalSnapshot<S, M>>) -> Detection<S, M> {
        match Finding::make(&self.0, snapshot) {
            (true, finding) => Detection::HoldsNow(finding),
            (false, finding) => Detection::DidNotHoldAtStart(finding),
        }
    }

    /// The predicate of the property, without the promise that it stays true.
    #[must_use]
    pub fn into_predicate(self) -> Predicate<S, M> {
        self.0
    }
}

/// The verdict of a snapshot on a [stable property](StableProperty).
///
/// The snapshot began in the real state S<sub>b</sub> and ended in S<sub>e</sub>. The recorded
/// state S\* lies on an execution from S<sub>b</sub> to S<sub>e</sub>.
///
/// * If the property is true in S\*: S<sub>e</sub> comes after S\*, so the property holds in
///   S<sub>e</sub> and in every state since.
/// * If the property is false in S\*: S\* comes after S<sub>b</sub>, so the property did not hold
///   in S<sub>b</sub>; else it would still hold in S\*. It may have come true while the snapshot
///   was under way, or since.
///
/// So there is no verdict "does not hold now", and no snapshot can give this verdict: a snapshot
/// that you look at is of the past. This is why a detection is not a `bool`.
#[must_use = "the verdict is in it"]
pub enum Detection<S, M> {
    /// The property holds now: since the snapshot's end at the latest, and from now on.
    HoldsNow(Finding<S, M>),
    /// The property did not hold when the snapshot began. **Nothing is known about now**: it may
    /// hold by now, and may have held when the snapshot ended. Only another snapshot can tell.
    DidNotHoldAtStart(Finding<S, M>),
}

impl<S, M> Detection<S, M> {
    /// Whether the property holds now. The answer `false` does not mean that the property does not
    /// hold now: it did not hold when the snapshot began, and nothing is known about now.
    #[must_use]
    pub fn holds_now(&self) -> bool {
        matches!(self, Detection::HoldsNow(_))
    }

    /// The finding on which the verdict rests.
    #[must_use]
    pub fn finding(&self) -> &Finding<S, M> {
        match self {
            Detection::HoldsNow(finding) | Detection::DidNotHoldAtStart(finding) => finding,
        }
    }
}

impl<S, M> fmt::Display for Detection<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { property, reason, snapshot } = self.finding();
        let id = snapshot.id();
        match self {
            Detection::HoldsNow(_) => {
                write!(f, "`{property}`: holds, since the end of {id} at the latest ({reason})")
            }
            Detection::DidNotHoldAtStart(_) => write!(
                f,
                "`{property}`: did not hold when {id} began, and nothing is known of now ({reason})"
            ),
        }
    }
}

impl<S, M> Clone for StableProperty<S, M> {
    fn clone(&self) -> Self {
        StableProperty(self.0.clone())
    }
}

impl<S, M> fmt::Debug for StableProperty<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StableProperty").field(&self.name()).finish()
    }
}

impl<S, M> Clone for Detection<S, M> {
    fn clone(&self) -> Self {
        match self {
            Detection::HoldsNow(finding) => Detection::HoldsNow(finding.clone()),
            Detection::DidNotHoldAtStart(finding) => Detection::DidNotHoldAtStart(finding.clone()),
        }
    }
}

impl<S, M> fmt::Debug for Detection<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Detection::HoldsNow(_) => "HoldsNow",
            Detection::DidNotHoldAtStart(_) => "DidNotHoldAtStart",
        };
        f.debug_tuple(name).field(self.finding()).finish()
    }
}
