//! The host: which modules are loaded, and what is done with several of them. `builder` makes one.

pub(crate) mod builder;
#[cfg(feature = "linked")]
mod link;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotmod::Interface;
use hotmod::root;
use hotmod_file::{Expectations, Expected, HostBuild, HostName, Refusal};

use crate::call::expectation::Expectation;
use crate::events::Events;
use crate::journal::recovery::Recovery;
use crate::module::loaded::Loaded;
use crate::module::module::{Module, Untyped, interface_expectation};
use crate::module::options::{RollbackOptions, UpdateOptions};
use crate::module::report::UpdateReport;
use crate::module::rollback_report::RollbackReport;
use crate::module::settings::Settings;
use crate::update::first::{self, FirstFile};
use crate::update::rollback;
use crate::update::update;

/// Loads modules and knows those that are loaded. It is cheap to clone; all clones are the same host.
///
/// # Examples
///
/// ```no_run
/// use hotmod_host::Host;
///
/// #[hotmod::interface]
/// pub trait Game {
///     fn hello(&mut self, name: &str) -> String;
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::builder().module_dir("modules").build()?;
/// let game = host.load::<dyn Game>("libgame.so")?;
/// let mut world = game.create("seed = 7")?;
/// println!("{}", world.hello("ada")?);
/// game.update("libgame.so")?; // a rebuilt file: checked, then published
/// println!("{}", world.hello("ada")?); // same state, new code
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Host {
    pub(crate) settings: Arc<Settings>,
    modules: Arc<Modules>,
}

/// The modules of a host, by name.
type Modules = Mutex<BTreeMap<String, Arc<Loaded>>>;

/// A host that is not kept: for what works beside it.
#[cfg(feature = "watch")]
pub(crate) struct WeakHost {
    settings: std::sync::Weak<Settings>,
    modules: std::sync::Weak<Modules>,
}

#[cfg(feature = "watch")]
impl WeakHost {
    /// The host, as long as a handle to it is there.
    pub(crate) fn upgrade(&self) -> Option<Host> {
        Some(Host {
            modules: self.modules.upgrade()?,
            settings: self.settings.upgrade()?,
        })
    }
}

impl Host {
    /// Loads a module that implements an interface.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with everything that stands in the way; nothing of the file has run, unless the
    /// system's loader or the module's own initialisation was what failed.
    pub fn load<I: Interface + ?Sized>(
        &self,
        file: impl AsRef<Path>,
    ) -> Result<Module<I>, Refusal> {
        let expectation = interface_expectation::<I>();
        self.load_with(file.as_ref(), Some(expectation))?
            .interface::<I>()
    }

    /// Loads a module without saying what it implements: its functions can be called, and its
    /// interfaces asked for later, with [`Module::interface`].
    ///
    /// # Errors
    ///
    /// As [`load`](Host::load).
    pub fn load_untyped(&self, file: impl AsRef<Path>) -> Result<Module<Untyped>, Refusal> {
        self.load_with(file.as_ref(), None)
    }

    fn load_with(
        &self,
        file: &Path,
        expectation: Option<Expectation>,
    ) -> Result<Module<Untyped>, Refusal> {
        let all = self.begin(&[file], expectation.as_ref())?;
        let loaded = all.into_iter().next();
        Ok(Module::untyped(
            loaded.expect("bug in hotmod: a module was loaded and lost"),
        ))
    }

    /// Loads modules from these files, all of them or none.
    fn begin(
        &self,
        files: &[&Path],
        expectation: Option<&Expectation>,
    ) -> Result<Vec<Arc<Loaded>>, Refusal> {
        let modules = self.lock();
        let looked = files.iter().map(|file| first::look(&self.settings, file));
        let looked = looked.collect::<Result<Vec<_>, _>>()?;
        self.begin_all(modules, looked, expectation)
    }

    /// The same, of files that were looked at. The modules are locked throughout: two threads that load one must not both
    /// succeed.
    fn begin_all(
        &self,
        mut modules: MutexGuard<'_, BTreeMap<String, Arc<Loaded>>>,
        looked: Vec<FirstFile>,
        expectation: Option<&Expectation>,
    ) -> Result<Vec<Arc<Loaded>>, Refusal> {
        let running = |name: &str| Some(modules.get(name)?.current().version.clone());
        let all = first::all(&self.settings, looked, expectation, &running)?;
        modules.extend(all.iter().map(|it| (it.name.clone(), it.clone())));
        Ok(all)
    }

    /// Loads several modules, or none of them: such as need something of each other, so that none could be loaded
    /// first. Each file is inspected, verified, compared, staged and loaded before the first of them is called.
    ///
    /// They are set up in the order in which they are given. As long as their functions marked
    /// [`#[hotmod::loaded]`](macro@hotmod::loaded) run, none of them can call another of these.
    ///
    /// # Errors
    ///
    /// [`Refusal`] of the first file that is refused. None of the modules is loaded.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let host = hotmod_host::Host::builder().build()?;
    /// let modules = host.load_all(["libcombat.so", "libquests.so"])?;
    /// let combat = modules[0].function::<fn(u32, u32) -> u32>("damage")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn load_all<F: AsRef<Path>>(
        &self,
        files: impl IntoIterator<Item = F>,
    ) -> Result<Vec<Module<Untyped>>, Refusal> {
        let files: Vec<F> = files.into_iter().collect();
        let files: Vec<&Path> = files.iter().map(AsRef::as_ref).collect();
        let all = self.begin(&files, None)?;
        Ok(all.into_iter().map(Module::untyped).collect())
    }

    /// What was found of the process before, where the host [keeps that](crate::HostBuilder::state_dir): what was going on
    /// when that ended, and what ran.
    pub fn recovery(&self) -> Option<&Recovery> {
        let journal = self.settings.journal.as_ref()?;
        Some(journal.recovery())
    }

    #[cfg(feature = "watch")]
    pub(crate) fn downgrade(&self) -> WeakHost {
        WeakHost {
            settings: Arc::downgrade(&self.settings),
            modules: Arc::downgrade(&self.modules),
        }
    }

    /// The directory that modules are taken from ([`HostBuilder::module_dir`](crate::HostBuilder::module_dir)), if there is one.
    pub fn module_dir(&self) -> Option<&Path> {
        self.settings.module_dir.as_deref()
    }

    /// A module that is loaded, by its name.
    pub fn module(&self, name: &str) -> Option<Module<Untyped>> {
        self.lock().get(name).cloned().map(Module::untyped)
    }

    /// The modules that are loaded, by name.
    pub fn modules(&self) -> Vec<Module<Untyped>> {
        self.lock().values().cloned().map(Module::untyped).collect()
    }

    /// Replaces the running versions of several modules, or none of them: each file is inspected,
    /// verified, compared, staged and loaded before the first is published.
    ///
    /// # Errors
    ///
    /// [`Refusal`] of the first file that is refused. Every module runs what it ran before.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let host = hotmod_host::Host::builder().build()?;
    /// use hotmod_host::UpdateOptions;
    ///
    /// let game = host.load_untyped("libgame.so")?;
    /// let chat = host.load_untyped("libchat.so")?;
    /// let files = [(&game, "libgame.so"), (&chat, "libchat.so")];
    /// host.update_all(files, &UpdateOptions::new())?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update_all<'a, I, F>(
        &self,
        files: impl IntoIterator<Item = (&'a Module<I>, F)>,
        options: &UpdateOptions,
    ) -> Result<Vec<UpdateReport>, Refusal>
    where
        I: ?Sized + 'a,
        F: AsRef<Path>,
    {
        let files = files
            .into_iter()
            .map(|(module, file)| (module.loaded().clone(), file.as_ref().to_owned()));
        update::update_all(&files.collect::<Vec<_>>(), options)
    }

    /// Goes back to the versions before of several modules, or of none of them: as
    /// [`Module::rollback_with`], where each could not go back alone without leaving another without what it needs.
    ///
    /// # Errors
    ///
    /// [`Refusal`] of the first module that is refused: there is no version to go back to, or no way back for the
    /// state, or that version does not suit the others. Every module runs what it ran before.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let host = hotmod_host::Host::builder().build()?;
    /// use hotmod_host::{RollbackOptions, UpdateOptions};
    ///
    /// let combat = host.load_untyped("libcombat.so")?;
    /// let quests = host.load_untyped("libquests.so")?;
    /// let files = [(&combat, "libcombat.so"), (&quests, "libquests.so")];
    /// host.update_all(files, &UpdateOptions::new())?;
    /// host.rollback_all([&combat, &quests], &RollbackOptions::new())?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rollback_all<'a, I: ?Sized + 'a>(
        &self,
        modules: impl IntoIterator<Item = &'a Module<I>>,
        options: &RollbackOptions,
    ) -> Result<Vec<RollbackReport>, Refusal> {
        let modules = modules.into_iter().map(|module| module.loaded().clone());
        rollback::rollback_all(&modules.collect::<Vec<_>>(), options)
    }

    /// All that this host decides by whether a module suits it: what it calls of its modules, what it provides to
    /// them, the types in those, the names of its pools and shared instances, what it was built for, and what it allows. `cargo hotmod diff` and `check` read
    /// it with `--host`, so that CI can say whether a module suits the servers that run.
    ///
    /// What it calls are the interfaces and functions that it said when it was
    /// [built](crate::HostBuilder::expects), and those that it has asked its modules for since
    /// ([`load`](Host::load), [`Module::interface`], [`Module::function`]). So a server that says all of them when
    /// it is built can write them down without loading anything, as in a step of its build. The names of pools and
    /// shared instances, and what modules call of each other, are those of when it is asked.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hotmod_host::Host;
    ///
    /// #[hotmod::interface]
    /// pub trait Room {
    ///     fn count(&self) -> u32;
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let host = Host::builder().expects::<dyn Room>("rooms").build()?;
    /// if std::env::args().nth(1).as_deref() == Some("--expectations") {
    ///     host.expectations().write_to("server.hotmod")?;
    ///     return Ok(());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn expectations(&self) -> Expectations {
        let declared = &self.settings.declared;
        let loaded = self.lock().clone();
        let modules: BTreeSet<&String> = declared.modules().chain(loaded.keys()).collect();
        let build = HostBuild {
            abi: root::ABI,
            rustc: root::RUSTC.to_owned(),
            commit: root::COMMIT.to_owned(),
            target: root::TARGET.to_owned(),
        };
        let mut expectations = Expectations::new(build, self.settings.policy.clone());
        for module in modules {
            let mut all = match loaded.get(module) {
                Some(loaded) => loaded.history().expectations.clone(),
                None => declared.with(module, None),
            };
            // In an order that does not come of which was asked for first.
            all.sort_by(|one, other| one.kind.cmp(&other.kind));
            for expectation in all {
                expectations = expectations.call(module, expectation.expected.clone());
            }
        }
        let mut provided: Vec<(Vec<String>, &Arc<Expected>)> = Vec::new();
        for (name, expected) in self.settings.loader.imports.provided() {
            let name = name.to_owned();
            // The methods of a trait are described together.
            match provided
                .iter_mut()
                .find(|(_, it)| Arc::ptr_eq(it, expected))
            {
                Some((names, _)) => names.push(name),
                None => provided.push((vec![name], expected)),
            }
        }
        for (names, expected) in provided {
            expectations = expectations.provide(names, (**expected).clone());
        }
        for module in loaded.keys() {
            let called = self.settings.uses.called(module);
            // Methods are of interfaces, which are compared with each that calls them.
            let functions = called.into_iter().filter(|it| !it.contains("::"));
            let functions: Vec<String> = functions.collect();
            if !functions.is_empty() {
                expectations = expectations.used(module, functions);
            }
        }
        for (name, named) in self.settings.uses.names.all() {
            expectations = expectations.name(HostName {
                name,
                module: named.module,
                keys: named.key.as_deref().cloned(),
            });
        }
        expectations
    }

    /// Every step of every update from now on.
    pub fn events(&self) -> Events {
        self.settings.events.subscribe()
    }

    /// As [`events`](Host::events), but of those that are not taken, so many wait: more for a subscriber that is
    /// away for long, fewer for one that wants the newest soon and can do without the rest. An event takes
    /// some hundred bytes while it waits.
    pub fn events_with_capacity(&self, waiting: NonZero<usize>) -> Events {
        self.settings.events.subscribe_with_capacity(waiting)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Loaded>>> {
        // A module is inserted whole or not at all.
        self.modules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let modules = self.lock();
        let versions = modules
            .iter()
            .map(|(name, loaded)| (name, &loaded.current().version));
        f.debug_map().entries(versions).finish()
    }
}
