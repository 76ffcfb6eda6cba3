//! Pictures.

mod dot;
#[cfg(feature = "diagram")]
mod space_time;

pub use dot::Dot;
#[cfg(feature = "diagram")]
pub use space_time::{SpaceTime, SpaceTimeError};
