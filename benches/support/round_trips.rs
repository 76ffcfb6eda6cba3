//! Round trips between a hub with many in-links and the one neighbour that is active, on a system,
//! and by hand with one inbox for each thread.

use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};

use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::figures::speed;
use super::on_a_system::Ready;
use super::workload::wait_for;

pub(crate) const NEIGHBOURS: usize = 256;

/// Sends back each message. The active neighbour counts down, and begins with a message from
/// outside.
struct Echo {
    is_active: bool,
    received: u64,
    ready: Sender<()>,
    done: Sender<()>,
}

impl Process for Echo {
    type State = ();
    type Message = u64;

    fn on_start(&mut self, _: &mut Context<'_, u64>) {
        self.ready.send(()).unwrap();
    }

    fn on_message(&mut self, from: Link, left: u64, ctx: &mut Context<'_, u64>) {
        self.received += 1;
        if from.is_environment() {
            return ctx.send_on(ctx.out_links()[0], left);
        }
        match left - u64::from(self.is_active) {
            0 => self.done.send(()).unwrap(),
            left => ctx.send(from.source, left),
        }
    }

    fn state(&self) {}
}

/// Round trips per second.
pub(crate) fn on_a_system(trips: u64) -> f64 {
    let (ready, (done, ended)) = (Ready::new(), bounded(1));
    let active = NodeId::new(1);
    let spokes = (1..=NEIGHBOURS).flat_map(|node| [(node, 0), (0, node)]);
    let topology = Topology::from_links(NEIGHBOURS + 1, spokes).unwrap();
    let echo = |node| Echo {
        is_active: node == active,
        received: 0,
        ready: ready.sender(),
        done: done.clone(),
    };
    let system = System::builder(topology).spawn(echo).unwrap();
    ready.wait(NEIGHBOURS + 1);
    let speed = speed(|| {
        system.inject(active, trips).unwrap();
        wait_for(&ended);
        trips
    });
    check(system.shutdown().unwrap().iter().map(|echo| echo.received), trips);
    speed
}

/// Round trips per second.
pub(crate) fn by_hand(trips: u64) -> f64 {
    let (done, ended) = bounded(1);
    let ready = Arc::new(Barrier::new(NEIGHBOURS + 2));
    let (to_hub, hub) = unbounded::<(usize, u64)>();
    let (outs, mut inboxes): (Vec<_>, Vec<_>) = (0..NEIGHBOURS).map(|_| unbounded()).unzip();
    let (start, active) = (outs[0].clone(), inboxes.swap_remove(0));
    let mut threads = vec![spawn_hub(hub, outs, Arc::clone(&ready))];
    threads.extend(inboxes.into_iter().map(|inbox| spawn_idle(inbox, Arc::clone(&ready))));
    threads.push(spawn_active(active, to_hub, Arc::clone(&ready), done));
    ready.wait();
    let speed = speed(|| {
        start.send(trips + 1).unwrap();
        wait_for(&ended);
        trips
    });
    drop(start);
    check(threads.into_iter().map(|thread| thread.join().unwrap()), trips);
    speed
}

/// Two messages per trip, and the first one from outside.
fn check(received: impl Iterator<Item = u64>, trips: u64) {
    assert_eq!(received.sum::<u64>(), 2 * trips + 1, "messages received");
}

fn spawn_hub(
    hub: Receiver<(usize, u64)>,
    outs: Vec<Sender<u64>>,
    ready: Arc<Barrier>,
) -> JoinHandle<u64> {
    thread::spawn(move || {
        ready.wait();
        let mut received = 0;
        for (from, left) in hub {
            received += 1;
            outs[from].send(left).unwrap();
        }
        received
    })
}

fn spawn_idle(inbox: Receiver<u64>, ready: Arc<Barrier>) -> JoinHandle<u64> {
    thread::spawn(move || {
        ready.wait();
        inbox.iter().count() as u64
    })
}

fn spawn_active(
    inbox: Receiver<u64>,
    to_hub: Sender<(usize, u64)>,
    ready: Arc<Barrier>,
    done: Sender<()>,
) -> JoinHandle<u64> {
    thread::spawn(move || {
        ready.wait();
        let mut received = 0;
        for left in inbox {
            received += 1;
            if left == 1 {
                done.send(()).unwrap();
                break;
            }
            to_hub.send((0, left - 1)).unwrap();
        }
        received
    })
}
