//! A server that is stopped by signals: `signal_probe DIRECTORY [WORD…]`, with a ledger in the directory and the file of
//! its next version behind `next=`.
//!
//! It prints `ready` when signals may come, what its watch reports, and `stopping N`. Then it stops in order once it has
//! read a line, prints what became of that, and ends.
//!
//! - `own`: it had a handler for SIGTERM and SIGHUP before, and says in the end how often that ran.
//! - `drops`: it has dropped what listens to signals, and waits for a line.
//! - `waits`: an update was asked for that has not begun.
//! - `left`: an update has left a call behind, which does not end.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use hotmod_host::{Host, Module, Signals, SignalsBuilder, Untyped, UpdateRequest, Watch};
use hotmod_tests::gate::Inside;

/// How long it may live, in seconds.
const LONGEST: u32 = 60;
const NEVER: Duration = Duration::from_secs(3600);

static OWN: AtomicU32 = AtomicU32::new(0);

extern "C" fn own(_: libc::c_int) {
    OWN.fetch_add(1, Ordering::Relaxed);
}

fn main() {
    // SAFETY: it has the system end this process later, and touches no memory.
    unsafe { libc::alarm(LONGEST) };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is = |word: &str| arguments.iter().any(|it| it == word);
    let next = arguments.iter().find_map(|it| it.strip_prefix("next="));
    let next = next.unwrap_or_default();
    if is("own") {
        for signal in [libc::SIGTERM, libc::SIGHUP] {
            let handler = own as extern "C" fn(libc::c_int);
            // SAFETY: the handler adds to a number, which may be done at any moment.
            unsafe { libc::signal(signal, handler as libc::sighandler_t) };
        }
    }
    let interval = if is("waits") { NEVER } else { Duration::ZERO };
    let host = Host::builder().min_update_interval(interval).build();
    let host = host.expect("a host");
    let file = format!("{}/libledger.so", arguments[0]);
    let module = host.load_untyped(&file).expect("a ledger");

    if is("drops") {
        let (first, _) = builder(&host, &arguments[0]);
        let first = first.start().expect("signals");
        let error = Signals::builder(&host).start().expect_err("one already");
        println!("{error}");
        drop(first);
        let again = Signals::builder(&host).start().expect("signals");
        drop(again);
        return wait_for_line();
    }

    let (builder, watched) = builder(&host, &arguments[0]);
    let builder = match is("left") {
        true => builder.deadline(Duration::from_millis(1)),
        false => builder,
    };
    let left = is("left").then(|| leave_behind(&module, next));
    let requested = is("waits").then(|| ask(&module, next));
    let signals = builder.start().expect("signals");
    println!("ready");
    let stopping = signals.wait();
    println!("stopping {}", stopping.signal().expect("a signal"));
    wait_for_line();
    let report = stopping.finish();
    println!("{report}");
    println!("complete: {}", report.is_complete());
    // What it reports to is gone with the thread of the watch.
    let is_ended = watched.try_recv() == Err(mpsc::TryRecvError::Disconnected);
    println!("the watch has ended: {is_ended}");
    if let Some(requested) = requested {
        println!("{}", requested.wait().expect_err("given up"));
    }
    println!("own: {}", OWN.load(Ordering::Relaxed));
    if let Some(left) = left {
        left.let_on();
    }
}

/// Watches the directory, which is not looked at but when the system tells of it, or a signal does.
fn builder(host: &Host, directory: &str) -> (SignalsBuilder, Receiver<()>) {
    let (lives, ended) = mpsc::channel();
    let watch = Watch::builder(host)
        .directory(directory)
        .poll(NEVER)
        .on_report(move |report| {
            let _lives = &lives;
            println!("{report}");
        });
    let signals = Signals::builder(host)
        .watch(watch.start().expect("a watch"))
        .on_hangup(|| println!("hung up"))
        .on_stop(|| println!("told to stop"));
    (signals, ended)
}

/// Leaves a call behind in the version before.
fn leave_behind(module: &Module<Untyped>, next: &str) -> Inside<u32> {
    let wait = module.function::<fn(&str) -> u32>("wait");
    let wait = wait.expect("a function");
    let inside = Inside::new("clerk", move |gate| wait.call(gate).expect("a call"));
    module.update(next).expect("an update");
    inside
}

/// Asks for an update that does not begin, since there was one.
fn ask(module: &Module<Untyped>, next: &str) -> UpdateRequest {
    module.update(next).expect("an update");
    module.request_update(next)
}

fn wait_for_line() {
    println!("waits for a line");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("a line");
    if std::env::args().any(|it| it == "drops") {
        println!("own: {}", OWN.load(Ordering::Relaxed));
    }
}
