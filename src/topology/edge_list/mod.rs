//! The text form of a topology; the format is described in the [module](super) documentation.
//!
//! | file | holds |
//! |---|---|
//! | `reader` | the public calls, and the options for lists that other tools wrote |
//! | `line` | one line: its words, its arrows, and its problems |
//! | `other_formats` | formats that are recognised by the beginning of a text |
//! | `doubts` | lists of two columns that are likely another format |
//! | `text_file` | reads text files, and recognises files that are not text |
//! | `writer` | writes a topology as an edge list |

mod doubts;
mod line;
mod other_formats;
mod reader;
pub(super) mod text_file;
mod writer;

pub(crate) use other_formats::{Format, format_of};
pub use reader::EdgeListReader;
