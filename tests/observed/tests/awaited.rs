//! Modules that await their host, in tokio: its timers and sockets are behind imports.
#![allow(missing_docs, reason = "a test")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use hotmod_host::{CallError, Host, HostBuilder, Module, NeededFor, Untyped};
use hotmod_tests::fixture::{BASE, Built, Family};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

static FILES: LazyLock<Built> = LazyLock::new(|| {
    Family::new("fetching")
        .depends(
            r#"futures-util = { version = "0.3", default-features = false, features = ["std"] }"#,
        )
        .variant(
            "newer",
            &[
                ("version: \"1.0.0\"", "version: \"1.1.0\""),
                ("\"1.0.0\".to_owned()", "\"1.1.0\".to_owned()"),
            ],
        )
        .build()
});

/// How many futures of the host there are.
static HELD: AtomicUsize = AtomicUsize::new(0);

struct Held;

impl Held {
    fn new() -> Self {
        HELD.fetch_add(1, Ordering::Relaxed);
        Held
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Asks a server for a price, over a socket.
async fn asked(address: std::net::SocketAddr, symbol: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(symbol.as_bytes()).await?;
    stream.shutdown().await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// A server that knows one price, and never answers who asks for `SLOW`.
async fn prices() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut slow = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut symbol = String::new();
            let read = stream.read_to_string(&mut symbol).await;
            read.expect("a question");
            match symbol.as_str() {
                "ACME" => stream.write_all(b"12.5").await.expect("an answer"),
                "SLOW" => slow.push(stream),
                _ => {}
            }
        }
    });
    address
}

async fn builder() -> HostBuilder {
    let address = prices().await;
    Host::builder()
        .provide_async("fetch_price", move |symbol: String| async move {
            let _held = Held::new();
            assert_ne!(symbol, "PANIC", "there is no such price");
            let answer = asked(address, &symbol).await.expect("an answer");
            answer.parse::<f64>().ok()
        })
        .provide_async("total", |numbers: Vec<u64>, of: String| async move {
            tokio::task::yield_now().await;
            match numbers.is_empty() {
                true => Err(format!("no {of}")),
                false => Ok(numbers.iter().sum::<u64>()),
            }
        })
        .provide_async("rest", |millis: u64| {
            tokio::time::sleep(Duration::from_millis(millis))
        })
}

async fn load() -> Module<Untyped> {
    let host = builder().await.build().expect("a host");
    host.load_untyped(FILES.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

async fn until(so: impl Fn() -> bool) {
    let waits = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), waits).await;
    waited.expect("it comes to that");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_module_awaits_sockets_and_timers_of_its_host() {
    let module = load().await;
    let quote = module.async_function::<fn(&str) -> Option<f64>>("quote");
    let quote = quote.expect("the export");
    assert_eq!(quote.call("ACME").await, Ok(Some(25.0)));
    assert_eq!(quote.call("NONE").await, Ok(None));
    let sum = module.async_function::<fn(&[u64]) -> Result<u64, String>>("sum");
    let sum = sum.expect("the export");
    assert_eq!(sum.call(&[1, 2, 3]).await, Ok(Ok(6)));
    assert_eq!(sum.call(&[]).await, Ok(Err("no sum".to_owned())));
    let lucky = module.async_function::<fn() -> Result<u64, String>>("lucky");
    let lucky = lucky.expect("the export").call().await.expect("a call");
    let lucky = lucky.expect_err("the host has none");
    assert!(
        lucky.starts_with("not there: ") && lucky.contains("`luck`"),
        "{lucky}"
    );

    // In a task, with what it captures.
    let quote = Arc::new(quote);
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let quote = quote.clone();
            let symbol = "ACME".to_owned();
            tokio::spawn(async move { quote.call(&symbol).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.expect("no panic"), Ok(Some(25.0)));
    }

    // By wakers of the module's own.
    let quotes = module.async_function::<fn(&[String]) -> Vec<(usize, Option<f64>)>>("quotes");
    let quotes = quotes.expect("the export");
    let symbols: Vec<String> = (0..40)
        .map(|i| if i % 2 == 0 { "ACME" } else { "NONE" }.to_owned())
        .collect();
    let all = quotes.call(&symbols).await.expect("a call");
    assert_eq!(all.len(), 40);
    assert!(
        all.iter()
            .all(|(i, price)| *price == (i % 2 == 0).then_some(12.5)),
        "{all:?}"
    );

    // What is dropped where another comes first, or the caller's time is over, is dropped in the host.
    let within = module.async_function::<fn(&str, u64) -> Option<f64>>("within");
    let within = within.expect("the export");
    assert_eq!(within.call("SLOW", 5).await, Ok(None));
    assert_eq!(within.call("ACME", 60_000).await, Ok(Some(12.5)));
    let waits = tokio::time::timeout(Duration::from_millis(5), quote.call("SLOW"));
    waits.await.expect_err("it waits");
    until(|| HELD.load(Ordering::Relaxed) == 0).await;

    // A panic of the host's future reaches who awaits the export.
    let Err(CallError::Panicked(panicked)) = quote.call("PANIC").await else {
        panic!("no panic");
    };
    assert!(
        panicked.message.contains("there is no such price"),
        "{panicked}"
    );
    assert_eq!(panicked.export, "quote");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_waits_ends_in_the_version_in_which_it_began() {
    let module = load().await;
    let version = module.async_function::<fn(u64) -> String>("version_after");
    let version = Arc::new(version.expect("the export"));
    let calls: Vec<_> = (0..2000)
        .map(|_| {
            let version = version.clone();
            tokio::spawn(async move { version.call(1000).await })
        })
        .collect();
    let suspended = || {
        let needed = &module.versions()[0].needed;
        needed.contains(&NeededFor::Suspended(2000))
    };
    until(suspended).await;
    let updated = module.update(FILES.file("newer"));
    updated.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(version.call(1).await, Ok("1.1.0".to_owned()));
    let text = module.stragglers()[0].to_string();
    assert!(
        text.starts_with("`version_after` of version 1.0.0 is suspended, for ")
            && text.ends_with(", and awaits `rest`"),
        "{text}"
    );
    for call in calls {
        assert_eq!(call.await.expect("no panic"), Ok("1.0.0".to_owned()));
    }
    assert_eq!(module.stragglers(), []);
}

#[tokio::test]
async fn a_module_is_refused_where_the_host_provides_no_future() {
    let load = |host: HostBuilder| {
        let host = host.build().expect("a host");
        let refused = host.load_untyped(FILES.file(BASE));
        refused.expect_err("it is not provided").to_string()
    };
    let text = load(Host::builder().provide("rest", |_: u64| {}));
    assert!(
        text.contains("a host that provides `async fn fetch_price(symbol: String) -> Option<f64>`")
            && text.contains(
                "`Host::builder().provide_async(\"fetch_price\", |symbol: String| async move { … })`"
            )
            && text.contains("provide it with `HostBuilder::provide_async`"),
        "{text}"
    );
    let other = builder().await;
    let text = load(other.provide_async("rest", |_: u32| async {}));
    assert!(
        text.contains("what an `async` import passes is not converted"),
        "{text}"
    );
}
