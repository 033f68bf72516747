//! What would become of the states of a snapshot in a version of their module, before any is made.

use std::sync::Arc;

use hotmod::describe::{Description, Difference, Verdict};
use semver::Version;

use super::error::SnapshotError;
use super::file::{Snapshot, SnapshotBuild};
use super::form::held;
use super::layout::DecodedLayouts;
use crate::plan::{Plan, Way};

/// What becomes of the states of one version that a snapshot has.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SnapshotPlan {
    /// The version that the states are of.
    pub from: String,
    /// The version that they would be of.
    pub to: String,
    /// Whether the states are of a newer version than that: then what is newer in them is lost.
    pub way: Way,
    /// What differs.
    pub differences: Vec<Difference>,
}

impl SnapshotPlan {
    /// Whether the states can become states of the version.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(&self.differences)
    }
}

impl Snapshot {
    /// What would become of the states in a version of their module, one plan for each version that they are of: by the
    /// rules for live state, as of a module that another compiler has built.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] if what the file says of the types cannot be.
    pub fn plan(&self, module: &Description) -> Result<Vec<SnapshotPlan>, SnapshotError> {
        let Some(to) = &module.build else {
            return Err(SnapshotError::new(
                "a module",
                "a description without a build",
            ));
        };
        let of_module = self
            .builds()
            .iter()
            .filter(|it| it.build().module == to.module);
        let plans = of_module.map(|build| {
            let (_, plan) =
                decoded_plan(build, module, &DecodedLayouts::of(&build.description, [])?);
            Ok(SnapshotPlan {
                from: build.build().version.clone(),
                to: to.version.clone(),
                way: way(build, module),
                differences: plan.differences,
            })
        });
        plans.collect()
    }
}

/// The description of what is decoded of a version's states, and what becomes of that.
#[doc(hidden)]
pub fn decoded_plan(
    build: &SnapshotBuild,
    module: &Description,
    layouts: &DecodedLayouts,
) -> (Arc<Description>, Plan) {
    let decoded = Arc::new(layouts.described(&build.description));
    let now = held(module.clone());
    let plan = match way(build, module) {
        Way::On => Plan::new(&decoded, &now),
        Way::Back => Plan::back(&decoded, &now),
    };
    (decoded, plan)
}

/// States of a newer version go back.
#[doc(hidden)]
pub fn way(build: &SnapshotBuild, module: &Description) -> Way {
    let version = |text: &str| Version::parse(text).ok();
    let from = version(&build.build().version);
    let to = module.build.as_ref().and_then(|to| version(&to.version));
    match (from, to) {
        (Some(from), Some(to)) if from > to => Way::Back,
        _ => Way::On,
    }
}
