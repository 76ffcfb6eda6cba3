//! The same workloads as processes of a system.

mod ring;
mod stream;

use consistent_cut::{Process, System, SystemBuilder, Topology};
use crossbeam_channel::{Receiver, Sender, unbounded};

pub(crate) use ring::Ring;

use super::workload::{Capacity, Workload};

/// Messages per second; the start and the end of the system are not in the time.
pub(crate) fn run(workload: Workload, capacity: Capacity, messages: u64) -> f64 {
    let each = workload.each(messages);
    match workload {
        Workload::Ring { nodes, tokens } => {
            let builder = builder(Topology::ring(nodes).unwrap(), capacity);
            let ring = Ring::start(builder, tokens, each);
            let speed = ring.run();
            ring.end();
            speed
        }
        Workload::FanIn { producers } => {
            let links = (0..producers).flat_map(|node| [(node, producers), (node, node)]);
            let topology = Topology::from_links(producers + 1, links).unwrap();
            let to_consume = producers as u64 * each;
            stream::run(builder(topology, capacity), producers, each, to_consume)
        }
        Workload::Pipeline { stages } => {
            let links = (1..stages).map(|node| (node - 1, node)).chain([(0, 0)]);
            let topology = Topology::from_links(stages, links).unwrap();
            stream::run(builder(topology, capacity), 1, each, each)
        }
    }
}

fn builder<P: Process>(topology: Topology, capacity: Capacity) -> SystemBuilder<P> {
    match capacity {
        Capacity::Unbounded => System::builder(topology).unbounded(),
        Capacity::Of(messages) => System::builder(topology).capacity(messages),
    }
}

/// Each node says once that it has started; the caller waits for all.
pub(crate) struct Ready {
    tx: Sender<()>,
    rx: Receiver<()>,
}

impl Ready {
    pub(crate) fn new() -> Self {
        let (tx, rx) = unbounded();
        Ready { tx, rx }
    }

    pub(crate) fn sender(&self) -> Sender<()> {
        self.tx.clone()
    }

    pub(crate) fn wait(&self, nodes: usize) {
        (0..nodes).for_each(|_| self.rx.recv().unwrap());
    }
}
