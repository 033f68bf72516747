//! Descriptions of modules, from real derives.

use std::collections::BTreeMap;

use crate::describe::model::InterfaceDesc;
use crate::describe::{Described, Description, Init, Type};
use crate::marked::old::OldState;
use crate::state::expected;
use crate::state::{Registry, StableState};

/// A module whose state is `S`.
pub(crate) fn state<S: StableState>() -> Description {
    let mut description = types::<S>();
    let init = Init {
        symbol: "init".to_owned(),
    };
    description.inits.insert(Type::from(&S::TYPE), init);
    description
}

/// A module that describes `S`.
pub(crate) fn types<S: StableState>() -> Description {
    let mut types = Registry::default();
    S::register(&mut types);
    described(&types)
}

/// An earlier form, and all that can be reached from it.
pub(crate) fn form<F: OldState>() -> BTreeMap<Type, Described> {
    let mut types = Registry::default();
    F::register(&mut types);
    described(&types).types
}

fn described(types: &Registry) -> Description {
    let nothing = InterfaceDesc {
        name: "Nothing",
        sync: false,
        methods: &[],
    };
    let described = expected::described(&expected::interface(&nothing, types));
    let mut description = described.expect("one type under each id");
    description.interfaces.clear();
    description
}
