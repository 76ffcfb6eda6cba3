//! Which cuts are consistent: all of a run with one message.

use std::sync::Arc;

use consistent_cut::Topology;
use consistent_cut::causality::{Cause, Cut, Logged, Trace};

use crate::common::say;
use crate::story::{ONE, Result, TO_TWO, TWO};

pub(crate) fn all_cuts_of_one_message() -> Result<()> {
    say!(
        "   A cut says of each node which of its events are included. A cut is consistent if it includes all that"
    );
    say!(
        "   happened before an event that it includes. Node 1 starts and sends; node 2 starts and receives:\n"
    );
    let mut trace = Trace::new(Arc::new(Topology::ring(2)?));
    trace.add(ONE, Logged::handled(Cause::Start, [TO_TWO]))?;
    trace.add(TWO, Logged::handled(Cause::Start, []))?;
    trace.add(TWO, Logged::handled(Cause::Message { link: TO_TWO, number: 1 }, []))?;
    say!("   {:<18} {:<18} consistent?", "node 1", "node 2");
    for (sent, node_1) in ["-", "start and send"].iter().enumerate() {
        for (received, node_2) in ["-", "start", "start, receive"].iter().enumerate() {
            let verdict = judge(&Cut::new([sent, received]), &trace);
            say!("   {node_1:<18} {node_2:<18} {verdict}");
        }
    }
    say!("\n   The receipt happens after the sending, as the vector clocks of the events show:");
    let names = ["node 1 starts, sends", "node 2 starts", "node 2 receives"];
    for (name, clock) in names.iter().zip(trace.clocks()) {
        say!("   {name:<24} {:?}", clock.counts());
    }
    Ok(())
}

fn judge(cut: &Cut, trace: &Trace) -> &'static str {
    match cut.check(trace) {
        Ok(()) if cut.in_flight(trace)[TO_TWO.index()].is_empty() => "yes",
        Ok(()) => "yes, and the message is in flight",
        Err(_) => "no: received, and not sent",
    }
}
