//! Stores: their interface, the values in them, and those that come with the crate.

pub(crate) mod file_store;
pub(crate) mod id;
pub(crate) mod memory_store;
pub(crate) mod record;
#[cfg(feature = "object-store")]
pub(crate) mod shared_store;
#[expect(clippy::module_inception, reason = "a file that holds a type has its name")]
pub(crate) mod store;
pub(crate) mod store_error;
