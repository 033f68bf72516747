//! State, and what makes it.

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
/// Every field without `skip` is itself state: the trait [`StableState`](trait@crate::StableState) says
/// what that is, and the [crate's documentation](crate#which-types) lists the types. Type parameters
/// must be state, const parameters are part of the description, and a type may contain itself through a
/// `Vec` or a `Box`. A lifetime cannot be a parameter: state owns its data.
///
/// The derive describes the type as it sees it, so it must stand below every attribute macro that
/// changes the type. An attribute below the derive may be such a macro, unless it is known to be none:
/// the compiler's own, a tool's (`#[rustfmt::skip]`), or what derives of well-known crates read
/// (`#[serde(…)]` and the like). This derive declares the last to be its own too: below it, a macro that was
/// imported under such a name is not run. An enum with fields and such an attribute is made anew at every
/// update, and passes neither by reference nor, inside of other types, as bytes: the description would
/// not show another representation. `repr(packed)` is refused, since a field of such a type cannot be
/// borrowed.
///
/// # Attributes of the description
///
/// All of them stand in `#[state(…)]`, and these on the type:
///
/// | | |
/// |---|---|
/// | `id = "…"` | the name in the description, instead of the type's own; no two types of a module may have the same name, even if they are alike or stand in different crates |
/// | `meaning = n` | the version of what the values mean, by default 0; raise it when the sense changes and the layout does not |
/// | `crate = path` | the hotmod crate, where it has another path |
///
/// # How existing values become values of this type
///
/// A value that another version of the module made may have a description that differs from this one.
/// These changes need no attribute: fields, variants and layouts in another order or place; new
/// variants; new fields of a type `Option`, which are `None`; numbers that became wider (`u32` → `u64`,
/// `u32` → `i64`, `f32` → `f64`); `T` → `Option<T>`; `T` → `Box<T>` and back; `Vec` ↔ `VecDeque` ↔
/// `LinkedList` ↔ `Box<[T]>`, `HashMap` ↔ `BTreeMap`, `HashSet` ↔ `BTreeSet`; texts and paths, whatever
/// owns them (`String` ↔ `Box<str>` ↔ `Arc<str>`, `PathBuf` ↔ `OsString` ↔ `Box<Path>`, `CString` ↔
/// `Arc<CStr>`); `Option` ↔ `OnceCell` ↔ `OnceLock`; `Wrapping` ↔ `Saturating`; a type of
/// another crate ↔ its [form](crate::Carried::Form) (`Uuid` ↔ `[u8; 16]`, `SmallVec` ↔ `Vec`); `Ipv4Addr` → `IpAddr`,
/// `SocketAddrV6` → `SocketAddr` and their kin; a type of the standard library ↔ abi_stable's (`RVec`,
/// `RHashMap`, `RBox`, `RArc`, `ROption`, `RResult`, `RDuration`, `(A, B)` ↔ `Tuple2<A, B>`, and
/// `String` ↔ `RString` ↔ `Cow<'static, str>` ↔ `RCowStr<'static>`); and all of that inside of each
/// other. A variant may be removed too, but a live value that has it aborts the migration. Every other
/// change needs an attribute, and is refused without one:
///
/// | attribute | of a | what it allows |
/// |---|---|---|
/// | `default` | field | the field is new: it becomes `Default::default()` |
/// | `default = expr` | field | the field is new: it becomes the value of the expression |
/// | `was = "…"` | field, variant, type | it had this name; there may be several |
/// | `removed("…", …)` | type | fields of these names are gone, and their values are dropped; of an enum, fields of its variants |
/// | `other` | variant | in a call, one that the receiver does not know arrives in this one, which has no fields, or one `String` for its name; state is not converted by it |
/// | `removed_variant(Old => New)` | enum | a variant is gone, and values that have it become `New`, which has no fields |
/// | `checked` | field | numbers in it became narrower or changed sign, an `Option<T>` became a `T`, or an `IpAddr` an `Ipv4Addr`; a value that does not fit, or a `None`, aborts the migration |
/// | `fill = expr` | field | the field is an array that has grown: the expression gives the new elements |
/// | `rebuild` | field | keys of a map, or elements of a set or heap, became of another type; two that become one abort the migration |
/// | `with = path` | field | the field became of another type, or its value of another sense: `fn(&Old) -> New` or `fn(&Old) -> Result<New, E>` converts it, once, with an `E` that implements `Display`; an `Err` aborts the migration |
/// | `with = path, parallel` | field | as `with`, by a function that [several threads](macro@crate::migrate#on-several-threads) may run at once, each for a value of its own |
/// | `unsafe(opaque)` | field | the field is of [another crate's type](#types-of-other-crates), and moved as it is |
/// | `unsafe(opaque, with = path)` | field | as `with`, from a field that was opaque |
/// | `unsafe(opaque), snapshot = path` | field | as `unsafe(opaque)`, and a [snapshot holds it](#in-a-snapshot) by a codec |
/// | `serde` | field | the field is carried over [by its serde form](#by-its-serde-form) |
/// | `as = Type, into = path, from = path` | field | the field is carried over [as another type](#as-another-type) |
/// | `skip` | field | the field is [not carried over](#fields-that-are-not-carried-over), and may be of any type: it is made anew by `Default::default()` |
/// | `skip, init = path` | field | as `skip`: it is made anew by `fn() -> T` |
/// | `secret` | field | it is a password, a token or the like: who looks at live values is not shown it, and no error of a migration or call says what it holds |
///
/// Where these do not say enough, a function marked [`migrate`](macro@crate::migrate) makes the new
/// value. Where the `meaning` has changed, there must be one. A migration that is aborted leaves the
/// old value as it was, and the version that made it goes on serving it.
///
/// An attribute may stay after all values have been converted: except for `skip` and `secret`, it does nothing
/// when there is nothing to do. An update from a version that does not name a function of `with` on this
/// field applies that function, and later updates do not apply it again. A function is recognised by
/// its name and by what it takes, so the next conversion of the field needs another function, under
/// another name. An update is refused if hotmod cannot tell whether a function has been applied: the
/// running version names it by another path, or it takes what the field was earlier and the running
/// version has no such function. An update is also refused if the running version has both a name and
/// the earlier name that `was` gives it, or has a field that `removed` says is gone, unless the running
/// version has the very same attribute.
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
/// A field with `skip` belongs to the code that made it, and no other code sees it. Each update and
/// each rollback drops it with the code of the version that is left, and makes it anew with the code of
/// the other version, wherever in the state the field stands. The types around it are converted for
/// that, even if nothing else has changed.
///
/// The same holds for what hosts and modules pass to each other. A struct that is passed by value, by
/// itself, in `Option`, `Result`, `Vec` or a tuple, or as a field of such a struct, leaves its `skip`
/// fields behind: the sender drops them, and the receiver makes its own. They must be of the same size
/// and alignment on both sides, since nothing else proves that the fields around them are where they
/// are expected. If the code that makes one panics, the rest of the value is dropped field by field
/// (the value's own `Drop` does not run, since the value never was whole). The panic is the receiver's:
/// an error of the call, if the receiver is the module. Three things are refused before anything runs:
/// references to a type that holds such a field anywhere; values in which such a field stands in an
/// enum, an array or a container (whose layout may depend on what is in the field); and
/// [pure](macro@crate::export) functions that would be given such a field.
///
/// # Types of other crates
///
/// Many crates' types are state by the feature of hotmod that has the crate's name: `bytes`, `chrono`, `uuid` and
/// more. The author of any other can make theirs state in safe code, by [`Carried`](crate::Carried).
///
/// Any other type of a crate that does not use hotmod has no description. State can hold one in these ways:
///
/// - `skip`: it is made anew by each version;
/// - [`serde`](#by-its-serde-form): the version that made the value writes it down, and the next
///   version reads that;
/// - [`as = Type, into = path, from = path`](#as-another-type): it is carried over as a type that hotmod
///   knows;
/// - `unsafe(opaque)`: its values are moved as they are, between modules that mean the same type. The
///   compiler gives every type an identity, made of the crate with its version, features and profile,
///   of the path in the crate and of the parameters. Identity, compiler, size and alignment must be the
///   same in both modules. Otherwise the update is refused, unless a function converts the value.
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
/// `unsafe(opaque, with = path)` names a function that reads an opaque value; the field is still opaque
/// if hotmod does not know its type. `unsafe(opaque), with = path` names a function that makes an
/// opaque value from a described one. An opaque field cannot stand in a type with parameters. Its type
/// must be `'static`, and `Send` where the state is.
///
/// ## In a snapshot
///
/// A snapshot holds no bytes that only one build of a crate understands, so a state with an opaque field is refused there,
/// unless the field has a codec: `snapshot = path` names a type that implements [`SnapshotCodec`](crate::SnapshotCodec) for
/// the field's. Between modules the field is moved as it is, as without.
///
/// ```
/// use std::fmt::Alignment;
///
/// use hotmod::{SnapshotCodec, StableState};
///
/// #[derive(StableState)]
/// struct Column {
///     // SAFETY: it is a number, and needs nothing of its crate.
///     #[state(unsafe(opaque), snapshot = ByLetter)]
///     heading: Alignment,
/// }
///
/// struct ByLetter;
///
/// impl SnapshotCodec<Alignment> for ByLetter {
///     fn write(value: &Alignment, to: &mut Vec<u8>) -> Result<(), String> {
///         to.push(match value {
///             Alignment::Left => b'l',
///             Alignment::Right => b'r',
///             Alignment::Center => b'c',
///         });
///         Ok(())
///     }
///
///     fn read(written: &[u8]) -> Result<Alignment, String> {
///         match written {
///             b"l" => Ok(Alignment::Left),
///             b"r" => Ok(Alignment::Right),
///             b"c" => Ok(Alignment::Center),
///             _ => Err("no such alignment".to_owned()),
///         }
///     }
/// }
/// ```
///
/// ## By its serde form
///
/// A field marked `#[state(serde)]` may be of any type that implements `Serialize` and
/// `DeserializeOwned`. At every update its old value is written by the old version's code and read by
/// the new version's, so no value is ever used by another copy of its crate, and a version, feature or
/// profile of that crate may change between two versions of the module. This needs the feature `serde`
/// of hotmod:
///
/// ```toml
/// hotmod = { version = "0.1", features = ["serde"] }
/// ```
///
/// The form is `MessagePack` with names, which describes itself: a type that has changed is read by
/// serde's rules (`default`, `rename`, `alias`; in any order), `flatten` and all kinds of enums work,
/// and so do `serde_json::Value`, maps with any keys, `i128` and bytes. A type that has a
/// human-readable form is written in that form. `Some(None)` and `Some(())` stay different from `None`.
/// The form has three limits: an `i128` or `u128` inside of `flatten` or of an untagged enum is an
/// error, as elsewhere in serde; a value that nests through more than 1024 levels is an error; and what
/// the type leaves out (`#[serde(skip)]`) is left out.
///
/// The plan says of such a field only that it is carried over: what that costs depends on the type's
/// own code. If writing or reading fails or panics, the migration fails with the field's path and
/// serde's message, and the state stays whole at its version. A form takes no more memory than the
/// module may have. The memory of the value that is read from it is counted afterwards, and if it is
/// too much, the migration stops at the next such value. In the next version the field may have another
/// type, as long as that type reads the form. A field that was not `serde` needs a function beside it,
/// `serde, with = path` or `serde, unsafe(opaque, with = path)`. A field that was `serde` must stay
/// `serde`, so the attribute helps only from the first version that has it.
///
/// ## As another type
///
/// `#[state(as = Type, into = path, from = path)]` carries a field over as a described type, which
/// stands in the description in place of the field's own: `into` is `fn(&Field) -> Type`, run by the
/// old version, and `from` is `fn(Type) -> Field`, run by the new one; either may return a `Result`.
/// Between the two, the type follows the rules of migration, so it may change. A field that was `as`
/// may become a field of a described type that `Type` becomes by those rules.
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
/// A field that is `serde` or `as` cannot be read as it is: [`Old::get`](crate::Old::get) and
/// [`Old::read`](crate::Old::read) refuse it, a form that a function marked `migrate(down)` returns
/// cannot hold it, and no signature can pass a type that holds it, by value or by reference. Such types
/// are for state.
///
/// ## Parameters of a foreign type
///
/// The parameters of a foreign container are compared by their descriptions, as far as the source shows
/// them: in `IndexMap<u64, Vec<Item>>` a change inside of `Item` is seen, and refused, since hotmod
/// cannot reach the items. The container itself is identified with a stand-in for each parameter, so
/// that it stays the same type when only the module's version is raised. If a container needs more of
/// its parameters than the stand-in implements (the error names `StandIn`), write
/// `unsafe(opaque, whole)`: the container is then identified with its own parameters, and is another
/// type in each version of the module. A constant among the parameters stands in braces,
/// `ArrayVec<Item, { CAP }>`. The derive does not see through an alias: there you vouch for the
/// parameters.
///
/// A function marked [`migrate`](macro@crate::migrate) for the type around the field can read the old
/// items, by an [`OldState`](derive@crate::OldState) with `unsafe(opaque)` on that field.
///
/// ## What `unsafe(opaque)` asserts
///
/// Each version of a module has its own copy of every crate, with statics and thread-locals of its own.
/// By `unsafe` you vouch for what no compiler checks (so a crate with `#![forbid(unsafe_code)]` cannot
/// use it):
///
/// - *The value needs nothing of the statics and thread-locals of its crate*, and nothing of the addresses
///   of its functions. Known to break this are maps with `hashbrown`'s own hasher, `foldhash` or `ahash`
///   (seeds: no key is found again); `parking_lot`'s and `dashmap`'s locks and all async channels and
///   locks (a waiter stands in a table: it would wait for ever); `crossbeam-epoch`, `arc-swap` and what is
///   built on them (a reader stands in a list: memory in use would be freed); `regex` and `thread_local`
///   (thread ids); string interners and `tracing` (places in a table); `tokio` and other runtimes;
///   `rand`'s `ThreadRng`; and what is keyed by the `TypeId` of your own types. Where the path as written
///   names one of these, the derive refuses it. It does not see through an alias.
/// - *Both modules were built from the same source of that crate, by the same compiler.* The identity
///   covers the toolchain and the crate's version, features and profile. In a crate of your own, given
///   by its path, it does not show a change that leaves version and size alone. Derive
///   [`StableState`](derive@crate::StableState) there, or raise the crate's version.
/// - A function pointer, trait object or `&'static` inside goes on pointing into the version that made it.
///   That stays mapped, so it is sound as such, but calls old code.
pub use hotmod_macros::StableState;

/// Marks the function that makes a module's state.
///
/// A host runs it for each instance that it creates, with the text that was given for that instance:
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
/// [`StableState`](derive@crate::StableState) and is `Send`, or a `Result` of such a type and an error that
/// implements `Display`, whose text the host gets. There is one init for each type of state.
///
/// # Options
///
/// `#[hotmod::init(crate = path)]` names the hotmod crate where it has another path.
pub use hotmod_macros::init;
