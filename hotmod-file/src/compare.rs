//! Whether one file may replace another, decided from what the two say of themselves.

use hotmod::describe::{Build, Description, Difference};
use hotmod::plan::{self, Plan};

use crate::inspect::Inspected;
use crate::verify::{Platform, Policy, Replaced, objections};

/// What differs between a module that runs and a candidate to replace it, as a host that runs the
/// former would find it. [`Verdict::of`](crate::describe::Verdict::of) says what it amounts to.
///
/// A host also compares a candidate with the interfaces and functions that it was compiled with;
/// those are in no file.
///
/// # Examples
///
/// ```no_run
/// use hotmod_file::describe::Verdict;
/// use hotmod_file::{Policy, compare, inspect};
///
/// let running = inspect("modules/libgame.so")?;
/// let candidate = inspect("target/release/libgame.so")?;
/// let differences = compare(&running, &candidate, Policy::default());
/// println!("{}", Verdict::of(&differences).as_str());
/// # Ok::<(), hotmod_file::Refusal>(())
/// ```
pub fn compare(running: &Inspected, candidate: &Inspected, policy: Policy) -> Vec<Difference> {
    if running.digest() == candidate.digest() {
        return Vec::new();
    }
    compare_description(running.manifest(), running.build(), candidate, policy)
}

/// What a rollback from one module to an older one would do to its state, and what of it would be
/// lost, as [`Plan::back`] has it.
///
/// A host also holds the older module against what it calls by now: an export that only the newer
/// one has cannot be gone back on while the host uses it.
pub fn compare_back(newer: &Inspected, older: &Inspected) -> Vec<Difference> {
    compare_back_to_description(newer, older.manifest(), older.build())
}

/// As [`compare_back`], with what the older module said of itself, whose file is no longer at hand.
pub fn compare_back_to_description(
    newer: &Inspected,
    older: &Description,
    build: &Build,
) -> Vec<Difference> {
    let mut policy = Policy::default();
    (policy.downgrade, policy.panic_abort) = (true, true);
    let (platform, runs) = replaced(newer.build());
    let mut differences = objections(build, platform, &policy, Some(runs));
    if newer.build().module == build.module {
        differences.extend(Plan::back(newer.manifest(), older).differences);
    }
    differences
}

/// As [`compare`], with what a module said of itself whose file is no longer at hand.
pub fn compare_description(
    running: &Description,
    build: &Build,
    candidate: &Inspected,
    policy: Policy,
) -> Vec<Difference> {
    let (platform, runs) = replaced(build);
    let mut differences = objections(candidate.build(), platform, &policy, Some(runs));
    differences.extend(candidate.unmet(&policy));
    // Everything differs between two modules, and none of it matters.
    if build.module == candidate.build().module {
        differences.extend(plan::differences(running, candidate.manifest()));
    }
    differences
}

/// What a candidate must be built for, and which module it replaces.
fn replaced(build: &Build) -> (Platform<'_>, Replaced<'_>) {
    let platform = Platform {
        abi: build.abi,
        target: &build.target,
    };
    let running = Replaced {
        module: &build.module,
        version: &build.version,
    };
    (platform, running)
}
