//! What the store holds, and what it does with it.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use hotmod::{Lazy, StableState};
use store_interface::{Carried, Store};
use store_protocol::{Replies, number};

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
    text: Vec<u8>,
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

impl Db {
    fn command(&mut self, name: &[u8], args: &[&[u8]], replies: &mut Replies<'_>) {
        match (name, args) {
            (b"GET", [key]) => replies.bulk_or_nothing(self.text(key)),
            (b"SET", [key, text]) => {
                self.set(key, text.to_vec());
                replies.ok();
            }
            (b"MGET", [_, ..]) => replies.array(args.iter().map(|key| self.text(key))),
            (b"MSET", [_, ..]) if args.len().is_multiple_of(2) => {
                for pair in args.chunks_exact(2) {
                    self.set(pair[0], pair[1].to_vec());
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
            (b"DBSIZE", []) => replies.count(self.entries.len()),
            (b"HOTMOD", [word]) if word.eq_ignore_ascii_case(b"rollback") => match roll_back() {
                Ok(()) => replies.ok(),
                Err(error) => replies.error(&error),
            },
            (b"SET", [_, _, ..]) => replies.error("syntax error"),
            (b"GET" | b"SET" | b"MGET" | b"MSET" | b"DEL" | b"EXISTS" | b"INCR" | b"DBSIZE", _) => {
                replies.wrong_number(name)
            }
            _ => replies.unknown(name),
        }
    }

    fn text(&self, key: &[u8]) -> Option<&[u8]> {
        Some(&self.entries.get(key)?.text)
    }

    fn set(&mut self, key: &[u8], text: Vec<u8>) {
        match self.entries.get_mut(key) {
            Some(entry) => entry.text = text,
            None => {
                self.entries.insert(key.to_vec(), Lazy::new(Entry { text }));
            }
        }
    }

    fn increment(&mut self, key: &[u8], replies: &mut Replies<'_>) {
        let Some(number) = number(self.text(key).unwrap_or(b"0")) else {
            return replies.no_integer();
        };
        let Some(number) = number.checked_add(1) else {
            return replies.error("increment or decrement would overflow");
        };
        self.set(key, number.to_string().into_bytes());
        replies.number(number);
    }
}
