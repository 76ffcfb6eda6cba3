//! One evening, watched by snapshots until it ends.

use std::error::Error;
use std::sync::Arc;

use consistent_cut::property::Deadlock;
use consistent_cut::{NodeId, System};

use crate::Options;
use crate::table::{self, Diner, Seat};
use crate::waiting::{self, Snapshot};

pub(crate) struct Evening {
    system: System<Diner>,
    options: Options,
    last: Option<Arc<Snapshot>>,
}

/// The end of an evening.
pub(crate) enum End {
    /// After this many snapshots.
    AllHaveEaten {
        snapshots: u64,
    },
    Deadlock {
        deadlock: Box<Deadlock>,
        snapshots: u64,
    },
}

impl Evening {
    pub(crate) fn begin(options: &Options, seed: u64) -> Result<Self, Box<dyn Error>> {
        let topology = Arc::new(table::topology(options.philosophers)?);
        let meals = if options.ordered { options.meals } else { u64::MAX };
        let manners = options.manners();
        let system = System::builder(Arc::clone(&topology))
            .spawn(|node| Diner::new(node, &topology, manners, meals, seed))?;
        Ok(Evening { system, options: options.clone(), last: None })
    }

    pub(crate) fn name(&self, node: NodeId) -> String {
        self.system.topology().label(node)
    }

    /// Takes snapshots until one shows a deadlock, or that all have eaten.
    pub(crate) fn watch(&mut self, mut say: impl FnMut(String)) -> Result<End, Box<dyn Error>> {
        for (snapshots, result) in
            (1..=self.options.snapshots).zip(self.system.every(self.options.pause()))
        {
            let snapshot = result?;
            say(describe(&snapshot));
            let deadlock = waiting::find(&snapshot).map(Box::new);
            let have_eaten = self.options.ordered && fewest_meals(&snapshot) >= self.options.meals;
            self.last = Some(snapshot);
            match deadlock {
                Some(deadlock) => return Ok(End::Deadlock { deadlock, snapshots }),
                None if have_eaten => return Ok(End::AllHaveEaten { snapshots }),
                None => {}
            }
        }
        Err(format!("after {} snapshots the evening goes on", self.options.snapshots).into())
    }

    /// A deadlock never ends: in a last snapshot, the philosophers who wait for each other have not
    /// moved.
    pub(crate) fn check_that_nobody_moves(
        &self,
        deadlock: &Deadlock,
    ) -> Result<(), Box<dyn Error>> {
        let last = self.system.snapshot_and_stop()?;
        let found = self.last.as_ref().ok_or("no snapshot was taken")?;
        let is_philosopher = |seat: &Seat| matches!(seat, Seat::Philosopher { .. });
        // A fork may still receive another request.
        let stuck = deadlock.nodes().iter().filter(|node| is_philosopher(found.state(**node)));
        let mut moved = stuck.filter(|node| found.state(**node) != last.state(**node));
        match moved.next() {
            None => Ok(()),
            Some(node) => Err(format!(
                "this was no deadlock, since {} has moved",
                last.topology().describe(*node)
            )
            .into()),
        }
    }
}

fn fewest_meals(snapshot: &Snapshot) -> u64 {
    let meals = snapshot.states().filter_map(|(_, seat)| match seat {
        Seat::Philosopher { meals, .. } => Some(*meals),
        Seat::Fork { .. } => None,
    });
    meals.min().unwrap_or_default()
}

fn describe(snapshot: &Snapshot) -> String {
    let (mut meals_in_all, mut eating, mut waiting) = (0, 0, 0);
    for (_, seat) in snapshot.states() {
        let Seat::Philosopher { meals, holds, wants } = seat else { continue };
        meals_in_all += meals;
        eating += usize::from(holds.len() == 2);
        waiting += usize::from(wants.is_some());
    }
    let at = snapshot.timings().began().as_secs_f64();
    format!("{at:7.3} s  {meals_in_all:6} meals so far, {eating} eat, {waiting} wait for a fork")
}
