//! The page: three files, which ask `/v1` and nothing else.

use axum::extract::OriginalUri;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, StatusCode};

type File = ([(HeaderName, &'static str); 1], &'static str);

/// What a person sees.
pub(crate) async fn html() -> File {
    (
        [(CONTENT_TYPE, "text/html; charset=utf-8")],
        include_str!("page/page.html"),
    )
}

/// How it looks.
pub(crate) async fn css() -> File {
    (
        [(CONTENT_TYPE, "text/css; charset=utf-8")],
        include_str!("page/page.css"),
    )
}

/// What it does.
pub(crate) async fn js() -> File {
    (
        [(CONTENT_TYPE, "text/javascript; charset=utf-8")],
        include_str!("page/page.js"),
    )
}

/// Leads to the page, as seen from the address that was asked for: with or without a slash at its end.
pub(crate) async fn lead(OriginalUri(uri): OriginalUri) -> (StatusCode, [(HeaderName, String); 1]) {
    let last = uri.path().rsplit('/').next().unwrap_or_default();
    let to = match last {
        "" => "./page".to_owned(),
        // A prefix with a colon would be read as a scheme.
        last => format!("./{last}/page"),
    };
    (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, to)])
}
