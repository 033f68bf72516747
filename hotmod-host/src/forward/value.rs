//! Values of modules, typed as `tracing` has them.

use std::error::Error;
use std::fmt;

use hotmod::root::forward::{ERROR_SOURCE, LentValue, ValueKind};
use tracing_core::field::{self, DebugValue, Value};

/// A value that a module lends for a call.
pub(super) enum Arrived<'a> {
    Empty,
    Signed(i64),
    Unsigned(u64),
    WideSigned(i128),
    WideUnsigned(u128),
    Float(f64),
    Bool(bool),
    Text(&'a str),
    Printed(DebugValue<Printed<'a>>),
    Error(Box<dyn Error + Send + Sync>),
}

/// A text that a value was printed as.
pub(super) struct Printed<'a>(&'a str);

impl fmt::Debug for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<'a> Arrived<'a> {
    /// # Safety
    ///
    /// Its text is lent for `'a`.
    pub(super) unsafe fn new(value: &LentValue) -> Self {
        match value.kind {
            ValueKind::NONE => Arrived::Empty,
            ValueKind::I64 => Arrived::Signed(value.low.cast_signed()),
            ValueKind::U64 => Arrived::Unsigned(value.low),
            ValueKind::I128 => Arrived::WideSigned(value.bits().cast_signed()),
            ValueKind::U128 => Arrived::WideUnsigned(value.bits()),
            ValueKind::F64 => Arrived::Float(f64::from_bits(value.low)),
            ValueKind::BOOL => Arrived::Bool(value.low != 0),
            kind => {
                // SAFETY: the caller's.
                match (kind, unsafe { value.text.get() }) {
                    (_, None) => Arrived::Empty,
                    (ValueKind::TEXT, Some(text)) => Arrived::Text(text),
                    (ValueKind::ERROR, Some(text)) => Arrived::Error(ForwardedError::of(text)),
                    (_, Some(text)) => Arrived::Printed(field::debug(Printed(text))),
                }
            }
        }
    }

    pub(super) fn value(&self) -> Option<&dyn Value> {
        Some(match self {
            Arrived::Empty => return None,
            Arrived::Signed(value) => value,
            Arrived::Unsigned(value) => value,
            Arrived::WideSigned(value) => value,
            Arrived::WideUnsigned(value) => value,
            Arrived::Float(value) => value,
            Arrived::Bool(value) => value,
            Arrived::Text(value) => value,
            Arrived::Printed(value) => value,
            Arrived::Error(value) => value,
        })
    }
}

/// An error of a module, as text, with its sources.
#[derive(Debug)]
struct ForwardedError {
    text: String,
    source: Option<Box<ForwardedError>>,
}

impl ForwardedError {
    fn of(text: &str) -> Box<dyn Error + Send + Sync> {
        let error = text.rsplit(ERROR_SOURCE).fold(None, |source, text| {
            let text = text.to_owned();
            Some(Box::new(ForwardedError { text, source }))
        });
        match error {
            Some(error) => error,
            None => "".into(),
        }
    }
}

impl fmt::Display for ForwardedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for ForwardedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|it| it as _)
    }
}
