//! Descriptions for tests, and those that the tests of `hotmod` are made with.

#[path = "../../hotmod/src/describe/tests/arbitrary.rs"]
pub(crate) mod arbitrary;
#[path = "../../hotmod/src/describe/tests/chains.rs"]
pub(crate) mod chains;
#[path = "../../hotmod/src/describe/tests/derived.rs"]
mod derived;
#[path = "../../hotmod/src/describe/tests/leak.rs"]
pub(crate) mod leak;

use std::collections::BTreeMap;

use hotmod::describe::{Described, Description, Init, Type};
use hotmod::state::Registry;
use hotmod::{OldState, StableState};

pub(crate) use derived::types;

/// A module whose state is `S`.
pub(crate) fn state<S: StableState>() -> Description {
    let mut description = types::<S>();
    let init = Init {
        symbol: "init".to_owned(),
    };
    description.inits.insert(Type::from(&S::TYPE), init);
    description
}

/// An earlier form, and all that can be reached from it.
pub(crate) fn form<F: OldState>() -> BTreeMap<Type, Described> {
    let mut types = Registry::default();
    F::register(&mut types);
    derived::described(&types).types
}
