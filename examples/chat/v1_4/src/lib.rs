//! The rooms, 1.4: `Room::say` takes another type, and nothing says how a name becomes a number: the running server
//! refuses it.
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
    fn say(&mut self, from: u64, text: &str, times: u32) -> Message {
        let id = self.said.len() as u64 + 1;
        let message = Message {
            from: from.to_string(),
            text: format!("{} (#{id}, {times}×)", text.trim()),
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
