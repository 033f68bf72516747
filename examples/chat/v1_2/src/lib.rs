//! The rooms, 1.2: `Message` has a field more, in the rooms that live and in what they give to the server, which does
//! not know it.
#![forbid(unsafe_code)]

pub mod interface;

use hotmod::StableState;
use interface::{Message, Room, Session};

hotmod::module! { name: "rooms", version: env!("CARGO_PKG_VERSION") }

/// Everything that outlives a version.
#[derive(StableState)]
pub struct Talk {
    said: Vec<Message>,
}

/// What the server knows of one connected person.
#[derive(Default, StableState)]
pub struct Visit {
    /// The lines of what was begun.
    begun: Option<Vec<String>>,
    /// How many lines came. Of those before there was a count, nothing is known.
    #[state(default)]
    lines: u64,
}

#[hotmod::init]
fn room(_config: &str) -> Talk {
    Talk { said: Vec::new() }
}

#[hotmod::init]
fn visit(_config: &str) -> Visit {
    Visit::default()
}

#[hotmod::export]
impl Room for Talk {
    fn say(&mut self, from: &str, text: &str) -> Message {
        let id = self.said.len() as u64 + 1;
        let message = Message {
            from: from.to_owned(),
            text: format!("{} (#{id})", text.trim()),
            id,
        };
        self.said.push(message.clone());
        message
    }

    fn count(&self) -> u32 {
        self.said.len() as u32
    }

    fn history(&self) -> Vec<Message> {
        self.said.clone()
    }
}

#[hotmod::export]
impl Session for Visit {
    fn line(&mut self, line: &str) -> Vec<String> {
        self.lines += 1;
        match (line, &mut self.begun) {
            ("/begin", begun) => {
                begun.get_or_insert_default();
                Vec::new()
            }
            ("/commit", begun) => begun.take().unwrap_or_default(),
            ("/abort", begun) => {
                *begun = None;
                Vec::new()
            }
            (line, Some(begun)) => {
                begun.push(line.to_owned());
                Vec::new()
            }
            (line, None) => vec![line.to_owned()],
        }
    }
}
