//! Two nodes pass a token to and fro; a snapshot taken meanwhile finds it once, at a node or on a link.

use consistent_cut::{Context, Link, Process, System, Topology};

struct Holder {
    has_token: bool,
}

#[derive(Clone, Debug)]
struct Token;

impl Process for Holder {
    type State = bool;
    type Message = Token;

    fn on_start(&mut self, ctx: &mut Context<'_, Token>) {
        if std::mem::take(&mut self.has_token) {
            ctx.send_on(ctx.out_links()[0].id, Token);
        }
    }

    fn on_message(&mut self, from: Link, token: Token, ctx: &mut Context<'_, Token>) {
        ctx.send(from.source, token);
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
    println!("{snapshot}");
    let held = snapshot.states().filter(|(_, has_token)| **has_token).count();
    assert_eq!(held + snapshot.in_flight().count(), 1);
    Ok(())
}
