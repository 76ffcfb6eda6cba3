//! A [`Predicate`]: a statement about a snapshot, with a name and a reason.

use std::fmt;
use std::ops::Not;
use std::sync::Arc;

use super::verdict::Verdict;
use crate::snapshot::GlobalSnapshot;

type Judge<S, M> = Arc<dyn Fn(&GlobalSnapshot<S, M>) -> Verdict + Send + Sync>;

/// A statement that is true or false in a snapshot, with a name.
///
/// A predicate says nothing about how the system goes on. [`Invariant`](super::Invariant) and
/// [`StableProperty`](super::StableProperty) do: each is made of a predicate and a promise of
/// yours. Combine predicates by [`and`](Self::and), [`or`](Self::or) and `!`. Clones share their
/// parts.
///
/// ```
/// use consistent_cut::GlobalSnapshot;
/// use consistent_cut::property::{Invariant, Predicate};
///
/// type Snapshot = GlobalSnapshot<bool, ()>; // a node's state: whether it leads
///
/// let leaders = |snapshot: &Snapshot| snapshot.states().filter(|(_, leads)| **leads).count();
/// let two_lead = Predicate::new("two lead", move |snapshot| leads_twice(leaders(snapshot)));
/// fn leads_twice(leaders: usize) -> bool { leaders > 1 }
///
/// let invariant = Invariant::from(!two_lead);
/// assert_eq!(invariant.name(), "not two lead");
/// ```
pub struct Predicate<S, M> {
    name: String,
    /// Whether the name needs brackets when it becomes a part of another.
    is_compound: bool,
    judge: Judge<S, M>,
}

impl<S, M> Predicate<S, M> {
    /// A predicate, by a function that says whether it is true in a snapshot. The reason repeats
    /// the answer.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        is_true: impl Fn(&GlobalSnapshot<S, M>) -> bool + Send + Sync + 'static,
    ) -> Self {
        let name = name.into();
        let (yes, no) = (format!("`{name}` is true"), format!("`{name}` is false"));
        Predicate::with_reason(name, move |snapshot| match is_true(snapshot) {
            true => Verdict::True(yes.clone()),
            false => Verdict::False(no.clone()),
        })
    }

    /// A predicate, by a function that also says why it is true or false.
    #[must_use]
    pub fn with_reason(
        name: impl Into<String>,
        judge: impl Fn(&GlobalSnapshot<S, M>) -> Verdict + Send + Sync + 'static,
    ) -> Self {
        Predicate { name: name.into(), is_compound: false, judge: Arc::new(judge) }
    }

    /// The name of the predicate.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same predicate under another name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Predicate { name: name.into(), is_compound: false, ..self }
    }

    /// Whether the predicate is true in a snapshot, with the reason. The recorded state need not
    /// have occurred.
    pub fn evaluate(&self, snapshot: &GlobalSnapshot<S, M>) -> Verdict {
        (self.judge)(snapshot)
    }

    /// A predicate that is true where both are true.
    #[must_use]
    pub fn and(self, other: Self) -> Self
    where
        S: 'static,
        M: 'static,
    {
        self.combine("and", other, |one, other, snapshot| match one(snapshot) {
            Verdict::True(first) => match other(snapshot) {
                Verdict::True(second) => Verdict::True(format!("{first}; {second}")),
                not => not,
            },
            not => not,
        })
    }

    /// A predicate that is true where one of the two is true, or both.
    #[must_use]
    pub fn or(self, other: Self) -> Self
    where
        S: 'static,
        M: 'static,
    {
        self.combine("or", other, |one, other, snapshot| match one(snapshot) {
            Verdict::False(first) => match other(snapshot) {
                Verdict::False(second) => Verdict::False(format!("{first}; {second}")),
                is => is,
            },
            is => is,
        })
    }

    fn combine(
        self,
        word: &str,
        other: Self,
        both: impl Fn(&Judge<S, M>, &Judge<S, M>, &GlobalSnapshot<S, M>) -> Verdict
        + Send
        + Sync
        + 'static,
    ) -> Self
    where
        S: 'static,
        M: 'static,
    {
        let name = format!("{} {word} {}", self.as_part(), other.as_part());
        let (one, other) = (self.judge, other.judge);
        let judge = Arc::new(move |snapshot: &_| both(&one, &other, snapshot));
        Predicate { name, is_compound: true, judge }
    }

    fn as_part(&self) -> String {
        if self.is_compound { format!("({})", self.name) } else { self.name.clone() }
    }
}

/// A predicate that is true where the other is false, for the same reason.
impl<S: 'static, M: 'static> Not for Predicate<S, M> {
    type Output = Self;

    fn not(self) -> Self {
        let name = format!("not {}", self.as_part());
        let judge = self.judge;
        Predicate::with_reason(name, move |snapshot| !judge(snapshot))
    }
}

impl<S, M> Clone for Predicate<S, M> {
    fn clone(&self) -> Self {
        Predicate {
            name: self.name.clone(),
            is_compound: self.is_compound,
            judge: Arc::clone(&self.judge),
        }
    }
}

impl<S, M> fmt::Debug for Predicate<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predicate").field("name", &self.name).finish_non_exhaustive()
    }
}
