//! Several modules in one host, several hosts in one process, and every order of dropping them.

use std::sync::LazyLock;

use hotmod_host::describe::Rule;
use hotmod_host::{Host, Module};
use hotmod_tests::fixture::{self, BASE, Built, Family};
use hotmod_tests::interfaces::calls::Depot;
use hotmod_tests::interfaces::counter::Counter;

static COUNTER: LazyLock<Built> = LazyLock::new(|| {
    Family::new("counter")
        .variant("second", &[("\"first\"", "\"second\"")])
        .build()
});
static DEPOT: LazyLock<std::path::PathBuf> = LazyLock::new(|| fixture::build("calls"));

fn host() -> Host {
    Host::builder().build().expect("a host")
}

fn counter(host: &Host) -> Module<dyn Counter> {
    host.load::<dyn Counter>(COUNTER.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

#[test]
fn several_modules_live_side_by_side() {
    let host = host();
    let counter = counter(&host);
    let depot = host.load::<dyn Depot>(&*DEPOT).expect("the depot");
    let names: Vec<_> = host.modules().iter().map(|m| m.name().to_owned()).collect();
    assert_eq!(names, ["calls", "counter"]);

    let mut count = counter.create("").expect("a counter");
    let shelf = depot.create("").expect("a shelf");
    assert_eq!(count.next().expect("a call"), 1);
    assert_eq!(shelf.count().expect("a call"), 0);
    counter.update(COUNTER.file("second")).expect("an update");
    assert_eq!(count.next().expect("a call"), 2);
    assert_eq!(count.code().expect("a call"), "second");
    assert_eq!(depot.versions().len(), 1);

    let refusal = depot
        .update(COUNTER.file(BASE))
        .expect_err("another module");
    assert!(
        refusal.to_string().contains("1.0.0 keeps running"),
        "{refusal}"
    );
    let untyped = host.module("counter").expect("the counter");
    assert_eq!(untyped.versions().len(), 2);
    let again = untyped.interface::<dyn Counter>().expect("the interface");
    assert_eq!(
        again.create("").expect("a counter").next().expect("a call"),
        1
    );
    assert!(untyped.interface::<dyn Depot>().is_err());
    assert!(host.module("circus").is_none());
}

/// Statics and versions of one host are not those of another.
#[test]
fn two_hosts_share_nothing() {
    let (here, there) = (host(), host());
    let (one, other) = (counter(&here), counter(&there));
    let mut count = one.create("").expect("a counter");
    let mut counted = other.create("").expect("a counter");
    one.update(COUNTER.file("second")).expect("an update");
    assert_eq!(count.next().expect("a call"), 1);
    assert_eq!(counted.next().expect("a call"), 1);
    assert_eq!(count.code().expect("a call"), "second");
    assert_eq!(counted.code().expect("a call"), "first");
    assert_eq!(one.versions().len(), 2);
    assert_eq!(other.versions().len(), 1);
    drop(here);
    drop(one);
    assert_eq!(count.next().expect("a call"), 2);
    assert_eq!(counted.next().expect("a call"), 2);
}

/// Whichever of hosts, modules and instances is dropped first, the rest goes on.
#[test]
fn hosts_modules_and_instances_are_dropped_in_any_order() {
    const ORDERS: [[usize; 4]; 24] = {
        let mut orders = [[0; 4]; 24];
        let mut i = 0;
        while i < 24 {
            // The digits of `i`, each choosing among those that are left.
            let mut left = [0, 1, 2, 3];
            let digits = [i / 6, i / 2 % 3, i % 2, 0];
            let mut place = 0;
            while place < 4 {
                let chosen = digits[place];
                orders[i][place] = left[chosen];
                let mut at = chosen;
                while at < 3 {
                    left[at] = left[at + 1];
                    at += 1;
                }
                place += 1;
            }
            i += 1;
        }
        orders
    };
    for order in ORDERS {
        let host = host();
        let module = counter(&host);
        let mut instance = module.create("").expect("a counter");
        instance.keep("kept".to_owned()).expect("a call");
        let code = module
            .function::<fn() -> String>("code")
            .expect("the export");
        let (mut host, mut module) = (Some(host), Some(module));
        let (mut instance, mut code) = (Some(instance), Some(code));
        for gone in order {
            match gone {
                0 => drop(host.take()),
                1 => drop(module.take()),
                2 => drop(instance.take()),
                _ => drop(code.take()),
            }
            if let Some(host) = &host {
                assert_eq!(host.modules().len(), 1);
            }
            if let Some(module) = &module {
                assert_eq!(module.version(), "1.0.0");
                module.update(COUNTER.file("second")).expect("an update");
                module.create("").expect("a counter");
            }
            if let Some(instance) = &mut instance {
                instance.next().expect("a call");
                assert_eq!(instance.kept().expect("a call"), ["kept"]);
            }
            if let Some(code) = &code {
                let code = code.call().expect("a call");
                assert!(["first", "second"].contains(&&*code));
            }
        }
    }
}

/// Two threads that load one module: one succeeds, the other is told.
#[test]
fn one_of_two_loads_wins() {
    let host = host();
    let won: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| host.load::<dyn Counter>(COUNTER.file(BASE)).is_ok()))
            .collect();
        let won = threads.into_iter().map(|t| t.join().expect("a thread"));
        won.filter(|won| *won).count()
    });
    assert_eq!(won, 1);
    assert_eq!(host.modules().len(), 1);
}

/// Calls go on while versions come and go; each runs in one version or the other.
#[test]
fn calls_go_on_during_updates() {
    let host = host();
    let module = counter(&host);
    let code = module
        .function::<fn() -> String>("code")
        .expect("the export");
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..2)
            .map(|_| {
                let (code, module, done) = (code.clone(), module.clone(), &done);
                scope.spawn(move || {
                    let mut count = module.create("").expect("a counter");
                    let mut calls = 0;
                    while !done.load(std::sync::atomic::Ordering::Relaxed) {
                        calls += 1;
                        assert_eq!(count.next().expect("a call"), calls);
                        let code = code.call().expect("a call");
                        assert!(["first", "second"].contains(&&*code), "{code}");
                    }
                    calls
                })
            })
            .collect();
        for _ in 0..10 {
            module.update(COUNTER.file("second")).expect("an update");
            module.update(COUNTER.file(BASE)).expect("an update");
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        for caller in callers {
            assert!(caller.join().expect("a caller that ends well") > 0);
        }
    });
    assert_eq!(module.versions().len(), 2);
}

mod left {
    /// A type.
    #[derive(hotmod::StableState)]
    pub(super) struct Part(u32);
}

mod right {
    /// Another type, of the same id.
    #[derive(hotmod::StableState)]
    pub(super) struct Part(f32);
}

/// An interface that has both types.
#[hotmod::interface]
trait Counts {
    fn count(&self, left: left::Part, right: right::Part) -> u64;
}

/// A comparison by id could take one for the other.
#[test]
fn two_types_under_one_id_in_the_host_refuse_every_module() {
    let refusal = host().load::<dyn Counts>(COUNTER.file(BASE));
    let refusal = refusal.expect_err("a refusal");
    let [difference] = refusal.differences() else {
        panic!("{refusal}");
    };
    assert_eq!(difference.rule, Rule::AmbiguousId);
    assert_eq!(difference.was, "one type under each id");
    let said = refusal.to_string();
    for part in [
        "Counts, as the host was compiled, type Part",
        "hosts::left",
        "hosts::right",
    ] {
        assert!(said.contains(part), "{said}");
    }
}
