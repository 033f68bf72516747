//! Modules that wait by the timer of their host's runtime, and run futures there.
#![allow(missing_docs, reason = "a test")]

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use hotmod_host::{AsyncFunction, Event, Host, Module, NeededFor, Signature, Untyped, UpdateState};
use hotmod_tests::fixture::{BASE, Built, Family};
use tokio::runtime::Handle;

static FILES: LazyLock<Built> = LazyLock::new(|| {
    Family::new("running")
        .variant(
            "newer",
            &[
                ("version: \"1.0.0\"", "version: \"1.1.0\""),
                ("\"1.0.0\".to_owned()", "\"1.1.0\".to_owned()"),
            ],
        )
        .build()
});

fn load(runtime: Handle) -> (Host, Module<Untyped>) {
    let host = Host::builder().tokio(runtime).build().expect("a host");
    let module = host.load_untyped(FILES.file(BASE));
    (host, module.unwrap_or_else(|refusal| panic!("{refusal}")))
}

fn export<F: Signature>(module: &Module<Untyped>, name: &str) -> AsyncFunction<F> {
    let export = module.async_function(name);
    export.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn held(module: &Module<Untyped>) -> i64 {
    let held = module.function::<fn() -> i64>("held").expect("the export");
    held.call().expect("a count")
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
async fn a_module_waits_gives_way_and_runs_futures() {
    let (_host, module) = load(Handle::current());
    let version = export::<fn(u64) -> String>(&module, "version_after");
    let begun = Instant::now();
    assert_eq!(version.call(20).await, Ok("1.0.0".to_owned()));
    assert!(begun.elapsed() >= Duration::from_millis(20));
    let within = export::<fn(u64, u64) -> Result<u64, String>>(&module, "within");
    assert_eq!(within.call(1, 60_000).await, Ok(Ok(1)));
    let over = within.call(60_000, 1).await.expect("a call");
    let text = "the time was over before the future was ready";
    assert_eq!(over, Err(text.to_owned()));
    let give_way = export::<fn(u32) -> u32>(&module, "give_way");
    assert_eq!(give_way.call(100).await, Ok(100));
    let rest = export::<fn(&[u64]) -> Result<u64, String>>(&module, "rest_together");
    let begun = Instant::now();
    let millis: Vec<u64> = (0..100).collect();
    assert_eq!(rest.call(&millis).await, Ok(Ok(4950)));
    assert!(
        begun.elapsed() < Duration::from_millis(4950),
        "they rest beside each other"
    );
    assert_eq!(held(&module), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_spawned_future_comes_to_is_told() {
    let (host, module) = load(Handle::current());
    let events = host.events();
    let fails = export::<fn() -> String>(&module, "fails");
    let text = "the spawned future panicked: it was too much";
    assert_eq!(fails.call().await, Ok(text.to_owned()));
    let aborts = export::<fn(bool) -> String>(&module, "aborts");
    let text = "the spawned future was cancelled";
    assert_eq!(aborts.call(false).await, Ok(text.to_owned()));
    let aborted = aborts.call(true).await;
    let text = "the spawned future panicked: the fuse was lit";
    assert_eq!(aborted, Ok(text.to_owned()));
    until(|| held(&module) == 0).await;
    let on_a_thread = module.function::<fn() -> String>("on_a_thread");
    let text = on_a_thread.expect("the export").call().expect("a text");
    assert!(
        text.starts_with("`hotmod::spawn` was called on a thread"),
        "{text}"
    );
    assert_eq!(held(&module), 0);
    let told = |event: &Event| event.state == UpdateState::TaskPanicked;
    for message in ["it was too much", "the fuse was lit"] {
        let told = std::iter::from_fn(|| events.wait_timeout(Duration::from_secs(60))).find(told);
        let reason = told.and_then(|event| event.reason).expect("an event");
        assert!(
            reason.starts_with("what it spawned at ") && reason.ends_with(message),
            "{reason}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spawned_futures_end_in_the_version_that_spawned_them() {
    let (_host, module) = load(Handle::current());
    let leave = module.function::<fn(u64)>("leave_behind");
    let leave = leave.expect("the export");
    for _ in 0..100 {
        leave.call(500).expect("a call");
    }
    let old = |module: &Module<Untyped>| module.versions()[0].clone();
    assert!(old(&module).needed.contains(&NeededFor::Suspended(100)));
    let updated = module.update(FILES.file("newer"));
    updated.unwrap_or_else(|refusal| panic!("{refusal}"));
    let version = export::<fn(u64) -> String>(&module, "version_after");
    assert_eq!(version.call(1).await, Ok("1.1.0".to_owned()));
    let stragglers = module.stragglers();
    let text = stragglers.first().expect("one waits").to_string();
    assert!(
        text.starts_with("`a spawned future` of version 1.0.0 is suspended, for ")
            && text.ends_with(", and awaits `hotmod::sleep`"),
        "{text}"
    );
    let drained = tokio::task::spawn_blocking({
        let module = module.clone();
        move || module.drain_timeout(Duration::from_secs(60))
    });
    assert_eq!(drained.await.expect("no panic"), []);
    assert!(!old(&module).needed.contains(&NeededFor::Suspended(100)));
}

#[test]
fn a_runtime_that_ends_drops_what_was_spawned() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let (_host, module) = load(runtime.handle().clone());
    let leave = module.function::<fn(u64)>("leave_behind");
    let leave = leave.expect("the export");
    leave.call(60_000).expect("a call");
    assert_eq!(held(&module), 1);
    drop(runtime);
    assert_eq!(held(&module), 0);
    // What comes later is dropped at once.
    leave.call(60_000).expect("a call");
    assert_eq!(held(&module), 0);
    assert!(!format!("{:?}", module.versions()).contains("Suspended"));
}

#[test]
fn what_runs_does_not_keep_the_host() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let (host, module) = load(runtime.handle().clone());
    let events = host.events();
    let leave = module.function::<fn(u64)>("leave_behind");
    let leave = leave.expect("the export");
    leave.call(60_000).expect("a call");
    drop((leave, module, host));
    assert_eq!(events.wait(), None, "the host is gone");
}

#[test]
fn a_host_without_a_runtime_refuses_a_module_that_needs_one() {
    let host = Host::builder().build().expect("a host");
    let refused = host.load_untyped(FILES.file(BASE));
    let text = refused.expect_err("no runtime").to_string();
    for import in [
        "async fn hotmod::sleep(nanoseconds: u64)",
        "async fn hotmod::yield_now()",
        "fn hotmod::spawn(future: u64) -> bool",
    ] {
        assert!(
            text.contains(&format!("a host that provides `{import}`")),
            "{text}"
        );
    }
    assert!(
        text.contains("`Host::builder().tokio(tokio::runtime::Handle::current())`"),
        "{text}"
    );
}
