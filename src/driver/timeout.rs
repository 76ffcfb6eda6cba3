//! A timeout in the text of an error.

use std::fmt;
use std::time::Duration;

/// A timeout in the text of an error. Zero is more likely a mistake than intended, so the text
/// names it.
pub(crate) struct Timeout(pub(crate) Duration);

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_zero() { f.write_str("a timeout of zero") } else { write!(f, "{:?}", self.0) }
    }
}
