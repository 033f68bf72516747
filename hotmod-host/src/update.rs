//! How a file gets into use, and out of it again.

pub(crate) mod drain;
pub(crate) mod follow;
pub(crate) mod probation;
pub(crate) mod publish;
pub(crate) mod rehearsal;
pub(crate) mod request;
pub(crate) mod rollback;
pub(crate) mod update;
