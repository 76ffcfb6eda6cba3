//! The thread of a launcher.

use std::collections::VecDeque;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use super::event::LaunchEvent;
use super::launch_error::LaunchError;
use super::launcher::Launcher;
use super::news::News;
use super::plan::{Attempt, EndedProcess, LaunchPlan};
use crate::runtime::Clock;
use crate::sync::{Mutex, park_for};

/// The time between two looks at the processes.
const LOOK: Duration = Duration::from_millis(10);

/// The processes of the present attempt. The launcher's thread and its handle share them.
pub(super) struct Company {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    members: Vec<Member>,
    is_stopped: bool,
}

/// A process that was started.
struct Member {
    process: usize,
    child: Child,
    /// Once it has ended.
    status: Option<ExitStatus>,
    news: News,
}

impl Company {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Company { state: Mutex::new(State::default()) })
    }

    /// Kills a process. False if it does not run.
    pub(super) fn kill(&self, process: usize) -> bool {
        let mut state = self.state.lock();
        let mut running = state.members.iter_mut().filter(|member| member.status.is_none());
        let member = running.find(|member| member.process == process);
        member.is_some_and(|member| member.child.kill().is_ok())
    }

    /// Makes the thread kill all processes and end.
    pub(super) fn stop(&self) {
        self.state.lock().is_stopped = true;
    }

    fn is_stopped(&self) -> bool {
        self.state.lock().is_stopped
    }

    /// Starts the processes of a plan.
    fn start(&self, plan: &LaunchPlan, attempt: &Attempt) -> Result<LaunchEvent, LaunchError> {
        let mut pids = Vec::new();
        for process in plan.processes() {
            let mut config = plan.config(process, attempt);
            config.check()?;
            let news = News::new();
            let news = news.map_err(|error| LaunchError::System { what: "a file", error })?;
            config.news = Some(news.path());
            let child = plan.command(&config).spawn();
            let child = child.map_err(|error| LaunchError::NotStarted { process, error })?;
            pids.push((process, child.id()));
            self.state.lock().members.push(Member { process, child, status: None, news });
        }
        let (attempt, epoch) = (attempt.number, attempt.epoch);
        Ok(LaunchEvent::Started { attempt, epoch, processes: pids })
    }

    /// Looks at the processes: whether one has ended with an error, or all in order.
    fn look(&self) -> Look {
        let mut state = self.state.lock();
        if state.is_stopped {
            return Look::Stopped;
        }
        for member in &mut state.members {
            if member.status.is_none() {
                // A child that cannot be asked is not one any more.
                member.status = member.child.try_wait().ok().flatten();
            }
        }
        let ends = state.members.iter().filter_map(|member| {
            member.status.map(|status| EndedProcess { process: member.process, status })
        });
        match cause(ends) {
            Some(ended) => Look::Ended(ended),
            None if state.members.iter().all(|member| member.status.is_some()) => Look::Done,
            None => Look::Running,
        }
    }

    /// Kills the processes that are left. Returns the highest epoch of which one has heard.
    pub(super) fn clear(&self) -> u64 {
        let members = std::mem::take(&mut self.state.lock().members);
        let mut heard = 0;
        for mut member in members {
            if member.status.is_none() {
                // It may have ended by itself.
                let _ = member.child.kill();
                let _ = member.child.wait();
            }
            heard = heard.max(member.news.epoch().unwrap_or(0));
        }
        heard
    }
}

enum Look {
    Running,
    Done,
    Stopped,
    Ended(EndedProcess),
}

/// The process whose end has ended the others, if one has ended with an error. Processes that have
/// lost it may have ended by now too, each by itself. So a process that was killed comes first.
fn cause(ends: impl Iterator<Item = EndedProcess>) -> Option<EndedProcess> {
    let failed = ends.filter(|ended| !ended.status.success());
    failed.min_by_key(|ended| ended.status.code().is_some())
}

/// Runs attempts until one has come to its end. Returns its number.
pub(super) fn supervise(
    mut launcher: Launcher,
    company: &Arc<Company>,
) -> Result<u32, LaunchError> {
    let clock = Clock::start();
    let mut earlier = VecDeque::new();
    let mut attempt = Attempt { number: 1, epoch: launcher.epoch, after: None };
    loop {
        let plan = (launcher.plan)(&attempt);
        let started = company.start(&plan, &attempt)?;
        (launcher.on_event)(&started);
        let ended = loop {
            match company.look() {
                Look::Running => park_for(LOOK),
                Look::Done => {
                    company.clear();
                    return Ok(attempt.number);
                }
                Look::Stopped => return Err(LaunchError::Stopped),
                Look::Ended(ended) => break ended,
            }
        };
        let heard = company.clear();
        (launcher.on_event)(&LaunchEvent::Ended(ended.clone()));
        let now = clock.now();
        let Some(pause) = launcher.policy.pause(&mut earlier, now) else {
            let EndedProcess { process, status } = ended;
            let (restarts, within) = launcher.policy.budget();
            return Err(LaunchError::GaveUp { process, status, restarts, within });
        };
        let epoch = heard.max(attempt.epoch + 1);
        attempt = Attempt { number: attempt.number + 1, epoch, after: Some(ended) };
        let number = attempt.number;
        (launcher.on_event)(&LaunchEvent::Restarting { attempt: number, epoch, pause });
        while clock.now() < now + pause {
            if company.is_stopped() {
                return Err(LaunchError::Stopped);
            }
            park_for(LOOK.min(pause));
        }
    }
}

/// The processes do not outlive their launcher.
impl Drop for Company {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    /// The process of each place with its status, as the operating system has it.
    fn cause_of(statuses: &[i32]) -> Option<usize> {
        let status = |(process, raw): (usize, &i32)| EndedProcess {
            process,
            status: ExitStatus::from_raw(*raw),
        };
        cause(statuses.iter().enumerate().map(status)).map(|ended| ended.process)
    }

    #[test]
    fn a_process_that_was_killed_is_the_cause_and_not_those_that_have_lost_it() {
        let (in_order, failed, killed) = (0, 1 << 8, 9);
        assert_eq!(cause_of(&[failed, killed, failed]), Some(1));
        assert_eq!(cause_of(&[in_order, failed, failed]), Some(1));
        assert_eq!(cause_of(&[in_order, in_order]), None);
    }
}
