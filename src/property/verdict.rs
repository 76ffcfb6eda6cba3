//! Whether a predicate is true, and why.

use std::fmt;
use std::ops::Not;

/// Whether a [predicate](super::Predicate) is true in a snapshot, with the reason. `Display` prints
/// the reason.
///
/// ```
/// use consistent_cut::property::Verdict;
///
/// let leaders = 2;
/// let verdict = Verdict::of(leaders <= 1, format!("{leaders} nodes lead"));
/// assert!(!verdict.is_true());
/// assert_eq!(verdict.reason(), "2 nodes lead");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "the verdict is in it"]
pub enum Verdict {
    /// The predicate is true, for this reason.
    True(String),
    /// The predicate is false, for this reason.
    False(String),
}

impl Verdict {
    /// A verdict with this reason, which serves for true and for false.
    pub fn of(is_true: bool, reason: impl Into<String>) -> Verdict {
        if is_true { Verdict::True(reason.into()) } else { Verdict::False(reason.into()) }
    }

    /// Whether the predicate is true.
    #[must_use]
    pub fn is_true(&self) -> bool {
        matches!(self, Verdict::True(_))
    }

    /// Why the predicate is true, or why it is false.
    #[must_use]
    pub fn reason(&self) -> &str {
        let (Verdict::True(reason) | Verdict::False(reason)) = self;
        reason
    }

    /// As [`reason`](Self::reason), as a text of the caller's own.
    #[must_use]
    pub fn into_reason(self) -> String {
        let (Verdict::True(reason) | Verdict::False(reason)) = self;
        reason
    }
}

/// The opposite verdict, for the same reason.
impl Not for Verdict {
    type Output = Verdict;

    fn not(self) -> Verdict {
        match self {
            Verdict::True(reason) => Verdict::False(reason),
            Verdict::False(reason) => Verdict::True(reason),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}
