//! The plan of an attempt: which program runs in which processes.

use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use crate::cluster::processes::config::ProcessConfig;

/// An attempt of a launcher to run the processes to their end.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u32,
    /// The epoch of its processes.
    pub epoch: u64,
    /// The process that ended the attempt before this one.
    pub after: Option<EndedProcess>,
}

/// A process that has ended early, or with an error.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EndedProcess {
    /// Its index.
    pub process: usize,
    /// How it ended.
    pub status: ExitStatus,
}

/// The plan of an attempt: the program, the addresses of all processes, and which of them this
/// launcher starts.
#[derive(Clone, Debug)]
pub struct LaunchPlan {
    program: OsString,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    config: ProcessConfig,
    here: Option<Vec<usize>>,
}

impl LaunchPlan {
    /// Runs this program in processes at these addresses, each with one worker.
    #[must_use]
    pub fn new(
        program: impl Into<OsString>,
        addresses: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        LaunchPlan {
            program: program.into(),
            arguments: Vec::new(),
            variables: Vec::new(),
            config: ProcessConfig::new(0, addresses),
            here: None,
        }
    }

    /// Runs this program in this number of processes of this machine alone, at ports that are free
    /// now.
    ///
    /// # Errors
    /// If the operating system gives no port.
    pub fn on_loopback(program: impl Into<OsString>, processes: usize) -> io::Result<Self> {
        let bind = |_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        // All are held until all are found, or two would be the same.
        let listeners = (0..processes).map(bind).collect::<io::Result<Vec<_>>>()?;
        let address = |listener: &TcpListener| Ok(listener.local_addr()?.to_string());
        let addresses = listeners.iter().map(address).collect::<io::Result<Vec<String>>>()?;
        Ok(LaunchPlan::new(program, addresses))
    }

    /// Adds an argument of the program.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments of the program.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable in the environment of the program.
    #[must_use]
    pub fn env(mut self, variable: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((variable.into(), value.into()));
        self
    }

    /// How many workers each process has.
    #[must_use]
    pub fn workers(mut self, in_each_process: usize) -> Self {
        self.config = self.config.workers(in_each_process);
        self
    }

    /// The processes that run on this host; all by default. A launcher on each other host starts
    /// the others.
    #[must_use]
    pub fn here(mut self, processes: impl IntoIterator<Item = usize>) -> Self {
        self.here = Some(processes.into_iter().collect());
        self
    }

    /// As [`ProcessConfig::connect_timeout`].
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.config = self.config.connect_timeout(timeout);
        self
    }

    /// As [`ProcessConfig::silence`].
    #[must_use]
    pub fn silence(mut self, at_most: Duration) -> Self {
        self.config = self.config.silence(at_most);
        self
    }

    /// The processes that this launcher starts.
    pub(super) fn processes(&self) -> Vec<usize> {
        self.here.clone().unwrap_or_else(|| (0..self.config.addresses.len()).collect())
    }

    /// The configuration of one process.
    pub(super) fn config(&self, process: usize, attempt: &Attempt) -> ProcessConfig {
        let mut config = self.config.clone().epoch(attempt.epoch);
        (config.process, config.attempt) = (process, attempt.number);
        config
    }

    /// The command that starts a process.
    pub(super) fn command(&self, config: &ProcessConfig) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command.envs(self.variables.iter().map(|(variable, value)| (variable, value)));
        command.envs(config.to_env());
        command
    }
}
