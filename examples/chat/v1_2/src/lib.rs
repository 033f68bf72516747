//! The rooms, 1.2: `Message` has a field more, in the rooms that live and in what they give to the server, which does
//! not know it.
#![forbid(unsafe_code)]

pub mod interface;

use hotmod::StableState;
use interface::{Message, Room};

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
