//! States that are found by the name of their pool and the text of their key.

use std::time::Duration;

use super::error::InspectError;
use super::inspection::{InspectOptions, Inspection};
use super::instances::inspect;
use super::walk::search::Searches;
use crate::pool::by_name::NamedPool;

/// How long an instance that other threads use is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

impl NamedPool {
    /// Shows so much of what a path leads to in the state of an instance, as
    /// [`Pool::inspect_with`](crate::Pool::inspect_with); the key is written as
    /// [`ListedInstance::key`](crate::ListedInstance::key) has it. `None` if the pool was dropped.
    ///
    /// # Errors
    ///
    /// As there, and where other threads use the instance for a second in a way in which it cannot be looked at.
    pub fn inspect_with(
        &self,
        key: &str,
        path: &str,
        options: &InspectOptions,
    ) -> Option<Result<Inspection, InspectError>> {
        let instances = self.instances.upgrade()?;
        Searches::in_parts(|searches| {
            let mut found = None;
            let looked = instances.look(key, PATIENCE, &mut |seen| {
                found = Some(inspect(&seen, path, options, searches));
            });
            match looked {
                Ok(()) => found,
                Err(error) => Some(Err(error.into())),
            }
        })
    }
}
