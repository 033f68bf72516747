//! What a module has for those that use it: version by version, what each of their calls leads to there.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use hotmod::call::Shim;

use crate::call::generation::{Converter, Generation};
use crate::image::image::Image;

/// What a version has for what a module needs of it.
pub(crate) struct LinkedVersion {
    pub(crate) image: &'static Image,
    /// One that the version is linked in: calls that only this version can take enter it.
    pub(crate) generation: &'static Generation,
    /// The exports, in the order of the methods; a function is the only one.
    pub(crate) exports: Box<[LinkedExport]>,
    /// The one that was linked before it.
    next: *const LinkedVersion,
}

// SAFETY: all that it holds lives for ever and is only read; a converter is `Send` and `Sync`.
unsafe impl Send for LinkedVersion {}
// SAFETY: as for `Send`.
unsafe impl Sync for LinkedVersion {}

/// What a version has for one export that a module needs of it.
pub(crate) struct LinkedExport {
    /// The export itself, or one that takes and writes nothing and says that it was no call.
    pub(crate) shim: Shim,
    pub(crate) leads: LeadsTo,
}

/// Where a call of an export leads.
pub(crate) enum LeadsTo {
    /// To the export, which takes and returns what the caller was compiled with.
    Straight,
    /// To the export, by this.
    Converting(Box<dyn Converter>),
    /// Nowhere, as the caller allows.
    Absent,
    /// Nowhere: the version does not have what the caller needs.
    Lacking,
}

/// The versions that were linked, the last first. Calls read it without a lock.
pub(crate) struct LinkedVersions {
    first: AtomicPtr<LinkedVersion>,
    /// The one that a call entered last.
    last_used: AtomicPtr<LinkedVersion>,
}

impl LinkedVersions {
    pub(crate) fn new() -> Self {
        LinkedVersions {
            first: AtomicPtr::new(ptr::null_mut()),
            last_used: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// The one that a call entered last, if one did.
    #[inline(always)]
    pub(crate) fn last_used(&self) -> Option<&'static LinkedVersion> {
        // SAFETY: null, or what `use_next` stored, which lives for ever.
        unsafe { self.last_used.load(Ordering::Acquire).as_ref() }
    }

    /// Has the next calls try this one first.
    pub(crate) fn use_next(&self, version: &'static LinkedVersion) {
        let version = ptr::from_ref(version).cast_mut();
        // Release: a thread that sees the pointer sees what it points to.
        self.last_used.store(version, Ordering::Release);
    }

    /// All of them, the last first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'static LinkedVersion> {
        // SAFETY: null, or what `add` stored, which lives for ever.
        let first = unsafe { self.first.load(Ordering::Acquire).as_ref() };
        std::iter::successors(first, |version| {
            // SAFETY: null, or what was the first when `add` made it.
            unsafe { version.next.as_ref() }
        })
    }

    /// That of an image.
    pub(crate) fn of(&self, image: &Image) -> Option<&'static LinkedVersion> {
        self.all().find(|version| ptr::eq(version.image, image))
    }

    /// Adds one, unless another thread has added one of the image.
    pub(crate) fn add(
        &self,
        generation: &'static Generation,
        exports: Box<[LinkedExport]>,
    ) -> &'static LinkedVersion {
        let mut new = Box::new(LinkedVersion {
            image: generation.image,
            generation,
            exports,
            next: ptr::null(),
        });
        loop {
            let first = self.first.load(Ordering::Acquire);
            if let Some(known) = self.of(generation.image) {
                return known;
            }
            new.next = first;
            // Release: a thread that sees the pointer sees what it points to. If another thread was first, what
            // it has added may be of this image.
            let added = ptr::from_mut(&mut *new);
            let exchanged =
                self.first
                    .compare_exchange(first, added, Ordering::Release, Ordering::Relaxed);
            if exchanged.is_ok() {
                return Box::leak(new);
            }
        }
    }
}
