//! The logger of a module: its host's.

use std::borrow::Cow;

use log::kv::{self, Key, Value, VisitSource, VisitValue};
use log::{LevelFilter, Log, Metadata, Record};

use crate::root::forward::bounded;
use crate::root::forward::value::{LentField, LentText, LentValue, ValueKind};
use crate::root::forward::wire::{LogRecord, LogSink, Sinks, table};

/// How many key-values of one record are forwarded.
const MOST_FIELDS: usize = 64;

/// Passes records to the host.
struct LogForwarder {
    source: *const (),
    sink: &'static LogSink,
}

// SAFETY: the host's functions may be called by any thread, with the source that the host gave.
unsafe impl Send for LogForwarder {}
// SAFETY: as above.
unsafe impl Sync for LogForwarder {}

/// Has `log` in this image forward to the host, if that takes records. `None` if the image has a logger
/// already.
///
/// # Safety
///
/// The tables do what they say, for as long as the process lives.
pub(super) unsafe fn install(sinks: &Sinks) -> Option<extern "C" fn(u32)> {
    // SAFETY: null, or a table that lives as long as the process.
    if let Some(sink) = unsafe { table(sinks.logs) } {
        let source = sinks.source;
        let forwarder = Box::leak(Box::new(LogForwarder { source, sink }));
        log::set_logger(forwarder).ok()?;
    }
    Some(follow_level)
}

extern "C" fn follow_level(level: u32) {
    let all = LevelFilter::iter();
    let level = all.into_iter().find(|it| *it as u32 == level);
    log::set_max_level(level.unwrap_or(LevelFilter::Trace));
}

impl Log for LogForwarder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = LentText::new(metadata.target());
        // SAFETY: the host's function with its source; the target lives over the call.
        unsafe { (self.sink.enabled)(self.source, metadata.level() as u32, target) }
    }

    fn log(&self, record: &Record<'_>) {
        // What is never taken is not written first.
        if !self.enabled(record.metadata()) {
            return;
        }
        let message = match record.args().as_str() {
            Some(text) => Cow::Borrowed(bounded::cut(text)),
            None => Cow::Owned(bounded::printed(record.args())),
        };
        let mut fields = LoggedPairs::default();
        // Only `LoggedPairs` could fail.
        let _ = record.key_values().visit(&mut fields);
        let fields = fields.lend();
        let record = LogRecord {
            level: record.level() as u32,
            line: record.line().unwrap_or(0),
            target: LentText::new(record.target()),
            message: LentText::new(&message),
            module_path: LentText::of(record.module_path()),
            file: LentText::of(record.file()),
            fields: fields.as_ptr(),
            field_count: fields.len(),
        };
        // SAFETY: the host's function with its source; all of the record lives over the call.
        unsafe { (self.sink.log)(self.source, &record) };
    }

    fn flush(&self) {
        // SAFETY: the host's function with its source.
        unsafe { (self.sink.flush)(self.source) };
    }
}

/// The key-values of a record, with what was written for them.
#[derive(Default)]
struct LoggedPairs(Vec<(String, TypedValue)>);

impl LoggedPairs {
    fn lend(&self) -> Vec<LentField> {
        let fields = self.0.iter().map(|(name, value)| LentField {
            name: LentText::new(name),
            value: value.lend(),
        });
        fields.collect()
    }
}

impl<'kvs> VisitSource<'kvs> for LoggedPairs {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        if self.0.len() < MOST_FIELDS {
            let mut typed = TypedValue::Empty;
            value.visit(&mut typed)?;
            self.0.push((key.as_str().to_owned(), typed));
        }
        Ok(())
    }
}

/// A value of a record.
enum TypedValue {
    Empty,
    Number(LentValue),
    Text(String),
    Printed(String),
}

impl TypedValue {
    fn lend(&self) -> LentValue {
        match self {
            TypedValue::Empty => LentValue::NONE,
            TypedValue::Number(value) => *value,
            TypedValue::Text(text) => LentValue::text(ValueKind::TEXT, text),
            TypedValue::Printed(text) => LentValue::text(ValueKind::PRINTED, text),
        }
    }

    fn number(&mut self, kind: ValueKind, low: u64) -> Result<(), kv::Error> {
        *self = TypedValue::Number(LentValue::number(kind, low));
        Ok(())
    }

    fn wide(&mut self, kind: ValueKind, bits: u128) -> Result<(), kv::Error> {
        *self = TypedValue::Number(LentValue::wide(kind, bits));
        Ok(())
    }
}

impl<'v> VisitValue<'v> for &mut TypedValue {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), kv::Error> {
        **self = TypedValue::Printed(bounded::printed(value));
        Ok(())
    }

    fn visit_null(&mut self) -> Result<(), kv::Error> {
        **self = TypedValue::Empty;
        Ok(())
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), kv::Error> {
        self.number(ValueKind::U64, value)
    }

    fn visit_i64(&mut self, value: i64) -> Result<(), kv::Error> {
        self.number(ValueKind::I64, value.cast_unsigned())
    }

    fn visit_u128(&mut self, value: u128) -> Result<(), kv::Error> {
        self.wide(ValueKind::U128, value)
    }

    fn visit_i128(&mut self, value: i128) -> Result<(), kv::Error> {
        self.wide(ValueKind::I128, value.cast_unsigned())
    }

    fn visit_f64(&mut self, value: f64) -> Result<(), kv::Error> {
        self.number(ValueKind::F64, value.to_bits())
    }

    fn visit_bool(&mut self, value: bool) -> Result<(), kv::Error> {
        self.number(ValueKind::BOOL, value.into())
    }

    fn visit_str(&mut self, value: &str) -> Result<(), kv::Error> {
        **self = TypedValue::Text(bounded::cut(value).to_owned());
        Ok(())
    }
}
