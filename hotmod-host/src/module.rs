//! One loaded module: its versions, its instances, and how the host's user holds them.
//!
//! To be imported: the handles [`module::Module`], [`instance::Instance`] and [`function::Function`];
//! [`loaded::Loaded`], which all handles of a module share, with its [`history`], its [`registered`]
//! instances, the calls that are [`left_behind`] and the [`requests`] that wait, whether it is [`frozen`], and whether it has begun with a copy
//! ([`kept_start`]); [`settings`], with what was
//! [`declared`], [`options`], [`report`] and [`straggler`], the data of what is done above; [`settle`], the instances whose
//! locks the host knows, and what came of taking them along; [`timers`] and [`ticking`], what is called again and
//! again; [`tasks`] and [`task_round`], what runs from version to version; [`retire`], which gives back the memory of
//! versions that are needed no more.
//!
//! It imports `migrate` and below. It never imports a policy (`update`, `trial`, `pool`): each of
//! those writes an `impl` block of its own for `Module` or `Instance`, in its own file.

pub(crate) mod async_call;
pub(crate) mod async_function;
pub(crate) mod declared;
mod freezing;
pub(crate) mod frozen;
pub(crate) mod function;
pub(crate) mod history;
pub(crate) mod instance;
pub(crate) mod kept_start;
pub(crate) mod left_behind;
pub(crate) mod loaded;
pub(crate) mod migrations;
pub(crate) mod module;
pub(crate) mod options;
pub(crate) mod pause;
pub(crate) mod registered;
pub(crate) mod report;
pub(crate) mod requests;
pub(crate) mod retire;
pub(crate) mod rollback_report;
pub(crate) mod settings;
pub(crate) mod settle;
pub(crate) mod straggler;
pub(crate) mod swept_to;
pub(crate) mod task_round;
pub(crate) mod tasks;
pub(crate) mod ticked;
pub(crate) mod ticking;
pub(crate) mod timers;
pub(crate) mod users;
pub(crate) mod ways;
