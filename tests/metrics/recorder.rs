//! A recorder that keeps everything, for a test to look at.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use metrics::{Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, SharedString, Unit};
use parking_lot::Mutex;

/// A name, and the value of its label; empty if it has none.
type Name = (String, String);

#[derive(Default)]
struct All {
    counts: Mutex<BTreeMap<Name, Arc<AtomicU64>>>,
    levels: Mutex<BTreeMap<Name, Arc<AtomicU64>>>,
    values: Mutex<BTreeMap<Name, Arc<Values>>>,
}

#[derive(Default)]
struct Values(Mutex<Vec<f64>>);

static ALL: LazyLock<All> = LazyLock::new(All::default);

pub(crate) struct Recorder;

impl Recorder {
    /// Installs the recorder of the process.
    pub(crate) fn install() -> Self {
        assert!(metrics::set_global_recorder(Recorder).is_ok(), "it is the only recorder");
        Recorder
    }

    pub(crate) fn count(&self, name: &str, label: &str) -> u64 {
        let counts = ALL.counts.lock();
        let count = counts.get(&(name.to_owned(), label.to_owned()));
        count.map_or(0, |count| count.load(Ordering::Relaxed))
    }

    pub(crate) fn level(&self, name: &str) -> f64 {
        let levels = ALL.levels.lock();
        let level = levels.get(&(name.to_owned(), String::new())).expect("the level was set");
        f64::from_bits(level.load(Ordering::Relaxed))
    }

    pub(crate) fn values(&self, name: &str) -> Vec<f64> {
        let values = ALL.values.lock();
        let values = values.get(&(name.to_owned(), String::new()));
        values.map_or(Vec::new(), |values| values.0.lock().clone())
    }
}

fn name(key: &Key) -> Name {
    let label = key.labels().map(|label| label.value().to_owned()).collect();
    (key.name().to_owned(), label)
}

fn entry<T: Default>(all: &Mutex<BTreeMap<Name, Arc<T>>>, key: &Key) -> Arc<T> {
    Arc::clone(all.lock().entry(name(key)).or_default())
}

impl metrics::Recorder for Recorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(entry(&ALL.counts, key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(entry(&ALL.levels, key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(entry(&ALL.values, key))
    }
}

impl HistogramFn for Values {
    fn record(&self, value: f64) {
        self.0.lock().push(value);
    }
}
