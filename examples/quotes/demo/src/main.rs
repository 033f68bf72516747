//! `cargo quotes`: clients ask a server for quotes over HTTP all the while, and its module goes from version to version and
//! back under them, with what clients have asked for and what the task has seen.
//!
//! It fails if an answer is lost or wrong, or what is kept is not carried over.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract;
use axum::routing::get;
use quotes_server::{Quotes, router};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

type Failure = Box<dyn Error + Send + Sync>;

/// So long that what has not come by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

const CLIENTS: usize = 8;
const UPDATES: usize = 10;

/// What has to be built, and is never built again while it runs.
const PACKAGES: [&str; 2] = ["quotes-1-0", "quotes-1-1"];

#[tokio::main]
async fn main() -> ExitCode {
    match play().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn play() -> Result<(), Failure> {
    let built = built()?;
    let module = |version: &str| built.join(format!("libquotes_1_{version}.so"));
    let market = serve(market()).await?;
    let quotes = Quotes::new(Handle::current(), &market, &module("0"))?;
    let server = serve(router(quotes.clone())).await?;
    println!("quotes 1.0 are served at {server}, from a market at {market}");

    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| tokio::spawn(ask(server.clone(), number, over.clone())))
        .collect();
    let begun = Instant::now();
    let mut seen = 0;
    for round in 0..UPDATES {
        load(&server, &module("1")).await?;
        let index = index(&server, seen, "1.1.0").await?;
        if round == 0 {
            println!("   the task goes on in 1.1: {index}");
        }
        let back = quotes.clone();
        let back = tokio::task::spawn_blocking(move || back.module.rollback());
        back.await??;
        seen = seen_in(&self::index(&server, seen_in(&index)?, "1.0.0").await?)?;
    }
    load(&server, &module("1")).await?;
    let index = index(&server, seen, "1.1.0").await?;
    over.store(true, Ordering::Relaxed);

    let (mut answers, mut slowest) = (BTreeMap::<String, u64>::new(), Duration::ZERO);
    let mut all = 0.0;
    for client in clients {
        let asked = client.await??;
        all += asked.total;
        slowest = slowest.max(asked.slowest);
        for (version, count) in asked.by_version {
            *answers.entry(version).or_default() += count;
        }
    }
    let accounts = quotes.clone();
    let kept: f64 = (0..CLIENTS)
        .map(|number| {
            accounts
                .accounts
                .call(&name(number), |account| account.total())
        })
        .sum::<Result<f64, _>>()?;
    println!(
        "   {answers:?} answers over HTTP in {:.1?}, over {} updates and {UPDATES} rollbacks; the slowest after {slowest:.1?}",
        begun.elapsed(),
        UPDATES + 1,
    );
    println!(
        "   the clients were told {all:.1} in all, and so say their accounts; the task has seen {index}"
    );
    expect(
        (all - kept).abs() < 1e-6 * all,
        &format!("the accounts say {all}, and not {kept}"),
    )?;
    expect(answers.len() == 2, "both versions have answered")
}

/// A market, where each symbol has a price.
fn market() -> Router {
    Router::new().route(
        "/{symbol}",
        get(|extract::Path(symbol): extract::Path<String>| async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            format!("{}.25", symbol.len())
        }),
    )
}

/// The address at which this is served from now on.
async fn serve(router: Router) -> Result<String, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(format!("http://{address}"))
}

/// What a client was told.
#[derive(Default)]
struct Asked {
    total: f64,
    by_version: BTreeMap<String, u64>,
    slowest: Duration,
}

fn name(number: usize) -> String {
    format!("client {number}")
}

async fn ask(server: String, number: usize, over: Arc<AtomicBool>) -> Result<Asked, Failure> {
    let client = reqwest::Client::new();
    let (symbol, count) = ("X".repeat(number + 1), 100);
    let url = format!("{server}/quote?client=client%20{number}&symbol={symbol}&count={count}");
    let mut asked = Asked::default();
    while !over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let answer = client.get(&url).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        expect(status.is_success(), &format!("{status}: {text}"))?;
        let answer: Value = serde_json::from_str(&text)?;
        let version = answer["version"].as_str().unwrap_or_default().to_owned();
        let price = f64::from(u32::try_from(symbol.len())?) + 0.25;
        let discount = if version == "1.0.0" { 1.0 } else { 0.9 };
        let total = answer["total"].as_f64().unwrap_or_default();
        expect(
            (total - price * f64::from(count) * discount).abs() < 1e-9,
            &format!("the total is that of {version}: {text}"),
        )?;
        let before: u64 = asked.by_version.values().sum();
        expect(
            answer["quotes"] == before + 1,
            &format!("{before} quotes before: {text}"),
        )?;
        asked.total += total;
        asked.slowest = asked.slowest.max(begun.elapsed());
        *asked.by_version.entry(version).or_default() += 1;
    }
    Ok(asked)
}

/// Updates the module by the server.
async fn load(server: &str, module: &Path) -> Result<(), Failure> {
    let url = format!("{server}/load?module={}", module.display());
    let answer = reqwest::Client::new().post(url).send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    expect(
        status.is_success(),
        &format!("the update is accepted: {text}"),
    )
}

/// What the task shows, once it is this version's and has seen more than so much.
async fn index(server: &str, seen: u64, version: &str) -> Result<Value, Failure> {
    let client = reqwest::Client::new();
    let asks = async {
        loop {
            let text = client
                .get(format!("{server}/index"))
                .send()
                .await?
                .text()
                .await?;
            let index: Value = serde_json::from_str(&text)?;
            if index["by"] == version && seen_in(&index)? > seen {
                return Ok::<_, Failure>(index);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let index = tokio::time::timeout(PATIENCE, asks).await;
    index.map_err(|_| format!("the task goes on in {version} after {seen}"))?
}

fn seen_in(index: &Value) -> Result<u64, Failure> {
    let seen = index["seen"].as_u64();
    Ok(seen.ok_or_else(|| format!("no number is seen in {index}"))?)
}

/// Builds the modules, and says where they are.
fn built() -> Result<PathBuf, Failure> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet"]);
    for package in PACKAGES {
        cargo.args(["--package", package]);
    }
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    expect(cargo.status()?.success(), "the modules are built")?;
    let program = env::current_exe()?;
    Ok(program
        .parent()
        .ok_or("this program lies in a directory")?
        .to_owned())
}

fn expect(is_so: bool, what: &str) -> Result<(), Failure> {
    match is_so {
        true => Ok(()),
        false => Err(format!("this should be so, and is not: {what}").into()),
    }
}
