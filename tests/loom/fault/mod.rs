//! The faults: each has a change of a copy of the sources, the model that must catch it, and the
//! text of the failure.

mod protocol;
mod runtime;

/// A fault in the sources, which is in force only where its name is asked for.
pub(crate) struct Fault {
    /// The name, which the changed sources pass to `crate::is_faulty(..)`.
    pub(crate) name: &'static str,
    pub(crate) edits: &'static [Edit],
    pub(crate) caught_by: Model,
    /// The text of the failing model.
    pub(crate) says: &'static str,
}

/// Replaces text that stands in the file once.
pub(crate) struct Edit {
    pub(crate) file: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

/// The place of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Model {
    /// A test of a file in `tests`.
    Of(&'static str, &'static str),
    /// A unit test.
    Unit(&'static str),
}

/// The text of loom when every thread waits for another.
const DEADLOCK: &str = "deadlock; threads = ";

pub(crate) fn faults() -> impl Iterator<Item = &'static Fault> {
    protocol::FAULTS.iter().chain(runtime::FAULTS)
}

/// Code for the copy, which tells the fault that is in force.
pub(crate) const SWITCH: &str = r#"
pub(crate) fn is_faulty(name: &str) -> bool {
    static FAULT: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    FAULT.get_or_init(|| std::env::var("CONSISTENT_CUT_FAULT").ok()).as_deref() == Some(name)
}
"#;
