//! The laws of every snapshot of every run.

use std::cell::Cell;

use consistent_cut::simulation::{Schedule, Simulation};
use consistent_cut::strategies::{NumberedProcess, NumberedRun, runs, schedules};
use consistent_cut::{NodeId, System};
use proptest::test_runner::TestCaseError;
use proptest::{prop_assert, prop_assert_eq};

use crate::support::{fails, holds};

fn simulate(run: &NumberedRun) -> Result<Simulation<NumberedProcess>, TestCaseError> {
    run.simulate().map_err(fails)
}

#[test]
fn every_snapshot_verifies_conserves_and_is_consistent_by_its_cut() {
    holds(300, &runs(1..=6), |run| {
        let simulation = simulate(&run)?;
        let trace = simulation.trace().map_err(fails)?;
        for snapshot in simulation.snapshots() {
            snapshot.verify().map_err(fails)?;
            run.system.check(snapshot).map_err(fails)?;
            let Some(cut) = trace.cut_of(snapshot.id()) else {
                return Err(fails("a node of a complete snapshot has not recorded"));
            };
            cut.check_snapshot(trace, snapshot).map_err(fails)?;
        }
        Ok(())
    });
}

#[test]
fn every_snapshot_that_begins_is_complete_at_the_end() {
    holds(200, &runs(1..=6), |run| {
        let simulation = simulate(&run)?;
        let begun = run.choices.snapshots();
        prop_assert_eq!(simulation.snapshots().len(), begun);
        prop_assert!(simulation.failed_snapshots().is_empty());
        Ok(())
    });
}

#[test]
fn a_schedule_is_read_back_and_replays() {
    holds(100, &runs(1..=5), |run| {
        let simulation = simulate(&run)?;
        let schedule: Schedule = simulation.schedule().to_string().parse().map_err(fails)?;
        prop_assert_eq!(&schedule, &simulation.schedule());
        let mut again = run.system.simulation().map_err(fails)?;
        let no_message = |node, _| unreachable!("nothing was injected into {node}");
        again.replay(&schedule, no_message).map_err(fails)?;
        for node in again.topology().nodes() {
            let state = |simulation: &Simulation<NumberedProcess>| {
                simulation.process(node).map(consistent_cut::Process::state)
            };
            prop_assert_eq!(state(&again), state(&simulation));
        }
        prop_assert_eq!(again.snapshots().len(), simulation.snapshots().len());
        Ok(())
    });
    holds(50, &schedules(1..=5), |schedule| {
        prop_assert_eq!(schedule.to_string().parse::<Schedule>().map_err(fails)?, schedule);
        Ok(())
    });
}

/// The same processes on threads.
#[test]
fn snapshots_of_threads_are_right_too() {
    holds(20, &runs(1..=5), |NumberedRun { system, .. }| {
        let builder = System::builder(system.topology().clone());
        let builder = builder.marker_policy(system.marker_policy());
        let builder = match system.capacity() {
            Some(capacity) => builder.capacity(capacity),
            None => builder,
        };
        let running = builder.spawn(|node| system.process(node)).map_err(fails)?;
        for _ in 0..3 {
            system.check(&*running.snapshot().map_err(fails)?).map_err(fails)?;
        }
        running.shutdown().map_err(fails)?;
        Ok(())
    });
}

/// A check that cannot fail would prove nothing.
#[test]
fn a_snapshot_with_something_lost_or_doubled_is_told() {
    let told = Cell::new(0);
    holds(100, &runs(1..=5), |run| {
        let simulation = simulate(&run)?;
        for snapshot in simulation.snapshots() {
            let mut editor = snapshot.edit();
            if editor.retain_messages(|_, message| message.number % 2 == 0) == 0 {
                continue;
            }
            let edited = editor.finish().map_err(fails)?;
            prop_assert!(run.system.check(&edited).is_err(), "messages are missing");
            told.set(told.get() + 1);
            let mut editor = snapshot.edit();
            let node = NodeId::new(0);
            let mut state = snapshot.state(node).clone();
            state.resting += 1;
            editor.set_state(node, state).map_err(fails)?;
            let edited = editor.finish().map_err(fails)?;
            prop_assert!(run.system.check(&edited).is_err(), "a token is counted twice");
        }
        Ok(())
    });
    assert!(told.get() > 10, "only {} snapshots had messages in flight", told.get());
}
