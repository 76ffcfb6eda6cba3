//! Space-time diagrams, read back from the SVG: every sign stands for something in the trace, and everything there has its sign.

#[path = "../protocol/chance.rs"]
#[allow(dead_code, reason = "the tests of the protocol use the rest")]
mod chance;
#[path = "../simulation/chatter.rs"]
#[allow(dead_code, reason = "the tests of simulations use the rest")]
mod chatter;
mod committed;
mod errors;
mod facts;
mod labels;
mod options;
mod picture;
mod random_runs;
mod signs;
mod texts;
mod windows;
