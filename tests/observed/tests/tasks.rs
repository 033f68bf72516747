//! Tasks, which run from version to version on the runtime of their host.
#![allow(missing_docs, reason = "a test")]

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use hotmod_host::{
    CanaryOptions, Event, Events, Host, HostBuilder, Module, NeededFor, RehearsalOptions,
    ShadowOptions, Signals, SignalsBuilder, Untyped, UpdateState,
};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use tokio::runtime::Handle;

const STUBBORN: Edit = (
    "    // What it does.\n",
    "    std::future::pending::<()>().await;\n",
);

const MILL: Edit = (
    "/// Says which version answers.",
    "#[hotmod::interface]
pub trait Mill {
    fn turn(&mut self) -> u32;
}

#[derive(StableState)]
pub struct Wheel {
    turns: u32,
}

#[hotmod::init]
fn new_wheel(_: &str) -> Wheel {
    Wheel { turns: 0 }
}

#[hotmod::export]
impl Mill for Wheel {
    fn turn(&mut self) -> u32 {
        self.turns += 1;
        self.turns
    }
}
",
);

/// As modules have it.
#[hotmod::interface]
pub trait Mill {
    /// Turns, and says how often it has.
    fn turn(&mut self) -> u32;
}

static FILES: LazyLock<Built> = LazyLock::new(|| {
    fn version(version: &'static str) -> [Edit; 3] {
        let edits = match version {
            "1.1.0" => [
                "version: \"1.1.0\"",
                "Held(\"1.1.0\")",
                "\"1.1.0\".to_owned()",
            ],
            "1.2.0" => [
                "version: \"1.2.0\"",
                "Held(\"1.2.0\")",
                "\"1.2.0\".to_owned()",
            ],
            _ => [
                "version: \"1.3.0\"",
                "Held(\"1.3.0\")",
                "\"1.3.0\".to_owned()",
            ],
        };
        [
            ("version: \"1.0.0\"", edits[0]),
            ("Held(\"1.0.0\")", edits[1]),
            ("\"1.0.0\".to_owned()", edits[2]),
        ]
    }
    let with = |of: [Edit; 3], more: &[Edit]| [&of[..], more].concat();
    Family::new("feeding")
        .variant(
            "wider",
            &with(version("1.1.0"), &[("beats: u32", "beats: u64")]),
        )
        .variant(
            "stubborn",
            &with(
                version("1.2.0"),
                &[("within = \"30s\"", "within = \"50ms\""), STUBBORN],
            ),
        )
        .variant(
            "without",
            &with(
                version("1.2.0"),
                &[
                    ("#[hotmod::task(within = \"30s\")]", "#[allow(dead_code)]"),
                    ("#[derive(StableState)]", "pub struct Other;"),
                    ("use hotmod::{StableState, Stop};", "use hotmod::Stop;"),
                ],
            ),
        )
        .variant(
            "panicking",
            &with(
                version("1.2.0"),
                &[(
                    "    // What it does.\n",
                    "    assert!(feed.ran.is_empty(), \"it is all too much\");\n",
                )],
            ),
        )
        .variant(
            "early",
            &with(
                version("1.2.0"),
                &[("    // What it does.\n", "    if true { return feed; }\n")],
            ),
        )
        .variant("later", &version("1.3.0"))
        // With instances, which a share of may follow a candidate.
        .variant("milling", &[MILL])
        .variant("milling-wider", &with(version("1.1.0"), &[MILL]))
        .variant("deaf", &with(version("1.2.0"), &[STUBBORN]))
        .variant(
            "ticking",
            &[(
                "/// Says which version answers.",
                "#[hotmod::every(\"1ms\")]\nfn tick() {\n    tell(\"tick\");\n}\n",
            )],
        )
        .variant(
            "more",
            &with(
                version("1.3.0"),
                &[
                    ("beats: u32", "more: u32,\n    beats: u32"),
                    ("beats: 0", "more: 0, beats: 0"),
                ],
            ),
        )
        .build()
});

/// What tasks told, and the host's events.
struct Told {
    told: Arc<Mutex<Vec<String>>>,
    events: Events,
}

impl Told {
    /// Waits until this was told, and takes all that was told so far.
    async fn until(&self, text: &str) -> Vec<String> {
        let taken = || {
            let mut told = self.told.lock().expect("no panic");
            let is_told = told.iter().any(|it| it == text);
            is_told.then(|| std::mem::take(&mut *told))
        };
        let waits = async {
            loop {
                if let Some(told) = taken() {
                    return told;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), waits).await;
        waited.unwrap_or_else(|_| panic!("`{text}` is not told, but {:?}", self.told))
    }

    /// The reason of the next event of this state.
    fn reason(&self, state: UpdateState) -> String {
        let next = || self.events.wait_timeout(Duration::from_secs(60));
        let is_it = |event: &Event| event.state == state;
        let event = std::iter::from_fn(next).find(is_it).expect("an event");
        event.reason.expect("a reason")
    }
}

fn builder() -> (HostBuilder, Arc<Mutex<Vec<String>>>) {
    let told = Arc::<Mutex<Vec<String>>>::default();
    let tell = told.clone();
    let builder = Host::builder().provide("tell", move |text: &str| {
        tell.lock().expect("no panic").push(text.to_owned());
    });
    (builder, told)
}

fn load(name: &str) -> (Host, Module<Untyped>, Told) {
    let (builder, told) = builder();
    let host = builder.tokio(Handle::current()).build().expect("a host");
    let events = host.events();
    let module = host.load_untyped(FILES.file(name));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    (host, module, Told { told, events })
}

fn update(module: &Module<Untyped>, name: &str) -> String {
    match module.update(FILES.file(name)) {
        Ok(report) => report.to_string(),
        Err(refusal) => panic!("{refusal}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_task_hands_over_follows_to_the_next_version_and_back() {
    let (_host, module, told) = load(BASE);
    assert_eq!(told.until("3 beats").await, ["1.0.0 begins", "3 beats"]);
    let report = update(&module, "wider");
    assert!(report.contains("Feed.beats"), "{report}");
    let all = told.until("6 beats").await;
    assert_eq!(all, ["1.0.0 is over", "1.0.0 1.1.0 begins", "6 beats"]);
    let back = module.rollback();
    back.unwrap_or_else(|refusal| panic!("{refusal}"));
    let all = told.until("9 beats").await;
    assert_eq!(
        all,
        ["1.1.0 is over", "1.0.0 1.1.0 1.0.0 begins", "9 beats"]
    );
    // The same file again is no publication.
    update(&module, BASE);
    // Several at once: each hands over, or is passed by.
    for name in ["wider", BASE, "wider", BASE, "wider"] {
        match name {
            BASE => drop(module.rollback().expect("a way back")),
            name => drop(update(&module, name)),
        }
    }
    let waits = async {
        loop {
            let told = told.told.lock().expect("no panic").clone();
            let begins =
                |it: &String| it.starts_with("1.0.0 1.1.0 1.0.0") && it.ends_with("1.1.0 begins");
            if told.iter().any(begins) && told.last().is_some_and(|it| it.ends_with(" beats")) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), waits).await;
    waited.expect("the last version has it in the end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_does_not_stop_is_cancelled_and_starts_anew() {
    let (_host, module, told) = load("stubborn");
    told.until("1.2.0 begins").await;
    update(&module, "later");
    let all = told.until("3 beats").await;
    assert_eq!(all, ["1.2.0 is over", "1.3.0 begins", "3 beats"]);
    let reason = told.reason(UpdateState::TaskCancelled);
    assert!(
        reason.starts_with(
            "task `feed` of 1.2.0 did not stop within 50ms, and was cancelled; it starts anew"
        ),
        "{reason}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_removes_and_adds_tasks() {
    let (_host, module, told) = load(BASE);
    told.until("3 beats").await;
    let report = update(&module, "without");
    assert!(
        report.contains("feed: was task, stops within 30s, now absent"),
        "{report}"
    );
    told.until("1.0.0 is over").await;
    let back = module.rollback();
    back.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(told.until("3 beats").await, ["1.0.0 begins", "3 beats"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_told_and_the_next_version_starts_anew() {
    let (_host, module, told) = load(BASE);
    told.until("3 beats").await;
    update(&module, "panicking");
    told.until("1.2.0 is over").await;
    let reason = told.reason(UpdateState::TaskPanicked);
    assert!(
        reason.starts_with("task `feed` at ") && reason.ends_with("it is all too much"),
        "{reason}"
    );
    update(&module, "later");
    assert_eq!(told.until("3 beats").await, ["1.3.0 begins", "3 beats"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_ends_by_itself_hands_over_with_the_next_publication() {
    let (_host, module, told) = load("early");
    assert_eq!(
        told.until("1.2.0 is over").await,
        ["1.2.0 begins", "1.2.0 is over"]
    );
    let needed = || module.versions()[0].needed.clone();
    while !needed().contains(&NeededFor::Instances(1)) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    update(&module, "later");
    let all = told.until("3 beats").await;
    assert_eq!(all, ["1.2.0 1.3.0 begins", "3 beats"]);
    assert!(!needed().contains(&NeededFor::Instances(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_there_is_no_plan_for_is_refused() {
    let (_host, module, told) = load(BASE);
    told.until("3 beats").await;
    let refused = module.update(FILES.file("more")).expect_err("no default");
    let text = refused.to_string();
    assert!(
        text.contains("Feed.more") && text.contains("#[state(default"),
        "{text}"
    );
    assert!(told.told.lock().expect("no panic").is_empty(), "it goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_published_version_has_its_tasks_run() {
    let (_host, module, told) = load(BASE);
    told.until("3 beats").await;
    let shadow = module.shadow(FILES.file("wider"), ShadowOptions::every(1));
    drop(shadow.unwrap_or_else(|refusal| panic!("{refusal}")));
    let rehearsed = module.rehearse(FILES.file("wider"), &RehearsalOptions::new());
    rehearsed.unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(told.told.lock().expect("no panic").is_empty());
    update(&module, "wider");
    let all = told.until("6 beats").await;
    assert_eq!(all, ["1.0.0 is over", "1.0.0 1.1.0 begins", "6 beats"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_canary_has_its_tasks_run_when_it_is_promoted() {
    let (builder, told) = builder();
    let host = builder.tokio(Handle::current()).build().expect("a host");
    let events = host.events();
    let module = host.load::<dyn Mill>(FILES.file("milling"));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let told = Told { told, events };
    let pool = module.pool::<u32>();
    pool.create(1, "").unwrap_or_else(|error| panic!("{error}"));
    told.until("3 beats").await;
    let canary = pool.canary(FILES.file("milling-wider"), CanaryOptions::percent(100));
    let canary = canary.unwrap_or_else(|refusal| panic!("{refusal}"));
    let turned = pool.call(&1, |mill| mill.turn());
    assert_eq!(turned.expect("a call"), 1);
    assert_eq!(pool.counts()["1.1.0"], 1, "it follows the candidate");
    assert!(told.told.lock().expect("no panic").is_empty());
    let promoted = canary.promote();
    promoted.unwrap_or_else(|refusal| panic!("{refusal}"));
    let all = told.until("6 beats").await;
    assert_eq!(all, ["1.0.0 is over", "1.0.0 1.1.0 begins", "6 beats"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_stop_when_the_host_is_gone() {
    let (host, module, told) = load(BASE);
    told.until("3 beats").await;
    drop((host, module));
    assert_eq!(told.until("1.0.0 is over").await, ["1.0.0 is over"]);
    let ended = std::iter::from_fn(|| told.events.wait_timeout(Duration::from_secs(60)));
    assert!(ended.count() < 100, "the stream of events ends");
}

/// In one test, since a process has one `Signals` at a time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_and_timers_stop_when_the_host_stops_in_order() {
    let stopped = async |signals: SignalsBuilder| {
        let signals = signals.start().expect("signals");
        let stopped = tokio::task::spawn_blocking(|| signals.stop().finish());
        stopped.await.expect("no panic")
    };
    let (host, module, told) = load("ticking");
    told.until("3 beats").await;
    told.until("tick").await;
    let report = stopped(Signals::builder(&host)).await;
    assert!(report.is_complete(), "{report}");
    let mut all = told.until("1.0.0 is over").await;
    all.retain(|it| it != "tick");
    assert_eq!(all, ["1.0.0 is over"]);
    let runs = || module.timers()[0].runs;
    let before = runs();
    // No publication has them go on.
    update(&module, "wider");
    module.rollback().expect("a way back");
    // As many runs of the same timer in another host would have been runs here.
    let (_other, _running, other) = load("ticking");
    for _ in 0..5 {
        other.until("tick").await;
    }
    assert_eq!(runs(), before);
    assert!(told.told.lock().expect("no panic").is_empty());

    let (host, _module, told) = load("deaf");
    told.until("1.2.0 begins").await;
    let hurried = Signals::builder(&host).deadline(Duration::from_millis(20));
    let text = stopped(hurried).await.to_string();
    assert!(
        text.ends_with("\n  task `feed` of `feeding` has not stopped"),
        "{text}"
    );
}

#[test]
fn a_host_without_a_runtime_refuses_a_module_with_a_task() {
    let (builder, _) = builder();
    let host = builder.build().expect("a host");
    let refused = host.load_untyped(FILES.file(BASE));
    let text = refused.expect_err("no runtime").to_string();
    assert!(
        text.contains(
            "task feed: expected a host with a runtime, which runs it, found one without"
        ) && text.contains("`Host::builder().tokio(tokio::runtime::Handle::current())`"),
        "{text}"
    );
}
