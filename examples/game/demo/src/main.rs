//! `cargo demo`: updates the game under load, tries to corrupt it, and says what callers noticed.
//!
//! The demo claims nothing that it does not check: it fails if a call fails, if a state loses a
//! visit or a score, or if a file is accepted that should be refused.
#![forbid(unsafe_code)]

mod client;
mod modules;
mod traffic;

use std::error::Error;
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use game_interface::Game;
use hotmod_host::{Host, Module};
use tokio::runtime::Runtime;

use crate::client::Client;
use crate::traffic::{Tally, Traffic};

type Failure = Box<dyn Error + Send + Sync>;

const USAGE: &str = "usage: cargo demo [-- --serve [--port PORT]]";

/// What becomes of a world of 1.1 in 2.0.
const MIGRATION: &str = "1.1.0 → 2.0.0
  World.players[].nick: renamed from name
  World.players[].gold: default
  World.players[].visits: widen u32 → u64
  World.players[].standing::Legend: new variant
  World.scores[]: widen u32 → u64
  World.first_id: renamed from seed
";

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
    game: Module<dyn Game>,
    modules: tempfile::TempDir,
}

/// Builds the modules and starts the server with the first version.
fn set_up(port: u16) -> Result<Service, Failure> {
    let modules = tempfile::Builder::new().prefix("game-").tempdir()?;
    println!("building game 1.0 to 1.3, 2.0 and 2.1");
    modules::put_into(modules.path())?;
    let host = Host::builder()
        .module_dir(modules.path())
        .allow_downgrade(true)
        .build()?;
    let game = host.load::<dyn Game>("game-1.0.so")?;
    let listener = TcpListener::bind(("127.0.0.1", port)).map_err(|error| {
        format!("port {port}: {error}\n  help: name another one with `--serve --port PORT`")
    })?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}", listener.local_addr()?);
    let runtime = Runtime::new()?;
    let server = game_server::router(game.clone())?;
    let listener = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    runtime.spawn(async { axum::serve(listener, server).await });
    Ok(Service {
        runtime,
        url,
        game,
        modules,
    })
}

/// Stays up until it is interrupted.
fn serve(port: u16) -> Result<(), Failure> {
    let service = set_up(port)?;
    let (url, modules) = (&service.url, service.modules.path().display());
    println!(
        "game {} is served; Ctrl-C ends it. Try:\n",
        service.game.version()
    );
    println!("  curl '{url}/hello?name=ada'");
    println!("  curl '{url}/hello?name=%C3%A9mile'           # é: panics in 1.0, greeted by 1.1");
    for module in modules::names() {
        println!("  curl -X POST '{url}/load?module={module}'");
    }
    println!("\nthe modules are in {modules}");
    service.runtime.block_on(tokio::signal::ctrl_c())?;
    Ok(())
}

fn play() -> Result<(), Failure> {
    let service = set_up(0)?;
    let game = &service.game;
    let mut traffic = Traffic::default();
    for player in ["Ben", "Cleo", "Dora", "Emil"] {
        traffic.http(&service.url, player);
    }
    for _ in 0..2 {
        traffic.direct(game.create(traffic::CONFIG)?);
    }
    traffic.function(game.function("damage")?);
    println!("game 1.0.0 is served at {}", service.url);
    println!(
        "4 HTTP clients, 2 callers of their own instances and 1 of `damage` are busy throughout"
    );
    let demo = Demo {
        client: Client::new(&service.url),
        traffic,
    };
    demo.traffic.goes_on_in("1.0.0")?;

    heading("1.0 cannot greet émile: its panic is an answer, and everyone goes on");
    demo.hello("émile", 500, "panicked")?;
    demo.traffic.goes_on_in("1.0.0")?;

    heading("1.1 is corrected: the same world, new code");
    demo.load("game-1.1.so", 200, "1.0.0 → 1.1.0")?;
    demo.traffic.goes_on_in("1.1.0")?;
    demo.hello("émile", 200, "hello Émile, visit 2")?;

    heading("1.2 gives players gold: refused, because it does not say how much to those who exist");
    demo.load("game-1.2.so", 409, "World.players[].gold")?;
    demo.traffic.goes_on_in("1.1.0")?;

    heading(
        "1.3 asks more of who calls `damage`: refused, because callers were compiled without it",
    );
    demo.load("game-1.3.so", 409, "damage(critical)")?;
    demo.traffic.goes_on_in("1.1.0")?;

    heading("half a file, and one with a table overwritten: refused before anything is loaded");
    demo.load(modules::TRUNCATED, 409, "is refused; 1.1.0 keeps running")?;
    demo.load(modules::DAMAGED, 409, "is refused; 1.1.0 keeps running")?;
    demo.traffic.goes_on_in("1.1.0")?;

    heading("back to 1.0 and forth again");
    demo.load("game-1.0.so", 200, "1.1.0 → 1.0.0")?;
    demo.traffic.goes_on_in("1.0.0")?;
    demo.load("game-1.1.so", 200, "1.0.0 → 1.1.0")?;
    demo.traffic.goes_on_in("1.1.0")?;
    demo.load("game-1.1.so", 200, "Unchanged")?;
    demo.hello("émile", 200, "hello Émile, visit 3")?;

    heading(
        "2.0 changes the world itself: the plan is made from the two files, and live state follows it",
    );
    demo.load("game-2.0.so", 200, MIGRATION)?;
    demo.traffic.goes_on_in("2.0.0")?;
    demo.hello("émile", 200, "hello Émile, visit 4 (newcomer, 100 gold)")?;

    heading("2.1 narrows a counter: refused, because values could be lost");
    demo.load(
        "game-2.1.so",
        409,
        "World.players[].visits: was u64, now u16",
    )?;
    heading("1.1 knows nothing of gold: refused, because a way back would lose it");
    demo.load(
        "game-1.1.so",
        409,
        "World.players[].gold: was u64, now absent",
    )?;
    demo.traffic.goes_on_in("2.0.0")?;

    heading("what callers noticed");
    let loaded = game.versions().len();
    summary(&demo.traffic.finish()?)?;
    match loaded {
        3 => Ok(()),
        _ => Err(format!("{loaded} images are loaded, of three versions").into()),
    }
}

/// One person with curl, and everyone else.
struct Demo {
    client: Client,
    traffic: Traffic,
}

impl Demo {
    fn hello(&self, name: &str, status: u16, text: &str) -> Result<(), Failure> {
        show(
            &format!("GET /hello?name={name}"),
            || self.client.hello(name),
            status,
            text,
        )
    }

    fn load(&self, module: &str, status: u16, text: &str) -> Result<(), Failure> {
        show(
            &format!("POST /load?module={module}"),
            || self.client.load(module),
            status,
            text,
        )
    }
}

fn heading(text: &str) {
    println!("\n── {text}");
}

/// Shows a request and its answer, which must be this.
fn show(
    request: &str,
    send: impl FnOnce() -> Result<client::Answer, Failure>,
    status: u16,
    text: &str,
) -> Result<(), Failure> {
    let start = Instant::now();
    let answer = send()?;
    println!(
        "   {request}  → {} in {}",
        answer.status,
        milliseconds(start.elapsed())
    );
    for line in answer.text.lines() {
        println!("   │ {line}");
    }
    match answer.status == status && answer.text.contains(text) {
        true => Ok(()),
        false => Err(format!("{request}: expected {status} and `{text}`").into()),
    }
}

/// Prints what each kind of callers did, and fails if a call failed or none reached a version.
fn summary(kinds: &[(&str, Tally)]) -> Result<(), Failure> {
    println!("                       calls  failed   slowest  versions seen");
    for (kind, tally) in kinds {
        let versions: Vec<&str> = tally.versions.keys().map(String::as_str).collect();
        println!(
            "   {kind:<12} {:>12} {:>7} {:>9}  {}",
            grouped(tally.calls),
            tally.failed,
            milliseconds(tally.slowest),
            match *kind {
                traffic::NUMBERS => "a number does not say".to_owned(),
                _ => versions.join(", "),
            }
        );
        if let Some(failure) = &tally.failure {
            return Err(format!(
                "{kind}: {} calls failed; the first: {failure}",
                tally.failed
            )
            .into());
        }
        if *kind != traffic::NUMBERS && versions != ["1.0.0", "1.1.0", "2.0.0"] {
            return Err(format!("{kind}: only {versions:?} answered").into());
        }
    }
    println!("   every greeting was checked to count one visit more than the one before");
    Ok(())
}

/// The number with a comma after every three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<&str> = groups
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join(",")
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
