//! Descriptions of modules, from real derives.

use hotmod::describe::{Description, InterfaceDesc};
use hotmod::state::expected;
use hotmod::state::{Registry, StableState};

/// A module that describes `S`.
pub(crate) fn types<S: StableState>() -> Description {
    let mut types = Registry::default();
    S::register(&mut types);
    described(&types)
}

/// A module that describes these types.
pub(crate) fn described(types: &Registry) -> Description {
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
