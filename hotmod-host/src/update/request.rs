//! Updates and rollbacks that are asked for and not waited for: of those that come while one waits, the last is
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
use crate::module::options::{RollbackOptions, UpdateOptions};
use crate::module::report::UpdateReport;
use crate::module::requests::{Answer, Given, WaitingRollback, WaitingUpdate};
use crate::module::rollback_report::RollbackReport;
use crate::update::{rollback, update};

/// An update that was asked for, by [`Module::request_update`](crate::Module::request_update).
pub type UpdateRequest = ChangeRequest<UpdateReport>;

/// A rollback that was asked for, by [`Module::request_rollback`](crate::Module::request_rollback).
pub type RollbackRequest = ChangeRequest<RollbackReport>;

/// A change of a module that was asked for: an [`UpdateRequest`] or a [`RollbackRequest`].
///
/// Dropping this does not withdraw the request, which stands as long as the host, a handle to the module or
/// an instance of it exists.
pub struct ChangeRequest<R> {
    /// Keeps the module, so that the request is carried out while a thread waits for it.
    loaded: Arc<Loaded>,
    answer: Arc<Answer<R>>,
    /// Its place among the requests that have this answer.
    place: u64,
}

impl<R> Clone for ChangeRequest<R> {
    fn clone(&self) -> Self {
        ChangeRequest {
            loaded: self.loaded.clone(),
            answer: self.answer.clone(),
            place: self.place,
        }
    }
}

impl<R: Clone> ChangeRequest<R> {
    /// Waits for the result. Requests that were carried out as one share it.
    ///
    /// # Errors
    ///
    /// [`Refusal`], as [`Module::update`](crate::Module::update) or [`Module::rollback`](crate::Module::rollback).
    ///
    /// # Panics
    ///
    /// If the change panicked, which is a bug in hotmod.
    pub fn wait(&self) -> Result<R, Arc<Refusal>> {
        self.loaded.settings.go_on();
        let given = self.answer.given();
        let waits = |given: &mut Given<R>| matches!(given, Given::NotYet);
        let given = self.answer.changed.wait_while(given, waits);
        given.unwrap_or_else(PoisonError::into_inner).result()
    }

    /// Whether another request has taken the place of this one, so that the result is what came of that: of an update, to
    /// its file and with its options.
    pub fn was_replaced(&self) -> bool {
        !self.answer.is_last(self.place)
    }

    /// Waits for the result for no longer than this. `None` if there is none by then.
    ///
    /// # Errors
    ///
    /// As [`wait`](ChangeRequest::wait).
    ///
    /// # Panics
    ///
    /// As `wait`.
    pub fn wait_timeout(&self, time: Duration) -> Option<Result<R, Arc<Refusal>>> {
        self.loaded.settings.go_on();
        let given = self.answer.given();
        let waits = |given: &mut Given<R>| matches!(given, Given::NotYet);
        let waited = self.answer.changed.wait_timeout_while(given, time, waits);
        let (given, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        (!timeout.timed_out()).then(|| given.result())
    }
}

impl<R: fmt::Debug> fmt::Debug for ChangeRequest<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeRequest")
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

    /// Asks for a rollback, and does not wait for it, as [`request_update`](Module::request_update) does for an update. A
    /// thread of the host goes back to the version before from what is current by then; it waits for the module's turn,
    /// and not for [`HostBuilder::min_update_interval`](crate::HostBuilder::min_update_interval). A request that comes
    /// while another one of this module waits takes its place, and both get the result: only one step back is kept. An
    /// update that waits stays asked for.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let host = hotmod_host::Host::builder().build()?;
    /// let game = host.load_untyped("libgame.so")?;
    /// game.update("libgame.so")?;
    /// let requested = game.request_rollback();
    /// println!("{}", requested.wait()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request_rollback(&self) -> RollbackRequest {
        self.request_rollback_with(&RollbackOptions::new())
    }

    /// As [`request_rollback`](Module::request_rollback), with options.
    pub fn request_rollback_with(&self, options: &RollbackOptions) -> RollbackRequest {
        request_rollback(self.loaded(), options)
    }
}

/// An answer that is owed: if this is dropped without one, `Lost` is the answer.
struct Owed<R>(Arc<Answer<R>>);

impl<R> Owed<R> {
    fn give(self, result: Result<R, Refusal>) {
        self.0
            .give(Given::Result(Box::new(result.map_err(Arc::new))));
    }
}

impl<R> Drop for Owed<R> {
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
    let mut waiting = loaded.requests.update();
    let is_first = waiting.is_none();
    let request = waiting.get_or_insert_with(|| WaitingUpdate {
        file: PathBuf::new(),
        options: UpdateOptions::new(),
        answer: Arc::default(),
    });
    file.clone_into(&mut request.file);
    request.options = options.clone();
    let requested = ChangeRequest {
        loaded: loaded.clone(),
        answer: request.answer.clone(),
        place: request.answer.add(),
    };
    if is_first {
        match loaded.refuse_without(&loaded.settings.updater, file) {
            Ok(()) => carry_out_after(loaded, Duration::ZERO),
            Err(refusal) => {
                *waiting = None;
                Owed(requested.answer.clone()).give(Err(refusal));
            }
        }
    }
    requested
}

/// Refuses the update of a module that was asked for, if it has not begun, since the server stops. Gives its file.
#[cfg(feature = "signals")]
pub(crate) fn give_up(loaded: &Loaded) -> Option<PathBuf> {
    let request = loaded.requests.update().take()?;
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
    Owed(request.answer).give(Err(refusal.keeps(&loaded.current().version)));
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
    let Some(request) = loaded.requests.update().take() else {
        return;
    };
    let owed = Owed(request.answer);
    let result = update::update_in_turn(loaded, turn, &request.file, &request.options);
    owed.give(result);
}

/// Asks for a rollback. As of an update, each request that waits has one task at the updater.
fn request_rollback(loaded: &Arc<Loaded>, options: &RollbackOptions) -> RollbackRequest {
    loaded.settings.go_on();
    let mut waiting = loaded.requests.rollback();
    let is_first = waiting.is_none();
    let request = waiting.get_or_insert_with(|| WaitingRollback {
        options: RollbackOptions::new(),
        answer: Arc::default(),
    });
    request.options = options.clone();
    let requested = ChangeRequest {
        loaded: loaded.clone(),
        answer: request.answer.clone(),
        place: request.answer.add(),
    };
    if is_first {
        match loaded.refuse_without(&loaded.settings.updater, &loaded.current().file) {
            Ok(()) => roll_back_soon(loaded),
            Err(refusal) => {
                *waiting = None;
                Owed(requested.answer.clone()).give(Err(refusal));
            }
        }
    }
    requested
}

fn roll_back_soon(loaded: &Arc<Loaded>) {
    let weak = Arc::downgrade(loaded);
    loaded.settings.updater.after(Duration::ZERO, move || {
        let Some(loaded) = weak.upgrade() else { return };
        // The thread that carries out requests is in no turn.
        let Ok(turn) = loaded.turn(&loaded.current().file) else {
            return roll_back_soon(&loaded);
        };
        let request = loaded.requests.rollback().take();
        if let Some(WaitingRollback { options, answer }) = request {
            let owed = Owed(answer);
            owed.give(rollback::rollback_in_turn(&loaded, turn, &options));
        }
    });
}
