//! What the chat server and its rooms both know, as the server was compiled with it. Later versions of the
//! rooms have later forms of it.

use hotmod::StableState;

/// What was said.
#[derive(Clone, Debug, PartialEq, StableState)]
pub struct Message {
    /// Who said it.
    pub from: String,
    /// The words.
    pub text: String,
}

/// A room in which people talk.
#[hotmod::interface]
pub trait Room {
    /// Says something, and gives what is kept of it.
    fn say(&mut self, from: &str, text: &str) -> Message;

    /// All that was said.
    fn history(&self) -> Vec<Message>;
}

/// One connected person, for as long as the connection lasts.
#[hotmod::interface]
pub trait Session {
    /// Takes a line, and gives what is to be said because of it. Between `/begin` and `/commit` that is nothing:
    /// what was begun is said as one, or given up by `/abort`.
    fn line(&mut self, line: &str) -> Vec<String>;
}
