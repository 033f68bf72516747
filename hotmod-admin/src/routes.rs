//! The routes, each with who may use it.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::middleware::from_fn_with_state;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use hotmod::codes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::Scope;
use crate::changes::{self, Action};
use crate::fault::{Fault, Named, wrong_method};
use crate::guard::{Needs, guard};
use crate::metrics::Metrics;
use crate::page;
use crate::peer::Asking;
use crate::shared::{Shared, aside};
use crate::state;
use crate::stream::{self, ALIVE, From};
use crate::time::millis;
use crate::{files, views};

/// How many operations, and instances, a list has at most.
const MOST_LISTED: usize = 1000;

/// A route.
pub(crate) struct Route {
    pub(crate) path: String,
    /// The one that it takes.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "tests hold the description against it")
    )]
    pub(crate) method: &'static str,
    pub(crate) needs: Needs,
    handler: MethodRouter<Arc<Shared>>,
}

/// One that is asked.
fn ask(path: &str, needs: Needs, handler: MethodRouter<Arc<Shared>>) -> Route {
    Route {
        path: path.to_owned(),
        method: "GET",
        needs,
        handler: handler.fallback(async || wrong_method("GET, HEAD").await),
    }
}

/// The two of a change: its plan, and itself.
fn change(action: Action) -> [Route; 2] {
    let to = |path, handler: MethodRouter<Arc<Shared>>| Route {
        path,
        method: "POST",
        needs: Needs::Scope(Scope::Operate),
        handler: handler.fallback(async || wrong_method("POST").await),
    };
    let path = format!("/v1/modules/{{module}}/{}", action.name);
    let plan =
        move |shared, module, headers, body| changes::plan(action, shared, module, headers, body);
    let apply = move |shared, asking, module, headers, body| {
        changes::apply(action, shared, asking, module, headers, body)
    };
    [
        to(format!("{path}:plan"), post(plan)),
        to(path, post(apply)),
    ]
}

/// All routes.
pub(crate) fn all() -> Vec<Route> {
    let read = Needs::Scope(Scope::Read);
    let mut all = vec![
        ask("/", Needs::Host, get(page::lead)),
        ask("/page", Needs::Host, get(page::html)),
        ask("/page.css", Needs::Host, get(page::css)),
        ask("/page.js", Needs::Host, get(page::js)),
        ask("/healthz", Needs::Nothing, get(async || "ok\n")),
        ask("/readyz", Needs::Nothing, get(ready)),
        ask("/metrics", read, get(metrics)),
        ask("/v1", read, get(server)),
        ask("/v1/openapi.json", read, get(openapi)),
        ask("/v1/modules", read, get(modules)),
        ask("/v1/modules/{module}", read, get(module)),
        ask("/v1/modules/{module}/panics", read, get(panics)),
        ask("/v1/pools", read, get(pools)),
        ask("/v1/pools/{pool}/instances", read, get(instances)),
        ask(
            "/v1/pools/{pool}/state",
            Needs::Scope(Scope::State),
            get(state::state),
        ),
        ask("/v1/files", read, get(list_files)),
        ask("/v1/events", read, get(events)),
        ask("/v1/operations", read, get(operations)),
        ask("/v1/operations/{operation}", read, get(operation)),
    ];
    all.extend(changes::ALL.into_iter().flat_map(change));
    all
}

/// The routes, as a server nests them.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let mut router = Router::new();
    for route in all() {
        let guard = from_fn_with_state((shared.clone(), route.needs), guard);
        router = router.route(&route.path, route.handler.route_layer(guard));
    }
    router.with_state(shared.clone())
}

/// The routes under a prefix, which leads to the page with a slash behind as well.
pub(crate) fn router_at(shared: &Arc<Shared>, prefix: &str) -> Router {
    let router = router(shared);
    let prefix = prefix.trim_end_matches('/');
    if prefix.is_empty() {
        return router;
    }
    let lead = get(page::lead).fallback(async || wrong_method("GET, HEAD").await);
    let guard = from_fn_with_state((shared.clone(), Needs::Host), guard);
    Router::new()
        .route(&format!("{prefix}/"), lead.route_layer(guard))
        .nest(prefix, router)
}

/// An answer's body, or none.
type Answer = Result<Json<Value>, Fault>;

async fn ready(State(shared): State<Arc<Shared>>) -> (StatusCode, &'static str) {
    match shared.is_stopping() {
        true => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        false => (StatusCode::OK, "ready\n"),
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Result<Response, Fault> {
    const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    aside(move || Ok(([(CONTENT_TYPE, FORMAT)], Metrics(shared).to_text()).into_response())).await
}

async fn server(
    State(shared): State<Arc<Shared>>,
    Extension(asking): Extension<Asking>,
) -> Json<Value> {
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "started": millis(shared.started),
        "module_dir": shared.host.module_dir().map(|it| it.display().to_string()),
        "last_event": shared.ring.id(shared.ring.last()),
        "caller": asking.caller.name,
        "scopes": asking.caller.scopes(),
    }))
}

async fn openapi() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "application/json")],
        include_str!("../openapi.json"),
    )
}

async fn modules(State(shared): State<Arc<Shared>>) -> Answer {
    aside(move || {
        let modules = shared.host.modules();
        let modules: Vec<Value> = modules
            .iter()
            .map(|it| views::module(&shared, it))
            .collect();
        Ok(Json(json!({ "modules": modules })))
    })
    .await
}

async fn module(State(shared): State<Arc<Shared>>, Named(name): Named) -> Result<Response, Fault> {
    let module = shared.host.module(&name);
    let module = module.ok_or_else(|| Fault::not_found("module", &name))?;
    aside(move || {
        let view = views::module(&shared, &module);
        let generation = view["generation"].as_u64().unwrap_or_default();
        Ok(([(ETAG, changes::tag(&shared.ring, generation))], Json(view)).into_response())
    })
    .await
}

async fn panics(State(shared): State<Arc<Shared>>, Named(name): Named) -> Answer {
    let module = shared.host.module(&name);
    let module = module.ok_or_else(|| Fault::not_found("module", &name))?;
    aside(move || Ok(Json(views::panics(&module.panics(), true)))).await
}

async fn pools(State(shared): State<Arc<Shared>>) -> Answer {
    aside(move || {
        let pools = shared.host.named_pools();
        let pools: Vec<Value> = pools.iter().map(views::pool).collect();
        Ok(Json(json!({ "pools": pools })))
    })
    .await
}

/// Which instances.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    #[serde(default)]
    from: usize,
    limit: Option<usize>,
    /// Only those that do not fit.
    #[serde(default)]
    stuck: bool,
}

async fn instances(
    State(shared): State<Arc<Shared>>,
    Named(name): Named,
    query: Result<Query<Listed>, QueryRejection>,
) -> Answer {
    let Query(listed) = query.map_err(Fault::from)?;
    let pool = shared.host.named_pool(&name);
    let pool = pool.ok_or_else(|| Fault::not_found("pool", &name))?;
    aside(move || {
        let limit = listed.limit.unwrap_or(100).clamp(1, MOST_LISTED);
        let page = match listed.stuck {
            true => pool.stuck(listed.from, limit),
            false => pool.page(listed.from, limit),
        };
        Ok(Json(views::page(&page)))
    })
    .await
}

async fn list_files(State(shared): State<Arc<Shared>>) -> Answer {
    aside(move || files::list(&shared.host).map(Json)).await
}

/// From where on events are wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Since {
    /// `start` for all that are kept, or the id of the last one that the client has.
    since: Option<String>,
}

async fn events(
    State(shared): State<Arc<Shared>>,
    Extension(asking): Extension<Asking>,
    query: Result<Query<Since>, QueryRejection>,
    headers: axum::http::HeaderMap,
) -> Result<Response, Fault> {
    let Query(since) = query.map_err(Fault::from)?;
    if shared.is_stopping() {
        let message = "the server is about to stop";
        return Err(Fault::new(
            StatusCode::SERVICE_UNAVAILABLE,
            codes::STOPPING,
            message,
        ));
    }
    // That of a client that comes back is newer than what stands in its address.
    let last = headers.get("last-event-id").and_then(|it| it.to_str().ok());
    let from = match last.or(since.since.as_deref()) {
        None => From::Now,
        Some("start") => From::Start,
        Some(id) => shared.ring.number(id).map_or(From::Another, From::After),
    };
    let place = shared.streams.enter(shared.limits.streams).ok_or_else(|| {
        let message = "as many event streams are open as may be at once";
        let fault = Fault::new(StatusCode::SERVICE_UNAVAILABLE, codes::BUSY, message);
        fault.retry_after(std::time::Duration::from_secs(5))
    })?;
    let events = stream::events(
        shared.ring.clone(),
        shared.stopping.subscribe(),
        place,
        from,
        asking.caller.lasts(),
    );
    let alive = KeepAlive::new().interval(ALIVE);
    Ok(Sse::new(events).keep_alive(alive).into_response())
}

async fn operations(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let newest = shared.operations.newest(MOST_LISTED);
    let newest: Vec<Value> = newest.iter().map(|it| it.view()).collect();
    Json(json!({ "operations": newest }))
}

async fn operation(State(shared): State<Arc<Shared>>, Named(id): Named) -> Answer {
    let found = id.parse().ok().and_then(|id| shared.operations.find(id));
    let found = found.ok_or_else(|| Fault::not_found("operation", &id))?;
    Ok(Json(found.view()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_description_has_each_route_with_who_may_use_it() {
        let description: Value =
            serde_json::from_str(include_str!("../openapi.json")).expect("JSON");
        let paths = description["paths"].as_object().expect("paths");
        let mut described = BTreeSet::new();
        for (path, methods) in paths {
            for (method, operation) in methods.as_object().expect("methods") {
                let scope = operation["x-scope"].as_str().expect("a scope");
                let is_open = operation["security"].as_array().is_some_and(Vec::is_empty);
                assert_eq!(is_open, matches!(scope, "none" | "host"), "{path}");
                described.insert((path.clone(), method.to_uppercase(), scope.to_owned()));
            }
        }
        let routes = all().into_iter();
        let routes = routes.map(|it| (it.path, it.method.to_owned(), it.needs.as_str().to_owned()));
        assert_eq!(routes.collect::<BTreeSet<_>>(), described);
    }

    #[test]
    fn the_readme_names_each_route_metric_event_setting_and_fault() {
        let readme = include_str!("../README.md");
        let mut missing = Vec::new();
        let mut has = |what: String| {
            if !readme.contains(&what) {
                missing.push(what);
            }
        };
        for route in all() {
            // The plan of a change is told of with the change.
            if !route.path.ends_with(":plan") {
                has(format!("`{}`", route.path));
            }
        }
        for metric in crate::metrics::ALL {
            has(format!("`{}`", metric.told()));
        }
        for (status, name) in crate::fault::ALL {
            has(format!("| {status} | `{name}` |"));
        }
        for kind in crate::ring::Kind::ALL {
            has(format!("`{}`", kind.as_str()));
        }
        let limits = format!("{:?}", crate::Limits::default());
        let settings = limits
            .split([' ', '{', '}'])
            .filter_map(|it| it.strip_suffix(':'));
        settings.for_each(|it| has(format!("`{it}`")));
        assert!(missing.is_empty(), "the README lacks {missing:#?}");
    }
}
