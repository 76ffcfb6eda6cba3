//! The life of one system: its generations, each restored from the one before, and their ends.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use consistent_cut::{GlobalSnapshot, RestoreError, SnapshotError, SnapshotId, System};
use rand::rngs::Xoshiro256PlusPlus;

use super::audit;
use super::caller::Caller;
use super::chatterer::{Book, Chatterer, Message};
use super::progress;
use super::run::{Run, Snapshot};
use super::setup::{Settings, generator, pick};
use super::tally::Tally;
use super::verdict::{self, Wish};
use super::watch;

/// The end of a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    ShutDown,
    ShutDownEach,
    Join,
    /// With a last snapshot, which two callers may ask for.
    Finish {
        callers: usize,
    },
    /// The next generation goes on from a snapshot that was taken while this generation ran.
    Copy,
    Drop,
    DropWithPending,
}

struct Generation {
    run: Arc<Run>,
    settings: Settings,
    number: u64,
    from: Option<Arc<Snapshot>>,
    rng: Xoshiro256PlusPlus,
}

/// Runs the system through all of its generations.
pub(crate) fn live(run: &Arc<Run>, threads: Option<usize>) {
    let mut from = None;
    for number in 0..run.setup.generations {
        let settings = Settings::draw(&run.setup, run.seed, number);
        let rng = generator(run.seed ^ (number + 1).wrapping_mul(0xd134_2543_de82_ef95));
        let generation = Generation { run: Arc::clone(run), settings, number, from, rng };
        from = generation.live();
        run.pulse.beat();
        watch::wait_for_threads(threads).unwrap_or_else(|left| run.fail(&left));
        let Some(snapshot) = &from else { return };
        run.go_back_to(snapshot);
    }
}

impl Generation {
    /// Runs the generation, and returns the snapshot for the next generation, if there is one.
    fn live(mut self) -> Option<Arc<Snapshot>> {
        self.run.begin_generation();
        let system = self.start()?;
        let watchers = self.watch(&system);
        let sent_before = sent(&system);
        let ending = self.draw_ending();
        let last = self.call_and_end(&system, ending);
        Tally::add(&self.run.tally.messages_sent, sent(&system) - sent_before);
        match ending {
            Ending::DropWithPending => self.drop_with_pending(system),
            Ending::Drop => {
                self.run.end();
                drop(system);
            }
            _ => self.look_back(&system),
        }
        for watcher in watchers {
            watcher.join().expect("a watcher fails by ending the program");
        }
        last
    }

    /// `None` if there is nothing to go on from.
    fn start(&self) -> Option<System<Chatterer>> {
        let Generation { run, settings, number, .. } = self;
        let builder = settings.builder(&run.setup);
        let process = |node| Chatterer::new(run, node, *number);
        Tally::add(&run.tally.nodes, run.setup.topology.node_count() as u64);
        let Some(from) = &self.from else {
            let system = builder.spawn(process);
            return Some(system.unwrap_or_else(|error| run.fail(&error.to_string())));
        };
        match builder.restore(from, process) {
            Ok(system) => {
                Tally::add(&run.tally.restores, 1);
                Some(system)
            }
            Err(RestoreError::NodeFailed { failure }) if from.failures().contains(&failure) => None,
            Err(error) => run.fail(&format!("wrong error: {error}")),
        }
    }

    /// Threads that receive all news, and end with the system.
    fn watch(&self, system: &System<Chatterer>) -> Vec<JoinHandle<()>> {
        let judge =
            |run: &Run,
             settings: &Settings,
             result: &Result<Arc<GlobalSnapshot<Book, Message>>, SnapshotError>| {
                let wish = Wish::behind(result.as_ref().err(), settings);
                verdict::judge(run, &wish, result);
            };
        let (subscription, run, settings) =
            (system.subscribe(), Arc::clone(&self.run), self.settings.clone());
        let subscriber = watch::spawn("subscriber", move || {
            let mut seen = std::collections::BTreeSet::new();
            for outcome in subscription {
                run.ensure(seen.insert(outcome.id), || format!("{} ends twice", outcome.id));
                judge(&run, &settings, &outcome.result);
            }
        });
        if self.run.seed % 2 == 0 {
            return vec![subscriber];
        }
        let period = Duration::from_millis(1 + self.run.seed % 50);
        let (periodic, run, settings) =
            (system.every(period), Arc::clone(&self.run), self.settings.clone());
        let regular = watch::spawn("regular", move || {
            periodic.for_each(|result| judge(&run, &settings, &result));
        });
        vec![subscriber, regular]
    }

    fn draw_ending(&mut self) -> Ending {
        let finish = |callers| Ending::Finish { callers };
        if self.number + 1 < self.run.setup.generations {
            return pick(&[finish(1), finish(1), finish(2), Ending::Copy], &mut self.rng);
        }
        let (shut, join) = (Ending::ShutDown, Ending::Join);
        let (drop, pending) = (Ending::Drop, Ending::DropWithPending);
        let endings = [shut, Ending::ShutDownEach, join, finish(1), finish(2), drop, pending];
        pick(&endings, &mut self.rng)
    }

    /// Starts callers, and ends the system during their calls or after them.
    fn call_and_end(
        &mut self,
        system: &System<Chatterer>,
        ending: Ending,
    ) -> Option<Arc<Snapshot>> {
        let goes_quietly = pick(&[true, false], &mut self.rng);
        let run = &*self.run;
        let last = thread::scope(|scope| {
            let callers: Vec<_> = (0..run.setup.callers)
                .map(|id| {
                    let caller = Caller::new(run, &self.settings, system, id, self.number);
                    let caller = caller.goes_on_from(self.from.clone());
                    scope.spawn(move || caller.call())
                })
                .collect();
            watch::sleep(self.settings.run);
            if goes_quietly {
                run.ask_to_quit();
                callers.into_iter().for_each(|caller| caller.join().expect("no caller panics"));
                self.look_for_sleepers(system);
            }
            let last = self.end(system, ending);
            run.ask_to_quit();
            last
        });
        if let (Some(last), Ending::Finish { .. }) = (&last, ending) {
            // By now no thread injects any more, so all accepted messages are in the snapshot.
            (0..=run.setup.callers).for_each(|caller| audit::check_injected(run, caller, last));
        }
        last
    }

    /// Called while no snapshot is taken. The last generation may be driven into a deadlock first,
    /// by more messages than its links hold. Smaller loads make senders wait often.
    fn look_for_sleepers(&self, system: &System<Chatterer>) {
        let run = &*self.run;
        run.be_quiet();
        let rounds = if self.number + 1 == run.setup.generations { 4 } else { 1 };
        for round in 0..rounds {
            if round > 0 {
                let number = self.number + (round << 8);
                Caller::new(run, &self.settings, system, run.setup.callers, number).stir_up();
            }
            watch::sleep(Duration::from_millis(10));
            progress::check(run, system);
        }
    }

    fn end(&self, system: &System<Chatterer>, ending: Ending) -> Option<Arc<Snapshot>> {
        let run = &*self.run;
        match ending {
            Ending::ShutDown => {
                run.end();
                verdict::judge_end(run, &system.shutdown());
            }
            Ending::ShutDownEach => {
                run.end();
                let ended =
                    system.shutdown_each().unwrap_or_else(|error| run.fail(&error.to_string()));
                audit::check_ended(run, system, &ended);
            }
            Ending::Join => {
                run.end();
                self.stop_all(system);
                verdict::judge_end(run, &system.join());
            }
            Ending::Finish { callers } => return self.finish(system, callers),
            Ending::Copy => {
                let result = system.snapshot();
                let copy = verdict::judge(run, &Wish::plain(&self.settings), &result).cloned();
                run.end();
                verdict::judge_end(run, &system.shutdown());
                return copy;
            }
            Ending::Drop | Ending::DropWithPending => {}
        }
        None
    }

    fn stop_all(&self, system: &System<Chatterer>) {
        for node in system.topology().nodes() {
            self.run.tell_to_stop(node);
            if let Err(error) = system.stop_node(node) {
                verdict::judge_stop(&self.run, &error);
            }
        }
    }

    /// One of the callers gets the last snapshot, if there is one.
    fn finish(&self, system: &System<Chatterer>, callers: usize) -> Option<Arc<Snapshot>> {
        let run = &*self.run;
        run.end();
        let cancels = callers > 1 && run.seed % 4 < 2;
        if cancels {
            // A node handles this for a while before it halts, so there is a snapshot to give up.
            Caller::new(run, &self.settings, system, run.setup.callers, self.number).slow_down();
        }
        let before = system.begin_snapshot().id();
        let results: Vec<_> = thread::scope(|scope| {
            let waiting: Vec<_> =
                (0..callers).map(|_| scope.spawn(|| system.snapshot_and_stop())).collect();
            if cancels {
                self.cancel_next(system, before);
            }
            waiting.into_iter().map(|caller| caller.join().expect("no caller panics")).collect()
        });
        // The turn of the last snapshot comes when the nodes have stopped, whichever other
        // snapshots wait.
        let wish = Wish { may_queue: false, ..Wish::plain(&self.settings) };
        let mut last: Vec<_> =
            results.iter().filter_map(|result| verdict::judge(run, &wish, result)).collect();
        run.ensure(last.len() <= 1, || "there are two last snapshots".to_owned());
        let is_cancelled = |result| matches!(result, &Err(SnapshotError::Cancelled { .. }));
        let may_fail = run.told_to_panic() > 0 || results.iter().all(is_cancelled);
        run.ensure(last.len() == 1 || may_fail, || format!("no last snapshot: {results:?}"));
        let ended = if run.seed % 2 == 0 { system.shutdown() } else { system.join() };
        verdict::judge_end(run, &ended);
        last.pop().cloned()
    }

    /// Gives up the snapshot that another caller has just begun, or is about to begin.
    fn cancel_next(&self, system: &System<Chatterer>, before: SnapshotId) {
        let next = SnapshotId::new(before.get() + 1);
        self.run.tell_to_cancel(next);
        for _ in 0..20 {
            match system.find_snapshot(next) {
                Ok(found) => return found.cancel(),
                Err(_) => watch::sleep(Duration::from_micros(200)),
            }
        }
    }

    /// Checks the answers of a system that has ended.
    fn look_back(&self, system: &System<Chatterer>) {
        let run = &*self.run;
        let result = system.snapshot();
        verdict::judge(run, &Wish::plain(&self.settings), &result);
        run.ensure(result.is_err(), || "a snapshot of a system that has ended".to_owned());
        let counts = system.snapshot_counts();
        run.ensure(counts.under_way() == 0, || {
            format!("snapshots under way that never end: {counts:?}")
        });
        run.ensure(system.shutdown().is_err(), || "it was shut down twice".to_owned());
        let has_more = system.subscribe().next().is_some();
        run.ensure(!has_more, || "there is news of a system that has ended".to_owned());
    }

    fn drop_with_pending(&self, system: System<Chatterer>) {
        let pending: Vec<_> = (0..10).map(|_| system.begin_snapshot()).collect();
        self.run.end();
        drop(system);
        for pending in pending {
            verdict::judge(&self.run, &Wish::plain(&self.settings), &pending.wait());
        }
    }
}

fn sent(system: &System<Chatterer>) -> u64 {
    system.link_traffic().iter().map(|traffic| traffic.sent).sum()
}
