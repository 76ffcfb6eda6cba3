//! The columns: what is drawn, from left to right.

use std::ops::Range;

use super::cut_line::CutLine;
use super::error::SpaceTimeError;
use crate::causality::{Event, Mark, MarkKind, Trace, Witness};
use crate::id::{LinkId, NodeId, SnapshotId};

/// When something happens, as seen through the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    BeforeWindow,
    InColumn(usize),
    AfterWindow,
}

/// A node records for a cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recording {
    /// Which of the cuts.
    pub(super) cut: usize,
    pub(super) node: NodeId,
    pub(super) when: When,
}

/// A marker of a cut arrives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// Which of the cuts.
    pub(super) cut: usize,
    pub(super) snapshot: SnapshotId,
    pub(super) link: LinkId,
    /// Whether it comes to the link's source.
    pub(super) goes_back: bool,
    pub(super) when: When,
}

/// The order of the run that is drawn.
#[derive(Debug)]
pub(super) struct Order<'a> {
    pub(super) events: Vec<&'a Event>,
    pub(super) window: Range<usize>,
    /// Of each node's events, their places in `events`.
    places: Vec<Vec<usize>>,
    /// Of each event in the window.
    columns: Vec<usize>,
    pub(super) column_count: usize,
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
            column_count: 0,
            recordings: Vec::new(),
            arrivals: Vec::new(),
        })
    }

    /// Gives each event and each mark of the cuts its column. Of a rearranged run all recordings have one, between the events
    /// before the cut and those after it.
    pub(super) fn give_columns(
        &mut self,
        trace: &Trace,
        witness: Option<&Witness<'_>>,
        cuts: &[CutLine],
    ) {
        let marks = match witness {
            None => shown_marks(trace, cuts),
            Some(_) => Vec::new(),
        };
        let straight = witness.map(|witness| witness.before().len());
        let mut marks = marks.as_slice();
        for place in 0..=self.events.len() {
            let here = marks.iter().take_while(|(_, mark)| mark.after <= place).count();
            let (due, rest) = marks.split_at(here);
            self.add_marks(due, place);
            marks = rest;
            if straight == Some(place) {
                let when = self.next_column(self.when_between(place));
                let nodes = (0..self.places.len()).map(|index| NodeId::new(index as u32));
                self.recordings.extend(nodes.map(|node| Recording { cut: 0, node, when }));
            }
            if self.window.contains(&place) {
                self.columns.push(self.column_count);
                self.column_count += 1;
            }
        }
    }

    fn add_marks(&mut self, marks: &[(usize, Mark)], place: usize) {
        let mut before: Option<(usize, Mark, When)> = None;
        for &(cut, mark) in marks {
            // A marker that makes its node record, and the recording, are one step.
            let when = match (before, mark.kind) {
                (Some((same_cut, marker, when)), MarkKind::Recorded(_))
                    if same_cut == cut && marker.node == mark.node && is_marker(&marker) =>
                {
                    when
                }
                _ => self.next_column(self.when_between(place)),
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

    /// When something happens that lies between the event before this place and the one there; at the window's border it is in it.
    fn when_between(&self, place: usize) -> When {
        match place {
            place if place < self.window.start => When::BeforeWindow,
            place if place > self.window.end => When::AfterWindow,
            _ => When::InColumn(self.column_count),
        }
    }

    fn next_column(&mut self, when: When) -> When {
        if let When::InColumn(_) = when {
            self.column_count += 1;
        }
        when
    }

    pub(super) fn place_of(&self, event: &Event) -> usize {
        self.places[event.node.index()][event.nth]
    }

    /// When an event happens, by its place.
    pub(super) fn when(&self, place: usize) -> When {
        match place.checked_sub(self.window.start) {
            None => When::BeforeWindow,
            Some(nth) => self.columns.get(nth).map_or(When::AfterWindow, |&at| When::InColumn(at)),
        }
    }

    /// When the event of a node happens that is its `nth`; `None` if it has no such event.
    pub(super) fn when_nth(&self, node: NodeId, nth: usize) -> Option<When> {
        self.places[node.index()].get(nth).map(|&place| self.when(place))
    }

    /// The events in the window, each with its column.
    pub(super) fn shown(&self) -> impl Iterator<Item = (usize, &'a Event)> + '_ {
        self.columns.iter().copied().zip(self.events[self.window.clone()].iter().copied())
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

/// The marks of the snapshots that are shown, each with the index of its cut.
fn shown_marks(trace: &Trace, cuts: &[CutLine]) -> Vec<(usize, Mark)> {
    let of = |mark: &Mark| {
        let (MarkKind::Recorded(snapshot)
        | MarkKind::Marker(snapshot, _)
        | MarkKind::MarkerReturned(snapshot, _)) = mark.kind;
        cuts.iter().position(|cut| cut.snapshot == Some(snapshot)).map(|cut| (cut, *mark))
    };
    trace.marks().iter().filter_map(of).collect()
}

fn is_marker(mark: &Mark) -> bool {
    matches!(mark.kind, MarkKind::Marker(..) | MarkKind::MarkerReturned(..))
}
