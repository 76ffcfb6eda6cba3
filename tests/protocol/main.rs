//! The pure core (`consistent_cut::protocol`) against oracles, without threads.
//!
//! - `teller`, `node`, `world`: the process under test, and the world that runs it and logs
//!   everything
//! - `oracles`, `replay`: the laws of every run
//! - `fault`, `link_fault`, `wrong`: wrong algorithms; `wrong_algorithms` proves that the oracles
//!   notice each of them
//! - `plan`, `random_run`, `sights`: random runs, and the events that they must have shown
//! - `random_runs`, `scenario`: the core under thousands of seeds
//! - `case_*`: small tests, one for each known fault of snapshot systems, in the words of `brief`

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

use support::{chance, channel_law, counts, effort, ids, policies};

mod brief;
mod fault;
mod link_fault;
mod node;
mod oracles;
mod plan;
mod random_run;
mod replay;
mod sights;
mod teller;
mod world;
mod wrong;

mod case_acknowledgements;
mod case_draining;
mod case_failed;
mod case_failing;
mod case_full_links;
mod case_interference;
mod case_late_draining;
mod case_lent_batches;
mod case_memory;
mod case_outputs;
mod case_panics;
mod case_reading;
mod case_restore;
mod case_room;
mod case_rows;
mod case_rule;
mod case_running;
mod case_sending;
mod case_starting;
mod case_state;
mod case_stopping;
mod case_suspects;
mod case_timers;
mod case_topology;
mod random_runs;
mod scenario;
mod wrong_algorithms;
