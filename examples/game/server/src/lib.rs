//! A game server whose game is a module: `GET /hello?name=…`, `POST /load?module=…`.
#![forbid(unsafe_code)]

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use game_interface::Game;
use hotmod_host::{CreateError, Instance, Module};
use serde::Deserialize;
use serde_json::{Value, json};

struct Server {
    game: Module<dyn Game>,
    world: Mutex<World>,
}

struct World {
    instance: Instance<dyn Game>,
    /// The versions that answered last and before that.
    versions: (String, Option<String>),
}

#[derive(Deserialize)]
struct Hello {
    name: String,
}

#[derive(Deserialize)]
struct Load {
    module: String,
}

type Answer<T> = Result<T, (StatusCode, String)>;

/// The server of one world.
///
/// # Errors
///
/// If the module does not create the world.
pub fn router(game: Module<dyn Game>) -> Result<Router, CreateError> {
    let instance = game.create("seed = 7")?;
    let versions = (instance.version().to_owned(), None);
    let world = Mutex::new(World { instance, versions });
    let server = Arc::new(Server { game, world });
    let routes = Router::new().route("/hello", get(hello));
    Ok(routes.route("/load", post(load)).with_state(server))
}

async fn hello(State(server): State<Arc<Server>>, query: Query<Hello>) -> Answer<Json<Value>> {
    // Held for the microseconds of one call: no call waits for an update.
    let mut world = server.world.lock().unwrap_or_else(PoisonError::into_inner);
    let greeting = world.instance.hello(&query.name).map_err(broken)?;
    let version = world.instance.version().to_owned();
    if version != world.versions.0 {
        let previous = std::mem::replace(&mut world.versions.0, version);
        world.versions.1 = Some(previous);
    }
    let (version, previous) = &world.versions;
    let answer = json!({ "greeting": greeting, "version": version, "previous": previous });
    Ok(Json(answer))
}

async fn load(State(server): State<Arc<Server>>, query: Query<Load>) -> Answer<String> {
    // Reads, checks and links a file: too long for a thread that answers calls.
    let update = move || server.game.update(&query.module);
    match tokio::task::spawn_blocking(update).await.map_err(broken)? {
        Ok(done) => {
            let (from, to) = (done.from, done.to);
            let plan = done.differences.iter().map(|it| format!("  {it}\n"));
            let head = format!("{:?}: {} {from} → {to}\n", done.outcome, done.module);
            Ok(head + &plan.collect::<String>())
        }
        Err(refusal) => Err((StatusCode::CONFLICT, format!("{refusal}\n"))),
    }
}

fn broken(error: impl Error) -> (StatusCode, String) {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n"))
}
