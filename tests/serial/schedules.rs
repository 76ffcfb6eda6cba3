//! Schedules and ids come back the same. Ids out of range and unknown actions are refused.

use consistent_cut::simulation::{Action, Schedule};
use consistent_cut::{LinkId, NodeId, ReplyTo, SnapshotId, TimerId};
use serde_json::json;

use crate::chance::{Chance, for_each_seed};
use crate::effort::scaled;
use crate::formats::{copies, refusal};
use crate::systems::{Run, Settings};

/// At an effort of 1.
const RUNS: u64 = 60;

/// The first word of an action, or of a step.
fn kind(action: &Action) -> String {
    let text = match action {
        Action::Step(step) => format!("{step:?}"),
        other => format!("{other:?}"),
    };
    text.chars().take_while(|c| c.is_alphabetic()).collect()
}

#[test]
fn a_schedule_comes_back() {
    let mut kinds = std::collections::BTreeSet::new();
    let all = for_each_seed(0..scaled(RUNS), |seed| {
        let mut chance = Chance::new(seed);
        let mut run = Run::start(&Settings::draw(&mut chance));
        run.live(&mut chance, 40);
        let schedule = run.simulation.schedule();
        kinds.extend(schedule.actions().iter().map(|(_, action)| kind(action)));
        assert_eq!(copies(&schedule), [schedule.clone(), schedule]);
    });
    let expected = [
        "Begin",
        "Deliver",
        "Fail",
        "Fire",
        "Handle",
        "Initiate",
        "Inject",
        "Pause",
        "Resume",
        "Return",
        "Stop",
        "StopAndDrain",
    ];
    assert!(!all || kinds.iter().eq(expected.iter()), "seen were only {kinds:?}");
}

/// Schedules of the strategies, which shrink.
#[cfg(feature = "proptest")]
#[test]
fn schedules_of_the_strategies_come_back() {
    use proptest::test_runner::{Config, TestRunner};

    let strategy = consistent_cut::strategies::schedules(1..=4);
    let config = Config { cases: scaled(20) as u32, ..Config::default() };
    let tested = TestRunner::new(config).run(&strategy, |schedule| {
        assert_eq!(copies(&schedule), [schedule.clone(), schedule]);
        Ok(())
    });
    tested.expect("each comes back");
}

#[test]
fn ids_come_back() {
    let ids = [SnapshotId::new(1), SnapshotId::new(u64::MAX), SnapshotId::new(7).in_life(0x3f)];
    for id in ids {
        assert_eq!(copies(&id), [id; 2]);
    }
    for number in [0, 1, u32::MAX] {
        assert_eq!(copies(&NodeId::new(number)), [NodeId::new(number); 2]);
        assert_eq!(copies(&LinkId::new(number)), [LinkId::new(number); 2]);
    }
    for number in [0, u64::MAX] {
        assert_eq!(copies(&TimerId::new(number)), [TimerId::new(number); 2]);
        assert_eq!(copies(&ReplyTo::new(number)), [ReplyTo::new(number); 2]);
    }
}

/// Numbers and lives that no id has.
#[test]
fn ids_out_of_range_are_refused() {
    let read = |number: u64, life: u32| {
        serde_json::from_value::<SnapshotId>(json!({ "number": number, "life": life }))
    };
    let (number, life) = ((1 << 36) - 1, (1 << 28) - 1);
    let id = read(number, life).expect("it is the highest id");
    assert_eq!((id.number(), id.life()), (number, life));
    for (number, life) in [(number + 1, 0), (0, life + 1), (u64::MAX, u32::MAX)] {
        let expected = format!(
            "a snapshot's number is below 2^36 and its life at most 268435455, \
             but these are {number} and {life}"
        );
        assert_eq!(refusal::<SnapshotId>(&json!({ "number": number, "life": life })), expected);
        let bytes = postcard::to_stdvec(&(number, life)).expect("it is written");
        assert!(postcard::from_bytes::<SnapshotId>(&bytes).is_err());
    }
}

#[test]
fn a_schedule_of_unknown_actions_is_refused() {
    let error = refusal::<Schedule>(&json!([[{ "secs": 0, "nanos": 0 }, { "Jump": 3 }]]));
    assert!(error.starts_with("unknown variant `Jump`, expected one of `Step`"), "{error}");
}
