//! Live state, as the inspector shows it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use hotmod::codes;
use hotmod_host::{InspectError, InspectOptions, PoolError};
use serde::Deserialize;
use serde_json::Value;

use crate::audit::AuditRecord;
use crate::fault::{Fault, Named, to_value};
use crate::peer::Asking;
use crate::shared::{Shared, aside};

/// The most of a value that one answer shows.
const MOST_ITEMS: usize = 1000;
const MOST_BYTES: usize = 1 << 20;
const MOST_DEPTH: usize = 32;

/// How many bytes the key of an instance and a path have together: each read is kept with both.
const LONGEST: usize = 4096;

/// For how long an instance is looked at, at most, so long as someone may want it exclusively.
const SLICE: Duration = Duration::from_millis(1);

/// What of which state.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The key of the instance. A shared instance has none.
    #[serde(default)]
    key: String,
    /// The way from the state to a part of it.
    #[serde(default)]
    path: String,
    items: Option<usize>,
    depth: Option<usize>,
    bytes: Option<usize>,
    /// Where the page begins: `next` of the page before.
    from: Option<String>,
}

/// Answers what a path leads to in a live state.
pub(crate) async fn state(
    State(shared): State<Arc<Shared>>,
    Extension(asking): Extension<Asking>,
    Named(pool): Named,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Value>, Fault> {
    let Query(wanted) = query.map_err(Fault::from)?;
    let asked = wanted.key.len() + wanted.path.len();
    if asked > LONGEST {
        let message = format!("`key` and `path` have {asked} bytes, of {LONGEST} at most");
        return Err(Fault::bad(codes::QUERY_UNFIT, message));
    }
    let named = shared.host.named_pool(&pool);
    let named = named.ok_or_else(|| Fault::not_found("pool", &pool))?;
    let mut options = InspectOptions::new()
        .items(wanted.items.unwrap_or(100).clamp(1, MOST_ITEMS))
        .depth(wanted.depth.unwrap_or(4).clamp(1, MOST_DEPTH))
        .bytes(wanted.bytes.unwrap_or(64 << 10).clamp(1, MOST_BYTES))
        .time(SLICE);
    if let Some(from) = &wanted.from {
        let cursor = from.parse();
        let cursor = cursor.map_err(|error| Fault::bad(codes::NO_CURSOR, format!("{error}")))?;
        options = options.from(cursor);
    }
    let Wanted { key, path, .. } = wanted;
    let of = format!("{pool}[{key}].{path}");
    // Told before it is read: what was read is never without a trace.
    shared.note(&AuditRecord::new(&asking, "state", of, "read"));
    aside(move || {
        let found = named.inspect_with(&key, &path, &options);
        let found = found.ok_or_else(|| Fault::not_found("pool", &pool))?;
        let found = found.map_err(|error| match error {
            InspectError::Pool(PoolError::Absent { .. }) => {
                Fault::not_found("instance", &format!("{pool}[{key}]"))
            }
            error => refused(&error),
        });
        Ok(Json(to_value(&found?)?))
    })
    .await
}

fn refused(error: &InspectError) -> Fault {
    let (status, code) = match error {
        InspectError::Path { .. } => (StatusCode::BAD_REQUEST, codes::PATH_MALFORMED),
        InspectError::NotThere { .. } => (StatusCode::NOT_FOUND, codes::NOT_THERE),
        InspectError::Changed { .. } => (StatusCode::CONFLICT, codes::CHANGED),
        _ => (StatusCode::CONFLICT, codes::NOT_SHOWN),
    };
    Fault::new(status, code, error.to_string())
}
