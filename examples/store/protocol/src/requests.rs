//! Requests, taken apart.

use std::fmt;

use redis_protocol::resp2::decode::decode_range;
use redis_protocol::resp2::types::RangeFrame;

/// How many words a request may have.
const MOST_WORDS: usize = 1 << 20;

/// How long a line may be that people type.
const LONGEST_LINE: usize = 64 * 1024;

/// How many bytes a word has at the least, with its length.
const SHORTEST_WORD: usize = b"$0\r\n\r\n".len();

/// Requests one after the other, each with its words, which stay where they are.
pub struct Requests<'a> {
    bytes: &'a [u8],
    taken: usize,
    words: Vec<&'a [u8]>,
}

/// A request, as far as it has come.
#[derive(Debug, PartialEq, Eq)]
pub enum Request<'w, 'a> {
    /// All of it: its words.
    Whole(&'w [&'a [u8]]),
    /// A part of it, or nothing: so many bytes are still to come, at the least.
    Lacks(usize),
}

/// What is no request.
#[derive(Debug, PartialEq, Eq)]
pub enum Broken {
    /// This word stands for a length that no array has.
    Count,
    /// This word stands for a length that no word has.
    Length,
    /// A length does not end. What it is of.
    Endless(&'static str),
    /// An array has something else than words. What that begins with.
    NoWord(u8),
    /// A line is too long.
    LongLine,
    /// A quote does not end, or not where a word does.
    Quotes,
    /// There is a backslash in quotes.
    Escape,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Count => write!(f, "invalid multibulk length"),
            Broken::Length => write!(f, "invalid bulk length"),
            Broken::Endless(what) => write!(f, "too big {what} count string"),
            Broken::NoWord(first) => {
                write!(f, "expected '$', got '{}'", first.escape_ascii())
            }
            Broken::LongLine => write!(f, "too big inline request"),
            Broken::Quotes => write!(f, "unbalanced quotes in request"),
            Broken::Escape => write!(f, "no escapes in quotes, send an array"),
        }
    }
}

/// How far what is looked at has come: all of it, which has so many bytes, or not all, and so many are lacking at least.
enum Come {
    All(usize),
    Lacks(usize),
}

impl<'a> Requests<'a> {
    /// Of these bytes, the last request of which may not be whole.
    pub fn new(bytes: &'a [u8]) -> Self {
        Requests {
            bytes,
            taken: 0,
            words: Vec::new(),
        }
    }

    /// How many bytes the requests had that were given out.
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// The next request.
    ///
    /// # Errors
    ///
    /// If it is none.
    #[expect(
        clippy::should_implement_trait,
        reason = "what it gives is lent by itself"
    )]
    pub fn next(&mut self) -> Result<Request<'_, 'a>, Broken> {
        self.words.clear();
        let rest = &self.bytes[self.taken..];
        let come = match rest.first() {
            None => Come::Lacks(1),
            Some(b'*') => self.array(rest)?,
            Some(_) => self.inline(rest)?,
        };
        Ok(match come {
            Come::All(len) => {
                self.taken += len;
                Request::Whole(&self.words)
            }
            Come::Lacks(bytes) => Request::Lacks(bytes),
        })
    }

    /// An array of bulk strings, as programs send it. The array is taken apart here, and not by the decoder, which
    /// would go down into arrays of arrays for as long as there are some.
    fn array(&mut self, rest: &'a [u8]) -> Result<Come, Broken> {
        let Some(line) = line(rest, "mbulk")? else {
            return Ok(Come::Lacks(1));
        };
        let count = number(line).ok_or(Broken::Count)?;
        // Less than none is none: so Redis has it.
        let count = usize::try_from(count).unwrap_or(0);
        if count > MOST_WORDS {
            return Err(Broken::Count);
        }
        let mut at = 1 + line.len() + 2;
        for place in 0..count {
            let others = (count - place - 1) * SHORTEST_WORD;
            let item = &rest[at..];
            match self.word(item)? {
                Come::All(len) => at += len,
                Come::Lacks(bytes) => return Ok(Come::Lacks(bytes.saturating_add(others))),
            }
        }
        Ok(Come::All(at))
    }

    fn word(&mut self, item: &'a [u8]) -> Result<Come, Broken> {
        match item.first() {
            None => return Ok(Come::Lacks(SHORTEST_WORD)),
            Some(b'$') => {}
            Some(first) => return Err(Broken::NoWord(*first)),
        }
        let Some(line) = line(item, "bulk")? else {
            return Ok(Come::Lacks(SHORTEST_WORD.saturating_sub(item.len()).max(1)));
        };
        let len = number(line).and_then(|len| usize::try_from(len).ok());
        let len = len.ok_or(Broken::Length)?;
        let all = (1 + line.len() + 2 + 2).saturating_add(len);
        if item.len() < all {
            return Ok(Come::Lacks(all - item.len()));
        }
        let Ok(Some((RangeFrame::BulkString((from, to)), len))) = decode_range(item) else {
            return Err(Broken::Length);
        };
        self.words.push(&item[from..to]);
        Ok(Come::All(len))
    }

    /// A line, as people type it. A word in quotes is what stands between them.
    fn inline(&mut self, rest: &'a [u8]) -> Result<Come, Broken> {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            return match rest.len() {
                ..=LONGEST_LINE => Ok(Come::Lacks(1)),
                _ => Err(Broken::LongLine),
            };
        };
        let mut line = rest[..end].trim_ascii_start();
        while let Some(first) = line.first() {
            let (word, after) = match first {
                b'"' | b'\'' => quoted(*first, &line[1..])?,
                _ => {
                    let ends = line.iter().position(u8::is_ascii_whitespace);
                    line.split_at(ends.unwrap_or(line.len()))
                }
            };
            self.words.push(word);
            line = after.trim_ascii_start();
        }
        Ok(Come::All(end + 1))
    }
}

/// A word up to the quote that ends it, and what follows. Words stay where they are, so there is nothing that a backslash
/// could stand for.
fn quoted(quote: u8, rest: &[u8]) -> Result<(&[u8], &[u8]), Broken> {
    let end = rest.iter().position(|byte| *byte == quote);
    let (word, after) = rest.split_at(end.ok_or(Broken::Quotes)?);
    if quote == b'"' && word.contains(&b'\\') {
        return Err(Broken::Escape);
    }
    match after.get(1) {
        Some(next) if !next.is_ascii_whitespace() => Err(Broken::Quotes),
        _ => Ok((word, &after[1..])),
    }
}

/// The line that says the length of this, without its first character, if it has come whole: it is short.
fn line<'a>(of: &'a [u8], what: &'static str) -> Result<Option<&'a [u8]>, Broken> {
    const LONGEST: usize = 32;
    let start = &of[..of.len().min(LONGEST)];
    match start.windows(2).position(|two| two == b"\r\n") {
        Some(end) => Ok(Some(&start[1..end])),
        None if start.len() == LONGEST => Err(Broken::Endless(what)),
        None => Ok(None),
    }
}

/// The number that is written as this text, and as no other: `07`, `+7` and `-0` are none.
pub fn number(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let is_plain = match digits {
        [b'0', ..] => text == b"0",
        [first, ..] => first.is_ascii_digit(),
        [] => false,
    };
    let text = std::str::from_utf8(text).ok().filter(|_| is_plain)?;
    text.parse().ok()
}
