//! Panics of users' code: catching them, their texts, and dropping users' values without spreading
//! a panic.
//!
//! A user's value may panic when it is dropped. In a handler such a panic counts as the handler's.
//! Elsewhere it would end a thread that did not cause it. A second panic while the first unwinds
//! aborts the process. The crate therefore drops users' values one by one, by [`discard`].

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::sync::has_execution_ended;

/// Runs code of the user's. A panic is returned as its text.
pub(crate) fn catch<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        // The end of a model's execution is not a panic of the user's. It is passed on to the
        // model's caller.
        if has_execution_ended() {
            resume_unwind(payload);
        }
        text_of(payload)
    })
}

/// The text of a panic, from its payload.
pub(crate) fn text_of(payload: Box<dyn Any + Send>) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    discard(payload);
    text.unwrap_or_else(|| "a panic without a text".to_owned())
}

/// Drops a value. A panic ends here; the panic hook has reported it.
pub(crate) fn discard<T>(value: T) {
    if std::mem::needs_drop::<T>() {
        // A value whose drop has panicked is gone, and it held nothing else.
        let _ = catch(|| drop(value));
    }
}

/// Drops each value separately.
pub(crate) fn discard_all<T>(values: impl IntoIterator<Item = T>) {
    values.into_iter().for_each(discard);
}

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::*;

    /// Panics when it is dropped, and holds another value that does so.
    struct Nested(u32);

    impl Drop for Nested {
        fn drop(&mut self) {
            if let Some(inner) = self.0.checked_sub(1) {
                panic_any(Nested(inner));
            }
        }
    }

    #[test]
    fn a_panic_is_caught_with_its_text() {
        assert_eq!(catch(|| 7), Ok(7));
        assert_eq!(catch(|| -> () { panic!("said") }), Err("said".to_owned()));
        assert_eq!(catch(|| -> () { panic!("said {}", 2) }), Err("said 2".to_owned()));
        let without = catch(|| -> () { panic_any(3) });
        assert_eq!(without, Err("a panic without a text".to_owned()));
    }

    #[test]
    fn a_panic_whose_payload_panics_when_it_is_dropped_ends_all_the_same() {
        assert!(catch(|| -> () { panic_any(Nested(3)) }).is_err());
        discard_all([Nested(2), Nested(1), Nested(0)]);
    }
}
