//! `async` exports: begun, polled, woken, dropped, and left behind by updates.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, LazyLock};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use hotmod_host::describe::Rule;
use hotmod_host::{
    AsyncFunction, CallError, Host, Location, Module, NeededFor, Untyped, UpdateState,
};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::patience::{until, until_told};
use hotmod_tests::polled::{Count, block_on, poll};

#[path = "awaited/shadowed.rs"]
mod shadowed;

static FILES: LazyLock<Built> = LazyLock::new(|| {
    let version = ("version: \"1.0.0\"", "version: \"1.1.0\"");
    Family::new("awaited")
        .variant(
            "second",
            &[version, ("env!(\"CARGO_PKG_VERSION\")", "\"1.1.0\"")],
        )
        .variant(
            "at-once",
            &[
                version,
                (
                    "pub async fn at_once(text: &str, numbers: &[u64]) -> Option<String> {",
                    "pub fn at_once(text: &str, numbers: &[u64]) -> Option<String> {",
                ),
            ],
        )
        .variant(
            "swapped",
            &[
                version,
                (
                    "pub fn plain(text: &str) -> String {",
                    "pub async fn plain(text: &str) -> String {",
                ),
            ],
        )
        .variant(
            "longer",
            &[
                version,
                (
                    "pub async fn refuse(gate: u32) -> Result<u32, String> {",
                    "pub async fn refuse(gate: u64) -> Result<u32, String> {\n    let gate = gate as u32;",
                ),
            ],
        )
        .variant(
            "other",
            &[version, ("sum += number; // counts", "sum += number + 1;")],
        )
        .variant(
            "stuck",
            &[
                version,
                (
                    "        yield_once().await;",
                    "        std::future::pending::<()>().await;",
                ),
            ],
        )
        .build()
});

/// How many calls wait at once.
const MANY: usize = 100_000;

fn host() -> Host {
    Host::builder().build().expect("a host")
}

fn load(host: &Host) -> Module<Untyped> {
    host.load_untyped(FILES.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn open(module: &Module<Untyped>, gate: u32) -> usize {
    let open = module.function::<fn(u32) -> usize>("open");
    open.expect("the export").call(gate).expect("a call")
}

fn held(module: &Module<Untyped>) -> i64 {
    let held = module.function::<fn() -> i64>("held");
    held.expect("the export").call().expect("a call")
}

type WaitAt = AsyncFunction<fn(u32, &str) -> String>;

fn wait_at(module: &Module<Untyped>) -> WaitAt {
    module.async_function("wait_at").expect("the export")
}

#[test]
fn what_is_ready_at_once_is_ready_in_one_poll() {
    let host = host();
    let module = load(&host);
    let at_once = module.async_function::<fn(&str, &[u64]) -> Option<String>>("at_once");
    let at_once = at_once.expect("the export");
    let count = Arc::new(Count::default());
    let text = "short lived".to_owned();
    let call = pin!(at_once.call(&text, &[1, 2]));
    assert_eq!(
        poll(call, &count),
        Poll::Ready(Ok(Some("short lived 3".to_owned())))
    );
    assert_eq!((count.woken(), Arc::strong_count(&count)), (0, 1));
}

#[test]
fn a_future_that_is_large_lies_where_it_has_to_and_is_dropped_once() {
    let host = host();
    let module = load(&host);
    let large = module.async_function::<fn(u32) -> (bool, usize)>("large");
    let large = large.expect("the export");
    let count = Arc::new(Count::default());
    for ends in [true, false] {
        let gate = if ends { 1 } else { 2 };
        let mut call = Box::pin(large.call(gate));
        assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
        assert_eq!(held(&module), 1);
        if ends {
            open(&module, gate);
            let polled = poll(call.as_mut(), &count);
            assert_eq!(polled, Poll::Ready(Ok((true, 1000))));
        }
        drop(call);
        assert_eq!(held(&module), 0);
    }
}

#[test]
fn a_wake_reaches_the_waker_of_the_last_poll_and_once() {
    let host = host();
    let module = load(&host);
    let wait_at = wait_at(&module);
    let (first, second) = (Arc::new(Count::default()), Arc::new(Count::default()));
    let mut call = Box::pin(wait_at.call(1, "ada"));
    assert_eq!(held(&module), 0, "it begins when it is polled");
    assert_eq!(poll(call.as_mut(), &first), Poll::Pending);
    assert_eq!(held(&module), 1);
    assert_eq!(poll(call.as_mut(), &second), Poll::Pending);
    assert_eq!(Arc::strong_count(&first), 1, "the first waker was given up");
    let knock = module.function::<fn(u32) -> usize>("knock");
    let knock = knock.expect("the export");
    assert_eq!(knock.call(1), Ok(2));
    assert_eq!((first.woken(), second.woken()), (0, 1));
    assert_eq!(poll(call.as_mut(), &second), Poll::Pending);
    assert_eq!(open(&module, 1), 3);
    assert_eq!((first.woken(), second.woken()), (0, 2));
    let answer = Poll::Ready(Ok("ada of 1.0.0".to_owned()));
    assert_eq!(poll(call.as_mut(), &second), answer);
    drop(call);
    assert_eq!((held(&module), Arc::strong_count(&second)), (0, 1));
}

#[test]
fn a_future_that_wakes_itself_is_polled_again_with_the_same_waker() {
    let host = host();
    let module = load(&host);
    let yields = module.async_function::<fn(u32) -> u32>("yields");
    let yields = yields.expect("the export");
    assert_eq!(block_on(yields.call(100)), Ok(100));
}

#[test]
fn what_is_lent_to_be_changed_is_changed_over_an_await() {
    let host = host();
    let module = load(&host);
    let append = module.async_function::<fn(&mut Vec<String>, u32, String) -> usize>("append");
    let append = append.expect("the export");
    let count = Arc::new(Count::default());
    let mut list = Vec::new();
    {
        let mut call = pin!(append.call(&mut list, 2, "after".to_owned()));
        assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
        open(&module, 2);
        assert_eq!(poll(call, &count), Poll::Ready(Ok(2)));
    }
    assert_eq!(list, ["before", "after"]);
}

#[test]
fn a_panic_in_a_poll_is_an_error_and_what_it_held_is_dropped() {
    let host = host();
    let module = load(&host);
    let panics = module.async_function::<fn(u32, &str) -> u32>("panic_behind");
    let panics = panics.expect("the export");
    let count = Arc::new(Count::default());
    let mut call = pin!(panics.call(3, "me"));
    assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
    open(&module, 3);
    let Poll::Ready(Err(CallError::Panicked(panicked))) = poll(call, &count) else {
        panic!("no panic");
    };
    assert_eq!(panicked.message, "it was me");
    assert_eq!(
        (panicked.export.as_str(), panicked.version.as_str()),
        ("panic_behind", "1.0.0")
    );
    let Some(Location { file, line, .. }) = panicked.location.clone() else {
        panic!("no location: {panicked}");
    };
    assert!(file.ends_with("module.rs") && line > 0, "{file}:{line}");
    assert_eq!(held(&module), 0);
}

#[test]
fn a_panic_in_a_drop_is_an_event_and_no_more() {
    let host = host();
    let events = host.events();
    let module = load(&host);
    let bomb = module.async_function::<fn(u32)>("panic_with_a_bomb");
    let bomb = bomb.expect("the export");
    let count = Arc::new(Count::default());
    let mut call = Box::pin(bomb.call(4));
    assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
    drop(call);
    let told = until_told(&events, "the panic", |event| {
        event.state == UpdateState::DropPanicked
    });
    let reason = told.last().and_then(|event| event.reason.clone());
    let reason = reason.expect("a reason");
    assert!(
        reason.contains("`panic_with_a_bomb` of version 1.0.0 was cancelled")
            && reason.contains("the fuse was lit"),
        "{reason}"
    );
    assert_eq!(held(&module), 0);
    until(|| module.versions()[0].needed == [NeededFor::Current]);
}

#[test]
fn a_call_that_is_dropped_is_cancelled_in_the_module() {
    let host = host();
    let module = load(&host);
    let wait_at = wait_at(&module);
    let count = Arc::new(Count::default());
    let mut waits = Box::pin(wait_at.call(5, "ada"));
    let begun = wait_at.call(5, "never polled");
    assert_eq!(poll(waits.as_mut(), &count), Poll::Pending);
    drop((waits, begun));
    assert_eq!(held(&module), 0);
    // The module has its waker still, which leads to no one.
    assert_eq!(open(&module, 5), 1);
    assert_eq!((count.woken(), Arc::strong_count(&count)), (0, 1));
}

#[test]
fn a_waker_may_be_used_after_its_call() {
    let host = host();
    let module = load(&host);
    let leaves = module.async_function::<fn(u32) -> u32>("leave_a_waker");
    let leaves = leaves.expect("the export");
    for _ in 0..3 {
        assert_eq!(block_on(leaves.call(6)), Ok(7));
    }
    let knock = module.function::<fn(u32) -> usize>("knock");
    assert_eq!(knock.expect("the export").call(6), Ok(3));
    let forget = module.function::<fn(u32)>("forget").expect("the export");
    forget.call(6).expect("a call");
}

#[test]
fn a_call_may_be_polled_and_dropped_by_any_thread() {
    let host = host();
    let module = load(&host);
    let wait_at = Arc::new(wait_at(&module));
    let all_wait = Arc::new(Barrier::new(9));
    let threads: Vec<_> = (0..8)
        .map(|place| {
            let (wait_at, all_wait) = (wait_at.clone(), all_wait.clone());
            thread::spawn(move || {
                let text = place.to_string();
                let mut call = Box::pin(wait_at.call(7, &text));
                let count = Arc::new(Count::default());
                let polled = poll(call.as_mut(), &count);
                all_wait.wait();
                assert_eq!(polled, Poll::Pending);
                // Another thread takes it over.
                thread::scope(|scope| {
                    let ended = scope.spawn(move || match place % 2 {
                        0 => drop(call),
                        _ => assert_eq!(block_on(call), Ok(format!("{place} of 1.0.0"))),
                    });
                    ended.join().expect("no panic");
                });
            })
        })
        .collect();
    all_wait.wait();
    open(&module, 7);
    for thread in threads {
        thread.join().expect("no panic");
    }
    assert_eq!(held(&module), 0);
}

#[test]
fn a_call_goes_on_in_the_version_in_which_it_began() {
    let host = host();
    let events = host.events();
    let module = load(&host);
    let wait_at = wait_at(&module);
    let count = Arc::new(Count::default());
    let open_first = module.function::<fn(u32) -> usize>("open");
    let open_first = open_first.expect("the export");
    let mut old: Vec<_> = (0..MANY)
        .map(|_| Box::pin(wait_at.call(8, "old")))
        .collect();
    // It is in the version that is current when it is polled first.
    let mut late = Box::pin(wait_at.call(8, "new"));
    for call in &mut old {
        assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
    }
    assert_eq!(module.stragglers(), []);
    let updated = module.update(FILES.file("second"));
    updated.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(poll(late.as_mut(), &count), Poll::Pending);

    let stragglers = module.drain_timeout(Duration::from_millis(1));
    assert_eq!(stragglers.len(), 100, "of each version the oldest are told");
    let straggler = &stragglers[0];
    assert!(straggler.is_suspended && straggler.age > Duration::ZERO);
    assert_eq!(
        (straggler.export.as_str(), straggler.version.as_str()),
        ("wait_at", "1.0.0")
    );
    let text = straggler.to_string();
    assert!(
        text.starts_with("`wait_at` of version 1.0.0 is suspended, for "),
        "{text}"
    );
    assert_eq!(module.stragglers().len(), 100);
    let first = module.versions().swap_remove(0);
    assert!(
        first.needed.contains(&NeededFor::Suspended(MANY)) && !first.is_retired,
        "{:?}",
        first.needed
    );

    assert_eq!(open_first.call(8), Ok(1), "the new version's gate");
    assert_eq!(
        poll(late.as_mut(), &count),
        Poll::Ready(Ok("new of 1.1.0".to_owned()))
    );
    let rolled_back = module.rollback();
    rolled_back.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(open_first.call(8), Ok(MANY));
    let updated = module.update(FILES.file("second"));
    updated.unwrap_or_else(|refusal| panic!("{refusal}"));
    for (place, mut call) in old.into_iter().enumerate() {
        if place % 2 == 0 {
            let answer = Poll::Ready(Ok("old of 1.0.0".to_owned()));
            assert_eq!(poll(call.as_mut(), &count), answer);
        }
    }
    module.drain();
    assert_eq!(module.stragglers(), []);
    until_told(&events, "the drain", |event| {
        event.state == UpdateState::Drained
    });
    until(|| {
        let needed = &module.versions()[0].needed;
        !needed
            .iter()
            .any(|it| matches!(it, NeededFor::Suspended(_)))
    });
}

/// Numbers that look random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, count: u64) -> u64 {
        let next = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = next.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }
}

#[test]
fn calls_that_are_cancelled_at_any_point_leave_nothing() {
    let host = host();
    let module = load(&host);
    let wait_at = wait_at(&module);
    let knock = module.function::<fn(u32) -> usize>("knock");
    let knock = knock.expect("the export");
    let forget = module.function::<fn(u32)>("forget").expect("the export");
    let is_over = AtomicUsize::new(0);
    thread::scope(|scope| {
        // Wakes all that wait, at any moment, and what is gone as well.
        for _ in 0..2 {
            scope.spawn(|| {
                while is_over.load(Ordering::Relaxed) < 2 {
                    for gate in [100, 101] {
                        knock.call(gate).expect("a call");
                    }
                }
            });
        }
        for gate in [100, 101] {
            let (wait_at, forget, is_over) = (&wait_at, &forget, &is_over);
            scope.spawn(move || {
                let _over = Over(is_over);
                let mut numbers = Numbers(u64::from(gate));
                let counts = [Arc::new(Count::default()), Arc::new(Count::default())];
                for round in 0..5_000 {
                    let mut call = Box::pin(wait_at.call(gate, "ada"));
                    for _ in 0..numbers.below(4) {
                        let count = &counts[usize::from(numbers.below(2) == 0)];
                        assert_eq!(poll(call.as_mut(), count), Poll::Pending);
                    }
                    drop(call);
                    if round % 16 == 0 {
                        forget.call(gate).expect("a call");
                    }
                }
                forget.call(gate).expect("a call");
                // A wake that is on its way has the waker for a moment.
                until(|| counts.iter().all(|count| Arc::strong_count(count) == 1));
            });
        }
    });
    assert_eq!(held(&module), 0);
    let needed = &module.versions()[0].needed;
    assert_eq!(*needed, [NeededFor::Current]);
}

/// Counts a thread that is over, also after a panic.
struct Over<'a>(&'a AtomicUsize);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_forgotten_call_keeps_its_version_and_is_told() {
    let host = host();
    let module = load(&host);
    let wait_at = wait_at(&module);
    let count = Arc::new(Count::default());
    let mut call = Box::pin(wait_at.call(9, "ada"));
    assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
    let call = Box::into_raw(Pin::into_inner(call));
    let updated = module.update(FILES.file("second"));
    updated.unwrap_or_else(|refusal| panic!("{refusal}"));
    let stragglers = module.drain_timeout(Duration::from_millis(1));
    assert_eq!(stragglers.len(), 1);
    assert_eq!(stragglers[0].export, "wait_at");
    // SAFETY: it came from a box, and the test is the last to have it.
    drop(unsafe { Box::from_raw(call) });
    module.drain();
}

#[test]
fn an_ordinary_export_can_be_awaited_and_no_async_one_called() {
    let host = host();
    let module = load(&host);
    let plain = module.async_function::<fn(&str) -> String>("plain");
    let plain = plain.expect("the export");
    assert_eq!(block_on(plain.call("ada")), Ok("ADA".to_owned()));
    let Err(CallError::Panicked(panicked)) = block_on(plain.call("")) else {
        panic!("no panic");
    };
    assert_eq!(panicked.message, "there is no text");

    let refused = module.function::<fn(&str, &[u64]) -> Option<String>>("at_once");
    let refusal = refused.expect_err("it is async");
    let text = refusal.to_string();
    assert!(
        text.contains("`fn at_once(&str, &[u64]) -> Option<String>`")
            && text.contains("`async fn at_once(text: &str, numbers: &[u64]) -> Option<String>`")
            && text.contains("Module::async_function"),
        "{text}"
    );
    let at_once = module.async_function::<fn(&str, &[u64]) -> Option<String>>("at_once");
    let at_once = at_once.expect("the export");

    // An export that a host calls does not become `async`; one that it awaits may cease to be.
    let update = module.update(FILES.file("swapped"));
    let refusal = update.expect_err("`plain` is called");
    let rules: Vec<Rule> = refusal.differences().iter().map(|it| it.rule).collect();
    assert_eq!(rules, [Rule::ReturnChanged], "{refusal}");
    let updated = module.update(FILES.file("at-once"));
    updated.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(
        block_on(at_once.call("x", &[1])),
        Ok(Some("x 1".to_owned()))
    );
    assert_eq!(block_on(plain.call("ada")), Ok("ADA".to_owned()));
}

#[test]
fn a_call_is_measured_once_however_often_it_is_polled() {
    let host = Host::builder().measure_calls(1).build().expect("a host");
    let module = load(&host);
    let yields = module.async_function::<fn(u32) -> u32>("yields");
    assert_eq!(block_on(yields.expect("the export").call(100)), Ok(100));
    let refuse = module.async_function::<fn(u32) -> Result<u32, String>>("refuse");
    let refuse = refuse.expect("the export");
    let mut call = Box::pin(refuse.call(9));
    let count = Arc::new(Count::default());
    assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
    open(&module, 9);
    assert!(matches!(block_on(call), Ok(Err(_))));
    // Also where nothing is polled.
    let plain = module.async_function::<fn(&str) -> String>("plain");
    let plain = plain.expect("the export");
    assert_eq!(block_on(plain.call("ada")), Ok("ADA".to_owned()));
    block_on(plain.call("")).expect_err("a panic");
    let versions = module.versions();
    let measured = versions[0].calls.as_ref().expect("it is measured");
    let counts = (measured.calls, measured.errors, measured.panics);
    // With the one that opened the gate.
    assert_eq!((counts, measured.times.count()), ((5, 1, 1), 5));
}

#[test]
fn nothing_of_an_async_export_is_converted() {
    let host = host();
    let module = load(&host);
    let refuse = module.async_function::<fn(u32) -> Result<u32, String>>("refuse");
    let refuse = refuse.expect("the export");
    open(&module, 10);
    assert_eq!(block_on(refuse.call(10)), Ok(Err("no".to_owned())));
    let update = module.update(FILES.file("longer"));
    let refusal = update.expect_err("it takes another number");
    let text = refusal.to_string();
    assert!(
        text.contains("refuse(gate): was `u32`, now `u64`")
            && text.contains("what an `async fn` passes is not converted"),
        "{text}"
    );
    assert_eq!(block_on(refuse.call(10)), Ok(Err("no".to_owned())));
}
