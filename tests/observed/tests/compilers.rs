//! Modules of other compilers, under this host: what they await, run, forward, hand over and panic with. Each is tried with a
//! nightly compiler and with that of the distribution, where the machine has them.
#![allow(missing_docs, reason = "a test")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hotmod_host::{
    AsyncFunction, CallError, Host, HostBuilder, Module, NeededFor, Signature, Untyped,
};
use hotmod_tests::compiler::OTHERS;
use hotmod_tests::doors::Doors;
use hotmod_tests::fixture::{BASE, Edit, Family};
use hotmod_tests::interfaces::shop::{Shop, Till};
use log::kv::{self, Key, Value as LogValue, VisitSource};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::Value;
use tokio::runtime::Handle;

const NEWER: &[Edit] = &[
    ("version: \"1.0.0\"", "version: \"1.1.0\""),
    ("\"1.0.0\".to_owned()", "\"1.1.0\".to_owned()"),
];

fn load(host: HostBuilder, file: PathBuf) -> Module<Untyped> {
    let host = host.build().expect("a host");
    let module = host.load_untyped(file);
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let build = module.manifest().build.clone().expect("a build");
    assert_ne!(build.rustc, hotmod::root::RUSTC);
    module
}

fn export<F: Signature>(module: &Module<Untyped>, name: &str) -> AsyncFunction<F> {
    let export = module.async_function(name);
    export.unwrap_or_else(|refusal| panic!("{refusal}"))
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

/// A variant of a family, built by another compiler.
fn built_by(rustc: &Path, family: Family, variant: &str) -> PathBuf {
    family.compiler(rustc.to_owned()).build().file(variant)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_awaited_and_run_is_the_same_under_every_compiler() {
    for rustc in &*OTHERS {
        awaits_and_runs(rustc).await;
    }
}

async fn awaits_and_runs(rustc: &Path) {
    let family = || Family::new("running").variant("compiled-newer", NEWER);
    let module = load(
        Host::builder().tokio(Handle::current()),
        built_by(rustc, family(), BASE),
    );
    let within = export::<fn(u64, u64) -> Result<u64, String>>(&module, "within");
    assert_eq!(within.call(1, 60_000).await, Ok(Ok(1)));
    let over = within.call(60_000, 1).await.expect("a call");
    assert!(over.is_err_and(|it| it.contains("the time was over")));
    let rest = export::<fn(&[u64]) -> Result<u64, String>>(&module, "rest_together");
    assert_eq!(rest.call(&[1, 2, 3]).await, Ok(Ok(6)));
    let fails = export::<fn() -> String>(&module, "fails");
    let text = "the spawned future panicked: it was too much";
    assert_eq!(fails.call().await, Ok(text.to_owned()));
    let version = export::<fn(u64) -> String>(&module, "version_after");
    let version = Arc::new(version);
    let waiting = version.clone();
    let waits = tokio::spawn(async move { waiting.call(300).await });
    until(|| {
        module.versions()[0]
            .needed
            .contains(&NeededFor::Suspended(1))
    })
    .await;
    // To this host's own compiler.
    let updated = module.update(family().build().file("compiled-newer"));
    updated.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(version.call(1).await, Ok("1.1.0".to_owned()));
    assert_eq!(waits.await.expect("no panic"), Ok("1.0.0".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_hand_over_from_compiler_to_compiler() {
    for rustc in &*OTHERS {
        hands_over(rustc).await;
    }
}

async fn hands_over(rustc: &Path) {
    let family = || {
        let edits = [
            ("version: \"1.0.0\"", "version: \"1.1.0\""),
            ("Held(\"1.0.0\")", "Held(\"1.1.0\")"),
            ("\"1.0.0\".to_owned()", "\"1.1.0\".to_owned()"),
            ("beats: u32", "beats: u64"),
            (
                "/// Says which version answers.",
                "#[hotmod::every(\"1ms\")]\nfn tick() {\n    tell(\"tick\");\n}\n",
            ),
        ];
        Family::new("feeding").variant("compiled", &edits)
    };
    let told = Arc::<Mutex<Vec<String>>>::default();
    let tell = told.clone();
    let host = Host::builder()
        .tokio(Handle::current())
        .provide("tell", move |text: &str| {
            tell.lock().expect("no panic").push(text.to_owned());
        });
    let module = load(host, built_by(rustc, family(), BASE));
    let is_told = |text: &str| told.lock().expect("no panic").iter().any(|it| it == text);
    until(|| is_told("3 beats")).await;
    let updated = module.update(family().build().file("compiled"));
    updated.unwrap_or_else(|refusal| panic!("{refusal}"));
    until(|| is_told("1.0.0 1.1.0 begins") && is_told("6 beats") && is_told("tick")).await;
    module.rollback().expect("a way back");
    until(|| is_told("1.0.0 1.1.0 1.0.0 begins") && is_told("9 beats")).await;
}

#[test]
fn what_is_traced_is_the_same_under_every_compiler() {
    for rustc in &*OTHERS {
        traces(rustc);
    }
}

fn traces(rustc: &Path) {
    let family = Family::new("traced").feature("tracing").depends(
        r#"tracing = { version = "0.1", default-features = false, features = ["attributes", "std"] }"#,
    );
    let host = Host::builder().provide("call_back", |text: &str| tracing::info!("back: {text}"));
    let written = Arc::<Mutex<Vec<u8>>>::default();
    let into = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || Written(into.clone()))
        .finish();
    let file = built_by(rustc, family, BASE);
    tracing::subscriber::with_default(subscriber, || {
        let module = load(host, file);
        let sell = module.function::<fn(&str, u64) -> u64>("sell");
        sell.expect("the export").call("ada", 3).expect("a call");
    });
    let written = String::from_utf8(written.lock().expect("no panic").clone());
    let written = written.expect("JSON is text");
    let lines = written
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let lines: Vec<Value> = lines.collect();
    let with = |text: &str| {
        let mut lines = lines.iter();
        lines
            .find(|it| it["fields"]["message"] == text)
            .expect("an event")
    };
    let sold = with("sold 3 to ada");
    assert_eq!(sold["fields"]["change"], -4);
    assert_eq!(sold["span"]["who"], "ada");
    assert_eq!(with("back: ada")["span"]["name"], "sell");
}

struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn methods_are_awaited_and_states_taken_along_from_compiler_to_compiler() {
    for rustc in &*OTHERS {
        shops(rustc).await;
    }
}

async fn shops(rustc: &Path) {
    let family = || {
        Family::new("shop").variant(
            "compiled",
            &[
                ("version: \"1.0.0\"", "version: \"2.0.0\""),
                ("CODE: u32 = 1", "CODE: u32 = 2"),
                ("count: u64,\n}", "count: u128,\n}"),
            ],
        )
    };
    let doors = Doors::default();
    let host = || {
        let through = doors.clone();
        let host = Host::builder()
            .provide_async("door", move |name: String| {
                let door = through.through(name);
                async move {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    door.await;
                }
            })
            .provide_async("come_back", |way: String| async move { way });
        host.build().expect("a host")
    };
    let module = host().load::<dyn Shop>(built_by(rustc, family(), BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let pool = Arc::new(module.pool::<u64>());
    pool.create(7, "").unwrap_or_else(|error| panic!("{error}"));
    let buying = tokio::spawn({
        let (pool, who) = (pool.clone(), "ada".to_owned());
        async move {
            pool.call_async(&7, async |shop| shop.buy(&who, 3, "front").await)
                .await
        }
    });
    until(|| doors.waiting("front") == 1).await;
    let updated = module.update(family().build().file("compiled"));
    updated.unwrap_or_else(|refusal| panic!("{refusal}"));
    doors.open("front");
    let bought = buying.await.expect("no panic").expect("a call");
    assert_eq!(bought, Ok(1));
    let buyer = pool.call_shared_async(&7, async |shop| shop.buyer(3, "front").await);
    assert_eq!(buyer.await.expect("a call"), Some("ada".to_owned()));
    assert_eq!(pool.call(&7, |shop| shop.code()).expect("a call"), 2);

    // And what stays on its thread.
    let till = host().load::<dyn Till>(built_by(rustc, family(), BASE));
    let till = till.unwrap_or_else(|refusal| panic!("{refusal}"));
    let local = tokio::task::LocalSet::new();
    let counted = local.run_until(async {
        let mut till = till.create("").expect("a till");
        tokio::task::spawn_local(async move { till.count(5, "front").await }).await
    });
    assert_eq!(counted.await.expect("no panic"), Ok(5));
}

/// The records that reached the host's logger, which tests share.
static RECORDS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Records;

impl log::Log for Records {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        struct Pairs(String);
        impl<'kvs> VisitSource<'kvs> for Pairs {
            fn visit_pair(
                &mut self,
                key: Key<'kvs>,
                value: LogValue<'kvs>,
            ) -> Result<(), kv::Error> {
                self.0.push_str(&format!(" {key}={value}"));
                Ok(())
            }
        }
        let mut pairs = Pairs(format!(
            "{} {} {}",
            record.level(),
            record.target(),
            record.args()
        ));
        record
            .key_values()
            .visit(&mut pairs)
            .expect("it is written");
        RECORDS.lock().expect("no panic").push(pairs.0);
    }

    fn flush(&self) {}
}

#[test]
fn what_is_logged_is_the_same_under_every_compiler() {
    log::set_boxed_logger(Box::new(Records)).expect("the only logger");
    log::set_max_level(log::LevelFilter::Info);
    for rustc in &*OTHERS {
        let family = Family::new("observed")
            .feature("log")
            .depends(r#"log = { version = "0.4", features = ["kv"] }"#);
        let host = Host::builder().provide("call_back", |_: &str| {});
        let module = load(host, built_by(rustc, family, BASE));
        let logs = module.function::<fn(&str)>("log_everything");
        logs.expect("the export").call("ada").expect("a call");
        let records = std::mem::take(&mut *RECORDS.lock().expect("no panic"));
        let sold = records
            .iter()
            .find(|it| it.starts_with("INFO shop::sales sold to ada "));
        let sold = sold.unwrap_or_else(|| panic!("{records:?}"));
        for pair in [
            "count=3",
            "change=-4",
            "ratio=0.5",
            "fine=true",
            "who=ada",
            "module=observed",
            "version=1.0.0",
        ] {
            assert!(sold.contains(pair), "`{pair}`: {sold}");
        }
    }
}

#[test]
fn what_is_counted_is_the_same_under_every_compiler() {
    let recorder = PrometheusBuilder::new().install_recorder();
    let recorder = recorder.expect("the first recorder");
    let mut sold = 0;
    for rustc in &*OTHERS {
        let family = || {
            Family::new("counted")
                .feature("metrics")
                .depends(r#"metrics = "0.24""#)
                .variant("compiled", &[("version: \"1.0.0\"", "version: \"1.1.0\"")])
        };
        let module = load(Host::builder(), built_by(rustc, family(), BASE));
        let sell = module
            .function::<fn(u64, f64, f64)>("sell")
            .expect("the export");
        sell.call(3, 10.0, 0.5).expect("a call");
        let updated = module.update(family().build().file("compiled"));
        updated.unwrap_or_else(|refusal| panic!("{refusal}"));
        sell.call(4, 20.0, 1.5).expect("a call");
        sold += 7;
        let shown = recorder.render();
        for line in [
            &*format!("sales {sold}"),
            "stock 22",
            "sales_by_shop{shop=\"north\"} 7",
        ] {
            assert!(shown.lines().any(|it| it == line), "`{line}`:\n{shown}");
        }
    }
}

#[tokio::test]
async fn panics_are_told_with_their_places_under_every_compiler() {
    for rustc in &*OTHERS {
        let file = built_by(rustc, Family::new("awaited"), BASE);
        let module = load(Host::builder(), file);
        let open = module
            .function::<fn(u32) -> usize>("open")
            .expect("the export");
        let panics = export::<fn(u32, &str) -> u32>(&module, "panic_behind");
        open.call(1).expect("a call");
        let error = panics.call(1, "dark").await.expect_err("a panic");
        let CallError::Panicked(panicked) = &error else {
            panic!("{error}");
        };
        assert_eq!(
            (&*panicked.export, &*panicked.message),
            ("panic_behind", "it was dark")
        );
        let location = panicked.location.as_ref().expect("a place");
        assert!(
            location.file.ends_with(".rs") && location.line > 0,
            "{location}"
        );
        let plain = module
            .function::<fn(&str) -> String>("plain")
            .expect("the export");
        for _ in 0..3 {
            plain.call("").expect_err("a panic");
        }
        let told = module.panics().to_string();
        assert!(
            told.contains("3×") && told.contains("there is no text"),
            "{told}"
        );
    }
}
