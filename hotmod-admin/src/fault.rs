//! What goes wrong with a request, as it is answered.

use std::borrow::Cow;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path};
use axum::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hotmod::codes::{self, Code};
use serde_json::{Map, Value, json};

/// An answer that is not what was asked for: a status, a stable name for programs, and words for people.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    pub(crate) code: Code,
    pub(crate) message: Cow<'static, str>,
    /// What else the answer holds, such as the differences of a refusal.
    pub(crate) details: Map<String, Value>,
    retry_after: Option<Duration>,
}

/// The names of what goes wrong, each with its status. Programs know them by the README.
pub(crate) const ALL: [(u16, &str); 39] = [
    (400, "body-malformed"),
    (400, "body-unfit"),
    (400, "body-unreadable"),
    (400, "file-outside"),
    (400, "generation-malformed"),
    (400, "idempotency-key-missing"),
    (400, "name-unfit"),
    (400, "no-cursor"),
    (400, "path-malformed"),
    (400, "percent-unfit"),
    (400, "query-unfit"),
    (400, "reason-missing"),
    (400, "share-unfit"),
    (400, "too-long"),
    (401, "token-expired"),
    (401, "token-missing"),
    (401, "token-unknown"),
    (401, "token-unreadable"),
    (403, "host-not-allowed"),
    (403, "origin-not-allowed"),
    (403, "scope-missing"),
    (404, "not-found"),
    (404, "not-there"),
    (405, "wrong-method"),
    (408, "too-slow"),
    (409, "changed"),
    (409, "no-module-directory"),
    (409, "not-shown"),
    (409, "overtaken"),
    (413, "too-large"),
    (415, "not-json"),
    (422, "idempotency-key-reused"),
    (422, "refused"),
    (428, "generation-missing"),
    (429, "too-many-requests"),
    (500, "bug"),
    (500, "directory-unreadable"),
    (503, "busy"),
    (503, "stopping"),
];

impl Fault {
    pub(crate) fn new(
        status: StatusCode,
        code: Code,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        debug_assert!(
            ALL.contains(&(status.as_u16(), code.name())),
            "{} ({status}) is not among the names of what goes wrong",
            code.name()
        );
        Fault {
            status,
            code,
            message: message.into(),
            details: Map::new(),
            retry_after: None,
        }
    }

    pub(crate) fn bad(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Fault::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn not_found(what: &str, name: &str) -> Self {
        let message = format!("there is no {what} `{name}`");
        Fault::new(StatusCode::NOT_FOUND, codes::NOT_FOUND, message)
    }

    pub(crate) fn retry_after(mut self, time: Duration) -> Self {
        self.retry_after = Some(time);
        self
    }

    pub(crate) fn with(mut self, details: Value) -> Self {
        if let Value::Object(details) = details {
            self.details.extend(details);
        }
        self
    }

    /// The body.
    pub(crate) fn body(&self) -> Value {
        let mut body = self.details.clone();
        body.insert("error".to_owned(), json!(self.code.name()));
        body.insert("code".to_owned(), json!(self.code.to_string()));
        body.insert("message".to_owned(), json!(self.message));
        Value::Object(body)
    }
}

impl From<QueryRejection> for Fault {
    fn from(rejection: QueryRejection) -> Self {
        Fault::bad(codes::QUERY_UNFIT, rejection.body_text())
    }
}

/// What stands in a path in place of a name: the last such, since the prefix under which a server nests the routes may have
/// some of its own.
#[derive(Debug)]
pub(crate) struct Named(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let all = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let unfit = |rejection: PathRejection| Fault::bad(codes::NAME_UNFIT, rejection.body_text());
        let Path(mut all) = all.map_err(unfit)?;
        let (_, name) = all.pop().ok_or_else(broken)?;
        Ok(Named(name))
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(time) = self.retry_after {
            // At least one: zero would have a client come back at once.
            headers.insert(RETRY_AFTER, HeaderValue::from(time.as_secs().max(1)));
        }
        response
    }
}

/// Another method than the route has.
pub(crate) async fn wrong_method(allow: &'static str) -> Response {
    let message = format!("this route takes {allow}");
    let fault = Fault::new(StatusCode::METHOD_NOT_ALLOWED, codes::WRONG_METHOD, message);
    let mut response = fault.into_response();
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(allow));
    response
}

/// Something that is a bug here.
pub(crate) fn broken() -> Fault {
    Fault::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        codes::BUG,
        "this went wrong in the server itself; its log says more",
    )
}

/// As an answer's body.
pub(crate) fn to_value(value: &impl serde::Serialize) -> Result<Value, Fault> {
    serde_json::to_value(value).map_err(|_| broken())
}
