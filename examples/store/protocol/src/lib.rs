//! Requests and replies of the Redis protocol, as the versions of the store read and write them.
#![forbid(unsafe_code)]

mod replies;
mod requests;

pub use replies::{LONGEST_VALUE, Replies};
pub use requests::{Broken, Request, Requests, number};

/// How far requests were carried out.
#[derive(Debug, PartialEq, Eq)]
pub struct Served {
    /// How many bytes those had that were.
    pub taken: usize,
    /// How many bytes have to come, at the least, before there is another.
    pub lacks: usize,
    /// Whether the connection is to end.
    pub ends: bool,
}

/// Carries out requests one after the other, as many as have come whole and until the replies are many. What every store answers alike is answered here; `command` gets all else: the name, in
/// capital letters, and the arguments.
pub fn serve(
    requests: &[u8],
    replies: &mut Vec<u8>,
    version: &str,
    mut command: impl FnMut(&[u8], &[&[u8]], &mut Replies<'_>),
) -> Served {
    let len = requests.len();
    let mut replies = Replies::new(replies);
    let mut requests = Requests::new(requests);
    while !replies.are_many() {
        let words = match requests.next() {
            Ok(Request::Whole(words)) => words,
            Ok(Request::Lacks(lacks)) => {
                let taken = requests.taken();
                let ends = false;
                return Served { taken, lacks, ends };
            }
            Err(broken) => {
                replies.error(&format!("Protocol error: {broken}"));
                return ending(len);
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
            (b"SELECT", [database]) => match number(database) {
                Some(0) => replies.ok(),
                Some(_) => replies.error("DB index is out of range"),
                None => replies.no_integer(),
            },
            // Clients ask what they can do without.
            (b"CONFIG", [get, name]) if get.eq_ignore_ascii_case(b"get") => {
                replies.array([Some(*name), Some(b"")]);
            }
            (b"COMMAND", _) => replies.array([]),
            (b"INFO", _) => replies.bulk(format!("store_version:{version}\r\n").as_bytes()),
            (b"QUIT", _) => {
                replies.ok();
                return ending(requests.taken());
            }
            // A browser, which any page can have send what it likes: so Redis hangs up too.
            (b"POST" | b"HOST:", _) => return ending(requests.taken()),
            (b"PING" | b"ECHO" | b"SELECT" | b"CONFIG", _) => replies.wrong_number(name),
            _ => command(name, args, &mut replies),
        }
    }
    Served {
        taken: requests.taken(),
        lacks: 0,
        ends: false,
    }
}

fn ending(taken: usize) -> Served {
    let (lacks, ends) = (0, true);
    Served { taken, lacks, ends }
}

#[cfg(test)]
mod tests;
