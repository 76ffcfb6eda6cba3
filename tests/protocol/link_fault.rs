//! The ways in which a link may break its promise.

use std::collections::VecDeque;

use consistent_cut::protocol::Envelope;

use crate::teller::Note;
use crate::world::Parcel;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LinkFault {
    /// Markers have a queue of their own, which is served first.
    MarkersOvertake,
    /// Every second message is put before the one sent just ahead of it.
    MessagesSwap,
    /// A message passes the marker ahead of it.
    MessagesPassMarkers,
    /// Acknowledgements go around the markers that go back.
    AcknowledgementsPassMarkers,
    /// The end passes everything that was sent before.
    EndsOvertake,
}

impl LinkFault {
    /// The place of the new envelope. On an honest link, this is the end.
    pub(crate) fn place(self, queue: &VecDeque<Parcel>, new: &Envelope<Note>) -> usize {
        let is_marker = |parcel: &Parcel| matches!(parcel.envelope, Envelope::Marker(_));
        let last_is_marker = queue.back().map(is_marker);
        match (self, new) {
            (LinkFault::MarkersOvertake, Envelope::Marker(_)) => {
                queue.iter().take_while(|parcel| is_marker(parcel)).count()
            }
            (LinkFault::MessagesSwap, Envelope::Message(note))
                if last_is_marker == Some(false) && note.number % 2 == 0 =>
            {
                queue.len() - 1
            }
            (LinkFault::MessagesPassMarkers, Envelope::Message(_))
                if last_is_marker == Some(true) =>
            {
                queue.len() - 1
            }
            (LinkFault::EndsOvertake, Envelope::End) => 0,
            _ => queue.len(),
        }
    }
}
