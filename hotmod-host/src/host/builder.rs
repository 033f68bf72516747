//! What a host is built with.

use std::fmt;
use std::io::{self, ErrorKind};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hotmod::Interface;
use hotmod::codes::{self, Code, coded};
use hotmod::import::Imported;
use hotmod::printed::Line;
use hotmod_file::Policy;

use super::Host;
use crate::call::lifecycle::Unready;
use crate::call::spawned;
use crate::events::Subscribers;
use crate::image::budget::{Budget, Limits};
use crate::image::import::{Imports, Provide, ProvideAll, ProvideAsync};
use crate::image::load::{Loader, RefusedWhenMapped};
use crate::image::stage::Staging;
use crate::journal::journal::Journal;
use crate::later::Later;
use crate::migrate;
use crate::module::async_function::async_function_expectation;
use crate::module::declared::Declared;
use crate::module::function::Signature;
use crate::module::module::{function_expectation, interface_expectation};
use crate::module::options::RehearsalOptions;
use crate::module::settings::Settings;
#[cfg(feature = "resources")]
use crate::resource::known::Resources;
use crate::runtime::Runtime;
use crate::symbols::look_up;
use crate::uses::register::UseRegister;

impl Host {
    /// Chooses how a host works.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }
}

/// Chooses how a [`Host`] works.
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct HostBuilder {
    module_dir: Option<PathBuf>,
    #[cfg(feature = "resources")]
    resource_dir: Option<PathBuf>,
    stage_dir: Option<PathBuf>,
    state_dir: Option<PathBuf>,
    policy: Policy,
    imports: Imports,
    declared: Declared,
    min_update_interval: Duration,
    limits: Limits,
    migration_threads: Option<NonZero<usize>>,
    rehearsal: Option<RehearsalOptions>,
    debug_dirs: Vec<PathBuf>,
    measures_one_in: Option<u32>,
    runtime: Option<Arc<dyn Runtime>>,
}

impl fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostBuilder")
            .field("module_dir", &self.module_dir)
            .field("stage_dir", &self.stage_dir)
            .field("policy", &self.policy)
            .field("imports", &self.imports)
            .field("has_runtime", &self.runtime.is_some())
            .finish_non_exhaustive()
    }
}

impl HostBuilder {
    /// The one directory that modules are taken from. A file name without a directory is looked up
    /// there; a file that lies elsewhere is refused. Without it, every path is taken as it is.
    ///
    /// The directory may be a link, such as one to the release that is to run, and so may be every part of
    /// its path and of a file's: they are followed at each load and update, and what they led to is told in
    /// [`UpdateReport::resolved`](crate::UpdateReport::resolved), in events and in refusals. A link in the
    /// directory may lead to another place in it, and not out of it. The file is opened once: the bytes that
    /// were read then are the ones that are checked and loaded.
    ///
    /// A relative path is taken from the working directory at [`build`](HostBuilder::build), also when the
    /// process changes its directory later.
    pub fn module_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.module_dir = Some(directory.into());
        self
    }

    /// The one directory that resources are taken from ([`Host::resource`]). It may be a link, and so may every part of
    /// its path, and the files in it, as those of the [module directory](HostBuilder::module_dir); a link in it may not
    /// lead out of it.
    #[cfg(feature = "resources")]
    pub fn resource_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.resource_dir = Some(directory.into());
        self
    }

    /// Where the private copies of loaded files are kept; by default, where the system keeps temporary files.
    /// The host makes a directory of its own there (and makes it again if it is removed), and removes it in
    /// the end: when the host is dropped with all that belongs to it, or when the process exits. A process
    /// that is killed leaves it, and the next host of the same user that is built with this directory removes
    /// it; so debuggers find the copies as long as the process lives, and in a core dump until then. Each
    /// host has its directory locked (`flock`), so no host removes the directory of another that lives.
    ///
    /// The file system must allow execution, and should be on a disk: a file system in memory keeps the whole
    /// copy of every version there. Code is read from the copies for as long as the process lives, also after
    /// they were deleted. They are read-only and in a directory of mode 0700, so other users cannot change
    /// them; a process that truncates them as this user or as root ends this one (`SIGBUS`), as with any
    /// library.
    pub fn stage_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.stage_dir = Some(directory.into());
        self
    }

    /// Where the host keeps what the next process goes on from, however this one ends; by default nowhere. The host keeps
    /// a copy of the last accepted file of each module there, and a journal of what is done to modules. The directory is
    /// made if it is not there, and is of one host at a time; no other user may write to it, since code is loaded from
    /// there.
    ///
    /// - A module is [loaded](Host::load) from its file as ever. If that cannot be loaded or is gone, is older than what ran,
    ///   was rolled back, or was refused by a process that has not stopped in order, then what ran is loaded from its copy:
    ///   [`Module::kept_start`](crate::Module::kept_start) and an event ([`UpdateState::Kept`](crate::UpdateState::Kept))
    ///   say so, and why. A process has stopped in order if its host was dropped with all that belongs to it, or if
    ///   [`Signals`](crate::Signals) stopped it.
    /// - [`Host::recovery`] says what was going on when the process before ended, and what ran.
    /// - A version is recorded before calls enter it: what is seen to run is what the next process begins with, also if
    ///   the machine ends. An update that cannot be recorded, as where the disk is full, is refused. A rollback is not; that
    ///   it could not be recorded is an event ([`UpdateState::Unrecorded`](crate::UpdateState::Unrecorded)), as it is of
    ///   what is loaded first.
    /// - A file that was being loaded, or was on trial, when the process ended, may be what ended it. It is not taken up
    ///   by itself: neither is it loaded first where a version before was kept, nor taken by a
    ///   [`Watch`](crate::Watch). An update that asks for it takes it.
    /// - What a version has read of the host's files ([`#[hotmod::resource]`](macro@hotmod::resource)) is kept with it, and
    ///   takes the place of a file that is gone or holds what is none of its form.
    /// - States are not kept: see the feature `snapshot`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hotmod_host::Host;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let host = Host::builder().module_dir("modules").state_dir("/var/lib/game").build()?;
    /// if let Some(recovery) = host.recovery() {
    ///     eprintln!("{recovery}");
    /// }
    /// let game = host.load_untyped("libgame.so")?;
    /// if let Some(kept) = game.kept_start() {
    ///     eprintln!("{kept}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn state_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.state_dir = Some(directory.into());
        self
    }

    /// Whether an update may go back to an older version; by default it is refused.
    pub fn allow_downgrade(mut self, allow: bool) -> Self {
        self.policy.downgrade = allow;
        self
    }

    /// Whether a module may be built with `panic = "abort"`; by default it is refused, because its
    /// panics end the whole process.
    pub fn allow_panic_abort(mut self, allow: bool) -> Self {
        self.policy.panic_abort = allow;
        self
    }

    /// Allows modules to need a library beside the system's (glibc's and `libgcc_s`) and those that the host
    /// has loaded already, by the name of its file, such as `libssl.so.3`; by default, a module that needs
    /// another is refused. The loader opens such a library before the module, and runs the library's
    /// initialisers without any check: allow what you trust and have installed.
    ///
    /// May be called for several libraries. A name with a slash has no effect: a module that needs a path is
    /// refused.
    pub fn allow_needed(mut self, library: impl Into<String>) -> Self {
        self.policy.needed.insert(library.into());
        self
    }

    /// Whether a module may say where the system's loader looks for libraries, or which it loads
    /// besides (`RPATH`, `RUNPATH`, `AUDIT`, `DEPAUDIT`, `FILTER`, `AUXILIARY`, `CONFIG`); by default
    /// it is refused, since another library could take the place of one that is allowed.
    pub fn allow_search_paths(mut self, allow: bool) -> Self {
        self.policy.search_paths = allow;
        self
    }

    /// Whether a module may have thread-locals in the block that every thread gets when it starts
    /// (static TLS, `-ftls-model=initial-exec`); by default it is refused. The block has little room
    /// for what is loaded later (1,664 bytes for all modules with glibc's settings), and none of it
    /// comes back: after some updates every further one is refused. `GLIBC_TUNABLES=`
    /// `glibc.rtld.optional_static_tls=65536` in the environment of the host makes it larger.
    pub fn allow_static_tls(mut self, allow: bool) -> Self {
        self.policy.static_tls = allow;
        self
    }

    /// Provides a function to every module that declares it with `#[hotmod::import]` under this name.
    /// A name that is provided again stands for the later function.
    ///
    /// The types of the arguments have to be written, and may be references that are lent for the call. A
    /// module whose declaration differs is refused, unless the values can be converted. Modules call the
    /// function from any thread that they run on, several at once and one inside the other; it may call
    /// modules too, also the one that calls it. It may even update that module: the running call ends in the
    /// version that it began in. Inside the function, an instance that is in an exclusive call cannot be
    /// used: a [`Pool`](crate::Pool) returns an error, and waiting for a lock of your own around the instance
    /// would never end.
    ///
    /// A panic of the function is reported by the host's own panic hook, is caught, and goes on in the
    /// module, so that the caller of the module gets it as [`CallError::Panicked`](crate::CallError), unless
    /// the module catches it.
    ///
    /// The function is kept for as long as the process lives, like the module's code. It should hold only a
    /// [`Weak`](std::sync::Weak) of what is to be dropped earlier, such as the [`Host`] or a
    /// [`Function`](crate::Function).
    ///
    /// # Panics
    ///
    /// If the arguments and the result mention two different types under one id.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::{Arc, OnceLock};
    ///
    /// use hotmod_host::{Function, Host};
    ///
    /// // What the host calls of a module, once that is loaded.
    /// let bots = Arc::new(OnceLock::<Function<fn(&str) -> u32>>::new());
    /// let answer = Arc::downgrade(&bots);
    ///
    /// let host = Host::builder()
    ///     .provide("log", |text: &str| println!("{text}"))
    ///     .provide("broadcast", move |room: u64, text: &str| -> u32 {
    ///         println!("{room}: {text}");
    ///         let bots = answer.upgrade();
    ///         let bots = bots.as_ref().and_then(|bots| bots.get());
    ///         bots.map_or(0, |hear| hear.call(text).unwrap_or(0))
    ///     })
    ///     .build()?;
    /// # Ok::<(), hotmod_host::BuildError>(())
    /// ```
    pub fn provide<Form>(mut self, name: &str, function: impl Provide<Form>) -> Self {
        self.imports.provide(name, function);
        self
    }

    /// Provides a function under a name, whose futures modules await: a module declares it with
    /// [`#[hotmod::import]`](macro@hotmod::import) as an `async fn`. The futures are made, polled and dropped by the
    /// host's code, so that what needs the host's runtime works in them. What a module lends arrives owned: a `&str` as
    /// a `String`, a `&[T]` as a `Vec<T>`.
    ///
    /// A panic in a future goes on in the module that awaits it. The function is kept as by
    /// [`provide`](HostBuilder::provide).
    ///
    /// # Panics
    ///
    /// If the arguments and the result mention two different types under one id.
    ///
    /// # Examples
    ///
    /// ```
    /// use hotmod_host::Host;
    ///
    /// // In a module: #[hotmod::import] async fn fetch_price(symbol: &str) -> Option<f64>;
    /// let host = Host::builder()
    ///     .provide_async("fetch_price", |symbol: String| async move {
    ///         // Here the host's runtime is at hand: reqwest, sqlx, tokio::time.
    ///         (symbol == "ACME").then_some(12.5)
    ///     })
    ///     .build()?;
    /// # Ok::<(), hotmod_host::BuildError>(())
    /// ```
    pub fn provide_async<Form>(mut self, name: &str, function: impl ProvideAsync<Form>) -> Self {
        self.imports.provide_async(name, function);
        self
    }

    /// Gives modules this runtime of tokio: what they wait for with `hotmod::sleep` and `hotmod::timeout` is its timer's,
    /// and what they hand to `hotmod::spawn` is run there, as are their functions marked
    /// [`#[hotmod::task]`](macro@hotmod::task). Without it a module that has one of these is refused.
    ///
    /// The runtime has to be built with its timer (`enable_time`, `enable_all`). The host does not keep it running.
    ///
    /// # Examples
    ///
    /// ```
    /// use hotmod_host::Host;
    /// use tokio::runtime::Handle;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), hotmod_host::BuildError> {
    /// let host = Host::builder().tokio(Handle::current()).build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tokio")]
    pub fn tokio(mut self, runtime: tokio::runtime::Handle) -> Self {
        self.runtime = Some(Arc::new(runtime));
        self
    }

    /// Provides the methods of a trait marked [`#[hotmod::import]`](macro@hotmod::import), all with one
    /// value, to every module that names the trait. The compiler says which methods are missing. Each method
    /// is provided as by [`provide`](HostBuilder::provide). A trait that is provided again stands for the
    /// later value.
    ///
    /// A module that was compiled with more methods than this host knows is refused, unless those are marked
    /// `#[hotmod::optional]`. A module that was compiled with fewer gets those, and one that was compiled
    /// with other definitions of what they pass gets these if the values can be converted.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Mutex;
    ///
    /// use hotmod_host::Host;
    ///
    /// // In the interface crate; a module writes `#[hotmod::import] static HOST: dyn Services;`.
    /// #[hotmod::import]
    /// pub trait Services {
    ///     fn publish(&self, channel: &str, text: &str) -> u32;
    ///     fn now(&self) -> u64;
    /// }
    ///
    /// struct Server {
    ///     log: Mutex<Vec<String>>,
    /// }
    ///
    /// impl Services for Server {
    ///     fn publish(&self, channel: &str, text: &str) -> u32 {
    ///         let mut log = self.log.lock().unwrap();
    ///         log.push(format!("{channel}: {text}"));
    ///         log.len() as u32
    ///     }
    ///
    ///     fn now(&self) -> u64 {
    ///         7
    ///     }
    /// }
    ///
    /// let server = Server { log: Mutex::default() };
    /// let host = Host::builder().provide_all::<dyn Services>(server).build()?;
    /// # Ok::<(), hotmod_host::BuildError>(())
    /// ```
    pub fn provide_all<I: Imported + ?Sized>(mut self, services: impl ProvideAll<I>) -> Self {
        self.imports.provide_all::<I, _>(services);
        self
    }

    /// Says that this host calls the module of this name by the interface `I`, before any file of the module is
    /// loaded. Each file of the module is held against it from then on, also where it is loaded without saying
    /// what it implements; and it is among the [`expectations`](Host::expectations). May be called for several
    /// interfaces of one module.
    ///
    /// # Examples
    ///
    /// ```
    /// use hotmod_host::Host;
    ///
    /// #[hotmod::interface]
    /// pub trait Room {
    ///     fn count(&self) -> u32;
    /// }
    ///
    /// let host = Host::builder()
    ///     .expects::<dyn Room>("rooms")
    ///     .expects_function::<fn(u32, u32) -> u32>("rooms", "damage")
    ///     .build()?;
    /// println!("{}", host.expectations());
    /// # Ok::<(), hotmod_host::BuildError>(())
    /// ```
    pub fn expects<I: Interface + ?Sized>(mut self, module: &str) -> Self {
        self.declared.add(module, interface_expectation::<I>());
        self
    }

    /// As [`expects`](HostBuilder::expects), of a function that the module exports under this name.
    pub fn expects_function<F: Signature>(mut self, module: &str, name: &str) -> Self {
        self.declared.add(module, function_expectation::<F>(name));
        self
    }

    /// As [`expects_function`](HostBuilder::expects_function), of a function that the host awaits
    /// ([`Module::async_function`](crate::Module::async_function)).
    pub fn expects_async_function<F: Signature>(mut self, module: &str, name: &str) -> Self {
        self.declared
            .add(module, async_function_expectation::<F>(name));
        self
    }

    /// How much time passes at least between a publication of a module and the next that was asked for with
    /// [`Module::request_update`](crate::Module::request_update); by default none. [`Module::update`](crate::Module::update) and [`Module::rollback`](crate::Module::rollback) do not wait,
    /// and requests wait for so long after them too.
    pub fn min_update_interval(mut self, time: Duration) -> Self {
        self.min_update_interval = time;
        self
    }

    /// How many bytes of memory all loaded versions of all modules may cost together; by default, any number.
    ///
    /// A version counts whole while it is in use, and when it is retired only the pages that its
    /// file does not hold: see [`Version::budget_bytes`](crate::Version::budget_bytes). A new file
    /// for which there is no room is refused before anything of it runs; one that was loaded before
    /// is there already, and never refused for its memory. A file that was refused after it had been loaded
    /// is not loaded again while the host lives, and counts once, however often it is tried.
    pub fn image_budget(mut self, bytes: u64) -> Self {
        self.limits.bytes = Some(bytes);
        self
    }

    /// How many versions of all modules together may be loaded while the host lives; by default,
    /// 4000: versions stay mapped, and Linux allows a process 65,530 mappings
    /// (`vm.max_map_count`), of which a version takes four or five. A new file beyond it is refused
    /// before anything of it runs.
    pub fn max_images(mut self, images: usize) -> Self {
        self.limits.images = images;
        self
    }

    /// How many threads may work on one migration; by default one, the thread that asks for it. Others are
    /// started, and end with the migration, where a container has tens of thousands of items that are converted
    /// without any code of the module's author: by copying and widening, texts, enums and nested `Vec`s included.
    /// The items of a `Vec` are converted where they are to be. Those of maps, sets, deques and lists are converted
    /// side by side, and added by one thread, which runs the `Hash` or `Ord` of their keys.
    /// A function of the author's runs on them if it says so (`#[hotmod::migrate(parallel)]`, `#[state(with = path,
    /// parallel)]`); then the new values are made side by side, and the old ones taken apart by one thread. Other
    /// functions, defaults that are computed, destructors and shared owners stay on one thread.
    ///
    /// ```
    /// let threads = std::thread::available_parallelism()?;
    /// let host = hotmod_host::Host::builder().migration_threads(threads).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn migration_threads(mut self, threads: NonZero<usize>) -> Self {
        self.migration_threads = Some(threads);
        self
    }

    /// Has every update and every canary rehearsed in a copy of the process, unless its own options say how;
    /// by default none is rehearsed.
    pub fn require_rehearsal(mut self, rehearsal: RehearsalOptions) -> Self {
        self.rehearsal = Some(rehearsal);
        self
    }

    /// Whether modules are loaded although nothing provides what they import, neither this host nor another module.
    /// Their calls of that panic, with the import's name. By default such a module is refused: this is for states that
    /// are tried out (`Host::try_snapshot`) where there is no server, and for tests.
    pub fn stub_imports(mut self, stub: bool) -> Self {
        self.imports.stub = stub;
        self
    }

    /// A directory of debug files, which hold the symbols of modules that were stripped. May be called more than
    /// once.
    ///
    /// The debug file of a module is the one with its build id: `.build-id/ab/cdef….debug` in the directory, as
    /// debuggers have it, or a file of any name in the directory itself. It is looked for when a
    /// [`Backtrace`](crate::Backtrace) of a panic is displayed. What it says is shown, and nothing else is done with it: a
    /// damaged one has no symbols. It is read as a whole, up to 1 GiB; sections that are compressed are not read.
    ///
    /// ```text
    /// RUSTFLAGS="-C link-arg=-Wl,--build-id" cargo build --release --config profile.release.debug='"line-tables-only"'
    /// objcopy --only-keep-debug libgame.so debug/libgame-1.0.0.debug
    /// strip libgame.so
    /// ```
    pub fn debug_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.debug_dirs.push(directory.into());
        self
    }

    /// Counts the calls of every version, with how many failed and panicked, and times one in so many of them: all for 1,
    /// none for 0. Which are timed is chosen at random. [`Version::calls`](crate::Version::calls) is what they came to,
    /// and `hotmod-admin` shows rates and times by it. Migrations of instances are counted too, and each is timed
    /// ([`Module::migrations`](crate::Module::migrations)). By default nothing is counted.
    ///
    /// It is a choice, since a call costs more then, and none of a host without it does. `hotmod-bench measured` says how
    /// much: 6 ns for each call to be counted, 11 ns where one in 16 is timed, 66 ns where all are. So 16 is a good number
    /// where calls take less than a microsecond, and 1 where they take longer.
    pub fn measure_calls(mut self, time_one_in: u32) -> Self {
        self.measures_one_in = Some(time_one_in);
        self
    }

    /// The host.
    ///
    /// # Errors
    ///
    /// [`BuildError`], if the module directory, or that of resources, is no directory, if the state directory cannot be
    /// used or another host uses it, or if this process cannot load modules at
    /// all: it is linked statically (`-C target-feature=+crt-static`), so it has no loader, or with another C
    /// library than glibc, and so with another loader.
    pub fn build(mut self) -> Result<Host, BuildError> {
        if let Some(text) = unable(
            cfg!(target_feature = "crt-static"),
            cfg!(target_env = "gnu"),
        ) {
            return Err(BuildError::new(
                ErrorKind::Unsupported,
                codes::HOST_UNSUPPORTED,
                text.to_owned(),
            ));
        }
        let module_dir = usable("module directory", self.module_dir)?;
        #[cfg(feature = "resources")]
        let resources = Resources::new(usable("resource directory", self.resource_dir)?);
        let journal = self.state_dir.as_deref().map(|directory| {
            Journal::open(directory).map_err(|(kind, text)| {
                let text = format!("state directory {}: {text}", Line(directory.display()));
                BuildError::new(kind, codes::STATE_DIRECTORY_UNUSABLE, text)
            })
        });
        look_up::install();
        let uses = Arc::<UseRegister>::default();
        let events = Arc::<Subscribers>::default();
        if let Some(runtime) = &self.runtime {
            spawned::provide(&mut self.imports, runtime, &events);
        }
        let settings = Settings {
            module_dir,
            policy: self.policy,
            journal: journal.transpose()?,
            #[cfg(feature = "resources")]
            resources,
            #[cfg(feature = "snapshot")]
            states: Default::default(),
            #[cfg(feature = "snapshot")]
            gate: Default::default(),
            loader: Loader {
                staging: Staging::new(self.stage_dir),
                imports: self.imports,
                connect: migrate::connect,
                others: uses.clone(),
                budget: Arc::new(Budget::new(self.limits)),
                refused: RefusedWhenMapped::default(),
                debug_dirs: self.debug_dirs.into(),
                measures_one_in: self.measures_one_in,
                events: events.clone(),
            },
            declared: self.declared,
            uses,
            rehearsal: self.rehearsal,
            events,
            later: Later::new("hotmod-later"),
            updater: Later::new("hotmod-updater"),
            timers: Later::new("hotmod-timers"),
            min_update_interval: self.min_update_interval,
            unready: Unready::default(),
            runtime: self.runtime,
            migration_threads: self.migration_threads.unwrap_or(NonZero::<usize>::MIN),
        };
        Ok(Host {
            settings: Arc::new(settings),
            modules: Arc::default(),
        })
    }
}

/// Why a host could not be built. `Debug` is the same text, since a `main` that returns it prints that.
#[derive(Clone)]
pub struct BuildError {
    kind: ErrorKind,
    code: Code,
    text: String,
}

impl BuildError {
    fn new(kind: ErrorKind, code: Code, text: String) -> Self {
        BuildError { kind, code, text }
    }

    /// The code of this kind of error, whose page `cargo hotmod explain` prints.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The kind of the system's error about the module directory, or [`ErrorKind::Unsupported`] where this
    /// process cannot load modules.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, self.code, |f| f.write_str(&self.text))
    }
}

impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for BuildError {}

impl From<BuildError> for io::Error {
    fn from(error: BuildError) -> Self {
        io::Error::new(error.kind, error)
    }
}

/// The directory's absolute path, which stays right when the process changes its working directory. Links in
/// it are followed when a file is looked up there.
fn usable(called: &str, directory: Option<PathBuf>) -> Result<Option<PathBuf>, BuildError> {
    let Some(directory) = directory else {
        return Ok(None);
    };
    let absolute = directory.metadata().and_then(|it| match it.is_dir() {
        true => std::path::absolute(&directory),
        false => Err(ErrorKind::NotADirectory.into()),
    });
    absolute.map(Some).map_err(|error| {
        let text = format!("{called} {}: {error}", Line(directory.display()));
        BuildError::new(error.kind(), codes::DIRECTORY_UNUSABLE, text)
    })
}

/// Why a host of such a build cannot load modules, and what to do.
fn unable(is_static: bool, is_gnu: bool) -> Option<&'static str> {
    match (is_static, is_gnu) {
        (false, true) => None,
        (true, true) => Some(
            "this host is linked statically, and has no loader for modules\n  help: build it without \
             `-C target-feature=+crt-static`",
        ),
        (_, false) => Some(
            "this host is not linked with glibc, whose loader the checks of module files are written \
             for\n  help: build host and modules for a target like `x86_64-unknown-linux-gnu`; \
             with musl, modules would not even share the host's C library",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::unable;

    #[test]
    fn a_host_that_cannot_load_modules_says_so_with_the_cure() {
        assert_eq!(unable(false, true), None);
        let linked = unable(true, true).expect("a reason");
        assert!(linked.contains("linked statically") && linked.contains("+crt-static"));
        for is_static in [true, false] {
            let musl = unable(is_static, false).expect("a reason");
            assert!(musl.contains("glibc") && musl.contains("help: build host and modules"));
        }
    }
}
