//! The bare loop on timely dataflow: what is left if the crate is left out. One operator a worker
//! owns its share of the nodes and a queue of tokens between them. A token for a node of another
//! worker leaves the operator, and comes back to it there over a feedback edge. The operator holds
//! one capability and sends everything with it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::core::feedback::{ConnectLoop, Feedback};
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;
use timely::progress::operate::FrontierInterest;
use timely::worker::Worker;

use crate::messages::Placing;
use crate::tokens::{Workload, choose, count};

/// The most tokens that a worker handles before it looks at what others have sent.
const IN_A_TURN: usize = 4096;

/// A token on its way: the node that it goes to, and how many hops it has made.
type Token = (u32, u64);

pub(crate) fn run(
    worker: &mut Worker,
    workload: &Workload,
    placement: Placing,
    stop: &Arc<AtomicBool>,
) {
    let (workload, seen_stop) = (workload.clone(), Arc::clone(stop));
    let (here, workers) = (worker.index(), worker.peers());
    let nodes = workload.topology.node_count();
    let worker_of = move |node: usize| match placement {
        Placing::Blocks => node * workers / nodes,
        Placing::InTurn => node % workers,
    };
    let waker = worker.dataflow::<u64, _, _>(|scope| {
        let (feedback, cycle) = scope.feedback::<Vec<Token>>(1);
        let mut builder = OperatorBuilder::new("Bare".to_owned(), scope);
        let by_worker = move |token: &Token| worker_of(token.0 as usize) as u64;
        let mut incoming = builder.new_input(cycle, Exchange::new(by_worker));
        builder.set_notify_for(0, FrontierInterest::Never);
        let (outgoing, stream) = builder.new_output();
        let mut outgoing: OutputBuilder<_, _> = OutputBuilder::from(outgoing);
        let activator = scope.activator_for(builder.operator_info().address);
        let waker = activator.clone();
        let mut queue: VecDeque<Token> = VecDeque::new();
        for node in workload.topology.nodes().filter(|node| worker_of(node.index()) == here) {
            let tokens = workload.tokens_at(node);
            queue.extend((0..tokens).map(|_| (node.index() as u32, 0)));
        }
        let mut seen = vec![0_u64; nodes];
        builder.build(move |capabilities| {
            let mut held = Some(capabilities);
            activator.activate();
            move |_| {
                incoming.for_each(|_, tokens| queue.extend(tokens.drain(..)));
                if seen_stop.load(Ordering::Relaxed) {
                    held = None;
                }
                let Some(capabilities) = &held else { return queue.clear() };
                let mut outgoing = outgoing.activate();
                let mut session = outgoing.session(&capabilities[0]);
                for _ in 0..IN_A_TURN {
                    let Some((node, hops)) = queue.pop_front() else { break };
                    count();
                    let seen = &mut seen[node as usize];
                    *seen += 1;
                    let links = workload.topology.out_links(consistent_cut::NodeId::new(node));
                    let next = choose(links, *seen).target.index();
                    if worker_of(next) == here {
                        queue.push_back((next as u32, hops + 1));
                    } else {
                        session.give((next as u32, hops + 1));
                    }
                }
                if !queue.is_empty() {
                    activator.activate();
                }
            }
        });
        stream.connect_loop(feedback);
        waker
    });
    // A worker without tokens must see the end too.
    while worker.has_dataflows() {
        worker.step_or_park(Some(Duration::from_millis(1)));
        if stop.load(Ordering::Relaxed) {
            waker.activate();
        }
    }
}
