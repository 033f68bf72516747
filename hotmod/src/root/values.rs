//! What the `Lazy`s of this image ask of the host, and what the host knows the image by.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::root::services::{ServicesRef, Stays};

/// The host's services; null before the module is initialised, and where there is no host.
static SERVICES: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

/// What the host knows this image by; null where there is no host.
static IMAGE: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

/// Asks this host from now on.
pub(crate) fn connect(services: ServicesRef) {
    let services: &'static ServicesRef = Box::leak(Box::new(services));
    let services = std::ptr::from_ref(services).cast_mut();
    // Release: a thread that sees the pointer sees what it points to.
    SERVICES.store(services.cast(), Ordering::Release);
}

fn services() -> Option<ServicesRef> {
    let services = SERVICES.load(Ordering::Acquire).cast::<ServicesRef>();
    // SAFETY: null, or what `connect` leaked.
    unsafe { services.as_ref() }.copied()
}

pub(crate) extern "C" fn stand_for(image: *const ()) {
    // Relaxed: the host calls this before any code of the module makes a value, and orders that itself.
    IMAGE.store(image.cast_mut(), Ordering::Relaxed);
}

/// What the host knows this image by.
pub(crate) extern "C" fn image() -> *const () {
    IMAGE.load(Ordering::Relaxed)
}

/// Counts values that the code of an image has made, or that were dropped.
pub(crate) fn count(image: *const (), more: i64) {
    if let Some(services) = services()
        && !image.is_null()
    {
        // SAFETY: this is what the host knows that image by.
        unsafe { (services.count())(image, more) };
    }
}

/// Asks the host to take the value of a `Lazy` to the version of this code.
///
/// # Safety
///
/// `lazy` is a `RawLazy` that lives, and `to` the `Stamp` of its value's type in this image; nothing refers to
/// the value.
pub(crate) unsafe fn follow(lazy: *const (), to: *const ()) -> Result<(), Box<Stays>> {
    let Some(services) = services() else {
        return Err(Box::new(Stays {
            path: "a value".into(),
            from: "another version".into(),
            to: "this one".into(),
            reason: "there is no host".into(),
        }));
    };
    let mut why = MaybeUninit::<Stays>::uninit();
    // SAFETY: the caller passes such a `RawLazy` and `Stamp`; there is room for the reason.
    let follows = unsafe { (services.follow())(services.context(), lazy, to, why.as_mut_ptr()) };
    match follows {
        true => Ok(()),
        // SAFETY: the host has written it, since the value stays.
        false => Err(Box::new(unsafe { why.assume_init() })),
    }
}

/// Tells calls of one host from those of others, where several have linked a module: `None` outside of calls.
#[cfg(feature = "linked")]
pub(crate) type HostOfCall = fn() -> Option<usize>;

#[cfg(feature = "linked")]
static HOST_OF_CALL: std::sync::OnceLock<HostOfCall> = std::sync::OnceLock::new();

/// Asks this from now on. The first one stays.
#[cfg(feature = "linked")]
pub(crate) fn tell_hosts_by(host_of_call: HostOfCall) {
    let _ = HOST_OF_CALL.set(host_of_call);
}

/// What tells the host of the call that the thread is in. `None` outside of calls, and where nothing is linked.
#[cfg(feature = "linked")]
pub(crate) fn host_of_call() -> Option<usize> {
    HOST_OF_CALL.get()?()
}
