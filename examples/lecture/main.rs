//! The lecture on distributed snapshots, told in its order by running it: the token, the algorithm
//! that trusts clocks, the better algorithm, Chandy and Lamport's, consistent cuts, and the
//! question which state a snapshot shows.
//!
//! ```text
//! cargo run --example lecture
//! cargo run --example lecture --features diagram      draws the pictures too
//! cargo run --example lecture -- --help
//! ```

#[path = "../common/mod.rs"]
#[allow(dead_code, unused_imports, reason = "no example uses all of it")]
mod common;
mod counter;
mod cuts;
mod paper;
mod pictures;
mod stable;
mod story;
mod token;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use common::say;
use pictures::Pictures;

#[derive(Parser)]
#[command(about = "The lecture on distributed snapshots, told by running it")]
struct Options {
    /// The folder for the pictures
    #[arg(long, default_value = "target/lecture")]
    pictures: PathBuf,
}

fn main() -> ExitCode {
    let options: Options = common::options::read();
    common::finish(lecture(Pictures::new(options.pictures)))
}

fn lecture(mut pictures: Pictures) -> Result<(), Box<dyn Error>> {
    pictures.check()?;
    let pictures = &mut pictures;
    token::introduce()?;
    chapter(1, "Physical time: what if we could trust clocks?");
    token::clocks_that_agree(pictures)?;
    token::clocks_that_differ(pictures)?;

    chapter(2, "A better algorithm: messages, not clocks");
    token::better(pictures)?;
    token::better_loses(pictures)?;

    chapter(3, "Chandy and Lamport: what is in flight counts too");
    token::chandy_lamport(pictures)?;
    token::two_initiators(pictures)?;

    chapter(4, "Consistent cuts");
    cuts::all_cuts_of_one_message()?;

    chapter(5, "Which state is snapshotted?");
    counter::never_occurred(pictures)?;
    paper::never_occurred(pictures)?;

    chapter(6, "Stable properties: what a snapshot tells about now");
    stable::what_is_certain()?;

    pictures.tell();
    Ok(())
}

fn chapter(number: u32, title: &str) {
    say!("\n{number}. {title}\n");
}
