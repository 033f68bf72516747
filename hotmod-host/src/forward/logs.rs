//! Records of `log`: what modules make becomes records of the host's own logger.

use std::mem;
use std::slice;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hotmod::root::forward::{LentField, LentText, LogRecord, LogSink, ValueKind};
use log::kv::{Error, Key, Value, VisitSource};
use log::{Level, Metadata, Record};

use crate::forward::guard;
use crate::forward::source::Source;
use crate::later::Later;
use crate::sys::copy;

/// How long after a change of the host's level modules follow it.
const SOON: Duration = Duration::from_millis(500);

pub(super) static SINK: LogSink = LogSink {
    size: mem::size_of::<LogSink>(),
    enabled,
    log,
    flush,
};

/// The images that follow the host's level.
static FOLLOWERS: Mutex<Followers> = Mutex::new(Followers {
    all: Vec::new(),
    level: 0,
});

/// Looks for changes of the host's level.
static WATCH: LazyLock<Later> = LazyLock::new(|| Later::new("hotmod-log"));

struct Followers {
    all: Vec<extern "C" fn(u32)>,
    /// What they were told.
    level: u32,
}

/// Has modules follow `log::max_level()` at once, after `log::set_max_level`. Without this call they follow it
/// within a second.
///
/// What a module logs above the level costs it a load. Below, the host's logger decides.
pub fn follow_log_level() {
    let mut followers = followers();
    let level = log::max_level() as u32;
    if mem::replace(&mut followers.level, level) != level {
        followers.all.iter().for_each(|follow| follow(level));
    }
}

/// An image follows the host's level from now on. In a copy of the process nothing is forwarded, and a lock may
/// be locked for good.
pub(super) fn add(follow: extern "C" fn(u32)) {
    if copy::is_this() {
        return;
    }
    let is_first = {
        let mut followers = followers();
        if followers.all.is_empty() {
            followers.level = log::max_level() as u32;
        }
        follow(followers.level);
        followers.all.push(follow);
        followers.all.len() == 1
    };
    follow_log_level();
    if is_first {
        WATCH.after(SOON, watch);
    }
}

/// Goes on to look for changes in a process that was forked from the host's.
pub(super) fn go_on() {
    if !followers().all.is_empty() {
        WATCH.go_on();
    }
}

fn watch() {
    follow_log_level();
    WATCH.after(SOON, watch);
}

fn followers() -> MutexGuard<'static, Followers> {
    // The list and the level change whole.
    FOLLOWERS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn level(number: u32) -> Level {
    let all = Level::iter();
    let level = all.into_iter().find(|it| *it as u32 == number);
    level.unwrap_or(Level::Trace)
}

unsafe extern "C" fn enabled(source: *const (), number: u32, target: LentText) -> bool {
    let level = level(number);
    if level > log::max_level() {
        return false;
    }
    // SAFETY: the image passes back what it was given.
    let source = unsafe { Source::at(source) };
    // SAFETY: it is lent for this call.
    let target = unsafe { target.get() }.unwrap_or_default();
    let metadata = Metadata::builder().level(level).target(target).build();
    guard::take(source, || log::logger().enabled(&metadata)).unwrap_or(false)
}

unsafe extern "C" fn log(source: *const (), record: *const LogRecord) {
    // SAFETY: the image passes back what it was given.
    let source = unsafe { Source::at(source) };
    // SAFETY: it is lent for this call.
    let record = unsafe { &*record };
    // SAFETY: the parts of a record live as long as it.
    let texts = unsafe {
        [
            record.target,
            record.message,
            record.module_path,
            record.file,
        ]
        .map(|it| it.get())
    };
    let [target, message, module_path, file] = texts;
    let fields = match record.field_count {
        0 => &[],
        // SAFETY: the record has so many fields, which live as long as it.
        count => unsafe { slice::from_raw_parts(record.fields, count) },
    };
    let fields = Fields { fields, source };
    let _ = guard::take(source, || {
        log::logger().log(
            &Record::builder()
                .level(level(record.level))
                .target(target.unwrap_or_default())
                .args(format_args!("{}", message.unwrap_or_default()))
                .module_path(module_path)
                .file(file)
                .line((record.line != 0).then_some(record.line))
                .key_values(&fields)
                .build(),
        );
    });
}

unsafe extern "C" fn flush(source: *const ()) {
    // SAFETY: the image passes back what it was given.
    let source = unsafe { Source::at(source) };
    let _ = guard::take(source, || log::logger().flush());
}

/// The key-values of a record, and those that say where it comes from. A key of the record's own wins.
struct Fields<'a> {
    /// What these lend lives for `'a`.
    fields: &'a [LentField],
    source: &'a Source,
}

impl<'a> Fields<'a> {
    fn names(&self) -> impl Iterator<Item = &'a str> {
        // SAFETY: it lives for `'a`, as `fields` says.
        let name = |field: &LentField| unsafe { field.name.get() };
        self.fields
            .iter()
            .map(move |it| name(it).unwrap_or_default())
    }

    fn values(&self) -> impl Iterator<Item = Value<'a>> {
        self.fields.iter().map(|LentField { value, .. }| {
            // SAFETY: it lives for `'a`, as `fields` says.
            let text = unsafe { value.text.get() };
            match value.kind {
                ValueKind::I64 => Value::from(value.low.cast_signed()),
                ValueKind::U64 => Value::from(value.low),
                ValueKind::I128 => Value::from(value.bits().cast_signed()),
                ValueKind::U128 => Value::from(value.bits()),
                ValueKind::F64 => Value::from(f64::from_bits(value.low)),
                ValueKind::BOOL => Value::from(value.low != 0),
                _ => text.map_or(Value::null(), Value::from),
            }
        })
    }
}

impl log::kv::Source for Fields<'_> {
    fn visit<'kvs>(&'kvs self, visitor: &mut dyn VisitSource<'kvs>) -> Result<(), Error> {
        for (name, value) in self.names().zip(self.values()) {
            visitor.visit_pair(Key::from_str(name), value)?;
        }
        for (name, text) in [
            ("module", self.source.module()),
            ("version", self.source.version()),
        ] {
            if self.names().all(|own| own != name) {
                visitor.visit_pair(Key::from_str(name), Value::from(text))?;
            }
        }
        Ok(())
    }
}
