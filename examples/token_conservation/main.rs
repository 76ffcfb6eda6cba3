//! Nodes pass tokens to each other at random and now and then discard one, each node on a thread of
//! its own.
//!
//! Snapshots are taken all the while, and every snapshot has three uses. It shows the place of each
//! token, at a node or on a link. Invariants are checked on it. And it detects the stable property
//! "no token left".
//!
//! ```text
//! cargo run --release --example token_conservation
//! cargo run --release --example token_conservation -- --topology abilene --tokens 200
//! cargo run --release --example token_conservation -- --help
//! ```

mod audit;
mod census;
#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;
mod holder;
mod options;
mod screen;
mod summary;

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use consistent_cut::property::Detection;
use consistent_cut::{GlobalSnapshot, System, Topology};

use audit::Audit;
use holder::{Holder, Message, Purse};
use options::Options;
use screen::Screen;
use summary::Summary;

type Snapshot = GlobalSnapshot<Purse, Message>;

/// Enough for the handlers here, and 1,000 nodes take little memory.
const STACK_SIZE: usize = 256 * 1024;

fn main() -> ExitCode {
    let options: Options = common::options::read();
    let topology = options.build_topology();
    common::finish(run(&options, topology))
}

fn run(options: &Options, topology: Topology) -> Result<(), Box<dyn Error>> {
    let mut audit = Audit::new(options.tokens);
    let none_left = audit::no_token_left();
    let mut summary = Summary::default();

    let nodes = topology.node_count();
    let system = System::builder(topology)
        .stack_size(STACK_SIZE)
        .spawn(|node| Holder::new(node, nodes, options))?;
    let screen = Screen::open(options, system.topology())?;
    for round in 1..=options.snapshots {
        #[allow(clippy::disallowed_methods, reason = "an example measures what its caller waits")]
        let asked = Instant::now();
        let snapshot = system.snapshot()?;
        let waited = asked.elapsed();

        screen.show(&snapshot, waited);
        audit.check(&snapshot)?;
        summary.add(&snapshot, waited);
        if let Detection::HoldsNow(_) = none_left.detect(&snapshot) {
            // No token will ever be there again, so more snapshots would show nothing new.
            break;
        }
        if round < options.snapshots {
            screen.pause(options.pause());
        }
    }
    screen.close(&summary);
    system.shutdown()?;
    Ok(())
}
