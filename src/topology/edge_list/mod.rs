//! The text form of a topology; the format is described in the [module](super) documentation.
//!
//! | file | holds |
//! |---|---|
//! | `reader` | the public calls, and the options for lists that other tools wrote |
//! | `line` | one line: its words, its arrows, and what is wrong with it |
//! | `other_formats` | formats that are recognised by how a text begins |
//! | `doubts` | lists of two columns that are likely something else |
//! | `writer` | the way back |

mod doubts;
mod line;
mod other_formats;
mod reader;
mod writer;

pub(crate) use other_formats::{Format, format_of};
pub use reader::EdgeListReader;
