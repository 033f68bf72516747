//! Values that are set aside: taken out of what holds them, so that a sweep can take them along while nothing waits for
//! the holder.
//!
//! A `Lazy` whose value is set aside has the stamp [`ASIDE`](AsideStamps::ASIDE), which no code has for its own, and
//! refers to an [`AsideValue`], which has the value and the stamp that this is at. Two may own that, the `Lazy` and a
//! sweep, and each may come for the value at any moment:
//!
//! ```text
//!                     the `Lazy`                     the `AsideValue`
//! set aside           locked, then ASIDE             filled before the `Lazy` refers to it
//! taken along                                        locked, then at another stamp
//! taken back          locked, then at the stamp      locked, then GONE
//! ```
//!
//! - **Nothing refers to a value that is set aside.** Code refers to the value of a `Lazy` only after it found its own
//!   stamp there, and there is none for as long as it is set aside; it has it taken back first.
//! - **It is taken back once.** Who takes it back has locked the `Lazy`, which is no owner of the `AsideValue` afterwards.
//! - **It is taken back whole.** Who takes it back, or drops it, has locked it in the `AsideValue` too, and leaves `GONE`
//!   there: a sweep is done with it, or finds nothing any more.
//! - **The `Lazy` may move and go** meanwhile, like any other: its bytes are its own, and a sweep never looks for it.
//!
//! `tests/loom` has a model of this.

use super::sync::{Arc, RawLazy, Stamp};
use super::waiting_places::waiting_place;

/// The stamps that values with such notes have.
pub(super) trait AsideStamps {
    /// Of a `Lazy` whose value is set aside.
    const ASIDE: &'static Stamp;
    /// Of an [`AsideValue`] that was taken back.
    const GONE: &'static Stamp;

    /// Has the note say nothing of any value.
    fn forget(&mut self);
}

/// A value that is set aside, or room for one.
pub(super) struct AsideValue<N> {
    /// The value and the stamp that it is at, guarded as those of a `Lazy`.
    pub(super) lazy: RawLazy,
    /// What else is known of it.
    pub(super) note: N,
}

// SAFETY: the address of the value is read and written only by the thread that has it locked, and who set the value aside
// says that it may be used by any one thread (`Room::fill`).
unsafe impl<N: Send> Send for AsideValue<N> {}

// SAFETY: as above; of the note there are shared references.
unsafe impl<N: Send + Sync> Sync for AsideValue<N> {}

/// Room for a value that is to be set aside: nothing else refers to it.
pub(super) struct Room<N> {
    /// Its two owners, made before a state is held.
    of_sweep: Arc<AsideValue<N>>,
    of_lazy: Arc<AsideValue<N>>,
}

impl<N: AsideStamps> Room<N> {
    pub(super) fn new(note: N) -> Self {
        Room::owned_twice(Arc::new(AsideValue {
            lazy: RawLazy::new(N::GONE, std::ptr::null_mut()),
            note,
        }))
    }

    /// Room that a value was in, if that was taken back, and nothing else refers to it any more.
    pub(super) fn again(mut left: Arc<AsideValue<N>>) -> Option<Self> {
        let aside = Arc::get_mut(&mut left).filter(|aside| aside.is_gone())?;
        aside.note.forget();
        Some(Room::owned_twice(left))
    }

    fn owned_twice(of_sweep: Arc<AsideValue<N>>) -> Self {
        Room {
            of_lazy: of_sweep.clone(),
            of_sweep,
        }
    }

    /// Sets the value of a `Lazy` aside; gives the room back if the value is not at this stamp any more, or locked.
    ///
    /// # Safety
    ///
    /// Nothing refers to the value, which may be used by other threads, one at a time, and `from` is the stamp of its
    /// type. All that use the `Lazy` from now on know of values that are set aside with such a note.
    pub(super) unsafe fn fill(
        self,
        lazy: &RawLazy,
        from: &'static Stamp,
    ) -> Result<Arc<AsideValue<N>>, Self> {
        if !lazy.lock(from) {
            return Err(self);
        }
        let Room { of_sweep, of_lazy } = self;
        // SAFETY: it was locked just now.
        let value = unsafe { lazy.value() };
        // SAFETY: no other thread knows of the room, so none can have it locked.
        unsafe { of_sweep.lazy.unlock(from, value) };
        let owned = Arc::into_raw(of_lazy).cast_mut();
        // SAFETY: the `Lazy` was locked above. Its value is an `AsideValue` of its own now, as the stamp says.
        if unsafe { lazy.unlock(N::ASIDE, owned.cast()) } {
            waiting_place(lazy).wake();
        }
        Ok(of_sweep)
    }
}

impl<N: AsideStamps> AsideValue<N> {
    /// Takes the value out, once no sweep is at it.
    fn take(&self) -> (&'static Stamp, *mut u8) {
        loop {
            let Some(at) = self.lazy.settled() else {
                waiting_place(&self.lazy).wait(&self.lazy);
                continue;
            };
            if self.lazy.lock(at) {
                // SAFETY: it was locked just now.
                let value = unsafe { self.lazy.value() };
                // SAFETY: as above; nothing is left, which the stamp says.
                if unsafe { self.lazy.unlock(N::GONE, std::ptr::null_mut()) } {
                    waiting_place(&self.lazy).wake();
                }
                return (at, value);
            }
        }
    }

    /// Whether the value was taken back.
    pub(super) fn is_gone(&self) -> bool {
        is(self.lazy.stamp(), N::GONE)
    }
}

/// Whether a stamp says that a value is set aside.
pub(super) fn is_aside<N: AsideStamps>(stamp: &'static Stamp) -> bool {
    is(stamp, N::ASIDE)
}

/// Whether a stamp says that there is no value any more.
pub(super) fn is_gone<N: AsideStamps>(stamp: &'static Stamp) -> bool {
    is(stamp, N::GONE)
}

fn is(stamp: *const Stamp, other: &'static Stamp) -> bool {
    std::ptr::eq(stamp, other)
}

/// Takes back the value of a `Lazy` that is set aside, unless what is known of it says that it stays there. Nothing
/// happens if another thread has come first: the caller looks again.
///
/// # Safety
///
/// Values are set aside with notes of this type.
pub(super) unsafe fn take_back<N: AsideStamps>(
    lazy: &RawLazy,
    stays: impl FnOnce(&AsideValue<N>) -> bool,
) {
    if !lazy.lock(N::ASIDE) {
        return;
    }
    // SAFETY: it was locked just now.
    let value = unsafe { lazy.value() };
    let aside = value.cast::<AsideValue<N>>().cast_const();
    // SAFETY: the stamp says that it is an `AsideValue`, which the `Lazy` owns; none but the thread that has the `Lazy` locked
    // gives that up.
    let known = unsafe { &*aside };
    let (stamp, value) = match stays(known) {
        true => (N::ASIDE, value),
        // SAFETY: as above. The `Lazy` gets another stamp below.
        false => unsafe { take_out(aside) },
    };
    // SAFETY: it is locked, and the value is of this stamp.
    if unsafe { lazy.unlock(stamp, value) } {
        waiting_place(lazy).wake();
    }
}

/// Takes the value out of what a `Lazy` refers to, for good.
///
/// # Safety
///
/// [`Room::fill`] gave it to a `Lazy`, which gives it up.
pub(super) unsafe fn take_out<N: AsideStamps>(
    aside: *const AsideValue<N>,
) -> (&'static Stamp, *mut u8) {
    // SAFETY: `fill` made it of such an `Arc`, of which the caller gives up the `Lazy`'s owner.
    let aside = unsafe { Arc::from_raw(aside) };
    aside.take()
}
