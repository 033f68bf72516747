//! Which states are shown.

use hotmod::interface::Interface;
use hotmod_file::live::path::parse;

use super::error::InspectError;
use super::inspection::{InspectOptions, Inspection};
use super::pages::InspectedPages;
use super::shapes::Shapes;
use super::walk::search::Searches;
use super::walk::{There, ValueWalk};
use crate::migrate::at::At;
use crate::module::instance::Instance;
use crate::module::instance::looked_at::LookedAt;
use crate::module::module::Module;
use crate::pool::key::PoolKey;
use crate::pool::pool::Pool;
use crate::pool::shared_instance::SharedInstance;

/// Shows what a path leads to in a state, or a part of the search for it.
pub(super) fn inspect(
    seen: &LookedAt<'_>,
    path: &str,
    options: &InspectOptions,
    searches: &mut Searches,
) -> Result<Inspection, InspectError> {
    let steps = parse(path)?;
    let image = seen.image();
    let (ty, operations) = seen.ty();
    let exports = image.exports();
    let shapes = Shapes::of(&exports, ty, operations);
    let _entered = seen.enter();
    let mut walk = ValueWalk::new(&shapes, seen, options, searches);
    let there = There {
        at: At::state(seen.address()),
        shared: seen.is_shared(),
    };
    // SAFETY: the shapes are of states of this type at this version. How it is used meanwhile, `LookedAt` says. A state does
    // not move while it is looked at, and the module's code refers to values of `Lazy`s at the version of the state
    // only.
    let found = unsafe { walk.find(there, &steps) }?;
    Ok(Inspection {
        version: image.version.clone(),
        ty: found.ty,
        value: found.value,
        page: found.page,
    })
}

impl<I: Interface + ?Sized> Module<I> {
    /// What live states of the current version look like as JSON, as a JSON Schema: see [`hotmod_file::schema`].
    pub fn schema(&self) -> serde_json::Value {
        let image = self.loaded().current();
        let state = &image.implementation(I::DESC.name).state;
        hotmod_file::schema(&image.manifest(), state)
    }
}

impl<I: Interface + ?Sized> Instance<I> {
    /// Shows what a path leads to in the state, at the version that the state is at, with as much of it as
    /// [`InspectOptions::new`] says. See [`inspect_with`](Instance::inspect_with).
    ///
    /// # Errors
    ///
    /// [`InspectError`] if the path leads nowhere, or to what may not be shown.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # #[hotmod::interface]
    /// # pub trait Game {
    /// #     fn hello(&mut self, name: &str) -> String;
    /// # }
    /// # fn show(world: &mut hotmod_host::Instance<dyn Game>) -> Result<(), hotmod_host::InspectError> {
    /// println!("{:#}", world.inspect("players[\"7\"].items[0..20]")?.value);
    /// # Ok(())
    /// # }
    /// ```
    pub fn inspect(&mut self, path: &str) -> Result<Inspection, InspectError> {
        self.inspect_with(path, &InspectOptions::new())
    }

    /// Shows so much of what a path leads to in the state, at the version that the state is at.
    ///
    /// A path is a series of fields, variants and items: `players["7"].items[0..20]`. An item of a map is found by its
    /// key, as JSON or as it is shown; another one by its number, from 0 on. A range of items comes last. What only leads
    /// to a value needs no step: `Option`, `Box`, `Arc`, `Mutex`, [`Lazy`](hotmod::Lazy). A variant needs one, and is
    /// the one that the value has. The empty path leads to the state.
    ///
    /// Locks are taken without waiting for them. Values of `Lazy`s are taken to the version of the state. Into what is
    /// carried over, as most types of other crates and fields marked `serde` or `as` are, a path leads as into its form,
    /// which the module's code writes down for each page, whole.
    ///
    /// # Errors
    ///
    /// [`InspectError`] if the path leads nowhere, or to what may not be shown; [`InspectError::Changed`] if the options
    /// have a cursor into a container that has changed.
    pub fn inspect_with(
        &mut self,
        path: &str,
        options: &InspectOptions,
    ) -> Result<Inspection, InspectError> {
        Searches::in_parts(|searches| inspect(&self.seen(), path, options, searches))
    }

    /// What a path leads to, page by page: see [`Pool::inspect_pages`].
    pub fn inspect_pages<'a>(
        &'a mut self,
        path: &'a str,
        options: &InspectOptions,
    ) -> InspectedPages<'a> {
        InspectedPages::new(options, move |options| self.inspect_with(path, options))
    }

    /// As [`inspect_with`](Instance::inspect_with), while other threads call the instance by shared reference.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn inspect_shared(
        &self,
        path: &str,
        options: &InspectOptions,
    ) -> Result<Inspection, InspectError>
    where
        I: Sync,
    {
        Searches::in_parts(|searches| inspect(&self.seen_shared(), path, options, searches))
    }
}

impl<K: PoolKey, I: Interface + ?Sized> Pool<K, I> {
    /// Shows what a path leads to in the state of an instance, as [`Instance::inspect`] does.
    ///
    /// # Errors
    ///
    /// As [`inspect_with`](Pool::inspect_with).
    pub fn inspect(&self, key: &K, path: &str) -> Result<Inspection, InspectError> {
        self.inspect_with(key, path, &InspectOptions::new())
    }

    /// Shows so much of what a path leads to in the state of an instance, as [`Instance::inspect_with`] does, at the
    /// version that the instance is at. Threads may read the instance meanwhile if its interface is `Sync`; otherwise
    /// the instance is used exclusively.
    ///
    /// # Errors
    ///
    /// As [`Instance::inspect_with`]; [`InspectError::Pool`] if there is no instance under the key, or from within a
    /// `with` of the same key.
    pub fn inspect_with(
        &self,
        key: &K,
        path: &str,
        options: &InspectOptions,
    ) -> Result<Inspection, InspectError> {
        Searches::in_parts(|searches| {
            self.look(key, |seen| inspect(&seen, path, options, searches))?
        })
    }

    /// What a path leads to, page by page: of a container all items, of anything else what there is. The instance is in
    /// use only while a page is read. See [`Page`](crate::Page) for what is left out where the container changes
    /// between two pages.
    ///
    /// # Examples
    ///
    /// All guests as one map of JSON, of which one page is in memory at a time:
    ///
    /// ```no_run
    /// # #[hotmod::interface]
    /// # pub trait Room {
    /// #     fn enter(&mut self) -> u64;
    /// # }
    /// # fn show(rooms: &hotmod_host::Pool<u64, dyn Room>) -> std::io::Result<()> {
    /// rooms.inspect_pages(&7, "guests", &Default::default()).write_json(std::io::stdout())
    /// # }
    /// ```
    pub fn inspect_pages<'a>(
        &'a self,
        key: &'a K,
        path: &'a str,
        options: &InspectOptions,
    ) -> InspectedPages<'a> {
        InspectedPages::new(options, move |options| {
            self.inspect_with(key, path, options)
        })
    }
}

impl<I: Interface + ?Sized> SharedInstance<I> {
    /// Shows what a path leads to in the state, as [`Instance::inspect`] does.
    ///
    /// # Errors
    ///
    /// As [`inspect_with`](SharedInstance::inspect_with).
    pub fn inspect(&self, path: &str) -> Result<Inspection, InspectError> {
        self.inspect_with(path, &InspectOptions::new())
    }

    /// As [`Pool::inspect_with`] of the one instance.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn inspect_with(
        &self,
        path: &str,
        options: &InspectOptions,
    ) -> Result<Inspection, InspectError> {
        Searches::in_parts(|searches| self.look(|seen| inspect(&seen, path, options, searches))?)
    }

    /// As [`Pool::inspect_pages`] of the one instance.
    pub fn inspect_pages<'a>(
        &'a self,
        path: &'a str,
        options: &InspectOptions,
    ) -> InspectedPages<'a> {
        InspectedPages::new(options, move |options| self.inspect_with(path, options))
    }
}
