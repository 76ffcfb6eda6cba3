//! Watches a running system for [properties](crate::property): on request, or in the background by
//! a [`Monitor`].
//!
//! A monitor takes snapshots in the background, and evaluates several properties on each. It
//! reports each change of a verdict to a callback and to a stream.
//!
//! ```
//! use consistent_cut::monitor::{MonitorEvent, OnFound};
//! use consistent_cut::property::{conserved, terminated};
//! # use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
//! # struct Purse(u64);
//! # impl Process for Purse {
//! #     type State = u64;
//! #     type Message = u64;
//! #     fn on_message(&mut self, _: Link, coins: u64, ctx: &mut Context<'_, u64>) {
//! #         self.0 += 1;
//! #         if coins > 1 { ctx.send_on(ctx.out_links()[0], coins - 1) }
//! #     }
//! #     fn state(&self) -> u64 { self.0 }
//! # }
//!
//! // Coins go round, and each purse keeps one of those that come by.
//! let system = System::builder(Topology::ring(3)?).spawn(|_| Purse(0))?;
//! system.inject(NodeId::new(0), 1000)?;
//! let monitor = system
//!     .monitor()
//!     .invariant(conserved("coins", 1000, |_, purse| *purse, |coins| *coins))
//!     .stable(terminated(|_, _| true))
//!     .on_found(OnFound::StopSystem)
//!     .cost(0.2)
//!     .start()?;
//! for event in monitor.events() {
//!     println!("{event}");
//!     assert!(!matches!(event, MonitorEvent::Violated(_)));
//! }
//! // The system was stopped; the monitor and its stream have ended.
//! assert_eq!(system.join()?.iter().map(|purse| purse.0).sum::<u64>(), 1000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What does it cost?
//!
//! A [share of the time](MonitorBuilder::cost) that you set. On average, snapshots are under way
//! and properties are evaluated for at most this share; snapshots that fail are left out. The nodes
//! spend time on the snapshots alone: properties are evaluated in the monitor's thread.
//! [`Monitor::effort`] tells the cost so far.
//!
//! # What does it miss?
//!
//! A monitor misses no stable property, since the property stays true until a snapshot shows it. It
//! misses an invariant that is violated between two snapshots and holds again by the second.
//!
//! # What can go wrong?
//!
//! | what happens | what the monitor does |
//! |---|---|
//! | a snapshot fails | reports the failure, and takes another snapshot after 10 ms; the pause doubles with each failure in a row, up to 10 s; the period still counts |
//! | a property or the callback panics | reports the panic, and goes on |
//! | every node has stopped or failed | evaluates one more snapshot, and ends |
//! | the system ends | ends |
//! | the monitor is dropped | cancels its snapshot, ends, and joins its thread |
//!
//! # What happens under loom?
//!
//! [`System::detect`](crate::System::detect) and [`System::check`](crate::System::check) take one
//! snapshot, and loom can explore them. A monitor and
//! [`System::wait_until`](crate::System::wait_until) need time, which does not pass in a model:
//! they panic and say so.

mod ask;
mod builder;
mod effort;
mod event;
mod handle;
mod pace;
mod thread;
mod unread;
mod watched_property;

#[cfg(feature = "timely")]
pub(crate) use ask::wait_until;
pub use ask::{LastSeen, WaitUntilError};
pub use builder::{MonitorBuilder, MonitorError, OnFound};
pub use effort::Effort;
pub use event::{MonitorEvent, MonitorEvents};
pub use handle::{Monitor, MonitorJoinError};
#[cfg(feature = "checkpoint")]
pub(crate) use unread::{Reader, stream};
