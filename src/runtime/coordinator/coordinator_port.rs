//! The callers' way to the coordinator.

use std::sync::Arc;

use super::request::{Event, Request};
use crate::sync::Sender;

/// The sending end of the coordinator's events, for callers. A coordinator that is gone has ended
/// every snapshot and closed the registry, so requests to it are dropped.
pub(crate) struct CoordinatorPort<S, M> {
    events: Sender<Event<S, M>>,
    /// Wakes a coordinator that does not wait for the channel itself.
    wake: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl<S, M> CoordinatorPort<S, M> {
    /// The way to a coordinator whose thread waits for the channel.
    pub(crate) fn new(events: Sender<Event<S, M>>) -> Self {
        CoordinatorPort { events, wake: None }
    }

    /// The way to a coordinator that looks at the channel only after `wake` was called.
    #[cfg(feature = "timely")]
    pub(crate) fn woken_by(
        events: Sender<Event<S, M>>,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        CoordinatorPort { events, wake: Some(Arc::new(wake)) }
    }

    pub(crate) fn tell(&self, request: Request) {
        let _ = self.events.send(Event::Caller(request));
        if let Some(wake) = &self.wake {
            wake();
        }
    }
}

impl<S, M> Clone for CoordinatorPort<S, M> {
    fn clone(&self) -> Self {
        CoordinatorPort { events: self.events.clone(), wake: self.wake.clone() }
    }
}
