//! The columns of the picture, from left to right.

use std::ops::Range;
use std::time::Duration;

use super::cut_line::CutLine;
use super::error::SpaceTimeError;
use crate::causality::{Cause, Event, Mark, MarkKind, Trace, Witness};
use crate::id::{LinkId, NodeId, SnapshotId};

/// The time of an event or mark, as seen through the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    BeforeWindow,
    InColumn(usize),
    AfterWindow,
}

/// A node records for a cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recording {
    /// The index of the cut.
    pub(super) cut: usize,
    pub(super) node: NodeId,
    pub(super) when: When,
}

/// A marker of a cut arrives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// The index of the cut.
    pub(super) cut: usize,
    pub(super) snapshot: SnapshotId,
    pub(super) link: LinkId,
    /// Whether the marker comes to the link's source.
    pub(super) goes_back: bool,
    pub(super) when: When,
}

/// The order of the run that is drawn.
#[derive(Debug)]
pub(super) struct Order<'a> {
    pub(super) events: Vec<&'a Event>,
    pub(super) window: Range<usize>,
    /// For each node: the places of its events in `events`.
    places: Vec<Vec<usize>>,
    /// For each event in the window: its column; `None` if the event is hidden.
    columns: Vec<Option<usize>>,
    /// For each column: its time, if it is known.
    times: Vec<Option<Duration>>,
    /// For each column: the node at which something happens; `None` if it happens at all nodes.
    nodes: Vec<Option<NodeId>>,
    pub(super) recordings: Vec<Recording>,
    pub(super) arrivals: Vec<Arrival>,
}

impl<'a> Order<'a> {
    /// The events in the order that is drawn, without columns yet.
    pub(super) fn new(
        trace: &'a Trace,
        witness: Option<&'a Witness<'a>>,
        window: Option<&Range<usize>>,
    ) -> Result<Self, SpaceTimeError> {
        let events = in_order(trace, witness);
        let mut places: Vec<Vec<usize>> = trace.topology().nodes().map(|_| Vec::new()).collect();
        for (place, event) in events.iter().enumerate() {
            places[event.node.index()].push(place);
        }
        let window = check_window(window, events.len())?;
        Ok(Order {
            events,
            window,
            places,
            columns: Vec::new(),
            times: Vec::new(),
            nodes: Vec::new(),
            recordings: Vec::new(),
            arrivals: Vec::new(),
        })
    }

    /// Gives a column to each event and to each mark of the cuts. In a rearranged run all
    /// recordings share a column, between the events before the cut and those after it.
    pub(super) fn give_columns(
        &mut self,
        trace: &Trace,
        witness: Option<&Witness<'_>>,
        cuts: &[CutLine],
        hides_starts: bool,
    ) {
        let marks = match witness {
            None => shown_marks(trace, cuts),
            Some(_) => Vec::new(),
        };
        let straight = witness.map(|witness| witness.before().len());
        let mut marks = marks.as_slice();
        for place in 0..=self.events.len() {
            let here = marks.iter().take_while(|mark| mark.mark.after <= place).count();
            let (due, rest) = marks.split_at(here);
            self.add_marks(due, place);
            marks = rest;
            if straight == Some(place) {
                let when = self.next_column(place, None, None);
                let nodes = (0..self.places.len()).map(|index| NodeId::new(index as u32));
                self.recordings.extend(nodes.map(|node| Recording { cut: 0, node, when }));
            }
            if self.window.contains(&place) {
                self.add_event(trace, place, hides_starts);
            }
        }
    }

    fn add_event(&mut self, trace: &Trace, place: usize, hides_starts: bool) {
        let event = self.events[place];
        if hides_starts && event.cause == Cause::Start && event.sends.is_empty() {
            return self.columns.push(None);
        }
        self.columns.push(Some(self.column_count()));
        self.add_column(Some(event.node), trace.time_of(event));
    }

    fn add_column(&mut self, node: Option<NodeId>, time: Option<Duration>) {
        self.nodes.push(node);
        self.times.push(time);
    }

    fn add_marks(&mut self, marks: &[ShownMark], place: usize) {
        let mut before: Option<(usize, Mark, When)> = None;
        for &ShownMark { cut, mark, time } in marks {
            // A marker that makes its node record, and this recording, are one step.
            let when = match (before, mark.kind) {
                (Some((same_cut, marker, when)), MarkKind::Recorded(_))
                    if same_cut == cut && marker.node == mark.node && is_marker(&marker) =>
                {
                    when
                }
                _ => self.next_column(place, Some(mark.node), time),
            };
            before = Some((cut, mark, when));
            match mark.kind {
                MarkKind::Recorded(_) => {
                    self.recordings.push(Recording { cut, node: mark.node, when });
                }
                MarkKind::Marker(snapshot, link) => {
                    let goes_back = false;
                    self.arrivals.push(Arrival { cut, snapshot, link, goes_back, when });
                }
                MarkKind::MarkerReturned(snapshot, link) => {
                    let goes_back = true;
                    self.arrivals.push(Arrival { cut, snapshot, link, goes_back, when });
                }
            }
        }
    }

    /// The time between the event before this place and the event at it. A time at the window's
    /// border counts as in the window.
    fn when_between(&self, place: usize) -> When {
        match place {
            place if place < self.window.start => When::BeforeWindow,
            place if place > self.window.end => When::AfterWindow,
            _ => When::InColumn(self.column_count()),
        }
    }

    /// Adds a column between the event before this place and the event at it. Returns its time.
    fn next_column(&mut self, place: usize, node: Option<NodeId>, time: Option<Duration>) -> When {
        let when = self.when_between(place);
        if let When::InColumn(_) = when {
            self.add_column(node, time);
        }
        when
    }

    pub(super) fn column_count(&self) -> usize {
        self.nodes.len()
    }

    /// For each column: the node at which something happens; `None` if it happens at all nodes.
    pub(super) fn nodes(&self) -> &[Option<NodeId>] {
        &self.nodes
    }

    /// The time of each column; `None` if the time of some column is not known.
    pub(super) fn times(&self) -> Option<Vec<Duration>> {
        self.times.iter().copied().collect()
    }

    /// The time of a column, if it is known.
    pub(super) fn time(&self, column: usize) -> Option<Duration> {
        self.times.get(column).copied().flatten()
    }

    pub(super) fn has_times(&self) -> bool {
        self.times.iter().all(Option::is_some)
    }

    pub(super) fn place_of(&self, event: &Event) -> usize {
        self.places[event.node.index()][event.nth]
    }

    /// The column of an event, by the event's place.
    pub(super) fn column(&self, place: usize) -> Option<usize> {
        match self.when(place) {
            When::InColumn(column) => Some(column),
            When::BeforeWindow | When::AfterWindow => None,
        }
    }

    /// The time of an event, by the event's place.
    pub(super) fn when(&self, place: usize) -> When {
        match place.checked_sub(self.window.start) {
            None => When::BeforeWindow,
            Some(nth) => match self.columns.get(nth) {
                None => When::AfterWindow,
                // The start is hidden, and lies at the beginning of its lifeline.
                Some(None) => When::BeforeWindow,
                Some(Some(column)) => When::InColumn(*column),
            },
        }
    }

    /// The time of a node's event, by its number `nth`; `None` if the node has no such event.
    pub(super) fn when_nth(&self, node: NodeId, nth: usize) -> Option<When> {
        self.places[node.index()].get(nth).map(|&place| self.when(place))
    }

    /// The events in the window, each with its column.
    pub(super) fn shown(&self) -> impl Iterator<Item = (usize, &'a Event)> + '_ {
        let events = self.events[self.window.clone()].iter().copied();
        self.columns.iter().zip(events).filter_map(|(column, event)| Some(((*column)?, event)))
    }

    pub(super) fn is_cut_off_before(&self) -> bool {
        self.window.start > 0
    }

    pub(super) fn is_cut_off_after(&self) -> bool {
        self.window.end < self.events.len()
    }
}

fn in_order<'a>(trace: &'a Trace, witness: Option<&'a Witness<'a>>) -> Vec<&'a Event> {
    match witness {
        None => trace.events().iter().collect(),
        Some(witness) => witness.before().chain(witness.after()).collect(),
    }
}

fn check_window(
    window: Option<&Range<usize>>,
    events: usize,
) -> Result<Range<usize>, SpaceTimeError> {
    let Some(&Range { start, end }) = window else { return Ok(0..events) };
    if start < end && end <= events {
        return Ok(start..end);
    }
    Err(SpaceTimeError::Window { start, end, events })
}

/// A mark of a snapshot that is shown.
#[derive(Clone, Copy)]
struct ShownMark {
    /// The index of its cut.
    cut: usize,
    mark: Mark,
    time: Option<Duration>,
}

fn shown_marks(trace: &Trace, cuts: &[CutLine]) -> Vec<ShownMark> {
    let of = |(nth, mark): (usize, &Mark)| {
        let (MarkKind::Recorded(snapshot)
        | MarkKind::Marker(snapshot, _)
        | MarkKind::MarkerReturned(snapshot, _)) = mark.kind;
        let cut = cuts.iter().position(|cut| cut.snapshot == Some(snapshot))?;
        Some(ShownMark { cut, mark: *mark, time: trace.time_of_mark(nth) })
    };
    trace.marks().iter().enumerate().filter_map(of).collect()
}

fn is_marker(mark: &Mark) -> bool {
    matches!(mark.kind, MarkKind::Marker(..) | MarkKind::MarkerReturned(..))
}
