//! What to show of a run.

use std::fmt;
use std::ops::Range;

use super::draw;
use super::error::SpaceTimeError;
use super::palette::Sizes;
use super::scene::Scene;
use crate::causality::{Cut, Event, Trace, Witness};
use crate::id::SnapshotId;
use crate::topology::Link;

/// A space-time diagram in the making: which run, and what to show of it. The [module](crate::diagram) says what the signs mean.
///
/// The same run and the same wishes give the same text, on every machine.
pub struct SpaceTime<'a> {
    pub(super) trace: &'a Trace,
    pub(super) witness: Option<&'a Witness<'a>>,
    pub(super) cuts: Vec<Wanted>,
    pub(super) window: Option<Range<usize>>,
    pub(super) title: Option<String>,
    pub(super) event_label: EventLabel<'a>,
    pub(super) message_label: MessageLabel<'a>,
    pub(super) sizes: Sizes,
    pub(super) width: Option<f64>,
    pub(super) hides_starts: bool,
    pub(super) is_by_time: bool,
    pub(super) has_legend: bool,
}

/// Gives the text at an event.
pub(super) type EventLabel<'a> = Box<dyn Fn(&Event) -> String + 'a>;
/// Gives the text at a message.
pub(super) type MessageLabel<'a> = Box<dyn Fn(Link, u64) -> String + 'a>;

/// A cut that was asked for.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    OfSnapshot(SnapshotId),
    Given(Cut),
}

impl<'a> SpaceTime<'a> {
    /// A run, in the order of its trace: each event has a column of its own, and so has each recording and each marker of the
    /// snapshots that are shown.
    #[must_use]
    pub fn new(trace: &'a Trace) -> Self {
        SpaceTime {
            trace,
            witness: None,
            cuts: Vec::new(),
            window: None,
            title: None,
            event_label: Box::new(|event| short(trace.state_text(event))),
            message_label: Box::new(|link, number| short(trace.message_text(link.id, number))),
            sizes: Sizes::of_labels(Sizes::LABEL),
            width: None,
            hides_starts: false,
            is_by_time: false,
            has_legend: true,
        }
    }

    /// The same run rearranged by its witness: the events before the cut first, then all nodes' recordings in one column, then the
    /// events after it. The cut is shown unasked, as a straight line. Markers have no place in this order, and are left out.
    #[must_use]
    pub fn rearranged(witness: &'a Witness<'a>) -> Self {
        SpaceTime { witness: Some(witness), ..SpaceTime::new(witness.trace()) }
    }

    /// Shows a snapshot: where each node records, the markers that arrive, and the cut. Any number can be shown. By the first cut
    /// asked for (or the witness's) events before and after it are told apart, and messages in flight highlighted; any others are
    /// lines.
    ///
    /// Of nodes that did not record, since they had failed or the snapshot failed, all events count as before the cut, so
    /// that messages to them look in flight, and no snapshot holds them; a line above the picture says so. The cut of a snapshot that failed need not be consistent.
    #[must_use]
    pub fn snapshot(mut self, id: SnapshotId) -> Self {
        self.cuts.push(Wanted::OfSnapshot(id));
        self
    }

    /// Shows a cut, consistent or not, as straight a line as the events of the nodes let it be. As for
    /// [`snapshot`](Self::snapshot), the first one tells events and messages apart.
    #[must_use]
    pub fn cut(mut self, cut: &Cut) -> Self {
        self.cuts.push(Wanted::Given(cut.clone()));
        self
    }

    /// Writes a text at each event; an empty one is none. If this is not called, the state after the
    /// event stands there in a run that was traced [with
    /// texts](crate::SystemBuilder::traced_with_texts), cut short behind 24 letters.
    #[must_use]
    pub fn label_events(mut self, label: impl Fn(&Event) -> String + 'a) -> Self {
        self.event_label = Box::new(label);
        self
    }

    /// Writes a text at each message, by its link and its number there, from 1; an empty one is
    /// none. Messages from outside come on [environment links](crate::Topology::environment_link).
    /// If this is not called, the message stands there in a run that was traced [with
    /// texts](crate::SystemBuilder::traced_with_texts), cut short behind 24 letters.
    #[must_use]
    pub fn label_messages(mut self, label: impl Fn(Link, u64) -> String + 'a) -> Self {
        self.message_label = Box::new(label);
        self
    }

    /// Shows a part of the run: the events at these places in the order drawn, from 0. Messages that come from before it or go on
    /// behind it reach its border, dotted and faint.
    #[must_use]
    pub fn window(mut self, events: Range<usize>) -> Self {
        self.window = Some(events);
        self
    }

    /// Leaves out the starts of nodes at which nothing is sent.
    #[must_use]
    pub fn without_starts(mut self) -> Self {
        self.hides_starts = true;
        self
    }

    /// Makes the axis one of time, with a scale, for the run of a simulation: the distance of two
    /// events is the time between them. If this is not called, each event has a column of its own.
    /// Events of one node that are too near to each other to be told apart, as at the same time, are
    /// drawn a little later.
    #[must_use]
    pub fn by_time(mut self) -> Self {
        self.is_by_time = true;
        self
    }

    /// Makes the picture this wide, in pixels; wider only where events and the texts at one node
    /// would lie on each other. If this is not called, it is as wide as its events and labels need.
    #[must_use]
    pub fn width(mut self, pixels: u32) -> Self {
        self.width = Some(f64::from(pixels));
        self
    }

    /// How large labels are, in pixels: 15 if not set, 6 at least and 60 at most. Other texts and
    /// the distance of the lifelines are in proportion.
    #[must_use]
    pub fn font_size(mut self, pixels: u32) -> Self {
        self.sizes = Sizes::of_labels(f64::from(pixels.clamp(6, 60)));
        self
    }

    /// Leaves out the legend.
    #[must_use]
    pub fn without_legend(mut self) -> Self {
        self.has_legend = false;
        self
    }

    /// Writes a title above.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Draws it, as an SVG file with a white background. The time is at worst quadratic in what is shown and labelled.
    ///
    /// # Errors
    /// If a snapshot, a cut or the window does not belong to the trace; and if it is to be drawn [by
    /// time](Self::by_time), and is rearranged or not the run of a simulation.
    pub fn to_svg(&self) -> Result<String, SpaceTimeError> {
        Ok(draw::draw(&Scene::new(self)?, self))
    }
}

/// How many letters of a text from the trace are drawn.
const LETTERS: usize = 24;

fn short(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) if text.chars().count() > LETTERS + 1 => format!("{}…", &text[..end]),
        _ => text.to_owned(),
    }
}

impl fmt::Debug for SpaceTime<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpaceTime")
            .field("trace", self.trace)
            .field("is_rearranged", &self.witness.is_some())
            .field("cuts", &self.cuts)
            .field("window", &self.window)
            .field("title", &self.title)
            .finish_non_exhaustive()
    }
}
