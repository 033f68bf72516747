//! Updates of a server under load: which calls are left behind, which updates are undone and why,
//! several modules at once, and what is told of it all.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hotmod_host::{
    Events, Function, Host, Module, OnDeadline, Refusal, UpdateOptions, UpdateReport, UpdateState,
};
use hotmod_tests::fixture::BASE;
use hotmod_tests::gate::Inside;
use hotmod_tests::interfaces::ledger::Ledger;
use hotmod_tests::ledger::{builder, file, load, update_with};
use hotmod_tests::listener::{Told, listen};
use hotmod_tests::patience::{PATIENCE, until, until_state, until_told};

#[path = "updates/draining.rs"]
mod draining;
#[path = "updates/events.rs"]
mod events;
#[path = "updates/faults.rs"]
mod faults;
#[path = "updates/long_calls.rs"]
mod long_calls;
#[path = "updates/probation.rs"]
mod probation;
#[path = "updates/rollback.rs"]
mod rollback;
#[path = "updates/storms.rs"]
mod storms;
#[path = "updates/stuck.rs"]
mod stuck;
#[path = "updates/transactions.rs"]
mod transactions;

fn host() -> Host {
    builder().build().expect("a host")
}

fn code(module: &Module<dyn Ledger>) -> u32 {
    let code = module.function::<fn() -> u32>("code").expect("the export");
    code.call().expect("a call")
}

fn wait(module: &Module<dyn Ledger>) -> Function<fn(&str) -> u32> {
    module
        .function::<fn(&str) -> u32>("wait")
        .expect("the export")
}

/// A thread of this name in the function `wait`.
fn waits(name: &str, module: &Module<dyn Ledger>) -> Inside<u32> {
    let wait = wait(module);
    Inside::new(name, move |gate| wait.call(gate).expect("a call"))
}

/// An update that has the module's turn and keeps it until this is dropped.
struct Held {
    let_on: mpsc::Sender<()>,
    thread: JoinHandle<Result<UpdateReport, Refusal>>,
}

impl Held {
    fn new(module: &Module<dyn Ledger>, variant: &'static str) -> Self {
        let (let_on, waits) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel::<Told>();
        let has_begun = |told: &Told| told.fields.iter().any(|field| field == "state=inspecting");
        let hear = move |told| {
            let is_begun = has_begun(&told);
            // Fails when the test has heard of the beginning and listens no more.
            let _ = tell.send(told);
            if is_begun {
                // An error says that it was let on.
                let _ = waits.recv();
            }
        };
        let module = module.clone();
        let thread = thread::spawn(move || listen(hear, || module.update(file(variant))));
        let mut heard = Vec::new();
        while !heard.last().is_some_and(has_begun) {
            match told.recv_timeout(PATIENCE) {
                Ok(told) => heard.push(told),
                Err(error) => panic!("no update that begins ({error}), but {heard:#?}"),
            }
        }
        Held { let_on, thread }
    }

    fn let_on(self) -> Result<UpdateReport, Refusal> {
        drop(self.let_on);
        self.thread.join().expect("an update that ends")
    }
}

/// A module beside the one that is tested, by which one can tell that the host has done what was
/// due: it does one thing after the other, in the order they are due.
struct Clock {
    module: Module<dyn Ledger>,
    events: Events,
}

impl Clock {
    fn of(host: &Host) -> Self {
        Clock {
            module: load(host, "annex"),
            events: host.events(),
        }
    }

    /// Returns when the host has done everything that was due so long from now.
    fn pass(&mut self, time: Duration) {
        let next = match self.module.version() {
            "1.0.0" => "annex-second",
            _ => "annex",
        };
        let inside = waits("clock", &self.module);
        let options = UpdateOptions::new().drain_timeout(time, OnDeadline::Converge);
        update_with(&self.module, next, &options);
        let is_due = |event: &hotmod_host::Event| {
            event.module == "annex"
                && event.state == UpdateState::Draining
                && event.reason.is_some()
        };
        until_told(&self.events, "a call that the clock stops at", is_due);
        inside.let_on();
    }
}
