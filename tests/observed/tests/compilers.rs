//! Modules of another compiler, under this host: what they await, run, forward and hand over.
#![allow(missing_docs, reason = "a test")]

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hotmod_host::{AsyncFunction, Host, HostBuilder, Module, NeededFor, Signature, Untyped};
use hotmod_tests::compiler::OTHER;
use hotmod_tests::fixture::{BASE, Edit, Family};
use serde_json::Value;
use tokio::runtime::Handle;

const NEWER: &[Edit] = &[
    ("version: \"1.0.0\"", "version: \"1.1.0\""),
    ("\"1.0.0\".to_owned()", "\"1.1.0\".to_owned()"),
];

/// A variant of a family, built by the other compiler; nothing where there is none.
macro_rules! built_there {
    ($family:expr, $variant:expr) => {
        match &*OTHER {
            Some(rustc) => $family.compiler(rustc.clone()).build().file($variant),
            None => return,
        }
    };
}

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_awaited_and_run_is_the_same_under_every_compiler() {
    let family = || Family::new("running").variant("compiled-newer", NEWER);
    let module = load(
        Host::builder().tokio(Handle::current()),
        built_there!(family(), BASE),
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
    let module = load(host, built_there!(family(), BASE));
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
    let file = built_there!(family, BASE);
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
