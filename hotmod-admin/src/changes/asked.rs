//! How a change is asked for, and what is answered.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::header::{ETAG, IF_MATCH, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hotmod::codes;
use serde_json::{Value, json};

use super::change::{Change, On, tag};
use crate::audit::AuditRecord;
use crate::body;
use crate::fault::{Fault, Named, broken};
use crate::operations::{Asked, Begun, Operation};
use crate::peer::Asking;
use crate::shared::{Shared, aside};
use crate::views;

/// The header with a caller's key for a change, by which it is made once however often it is asked for.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer is that of an operation which an earlier request began.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The longest reason, and the longest key.
const LONGEST: usize = 1024;

/// Answers what a change would do.
pub(crate) async fn plan<C: Change>(
    State(shared): State<Arc<Shared>>,
    module: Named,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let Path(module) = module?;
    let body = body::read(&shared, &headers, body).await?;
    let change: C = body::parse(&body)?;
    let on = On::new(shared, &module)?;
    aside(move || {
        // Read first: a change by this number is refused where something is newer.
        let generation = views::generation(&on.module);
        let mut plan = change.plan(&on)?;
        plan["action"] = json!(C::ACTION);
        plan["module"] = json!(on.module.name());
        plan["generation"] = json!(generation);
        Ok(([(ETAG, tag(generation))], Json(plan)).into_response())
    })
    .await
}

/// Begins a change, waits a while for what it comes to, and answers that or where to follow it.
pub(crate) async fn apply<C: Change>(
    State(shared): State<Arc<Shared>>,
    Extension(asking): Extension<Asking>,
    module: Named,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let Path(module) = module?;
    let generation = seen(&headers)?;
    let key = idempotency_key(&headers)?;
    let body = body::read(&shared, &headers, body).await?;
    let change: C = body::parse(&body)?;
    let reason = reason(&change)?;
    let on = On::new(shared.clone(), &module)?;
    let mut request = blake3::Hasher::new();
    for part in [
        C::ACTION.as_bytes(),
        module.as_bytes(),
        &generation.to_le_bytes(),
        &body,
    ] {
        request.update(&part.len().to_le_bytes()).update(part);
    }
    let asked = Asked {
        action: C::ACTION,
        module,
        caller: asking.caller.name.clone(),
        from: asking.from.clone(),
        reason,
        key,
        request: request.finalize().into(),
    };
    let begun = shared.operations.begin(asked, || {
        if shared.is_stopping() {
            return Err(Fault::new(
                StatusCode::SERVICE_UNAVAILABLE,
                codes::STOPPING,
                "the server is about to stop, and begins nothing",
            ));
        }
        on.refuse_if_overtaken(generation)
    })?;
    let (operation, is_anew) = match begun {
        Begun::Anew(operation) => {
            shared.note(&record(&asking, &operation, "begun"));
            let running = Running {
                shared: shared.clone(),
                asking,
                operation: operation.clone(),
            };
            tokio::task::spawn_blocking(move || {
                let result = change.apply(&on, generation);
                running.end(result);
            });
            (operation, true)
        }
        Begun::Before(operation) => (operation, false),
    };
    // How long is bounded: then it is answered as it is.
    let _ = tokio::time::timeout(shared.limits.wait, operation.ended()).await;
    let mut response = answer(&operation);
    if !is_anew {
        let replayed = HeaderValue::from_static("true");
        response.headers_mut().insert(REPLAYED, replayed);
    }
    Ok(response)
}

/// An operation that runs. When this is dropped, it has ended, also by a panic.
struct Running {
    shared: Arc<Shared>,
    asking: Asking,
    operation: Arc<Operation>,
}

impl Running {
    fn end(&self, result: Result<Value, Fault>) {
        let outcome = match &result {
            Ok(_) => "done",
            Err(fault) if fault.status.is_server_error() => "failed",
            Err(_) => "refused",
        };
        // Told before anyone hears that it has ended, so that what follows from that is told after it.
        let record = record(&self.asking, &self.operation, outcome);
        self.shared.note(&record);
        self.operation.end(result);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.operation.outcome().is_none() {
            self.end(Err(broken()));
        }
    }
}

fn record(asking: &Asking, operation: &Operation, outcome: &str) -> AuditRecord {
    AuditRecord {
        reason: operation.reason.clone(),
        operation: Some(operation.id),
        ..AuditRecord::new(asking, operation.action, operation.module.clone(), outcome)
    }
}

/// What an operation came to, or that it goes on.
fn answer(operation: &Operation) -> Response {
    let outcome = operation.outcome();
    let mut view = operation.view_with(outcome.as_ref());
    let mut body = match view["result"].take() {
        Value::Object(result) => result,
        _ => serde_json::Map::new(),
    };
    if let Value::Object(view) = &mut view {
        view.remove("result");
    }
    body.insert("operation".to_owned(), view);
    let status = outcome.map_or(StatusCode::ACCEPTED, |it| it.status);
    let mut response = (status, Json(Value::Object(body))).into_response();
    if status == StatusCode::ACCEPTED {
        // As seen from `v1/modules/NAME/ACTION`.
        let location = format!("../../operations/{}", operation.id);
        if let Ok(location) = HeaderValue::try_from(location) {
            response.headers_mut().insert(LOCATION, location);
        }
    }
    response
}

/// The generation that the caller saw.
fn seen(headers: &HeaderMap) -> Result<u64, Fault> {
    let Some(seen) = headers.get(IF_MATCH) else {
        return Err(Fault::new(
            StatusCode::PRECONDITION_REQUIRED,
            codes::GENERATION_MISSING,
            "a change needs `If-Match` with the generation of the module that it was decided on by, in quotes",
        ));
    };
    let seen = seen.to_str().ok();
    let seen = seen.and_then(|it| it.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    seen.ok_or_else(|| {
        Fault::bad(
            codes::GENERATION_MALFORMED,
            "`If-Match` is a number in quotes",
        )
    })
}

fn idempotency_key(headers: &HeaderMap) -> Result<String, Fault> {
    let key = headers.get(IDEMPOTENCY_KEY).and_then(|it| it.to_str().ok());
    let key = key.filter(|it| !it.trim().is_empty() && it.len() <= LONGEST);
    key.map(str::to_owned).ok_or_else(|| {
        Fault::bad(
            codes::IDEMPOTENCY_KEY_MISSING,
            "a change needs an `Idempotency-Key`: a new text for each change, and the same where it is asked for again",
        )
    })
}

fn reason(change: &impl Change) -> Result<String, Fault> {
    let reason = change.reason().map(str::trim).unwrap_or_default();
    if reason.is_empty() || reason.len() > LONGEST {
        let message = format!("a change needs a `reason`, of {LONGEST} bytes at most");
        return Err(Fault::bad(codes::REASON_MISSING, message));
    }
    Ok(reason.to_owned())
}
