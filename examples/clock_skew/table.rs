//! The results, as a table.

use crate::Row;
use crate::common::say;
use crate::run::Counts;

pub(crate) fn print(rows: &[Row]) {
    say!(
        "Wrong snapshots, in percent: with an inconsistent cut / with a consistent cut, but without messages in flight."
    );
    say!("In brackets: snapshots with a wrong number of tokens.\n");
    say!(
        "{:>12}  {:>22}  {:>22}  {:>22}",
        "skew/latency",
        "physical time",
        "markers only",
        "Chandy-Lamport"
    );
    for Row { skew, counts } in rows {
        let [physical, markers_only, chandy_lamport] =
            [&counts.physical, &counts.markers_only, &counts.chandy_lamport].map(cell);
        say!("{skew:>12}  {physical:>22}  {markers_only:>22}  {chandy_lamport:>22}");
    }
    let [physical, markers_only, chandy_lamport] = [
        total(rows, |row| &row.counts.physical),
        total(rows, |row| &row.counts.markers_only),
        total(rows, |row| &row.counts.chandy_lamport),
    ];
    say!("{:>12}  {physical:>22}  {markers_only:>22}  {chandy_lamport:>22}", "all");
}

fn cell(counts: &Counts) -> String {
    let percent = |count| 100.0 * count as f64 / counts.snapshots.max(1) as f64;
    let [inconsistent, lossy, miscounted] =
        [counts.inconsistent, counts.lossy, counts.miscounted].map(percent);
    format!("{inconsistent:.1} / {lossy:.1} ({miscounted:.1})")
}

fn total(rows: &[Row], of: fn(&Row) -> &Counts) -> String {
    let counts = || rows.iter().map(of);
    let wrong: u64 = counts().map(Counts::wrong).sum();
    let all: u64 = counts().map(|counts| counts.snapshots).sum();
    format!("{wrong} of {all}")
}
