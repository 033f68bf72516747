//! How a pool tells its instances apart: by the lane that they follow, and by the version that
//! they are at.

use std::sync::Arc;

use crate::lane::Lane;
use crate::load::Image;
use crate::pool::roster;

/// Where an instance stands.
pub(crate) type Standing = roster::Standing<Follows, At>;

/// Whom an instance follows.
#[derive(Clone)]
pub(crate) struct Follows(pub(crate) Arc<Lane>);

impl Follows {
    /// The version that its instances are to be taken to.
    pub(crate) fn target(&self) -> At {
        At(self.0.current().image)
    }
}

impl PartialEq for Follows {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A version, as it was loaded.
#[derive(Clone, Copy)]
pub(crate) struct At(pub(crate) &'static Image);

impl PartialEq for At {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}
