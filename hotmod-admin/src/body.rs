//! The body of a request: JSON, of a bounded size, within a bounded time.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use hotmod::codes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::fault::Fault;
use crate::header::{only, shortly};
use crate::shared::Shared;

/// Reads a body.
pub(crate) async fn read(
    shared: &Shared,
    headers: &HeaderMap,
    body: Body,
) -> Result<Vec<u8>, Fault> {
    let media = only(headers, &CONTENT_TYPE).ok().flatten();
    let kind = media.and_then(|it| it.split(';').next());
    if !kind.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json")) {
        // A page of another origin cannot send this without being asked about first.
        let found = match media {
            Some(media) => format!("is {}", shortly(media)),
            None => "is not said, or not by one header".to_owned(),
        };
        return Err(Fault::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            codes::NOT_JSON,
            format!(
                "the body has to be JSON, `Content-Type: application/json`, and what it is {found}"
            ),
        ));
    }
    let limit = shared.limits.body;
    let body = Limited::new(body, limit).collect();
    let Ok(body) = tokio::time::timeout(shared.limits.body_time, body).await else {
        let message = format!("the body took longer than {:?}", shared.limits.body_time);
        return Err(Fault::new(
            StatusCode::REQUEST_TIMEOUT,
            codes::TOO_SLOW,
            message,
        ));
    };
    match body {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => {
            let message = format!("the body has more than {limit} bytes");
            Err(Fault::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                codes::TOO_LARGE,
                message,
            ))
        }
        Err(error) => Err(Fault::bad(
            codes::BODY_UNREADABLE,
            format!("the body: {error}"),
        )),
    }
}

/// What a body says.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    let parsed = serde_json::from_slice(body).map_err(|error| {
        let code = match error.classify() {
            serde_json::error::Category::Data => codes::BODY_UNFIT,
            _ => codes::BODY_MALFORMED,
        };
        Fault::bad(code, format!("the body: {error}"))
    })?;
    // A list of the values, without their names, would be taken too.
    match body.trim_ascii_start().first() {
        Some(b'{') => Ok(parsed),
        _ => Err(Fault::bad(codes::BODY_UNFIT, "the body is an object")),
    }
}
