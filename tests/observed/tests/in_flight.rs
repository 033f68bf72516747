//! Very many calls that wait while their module is updated, and its instances are migrated.
#![allow(missing_docs, reason = "a test")]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use hotmod_host::{AsyncFunction, Host, Module, NeededFor, Pool, UpdateOptions};
use hotmod_tests::fixture::{BASE, Built, Family};
use tokio::sync::watch;
use tokio::task::JoinHandle;

static FILES: LazyLock<Built> = LazyLock::new(|| {
    Family::new("fetching")
        .depends(
            r#"futures-util = { version = "0.3", default-features = false, features = ["std"] }"#,
        )
        .variant(
            "migrated",
            &[
                ("version: \"1.0.0\"", "version: \"1.1.0\""),
                ("\"1.0.0\".to_owned()", "\"1.1.0\".to_owned()"),
                ("turned: u32", "turned: u64"),
            ],
        )
        .build()
});

/// As in the module.
#[hotmod::interface]
pub trait Book {
    /// Turns a page, and says which it is.
    fn turn(&mut self) -> u64;
}

const CALLS: usize = 100_000;
const BOOKS: usize = 1_000;

/// The export that is called.
type VersionAt = AsyncFunction<fn(u64) -> String>;
type Call = JoinHandle<String>;

/// How many calls wait, in all versions.
fn suspended<I: ?Sized>(module: &Module<I>) -> usize {
    let needed = module.versions().into_iter().flat_map(|it| it.needed);
    let counts = needed.filter_map(|it| match it {
        NeededFor::Suspended(count) => Some(count),
        _ => None,
    });
    counts.sum()
}

/// Begins so many calls that wait until this gate is open.
async fn begun<I: ?Sized>(
    module: &Module<I>,
    version: &Arc<VersionAt>,
    (gate, count): (u64, usize),
    beside: usize,
) -> Vec<Call> {
    let calls = (0..count).map(|_| {
        let version = version.clone();
        tokio::spawn(async move { version.call(gate).await.expect("a call") })
    });
    let calls = calls.collect();
    let all_wait = async {
        while suspended(module) < beside + count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), all_wait).await;
    waited.expect("all wait");
    calls
}

/// In how many of the calls it was this version.
async fn ended(calls: Vec<Call>, version: &str) -> usize {
    let mut count = 0;
    for call in calls {
        count += usize::from(call.await.expect("no panic") == version);
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_is_in_flight_ends_in_the_version_in_which_it_began() {
    let gate = watch::Sender::new(0);
    let gates = gate.clone();
    let host = Host::builder()
        .provide_async("fetch_price", |_: String| async { None::<f64> })
        .provide_async("total", |_: Vec<u64>, _: String| async {
            Ok::<u64, String>(0)
        })
        .provide_async("rest", move |until: u64| {
            let mut gate = gates.subscribe();
            async move { drop(gate.wait_for(|gate| *gate >= until).await) }
        })
        .build()
        .expect("a host");
    let module = host.load::<dyn Book>(FILES.file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let books = Pool::<u64, dyn Book>::builder(&module).build();
    let books = books.expect("a pool");
    for book in 0..BOOKS as u64 {
        books.create(book, "").expect("a book");
        books.call(&book, |book| book.turn()).expect("a page");
    }
    let version = module.async_function("version_after").expect("the export");
    let version = Arc::new(version);
    // Once before, so that what is kept for the next time is there.
    let calls = begun(&module, &version, (1, CALLS), 0).await;
    gate.send_replace(1);
    assert_eq!(ended(calls, "1.0.0").await, CALLS);
    assert_eq!(suspended(&module), 0);
    let before = module.memory();

    let calls = begun(&module, &version, (2, CALLS), 0).await;
    let taken = module.memory() - before;
    assert!(taken > 0, "the futures take memory");
    let settled = UpdateOptions::new().settle(Duration::from_secs(60));
    let report = module.update_with(FILES.file("migrated"), &settled);
    let report = report.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(report.to_string().contains("Pages.turned"), "{report}");
    let counts = books.counts();
    assert_eq!(counts.get("1.1.0"), Some(&BOOKS), "{counts:?}");
    assert_eq!(suspended(&module), CALLS, "none is lost");
    // New ones, beside them.
    let new = begun(&module, &version, (3, 10), CALLS).await;
    assert_eq!(books.call(&7, |book| book.turn()).expect("a page"), 2);
    gate.send_replace(2);
    assert_eq!(ended(calls, "1.0.0").await, CALLS);
    assert_eq!(suspended(&module), new.len());
    gate.send_replace(3);
    assert_eq!(ended(new, "1.1.0").await, 10);

    // What the futures took is given back, but for what the new version keeps for itself.
    let kept = module.memory() - before;
    assert!(
        kept < 256 * 1024 && kept < taken / 50,
        "{kept} bytes more of {taken}"
    );
    let drained = tokio::task::spawn_blocking({
        let module = module.clone();
        move || module.drain_timeout(Duration::from_secs(60))
    });
    assert_eq!(drained.await.expect("no panic"), []);
    assert_eq!(module.versions()[0].needed, [NeededFor::RollbackTarget]);
}
