//! How a change is asked for, and what is answered.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::header::{ETAG, IF_MATCH, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hotmod::codes;
use serde_json::{Value, json};

use super::change::{Action, Change, On, tag};
use crate::audit::AuditRecord;
use crate::body;
use crate::fault::{Fault, Named, broken};
use crate::header::{NotOne, only, shortly};
use crate::operations::{Asked, Begun, Operation};
use crate::peer::Asking;
use crate::ring::Ring;
use crate::shared::{Shared, aside};
use crate::views;

/// The header with a caller's key for a change, by which it is made once however often it is asked for.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer is that of an operation which an earlier request began.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The longest reason, in characters, and the longest key.
const LONGEST: usize = 1024;

/// How often a plan is made, where a version becomes current each time while it is made.
const TRIES: usize = 8;

/// Answers what a change would do.
pub(crate) async fn plan(
    action: Action,
    State(shared): State<Arc<Shared>>,
    Named(module): Named,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let body = body::read(&shared, &headers, body).await?;
    let change = (action.read)(&body)?;
    if change.reason().is_some_and(|it| !it.trim().is_empty()) {
        // A plan needs none. What is refused of that of a change is refused of its plan too.
        reason(&*change)?;
    }
    let on = On::new(shared, &module)?;
    aside(move || {
        let (generation, mut plan) = planned(&*change, &on)?;
        plan["action"] = json!(action.name);
        plan["module"] = json!(on.module.name());
        plan["generation"] = json!(generation);
        plan["tag"] = json!(on.shared.ring.id(generation));
        Ok(([(ETAG, tag(&on.shared.ring, generation))], Json(plan)).into_response())
    })
    .await
}

/// A plan, and the generation that it is of.
fn planned(change: &dyn Change, on: &On) -> Result<(u64, Value), Fault> {
    let mut generation = views::generation(&on.module);
    for _ in 0..TRIES {
        let plan = change.plan(on)?;
        // What became current meanwhile may be what was planned for, or not.
        let now = views::generation(&on.module);
        if now == generation {
            return Ok((generation, plan));
        }
        generation = now;
    }
    Err(on.overtaken_while_planned())
}

/// Begins a change, waits a while for what it comes to, and answers that or where to follow it.
pub(crate) async fn apply(
    action: Action,
    State(shared): State<Arc<Shared>>,
    Extension(asking): Extension<Asking>,
    Named(module): Named,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Fault> {
    let seen = seen(&shared.ring, &headers)?;
    let key = idempotency_key(&headers)?;
    let body = body::read(&shared, &headers, body).await?;
    let change = (action.read)(&body)?;
    let reason = reason(&*change)?;
    let on = On::new(shared.clone(), &module)?;
    let Seen::Here(generation) = seen else {
        return Err(on.of_another_server());
    };
    let mut request = blake3::Hasher::new();
    for part in [
        action.name.as_bytes(),
        module.as_bytes(),
        &generation.to_le_bytes(),
        &body,
    ] {
        request.update(&part.len().to_le_bytes()).update(part);
    }
    let asked = Asked {
        action: action.name,
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

/// By what the caller decided.
enum Seen {
    /// A generation of this server.
    Here(u64),
    /// A tag that another server gave, such as the one that ran before this.
    Elsewhere,
}

/// The generation that the caller saw: as a tag, or by its number alone, which does not say in which server.
fn seen(ring: &Ring, headers: &HeaderMap) -> Result<Seen, Fault> {
    let malformed = |what: &str| {
        let cure = "as a plan and the module itself have it in `ETag`";
        Fault::bad(codes::GENERATION_MALFORMED, format!("{what}, {cure}"))
    };
    let seen = only(headers, &IF_MATCH).map_err(|error| match error {
        NotOne::Several => malformed("there is more than one `If-Match`, and there has to be one"),
        NotOne::NoText => malformed("`If-Match` is no text, and has to be a generation in quotes"),
    })?;
    let Some(seen) = seen else {
        return Err(Fault::new(
            StatusCode::PRECONDITION_REQUIRED,
            codes::GENERATION_MISSING,
            "a change needs `If-Match` with the generation of the module that it was decided on by, in quotes",
        ));
    };
    let tag = seen.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let found = tag.and_then(|tag| {
        let (server, number) = match tag.split_once('-') {
            Some((server, number)) => (Some(server), number),
            None => (None, tag),
        };
        // Digits alone: `parse` takes a sign, too.
        let is_one = number.bytes().all(|it| it.is_ascii_digit())
            && server
                .is_none_or(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_hexdigit()));
        let number = number.parse().ok().filter(|_| is_one)?;
        Some(match server.is_none_or(|it| it == ring.epoch()) {
            true => Seen::Here(number),
            false => Seen::Elsewhere,
        })
    });
    found.ok_or_else(|| {
        malformed(&format!(
            "`If-Match` is {}, and has to be one generation in quotes",
            shortly(seen)
        ))
    })
}

fn idempotency_key(headers: &HeaderMap) -> Result<String, Fault> {
    let missing = |found: String| {
        let message = format!(
            "a change needs one `Idempotency-Key`, and {found}: use a new text for each change, and the same where it is \
             asked for again"
        );
        Fault::bad(codes::IDEMPOTENCY_KEY_MISSING, message)
    };
    match only(headers, &IDEMPOTENCY_KEY) {
        Ok(Some(key)) if key.len() > LONGEST => Err(missing(format!(
            "this one has {} bytes, of {LONGEST} at most",
            key.len()
        ))),
        Ok(Some(key)) if !key.trim().is_empty() => Ok(key.to_owned()),
        Ok(_) => Err(missing("there is none".to_owned())),
        Err(NotOne::Several) => Err(missing("there are several".to_owned())),
        Err(NotOne::NoText) => Err(missing("this one is not visible ASCII".to_owned())),
    }
}

fn reason(change: &dyn Change) -> Result<String, Fault> {
    let reason = change.reason().unwrap_or_default();
    let message = match reason.chars().count() {
        ..=LONGEST if !reason.trim().is_empty() => return Ok(reason.trim().to_owned()),
        ..=LONGEST => "a change needs a `reason`, which is kept with it".to_owned(),
        count => {
            format!(
                "the `reason` of a change has {LONGEST} characters at most, and this one {count}"
            )
        }
    };
    Err(Fault::bad(codes::REASON_MISSING, message))
}
