//! What the store holds, and what it does with it.
//! New in 1.2: what is a number is kept as one, so that `INCR` need not read and write it as text.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::collections::HashMap;

use hotmod::{Lazy, OldState, StableState};
use store_interface::{Carried, Store};
use store_protocol::{LONGEST_VALUE, Replies, number};

/// Everything that outlives a version.
#[derive(Default, StableState)]
pub struct Db {
    /// Each follows an update by itself, when it is used or when the sweeper comes to it: so no client ever waits
    /// for all of them.
    entries: HashMap<Vec<u8>, Lazy<Entry>>,
}

/// What lies under one key.
#[derive(StableState)]
pub struct Entry {
    value: Value,
}

/// What a client has set.
#[derive(StableState)]
pub enum Value {
    /// A text that is a number, written as Redis writes numbers.
    Number(i64),
    /// Any other.
    Text(Vec<u8>),
}

/// An entry as 1.1 had it.
#[derive(OldState)]
#[state(id = "Entry")]
struct OldEntry {
    text: Vec<u8>,
}

#[hotmod::migrate]
fn entry(old: &OldEntry) -> Entry {
    Entry {
        value: Value::of(&old.text),
    }
}

#[hotmod::migrate(down)]
fn entry_back(new: &Entry) -> OldEntry {
    OldEntry {
        text: new.value.text().into_owned(),
    }
}

/// Has the server go back to the version before this one. It does so after the reply.
#[hotmod::import]
#[hotmod::optional]
fn roll_back() -> Result<(), String>;

#[hotmod::init]
fn new_db(_config: &str) -> Db {
    Db::default()
}

#[hotmod::export]
impl Store for Db {
    fn carry_out(&mut self, requests: &[u8], replies: &mut Vec<u8>) -> Carried {
        let version = env!("CARGO_PKG_VERSION");
        let served = store_protocol::serve(requests, replies, version, |name, args, replies| {
            self.command(name, args, replies);
        });
        Carried {
            taken: served.taken as u64,
            lacks: served.lacks as u64,
            ends: served.ends,
        }
    }
}

impl Value {
    fn of(text: &[u8]) -> Value {
        match number(text) {
            Some(number) => Value::Number(number),
            None => Value::Text(text.to_vec()),
        }
    }

    fn text(&self) -> Cow<'_, [u8]> {
        match self {
            Value::Number(number) => Cow::Owned(number.to_string().into_bytes()),
            Value::Text(text) => Cow::Borrowed(text),
        }
    }
}

impl Db {
    fn command(&mut self, name: &[u8], args: &[&[u8]], replies: &mut Replies<'_>) {
        match (name, args) {
            (b"GET", [key]) => replies.bulk_or_nothing(self.text(key).as_deref()),
            (b"SET", [key, text]) => {
                self.set(key, Value::of(text));
                replies.ok();
            }
            (b"MGET", [_, ..]) => {
                let texts: Vec<_> = args.iter().map(|key| self.text(key)).collect();
                replies.array(texts.iter().map(Option::as_deref));
            }
            (b"MSET", [_, ..]) if args.len().is_multiple_of(2) => {
                for pair in args.chunks_exact(2) {
                    self.set(pair[0], Value::of(pair[1]));
                }
                replies.ok();
            }
            (b"DEL", [_, ..]) => {
                let gone = args
                    .iter()
                    .filter(|key| self.entries.remove(**key).is_some());
                replies.count(gone.count());
            }
            (b"EXISTS", [_, ..]) => {
                let there = args.iter().filter(|key| self.entries.contains_key(**key));
                replies.count(there.count());
            }
            (b"INCR", [key]) => self.increment(key, replies),
            (b"APPEND", [key, more]) => {
                let text = [&self.text(key).unwrap_or_default(), *more].concat();
                if text.len() > LONGEST_VALUE {
                    return replies.error("string exceeds maximum allowed size");
                }
                replies.count(text.len());
                self.set(key, Value::of(&text));
            }
            (b"STRLEN", [key]) => replies.count(self.text(key).map_or(0, |text| text.len())),
            (b"DBSIZE", []) => replies.count(self.entries.len()),
            (b"HOTMOD", [word]) if word.eq_ignore_ascii_case(b"rollback") => match roll_back() {
                Ok(()) => replies.ok(),
                Err(error) => replies.error(&error),
            },
            (b"SET", [_, _, ..]) => replies.error("syntax error"),
            (
                b"GET" | b"SET" | b"MGET" | b"MSET" | b"DEL" | b"EXISTS" | b"INCR" | b"APPEND"
                | b"STRLEN" | b"DBSIZE",
                _,
            ) => replies.wrong_number(name),
            _ => replies.unknown(name),
        }
    }

    fn text(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        Some(self.entries.get(key)?.value.text())
    }

    fn set(&mut self, key: &[u8], value: Value) {
        match self.entries.get_mut(key) {
            Some(entry) => entry.value = value,
            None => {
                self.entries
                    .insert(key.to_vec(), Lazy::new(Entry { value }));
            }
        }
    }

    fn increment(&mut self, key: &[u8], replies: &mut Replies<'_>) {
        let number = match self.entries.get(key).map(|entry| &entry.value) {
            None => 0,
            Some(Value::Number(number)) => *number,
            Some(Value::Text(_)) => return replies.no_integer(),
        };
        let Some(number) = number.checked_add(1) else {
            return replies.error("increment or decrement would overflow");
        };
        self.set(key, Value::Number(number));
        replies.number(number);
    }
}
