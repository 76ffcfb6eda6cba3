//! Producers, stages that pass messages on, and a sink.

use consistent_cut::{Context, Link, LinkId, NodeId, Process, SystemBuilder};
use crossbeam_channel::{Sender, bounded};

use super::super::figures::speed;
use super::super::workload::{Message, Tally, check, wait_for};
use super::Ready;

/// Messages that a producer sends for each tick on its self-link.
const BURST: u64 = 64;

/// The first `producers` nodes send `each` messages. Returns messages per second, those of all
/// links.
pub(super) fn run(
    builder: SystemBuilder<Stage>,
    producers: usize,
    each: u64,
    to_consume: u64,
) -> f64 {
    let (ready, (done, ended)) = (Ready::new(), bounded(1));
    let stage = |node: NodeId| Stage {
        to_produce: if node.index() < producers { each } else { 0 },
        to_consume,
        out: None,
        tick: None,
        tally: Tally::default(),
        ready: ready.sender(),
        done: done.clone(),
    };
    let system = builder.spawn(stage).unwrap();
    let nodes = system.topology().node_count();
    ready.wait(nodes);
    // A producer receives only ticks, which do not count.
    let expected = (nodes - producers) as u64 * to_consume;
    let speed = speed(|| {
        for node in system.topology().nodes().take(producers) {
            system.inject(node, Message::START).unwrap();
        }
        wait_for(&ended);
        expected
    });
    let processes = system.shutdown().unwrap();
    check(processes.into_iter().map(|process| process.tally), expected);
    speed
}

/// Produces, passes on, or consumes, by its place in the topology.
pub(super) struct Stage {
    to_produce: u64,
    to_consume: u64,
    out: Option<LinkId>,
    tick: Option<LinkId>,
    tally: Tally,
    ready: Sender<()>,
    done: Sender<()>,
}

impl Stage {
    fn produce(&mut self, tick: LinkId, ctx: &mut Context<'_, Message>) {
        let Some(out) = self.out else { return };
        for _ in 0..BURST.min(self.to_produce) {
            ctx.send_on(out, Message { number: self.to_produce, payload: self.to_produce });
            self.to_produce -= 1;
        }
        if self.to_produce > 0 {
            ctx.send_on(tick, Message { number: 0, payload: 0 });
        }
    }
}

impl Process for Stage {
    type State = u64;
    type Message = Message;

    fn on_start(&mut self, ctx: &mut Context<'_, Message>) {
        self.out = ctx.out_links().iter().find(|link| !link.is_self_link()).map(|link| link.id);
        self.tick = ctx.out_links().iter().find(|link| link.is_self_link()).map(|link| link.id);
        self.ready.send(()).unwrap();
    }

    #[inline(always)]
    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        if let Some(tick) = self.tick {
            return self.produce(tick, ctx);
        }
        self.tally.take(message);
        match self.out {
            Some(out) => ctx.send_on(out, message),
            None if self.tally.received == self.to_consume => self.done.send(()).unwrap(),
            None => {}
        }
    }

    fn state(&self) -> u64 {
        self.tally.sum
    }
}
