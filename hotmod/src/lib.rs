//! Modules that are replaced while the server runs.
//!
//! A *module* is a cdylib built with this crate; a *host* is a process that links `hotmod-host` and
//! loads it. A module's types, functions and state are described as data, in the module's own file,
//! while it is compiled. What a host does when it is given a new version is a comparison of two
//! such descriptions, made before one instruction of the new version runs: it goes on with the state,
//! as it is or converted by a plan, or it refuses, naming the field that differs and what to write.
//!
//! # What you write
//!
//! An interface, in a crate that module and host both link:
//!
//! ```
//! #[hotmod::interface]
//! pub trait Game {
//!     /// `&mut self`: exclusive access to the state.
//!     fn hello(&mut self, name: &str) -> String;
//!     /// `&self`: shared access.
//!     fn score(&self, player: u64) -> Option<u32>;
//! }
//! ```
//!
//! A module (`crate-type = ["cdylib"]`):
//!
//! ```standalone_crate
//! use std::collections::HashMap;
//!
//! use hotmod::StableState;
//! # #[hotmod::interface]
//! # pub trait Game {
//! #     fn hello(&mut self, name: &str) -> String;
//! #     fn score(&self, player: u64) -> Option<u32>;
//! # }
//!
//! hotmod::module! { name: "game", version: env!("CARGO_PKG_VERSION") }
//!
//! #[derive(StableState)]
//! pub struct Player {
//!     name: String,
//!     score: u32,
//! }
//!
//! #[derive(StableState)]
//! pub struct World {
//!     players: HashMap<u64, Player>,
//!     seed: u64,
//! }
//!
//! #[hotmod::init]
//! fn new_world(config: &str) -> Result<World, String> {
//!     let seed = config.parse().map_err(|error| format!("seed: {error}"))?;
//!     Ok(World { players: HashMap::new(), seed })
//! }
//!
//! #[hotmod::export]
//! impl Game for World {
//!     fn hello(&mut self, name: &str) -> String {
//!         let id = self.seed + self.players.len() as u64;
//!         self.players.insert(id, Player { name: name.to_owned(), score: 0 });
//!         format!("hello {name}, you are {id}")
//!     }
//!
//!     fn score(&self, player: u64) -> Option<u32> {
//!         self.players.get(&player).map(|player| player.score)
//!     }
//! }
//!
//! #[hotmod::export]
//! pub fn damage(base: u32, armour: u32) -> u32 {
//!     base.saturating_sub(armour)
//! }
//! # fn main() {}
//! ```
//!
//! The host calls the methods by their names and gets a `Result` of what they return: an export
//! that panics gives [`CallError::Panicked`], and the state and the host go on. What the module needs
//! from its host, it declares as an [`import`](macro@import) and calls like any other function.
//!
//! # Which types
//!
//! | | as state | by value in a signature | by reference in a signature |
//! |---|---|---|---|
//! | numbers, `bool`, `char`, `()` | yes | yes | yes |
//! | `String` | yes | yes, converted | `&str` |
//! | `Vec<T>` | yes | yes, converted | `&[T]`, `&mut [T]` |
//! | `Option`, `Result`, tuples | yes | yes, converted | yes |
//! | arrays, `VecDeque`, `HashMap`, `BTreeMap`, sets, `Box<[T]>`, `Arc<[T]>`, `BinaryHeap`, `LinkedList`, `Box`, `Arc`, `Rc`, `Mutex`, `RwLock`, `Cell`, `RefCell`, `OnceCell`, `OnceLock`, `Wrapping`, `Saturating`, `Reverse`, `NonZero` and atomic integers, `Ordering`, `Bound`, `Poll`, `Infallible` | yes | yes | yes |
//! | `Range`, `RangeInclusive` of what is `PartialOrd`, `RangeFrom`, `RangeTo`, `RangeToInclusive`, `RangeFull` | yes | yes | yes |
//! | `Duration`, `SystemTime`, `Instant`; `IpAddr`, `Ipv4Addr`, `Ipv6Addr`, `SocketAddr`, `SocketAddrV4`, `SocketAddrV6` | yes | yes | yes |
//! | `PathBuf`, `OsString`, `CString`; `Box` and `Arc` of `str`, `Path`, `OsStr`, `CStr`; `Rc<str>` | yes | yes | yes |
//! | `Cow<'static, _>` of `str`, `Path`, `OsStr`, `CStr`, and of `[T]` where `T` is `Copy`; `PhantomData` of any of these types, of `&'static`, functions and raw pointers of such | yes | in a type of yours | in a type of yours |
//! | abi_stable's `RString`, `RVec`, `RHashMap`, `ROption`, `RResult`, `RBox`, `RArc`, `RDuration`, `Tuple1` to `Tuple4` | yes | yes | yes |
//! | `Weak`, of `Arc` and of `Rc` | yes | no | no |
//! | your types that derive [`StableState`](derive@StableState) | yes | yes | yes |
//! | types of other crates | a field with [`serde`, `as`, `skip` or `unsafe(opaque)`](derive@StableState#types-of-other-crates) | no | no |
//! | function pointers, trait objects, `&'static`, `TypeId`, raw pointers, `LazyLock`, `LazyCell` | no | no | no |
//! | abi_stable's locks, channels, `RBoxError`, `DynTrait`, which run the code that made them | no | no | no |
//! | `impl Trait`, generic parameters, named lifetimes | | no | no |
//! | references in what is returned | | | no |
//!
//! What is *converted* crosses as a type whose layout no compiler chooses, so that modules built by
//! another compiler still load. Everything else crosses as the bytes it is and is compared by
//! layout; a layout that the compiler chose is equal only under the same compiler.
//!
//! Maps and sets may hash by another `BuildHasher` than `RandomState`: by `BuildHasherDefault`, or by a
//! type of yours that derives [`StableState`](derive@StableState) and implements `Default`. Where such a
//! map is built anew, so is what hashes it, by `Default`, and its keys are hashed anew. Whoever changes
//! how it hashes gives it another name, as for a `Hash` written by hand.
//!
//! Items of an `Arc<[T]>` are moved as they are, and not converted.
//!
//! The state of an instance may be used by any thread of its host, so it must be `Send`: an `Rc`
//! may be described, but not be part of a state.
//!
//! # State that changes
//!
//! When a struct or enum has changed, live values follow at their instance's next exclusive call. A
//! [`Plan`](plan::Plan) says how, made from the two descriptions alone: reordered fields, wider numbers
//! and other containers go by themselves, what would lose or invent a value needs an
//! [attribute](derive@StableState#how-existing-values-become-values-of-this-type) or a function marked
//! [`migrate`](macro@migrate), and everything else is refused. What did not change is moved as bytes.
//!
//! # What is not seen
//!
//! - A value of the same layout with another sense, unless `#[state(meaning = n)]` says so.
//! - Statics and thread-locals of a module: they start anew in each version. What is to be kept
//!   belongs in the state; what each version needs, such as a logger, is set up in a function marked
//!   [`loaded`](macro@loaded).
//! - Threads that a module starts on its own: they go on running the old code.
//! - A state's generic types nest through at most 6 levels of fields.
#![warn(missing_docs)]

extern crate self as hotmod;

mod allocator;
pub mod boundary;
pub mod call;
pub mod crossed;
pub mod describe;
pub mod expected;
mod flat;
pub mod import;
pub mod init;
pub mod interface;
pub mod lifecycle;
pub mod mark;
pub mod old;
mod opaque;
pub mod operations;
mod panic_hook;
pub mod plan;
pub mod printed;
#[doc(hidden)]
pub mod private;
mod probe;
pub mod pure;
pub mod root;
pub mod services;
pub mod state;
mod thunks;
mod types;
pub mod version;

#[doc(hidden)]
pub use private as __private;

pub use boundary::Boundary;
pub use call::{CallError, Location, Panicked};
pub use flat::{Failed, Flat};
pub use interface::Interface;
pub use old::{Old, OldError, OldState};
pub use state::{Describe, StableState};
pub use version::VersionInfo;

/// Makes a trait an interface: what a host may call on a module's state.
///
/// Put it on a trait in a crate that module and host both link. A module implements the trait for
/// its state and marks the `impl` with [`export`](macro@export); a host loads the module as
/// `dyn Trait` and calls the methods by their names, each returning `Result<T, CallError>`.
///
/// ```
/// #[hotmod::interface]
/// pub trait Game {
///     fn hello(&mut self, name: &str) -> String;
///     fn score(&self, player: u64) -> Option<u32>;
/// }
/// ```
///
/// `&self` gives a method shared access to the state, `&mut self` exclusive access; there is no
/// method without a receiver. The methods and their order are part of what a host was compiled
/// with: a module that changes them is refused, so put new methods into an interface of their own.
///
/// # Signatures
///
/// Numbers, `&str`, `String`, `&[T]`, `Vec<T>`, `Option`, `Result`, tuples, and `T`, `&T`, `&mut T`
/// of types that derive [`StableState`](derive@StableState). What is returned is owned. `async`,
/// `unsafe`, generic parameters, `impl Trait`, `dyn Trait`, function and raw pointers, named
/// lifetimes, `'static`, `Self`, associated types and constants cannot cross; each is refused while
/// the trait is compiled, all of them at once.
///
/// # Options
///
/// `#[hotmod::interface(crate = path)]` names the hotmod crate where it has another path.
pub use hotmod_macros::interface;

/// Offers a function, or a state's implementation of an interface, to hosts.
///
/// On a free function, which works without state; the host asks for it by name and type:
///
/// ```standalone_crate
/// #[hotmod::export]
/// pub fn damage(base: u32, armour: u32) -> u32 {
///     base.saturating_sub(armour)
/// }
/// # fn main() {}
/// ```
///
/// On the implementation of an [`interface`](macro@interface) for a type that derives
/// [`StableState`](derive@StableState) and is `Send`; one type of a module implements it:
///
/// ```standalone_crate
/// # #[hotmod::interface]
/// # pub trait Game { fn score(&self, player: u64) -> Option<u32>; }
/// # #[derive(hotmod::StableState)]
/// # pub struct World { scores: Vec<u32> }
/// #[hotmod::export]
/// impl Game for World {
///     fn score(&self, player: u64) -> Option<u32> {
///         self.scores.get(player as usize).copied()
///     }
/// }
/// # fn main() {}
/// ```
///
/// The item stays as it is and can be called and tested inside the module. What may stand in a
/// signature is said at [`interface`](macro@interface); parameters need names, because hosts and
/// messages show them. An export that panics gives its caller an error.
///
/// What a call lends ends with the call, and the compiler sees to it: a parameter that asks for more
/// (`type Text = &'static str`, by whichever alias, macro or associated type) is refused with "lifetime
/// may not live long enough", at its type. Borrow it for the call (`&str`) or take it owned (`String`).
/// What is returned is owned.
///
/// # Options
///
/// `#[hotmod::export(pure)]` on a function says that it does nothing but return a value, which is the
/// same for the same arguments. A host may then run a new version of it beside the running one, for a
/// sample of the calls, and [compare what they return](#pure-functions) before the new version is in
/// use.
///
/// `#[hotmod::export(crate = path)]` names the hotmod crate where it has another path.
///
/// # Pure functions
///
/// ```standalone_crate
/// #[derive(Clone, Debug, hotmod::StableState)]
/// pub struct Basket {
///     pub prices: Vec<u64>,
/// }
///
/// #[hotmod::export(pure)]
/// pub fn total(basket: &Basket, discount: u64) -> u64 {
///     basket.prices.iter().sum::<u64>().saturating_sub(discount)
/// }
/// # fn main() {}
/// ```
///
/// The new version runs on copies of the arguments. So parameters are `Clone` and `Debug`, or shared
/// references to what is `Debug`, and `&mut` is refused; the result is `Debug`.
///
/// Compared is the text that `{:?}` writes for the result, by the `Debug` of each version, because
/// values of two images that perhaps two compilers laid out cannot be compared by `PartialEq`. So:
///
/// - `NaN` equals `NaN`, `0.0` and `-0.0` differ, and floating-point numbers differ as soon as their
///   shortest decimal forms do: return what was rounded if the last bits do not matter.
/// - A `HashMap` or `HashSet` writes its entries in an order that each map chooses by itself. Return
///   a `BTreeMap`, a `BTreeSet` or a sorted `Vec`, or two equal results will be reported as different.
/// - What a `Debug` leaves out is not compared, and one that was written differently in the new
///   version shows a difference where there is none.
///
/// Of two calls that panic, the messages are compared.
///
/// What a function does besides, it does twice: time, random numbers, statics and
/// [imports](macro@import) are its author's to keep out. A new version that ends the process (by
/// aborting, or by a stack that overflows) ends it here too.
pub use hotmod_macros::export;

/// Declares a function that the module needs from its host.
///
/// It has no body: the host provides it when it is built, under this name, and the module calls it
/// like any other function.
///
/// ```standalone_crate
/// #[hotmod::import]
/// fn broadcast(room: u64, text: &str) -> u32;
///
/// #[hotmod::export]
/// pub fn announce(text: &str) -> u32 {
///     (1..=3).map(|room| broadcast(room, text)).sum()
/// }
/// # fn main() {}
/// ```
///
/// A host that does not provide it, or provides it with another signature, refuses the module before
/// anything of it runs. Arguments and result cross as those of an [`export`](macro@export), and may
/// be of the same types. A crate declares an import once; several crates of a module may declare the
/// same one.
///
/// The host's function may call modules in its turn, this one too. What it is lent it has for the
/// call only; a state that is inside an exclusive call cannot be called again until that returns.
///
/// # Panics
///
/// If the host's function panics, the call panics with the same message. That ends the call of the
/// export that it is part of, unless the module catches it, with
/// [`CallError::Panicked`], whose place is that of the import's call.
///
/// Where there is no host, the call panics and says so.
///
/// # Options
///
/// `#[hotmod::import(stand_in = path)]` names a function of the same signature that is called in its
/// place in unit tests of the crate, where there is no host. Nothing of it is in the module: the path
/// has to exist under `cfg(test)` only.
///
/// ```standalone_crate
/// #[hotmod::import(stand_in = tests::broadcast)]
/// fn broadcast(room: u64, text: &str) -> u32;
///
/// #[cfg(test)]
/// mod tests {
///     pub(super) fn broadcast(_room: u64, text: &str) -> u32 {
///         text.len() as u32
///     }
/// }
/// # fn main() {}
/// ```
///
/// `#[hotmod::import(crate = path)]` names the hotmod crate where it has another path.
pub use hotmod_macros::import;

/// Marks the function that makes a module's state.
///
/// A host runs it for each instance that it creates, with the text it was given for that instance:
///
/// ```standalone_crate
/// # #[derive(hotmod::StableState)]
/// # pub struct World { seed: u64 }
/// #[hotmod::init]
/// fn new_world(config: &str) -> Result<World, String> {
///     let seed = config.parse().map_err(|error| format!("seed: {error}"))?;
///     Ok(World { seed })
/// }
/// # fn main() {}
/// ```
///
/// It is a free function that takes `&str` or nothing and returns a type that derives
/// [`StableState`](derive@StableState) and is `Send`, or a `Result` of such a type and an error that
/// implements `Display`, whose text the host gets. There is one init for each type of state.
///
/// # Options
///
/// `#[hotmod::init(crate = path)]` names the hotmod crate where it has another path.
pub use hotmod_macros::init;

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
pub use hotmod_macros::module;

/// Marks the function that makes a value of a described type from the value's earlier form, where
/// attributes do not say enough.
///
/// It is called for every value of the type when its description has changed, in place of the rules
/// for its fields; where the description is the same, values are moved and it is not called. It is
/// applied once: where the running version has the function of this name for the type too, its values
/// have been through it, and the rules decide. The next conversion is another function, under another
/// name. The old
/// value is read by checked names, or as an [earlier form](derive@OldState) that was kept, and stays
/// as it is: what the new value needs of it is cloned. It is dropped when the new value takes its
/// place. An `Err` or a panic abandons the migration.
///
/// There is one for a type, which must not be generic.
///
/// # Options
///
/// `#[hotmod::migrate(down)]` marks a function for the [way down](#the-way-down).
/// `#[hotmod::migrate(crate = path)]` names the hotmod crate where it has another path.
///
/// # Examples
///
/// ```
/// use hotmod::{Old, StableState};
///
/// #[derive(StableState)]
/// pub struct Position {
///     metres: f64,
/// }
///
/// #[hotmod::migrate]
/// fn position(old: &Old<'_>) -> Result<Position, String> {
///     let feet = *old.get::<f64>("feet")?;
///     Ok(Position { metres: feet * 0.3048 })
/// }
/// ```
///
/// # The way down
///
/// An older version cannot know of a newer one, so what a function has made, a rollback needs a
/// function of the newer version to take back. It takes the value by `&` and returns the form that
/// the older version has, which [`OldState`](derive@OldState) describes, or a `Result` of it:
///
/// ```
/// use hotmod::{Old, OldState, StableState};
///
/// #[derive(StableState)]
/// pub struct Position {
///     metres: f64,
/// }
///
/// #[derive(OldState)]
/// #[state(id = "Position")]
/// struct OldPosition {
///     feet: f64,
/// }
///
/// #[hotmod::migrate]
/// fn position(old: &Old<'_>) -> Result<Position, String> {
///     let old: &OldPosition = old.read()?;
///     Ok(Position { metres: old.feet * 0.3048 })
/// }
///
/// #[hotmod::migrate(down)]
/// fn position_back(new: &Position) -> OldPosition {
///     OldPosition { feet: new.metres / 0.3048 }
/// }
/// ```
///
/// The form is part of the module's description. Before a rollback does anything, it is compared
/// with what the older version has: names, types, sizes, alignments, places and `meaning`, of
/// everything that can be reached from it. What the function returns is then the older version's, byte
/// for byte. If the form is another, the rollback is refused, with the first place that differs; so
/// it is between compilers that lay it out otherwise. Several functions may take one type down, to a
/// form each, and the one is called that makes what there is. A rollback after an update, the end
/// of a canary and a probation that ends badly all go this way, and so does an update to the older
/// file where nothing in that says how else.
///
/// The function has the say for its type whether a function made the value or the rules did. Types
/// inside of the form are forms too, or have not changed: forms nest through at most 6 levels, hold
/// one form of each type, and hold nothing opaque of their own. What the older version does not
/// carry over (`skip`) no form can give. Keys must hash and compare as the older version has them:
/// that is code, and no description tells. An `Err` or a panic leaves the state where it is, in use.
pub use hotmod_macros::migrate;

/// Marks the function that checks a state after it was migrated and before it takes the place of
/// the old one. An `Err` or a panic abandons the migration: the old state is as it was.
///
/// Much of the new state is still shared with the old one then, so the check cannot change it. For
/// the same reason a state that is checked may not hold a `Mutex`, `RwLock`, `Cell`, `RefCell` or
/// atomic: a migration of such a state is refused. Nor may the check keep an `Arc`, `Rc` or `Weak` of
/// an item that changed: where it refuses the state and has kept one, it is overruled, and the host is
/// told.
///
/// There is one for a state, which must not be generic.
///
/// # Examples
///
/// ```
/// use hotmod::{StableState, VersionInfo};
///
/// #[derive(StableState)]
/// pub struct Bank {
///     accounts: Vec<i64>,
///     #[state(default)]
///     limit: i64,
/// }
///
/// #[hotmod::after_migrate]
/// fn no_account_is_overdrawn(bank: &Bank, from: &VersionInfo<'_>) -> Result<(), String> {
///     match bank.accounts.iter().position(|account| *account < -bank.limit) {
///         Some(account) => Err(format!("account {account} of {} is overdrawn", from.version)),
///         None => Ok(()),
///     }
/// }
/// ```
pub use hotmod_macros::after_migrate;

/// Marks a function that tries a migrated state out in a rehearsal: in a copy of the process, where
/// it may change the state, crash or hang and only the copy ends. An `Err`, a panic or a crash
/// refuses the update.
///
/// There may be several for a state, which must not be generic. They run in the order of their
/// names, and only in rehearsals in a copy of the process: `Module::rehearse`, or an update that asks
/// for one.
///
/// # Examples
///
/// ```
/// use hotmod::StableState;
///
/// #[derive(StableState)]
/// pub struct World {
///     ticks: u64,
/// }
///
/// #[hotmod::preflight]
/// fn a_tick_passes(world: &mut World) -> Result<(), String> {
///     world.ticks += 1;
///     match world.ticks {
///         0 => Err("the clock went back to nought".to_owned()),
///         _ => Ok(()),
///     }
/// }
/// ```
pub use hotmod_macros::preflight;

/// Marks the function that sets a version up: it runs once in each loaded version, before anything else
/// of it.
///
/// Each version has statics of its own, and an [`init`](macro@init) runs for each instance. So a logger, a
/// configuration in a static, a pool of connections that was set up once is missing in the next version.
/// Such things are set up here.
///
/// The function takes a [`VersionInfo`] by `&`, and returns `Result<(), E>` with an error `E` that
/// implements `Display`. It runs
///
/// - after the file was checked and loaded, and before its version is published or put on trial: no
///   init, hook, check or export of it has run, and none runs if this one fails. What the module imports
///   of its host can be called.
/// - for every way into use: the first load, an update, a canary, a shadow, a candidate that is rehearsed
///   with; and in the copy of the process in which an update is rehearsed, where it runs for that copy.
/// - once for each time that the version is taken into use. A version that is still loaded and needed when
///   it is published again, as after a rollback, is set up already. One that was
///   [`retired`](macro@retired) in between keeps its statics and is set up again; so is one whose
///   function failed, when the same file is tried again. So the function has to do with what it finds
///   (`OnceLock::get_or_init`).
///
/// An `Err` or a panic refuses the file; what runs goes on. The function runs on the thread that asks for
/// the update, and in the module's turn: it must not wait for another update of the same module. A module
/// has one such function.
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

/// Marks the function that is called when a version is retired: when nobody needs it any more.
///
/// No call runs in the version then, no instance is at it, and no rollback leads to it. The function takes a
/// [`VersionInfo`] by `&` and returns nothing. It gives back what
/// [`loaded`](macro@loaded) has taken and what the process would else keep: threads, sockets, files.
/// A version that is taken into use later all the same is set up again first.
///
/// It runs once for each time that the version was set up, on the host's own thread, in the module's turn:
/// updates wait for it. It runs for versions that were never published, too. It does not when the host is
/// dropped or the process ends, and not in the copy of the process in which an update is rehearsed. A panic
/// is told as the reason of the event of the state `Retired`, and the version is retired all the same. A
/// module has one such function.
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

/// Describes a struct or an enum, so that its values can be kept as state and be passed by
/// reference.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use hotmod::StableState;
///
/// #[derive(StableState)]
/// struct Player {
///     name: String,
///     items: Vec<Item>,
/// }
///
/// #[derive(StableState)]
/// enum Item {
///     Sword,
///     Bag(Vec<Item>),
/// }
///
/// #[derive(StableState)]
/// #[state(id = "index", meaning = 2)]
/// struct Index<K: Ord, const N: usize> {
///     entries: BTreeMap<K, [u64; N]>,
/// }
/// ```
///
/// Every field that is not `skip`ped is itself state: the trait [`StableState`] says what that is, and the
/// [crate's documentation](crate#which-types) lists the types. Type parameters must be state,
/// const parameters are part of the description, and a type may contain itself through a `Vec` or a
/// `Box`. A lifetime cannot be a parameter: state owns its data.
///
/// What is described is what the compiler gets: where another attribute changes the type, the derive
/// stands below that one. `repr(packed)` is refused, since a field of such a type cannot be borrowed.
///
/// # Attributes of the description
///
/// All of them stand in `#[state(…)]`, and these on the type:
///
/// | | |
/// |---|---|
/// | `id = "…"` | the name in the description, instead of the type's own; two types of a module cannot have one name, in whatever modules, functions or crates they stand and however alike they are |
/// | `meaning = n` | the version of what the values mean, 0 where it is not given; raise it when the sense changes and the layout does not |
/// | `crate = path` | the hotmod crate, where it has another path |
///
/// # How existing values become values of this type
///
/// A value that another version of the module made may be of a description that differs from this
/// one. By themselves go: fields, variants and layouts in another order or place; new variants; new
/// fields of a type `Option`, which are `None`; numbers that became wider (`u32` → `u64`, `u32` →
/// `i64`, `f32` → `f64`); `T` → `Option<T>`; `T` → `Box<T>` and back; `Vec` ↔ `VecDeque` ↔
/// `LinkedList` ↔ `Box<[T]>`, `HashMap` ↔ `BTreeMap`, `HashSet` ↔ `BTreeSet`; texts and paths, whatever owns them (`String` ↔
/// `Box<str>` ↔ `Arc<str>`, `PathBuf` ↔ `OsString` ↔ `Box<Path>`, `CString` ↔ `Arc<CStr>`); `Option` ↔
/// `OnceCell` ↔ `OnceLock`; `Wrapping` ↔ `Saturating`; `Ipv4Addr` → `IpAddr`, `SocketAddrV6` →
/// `SocketAddr` and their kin; a type of the
/// standard library ↔ abi_stable's (`RVec`, `RHashMap`, `RBox`, `RArc`, `ROption`, `RResult`,
/// `RDuration`, `(A, B)` ↔ `Tuple2<A, B>`, and `String` ↔ `RString` ↔ `Cow<'static, str>` ↔
/// `RCowStr<'static>`); and all of that inside of each other.
/// A variant that is gone is let go of too, and a live value that has it aborts the migration. The
/// rest needs to be said, and is refused otherwise:
///
/// | attribute | of a | what it allows |
/// |---|---|---|
/// | `default` | field | the field is new: it becomes `Default::default()` |
/// | `default = expr` | field | the field is new: it becomes the value of the expression |
/// | `was = "…"` | field, variant, type | it had this name; there may be several |
/// | `removed("…", …)` | type | fields of these names are gone, and their values are dropped; of an enum, fields of its variants |
/// | `removed_variant(Old => New)` | enum | a variant is gone, and values that have it become `New`, which has no fields |
/// | `checked` | field | numbers in it became narrower or changed sign, an `Option<T>` became a `T`, or an `IpAddr` an `Ipv4Addr`; a value that does not fit, or a `None`, aborts the migration |
/// | `fill = expr` | field | the field is an array that has grown: the expression gives the new elements |
/// | `rebuild` | field | keys of a map, or elements of a set or heap, became of another type; two that become one abort the migration |
/// | `with = path` | field | the field became of another type, or its value of another sense: `fn(&Old) -> New` or `fn(&Old) -> Result<New, E>` converts it, once, with an `E` that implements `Display`; an `Err` aborts the migration |
/// | `unsafe(opaque)` | field | the field is of [another crate's type](#types-of-other-crates), and moved as it is |
/// | `unsafe(opaque, with = path)` | field | as `with`, from a field that was opaque |
/// | `serde` | field | the field is carried over [by its serde form](#by-its-serde-form) |
/// | `as = Type, into = path, from = path` | field | the field is carried over [as another type](#as-another-type) |
/// | `skip` | field | the field is [not carried over](#fields-that-are-not-carried-over), and may be of any type: it is made anew by `Default::default()` |
/// | `skip, init = path` | field | as `skip`: it is made anew by `fn() -> T` |
///
/// Where these do not say enough, a function marked [`migrate`](macro@migrate) makes the new value; it
/// must where the `meaning` has changed. A migration that is aborted leaves the old value as it was,
/// and the version that made it goes on serving it.
///
/// Apart from `skip`, an attribute may stay when all values have gone this way: one that has nothing
/// to do does nothing. A function of `with` is applied by an update from a version that does not name it
/// on this field, and not again while it stays: it is told by its path as the source writes it, so the
/// next conversion of the field is another function, under another name. Where the running version has
/// both a name and the one that `was` says it had, or a field that `removed` says is gone, the update is
/// refused, unless the running version has the very same attribute.
///
/// ```
/// use std::collections::{BTreeMap, HashMap};
///
/// use hotmod::StableState;
///
/// /// Was `Realm`, and had a `motd: String`.
/// #[derive(StableState)]
/// #[state(was = "Realm", removed("motd"))]
/// struct World {
///     /// New.
///     #[state(default = 60)]
///     tick_rate: u32,
///     /// New, and `None` without an attribute.
///     season: Option<String>,
///     /// Was a `HashMap<u64, Player>`, which needs no attribute.
///     players: BTreeMap<u64, Player>,
///     /// Was `seeds: u64`.
///     #[state(was = "seeds", checked)]
///     seed: u32,
///     /// Was a `[u64; 4]`.
///     #[state(fill = 0)]
///     scores: [u64; 8],
///     /// Was a `HashMap<u32, String>`.
///     #[state(rebuild)]
///     names: HashMap<u64, String>,
///     /// Was an `f64`, in feet.
///     #[state(with = metres)]
///     length: Metres,
///     /// Threads are no state.
///     #[state(skip, init = Vec::new)]
///     workers: Vec<std::thread::JoinHandle<()>>,
/// }
///
/// fn metres(feet: &f64) -> Metres {
///     Metres(feet * 0.3048)
/// }
///
/// #[derive(StableState)]
/// struct Metres(f64);
///
/// #[derive(StableState)]
/// struct Player {
///     mood: Mood,
/// }
///
/// /// Had a variant `Asleep` too.
/// #[derive(StableState)]
/// #[state(removed_variant(Asleep => Idle))]
/// enum Mood {
///     Idle,
///     #[state(was = "Busy")]
///     Working { with: String },
/// }
/// ```
///
/// # Fields that are not carried over
///
/// A field with `skip` belongs to the code that made it, and no other sees it. Each update and each
/// rollback drops it with the code of the version that is left, and makes it anew with that of the other,
/// wherever in the state it stands; what is around it is converted for that, also where nothing else has
/// changed.
///
/// So it is in what hosts and modules pass to each other. A struct that is passed by value, by itself, in
/// `Option`, `Result`, `Vec` or a tuple, or as a field of such a struct, leaves its `skip` fields behind:
/// the sender drops them, and the receiver makes its own. They must be of the same size and alignment on
/// both sides, since nothing else proves that the fields around them are where they are expected. If what
/// makes one panics, the rest of the value is dropped field by field (a `Drop` of its own does not run,
/// since it never was whole), and the panic is one of the receiver: an error of the call, if that is the
/// module. Refused before anything runs are references to a type that holds such a field anywhere, a
/// value in which one stands in an enum, an array or a container (whose layout may depend on what is in the
/// field), and [pure](macro@export) functions that would be given one.
///
/// # Types of other crates
///
/// A type that knows nothing of hotmod has no description. There are these ways to hold one:
///
/// - `skip`: it is made anew by each version;
/// - [`serde`](#by-its-serde-form): the version that made it writes it down, and the next one reads that;
/// - [`as = Type, into = path, from = path`](#as-another-type): it is carried over as a type that hotmod
///   knows;
/// - `unsafe(opaque)`: its values are moved as they are, between modules that mean the same type: the
///   compiler gives every type an identity, made of the crate with its version, features and profile,
///   of the path in the crate and of the parameters, and it must be the same, as must be the compiler,
///   the size and the alignment. Everything else is refused, unless a function converts it.
///
/// ```
/// use std::fmt::Alignment;
///
/// use hotmod::StableState;
///
/// #[derive(StableState)]
/// struct Column {
///     // SAFETY: it is a number, and needs nothing of its crate.
///     #[state(unsafe(opaque))]
///     heading: Alignment,
///     /// Was an opaque `std::fmt::Alignment`.
///     // SAFETY: as above.
///     #[state(unsafe(opaque, with = text))]
///     body: String,
/// }
///
/// fn text(old: &Alignment) -> String {
///     format!("{old:?}")
/// }
/// ```
///
/// A function that reads what was opaque is named by `unsafe(opaque, with = path)`; the field is opaque
/// too where hotmod does not know its type. One that makes what is opaque of what was described is
/// named by `unsafe(opaque), with = path`. `unsafe(opaque)` cannot stand in a type with parameters, and
/// holds what is `'static`, and `Send` where the state is.
///
/// ## By its serde form
///
/// A field marked `#[state(serde)]` may be of any type that implements `Serialize` and `DeserializeOwned`. At
/// every update its old value is written by the old version's code and read by the new version's, so no
/// value is ever used by another copy of its crate, and a version, feature or profile of that crate may
/// change between two versions of the module. It takes the feature `serde` of hotmod:
///
/// ```toml
/// hotmod = { version = "0.1", features = ["serde"] }
/// ```
///
/// The form is `MessagePack` with names, which describes itself: a type that has changed is read as serde
/// has it (`default`, `rename`, `alias`; in any order), `flatten` and all kinds of enums work, and so do
/// `serde_json::Value`, maps with any keys, `i128` and bytes. Types that write themselves otherwise for
/// people are asked for that form. Three things no such form tells: `Some(None)` and `Some(())` are read
/// as `None`; an `i128` or `u128` inside of `flatten` or of an untagged enum is an error, as serde has it;
/// and what the type leaves out (`#[serde(skip)]`) is left out.
///
/// The plan says of such a field that it is carried over, what that costs only its own code knows. Where
/// writing or reading fails or panics, the migration does, with the field's path and serde's words, and
/// the state stays whole at its version. A form takes no more memory than the module may have. The field's
/// type may be another in the next version, as long as it reads the form; a field that was
/// not `serde` needs a function beside it, `serde, with = path` or `serde, unsafe(opaque, with = path)`, and one
/// that was can only go on as `serde`: so it helps from the first version that has it.
///
/// ## As another type
///
/// `#[state(as = Type, into = path, from = path)]` carries a field over as a described type, which is what
/// the description has of it: `into` is `fn(&Field) -> Type`, run by the old version, and `from` is `fn(Type) ->
/// Field`, run by the new one; either may return a `Result`. Between the two, the type follows the rules of
/// migration, so it may change. A field that was `as` may become a described one that its type leads to.
///
/// ```
/// use hotmod::StableState;
///
/// /// Of another crate.
/// struct Id(u128);
///
/// #[derive(StableState)]
/// struct Session {
///     #[state(as = [u8; 16], into = bytes, from = id)]
///     id: Id,
/// }
///
/// fn bytes(id: &Id) -> [u8; 16] {
///     id.0.to_le_bytes()
/// }
///
/// fn id(bytes: [u8; 16]) -> Id {
///     Id(u128::from_le_bytes(bytes))
/// }
/// ```
///
/// Neither kind of field can be read as it is: not by [`Old::get`] or [`Old::read`], not in a form that a
/// function marked `migrate(down)` hands back, and not by who gets its type in a signature, by value or by
/// reference: such types are for state.
///
/// ## Parameters of a foreign type
///
/// What a foreign container is applied to counts by its description, as far as the source shows it: in
/// `IndexMap<u64, Vec<Item>>` a change inside of `Item` is seen, and refused, since nothing can reach the
/// items. The container itself is told by its constructor, with a stand-in for each parameter, so that it
/// stays the same when only the module's version is raised. Where a container asks more of its parameters
/// than the stand-in can do (the error names `StandIn`), write `unsafe(opaque, whole)`: it is told by
/// itself then, and is another type in each version of the module. A constant among the parameters
/// stands in braces, `ArrayVec<Item, { CAP }>`. What an alias hides nobody sees: there you vouch for it.
///
/// A function marked [`migrate`](macro@migrate) for the type around the field can read the old items, by an
/// [`OldState`](derive@OldState) with `unsafe(opaque)` on that field.
///
/// ## What `unsafe(opaque)` asserts
///
/// Each version of a module has its own copy of every crate, with statics and thread-locals of its own.
/// By `unsafe` you vouch for what no compiler sees (and a crate with `#![forbid(unsafe_code)]` has none of
/// it):
///
/// - *The value needs nothing of the statics and thread-locals of its crate*, and nothing of the addresses
///   of its functions. Known to break this are maps with `hashbrown`'s own hasher, `foldhash` or `ahash`
///   (seeds: no key is found again); `parking_lot`'s and `dashmap`'s locks and all async channels and
///   locks (who waits stands in a table: it waits for ever); `crossbeam-epoch`, `arc-swap` and what is
///   built on them (who reads stands in a list: memory is freed that is in use); `regex` and `thread_local`
///   (thread ids); string interners and `tracing` (places in a table); `tokio` and other runtimes;
///   `rand`'s `ThreadRng`; and what is keyed by the `TypeId` of your own types. Where the path as written
///   names one of these, the derive refuses it. Behind an alias, nobody sees it.
/// - *Both modules were built from the same source of that crate, by the same compiler.* Of the toolchain,
///   the crate's version, its features and profile the identity tells; of a crate of your own, given by
///   its path, a change that leaves version and size alone is not seen. Derive
///   [`StableState`](derive@StableState) there, or raise the crate's version.
/// - A function pointer, trait object or `&'static` inside goes on pointing into the version that made it.
///   That stays mapped, so it is sound as such, but calls old code.
pub use hotmod_macros::StableState;

/// Describes the earlier form of a type, as whom a function marked [`migrate`](macro@migrate) reads
/// the old value, and to which one marked [`migrate(down)`](macro@migrate#the-way-down) takes a value
/// back: a copy of the struct or enum as it was, which [`Old::read`] compares with what the
/// old value really is.
///
/// ```
/// use hotmod::{Old, OldState, StableState};
///
/// #[derive(OldState)]
/// #[state(id = "Track")]
/// struct OldTrack {
///     points: Vec<(f64, f64)>,
/// }
///
/// #[derive(StableState)]
/// struct Track {
///     length: f64,
/// }
///
/// #[hotmod::migrate]
/// fn track(old: &Old<'_>) -> Result<Track, String> {
///     let old: &OldTrack = old.read()?;
///     let pairs = old.points.windows(2);
///     let length = pairs.map(|it| (it[1].0 - it[0].0).hypot(it[1].1 - it[0].1)).sum();
///     Ok(Track { length })
/// }
/// ```
///
/// `#[state(id = "…")]` gives the name of the type whose earlier form it is, where that is not its
/// own, `#[state(meaning = n)]` the meaning that it had, which counts on the way down, and a field may be
/// `unsafe(opaque)`, as in [`StableState`](derive@StableState). Types inside of it are earlier forms too, or
/// have not changed. It says what was, so it takes no other attributes; and it is no state, so no
/// state can hold it.
pub use hotmod_macros::OldState;
