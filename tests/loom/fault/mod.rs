//! The faults: what is changed in a copy of the sources, which model must catch it, and how.

mod protocol;
mod runtime;

/// A change of the sources for the worse, in force only where its name is asked for.
pub(crate) struct Fault {
    /// Stands in the changed sources as `crate::is_faulty(..)`.
    pub(crate) name: &'static str,
    pub(crate) edits: &'static [Edit],
    pub(crate) caught_by: Model,
    /// What the failing model says.
    pub(crate) says: &'static str,
}

/// Replaces text that stands in the file once.
pub(crate) struct Edit {
    pub(crate) file: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

/// Where a model is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Model {
    /// A test of a file in `tests`.
    Of(&'static str, &'static str),
    /// A unit test.
    Unit(&'static str),
}

/// What loom says when every thread waits for another.
const DEADLOCK: &str = "deadlock; threads = ";

pub(crate) fn faults() -> impl Iterator<Item = &'static Fault> {
    protocol::FAULTS.iter().chain(runtime::FAULTS)
}

/// Goes into the copy: which fault is in force.
pub(crate) const SWITCH: &str = r#"
pub(crate) fn is_faulty(name: &str) -> bool {
    static FAULT: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    FAULT.get_or_init(|| std::env::var("CONSISTENT_CUT_FAULT").ok()).as_deref() == Some(name)
}
"#;
