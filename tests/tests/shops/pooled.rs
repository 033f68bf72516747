//! Instances of pools and shared instances, checked out over awaits.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use hotmod_host::{
    CallError, CallLimits, CanaryOptions, CanaryState, Host, Module, NeededFor, Pool, PoolError,
    RehearsalOptions, SharedInstance, Snapshot,
};
use hotmod_tests::doors::Doors;
use hotmod_tests::interfaces::shop::Shop;
use hotmod_tests::patience::until;
use hotmod_tests::polled::{Count, block_on, poll};

use super::{BASE, FILES, builder, held, is_sent, load, shop, update};

type Shops = Pool<u64, dyn Shop>;

fn pool(count: u64) -> (Doors, Module<dyn Shop>, Shops) {
    let (doors, module) = shop();
    let shops = module.pool();
    for key in 0..count {
        shops.create(key, "").expect("a shop");
    }
    (doors, module, shops)
}

#[test]
fn those_who_want_a_shop_that_is_checked_out_come_to_it_in_order() {
    let (doors, module, shops) = pool(2);
    let count = Arc::new(Count::default());
    let who = "ada".to_owned();
    let buy = |item, door| {
        let (shops, who) = (&shops, &who);
        shops.call_async(&1, async move |shop| shop.buy(who, item, door).await)
    };
    let mut first = pin!(is_sent(buy(1, "first")));
    let mut second = pin!(is_sent(buy(2, "second")));
    let mut read =
        pin!(is_sent(shops.call_shared_async(&1, async |shop| {
            shop.buyer(2, "read").await
        })));
    assert_eq!(poll(first.as_mut(), &count), Poll::Pending);
    assert_eq!(poll(second.as_mut(), &count), Poll::Pending);
    assert_eq!(held(&module), 1);
    let after_second = AtomicUsize::new(0);
    thread::scope(|scope| {
        let blocked = scope.spawn(|| {
            let noted = shops.call(&1, |shop| shop.note("bob", 3));
            (noted, after_second.load(Ordering::SeqCst))
        });
        // A thread and a task stand behind it, in the order in which they came; another shop is free.
        until(|| shops.waiting(&1) == Ok(2));
        assert_eq!(poll(read.as_mut(), &count), Poll::Pending);
        assert_eq!(shops.call(&0, |shop| shop.note("eve", 9)), Ok(1));
        assert_eq!(shops.sweep(Duration::ZERO).remaining, 0);
        doors.open("first");
        assert_eq!(poll(first, &count), Poll::Ready(Ok(Ok(1))));
        assert_eq!(poll(read.as_mut(), &count), Poll::Pending);
        assert_eq!(poll(second.as_mut(), &count), Poll::Pending);
        doors.open("second");
        after_second.store(1, Ordering::SeqCst);
        assert_eq!(poll(second, &count), Poll::Ready(Ok(Ok(2))));
        let blocked = blocked.join().expect("no panic");
        assert_eq!(blocked, (Ok(3), 1));
    });
    assert_eq!(poll(read.as_mut(), &count), Poll::Pending);
    doors.open("read");
    assert_eq!(poll(read, &count), Poll::Ready(Ok(Some("ada".to_owned()))));
    let sold = shops.call_shared(&1, |shop| shop.sold());
    assert_eq!(sold, Ok(vec![1, 2, 3]));
}

#[test]
fn a_sweep_passes_by_what_is_checked_out_which_migrates_on_return() {
    let (doors, module, shops) = pool(3);
    let count = Arc::new(Count::default());
    let mut checked_out = pin!(shops.call_async(&1, async |shop| {
        shop.buy("ada", 1, "front").await?.ok();
        shop.code()
    }));
    assert_eq!(poll(checked_out.as_mut(), &count), Poll::Pending);
    let candidate = module.candidate(FILES.file("wide"));
    let candidate = candidate.unwrap_or_else(|refusal| panic!("{refusal}"));
    let rehearsed = shops.rehearse(&candidate);
    assert_eq!((rehearsed.fit, rehearsed.in_use), (2, 1));
    drop(candidate);
    // So is it in a copy of the process.
    let rehearsed = module.rehearse(FILES.file("wide"), &RehearsalOptions::new());
    let rehearsed = rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!((rehearsed.migrated, rehearsed.in_use), (2, 1));
    update(&module, "wide");
    let swept = shops.sweep(Duration::MAX);
    assert_eq!(
        (swept.migrated, swept.in_use, swept.remaining),
        (2, 1, 1),
        "{swept}"
    );
    let counts: Vec<_> = shops.counts().into_iter().collect();
    assert_eq!(counts, [("1.0.0".to_owned(), 1), ("2.0.0".to_owned(), 2)]);
    doors.open("front");
    assert_eq!(poll(checked_out, &count), Poll::Ready(Ok(1)));
    let counts: Vec<_> = shops.counts().into_iter().collect();
    assert_eq!(counts, [("2.0.0".to_owned(), 3)]);
    // What goes out again is taken along before: back, this time.
    update(&module, BASE);
    let given = block_on(shops.call_async(&1, async |shop| {
        shop.give(2).await?;
        shop.code()
    }));
    assert_eq!(given, Ok(1));
    assert_eq!(shops.call_shared(&1, |shop| shop.sold()), Ok(vec![1, 2]));
}

#[test]
fn one_that_stops_waiting_or_is_dropped_lets_the_others_go_on() {
    let (doors, module, shops) = pool(1);
    let count = Arc::new(Count::default());
    let buy = |item| {
        let shops = &shops;
        shops.call_async(&0, async move |shop| shop.buy("ada", item, "shut").await)
    };
    let mut first = Box::pin(buy(1));
    let mut second = Box::pin(buy(2));
    let mut third = Box::pin(buy(3));
    assert_eq!(poll(first.as_mut(), &count), Poll::Pending);
    assert_eq!(poll(second.as_mut(), &count), Poll::Pending);
    assert_eq!(poll(third.as_mut(), &count), Poll::Pending);
    drop(second);
    assert_eq!(count.woken(), 0);
    drop(first);
    assert_eq!((count.woken(), held(&module)), (1, 0));
    // It is the third's by now, which has not polled: it is dropped, too.
    drop(third);
    assert_eq!(
        shops.call(&0, |shop| shop.note("bob", 4)),
        Ok(2),
        "what the first had changed stays"
    );
    doors.open("shut");
    assert_eq!(block_on(buy(5)), Ok(Ok(3)));
    let needed = &module.versions()[0].needed;
    assert!(
        !needed
            .iter()
            .any(|it| matches!(it, NeededFor::Suspended(_))),
        "{needed:?}"
    );
}

#[test]
fn those_who_read_do_so_beside_each_other() {
    let (doors, _module, shops) = pool(1);
    let count = Arc::new(Count::default());
    shops.call(&0, |shop| shop.note("ada", 1)).expect("a call");
    let read = |door| {
        let shops = &shops;
        shops.call_shared_async(&0, async move |shop| {
            // And, within it, once more.
            let sold = shops.call_shared(&0, |shop| shop.sold());
            assert_eq!(sold, Ok(vec![1]));
            assert!(matches!(
                shops.call(&0, |shop| shop.code()),
                Err(PoolError::InUseByThisThread { .. })
            ));
            shop.buyer(1, door).await
        })
    };
    let (mut first, mut second) = (pin!(is_sent(read("a"))), pin!(is_sent(read("b"))));
    assert_eq!(poll(first.as_mut(), &count), Poll::Pending);
    assert_eq!(poll(second.as_mut(), &count), Poll::Pending);
    let mut waits = pin!(shops.call_async(&0, async |shop| shop.give(2).await));
    assert_eq!(poll(waits.as_mut(), &count), Poll::Pending);
    let ada = Poll::Ready(Ok(Some("ada".to_owned())));
    doors.open("b");
    assert_eq!(poll(second, &count), ada);
    assert_eq!(poll(waits.as_mut(), &count), Poll::Pending);
    doors.open("a");
    assert_eq!(poll(first, &count), ada);
    assert_eq!(poll(waits, &count), Poll::Ready(Ok(2)));
}

#[test]
fn a_call_that_would_wait_for_itself_is_an_error() {
    let doors = Doors::default();
    let shops: Arc<OnceLock<Shops>> = Arc::default();
    let known = shops.clone();
    let host = builder(&doors).provide_async("come_back", move |way: String| {
        let known = known.clone();
        async move {
            let shops = known.get().expect("the pool");
            let error = match way.as_str() {
                "blocking" => shops.call(&7, |shop| shop.code()).map(|_| ()),
                "awaiting" => shops
                    .call_async(&7, async |shop| shop.give(1).await)
                    .await
                    .map(|_| ()),
                "reading" => shops
                    .call_shared_async(&7, async |shop| shop.code())
                    .await
                    .map(|_| ()),
                // Another one is not in its way.
                _ => shops
                    .call_async(&8, async |shop| shop.give(1).await)
                    .await
                    .map(|_| ()),
            };
            format!("{error:?}")
        }
    });
    let host: Host = host.build().expect("a host");
    let module = load(&host);
    let pool = module.pool();
    pool.create(7, "").expect("a shop");
    pool.create(8, "").expect("a shop");
    shops.set(pool).expect("it is set once");
    let shops = shops.get().expect("the pool");
    for way in ["blocking", "awaiting", "reading"] {
        let said = block_on(shops.call_async(&7, async |shop| shop.call_host(way.into()).await));
        let said = said.expect("a call");
        assert!(said.contains("would wait for itself"), "{way}: {said}");
    }
    let said = block_on(shops.call_async(&7, async |shop| shop.call_host("other".into()).await));
    assert_eq!(said, Ok("Ok(())".to_owned()));
}

#[test]
fn a_shared_instance_is_checked_out_and_read() {
    let (doors, module) = shop();
    let shop: SharedInstance<dyn Shop> = module.create_shared("").expect("a shop");
    let count = Arc::new(Count::default());
    let mut buys =
        pin!(is_sent(shop.call_async(async |shop| {
            shop.buy("ada", 1, "front").await
        })));
    assert_eq!(poll(buys.as_mut(), &count), Poll::Pending);
    update(&module, "wide");
    assert_eq!(shop.sweep(Duration::MAX).in_use, 1);
    doors.open("front");
    assert_eq!(poll(buys, &count), Poll::Ready(Ok(Ok(1))));
    assert_eq!(shop.version(), "2.0.0");
    let buyer = block_on(shop.call_shared_async(async |shop| shop.buyer(1, "front").await));
    assert_eq!(buyer, Ok(Some("ada".to_owned())));
    let Err(PoolError::Call(CallError::Panicked(panicked))) =
        block_on(shop.call_async(async |shop| shop.burn("front").await))
    else {
        panic!("no panic");
    };
    assert_eq!(panicked.export, "Shop::burn");
    // A panic of the closure itself lets go of it.
    let panics = std::panic::AssertUnwindSafe(|| {
        block_on(shop.with_async(async |_| panic!("the closure's own")))
    });
    let caught = std::panic::catch_unwind(|| match panics() {
        Ok(()) | Err(_) => {}
    });
    assert!(caught.is_err());
    assert_eq!(shop.call(|shop| shop.note("bob", 2)), Ok(3));
}

#[test]
fn a_canary_serves_its_share_and_is_judged_by_what_is_awaited() {
    let (doors, module, shops) = pool(4);
    let count = Arc::new(Count::default());
    let code = |key: u64| {
        let shops = &shops;
        async move {
            let given = shops.call_async(&key, async |shop| {
                shop.give(1).await?;
                shop.code()
            });
            given.await
        }
    };
    let mut checked_out = pin!(shops.call_async(&1, async |shop| {
        shop.buy("ada", 1, "front").await?.ok();
        shop.code()
    }));
    assert_eq!(poll(checked_out.as_mut(), &count), Poll::Pending);
    let odd = CanaryOptions::matching(|key| key % 2 == 1);
    let limits = CallLimits::new().panics(0.0).least(1);
    let canary = shops.canary(FILES.file("wide"), odd.limits(limits));
    let canary = canary.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!((block_on(code(0)), block_on(code(3))), (Ok(1), Ok(2)));
    // What was checked out joins its share on return.
    doors.open("front");
    assert_eq!(poll(checked_out, &count), Poll::Ready(Ok(1)));
    assert_eq!(block_on(code(1)), Ok(2));
    let burnt = block_on(shops.call_async(&3, async |shop| shop.burn("front").await));
    assert!(matches!(
        burnt,
        Err(PoolError::Call(CallError::Panicked(_)))
    ));
    until(|| canary.state() != CanaryState::Running);
    assert_eq!((block_on(code(3)), module.version()), (Ok(1), "1.0.0"));
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
fn calls_that_are_cancelled_at_any_point_leave_the_pool_in_order() {
    const THREADS: u64 = 4;
    const EACH: u64 = 2_500;
    let (doors, module, shops) = pool(3);
    let is_over = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut versions = ["wide", BASE].into_iter().cycle();
            while is_over.load(Ordering::Relaxed) < THREADS as usize {
                for door in ["0", "1"] {
                    doors.knock(door);
                }
                update(&module, versions.next().expect("a cycle"));
                shops.sweep(Duration::from_millis(1));
                let noted = shops.call(&2, |shop| shop.note("", 0));
                noted.expect("a call");
            }
        });
        for thread in 0..THREADS {
            let (shops, is_over) = (&shops, &is_over);
            scope.spawn(move || {
                let _over = Over(is_over);
                let mut numbers = Numbers(thread);
                let counts = [Arc::new(Count::default()), Arc::new(Count::default())];
                for _ in 0..EACH {
                    let (key, door) = (numbers.below(3), numbers.below(2).to_string());
                    let mut polls = |mut call: std::pin::Pin<&mut dyn Future<Output = ()>>| {
                        for _ in 0..numbers.below(4) {
                            let count = &counts[usize::from(numbers.below(2) == 0)];
                            let _ = poll(call.as_mut(), count);
                        }
                    };
                    match thread % 2 {
                        0 => polls(pin!(async {
                            let bought = shops.call_async(&key, async |shop| {
                                shop.give(1).await?;
                                shop.buy("ada", 1, &door).await
                            });
                            bought.await.expect("a call").expect("an item");
                        })),
                        _ => polls(pin!(async {
                            let bought = shops.call_shared_async(&key, async |shop| {
                                shop.sold()?;
                                shop.buyer(1, &door).await
                            });
                            bought.await.expect("a call");
                        })),
                    }
                }
            });
        }
    });
    assert_eq!(held(&module), 0);
    for key in 0..3 {
        let sold = shops.call_shared(&key, |shop| shop.sold());
        let next = shops.call(&key, |shop| shop.note("", 0));
        // Of each call that was cancelled at the door, the count stays.
        assert!(next.expect("a call") as usize > sold.expect("a call").len());
    }
    module.drain();
}

/// Counts a thread that is over, also after a panic.
struct Over<'a>(&'a AtomicUsize);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_snapshot_has_all_that_a_task_does_to_several_shops() {
    let doors = Doors::default();
    let load = || {
        let host = builder(&doors).build().expect("a host");
        let module = host.load::<dyn Shop>(FILES.file(BASE));
        let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
        let shops: Shops = Pool::builder(&module)
            .name("shops")
            .build()
            .expect("a pool");
        (host, module, shops)
    };
    let (host, _module, shops) = load();
    for key in 0..2 {
        shops.create(key, "").expect("a shop");
    }
    let count = Arc::new(Count::default());
    let mut task = pin!(shops.with_async(&0, async |shop| {
        let bought = shop.buy("ada", 1, "front").await;
        let noted = shops.call_async(&1, async |shop| shop.note("ada", 2)).await;
        (bought.is_ok(), noted.is_ok())
    }));
    assert_eq!(poll(task.as_mut(), &count), Poll::Pending);
    let bytes = thread::scope(|scope| {
        let taken = scope.spawn(|| host.snapshot_to(Vec::new()).map(|(bytes, _)| bytes));
        // What does not wait for that task goes on.
        shops.call(&1, |shop| shop.note("bob", 3)).expect("a call");
        doors.open("front");
        assert_eq!(poll(task.as_mut(), &count), Poll::Ready(Ok((true, true))));
        taken.join().expect("a thread").expect("a snapshot")
    });
    let (_host, _module, restored) = load();
    let snapshot = Snapshot::of(bytes).expect("what was written");
    assert_eq!(restored.restore(&snapshot).expect("a plan").restored, 2);
    let sold = |key| {
        restored
            .call_shared(&key, |shop| shop.sold())
            .expect("a call")
    };
    assert_eq!((sold(0), sold(1)), (vec![1], vec![3, 2]));
}
