//! Series of `metrics`: what modules count is the host's own, and survives their updates.

use std::collections::HashSet;
use std::mem;
use std::slice;
use std::sync::{LazyLock, Mutex, PoisonError};

use hotmod::root::forward::{
    LONGEST_TEXT, LentLabel, LentText, SeriesDesc, SeriesKind, SeriesSink,
};
use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Label, Level, Metadata, SharedString, Unit,
};

use crate::forward::guard;
use crate::forward::source::Source;
use crate::sys::copy;

/// How many series modules have at most, of one process; what later ones count is lost, and counted.
const MOST: usize = 16 * 1024;

/// How many labels a series has at most, and how many bytes its texts.
const MOST_LABELS: usize = 64;

pub(super) static SINK: SeriesSink = SeriesSink {
    size: mem::size_of::<SeriesSink>(),
    register,
    release,
    describe,
    count,
    count_to,
    raise,
    lower,
    set,
    record,
};

/// A handle of a series, as an image has it.
struct HostSeries {
    source: &'static Source,
    handle: SeriesHandle,
}

enum SeriesHandle {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

/// The series that modules have.
static ALL: LazyLock<Mutex<HashSet<(u32, Key)>>> = LazyLock::new(Mutex::default);

/// Whether there is room for a series.
fn has_room(kind: SeriesKind, key: &Key) -> bool {
    let size = key.name().len()
        + key
            .labels()
            .map(|it| it.key().len() + it.value().len())
            .sum::<usize>();
    if key.labels().len() > MOST_LABELS || size > LONGEST_TEXT {
        return false;
    }
    // A key is inserted whole.
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (kind.0, key.clone());
    all.contains(&key) || (all.len() < MOST && all.insert(key))
}

/// # Safety
///
/// It is lent for this call.
unsafe fn owned(text: LentText) -> String {
    // SAFETY: the caller's.
    unsafe { text.get() }.unwrap_or_default().to_owned()
}

unsafe extern "C" fn register(source: *const (), described: *const SeriesDesc) -> *const () {
    // SAFETY: the image passes back what it was given.
    let source = unsafe { Source::at(source) };
    // SAFETY: it is lent for this call.
    let described = unsafe { &*described };
    // Nothing is forwarded there, and a lock may be locked for good.
    if copy::is_this() {
        return std::ptr::null();
    }
    let labels: &[LentLabel] = match described.label_count {
        0 => &[],
        // SAFETY: it has so many, lent for this call.
        count => unsafe { slice::from_raw_parts(described.labels, count) },
    };
    let labels = labels.iter().map(|it| {
        // SAFETY: they are lent for this call.
        let [key, value] = [it.key, it.value].map(|text| unsafe { owned(text) });
        Label::new(key, value)
    });
    // SAFETY: as above.
    let name = unsafe { owned(described.name) };
    let key = Key::from_parts(name, labels.collect::<Vec<_>>());
    if !has_room(described.kind, &key) {
        source.refused();
        return std::ptr::null();
    }
    let level = match described.level {
        1 => Level::ERROR,
        2 => Level::WARN,
        3 => Level::INFO,
        4 => Level::DEBUG,
        _ => Level::TRACE,
    };
    // SAFETY: as above.
    let [target, module_path] =
        [described.target, described.module_path].map(|it| unsafe { it.get() });
    let metadata = Metadata::new(target.unwrap_or_default(), level, module_path);
    let handle = guard::run(source, || {
        metrics::with_recorder(|it| match described.kind {
            SeriesKind::COUNTER => SeriesHandle::Counter(it.register_counter(&key, &metadata)),
            SeriesKind::GAUGE => SeriesHandle::Gauge(it.register_gauge(&key, &metadata)),
            _ => SeriesHandle::Histogram(it.register_histogram(&key, &metadata)),
        })
    });
    match handle {
        Some(handle) => Box::into_raw(Box::new(HostSeries { source, handle }))
            .cast_const()
            .cast(),
        None => std::ptr::null(),
    }
}

unsafe extern "C" fn release(handle: *const ()) {
    // SAFETY: the image gives back what it was given, once.
    let series = unsafe { Box::from_raw(handle.cast_mut().cast::<HostSeries>()) };
    let source = series.source;
    let _ = guard::run(source, move || drop(series));
}

unsafe extern "C" fn describe(
    source: *const (),
    kind: SeriesKind,
    name: LentText,
    unit: LentText,
    text: LentText,
) {
    // SAFETY: the image passes back what it was given.
    let source = unsafe { Source::at(source) };
    // SAFETY: they are lent for this call.
    let [name, unit, text] = [name, unit, text].map(|it| unsafe { owned(it) });
    if name.len() + text.len() > LONGEST_TEXT {
        source.refused();
        return;
    }
    let unit = Unit::from_string(&unit);
    let _ = guard::run(source, || {
        let (name, text) = (KeyName::from(name), SharedString::from(text));
        metrics::with_recorder(|it| match kind {
            SeriesKind::COUNTER => it.describe_counter(name, unit, text),
            SeriesKind::GAUGE => it.describe_gauge(name, unit, text),
            _ => it.describe_histogram(name, unit, text),
        });
    });
}

/// # Safety
///
/// `handle` is what [`register`] returned, and was not given back.
unsafe fn with(handle: *const (), change: impl FnOnce(&SeriesHandle)) {
    // SAFETY: the caller's.
    let series = unsafe { &*handle.cast::<HostSeries>() };
    let _ = guard::run(series.source, || change(&series.handle));
}

macro_rules! changes {
    ($($name:ident($value:ident: $ty:ty $(, $more:ident: $more_ty:ty)?) of $kind:ident by $change:ident;)*) => {
        $(unsafe extern "C" fn $name(handle: *const (), $value: $ty $(, $more: $more_ty)?) {
            // SAFETY: the image passes back what it was given.
            unsafe {
                with(handle, |handle| {
                    if let SeriesHandle::$kind(series) = handle {
                        series.$change($value $(, $more)?);
                    }
                });
            }
        })*
    };
}

changes! {
    count(value: u64) of Counter by increment;
    count_to(value: u64) of Counter by absolute;
    raise(value: f64) of Gauge by increment;
    lower(value: f64) of Gauge by decrement;
    set(value: f64) of Gauge by set;
    record(value: f64, count: usize) of Histogram by record_many;
}
