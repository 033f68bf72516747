//! What to write in a module's source so that it takes on the state of the release before: the attributes that
//! refusals propose, chosen where the two descriptions leave no doubt.
//!
//! Pure: the release and the build are given as data, each attribute is tried on a copy of the build's description, and
//! it counts only if less is refused with it and nothing more is lost.

mod likeness;
mod paired;
mod pairing;
mod proposal;
mod trial;

use hotmod::describe::Description;

pub use proposal::{Choice, Fix, FixAttribute, FixOptions, FixPlace, Fixes};
use trial::Trial;

/// What to write in the source of `new` so that it takes on the state of `old`.
///
/// A rename is proposed only where it is likely, and what may be lost only where that is allowed. What is proposed has been
/// tried: with it, less is refused than without.
pub fn fixes(old: &Description, new: &Description, options: &FixOptions<'_>) -> Fixes {
    let mut trial = Trial::new(old, new, options);
    if trial.refused() == 0 && !trial.has_unused_variants() {
        return Fixes::default();
    }
    paired::types(&mut trial);
    paired::parts(&mut trial);
    trial.convert();
    trial.finish()
}

#[cfg(test)]
mod tests;
