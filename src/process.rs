//! The user's part: a [`Process`] (state and transitions), and the [`Context`] that its handlers
//! act through.

mod context;
mod emitted;

pub use context::Context;
pub use emitted::Emitted;

use crate::id::TimerId;
use crate::topology::Link;

/// The behaviour of a node: a state, and the handlers that change it when a message arrives.
///
/// A handler is one atomic step: one event in, one new state, any number of sends. The handler's
/// requests to the [`Context`] take effect when it returns. So no snapshot sees the middle of a
/// handler, and a handler that panics has sent nothing.
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
///     fn on_message(
///         &mut self,
///         from: Link,
///         message: &'static str,
///         ctx: &mut Context<'_, &'static str>,
///     ) {
///         if message == "ping" {
///             self.pings += 1;
///         }
///         // A message from outside has no sender to answer.
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
    /// The state that a snapshot records of a node. It must own its data: a state that shares
    /// memory with the live process (through an `Arc<Mutex<_>>`, say) would go on changing after it
    /// was recorded.
    /// [`SystemBuilder::detect_shared_memory`](crate::SystemBuilder::detect_shared_memory) looks
    /// for shared memory. The compiler refuses an `Rc`:
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

    /// The messages that nodes send to each other. A recorder clones the messages that are in
    /// flight at the cut, and no others. Like a state, a message must own its data.
    ///
    /// A snapshot keeps its copies alive until it is dropped. A message may carry the sender of a
    /// channel for its answer. Then the copy keeps that channel open: if the node fails, the caller
    /// who waits for the answer learns of it only after the snapshot is dropped. By default the
    /// system itself keeps no complete snapshot
    /// ([`SystemBuilder::keep_snapshots`](crate::SystemBuilder::keep_snapshots)).
    type Message: Clone + Send + Sync + 'static;

    /// Called once, before the node takes in any message.
    fn on_start(&mut self, ctx: &mut Context<'_, Self::Message>) {
        let _ = ctx;
    }

    /// Called for each message, in the order of its link. `from` is the link that the message came
    /// on. Input from outside comes on the node's environment link ([`Link::is_environment`]); no
    /// node can send to that link's source.
    ///
    /// A handler must not wait for the action of another node. The handler's sends leave after it
    /// has returned. On threads, the sends of the handlers just before it may leave with them.
    ///
    /// Short handlers that run millions of times a second gain by the attribute
    /// `#[inline(always)]`, which makes them part of the node's loop. The compiler does not do that
    /// by itself. In the crate's benches, on a single core, a message takes a tenth to a quarter
    /// less time this way.
    fn on_message(
        &mut self,
        from: Link,
        message: Self::Message,
        ctx: &mut Context<'_, Self::Message>,
    );

    /// Called when a timer of this process is due, once for each time that the timer was set. By
    /// then the timer is no longer pending.
    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Self::Message>) {
        let _ = (timer, ctx);
    }

    /// The state to record. Called between handlers, never during a handler.
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
    /// Called once in place of [`on_start`](Process::on_start), before the node takes in any
    /// message. The process takes the state that was recorded. Its pending timers are set again,
    /// each with the time that was left. Messages sent here stand behind the messages that were in
    /// flight.
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
