//! Replies, as they are written.

use redis_protocol::resp2::encode::encode_borrowed;
use redis_protocol::resp2::types::BorrowedFrame;

/// How many bytes of replies are many: then those who wait get theirs, before there are more.
const MANY: usize = 1 << 20;

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

    /// Several of these.
    pub fn array<'b>(&mut self, items: impl IntoIterator<Item = Option<&'b [u8]>>) {
        let items = items.into_iter().map(|item| match item {
            Some(bytes) => BorrowedFrame::BulkString(bytes),
            None => BorrowedFrame::Null,
        });
        let items: Vec<_> = items.collect();
        self.append(&BorrowedFrame::Array(&items));
    }

    /// What is wrong.
    pub fn error(&mut self, what: &str) {
        self.append(&BorrowedFrame::Error(&format!("ERR {what}")));
    }

    fn append(&mut self, frame: &BorrowedFrame<'_>) {
        let start = self.0.len();
        self.0.resize(start + frame.encode_len(false), 0);
        encode_borrowed(&mut self.0[start..], frame, false).expect("room for so many bytes");
    }
}
