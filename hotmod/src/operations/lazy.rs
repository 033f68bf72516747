//! A value that follows to another version by itself: who may read it, and who may take it along.

use super::ordering::{HINT, LOCK, SEEN, UNLOCK};
use super::sync::{Address, AtomicPtr};
use super::table::Stamp;

/// A `Lazy` as the host sees it.
///
/// The stamp says which version the value is at, and guards the value: code that finds its own stamp there may read
/// the value, and code that finds another asks the host, which takes one value at a time to another version.
#[repr(C)]
pub struct RawLazy {
    stamp: AtomicPtr<Stamp>,
    value: Address,
}

/// The bits of the stamp's address that say what happens to the value: a stamp is aligned to 8 bytes.
const LOCKED: usize = 1;
const AWAITED: usize = 2;

impl RawLazy {
    /// A value of the stamp's type, in a block of its layout.
    pub fn new(stamp: &'static Stamp, value: *mut u8) -> Self {
        RawLazy {
            stamp: AtomicPtr::new(std::ptr::from_ref(stamp).cast_mut()),
            value: Address::new(value),
        }
    }

    /// The stamp's address, with what happens to the value; not to be followed before that is known.
    #[inline]
    pub fn stamp(&self) -> *const Stamp {
        self.stamp.load(SEEN)
    }

    /// The stamp, where nothing happens to the value.
    pub fn settled(&self) -> Option<&'static Stamp> {
        let stamp = self.stamp();
        // SAFETY: without a bit it is the address of a stamp, and stamps are never unmapped.
        (stamp.addr() & (LOCKED | AWAITED) == 0).then(|| unsafe { &*stamp })
    }

    /// The stamp, of a `Lazy` that no other thread uses.
    pub fn stamp_mut(&mut self) -> &'static Stamp {
        // SAFETY: the stamp has a bit only while a thread uses the `Lazy`.
        unsafe { &*self.stamp.load(HINT) }
    }

    /// Where the value is.
    ///
    /// # Safety
    ///
    /// The caller found its own stamp, or has locked the value, or no other thread uses the `Lazy`.
    #[inline]
    pub unsafe fn value(&self) -> *mut u8 {
        // SAFETY: a thread writes it only while it has the value locked, and then the stamp is not the caller's.
        unsafe { self.value.get() }
    }

    /// Where the value is, of a `Lazy` that no other thread uses.
    pub fn value_mut(&mut self) -> *mut u8 {
        // SAFETY: no other thread uses it.
        unsafe { self.value.get() }
    }

    /// Locks the value against other threads that would take it along; `false` if it is not at this stamp any more, or
    /// locked.
    pub fn lock(&self, stamp: &'static Stamp) -> bool {
        let from = std::ptr::from_ref(stamp).cast_mut();
        let locked = from.map_addr(|it| it | LOCKED);
        let found = self.stamp.compare_exchange(from, locked, LOCK, HINT);
        found.is_ok()
    }

    /// Says that a thread waits. `false` if the value is not locked any more, or something came between: the thread
    /// has to look again.
    pub fn await_it(&self) -> bool {
        let stamp = self.stamp.load(HINT);
        if stamp.addr() & AWAITED != 0 {
            return true;
        }
        let awaited = stamp.map_addr(|it| it | AWAITED);
        stamp.addr() & LOCKED != 0
            && (self.stamp.compare_exchange(stamp, awaited, HINT, HINT)).is_ok()
    }

    /// Gives the lock back, and says whether threads wait for that.
    ///
    /// # Safety
    ///
    /// The caller has locked the value, and it is now of this stamp's type, at this address.
    pub unsafe fn unlock(&self, stamp: &'static Stamp, value: *mut u8) -> bool {
        // SAFETY: no other thread reads or writes it while the caller has the lock.
        unsafe { self.value.set(value) };
        let was = self
            .stamp
            .swap(std::ptr::from_ref(stamp).cast_mut(), UNLOCK);
        was.addr() & AWAITED != 0
    }
}
