//! Descriptions of modules, from real derives.

use crate::describe::model::InterfaceDesc;
use crate::describe::{Description, Init, Type, expected};
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
    let nothing = InterfaceDesc {
        name: "Nothing",
        sync: false,
        methods: &[],
    };
    let mut description = expected::interface(&nothing, &types);
    description.interfaces.clear();
    description
}
