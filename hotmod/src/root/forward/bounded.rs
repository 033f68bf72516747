//! Texts of a module's own values, no longer than a host takes.

use std::fmt::{self, Write};

use crate::root::forward::wire::LONGEST_TEXT;

/// What stands where a text was cut.
pub(crate) const CUT: &str = "… (cut)";

/// A text while it is written, no longer than [`LONGEST_TEXT`].
pub(crate) struct BoundedText<'a> {
    texts: &'a mut String,
    /// Where it ends at the latest.
    end: usize,
}

/// What is written for a value.
#[cfg(feature = "log")]
pub(crate) fn printed(value: impl fmt::Display) -> String {
    let mut text = String::new();
    // A value that fails to be written leaves what it has written, as with other loggers.
    let _ = write!(BoundedText::new(&mut text), "{value}");
    text
}

/// The beginning of a text that may be too long.
#[cfg(feature = "log")]
pub(crate) fn cut(text: &str) -> &str {
    match text.len() <= LONGEST_TEXT {
        true => text,
        false => &text[..text.floor_char_boundary(LONGEST_TEXT)],
    }
}

impl<'a> BoundedText<'a> {
    pub(crate) fn new(texts: &'a mut String) -> Self {
        let end = texts.len() + LONGEST_TEXT;
        BoundedText { texts, end }
    }
}

impl Write for BoundedText<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.end.saturating_sub(self.texts.len());
        if text.len() <= room {
            self.texts.push_str(text);
            return Ok(());
        }
        if self.texts.len() <= self.end {
            let fits = text.floor_char_boundary(room);
            self.texts.push_str(&text[..fits]);
            self.texts.push_str(CUT);
            self.end = 0;
        }
        // Whatever goes on writing stops here.
        Err(fmt::Error)
    }
}
