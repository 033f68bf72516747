//! What modules log arrives at the host's logger: `env_logger`, inside of one that may panic or log itself.
#![allow(missing_docs, reason = "a test")]

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, Once, OnceLock, PoisonError};

use env_logger::{Builder, Logger, Target};
use hotmod_host::{Host, Module, Untyped, UpdateOptions, UpdateState, follow_log_level};
use hotmod_tests::fixture::{BASE, Built, Family};
use log::{LevelFilter, Log, Metadata, Record};

static BUILT: LazyLock<Built> = LazyLock::new(|| {
    Family::new("observed")
        .feature("log")
        .depends(r#"log = { version = "0.4", features = ["kv"] }"#)
        .variant("newer", &[("version: \"1.0.0\"", "version: \"1.1.0\"")])
        .variant(
            "renewed",
            &[
                ("name: \"observed\"", "name: \"other\""),
                ("version: \"1.0.0\"", "version: \"1.1.0\""),
            ],
        )
        .variant("named", &[("name: \"observed\"", "name: \"other\"")])
        .build()
});

fn file(variant: &str) -> PathBuf {
    BUILT.file(variant)
}

static WRITTEN: Mutex<String> = Mutex::new(String::new());

/// The lines that the host's logger wrote, and that hold this text. Tests share the logger.
fn lines(text: &str) -> Vec<String> {
    let written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = written.lines().filter(|line| line.contains(text));
    lines.map(str::to_owned).collect()
}

struct Buffer;

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
        written.push_str(str::from_utf8(bytes).expect("env_logger writes texts"));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `env_logger`, after what its target asks for.
struct Misbehaving(Logger);

/// The module that a record of the target `calls` calls.
static CALLED: OnceLock<Module<Untyped>> = OnceLock::new();

impl Log for Misbehaving {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        match record.target() {
            "panics" => panic!("the logger fails: {}", record.args()),
            "calls" => {
                self.0.log(record);
                let module = CALLED.get().expect("the module");
                let log_own = module.function::<fn(&str)>("log_own").expect("the export");
                log_own.call("from within").expect("a call");
                log::error!("the logger logs too");
            }
            _ => self.0.log(record),
        }
    }

    fn flush(&self) {
        self.0.flush();
    }
}

fn host() -> Host {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let logger = Builder::new()
            .filter_level(LevelFilter::Info)
            .filter_module("leveled", LevelFilter::Trace)
            .format(|line, record| {
                write!(line, "{} {} ", record.level(), record.target())?;
                let place = (record.module_path(), record.file(), record.line());
                write!(line, "{place:?} {}", record.args())?;
                let visitor: &mut dyn log::kv::VisitSource<'_> = &mut Pairs(line);
                record.key_values().visit(visitor).expect("pairs");
                writeln!(line)
            })
            .target(Target::Pipe(Box::new(Buffer)))
            .build();
        log::set_boxed_logger(Box::new(Misbehaving(logger))).expect("the first logger");
        log::set_max_level(LevelFilter::Info);
    });
    Host::builder()
        .provide("call_back", |text: &str| log::info!("back: {text}"))
        .build()
        .expect("a host")
}

/// Writes values so that their types can be told apart.
struct Pairs<'a, W>(&'a mut W);

impl<'kvs, W: Write> log::kv::VisitSource<'kvs> for Pairs<'_, W> {
    fn visit_pair(
        &mut self,
        key: log::kv::Key<'kvs>,
        value: log::kv::Value<'kvs>,
    ) -> Result<(), log::kv::Error> {
        write!(self.0, " {key}={value:?}").map_err(|_| log::kv::Error::msg("full"))
    }
}

fn load(host: &Host, file: PathBuf) -> Module<Untyped> {
    host.load_untyped(file)
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn call(module: &Module<Untyped>, function: &str, text: &str) {
    let function = module.function::<fn(&str)>(function).expect("the export");
    function.call(text).expect("a call");
}

#[test]
fn records_keep_what_they_say_and_tell_where_they_come_from() {
    let host = host();
    let module = load(&host, file(BASE));
    assert!(module.forwarding().log);
    assert!(module.forwarding().untaken.is_empty());
    assert!(!lines("1.0.0 is set up").is_empty());
    call(&module, "log_everything", "ada");
    let sold = lines("sold to ada");
    assert_eq!(sold.len(), 1, "{sold:?}");
    let (head, fields) = sold[0].split_once("sold to ada").expect("the message");
    assert!(
        head.starts_with("INFO shop::sales (Some(\"observed_base\"), Some("),
        "{head}"
    );
    assert!(head.contains("module.rs\"), Some("), "{head}");
    assert_eq!(
        fields,
        format!(
            " count=3 change=-4 ratio=0.5 fine=true who=\"ada\" near=\"Some(\\\"x\\\")\" wide={} \
             module=\"observed\" version=\"1.0.0\"",
            u128::MAX
        )
    );
    let literal = lines("a literal");
    assert!(literal[0].starts_with("WARN observed_base "), "{literal:?}");

    let update = module.update_with(file("newer"), &UpdateOptions::new());
    update.unwrap_or_else(|refusal| panic!("{refusal}"));
    call(&module, "log_everything", "grace");
    let sold = lines("sold to grace");
    assert!(sold[0].ends_with("module=\"observed\" version=\"1.1.0\""));

    call(&module, "log_own", "keys of its own");
    let own = lines("keys of its own");
    assert!(
        own[0].ends_with("keys of its own module=\"mine\" version=7"),
        "{own:?}"
    );
}

#[test]
fn levels_follow_the_hosts() {
    let host = host();
    let module = load(&host, file(BASE));
    let log_at = module
        .function::<fn(u8, &str) -> bool>("log_at")
        .expect("the export");
    assert!(log_at.call(3, "informs").expect("a call"));
    assert!(!log_at.call(5, "traces at first").expect("a call"));
    log::set_max_level(LevelFilter::Trace);
    follow_log_level();
    assert!(log_at.call(5, "traces then").expect("a call"));
    // By itself, too: what follows comes within a second, or the test does not end.
    log::set_max_level(LevelFilter::Info);
    while log_at.call(5, "traces still").expect("a call") {}
    log::set_max_level(LevelFilter::Trace);
    while !log_at.call(5, "traces again").expect("a call") {}
    log::set_max_level(LevelFilter::Info);
    follow_log_level();
    assert_eq!(lines("traces at first").len(), 0);
    assert_eq!(lines("traces then").len(), 1);
    assert_eq!(lines("traces still").len(), 0);
    assert_eq!(lines("traces again").len(), 1);
}

#[test]
fn a_logger_that_panics_or_calls_the_module_harms_nothing() {
    let host = host();
    let module = load(&host, file("named"));
    let log_to = module
        .function::<fn(&str, &str)>("log_to")
        .expect("the export");
    log_to.call("panics", "first").expect("a call");
    assert_eq!(lines("back: first").len(), 1, "the call went on");
    let told = module.forwarding();
    assert_eq!((told.panics, told.nested), (1, 0));
    assert_eq!(told.last_panic.as_deref(), Some("the logger fails: first"));
    CALLED.set(module.clone()).expect("once");
    log_to.call("calls", "second").expect("a call");
    assert_eq!(lines("ERROR calls").len(), 1);
    assert_eq!(lines("from within").len(), 0);
    assert_eq!(lines("the logger logs too").len(), 1);
    let told = module.forwarding();
    assert_eq!((told.panics, told.nested), (1, 1));
    log_to.call("well", "third").expect("a call");
    assert_eq!(lines("ERROR well").len(), 1);
}

#[test]
fn long_texts_are_cut() {
    let host = host();
    let module = load(&host, file(BASE));
    let log_long = module.function::<fn(u64)>("log_long").expect("the export");
    log_long.call(1 << 20).expect("a call");
    let long = lines("ERROR long");
    assert_eq!(long.len(), 1);
    assert!(long[0].contains("xx… (cut) text=\"yy"));
    assert!(long[0].len() < 3 * 64 * 1024);
}

#[test]
fn threads_of_a_module_log_also_after_its_retirement() {
    let host = host();
    let module = load(&host, file("named"));
    call(&module, "log_elsewhere", "from another thread");
    assert_eq!(lines("from another thread").len(), 1);

    let directory = tempfile::tempdir().expect("a directory");
    let goes_on = directory.path().join("goes-on");
    let log_until = module
        .function::<fn(&str, &str)>("log_until")
        .expect("the export");
    let path = goes_on.to_str().expect("a path");
    log_until.call("long retired", path).expect("a call");
    let events = host.events();
    let update = module.update(file("renewed"));
    update.unwrap_or_else(|refusal| panic!("{refusal}"));
    module.make_permanent();
    let mut states = events.map(|event| event.state);
    assert!(states.any(|state| state == UpdateState::Retired));
    assert!(module.versions()[0].is_retired);
    std::fs::write(goes_on, "").expect("a file");
    while lines("long retired").is_empty() {
        std::thread::yield_now();
    }
    let late = lines("long retired");
    assert!(
        late[0].ends_with("module=\"other\" version=\"1.0.0\""),
        "{late:?}"
    );
}
