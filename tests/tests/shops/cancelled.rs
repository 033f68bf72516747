//! Calls that a host cancels where they are suspended, once the deadline of an update is over.

use std::mem::ManuallyDrop;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hotmod_host::{CallError, Events, Module, OnDeadline, UpdateOptions, UpdateState};
use hotmod_tests::doors::Doors;
use hotmod_tests::interfaces::shop::Shop;
use hotmod_tests::patience::{until, until_told};
use hotmod_tests::polled::{Count, block_on, poll};

use super::{FILES, builder, held, load, lone};

fn shop() -> (Doors, Module<dyn Shop>, Events) {
    let doors = Doors::default();
    let host = builder(&doors).build().expect("a host");
    let events = host.events();
    (doors, load(&host), events)
}

/// Publishes a version that gives the calls in the old one this long.
fn update_within(module: &Module<dyn Shop>, time: Duration) {
    let options = UpdateOptions::new().drain_timeout(time, OnDeadline::Cancel);
    let updated = module.update_with(FILES.file("wide"), &options);
    updated.unwrap_or_else(|refusal| panic!("{refusal}"));
}

fn is_cancelled<T: std::fmt::Debug>(polled: Poll<Result<T, CallError>>, export: &str) {
    let Poll::Ready(Err(CallError::Cancelled(cancelled))) = polled else {
        panic!("not cancelled: {polled:?}");
    };
    assert_eq!(
        (cancelled.export.as_str(), cancelled.version.as_str()),
        (export, "1.0.0")
    );
}

#[test]
fn suspended_calls_are_woken_and_their_callers_drop_them() {
    let (doors, module, events) = shop();
    let mut shop = lone(&module);
    let shops = module.pool::<u64>();
    shops.create(0, "").expect("a shop");
    let count = Arc::new(Count::default());
    let mut alone = Box::pin(shop.buy("ada", 1, "shut"));
    let mut pooled = pin!(shops.call_async(&0, async |shop| {
        let bought = shop.buy("ada", 1, "shut").await;
        assert!(matches!(bought, Err(CallError::Cancelled(_))), "{bought:?}");
        // It goes on with its instance, as after any error.
        shop.give(2).await
    }));
    assert_eq!(poll(alone.as_mut(), &count), Poll::Pending);
    assert_eq!(poll(pooled.as_mut(), &count), Poll::Pending);
    update_within(&module, Duration::from_millis(1));
    until(|| count.woken() == 2);
    assert_eq!(held(&module), 0, "of the new version");
    let stragglers = module.stragglers();
    assert!(
        stragglers.len() == 2 && stragglers.iter().all(|it| it.is_cancelled),
        "{stragglers:?}"
    );
    let text = stragglers[0].to_string();
    assert!(
        text.contains("neither polled nor dropped it since"),
        "{text}"
    );
    // Nothing but their own poll drops them.
    let old = &module.versions()[0];
    assert_eq!((old.cancelled, old.cancelled_with_panic), (0, 0));
    is_cancelled(poll(alone.as_mut(), &count), "Shop::buy");
    assert_eq!(poll(pooled, &count), Poll::Ready(Ok(2)));
    drop(alone);
    let told = until_told(&events, "the drain", |event| {
        event.state == UpdateState::Drained
    });
    let reasons: String = told.iter().filter_map(|it| it.reason.clone()).collect();
    assert!(
        reasons.contains("those that are suspended are cancelled"),
        "{reasons}"
    );
    let old = &module.versions()[0];
    assert_eq!((old.cancelled, old.cancelled_with_panic), (2, 0));
    // In the new version, calls wait as ever.
    {
        let mut waits = pin!(shop.buy("ada", 3, "later"));
        assert_eq!(poll(waits.as_mut(), &count), Poll::Pending);
        doors.open("later");
        assert_eq!(poll(waits, &count), Poll::Ready(Ok(Ok(2))));
    }
    assert_eq!(
        shop.sold(),
        Ok(vec![3]),
        "nothing was sold by what was cancelled"
    );
}

#[test]
fn what_panics_when_it_is_dropped_is_told_and_counted() {
    let (_doors, module, events) = shop();
    let mut shop = lone(&module);
    let count = Arc::new(Count::default());
    let mut call = Box::pin(shop.smoulder("shut"));
    assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
    update_within(&module, Duration::ZERO);
    until(|| count.woken() == 1);
    is_cancelled(poll(call.as_mut(), &count), "Shop::smoulder");
    drop(call);
    until_told(&events, "the panic", |event| {
        event.state == UpdateState::DropPanicked
    });
    let old = &module.versions()[0];
    assert_eq!((old.cancelled, old.cancelled_with_panic), (1, 1));
}

#[test]
fn a_call_that_is_forgotten_keeps_its_version_and_is_told() {
    let (_doors, module, events) = shop();
    let mut shop = lone(&module);
    let count = Arc::new(Count::default());
    let mut forgotten = ManuallyDrop::new(shop.buy("ada", 3, "shut"));
    assert_eq!(poll(Pin::new(&mut *forgotten), &count), Poll::Pending);
    update_within(&module, Duration::ZERO);
    until(|| count.woken() == 1);
    let stragglers = module.stragglers();
    assert!(
        stragglers.len() == 1 && stragglers[0].is_cancelled,
        "{stragglers:?}"
    );
    // Its instance goes on.
    assert_eq!(block_on(shop.give(1)), Ok(2));
    assert_eq!(shop.version(), "2.0.0");
    let told = until_told(&events, "the deadline", |event| {
        let reason = event.reason.as_deref().unwrap_or_default();
        reason.contains("those that are suspended are cancelled")
    });
    assert!(!told.iter().any(|it| it.state == UpdateState::Drained));
    assert_eq!(module.drain_timeout(Duration::from_millis(1)).len(), 1);
    assert!(!module.versions()[0].needed.is_empty());
}
