//! The subscriber of a module: its host's.

use std::collections::HashMap;
use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use tracing_core::callsite::{Callsite, Identifier};
use tracing_core::field::{Field, FieldSet, Visit};
use tracing_core::metadata::Kind;
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::{
    Dispatch, Event, Interest, Level, LevelFilter, Metadata, Subscriber, dispatcher,
};

use crate::root::forward::texts::Texts;
use crate::root::forward::value::{LentText, LentValue, ValueKind};
use crate::root::forward::wire::{
    CallsiteDesc, CurrentSpan, ERROR_SOURCE, MOST_SOURCES, NO_SPAN, Sinks, SpanParent, SpanSink,
    table,
};

/// Passes events and spans to the host.
struct SpanForwarder {
    source: *const (),
    sink: &'static SpanSink,
    /// The callsites that the host knows, by the address of their metadata: a cache in front of `all`.
    recent: Box<[AtomicPtr<KnownCallsite>]>,
    all: Mutex<HashMap<usize, &'static KnownCallsite>>,
    /// What stands for spans of the host where this image asks for the current one.
    others: Mutex<HashMap<usize, &'static Metadata<'static>>>,
}

/// A callsite of this image that the host knows.
struct KnownCallsite {
    metadata: &'static Metadata<'static>,
    /// What the host knows it by.
    host: *const (),
}

// SAFETY: the host's functions may be called by any thread, with what the host gave.
unsafe impl Send for SpanForwarder {}
// SAFETY: as above.
unsafe impl Sync for SpanForwarder {}
// SAFETY: as above; the address is the host's, and never followed here.
unsafe impl Send for KnownCallsite {}
// SAFETY: as above.
unsafe impl Sync for KnownCallsite {}

/// How many callsites are found without a lock; a power of two.
const RECENT: usize = 1024;

/// How many spans of others this image may know by their metadata.
const MOST_OTHERS: usize = 4096;

/// Up to which level the host takes anything.
static LEVEL: AtomicU32 = AtomicU32::new(0);

/// Has `tracing` in this image forward to the host, if that takes events. `None` if the image has a subscriber
/// already.
///
/// # Safety
///
/// The tables do what they say, for as long as the process lives.
pub(super) unsafe fn install(sinks: &Sinks) -> Option<extern "C" fn(u32)> {
    // SAFETY: null, or a table that lives as long as the process.
    if let Some(sink) = unsafe { table(sinks.spans) } {
        let forwarder = SpanForwarder {
            source: sinks.source,
            sink,
            recent: (0..RECENT).map(|_| AtomicPtr::default()).collect(),
            all: Mutex::default(),
            others: Mutex::default(),
        };
        dispatcher::set_global_default(Dispatch::new(forwarder)).ok()?;
    }
    Some(follow_interest)
}

extern "C" fn follow_interest(level: u32) {
    // Relaxed: it is read below, or by a thread that registers a callsite and is told of the next change too.
    LEVEL.store(level, Ordering::Relaxed);
    // A subscriber that the module's author set for a thread may panic.
    let rebuilt = std::panic::catch_unwind(tracing_core::callsite::rebuild_interest_cache);
    if let Err(payload) = rebuilt {
        std::mem::forget(payload);
    }
}

fn level_number(level: Level) -> u32 {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        _ => 5,
    }
}

fn level_of(number: u32) -> Level {
    match number {
        1 => Level::ERROR,
        2 => Level::WARN,
        3 => Level::INFO,
        4 => Level::DEBUG,
        _ => Level::TRACE,
    }
}

impl SpanForwarder {
    /// What the host knows a callsite by. `None` while the host cannot say.
    fn host(&self, metadata: &'static Metadata<'static>) -> Option<*const ()> {
        let address = std::ptr::from_ref(metadata) as usize;
        let recent = &self.recent[(address >> 4) % RECENT];
        // SAFETY: null, or what was leaked below. Acquire: what it points to was written before.
        if let Some(known) = unsafe { recent.load(Ordering::Acquire).as_ref() }
            && std::ptr::eq(known.metadata, metadata)
        {
            return Some(known.host);
        }
        let found = self.all().get(&address).copied();
        let known = match found {
            Some(known) => known,
            None => {
                // Not under the lock: the host asks its subscribers.
                let host = self.register(metadata)?;
                let known: &'static KnownCallsite =
                    Box::leak(Box::new(KnownCallsite { metadata, host }));
                // Two threads get the same answer of the host.
                self.all().insert(address, known);
                known
            }
        };
        recent.store(std::ptr::from_ref(known).cast_mut(), Ordering::Release);
        Some(known.host)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<usize, &'static KnownCallsite>> {
        // An entry is inserted whole.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(&self, metadata: &'static Metadata<'static>) -> Option<*const ()> {
        let fields = metadata.fields().iter().map(|it| LentText::new(it.name()));
        let fields: Vec<LentText> = fields.collect();
        let described = CallsiteDesc {
            level: level_number(*metadata.level()),
            is_span: metadata.is_span(),
            line: metadata.line().unwrap_or(0),
            name: LentText::new(metadata.name()),
            target: LentText::new(metadata.target()),
            module_path: LentText::of(metadata.module_path()),
            file: LentText::of(metadata.file()),
            fields: fields.as_ptr(),
            field_count: fields.len(),
        };
        // SAFETY: the host's function with its source; the description lives over the call.
        let host = unsafe { (self.sink.register)(self.source, &described) };
        (!host.is_null()).then_some(host)
    }

    /// Gives the values to `passed` in the order of the callsite's fields.
    fn with_values<R>(
        count: usize,
        record: impl FnOnce(&mut dyn Visit),
        passed: impl FnOnce(&[LentValue]) -> R,
    ) -> R {
        let mut few = [LentValue::NONE; 8];
        let mut many = Vec::new();
        let values = match few.get_mut(..count) {
            Some(values) => values,
            None => {
                many.resize(count, LentValue::NONE);
                &mut many[..]
            }
        };
        let mut values = Values {
            values,
            texts: Texts::default(),
        };
        record(&mut values);
        passed(values.lend())
    }
}

/// The id of a span that the host does not know, since it was made where nothing is forwarded.
fn id(number: u64) -> Id {
    Id::from_u64(if number == 0 { NO_SPAN } else { number })
}

fn parent(is_root: bool, is_contextual: bool, parent: Option<&Id>) -> SpanParent {
    match (parent, is_root || !is_contextual) {
        (Some(parent), _) => SpanParent {
            is_current: false,
            id: parent.into_u64(),
        },
        (None, is_root) => SpanParent {
            is_current: !is_root,
            id: 0,
        },
    }
}

impl Subscriber for SpanForwarder {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let Some(host) = self.host(metadata) else {
            return Interest::sometimes();
        };
        // SAFETY: the host's function, with what it knows the callsite by.
        match unsafe { (self.sink.interest)(host) } {
            0 => Interest::never(),
            2 => Interest::always(),
            _ => Interest::sometimes(),
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.host(kept(metadata))
            // SAFETY: the host's function with its source and what it knows the callsite by.
            .is_some_and(|host| unsafe { (self.sink.enabled)(self.source, host) })
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(match LEVEL.load(Ordering::Relaxed) {
            0 => LevelFilter::OFF,
            level => LevelFilter::from_level(level_of(level)),
        })
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let metadata = span.metadata();
        let Some(host) = self.host(metadata) else {
            return id(NO_SPAN);
        };
        let parent = parent(span.is_root(), span.is_contextual(), span.parent());
        let number = Self::with_values(
            metadata.fields().len(),
            |visit| span.record(visit),
            // SAFETY: the host's function with its source and callsite; the values live over the call.
            |values| unsafe {
                (self.sink.new_span)(self.source, host, parent, values.as_ptr(), values.len())
            },
        );
        id(number)
    }

    fn record(&self, span: &Id, record: &Record<'_>) {
        let mut of = CallsiteOf(None);
        record.record(&mut of);
        let Some(metadata) = of.0 else { return };
        let Some(host) = self.host(metadata) else {
            return;
        };
        Self::with_values(
            metadata.fields().len(),
            |visit| record.record(visit),
            // SAFETY: the host's function with its source and callsite; the values live over the call.
            |values| unsafe {
                let span = span.into_u64();
                (self.sink.record)(self.source, host, span, values.as_ptr(), values.len());
            },
        );
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        // SAFETY: the host's function with its source.
        unsafe { (self.sink.follows_from)(self.source, span.into_u64(), follows.into_u64()) };
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let Some(host) = self.host(metadata) else {
            return;
        };
        let parent = parent(event.is_root(), event.is_contextual(), event.parent());
        Self::with_values(
            metadata.fields().len(),
            |visit| event.record(visit),
            // SAFETY: the host's function with its source and callsite; the values live over the call.
            |values| unsafe {
                (self.sink.event)(self.source, host, parent, values.as_ptr(), values.len());
            },
        );
    }

    fn enter(&self, span: &Id) {
        // SAFETY: the host's function with its source.
        unsafe { (self.sink.enter)(self.source, span.into_u64()) };
    }

    fn exit(&self, span: &Id) {
        // SAFETY: the host's function with its source.
        unsafe { (self.sink.exit)(self.source, span.into_u64()) };
    }

    fn clone_span(&self, span: &Id) -> Id {
        // SAFETY: the host's function with its source.
        id(unsafe { (self.sink.clone_span)(self.source, span.into_u64()) })
    }

    fn try_close(&self, span: Id) -> bool {
        // SAFETY: the host's function with its source.
        unsafe { (self.sink.try_close)(self.source, span.into_u64()) }
    }

    fn current_span(&self) -> Current {
        let mut current = CurrentSpan {
            id: 0,
            callsite: 0,
            level: 0,
            name: LentText::NONE,
            target: LentText::NONE,
        };
        // SAFETY: the host's function with its source, and room for the answer.
        unsafe { (self.sink.current)(self.source, &mut current) };
        match current.id {
            0 => Current::none(),
            number => Current::new(id(number), self.other(&current)),
        }
    }
}

impl SpanForwarder {
    /// What stands for a span of the host's: its name, target and level.
    fn other(&self, span: &CurrentSpan) -> &'static Metadata<'static> {
        // An entry is inserted whole.
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let key = match others.len() < MOST_OTHERS {
            true => span.callsite,
            // One stands for all that come late.
            false => others
                .get_key_value(&span.callsite)
                .map_or(0, |(key, _)| *key),
        };
        let found = others.entry(key).or_insert_with(|| {
            // SAFETY: the texts of the host's callsites are kept for ever.
            let [name, target] = [span.name, span.target].map(|it| unsafe { it.get() });
            let place: &'static SpanOfHost = Box::leak(Box::default());
            let metadata = Metadata::new(
                name.unwrap_or_default(),
                target.unwrap_or_default(),
                level_of(span.level),
                None,
                None,
                None,
                FieldSet::new(&[], Identifier(place)),
                Kind::SPAN,
            );
            place.0.get_or_init(|| metadata)
        });
        *found
    }
}

/// The callsite of a span that is the host's.
#[derive(Default)]
struct SpanOfHost(OnceLock<Metadata<'static>>);

impl Callsite for SpanOfHost {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        self.0
            .get()
            .expect("bug in hotmod: a callsite without metadata")
    }
}

/// The metadata that is kept of the callsite of this metadata, which may be made for one question.
fn kept(metadata: &Metadata<'_>) -> &'static Metadata<'static> {
    let callsite: &'static dyn Callsite = metadata.callsite().0;
    callsite.metadata()
}

/// Finds the callsite of a record by its first field.
struct CallsiteOf(Option<&'static Metadata<'static>>);

impl Visit for CallsiteOf {
    fn record_debug(&mut self, field: &Field, _: &dyn Debug) {
        let callsite: &'static dyn Callsite = field.callsite().0;
        self.0.get_or_insert_with(|| callsite.metadata());
    }
}

/// The values of an event or span, while they are taken. A value with a text holds where that begins and ends
/// until all texts are there.
struct Values<'a> {
    values: &'a mut [LentValue],
    texts: Texts,
}

impl Values<'_> {
    fn put(&mut self, field: &Field, value: LentValue) {
        if let Some(place) = self.values.get_mut(field.index()) {
            *place = value;
        }
    }

    fn text(&mut self, field: &Field, kind: ValueKind, (from, to): (usize, usize)) {
        let value = LentValue {
            kind,
            low: from as u64,
            high: to as u64,
            text: LentText::NONE,
        };
        self.put(field, value);
    }

    /// Puts the texts in the place of where they are.
    fn lend(&mut self) -> &[LentValue] {
        for value in self.values.iter_mut() {
            if matches!(
                value.kind,
                ValueKind::TEXT | ValueKind::PRINTED | ValueKind::ERROR
            ) {
                let text = self.texts.text(value.low as usize, value.high as usize);
                *value = LentValue::text(value.kind, text);
            }
        }
        self.values
    }
}

impl Visit for Values<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, LentValue::number(ValueKind::F64, value.to_bits()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(
            field,
            LentValue::number(ValueKind::I64, value.cast_unsigned()),
        );
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, LentValue::number(ValueKind::U64, value));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.put(
            field,
            LentValue::wide(ValueKind::I128, value.cast_unsigned()),
        );
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.put(field, LentValue::wide(ValueKind::U128, value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, LentValue::number(ValueKind::BOOL, value.into()));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let text = self.texts.add(|texts| texts.write_str(value));
        self.text(field, ValueKind::TEXT, text);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let text = self.texts.add(|texts| {
            write!(texts, "{value}")?;
            // The sources follow, each behind a character that texts of errors do without.
            let sources = std::iter::successors(value.source(), |it| it.source());
            for source in sources.take(MOST_SOURCES) {
                write!(texts, "{ERROR_SOURCE}{source}")?;
            }
            Ok(())
        });
        self.text(field, ValueKind::ERROR, text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = self.texts.add(|texts| write!(texts, "{value:?}"));
        self.text(field, ValueKind::PRINTED, text);
    }
}
