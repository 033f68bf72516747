//! Texts that come from elsewhere, as they are shown: on a terminal, in a log.
//!
//! The author of a file chooses its name and what it says of itself; panics and the system's loader
//! bring texts too. A terminal acts on control characters, and invisible marks reorder what stands
//! around them or make two names look alike. Here such characters are escaped, as `\u{1b}`: every
//! message goes through [`lines`], and a text that must stay in one line through [`Line`].

use std::fmt::{self, Display, Write};

/// A value as it displays itself, in one line and with what a terminal acts on escaped.
#[derive(Clone, Copy, Debug)]
pub struct Line<T>(pub T);

/// As [`Line`], but with its line breaks.
#[derive(Clone, Copy, Debug)]
pub struct Lines<T>(pub T);

impl<T: Display> Display for Line<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping { f, breaks: false }, "{}", self.0)
    }
}

impl<T: Display> Display for Lines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping { f, breaks: true }, "{}", self.0)
    }
}

/// What `body` writes, escaped but for its line breaks.
///
/// # Errors
///
/// Those of `body` and `f`.
pub fn lines(
    f: &mut fmt::Formatter<'_>,
    body: impl Fn(&mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    Lines(fmt::from_fn(body)).fmt(f)
}

/// Whether a character cannot be seen where it stands: a control character, or a mark that reorders,
/// joins or hides what is around it, or looks like nothing.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

struct Escaping<'f, 'b> {
    f: &'f mut fmt::Formatter<'b>,
    /// Whether line breaks and tabs stay.
    breaks: bool,
}

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut plain = 0;
        for (at, character) in text.char_indices() {
            let stays = self.breaks && matches!(character, '\n' | '\t');
            if stays || !is_hidden(character) {
                continue;
            }
            self.f.write_str(&text[plain..at])?;
            write!(self.f, "{}", character.escape_default())?;
            plain = at + character.len_utf8();
        }
        self.f.write_str(&text[plain..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_on_is_escaped() {
        for (text, line) in [
            ("World.players[]", "World.players[]"),
            ("größe 尺寸 🎲", "größe 尺寸 🎲"),
            ("a\x1b[2Jb", "a\\u{1b}[2Jb"),
            ("a\u{9b}2Jb", "a\\u{9b}2Jb"),
            ("a\rb\nc\td\x7f", "a\\rb\\nc\\td\\u{7f}"),
            ("\u{202e}abc\u{2066}", "\\u{202e}abc\\u{2066}"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("a\u{2028}b\u{e0041}", "a\\u{2028}b\\u{e0041}"),
            ("", ""),
        ] {
            assert_eq!(Line(text).to_string(), line);
            // Nothing is escaped twice.
            assert_eq!(Line(Lines(Line(text))).to_string(), line);
        }
        assert_eq!(Lines("a\n\tb\rc").to_string(), "a\n\tb\\rc");
        let body = fmt::from_fn(|f| lines(f, |f| f.write_str("a\x1b\n")));
        assert_eq!(body.to_string(), "a\\u{1b}\n");
    }
}
