//! What is asked for of a live value, and what is shown of it.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;

use hotmod::codes::{self, coded};
use hotmod_file::LiveValue;

/// How much of a live value is shown.
///
/// # Examples
///
/// ```
/// use hotmod_host::InspectOptions;
///
/// let options = InspectOptions::new().items(20).depth(3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct InspectOptions {
    pub(super) depth: usize,
    pub(super) items: usize,
    pub(super) bytes: usize,
    pub(super) time: Duration,
    pub(super) from: Option<Cursor>,
}

impl Default for InspectOptions {
    fn default() -> Self {
        InspectOptions {
            depth: 16,
            items: 100,
            bytes: 64 << 10,
            time: Duration::from_millis(1),
            from: None,
        }
    }
}

impl InspectOptions {
    /// 16 values within each other, 100 items of each container, 64 KiB, and a millisecond.
    #[must_use]
    pub fn new() -> Self {
        InspectOptions::default()
    }

    /// At most so many values within each other, and never more than a thousand.
    #[must_use]
    pub fn depth(mut self, depth: usize) -> Self {
        self.depth = depth;
        self
    }

    /// At most so many items of each container; one at least of that which the path leads to.
    #[must_use]
    pub fn items(mut self, items: usize) -> Self {
        self.items = items;
        self
    }

    /// At most about so many bytes, as JSON. Texts within a value are cut after a kilobyte: a path that leads to one
    /// shows more of it.
    #[must_use]
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// For no longer than this, from where the path has led: so long, who wants to use the instance exclusively may
    /// have to wait. At least one item is shown.
    ///
    /// A map on the way is searched for its key. If somebody waits for the instance once that has taken as long, it is
    /// given back, and the search goes on afterwards. To where it was, it has to walk past the items before, as it has to
    /// where a page begins that a cursor leads to: no map of the standard library can be entered in its middle. So who
    /// wants to use the instance exclusively waits for this time and that walk, which takes some nanoseconds an item.
    ///
    /// What is carried over is written down, and a map or set in that is searched or sorted, in one go.
    #[must_use]
    pub fn time(mut self, time: Duration) -> Self {
        self.time = time;
        self
    }

    /// From this item of the container on: [`Page::next`] of the page before it.
    #[must_use]
    pub fn from(mut self, cursor: Cursor) -> Self {
        self.from = Some(cursor);
        self
    }
}

/// A live value, or a page of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// The version that the state is at.
    pub version: String,
    /// The type of the value, as Rust would spell it.
    #[serde(rename = "type")]
    pub ty: String,
    /// The value.
    pub value: LiveValue,
    /// Which items these are, where the value is a container, an array or a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<Page>,
}

/// As JSON, of the value alone.
impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

/// Some of the items of a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Page {
    /// How many items there are.
    pub len: usize,
    /// The number of the first that is shown.
    pub first: usize,
    /// How many are shown.
    pub shown: usize,
    /// Where the next page begins; `None` where this one comes to the end.
    pub next: Option<Cursor>,
    /// Whether the items have an order of their own. If not, a cursor leads to the items that were not shown yet only
    /// as long as the container does not change; those of a page are sorted by their keys.
    pub is_ordered: bool,
}

/// Where in a container the next page begins. As a text, it can be handed on to a client and read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(super) item: usize,
    /// How many items there were, in a container without an order.
    pub(super) of: Option<usize>,
    /// Tells their keys from others, in one that is made anew for each page.
    pub(super) keys: Option<u64>,
}

impl Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.item)?;
        if let Some(of) = self.of {
            write!(f, "-{of}")?;
        }
        match self.keys {
            Some(keys) => write!(f, "-{keys:x}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let none = || NoCursor(text.to_owned());
        let number = |text: &str| text.parse().map_err(|_| none());
        let mut parts = text.splitn(3, '-');
        let item = number(parts.next().unwrap_or_default())?;
        let of = parts.next().map(number).transpose()?;
        let keys = parts.next().map(|keys| u64::from_str_radix(keys, 16));
        let keys = keys.transpose().map_err(|_| none())?;
        Ok(Cursor { item, of, keys })
    }
}

/// A text that is not a [`Cursor`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoCursor(String);

impl fmt::Display for NoCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, codes::NO_CURSOR, |f| {
            write!(
                f,
                "`{}` is no cursor\n  help: pass on what a page says is `next`",
                self.0
            )
        })
    }
}

impl Error for NoCursor {}
