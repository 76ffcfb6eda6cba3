//! The printed form of a snapshot.

use consistent_cut::{Context, Link, Process, System, Topology};
use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::gate::Gate;
use crate::ids::node;
use crate::watchdog::finishes;

/// Keeps a list of the parcels that came, and sends each on. A "strike" closes the node until the
/// gate opens, and a "call" is answered.
struct Depot {
    parcels: Vec<&'static str>,
    gate: Gate,
    answers: Sender<&'static str>,
}

impl Process for Depot {
    type State = Vec<&'static str>;
    type Message = &'static str;

    fn on_message(&mut self, _: Link, parcel: &'static str, ctx: &mut Context<'_, &'static str>) {
        if parcel == "call" {
            return self.answers.send("called").unwrap();
        }
        self.parcels.push(parcel);
        if parcel == "strike" {
            self.gate.pass();
        } else if let Some(link) = ctx.out_links().first() {
            ctx.send_on(link, parcel);
        }
    }

    fn state(&self) -> Vec<&'static str> {
        let _ = self.answers.send("recorded");
        self.parcels.clone()
    }
}

fn depots(topology: Topology) -> (System<Depot>, Gate, Receiver<&'static str>) {
    let gate = Gate::new();
    let (answers, heard) = unbounded();
    let depot = |_| Depot { parcels: Vec::new(), gate: gate.clone(), answers: answers.clone() };
    (System::builder(topology).spawn(depot).unwrap(), gate, heard)
}

/// The text without the times, which differ from run to run.
fn without_times(text: &str) -> String {
    let (first, rest) = text.split_once('\n').unwrap();
    let (what, started) = first.split_once(", started at ").unwrap();
    let (_, by) = started.split_once(" by ").unwrap();
    let (who, _) = by.split_once(", took ").unwrap();
    format!("{what}, started by {who}\n{rest}\n")
}

/// Denver is on strike. Seattle has sent on two parcels, and a third was brought to Denver's own
/// door.
#[test]
fn a_snapshot_shows_names_states_and_messages_in_flight() {
    finishes(|| {
        let topology = Topology::from_named_links([("Boise", "Seattle"), ("Seattle", "Denver")]);
        let (system, gate, heard) = depots(topology.unwrap());
        let (seattle, denver) = (node(1), node(2));
        system.inject(denver, "strike").unwrap();
        gate.await_arrivals(1);
        for parcel in ["books", "tea", "call"] {
            system.inject(seattle, parcel).unwrap();
        }
        assert_eq!(heard.recv(), Ok("called"));
        system.inject(denver, "salt").unwrap();

        let pending = system.begin_snapshot();
        assert_eq!([heard.recv(), heard.recv()], [Ok("recorded"); 2]);
        // When Seattle answers, its marker is on the way.
        system.inject(seattle, "call").unwrap();
        assert_eq!(heard.recv(), Ok("called"));
        gate.open();
        assert_eq!(
            without_times(&pending.wait().unwrap().to_string()),
            "snapshot 1 of 3 nodes, 2 links, started by Boise\n\
             \x20 Boise: []\n\
             \x20 Seattle: [\"books\", \"tea\"]\n\
             \x20 Denver: [\"strike\"]\n\
             \x20 link 1, Seattle -> Denver: [\"books\", \"tea\"]\n\
             \x20 (outside) -> Denver: [\"salt\"]\n\
             \x20 1 of 2 links empty\n"
        );
    });
}

#[test]
fn a_snapshot_without_names_shows_numbers() {
    finishes(|| {
        let (system, _, _heard) = depots(Topology::ring(2).unwrap());
        assert_eq!(
            without_times(&system.snapshot().unwrap().to_string()),
            "snapshot 1 of 2 nodes, 2 links, started by 0\n\
             \x20 0: []\n\
             \x20 1: []\n\
             \x20 2 of 2 links empty\n"
        );
    });
}
