//! One version of a module, as the user of another module.

use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use hotmod_file::Digest;

use crate::call::slot::Track;
use crate::forever::forever;

/// A version of a module that needs something of another one. Its code may ask for that at any time, so it is
/// kept for ever.
pub(crate) struct User {
    pub(crate) module: String,
    pub(crate) version: String,
    /// The file that the version was loaded from.
    pub(crate) digest: Digest,
    /// The module that it uses.
    pub(crate) of: String,
    /// What new calls of that module enter; null until it is loaded.
    track: AtomicPtr<Track>,
}

impl User {
    pub(crate) fn new(module: &str, version: &str, digest: Digest, of: &str) -> &'static Self {
        forever(User {
            module: module.to_owned(),
            version: version.to_owned(),
            digest,
            of: of.to_owned(),
            track: AtomicPtr::new(std::ptr::null_mut()),
        })
    }

    /// Has its calls enter what is current in this track from now on.
    pub(super) fn lead_to(&self, track: &'static Arc<Track>) {
        let track: *const Track = Arc::as_ptr(track);
        // Release: a thread that sees the pointer sees the track.
        self.track.store(track.cast_mut(), Ordering::Release);
    }

    /// What new calls of the module enter; `None` while it is not loaded.
    #[inline(always)]
    pub(crate) fn track(&self) -> Option<&'static Track> {
        // SAFETY: null, or what `lead_to` stored: that of an `Arc` that is kept for ever.
        unsafe { self.track.load(Ordering::Acquire).as_ref() }
    }
}
