//! The rooms, 1.0.
#![forbid(unsafe_code)]

use chat_interface::{Message, Room, Session};
use hotmod::StableState;

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
        let message = Message {
            from: from.to_owned(),
            text: text.to_owned(),
        };
        self.said.push(message.clone());
        message
    }

    fn history(&self) -> Vec<Message> {
        self.said.clone()
    }
}

#[hotmod::export]
impl Session for Visit {
    fn line(&mut self, line: &str) -> Vec<String> {
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
