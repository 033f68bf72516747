//! The tables that a host and a module give each other, and what is passed by their functions.

use std::ptr;

use crate::root::forward::value::{LentField, LentText, LentValue};

/// How many bytes of one text are forwarded: what is longer is cut there, and says so.
pub const LONGEST_TEXT: usize = 64 * 1024;

/// What a host takes of a module, and by what it knows the image. Null where it takes nothing of that kind.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Sinks {
    /// The size of this table.
    pub size: usize,
    /// What the host knows the image by; passed back to it with all that is forwarded.
    pub source: *const (),
    /// What takes the records of `log`.
    pub logs: *const LogSink,
    /// What takes the events and spans of `tracing`.
    pub spans: *const SpanSink,
    /// What takes the series of `metrics`.
    pub series: *const SeriesSink,
}

impl Sinks {
    /// A host that takes nothing.
    pub const NONE: Sinks = Sinks {
        size: size_of::<Sinks>(),
        source: ptr::null(),
        logs: ptr::null(),
        spans: ptr::null(),
        series: ptr::null(),
    };
}

/// What a module forwards, and what follows its host. A function that is absent says that the module was built
/// without the feature, or has a logger of its own.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Forwarders {
    /// The size of this table.
    pub size: usize,
    /// Sets up to which level the module's `log` makes records: 0 for none, 5 for all.
    pub follow_level: Option<extern "C" fn(level: u32)>,
    /// Has the module's `tracing` ask the host anew what it takes, of levels up to this one: 0 for none, 5 for
    /// all. It asks before this returns.
    pub follow_interest: Option<extern "C" fn(level: u32)>,
    /// Whether what the module counts with `metrics` is forwarded.
    pub counts: bool,
}

/// One record of `log`. All of it is lent for the call.
#[repr(C)]
pub struct LogRecord {
    /// Its level, from 1 for an error to 5 for a trace.
    pub level: u32,
    /// The line of its source; 0 where that is unknown.
    pub line: u32,
    /// Its target.
    pub target: LentText,
    /// What it says.
    pub message: LentText,
    /// The module path; absent where that is unknown.
    pub module_path: LentText,
    /// The source file; absent where that is unknown.
    pub file: LentText,
    /// Its key-values.
    pub fields: *const LentField,
    /// How many these are.
    pub field_count: usize,
}

/// What takes the records of `log`.
#[repr(C)]
pub struct LogSink {
    /// The size of this table.
    pub size: usize,
    /// Whether a record of this level and target would be taken.
    pub enabled: unsafe extern "C" fn(source: *const (), level: u32, target: LentText) -> bool,
    /// Takes a record.
    pub log: unsafe extern "C" fn(source: *const (), record: *const LogRecord),
    /// Writes out what was taken.
    pub flush: unsafe extern "C" fn(source: *const ()),
}

impl Forwarders {
    /// A module that forwards nothing.
    pub const NONE: Forwarders = Forwarders {
        size: size_of::<Forwarders>(),
        follow_level: None,
        follow_interest: None,
        counts: false,
    };
}

/// How many sources of an error are forwarded.
pub const MOST_SOURCES: usize = 16;

/// Stands between the texts of an error and of its sources.
pub const ERROR_SOURCE: char = '\u{1f}';

/// The number of a span that the host does not know: it was made where nothing is forwarded.
pub const NO_SPAN: u64 = u64::MAX;

/// A callsite of `tracing`, as its image has it. All of it is lent for the call.
#[repr(C)]
pub struct CallsiteDesc {
    /// Its level, from 1 for an error to 5 for a trace.
    pub level: u32,
    /// The line of its source; 0 where that is unknown.
    pub line: u32,
    /// Whether it makes spans, and not events.
    pub is_span: bool,
    /// Its name.
    pub name: LentText,
    /// Its target.
    pub target: LentText,
    /// The module path; absent where that is unknown.
    pub module_path: LentText,
    /// The source file; absent where that is unknown.
    pub file: LentText,
    /// The names of its fields.
    pub fields: *const LentText,
    /// How many these are.
    pub field_count: usize,
}

/// What a span or event is below.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SpanParent {
    /// The span that the thread is in, and not the one of this number.
    pub is_current: bool,
    /// The number of the span; 0 for none.
    pub id: u64,
}

/// The span that a thread is in.
#[repr(C)]
pub struct CurrentSpan {
    /// Its number; 0 for none.
    pub id: u64,
    /// What tells its callsite apart from others of the host's.
    pub callsite: usize,
    /// Its level.
    pub level: u32,
    /// Its name; kept for ever.
    pub name: LentText,
    /// Its target; kept for ever.
    pub target: LentText,
}

/// What takes events and spans of `tracing`. Values are given in the order of the callsite's fields, as many as
/// it has, each lent for the call.
#[repr(C)]
pub struct SpanSink {
    /// The size of this table.
    pub size: usize,
    /// What the host knows a callsite by, from now on. Null while it cannot say: to be asked again.
    pub register:
        unsafe extern "C" fn(source: *const (), described: *const CallsiteDesc) -> *const (),
    /// Whether anything takes what a callsite makes: 0 for never, 1 for sometimes, 2 for always.
    pub interest: unsafe extern "C" fn(callsite: *const ()) -> u32,
    /// Whether it is taken now.
    pub enabled: unsafe extern "C" fn(source: *const (), callsite: *const ()) -> bool,
    /// Takes an event.
    pub event: unsafe extern "C" fn(
        source: *const (),
        callsite: *const (),
        parent: SpanParent,
        values: *const LentValue,
        count: usize,
    ),
    /// Begins a span, and returns its number.
    pub new_span: unsafe extern "C" fn(
        source: *const (),
        callsite: *const (),
        parent: SpanParent,
        values: *const LentValue,
        count: usize,
    ) -> u64,
    /// Adds values to a span.
    pub record: unsafe extern "C" fn(
        source: *const (),
        callsite: *const (),
        span: u64,
        values: *const LentValue,
        count: usize,
    ),
    /// Says that a span follows from another.
    pub follows_from: unsafe extern "C" fn(source: *const (), span: u64, follows: u64),
    /// The thread enters a span.
    pub enter: unsafe extern "C" fn(source: *const (), span: u64),
    /// The thread leaves a span.
    pub exit: unsafe extern "C" fn(source: *const (), span: u64),
    /// One more handle of a span, by its number.
    pub clone_span: unsafe extern "C" fn(source: *const (), span: u64) -> u64,
    /// One handle less. Whether it was the last.
    pub try_close: unsafe extern "C" fn(source: *const (), span: u64) -> bool,
    /// The span that the thread is in.
    pub current: unsafe extern "C" fn(source: *const (), current: *mut CurrentSpan),
}

/// What a series is.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesKind(pub u32);

impl SeriesKind {
    /// A number that only grows.
    pub const COUNTER: SeriesKind = SeriesKind(0);
    /// A number that goes up and down.
    pub const GAUGE: SeriesKind = SeriesKind(1);
    /// How numbers are distributed.
    pub const HISTOGRAM: SeriesKind = SeriesKind(2);
}

/// A label of a series, lent for a call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LentLabel {
    /// Its key.
    pub key: LentText,
    /// Its value.
    pub value: LentText,
}

/// A series of `metrics`. All of it is lent for the call.
#[repr(C)]
pub struct SeriesDesc {
    /// What it is.
    pub kind: SeriesKind,
    /// Its level, from 1 for an error to 5 for a trace.
    pub level: u32,
    /// Its name.
    pub name: LentText,
    /// The target of what registers it.
    pub target: LentText,
    /// The module path of that; absent where it is unknown.
    pub module_path: LentText,
    /// Its labels.
    pub labels: *const LentLabel,
    /// How many these are.
    pub label_count: usize,
}

/// What takes the series of `metrics`.
#[repr(C)]
pub struct SeriesSink {
    /// The size of this table.
    pub size: usize,
    /// A handle of a series. Null where there is none: what is counted there is lost.
    pub register:
        unsafe extern "C" fn(source: *const (), described: *const SeriesDesc) -> *const (),
    /// Gives a handle back, once.
    pub release: unsafe extern "C" fn(handle: *const ()),
    /// Describes all series of a name; a unit that is unknown is empty.
    pub describe: unsafe extern "C" fn(
        source: *const (),
        kind: SeriesKind,
        name: LentText,
        unit: LentText,
        text: LentText,
    ),
    /// Adds to a counter.
    pub count: unsafe extern "C" fn(handle: *const (), value: u64),
    /// Sets a counter, if that raises it.
    pub count_to: unsafe extern "C" fn(handle: *const (), value: u64),
    /// Adds to a gauge.
    pub raise: unsafe extern "C" fn(handle: *const (), value: f64),
    /// Takes from a gauge.
    pub lower: unsafe extern "C" fn(handle: *const (), value: f64),
    /// Sets a gauge.
    pub set: unsafe extern "C" fn(handle: *const (), value: f64),
    /// Records a value in a histogram, so many times.
    pub record: unsafe extern "C" fn(handle: *const (), value: f64, count: usize),
}

/// A table of the host's, unless it lacks something that this image calls.
///
/// # Safety
///
/// It is null, or lives as long as the process and begins with its size.
#[cfg(any(feature = "log", feature = "tracing", feature = "metrics"))]
pub(crate) unsafe fn table<T>(table: *const T) -> Option<&'static T> {
    if table.is_null() {
        return None;
    }
    // SAFETY: the caller's.
    let size = unsafe { table.cast::<usize>().read() };
    // SAFETY: it is not null, and no smaller than what is read of it.
    (size >= size_of::<T>()).then(|| unsafe { &*table })
}
