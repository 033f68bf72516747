//! The same modules under the same calls, linked into this executable and loaded from files: nothing differs but how they
//! come to their host.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hotmod_host::describe::Rule;
use hotmod_host::{
    CallError, CanaryOptions, Host, Module, Pool, ShadowOptions, Snapshot, Untyped, testing,
};
use linked_interface::{Shop, Till};
use tempfile::TempDir;

/// How modules come to their host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comes {
    Linked,
    Loaded,
}

const BOTH: [Comes; 2] = [Comes::Linked, Comes::Loaded];

/// A host with both modules, and what those told it.
struct Market {
    host: Host,
    till: Module<Untyped>,
    shop: Module<Untyped>,
    told: Arc<Mutex<Vec<String>>>,
    _resources: TempDir,
}

fn built(package: &str) -> std::path::PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join(package);
    testing::build_of(package).expect("a module")
}

impl Market {
    fn new(comes: Comes) -> Self {
        Market::asking([comes; 2], 3)
    }

    /// One in which everything costs so much.
    fn asking([till, shop]: [Comes; 2], price: u32) -> Self {
        let resources = tempfile::tempdir().expect("a directory");
        fs::write(resources.path().join("price.txt"), price.to_string()).expect("a file");
        let told = Arc::<Mutex<Vec<String>>>::default();
        let hears = told.clone();
        let host = Host::builder()
            .provide("tell", move |text: &str| -> usize {
                let mut told = hears.lock().expect("no panic");
                told.push(text.to_owned());
                told.len()
            })
            .provide("rate", |worth: u32| -> Result<u32, String> {
                match worth {
                    13 => panic!("thirteen"),
                    worth => Ok(worth * 2),
                }
            });
        let host = host.resource_dir(resources.path());
        let host = host.build().expect("a host");
        let till = match till {
            Comes::Linked => host.link_untyped(linked_till::module()),
            Comes::Loaded => host.load_untyped(built("till")),
        };
        let shop = match shop {
            Comes::Linked => host.link_untyped(linked_shop::module()),
            Comes::Loaded => host.load_untyped(built("shop")),
        };
        Market {
            host,
            till: till.expect("a till"),
            shop: shop.expect("a shop"),
            told,
            _resources: resources,
        }
    }

    fn tills(&self) -> Module<dyn Till> {
        self.till.interface().expect("tills")
    }

    fn shops(&self) -> Module<dyn Shop> {
        self.shop.interface().expect("shops")
    }

    fn asks(&self) -> u32 {
        let asks = self.shops().function::<fn() -> u32>("asks");
        asks.expect("a function").call().expect("a price")
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().expect("no panic").clone()
    }
}

/// All that came of it, in words.
fn scenario(comes: [Comes; 2]) -> Vec<String> {
    let mut came = Vec::new();
    let market = Market::asking(comes, 3);
    let (tills, shops) = (market.tills(), market.shops());

    let mut till = tills.create("ada").expect("a till");
    came.push(format!(
        "{:?}",
        tills.create("").map(|_| ()).map_err(|it| it.to_string())
    ));
    came.push(format!("{:?}", till.put(5)));
    came.push(format!("{:?}", till.put(0)));
    came.push(format!("{:?} {:?}", till.total(), till.label()));
    for panicked in [till.jam("a spoon"), till.put(13).map(|_| ())] {
        let CallError::Panicked(panicked) = panicked.expect_err("a panic") else {
            panic!("no panic");
        };
        let file = panicked.location.map(|it| it.file);
        let file = file.map(|it| it.rsplit('/').next().map(str::to_owned));
        came.push(format!("{}, {file:?}", panicked.message));
    }
    let change = tills.function::<fn(u32, u32) -> Option<u32>>("change");
    let change = change.expect("a function");
    came.push(format!("{:?} {:?}", change.call(7, 5), change.call(5, 7)));

    let pool = Pool::builder(&tills).name("tills").build().expect("a pool");
    pool.insert(7_u64, tills.create("the shop").expect("a till"))
        .expect("room");
    let mut shop = shops.create("").expect("a shop");
    came.push(format!("{:?}", shop.sell(4)));
    came.push(format!("{:?}", shop.sell(40)));
    came.push(format!("{:?}", shop.sold()));
    came.push(format!("{:?}", pool.call(&7, |till| till.total())));
    came.push(format!(
        "{}",
        till.inspect("coins").expect("inspected").value
    ));

    let deadline = Instant::now() + Duration::from_secs(60);
    while pool.call(&7, |till| till.rings()).expect("a call") == 0 {
        assert!(Instant::now() < deadline, "its bell does not ring");
        thread::yield_now();
    }
    came.push(market.asks().to_string());
    let panics = market.till.panics();
    let panics = panics.places.iter().map(|it| {
        let file = it
            .location
            .file
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        format!("{} in {} at {file}: {}", it.count, it.version, it.message)
    });
    came.extend(panics);
    came.extend(market.told());
    let manifest = market.till.manifest();
    came.push(format!(
        "{:?} {:?}",
        manifest.types, manifest.implementations
    ));
    came
}

#[test]
fn a_module_that_is_linked_does_what_it_does_when_it_is_loaded() {
    let loaded = scenario([Comes::Loaded; 2]);
    assert_eq!(scenario([Comes::Linked; 2]), loaded);
    // One beside the other.
    assert_eq!(scenario([Comes::Linked, Comes::Loaded]), loaded);
    assert_eq!(scenario([Comes::Loaded, Comes::Linked]), loaded);
}

#[test]
fn a_snapshot_of_a_linked_module_is_restored_to_a_loaded_one_and_the_other_way_round() {
    let directory = tempfile::tempdir().expect("a directory");
    for (from, to) in [(BOTH[0], BOTH[1]), (BOTH[1], BOTH[0])] {
        let file = directory.path().join(format!("{from:?}"));
        let market = Market::new(from);
        let tills = market.tills();
        let pool = Pool::builder(&tills).name("tills").build().expect("a pool");
        let mut till = tills.create("ada").expect("a till");
        till.put(5).expect("a call").expect("a coin");
        pool.insert(7_u64, till).expect("room");
        market.host.snapshot(&file).expect("a snapshot");

        let market = Market::new(to);
        let pool = Pool::<u64, dyn Till>::builder(&market.tills())
            .name("tills")
            .build();
        let pool = pool.expect("a pool");
        let report = pool
            .restore(&Snapshot::open(&file).expect("a snapshot"))
            .expect("restored");
        assert_eq!(report.restored, 1, "{from:?} to {to:?}: {report:?}");
        let total = pool.call(&7, |till| till.total()).expect("a call");
        let label = pool.call(&7, |till| till.label()).expect("a call");
        assert_eq!((total, label.as_str()), (10, "ada's"), "{from:?} to {to:?}");
    }
}

#[test]
fn what_would_replace_a_linked_module_is_refused_with_the_reason() {
    let market = Market::new(Comes::Linked);
    let tills = market.tills();
    let pool = Pool::builder(&tills).name("tills").build().expect("a pool");
    pool.insert(1_u64, tills.create("ada").expect("a till"))
        .expect("room");
    let file = built("till");
    let refusals = [
        tills.update(&file).map(|_| ()),
        tills.plan_update(&file).map(|_| ()),
        tills.rehearse(&file, &Default::default()).map(|_| ()),
        tills
            .request_update(&file)
            .wait()
            .map(|_| ())
            .map_err(|it| (*it).clone()),
        tills.rollback().map(|_| ()),
        market
            .host
            .update_all([(&tills, &file)], &Default::default())
            .map(|_| ()),
        pool.canary(&file, CanaryOptions::percent(10.0)).map(|_| ()),
        tills.shadow(&file, ShadowOptions::every(1)).map(|_| ()),
        tills.candidate(&file).map(|_| ()),
    ];
    for (number, refusal) in refusals.into_iter().enumerate() {
        let refusal = refusal.expect_err("it is linked");
        let rules: Vec<Rule> = refusal.differences().iter().map(|it| it.rule).collect();
        assert_eq!(rules, [Rule::Linked], "{number}: {refusal}");
        assert!(refusal.to_string().contains("`Host::load`"), "{refusal}");
    }
    assert_eq!(tills.version(), "1.0.0");
}

#[test]
fn a_module_is_linked_once_and_loaded_no_more() {
    let market = Market::new(Comes::Linked);
    let again = market.host.link::<dyn Till>(linked_till::module());
    let loaded = market.host.load::<dyn Till>(built("till"));
    for refusal in [again.expect_err("twice"), loaded.expect_err("twice")] {
        assert_eq!(
            refusal.differences()[0].rule,
            Rule::AlreadyLoaded,
            "{refusal}"
        );
    }
}

#[test]
fn a_library_that_was_built_to_be_linked_is_refused_with_the_cure() {
    // Cargo has made it beside what this test links.
    let test = std::env::current_exe().expect("a path");
    let file = test.with_file_name("liblinked_till.so");
    let loaded = Host::builder().build().expect("a host").load_untyped(&file);
    // `cargo hotmod inspect` and `check` read it so.
    let inspected = hotmod_host::inspect(&file);
    for refusal in [
        loaded.expect_err("it has no root"),
        inspected.expect_err("it has no root"),
    ] {
        let rules: Vec<Rule> = refusal.differences().iter().map(|it| it.rule).collect();
        assert_eq!(rules, [Rule::BuiltToLink], "{refusal}");
        let text = refusal.to_string();
        assert!(text.contains("cargo build -p NAME"), "{text}");
    }
}

#[test]
fn what_a_linked_module_needs_is_refused_before_anything_of_it_runs() {
    let host = Host::builder().build().expect("a host");
    let refusal = host.link::<dyn Till>(linked_till::module());
    let refusal = refusal.expect_err("nothing is provided");
    let mut rules = refusal.differences().iter().map(|it| it.rule);
    assert!(rules.any(|it| it == Rule::ImportMissing), "{refusal}");
    let other = Host::builder().provide("tell", |_: &str| 0_usize).build();
    let refusal = other
        .expect("a host")
        .link::<dyn Shop>(linked_till::module());
    refusal.expect_err("another interface");
}

/// Whatever other tests of this process do meanwhile.
#[test]
fn each_host_of_a_process_hears_what_its_own_modules_tell() {
    let told = thread::scope(|scope| {
        let hosts = (0..8_u32).map(|number| {
            scope.spawn(move || {
                let market = Market::asking([Comes::Linked; 2], number);
                let mut till = market.tills().create(&format!("{number}")).expect("a till");
                // Not thirteen.
                for worth in 21..=70 {
                    till.put(worth).expect("a call").expect("a coin");
                }
                assert_eq!(market.asks(), number);
                (number, market.told())
            })
        });
        let hosts: Vec<_> = hosts.collect();
        hosts
            .into_iter()
            .map(|it| it.join().expect("no panic"))
            .collect::<Vec<_>>()
    });
    for (number, told) in told {
        let own = told
            .iter()
            .filter(|it| it.starts_with(&format!("{number} has ")));
        assert_eq!((told.len(), own.count()), (52, 50), "{told:?}");
    }
}

#[test]
fn a_panic_in_a_linked_module_has_a_backtrace_of_the_modules_code() {
    const ASKED: &str = "RUST_BACKTRACE";
    if std::env::var_os(ASKED).is_none_or(|it| it != "1") {
        let name = "a_panic_in_a_linked_module_has_a_backtrace_of_the_modules_code";
        let test = std::env::current_exe().expect("a path");
        let again = std::process::Command::new(test)
            .args([name, "--exact"])
            .env(ASKED, "1")
            .output();
        let again = again.expect("a process");
        assert!(
            again.status.success(),
            "{}",
            String::from_utf8_lossy(&again.stdout)
        );
        return;
    }
    let market = Market::new(Comes::Linked);
    let mut till = market.tills().create("ada").expect("a till");
    let CallError::Panicked(panicked) = till.jam("a spoon").expect_err("a panic") else {
        panic!("no panic");
    };
    let backtrace = panicked.backtrace.expect("a backtrace").to_string();
    assert!(backtrace.contains("jam"), "{backtrace}");
    assert!(!backtrace.contains("a_panic_in_a_linked"), "{backtrace}");
}
