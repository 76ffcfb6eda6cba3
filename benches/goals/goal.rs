//! A table of goals and what was reached.

use std::fs;
use std::process::ExitCode;
use std::thread::available_parallelism;

use crate::support::figures::{Pairs, geometric_mean, is_bench, median};

/// The bound of a figure.
#[derive(Clone, Copy)]
pub(crate) enum Wanted {
    AtLeast(f64),
    AtMost(f64),
    /// Part of a mean that has a goal.
    Anything,
}

pub(crate) struct Goals {
    filter: Option<String>,
    missed: Vec<String>,
}

impl Goals {
    /// Prints the head of the table.
    pub(crate) fn new() -> Self {
        let filter = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
        let cores = available_parallelism().map_or(0, usize::from);
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|line| line.strip_prefix("model name"));
        let model = model.map_or("unknown", |model| model.trim_start_matches(['\t', ' ', ':']));
        println!("{cores} cores, {model}, {}", std::env::consts::ARCH);
        let (by_hand, system) = ("by hand", "system");
        println!("{:<66}{by_hand:>10}{system:>10}{:>12}{:>12}", "", "measured", "goal");
        Goals { filter, missed: Vec::new() }
    }

    /// Whether a goal is to be measured.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.filter.as_deref().is_none_or(|word| name.contains(word))
    }

    /// How many rounds the median is of.
    pub(crate) fn rounds(&self) -> usize {
        if is_bench() { 11 } else { 1 }
    }

    /// A number of messages in a bench, and far fewer in a short run.
    pub(crate) fn scaled(&self, messages: u64) -> u64 {
        if is_bench() { messages } else { messages.div_ceil(1_000) }
    }

    /// Measures both sides in turn, after a round to warm up, prints the median of the rounds'
    /// ratios beside its goal, and hands it out.
    pub(crate) fn ratio(
        &mut self,
        name: &str,
        wanted: Wanted,
        mut by_hand: impl FnMut() -> f64,
        mut system: impl FnMut() -> f64,
    ) -> Option<f64> {
        if !self.wants(name) {
            return None;
        }
        if is_bench() {
            by_hand();
            system();
        }
        let pairs = Pairs::measure(self.rounds(), by_hand, system);
        let sides = [&pairs.by_hands, &pairs.systems].map(|side| shown(median(side)));
        self.row(name, &sides, wanted, pairs.ratio(), "");
        Some(pairs.ratio())
    }

    /// Prints a figure beside its goal.
    pub(crate) fn figure(&mut self, name: &str, wanted: Wanted, measured: f64, unit: &str) {
        self.row(name, &[String::new(), String::new()], wanted, measured, unit);
    }

    /// The geometric mean of the measured ratios. Its goal is printed only where no row was left
    /// out.
    pub(crate) fn mean(&mut self, name: &str, wanted: Wanted, ratios: &[f64], all: usize) {
        if ratios.is_empty() {
            return;
        }
        let wanted = if ratios.len() == all { wanted } else { Wanted::Anything };
        let name = format!("{name}: geometric mean of {}", ratios.len());
        self.figure(&name, wanted, geometric_mean(ratios), "");
    }

    fn row(
        &mut self,
        name: &str,
        [by_hand, system]: &[String; 2],
        wanted: Wanted,
        measured: f64,
        unit: &str,
    ) {
        let (goal, is_met) = match wanted {
            Wanted::AtLeast(least) => (format!(">= {least}{unit}"), measured >= least),
            Wanted::AtMost(most) => (format!("<= {most}{unit}"), measured <= most),
            Wanted::Anything => (String::new(), true),
        };
        let is_missed = is_bench() && !is_met;
        let mark = if is_missed { "  missed" } else { "" };
        let measured = format!("{measured:.2}{unit}");
        println!("{name:<66}{by_hand:>10}{system:>10}{measured:>12}{goal:>12}{mark}");
        if is_missed {
            self.missed.push(name.to_owned());
        }
    }

    pub(crate) fn end(self) -> ExitCode {
        if self.missed.is_empty() {
            return ExitCode::SUCCESS;
        }
        println!("\nmissed on this machine: {}", self.missed.join("; "));
        ExitCode::FAILURE
    }
}

/// A rate, or a time in seconds. Every rate here is a larger number than every time.
fn shown(figure: f64) -> String {
    match figure {
        1e6.. => format!("{:.1} M/s", figure / 1e6),
        1e3.. => format!("{:.1} k/s", figure / 1e3),
        1.0.. => format!("{figure:.0} /s"),
        1e-3.. => format!("{:.1} ms", figure * 1e3),
        _ => format!("{:.1} µs", figure * 1e6),
    }
}
