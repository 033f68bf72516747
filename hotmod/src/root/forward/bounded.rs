//! Texts of a module's own values, no longer than a host takes.

use std::fmt::{self, Write};

use crate::root::forward::wire::LONGEST_TEXT;

/// A text while it is written, no longer than [`LONGEST_TEXT`].
#[derive(Default)]
pub(crate) struct BoundedText(String);

/// What stands where a text was cut.
const CUT: &str = "… (cut)";

impl BoundedText {
    /// What is written for this value.
    pub(crate) fn printed(value: impl fmt::Display) -> String {
        let mut text = BoundedText::default();
        // A value that fails to be written leaves what it has written, as with other subscribers.
        let _ = write!(text, "{value}");
        text.0
    }

    /// The beginning of a text that may be too long.
    pub(crate) fn cut(text: &str) -> &str {
        match text.len() <= LONGEST_TEXT {
            true => text,
            false => &text[..text.floor_char_boundary(LONGEST_TEXT)],
        }
    }
}

impl Write for BoundedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LONGEST_TEXT.saturating_sub(self.0.len());
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        if room > 0 {
            self.0.push_str(&text[..text.floor_char_boundary(room)]);
            self.0.push_str(CUT);
        }
        // Whatever goes on writing stops here.
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_cut_between_characters() {
        let long = "ü".repeat(LONGEST_TEXT);
        let text = BoundedText::printed(format_args!("x{long}"));
        assert!(text.ends_with(CUT) && text.len() <= LONGEST_TEXT + CUT.len());
        assert_eq!(
            BoundedText::cut(&format!("x{long}")).len(),
            LONGEST_TEXT - 1
        );
        assert_eq!(BoundedText::printed("short"), "short");
        assert_eq!(BoundedText::cut("short"), "short");
    }
}
