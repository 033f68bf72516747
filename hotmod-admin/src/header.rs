//! Headers of which a request has one at most.

use axum::http::{HeaderMap, HeaderName};

/// How much of a header stands in a message about it.
const SHOWN: usize = 100;

/// Why what a request says by a header is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotOne {
    /// It says it more than once, and so may say two things.
    Several,
    /// It is no visible ASCII.
    NoText,
}

/// What a request says by this header, if it says something.
pub(crate) fn only<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'h str>, NotOne> {
    let mut all = headers.get_all(name).iter();
    let Some(first) = all.next() else {
        return Ok(None);
    };
    match all.next() {
        Some(_) => Err(NotOne::Several),
        None => first.to_str().map(Some).map_err(|_| NotOne::NoText),
    }
}

/// What a request says, as a message shows it.
pub(crate) fn shortly(said: &str) -> String {
    match said.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{} …`", &said[..end]),
        None => format!("`{said}`"),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use axum::http::header::IF_MATCH;

    use super::*;

    #[test]
    fn a_header_says_one_thing_or_nothing() {
        let mut headers = HeaderMap::new();
        assert_eq!(only(&headers, &IF_MATCH), Ok(None));
        headers.append(IF_MATCH, HeaderValue::from_static("\"7\""));
        assert_eq!(only(&headers, &IF_MATCH), Ok(Some("\"7\"")));
        headers.append(IF_MATCH, HeaderValue::from_static("\"7\""));
        assert_eq!(only(&headers, &IF_MATCH), Err(NotOne::Several));
        let unseen = HeaderValue::from_bytes(b"\xff").expect("a header");
        headers.insert(IF_MATCH, unseen);
        assert_eq!(only(&headers, &IF_MATCH), Err(NotOne::NoText));
    }

    #[test]
    fn what_is_long_is_shown_in_part() {
        assert_eq!(shortly("evil.example"), "`evil.example`");
        let long = "ü".repeat(SHOWN + 1);
        assert_eq!(shortly(&long), format!("`{} …`", "ü".repeat(SHOWN)));
    }
}
