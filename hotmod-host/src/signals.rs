//! What the host does about signals, beside what the server does.
//!
//! To be imported: [`signals::Signals`] and its builder, [`stopping::Stopping`], [`report::StopReport`]. `handlers` is
//! what runs in signal handlers, which is flags alone.
//!
//! It imports `watch` and below. Nothing of a module runs here: it looks, waits and gives up.

mod handlers;
pub(crate) mod report;
pub(crate) mod signals;
pub(crate) mod stopping;
