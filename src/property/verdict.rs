//! Whether something is so, and why.

use std::fmt;
use std::ops::Not;

/// Whether a [predicate](super::Predicate) is true in a snapshot, with the reason. Prints as its
/// reason.
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
    /// It is so, for this reason.
    True(String),
    /// It is not so, for this reason.
    False(String),
}

impl Verdict {
    /// A verdict, with a reason that serves for both.
    pub fn of(is_true: bool, reason: impl Into<String>) -> Verdict {
        if is_true { Verdict::True(reason.into()) } else { Verdict::False(reason.into()) }
    }

    /// Whether it is so.
    #[must_use]
    pub fn is_true(&self) -> bool {
        matches!(self, Verdict::True(_))
    }

    /// Why it is so, or why it is not.
    #[must_use]
    pub fn reason(&self) -> &str {
        let (Verdict::True(reason) | Verdict::False(reason)) = self;
        reason
    }

    /// As [`reason`](Self::reason), to keep.
    #[must_use]
    pub fn into_reason(self) -> String {
        let (Verdict::True(reason) | Verdict::False(reason)) = self;
        reason
    }
}

/// The opposite, for the same reason.
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
