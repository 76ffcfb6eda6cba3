//! Both marker policies.

use std::thread;

use consistent_cut::MarkerPolicy;

pub(crate) const BOTH_POLICIES: [MarkerPolicy; 2] =
    [MarkerPolicy::Overtaking, MarkerPolicy::InOrder];

/// Calls `body` with each marker policy in turn. A failure names the policy.
pub(crate) fn on_both_policies(mut body: impl FnMut(MarkerPolicy)) {
    for policy in BOTH_POLICIES {
        let _named = NamedOnPanic(policy);
        body(policy);
    }
}

struct NamedOnPanic(MarkerPolicy);

impl Drop for NamedOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("failed with marker policy {:?}", self.0);
        }
    }
}
