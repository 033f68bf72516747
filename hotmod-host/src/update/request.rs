//! Updates that are asked for and not waited for: of those that come while one waits, the last is
//! carried out, and not sooner than the host's interval allows.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

#[cfg(feature = "signals")]
use hotmod::describe::Rule;
use hotmod_file::Refusal;
#[cfg(feature = "signals")]
use hotmod_file::{Reason, RefusalStage};

use crate::module::loaded::Loaded;
use crate::module::module::Module;
use crate::module::options::UpdateOptions;
use crate::module::report::UpdateReport;
use crate::module::requests::{Answer, Given, Request};
use crate::update::update;

/// An update that was asked for, by [`Module::request_update`](crate::Module::request_update).
///
/// Dropping this does not withdraw the request, which stands as long as the host, a handle to the module or
/// an instance of it exists.
#[derive(Clone)]
pub struct UpdateRequest {
    /// Keeps the module, so that the request is carried out while a thread waits for it.
    loaded: Arc<Loaded>,
    answer: Arc<Answer>,
}

impl UpdateRequest {
    /// Waits for the result. Requests that were carried out as one share it.
    ///
    /// # Errors
    ///
    /// [`Refusal`], as [`Module::update`](crate::Module::update).
    ///
    /// # Panics
    ///
    /// If the update panicked, which is a bug in hotmod.
    pub fn wait(&self) -> Result<UpdateReport, Arc<Refusal>> {
        self.loaded.settings.go_on();
        let given = self.answer.given();
        let waits = |given: &mut Given| matches!(given, Given::NotYet);
        let given = self.answer.changed.wait_while(given, waits);
        given.unwrap_or_else(PoisonError::into_inner).result()
    }

    /// Waits for the result for no longer than this. `None` if there is none by then.
    ///
    /// # Errors
    ///
    /// As [`wait`](UpdateRequest::wait).
    ///
    /// # Panics
    ///
    /// As `wait`.
    pub fn wait_timeout(&self, time: Duration) -> Option<Result<UpdateReport, Arc<Refusal>>> {
        self.loaded.settings.go_on();
        let given = self.answer.given();
        let waits = |given: &mut Given| matches!(given, Given::NotYet);
        let waited = self.answer.changed.wait_timeout_while(given, time, waits);
        let (given, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        (!timeout.timed_out()).then(|| given.result())
    }
}

impl fmt::Debug for UpdateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateRequest")
            .field("module", &self.loaded.name)
            .field("given", &*self.answer.given())
            .finish()
    }
}

impl<I: ?Sized> Module<I> {
    /// Asks for an update, and does not wait for it. A thread of the host carries it out, in the module's
    /// turn, after the requests that came before it for other modules, and once
    /// [`HostBuilder::min_update_interval`](crate::HostBuilder) has passed since the last publication. A
    /// request that comes while another one of this module waits takes its place, and both get the result:
    /// of any number of requests that come meanwhile, the last is carried out. Where the process may start no
    /// thread, the request is refused at once.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let host = hotmod_host::Host::builder().build()?;
    /// let game = host.load_untyped("libgame.so")?;
    /// let requested = game.request_update("libgame.so");
    /// println!("{}", requested.wait()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request_update(&self, file: impl AsRef<Path>) -> UpdateRequest {
        self.request_update_with(file, &UpdateOptions::new())
    }

    /// As [`request_update`](Module::request_update), with options.
    pub fn request_update_with(
        &self,
        file: impl AsRef<Path>,
        options: &UpdateOptions,
    ) -> UpdateRequest {
        request(self.loaded(), file.as_ref(), options)
    }
}

/// An answer that is owed: if this is dropped without one, `Lost` is the answer.
struct Owed(Arc<Answer>);

impl Drop for Owed {
    fn drop(&mut self) {
        if matches!(*self.0.given(), Given::NotYet) {
            self.0.give(Given::Lost);
        }
    }
}

/// Asks for an update. Each request that waits has one task at the updater.
fn request(loaded: &Arc<Loaded>, file: &Path, options: &UpdateOptions) -> UpdateRequest {
    // What was asked for before a fork of the process waits for a thread that only the parent has.
    loaded.settings.go_on();
    let mut waiting = loaded.requests.waiting();
    let is_first = waiting.is_none();
    let request = waiting.get_or_insert_with(|| Request {
        file: PathBuf::new(),
        options: UpdateOptions::new(),
        answer: Arc::default(),
    });
    file.clone_into(&mut request.file);
    request.options = options.clone();
    let requested = UpdateRequest {
        loaded: loaded.clone(),
        answer: request.answer.clone(),
    };
    if is_first {
        match loaded.refuse_without(&loaded.settings.updater, file) {
            Ok(()) => carry_out_after(loaded, Duration::ZERO),
            Err(refusal) => {
                *waiting = None;
                let refused = Given::Result(Box::new(Err(Arc::new(refusal))));
                requested.answer.give(refused);
            }
        }
    }
    requested
}

/// Refuses the update of a module that was asked for, if it has not begun, since the server stops. Gives its file.
#[cfg(feature = "signals")]
pub(crate) fn give_up(loaded: &Loaded) -> Option<PathBuf> {
    let request = loaded.requests.waiting().take()?;
    let refusal = Refusal::because(
        &request.file,
        RefusalStage::Verify,
        Rule::Stopping,
        Reason {
            what: "the server",
            expected: "one that goes on",
            found: "one that stops, and begins no update",
            help: "update it when it runs again",
        },
    );
    let refusal = Arc::new(refusal.keeps(&loaded.current().version));
    request.answer.give(Given::Result(Box::new(Err(refusal))));
    Some(request.file)
}

fn carry_out_after(loaded: &Arc<Loaded>, time: Duration) {
    let weak = Arc::downgrade(loaded);
    loaded.settings.updater.after(time, move || {
        if let Some(loaded) = weak.upgrade() {
            carry_out(&loaded);
        }
    });
}

/// Carries out what was asked for last, if it is time for it.
fn carry_out(loaded: &Arc<Loaded>) {
    // The thread that carries out requests is in no turn.
    let Ok(turn) = loaded.turn(&loaded.current().file) else {
        return carry_out_after(loaded, Duration::ZERO);
    };
    let wait = loaded
        .history()
        .last_publication
        .map_or(Duration::ZERO, |last| {
            let interval = loaded.settings.min_update_interval;
            interval.saturating_sub(last.elapsed())
        });
    if !wait.is_zero() {
        drop(turn);
        return carry_out_after(loaded, wait);
    }
    // Taken no sooner than in the module's turn: until then another request may take its place.
    let Some(request) = loaded.requests.waiting().take() else {
        return;
    };
    let owed = Owed(request.answer);
    let result = update::update_in_turn(loaded, turn, &request.file, &request.options);
    owed.0
        .give(Given::Result(Box::new(result.map_err(Arc::new))));
}
