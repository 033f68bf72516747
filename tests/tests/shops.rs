//! `async` methods of instances: alone, shared, and in pools, over updates.

use std::mem::ManuallyDrop;
use std::pin::{Pin, pin};
use std::sync::{Arc, LazyLock};
use std::task::Poll;
use std::time::Duration;

use hotmod_host::{CallError, Host, HostBuilder, Instance, Module, NeededFor, UpdateState};
use hotmod_tests::doors::Doors;
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::shop::{Shop, Till};
use hotmod_tests::patience::until_told;
use hotmod_tests::polled::{Count, block_on, poll};

#[path = "shops/cancelled.rs"]
mod cancelled;
#[path = "shops/pooled.rs"]
mod pooled;

const WIDE: &[Edit] = &[
    ("version: \"1.0.0\"", "version: \"2.0.0\""),
    ("CODE: u32 = 1", "CODE: u32 = 2"),
    ("count: u64,\n}", "count: u128,\n}"),
];

static FILES: LazyLock<Built> = LazyLock::new(|| {
    Family::new("shop")
        .variant("wide", WIDE)
        // Its author does not await what the host awaits.
        .variant(
            "at-once",
            &[
                ("version: \"1.0.0\"", "version: \"1.1.0\""),
                (
                    "    async fn give(&mut self, item: u32) -> u32;",
                    "    fn give(&mut self, item: u32) -> u32;",
                ),
                (
                    "    async fn give(&mut self, item: u32) -> u32 {",
                    "    fn give(&mut self, item: u32) -> u32 {",
                ),
            ],
        )
        .variant(
            "awaiting",
            &[
                ("version: \"1.0.0\"", "version: \"1.1.0\""),
                (
                    "    fn note(&mut self, who: &str, item: u32) -> u32;",
                    "    async fn note(&mut self, who: &str, item: u32) -> u32;",
                ),
                (
                    "    fn note(&mut self, who: &str, item: u32) -> u32 {",
                    "    async fn note(&mut self, who: &str, item: u32) -> u32 {",
                ),
            ],
        )
        .variant(
            "longer",
            &[
                ("version: \"1.0.0\"", "version: \"1.1.0\""),
                (
                    "    async fn give(&mut self, item: u32) -> u32;",
                    "    async fn give(&mut self, item: u64) -> u32;",
                ),
                (
                    "    async fn give(&mut self, item: u32) -> u32 {",
                    "    async fn give(&mut self, item: u64) -> u32 {\n        let item = item as u32;",
                ),
            ],
        )
        .build()
});

/// A host with these doors, which comes back to no shop.
fn builder(doors: &Doors) -> HostBuilder {
    let doors = doors.clone();
    Host::builder()
        .allow_downgrade(true)
        .provide_async("door", move |name: String| doors.through(name))
        .provide_async("come_back", |way: String| async move { way })
}

fn load(host: &Host) -> Module<dyn Shop> {
    host.load(FILES.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn update(module: &Module<dyn Shop>, variant: &str) {
    let update = module.update(FILES.file(variant));
    update.unwrap_or_else(|refusal| panic!("{refusal}"));
}

/// A module whose doors these are.
fn shop() -> (Doors, Module<dyn Shop>) {
    let doors = Doors::default();
    let host = builder(&doors).build().expect("a host");
    (doors, load(&host))
}

fn lone(module: &Module<dyn Shop>) -> Instance<dyn Shop> {
    module.create("").expect("a shop")
}

fn held<I: ?Sized>(module: &Module<I>) -> i64 {
    let held = module.function::<fn() -> i64>("held");
    held.expect("the export").call().expect("a call")
}

fn is_sent<T: Send>(it: T) -> T {
    it
}

#[test]
fn a_method_is_awaited_with_what_it_borrows() {
    let (doors, module) = shop();
    let mut shop = lone(&module);
    let count = Arc::new(Count::default());
    {
        let who = "ada".to_owned();
        let mut call = pin!(is_sent(shop.buy(&who, 3, "front")));
        assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
        assert_eq!(held(&module), 1);
        doors.open("front");
        assert_eq!(count.woken(), 1);
        assert_eq!(poll(call, &count), Poll::Ready(Ok(Ok(1))));
    }
    assert_eq!(shop.sold(), Ok(vec![3]));
    let refused = block_on(shop.buy("bob", 0, "front"));
    assert_eq!(refused, Ok(Err("nothing for bob".to_owned())));
    assert_eq!(block_on(shop.give(4)), Ok(2));
    let buyer = block_on(is_sent(shop.buyer(3, "front")));
    assert_eq!(buyer, Ok(Some("ada".to_owned())));
    assert_eq!(held(&module), 0);
}

#[test]
fn shared_calls_run_beside_each_other() {
    let (doors, module) = shop();
    let mut shop = lone(&module);
    shop.note("ada", 3).expect("a call");
    let count = Arc::new(Count::default());
    let (mut first, mut second) = (pin!(shop.buyer(3, "a")), pin!(shop.buyer(4, "b")));
    assert_eq!(poll(first.as_mut(), &count), Poll::Pending);
    assert_eq!(poll(second.as_mut(), &count), Poll::Pending);
    // And an ordinary one meanwhile.
    assert_eq!(shop.sold(), Ok(vec![3]));
    doors.open("b");
    assert_eq!(poll(second, &count), Poll::Ready(Ok(None)));
    doors.open("a");
    let ada = Poll::Ready(Ok(Some("ada".to_owned())));
    assert_eq!(poll(first, &count), ada);
}

#[test]
fn a_local_method_holds_what_no_other_thread_may_have() {
    let doors = Doors::default();
    let host = builder(&doors).build().expect("a host");
    let module = host.load::<dyn Till>(FILES.file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut till = module.create("").expect("a till");
    let count = Arc::new(Count::default());
    {
        let mut call = pin!(till.count(5, "front"));
        assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
        assert_eq!(held(&module), 1);
        // Any thread may wake it.
        std::thread::scope(|scope| scope.spawn(|| doors.open("front")).join()).expect("no panic");
        assert_eq!(poll(call, &count), Poll::Ready(Ok(5)));
    }
    {
        let (first, second) = (pin!(till.counted("a")), pin!(till.counted("b")));
        let mut calls = [first, second];
        for call in &mut calls {
            assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
        }
        doors.open("a");
        doors.open("b");
        for call in calls {
            assert_eq!(poll(call, &count), Poll::Ready(Ok(5)));
        }
    }
    drop(till.count(6, "never"));
    assert_eq!(held(&module), 0);
    // A pool of such instances, whose owner stays on this thread.
    let pool = module.pool::<u64>();
    let till = module.create("7").expect("a till");
    pool.insert(1, till).expect("a free key");
    let counted = block_on(pool.call_async(&1, async |till| till.counted("a").await));
    assert_eq!(counted.expect("a call"), 7);
}

/// As a host has it that would send the futures.
mod sent {
    #[hotmod::interface]
    pub(super) trait Till {
        async fn count(&mut self, to: u32, door: &str) -> u32;
    }
}

#[test]
fn a_host_that_would_send_the_futures_refuses_a_local_interface() {
    let host = builder(&Doors::default()).build().expect("a host");
    let refused = host.load::<dyn sent::Till>(FILES.file(BASE));
    let text = refused.expect_err("it is local").to_string();
    assert!(
        text.contains(
            "Till::count(): was a future that is `Send`, now one that stays on its thread"
        ) || text.contains("expected a future that is `Send`, found one that stays on its thread"),
        "{text}"
    );
}

#[test]
fn a_call_goes_on_in_its_version_and_the_next_one_takes_the_state_along() {
    let (doors, module) = shop();
    let mut shop = lone(&module);
    let count = Arc::new(Count::default());
    {
        // It is polled first after the update, and takes the state along by then.
        let late = pin!(shop.give(1));
        update(&module, "wide");
        assert_eq!(poll(late, &count), Poll::Ready(Ok(1)));
    }
    assert_eq!(shop.version(), "2.0.0");
    {
        let mut call = pin!(shop.buy("ada", 3, "front"));
        assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
        update(&module, BASE);
        let stragglers = module.drain_timeout(Duration::from_millis(1));
        let told: Vec<String> = stragglers.iter().map(ToString::to_string).collect();
        assert!(
            told.len() == 1
                && told[0].starts_with("`Shop::buy` of version 2.0.0 is suspended, for ")
                && told[0].contains("awaits `door`"),
            "{told:?}"
        );
        let needed = &module.versions()[1].needed;
        assert!(needed.contains(&NeededFor::Suspended(1)), "{needed:?}");
        doors.open("front");
        assert_eq!(poll(call, &count), Poll::Ready(Ok(Ok(2))));
    }
    module.drain();
    assert_eq!(shop.version(), "2.0.0");
    assert_eq!(block_on(shop.give(5)), Ok(3));
    assert_eq!((shop.version(), shop.code()), ("1.0.0", Ok(1)));
    assert_eq!(shop.sold(), Ok(vec![1, 3, 5]));
}

#[test]
fn a_panic_is_an_error_and_one_of_a_drop_is_told() {
    let doors = Doors::default();
    let host = builder(&doors).build().expect("a host");
    let events = host.events();
    let module = load(&host);
    let mut shop = lone(&module);
    let count = Arc::new(Count::default());
    doors.open("open");
    let Err(CallError::Panicked(panicked)) = block_on(shop.burn("open")) else {
        panic!("no panic");
    };
    assert_eq!(
        (panicked.export.as_str(), panicked.message.as_str()),
        ("Shop::burn", "the shop burns")
    );
    {
        let mut call = Box::pin(shop.smoulder("shut"));
        assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
    }
    let told = until_told(&events, "the panic", |event| {
        event.state == UpdateState::DropPanicked
    });
    let reason = told.last().and_then(|event| event.reason.clone());
    let reason = reason.expect("a reason");
    assert!(
        reason.contains("`Shop::smoulder` of version 1.0.0 was cancelled")
            && reason.contains("the fuse was lit"),
        "{reason}"
    );
    // The instance is in use as before.
    assert_eq!(block_on(shop.give(1)), Ok(2));
    assert_eq!(held(&module), 0);
}

#[test]
fn a_call_that_is_dropped_or_forgotten_lets_go_of_its_instance() {
    let (_doors, module) = shop();
    let mut shop = lone(&module);
    let count = Arc::new(Count::default());
    {
        let mut call = Box::pin(shop.buy("ada", 3, "shut"));
        assert_eq!(poll(call.as_mut(), &count), Poll::Pending);
        assert_eq!(held(&module), 1);
    }
    assert_eq!(held(&module), 0);
    // What it had changed stays.
    assert_eq!(block_on(shop.give(1)), Ok(2));
    let mut forgotten = ManuallyDrop::new(shop.buy("ada", 3, "shut"));
    assert_eq!(poll(Pin::new(&mut *forgotten), &count), Poll::Pending);
    assert_eq!(block_on(shop.give(1)), Ok(4));
    drop(shop);
    let needed = &module.versions()[0].needed;
    assert!(needed.contains(&NeededFor::Suspended(1)), "{needed:?}");
}

#[test]
fn a_method_may_cease_to_be_async_and_none_becomes_it() {
    let (_doors, module) = shop();
    let mut shop = lone(&module);
    assert_eq!(block_on(shop.give(1)), Ok(1));
    let refusal = module.update(FILES.file("awaiting")).expect_err("`note`");
    let text = refusal.to_string();
    assert!(
        text.contains("Shop::note(): was `fn note(&mut self, who: &str, item: u32) -> u32`")
            && text.contains("callers do not await it: keep the ordinary `fn` in the interface"),
        "{text}"
    );
    let refusal = module.update(FILES.file("longer")).expect_err("`give`");
    let text = refusal.to_string();
    assert!(
        text.contains("Shop::give(item): was `u32`, now `u64`")
            && text.contains("what an `async fn` passes is not converted"),
        "{text}"
    );
    update(&module, "at-once");
    assert_eq!(block_on(shop.give(2)), Ok(2));
    assert_eq!(shop.version(), "1.1.0");
}
