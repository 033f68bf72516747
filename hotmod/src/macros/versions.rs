//! A module as a whole: what it is, and what runs once in each of its versions.

/// Makes a cdylib a module: its root, its allocator and the record of its build.
///
/// ```standalone_crate
/// hotmod::module! { name: "game", version: env!("CARGO_PKG_VERSION") }
/// # fn main() {}
/// ```
///
/// Write it once, at the top of the module's crate. Updates are for the module of the same `name`,
/// which consists of ASCII letters, digits, `_` and `-`; `version` is three numbers, perhaps with
/// what follows a `-` or `+`, and is compared when a host decides whether a file is a downgrade.
///
/// All memory of the module comes from its host, through the global allocator that this installs:
/// what one version made, the next one or the host may free. Nothing may be allocated before the
/// host has initialised the module, so do without constructors that run before `main`.
///
/// # Options
///
/// `crate: path` names the hotmod crate where it has another path.
///
/// `linked: feature = "linked"` says with which feature of the module's crate it is compiled to be linked into an
/// executable instead of being loaded: into tests, simulators, a server for a system without a loader. Then it has no root
/// and no allocator of its own, and its crate has a function `module` that `Host::link` takes. In Cargo.toml stand
///
/// ```toml
/// [lib]
/// crate-type = ["cdylib", "rlib"]
///
/// [features]
/// linked = ["hotmod/linked"]
/// ```
///
/// and what links it has `game = { path = "../game", features = ["linked"] }` and `hotmod-host` with the feature
/// `linked`. Cargo makes the library beside it with the same features: no host loads such a file, and the refusal says so.
/// Let a build for servers be one of the module alone (`cargo build -p game`). In tests of the module's own crate the
/// function is there without this option, if `hotmod-host` with the feature `linked` is a dev-dependency.
/// `linked: always` is for a crate that is never built as a `cdylib`.
///
/// `crates: [common]` names the other crates whose marked items (exports, inits, imports, timers) are the module's. It is
/// needed where several modules are linked into one executable, since it cannot be seen there which of them would have
/// had such a crate in its file; types of other crates need nothing.
///
/// `statics: deny` says that the module keeps nothing in statics and thread-locals that its code can
/// write. Each version has its own, so what they hold is missing after an update; state belongs in the
/// state. `cargo hotmod inspect` and `check` and every host refuse a module that has such a static all
/// the same, even in a crate that it depends on, and name it. Statics that are meant to start anew can
/// be excepted:
///
/// ```standalone_crate
/// hotmod::module! {
///     name: "game",
///     version: env!("CARGO_PKG_VERSION"),
///     statics: deny(except = [log, tracing_core, crate::metrics::REQUESTS, "C"]),
/// }
/// # fn main() {}
/// ```
///
/// An exception is a crate, by its name in code (`crate` for the module's own), a single static by its
/// path, or `"C"` for statics of C code and for those that are `#[no_mangle]`. A path that is not valid
/// in Rust, because it leads through an impl or a closure, stands in quotes, as the refusal shows it.
/// Statics that a macro of `tracing` leaves where it is used count as `tracing_core`'s. The statics of
/// the standard library and of hotmod do not count, nor do those that cannot be written: a `static` of
/// a type without interior mutability, such as a table of texts. Statics are found by the symbols of
/// the file. `statics: deny` refuses a file that is stripped of its symbols (`strip = true` or
/// `"symbols"`); `strip = "debuginfo"` leaves them. `statics: allow`, the default, refuses none;
/// `cargo hotmod inspect` and the report of an update name them.
pub use hotmod_macros::module;

/// Marks the function that sets a version up: it runs once in each loaded version, before anything else
/// of it.
///
/// Each version has statics of its own, and an [`init`](macro@crate::init) runs for each instance. So a
/// logger, a configuration in a static or a pool of connections that one version has set up is missing
/// in the next. This function sets up such things.
///
/// The function takes a [`VersionInfo`](crate::VersionInfo) by `&`, and returns `Result<(), E>` with an
/// error `E` that implements `Display`. It runs
///
/// - after the file was checked and loaded, and before its version is published or put on trial: no
///   init, hook, check or export of it has run, and none runs if this one fails. What the module imports
///   of its host can be called.
/// - for every way into use: the first load, an update, a canary, a shadow, a candidate that is rehearsed
///   with; and in the copy of the process in which an update is rehearsed, where it runs for that copy.
/// - once for each time that the version is taken into use. A version that is still loaded and needed
///   when it is published again, as after a rollback, is set up already. One that was
///   [`retired`](macro@crate::retired) in between keeps its statics and is set up again; so is one
///   whose function failed, when the same file is tried again. So the function must cope with statics
///   that are set already (`OnceLock::get_or_init`).
///
/// An `Err` or a panic refuses the file; what runs goes on. The function runs on the thread that asks for
/// the update, and in the module's turn: another update of the same module, which it has its host ask for,
/// is refused there, and it must not wait for one on another thread. A module has one such function.
///
/// # Examples
///
/// ```
/// use std::sync::OnceLock;
///
/// use hotmod::VersionInfo;
///
/// static GREETING: OnceLock<String> = OnceLock::new();
///
/// #[hotmod::loaded]
/// fn set_up(version: &VersionInfo<'_>) -> Result<(), String> {
///     let name = std::env::var("HOME").map_err(|error| error.to_string())?;
///     GREETING.get_or_init(|| format!("{name}'s {} {}", version.module, version.version));
///     Ok(())
/// }
/// ```
pub use hotmod_macros::loaded;

/// Marks the function that makes a value of what a file of the host's [resource
/// directory](https://docs.rs/hotmod-host) holds: the module reads that resource.
///
/// The function takes the bytes of the file by `&[u8]`, and returns a `Result` of the value, with an error that implements
/// `Display`. `config::get()`, of the function's name, gives the value; what it gives stays what it is for as long as it is
/// held. The value may be of any type
/// that threads can share: it is no state, but belongs to the version whose code made it.
///
/// - The file is part of the manifest: a host that has no such file, or whose file the function refuses, refuses the module,
///   before its function marked [`loaded`](macro@crate::loaded) runs.
/// - An update has the new version make a value of what the file holds then, before it is published. If it does not, the
///   update is refused, and the running version keeps its value. Each version has its own: a rollback finds that of the
///   version which runs again.
/// - Where the host watches its resources, a file that changes is given to the version that runs. If the function refuses
///   it, the value before stays, and that is told.
///
/// A module reads each file by one function.
///
/// # Examples
///
/// ```
/// pub struct Config {
///     seats: u32,
/// }
///
/// #[hotmod::resource("seats.txt")]
/// fn config(bytes: &[u8]) -> Result<Config, String> {
///     let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
///     let seats = text.trim().parse().map_err(|error| format!("{text:?}: {error}"))?;
///     Ok(Config { seats })
/// }
///
/// #[hotmod::export]
/// pub fn seats() -> u32 {
///     config::get().seats
/// }
/// ```
pub use hotmod_macros::resource;

/// Marks the function that is called when a version is retired: when nothing needs it any more.
///
/// No call runs in the version then, no instance is at it, and no rollback leads to it. The function takes a
/// [`VersionInfo`](crate::VersionInfo) by `&` and returns nothing. It gives back what
/// [`loaded`](macro@crate::loaded) has taken and what the process would else keep: threads, sockets, files.
/// A version that is taken into use later all the same is set up again first.
///
/// It runs once for each time that the version was set up, on the host's own thread, in the module's
/// turn: updates wait for it. It runs for versions that were never published, too. It does not run when
/// the host is dropped or the process ends, and not in the copy of the process in which an update is
/// rehearsed. The event of the state `Retired` reports a panic as its reason, and the version is
/// retired all the same. A module has one such function.
///
/// # Examples
///
/// ```
/// use std::sync::Mutex;
///
/// use hotmod::VersionInfo;
///
/// static LOG: Mutex<Option<std::fs::File>> = Mutex::new(None);
///
/// #[hotmod::retired]
/// fn close(_: &VersionInfo<'_>) {
///     LOG.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
/// }
/// ```
pub use hotmod_macros::retired;

/// Marks what hosts call again and again, on the current version: a method of an exported `impl`, or a function.
///
/// ```
/// use hotmod::StableState;
///
/// #[hotmod::interface]
/// pub trait Game {
///     fn ticks(&self) -> u64;
/// }
///
/// #[derive(StableState)]
/// pub struct World {
///     ticks: u64,
/// }
///
/// #[hotmod::export]
/// impl Game for World {
///     fn ticks(&self) -> u64 {
///         self.ticks
///     }
///
///     #[hotmod::every("50ms")]
///     fn tick(&mut self) {
///         self.ticks += 1;
///     }
/// }
///
/// #[hotmod::every("1min")]
/// fn clean(world: &mut World) {
///     world.ticks %= 1_000_000;
/// }
///
/// #[hotmod::every("1h")]
/// fn say_so() {
///     println!("an hour is over");
/// }
/// ```
///
/// In an exported `impl`, a marked method is none of the interface's: it moves to an `impl` of the state. The period is
/// a number and its unit, `ms`, `s`, `min` or `h`, from `1ms` to `720h`.
///
/// # When it runs
///
/// A thread of the host's calls it on every instance of a pool, and on every shared instance; where another thread uses
/// one, the host comes back to it until the next run is due. An instance that has one owner alone is called by that
/// owner, with `Instance::run_due`. What takes no state is called once for the module. Only the published version's
/// are called: an update adds, changes and removes them, and no candidate's run. `Module::timers` says what came of
/// each.
///
/// A panic is caught and told as an event; the function is called again when it is due.
///
/// # Options
///
/// `#[hotmod::every("50ms", crate = path)]` names the hotmod crate where it has another path.
pub use hotmod_macros::every;

/// Marks an `async fn` that runs beside the calls of its module, on the runtime of the host: a feed, a queue that is
/// worked off, a cache that is kept warm.
///
/// ```standalone_crate
/// use std::time::Duration;
///
/// use hotmod::{StableState, Stop};
///
/// #[derive(StableState)]
/// pub struct Feed {
///     seen: u64,
/// }
///
/// #[hotmod::import]
/// async fn next_message(after: u64) -> Option<u64>;
///
/// #[hotmod::task]
/// async fn feed(handover: Option<Feed>, mut stop: Stop) -> Feed {
///     let mut feed = handover.unwrap_or(Feed { seen: 0 });
///     while let Some(next) = stop.or(next_message(feed.seen)).await {
///         match next {
///             Some(number) => feed.seen = number,
///             None => {
///                 stop.or(hotmod::sleep(Duration::from_secs(1))).await;
///             }
///         }
///     }
///     feed
/// }
/// # fn main() {}
/// ```
///
/// The host starts it when the version is published. When another one is, by an update or a rollback, [`Stop`](crate::Stop)
/// is ready; what the task then returns follows to the other version like the state of an instance, by the same plan, and
/// is what the task of the same name gets there. The first gets `None`. One runs at a time, in the published version and in
/// no other: not in a canary, a shadow or a rehearsal. A new version may add a task and leave one out, whose state is
/// dropped; a state that there is no plan for is a reason to refuse the version, as for an instance.
///
/// A task that has not stopped within its time, 10 seconds unless it says otherwise, is cancelled: its future is dropped
/// where it waits, the next starts anew, and an event (`UpdateState::TaskCancelled`) says so, as it does where a value of
/// the state does not fit. A task that panics is told, too, and runs again with the next publication; one that returns
/// before it is told to stop hands over then. Tasks stop when the host is gone, and when it stops in order (`Signals`).
///
/// A host without a runtime (feature `tokio` of `hotmod-host`) refuses the module.
///
/// # Options
///
/// - `#[hotmod::task(within = "30s")]`: how long it may take to stop.
/// - `#[hotmod::task(crate = path)]` names the hotmod crate where it has another path.
pub use hotmod_macros::task;
