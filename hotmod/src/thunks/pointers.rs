//! Containers of one item.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::ops::DerefMut;
use std::rc::{self, Rc};
use std::sync::{
    self, Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockWriteGuard, TryLockError,
    TryLockResult,
};

use abi_stable::pointer_trait::AsPtr;
use abi_stable::std_types::{RArc, RBox};

use super::parts::one_part;
use crate::operations::{Access, Kind, Lock, Operations, OwnerCounts, Pointer, Shared, Weak};
use crate::state::Part;

/// `Box<T>`
pub(crate) const fn boxed<T: Part>() -> Operations {
    unsafe extern "C" fn item(value: *mut u8) -> *mut u8 {
        // SAFETY: the host passes a `Box<T>`, which is a pointer to its item.
        unsafe { value.cast::<*mut u8>().read() }
    }
    unsafe extern "C" fn build<T>(slot: *mut u8, item: *mut u8) {
        let mut room = Box::<T>::new_uninit();
        // SAFETY: the host gives up the `T` there, and there is room for one: it never comes by the
        // stack, however large it is.
        unsafe { room.as_mut_ptr().copy_from_nonoverlapping(item.cast(), 1) };
        // SAFETY: it was filled just now.
        let item = unsafe { room.assume_init() };
        // SAFETY: the host gives room for a `Box<T>`.
        unsafe { slot.cast::<Box<T>>().write(item) };
    }
    unsafe extern "C" fn free<T>(value: *mut u8) {
        // SAFETY: the host gives up the `Box<T>` there.
        let raw = Box::into_raw(unsafe { value.cast::<Box<T>>().read() });
        // SAFETY: `ManuallyDrop<T>` has the layout of `T`, so the allocation is that of its box.
        drop(unsafe { Box::from_raw(raw.cast::<ManuallyDrop<T>>()) });
    }
    let pointer = Pointer {
        item,
        build: build::<T>,
        free: free::<T>,
        access: Access::Plain,
    };
    Operations::of::<Box<T>>(one_part::<T>, Kind::Pointer(pointer))
}

/// `RBox<T>`
pub(crate) const fn r_boxed<T: Part>() -> Operations {
    unsafe extern "C" fn item<T>(value: *mut u8) -> *mut u8 {
        // SAFETY: the host passes an `RBox<T>`, which others may look at, too.
        let value = unsafe { &*value.cast::<RBox<T>>() };
        AsPtr::as_ptr(value).cast::<u8>().cast_mut()
    }
    unsafe extern "C" fn build<T>(slot: *mut u8, item: *mut u8) {
        let mut room = Box::<T>::new_uninit();
        // SAFETY: the host gives up the `T` there, and there is room for one.
        unsafe { room.as_mut_ptr().copy_from_nonoverlapping(item.cast(), 1) };
        // SAFETY: it was filled just now.
        let item = unsafe { room.assume_init() };
        // SAFETY: the host gives room for an `RBox<T>`.
        unsafe { slot.cast::<RBox<T>>().write(RBox::from_box(item)) };
    }
    unsafe extern "C" fn free<T>(value: *mut u8) {
        // SAFETY: the host gives up the `RBox<T>` there.
        let raw = Box::into_raw(RBox::into_box(unsafe { value.cast::<RBox<T>>().read() }));
        // SAFETY: `ManuallyDrop<T>` has the layout of `T`, so the allocation is that of its box.
        drop(unsafe { Box::from_raw(raw.cast::<ManuallyDrop<T>>()) });
    }
    let pointer = Pointer {
        item: item::<T>,
        build: build::<T>,
        free: free::<T>,
        access: Access::Plain,
    };
    Operations::of::<RBox<T>>(one_part::<T>, Kind::Pointer(pointer))
}

/// A container that keeps its item inside itself.
macro_rules! inline {
    ($(#[$meta:meta])* $name:ident, $ty:ident, |$value:ident| $item:expr, $access:expr) => {
        $(#[$meta])*
        pub(crate) const fn $name<T: Part + 'static>() -> Operations {
            unsafe extern "C" fn item<T>(value: *mut u8) -> *mut u8 {
                // SAFETY: the host passes the container; nothing else uses a state that is being
                // migrated, and no reference to the item is kept.
                let $value = unsafe { &mut *value.cast::<$ty<T>>() };
                let item: *mut T = $item;
                item.cast()
            }
            unsafe extern "C" fn build<T>(slot: *mut u8, item: *mut u8) {
                // SAFETY: the host gives up the `T` there.
                let item = unsafe { item.cast::<T>().read() };
                // SAFETY: the host gives room for the container.
                unsafe { slot.cast::<$ty<T>>().write($ty::new(item)) };
            }
            unsafe extern "C" fn free(_: *mut u8) {}
            let pointer = Pointer {
                item: item::<T>,
                build: build::<T>,
                free,
                access: $access,
            };
            Operations::of::<$ty<T>>(one_part::<T>, Kind::Pointer(pointer))
        }
    };
}

inline!(
    /// `Mutex<T>`; a poisoned one becomes a sound one.
    mutex, Mutex, |value| value.get_mut().unwrap_or_else(PoisonError::into_inner),
    Access::Lock(Lock {
        hold: hold_mutex::<T>,
        release: release::<MutexGuard<'static, T>>,
    })
);
inline!(
    /// `RwLock<T>`; a poisoned one becomes a sound one.
    rw_lock, RwLock, |value| value.get_mut().unwrap_or_else(PoisonError::into_inner),
    Access::Lock(Lock {
        hold: hold_rw_lock::<T>,
        release: release::<RwLockWriteGuard<'static, T>>,
    })
);
inline!(
    /// `Cell<T>`
    cell, Cell, |value| value.get_mut(), Access::Cell
);
inline!(
    /// `RefCell<T>`
    ref_cell, RefCell, |value| value.get_mut(), Access::Cell
);

unsafe extern "C" fn hold_mutex<T: 'static>(value: *const u8, item: *mut *mut u8) -> *mut () {
    // SAFETY: the host passes the lock, and releases it while it is there.
    let value: &'static Mutex<T> = unsafe { &*value.cast() };
    // SAFETY: the host gives room for the address.
    unsafe { held(value.try_lock(), item) }
}

unsafe extern "C" fn hold_rw_lock<T: 'static>(value: *const u8, item: *mut *mut u8) -> *mut () {
    // SAFETY: the host passes the lock, and releases it while it is there.
    let value: &'static RwLock<T> = unsafe { &*value.cast() };
    // SAFETY: the host gives room for the address.
    unsafe { held(value.try_write(), item) }
}

/// The guard of a lock that was tried, for [`release`]; null if the lock is taken.
///
/// # Safety
///
/// `item` has room for the address of what the guard leads to.
unsafe fn held<T, G: DerefMut<Target = T>>(tried: TryLockResult<G>, item: *mut *mut u8) -> *mut () {
    let guard = match tried {
        Ok(guard) => guard,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => return std::ptr::null_mut(),
    };
    let mut guard = Box::new(guard);
    let address = std::ptr::from_mut(&mut **guard).cast();
    // SAFETY: the caller gives room for the address.
    unsafe { item.write(address) };
    Box::into_raw(guard).cast()
}

unsafe extern "C" fn release<G>(held: *mut ()) {
    // SAFETY: the host gives back what `held` made of such a guard.
    drop(unsafe { Box::from_raw(held.cast::<G>()) });
}

/// A container that is its item, such as `Wrapping<T>`.
///
/// # Safety
///
/// `W` has the layout of `T` and holds exactly a `T`.
pub(crate) const unsafe fn transparent<W, T: Part>() -> Operations {
    unsafe extern "C" fn item(value: *mut u8) -> *mut u8 {
        value
    }
    unsafe extern "C" fn build<T>(slot: *mut u8, item: *mut u8) {
        // SAFETY: the host gives up the `T` there.
        let item = unsafe { item.cast::<T>().read() };
        // SAFETY: the host gives room for the container, which is its item.
        unsafe { slot.cast::<T>().write(item) };
    }
    unsafe extern "C" fn free(_: *mut u8) {}
    let pointer = Pointer {
        item,
        build: build::<T>,
        free,
        access: Access::Plain,
    };
    Operations::of::<W>(one_part::<T>, Kind::Pointer(pointer))
}

macro_rules! alone {
    ($(#[$meta:meta])* $name:ident, $ty:ident) => {
        $(#[$meta])*
        ///
        /// # Safety
        ///
        /// The caller has `others` more owners of its item, and `weak` weak ones.
        pub(super) unsafe fn $name<T: ?Sized>(
            owner: &mut $ty<T>,
            others: usize,
            weak: usize,
        ) -> bool {
            // Where there are more owners, the counts mostly say so, and none is given up in vain.
            if $ty::strong_count(owner) != others + 1 || $ty::weak_count(owner) != weak {
                return false;
            }
            let lead = (weak > 0).then(|| ManuallyDrop::new($ty::downgrade(owner)));
            for _ in 0..others {
                // SAFETY: the caller has so many other owners, for one of which this stands. It is
                // counted again below.
                drop(unsafe { std::ptr::read(owner) });
            }
            if let Some(lead) = &lead {
                for _ in 0..=weak {
                    // SAFETY: as above, for the weak ones and for the one that was made here.
                    drop(ManuallyDrop::into_inner(unsafe { std::ptr::read(lead) }));
                }
            }
            let alone = $ty::get_mut(owner).is_some();
            for _ in 0..others {
                std::mem::forget($ty::clone(owner));
            }
            for _ in 0..weak {
                std::mem::forget($ty::downgrade(owner));
            }
            alone
        }
    };
}

alone!(
    /// [`Shared::alone`] of an `Arc`.
    arc_alone, Arc
);
alone!(
    /// [`Shared::alone`] of an `Rc`.
    rc_alone, Rc
);

macro_rules! counts {
    ($ty:ident, $owner:expr) => {
        $crate::operations::OwnerCounts {
            strong: $ty::strong_count($owner),
            weak: $ty::weak_count($owner),
        }
    };
}
pub(super) use counts;

macro_rules! shared {
    ($(#[$meta:meta])* $name:ident, $ty:ident, $threads:literal, $alone:ident, $weak:ident, $of:ident) => {
        $(#[$meta])*
        pub(crate) const fn $name<T: Part>() -> Operations {
            unsafe extern "C" fn item<T>(value: *mut u8) -> *mut u8 {
                // SAFETY: the host passes the owner.
                let value = unsafe { &*value.cast::<$ty<T>>() };
                $ty::as_ptr(value).cast::<u8>().cast_mut()
            }
            unsafe extern "C" fn room<T>(slot: *mut u8, _one: usize) -> *mut u8 {
                let raw = $ty::into_raw($ty::<T>::new_uninit());
                // SAFETY: `MaybeUninit<T>` has the layout of `T`, which is what `from_raw` asks of
                // another type than the one that was given out. The host writes the item before
                // any code looks at it.
                let owner = unsafe { $ty::from_raw(raw.cast::<T>()) };
                let item = $ty::as_ptr(&owner).cast::<u8>().cast_mut();
                // SAFETY: the host gives room for the owner.
                unsafe { slot.cast::<$ty<T>>().write(owner) };
                item
            }
            unsafe extern "C" fn share<T>(item: *const u8, _one: usize, slot: *mut u8) {
                let item = item.cast::<T>();
                // SAFETY: the host passes an item that `room` gave to an owner, which is there
                // still.
                unsafe { $ty::increment_strong_count(item) };
                // SAFETY: as above; this owner was counted just now.
                let owner = unsafe { $ty::from_raw(item) };
                // SAFETY: the host gives room for another.
                unsafe { slot.cast::<$ty<T>>().write(owner) };
            }
            unsafe extern "C" fn another<T>(owner: *const u8, slot: *mut u8) {
                // SAFETY: the host passes the owner.
                let owner = unsafe { &*owner.cast::<$ty<T>>() };
                // SAFETY: the host gives room for another.
                unsafe { slot.cast::<$ty<T>>().write($ty::clone(owner)) };
            }
            unsafe extern "C" fn alone<T>(owner: *mut u8, others: usize, weak: usize) -> bool {
                // SAFETY: the host passes the owner, and nothing else uses it.
                let owner = unsafe { &mut *owner.cast::<$ty<T>>() };
                // SAFETY: the host has so many others.
                unsafe { $alone(owner, others, weak) }
            }
            unsafe extern "C" fn counts<T>(owner: *const u8) -> OwnerCounts {
                // SAFETY: the host passes the owner.
                let owner = unsafe { &*owner.cast::<$ty<T>>() };
                counts!($ty, owner)
            }
            unsafe extern "C" fn free<T>(value: *mut u8) {
                // SAFETY: the host gives up the owner there.
                let raw = $ty::into_raw(unsafe { value.cast::<$ty<T>>().read() });
                // SAFETY: `ManuallyDrop<T>` has the layout of `T`, which is what `from_raw` asks
                // of another type than the one that was given out.
                drop(unsafe { $ty::from_raw(raw.cast::<ManuallyDrop<T>>()) });
            }
            let shared = Shared {
                item: item::<T>,
                len: None,
                room: room::<T>,
                share: share::<T>,
                another: another::<T>,
                alone: alone::<T>,
                counts: counts::<T>,
                free: free::<T>,
                free_new: free::<T>,
                threads: $threads,
            };
            Operations::of::<$ty<T>>(one_part::<T>, Kind::Shared(shared))
        }

        #[doc = concat!("`Weak` of `", stringify!($ty), "<T>`")]
        pub(crate) const fn $weak<T: Part>() -> Operations {
            unsafe extern "C" fn item<T>(value: *const u8) -> *const u8 {
                // SAFETY: the host passes it.
                let value = unsafe { &*value.cast::<$of::Weak<T>>() };
                match value.strong_count() {
                    0 => std::ptr::null(),
                    _ => value.as_ptr().cast(),
                }
            }
            unsafe extern "C" fn follow<T>(item: *const u8, slot: *mut u8) {
                // SAFETY: the host passes an item that `room` gave to an owner, which is there
                // still, and this one is not dropped.
                let owner = ManuallyDrop::new(unsafe { $ty::from_raw(item.cast::<T>()) });
                // SAFETY: the host gives room for it.
                unsafe { slot.cast::<$of::Weak<T>>().write($ty::downgrade(&owner)) };
            }
            unsafe extern "C" fn nowhere<T>(slot: *mut u8) {
                // SAFETY: the host gives room for it.
                unsafe { slot.cast::<$of::Weak<T>>().write($of::Weak::new()) };
            }
            let weak = Weak {
                item: item::<T>,
                follow: follow::<T>,
                nowhere: nowhere::<T>,
            };
            Operations::of::<$of::Weak<T>>(one_part::<T>, Kind::Weak(weak))
        }
    };
}

shared!(
    /// `Arc<T>`
    arc, Arc, true, arc_alone, arc_weak, sync
);
shared!(
    /// `Rc<T>`
    rc, Rc, false, rc_alone, rc_weak, rc
);

/// `RArc<T>`. One that another library made is only looked into by that library's own functions,
/// which it brings along.
pub(crate) const fn r_arc<T: Part>() -> Operations {
    unsafe extern "C" fn item<T>(value: *mut u8) -> *mut u8 {
        // SAFETY: the host passes the owner.
        let value = unsafe { &*value.cast::<RArc<T>>() };
        AsPtr::as_ptr(value).cast::<u8>().cast_mut()
    }
    unsafe extern "C" fn room<T>(slot: *mut u8, _one: usize) -> *mut u8 {
        let raw = Arc::into_raw(Arc::<T>::new_uninit());
        // SAFETY: `MaybeUninit<T>` has the layout of `T`. The host writes the item before any
        // code looks at it.
        let owner = unsafe { Arc::from_raw(raw.cast::<T>()) };
        let item = Arc::as_ptr(&owner).cast::<u8>().cast_mut();
        // SAFETY: the host gives room for the owner.
        unsafe { slot.cast::<RArc<T>>().write(RArc::from(owner)) };
        item
    }
    unsafe extern "C" fn share<T>(item: *const u8, _one: usize, slot: *mut u8) {
        let item = item.cast::<T>();
        // SAFETY: the host passes an item that `room` of this module gave to an owner, which is
        // there still: an `Arc`, or an `RArc`, which is made of one.
        unsafe { Arc::increment_strong_count(item) };
        // SAFETY: as above; this owner was counted just now.
        let owner = unsafe { Arc::from_raw(item) };
        // SAFETY: the host gives room for another.
        unsafe { slot.cast::<RArc<T>>().write(RArc::from(owner)) };
    }
    unsafe extern "C" fn another<T>(owner: *const u8, slot: *mut u8) {
        // SAFETY: the host passes the owner.
        let owner = unsafe { &*owner.cast::<RArc<T>>() };
        // SAFETY: the host gives room for another.
        unsafe { slot.cast::<RArc<T>>().write(RArc::clone(owner)) };
    }
    unsafe extern "C" fn alone<T>(owner: *mut u8, others: usize, weak: usize) -> bool {
        // SAFETY: the host passes the owner, and nothing else uses it.
        let owner = unsafe { &mut *owner.cast::<RArc<T>>() };
        if RArc::strong_count(owner) != others + 1 || RArc::weak_count(owner) != weak {
            return false;
        }
        // An owner whose item has weak ones is an `Arc` of this module.
        let lead = (weak > 0).then(|| {
            // SAFETY: as above; this owner is not dropped.
            let owner = unsafe { Arc::from_raw(AsPtr::as_ptr(owner)) };
            ManuallyDrop::new(Arc::downgrade(&ManuallyDrop::new(owner)))
        });
        for _ in 0..others {
            // SAFETY: the host has so many other owners, for one of which this stands. It is counted
            // again below.
            drop(unsafe { std::ptr::read(owner) });
        }
        if let Some(lead) = &lead {
            for _ in 0..=weak {
                // SAFETY: as above, for the weak ones and for the one that was made here.
                drop(ManuallyDrop::into_inner(unsafe { std::ptr::read(lead) }));
            }
        }
        let alone = RArc::get_mut(owner).is_some();
        for _ in 0..others {
            std::mem::forget(RArc::clone(owner));
        }
        for _ in 0..weak {
            // SAFETY: as above; this owner is not dropped.
            let owner = unsafe { Arc::from_raw(AsPtr::as_ptr(owner)) };
            std::mem::forget(Arc::downgrade(&ManuallyDrop::new(owner)));
        }
        alone
    }
    unsafe extern "C" fn counts<T>(owner: *const u8) -> OwnerCounts {
        // SAFETY: the host passes the owner.
        let owner = unsafe { &*owner.cast::<RArc<T>>() };
        counts!(RArc, owner)
    }
    unsafe extern "C" fn free<T>(value: *mut u8) {
        // SAFETY: the host gives up the owner there.
        let owner = unsafe { value.cast::<RArc<T>>().read() };
        match RArc::try_unwrap(owner) {
            // The item was given up before, so it must not be dropped.
            Ok(item) => std::mem::forget(item),
            Err(one_of_several) => drop(one_of_several),
        }
    }
    // `try_unwrap` looks into the item, for there is room in it to say which of the two it returns. What was never
    // written says anything.
    unsafe extern "C" fn free_new<T>(value: *mut u8) {
        // SAFETY: the host gives up the owner there.
        let owner = ManuallyDrop::new(unsafe { value.cast::<RArc<T>>().read() });
        let item = AsPtr::as_ptr(&*owner);
        // SAFETY: the host passes an owner that this module made, of an `Arc`, and that is not dropped as an `RArc`.
        // `ManuallyDrop<T>` has the layout of `T`.
        drop(unsafe { Arc::from_raw(item.cast::<ManuallyDrop<T>>()) });
    }
    let shared = Shared {
        item: item::<T>,
        len: None,
        room: room::<T>,
        share: share::<T>,
        another: another::<T>,
        alone: alone::<T>,
        counts: counts::<T>,
        free: free::<T>,
        free_new: free_new::<T>,
        threads: true,
    };
    Operations::of::<RArc<T>>(one_part::<T>, Kind::Shared(shared))
}
