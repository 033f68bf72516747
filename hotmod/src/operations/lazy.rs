//! A value that follows to another version by itself: what a `Lazy` consists of, under every compiler.

use std::any::TypeId;
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicPtr, Ordering};

use abi_stable::std_types::RVec;

use super::kinds::Pointer;
use super::table::Operations;

/// The operations of a `Lazy<T>`, which has one part, the `T`. Its value lies in a block of the host's memory of the
/// layout of a `T`; where that has no bytes, there is no block.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct LazyValue {
    /// The stamp of values that the code of this image makes.
    pub stamp: extern "C" fn() -> &'static Stamp,
    /// As those of a `Box`, where the value is at the version of this image.
    pub pointer: Pointer,
}

/// Which type a value is of, in which image: what it takes to drop or convert it.
///
/// The same type may have several stamps in one image, at several addresses.
#[repr(C)]
pub struct Stamp {
    /// What the host knows the image by; null without a host.
    pub image: extern "C" fn() -> *const (),
    /// The operations of the value's type.
    pub operations: &'static Operations,
    /// Its encoded type.
    pub ty: extern "C" fn() -> RVec<u8>,
    /// The type itself. Only code of the same image looks at this: it may have another layout for others.
    pub identity: TypeId,
}

impl Stamp {
    /// Whether it stands for the same type in the same image as another, which stands for one of this image.
    pub fn is(&self, own: &Stamp) -> bool {
        (self.image)() == (own.image)() && self.identity == own.identity
    }
}

/// A `Lazy` as the host sees it.
///
/// The stamp says which version the value is at, and guards the value: code that finds its own stamp there may read
/// the value, and code that finds another asks the host, which takes one value at a time to another version.
#[repr(C)]
pub struct RawLazy {
    stamp: AtomicPtr<Stamp>,
    value: UnsafeCell<*mut u8>,
}

/// The bits of the stamp's address that say what happens to the value: a stamp is aligned to 8 bytes.
const LOCKED: usize = 1;
const AWAITED: usize = 2;

impl RawLazy {
    /// A value of the stamp's type, in a block of its layout.
    pub const fn new(stamp: &'static Stamp, value: *mut u8) -> Self {
        RawLazy {
            stamp: AtomicPtr::new(std::ptr::from_ref(stamp).cast_mut()),
            value: UnsafeCell::new(value),
        }
    }

    /// The stamp's address, with what happens to the value; not to be followed before that is known.
    #[inline]
    pub fn stamp(&self) -> *const Stamp {
        // Acquire: code that finds its own stamp sees the value that was written before the stamp.
        self.stamp.load(Ordering::Acquire)
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
        unsafe { &**self.stamp.get_mut() }
    }

    /// Where the value is.
    ///
    /// # Safety
    ///
    /// The caller found its own stamp, or has locked the value.
    #[inline]
    pub unsafe fn value(&self) -> *mut u8 {
        // SAFETY: a thread writes it only while it has the value locked, and then the stamp is not the caller's.
        unsafe { *self.value.get() }
    }

    /// Where the value is, of a `Lazy` that no other thread uses.
    pub fn value_mut(&mut self) -> *mut u8 {
        *self.value.get_mut()
    }

    /// Locks the value against other threads that would take it along. `None` if one of them has it locked.
    pub fn lock(&self, stamp: &'static Stamp) -> bool {
        let from = std::ptr::from_ref(stamp).cast_mut();
        let locked = from.map_addr(|it| it | LOCKED);
        // Acquire: with the Release of the thread that had it locked before, whose value this one reads. Relaxed
        // where it is not locked: nothing is read then.
        let found = self
            .stamp
            .compare_exchange(from, locked, Ordering::Acquire, Ordering::Relaxed);
        found.is_ok()
    }

    /// Says that a thread waits. `false` if the value is not locked any more.
    pub fn await_it(&self) -> bool {
        let stamp = self.stamp.load(Ordering::Relaxed);
        if stamp.addr() & LOCKED == 0 {
            return false;
        }
        let awaited = stamp.map_addr(|it| it | AWAITED);
        // Relaxed: the thread reads nothing by this, and looks at the stamp again when it is woken.
        let found =
            self.stamp
                .compare_exchange(stamp, awaited, Ordering::Relaxed, Ordering::Relaxed);
        found.is_ok() || self.stamp.load(Ordering::Relaxed).addr() & AWAITED != 0
    }

    /// Gives the lock back, and says whether threads wait for that.
    ///
    /// # Safety
    ///
    /// The caller has locked the value, and it is now of this stamp's type, at this address.
    pub unsafe fn unlock(&self, stamp: &'static Stamp, value: *mut u8) -> bool {
        // SAFETY: no other thread reads or writes it while the caller has the lock.
        unsafe { *self.value.get() = value };
        // Release: whoever finds the stamp sees the value, and where it is.
        let was = self
            .stamp
            .swap(std::ptr::from_ref(stamp).cast_mut(), Ordering::Release);
        was.addr() & AWAITED != 0
    }
}
