//! What a user writes: a [`Process`] (state and transitions), and the [`Context`] its handlers act
//! through.

mod context;
mod emitted;

pub use context::Context;
pub use emitted::Emitted;

use crate::id::TimerId;
use crate::topology::Link;

/// The behaviour of a node: a state, and what it does when a message arrives.
///
/// A handler is one atomic step: one event in, one new state, any number of sends. What it asks of
/// the [`Context`] takes effect when it returns, so that no snapshot sees the middle of a handler,
/// and a handler that panics has sent nothing.
///
/// The trait is object safe, and `Box<dyn Process<State = S, Message = M>>` is a process itself:
/// nodes of different types can share one system.
///
/// ```
/// use consistent_cut::{Context, Link, Process};
///
/// /// Counts the pings it gets and answers each of them.
/// struct Echo {
///     pings: u64,
/// }
///
/// impl Process for Echo {
///     type State = u64;
///     type Message = &'static str;
///
///     fn on_message(&mut self, from: Link, message: &'static str, ctx: &mut Context<'_, &'static str>) {
///         if message == "ping" {
///             self.pings += 1;
///         }
///         // What came from outside has no sender to answer.
///         if message == "ping" && !from.is_environment() {
///             ctx.send(from.source, "pong");
///         }
///     }
///
///     fn state(&self) -> u64 {
///         self.pings
///     }
/// }
/// ```
pub trait Process: Send + 'static {
    /// What a snapshot records of a node. It must own its data: a state that shares memory with the
    /// live process (through an `Arc<Mutex<_>>`, say) would go on changing after it was recorded;
    /// [`SystemBuilder::detect_shared_memory`](crate::SystemBuilder::detect_shared_memory) looks
    /// for that. An `Rc` is refused by the compiler:
    ///
    /// ```compile_fail
    /// # use consistent_cut::{Context, Link, Process};
    /// # use std::rc::Rc;
    /// struct Shared(u64);
    /// impl Process for Shared {
    ///     type State = Rc<u64>;
    ///     type Message = ();
    ///     fn on_message(&mut self, _: Link, _: (), _: &mut Context<'_, ()>) {}
    ///     fn state(&self) -> Rc<u64> { Rc::new(self.0) }
    /// }
    /// ```
    type State: Send + Sync + 'static;

    /// What nodes send to each other. A recorder clones the messages that are in flight at the cut,
    /// and only those. Like a state, a message must own its data.
    ///
    /// A snapshot keeps its copies alive for as long as somebody holds it. Where a message carries
    /// the sender of a channel for its answer, the copy keeps that channel open: the caller who
    /// waits for the answer does not hear that the node has failed before the snapshot is dropped.
    /// By default the system itself keeps no snapshot that is complete
    /// ([`SystemBuilder::keep_snapshots`](crate::SystemBuilder::keep_snapshots)).
    type Message: Clone + Send + Sync + 'static;

    /// Called once, before the node takes in anything.
    fn on_start(&mut self, ctx: &mut Context<'_, Self::Message>) {
        let _ = ctx;
    }

    /// Called for each message, in the order of its link. `from` is the link it came on; input from
    /// outside comes on the node's environment link ([`Link::is_environment`]), whose source cannot
    /// be sent to.
    ///
    /// A handler must not wait for what another node does. What this handler sends leaves after it
    /// has returned, and on threads what the handlers just before it have sent may leave with it.
    fn on_message(
        &mut self,
        from: Link,
        message: Self::Message,
        ctx: &mut Context<'_, Self::Message>,
    );

    /// Called when a timer that this process has set is due, once for each time it was set. By then
    /// the timer is no longer pending.
    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Self::Message>) {
        let _ = (timer, ctx);
    }

    /// The state to record. Called between handlers, never during one.
    fn state(&self) -> Self::State;
}

/// A process that can go on from a snapshot.
///
/// The trait is object safe: `Box<dyn Restore<State = S, Message = M>>` is a process that can be
/// restored.
///
/// ```
/// use consistent_cut::{Context, Link, Process, Restore};
///
/// struct Counter(u64);
///
/// impl Process for Counter {
///     type State = u64;
///     type Message = u64;
///     fn on_message(&mut self, _: Link, more: u64, _: &mut Context<'_, u64>) { self.0 += more }
///     fn state(&self) -> u64 { self.0 }
/// }
///
/// impl Restore for Counter {
///     fn on_restore(&mut self, recorded: u64, _: &mut Context<'_, u64>) { self.0 = recorded }
/// }
/// ```
pub trait Restore: Process {
    /// Called once in place of [`on_start`](Process::on_start), before the node takes in anything:
    /// the process becomes what it was when it was recorded. Its pending timers are set again, each
    /// with the time that was left; what it sends here stands behind what was in flight.
    fn on_restore(&mut self, state: Self::State, ctx: &mut Context<'_, Self::Message>);
}

impl<P: Process + ?Sized> Process for Box<P> {
    type State = P::State;
    type Message = P::Message;

    fn on_start(&mut self, ctx: &mut Context<'_, Self::Message>) {
        (**self).on_start(ctx);
    }

    fn on_message(
        &mut self,
        from: Link,
        message: Self::Message,
        ctx: &mut Context<'_, Self::Message>,
    ) {
        (**self).on_message(from, message, ctx);
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Self::Message>) {
        (**self).on_timer(timer, ctx);
    }

    fn state(&self) -> Self::State {
        (**self).state()
    }
}

impl<P: Restore + ?Sized> Restore for Box<P> {
    fn on_restore(&mut self, state: Self::State, ctx: &mut Context<'_, Self::Message>) {
        (**self).on_restore(state, ctx);
    }
}
