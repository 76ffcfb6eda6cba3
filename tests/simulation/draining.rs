//! A stage takes ten messages and stops. If the stage drains its in-links, its sender goes on, also
//! in a restored simulation.

use consistent_cut::causality::{Cause, Replay};
use consistent_cut::simulation::{Simulation, SimulationBuilder};
use consistent_cut::{Context, Link, NodeId, Process, Restore, TimerId, Topology};

const SOURCE: NodeId = NodeId::new(0);
const SINK: NodeId = NodeId::new(1);
const ALL: u32 = 100;

/// The source counts the messages that it has sent, and the sink those that it has received.
struct Stage {
    count: u32,
    drains: bool,
}

impl Stage {
    fn send(&mut self, ctx: &mut Context<'_, u32>) {
        if ctx.id() == SOURCE && self.count < ALL {
            self.count += 1;
            ctx.send(SINK, self.count);
            ctx.set_timer(TimerId::new(0), std::time::Duration::from_millis(1));
        }
    }
}

impl Process for Stage {
    type State = u32;
    type Message = u32;

    fn on_start(&mut self, ctx: &mut Context<'_, u32>) {
        self.send(ctx);
    }

    fn on_timer(&mut self, _: TimerId, ctx: &mut Context<'_, u32>) {
        self.send(ctx);
    }

    fn on_message(&mut self, _: Link, _: u32, ctx: &mut Context<'_, u32>) {
        self.count += 1;
        match (self.count, self.drains) {
            (10, true) => ctx.stop_and_drain(),
            (10, false) => ctx.stop(),
            _ => {}
        }
    }

    fn state(&self) -> u32 {
        self.count
    }
}

impl Restore for Stage {
    fn on_restore(&mut self, count: u32, _: &mut Context<'_, u32>) {
        self.count = count;
    }
}

fn builder() -> SimulationBuilder<Stage> {
    Simulation::builder(Topology::line(2).expect("two nodes are a line")).capacity(4)
}

fn sent(simulation: &Simulation<Stage>) -> u32 {
    simulation.process(SOURCE).expect("it is there").count
}

#[test]
fn a_sender_goes_on_if_its_receiver_drains_and_waits_for_good_if_not() {
    for drains in [false, true] {
        let stage = |_| Stage { count: 0, drains };
        let mut simulation = builder().traced().start(stage).expect("no setting is wrong");
        simulation.run(60);
        simulation.begin_snapshot().expect("no node has failed");
        simulation.run(10_000);
        // Ten messages are received, four are in the link, and one waits for room.
        assert_eq!(sent(&simulation), if drains { ALL } else { 15 });
        let [snapshot] = simulation.snapshots() else { panic!("one is complete") };
        snapshot.verify().expect("it obeys the laws");
        assert_eq!((snapshot.is_stopped(SINK), snapshot.is_draining(SINK)), (true, drains));
        assert_eq!(snapshot.to_string().contains("stopped and drains"), drains);

        let trace = simulation.trace().expect("it is traced");
        let dropped = |cause: Cause| matches!(cause, Cause::Discarded { .. });
        assert_eq!(trace.events().iter().any(|event| dropped(event.cause)), drains);
        let cut = trace.cut_of(snapshot.id()).expect("both have recorded");
        let witness = trace.witness(&cut).expect("it is consistent");
        let mut replay = Replay::new(trace, stage);
        replay.run(witness.before()).expect("as it was");
        replay.compare(snapshot).expect("as it was recorded");
        replay.run(witness.after()).expect("as it was");

        let restored = builder().restore(snapshot, stage);
        let mut restored = restored.expect("the snapshot fits");
        restored.run(10_000);
        assert_eq!(sent(&restored), if drains { ALL } else { 15 });
    }
}

#[test]
fn a_node_that_has_stopped_can_be_told_to_drain_later() {
    let stage = |_| Stage { count: 0, drains: false };
    let mut simulation = builder().start(stage).expect("no setting is wrong");
    simulation.run(10_000);
    assert_eq!(sent(&simulation), 15);
    simulation.stop_node_and_drain(SINK).expect("it is there");
    simulation.run(10_000);
    assert_eq!(sent(&simulation), ALL);
    let written = simulation.schedule().to_string();
    let mut again = builder().start(stage).expect("no setting is wrong");
    let schedule = written.parse().expect("as it was written");
    again.replay(&schedule, |_, _| panic!("nothing is injected")).expect("as it was");
    assert_eq!(sent(&again), ALL);
}
