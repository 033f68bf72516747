//! The images that what is forwarded comes from.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use hotmod::call::Panic;
use hotmod::printed::Line;
use hotmod::root::forward::Forwarders;

use crate::events::Subscribers;
use crate::forever::forever;

/// An image that forwards. The image passes its address back with all that it forwards.
pub(crate) struct Source {
    module: String,
    version: String,
    /// What it has forwarders for; unset while it is not connected.
    forwarders: OnceLock<Forwarders>,
    nested: AtomicU64,
    refused: AtomicU64,
    panics: AtomicU64,
    last_panic: Mutex<Option<String>>,
    /// Who is told of panics. It does not keep the host's stream of events open.
    events: Weak<Subscribers>,
}

/// What a version of a module forwards of its logs to the host's own, and what became of it.
///
/// A kind is forwarded if the module was built with the feature of `hotmod` of that name, and the host with that
/// of `hotmod-host`. What is not forwarded is lost: no logger of the host's sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forwarding {
    /// Whether the module was built to forward the records of `log`.
    pub log: bool,
    /// Whether the module was built to forward the events and spans of `tracing`.
    pub tracing: bool,
    /// Whether the module was built so that what it counts with `metrics` is the host's.
    pub metrics: bool,
    /// What the module would forward, and this host was built without, by the names of the features.
    pub untaken: Vec<&'static str>,
    /// How many records and events came from within the host's logger or subscriber, on the thread that was
    /// taking another: they are dropped, since they would go round for ever.
    pub nested: u64,
    /// How many callsites of `tracing`, and requests for series of `metrics`, are beyond those that there may be:
    /// what these make is lost.
    pub refused: u64,
    /// How often the host's logger or subscriber panicked while it took something of the version.
    pub panics: u64,
    /// What the last of these panics said.
    pub last_panic: Option<String>,
}

impl Source {
    pub(crate) fn new(module: &str, version: &str, events: &Arc<Subscribers>) -> &'static Source {
        forever(Source {
            module: module.to_owned(),
            version: version.to_owned(),
            forwarders: OnceLock::new(),
            nested: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            last_panic: Mutex::default(),
            events: Arc::downgrade(events),
        })
    }

    /// Notes what its image forwards. An image is connected once.
    pub(super) fn connected(&self, forwarders: Forwarders) {
        let _ = self.forwarders.set(forwarders);
    }

    /// What passes the address of a source back.
    ///
    /// # Safety
    ///
    /// It is the address of a source, as an image was given it.
    #[cfg(any(feature = "log", feature = "tracing", feature = "metrics"))]
    pub(super) unsafe fn at(source: *const ()) -> &'static Source {
        // SAFETY: the caller's; sources are kept for ever.
        unsafe { &*source.cast::<Source>() }
    }

    pub(super) fn module(&self) -> &str {
        &self.module
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// Counts something that came from within the host's logger.
    pub(super) fn nested(&self) {
        self.nested.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts something that there is no room for.
    #[cfg(any(feature = "tracing", feature = "metrics"))]
    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes a panic of the host's logger.
    pub(super) fn panicked(&self, panic: Panic) {
        let count = self.panics.fetch_add(1, Ordering::Relaxed) + 1;
        let message = Line(panic.message()).to_string();
        if count.is_power_of_two()
            && let Some(events) = self.events.upgrade()
        {
            let reason = match count {
                1 => message.clone(),
                count => format!("{message} ({count} times by now)"),
            };
            events.logger_panicked(&self.module, &self.version, reason);
        }
        // A text is stored whole.
        let mut last = self
            .last_panic
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last = Some(message);
    }

    pub(crate) fn forwarding(&self) -> Forwarding {
        let forwarders = self.forwarders.get();
        let log = forwarders.is_some_and(|it| it.follow_level.is_some());
        let tracing = forwarders.is_some_and(|it| it.follow_interest.is_some());
        let metrics = forwarders.is_some_and(|it| it.counts);
        let mut untaken = Vec::new();
        if log && cfg!(not(feature = "log")) {
            untaken.push("log");
        }
        if tracing && cfg!(not(feature = "tracing")) {
            untaken.push("tracing");
        }
        if metrics && cfg!(not(feature = "metrics")) {
            untaken.push("metrics");
        }
        let last_panic = self.last_panic.lock();
        Forwarding {
            log,
            tracing,
            metrics,
            untaken,
            refused: self.refused.load(Ordering::Relaxed),
            nested: self.nested.load(Ordering::Relaxed),
            panics: self.panics.load(Ordering::Relaxed),
            last_panic: last_panic.unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.module, self.version)
    }
}
