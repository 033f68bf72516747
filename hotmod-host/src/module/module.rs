//! Handles to loaded modules.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hotmod::Interface;
use hotmod::describe::Description;
use hotmod::expected;
use hotmod::state::Registry;

use crate::call::generation::{Port, PortKind};
use crate::call::lane::Lane;
use crate::image::expected::Expected;
use crate::module::function::{Function, Signature};
use crate::module::instance::CreateError;
use crate::module::instance::Instance;
use crate::module::loaded::Core;
use crate::module::retire::{self, Needed, NeededFor};
use crate::pool::pool::{Pool, PoolKey};
use crate::trial::candidate::Candidate;
use crate::trial::shadow::{Shadow, ShadowOptions};
use crate::update::drain::{self, Straggler};
use crate::update::rehearsal::{RehearsalOptions, RehearsalReport};
use crate::update::request::{self, UpdateRequest};
use crate::update::rollback::{self, RollbackOptions, RollbackReport};
use crate::update::update::{self, UpdateOptions, UpdateReport};
use hotmod_file::Digest;
use hotmod_file::Refusal;

/// The mark of a module handle that stands for no interface.
pub enum Untyped {}

/// A handle to a loaded module, seen through the interface `I`. Cheap to clone; all clones see the
/// same module.
pub struct Module<I: ?Sized> {
    core: Arc<Core>,
    /// Where the interface's shims begin in every generation.
    base: usize,
    interface: PhantomData<fn() -> Box<I>>,
}

impl Module<Untyped> {
    pub(crate) fn untyped(core: Arc<Core>) -> Self {
        Module {
            core,
            base: 0,
            interface: PhantomData,
        }
    }
}

impl<I: ?Sized> Module<I> {
    /// The module's name.
    pub fn name(&self) -> &str {
        &self.core.name
    }

    /// The version that new calls enter.
    pub fn version(&self) -> String {
        self.core.current().version.clone()
    }

    /// The version that ran before the current one, if one did.
    pub fn previous_version(&self) -> Option<String> {
        let history = self.core.history();
        let previous = history.previous.as_ref();
        previous.map(|previous| previous.image.version.clone())
    }

    /// Every version that was loaded, in that order. They stay mapped; what each costs and what it
    /// is needed for is as of now.
    pub fn versions(&self) -> Vec<Version> {
        let versions = retire::needed(&self.core).into_iter();
        let versions = versions.map(|Needed { image, needs }| Version {
            version: image.version.clone(),
            file: image.file.clone(),
            digest: image.digest,
            is_current: needs.contains(&NeededFor::Current),
            resident_bytes: image.resident_bytes(),
            budget_bytes: image.charge.bytes(),
            needed: needs,
            is_retired: image.is_retired(),
        });
        versions.collect()
    }

    /// Gives back the memory of every version but the current one, also where instances are at it
    /// or calls in it: what they use is read back from the private copies, page by page. For a
    /// server that is short of memory; versions that nobody needs are seen to without it.
    ///
    /// # Errors
    ///
    /// What the kernel says where it keeps pages, which it does where the process has locked its
    /// memory; or that the directory of private copies cannot be written to.
    pub fn page_out(&self) -> io::Result<()> {
        let current = self.core.current();
        let images = self.core.history().images.clone();
        let mut old = images
            .iter()
            .filter(|image| !std::ptr::eq(**image, current));
        old.try_for_each(|image| image.page_out(&self.core.settings.staging))
    }

    /// What the current version says of itself.
    pub fn manifest(&self) -> Arc<Description> {
        self.core.current().manifest()
    }

    /// The bytes that the module's code, in all its versions, has taken from the host's allocator
    /// and not given back. What one side made and the other freed is counted where it was freed,
    /// so this is what the module holds only where no ownership crosses.
    pub fn memory(&self) -> i64 {
        self.core.memory.bytes()
    }

    /// Limits how many [bytes](Module::memory) the module may hold while a state is migrated;
    /// `None`, as it is at first, for any number.
    ///
    /// A migration that would take the module beyond that is abandoned, before the block is
    /// allocated that would. [`Instance::stuck`](crate::Instance::stuck) names the value there was no
    /// room for; the state stays as it was, at its version, and
    /// [`Instance::migrate`](crate::Instance::migrate) tries again. The module's own code is not held
    /// back: Rust ends a process whose allocations fail.
    pub fn limit_memory(&self, bytes: Option<u64>) {
        self.core.memory.limit(bytes);
    }

    /// Replaces the running version by the one in this file.
    ///
    /// Callers are never stopped: those inside the old version finish there, and new calls enter
    /// the new one. The state of instances follows at their next exclusive call, handed over as it
    /// is or migrated by the plan in [`UpdateReport::differences`]. A file that runs already is
    /// recognised; one that ran before is not loaded a second time.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with everything that stands in the way. The running version is untouched.
    pub fn update(&self, file: impl AsRef<Path>) -> Result<UpdateReport, Refusal> {
        self.update_with(file, &UpdateOptions::new())
    }

    /// As [`update`](Module::update), with a say in how it is done.
    ///
    /// # Errors
    ///
    /// As `update`.
    pub fn update_with(
        &self,
        file: impl AsRef<Path>,
        options: &UpdateOptions,
    ) -> Result<UpdateReport, Refusal> {
        update::update(&self.core, file.as_ref(), options)
    }

    /// Asks for an update, and does not wait for it: it is carried out on a thread of the host,
    /// in the module's turn, when [`HostBuilder::min_update_interval`](crate::HostBuilder) has passed since
    /// the last publication, after whatever was asked for of other modules. What is asked for while another request waits takes its place, and
    /// both get the result: of any number of requests that come meanwhile, the last is carried out.
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

    /// As [`request_update`](Module::request_update), with a say in how it is done.
    pub fn request_update_with(
        &self,
        file: impl AsRef<Path>,
        options: &UpdateOptions,
    ) -> UpdateRequest {
        request::request(&self.core, file.as_ref(), options)
    }

    /// Rehearses the update to this file, in a copy of the process, and does not update.
    ///
    /// # Errors
    ///
    /// [`Refusal`] as of the update, or because of what went wrong in the copy.
    pub fn rehearse(
        &self,
        file: impl AsRef<Path>,
        rehearsal: &RehearsalOptions,
    ) -> Result<RehearsalReport, Refusal> {
        update::rehearse(&self.core, file.as_ref(), rehearsal)
    }

    /// Loads the version in this file beside the running one, without putting it into use, to rehearse
    /// the update with instances in the process itself: see [`Candidate`] for when that is of use. It
    /// is inspected, verified, compared, staged and loaded as for an update.
    ///
    /// # Errors
    ///
    /// [`Refusal`] as of the update, or if the file is the one that runs.
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
        Candidate::new(&self.core, file.as_ref())
    }

    /// Runs the version in this file beside the running one, without putting it into use: it is
    /// inspected, verified, compared, staged and loaded as for an update, and then a sample of the
    /// calls of functions that both versions mark
    /// [`#[hotmod::export(pure)]`](macro@hotmod::export#pure-functions) is run in it too, on copies of
    /// the arguments, and compared.
    ///
    /// That is done on the caller's thread, right before the call itself, so calls of the sample take
    /// as long as both. Callers get what the running version returned; only
    /// [`Shadow::report`] tells of the other. While nobody looks on, calls cost what they did.
    ///
    /// A panic of the new version is a difference like another. Code that ends the process, by an
    /// abort or a stack that overflows, ends it here too: a shadow takes the code for trustworthy and
    /// asks whether it is right.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with everything that stands in the way of an update, or if the file is the one that
    /// runs, if no function is pure in both versions, or if another candidate of the module is on
    /// trial.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hotmod_host::{Host, ShadowOptions};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let host = Host::builder().build()?;
    /// let shop = host.load_untyped("libshop.so")?;
    /// let shadow = shop.shadow("libshop-next.so", ShadowOptions::every(100))?;
    /// // The server goes on; some time later:
    /// let report = shadow.stop();
    /// println!("{report}");
    /// if report.compared > 0 && report.differing == 0 {
    ///     shop.update("libshop-next.so")?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn shadow(&self, file: impl AsRef<Path>, sample: ShadowOptions) -> Result<Shadow, Refusal> {
        let trial = update::shadow(&self.core, file.as_ref(), sample)?;
        Ok(Shadow::new(self.core.clone(), trial))
    }

    /// What a rollback would do, and what would be lost.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if there is nothing to go back to, or no way for the state.
    pub fn rollback_report(&self) -> Result<RollbackReport, Refusal> {
        rollback::report(&self.core)
    }

    /// Goes back to the version before: new calls enter it, and states follow at their next
    /// exclusive call, by the way back of the update's plan. Calls that are inside the newer version
    /// finish there, as in an update, and are told of in the same [`events`](crate::Host::events).
    ///
    /// There is one step back, and none from there.
    ///
    /// # Errors
    ///
    /// As [`rollback_report`](Module::rollback_report). What runs is untouched.
    pub fn rollback(&self) -> Result<RollbackReport, Refusal> {
        self.rollback_with(&RollbackOptions::new())
    }

    /// As [`rollback`](Module::rollback), with a say in how it is done.
    ///
    /// # Errors
    ///
    /// As `rollback`.
    pub fn rollback_with(&self, options: &RollbackOptions) -> Result<RollbackReport, Refusal> {
        rollback::rollback(&self.core, options)
    }

    /// Gives up the version before: the current one can no longer be rolled back.
    pub fn make_permanent(&self) {
        rollback::make_permanent(&self.core);
    }

    /// The calls that run in a version other than the current one.
    pub fn stragglers(&self) -> Vec<Straggler> {
        drain::stragglers(&self.core)
    }

    /// Waits until the calls are over that updates and rollbacks have left behind in the versions
    /// that they left, and no longer than this. Returns those that still run: none, if all are over.
    ///
    /// Who has the module's turn meanwhile is of no matter, nor is who calls it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let host = hotmod_host::Host::builder().build()?;
    /// let game = host.load_untyped("libgame.so")?;
    /// game.update("libgame.so")?;
    /// for straggler in game.drain(Duration::from_secs(5)) {
    ///     eprintln!("{straggler}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn drain(&self, within: Duration) -> Vec<Straggler> {
        drain::drain(&self.core, within)
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// An exported function, by its name and type.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the module exports no such function, or one of another type.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let host = hotmod_host::Host::builder().build()?;
    /// let game = host.load_untyped("modules/libgame.so")?;
    /// let damage = game.function::<fn(u32, u32) -> u32>("damage")?;
    /// println!("{}", damage.call(9, 4)?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn function<F: Signature>(&self, name: &str) -> Result<Function<F>, Refusal> {
        let mut types = Registry::default();
        let (params, output) = F::describe(&mut types);
        let described = expected::function(name, &params, output, &types);
        let expected = Expected::new(&format!("{name}()"), described);
        let place = self
            .core
            .port(PortKind::Function(name.to_owned()), expected, 1)?;
        Ok(Function::new(self.core.clone(), name, place))
    }

    /// The module seen through an interface.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the module does not implement it, or implements another one of the name.
    pub fn interface<J: Interface + ?Sized>(&self) -> Result<Module<J>, Refusal> {
        let Port {
            kind,
            expected,
            len,
            ..
        } = interface_port::<J>();
        Ok(Module {
            base: self.core.port(kind, expected, len)?,
            core: self.core.clone(),
            interface: PhantomData,
        })
    }
}

impl<I: Interface + ?Sized> Module<I> {
    /// Creates an instance: a state made by the module's `#[hotmod::init]`.
    ///
    /// # Errors
    ///
    /// [`CreateError`] if the init returns an error or panics, or there is none.
    pub fn create(&self, config: &str) -> Result<Instance<I>, CreateError> {
        self.create_in(&self.core.lane, config)
    }

    /// Creates an instance that follows this lane.
    pub(crate) fn create_in(
        &self,
        lane: &Arc<Lane>,
        config: &str,
    ) -> Result<Instance<I>, CreateError> {
        Instance::create(self.core.clone(), lane.clone(), self.base, config)
    }

    /// An empty pool of instances, each under a key. One that takes its instances to a new version
    /// in the background is made by [`Pool::builder`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hotmod_host::{Host, Pool};
    ///
    /// #[hotmod::interface]
    /// pub trait Room {
    ///     fn enter(&mut self, name: &str) -> usize;
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let host = Host::builder().build()?;
    /// let module = host.load::<dyn Room>("modules/librooms.so")?;
    /// let rooms: Pool<u64, dyn Room> = module.pool();
    /// rooms.create(7, "the attic")?;
    /// let guests = rooms.call(&7, |room| room.enter("ada"))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn pool<K: PoolKey>(&self) -> Pool<K, I> {
        Pool::new(self.clone())
    }
}

/// What a host that calls `I` expects, as the first port of a module.
pub(crate) fn interface_port<I: Interface + ?Sized>() -> Port {
    let mut types = Registry::default();
    I::register(&mut types);
    Port {
        kind: PortKind::Interface(I::DESC.name.to_owned()),
        expected: Expected::new(I::DESC.name, expected::interface(I::DESC, &types)),
        base: 0,
        len: I::DESC.methods.len(),
    }
}

impl<I: ?Sized> Clone for Module<I> {
    fn clone(&self) -> Self {
        Module {
            core: self.core.clone(),
            base: self.base,
            interface: PhantomData,
        }
    }
}

impl<I: ?Sized> fmt::Debug for Module<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.core.name)
            .field("version", &self.core.current().version)
            .finish()
    }
}

/// One loaded version of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Version {
    /// The version.
    pub version: String,
    /// The file that it was loaded from, as it was given.
    pub file: PathBuf,
    /// The digest of that file's bytes when it was loaded.
    pub digest: Digest,
    /// Whether new calls enter it.
    pub is_current: bool,
    /// How many bytes of it are in this process' memory. `None` if the kernel does not say, which
    /// takes `/proc/self/pagemap`.
    ///
    /// Pages of code and constants are those of the private copy, and the kernel may drop and read
    /// them again at any time.
    pub resident_bytes: Option<u64>,
    /// How many bytes it counts toward [`HostBuilder::image_budget`](crate::HostBuilder::image_budget): all
    /// that it spans while it is in use, and when it is retired the pages that no file holds.
    pub budget_bytes: u64,
    /// What it is still needed for. Nothing: it is retired, or will be in a moment.
    pub needed: Vec<NeededFor>,
    /// Whether it is kept for nobody. It can still be called, and be updated to again, without
    /// being loaded a second time.
    pub is_retired: bool,
}
