//! What modules trace arrives at the host's subscriber: `tracing-subscriber`, with its JSON format and its filters.
#![allow(missing_docs, reason = "a test")]

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

use hotmod_host::{Host, Module, Untyped};
use hotmod_tests::fixture::{BASE, Built, Family};
use serde_json::{Value, json};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber, info_span};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

static BUILT: LazyLock<Built> = LazyLock::new(|| {
    Family::new("traced")
        .feature("tracing")
        .depends(
            r#"tracing = { version = "0.1", default-features = false, features = ["attributes", "std"] }"#,
        )
        .variant("newer", &[("version: \"1.0.0\"", "version: \"1.1.0\"")])
        .build()
});

static WRITTEN: Mutex<String> = Mutex::new(String::new());
static SPANS: Mutex<Vec<(String, u64)>> = Mutex::new(Vec::new());
static CALLED: OnceLock<Module<Untyped>> = OnceLock::new();

fn lock<T>(all: &Mutex<T>) -> MutexGuard<'_, T> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The events whose message holds this text. Tests share the subscriber.
fn events(text: &str) -> Vec<Value> {
    let written = lock(&WRITTEN).clone();
    let events = written.lines().map(serde_json::from_str);
    let events = events.map(|it: Result<Value, _>| it.expect("a line of JSON"));
    let has_text = |event: &Value| {
        let message = event["fields"]["message"].as_str();
        message.is_some_and(|it| it.contains(text))
    };
    events.filter(has_text).collect()
}

/// The only event with this text.
fn event(text: &str) -> Value {
    let events = events(text);
    let [event] = &events[..] else {
        panic!("`{text}`: {events:#?}");
    };
    event.clone()
}

struct Buffer;

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&WRITTEN).push_str(str::from_utf8(bytes).expect("JSON is text"));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Does what the target of an event asks for.
struct Misbehaving;

impl<S: Subscriber> Layer<S> for Misbehaving {
    fn on_new_span(&self, span: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let name = span.metadata().name().to_owned();
        lock(&SPANS).push((name, id.into_u64()));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        match event.metadata().target() {
            "panics" => panic!("the layer fails"),
            "calls" => {
                let module = CALLED.get().expect("the module");
                call(module, "apart", "from within");
            }
            _ => {}
        }
    }
}

static FILTER: LazyLock<reload::Handle<EnvFilter, Registry>> = LazyLock::new(|| {
    let (filter, handle) = reload::Layer::new(EnvFilter::new("info"));
    tracing_subscriber::registry()
        .with(filter)
        .with(fmt::layer().json().with_writer(|| Buffer))
        .with(Misbehaving)
        .init();
    handle
});

/// Tests that change the filter, and such that must not see that.
static FILTERED: Mutex<()> = Mutex::new(());

fn host() -> Host {
    LazyLock::force(&FILTER);
    Host::builder()
        .provide("call_back", |text: &str| tracing::info!("back: {text}"))
        .build()
        .expect("a host")
}

fn load(host: &Host, file: PathBuf) -> Module<Untyped> {
    host.load_untyped(file)
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn call(module: &Module<Untyped>, function: &str, text: &str) {
    let function = module.function::<fn(&str)>(function).expect("the export");
    function.call(text).expect("a call");
}

fn sell(module: &Module<Untyped>, who: &str) -> u64 {
    let sell = module.function::<fn(&str, u64) -> u64>("sell");
    let sell = sell.unwrap_or_else(|refusal| panic!("{refusal}"));
    sell.call(who, 3).expect("a call")
}

#[test]
fn one_trace_leads_through_host_module_and_import() {
    let _filtered = lock(&FILTERED);
    let host = host();
    let module = load(&host, BUILT.file(BASE));
    assert!(module.forwarding().tracing);
    assert!(!events("1.0.0 is set up").is_empty());
    let request = info_span!("request", number = 1);
    let span = request.in_scope(|| sell(&module, "ada"));
    assert!(lock(&SPANS).contains(&("sell".to_owned(), span)));

    let sold = event("sold 3 to ada");
    assert_eq!(sold["level"], "INFO");
    assert_eq!(sold["target"], "traced_base");
    assert_eq!(
        sold["fields"],
        json!({
            "message": "sold 3 to ada",
            "change": -4,
            "ratio": 0.5,
            "fine": true,
            "near": "Some(\"x\")",
            "shown": "7",
            "error": "the outer one",
            "module": "traced",
            "version": "1.0.0",
        })
    );
    assert_eq!(
        sold["spans"],
        json!([
            { "name": "request", "number": 1 },
            { "name": "sell", "who": "ada", "count": 3, "module": "traced", "version": "1.0.0" },
        ])
    );
    let back = event("back: ada");
    assert_eq!(
        back["spans"],
        json!([
            { "name": "request", "number": 1 },
            {
                "name": "sell", "who": "ada", "count": 3, "late": 9,
                "module": "traced", "version": "1.0.0",
            },
        ])
    );

    let update = module.update(BUILT.file("newer"));
    update.unwrap_or_else(|refusal| panic!("{refusal}"));
    sell(&module, "grace");
    assert_eq!(event("sold 3 to grace")["fields"]["version"], "1.1.0");
}

#[test]
fn spans_of_the_host_are_the_modules_too() {
    let _filtered = lock(&FILTERED);
    let host = host();
    let module = load(&host, BUILT.file(BASE));
    let current = module.function::<fn() -> u64>("current");
    let current = current.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(current.call().expect("a call"), 0);
    let span = info_span!("outside");
    let id = span.id().expect("an id").into_u64();
    assert_eq!(span.in_scope(|| current.call()).expect("a call"), id);

    span.in_scope(|| call(&module, "elsewhere", "in a thread"));
    assert_eq!(event("in a thread")["span"]["name"], "outside");

    let instrumented = module.function::<fn()>("instrumented").expect("it");
    instrumented.call().expect("a call");
    let noted = event("instrumented");
    assert_eq!(noted["fields"]["module"], "mine");
    assert_eq!(noted["fields"]["version"], "1.0.0");
    assert_eq!(noted["span"]["name"], "noted");
    // As `tracing` has it in the host: of `i64`, a number.
    assert_eq!(noted["span"]["number"], 7);
}

#[test]
fn a_change_of_the_filter_is_noticed_at_once() {
    let _filtered = lock(&FILTERED);
    let host = host();
    let module = load(&host, BUILT.file(BASE));
    let trace = module.function::<fn(&str) -> bool>("trace");
    let trace = trace.unwrap_or_else(|refusal| panic!("{refusal}"));
    for round in 0..20 {
        let off = format!("off in round {round}.");
        assert!(!trace.call(&off).expect("a call"), "{off}");
        FILTER.reload(EnvFilter::new("trace")).expect("the filter");
        let on = format!("on in round {round}.");
        assert!(trace.call(&on).expect("a call"), "{on}");
        FILTER.reload(EnvFilter::new("info")).expect("the filter");
        assert!(events(&off).is_empty());
        assert_eq!(event(&on)["level"], "TRACE");
    }
}

#[test]
fn spans_are_filtered_by_the_fields_that_are_added() {
    let _filtered = lock(&FILTERED);
    let host = host();
    let module = load(&host, BUILT.file(BASE));
    for (version, file) in [("1.0.0", BASE), ("1.1.0", "newer")] {
        if file != BASE {
            module.update(BUILT.file(file)).expect("an update");
        }
        for filter in [
            "[{version=1.1.0}]",
            "[within{module=traced}]",
            "[{module=other}]",
        ] {
            FILTER
                .reload(EnvFilter::new(format!("info,{filter}=trace")))
                .expect("the filter");
            let text = format!("{version} within {filter}");
            call(&module, "trace_within", &text);
            let is_seen = match filter {
                "[{version=1.1.0}]" => version == "1.1.0",
                "[{module=other}]" => false,
                _ => true,
            };
            assert_eq!(events(&text).len(), usize::from(is_seen), "{text}");
        }
    }
    FILTER.reload(EnvFilter::new("info")).expect("the filter");
}

#[test]
fn a_file_says_what_it_forwards() {
    let inspected = hotmod_host::inspect(BUILT.file(BASE)).expect("a module");
    let forwards: Vec<_> = inspected.manifest().forwards.iter().collect();
    assert_eq!(forwards, ["tracing"]);
}

#[test]
fn a_layer_that_panics_or_calls_the_module_harms_nothing() {
    let _filtered = lock(&FILTERED);
    let host = host();
    let module = load(&host, BUILT.file("newer"));
    let events_of_host = host.events();
    call(&module, "panics", "first");
    event("back: first");
    let told = events_of_host.wait().expect("an event").to_string();
    assert_eq!(
        told,
        "traced 1.1.0 → 1.1.0: logger panicked: the layer fails [HM-0547]"
    );
    let told = module.forwarding();
    assert_eq!((told.panics, told.nested), (1, 0));
    assert_eq!(told.last_panic.as_deref(), Some("the layer fails"));
    CALLED.set(module.clone()).expect("once");
    call(&module, "calls", "second");
    event("second");
    assert!(events("from within").is_empty());
    let told = module.forwarding();
    assert_eq!((told.panics, told.nested), (1, 1));
}

#[test]
fn texts_are_cut_and_many_fields_arrive() {
    let _filtered = lock(&FILTERED);
    let host = host();
    let module = load(&host, BUILT.file(BASE));
    let long = module.function::<fn(u64)>("long").expect("the export");
    long.call(1 << 20).expect("a call");
    let long = event("xx… (cut)");
    let text = long["fields"]["text"].as_str().expect("a text");
    assert!(text.ends_with("yy… (cut)") && text.len() < 66 * 1024);
    let many = module.function::<fn()>("many").expect("the export");
    many.call().expect("a call");
    let many = event("many");
    assert_eq!(
        (&many["fields"]["a"], &many["fields"]["k"]),
        (&json!(1), &json!(11))
    );
    assert_eq!(many["fields"]["version"], "1.0.0");
}
