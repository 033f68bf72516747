//! The server that `cargo hotmod new` makes, without hotmod: the same routes over the same state, in one program. An edit of
//! it is live after a build and a restart, which loses the state.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use tokio::net::TcpListener;

#[derive(Default)]
struct World {
    guests: HashMap<String, u64>,
}

type Shared = Arc<Mutex<World>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let app = Router::new()
        .route("/greet/{name}", get(greet))
        .route("/visits", get(visits))
        .with_state(Shared::default());
    let port = env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    let listener = TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
    println!("http://{}/greet/ada", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

async fn greet(State(world): State<Shared>, Path(name): Path<String>) -> String {
    let mut world = world.lock().unwrap_or_else(PoisonError::into_inner);
    let visits = world.guests.entry(name.clone()).or_default();
    *visits += 1;
    format!("hello {name}, visit {visits}\n")
}

async fn visits(State(world): State<Shared>) -> String {
    let world = world.lock().unwrap_or_else(PoisonError::into_inner);
    format!("{}\n", world.guests.values().sum::<u64>())
}
