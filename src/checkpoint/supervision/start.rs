//! Settings of a supervision, and its start.

use std::fmt;
use std::sync::Arc;

use super::event::SupervisionEvent;
use super::policy::RestartPolicy;
use super::supervised::{Shared, Supervised};
use super::thread::{Report, SupervisorThread};
use crate::checkpoint::checkpoints::Checkpoints;
use crate::checkpoint::resume::ResumeError;
use crate::checkpoint::running::sink::Sink;
use crate::id::NodeId;
use crate::monitor::stream;
use crate::panics::catch;
use crate::process::{Process, Restore};
use crate::runtime::{Clock, OnFailure, SystemBuilder};
use crate::sync::{Mutex, spawn};

/// Supervision (feature `checkpoint`).
impl<P: Restore> SystemBuilder<P>
where
    P::State: Clone,
{
    /// Makes a builder for a supervised system. A thread of its own saves checkpoints of the
    /// system, and restarts the system after a failure.
    ///
    /// When a node panics, or when snapshots fail in a row because a handler does not return, the
    /// whole system is stopped and restored from the last good checkpoint. The work after that
    /// checkpoint's cut is done again. `process` is called for each node at each start.
    /// [`on_failure`](Self::on_failure) has no effect: the system stops at each failure.
    ///
    /// ```
    /// use std::time::Duration;
    /// use consistent_cut::checkpoint::{Checkpoints, Format, MemoryStore, RestartPolicy};
    /// # use consistent_cut::{Context, Link, NodeId, Process, Restore, System, Topology};
    /// # struct Sum(u64);
    /// # impl Process for Sum {
    /// #     type State = u64;
    /// #     type Message = u64;
    /// #     fn on_message(&mut self, _: Link, number: u64, ctx: &mut Context<'_, u64>) {
    /// #         self.0 += number;
    /// #         ctx.stop();
    /// #     }
    /// #     fn state(&self) -> u64 { self.0 }
    /// # }
    /// # impl Restore for Sum {
    /// #     fn on_restore(&mut self, recorded: u64, _: &mut Context<'_, u64>) {
    /// #         self.0 = recorded
    /// #     }
    /// # }
    /// let checkpoints = Checkpoints::new(MemoryStore::new(), Format::default());
    /// let supervised = System::builder(Topology::ring(1)?)
    ///     .supervise(&checkpoints, |_| Sum(0))
    ///     .policy(RestartPolicy::default().period(Duration::from_millis(10)))
    ///     .start()?;
    /// supervised.system().inject(NodeId::new(0), 7)?;
    /// let processes = supervised.join()?; // all nodes have stopped
    /// assert_eq!(processes[0].0, 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn supervise(
        self,
        checkpoints: &Checkpoints<P::State, P::Message>,
        process: impl FnMut(NodeId) -> P + Send + 'static,
    ) -> SupervisorBuilder<P> {
        SupervisorBuilder {
            // A system that goes on without a node cannot be restored.
            builder: self.on_failure(OnFailure::Stop),
            checkpoints: checkpoints.clone(),
            process: Box::new(process),
            policy: RestartPolicy::default(),
            sink: None,
            callback: None,
        }
    }
}

type Callback = Box<dyn FnMut(&SupervisionEvent) + Send>;

/// Settings of a supervision, made by [`SystemBuilder::supervise`].
#[must_use = "a supervision does nothing before it is started"]
pub struct SupervisorBuilder<P: Process> {
    builder: SystemBuilder<P>,
    checkpoints: Checkpoints<P::State, P::Message>,
    process: Box<dyn FnMut(NodeId) -> P + Send>,
    policy: RestartPolicy,
    sink: Option<Box<dyn Sink<P::Message>>>,
    callback: Option<Callback>,
}

impl<P: Restore> SupervisorBuilder<P>
where
    P::State: Clone,
{
    /// Sets when the system is restarted, and how often.
    pub fn policy(self, policy: RestartPolicy) -> Self {
        SupervisorBuilder { policy, ..self }
    }

    /// Releases emitted messages to this sink, as
    /// [`CheckpointerBuilder::release_to`](crate::checkpoint::CheckpointerBuilder::release_to)
    /// does. Each message is released once, however often the system is restarted.
    pub fn release_to(self, sink: impl Sink<P::Message>) -> Self {
        SupervisorBuilder { sink: Some(Box::new(sink)), ..self }
    }

    /// Calls `callback` with each report, in the thread of the supervision, which waits for it. A
    /// panic of the callback is ignored.
    pub fn on_event(self, callback: impl FnMut(&SupervisionEvent) + Send + 'static) -> Self {
        SupervisorBuilder { callback: Some(Box::new(callback)), ..self }
    }

    /// Starts the system from the newest checkpoint, or anew if the store has none, and starts the
    /// supervision.
    ///
    /// # Errors
    /// As [`SystemBuilder::restore_or_spawn`]; this first start is not tried again.
    /// [`ResumeError::Thread`] if the operating system cannot start the thread of the supervision.
    pub fn start(self) -> Result<Supervised<P>, ResumeError> {
        let SupervisorBuilder { builder, checkpoints, mut process, policy, sink, mut callback } =
            self;
        let (events, unread) = stream();
        let report: Report = Box::new(move |event| {
            if let Some(callback) = &mut callback {
                // The panic hook has reported a panic of the callback.
                let _ = catch(|| callback(&event));
            }
            events.put(event);
        });
        let report = Arc::new(Mutex::new(report));
        let resumed = builder.clone().restore_or_spawn(&checkpoints, &mut process)?;
        let (from, damaged) = (resumed.from, resumed.damaged);
        let started = SupervisionEvent::Started { from, damaged };
        let shared = Arc::new(Shared::new(resumed.system));
        let supervisor = SupervisorThread {
            builder,
            checkpoints,
            process,
            policy,
            sink,
            report,
            shared: Arc::clone(&shared),
            clock: Clock::start(),
            restarts: Vec::new(),
            total: 0,
            in_vain: 0,
        };
        let thread = spawn("supervisor".to_owned(), None, move || supervisor.run(started));
        Ok(Supervised::new(shared, thread.map_err(ResumeError::Thread)?, unread))
    }
}

impl<P: Process> fmt::Debug for SupervisorBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SupervisorBuilder")
            .field("builder", &self.builder)
            .field("checkpoints", &self.checkpoints)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
