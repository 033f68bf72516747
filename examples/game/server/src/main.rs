//! `game-server DIRECTORY MODULE WORLDS PORT`
#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use game_server::Worlds;
use hotmod_host::{Host, RehearsalOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, directory, module, worlds, port] = &args[..] else {
        return Err("usage: game-server DIRECTORY MODULE WORLDS PORT".into());
    };
    let host = Host::builder()
        .module_dir(directory)
        .require_rehearsal(RehearsalOptions::new())
        .build()?;
    let game = host.load(module)?;
    let pool = Worlds::builder(&game)
        .sweep_every(Duration::from_millis(50), Duration::from_millis(5))
        .build()?;
    for world in 0..worlds.parse()? {
        pool.create(world, "seed = 7")?;
    }
    let address = format!("127.0.0.1:{port}");
    let listener = tokio::net::TcpListener::bind(address).await?;
    Ok(axum::serve(listener, game_server::router(Arc::new(pool))).await?)
}
