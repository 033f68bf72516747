//! `game-server DIRECTORY MODULE PORT`
#![forbid(unsafe_code)]

use game_interface::Game;
use hotmod_host::Host;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, directory, module, port] = &args[..] else {
        return Err("usage: game-server DIRECTORY MODULE PORT".into());
    };
    let host = Host::builder().module_dir(directory).build()?;
    let game = host.load::<dyn Game>(module)?;
    let address = format!("127.0.0.1:{port}");
    let listener = tokio::net::TcpListener::bind(address).await?;
    Ok(axum::serve(listener, game_server::router(game)?).await?)
}
