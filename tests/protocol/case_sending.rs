//! A handler sends to a node, on a link or on all links. The panic of a wrong send points to the
//! line of the send.

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use consistent_cut::protocol::{Envelope, NodeCore, Output};
use consistent_cut::{Context, Link, NodeId, Process, Topology};
use parking_lot::Mutex;

use crate::brief::{l, links, n};

type Handler = fn(&mut Context<'_, u64>);

/// Runs its order at the first message.
struct Handles(Handler);

impl Process for Handles {
    type State = ();
    type Message = u64;

    fn on_message(&mut self, _: Link, _: u64, ctx: &mut Context<'_, u64>) {
        (self.0)(ctx);
    }

    fn state(&self) {}
}

/// The messages that node 0 has sent, by link.
fn sent(topology: Topology, handler: Handler) -> Vec<(usize, Vec<u64>)> {
    let mut core = core(topology, handler);
    core.process_next();
    let batches = core.drain_output().map(|output| match output {
        Output::Messages { link, messages } => (link.index(), messages),
        _ => panic!("messages alone"),
    });
    batches.collect()
}

/// Node 0, which has a message to handle.
fn core(topology: Topology, handler: Handler) -> NodeCore<Handles> {
    let topology = Arc::new(topology);
    let environment = topology.environment_link(n(0)).unwrap().id;
    let mut core = NodeCore::new(n(0), topology, Handles(handler), Default::default());
    core.start();
    core.arrive(environment, Envelope::Message(0)).unwrap();
    core
}

#[test]
fn a_message_to_all_goes_once_on_each_link() {
    // To itself, twice to node 1, once to node 2; one link leads here.
    let topology = links(3, &[(0, 1), (2, 0), (0, 0), (0, 1), (0, 2)]);
    let all = sent(topology, |ctx| ctx.send_all(7));
    assert_eq!(all, [0, 2, 3, 4].map(|link| (link, vec![7])));
    assert_eq!(sent(links(2, &[(1, 0)]), |ctx| ctx.send_all(7)), []);
}

#[test]
fn a_link_and_its_id_are_the_same_to_a_sender() {
    let both = sent(links(2, &[(0, 1), (0, 1)]), |ctx| {
        let [first, second] = ctx.out_links() else { panic!("two links") };
        assert_eq!(ctx.room(first), ctx.room(first.id));
        ctx.send_on(second, 1);
        ctx.send_on(*second, 2);
        ctx.send_on(second.id, 3);
    });
    assert_eq!(both, [(1, vec![1, 2, 3])]);
}

#[test]
fn a_handler_knows_its_name() {
    let named = Topology::from_named_links([("here", "there")]).unwrap();
    sent(named, |ctx| assert_eq!(ctx.name(), Some("here")));
    sent(links(1, &[(0, 0)]), |ctx| assert_eq!(ctx.name(), None));
}

/// The panic of a send without a link names the line of the send.
#[test]
fn a_wrong_send_is_blamed_on_the_line_that_sends() {
    static LINES: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    let this = thread::current().id();
    let earlier = panic::take_hook();
    panic::set_hook(Box::new(move |info| match info.location() {
        Some(at) if thread::current().id() == this && at.file() == file!() => {
            LINES.lock().push(at.line());
        }
        _ => earlier(info),
    }));
    const FIRST: u32 = line!() + 2;
    let wrong: [Handler; 4] = [
        |ctx| ctx.send(n(1), 0),
        |ctx| ctx.send(NodeId::ENVIRONMENT, 0),
        |ctx| ctx.send_on(l(9), 0),
        |ctx| _ = ctx.room(l(9)),
    ];
    for handler in wrong {
        let mut core = core(links(2, &[(1, 0)]), handler);
        catch_unwind(AssertUnwindSafe(|| core.process_next())).unwrap_err();
    }
    // The usual hook reports failures from here on.
    drop(panic::take_hook());
    let lines = LINES.lock().clone();
    assert_eq!(lines, [0, 1, 2, 3].map(|line| FIRST + line));
}
