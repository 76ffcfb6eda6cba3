//! The same workloads as processes of a system.

use std::hint::black_box;

use consistent_cut::{Context, Link, LinkId, Process, System, SystemBuilder, Topology};
use crossbeam_channel::{Sender, unbounded};

use super::{Capacity, Message, Workload, work};

/// Messages that a producer sends for each tick on its self-link.
const BURST: u64 = 64;

/// Runs the workload and returns how many messages were received.
pub(crate) fn run(workload: Workload, capacity: Capacity, messages: u64) -> u64 {
    match workload {
        Workload::Ring { nodes, tokens } => ring(nodes, tokens, capacity, messages / tokens),
        Workload::FanIn { producers } => {
            let each = messages / producers as u64;
            let links = (0..producers).flat_map(|node| [(node, producers), (node, node)]);
            let topology = Topology::from_links(producers + 1, links).unwrap();
            stream(topology, capacity, |node| node < producers, each, producers as u64 * each);
            producers as u64 * each
        }
        Workload::Pipeline { stages } => {
            let each = messages / stages as u64;
            let links = (1..stages).map(|node| (node - 1, node)).chain([(0, 0)]);
            let topology = Topology::from_links(stages, links).unwrap();
            stream(topology, capacity, |node| node == 0, each, each);
            (stages as u64 - 1) * each
        }
    }
}

fn builder<P: Process>(topology: Topology, capacity: Capacity) -> SystemBuilder<P> {
    match capacity {
        Capacity::Unbounded => System::builder(topology).unbounded(),
        Capacity::Of(messages) => System::builder(topology).capacity(messages),
    }
}

struct Hop {
    tokens: u64,
    hops: u64,
    sum: u64,
    done: Sender<()>,
}

impl Process for Hop {
    type State = u64;
    type Message = Message;

    fn on_start(&mut self, ctx: &mut Context<'_, Message>) {
        for number in 0..self.tokens {
            ctx.send_on(ctx.out_links()[0].id, Message { number: self.hops, payload: number });
        }
    }

    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        let Message { number, payload } = message;
        self.sum = work(self.sum, message);
        match number {
            1 => self.done.send(()).unwrap(),
            _ => ctx.send_on(ctx.out_links()[0].id, Message { number: number - 1, payload }),
        }
    }

    fn state(&self) -> u64 {
        self.sum
    }
}

fn ring(nodes: usize, tokens: u64, capacity: Capacity, hops: u64) -> u64 {
    let (tx, done) = unbounded();
    let system = builder(Topology::ring(nodes).unwrap(), capacity)
        .spawn(|node| Hop {
            tokens: if node.index() == 0 { tokens } else { 0 },
            hops,
            sum: 0,
            done: tx.clone(),
        })
        .unwrap();
    for _ in 0..tokens {
        done.recv().unwrap();
    }
    black_box(system.shutdown().unwrap());
    tokens * hops
}

/// Produces, passes on, or consumes, by its place in the topology.
struct Stage {
    to_produce: u64,
    to_consume: u64,
    out: Option<LinkId>,
    tick: Option<LinkId>,
    sum: u64,
    done: Sender<()>,
}

impl Stage {
    fn produce(&mut self, ctx: &mut Context<'_, Message>) {
        let (Some(out), Some(tick)) = (self.out, self.tick) else { return };
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
        self.produce(ctx);
    }

    fn on_message(&mut self, from: Link, message: Message, ctx: &mut Context<'_, Message>) {
        if from.is_self_link() {
            return self.produce(ctx);
        }
        self.sum = work(self.sum, message);
        match self.out {
            Some(out) => ctx.send_on(out, message),
            None => {
                self.to_consume -= 1;
                if self.to_consume == 0 {
                    self.done.send(()).unwrap();
                }
            }
        }
    }

    fn state(&self) -> u64 {
        self.sum
    }
}

fn stream(
    topology: Topology,
    capacity: Capacity,
    is_producer: impl Fn(usize) -> bool,
    each: u64,
    to_consume: u64,
) {
    let (tx, done) = unbounded();
    let system = builder(topology, capacity)
        .spawn(|node| Stage {
            to_produce: if is_producer(node.index()) { each } else { 0 },
            to_consume,
            out: None,
            tick: None,
            sum: 0,
            done: tx.clone(),
        })
        .unwrap();
    done.recv().unwrap();
    black_box(system.shutdown().unwrap());
}
