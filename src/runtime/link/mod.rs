//! Everything between two nodes: the channel of a link, its counts, and how a node is woken.

pub(crate) mod bell;
pub(crate) mod channel;
pub(crate) mod command;
pub(crate) mod gauge;
pub(crate) mod marks;
pub(crate) mod outlet;
pub(crate) mod receiver;
pub(crate) mod sender;
#[cfg(test)]
mod tests;
pub(crate) mod traffic;
