//! What becomes of values along a route, compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use hotmod::describe::Type;
use hotmod::operations::Stamp;
use hotmod_file::plan::{Plan, Step};

use super::found::{found, is_holder};
use crate::migrate::program::{Ends, Mismatch, Program};

/// What becomes of the values of a type along a route.
pub(in crate::migrate) struct RouteValues {
    pub(super) to: Type,
    /// The stamp of what they become.
    pub(super) stamp: &'static Stamp,
    /// `None` where a value stays as it is.
    pub(in crate::migrate) program: Option<Program>,
    /// Whether code that prepares a value may look at `Lazy`s which this holds.
    pub(super) shows_lazies: bool,
}

impl RouteValues {
    /// What becomes of the values of each type, compiled.
    pub(in crate::migrate) fn compile(
        plan: &Plan,
        ends: Ends<'_>,
    ) -> Result<BTreeMap<Type, Arc<RouteValues>>, Mismatch> {
        let mut all = BTreeMap::new();
        if plan.values.is_empty() {
            return Ok(all);
        }
        let (was, now) = (found(ends.was), found(ends.now));
        for it in &plan.values {
            let (old, new) = (
                was.get(&it.was).ok_or(Mismatch)?,
                now.get(&it.now).ok_or(Mismatch)?,
            );
            let (old, new) = ((old.stamp)(), (new.stamp)());
            let program = match &it.step {
                Step::Move => None,
                // Other threads look at the new value before all is done that commit does.
                step => {
                    let sides = (old.operations, new.operations);
                    Some(Program::compile_seen(plan, step, ends, sides, true)?)
                }
            };
            let runs_code = program.as_ref().is_some_and(Program::runs_code);
            let values = RouteValues {
                to: it.now.clone(),
                stamp: new,
                program,
                shows_lazies: runs_code && is_holder(&ends.was.manifest, &it.was),
            };
            all.insert(it.was.clone(), Arc::new(values));
        }
        Ok(all)
    }
}
