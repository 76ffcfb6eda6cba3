//! A node that adds up numbers and passes each on, less one.

use consistent_cut::{Context, Link, Process, Restore};

#[derive(Clone, Debug, Default)]
pub(crate) struct Sum(pub(crate) u64);

impl Process for Sum {
    type State = u64;
    type Message = u64;

    fn on_message(&mut self, _: Link, number: u64, ctx: &mut Context<'_, u64>) {
        self.0 += number;
        if number > 1 {
            ctx.send_all(number - 1);
        }
        ctx.emit(number);
    }

    fn state(&self) -> u64 {
        self.0
    }
}

impl Restore for Sum {
    fn on_restore(&mut self, state: u64, _: &mut Context<'_, u64>) {
        self.0 = state;
    }
}
