//! `cargo demo`: updates the game under load, tries to corrupt it, and says what callers noticed.
//!
//! The demo claims nothing that it does not check: it fails if a call fails, if a state loses a
//! visit or a score, or if a file is accepted that should be refused.
#![forbid(unsafe_code)]

mod acts;
mod client;
mod modules;
mod place;
mod show;
mod tally;
mod traffic;

use std::error::Error;
use std::net::TcpListener;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use game_interface::Game;
use game_server::Worlds;
use hotmod_host::{Host, RehearsalOptions};
use tokio::runtime::Runtime;

use crate::acts::play;
use crate::place::Place;

type Failure = Box<dyn Error + Send + Sync>;

const USAGE: &str = "usage: cargo demo [-- --serve [--port PORT]]";

/// The worlds that are served. Most of them only Ida visits, once, when they are made.
const WORLDS: Range<u64> = 0..5000;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let port = |port: &str| port.parse().map_err(|_| Failure::from(USAGE));
    let done = match args[..] {
        [] => play(),
        ["--serve"] => serve(8080),
        ["--serve", "--port", number] => port(number).and_then(serve),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Everything that runs; dropping it ends the server and removes the files.
struct Service {
    runtime: Runtime,
    url: String,
    worlds: Arc<Worlds>,
    modules: PathBuf,
    // Removed last: until then it is used.
    _place: Place,
}

/// Builds the modules and starts the server with the first version.
fn set_up(port: u16) -> Result<Service, Failure> {
    let place = Place::new()?;
    let modules = place.path().join("modules");
    std::fs::create_dir(&modules)?;
    println!("building game 1.0 to 1.4 and 2.0 to 2.3");
    modules::put_into(&modules)?;
    let host = Host::builder()
        .module_dir(&modules)
        .stage_dir(place.path())
        .allow_downgrade(true)
        .require_rehearsal(RehearsalOptions::new())
        .build()?;
    let game = host.load::<dyn Game>("game-1.0.so")?;
    let worlds = Worlds::builder(&game)
        .sweep_every(Duration::from_millis(20), Duration::from_millis(4))
        .build()?;
    for world in WORLDS {
        worlds.create(world, "seed = 7")?;
        worlds.call(&world, |world| world.hello("ida"))?;
    }
    let worlds = Arc::new(worlds);
    let listener = TcpListener::bind(("127.0.0.1", port)).map_err(|error| {
        format!("port {port}: {error}\n  help: name another one with `--serve --port PORT`")
    })?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}", listener.local_addr()?);
    let runtime = Runtime::new()?;
    let server = game_server::router(worlds.clone());
    let listener = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    runtime.spawn(async { axum::serve(listener, server).await });
    Ok(Service {
        runtime,
        url,
        worlds,
        modules,
        _place: place,
    })
}

/// Stays up until it is interrupted.
fn serve(port: u16) -> Result<(), Failure> {
    let service = set_up(port)?;
    let (url, modules) = (&service.url, service.modules.display());
    println!(
        "game {} is served; Ctrl-C ends it. Try:\n",
        service.worlds.module().version()
    );
    println!("  curl '{url}/hello?name=ada'");
    println!("  curl '{url}/hello?name=%C3%A9mile'           # é: panics in 1.0, greeted by 1.1");
    println!("  curl '{url}/hello?name=ada&world=4999'");
    println!("  curl '{url}/worlds'                          # how many are at which version");
    for module in modules::names() {
        println!("  curl -X POST '{url}/load?module={module}'");
    }
    println!("\nthe modules are in {modules}");
    service.runtime.block_on(tokio::signal::ctrl_c())?;
    Ok(())
}
