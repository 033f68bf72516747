//! The recorder of a module: its host's.

use std::sync::Arc;

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Level, Metadata,
    Recorder, SharedString, Unit,
};

use crate::root::forward::value::LentText;
use crate::root::forward::wire::{LentLabel, SeriesDesc, SeriesKind, SeriesSink, Sinks, table};

/// Passes what is counted to the host.
struct SeriesForwarder {
    source: *const (),
    sink: &'static SeriesSink,
}

// SAFETY: the host's functions may be called by any thread, with the source that the host gave.
unsafe impl Send for SeriesForwarder {}
// SAFETY: as above.
unsafe impl Sync for SeriesForwarder {}

/// Has `metrics` in this image forward to the host, if that takes series. Whether it does what it can: `false` if
/// the image has a recorder already.
///
/// # Safety
///
/// The tables do what they say, for as long as the process lives.
pub(super) unsafe fn install(sinks: &Sinks) -> bool {
    // SAFETY: null, or a table that lives as long as the process.
    match unsafe { table(sinks.series) } {
        Some(sink) => {
            let source = sinks.source;
            metrics::set_global_recorder(SeriesForwarder { source, sink }).is_ok()
        }
        None => true,
    }
}

/// A counter, gauge or histogram of the host's.
struct SeriesOfHost {
    handle: *const (),
    sink: &'static SeriesSink,
}

// SAFETY: the host's functions may be called by any thread, with a handle that the host gave.
unsafe impl Send for SeriesOfHost {}
// SAFETY: as above.
unsafe impl Sync for SeriesOfHost {}

impl Drop for SeriesOfHost {
    fn drop(&mut self) {
        // SAFETY: the host's function with its handle, which nothing else has.
        unsafe { (self.sink.release)(self.handle) };
    }
}

impl SeriesForwarder {
    fn register(
        &self,
        kind: SeriesKind,
        key: &Key,
        metadata: &Metadata<'_>,
    ) -> Option<Arc<SeriesOfHost>> {
        let labels = key.labels().map(|it| LentLabel {
            key: LentText::new(it.key()),
            value: LentText::new(it.value()),
        });
        let labels: Vec<LentLabel> = labels.collect();
        let level = match *metadata.level() {
            Level::ERROR => 1,
            Level::WARN => 2,
            Level::INFO => 3,
            Level::DEBUG => 4,
            _ => 5,
        };
        let described = SeriesDesc {
            kind,
            level,
            name: LentText::new(key.name()),
            target: LentText::new(metadata.target()),
            module_path: LentText::of(metadata.module_path()),
            labels: labels.as_ptr(),
            label_count: labels.len(),
        };
        // SAFETY: the host's function with its source; the description lives over the call.
        let handle = unsafe { (self.sink.register)(self.source, &described) };
        let sink = self.sink;
        (!handle.is_null()).then(|| Arc::new(SeriesOfHost { handle, sink }))
    }

    fn describe(&self, kind: SeriesKind, name: &KeyName, unit: Option<Unit>, text: &str) {
        let name = LentText::new(name.as_str());
        let unit = LentText::of(unit.as_ref().map(Unit::as_str));
        let text = LentText::new(text);
        // SAFETY: the host's function with its source; the texts live over the call.
        unsafe { (self.sink.describe)(self.source, kind, name, unit, text) };
    }
}

impl Recorder for SeriesForwarder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(SeriesKind::COUNTER, &key, unit, &description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(SeriesKind::GAUGE, &key, unit, &description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(SeriesKind::HISTOGRAM, &key, unit, &description);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        let series = self.register(SeriesKind::COUNTER, key, metadata);
        series.map_or_else(Counter::noop, Counter::from_arc)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        let series = self.register(SeriesKind::GAUGE, key, metadata);
        series.map_or_else(Gauge::noop, Gauge::from_arc)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        let series = self.register(SeriesKind::HISTOGRAM, key, metadata);
        series.map_or_else(Histogram::noop, Histogram::from_arc)
    }
}

impl CounterFn for SeriesOfHost {
    fn increment(&self, value: u64) {
        // SAFETY: the host's function with its handle, of a counter.
        unsafe { (self.sink.count)(self.handle, value) };
    }

    fn absolute(&self, value: u64) {
        // SAFETY: as above.
        unsafe { (self.sink.count_to)(self.handle, value) };
    }
}

impl GaugeFn for SeriesOfHost {
    fn increment(&self, value: f64) {
        // SAFETY: the host's function with its handle, of a gauge.
        unsafe { (self.sink.raise)(self.handle, value) };
    }

    fn decrement(&self, value: f64) {
        // SAFETY: as above.
        unsafe { (self.sink.lower)(self.handle, value) };
    }

    fn set(&self, value: f64) {
        // SAFETY: as above.
        unsafe { (self.sink.set)(self.handle, value) };
    }
}

impl HistogramFn for SeriesOfHost {
    fn record(&self, value: f64) {
        self.record_many(value, 1);
    }

    fn record_many(&self, value: f64, count: usize) {
        // SAFETY: the host's function with its handle, of a histogram.
        unsafe { (self.sink.record)(self.handle, value, count) };
    }
}
