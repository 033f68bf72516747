//! What modules need of each other: calls from one module into another, by way of the host.
//!
//! To be imported: [`register::UseRegister`], which knows of each version of a module what it needs of others,
//! and leads its calls to what is current there; [`user::User`], one such version; [`reached`], the instances that
//! modules call by the names that a host gives them; [`gate::Gate`], which all uses of instances pass. Whether versions suit each other says
//! [`Neighbours`](hotmod_file::Neighbours), from what is known here.
//!
//! It imports `migrate` and below. It never imports the rooms that hold modules (`module`) or replace them
//! (`update`): those tell it which module is loaded, and ask it who would be left without what it needs.

#[cfg(feature = "snapshot")]
pub(crate) mod gate;
#[cfg(feature = "snapshot")]
pub(crate) mod named_states;
pub(crate) mod names;
pub(crate) mod reached;
pub(crate) mod register;
pub(crate) mod used;
pub(crate) mod user;
pub(crate) mod versions;
