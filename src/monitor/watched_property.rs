//! One property that a monitor watches, and the last verdict on it.

use std::sync::Arc;

use super::event::MonitorEvent;
use crate::panics::catch;
use crate::property::{Check, Detection, Invariant, StableProperty};
use crate::snapshot::GlobalSnapshot;

pub(super) struct WatchedProperty<S, M> {
    property: Property<S, M>,
    last: Last,
    /// Whether the property's function panicked at the last snapshot.
    has_panicked: bool,
}

enum Property<S, M> {
    Invariant(Invariant<S, M>),
    Stable(StableProperty<S, M>),
}

/// The last verdict of a function call that did not panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// The invariant held, or the stable property did not show. This is the value at the beginning.
    Nothing,
    /// The stable property holds, or the invariant was violated.
    Found,
}

impl<S, M> WatchedProperty<S, M> {
    pub(super) fn invariant(invariant: Invariant<S, M>) -> Self {
        WatchedProperty::new(Property::Invariant(invariant))
    }

    pub(super) fn stable(property: StableProperty<S, M>) -> Self {
        WatchedProperty::new(Property::Stable(property))
    }

    fn new(property: Property<S, M>) -> Self {
        WatchedProperty { property, last: Last::Nothing, has_panicked: false }
    }

    /// Whether the verdict can no longer change.
    pub(super) fn is_settled(&self) -> bool {
        matches!((&self.property, self.last), (Property::Stable(_), Last::Found))
    }

    /// Evaluates the property on a snapshot, and returns an event if the verdict changed.
    pub(super) fn look(
        &mut self,
        snapshot: &Arc<GlobalSnapshot<S, M>>,
    ) -> Option<MonitorEvent<S, M>> {
        let evaluated = catch(|| self.property.evaluate(snapshot));
        let had_panicked = std::mem::replace(&mut self.has_panicked, evaluated.is_err());
        match evaluated {
            Ok((now, event)) => {
                let before = std::mem::replace(&mut self.last, now);
                event.filter(|_| before != now)
            }
            Err(panic) => {
                let (property, snapshot) = (self.property.name().to_owned(), Arc::clone(snapshot));
                let event = MonitorEvent::PropertyPanicked { property, panic, snapshot };
                (!had_panicked).then_some(event)
            }
        }
    }
}

impl<S, M> Property<S, M> {
    fn name(&self) -> &str {
        match self {
            Property::Invariant(invariant) => invariant.name(),
            Property::Stable(property) => property.name(),
        }
    }

    /// The verdict, and an event if the verdict differs from the last.
    fn evaluate(&self, snapshot: &Arc<GlobalSnapshot<S, M>>) -> (Last, Option<MonitorEvent<S, M>>) {
        match self {
            Property::Invariant(invariant) => match invariant.check(snapshot) {
                Check::Held(finding) => (Last::Nothing, Some(MonitorEvent::HeldAgain(finding))),
                Check::Violated(finding) => (Last::Found, Some(MonitorEvent::Violated(finding))),
            },
            Property::Stable(property) => match property.detect(snapshot) {
                Detection::HoldsNow(finding) => {
                    (Last::Found, Some(MonitorEvent::Detected(finding)))
                }
                Detection::DidNotHoldAtStart(_) => (Last::Nothing, None),
            },
        }
    }
}
