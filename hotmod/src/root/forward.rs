//! What a module logs, traces and counts, on its way to its host.
//!
//! Each image has statics of its own, so also a logger, a subscriber and a recorder of its own. With the features
//! `log`, `tracing` and `metrics` these are forwarders: they pass on what the ordinary macros give them, in
//! forms that no compiler chooses. The host passes it to its own logger, subscriber and recorder.
//!
//! Both sides have these forms whether they forward or not. A table that one side lacks is null, and then
//! nothing of that kind is forwarded. Tables begin with their size, since what a later version needs is added at
//! the end: of another's table each side reads or writes what both know, and a table that lacks something counts
//! as absent.

use std::ptr;

#[cfg(any(feature = "log", feature = "tracing"))]
mod bounded;
#[cfg(feature = "log")]
pub(crate) mod log;
#[cfg(feature = "metrics")]
mod series;
#[cfg(feature = "tracing")]
mod spans;
#[cfg(feature = "tracing")]
mod texts;
mod value;
mod wire;

pub use self::value::{LentField, LentText, LentValue, ValueKind};
pub use self::wire::{
    CallsiteDesc, CurrentSpan, ERROR_SOURCE, Forwarders, LONGEST_TEXT, LentLabel, LogRecord,
    LogSink, MOST_SOURCES, NO_SPAN, SeriesDesc, SeriesKind, SeriesSink, Sinks, SpanParent,
    SpanSink,
};

/// Installs the forwarders that this crate was built with, and writes down which these are.
///
/// # Safety
///
/// The tables have the sizes that they say, and do what they say for as long as the process lives. The module's
/// allocator is the host's already.
pub(crate) unsafe extern "C" fn forward(sinks: *const Sinks, forwarders: *mut Forwarders) {
    let mut known = Sinks::NONE;
    // SAFETY: the caller's: each table begins with its size.
    let size = unsafe { sinks.cast::<usize>().read() }.min(known.size);
    // SAFETY: as much as both have; what is absent stays null.
    unsafe { ptr::copy_nonoverlapping(sinks.cast::<u8>(), (&raw mut known).cast(), size) };
    let sinks = known;
    #[cfg(not(any(feature = "log", feature = "tracing", feature = "metrics")))]
    let _ = sinks;
    let installed = Forwarders {
        size: size_of::<Forwarders>(),
        #[cfg(feature = "log")]
        // SAFETY: the caller's.
        follow_level: unsafe { log::install(&sinks) },
        #[cfg(not(feature = "log"))]
        follow_level: None,
        #[cfg(feature = "tracing")]
        // SAFETY: the caller's.
        follow_interest: unsafe { spans::install(&sinks) },
        #[cfg(not(feature = "tracing"))]
        follow_interest: None,
        #[cfg(feature = "metrics")]
        // SAFETY: the caller's.
        counts: unsafe { series::install(&sinks) },
        #[cfg(not(feature = "metrics"))]
        counts: false,
    };
    // SAFETY: as above.
    let size = unsafe { forwarders.cast::<usize>().read() }.min(installed.size);
    let from = (&raw const installed).cast::<u8>();
    // SAFETY: as much as both have, without the size: that stays the host's.
    unsafe {
        ptr::copy_nonoverlapping(
            from.wrapping_add(size_of::<usize>()),
            forwarders.cast::<u8>().wrapping_add(size_of::<usize>()),
            size.saturating_sub(size_of::<usize>()),
        );
    }
}
