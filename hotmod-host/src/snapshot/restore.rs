//! Builds states of a snapshot again, as states of the version that is current.

use std::any::Any;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZero;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

use hotmod::call::boundary::Boundary;
use hotmod::describe::{Difference, Rule, Type};
use hotmod::interface::Interface;
use hotmod::state::{Registry, expected};
use hotmod_file::plan::{Plan, Way};
use hotmod_file::snapshot::plan::{decoded_plan, way};
use hotmod_file::{Snapshot, SnapshotBuild, SnapshotGroup, SnapshotKey};

use super::decode::Decoded;
use super::error::{RestoreError, SaveError, Unrestored};
use super::save::whole_file;
use super::tables::DecodedTables;
use crate::forever::forever;
use crate::image::exports::Exports;
use crate::image::image::Image;
use crate::image::memory::Memory;
use crate::migrate::held::{HOLDER, held_step, holding};
use crate::migrate::{self, Restoring};
use crate::module::module::Module;
use crate::pool::named::NamedKey;
use crate::pool::pool::Pool;
use crate::pool::restored::NotAdopted;
use crate::pool::shared_instance::{SharedInstance, SharedInstanceBuilder};

/// What became of the states of a pool.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RestoreReport<K> {
    /// How many instances there are now that were not before.
    pub restored: usize,
    /// The others, each with why not.
    pub unrestored: Vec<(K, Unrestored)>,
    name: String,
    /// The numbers of those whose states do not fit.
    unfit: BTreeSet<usize>,
}

impl<K> RestoreReport<K> {
    /// Writes the states that do not fit to a file, as the snapshot has them, and says how many there are. None, and no file, if
    /// all fit. A later version, or one that is corrected, restores them from there, whatever has become of the snapshot:
    /// `Snapshots` keeps only so many.
    ///
    /// # Errors
    ///
    /// [`SaveError`] if the file cannot be written.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[hotmod::interface]
    /// # pub trait Room {
    /// #     fn enter(&mut self, name: &str) -> usize;
    /// # }
    /// # use hotmod_host::{Pool, Snapshot};
    /// # fn start(rooms: &Pool<u64, dyn Room>) -> Result<(), Box<dyn std::error::Error>> {
    /// let snapshot = Snapshot::open("states.snapshot")?;
    /// let report = rooms.restore(&snapshot)?;
    /// report.keep_unfit(&snapshot, "unfit.snapshot")?;
    /// // After an update:
    /// rooms.restore(&Snapshot::open("unfit.snapshot")?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn keep_unfit(
        &self,
        snapshot: &Snapshot,
        file: impl AsRef<Path>,
    ) -> Result<u64, SaveError> {
        if self.unfit.is_empty() {
            return Ok(0);
        }
        let kept = whole_file(file.as_ref(), |to| {
            let mut number = 0;
            let written = snapshot.write_part(to, |group, _| {
                let is_of_it = group.name == self.name;
                number += usize::from(is_of_it);
                is_of_it && self.unfit.contains(&(number - 1))
            });
            Ok(written?)
        })?;
        if self.unfit.len() == self.unrestored.len()
            && let Some(group) = snapshot.group(&self.name)
        {
            group.note_restored();
        }
        Ok(kept)
    }
}

impl<K> fmt::Display for RestoreReport<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} restored, {} not",
            self.restored,
            self.unrestored.len()
        )
    }
}

/// How states are restored.
#[derive(Clone, Copy, Debug, Default)]
pub struct RestoreOptions {
    allow_losses: bool,
    again: bool,
    /// An instance that is there gives way.
    in_place: bool,
}

impl RestoreOptions {
    /// Nothing is lost.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether states of a newer version than the current one may lose what that does not have. By default they are
    /// refused.
    pub fn allow_losses(self, allow: bool) -> Self {
        RestoreOptions {
            allow_losses: allow,
            ..self
        }
    }

    /// Whether a pool that was restored from this snapshot before is so again: then there are instances again that were
    /// removed since. By default that is refused.
    pub fn again(self, again: bool) -> Self {
        RestoreOptions { again, ..self }
    }
}

impl<K: NamedKey, I: Interface + ?Sized + 'static> Pool<K, I> {
    /// Makes instances of all states that a snapshot has of the pool of this name, at the version that is current. What
    /// was written by another version, by a module of another compiler or on another machine becomes such a state by the
    /// rules of an update: with its refusals, `#[hotmod::migrate]`, `checked` and `#[hotmod::after_migrate]`. A state of a
    /// newer version becomes one as by a rollback.
    ///
    /// Each instance is there whole or not at all. One whose key is taken, or whose state does not fit, is in the report,
    /// and in the snapshot still: it can be restored later. Before anything is made, [`Snapshot::plan`] says what would
    /// become of the states.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] if the snapshot has no such pool, or the keys, or the states of a version, cannot become those of
    /// this one. Nothing is made then.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hotmod_host::{Host, Pool, Snapshot};
    /// # #[hotmod::interface]
    /// # pub trait Room {
    /// #     fn enter(&mut self, name: &str) -> usize;
    /// # }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let host = Host::builder().build()?;
    /// let module = host.load::<dyn Room>("modules/librooms.so")?;
    /// let rooms: Pool<u64, dyn Room> = Pool::builder(&module).name("rooms").build()?;
    /// let report = rooms.restore(&Snapshot::open("states.snapshot")?)?;
    /// for (key, why) in &report.unrestored {
    ///     println!("room {key}: {why}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn restore(&self, snapshot: &Snapshot) -> Result<RestoreReport<K>, RestoreError> {
        self.restore_with(snapshot, RestoreOptions::new())
    }

    /// As [`restore`](Pool::restore), in this way.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn restore_with(
        &self,
        snapshot: &Snapshot,
        options: RestoreOptions,
    ) -> Result<RestoreReport<K>, RestoreError> {
        let mut states = RestoredGroup::of::<I>(snapshot, self.module(), self.name(), options)?;
        let keys: Result<Vec<K>, RestoreError> = match (&states.group.key, lone_key::<K>()) {
            (Some(key), _) => {
                let keys = Keys::<K>::of(&states, key, self.module().loaded().memory)?;
                let all = snapshot.instances(states.group);
                all.map(|it| keys.key(it.key).map_err(|reason| states.not_made(reason)))
                    .collect()
            }
            (None, Some(lone)) => Ok(vec![lone; states.group.len()]),
            (None, None) => Err(states.other("a pool", "an instance without a key")),
        };
        let keys = keys?;
        let mut report = RestoreReport {
            restored: 0,
            unrestored: Vec::new(),
            name: states.group.name.clone(),
            unfit: BTreeSet::new(),
        };
        let is_new = options.in_place || self.notes_restored(snapshot.digest());
        if !is_new && !options.again {
            return Err(RestoreError::Again { name: report.name });
        }
        let instances = snapshot.instances(states.group);
        for (number, (key, instance)) in keys.into_iter().zip(instances).enumerate() {
            if options.in_place {
                drop(self.remove(&key));
            }
            let make = |image| states.state(image, instance.build_number, instance.state);
            // SAFETY: it makes a state of that image's.
            let made = unsafe { self.adopt(key.clone(), make) };
            match made {
                Ok(()) => report.restored += 1,
                Err(NotAdopted::NotMade(reason)) => {
                    report.unfit.insert(number);
                    report.unrestored.push((key, reason));
                }
                Err(NotAdopted::NoPlace(_)) => report.unrestored.push((key, Unrestored::Exists)),
            }
        }
        if report.restored == 0 && is_new && !options.in_place {
            self.forgets_restored(snapshot.digest());
        }
        if report.unrestored.is_empty() {
            states.group.note_restored();
        }
        Ok(report)
    }
}

#[cfg(feature = "handoff")]
impl<K: NamedKey, I: Interface + ?Sized + 'static> Pool<K, I> {
    /// Plans for states of all versions that are described, and gives the name of the pool.
    pub(crate) fn plan_to_receive(&self, described: &Snapshot) -> Result<&str, RestoreError> {
        let (module, name) = (self.module(), self.name());
        let mut states = RestoredGroup::of::<I>(described, module, name, RestoreOptions::new())?;
        match &states.group.key {
            Some(key) => drop(Keys::<K>::of(&states, key, module.loaded().memory)?),
            None => return Err(states.other("a pool", "an instance without a key")),
        }
        let current = module.loaded().current();
        for (number, build) in described.builds().iter().enumerate() {
            let of = &build.description.implementations;
            if build.build().module == module.name() && of.contains_key(I::DESC.name) {
                states.restoring(current, number)?;
            }
        }
        Ok(name.unwrap_or_default())
    }

    /// Makes instances of states, in place of those that are there.
    pub(crate) fn receive_states(
        &self,
        states: &Snapshot,
    ) -> Result<RestoreReport<K>, RestoreError> {
        let options = RestoreOptions {
            in_place: true,
            ..RestoreOptions::new()
        };
        self.restore_with(states, options)
    }

    /// Takes out the instances under these keys, as they are written.
    pub(crate) fn receive_removed(
        &self,
        described: &Snapshot,
        keys: &[&[u8]],
    ) -> Result<(), RestoreError> {
        let (module, name) = (self.module(), self.name());
        let states = RestoredGroup::of::<I>(described, module, name, RestoreOptions::new())?;
        let Some(key) = &states.group.key else {
            return Err(states.other("a pool", "an instance without a key"));
        };
        let read = Keys::<K>::of(&states, key, module.loaded().memory)?;
        for key in keys {
            let key = read.key(key).map_err(|reason| states.not_made(reason))?;
            // It may never have come.
            drop(self.remove(&key));
        }
        Ok(())
    }
}

/// The key of the one instance that needs none.
fn lone_key<K: NamedKey>() -> Option<K> {
    let key: Box<dyn Any> = Box::new(());
    key.downcast().ok().map(|key| *key)
}

impl<I: Interface + ?Sized + 'static> SharedInstanceBuilder<I> {
    /// The instance, with the state that a snapshot has of the shared instance of this name: as
    /// [`Pool::restore`](crate::Pool::restore), in place of a state made by the module's `#[hotmod::init]`.
    ///
    /// # Errors
    ///
    /// [`RestoreError`] if there is no such state, or it cannot become one of the current version.
    pub fn restore(self, snapshot: &Snapshot) -> Result<SharedInstance<I>, RestoreError> {
        self.restore_with(snapshot, RestoreOptions::new())
    }

    /// As [`restore`](SharedInstanceBuilder::restore), in this way.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn restore_with(
        self,
        snapshot: &Snapshot,
        options: RestoreOptions,
    ) -> Result<SharedInstance<I>, RestoreError> {
        let (module, name) = self.chosen();
        let mut states = RestoredGroup::of::<I>(snapshot, module, name, options)?;
        let mut instances = snapshot.instances(states.group);
        let (None, Some(instance)) = (&states.group.key, instances.next()) else {
            return Err(states.other("an instance without a key", "a pool"));
        };
        let make = |image| states.state(image, instance.build_number, instance.state);
        // SAFETY: it makes a state of that image's.
        match unsafe { self.adopt(make) } {
            Ok(made) => {
                states.group.note_restored();
                Ok(made)
            }
            Err(NotAdopted::NotMade(reason)) => Err(states.not_made(reason)),
            Err(NotAdopted::NoPlace(error)) => {
                let reason = error.to_string();
                Err(states.not_made(Unrestored::Damaged { reason }))
            }
        }
    }
}

/// It has nothing of this name.
pub(crate) fn absent(snapshot: &Snapshot, name: &str) -> RestoreError {
    let names = snapshot.groups().iter().map(|it| it.name.clone());
    RestoreError::Absent {
        name: name.to_owned(),
        names: names.collect(),
    }
}

/// What a snapshot has under one name, as it is built again.
pub(super) struct RestoredGroup<'s> {
    snapshot: &'s Snapshot,
    pub(super) group: &'s SnapshotGroup,
    options: RestoreOptions,
    threads: NonZero<usize>,
    /// How states become those of a version, by the number of the build that they were written at, and the image.
    known: HashMap<(usize, *const Image), (&'static DecodedTables, Type, Restoring)>,
}

impl<'s> RestoredGroup<'s> {
    fn of<I: Interface + ?Sized>(
        snapshot: &'s Snapshot,
        module: &Module<I>,
        name: Option<&str>,
        options: RestoreOptions,
    ) -> Result<Self, RestoreError> {
        let name = name.ok_or(RestoreError::Nameless)?;
        let group = snapshot.group(name);
        let group = group.ok_or_else(|| absent(snapshot, name))?;
        let loaded = module.loaded();
        let mut states =
            RestoredGroup::new(snapshot, group, options, loaded.settings.migration_threads);
        for (is, should) in [
            (&*group.module, module.name()),
            (&*group.interface, I::DESC.name),
        ] {
            if is != should {
                return Err(states.other(&format!("`{should}`"), &format!("`{is}`")));
            }
        }
        // All versions are planned for before anything is made.
        states.plan_all(loaded.current())?;
        Ok(states)
    }

    pub(super) fn new(
        snapshot: &'s Snapshot,
        group: &'s SnapshotGroup,
        options: RestoreOptions,
        threads: NonZero<usize>,
    ) -> Self {
        RestoredGroup {
            snapshot,
            group,
            options,
            threads,
            known: HashMap::new(),
        }
    }

    /// The numbers of the versions that its states are of.
    pub(super) fn builds(&self) -> Vec<usize> {
        let all = self.snapshot.instances(self.group);
        let mut builds: Vec<usize> = all.map(|it| it.build_number).collect();
        builds.sort_unstable();
        builds.dedup();
        builds
    }

    /// Compiles what becomes of the states of all versions in this image.
    pub(super) fn plan_all(&mut self, image: &'static Image) -> Result<(), RestoreError> {
        for number in self.builds() {
            self.restoring(image, number)?;
        }
        Ok(())
    }

    fn other(&self, expected: &str, found: &str) -> RestoreError {
        RestoreError::Other {
            name: self.group.name.clone(),
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }

    fn not_made(&self, reason: Unrestored) -> RestoreError {
        RestoreError::NotMade {
            name: self.group.name.clone(),
            reason,
        }
    }

    /// How states written at this build become those of an image.
    fn restoring(
        &mut self,
        image: &'static Image,
        number: usize,
    ) -> Result<&(&'static DecodedTables, Type, Restoring), RestoreError> {
        let key = (number, std::ptr::from_ref(image));
        if !self.known.contains_key(&key) {
            let build = &self.snapshot.builds()[number];
            let made = self.compile(image, build)?;
            self.known.insert(key, made);
        }
        Ok(&self.known[&key])
    }

    fn compile(
        &self,
        image: &'static Image,
        build: &SnapshotBuild,
    ) -> Result<(&'static DecodedTables, Type, Restoring), RestoreError> {
        let description = &build.description;
        let section = self.snapshot.section(build);
        let whole = !self.snapshot.leaves_out_secrets();
        let tables = DecodedTables::of(description, (section, whole), &[])?;
        let exports = image.exports();
        let (decoded, plan) = decoded_plan(build, &exports.manifest, &tables.layouts);
        let from = &build.build().version;
        // On the way on, the newer version's attributes say what goes, as in an update.
        let keeps = way(build, &exports.manifest) == Way::Back && !self.options.allow_losses;
        let refuses = |it: &Difference| it.rule.refuses() || keeps && it.rule == Rule::Lost;
        if plan.differences.iter().any(refuses) {
            return Err(RestoreError::Refused {
                name: self.group.name.clone(),
                from: from.clone(),
                to: image.version.clone(),
                without_secrets: !whole,
                differences: plan
                    .differences
                    .into_iter()
                    .filter(|it| refuses(it))
                    .collect(),
            });
        }
        let interface = &self.group.interface;
        let state = description.implementations.get(interface);
        let step = state.and_then(|it| Some((&it.state, plan.step(&it.state)?)));
        let form = step.and_then(|(state, _)| tables.layouts.forms.place(state));
        let table = exports.tables.get(interface);
        let (Some((state, step)), Some(form), Some(table)) = (step, form, table) else {
            return Err(self.other(&format!("a state that implements `{interface}`"), "none"));
        };
        let from: &'static str = forever(from.clone().into_boxed_str());
        let restoring = Restoring::compile(
            (&plan, step),
            (decoded, &exports),
            (tables.forms[form].operations, table.operations()),
            (&build.build().module, from),
            (image.memory, self.threads),
        );
        match restoring {
            Ok(restoring) => Ok((tables, state.clone(), restoring)),
            Err(migrate::Mismatch) => Err(self.other("a module that hotmod built", "another")),
        }
    }

    /// Makes a state of an image's.
    pub(super) fn state(
        &mut self,
        image: &'static Image,
        build: usize,
        bytes: &[u8],
    ) -> Result<NonNull<u8>, Unrestored> {
        // A canary's share of a pool may follow another version than the current one.
        let found = self.restoring(image, build);
        let (tables, state, restoring) = found.map_err(|error| Unrestored::Damaged {
            reason: error.to_string(),
        })?;
        let form = tables.layouts.forms.place(state);
        let form = form.expect("bug in hotmod: a state without a form");
        restored(tables, (form, &state.to_string()), restoring, bytes)
    }
}

/// Decodes a value, and makes of it what it becomes.
fn restored(
    tables: &'static DecodedTables,
    (form, name): (usize, &str),
    restoring: &Restoring,
    bytes: &[u8],
) -> Result<NonNull<u8>, Unrestored> {
    let decoded = Decoded::new(tables, form, bytes).map_err(|error| Unrestored::Damaged {
        reason: error.to_string(),
    })?;
    // SAFETY: the value is of this form, whose operations the plan was compiled for; it stays until this returns.
    let made = unsafe { restoring.restore(decoded.as_ptr()) };
    made.map_err(|failure| Unrestored::Unfit {
        path: format!("{name}{}", failure.path()),
        reason: failure.reason().to_owned(),
    })
}

/// The keys of a pool, as they are built again.
struct Keys<K> {
    tables: &'static DecodedTables,
    form: usize,
    restoring: Restoring,
    memory: &'static Memory,
    key: PhantomData<fn() -> K>,
}

impl<K: NamedKey> Keys<K> {
    fn of(
        states: &RestoredGroup<'_>,
        key: &SnapshotKey,
        memory: &'static Memory,
    ) -> Result<Self, RestoreError> {
        let section = states.snapshot.key_section(key);
        let tables = DecodedTables::of(
            &key.description,
            (section, true),
            std::slice::from_ref(&key.ty),
        )?;
        let mut types = Registry::default();
        K::register(&mut types);
        let now = expected::described(&expected::section(&types));
        let now =
            now.map_err(|error| states.other("keys that can be described", &error.to_string()))?;
        let ty = Type::from(&K::TYPE);
        let fits = || states.other(&format!("keys by `{ty}`"), &format!("`{}`", key.ty));
        let form = tables.layouts.forms.place(&key.ty).ok_or_else(fits)?;
        let old = tables.forms[form].operations;
        let new = <K as Boundary>::PASSING.wire;
        let was = holding(tables.layouts.described(&key.description), &key.ty, old);
        let now = holding(now, &ty, new);
        let plan = Plan::new(&was, &now);
        if plan.differences.iter().any(|it| it.rule.refuses()) {
            let named = |it: Difference| Difference {
                path: it.path.replacen(&format!("{HOLDER}.0"), "key", 1),
                ..it
            };
            return Err(RestoreError::Refused {
                name: states.group.name.clone(),
                from: format!("keys by `{}`", key.ty),
                to: format!("keys by `{ty}`"),
                without_secrets: false,
                differences: (plan.differences.into_iter())
                    .filter(|it| it.rule.refuses())
                    .map(named)
                    .collect(),
            });
        }
        let exports = Exports::of_host(Arc::new(now));
        let restoring = Restoring::compile(
            (&plan, held_step(&plan).ok_or_else(fits)?),
            (Arc::new(was), &exports),
            (old, new),
            ("key", ""),
            (memory, NonZero::<usize>::MIN),
        );
        let restoring = restoring.map_err(|migrate::Mismatch| fits())?;
        Ok(Keys {
            tables,
            form,
            restoring,
            memory,
            key: PhantomData,
        })
    }

    fn key(&self, bytes: &[u8]) -> Result<K, Unrestored> {
        let made = restored(self.tables, (self.form, "key"), &self.restoring, bytes)?;
        // SAFETY: it was made by the operations of a key as it crosses, and is given up.
        let wire = unsafe { made.cast::<K::Wire>().read() };
        // SAFETY: the block was made for it, and nothing of it is left in there.
        unsafe { migrate::free(self.memory, <K as Boundary>::PASSING.wire, made) };
        Ok(K::from_wire(wire))
    }
}
