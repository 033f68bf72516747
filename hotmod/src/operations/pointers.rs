//! Containers of one item.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use abi_stable::pointer_trait::AsPtr;
use abi_stable::std_types::{RArc, RBox};

use super::{Kind, Operations};
use crate::state::StableState;

/// The operations of a container of one item.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Pointer {
    /// The item.
    pub item: unsafe extern "C" fn(value: *mut u8) -> *mut u8,
    /// Builds the container around an item, which is moved out of where `item` points.
    pub build: unsafe extern "C" fn(slot: *mut u8, item: *mut u8),
    /// Frees the container but not its item.
    pub free: unsafe extern "C" fn(value: *mut u8),
}

/// The operations of a container of one item with any number of owners.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Shared {
    /// The item; equal for all owners of one item.
    pub item: unsafe extern "C" fn(value: *mut u8) -> *mut u8,
    /// How many owners there are, weak ones included.
    pub owners: unsafe extern "C" fn(value: *const u8) -> usize,
    /// Builds the first owner of an item, which is moved out of where `item` points.
    pub build: unsafe extern "C" fn(slot: *mut u8, item: *mut u8),
    /// Makes one more owner of an item that was given to an owner by `build`, of this type or of
    /// another of the same module whose items have owners of either.
    pub share: unsafe extern "C" fn(item: *const u8, slot: *mut u8),
    /// Takes one owner away; the last one frees the container but not its item.
    pub free: unsafe extern "C" fn(value: *mut u8),
}

extern "C" fn item_part<T: StableState>(place: usize) -> Option<&'static Operations> {
    (place == 0).then_some(T::OPERATIONS)
}

/// `Box<T>`
pub(crate) const fn boxed<T: StableState>() -> Operations {
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
    };
    Operations::of::<Box<T>>(item_part::<T>, Kind::Pointer(pointer))
}

/// `RBox<T>`
pub(crate) const fn r_boxed<T: StableState>() -> Operations {
    unsafe extern "C" fn item<T>(value: *mut u8) -> *mut u8 {
        // SAFETY: the host passes an `RBox<T>`; nobody else uses a state that is being migrated.
        let value = unsafe { &mut *value.cast::<RBox<T>>() };
        std::ptr::from_mut(&mut **value).cast()
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
    };
    Operations::of::<RBox<T>>(item_part::<T>, Kind::Pointer(pointer))
}

/// A container that keeps its item inside itself.
macro_rules! inline {
    ($(#[$meta:meta])* $name:ident, $ty:ident, |$value:ident| $item:expr) => {
        $(#[$meta])*
        pub(crate) const fn $name<T: StableState>() -> Operations {
            unsafe extern "C" fn item<T>(value: *mut u8) -> *mut u8 {
                // SAFETY: the host passes the container; nobody else uses a state that is being
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
            };
            Operations::of::<$ty<T>>(item_part::<T>, Kind::Pointer(pointer))
        }
    };
}

inline!(
    /// `Mutex<T>`; a poisoned one becomes a sound one.
    mutex, Mutex, |value| value.get_mut().unwrap_or_else(PoisonError::into_inner)
);
inline!(
    /// `RwLock<T>`; a poisoned one becomes a sound one.
    rw_lock, RwLock, |value| value.get_mut().unwrap_or_else(PoisonError::into_inner)
);
inline!(
    /// `Cell<T>`
    cell, Cell, |value| value.get_mut()
);
inline!(
    /// `RefCell<T>`
    ref_cell, RefCell, |value| value.get_mut()
);

/// A container that is its item, such as `Wrapping<T>`.
///
/// # Safety
///
/// `W` has the layout of `T` and holds exactly a `T`.
pub(crate) const unsafe fn transparent<W, T: StableState>() -> Operations {
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
    };
    Operations::of::<W>(item_part::<T>, Kind::Pointer(pointer))
}

macro_rules! shared {
    ($(#[$meta:meta])* $name:ident, $ty:ident) => {
        $(#[$meta])*
        pub(crate) const fn $name<T: StableState>() -> Operations {
            unsafe extern "C" fn item<T>(value: *mut u8) -> *mut u8 {
                // SAFETY: the host passes the owner.
                let value = unsafe { &*value.cast::<$ty<T>>() };
                $ty::as_ptr(value).cast::<u8>().cast_mut()
            }
            unsafe extern "C" fn owners<T>(value: *const u8) -> usize {
                // SAFETY: the host passes the owner.
                let value = unsafe { &*value.cast::<$ty<T>>() };
                $ty::strong_count(value) + $ty::weak_count(value)
            }
            unsafe extern "C" fn build<T>(slot: *mut u8, item: *mut u8) {
                let mut room = $ty::<T>::new_uninit();
                let place = $ty::get_mut(&mut room).expect("an item with one owner");
                // SAFETY: the host gives up the `T` there, and there is room for one: it never comes
                // by the stack, however large it is.
                unsafe { place.as_mut_ptr().copy_from_nonoverlapping(item.cast(), 1) };
                // SAFETY: it was filled just now.
                let owner = unsafe { room.assume_init() };
                // SAFETY: the host gives room for the owner.
                unsafe { slot.cast::<$ty<T>>().write(owner) };
            }
            unsafe extern "C" fn share<T>(item: *const u8, slot: *mut u8) {
                let item = item.cast::<T>();
                // SAFETY: the host passes an item that `build` gave to an owner, which is there
                // still.
                unsafe { $ty::increment_strong_count(item) };
                // SAFETY: as above; this owner was counted just now.
                let owner = unsafe { $ty::from_raw(item) };
                // SAFETY: the host gives room for another.
                unsafe { slot.cast::<$ty<T>>().write(owner) };
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
                owners: owners::<T>,
                build: build::<T>,
                share: share::<T>,
                free: free::<T>,
            };
            Operations::of::<$ty<T>>(item_part::<T>, Kind::Shared(shared))
        }
    };
}

shared!(
    /// `Arc<T>`
    arc, Arc
);
shared!(
    /// `Rc<T>`
    rc, Rc
);

/// `RArc<T>`. One that another library made is only looked into by that library's own functions,
/// which it brings along.
pub(crate) const fn r_arc<T: StableState>() -> Operations {
    unsafe extern "C" fn item<T>(value: *mut u8) -> *mut u8 {
        // SAFETY: the host passes the owner.
        let value = unsafe { &*value.cast::<RArc<T>>() };
        AsPtr::as_ptr(value).cast::<u8>().cast_mut()
    }
    unsafe extern "C" fn owners<T>(value: *const u8) -> usize {
        // SAFETY: the host passes the owner.
        let value = unsafe { &*value.cast::<RArc<T>>() };
        RArc::strong_count(value) + RArc::weak_count(value)
    }
    unsafe extern "C" fn build<T>(slot: *mut u8, item: *mut u8) {
        let mut room = Arc::<T>::new_uninit();
        let place = Arc::get_mut(&mut room).expect("an item with one owner");
        // SAFETY: the host gives up the `T` there, and there is room for one.
        unsafe { place.as_mut_ptr().copy_from_nonoverlapping(item.cast(), 1) };
        // SAFETY: it was filled just now.
        let owner = unsafe { room.assume_init() };
        // SAFETY: the host gives room for the owner.
        unsafe { slot.cast::<RArc<T>>().write(RArc::from(owner)) };
    }
    unsafe extern "C" fn share<T>(item: *const u8, slot: *mut u8) {
        let item = item.cast::<T>();
        // SAFETY: the host passes an item that `build` of this module gave to an owner, which is
        // there still: an `Arc`, or an `RArc`, which is made of one.
        unsafe { Arc::increment_strong_count(item) };
        // SAFETY: as above; this owner was counted just now.
        let owner = unsafe { Arc::from_raw(item) };
        // SAFETY: the host gives room for another.
        unsafe { slot.cast::<RArc<T>>().write(RArc::from(owner)) };
    }
    unsafe extern "C" fn free<T>(value: *mut u8) {
        // SAFETY: the host gives up the owner there.
        let owner = unsafe { value.cast::<RArc<T>>().read() };
        match RArc::try_unwrap(owner) {
            // What is left of the item, which somebody else has given up.
            Ok(item) => std::mem::forget(item),
            Err(one_of_several) => drop(one_of_several),
        }
    }
    let shared = Shared {
        item: item::<T>,
        owners: owners::<T>,
        build: build::<T>,
        share: share::<T>,
        free: free::<T>,
    };
    Operations::of::<RArc<T>>(item_part::<T>, Kind::Shared(shared))
}
