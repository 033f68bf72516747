//! Imports, on real modules: what a host provides is what they call, through any number of levels, and
//! a module that needs anything else is refused before any of it runs.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::thread;

use hotmod_host::describe::{Rule, Verdict};
use hotmod_host::{
    CallError, CreateError, Function, Host, HostBuilder, Module, Pool, PoolError, Refusal,
    RefusalStage, Untyped, UpdateOutcome, inspect,
};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::interfaces::relay::{Desk, Letter};
use hotmod_tests::relay;

#[path = "imports/levels.rs"]
mod levels;
#[path = "imports/refused.rs"]
mod refused;

static FILES: LazyLock<Built> = LazyLock::new(|| {
    let named = |name: &'static str| ("const CODE: &str = \"first\";", name);
    let newer = ("version: \"1.0.0\"", "version: \"1.1.0\"");
    Family::new("relay")
        .variant("second", &[newer, named("const CODE: &str = \"second\";")])
        .variant(
            "other",
            &[
                ("name: \"relay\"", "name: \"other\""),
                named("const CODE: &str = \"other\";"),
            ],
        )
        .variant(
            "grown",
            &[
                newer,
                named("const CODE: &str = \"grown\";"),
                (
                    "    letters: u64,\n",
                    "    letters: u64,\n    #[state(default = 0)]\n    stamps: u64,\n",
                ),
                (
                    "            letters: 0,\n",
                    "            letters: 0,\n            stamps: 0,\n",
                ),
            ],
        )
        .variant(
            "more",
            &[
                newer,
                (
                    "#[hotmod::import]\nfn nothing();",
                    "#[hotmod::import]\nfn nothing();\n\
                     #[hotmod::import]\nfn more(text: &str, loud: bool) -> String;\n\
                     #[hotmod::export]\npub fn say_more(text: &str) -> String { more(text, true) }",
                ),
            ],
        )
        .variant(
            "fewer",
            &[
                newer,
                ("#[hotmod::import]\nfn nothing();", "fn nothing() {}"),
            ],
        )
        .variant(
            "another-result",
            &[
                newer,
                (
                    "fn fail(text: &str) -> u32;",
                    "fn fail(text: &str) -> bool;",
                ),
                ("fail(text) + 1", "u32::from(fail(text)) + 1"),
            ],
        )
        .variant(
            "another-argument",
            &[
                newer,
                ("fn note(text: &str);", "fn note(text: &[u8]);"),
                ("note(\"updating\")", "note(\"updating\".as_bytes())"),
                (
                    "    note(\"everything\");\n    said",
                    "    note(\"everything\".as_bytes());\n    said",
                ),
                ("note(&format!(\"{} goes\", self.text))", "note(format!(\"{} goes\", self.text).as_bytes())"),
                ("note(&format!(\"open {config}\"))", "note(format!(\"open {config}\").as_bytes())"),
                ("note(to);", "note(to.as_bytes());"),
                ("note(CODE);", "note(CODE.as_bytes());"),
                ("note(\"migrated\")", "note(\"migrated\".as_bytes())"),
                ("library::tell(\"everything\");", ""),
                ("/// Tells the host something; a crate that this one depends on declares it too.\n", ""),
            ],
        )
        .variant(
            "constructor",
            &[(
                "#[hotmod::import]\nfn nothing();",
                "#[hotmod::import]\nfn nothing();\n\n\
                 static EARLY: std::sync::atomic::AtomicBool = \
                 std::sync::atomic::AtomicBool::new(false);\n\n\
                 #[hotmod::export]\npub fn early() -> bool {\n    \
                 EARLY.load(std::sync::atomic::Ordering::Relaxed)\n}\n\n\
                 #[used]\n#[unsafe(link_section = \".init_array\")]\n\
                 static RUNS: extern \"C\" fn() = {\n    extern \"C\" fn run() {\n        \
                 // The usual hook would keep what it finds for a backtrace.\n        \
                 std::panic::set_hook(Box::new(|_| {}));\n        \
                 let panics = catch_unwind(nothing).is_err();\n        \
                 EARLY.store(panics, std::sync::atomic::Ordering::Relaxed);\n    \
                 }\n    run\n};",
            )],
        )
        .variant(
            "another-letter",
            &[newer, ("    pub grams: u64,", "    pub grams: u32,")],
        )
        .build()
});

/// What happened, in its order.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, text: &str) {
        self.0.lock().expect("the notes").push(text.to_owned());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("the notes"))
    }
}

/// A host that provides all that the module needs.
fn builder(notes: &Notes) -> HostBuilder {
    let notes = notes.clone();
    relay::builder(move |text| notes.add(text))
}

fn host(notes: &Notes) -> Host {
    builder(notes).build().expect("a host")
}

fn load(host: &Host, file: impl AsRef<Path>) -> Module<Untyped> {
    let module = host.load_untyped(file);
    module.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn function<F: hotmod_host::Signature>(module: &Module<Untyped>, name: &str) -> Function<F> {
    let function = module.function::<F>(name);
    function.unwrap_or_else(|refusal| panic!("{refusal}"))
}

#[test]
fn arguments_and_results_of_every_form_arrive() {
    let notes = Notes::default();
    let module = load(&host(&notes), FILES.file(BASE));
    let everything = function::<fn() -> Vec<String>>(&module, "everything");
    assert_eq!(
        everything.call().expect("a call"),
        [
            "ada 21 [1, 2, 7]",
            "too heavy for ada and für 🎁",
            "[1, 4, 6]",
            "3 Some(\"b\")",
            "3 Some(\"c\")",
            "1 b true 5 e [5, 6] g Some(\"h\")",
            "5",
        ]
    );
    assert_eq!(notes.take(), ["library: everything", "everything"]);
}

#[test]
fn the_manifest_says_what_the_host_must_provide() {
    let inspected = inspect(FILES.file(BASE)).unwrap_or_else(|refusal| panic!("{refusal}"));
    let imports = inspected.manifest().imports.values();
    let said: Vec<_> = imports
        .map(|import| (import.signature.to_string(), import.symbols.len()))
        .collect();
    let said: Vec<_> = said.iter().map(|(text, n)| (text.as_str(), *n)).collect();
    assert_eq!(
        said,
        [
            (
                "fn deliver(letter: &Letter, stamps: &mut Vec<u16>, names: &[String]) -> \
                 Result<Letter, String>",
                1
            ),
            ("fn double(numbers: &mut [u64])", 1),
            (
                "fn eight(a: u8, b: &str, c: bool, d: &mut u64, e: String, f: &[u16], g: char, \
                 h: Option<&str>) -> String",
                1
            ),
            ("fn fail(text: &str) -> u32", 1),
            ("fn go_on(depth: u32, trail: Vec<String>) -> Vec<String>", 1),
            (
                "fn letters(by_value: Vec<Letter>, first: Option<Letter>) -> \
                 (u64, Option<Letter>)",
                1
            ),
            // By the module and by the crate that it depends on.
            ("fn note(text: &str)", 2),
            ("fn nothing()", 1),
        ]
    );
}

#[test]
fn an_init_a_method_and_a_destructor_call_the_host() {
    let notes = Notes::default();
    let module = host(&notes).load::<dyn Desk>(FILES.file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    match module.create("").expect_err("no config") {
        CreateError::Init { message, .. } => assert_eq!(message, "no config"),
        other => panic!("{other}"),
    }
    let mut desk = module.create("a desk").expect("a desk");
    assert_eq!(desk.pass("ada").expect("a call"), 1);
    assert_eq!(desk.code().expect("a call"), "first");
    drop(desk);
    assert_eq!(
        notes.take(),
        ["open ", "open a desk", "ada", "first", "a desk goes"]
    );
}

#[test]
fn a_migration_calls_the_host() {
    let notes = Notes::default();
    let module = host(&notes).load::<dyn Desk>(FILES.file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut desk = module.create("a desk").expect("a desk");
    desk.pass("ada").expect("a call");
    let update = module.update(FILES.file("grown"));
    let update = update.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(update.verdict, Verdict::Migrate);
    assert_eq!(desk.pass("grace").expect("a call"), 2);
    assert_eq!(desk.version(), "1.1.0");
    assert_eq!(desk.code().expect("a call"), "grown");
    assert_eq!(
        notes.take(),
        ["open a desk", "ada", "migrated", "grace", "grown"]
    );
}

#[test]
fn two_hosts_provide_one_file_with_functions_of_their_own() {
    let (left, right) = (Notes::default(), Notes::default());
    let modules = [&left, &right].map(|notes| load(&host(notes), FILES.file(BASE)));
    let told = modules.map(|module| {
        let call = function::<fn() -> String>(&module, "code_after_note");
        call.call().expect("a call")
    });
    assert_eq!(told, ["first first", "first first"]);
    assert_eq!(left.take(), ["updating"]);
    assert_eq!(right.take(), ["updating"]);
}

#[test]
fn what_is_provided_last_under_a_name_is_called() {
    let notes = Notes::default();
    let host = builder(&notes)
        .provide("fail", |text: &str| text.len() as u32)
        .build()
        .expect("a host");
    let failing = function::<fn(&str) -> u32>(&load(&host, FILES.file(BASE)), "failing");
    assert_eq!(failing.call("four").expect("a call"), 5);
}

#[test]
fn threads_call_the_host_at_once() {
    const THREADS: u32 = 4;
    const CALLS: u32 = 10_000;
    let counted = Arc::new(AtomicU32::new(0));
    let count = counted.clone();
    let host = builder(&Notes::default())
        .provide("fail", move |_: &str| {
            // Relaxed: a count, read when the threads have ended.
            count.fetch_add(1, Ordering::Relaxed)
        })
        .build()
        .expect("a host");
    let failing = function::<fn(&str) -> u32>(&load(&host, FILES.file(BASE)), "failing");
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..CALLS {
                    assert_ne!(failing.call("x").expect("a call"), 0);
                }
            });
        }
    });
    assert_eq!(counted.load(Ordering::Relaxed), THREADS * CALLS);
}

#[test]
fn a_function_outlives_its_host() {
    let notes = Notes::default();
    let host = host(&notes);
    let module = load(&host, FILES.file(BASE));
    let code = function::<fn() -> String>(&module, "code_after_note");
    drop((host, module));
    assert_eq!(code.call().expect("a call"), "first first");
    assert_eq!(notes.take(), ["updating"]);
}

#[test]
fn what_no_module_was_given_goes_with_its_host() {
    let kept = Arc::new(());
    let weak = Arc::downgrade(&kept);
    let host = builder(&Notes::default())
        .provide("unused", move || {
            let _kept = &kept;
        })
        .build()
        .expect("a host");
    load(&host, FILES.file(BASE));
    assert!(weak.upgrade().is_some());
    drop(host);
    assert!(weak.upgrade().is_none());
}
