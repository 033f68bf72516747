//! Modules in a server as people write them: `reqwest` and `sqlx` behind imports, and updates meanwhile.
#![allow(missing_docs, reason = "a test")]

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::extract;
use axum::http::StatusCode;
use axum::routing::get;
use hotmod_host::{Host, Module, Untyped};
use hotmod_tests::fixture::{BASE, Built, Family};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool};
use tokio::runtime::Handle;
use tracing::{Instrument, info_span};

static FILES: LazyLock<Built> = LazyLock::new(|| {
    Family::new("trading")
        .feature("tracing")
        .depends(
            r#"tracing = { version = "0.1", default-features = false, features = ["attributes", "std"] }"#,
        )
        .variant(
            "newer",
            &[
                ("version: \"1.0.0\"", "version: \"1.1.0\""),
                ("let version = \"1.0.0\";", "let version = \"1.1.0\";"),
            ],
        )
        .build()
});

/// A market: each symbol has a price, but that `SLOW` has none for a long time and `NONE` has none at all.
async fn market() -> String {
    let price = |extract::Path(symbol): extract::Path<String>| async move {
        tokio::time::sleep(Duration::from_millis(1)).await;
        match symbol.as_str() {
            "SLOW" => tokio::time::sleep(Duration::from_secs(3600)).await,
            "NONE" => return Err(StatusCode::NOT_FOUND),
            _ => {}
        }
        Ok(format!("{}.5", symbol.len()))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a socket");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/{symbol}", get(price));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// The books, in a file.
async fn books(folder: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(folder.join("books.sqlite"))
        .journal_mode(SqliteJournalMode::Wal)
        .create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.expect("a database");
    sqlx::query(
        "create table trades (id integer primary key, symbol text, price real, made_by text)",
    )
    .execute(&pool)
    .await
    .expect("a table");
    pool
}

async fn asked(client: &reqwest::Client, url: String) -> Result<f64, String> {
    let answer = client
        .get(url)
        .send()
        .await
        .map_err(|error| error.to_string())?;
    let answer = answer
        .error_for_status()
        .map_err(|error| error.to_string())?;
    let text = answer.text().await.map_err(|error| error.to_string())?;
    text.parse().map_err(|error| format!("{text}: {error}"))
}

async fn load(folder: &Path) -> (Module<Untyped>, SqlitePool) {
    let (market, books) = (market().await, books(folder).await);
    let (client, kept) = (reqwest::Client::new(), books.clone());
    let host = Host::builder()
        .tokio(Handle::current())
        .provide_async("fetch_price", move |symbol: String| {
            let (client, url) = (client.clone(), format!("{market}/{symbol}"));
            async move { asked(&client, url).await }.instrument(info_span!("http"))
        })
        .provide_async("book", move |symbol: String, price: f64, by: String| {
            let books = kept.clone();
            let booked = async move {
                let query =
                    "insert into trades (symbol, price, made_by) values (?, ?, ?) returning id";
                let row = sqlx::query(query).bind(symbol).bind(price).bind(by);
                let row = row.fetch_one(&books).await;
                row.map(|row| row.get::<i64, _>(0))
                    .map_err(|error| error.to_string())
            };
            booked.instrument(info_span!("sql"))
        })
        .build()
        .expect("a host");
    let module = host.load_untyped(FILES.file(BASE));
    (module.unwrap_or_else(|refusal| panic!("{refusal}")), books)
}

type Trade = fn(&str) -> Result<(i64, f64, String), String>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_and_rows_go_on_under_updates() {
    let folder = tempfile::tempdir().expect("a folder");
    let (module, books) = load(folder.path()).await;
    let trade = Arc::new(module.async_function::<Trade>("trade").expect("the export"));
    assert_eq!(
        trade.call("ACME").await,
        Ok(Ok((1, 4.5, "1.0.0".to_owned())))
    );
    let none = trade.call("NONE").await.expect("a call");
    assert!(none.clone().is_err_and(|it| it.contains("404")), "{none:?}");
    let quick =
        module.async_function::<fn(&str, u64) -> Result<Option<f64>, String>>("quick_price");
    let quick = quick.expect("the export");
    assert_eq!(quick.call("SLOW", 5).await, Ok(Ok(None)));
    assert_eq!(quick.call("A", 60_000).await, Ok(Ok(Some(1.5))));

    let (stop, traded) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(1)),
    );
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let (trade, stop, traded) = (trade.clone(), stop.clone(), traded.clone());
            tokio::spawn(async move {
                let symbol = "X".repeat(client + 1);
                while !stop.load(Ordering::Relaxed) {
                    let (_, price, by) =
                        trade.call(&symbol).await.expect("a call").expect("a trade");
                    assert!(price == client as f64 + 1.5 && ["1.0.0", "1.1.0"].contains(&&*by));
                    traded.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for _ in 0..10 {
        let before = traded.load(Ordering::Relaxed);
        let updating = module.clone();
        let updated = tokio::task::spawn_blocking(move || {
            updating.update(FILES.file("newer")).expect("an update");
            updating.rollback().expect("a way back");
            updating.drain_timeout(Duration::from_secs(60))
        });
        assert_eq!(updated.await.expect("no panic"), []);
        let more = async {
            while traded.load(Ordering::Relaxed) < before + 20 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let more = tokio::time::timeout(Duration::from_secs(60), more).await;
        more.expect("trade goes on");
    }
    module.update(FILES.file("newer")).expect("an update");
    let (_, _, by) = trade.call("LAST").await.expect("a call").expect("a trade");
    assert_eq!(by, "1.1.0");
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("no panic");
    }
    let rows = sqlx::query("select count(*), count(distinct made_by) from trades");
    let row = rows.fetch_one(&books).await.expect("a row");
    let (rows, versions): (i64, i64) = (row.get(0), row.get(1));
    assert_eq!(rows, traded.load(Ordering::Relaxed) as i64 + 1);
    assert!((1..=2).contains(&versions), "{versions}");
}
