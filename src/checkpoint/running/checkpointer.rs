//! A thread that writes checkpoints of a running system.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::event::{CheckpointCounts, CheckpointEvent, Reports};
use super::release::Release;
use super::rounds::{Failures, Rounds};
use super::sink::Sink;
use crate::checkpoint::checkpoints::Checkpoints;
use crate::monitor::{Reader, stream};
use crate::panics::catch;
use crate::process::Process;
use crate::runtime::{Outputs, Sampler, System};
use crate::sync::{JoinHandle, Mutex, is_current, spawn};
use crate::topology::Topology;

type Callback = Box<dyn FnMut(&CheckpointEvent) + Send>;

/// Checkpoints of a running system (feature `checkpoint`).
impl<P: Process> System<P> {
    /// Makes a builder for a thread that saves checkpoints of this system at regular times. Nodes
    /// are paused only as for any snapshot. The thread encodes and writes.
    pub fn checkpointer(
        &self,
        checkpoints: &Checkpoints<P::State, P::Message>,
    ) -> CheckpointerBuilder<P::State, P::Message> {
        CheckpointerBuilder {
            sampler: self.sampler("System::checkpointer"),
            outputs: self.outputs(),
            topology: Arc::clone(self.topology()),
            checkpoints: checkpoints.clone(),
            period: Duration::from_secs(1),
            sink: None,
            callback: None,
        }
    }
}

/// Settings of a [`Checkpointer`], made by [`System::checkpointer`].
#[must_use = "a checkpointer does nothing before it is started"]
pub struct CheckpointerBuilder<S, M> {
    sampler: Sampler<S, M>,
    outputs: Outputs<M>,
    topology: Arc<Topology>,
    checkpoints: Checkpoints<S, M>,
    period: Duration,
    sink: Option<Box<dyn Sink<M>>>,
    callback: Option<Callback>,
}

impl<S, M> CheckpointerBuilder<S, M> {
    /// Sets the time from the beginning of one checkpoint to the beginning of the next. A second if
    /// not set. If a checkpoint takes longer, checkpoints that were due meanwhile are skipped. With
    /// [`Duration::ZERO`] a checkpoint begins as soon as the last one is written.
    pub fn period(self, period: Duration) -> Self {
        CheckpointerBuilder { period, ..self }
    }

    /// Releases emitted messages to this sink, each after the checkpoint that holds it is durable.
    /// No other caller may take [outputs](System::outputs) of the system then: messages that it
    /// takes do not reach the sink. Messages wait for about a period, so nodes need
    /// [room](crate::SystemBuilder::output_capacity) for them. A node whose output is full handles
    /// no messages before the next release.
    pub fn release_to(self, sink: impl Sink<M>) -> Self {
        CheckpointerBuilder { sink: Some(Box::new(sink)), ..self }
    }

    /// Calls `callback` with each report, in the thread that writes. The next checkpoint waits for
    /// the callback. A panic of the callback is ignored.
    pub fn on_event(self, callback: impl FnMut(&CheckpointEvent) + Send + 'static) -> Self {
        CheckpointerBuilder { callback: Some(Box::new(callback)), ..self }
    }
}

impl<S: Send + Sync + 'static, M: Send + Sync + 'static> CheckpointerBuilder<S, M> {
    /// Starts the thread. The first checkpoint begins at once.
    ///
    /// # Errors
    /// If the operating system cannot start a thread.
    pub fn start(self) -> io::Result<Checkpointer<S, M>> {
        let CheckpointerBuilder {
            sampler,
            outputs,
            topology,
            checkpoints,
            period,
            sink,
            mut callback,
        } = self;
        let sampler = Arc::new(sampler);
        let counts = Arc::new(Mutex::new(CheckpointCounts::default()));
        let (events, unread) = stream();
        let report = move |event| {
            if let Some(callback) = &mut callback {
                // The panic hook has reported a panic of the callback.
                let _ = catch(|| callback(&event));
            }
            events.put(event);
        };
        let mut rounds = Rounds {
            sampler: Arc::clone(&sampler),
            checkpoints,
            period,
            release: sink.map(|sink| Release::new(outputs, sink, topology)),
            report: Box::new(report),
            counts: Arc::clone(&counts),
            most_failures: u32::MAX,
            failures: Failures::default(),
        };
        let body = move || {
            // A panic here is one of the recorder of metrics. The panic hook has reported it.
            let _ = catch(|| rounds.run());
        };
        let thread = Some(spawn("checkpointer".to_owned(), None, body)?);
        Ok(Checkpointer { sampler, thread, counts, unread })
    }
}

/// A thread that saves checkpoints of a system.
///
/// The thread ends when the system ends, when this handle is dropped, or when every node has
/// stopped, a checkpoint of the final states is durable, and the sink has taken its output. It does
/// not keep the system alive.
///
/// Dropping the handle waits for a checkpoint that is being written, and cancels a snapshot that is
/// under way. In a handler of the system, or in the checkpointer's own callback, the drop does not
/// wait: the thread ends by itself.
///
/// ```
/// use std::time::Duration;
/// use consistent_cut::checkpoint::{CheckpointEvent, Checkpoints, Format, MemoryStore};
/// # use consistent_cut::{Context, Link, Process, System, Topology};
/// # struct Sum(u64);
/// # impl Process for Sum {
/// #     type State = u64;
/// #     type Message = u64;
/// #     fn on_message(&mut self, _: Link, number: u64, _: &mut Context<'_, u64>) {
/// #         self.0 += number
/// #     }
/// #     fn state(&self) -> u64 { self.0 }
/// # }
/// # let system = System::builder(Topology::ring(2)?).spawn(|_| Sum(7))?;
/// let checkpoints = Checkpoints::new(MemoryStore::new(), Format::default());
/// let checkpointer =
///     system.checkpointer(&checkpoints).period(Duration::from_millis(10)).start()?;
/// let first = checkpointer.events().next();
/// assert!(matches!(first, Some(CheckpointEvent::Saved(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a checkpointer that is dropped ends"]
pub struct Checkpointer<S, M> {
    sampler: Arc<Sampler<S, M>>,
    /// `None` once the thread was joined.
    thread: Option<JoinHandle<()>>,
    counts: Arc<Mutex<CheckpointCounts>>,
    unread: Reader<CheckpointEvent>,
}

impl<S, M> Checkpointer<S, M> {
    /// The reports, from the first unread one on. All calls return the same stream.
    #[must_use]
    pub fn events(&self) -> Reports<CheckpointEvent> {
        Reports::new(self.unread.clone())
    }

    /// The counts so far.
    #[must_use]
    pub fn counts(&self) -> CheckpointCounts {
        self.counts.lock().clone()
    }

    /// Waits until the checkpointer ends by itself: when every node has stopped, a checkpoint of
    /// the final states is durable and the sink has taken its output, or when the system ends. In a
    /// handler of the system, or in the checkpointer's own callback, the call returns at once, and
    /// the checkpointer goes on.
    pub fn join(mut self) {
        self.wait();
    }

    fn wait(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        if !is_current(&thread) && self.sampler.name_of_own_thread().is_none() {
            // All panics of users' code in the thread are caught.
            let _ = thread.join();
        }
    }
}

impl<S, M> Drop for Checkpointer<S, M> {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.sampler.give_up();
            self.wait();
        }
    }
}

impl<S, M> fmt::Debug for CheckpointerBuilder<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckpointerBuilder")
            .field("checkpoints", &self.checkpoints)
            .field("period", &self.period)
            .field("releases", &self.sink.is_some())
            .finish_non_exhaustive()
    }
}

impl<S, M> fmt::Debug for Checkpointer<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpointer").field("counts", &self.counts()).finish_non_exhaustive()
    }
}
