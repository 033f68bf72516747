//! Modules that are replaced while the server runs.
//!
//! A *module* is a cdylib built with this crate; a *host* is a process that links `hotmod-host` and
//! loads it. A module's types, functions and state are described as data, in the module's own file,
//! while it is compiled. A host that is given a new version compares two such descriptions before one
//! instruction of the new version runs. It goes on with the state, as it is or converted by a plan, or
//! it refuses, naming the field that differs and what to write.
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
//! | `Option`, `Result`, tuples of up to twelve | yes | yes, converted | yes |
//! | arrays, `VecDeque`, `HashMap`, `BTreeMap`, sets, `Box<[T]>`, `Arc<[T]>`, `Rc<[T]>`, `BinaryHeap`, `LinkedList`, `Box`, `Arc`, `Rc`, `Mutex`, `RwLock`, `Cell`, `RefCell`, `OnceCell`, `OnceLock`, `Wrapping`, `Saturating`, `Reverse`, `NonZero` and atomic integers, `Ordering`, `Bound`, `Poll`, `Infallible` | yes | yes | yes |
//! | `Range`, `RangeInclusive` of what is `PartialOrd`, `RangeFrom`, `RangeTo`, `RangeToInclusive`, `RangeFull` | yes | yes | yes |
//! | `Duration`, `SystemTime`, `Instant`; `IpAddr`, `Ipv4Addr`, `Ipv6Addr`, `SocketAddr`, `SocketAddrV4`, `SocketAddrV6` | yes | yes | yes |
//! | `PathBuf`, `OsString`, `CString`; `Box`, `Arc` and `Rc` of `str`, `Path`, `OsStr`, `CStr` | yes | yes | yes |
//! | `Cow<'static, _>` of `str`, `Path`, `OsStr`, `CStr`, and of `[T]` where `T` is `Copy`; `PhantomData` of any of these types, of `&'static`, functions and raw pointers of such | yes | in a type of yours | in a type of yours |
//! | abi_stable's `RString`, `RVec`, `RHashMap`, `ROption`, `RResult`, `RBox`, `RArc`, `RDuration`, `Tuple1` to `Tuple4` | yes | yes | yes |
//! | `Weak`, of `Arc<T>` and of `Rc<T>` (`Weak<String>` for `Weak<str>`, `Weak<Vec<T>>` for `Weak<[T]>`) | yes | no | no |
//! | your types that derive [`StableState`](derive@StableState) | yes | yes | yes |
//! | types of the crates that features are named after (`bytes`, `chrono`, `uuid`, …: [`Carried`]) | yes | `Uuid`, `OrderedFloat`, those of `glam`, `SMatrix` | as by value |
//! | types of other crates | a field with [`serde`, `as`, `skip` or `unsafe(opaque)`](derive@StableState#types-of-other-crates) | no | no |
//! | function pointers, trait objects, `&'static`, `TypeId`, raw pointers; `LazyLock` and `LazyCell`, which hold a function (write `OnceLock`, `OnceCell`), `Pin<Box<T>>` (`Box<T>`), `ControlFlow` (`Result`), any other `Cow` (what it owns: `Vec<T>`, `T`); `PhantomData` of `dyn Trait` (of an empty type of yours) | no | no | no |
//! | abi_stable's locks, channels, `RBoxError`, `DynTrait`, which run the code that made them | no | no | no |
//! | `impl Trait`, generic parameters, named lifetimes | | no | no |
//! | references in what is returned | | | no |
//!
//! What is *converted* crosses as a type whose layout no compiler chooses, so that modules built by
//! another compiler still load. Everything else crosses as the bytes it is and is compared by
//! layout; a layout that the compiler chose is equal only under the same compiler. What a function takes and
//! returns may still differ between a host and a module, or be laid out by two compilers: then it is
//! converted on its way.
//!
//! Maps and sets may hash by another `BuildHasher` than `RandomState`: by `BuildHasherDefault`, or by a
//! type of yours that derives [`StableState`](derive@StableState) and implements `Default`. Where such a
//! map is built anew, `Default` makes its hasher, and its keys are hashed anew. When you change how a
//! hasher of yours hashes, give it another name, as for a `Hash` written by hand.
//!
//! What several `Arc`s or `Rc`s own, an item or a slice of them, is converted once, for all of them. A text
//! or path that is not changed stays shared; one that becomes another kind, such as an `Arc<str>` that becomes
//! a `String`, is built for each owner, and so is an empty slice whose items changed.
//!
//! The state of an instance may be used by any thread of its host, so it must be `Send`: an `Rc`
//! may be described, but not be part of a state.
//!
//! # State that changes
//!
//! When a struct or enum has changed, live values follow at their instance's next exclusive call. A
//! plan (`Plan`, of `hotmod-host`) says how, made from the two descriptions alone: reordered fields, wider numbers
//! and other containers are converted by themselves, what would lose or invent a value needs an
//! [attribute](derive@StableState#how-existing-values-become-values-of-this-type) or a function marked
//! [`migrate`](macro@migrate), and everything else is refused. What did not change is moved as bytes.
//!
//! A value in a [`Lazy`] follows by itself, when it is used: for states so large that to convert all of them at once
//! would stop their callers.
//!
//! # What is not seen
//!
//! - A value of the same layout with another sense, unless `#[state(meaning = n)]` says so.
//! - Statics and thread-locals of a module: they start anew in each version. What is to be kept
//!   belongs in the state; what each version needs, such as a logger, is set up in a function marked
//!   [`loaded`](macro@loaded). `cargo hotmod inspect` names them, and [`module!`] may deny them.
//! - Threads that a module starts on its own: they go on running the old code.
//! - Generic types beyond [a few levels of fields](describe::GENERIC_DEPTH): a state in which they nest deeper is
//!   refused while it is compiled.
#![warn(missing_docs)]

extern crate self as hotmod;

pub mod call;
pub mod codes;
pub mod describe;
mod flat;
#[cfg(feature = "linked")]
#[doc(hidden)]
#[macro_use]
pub mod linked;
mod macros;
mod marked;
pub mod operations;
pub mod printed;
#[doc(hidden)]
#[macro_use]
pub mod private;
pub mod root;
pub mod runtime;
pub mod state;
mod thunks;
pub mod types;

#[doc(hidden)]
pub use private as __private;

pub use call::boundary::Boundary;
pub use call::{Absent, Backtrace, CallError, Cancelled, Location, Panicked, Unfit};
pub use flat::{Failed, Flat};
#[cfg(feature = "linked")]
pub use linked::LinkedModule;
pub use macros::{
    OldState, StableState, after_migrate, every, export, import, init, interface, loaded, migrate,
    module, optional, preflight, resource, retired, task,
};
pub use marked::import::NotProvided;
pub use marked::interface::Interface;
pub use marked::old::{Old, OldError, OldState};
pub use marked::reach::{Instance, Pool, ReachError, Reached};
pub use marked::resource::ResourceValue;
pub use marked::task::Stop;
pub use marked::version::VersionInfo;
pub use marked::{
    import, init, interface, lifecycle, old, pure, reach, resource, task, timer, version,
};
pub use runtime::{Elapsed, JoinError, JoinHandle, sleep, spawn, timeout, yield_now};
pub use state::{Describe, StableState};
pub use thunks::SnapshotCodec;
pub use types::{Carried, Lazy, LazyError, Moved};
