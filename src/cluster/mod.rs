//! Systems on timely dataflow: many nodes on each worker thread, and several processes.

mod build_error;
mod coordination;
mod dataflow;
mod handle;
mod parcel;
mod part;
mod placement;
mod places;
mod post;
mod regions;
mod settings;
mod slot;
mod station;
mod worker;

pub use build_error::BuildError;
pub use handle::ClusterHandle;
pub use part::Cluster;
pub use placement::Placement;
pub use settings::ClusterSettings;
pub use station::Portable;
