//! `async` methods of pooled instances, in tasks of tokio that own what they capture.
#![allow(missing_docs, reason = "a test")]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use hotmod_host::{Host, Module, NeededFor, Pool, PoolError, SharedInstance};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::interfaces::shop::Shop;

static FILES: LazyLock<Built> = LazyLock::new(|| {
    Family::new("shop")
        .variant(
            "wide",
            &[
                ("version: \"1.0.0\"", "version: \"2.0.0\""),
                ("CODE: u32 = 1", "CODE: u32 = 2"),
                ("count: u64,\n}", "count: u128,\n}"),
            ],
        )
        .build()
});

/// Doors that open after so many milliseconds.
fn load() -> Module<dyn Shop> {
    let host = Host::builder()
        .allow_downgrade(true)
        .provide_async("door", |millis: String| {
            tokio::time::sleep(Duration::from_millis(millis.parse().expect("a number")))
        })
        .provide_async("come_back", |way: String| async move { way });
    let host = host.build().expect("a host");
    host.load(FILES.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn update(module: &Module<dyn Shop>, variant: &str) {
    let update = module.update(FILES.file(variant));
    update.unwrap_or_else(|refusal| panic!("{refusal}"));
}

const SHOPS: u32 = 8;
const TASKS: u32 = 400;

async fn buy(
    shops: Arc<Pool<u32, dyn Shop>>,
    task: u32,
) -> Result<(u32, Option<String>), PoolError> {
    let (key, who) = (task % SHOPS, format!("buyer {task}"));
    let mut given = Vec::new();
    let bought = shops.call_async(&key, async |shop| {
        given.push(shop.give(task).await?);
        shop.buy(&who, TASKS + task, "1").await
    });
    let bought = bought.await?.expect("an item");
    assert_eq!(given, [bought - 1], "nothing came between the two");
    let buyer = shops.call_shared_async(&key, async |shop| {
        let first = shop.buyer(TASKS + task, "1");
        first.await
    });
    Ok((bought, buyer.await?))
}

async fn bought_over_updates() {
    let module = load();
    let shops: Pool<u32, dyn Shop> = Pool::builder(&module)
        .sweep_every(Duration::from_millis(1), Duration::from_millis(1))
        .build()
        .expect("a pool");
    let shops = Arc::new(shops);
    for key in 0..SHOPS {
        shops.create(key, "").expect("a shop");
    }
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| tokio::spawn(buy(shops.clone(), task)))
        .collect();
    for variant in ["wide", BASE].into_iter().cycle().take(6) {
        update(&module, variant);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut counts = vec![0; SHOPS as usize];
    for (task, joined) in (0..).zip(tasks) {
        let (_, buyer) = joined.await.expect("no panic").expect("a call");
        assert_eq!(buyer, Some(format!("buyer {task}")));
        counts[(task % SHOPS) as usize] += 2;
    }
    for (key, count) in (0..).zip(counts) {
        let sold = shops.call_shared(&key, |shop| shop.sold());
        assert_eq!(sold.expect("a call").len(), count);
    }
    module.drain();
    let versions = module.versions();
    let is_suspended = |it: &NeededFor| matches!(it, NeededFor::Suspended(_));
    assert!(!versions.iter().any(|it| it.needed.iter().any(is_suspended)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shops_are_used_by_many_tasks_over_updates() {
    bought_over_updates().await;
}

/// Where each task holds up all others.
#[tokio::test]
async fn shops_are_used_by_the_tasks_of_one_thread_over_updates() {
    bought_over_updates().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_instance_is_used_by_many_tasks_and_timeouts_give_it_back() {
    let module = load();
    let shop: SharedInstance<dyn Shop> = module.create_shared("").expect("a shop");
    let tasks: Vec<_> = (0..100_u32)
        .map(|item| {
            let (shop, who) = (shop.clone(), item.to_string());
            tokio::spawn(async move {
                let door = match item % 2 {
                    0 => "1",
                    _ => "600000",
                };
                let buys = shop.call_async(async |shop| shop.buy(&who, item + 1, door).await);
                tokio::time::timeout(Duration::from_millis(500), buys).await
            })
        })
        .collect();
    let mut sold = 0;
    for task in tasks {
        match task.await.expect("no panic") {
            Ok(bought) => {
                bought.expect("a call").expect("an item");
                sold += 1;
            }
            Err(_) => continue,
        }
    }
    let items = shop.call_shared(|shop| shop.sold()).expect("a call");
    assert_eq!(items.len(), sold);
    assert!(items.iter().all(|item| item % 2 == 1), "{items:?}");
    let held = module.function::<fn() -> i64>("held").expect("the export");
    assert_eq!(held.call(), Ok(0));
}
