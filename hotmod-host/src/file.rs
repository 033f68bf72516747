//! What a module's file says, from its bytes alone.

pub(crate) mod compare;
pub(crate) mod found;
pub(crate) mod inspect;
pub(crate) mod object;
pub(crate) mod verify;
