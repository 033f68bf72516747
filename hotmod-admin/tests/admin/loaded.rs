//! What requests take of the calls that the server makes beside them: the processor's time, and nothing else.
//!
//! `tests/long/admin.sh` runs these for longer, with more in the state, and prints the figures.

use std::convert::Infallible;
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use futures_util::stream;
use hotmod_admin::Limits;
use hotmod_host::SharedInstance;
use hotmod_tests::fixture::{BASE, Family};
use hotmod_tests::interfaces::depot::Depot;
use hotmod_tests::patience::PATIENCE;
use reqwest::{Client, Method};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use crate::served::{ALL, NOBODY, Served};

/// Holds a figure to its bound, where it is measured. The tests of every day run beside others, which have their part of
/// the processor: they see that all is answered.
fn hold(figure: bool, told: impl FnOnce() -> String) {
    if std::env::var_os("HOTMOD_SECONDS").is_some() {
        assert!(figure, "{}", told());
    }
}

/// How long each measurement takes, and how much is in the state that is looked at.
fn scale() -> (Duration, u64) {
    match std::env::var("HOTMOD_SECONDS") {
        Ok(seconds) => {
            let seconds = seconds.parse().expect("a number of seconds");
            (Duration::from_secs(seconds), 1_000_000)
        }
        Err(_) => (Duration::from_millis(500), 100_000),
    }
}

/// What the thread has used of a processor, and how often it waited for something.
fn spent() -> (Duration, u64) {
    let read = |file: &str| fs::read_to_string(format!("/proc/thread-self/{file}")).expect("proc");
    let running = read("schedstat");
    let running = running.split(' ').next().and_then(|it| it.parse().ok());
    let status = read("status");
    let waited = status
        .lines()
        .find_map(|it| it.strip_prefix("voluntary_ctxt_switches:"));
    let waited = waited.and_then(|it| it.trim().parse().ok());
    (
        Duration::from_nanos(running.expect("nanoseconds")),
        waited.expect("a count"),
    )
}

/// Requests that are up to no good and some that are not, as fast as they are answered.
async fn flood(served: &Served, stops: &AtomicBool) -> usize {
    let mut answered = 0;
    while !stops.load(Ordering::Relaxed) {
        let post = |path: &str| served.request(Method::POST, path);
        let giant = format!("{{\"file\":\"{}\"}}", "x".repeat(100_000));
        for request in [
            served.client.get(served.url("/v1/modules")),
            served
                .client
                .get(served.url("/v1/modules"))
                .bearer_auth(NOBODY),
            served.request(Method::GET, "/v1/modules"),
            served.request(Method::GET, "/v1/pools/rooms/state?key=7"),
            served.request(Method::DELETE, "/v1/modules"),
            served
                .request(Method::GET, "/v1")
                .header("Origin", "https://evil.example"),
            post("/v1/modules/rooms/update:plan").json(&json!({ "file": "../next.so" })),
            post("/v1/modules/rooms/update:plan").json(&json!({ "file": "missing.so" })),
            post("/v1/modules/rooms/update:plan")
                .header("content-type", "application/json")
                .body(giant),
        ] {
            // One whose body is not read may find the connection closed.
            if let Ok(answer) = request.send().await {
                let _ = answer.bytes().await;
                answered += 1;
            }
        }
    }
    answered
}

/// What calls took of the processor each, and how often the thread waited, over a time.
fn called(time: Duration, mut call: impl FnMut()) -> (Duration, u64, u32) {
    let begun = Instant::now();
    let (cpu, waits) = spent();
    let mut calls = 0;
    while begun.elapsed() < time {
        (0..1000).for_each(|_| call());
        calls += 1000;
    }
    // The kernel notes what a thread has used at each of its ticks, which are few beside the whole time.
    let (cpu_then, waits_then) = spent();
    ((cpu_then - cpu) / calls, waits_then - waits, calls)
}

#[test]
fn calls_beside_a_flood_of_requests_wait_for_none_of_them() {
    let runtime = Runtime::new().expect("a runtime");
    let served = Arc::new(runtime.block_on(Served::new()));
    let rooms = served.rooms.clone();
    let call = || {
        rooms.call(&1, |room| room.enter()).expect("a call");
    };
    let (time, _) = scale();
    called(time / 4, call);
    let (alone, waits_alone, _) = called(time, call);
    let stops = Arc::new(AtomicBool::new(false));
    let flooding: Vec<_> = (0..4)
        .map(|_| {
            let (served, stops) = (served.clone(), stops.clone());
            runtime.spawn(async move { flood(&served, &stops).await })
        })
        .collect();
    let (beside, waits, calls) = called(time, call);
    stops.store(true, Ordering::Relaxed);
    let answered = flooding
        .into_iter()
        .map(|it| runtime.block_on(it).expect("a task"))
        .sum::<usize>();
    assert!(answered > 100, "{answered} requests were answered");
    println!(
        "a call beside a flood takes {beside:?} of the processor, and {alone:?} without it; the caller waited {waits} \
         times in {calls} calls, and {waits_alone} times without it; {answered} requests were answered"
    );
    // What else runs on the processor takes its caches, and no more.
    hold(beside < 2 * alone, || format!("{beside:?} and {alone:?}"));
    // The kernel may have a thread wait for its memory. A lock that requests hold would be a wait in each of them.
    assert!(
        waits < answered as u64 / 10 + 10,
        "{waits} waits, {answered} requests"
    );
}

/// A server whose handlers do nothing.
async fn empty() -> SocketAddr {
    let events = async || Sse::new(stream::pending::<Result<Event, Infallible>>());
    let app = Router::new()
        .route("/", get(async || ""))
        .route("/events", get(events));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await.expect("a server") });
    address
}

/// Clients of one server. They go when this is dropped.
struct Clients {
    /// Those that listen, and those that ask.
    _all: JoinSet<()>,
    answered: Arc<AtomicUsize>,
}

impl Clients {
    /// So many that listen to this path, and a thousand requests a second for these.
    async fn new(address: SocketAddr, streams: usize, events: &str, paths: &[&str]) -> Self {
        const ASKING: usize = 8;
        let mut all = JoinSet::new();
        let answered = Arc::new(AtomicUsize::new(0));
        let head = |path: &str| {
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ALL}\r\n\r\n")
        };
        for _ in 0..streams {
            let mut stream = TcpStream::connect(address).await.expect("a connection");
            stream
                .write_all(head(events).as_bytes())
                .await
                .expect("a request");
            let mut heard = vec![0; 4096];
            let read = stream.read(&mut heard).await.expect("an answer");
            assert!(heard[..read].starts_with(b"HTTP/1.1 200"));
            all.spawn(async move { while stream.read(&mut heard).await.is_ok_and(|it| it > 0) {} });
        }
        for _ in 0..ASKING {
            let client = Client::new();
            let urls: Vec<_> = paths
                .iter()
                .map(|it| format!("http://{address}{it}"))
                .collect();
            let answered = answered.clone();
            all.spawn(async move {
                let mut due = tokio::time::interval(Duration::from_millis(ASKING as u64));
                for url in urls.iter().cycle() {
                    due.tick().await;
                    let answer = client.get(url).bearer_auth(ALL).send().await;
                    let answer = answer.expect("an answer");
                    assert_eq!(answer.status().as_u16(), 200);
                    answer.bytes().await.expect("a body");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Clients {
            _all: all,
            answered,
        }
    }
}

#[test]
fn two_hundred_streams_and_a_thousand_reads_a_second_cost_calls_what_empty_handlers_do() {
    const STREAMS: usize = 200;
    let runtime = Runtime::new().expect("a runtime");
    let mut limits = Limits::default();
    limits.rate = 10_000;
    let served = runtime.block_on(Served::with(limits));
    let empty = runtime.block_on(empty());
    let events = "/ops/hotmod/v1/events";
    let reads = [
        "/v1/modules",
        "/v1/modules/rooms",
        "/v1/pools",
        "/v1/pools/rooms/instances",
        "/v1/operations",
        "/v1/files",
        "/metrics",
    ]
    .map(|it| format!("/ops/hotmod{it}"));
    let reads = reads.each_ref().map(String::as_str);
    let (time, _) = scale();
    // A call each fifth of a millisecond, as a server that has other things to do makes them.
    let within = |share: f64| {
        let mut times = Vec::new();
        let begun = Instant::now();
        while begun.elapsed() < time {
            std::thread::sleep(Duration::from_micros(200));
            let begun = Instant::now();
            served.rooms.call(&1, |room| room.enter()).expect("a call");
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        times[(times.len() as f64 * share) as usize]
    };
    within(0.99);
    let mut rounds = Vec::new();
    for _ in 0..5 {
        let alone = within(0.99);
        let clients = runtime.block_on(Clients::new(empty, STREAMS, "/events", &["/"]));
        let beside_empty = within(0.99);
        let asked_empty = clients.answered.load(Ordering::Relaxed);
        drop(clients);
        let clients = Clients::new(served.address, STREAMS, events, &reads);
        let clients = runtime.block_on(clients);
        let beside_admin = within(0.99);
        let asked = clients.answered.load(Ordering::Relaxed);
        drop(clients);
        println!(
            "99 % of the calls end within {alone:?} alone, {beside_empty:?} beside {asked_empty} requests to empty \
             handlers, {beside_admin:?} beside {asked} to the admin"
        );
        assert!(asked > 0 && asked_empty > 0);
        rounds.push((beside_empty, beside_admin));
    }
    let median = |of: fn(&(Duration, Duration)) -> Duration| {
        let mut times: Vec<_> = rounds.iter().map(of).collect();
        times.sort_unstable();
        times[times.len() / 2]
    };
    let (empty, admin) = (median(|it| it.0), median(|it| it.1));
    // Twice, since what the processors' caches hold differs; and a moment, since each is short.
    let most = 2 * empty + Duration::from_micros(50);
    hold(admin < most, || format!("{admin:?} and {empty:?}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_of_a_large_map_is_there_at_once_and_callers_wait_for_a_slice() {
    let served = Served::new().await;
    let (time, entries) = scale();
    let depot = Family::new("depot");
    // What is measured is measured of what servers run.
    let depot = match std::env::var_os("HOTMOD_SECONDS") {
        Some(_) => depot.release().build(),
        None => depot.build(),
    };
    fs::copy(depot.file(BASE), served.file("depot.so")).expect("a copy");
    let depot = served.host.load::<dyn Depot>("depot.so").expect("a module");
    let depot = SharedInstance::builder(&depot).name("depot");
    let depot = Arc::new(depot.create("").expect("an instance"));
    depot
        .call(|depot| depot.fill(entries, 0, 0, 0))
        .expect("a call");
    let page = async |query: &str| {
        let begun = Instant::now();
        let found = served
            .get(&format!("/v1/pools/depot/state?path=entries{query}"))
            .await;
        (begun.elapsed(), found)
    };
    let mut shortest = PATIENCE;
    for _ in 0..20 {
        let (took, found) = page("&items=100").await;
        assert_eq!(found["page"]["len"], entries);
        shortest = shortest.min(took);
    }
    println!("the first page of {entries} entries is there after {shortest:?}");
    hold(shortest < Duration::from_millis(10), || {
        format!("{shortest:?}")
    });

    // Who wants the instance exclusively waits for a part of a page, and of the search for a key.
    let exclusively = async |asked: &str, ask: &mut dyn FnMut(u64) -> String| {
        let stops = Arc::new(AtomicBool::new(false));
        let (calling, told) = (depot.clone(), stops.clone());
        let caller = std::thread::spawn(move || waits(&calling, &told));
        let begun = Instant::now();
        let mut count = 0;
        while begun.elapsed() < time || count < 4 {
            page(&ask(count)).await;
            count += 1;
        }
        stops.store(true, Ordering::Relaxed);
        let longest = caller.join().expect("a thread");
        let median = longest[longest.len() / 2];
        println!(
            "beside {count} {asked}, the longest wait within 50 ms is {median:?} in the median of {}",
            longest.len()
        );
        median
    };
    let mut large = |_: u64| "&items=1000&depth=8&bytes=1000000".to_owned();
    let waited = exclusively("pages", &mut large).await;
    // A slice is a millisecond; the machine may have other things to do.
    hold(waited < Duration::from_millis(4), || format!("{waited:?}"));
    let mut key = |count| format!("%5B%22{}%22%5D", entries / 2 + count);
    let (took, found) = page(&key(0)).await;
    assert_eq!(found["value"], json!({ "value": 1 }));
    println!("a key is found after {took:?}");
    // A slice, and the way past the entries before.
    let waited = exclusively("keys", &mut key).await;
    hold(waited < Duration::from_millis(20), || format!("{waited:?}"));
}

/// How long exclusive calls had to wait, until this is told to stop: the longest within each 50 ms, in order.
fn waits(depot: &SharedInstance<dyn Depot>, stops: &AtomicBool) -> Vec<Duration> {
    let mut longest = Vec::new();
    while !stops.load(Ordering::Relaxed) || longest.is_empty() {
        let round = Instant::now();
        let mut of_round = Duration::ZERO;
        while round.elapsed() < Duration::from_millis(50) {
            let begun = Instant::now();
            depot.call(|depot| depot.fill(0, 0, 0, 0)).expect("a call");
            of_round = of_round.max(begun.elapsed());
            std::thread::sleep(Duration::from_micros(100));
        }
        longest.push(of_round);
    }
    longest.sort_unstable();
    longest
}
