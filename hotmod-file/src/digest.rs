//! What stands for the bytes of a file.

use std::fmt;

/// A BLAKE3 digest of a file's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// That of these bytes.
    #[doc(hidden)]
    pub fn of(bytes: &[u8]) -> Self {
        Digest(*blake3::hash(bytes).as_bytes())
    }

    /// The one with these bytes.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Digest(bytes)
    }

    /// The one that this text is in hexadecimal, as it is displayed.
    #[doc(hidden)]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() || !text.is_ascii() {
            return None;
        }
        for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
            let digits = &text[at..at + 2];
            let is_hexadecimal = digits.bytes().all(|it| it.is_ascii_hexdigit());
            *byte = is_hexadecimal
                .then(|| u8::from_str_radix(digits, 16).ok())
                .flatten()?;
        }
        Some(Digest(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// In hexadecimal.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_it_is_written_and_nothing_else_is_one() {
        let digest = Digest::of(b"bytes");
        let text = digest.to_string();
        assert_eq!(Digest::parse(&text), Some(digest));
        let signed = format!("+1{}", &text[2..]);
        let wide = format!("\u{e4}{}", &text[2..]);
        for other in ["", &text[1..], &format!("{text}0"), &signed, &wide] {
            assert_eq!(Digest::parse(other), None, "{other}");
        }
    }
}
