//! Requests, taken apart.

use std::fmt;

use redis_protocol::resp2::decode::decode_range;
use redis_protocol::resp2::types::RangeFrame;

/// How many words a request may have.
const MOST_WORDS: usize = 1 << 20;

/// Requests one after the other, each with its words, which stay where they are.
pub struct Requests<'a> {
    bytes: &'a [u8],
    taken: usize,
    words: Vec<&'a [u8]>,
}

/// What is no request.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken(&'static str);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
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

    /// The words of the next request. `None` if it has not come whole.
    ///
    /// # Errors
    ///
    /// If it is none.
    #[expect(
        clippy::should_implement_trait,
        reason = "what it gives is lent by itself"
    )]
    pub fn next(&mut self) -> Result<Option<&[&'a [u8]]>, Broken> {
        self.words.clear();
        let rest = &self.bytes[self.taken..];
        let len = match rest.first() {
            None => None,
            Some(b'*') => self.array(rest)?,
            Some(_) => self.inline(rest)?,
        };
        Ok(len.map(|len| {
            self.taken += len;
            &self.words[..]
        }))
    }

    /// An array of bulk strings, as programs send it. The array is taken apart here, and not by the decoder, which
    /// would go down into arrays of arrays for as long as there are some.
    fn array(&mut self, rest: &'a [u8]) -> Result<Option<usize>, Broken> {
        let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else {
            return self::line(rest);
        };
        let count = std::str::from_utf8(&rest[1..end]).ok();
        let count = count.and_then(|count| count.parse::<i64>().ok());
        let count = count.ok_or(Broken("invalid multibulk length"))?;
        // Less than none is none: so Redis has it.
        let count = usize::try_from(count).unwrap_or(0);
        if count > MOST_WORDS {
            return Err(Broken("invalid multibulk length"));
        }
        let mut at = end + 2;
        for _ in 0..count {
            let item = &rest[at..];
            match item.first() {
                None => return Ok(None),
                Some(b'$') => {}
                Some(_) => return Err(Broken("expected '$'")),
            }
            let decoded = decode_range(item).map_err(|_| Broken("invalid bulk length"))?;
            let Some((frame, len)) = decoded else {
                return self::line(item);
            };
            let RangeFrame::BulkString((from, to)) = frame else {
                return Err(Broken("invalid bulk length"));
            };
            self.words.push(&item[from..to]);
            at += len;
        }
        Ok(Some(at))
    }

    /// A line, as people type it. A word in quotes is what stands between them.
    fn inline(&mut self, rest: &'a [u8]) -> Result<Option<usize>, Broken> {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            return Ok(None);
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
        Ok(Some(end + 1))
    }
}

/// A word up to the quote that ends it, and what follows. Words stay where they are, so there is nothing that a backslash
/// could stand for.
fn quoted(quote: u8, rest: &[u8]) -> Result<(&[u8], &[u8]), Broken> {
    const UNBALANCED: Broken = Broken("unbalanced quotes in request");
    let end = rest.iter().position(|byte| *byte == quote);
    let (word, after) = rest.split_at(end.ok_or(UNBALANCED)?);
    if quote == b'"' && word.contains(&b'\\') {
        return Err(Broken("no escapes in quotes, send an array"));
    }
    match after.get(1) {
        Some(next) if !next.is_ascii_whitespace() => Err(UNBALANCED),
        _ => Ok((word, &after[1..])),
    }
}

/// Whether what has not come whole may still become a length, which is short.
fn line(rest: &[u8]) -> Result<Option<usize>, Broken> {
    let is_length = rest.len() < 32 || rest[..32].contains(&b'\r');
    if is_length {
        Ok(None)
    } else {
        Err(Broken("too big mbulk count string"))
    }
}
