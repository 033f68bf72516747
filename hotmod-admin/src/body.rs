//! The body of a request: JSON, of a bounded size, within a bounded time.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use hotmod::codes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Number;

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

/// A field that may be left out. Where it is there it has a value: `null` is none.
pub(crate) fn given<'d, T: Deserialize<'d>, D: Deserializer<'d>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// As [`given`], of a number without a sign. JSON knows no integers: `1.0` is one, and `1e3`.
pub(crate) fn whole<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let number = Number::deserialize(deserializer)?;
    let float = || number.as_f64().filter(|it| *it >= 0.0 && it.fract() == 0.0);
    // Its digits, without a point or an exponent.
    let of_float = || format!("{:.0}", float()?.abs()).parse().ok();
    match number.as_u64().or_else(of_float) {
        Some(whole) => Ok(Some(whole)),
        None => Err(Error::custom(format!(
            "{number}, where a number without a sign or a fraction is expected"
        ))),
    }
}
