//! Hands on what `tracing` is told of updates, on the thread that tells it and while that is there.
//!
//! `tracing` keeps for each place in the code whether a subscriber listens to it, and asks again when a
//! subscriber is added: the subscriber of one thread can miss what another thread tells for the first
//! time at that moment. So there is one for the whole process, set up before anything is told.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::LazyLock;
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

type Hear = Rc<dyn Fn(Told)>;

thread_local! {
    static HEARS: RefCell<Option<Hear>> = const { RefCell::new(None) };
}

static EARS: LazyLock<()> = LazyLock::new(|| {
    let ears = tracing::subscriber::set_global_default(Ears(AtomicU64::new(1)));
    ears.expect("no other subscriber in tests");
});

/// Makes sure that listeners miss nothing that is told from now on.
pub fn prepare() {
    LazyLock::force(&EARS);
}

/// Calls `hear` with all that this thread tells while `run` runs.
pub fn listen<R>(hear: impl Fn(Told) + 'static, run: impl FnOnce() -> R) -> R {
    /// Puts the listener before back in its place, also after a panic.
    struct Before(Option<Hear>);

    impl Drop for Before {
        fn drop(&mut self) {
            HEARS.set(self.0.take());
        }
    }

    prepare();
    let _before = Before(HEARS.replace(Some(Rc::new(hear))));
    run()
}

fn tell(told: Told) {
    let hears = HEARS.with_borrow(Clone::clone);
    if let Some(hear) = hears {
        hear(told);
    }
}

/// Numbers its spans.
struct Ears(AtomicU64);

impl Subscriber for Ears {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("hotmod_host")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        tell(Told {
            span: Some(span.metadata().name()),
            fields: fields.0,
        });
        Id::from_u64(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        tell(Told {
            span: None,
            fields: fields.0,
        });
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        tell(Told {
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
