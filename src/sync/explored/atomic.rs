//! Atomics for models in loom.

use super::step::step;
use super::{LOOKS_ARE_EXACT, Ordering};

macro_rules! atomic {
    ($name:ident, $value:ty) => {
        #[derive(Debug)]
        pub(crate) struct $name(loom::sync::atomic::$name);

        #[allow(dead_code, reason = "each kind is used for some of it")]
        // In an execution that has ended, reads return zero.
        impl $name {
            pub(crate) fn new(value: $value) -> Self {
                let atomic = loom::sync::atomic::$name::new(value);
                if LOOKS_ARE_EXACT {
                    // A sequentially consistent look does not find the value before this one.
                    atomic.store(value, Ordering::SeqCst);
                }
                $name(atomic)
            }

            pub(crate) fn load(&self, ordering: Ordering) -> $value {
                step(|| self.0.load(ordering)).unwrap_or_default()
            }

            pub(crate) fn store(&self, value: $value, ordering: Ordering) {
                step(|| self.0.store(value, ordering));
            }

            pub(crate) fn swap(&self, value: $value, ordering: Ordering) -> $value {
                step(|| self.0.swap(value, ordering)).unwrap_or_default()
            }

            pub(crate) fn fetch_add(&self, value: $value, ordering: Ordering) -> $value {
                step(|| self.0.fetch_add(value, ordering)).unwrap_or_default()
            }

            pub(crate) fn fetch_sub(&self, value: $value, ordering: Ordering) -> $value {
                step(|| self.0.fetch_sub(value, ordering)).unwrap_or_default()
            }

            pub(crate) fn fetch_or(&self, value: $value, ordering: Ordering) -> $value {
                step(|| self.0.fetch_or(value, ordering)).unwrap_or_default()
            }

            pub(crate) fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                step(|| self.0.compare_exchange(current, new, success, failure))
                    .unwrap_or(Ok(current))
            }
        }
    };
}

atomic!(AtomicU8, u8);
atomic!(AtomicU64, u64);

pub(crate) fn fence(ordering: Ordering) {
    step(|| loom::sync::atomic::fence(ordering));
}
