//! What the store holds, and what it does with it.
//! New in 1.3: entries expire. The command `EXPIRE` and `SET … EX` say when, `TTL` and `PERSIST` are of it.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use hotmod::{Lazy, StableState};
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
    /// When it is gone, in seconds since 1970. What had no such time before has none.
    expires: Option<u64>,
}

/// What a client has set.
#[derive(StableState)]
pub enum Value {
    /// A text that is a number, written as Redis writes numbers.
    Number(i64),
    /// Any other.
    Text(Vec<u8>),
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

impl Entry {
    fn is_gone(&self) -> bool {
        self.expires.is_some_and(|at| at <= now())
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// When so many seconds have passed, where Redis has such a time: it counts in thousandths.
fn from_now(seconds: i64) -> Option<u64> {
    const MOST: u64 = i64::MAX as u64 / 1000;
    let is_time = seconds.unsigned_abs() <= MOST;
    let at = now().saturating_add_signed(seconds);
    (is_time && at <= MOST).then_some(at)
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
                self.set(key, Value::of(text), None);
                replies.ok();
            }
            (b"SET", [key, text, ex, time]) if ex.eq_ignore_ascii_case(b"ex") => {
                let Some(time) = number(time) else {
                    return replies.no_integer();
                };
                let Some(expires) = from_now(time).filter(|_| time > 0) else {
                    return replies.error("invalid expire time in 'set' command");
                };
                self.set(key, Value::of(text), Some(expires));
                replies.ok();
            }
            (b"MGET", [_, ..]) => {
                let texts: Vec<_> = args.iter().map(|key| self.text(key)).collect();
                replies.array(texts.iter().map(Option::as_deref));
            }
            (b"MSET", [_, ..]) if args.len().is_multiple_of(2) => {
                for pair in args.chunks_exact(2) {
                    self.set(pair[0], Value::of(pair[1]), None);
                }
                replies.ok();
            }
            (b"DEL", [_, ..]) => {
                let gone = args.iter().filter(|key| self.take(key).is_some());
                replies.count(gone.count());
            }
            (b"EXISTS", [_, ..]) => {
                let there = args.iter().filter(|key| self.entry(key).is_some());
                replies.count(there.count());
            }
            (b"INCR", [key]) => self.increment(key, replies),
            (b"APPEND", [key, more]) => {
                let text = [&self.text(key).unwrap_or_default(), *more].concat();
                if text.len() > LONGEST_VALUE {
                    return replies.error("string exceeds maximum allowed size");
                }
                replies.count(text.len());
                self.set(key, Value::of(&text), self.expires(key));
            }
            (b"STRLEN", [key]) => replies.count(self.text(key).map_or(0, |text| text.len())),
            (b"EXPIRE", [key, time]) => {
                let Some(time) = number(time) else {
                    return replies.no_integer();
                };
                let Some(expires) = from_now(time) else {
                    return replies.error("invalid expire time in 'expire' command");
                };
                let entry = self.entry_mut(key);
                replies.count(usize::from(entry.is_some()));
                if let Some(entry) = entry {
                    entry.expires = Some(expires);
                }
            }
            (b"PERSIST", [key]) => {
                let expired = self.entry_mut(key).and_then(|entry| entry.expires.take());
                replies.count(usize::from(expired.is_some()));
            }
            (b"TTL", [key]) => match self.entry(key).map(|entry| entry.expires) {
                None => replies.number(-2),
                Some(None) => replies.number(-1),
                Some(Some(at)) => {
                    replies.number(at.saturating_sub(now()).try_into().unwrap_or(i64::MAX))
                }
            },
            (b"DBSIZE", []) => replies.count(self.entries.len()),
            (b"HOTMOD", [word]) if word.eq_ignore_ascii_case(b"rollback") => match roll_back() {
                Ok(()) => replies.ok(),
                Err(error) => replies.error(&error),
            },
            (b"SET", [_, _, ..]) => replies.error("syntax error"),
            (
                b"GET" | b"SET" | b"MGET" | b"MSET" | b"DEL" | b"EXISTS" | b"INCR" | b"APPEND"
                | b"STRLEN" | b"EXPIRE" | b"PERSIST" | b"TTL" | b"DBSIZE",
                _,
            ) => replies.wrong_number(name),
            _ => replies.unknown(name),
        }
    }

    fn text(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        Some(self.entry(key)?.value.text())
    }

    fn expires(&self, key: &[u8]) -> Option<u64> {
        self.entry(key)?.expires
    }

    /// The entry, unless it has expired.
    fn entry(&self, key: &[u8]) -> Option<&Entry> {
        let entry: &Entry = self.entries.get(key)?;
        (!entry.is_gone()).then_some(entry)
    }

    fn entry_mut(&mut self, key: &[u8]) -> Option<&mut Entry> {
        let entry: &mut Entry = self.entries.get_mut(key)?;
        (!entry.is_gone()).then_some(entry)
    }

    fn take(&mut self, key: &[u8]) -> Option<Lazy<Entry>> {
        let entry = self.entries.remove(key)?;
        (!entry.is_gone()).then_some(entry)
    }

    fn set(&mut self, key: &[u8], value: Value, expires: Option<u64>) {
        let new = Entry { value, expires };
        match self.entries.get_mut(key) {
            Some(entry) => **entry = new,
            None => {
                self.entries.insert(key.to_vec(), Lazy::new(new));
            }
        }
    }

    fn increment(&mut self, key: &[u8], replies: &mut Replies<'_>) {
        let number = match self.entry(key).map(|entry| &entry.value) {
            None => 0,
            Some(Value::Number(number)) => *number,
            Some(Value::Text(_)) => return replies.no_integer(),
        };
        let Some(number) = number.checked_add(1) else {
            return replies.error("increment or decrement would overflow");
        };
        self.set(key, Value::Number(number), self.expires(key));
        replies.number(number);
    }
}
