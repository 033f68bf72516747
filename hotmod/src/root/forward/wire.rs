//! The tables that a host and a module give each other, and what is passed by their functions.

use std::ptr;

use crate::root::forward::value::{LentField, LentText};

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
}

impl Sinks {
    /// A host that takes nothing.
    pub const NONE: Sinks = Sinks {
        size: size_of::<Sinks>(),
        source: ptr::null(),
        logs: ptr::null(),
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
    };
}

/// A table of the host's, unless it lacks something that this image calls.
///
/// # Safety
///
/// It is null, or lives as long as the process and begins with its size.
#[cfg(feature = "log")]
pub(crate) unsafe fn table<T>(table: *const T) -> Option<&'static T> {
    if table.is_null() {
        return None;
    }
    // SAFETY: the caller's.
    let size = unsafe { table.cast::<usize>().read() };
    // SAFETY: it is not null, and no smaller than what is read of it.
    (size >= size_of::<T>()).then(|| unsafe { &*table })
}
