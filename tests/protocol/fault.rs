//! The wrong algorithms, each with its one fault, and the worlds that run them.

use std::sync::Arc;

use consistent_cut::Topology;
use consistent_cut::protocol::MarkerPolicy;

use crate::link_fault::LinkFault;
use crate::teller::{Character, Sharing, Teller};
use crate::world::World;
use crate::wrong::Recorder;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// Nothing is wrong.
    None,
    /// Markers leave only after the sends of the next handler.
    MarkersDeferred,
    /// A handler asks for a snapshot. The state is the one after the handler, but the handler's
    /// sends follow the markers.
    HandlerSendsAfterMarkers,
    /// State and counts are taken when the last in-link closes.
    StateTakenLate,
    /// The state is taken again at each marker; the counts are the first ones.
    StateTakenTwice,
    /// The recorded state shares memory with the process. (The core is the real one, the process is
    /// wrong.)
    StateShared,
    /// Copies of a message share memory. (The core is the real one, the process is wrong.)
    MessagesShared,
    /// The process never gets a message that was recorded.
    RecordingSwallows,
    /// All links are reported closed as soon as the state is recorded.
    DoneAtRecord,
    /// The link of the first marker stays open until the node is done.
    FirstLinkRecordedToo,
    /// Later markers close nothing.
    OnlyFirstLinkCloses,
    /// Every link stays open until the last marker has come.
    AllOpenUntilDone,
    /// There is room for one snapshot: a newer snapshot throws the older one away.
    OneSlot,
    /// Messages are recorded for the newest snapshot only.
    OnlyNewestRecords,
    /// A marker closes its link for all snapshots.
    MarkerClosesForEveryId,
    /// A node that has recorded once never records again.
    SeenPerNode,
    /// A node sends its markers again at the second marker it gets.
    MarkersTwice,
    /// A node with several out-links puts no marker on the first.
    MarkerForgotten,
    /// A link returns its recorded messages in reverse.
    RecordedInAnotherOrder,
    /// Links serve markers before messages. (Core and process are right.)
    MarkersOvertake,
    /// Links swap messages, as with two senders on one link. (Core and process are right.)
    MessagesSwap,
    /// Messages pass a marker ahead of them. (Core and process are right.)
    MessagesPassMarkers,
    /// The end of a failed node's link comes before messages that the node had sent. (Core and
    /// process are right.)
    EndsOvertake,
    /// Messages that wait for room are neither in the link's state nor among those sent.
    WaitingLeftOut,
    /// A marker leaves ahead of the messages that wait for room.
    MarkerPassesWaiting,
    /// A marker waits for room like a message.
    MarkerNeedsRoom,
    /// Messages and timers are handled while messages wait for room.
    HandlesWhenBlocked,
    /// Each message processed makes room for two.
    CreditTwice,
    /// Markers do not go back on links with a capacity.
    MarkerNotReturned,
    /// Acknowledgements arrive ahead of markers that went back before them. (Core and process are
    /// right.)
    AcknowledgementsPassMarkers,
    /// A message is copied when it arrives, and again when the process gets it.
    CopiedAgain,
    /// A recording that is opened after a link has ended waits for its marker.
    OpenAfterEnd,
    /// Pending timers are not recorded.
    TimersLeftOut,
    /// Messages in flight are not restored.
    RestoreDrops,
    /// Messages in flight are restored in reverse.
    RestoreReorders,
}

impl Fault {
    /// All wrong algorithms.
    pub(crate) const ALL: [Fault; 34] = [
        Fault::MarkersDeferred,
        Fault::HandlerSendsAfterMarkers,
        Fault::StateTakenLate,
        Fault::StateTakenTwice,
        Fault::StateShared,
        Fault::MessagesShared,
        Fault::RecordingSwallows,
        Fault::DoneAtRecord,
        Fault::FirstLinkRecordedToo,
        Fault::OnlyFirstLinkCloses,
        Fault::AllOpenUntilDone,
        Fault::OneSlot,
        Fault::OnlyNewestRecords,
        Fault::MarkerClosesForEveryId,
        Fault::SeenPerNode,
        Fault::MarkersTwice,
        Fault::MarkerForgotten,
        Fault::RecordedInAnotherOrder,
        Fault::MarkersOvertake,
        Fault::MessagesSwap,
        Fault::MessagesPassMarkers,
        Fault::EndsOvertake,
        Fault::WaitingLeftOut,
        Fault::MarkerPassesWaiting,
        Fault::MarkerNeedsRoom,
        Fault::HandlesWhenBlocked,
        Fault::CreditTwice,
        Fault::MarkerNotReturned,
        Fault::AcknowledgementsPassMarkers,
        Fault::CopiedAgain,
        Fault::OpenAfterEnd,
        Fault::TimersLeftOut,
        Fault::RestoreDrops,
        Fault::RestoreReorders,
    ];

    /// The faults that show only with capacities, timers, failing nodes, or a restore.
    pub(crate) const BEYOND_THE_PAPER: [Fault; 12] = [
        Fault::EndsOvertake,
        Fault::WaitingLeftOut,
        Fault::MarkerPassesWaiting,
        Fault::MarkerNeedsRoom,
        Fault::HandlesWhenBlocked,
        Fault::CreditTwice,
        Fault::MarkerNotReturned,
        Fault::AcknowledgementsPassMarkers,
        Fault::OpenAfterEnd,
        Fault::TimersLeftOut,
        Fault::RestoreDrops,
        Fault::RestoreReorders,
    ];

    /// A world with this fault, not started.
    pub(crate) fn world(self, topology: &Arc<Topology>, character: Character) -> World {
        match self {
            Fault::StateShared => self.cores(topology, Sharing::State, character),
            Fault::MessagesShared => self.cores(topology, Sharing::Messages, character),
            Fault::MarkersOvertake
            | Fault::MessagesSwap
            | Fault::MessagesPassMarkers
            | Fault::AcknowledgementsPassMarkers
            | Fault::EndsOvertake => self.cores(topology, Sharing::Nothing, character),
            _ => World::new(Arc::clone(topology), |node| {
                let teller = Teller::new(node, topology, character);
                Box::new(Recorder::new(topology, teller, node, self))
            }),
        }
    }

    fn cores(self, topology: &Arc<Topology>, sharing: Sharing, character: Character) -> World {
        let character = Character { sharing, ..character };
        let mut world = World::cores(topology, MarkerPolicy::Overtaking, character);
        world.link_fault = match self {
            Fault::MarkersOvertake => Some(LinkFault::MarkersOvertake),
            Fault::MessagesSwap => Some(LinkFault::MessagesSwap),
            Fault::MessagesPassMarkers => Some(LinkFault::MessagesPassMarkers),
            Fault::EndsOvertake => Some(LinkFault::EndsOvertake),
            Fault::AcknowledgementsPassMarkers => Some(LinkFault::AcknowledgementsPassMarkers),
            _ => None,
        };
        world
    }
}
