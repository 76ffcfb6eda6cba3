//! The parts that all examples share: they read options, print, write files, and end.
//!
//! | exit code | |
//! |---|---|
//! | 0 | all went well, or the reader of the output has gone |
//! | 1 | a check failed, or the system did |
//! | 2 | the options are wrong, or ask for more than this machine has |

pub(crate) mod ending;
pub(crate) mod files;
pub(crate) mod options;
pub(crate) mod output;

pub(crate) use ending::{finish, with_causes};
pub(crate) use output::{say, shown};
