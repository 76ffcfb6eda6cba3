//! The configuration of one process of a cluster.

use std::time::Duration;

use timely::CommunicationConfig;

use super::config_error::ConfigError;
use super::hello::Plan;
use crate::topology::Topology;

/// The configuration of one process of a cluster: which of the processes it is, where the others
/// are, and how long it waits for them.
///
/// **timely dataflow has neither encryption nor authentication.** Every program that reaches the
/// addresses can read what the processes send, and can speak in their name. Run a cluster in a
/// trusted network, or through a tunnel that encrypts (WireGuard, SSH). The greeting of this crate
/// keeps out processes that come by mistake, and no attacker.
///
/// ```
/// use consistent_cut::cluster::ProcessConfig;
///
/// // One process with four workers.
/// let alone = ProcessConfig::alone(4);
///
/// // The second of two processes.
/// let second = ProcessConfig::new(1, ["10.0.0.7:2101", "10.0.0.8:2101"]).workers(2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessConfig {
    pub(super) process: usize,
    pub(super) addresses: Vec<String>,
    pub(super) workers: usize,
    pub(super) epoch: u64,
    pub(super) digest: u64,
    pub(super) connect_timeout: Duration,
    pub(super) silence: Duration,
    /// Where to leave word of a higher epoch, for the launcher.
    pub(super) news: Option<std::path::PathBuf>,
    pub(super) attempt: u32,
}

/// No time of a configuration is longer: a year stands for never.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl ProcessConfig {
    /// The process with index `process` of those at the addresses, with one worker. Each address is
    /// a host and a port. Each process listens at its own address while the processes connect, and
    /// connects to those with a lower index.
    #[must_use]
    pub fn new(process: usize, addresses: impl IntoIterator<Item = impl Into<String>>) -> Self {
        ProcessConfig {
            process,
            addresses: addresses.into_iter().map(Into::into).collect(),
            workers: 1,
            epoch: 0,
            digest: 0,
            connect_timeout: Duration::from_secs(30),
            silence: Duration::from_secs(10),
            news: None,
            attempt: 1,
        }
    }

    /// A single process with this number of workers. It opens no connection.
    #[must_use]
    pub fn alone(workers: usize) -> Self {
        ProcessConfig::new(0, ["localhost:0"]).workers(workers)
    }

    /// Reads timely's own flags: `-w` workers in each process, `-n` processes, `-p` index of this
    /// process, `-h` file with one address a line. Without `-h` the addresses are `localhost:2101`
    /// and those after it. `-r` and `-z` are taken and change nothing. Returns the free arguments
    /// too; if the first of `arguments` is the program's name, it is among them.
    ///
    /// # Errors
    /// If timely does not understand the arguments, or if they can never work.
    pub fn from_args(
        arguments: impl IntoIterator<Item = String>,
    ) -> Result<(Self, Vec<String>), ConfigError> {
        let parsed = CommunicationConfig::from_args(arguments.into_iter());
        let (parsed, free) = parsed.map_err(ConfigError::Arguments)?;
        let config = match parsed {
            CommunicationConfig::Thread => ProcessConfig::alone(1),
            CommunicationConfig::Process(workers) | CommunicationConfig::ProcessBinary(workers) => {
                ProcessConfig::alone(workers)
            }
            CommunicationConfig::Cluster { threads, process, addresses, .. } => {
                ProcessConfig::new(process, addresses).workers(threads)
            }
        };
        config.check()?;
        Ok((config, free))
    }

    /// How many worker threads each process has; 1 by default. All processes have the same number.
    #[must_use]
    pub fn workers(mut self, in_each_process: usize) -> Self {
        self.workers = in_each_process;
        self
    }

    /// The generation of the processes; 0 by default. Processes of different epochs do not connect.
    /// Whenever all processes start again, after a loss, they need a higher epoch than before: then
    /// a process that is left of an earlier start stays outside.
    #[must_use]
    pub fn epoch(mut self, epoch: u64) -> Self {
        self.epoch = epoch;
        self
    }

    /// Stands for all that must be the same in the processes: program, topology, options; 0 by
    /// default. Processes with different digests do not connect.
    #[must_use]
    pub fn digest(mut self, digest: u64) -> Self {
        self.digest = digest;
        self
    }

    /// Sets the [digest](Self::digest) to that of a name, of your program for example, and the
    /// nodes and links of a topology.
    #[must_use]
    pub fn application(self, name: &str, topology: &Topology) -> Self {
        let links = topology.links().iter().map(|link| [link.source.index(), link.target.index()]);
        let numbers = [topology.node_count(), topology.link_count()];
        let numbers = numbers.into_iter().chain(links.flatten());
        let bytes = numbers.flat_map(|number| (number as u64).to_be_bytes());
        self.digest(fnv1a(name.bytes().chain(bytes)))
    }

    /// How long this process waits until all others are connected; 30 s by default.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout.min(LONGEST);
        self
    }

    /// How long a process may be silent before it counts as lost; 10 s by default. Each process
    /// says ten times in this time that it is there. A process that the machine stops for longer,
    /// or that is starved of processor time, counts as lost too: choose a time that is longer than
    /// any such pause. Meanwhile messages to the silent process are kept in memory without a limit.
    #[must_use]
    pub fn silence(mut self, at_most: Duration) -> Self {
        self.silence = at_most.min(LONGEST);
        self
    }

    /// The index of this process, from 0.
    #[must_use]
    pub fn process(&self) -> usize {
        self.process
    }

    /// The addresses of all processes, by index.
    #[must_use]
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// The number of the launcher's attempt, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The epoch.
    #[must_use]
    pub fn current_epoch(&self) -> u64 {
        self.epoch
    }

    /// Refuses what can never work.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let (process, processes) = (self.process, self.addresses.len());
        if self.workers == 0 {
            return Err(ConfigError::NoWorkers);
        }
        if process >= processes {
            return Err(ConfigError::NoSuchProcess { process, processes });
        }
        if self.silence.is_zero() || self.connect_timeout.is_zero() {
            return Err(ConfigError::NoTime);
        }
        for (second, address) in self.addresses.iter().enumerate() {
            let earlier = self.addresses[..second].iter();
            if let Some(first) = earlier.clone().position(|other| other == address) {
                return Err(ConfigError::SameAddress { first, second, address: address.clone() });
            }
        }
        Ok(())
    }

    /// Tells the launcher of a higher epoch.
    pub(super) fn leave_word(&self, epoch: Option<u64>) {
        if let (Some(news), Some(epoch)) = (&self.news, epoch) {
            // Without the word the launcher raises its epoch by one, again and again.
            let _ = std::fs::write(news, epoch.to_string());
        }
    }

    pub(super) fn plan(&self) -> Plan {
        Plan { processes: self.addresses.len(), workers: self.workers, digest: self.digest }
    }
}

/// The hash of Fowler, Noll and Vo, 1a, of 64 bits.
fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(arguments: &str) -> Result<(ProcessConfig, Vec<String>), ConfigError> {
        ProcessConfig::from_args(arguments.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_flags_mean_what_they_mean_to_timely() {
        let (config, free) = from("program -w 3 -n 2 -p 1 --store file").unwrap_or_else(|error| {
            // An unknown flag is timely's own error.
            assert!(error.to_string().contains("store"), "{error}");
            from("program -w 3 -n 2 -p 1 -- --store file").expect("known flags")
        });
        let expected = ProcessConfig::new(1, ["localhost:2101", "localhost:2102"]).workers(3);
        assert_eq!(config, expected);
        assert_eq!(free, ["program", "--store", "file"]);
        assert_eq!(from("-w 4").expect("one process").0, ProcessConfig::alone(4));
        assert_eq!(from("").expect("one thread").0, ProcessConfig::alone(1));
    }

    #[test]
    fn flags_that_can_never_work_are_refused() {
        let refused = |arguments| from(arguments).expect_err("refused").to_string();
        assert!(refused("-n 2 -p 2").contains("there are 2 processes"));
        assert!(refused("-n 2 -w 0").contains("at least one worker"));
        assert!(refused("-w many").contains("timely does not understand the arguments"));
        assert!(refused("-n 2 -h no/such/file").contains("timely does not understand"));
    }

    #[test]
    fn an_address_for_two_processes_is_refused() {
        let error = ProcessConfig::new(0, ["a:1", "b:1", "a:1"]).check().expect_err("twice");
        assert_eq!(
            error.to_string(),
            "processes 0 and 2 have the same address a:1: give each an address of its own"
        );
    }

    #[test]
    fn another_name_and_another_link_change_the_digest() {
        let digest = |name, topology| ProcessConfig::alone(1).application(name, &topology).digest;
        let ring = || Topology::ring(5).expect("a ring");
        let usual = digest("a", ring());
        assert_eq!(usual, digest("a", ring()));
        assert_ne!(usual, digest("b", ring()));
        assert_ne!(usual, digest("a", Topology::ring(6).expect("a ring")));
        assert_ne!(usual, digest("a", Topology::complete(5).expect("complete")));
    }
}
