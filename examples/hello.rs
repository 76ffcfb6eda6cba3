//! Two nodes pass a token to and fro until it rests. A snapshot finds the token once.
use consistent_cut::{Context, Link, Process, System, Topology};
use std::io::{Write, stdout};

struct Holder {
    has_token: bool,
}

impl Process for Holder {
    type State = bool;
    type Message = u32; // the token: how many hops it has left

    fn on_start(&mut self, ctx: &mut Context<'_, u32>) {
        if std::mem::take(&mut self.has_token) {
            ctx.send_on(ctx.out_links()[0], 1000);
        }
    }

    fn on_message(&mut self, from: Link, hops_left: u32, ctx: &mut Context<'_, u32>) {
        match hops_left {
            0 => self.has_token = true,
            _ => ctx.send(from.source, hops_left - 1),
        }
    }

    fn state(&self) -> bool {
        self.has_token
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::builder(Topology::ring(2)?)
        .spawn(|node| Holder { has_token: node.index() == 0 })?;
    let snapshot = system.snapshot()?;
    snapshot.verify()?;
    writeln!(stdout(), "{snapshot}").ok();
    let held = snapshot.states().filter(|(_, has_token)| **has_token).count();
    assert_eq!(held + snapshot.in_flight().count(), 1);
    Ok(())
}
