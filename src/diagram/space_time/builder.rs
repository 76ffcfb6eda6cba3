//! The settings of a diagram.

use std::fmt;
use std::ops::Range;

use super::draw;
use super::error::SpaceTimeError;
use super::palette::Sizes;
use super::scene::Scene;
use crate::causality::{Cut, Event, Trace, Witness};
use crate::id::SnapshotId;
use crate::topology::Link;

/// A space-time diagram in the making: its run and its settings. The [module](crate::diagram)
/// explains the signs.
///
/// The same run and the same settings give the same text, on every machine.
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

/// Returns the text at an event.
pub(super) type EventLabel<'a> = Box<dyn Fn(&Event) -> String + 'a>;
/// Returns the text at a message.
pub(super) type MessageLabel<'a> = Box<dyn Fn(Link, u64) -> String + 'a>;

/// A cut that was asked for.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    OfSnapshot(SnapshotId),
    Given(Cut),
}

impl<'a> SpaceTime<'a> {
    /// Draws a run in the order of its trace. Each event has a column of its own, and so has each
    /// recording and each marker of the snapshots that are shown.
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

    /// Draws the same run rearranged by its witness: first the events before the cut, then the
    /// recordings of all nodes in one column, then the events after the cut. The cut is always
    /// shown, as a straight line. Markers have no place in this order and are left out.
    #[must_use]
    pub fn rearranged(witness: &'a Witness<'a>) -> Self {
        SpaceTime { witness: Some(witness), ..SpaceTime::new(witness.trace()) }
    }

    /// Shows a snapshot: the recording of each node, the markers that arrive, and the cut. Any
    /// number of snapshots can be shown. The first cut that is asked for, or the cut of the
    /// witness, divides the events into those before and those after it, and highlights the
    /// messages in flight. Other cuts are only lines.
    ///
    /// A node may not have recorded, since it had failed or the snapshot failed. All events of such
    /// a node count as before the cut. Messages to it then look in flight, though no snapshot holds
    /// them; a line above the picture says so. The cut of a failed snapshot need not be consistent.
    #[must_use]
    pub fn snapshot(mut self, id: SnapshotId) -> Self {
        self.cuts.push(Wanted::OfSnapshot(id));
        self
    }

    /// Shows a cut, consistent or not, as a line as straight as the events of the nodes allow. The
    /// first cut divides events and messages, as for [`snapshot`](Self::snapshot).
    #[must_use]
    pub fn cut(mut self, cut: &Cut) -> Self {
        self.cuts.push(Wanted::Given(cut.clone()));
        self
    }

    /// Writes a text at each event; an empty text is left out. If this is not called, and the run
    /// was traced [with texts](crate::SystemBuilder::traced_with_texts), the text is the state
    /// after the event, cut short behind 24 letters.
    #[must_use]
    pub fn label_events(mut self, label: impl Fn(&Event) -> String + 'a) -> Self {
        self.event_label = Box::new(label);
        self
    }

    /// Writes a text at each message, by its link and its number there, from 1; an empty text is
    /// left out. Messages from outside come on [environment
    /// links](crate::Topology::environment_link). If this is not called, and the run was traced
    /// [with texts](crate::SystemBuilder::traced_with_texts), the text is the message, cut short
    /// behind 24 letters.
    #[must_use]
    pub fn label_messages(mut self, label: impl Fn(Link, u64) -> String + 'a) -> Self {
        self.message_label = Box::new(label);
        self
    }

    /// Shows a part of the run: the events at these places in the order drawn, from 0. Messages
    /// that come from before the window or go on behind it reach its border, dotted and faint.
    #[must_use]
    pub fn window(mut self, events: Range<usize>) -> Self {
        self.window = Some(events);
        self
    }

    /// Leaves out the starts of nodes in which nothing is sent.
    #[must_use]
    pub fn without_starts(mut self) -> Self {
        self.hides_starts = true;
        self
    }

    /// Makes the axis an axis of time, with a scale, for the run of a simulation: the distance of
    /// two events is the time between them. If this is not called, each event has a column of its
    /// own. Events of one node that are too near to each other to be told apart, for instance at
    /// the same time, are drawn a little later.
    #[must_use]
    pub fn by_time(mut self) -> Self {
        self.is_by_time = true;
        self
    }

    /// Sets the width of the picture, in pixels. The picture is wider only if events, or the texts
    /// at one node, would lie on each other. If this is not called, the picture is as wide as its
    /// events and labels need.
    #[must_use]
    pub fn width(mut self, pixels: u32) -> Self {
        self.width = Some(f64::from(pixels));
        self
    }

    /// Sets the size of labels, in pixels: 15 if not set, at least 6 and at most 60. Other texts
    /// and the distance of the lifelines are in proportion.
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

    /// Writes a title above the picture.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Draws the diagram, as an SVG file with a white background. The time is at worst quadratic in
    /// the number of signs and labels.
    ///
    /// # Errors
    /// If a snapshot, a cut or the window does not belong to the trace. Also if the diagram is to
    /// be drawn [by time](Self::by_time), and the run is rearranged or is not the run of a
    /// simulation.
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
