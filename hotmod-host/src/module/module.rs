//! Handles to loaded modules.
//!
//! Each policy (`update`, `rollback`, `drain`, `candidate`, `shadow`, `pool`) has an `impl` block of its own,
//! in its own file. So a new policy is a new file.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::path::PathBuf;
#[cfg(feature = "snapshot")]
use std::ptr::NonNull;
use std::sync::Arc;

use hotmod::Interface;
use hotmod::call::passing::CrossingTable;
use hotmod::describe::Description;
use hotmod::root;
use hotmod::state::Registry;
use hotmod::state::expected;
use hotmod_file::{Digest, Expected, Refusal};

use crate::call::expectation::{Callee, Expectation, Passes};
use crate::call::slot::Track;
use crate::forward::source::Forwarding;
#[cfg(feature = "snapshot")]
use crate::image::image::Image;
use crate::image::meter::{CallMeter, MeasuredCalls};
use crate::image::panics::PanicsReport;
use crate::module::function::{Function, Signature};
use crate::module::instance::{CreateError, Instance};
use crate::module::kept_start::KeptStart;
use crate::module::loaded::Loaded;
use crate::module::migrations::{MigrationMeter, Migrations};
use crate::module::retire::{self, Needed, NeededFor};
use crate::module::timers::TimerReport;

/// The mark of a module handle that stands for no interface.
pub enum Untyped {}

/// A handle to a loaded module, seen through the interface `I`. Cheap to clone; all clones see the
/// same module.
pub struct Module<I: ?Sized> {
    loaded: Arc<Loaded>,
    /// Where the interface's shims begin in every generation.
    base: usize,
    interface: PhantomData<fn() -> Box<I>>,
}

impl Module<Untyped> {
    pub(crate) fn untyped(loaded: Arc<Loaded>) -> Self {
        Module {
            loaded,
            base: 0,
            interface: PhantomData,
        }
    }
}

impl<I: ?Sized> Module<I> {
    /// The module's name.
    pub fn name(&self) -> &str {
        &self.loaded.name
    }

    /// The version that new calls enter.
    pub fn version(&self) -> &str {
        &self.loaded.current().version
    }

    /// The version that ran before the current one, if one did.
    pub fn previous_version(&self) -> Option<&str> {
        let history = self.loaded.history();
        let previous = history.previous.as_ref();
        previous.map(|previous| previous.image.version.as_str())
    }

    /// Why the module has begun with the copy of the version that ran before, if it has.
    pub fn kept_start(&self) -> Option<&KeptStart> {
        self.loaded.kept_start.get()
    }

    /// Every version that was loaded, in that order. They stay mapped; what each costs and what it
    /// is needed for is as of now.
    pub fn versions(&self) -> Vec<Version> {
        let versions = retire::needed(&self.loaded).into_iter();
        let versions = versions.map(|Needed { image, needs }| {
            let (cancelled, cancelled_with_panic) = image.cancelled.counted();
            Version {
                version: image.version.clone(),
                file: image.file.clone(),
                digest: image.digest,
                is_current: needs.contains(&NeededFor::Current),
                resident_bytes: image.resident_bytes(),
                budget_bytes: image.code.charged(),
                needed: needs,
                is_retired: image.is_retired(),
                cancelled,
                cancelled_with_panic,
                calls: image.meter.as_ref().map(CallMeter::measured),
            }
        });
        versions.collect()
    }

    /// What the current version forwards of its logs, and what became of that.
    pub fn forwarding(&self) -> Forwarding {
        self.loaded.current().source.forwarding()
    }

    /// The panics of the module since it was loaded, the most frequent first, by version and place.
    pub fn panics(&self) -> PanicsReport {
        self.loaded.memory.panics.sorted()
    }

    /// What came of the functions marked [`#[hotmod::every]`](macro@hotmod::every) of the current version.
    pub fn timers(&self) -> Vec<TimerReport> {
        self.loaded.timers.reports(self.loaded.current())
    }

    /// Gives back the memory of every version but the current one, even of one that instances are at or calls
    /// are in: what they use is read back from the private copies, page by page. For a server that is short
    /// of memory; versions that are needed no more are retired without it.
    ///
    /// # Errors
    ///
    /// The kernel's error if it keeps the pages, as it does where the process has locked its memory; or an
    /// error if the directory of private copies cannot be written to.
    pub fn page_out(&self) -> io::Result<()> {
        let current = self.loaded.current();
        let images = self.loaded.history().images.clone();
        let mut old = images
            .iter()
            .filter(|image| !std::ptr::eq(**image, current));
        old.try_for_each(|image| image.page_out(&self.loaded.settings.loader.staging))
    }

    /// What the current version says of itself.
    pub fn manifest(&self) -> Arc<Description> {
        self.loaded.current().manifest()
    }

    /// The bytes that the module's code, in all its versions, has taken from the host's allocator
    /// and not given back. What one side made and the other freed is counted where it was freed,
    /// so this is what the module holds only where no ownership crosses.
    pub fn memory(&self) -> i64 {
        self.loaded.memory.bytes()
    }

    /// What the migrations of its instances have come to: how long each took, and what was made anew. `None` unless the host
    /// measures calls ([`HostBuilder::measure_calls`](crate::HostBuilder::measure_calls)).
    pub fn migrations(&self) -> Option<Migrations> {
        let migrations = self.loaded.migrations.as_ref();
        migrations.map(MigrationMeter::measured)
    }

    /// Limits how many [bytes](Module::memory) the module may hold while a state is migrated;
    /// `None`, as it is at first, for any number.
    ///
    /// A migration that would take the module beyond that is abandoned before it allocates the block that
    /// would. [`Instance::stuck`](crate::Instance::stuck) names the value for which there was no room; the
    /// state stays as it was, at its version, and [`Instance::migrate`](crate::Instance::migrate) tries
    /// again. The module's own code is not held back: Rust ends a process whose allocations fail.
    pub fn limit_memory(&self, bytes: Option<u64>) {
        self.loaded.memory.limit(bytes);
    }

    pub(crate) fn loaded(&self) -> &Arc<Loaded> {
        &self.loaded
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
        let Expectation {
            kind,
            expected,
            passes,
            ..
        } = function_expectation::<F>(name);
        let place = self.loaded.expect(kind, expected, passes)?;
        Ok(Function::new(self.loaded.clone(), name, place))
    }

    /// The module seen through an interface.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the module does not implement it, or implements another one of that name.
    pub fn interface<J: Interface + ?Sized>(&self) -> Result<Module<J>, Refusal> {
        let Expectation {
            kind,
            expected,
            passes,
            ..
        } = interface_expectation::<J>();
        Ok(Module {
            base: self.loaded.expect(kind, expected, passes)?,
            loaded: self.loaded.clone(),
            interface: PhantomData,
        })
    }
}

impl<I: Interface + ?Sized> Module<I> {
    /// Creates an instance: a state made by the module's `#[hotmod::init]`.
    ///
    /// It has one owner. Where [`Instance::has_timers`], the owner has to call
    /// [`Instance::run_due`]: the host calls timers of pools and shared instances alone.
    ///
    /// # Errors
    ///
    /// [`CreateError`] if the init returns an error or panics, or there is none.
    pub fn create(&self, config: &str) -> Result<Instance<I>, CreateError> {
        self.create_in(&self.loaded.track, config)
    }

    /// Creates an instance that follows this track.
    pub(crate) fn create_in(
        &self,
        track: &Arc<Track>,
        config: &str,
    ) -> Result<Instance<I>, CreateError> {
        Instance::create(self.loaded.clone(), track.clone(), self.base, config)
    }

    /// As [`Instance::adopt`], of this module.
    ///
    /// # Safety
    ///
    /// As there.
    #[cfg(feature = "snapshot")]
    pub(crate) unsafe fn adopt_in<E>(
        &self,
        track: &Arc<Track>,
        make: impl FnOnce(&'static Image) -> Result<NonNull<u8>, E>,
    ) -> Result<Instance<I>, E> {
        // SAFETY: the caller's.
        unsafe { Instance::adopt(self.loaded.clone(), track.clone(), self.base, make) }
    }
}

impl<I: Interface + ?Sized> Instance<I> {
    /// A handle to the instance's module.
    pub(crate) fn handle(&self) -> Module<I> {
        let (loaded, base) = self.state().linked();
        Module {
            loaded: loaded.clone(),
            base,
            interface: PhantomData,
        }
    }
}

fn passes(table: &CrossingTable) -> Passes {
    Passes {
        params: table.params().to_vec(),
        output: table.output(),
    }
}

/// What a host that calls `I` expects of a module, as its first expectation.
pub(crate) fn interface_expectation<I: Interface + ?Sized>() -> Expectation {
    let mut types = Registry::default();
    I::register(&mut types);
    Expectation {
        kind: Callee::Interface(I::DESC.name.to_owned()),
        expected: Expected::new(
            I::DESC.name,
            expected::interface(I::DESC, &types),
            &root::toolchain(),
        ),
        base: 0,
        len: I::DESC.methods.len(),
        passes: I::CROSSINGS.iter().map(passes).collect(),
    }
}

/// What a host that calls a function of this name and type expects of a module, as its first expectation.
pub(crate) fn function_expectation<F: Signature>(name: &str) -> Expectation {
    let mut types = Registry::default();
    let (params, output) = F::describe(&mut types);
    let section = expected::function(name, &params, output, &types);
    let (params, output) = F::passing();
    Expectation {
        kind: Callee::Function(name.to_owned()),
        expected: Expected::new(&format!("{name}()"), section, &root::toolchain()),
        base: 0,
        len: 1,
        passes: vec![Passes { params, output }],
    }
}

impl<I: ?Sized> Clone for Module<I> {
    fn clone(&self) -> Self {
        Module {
            loaded: self.loaded.clone(),
            base: self.base,
            interface: PhantomData,
        }
    }
}

impl<I: ?Sized> fmt::Debug for Module<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.loaded.name)
            .field("version", &self.loaded.current().version)
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
    /// What it is still needed for. If that is empty, it is retired, or will be in a moment.
    pub needed: Vec<NeededFor>,
    /// Whether it is needed no more, and was retired. It can still be called, and be updated to again,
    /// without being loaded a second time.
    pub is_retired: bool,
    /// How many calls of its `async` exports were cancelled: dropped by their callers before they were over, or by
    /// [`OnDeadline::Cancel`](crate::OnDeadline::Cancel).
    pub cancelled: u64,
    /// Of these, in how many something panicked when it was dropped.
    pub cancelled_with_panic: u64,
    /// What its calls came to, if the host measures that
    /// ([`HostBuilder::measure_calls`](crate::HostBuilder::measure_calls)).
    pub calls: Option<MeasuredCalls>,
}
