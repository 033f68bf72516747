//! Replies, as they are written.

use std::fmt;

use redis_protocol::resp2::encode::encode_borrowed;
use redis_protocol::resp2::types::BorrowedFrame;

/// How many bytes of replies are many: then those who wait get theirs, before there are more.
const MANY: usize = 1 << 20;

/// How many bytes a value may have.
pub const LONGEST_VALUE: usize = 8 << 20;

/// How many bytes one reply may have, so that there is an end to what is kept for a client.
const LONGEST: usize = 64 << 20;

/// Replies, each appended to those before.
pub struct Replies<'a>(&'a mut Vec<u8>);

impl<'a> Replies<'a> {
    /// Replies that are appended to these bytes.
    pub fn new(bytes: &'a mut Vec<u8>) -> Self {
        Replies(bytes)
    }

    /// Whether there are so many that they should be sent before there are more.
    pub fn are_many(&self) -> bool {
        self.0.len() >= MANY
    }

    /// `OK`.
    pub fn ok(&mut self) {
        self.simple("OK");
    }

    /// A word.
    pub fn simple(&mut self, word: &str) {
        self.append(&BorrowedFrame::SimpleString(word.as_bytes()));
    }

    /// A number.
    pub fn number(&mut self, number: i64) {
        self.append(&BorrowedFrame::Integer(number));
    }

    /// How many there are.
    pub fn count(&mut self, count: usize) {
        self.number(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// What a value consists of.
    pub fn bulk(&mut self, bytes: &[u8]) {
        self.append(&BorrowedFrame::BulkString(bytes));
    }

    /// That there is nothing.
    pub fn nothing(&mut self) {
        self.append(&BorrowedFrame::Null);
    }

    /// What a value consists of, if there is one.
    pub fn bulk_or_nothing(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.bulk(bytes),
            None => self.nothing(),
        }
    }

    /// Several of these. Where they are too long together, this is the reply.
    pub fn array<'b>(&mut self, items: impl IntoIterator<Item = Option<&'b [u8]>>) {
        let items = items.into_iter().map(|item| match item {
            Some(bytes) => BorrowedFrame::BulkString(bytes),
            None => BorrowedFrame::Null,
        });
        let items: Vec<_> = items.collect();
        let array = BorrowedFrame::Array(&items);
        if array.encode_len(false) > LONGEST {
            return self.error(&format!("too long a reply, of more than {LONGEST} bytes"));
        }
        self.append(&array);
    }

    /// What is wrong.
    pub fn error(&mut self, what: &str) {
        self.append(&BorrowedFrame::Error(&format!("ERR {what}")));
    }

    /// That there is no such command.
    pub fn unknown(&mut self, name: &[u8]) {
        self.error(&format!("unknown command '{}'", Shown(name)));
    }

    /// That this command takes other arguments.
    pub fn wrong_number(&mut self, name: &[u8]) {
        let name = name.to_ascii_lowercase();
        let name = Shown(&name);
        self.error(&format!("wrong number of arguments for '{name}' command"));
    }

    /// That there is no such number.
    pub fn no_integer(&mut self) {
        self.error("value is not an integer or out of range");
    }

    fn append(&mut self, frame: &BorrowedFrame<'_>) {
        let start = self.0.len();
        self.0.resize(start + frame.encode_len(false), 0);
        encode_borrowed(&mut self.0[start..], frame, false).expect("room for so many bytes");
    }
}

/// A word of a request, to be shown: without what is no text, and not without end.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.0[..self.0.len().min(64)];
        write!(f, "{}", shown.escape_ascii())
    }
}
