//! From bytes to values, by the format that a file's name says.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::error::{ResourceErrorKind, ResourceFault};

/// The formats that this host was built with, in words.
const FORMATS: &str = "`.toml`, `.json` and `.ron` are read with the features `toml`, `json` and `ron` of `hotmod-host`; \
                       load another by `ResourceBuilder::load_with`";

/// Makes a value of a kind of file.
pub(super) type Parse<T> = fn(&str) -> Result<T, ResourceFault>;

/// How to read the files of this name. `Err` if nothing here does.
pub(super) fn of<T: DeserializeOwned>(name: &str) -> Result<Parse<T>, ResourceFault> {
    match Path::new(name).extension().and_then(|it| it.to_str()) {
        #[cfg(feature = "toml")]
        Some("toml") => Ok(toml::<T>),
        #[cfg(feature = "json")]
        Some("json") => Ok(json::<T>),
        #[cfg(feature = "ron")]
        Some("ron") => Ok(ron::<T>),
        Some(other) => Err(unknown(&format!(
            "`.{other}` is no format that this host was built with"
        ))),
        None => Err(unknown("the name does not say which format the file has")),
    }
}

fn unknown(what: &str) -> ResourceFault {
    ResourceFault::new(ResourceErrorKind::Malformed, what).help(FORMATS)
}

/// What editors put in front of UTF-8, to tell it from other encodings: a byte order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The text that bytes are, without the mark of their encoding, which is no part of what they say: some formats' parsers
/// would stumble over it, and tell of a character that no editor shows.
pub(super) fn text(bytes: &[u8]) -> Result<&str, ResourceFault> {
    const WRITE_UTF_8: &str = "write the file as UTF-8, or load it by `Host::resource_bytes`";
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] = bytes {
        let what = "the file begins with the byte order mark of UTF-16";
        return Err(malformed(what, None).help(WRITE_UTF_8));
    }
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let before = String::from_utf8_lossy(good);
        let what = format!("byte {:#04x} is no UTF-8", bytes[good.len()]);
        malformed(what, Some(location(&before, before.len()))).help(WRITE_UTF_8)
    })
}

fn malformed(what: impl Into<String>, location: Option<(usize, usize)>) -> ResourceFault {
    ResourceFault::new(ResourceErrorKind::Malformed, what).at(location)
}

/// Line and column of a byte, from 1 on.
fn location(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let last = before.rsplit('\n').next().unwrap_or_default();
    (line, last.chars().count() + 1)
}

#[cfg(feature = "toml")]
fn toml<T: DeserializeOwned>(text: &str) -> Result<T, ResourceFault> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map(|span| location(text, span.start));
        malformed(error.message(), at)
    })
}

#[cfg(feature = "json")]
fn json<T: DeserializeOwned>(text: &str) -> Result<T, ResourceFault> {
    serde_json::from_str(text).map_err(|error| {
        let at = format!(" at line {} column {}", error.line(), error.column());
        let what = error.to_string();
        let what = what.strip_suffix(&at).unwrap_or(&what);
        // It counts in bytes, up to and with the one that it stumbled over.
        let line = text.split('\n').nth(error.line().saturating_sub(1));
        let until = error.column().saturating_sub(1);
        let column = line
            .and_then(|line| line.get(..until))
            .map(|it| it.chars().count());
        let at = (error.line() > 0).then(|| (error.line(), column.unwrap_or(until) + 1));
        malformed(what, at)
    })
}

#[cfg(feature = "ron")]
fn ron<T: DeserializeOwned>(text: &str) -> Result<T, ResourceFault> {
    ron::from_str(text).map_err(|error| {
        let start = error.span.start;
        // It counts from before the space in front of what it stumbled over.
        let line = text.split('\n').nth(start.line.saturating_sub(1));
        let from = line
            .unwrap_or_default()
            .chars()
            .skip(start.col.saturating_sub(1));
        let space = from.take_while(|it| it.is_whitespace()).count();
        malformed(
            error.code.to_string(),
            Some((start.line, start.col + space)),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_counted_in_lines_and_characters() {
        let text = "a\nbä c\n";
        let all = [
            (0, (1, 1)),
            (1, (1, 2)),
            (2, (2, 1)),
            (5, (2, 3)),
            (8, (3, 1)),
        ];
        for (at, expected) in all {
            assert_eq!(location(text, at), expected);
        }
        // No end of a character, or beyond the text.
        assert_eq!(location(text, 4), (3, 1));
        assert_eq!(location(text, 100), (3, 1));
    }

    #[test]
    fn bytes_that_are_no_text_are_told_with_their_location() {
        let fault = text(b"good\n\xc3\xa4\xff").expect_err("no text");
        assert_eq!(
            (fault.location, &*fault.what),
            (Some((2, 2)), "byte 0xff is no UTF-8")
        );
    }

    #[test]
    fn the_mark_of_an_encoding_is_no_part_of_the_text() {
        assert_eq!(text(b"\xef\xbb\xbfa").ok(), Some("a"));
        assert_eq!(text(b"\xef\xbb\xbf").ok(), Some(""));
        // Anywhere else it is a character.
        assert_eq!(text(b"a\xef\xbb\xbf").ok(), Some("a\u{feff}"));
        let fault = text(b"\xef\xbb\xbfa\xff").expect_err("no text");
        assert_eq!(fault.location, Some((1, 2)));
        for utf_16 in [b"\xff\xfe{\0", b"\xfe\xff\0{"] {
            let fault = text(utf_16).expect_err("no UTF-8");
            assert!(fault.what.ends_with("UTF-16"), "{}", fault.what);
        }
    }

    #[test]
    fn a_format_that_is_not_known_is_told() {
        for (name, expected) in [("a.yaml", "`.yaml` is no format"), ("a", "does not say")] {
            let fault = of::<u32>(name).expect_err("no format");
            assert!(fault.what.contains(expected), "{}", fault.what);
        }
    }

    /// Where each format says that `seats` should be a number.
    #[cfg(all(feature = "toml", feature = "json", feature = "ron"))]
    #[test]
    fn each_format_says_where_and_what() {
        #[derive(serde::Deserialize)]
        #[expect(dead_code, reason = "only its kind counts")]
        struct Table {
            seats: u32,
        }
        let files = [
            ("a.toml", "# ä\nseats = \"many\"\n", (2, 9), "expected u32"),
            (
                "a.json",
                "{\n  \"seats\": \"many\" }",
                (2, 17),
                "expected u32",
            ),
            (
                "a.ron",
                "(\n  seats: \"many\",\n)",
                (2, 10),
                "Expected integer",
            ),
        ];
        for (name, written, expected, kind) in files {
            let parse = of::<Table>(name).ok().expect("a format");
            let marked = [MARK, written.as_bytes()].concat();
            let text = text(&marked).ok().expect("a text");
            let fault = parse(text).err().expect("no table");
            assert_eq!(fault.location, Some(expected), "{name}: {}", fault.what);
            assert!(fault.what.contains(kind), "{name}: {}", fault.what);
            assert!(!fault.what.contains("line"), "{name}: {}", fault.what);
        }
    }
}
