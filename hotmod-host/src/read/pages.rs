//! A live value page by page.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write};

use hotmod_file::LiveValue;
use hotmod_file::live::value::entry_name;
use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::error::InspectError;
use super::inspection::{InspectOptions, Inspection};

/// What a path leads to, page by page: of a container all items, of anything else what there is. The instance is in use
/// only while a page is read.
///
/// It is an iterator over the pages, and serializes as the one value that they are pages of, a list or an object, of which
/// only a page is in memory at a time. The options say how large that is, and how much is shown of what stands within an
/// item. A map whose first keys can be names of JSON is an object; if a later one cannot, its JSON is its name.
///
/// Serializing fails in the middle if a container without an order changes, as [`InspectError::Changed`] says.
pub struct InspectedPages<'a> {
    inspect: RefCell<Box<Inspects<'a>>>,
    /// How the next page is asked for; `None` after the last one.
    next: Option<InspectOptions>,
}

type Inspects<'a> = dyn FnMut(&InspectOptions) -> Result<Inspection, InspectError> + 'a;

impl<'a> InspectedPages<'a> {
    pub(super) fn new(
        options: &InspectOptions,
        inspect: impl FnMut(&InspectOptions) -> Result<Inspection, InspectError> + 'a,
    ) -> Self {
        InspectedPages {
            inspect: RefCell::new(Box::new(inspect)),
            next: Some(options.clone()),
        }
    }

    /// Writes the value as JSON, of all pages that are left.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or a page cannot be read: the error then says what [`InspectError`] says, and what was
    /// written is not whole.
    pub fn write_json(&self, to: impl Write) -> io::Result<()> {
        serde_json::to_writer(to, self).map_err(io::Error::from)
    }

    /// A page, and how the one behind it is asked for.
    fn page(
        &self,
        options: &InspectOptions,
    ) -> Result<(Inspection, Option<InspectOptions>), InspectError> {
        let found = (self.inspect.borrow_mut())(options)?;
        let cursor = found.page.as_ref().and_then(|page| page.next);
        let next = cursor.map(|cursor| options.clone().from(cursor));
        Ok((found, next))
    }

    /// Gives each page behind one.
    fn rest<E: Error>(
        &self,
        mut next: Option<InspectOptions>,
        mut each: impl FnMut(LiveValue) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(options) = next {
            let (found, after) = self.page(&options).map_err(E::custom)?;
            each(found.value)?;
            next = after;
        }
        Ok(())
    }
}

impl Iterator for InspectedPages<'_> {
    type Item = Result<Inspection, InspectError>;

    fn next(&mut self) -> Option<Self::Item> {
        let options = self.next.take()?;
        Some(self.page(&options).map(|(found, next)| {
            self.next = next;
            found
        }))
    }
}

impl Serialize for InspectedPages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(options) = &self.next else {
            return serializer.serialize_unit();
        };
        let (found, next) = self.page(options).map_err(S::Error::custom)?;
        match found.value {
            LiveValue::Map(entries, 0) if entries.iter().all(|(key, _)| key.key().is_some()) => {
                let mut map = serializer.serialize_map(None)?;
                let mut write = |entries: Vec<(LiveValue, LiveValue)>| {
                    entries.iter().try_for_each(|(key, value)| {
                        let name = key.key().unwrap_or_else(|| key.to_string());
                        map.serialize_entry(&entry_name(&name), value)
                    })
                };
                write(entries)?;
                self.rest(next, |page| match page {
                    LiveValue::Map(entries, _) => write(entries),
                    _ => Err(unlike()),
                })?;
                map.end()
            }
            LiveValue::Map(entries, 0) => {
                let mut seq = serializer.serialize_seq(None)?;
                let mut write = |entries: Vec<(LiveValue, LiveValue)>| {
                    let mut entries = entries.iter();
                    entries.try_for_each(|entry| seq.serialize_element(entry))
                };
                write(entries)?;
                self.rest(next, |page| match page {
                    LiveValue::Map(entries, _) => write(entries),
                    _ => Err(unlike()),
                })?;
                seq.end()
            }
            LiveValue::List(items, 0) => {
                let mut seq = serializer.serialize_seq(None)?;
                let mut write = |items: Vec<LiveValue>| {
                    let mut items = items.iter();
                    items.try_for_each(|item| seq.serialize_element(item))
                };
                write(items)?;
                self.rest(next, |page| match page {
                    LiveValue::List(items, _) => write(items),
                    _ => Err(unlike()),
                })?;
                seq.end()
            }
            value => value.serialize(serializer),
        }
    }
}

/// The path leads to something else than it did for the page before.
fn unlike<E: Error>() -> E {
    E::custom("what the path leads to has become another kind of value between two pages")
}

impl fmt::Debug for InspectedPages<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InspectedPages")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
