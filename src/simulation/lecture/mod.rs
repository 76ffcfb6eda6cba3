//! The older algorithms of the lecture, and the clocks that one of them trusts.

mod algorithm;
mod clock;
mod markers_only;
mod older_algorithm;
mod physical_time;

pub use algorithm::{Algorithm, PhysicalTime};
pub use clock::Clock;
pub(super) use clock::Reading;
pub(super) use markers_only::MarkersOnly;
pub(super) use older_algorithm::{Effects, NodeView, OlderAlgorithm};
pub(super) use physical_time::PhysicalTimeRecorder;
