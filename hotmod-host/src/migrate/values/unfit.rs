//! What is remembered of a value that does not fit, so that not every use of it tries anew.

use hotmod::operations::Stamp;
use hotmod::root::services::Stays;

/// That a value does not fit, and why.
pub(super) struct Unfit {
    /// Which stamp it was to be taken to.
    pub(super) to: &'static Stamp,
    /// After which publication that was tried.
    pub(super) publication: u64,
    /// Whether it may fit at another time: then a use tries it anew, and only a sweep does not.
    pub(super) is_for_now: bool,
    pub(super) why: Stays,
}
