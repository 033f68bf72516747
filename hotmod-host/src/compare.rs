//! Whether one file may replace another, decided from what the two say of themselves.

use hotmod::describe::{Build, Description, Difference};
use hotmod::plan;

use crate::inspect::Inspected;
use crate::verify::{Platform, Policy, Running, objections};

/// What differs between a module that runs and a candidate to replace it, as a host that runs the
/// former would find it. [`Verdict::of`](crate::describe::Verdict::of) says what it amounts to.
///
/// A host also compares a candidate with the interfaces and functions that it was compiled with;
/// those are in no file.
///
/// # Examples
///
/// ```no_run
/// use hotmod_host::describe::Verdict;
/// use hotmod_host::{Policy, compare, inspect};
///
/// let running = inspect("modules/libgame.so")?;
/// let candidate = inspect("target/release/libgame.so")?;
/// let differences = compare(&running, &candidate, Policy::default());
/// println!("{}", Verdict::of(&differences).as_str());
/// # Ok::<(), hotmod_host::Refusal>(())
/// ```
pub fn compare(running: &Inspected, candidate: &Inspected, policy: Policy) -> Vec<Difference> {
    if running.digest() == candidate.digest() {
        return Vec::new();
    }
    compare_description(running.manifest(), running.build(), candidate, policy)
}

/// As [`compare`], with what a module said of itself whose file is no longer at hand.
pub fn compare_description(
    running: &Description,
    build: &Build,
    candidate: &Inspected,
    policy: Policy,
) -> Vec<Difference> {
    let platform = Platform {
        abi: build.abi,
        target: &build.target,
    };
    let replaced = Running {
        module: &build.module,
        version: &build.version,
    };
    let mut differences = objections(candidate.build(), platform, policy, Some(replaced));
    // Everything differs between two modules, and none of it matters.
    if build.module == candidate.build().module {
        differences.extend(plan::differences(running, candidate.manifest()));
    }
    differences
}
