//! The messages that are drawn.

use super::cut_line::CutLine;
use super::order::{Order, When};
use crate::causality::{Event, Trace};
use crate::id::LinkId;
use crate::topology::{Link, Topology};

/// A message, as far as the window shows it.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) link: Link,
    /// The number of the message on its link, from 1.
    pub(super) number: u64,
    pub(super) route: Route,
    pub(super) crossing: Crossing,
    /// How many links lead the same way and have a lower number.
    pub(super) parallel: usize,
}

/// The way of a message, as the window shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The message comes from outside and is received then. The time of its injection is not known.
    FromOutside(When),
    /// The message is sent and received.
    Between(When, When),
    /// The message is sent, and the run ends before it is received. The number says how many
    /// messages of its link are before it in line.
    Unreceived(When, u64),
}

/// Whether a message crosses the first cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Crossing {
    None,
    /// The message is sent before the cut and received after it, or never: it is in flight at the
    /// cut.
    InFlight,
    /// The message is received before the cut and sent after it: the cut is inconsistent.
    Backward,
}

impl Message {
    pub(super) fn is_from_outside(&self) -> bool {
        matches!(self.route, Route::FromOutside(_))
    }

    /// Whether the message comes from before the window or goes on behind it.
    pub(super) fn is_beyond_window(&self) -> bool {
        let is_in = |when| matches!(when, When::InColumn(_));
        match self.route {
            Route::FromOutside(when) | Route::Unreceived(when, _) => !is_in(when),
            Route::Between(sent, received) => !is_in(sent) || !is_in(received),
        }
    }

    fn is_shown(&self) -> bool {
        match self.route {
            Route::FromOutside(when) => matches!(when, When::InColumn(_)),
            Route::Between(sent, received) => {
                sent != When::AfterWindow && received != When::BeforeWindow
            }
            Route::Unreceived(sent, _) => sent != When::AfterWindow,
        }
    }
}

/// The messages of the run that the window shows, by link and number. Messages from outside are
/// never in flight, since the time of their sending is not known.
pub(super) fn shown(trace: &Trace, order: &Order<'_>, cut: Option<&CutLine>) -> Vec<Message> {
    let receivers = receivers(trace);
    let of_link = |link: Link| {
        let receivers = &receivers[link.id.index()];
        let parallel = parallel(trace.topology(), link);
        (1..).map_while(move |number: u64| {
            let sender = trace.sender(link.id, number);
            let receiver = receivers.get(number as usize - 1).copied();
            let when = |event| order.when(order.place_of(event));
            Some(Message {
                link,
                number,
                route: match (sender.map(when), receiver.map(when)) {
                    (None, None) => return None,
                    (None, Some(received)) => Route::FromOutside(received),
                    (Some(sent), Some(received)) => Route::Between(sent, received),
                    (Some(sent), None) if order.is_cut_off_after() => {
                        Route::Between(sent, When::AfterWindow)
                    }
                    (Some(sent), None) => {
                        Route::Unreceived(sent, number - 1 - receivers.len() as u64)
                    }
                },
                crossing: crossing(sender, receiver, cut),
                parallel,
            })
        })
    };
    trace.topology().all_links().flat_map(of_link).filter(Message::is_shown).collect()
}

/// The events that received the messages of each link, environment links included.
fn receivers(trace: &Trace) -> Vec<Vec<&Event>> {
    let mut receivers: Vec<Vec<&Event>> =
        trace.topology().all_links().map(|_| Vec::new()).collect();
    for event in trace.events() {
        if let Some((link, _)) = event.cause.received() {
            receivers[link.index()].push(event);
        }
    }
    receivers
}

fn crossing(sender: Option<&Event>, receiver: Option<&Event>, cut: Option<&CutLine>) -> Crossing {
    let (Some(sender), Some(CutLine { cut, .. })) = (sender, cut) else { return Crossing::None };
    let is_received = receiver.is_some_and(|receiver| cut.includes(receiver));
    match (cut.includes(sender), is_received) {
        (true, false) => Crossing::InFlight,
        (false, true) => Crossing::Backward,
        _ => Crossing::None,
    }
}

/// How many links lead the same way and have a lower number.
pub(super) fn parallel(topology: &Topology, link: Link) -> usize {
    let same = |id: LinkId, other: &&Link| other.target == link.target && other.id < id;
    topology.out_links(link.source).iter().filter(|other| same(link.id, other)).count()
}
