//! A table of goals and what was reached.

use std::fs;
use std::process::ExitCode;
use std::thread::available_parallelism;

use crate::figures::{is_bench, median};

/// What a figure has to be.
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
        let words = std::env::args().skip(1).filter(|arg| !arg.starts_with("--"));
        let cores = available_parallelism().map_or(0, usize::from);
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|line| line.strip_prefix("model name"));
        let model = model.map_or("unknown", |model| model.trim_start_matches(['\t', ' ', ':']));
        println!("{cores} cores, {model}, {}", std::env::consts::ARCH);
        println!("{:<62}{:>12}{:>12}", "", "measured", "goal");
        Goals { filter: words.into_iter().next(), missed: Vec::new() }
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

    /// Takes the median ratio of rounds, prints it beside its goal, and hands it out.
    pub(crate) fn ratio(
        &mut self,
        name: &str,
        wanted: Wanted,
        mut round: impl FnMut() -> f64,
    ) -> Option<f64> {
        if !self.wants(name) {
            return None;
        }
        let ratios: Vec<f64> = (0..self.rounds()).map(|_| round()).collect();
        let ratio = median(&ratios);
        self.figure(name, wanted, ratio, "");
        Some(ratio)
    }

    /// Prints a figure beside its goal.
    pub(crate) fn figure(&mut self, name: &str, wanted: Wanted, measured: f64, unit: &str) {
        let (goal, is_met) = match wanted {
            Wanted::AtLeast(least) => (format!(">= {least}{unit}"), measured >= least),
            Wanted::AtMost(most) => (format!("<= {most}{unit}"), measured <= most),
            Wanted::Anything => (String::new(), true),
        };
        let is_missed = is_bench() && !is_met;
        let mark = if is_missed { "  missed" } else { "" };
        println!("{name:<62}{:>12}{goal:>12}{mark}", format!("{measured:.2}{unit}"));
        if is_missed {
            self.missed.push(name.to_owned());
        }
    }

    /// The geometric mean of what was measured, beside its goal.
    pub(crate) fn mean(&mut self, name: &str, wanted: Wanted, ratios: &[f64]) {
        if ratios.is_empty() {
            return;
        }
        let logarithms: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
        self.figure(name, wanted, (logarithms / ratios.len() as f64).exp(), "");
    }

    pub(crate) fn end(self) -> ExitCode {
        if self.missed.is_empty() {
            return ExitCode::SUCCESS;
        }
        println!("\nmissed on this machine: {}", self.missed.join("; "));
        ExitCode::FAILURE
    }
}
