//! A subscriber of `tracing` that hands on the states that updates reach, on the thread that they
//! reach them on and while they are there.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// What was told at one moment: the fields of an event, or of a span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The span's name, or none for an event.
    pub span: Option<&'static str>,
    /// Each field as `name=value`.
    pub fields: Vec<String>,
}

/// Calls its function with all that is told.
pub struct Listener<F>(F, AtomicU64);

impl<F: Fn(Told) + Send + Sync + 'static> Listener<F> {
    /// Hears with this function.
    pub fn new(hear: F) -> Self {
        Listener(hear, AtomicU64::new(1))
    }
}

impl<F> fmt::Debug for Listener<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").finish_non_exhaustive()
    }
}

impl<F: Fn(Told) + Send + Sync + 'static> Subscriber for Listener<F> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("hotmod_host")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        (self.0)(Told {
            span: Some(span.metadata().name()),
            fields: fields.0,
        });
        Id::from_u64(self.1.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        (self.0)(Told {
            span: None,
            fields: fields.0,
        });
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        (self.0)(Told {
            span: None,
            fields: fields.0,
        });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Fields(Vec<String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push(format!("{field}={value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push(format!("{field}={value:?}"));
    }
}
