//! The configuration of a process in its environment.

use std::env;
use std::time::Duration;

use super::config::ProcessConfig;
use super::config_error::ConfigError;

const PROCESS: &str = "CONSISTENT_CUT_PROCESS";
const ADDRESSES: &str = "CONSISTENT_CUT_ADDRESSES";
const WORKERS: &str = "CONSISTENT_CUT_WORKERS";
const EPOCH: &str = "CONSISTENT_CUT_EPOCH";
const CONNECT_MS: &str = "CONSISTENT_CUT_CONNECT_MS";
const SILENCE_MS: &str = "CONSISTENT_CUT_SILENCE_MS";
const ATTEMPT: &str = "CONSISTENT_CUT_ATTEMPT";
const NEWS: &str = "CONSISTENT_CUT_NEWS";

/// The configuration in the environment of a process.
///
/// | variable | |
/// |---|---|
/// | `CONSISTENT_CUT_PROCESS` | the index of the process |
/// | `CONSISTENT_CUT_ADDRESSES` | the addresses of all processes, with commas between them |
/// | `CONSISTENT_CUT_WORKERS` | how many workers each process has |
/// | `CONSISTENT_CUT_EPOCH` | the epoch |
/// | `CONSISTENT_CUT_CONNECT_MS` | milliseconds that the process waits for the others |
/// | `CONSISTENT_CUT_SILENCE_MS` | milliseconds of silence after which a process is lost |
/// | `CONSISTENT_CUT_ATTEMPT` | the number of the launcher's attempt |
/// | `CONSISTENT_CUT_NEWS` | a file in which the process leaves a higher epoch for its launcher |
///
/// The digest is not among them: it comes from the program.
impl ProcessConfig {
    /// Reads the configuration that a [launcher](crate::cluster::launch) has left in the
    /// environment. `None` if `CONSISTENT_CUT_PROCESS` is not set: then no launcher has started
    /// this program. The other variables but the addresses may be missing.
    ///
    /// # Errors
    /// If a value does not fit.
    pub fn from_env() -> Result<Option<Self>, ConfigError> {
        let Some(process) = number(PROCESS)? else { return Ok(None) };
        let addresses = env::var(ADDRESSES).unwrap_or_default();
        if addresses.is_empty() {
            let expected = "the addresses of all processes, with commas between them";
            return Err(ConfigError::Environment {
                variable: ADDRESSES,
                value: addresses,
                expected,
            });
        }
        let mut config = ProcessConfig::new(process as usize, addresses.split(','));
        let set = |value: Option<u64>, usual| value.unwrap_or(usual);
        config.workers = set(number(WORKERS)?, config.workers as u64) as usize;
        config.epoch = set(number(EPOCH)?, config.epoch);
        config.attempt = set(number(ATTEMPT)?, config.attempt.into()) as u32;
        let time = |value: Option<u64>, usual| value.map_or(usual, Duration::from_millis);
        config.connect_timeout = time(number(CONNECT_MS)?, config.connect_timeout);
        config.silence = time(number(SILENCE_MS)?, config.silence);
        config.news = env::var_os(NEWS).map(Into::into);
        config.check()?;
        Ok(Some(config))
    }

    /// The variables from which [`from_env`](Self::from_env) reads this configuration, for
    /// [`Command::envs`](std::process::Command::envs).
    #[must_use]
    pub fn to_env(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            (PROCESS, self.process.to_string()),
            (ADDRESSES, self.addresses.join(",")),
            (WORKERS, self.workers.to_string()),
            (EPOCH, self.epoch.to_string()),
            (CONNECT_MS, self.connect_timeout.as_millis().to_string()),
            (SILENCE_MS, self.silence.as_millis().to_string()),
            (ATTEMPT, self.attempt.to_string()),
        ];
        let news = self.news.as_ref().and_then(|news| news.to_str());
        variables.extend(news.map(|news| (NEWS, news.to_owned())));
        variables
    }
}

fn number(variable: &'static str) -> Result<Option<u64>, ConfigError> {
    let Some(value) = env::var_os(variable) else { return Ok(None) };
    let value = value.to_string_lossy().into_owned();
    match value.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(ConfigError::Environment { variable, value, expected: "a whole number" }),
    }
}
