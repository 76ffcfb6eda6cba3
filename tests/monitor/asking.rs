//! Properties asked for on the spot, and monitors that do not start.

use consistent_cut::monitor::MonitorError;
use consistent_cut::{Check, Detection, SnapshotError};

use crate::keeper::{at_least, at_most, hurried, keepers, set};
use crate::watchdog::finishes;

#[test]
fn a_snapshot_is_taken_for_each_question() {
    finishes(|| {
        let system = keepers();
        assert!(matches!(system.check(&at_most(3)).unwrap(), Check::Held(_)));
        let Detection::DidNotHoldAtStart(finding) = system.detect(&at_least(4)).unwrap() else {
            panic!("there is nothing yet")
        };
        assert_eq!((finding.reason.as_str(), finding.snapshot.id().get()), ("there is 0", 2));
        set(&system, 4);
        assert!(matches!(system.check(&at_most(3)).unwrap(), Check::Violated(_)));
        assert!(matches!(system.detect(&at_least(4)).unwrap(), Detection::HoldsNow(_)));
        assert_eq!(system.snapshot_counts().asked, 4);
        system.shutdown().unwrap();
        let refused = system.detect(&at_least(4)).expect_err("it was shut down");
        assert!(matches!(refused, SnapshotError::ShutDown { .. }));
        assert!(system.check(&at_most(3)).is_err());
    });
}

#[test]
fn a_monitor_without_sense_is_refused() {
    finishes(|| {
        let system = keepers();
        assert!(matches!(system.monitor().start(), Err(MonitorError::NothingToWatch)));
        for cost in [0.0, -1.0, 1.01, f64::NAN] {
            let refused = hurried(&system).stable(at_least(1)).cost(cost).start();
            let Err(refused) = refused else { panic!("{cost} was taken") };
            assert!(refused.to_string().contains("is not a share of the time"), "{refused}");
        }
        assert_eq!(system.snapshot_counts().asked, 0);
    });
}
