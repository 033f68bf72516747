//! What a version does when it is taken into use and when it is needed no more: its functions marked
//! `#[hotmod::loaded]` and `#[hotmod::retired]`.

use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use abi_stable::std_types::RString;
use hotmod::describe::Rule;
use hotmod::lifecycle::LifecycleShim;
use hotmod::operations::OK;
use hotmod::version::VersionWire;
use hotmod_file::{Digest, Inspected};
use hotmod_file::{Reason, Refusal, RefusalStage};

use crate::call::generation::Generation;
use crate::call::reading::{self, MadeAside, ReadFile};
use crate::call::slot::{self, Doing};
use crate::image::image::Image;
use crate::image::memory::Memory;
use crate::journal::journal::FilesRead;

/// A function that failed, and how.
pub(crate) struct LifecycleFailure {
    name: String,
    reason: String,
}

/// Sets an image up, unless that was done since it was loaded or retired: it makes values of what it reads, and runs its
/// function. The caller has the module's turn, and calls this before any other function of the image. `called` gives the
/// generation that its calls are in: the image, linked with none of its exports. What it has read, if it was set up now.
pub(crate) fn set_up(
    image: &'static Image,
    candidate: &Inspected,
    read: &ReadFile<'_>,
    called: impl Fn() -> &'static Generation,
) -> Result<Option<FilesRead>, Refusal> {
    let mut is_set_up = image.lifecycle();
    if *is_set_up {
        return Ok(None);
    }
    let exports = image.exports();
    let mut files_read = FilesRead::new();
    if !exports.resources.is_empty() {
        // Nothing else runs in it.
        files_read = reading::make(called(), read)?.commit();
    }
    if let (Some(loaded), Some(shim)) = (&exports.manifest.loaded, exports.loaded) {
        // SAFETY: the image exported this shim as its `loaded`, and is initialised.
        let done = unsafe { call(called(), &loaded.name, shim) };
        done.map_err(|failed| failed.into_refusal(candidate))?;
    }
    *is_set_up = true;
    Ok(Some(files_read))
}

/// Has an image that was set up before make values of what it reads anew, which are kept aside. `None` if it reads nothing.
///
/// # Errors
///
/// As of [`reading::make`].
pub(crate) fn read_again(
    image: &'static Image,
    read: &ReadFile<'_>,
    called: impl Fn() -> &'static Generation,
) -> Result<Option<MadeAside>, Refusal> {
    if image.exports().resources.is_empty() {
        return Ok(None);
    }
    reading::make(called(), read).map(Some)
}

/// Lets an image that is needed no more, and that no call is in, give back what it has taken, and the values of what it
/// reads. The caller has the module's turn.
///
/// # Errors
///
/// If its function panicked. It will not be called again, unless the image is set up again.
pub(crate) fn wind_down(
    image: &'static Image,
    called: impl Fn() -> &'static Generation,
) -> Result<(), LifecycleFailure> {
    let mut is_set_up = image.lifecycle();
    if !std::mem::take(&mut *is_set_up) {
        return Ok(());
    }
    let exports = image.exports();
    let done = match (&exports.manifest.retired, exports.retired) {
        // SAFETY: the image exported this shim as its `retired`, and is initialised.
        (Some(retired), Some(shim)) => unsafe { call(called(), &retired.name, shim) },
        _ => Ok(()),
    };
    if !exports.resources.is_empty() {
        // It is set up again before anything of it runs again.
        reading::release(called());
    }
    done
}

/// # Safety
///
/// The shim is one of the generation's image, which is initialised.
unsafe fn call(
    called: &'static Generation,
    name: &str,
    shim: LifecycleShim,
) -> Result<(), LifecycleFailure> {
    // A panic is noted only inside a call.
    let _entered = slot::enter_at(called, Doing::Operation, ptr::null_mut());
    let mut error = MaybeUninit::<RString>::uninit();
    let version = VersionWire::new(&called.image.module, &called.image.version);
    // SAFETY: the caller's; there is room for an error.
    let status = unsafe { shim(version, error.as_mut_ptr()) };
    if status == OK {
        return Ok(());
    }
    // SAFETY: any other status says that the error was written.
    let reason = unsafe { error.assume_init() };
    Err(LifecycleFailure {
        name: name.to_owned(),
        reason: reason.as_str().to_owned(),
    })
}

impl std::fmt::Display for LifecycleFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let LifecycleFailure { name, reason } = self;
        write!(f, "`{name}`, marked `#[hotmod::retired]`, {reason}")
    }
}

impl LifecycleFailure {
    fn into_refusal(self, candidate: &Inspected) -> Refusal {
        let LifecycleFailure { name, reason } = self;
        candidate.refuse_because(
            RefusalStage::Prepare,
            Rule::LoadedFailed,
            Reason {
                what: &format!("`{name}`, marked `#[hotmod::loaded]`"),
                expected: "to set the version up",
                found: &reason,
                help: "see the reason; the same file can be tried again, and its function then runs \
                       again",
            },
        )
    }
}

/// First versions that are loaded and could not be set up: they are there already when the same file is
/// tried again.
#[derive(Default)]
pub(crate) struct Unready(Mutex<BTreeMap<Digest, (&'static Image, &'static Memory)>>);

impl Unready {
    pub(crate) fn take(&self, digest: Digest) -> Option<(&'static Image, &'static Memory)> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&digest)
    }

    pub(crate) fn keep(&self, image: &'static Image, memory: &'static Memory) {
        // It is inserted and removed whole.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(image.digest, (image, memory));
    }
}
