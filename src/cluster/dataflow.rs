//! The operator that runs a worker in timely dataflow.
//!
//! Each worker thread has one such operator. It sends parcels to itself on other workers: they
//! leave on an output, come back over a feedback edge, and are exchanged by the worker that they
//! are for. The operator holds one capability and sends everything with it. So no message advances
//! a timestamp, and the engine has little to track.
//!
//! ```text
//!              +----------- feedback <----------+
//!              | exchange by worker             | parcels
//!              v                                |
//!          +----------------------------------------+
//!          | this worker's nodes, and the           | emitted
//!          | coordinator if it is the first worker  | -------->
//!          +----------------------------------------+
//! ```

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::Leave;
use timely::dataflow::operators::core::feedback::{ConnectLoop, LoopVariable};
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;
use timely::dataflow::{Scope, Stream};
use timely::order::Product;
use timely::progress::Timestamp;
use timely::progress::operate::FrontierInterest;
use timely::scheduling::Activator;

use super::parcel::Parcel;
use super::station::{Portable, Station};
use crate::process::{Emitted, Process};

/// Builds the operator of a station. Returns what the station's nodes emit, and by what the
/// operator is woken: in the worker's thread, and elsewhere.
pub(super) fn build<'scope, T, P>(
    scope: Scope<'scope, T>,
    station: &Rc<RefCell<Station<P>>>,
) -> (Stream<'scope, T, Vec<Emitted<P::Message>>>, Activator, Vec<usize>)
where
    T: Timestamp,
    P: Process + 'static,
    P::State: Portable,
    P::Message: Portable,
{
    scope.scoped::<Product<T, u64>, _, _>("ConsistentCut", |inner| {
        let (feedback, cycle) = inner.loop_variable::<Vec<Parcel<P::State, P::Message>>>(1);
        let mut builder = OperatorBuilder::new("ConsistentCut".to_owned(), inner);
        let by_worker = |parcel: &Parcel<P::State, P::Message>| u64::from(parcel.to);
        let mut incoming = builder.new_input(cycle, Exchange::new(by_worker));
        builder.set_notify_for(0, FrontierInterest::Never);
        let (outgoing, parcels) = builder.new_output();
        let (emitting, emitted) = builder.new_output();
        let mut outgoing: OutputBuilder<_, _> = OutputBuilder::from(outgoing);
        let mut emitting: OutputBuilder<_, _> = OutputBuilder::from(emitting);
        let path = builder.operator_info().address;
        let activator = inner.activator_for(Rc::clone(&path));
        let (station, waker) = (Rc::clone(station), activator.clone());
        builder.build(move |capabilities| {
            let mut held = Some(capabilities);
            // The first turn is not called for by any input.
            activator.activate();
            let mut alarm = Alarm { activator, at: None };
            move |_frontiers| {
                let mut station = station.borrow_mut();
                incoming.for_each(|_, parcels| station.take_in(parcels.drain(..)));
                let Some(capabilities) = &held else { return };
                station.turn();
                {
                    let mut outgoing = outgoing.activate();
                    let mut session = outgoing.session(&capabilities[0]);
                    session.give_iterator(station.take_parcels().into_iter());
                }
                {
                    let mut emitting = emitting.activate();
                    let mut session = emitting.session(&capabilities[1]);
                    session.give_iterator(station.take_emitted().into_iter());
                }
                #[cfg(feature = "checkpoint")]
                station.end_waits();
                if station.has_ended() {
                    held = None;
                } else if station.has_work() {
                    alarm.activator.activate();
                } else {
                    alarm.set(station.now(), station.wake());
                }
            }
        });
        parcels.connect_loop(feedback);
        (emitted.leave(scope), waker, path.to_vec())
    })
}

/// The longest time that an alarm is set ahead.
const FARTHEST: Duration = Duration::from_secs(1);

/// Wakes the operator at a moment.
struct Alarm {
    activator: Activator,
    /// The next moment at which the engine will wake it.
    at: Option<Duration>,
}

impl Alarm {
    /// The engine keeps every moment that it was given until that moment has come, and cannot add
    /// up very long times. So no moment is far ahead: the operator then wakes too early, and sets
    /// the alarm again.
    fn set(&mut self, now: Duration, wake: Option<Duration>) {
        self.at = self.at.filter(|at| *at > now);
        let Some(wake) = wake else { return };
        let wake = wake.min(now + FARTHEST);
        if self.at.is_none_or(|at| wake < at) {
            self.at = Some(wake);
            self.activator.activate_after(wake.saturating_sub(now));
        }
    }
}
