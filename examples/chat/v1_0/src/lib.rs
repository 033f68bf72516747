//! The rooms, 1.0.
#![forbid(unsafe_code)]

use chat_interface::{Message, Room};
use hotmod::StableState;

hotmod::module! { name: "rooms", version: env!("CARGO_PKG_VERSION") }

/// Everything that outlives a version.
#[derive(StableState)]
pub struct Talk {
    said: Vec<Message>,
}

#[hotmod::init]
fn room(_config: &str) -> Talk {
    Talk { said: Vec::new() }
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
