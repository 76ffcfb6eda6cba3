//! A simulated ring whose nodes run cues, for snapshots of any shape.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::simulation::{Simulation, Step};
use consistent_cut::{Context, GlobalSnapshot, Link, NodeId, Process, TimerId, Topology};

/// Holds an amount, and runs its cues.
#[derive(Default)]
pub(crate) struct Player(i64);

#[derive(Clone, Copy, Debug)]
pub(crate) enum Cue {
    /// Take this amount in.
    Take(i64),
    /// Send this amount on.
    Pass(i64),
    SetTimer,
    Stop,
}

impl Process for Player {
    type State = i64;
    type Message = Cue;

    fn on_message(&mut self, _: Link, cue: Cue, ctx: &mut Context<'_, Cue>) {
        match cue {
            Cue::Take(amount) => self.0 += amount,
            Cue::Pass(amount) => {
                self.0 -= amount;
                ctx.send_on(ctx.out_links()[0], Cue::Take(amount));
            }
            Cue::SetTimer => ctx.set_timer(TimerId::new(1), Duration::from_secs(1)),
            Cue::Stop => ctx.stop(),
        }
    }

    fn state(&self) -> i64 {
        self.0
    }
}

/// The amount that a message brings.
pub(crate) fn brought(cue: &Cue) -> i64 {
    match cue {
        Cue::Take(amount) => *amount,
        Cue::Pass(_) | Cue::SetTimer | Cue::Stop => 0,
    }
}

pub(crate) type Ring = Simulation<Player>;
pub(crate) type Snapshot =
    Arc<GlobalSnapshot<<Player as Process>::State, <Player as Process>::Message>>;

/// A ring of nodes that hold these amounts.
pub(crate) fn ring(amounts: &[i64]) -> Ring {
    let topology = Topology::ring(amounts.len()).expect("a ring has nodes");
    let start = |node: NodeId| Player(amounts[node.index()]);
    Simulation::builder(topology).start(start).expect("no setting is wrong")
}

/// Makes a node run a cue at once, if nothing else waits there.
pub(crate) fn tell(ring: &mut Ring, to: NodeId, cue: Cue) {
    ring.inject(to, cue).expect("the node is up");
    ring.step(Step::Handle(to)).expect("it is on the environment link");
}

/// A snapshot of the ring as it is: nothing is handled meanwhile.
pub(crate) fn snapshot(ring: &mut Ring) -> Snapshot {
    ring.begin_snapshot().expect("a node is up");
    let mut markers_alone = |_: &Ring, enabled: &[Step]| {
        let moves = |step: &&Step| matches!(step, Step::Initiate(..) | Step::Deliver(_));
        enabled.iter().find(moves).copied()
    };
    ring.run_by(&mut markers_alone, 10_000).expect("each step is possible");
    Arc::clone(ring.snapshots().last().expect("the snapshot is complete"))
}
