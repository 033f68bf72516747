//! Requests and replies of the Redis protocol, as the versions of the store read and write them.
#![forbid(unsafe_code)]

mod replies;
mod requests;

use std::fmt;

pub use replies::Replies;
pub use requests::{Broken, Requests};

/// Carries out requests one after the other, as many as have come whole, and says how many bytes they had and whether
/// the connection is to end. What every store answers alike is answered here; `command` gets all else: the name, in
/// capital letters, and the arguments.
pub fn serve(
    requests: &[u8],
    replies: &mut Vec<u8>,
    version: &str,
    mut command: impl FnMut(&[u8], &[&[u8]], &mut Replies<'_>),
) -> (usize, bool) {
    let len = requests.len();
    let mut replies = Replies::new(replies);
    let mut requests = Requests::new(requests);
    while !replies.are_many() {
        let words = match requests.next() {
            Ok(Some(words)) => words,
            Ok(None) => break,
            Err(broken) => {
                replies.error(&format!("Protocol error: {broken}"));
                return (len, true);
            }
        };
        let [name, args @ ..] = words else {
            continue; // Redis ignores empty requests too.
        };
        let mut capitals = [0; 16];
        let name = match capitals.get_mut(..name.len()) {
            Some(capitals) => {
                capitals.copy_from_slice(name);
                capitals.make_ascii_uppercase();
                &*capitals
            }
            None => name,
        };
        match (name, args) {
            (b"PING", []) => replies.simple("PONG"),
            (b"PING" | b"ECHO", [text]) => replies.bulk(text),
            (b"SELECT", [b"0"]) => replies.ok(),
            // Clients ask what they can do without.
            (b"CONFIG", [get, name]) if get.eq_ignore_ascii_case(b"get") => {
                replies.array([Some(*name), Some(b"")]);
            }
            (b"COMMAND", _) => replies.array([]),
            (b"INFO", _) => replies.bulk(format!("store_version:{version}\r\n").as_bytes()),
            (b"QUIT", []) => {
                replies.ok();
                return (requests.taken(), true);
            }
            _ => command(name, args, &mut replies),
        }
    }
    (requests.taken(), false)
}

/// A word of a request, to be shown: without what is no text, and not without end.
pub struct Shown<'a>(pub &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.0[..self.0.len().min(64)];
        write!(f, "{}", shown.escape_ascii())
    }
}

#[cfg(test)]
mod tests;
