//! Messages are handed over in batches, and no message is kept back where handlers are slow.

use std::hint::black_box;

use consistent_cut::{Context, Link, Process, System, Topology};
use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::ids::node;
use crate::watchdog::finishes;

const MESSAGES: usize = 200;

/// Node 0 passes injected messages on, slowly. It ends no handler before node 1 has received the
/// message of the handler before.
enum Node {
    Slow { sent: usize, received: Receiver<()> },
    Sink { received: usize, tell: Sender<()>, done: Sender<()> },
}

impl Process for Node {
    type State = ();
    type Message = ();

    fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
        match self {
            Node::Slow { sent, received } => {
                // About ten microseconds of work, whatever node 1 does meanwhile.
                (0..100_000).for_each(|step| _ = black_box(step));
                if *sent > 0 {
                    received.recv().unwrap();
                }
                *sent += 1;
                ctx.send_on(ctx.out_links()[0], ());
            }
            Node::Sink { received, tell, done } => {
                *received += 1;
                tell.send(()).unwrap();
                if *received == MESSAGES {
                    done.send(()).unwrap();
                }
            }
        }
    }

    fn state(&self) {}
}

#[test]
fn what_a_slow_handler_has_sent_does_not_wait_for_the_next() {
    finishes(|| {
        let ((tell, received), (done_tx, done)) = (unbounded(), unbounded());
        let system = System::builder(Topology::line(2).unwrap()).spawn(|at| match at.index() {
            0 => Node::Slow { sent: 0, received: received.clone() },
            _ => Node::Sink { received: 0, tell: tell.clone(), done: done_tx.clone() },
        });
        let system = system.unwrap();
        (0..MESSAGES).for_each(|_| system.inject(node(0), ()).unwrap());
        done.recv().unwrap();
        system.shutdown().unwrap();
    });
}
