//! The watch from outside: the watchdog, the panic hook, and the counts of threads and memory.

use std::fs;
use std::panic;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::chatterer::ORDERED;

use super::common::output::complain;

/// The longest time in which no thread may finish a call.
const SILENCE: Duration = Duration::from_secs(60);

/// The system that runs, and the number of finished calls. Each thread that finishes a call counts
/// here.
#[derive(Default)]
pub(crate) struct Pulse {
    seed: AtomicU64,
    beats: AtomicU64,
}

impl Pulse {
    pub(crate) fn begin(&self, seed: u64) {
        self.seed.store(seed, Ordering::SeqCst);
        self.beat();
    }

    pub(crate) fn beat(&self) {
        self.beats.fetch_add(1, Ordering::Relaxed);
    }

    fn seed(&self) -> u64 {
        self.seed.load(Ordering::SeqCst)
    }
}

/// Reports the fault and the system, and ends the program, since a faulty system may never end.
pub(crate) fn fail(seed: u64, what: &str) -> ! {
    complain(format_args!(
        "\nsoak: {what}\nsoak: system of seed {seed}; to run it again: \
         cargo test --release --test soak -- --replay {seed} --minutes 1"
    ));
    process::exit(1)
}

/// Ends the program when no call has finished for a while.
pub(crate) fn start_watchdog(pulse: Arc<Pulse>) {
    let watch = move || {
        let (mut beats, mut silent_since) = (0, now());
        loop {
            sleep(Duration::from_secs(1));
            let beats_now = pulse.beats.load(Ordering::Relaxed);
            if beats_now != beats {
                (beats, silent_since) = (beats_now, now());
            } else if silent_since.elapsed() > SILENCE {
                fail(
                    pulse.seed(),
                    &format!("no caller has come to an end with anything for {SILENCE:?}"),
                );
            }
        }
    };
    spawn("watchdog", watch);
}

/// A panic that was ordered is not reported. In any other panic, a process or a thread of the crate
/// has found a fault.
pub(crate) fn hook_panics(pulse: Arc<Pulse>) {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let payload = info.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        if !text.is_some_and(|text| text.starts_with(ORDERED)) {
            usual(info);
            fail(pulse.seed(), "a panic that was not ordered");
        }
    }));
}

/// The number of threads of this program. `None` where the operating system does not tell it.
pub(crate) fn threads() -> Option<usize> {
    Some(fs::read_dir("/proc/self/task").ok()?.count())
}

/// The memory in use, in MiB. `None` where the operating system does not tell it.
pub(crate) fn memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib >> 10)
}

/// A thread that was joined may be listed for a moment longer.
pub(crate) fn wait_for_threads(at_most: Option<usize>) -> Result<(), String> {
    let since = now();
    while threads() > at_most {
        if since.elapsed() > Duration::from_secs(10) {
            return Err(format!("{:?} threads are left, and there were {at_most:?}", threads()));
        }
        sleep(Duration::from_millis(1));
    }
    Ok(())
}

pub(crate) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread")
}

#[allow(clippy::disallowed_methods, reason = "it takes up time and synchronises nothing")]
pub(crate) fn sleep(time: Duration) {
    thread::sleep(time);
}

#[allow(clippy::disallowed_methods, reason = "a soak takes as long as it is told to")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
