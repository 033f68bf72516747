//! How existing state becomes state of a newer version, and back.

/// Marks the function that makes a value of a described type from the value's earlier form, where
/// attributes do not say enough.
///
/// It is called for every value of the type, in place of the rules for its fields, and also where the
/// type itself did not change. It is applied once: where the running version has the function of this
/// name for the type too, its values have been converted already, and the rules decide. The next
/// conversion is another function, under another name. The function reads the old value by checked
/// names, or as an [earlier form](derive@crate::OldState) of the type, and cannot change it: it clones
/// what the new value needs. The old value is dropped when the new value takes its place. An `Err` or a
/// panic abandons the migration.
///
/// A type has at most one such function, and must not be generic; hosts and the command line refuse a
/// module with two for one type. The function takes by `&` the [earlier form](derive@crate::OldState)
/// that it converts from. That form is part of the module's description: an update from a version that
/// has another form, or the same form with another `meaning`, is refused before anything runs. A
/// function that takes `&Old<'_>` can read several forms, or parts of one. It fails where the running
/// version has none of them: then the state stays as it is, at its version.
///
/// # Options
///
/// `#[hotmod::migrate(down)]` marks a function for the [way down](#the-way-down).
/// `#[hotmod::migrate(parallel)]` lets [several threads run the function at once](#on-several-threads).
/// `#[hotmod::migrate(crate = path)]` names the hotmod crate where it has another path.
///
/// # Examples
///
/// ```
/// use hotmod::{OldState, StableState};
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
/// fn position(old: &OldPosition) -> Position {
///     Position { metres: old.feet * 0.3048 }
/// }
/// ```
///
/// By names, from any version whose `Position` has a field `feet`:
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
/// # On several threads
///
/// A host may have several threads work on the migration of one large container
/// (`HostBuilder::migration_threads`). What converts by rules runs on any of them; a function of yours runs
/// on one after the other, unless it says that it may run on all at once, each for a value of its own:
///
/// ```
/// use hotmod::{OldState, StableState};
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
/// #[hotmod::migrate(parallel)]
/// fn position(old: &OldPosition) -> Position {
///     Position { metres: old.feet * 0.3048 }
/// }
/// ```
///
/// The compiler has the form be `Sync` and the value `Send`. What the old value holds is not seen in a form that is read
/// through [`Old`](crate::Old); so where something in it could be changed or shared by a reader (a cell, a lock, an
/// `Arc`), or is opaque, the function runs on one thread all the same. The threads are a part of the call that the
/// migrating thread is in: an instance that this one uses is in use for them, too. A panic in one of them is that of the
/// value. Values are made in no order, so the function must not depend on one.
///
/// # The way down
///
/// An older version cannot know of a newer one. So a rollback needs a function of the newer version to
/// take back what a function has made; the older version's own functions convert from its past, and are
/// not applied. A function for the way down takes the value by `&` and returns the form that the older
/// version has, which [`OldState`](derive@crate::OldState) describes, or a `Result` of it:
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
/// The form is part of the module's description. Before a rollback does anything, it is compared with
/// what the older version has: names, types, sizes, alignments, places and `meaning`, of everything
/// that can be reached from it. What the function returns is then the older version's, byte for byte.
/// If the form is another, the rollback is refused, with the first place that differs. It is refused
/// too if the compiler of the older version lays the form out otherwise. Several functions may take one
/// type down, each to its own form; the one whose form the older version has is called. A rollback
/// after an update, the end of a canary and a probation that ends badly all go this way. So does an
/// update to the older file, where that file does not say how to convert the values.
///
/// The function decides for its type, whether a function made the value or the rules did. Types inside of the
/// form are forms too, or have not changed: forms nest through at most
/// [`GENERIC_DEPTH`](crate::describe::GENERIC_DEPTH) fields, hold one form of each type, and hold nothing
/// opaque of their own. No form can hold a field that the older version does not carry over (`skip`). Keys
/// must hash and compare as in the older version: that is code, which no description shows. An `Err` or a
/// panic leaves the state at its version, in use.
pub use hotmod_macros::migrate;

/// Describes the earlier form of a type: a copy of the struct or enum as it was.
///
/// A function marked [`migrate`](macro@crate::migrate) reads the old value in this form, and
/// [`Old::read`](crate::Old::read) compares the form with what the old value really is. A function marked
/// [`migrate(down)`](macro@crate::migrate#the-way-down) takes a value back to it.
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
/// `#[state(id = "…")]` gives the name of the type whose earlier form this is, where the two names
/// differ. `#[state(meaning = n)]` gives the meaning that the type had, which is compared where a
/// function takes or returns the form. A field may be `unsafe(opaque)`, as in
/// [`StableState`](derive@crate::StableState). Types inside of the form are earlier forms too, or have
/// not changed. An earlier form takes no other attributes. It is not state, so no state can hold it.
///
/// Where a state is restored from a snapshot, the host builds a value of this type, lends it to the function, and drops it. So
/// a key in it has to be what its container asks for (`Ord`, or `Eq` and `Hash`), and a `Drop` of its own runs.
pub use hotmod_macros::OldState;

/// Marks the function that checks a state after it was migrated and before it takes the place of
/// the old one. An `Err` or a panic abandons the migration: the old state is as it was.
///
/// Much of the new state is still shared with the old one then, so the check cannot change it. For the
/// same reason a state that is checked may not hold a `Mutex`, `RwLock`, `Cell`, `RefCell` or atomic: a
/// migration of such a state is refused. Nor may the check keep an `Arc`, `Rc` or `Weak` of an item
/// that changed: if it has kept one and then refuses the state, the new state is taken all the same,
/// and the host is told.
///
/// A state has at most one such function, and must not be generic.
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
