//! How many threads the operating system has room for, checked before the start.
//!
//! If the operating system refuses a thread, the start returns an error. But if a thread's signal
//! stack gets no memory map, the standard library aborts the process. So Linux is asked for its
//! limits before any thread starts. Other operating systems are not asked.

use std::fs;

use crate::driver::SpawnError;
use crate::sync::MOST_THREADS;

/// Memory maps per thread: its stack and its signal stack, each with a guard page. A measurement
/// with 4,000 threads gave 4.0 each.
const MAPS_OF_A_THREAD: u64 = 4;

/// Memory maps that are reserved for everything else: arenas of the allocator, large blocks, files.
const SPARE_MAPS: u64 = 1024;

/// Numbers of the capabilities by which Linux exempts a process from the limit of a user's threads.
const EXEMPT: [u32; 2] = [21, 24];

/// The texts of Linux's files. A file that cannot be read sets no limit.
#[derive(Clone, Debug, Default)]
struct Texts {
    /// `/proc/sys/vm/max_map_count`
    max_map_count: Option<String>,
    /// `/proc/self/maps`
    maps: Option<String>,
    /// `/proc/sys/kernel/threads-max`
    threads_max: Option<String>,
    /// `/proc/sys/kernel/pid_max`
    pid_max: Option<String>,
    /// `/proc/self/limits`
    limits: Option<String>,
    /// `/proc/self/status`
    status: Option<String>,
    /// `pids.max` and `pids.current` of the control group
    group: Option<(String, String)>,
}

/// A limit, and the part of it that is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Limit {
    name: &'static str,
    most: u64,
    in_use: u64,
    /// How much each thread takes.
    a_thread: u64,
    /// How to raise it.
    advice: &'static str,
}

/// Checks whether a system of this many nodes has room. The threads of a model take none of the
/// machine's.
pub(super) fn check(nodes: usize) -> Result<(), SpawnError> {
    let is_asked = cfg!(target_os = "linux") && MOST_THREADS.is_none();
    if is_asked { check_against(nodes, &Texts::read()) } else { Ok(()) }
}

/// A thread for each node, and one for the coordinator.
fn check_against(nodes: usize, texts: &Texts) -> Result<(), SpawnError> {
    let tightest = texts.limits().into_iter().min_by_key(Limit::threads_left);
    let Some(limit) = tightest else { return Ok(()) };
    let left = limit.threads_left();
    if left > nodes as u64 {
        return Ok(());
    }
    Err(SpawnError::NoRoomForThreads {
        nodes,
        fitting: left.saturating_sub(1) as usize,
        limit: limit.name,
        most: limit.most,
        in_use: limit.in_use,
        advice: limit.advice,
    })
}

impl Limit {
    fn threads_left(&self) -> u64 {
        self.most.saturating_sub(self.in_use) / self.a_thread
    }
}

impl Texts {
    fn read() -> Self {
        let read = |path: &str| fs::read_to_string(path).ok();
        let group = read("/proc/self/cgroup").unwrap_or_default();
        let group = directories_of(&group).into_iter().find_map(|directory| {
            Some((
                read(&format!("{directory}/pids.max"))?,
                read(&format!("{directory}/pids.current"))?,
            ))
        });
        Texts {
            max_map_count: read("/proc/sys/vm/max_map_count"),
            maps: read("/proc/self/maps"),
            threads_max: read("/proc/sys/kernel/threads-max"),
            pid_max: read("/proc/sys/kernel/pid_max"),
            limits: read("/proc/self/limits"),
            status: read("/proc/self/status"),
            group,
        }
    }

    /// The limits. Threads of other processes change all the time and are not counted.
    fn limits(&self) -> Vec<Limit> {
        let threads = status_of(self, "Threads:").and_then(number).unwrap_or(1);
        let of_threads = |most: Option<u64>, name, advice| {
            most.map(|most| Limit { name, most, in_use: threads, a_thread: 1, advice })
        };
        let maps = self.maps.as_ref().map_or(0, |maps| maps.lines().count() as u64);
        let max_map_count = self.max_map_count.as_deref().and_then(number).map(|most| Limit {
            name: "vm.max_map_count, the limit of memory maps,",
            most,
            in_use: maps + SPARE_MAPS,
            a_thread: MAPS_OF_A_THREAD,
            advice: "raise it (sysctl -w vm.max_map_count=...; a thread takes 4)",
        });
        let group = self.group.as_ref().and_then(|(max, current)| {
            let (most, in_use) = (number(max)?, number(current)?);
            let name = "pids.max, the limit of the control group,";
            Some(Limit { name, most, in_use, a_thread: 1, advice: "raise it for the container" })
        });
        let processes = if is_exempt(self) { None } else { self.max_processes() };
        let all = [
            max_map_count,
            of_threads(
                self.threads_max.as_deref().and_then(number),
                "kernel.threads-max",
                "raise it (sysctl -w kernel.threads-max=...)",
            ),
            of_threads(
                self.pid_max.as_deref().and_then(number),
                "kernel.pid_max",
                "raise it (sysctl -w kernel.pid_max=...)",
            ),
            of_threads(processes, "the limit of a user's processes", "raise it (ulimit -u)"),
            group,
        ];
        all.into_iter().flatten().collect()
    }

    /// The soft limit, which is the first word after the name.
    fn max_processes(&self) -> Option<u64> {
        let text = self.limits.as_deref()?;
        let values = text.lines().find_map(|line| line.strip_prefix("Max processes"))?;
        number(values.split_whitespace().next()?)
    }
}

/// The number that is alone on its line. `max` and `unlimited` give `None`.
fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

fn status_of<'a>(texts: &'a Texts, name: &str) -> Option<&'a str> {
    let status = texts.status.as_deref()?;
    status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

/// Whether this process is exempt from the limit of a user's processes.
fn is_exempt(texts: &Texts) -> bool {
    let is_root =
        status_of(texts, "Uid:").and_then(|ids| ids.split_whitespace().next()) == Some("0");
    let effective = status_of(texts, "CapEff:").and_then(|hex| u64::from_str_radix(hex, 16).ok());
    is_root || effective.is_some_and(|has| EXEMPT.iter().any(|bit| has & (1 << bit) != 0))
}

/// Directories that may hold the limits of the process's control group, for the second version and
/// for the first.
fn directories_of(cgroup: &str) -> Vec<String> {
    let mut directories = Vec::new();
    for line in cgroup.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let path = path.trim_end_matches('/');
        if controllers.is_empty() {
            directories.push(format!("/sys/fs/cgroup{path}"));
        } else if controllers.split(',').any(|controller| controller == "pids") {
            directories.push(format!("/sys/fs/cgroup/pids{path}"));
        }
    }
    // In a container the container's own group may be mounted as the root.
    directories.extend(["/sys/fs/cgroup".to_owned(), "/sys/fs/cgroup/pids".to_owned()]);
    directories
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: &str = "\
Limit                     Soft Limit           Hard Limit           Units     \n\
Max cpu time              unlimited            unlimited            seconds   \n\
Max processes             5000                 96365                processes \n\
Max open files            20000                20000                files     \n";

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    /// A machine on which each limit has room for at least 10,000 threads, with one thread in use.
    fn roomy() -> Texts {
        Texts {
            max_map_count: some("65530\n"),
            maps: some("one\ntwo\n"),
            threads_max: some("192730\n"),
            pid_max: some("32768\n"),
            limits: some(&LIMITS.replace("5000 ", "96365")),
            status: some(
                "Name:\tx\nThreads:\t1\nUid:\t1000\t1000\t1000\t1000\nCapEff:\t0000000000000000\n",
            ),
            group: Some(("max\n".to_owned(), "3\n".to_owned())),
        }
    }

    /// How many nodes fit, and the limit that refuses more.
    fn refused(nodes: usize, texts: &Texts) -> Option<(usize, &'static str)> {
        match check_against(nodes, texts) {
            Err(SpawnError::NoRoomForThreads { fitting, limit, .. }) => Some((fitting, limit)),
            Err(error) => panic!("{error}"),
            Ok(()) => None,
        }
    }

    #[test]
    fn the_tightest_limit_decides_to_the_node() {
        // (65,530 - 2 - 1,024) / 4 threads, of which one is the coordinator's.
        let (fitting, limit) = refused(200_000, &roomy()).expect("too many");
        assert_eq!((fitting, limit.contains("max_map_count")), (16_125, true));
        assert_eq!(refused(fitting, &roomy()), None);
        assert_eq!(refused(fitting + 1, &roomy()), Some((fitting, limit)));

        let few_threads = Texts { threads_max: some("101"), ..roomy() };
        assert_eq!(refused(1000, &few_threads), Some((99, "kernel.threads-max")));
        assert_eq!(refused(99, &few_threads), None);
        let few_ids = Texts { pid_max: some("51\n"), ..roomy() };
        assert_eq!(refused(1000, &few_ids), Some((49, "kernel.pid_max")));
        let few_processes = Texts { limits: some(LIMITS), ..roomy() };
        assert_eq!(
            refused(10_000, &few_processes),
            Some((4998, "the limit of a user's processes"))
        );
        let small_group = Texts { group: Some(("30\n".to_owned(), "10\n".to_owned())), ..roomy() };
        assert_eq!(refused(20, &small_group).map(|(fitting, _)| fitting), Some(19));
    }

    #[test]
    fn the_limit_of_a_users_processes_holds_for_ordinary_users_alone() {
        let status =
            ["Uid:\t0\t0\t0\t0\nCapEff:\t0\n", "Uid:\t9\t9\t9\t9\nCapEff:\t0000000001000000\n"];
        for status in status {
            let exempt = Texts { limits: some(LIMITS), status: some(status), ..roomy() };
            assert_eq!(refused(10_000, &exempt), None);
        }
        let unlimited = LIMITS.replace("5000     ", "unlimited");
        assert_eq!(refused(10_000, &Texts { limits: some(&unlimited), ..roomy() }), None);
    }

    #[test]
    fn what_says_nothing_limits_nothing() {
        assert_eq!(refused(usize::MAX / 2, &Texts::default()), None);
        let nonsense = Texts {
            max_map_count: some("many"),
            threads_max: some(""),
            limits: some("Max processes"),
            status: some("Threads:"),
            group: Some((String::new(), String::new())),
            ..Texts::default()
        };
        assert_eq!(refused(usize::MAX / 2, &nonsense), None);
        let full = Texts { max_map_count: some("10"), ..roomy() };
        assert_eq!(refused(1, &full).map(|(fitting, _)| fitting), Some(0));
    }

    #[test]
    fn control_groups_of_both_versions_are_found() {
        let first = directories_of("9:name=systemd:/\n8:cpu,pids:/box/a\n0::/\n");
        assert_eq!(first[..2], ["/sys/fs/cgroup/pids/box/a", "/sys/fs/cgroup"]);
        assert_eq!(directories_of("0::/user.slice/x\nodd\n")[0], "/sys/fs/cgroup/user.slice/x");
    }
}
