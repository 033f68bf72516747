//! Candidates that are loaded and not published, to rehearse an update with in the process itself.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use hotmod::codes::{self, Code, coded};
use hotmod::describe::Difference;
use hotmod::interface::Interface;
use hotmod_file::plan::Way;
use hotmod_file::{Refusal, told};

use crate::events::UpdateState;
use crate::image::image::Image;
use crate::journal::recovery::OperationKind;
use crate::migrate::{MigrateError, Route};
use crate::module::instance::Instance;
use crate::module::loaded::Loaded;
use crate::module::module::Module;
use crate::module::report::UpdateReport;
use crate::module::retire::InUse;
use crate::trial::trial::same_file;
use crate::update::publish::route;
use crate::update::update::{begin, code, find_or_stage, look_into, plan, read_again};
use crate::uses::register::Together;

/// A candidate that was loaded beside the running version and is not published, made by
/// [`Module::candidate`](crate::Module::candidate): for a rehearsal in the process itself.
///
/// [`Pool::rehearse`](crate::Pool::rehearse) and [`Instance::rehearse`](crate::Instance::rehearse) have the
/// candidate make the new state of an instance beside the old one and check it
/// (`#[hotmod::after_migrate]`), as the update would, and then give the new state up. The instance stays at
/// its version, its state as it was to the last bit.
///
/// Use it where the process cannot be copied for a [rehearsal](crate::Module::rehearse): where `fork` is
/// forbidden, there is no memory for it, or copying the page tables would take too long. It finds values
/// that do not fit, hooks and checks that fail or panic, and how long an instance takes. It does less than
/// a rehearsal in a copy:
///
/// - The candidate runs for real. If it crashes, aborts or hangs when it is loaded or converts, so
///   does the process.
/// - A check (`#[hotmod::after_migrate]`) is not asked about a state that holds items with several owners
///   (`Arc`, `Rc`) whose type changed: it could keep such an owner, and reach through it what belongs to
///   the old state.
/// - Functions marked `#[hotmod::preflight]` do not run: they may change the state that they are
///   given, and what was moved into it still belongs to the old one.
/// - Only instances that are not in use at that moment can be rehearsed: those of a pool, and others by the
///   code that owns them.
///
/// It rehearses with instances at the version that ran when it was made. After another version was
/// published, make a new candidate. When it is dropped, its memory is given back as that of any version
/// that is needed no more; an update to the same file does not load it again.
pub struct Candidate {
    loaded: Arc<Loaded>,
    running: &'static Image,
    kept: InUse,
    /// The route of states from the running version to the candidate.
    route: Arc<Route>,
    report: UpdateReport,
}

impl Candidate {
    /// The module's name.
    pub fn module(&self) -> &str {
        &self.loaded.name
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.kept.image.version
    }

    /// The version that it would replace.
    pub fn replaces(&self) -> &str {
        &self.running.version
    }

    /// What differs between the two: for state, the plan by which it would be migrated.
    pub fn differences(&self) -> &[Difference] {
        &self.report.differences
    }
}

/// Loads a file beside what runs, and compiles the way to it.
pub(crate) fn prepare(loaded: &Arc<Loaded>, file: &Path) -> Result<Candidate, Refusal> {
    let _turn = loaded.turn(file)?;
    let running = loaded.current();
    let keeps = |refusal: Refusal| refusal.keeps(&running.version);
    loaded.refuse_if_linked(file)?;
    loaded.refuse_during_trial(file).map_err(keeps)?;
    let operation = begin(loaded, OperationKind::Candidate, file);
    let candidate = look_into(&loaded.settings, file).map_err(keeps)?;
    operation.iter().for_each(|it| it.of(&candidate));
    if candidate.digest() == running.digest {
        return Err(keeps(same_file(file, running)));
    }
    let mut report = UpdateReport::of(&loaded.name, running, &candidate);
    let with = (&candidate, &Together::new());
    let plan = plan(loaded, running, with, &mut report, &mut |_| {}).map_err(keeps)?;
    let candidate = find_or_stage(loaded, candidate).map_err(keeps)?;
    let mut reaches = |state: UpdateState| {
        (operation.iter()).for_each(|it| it.reaches(state.as_str(), true));
    };
    let (image, _, read) = code(loaded, candidate, &mut reaches).map_err(keeps)?;
    if read.is_none() {
        // Whether it would make them is asked. It keeps those that it has, with which it may be gone back to.
        drop(read_again(loaded, image).map_err(keeps)?);
    }
    image.revive();
    // Made before what can still fail: dropped then, it has the version looked for that nothing needs.
    let kept = InUse::new(loaded, image);
    let route = route(loaded, Way::On, &plan, (running, image)).map_err(keeps)?;
    Ok(Candidate {
        loaded: loaded.clone(),
        running,
        kept,
        route,
        report,
    })
}

#[cfg(feature = "snapshot")]
impl Candidate {
    /// The code, and the way to it from what runs.
    pub(crate) fn way(&self) -> (&'static Image, &Route) {
        (self.kept.image, &self.route)
    }
}

impl<I: ?Sized> Module<I> {
    /// Loads the version in this file beside the running one, without putting it into use, to rehearse
    /// the update with instances in the process itself: see [`Candidate`] for when that is of use. It
    /// is inspected, verified, compared, staged and loaded as for an update.
    ///
    /// # Errors
    ///
    /// [`Refusal`] as for an update, or if the file is the one that runs.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hotmod_host::{Instance, Interface, Module, Pool};
    ///
    /// fn fits<I: Interface + ?Sized>(
    ///     module: &Module<I>,
    ///     rooms: &Pool<u64, I>,
    ///     lobby: &mut Instance<I>,
    /// ) -> Result<bool, Box<dyn std::error::Error>> {
    ///     let candidate = module.candidate("modules/librooms.so")?;
    ///     lobby.rehearse(&candidate)?;
    ///     let rehearsed = rooms.rehearse(&candidate);
    ///     for (room, error) in &rehearsed.unfit {
    ///         eprintln!("room {room}: {error}");
    ///     }
    ///     Ok(rehearsed.unfit.is_empty())
    /// }
    /// ```
    pub fn candidate(&self, file: impl AsRef<Path>) -> Result<Candidate, Refusal> {
        prepare(self.loaded(), file.as_ref())
    }
}

impl<I: Interface + ?Sized> Instance<I> {
    /// Finds out whether this candidate would take the state along: the candidate makes the new state
    /// beside the old one and checks it; then the new state is given up. The instance's own state stays as
    /// it was, at its version.
    ///
    /// See [`Candidate`] for what this finds, and what it does not.
    ///
    /// # Errors
    ///
    /// [`RehearseError::Unfit`] if a value does not fit or a check refuses the state;
    /// [`RehearseError::OtherVersion`] if the state is not at the version that the candidate would replace;
    /// [`RehearseError::OtherModule`] if the instance does not belong to the candidate's module.
    pub fn rehearse(&mut self, candidate: &Candidate) -> Result<(), RehearseError> {
        let module = self.module().to_owned();
        let at = self.version().to_owned();
        let state = self.state_mut();
        if !state.is_of(&candidate.loaded) {
            return Err(RehearseError::OtherModule {
                module: candidate.module().to_owned(),
                found: module,
            });
        }
        match state.try_out(&candidate.route) {
            Some(fits) => fits.map_err(RehearseError::Unfit),
            None => Err(RehearseError::OtherVersion {
                at,
                from: candidate.replaces().to_owned(),
            }),
        }
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate")
            .field("module", &self.module())
            .field("replaces", &self.replaces())
            .field("version", &self.version())
            .finish()
    }
}

/// Why an instance did not come through a rehearsal in the process. The instance is unchanged.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RehearseError {
    /// A value does not fit, or a check refuses the state.
    Unfit(MigrateError),
    /// The instance is not at the version that the candidate would replace.
    #[non_exhaustive]
    OtherVersion {
        /// The version that it is at.
        at: String,
        /// The version that the candidate would replace.
        from: String,
    },
    /// The instance belongs to another module than the candidate's, or to a module that another host
    /// loaded.
    #[non_exhaustive]
    OtherModule {
        /// The candidate's module.
        module: String,
        /// The instance's module.
        found: String,
    },
}

impl fmt::Display for RehearseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What another error says has the code of that one.
        let is_own = !matches!(self, RehearseError::Unfit(_));
        coded(f, is_own.then(|| self.code()), |f| match self {
            RehearseError::Unfit(error) => error.fmt(f),
            RehearseError::OtherVersion { at, from } => write!(
                f,
                "the instance is at {at}, and the candidate would replace {from}\n  help: take it \
                 there with `Instance::migrate`, or make the candidate anew"
            ),
            RehearseError::OtherModule { module, found } => write!(
                f,
                "the candidate is one of the loaded module `{module}`, and the instance is of \
                 another (`{found}`)\n  help: rehearse what that module has created"
            ),
        })
    }
}

/// Prints the message and its causes: this is what `main` shows of an error that it returns.
impl fmt::Debug for RehearseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        told(self, f)
    }
}

impl RehearseError {
    /// The code of this kind of error, whose page `cargo hotmod explain` prints.
    pub fn code(&self) -> Code {
        match self {
            RehearseError::Unfit(error) => error.code(),
            RehearseError::OtherVersion { .. } => codes::AT_ANOTHER_VERSION,
            RehearseError::OtherModule { .. } => codes::OF_ANOTHER_MODULE,
        }
    }
}

impl Error for RehearseError {}
