//! A game server whose worlds are instances of a module: `GET /hello?name=…&world=…` enters one,
//! `GET /ranking?world=…` shows its players, `GET /worlds` counts them by version, and `POST /load?module=…` takes them to another.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use game_interface::{Game, Rank};
use hotmod_host::{Pool, PoolError};
use serde::Deserialize;
use serde_json::{Value, json};

/// The worlds that are served, each under its number.
pub type Worlds = Pool<u64, dyn Game>;

type Server = State<Arc<Worlds>>;
type Answer<T> = Result<T, (StatusCode, String)>;

#[derive(Deserialize)]
struct Hello {
    name: String,
    #[serde(default)]
    world: u64,
}

#[derive(Deserialize)]
struct World {
    #[serde(default)]
    world: u64,
}

#[derive(Deserialize)]
struct Load {
    module: String,
}

/// The server of these worlds.
pub fn router(worlds: Arc<Worlds>) -> Router {
    Router::new()
        .route("/hello", get(hello))
        .route("/ranking", get(ranking))
        .route("/worlds", get(counts))
        .route("/load", post(load))
        .with_state(worlds)
}

async fn hello(State(server): Server, query: Query<Hello>) -> Answer<Json<Value>> {
    // Microseconds: a call waits for those in the same world, and for no update.
    let entered = server.call(&query.world, |world| {
        let greeting = world.hello(&query.name)?;
        Ok(json!({ "greeting": greeting, "version": world.version() }))
    });
    entered.map(Json).map_err(not_entered)
}

async fn ranking(State(server): Server, query: Query<World>) -> Answer<Json<Value>> {
    let ranking = server.call(&query.world, |world| world.ranking());
    let ranking = ranking.map_err(not_entered)?;
    let shown = |rank: Rank| json!({ "name": rank.name, "points": rank.points });
    Ok(Json(ranking.into_iter().map(shown).collect()))
}

fn not_entered(error: PoolError) -> (StatusCode, String) {
    match error {
        PoolError::Absent { .. } => failed(StatusCode::NOT_FOUND, error),
        error => failed(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

async fn counts(State(server): Server) -> Json<BTreeMap<String, usize>> {
    Json(server.counts())
}

async fn load(State(server): Server, query: Query<Load>) -> Answer<String> {
    // Reads, checks and links a file: too long for a thread that answers calls.
    let update = move || server.module().update(&query.module);
    let done = tokio::task::spawn_blocking(update).await;
    match done.map_err(|error| failed(StatusCode::INTERNAL_SERVER_ERROR, error))? {
        Ok(update) => Ok(format!("{update}\n")),
        Err(refusal) => Err(failed(StatusCode::CONFLICT, refusal)),
    }
}

fn failed(status: StatusCode, error: impl Display) -> (StatusCode, String) {
    (status, format!("{error}\n"))
}
