//! What runs beside the running version before it takes its place: a canary, a shadow, a candidate.
//!
//! To be imported: [`canary::Canary`] with its [`trial::Trial`] and its [`share`]; [`shadow::Shadow`];
//! [`candidate::Candidate`], for a rehearsal in the process itself. `planned` says what a trial would come to.
//!
//! It imports `update` and below: a trial is an update that is not published yet. It never imports
//! `pool`, which gives a canary its instances, nor `host`.

pub(crate) mod canary;
pub(crate) mod candidate;
mod planned;
pub(crate) mod shadow;
pub(crate) mod share;
pub(crate) mod trial;
