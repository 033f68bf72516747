//! A host that keeps what the next process goes on from: `kept_host DIRECTORY [COMMAND…]`, with a counter in `modules` of
//! the directory, and what is kept in `state`.
//!
//! It says what it has found of the process before, loads the counter, and carries out the commands, each of which it
//! says before and after; one behind a `?` may be refused. With `HOTMOD_KILL_AT=N` it kills itself when `tracing` is told of hotmod for the Nth time: since
//! the first command, or since it was started if there is none. So it can be killed at each step that is told there. At the
//! end it says how many times that were, and where it was to be killed later than that, does not stop in order.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use hotmod_host::{
    Canary, CanaryOptions, Host, Interrupted, Module, Pool, Refusal, RehearsalOptions,
    UpdateOptions,
};
use hotmod_tests::interfaces::counter::Counter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// How long it may live, in seconds.
const LONGEST: u32 = 60;

/// How many events are left until it kills itself.
static LEFT: AtomicI64 = AtomicI64::new(NEVER);
const NEVER: i64 = i64::MAX;

/// A canary, with the pool whose instances follow it.
type Trial = (Pool<u64, dyn Counter>, Canary);

/// What is on trial.
static TRIAL: Mutex<Option<Trial>> = Mutex::new(None);

/// Kills the process at the event that was chosen.
struct Killer(AtomicU64);

impl Subscriber for Killer {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("hotmod_host")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(self.0.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {
        if LEFT.fetch_sub(1, Ordering::Relaxed) == 1 {
            // SAFETY: it touches no memory.
            unsafe { libc::raise(libc::SIGKILL) };
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn main() {
    // SAFETY: it has the system end this process later, and touches no memory.
    unsafe { libc::alarm(LONGEST) };
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().expect("a directory");
    let commands: Vec<String> = arguments.collect();
    let killer = Killer(AtomicU64::new(1));
    tracing::subscriber::set_global_default(killer).expect("no other subscriber");
    let arm = || {
        let at = std::env::var("HOTMOD_KILL_AT").ok();
        let at = at.map(|it| it.parse().expect("a number"));
        LEFT.store(at.unwrap_or(NEVER), Ordering::Relaxed);
    };
    if commands.is_empty() {
        arm();
    }
    let directory = Path::new(&directory);
    let host = Host::builder()
        .module_dir(directory.join("modules"))
        .state_dir(directory.join("state"))
        // What it leaves when it is killed goes with the directory.
        .stage_dir(directory.join("copies"))
        .allow_downgrade(true)
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let recovery = host.recovery().expect("a state directory");
    recovery.interrupted.iter().for_each(tell);
    println!("unread {}", recovery.unread);
    let module = host.load::<dyn Counter>("libcounter.so");
    let module = module.unwrap_or_else(|refusal| panic!("{refusal:?}"));
    if let Some(kept) = module.kept_start() {
        println!("kept {}", kept.to_string().replace('\n', " "));
    }
    println!("begins {}", module.version());
    if !commands.is_empty() {
        arm();
    }
    for command in commands {
        println!("try {command}");
        does(&host, &module, &command);
        println!("did {command} {}", module.version());
    }
    println!("events {}", NEVER - LEFT.load(Ordering::Relaxed));
    if std::env::var_os("HOTMOD_KILL_AT").is_some() {
        // As if it was killed then: nothing is stopped in order.
        std::process::exit(0);
    }
}

fn tell(interrupted: &Interrupted) {
    let Interrupted {
        operation,
        module,
        from,
        to,
        step,
        has_run,
        ..
    } = interrupted;
    let or_none = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".to_owned());
    println!(
        "interrupted {operation} {} {} {} {} {has_run}",
        or_none(module),
        or_none(from),
        or_none(to),
        or_none(step).replace(' ', "-")
    );
}

fn does(host: &Host, module: &Module<dyn Counter>, command: &str) {
    let (command, is_sure) = match command.strip_prefix('?') {
        Some(command) => (command, false),
        None => (command, true),
    };
    let (verb, file) = command.split_once('=').unwrap_or((command, ""));
    let done = |done: Result<(), Refusal>| {
        if let (Err(refusal), true) = (done, is_sure) {
            panic!("{refusal}");
        }
    };
    let canary = || {
        let pool: Pool<u64, dyn Counter> = Pool::builder(module).build().expect("a pool");
        let instance = module.create("").expect("an instance");
        pool.insert(1, instance).expect("an instance");
        let canary = pool.canary(file, CanaryOptions::percent(50))?;
        *TRIAL.lock().expect("no panic") = Some((pool, canary));
        Ok(())
    };
    let with_canary = |does: &dyn Fn(&Canary) -> Result<(), Refusal>| {
        let trial = TRIAL.lock().expect("no panic").take();
        done(trial.map_or(Ok(()), |(_pool, canary)| does(&canary)));
    };
    match verb {
        "update" => done(module.update(file).map(drop)),
        "refused" => drop(module.update(file).expect_err("a refusal")),
        "request" => drop(module.request_update(file).wait().expect("an update")),
        "both" => {
            let other = host.module("other").expect("another module");
            let counter = host.module("counter").expect("the counter");
            let (file, of_other) = file.split_once(',').expect("two files");
            let files = [(&other, of_other), (&counter, file)];
            done(host.update_all(files, &UpdateOptions::new()).map(drop));
        }
        "load" => {
            let module = host.load_untyped(file).expect("a module");
            println!("loads {} {}", module.name(), module.version());
        }
        "rollback" => done(module.rollback().map(drop)),
        "back" => drop(module.request_rollback().wait().expect("a rollback")),
        "permanent" => module.make_permanent(),
        "rehearse" => done(module.rehearse(file, &RehearsalOptions::new()).map(drop)),
        "candidate" => done(module.candidate(file).map(drop)),
        "canary" => done(canary()),
        "promote" => with_canary(&|it| it.promote().map(drop)),
        "abort" => with_canary(&Canary::abort),
        other => panic!("no command is `{other}`"),
    }
}
