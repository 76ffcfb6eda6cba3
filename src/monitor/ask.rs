//! Takes snapshots in the calling thread until a property shows, or looks at a single one.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use super::pace::{Pace, due_before};
use crate::driver::Timeout;
use crate::process::Process;
use crate::property::{Check, Detection, Finding, Invariant, StableProperty};
use crate::runtime::{Sampler, System, Waited};
use crate::snapshot::SnapshotError;

/// Calls that evaluate a property in the calling thread. A function of yours that panics does so in
/// that thread. [`monitor`](Self::monitor) watches several properties in the background.
impl<P: Process> System<P> {
    /// Takes a snapshot and evaluates a stable property on it.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot).
    pub fn detect(
        &self,
        property: &StableProperty<P::State, P::Message>,
    ) -> Result<Detection<P::State, P::Message>, SnapshotError> {
        Ok(property.detect(&self.snapshot()?))
    }

    /// Takes a snapshot and checks whether it violates an invariant.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot).
    pub fn check(
        &self,
        invariant: &Invariant<P::State, P::Message>,
    ) -> Result<Check<P::State, P::Message>, SnapshotError> {
        Ok(invariant.check(&self.snapshot()?))
    }

    /// Waits until a stable property holds: takes snapshots one after another until one shows the
    /// property. The system goes on during this call and after it; call
    /// [`shutdown`](Self::shutdown) yourself.
    ///
    /// A tenth of the time goes into snapshots, and more when the timeout is near. A pause takes at
    /// most half of the time that is left, so that a property that becomes true well before the
    /// timeout is seen. A snapshot that fails is followed by another, after a pause that grows with
    /// each failure in a row.
    ///
    /// `timeout` counts from this call; [`Duration::MAX`] means no timeout. Without a timeout the
    /// call still ends when nothing can change any more. The call goes on as long as a node is at
    /// work. A handler that never returns counts as work: every snapshot then fails.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use consistent_cut::{Context, Link, NodeId, Process, StableProperty, System, Topology};
    /// # struct Countdown(u32);
    /// # impl Process for Countdown {
    /// #     type State = u32;
    /// #     type Message = u32;
    /// #     fn on_message(&mut self, _: Link, count: u32, ctx: &mut Context<'_, u32>) {
    /// #         self.0 = count;
    /// #         if count > 0 { ctx.send_on(ctx.out_links()[0], count - 1) }
    /// #     }
    /// #     fn state(&self) -> u32 { self.0 }
    /// # }
    /// // A node's state is the number it got last; the message counts down.
    /// let system = System::builder(Topology::ring(3)?).spawn(|_| Countdown(u32::MAX))?;
    /// system.inject(NodeId::new(0), 1000)?;
    /// let over = StableProperty::new("over", |s| s.states().any(|(_, count)| *count == 0));
    /// let found = system.wait_until(&over, Duration::from_secs(60))?;
    /// println!("{}: {}", found.snapshot.id(), found.reason);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the timeout is over first; the error then holds the last snapshot. If the system ends,
    /// which it also does when every node has failed. If every node has stopped or failed, and a
    /// snapshot taken after that does not show the property. At once, in a [handler of the same
    /// system](Self#in-a-handler).
    pub fn wait_until(
        &self,
        property: &StableProperty<P::State, P::Message>,
        timeout: Duration,
    ) -> Result<Finding<P::State, P::Message>, WaitUntilError<P::State, P::Message>> {
        wait_until(&self.sampler("System::wait_until"), property, timeout)
    }
}

/// Takes snapshots until one shows the property; see [`System::wait_until`].
pub(crate) fn wait_until<S, M>(
    sampler: &Sampler<S, M>,
    property: &StableProperty<S, M>,
    timeout: Duration,
) -> Result<Finding<S, M>, WaitUntilError<S, M>> {
    if let Some(thread) = sampler.name_of_own_thread() {
        return Err(WaitUntilError::InOwnHandler { thread });
    }
    let mut seen = LastSeen::nothing(property.name());
    loop {
        let began = sampler.now();
        let left = timeout.saturating_sub(began);
        if left.is_zero() {
            return Err(WaitUntilError::TimedOut { timeout, seen: Box::new(seen) });
        }
        let was_settled = sampler.is_settled();
        match sampler.snapshot(left) {
            None | Some(Err(SnapshotError::ShutDown { .. })) => break,
            Some(Err(error)) => seen.note_failure(error),
            Some(Ok(snapshot)) => match property.detect(&snapshot) {
                Detection::HoldsNow(finding) => return Ok(finding),
                Detection::DidNotHoldAtStart(finding) => seen.note(finding),
            },
        }
        if was_settled && seen.failures == 0 {
            return Err(WaitUntilError::NoNodeLeft { seen: Box::new(seen) });
        }
        let due = due_before(timeout, sampler.now(), next_due(sampler, began, &seen));
        if sampler.wait_until(Some(due), was_settled) != Waited::Due {
            break;
        }
    }
    Err(WaitUntilError::SystemEnded { seen: Box::new(seen) })
}

/// When the next snapshot is due. The previous snapshot began at `began` and has just ended.
fn next_due<S, M>(
    sampler: &Sampler<S, M>,
    began: Duration,
    seen: &LastSeen<S, M>,
) -> Option<Duration> {
    Pace::default().next_due(began, sampler.now(), seen.failures)
}

/// Why [`System::wait_until`](crate::System::wait_until) did not see the property hold.
#[derive(Error)]
#[non_exhaustive]
pub enum WaitUntilError<S, M> {
    /// The timeout was over first. Whether the property holds by now is not known.
    #[error("within {} {seen}; it may hold by now: give it more time", Timeout(*timeout))]
    TimedOut {
        /// The timeout of the call.
        timeout: Duration,
        /// The last that was seen of the property by then.
        seen: Box<LastSeen<S, M>>,
    },
    /// A handler waited for a property of its own system. Snapshots of this system wait for the
    /// handler to return, so no snapshot was taken.
    #[error(
        "{thread} cannot wait for a property of its own system, whose snapshots wait for the \
         handler to return: wait in another thread, or ask for a snapshot by \
         Context::request_snapshot"
    )]
    InOwnHandler {
        /// The node in words; or the coordinator, if the drop of a value of yours makes the call.
        thread: String,
    },
    /// Every node has stopped or failed, and the property does not hold. It will never hold, since
    /// no node handles messages any more. The system has not ended, and snapshots can still be
    /// taken.
    #[error("every node has stopped or failed, so nothing changes any more, and {seen}")]
    NoNodeLeft {
        /// The last that was seen of the property by then.
        seen: Box<LastSeen<S, M>>,
    },
    /// The system was shut down, or a failure stopped it, or every node failed.
    #[error("before the system ended {seen}")]
    SystemEnded {
        /// The last that was seen of the property by then.
        seen: Box<LastSeen<S, M>>,
    },
}

/// The last that was seen of a property that did not show.
pub struct LastSeen<S, M> {
    /// The property's name.
    pub property: String,
    /// The last complete snapshot, and the reason why the property does not hold there.
    pub last: Option<Finding<S, M>>,
    /// The error of the snapshot after that, if it failed.
    pub failed: Option<SnapshotError>,
    /// How many snapshots failed since the last complete snapshot.
    pub failures: u32,
}

impl<S, M> LastSeen<S, M> {
    fn nothing(property: &str) -> Self {
        LastSeen { property: property.to_owned(), last: None, failed: None, failures: 0 }
    }

    fn note_failure(&mut self, error: SnapshotError) {
        self.failures = self.failures.saturating_add(1);
        self.failed = Some(error);
    }

    fn note(&mut self, finding: Finding<S, M>) {
        (self.failures, self.failed) = (0, None);
        self.last = Some(finding);
    }
}

impl<S, M> fmt::Display for LastSeen<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let property = &self.property;
        match &self.last {
            Some(Finding { reason, snapshot, .. }) => {
                let id = snapshot.id();
                write!(f, "`{property}` did not show: it did not hold when {id} began ({reason})")?;
            }
            None => write!(f, "`{property}` did not show: no snapshot was complete")?,
        }
        match &self.failed {
            Some(error) => write!(f, ", and then {error}"),
            None => Ok(()),
        }
    }
}

impl<S, M> fmt::Debug for LastSeen<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LastSeen")
            .field("property", &self.property)
            .field("last", &self.last)
            .field("failed", &self.failed)
            .field("failures", &self.failures)
            .finish()
    }
}

impl<S, M> fmt::Debug for WaitUntilError<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WaitUntilError::TimedOut { timeout, seen } => {
                f.debug_tuple("TimedOut").field(timeout).field(seen).finish()
            }
            WaitUntilError::InOwnHandler { thread } => {
                f.debug_tuple("InOwnHandler").field(thread).finish()
            }
            WaitUntilError::NoNodeLeft { seen } => f.debug_tuple("NoNodeLeft").field(seen).finish(),
            WaitUntilError::SystemEnded { seen } => {
                f.debug_tuple("SystemEnded").field(seen).finish()
            }
        }
    }
}
