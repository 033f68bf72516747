//! Values that serde carries over, which are read in what it has written.

use std::time::Instant;

use rmpv::Value;

use super::{FORM, Found, LEAST, ValueWalk};
use crate::migrate::at::At;
use crate::read::error::InspectError;
use crate::read::inspection::Page;
use hotmod::operations::CarriedBySerde;
use hotmod_file::live::path::PathPart;
use hotmod_file::live::value::is_place;
use hotmod_file::{LiveValue, NotShown};

/// How deep what is read may be.
const DEEPEST: usize = 128;

impl ValueWalk<'_> {
    /// Has the module write a value down, and reads that.
    ///
    /// # Safety
    ///
    /// A value is there that these functions carry over; it is used as [`go`](ValueWalk::go) says.
    unsafe fn written_down(&self, by: &CarriedBySerde, at: At) -> Result<Value, String> {
        // SAFETY: the caller's.
        let form = unsafe { at.form_of(by, FORM) }?;
        let mut form = form.as_slice();
        rmpv::decode::read_value_with_max_depth(&mut form, DEEPEST).map_err(|it| it.to_string())
    }

    /// Shows a value.
    ///
    /// # Safety
    ///
    /// As [`written_down`](ValueWalk::written_down).
    pub(super) unsafe fn show_by_serde(&mut self, by: &CarriedBySerde, at: At) -> LiveValue {
        // SAFETY: the caller's.
        match unsafe { self.written_down(by, at) } {
            Ok(value) => self.of_serde(value),
            Err(reason) => LiveValue::NotShown(NotShown::Failed(reason)),
        }
    }

    /// Goes these steps from a value of this shape, and shows what is there.
    ///
    /// # Safety
    ///
    /// As [`written_down`](ValueWalk::written_down).
    pub(super) unsafe fn go_by_serde(
        &mut self,
        shape: usize,
        (by, at): (&CarriedBySerde, At),
        steps: &[PathPart],
    ) -> Result<Found, InspectError> {
        // SAFETY: the caller's.
        let mut value = match unsafe { self.written_down(by, at) } {
            Ok(value) => value,
            Err(reason) => return Err(self.not_shown(reason)),
        };
        let mut range = (0, None);
        for step in steps {
            if let PathPart::Range(from, to) = step {
                if !matches!(value, Value::Array(_) | Value::Map(_)) {
                    return Err(self.lacks(step, "it has no items"));
                }
                range = (*from, *to);
                continue;
            }
            value = self.part_by_serde(value, step)?;
        }
        self.begun = Instant::now();
        match value {
            Value::Array(items) => {
                let show = |walk: &mut Self, it| walk.of_serde(it);
                let (items, page) = self.page_by_serde(items, range, show)?;
                let page = Page {
                    is_ordered: true,
                    ..page
                };
                let value = LiveValue::List(items, 0);
                let page = Some(page);
                Ok(Found {
                    page,
                    ..self.found(shape, value)
                })
            }
            Value::Map(entries) => {
                let show = |walk: &mut Self, (k, v)| (walk.of_serde(k), walk.of_serde(v));
                let (mut entries, page) = self.page_by_serde(entries, range, show)?;
                entries.sort_by(|(a, _), (b, _)| a.order(b));
                let value = LiveValue::Map(entries, 0);
                let page = Some(page);
                Ok(Found {
                    page,
                    ..self.found(shape, value)
                })
            }
            value => {
                let value = self.of_serde(value);
                Ok(self.found(shape, value))
            }
        }
    }

    /// The part of a value that a step leads to. A struct is written as a map.
    fn part_by_serde(&mut self, value: Value, step: &PathPart) -> Result<Value, InspectError> {
        let found = match (value, step) {
            (Value::Map(entries), step) => {
                let len = entries.len();
                let mut entries = entries.into_iter();
                let found = entries.find(|(key, _)| match step {
                    PathPart::Name(name) => key.as_str() == Some(name),
                    PathPart::Item(wanted) => {
                        let key = key.clone();
                        self.whole(|walk| walk.of_serde(key)).is_key(wanted)
                    }
                    PathPart::Range(..) => false,
                });
                found
                    .map(|(_, value)| value)
                    .ok_or_else(|| format!("it has {len} keys, and not that one"))
            }
            (Value::Array(items), step) => {
                let place = match step {
                    PathPart::Name(name) if is_place(name) => name.parse().ok(),
                    PathPart::Item(key) => super::number(key),
                    _ => None,
                };
                let len = items.len();
                place
                    .and_then(|place| items.into_iter().nth(place))
                    .ok_or_else(|| format!("it has {len} items"))
            }
            _ => Err("it has no parts that can be shown alone".to_owned()),
        };
        let part = found.map_err(|found| self.lacks(step, &found))?;
        match step {
            PathPart::Name(name) => self.way.name(name),
            PathPart::Item(key) => self.way.item(key),
            PathPart::Range(..) => {}
        }
        Ok(part)
    }

    /// Shows the items of a page. Whether they are in an order of their own is not known: so a cursor leads on only while
    /// there are as many.
    fn page_by_serde<T, S>(
        &mut self,
        items: Vec<T>,
        range: (usize, Option<usize>),
        mut show: impl FnMut(&mut Self, T) -> S,
    ) -> Result<(Vec<S>, Page), InspectError> {
        let span = self.span(items.len(), None, range)?;
        let mut shown = Vec::new();
        for item in items.into_iter().skip(span.first).take(span.most) {
            if !shown.is_empty() && self.is_spent() {
                break;
            }
            shown.push(show(self, item));
        }
        let page = span.page(shown.len(), false);
        Ok((shown, page))
    }

    fn of_serde(&mut self, value: Value) -> LiveValue {
        use Value::{Array, Binary, Boolean, Ext, F32, F64, Integer, Map, Nil, String};
        self.left = self.left.saturating_sub(LEAST);
        match value {
            Nil => LiveValue::Null,
            Boolean(value) => LiveValue::Bool(value),
            Integer(value) => match (value.as_u64(), value.as_i64()) {
                (Some(value), _) => LiveValue::Unsigned(value.into()),
                (_, value) => LiveValue::Signed(value.unwrap_or_default().into()),
            },
            F32(value) => LiveValue::Float32(value),
            F64(value) => LiveValue::Float64(value),
            String(text) => {
                let text = std::string::String::from_utf8_lossy(text.as_bytes()).into_owned();
                self.left = self.left.saturating_sub(text.len());
                LiveValue::Text(text)
            }
            Binary(bytes) | Ext(_, bytes) => {
                let bytes = bytes.into_iter().map(|it| LiveValue::Unsigned(it.into()));
                LiveValue::List(bytes.collect(), 0)
            }
            Array(items) => {
                let (len, most) = (items.len(), self.options.items);
                let items = items.into_iter().take(most);
                let items: Vec<LiveValue> = items.map(|it| self.of_serde(it)).collect();
                let more = len - items.len();
                LiveValue::List(items, more)
            }
            Map(entries) => {
                let (len, most) = (entries.len(), self.options.items);
                let entries = entries.into_iter().take(most);
                let entries = entries.map(|(k, v)| (self.of_serde(k), self.of_serde(v)));
                let entries: Vec<(LiveValue, LiveValue)> = entries.collect();
                let more = len - entries.len();
                LiveValue::Map(entries, more)
            }
        }
    }
}
