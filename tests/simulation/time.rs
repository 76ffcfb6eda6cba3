//! Runs by time.

use std::time::Duration;

use consistent_cut::simulation::{Latency, Simulation, Step};
use consistent_cut::{Context, Link, LinkId, NodeId, Process, TimerId, Topology};

use crate::channel_law;
use crate::chatter::chatter;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A line of nodes. The first node sends numbered messages at set times, by a timer. Each node
/// notes each message and its time.
struct Sender {
    times: Vec<u64>,
    heard: Vec<u32>,
}

impl Process for Sender {
    type State = Vec<u32>;
    type Message = u32;

    fn on_start(&mut self, ctx: &mut Context<'_, u32>) {
        if ctx.id().index() == 0 {
            for (timer, at) in self.times.iter().enumerate() {
                ctx.set_timer(TimerId::new(timer as u64), ms(*at));
            }
        }
    }

    fn on_message(&mut self, _: Link, number: u32, _: &mut Context<'_, u32>) {
        self.heard.push(number);
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, u32>) {
        ctx.send_on(ctx.out_links()[0], timer.get() as u32);
    }

    fn state(&self) -> Vec<u32> {
        self.heard.clone()
    }
}

/// The times at which node 1 handles the messages, in milliseconds.
fn heard_at(latency: Latency, handling: Latency, times: &[u64]) -> Vec<u128> {
    let builder = Simulation::builder(Topology::line(2).expect("two nodes are a line"));
    let builder = builder.latency(latency).handling_time(handling).seed(3);
    let start = |_| Sender { times: times.to_vec(), heard: Vec::new() };
    let mut simulation = builder.start(start).expect("no setting is wrong");
    let mut heard = Vec::new();
    while let Some(step) = simulation.advance() {
        if step == Step::Handle(NodeId::new(1)) {
            heard.push(simulation.now().as_millis());
        }
    }
    let numbers = &simulation.process(NodeId::new(1)).expect("it is there").heard;
    assert_eq!(*numbers, (0..times.len() as u32).collect::<Vec<_>>(), "in order");
    heard
}

#[test]
fn steps_come_when_they_are_due() {
    let none = Latency::default();
    assert_eq!(heard_at(none, none, &[5, 7, 7, 20]), [5, 7, 7, 20]);
    assert_eq!(heard_at(Latency::Constant(ms(10)), none, &[5, 7, 20]), [15, 17, 30]);
}

#[test]
fn what_comes_while_a_handler_runs_waits() {
    let handling = Latency::Constant(ms(4));
    // The sender's timers take their time too.
    assert_eq!(heard_at(Latency::Constant(ms(10)), handling, &[0, 1, 30]), [10, 14, 40]);
}

#[test]
fn a_link_keeps_its_order_whatever_its_latency() {
    let times: Vec<u64> = (0..500).collect();
    for latency in [
        Latency::Uniform(ms(0), ms(90)),
        Latency::Exponential { mean: ms(30) },
        Latency::HeavyTail { least: ms(10) },
    ] {
        let heard = heard_at(latency, Latency::default(), &times);
        assert!(heard.windows(2).all(|pair| pair[0] <= pair[1]));
        assert!(heard.windows(2).any(|pair| pair[0] == pair[1]), "{latency:?}: none had to wait");
    }
}

#[test]
fn time_goes_on_to_where_it_was_asked_to() {
    let builder = Simulation::builder(Topology::line(2).expect("two nodes are a line"));
    let start = |_| Sender { times: vec![10, 20, 30], heard: Vec::new() };
    let mut simulation = builder.start(start).expect("no setting is wrong");
    // A timer, a delivery, a handler.
    assert_eq!((simulation.run_until(ms(15)), simulation.now()), (3, ms(15)));
    assert_eq!((simulation.run_until(ms(20)), simulation.now()), (3, ms(20)));
    assert_eq!((simulation.run(100), simulation.now()), (3, ms(30)));
    assert_eq!((simulation.run(100), simulation.advance()), (0, None));
    assert_eq!((simulation.run_until(ms(99)), simulation.now()), (0, ms(99)));
}

/// Steps by hand between those by time, also steps that were planned for later.
#[test]
fn hand_and_time_mix() {
    let topology = Topology::complete(4).expect("four nodes");
    let builder = Simulation::builder(topology.clone()).latency(Latency::Uniform(ms(1), ms(9)));
    let start = |node| chatter(&topology, node, 6);
    let mut simulation =
        builder.handling_time(Latency::Constant(ms(1))).start(start).expect("fine");
    let mut by_hand = 0;
    for round in 0.. {
        let step = simulation.enabled().iter().max().copied();
        match step.filter(|_| round % 3 == 0) {
            Some(step) => {
                simulation.step(step).expect("it is possible");
                by_hand += 1;
            }
            None if simulation.advance().is_none() => break,
            None => {}
        }
        channel_law::check(&simulation.global_state().expect("no node has failed"));
    }
    assert!(by_hand > 10 && simulation.enabled().is_empty());
    assert!(simulation.global_state().expect("no node has failed").in_flight().next().is_none());
}

#[test]
fn one_link_may_be_slower_than_the_others() {
    let topology = Topology::from_links(2, [(0, 1), (0, 1)]).expect("two links");
    let builder = Simulation::builder(topology.clone()).latency(Latency::Constant(ms(1)));
    let builder = builder.link_latency(LinkId::new(0), Latency::Constant(ms(50)));
    let start = |node: NodeId| chatter(&topology, node, 2 * u64::from(node.index() == 0));
    let mut simulation = builder.start(start).expect("no setting is wrong");
    let order: Vec<_> =
        std::iter::from_fn(|| Some((simulation.advance()?, simulation.now()))).collect();
    let delivered = |link| order.iter().find(|(step, _)| *step == Step::Deliver(LinkId::new(link)));
    assert_eq!(delivered(0).map(|(_, at)| *at), Some(ms(50)));
    assert_eq!(delivered(1).map(|(_, at)| *at), Some(ms(1)));
}
