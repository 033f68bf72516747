//! States of a snapshot, each made at a build that nothing else uses, and given up again.

use std::num::NonZero;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;

use hotmod::describe::Type;
use hotmod::operations::Operations;
use hotmod_file::Refusal;

use super::error::Unrestored;
use super::restore::RestoredGroup;
use super::write::{Unwritten, ValueWriter};
use crate::call::generation::Generation;
use crate::call::slot::{self, Doing, Entered};
use crate::host::Host;
use crate::image::image::Image;
use crate::migrate::at::At;
use crate::migrate::deep::with_deep_stack;
use crate::migrate::failure::Failure;
use crate::migrate::{self, Route};
use crate::module::loaded::Loaded;
use crate::update::first;
use crate::update::preflight::try_out;
use crate::update::update;
use crate::uses::register::Together;

/// A build that was loaded for its states alone. The host does not list it among its modules, so it gets no calls, and none
/// of its timers and tasks run. Dropping it retires it.
pub(super) struct TriedBuild {
    loaded: Arc<Loaded>,
    generation: &'static Generation,
}

impl TriedBuild {
    /// Loads a file as [`Host::load`] does, and sets it up.
    pub(super) fn load(host: &Host, file: &Path) -> Result<Self, Refusal> {
        let settings = &host.settings;
        let candidate = update::look_into(settings, file)?;
        // Another version may run in the host, under the same name.
        let loaded = first::first_of(settings, &candidate, None, &Together::new())?;
        let (_, generation) = slot::enter(&loaded.track, Doing::Operation);
        Ok(TriedBuild { loaded, generation })
    }

    pub(super) fn image(&self) -> &'static Image {
        self.generation.image
    }

    /// How many threads may work on one state.
    pub(super) fn threads(&self) -> NonZero<usize> {
        self.loaded.settings.migration_threads
    }

    /// How many bytes its states and all else of it hold.
    pub(super) fn bytes(&self) -> i64 {
        self.loaded.memory.bytes()
    }

    /// Makes a state of what was written.
    pub(super) fn make(
        &self,
        group: &mut RestoredGroup<'_>,
        (build, bytes): (usize, &[u8]),
    ) -> Result<MadeState<'_>, Unrestored> {
        let image = self.image();
        let exports = image.exports();
        let interface = &group.group.interface;
        let implementation = exports.manifest.implementations.get(interface);
        let (Some(implementation), Some(table)) = (implementation, exports.tables.get(interface))
        else {
            let reason = format!("no state implements `{interface}`");
            return Err(Unrestored::Damaged { reason });
        };
        let entered = enter(self.generation, std::ptr::null_mut());
        let state = group.state(image, build, bytes)?;
        drop(entered);
        Ok(MadeState {
            of: self,
            at: self.generation,
            operations: table.operations(),
            ty: implementation.state.clone(),
            state,
        })
    }

    pub(super) fn generation(&self) -> &'static Generation {
        self.generation
    }

    /// The module, as it is loaded.
    pub(super) fn loaded(&self) -> &Arc<Loaded> {
        &self.loaded
    }
}

fn enter(at: &'static Generation, state: *mut u8) -> Entered {
    slot::enter_at(at, Doing::Operation, state.cast())
}

impl Drop for TriedBuild {
    fn drop(&mut self) {
        first::forgo(&self.loaded.settings, std::slice::from_ref(&self.loaded));
    }
}

/// A state that was made. Dropping it gives it up, as an instance's is.
pub(super) struct MadeState<'b> {
    of: &'b TriedBuild,
    at: &'static Generation,
    operations: &'static Operations,
    ty: Type,
    state: NonNull<u8>,
}

impl MadeState<'_> {
    /// Has each `#[hotmod::preflight]` of the state's type try it out.
    pub(super) fn try_out(&mut self) -> Result<(), Unrestored> {
        for (name, preflight) in self.at.image.exports().preflights(&self.ty) {
            // SAFETY: the state is of this type and at this image, and nothing else uses it.
            let tried = unsafe { try_out(preflight, self.at, self.state) };
            tried.map_err(|reason| Unrestored::Preflight {
                name: name.to_owned(),
                reason,
            })?;
        }
        Ok(())
    }

    pub(super) fn ty(&self) -> &Type {
        &self.ty
    }

    /// What writes states of this type, without their secret fields or with them.
    pub(super) fn writer(&self, without_secrets: bool) -> ValueWriter {
        let exports = self.at.image.exports();
        ValueWriter::new(&exports, &self.ty, self.operations, without_secrets)
    }

    /// Takes it along a route, to a version that is linked with nothing. Fails with the way to a value that does not fit;
    /// the state is as it was then.
    pub(super) fn migrate(
        &mut self,
        interface: &str,
        route: &Route,
        to: &'static Generation,
    ) -> Result<(), Failure> {
        assert!(
            route.leads(self.at.image, to.image),
            "bug in hotmod: a state on the route of another version"
        );
        let entered = enter(self.at, self.state.as_ptr());
        // SAFETY: the state is at the version that the route starts from, and nothing else uses it.
        let migrated = unsafe { route.migrate(&self.ty, self.state) };
        drop(entered);
        let migrated = migrated?;
        let implementation = to.image.implementation(interface);
        self.state = migrated.state;
        self.at = to;
        self.ty = implementation.state.clone();
        self.operations = implementation.table.operations();
        match migrated.overruled {
            Some(refused) => Err(refused),
            None => Ok(()),
        }
    }

    /// Writes it down.
    ///
    /// # Safety
    ///
    /// The writer was made by [`writer`](MadeState::writer), of a state of the same build and type.
    pub(super) unsafe fn write(
        &mut self,
        writer: &ValueWriter,
        to: &mut Vec<u8>,
    ) -> Result<(), Unwritten> {
        let _entered = enter(self.at, self.state.as_ptr());
        let values = Some(self.of.loaded.values);
        // SAFETY: the writer is for states of this type at this version, and nothing else uses the state.
        unsafe { writer.write(At::state(self.state), values, to, None) }
    }
}

impl Drop for MadeState<'_> {
    fn drop(&mut self) {
        let entered = enter(self.at, self.state.as_ptr());
        // SAFETY: the state is of this table's type, and nothing uses it afterwards. What is left of it after a panic of
        // a destructor is leaked.
        let _: u8 = with_deep_stack(|| unsafe { (self.operations.drop)(self.state.as_ptr()) });
        drop(entered);
        // SAFETY: the block was made for it by this memory, and nothing of it is left in there.
        unsafe { migrate::free(self.of.loaded.memory, self.operations, self.state) };
    }
}
