//! How long one message takes through a pipeline in which nothing else is.

use std::thread;
use std::time::Instant;

use consistent_cut::{Context, Link, Process, System, Topology};
use crossbeam_channel::{Sender, unbounded};

use crate::figures::median;
use crate::goal::{Goals, Wanted};

const STAGES: usize = 8;

struct PassOn(Sender<()>);

impl Process for PassOn {
    type State = ();
    type Message = ();

    fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
        match ctx.out_links() {
            [next] => ctx.send_on(next.id, ()),
            _ => self.0.send(()).unwrap(),
        }
    }

    fn state(&self) {}
}

pub(crate) fn measure(goals: &mut Goals) {
    let messages = goals.scaled(500);
    let (tx, done) = unbounded();
    let topology = Topology::line(STAGES).unwrap();
    let first = topology.nodes().next().unwrap();
    let system = System::builder(topology).spawn(|_| PassOn(tx.clone())).unwrap();
    let (by_hand, mut rx) = unbounded();
    let threads: Vec<_> = (0..STAGES)
        .map(|_| {
            let (tx, next) = unbounded();
            let from = std::mem::replace(&mut rx, next);
            thread::spawn(move || from.iter().for_each(|()| tx.send(()).unwrap()))
        })
        .collect();
    goals.ratio("time of one message through an idle pipeline of 8", Wanted::AtMost(1.2), || {
        let (mut hand, mut of_system) = (Vec::new(), Vec::new());
        for _ in 0..messages {
            hand.push(time(|| {
                by_hand.send(()).unwrap();
                rx.recv().unwrap();
            }));
            of_system.push(time(|| {
                system.inject(first, ()).unwrap();
                done.recv().unwrap();
            }));
        }
        median(&of_system) / median(&hand)
    });
    drop(by_hand);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn time(what: impl FnOnce()) -> f64 {
    let start = Instant::now();
    what();
    start.elapsed().as_secs_f64()
}
