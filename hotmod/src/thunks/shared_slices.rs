//! Slices with any number of owners.

use std::mem::ManuallyDrop;
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;

use super::parts::one_part;
use super::pointers::{arc_alone, counts, rc_alone};
use crate::operations::{Kind, Operations, OwnerCounts, Shared};
use crate::state::Part;

macro_rules! shared_slice {
    ($(#[$meta:meta])* $name:ident, $ty:ident, $threads:literal, $alone:ident) => {
        $(#[$meta])*
        pub(crate) const fn $name<T: Part>() -> Operations {
            unsafe extern "C" fn item<T>(value: *mut u8) -> *mut u8 {
                // SAFETY: the host passes the owner.
                let value = unsafe { &*value.cast::<$ty<[T]>>() };
                $ty::as_ptr(value).cast::<u8>().cast_mut()
            }
            unsafe extern "C" fn len<T>(owner: *const u8) -> usize {
                // SAFETY: the host passes the owner, which holds the length itself.
                let owner = unsafe { &*owner.cast::<$ty<[T]>>() };
                $ty::as_ptr(owner).len()
            }
            unsafe extern "C" fn room<T>(slot: *mut u8, len: usize) -> *mut u8 {
                let raw = $ty::into_raw($ty::<[T]>::new_uninit_slice(len));
                // SAFETY: `MaybeUninit<T>` has the layout of `T`, which is what `from_raw` asks of
                // another type than the one that was given out. The host writes the values before
                // any code looks at them.
                let owner = unsafe { $ty::from_raw(raw as *const [T]) };
                let item = $ty::as_ptr(&owner).cast::<u8>().cast_mut();
                // SAFETY: the host gives room for the owner.
                unsafe { slot.cast::<$ty<[T]>>().write(owner) };
                item
            }
            unsafe extern "C" fn share<T>(item: *const u8, len: usize, slot: *mut u8) {
                let item = ptr::slice_from_raw_parts(item.cast::<T>(), len);
                // SAFETY: the host passes an item that `room` gave to an owner, which is there
                // still, for so many values.
                let owner = ManuallyDrop::new(unsafe { $ty::from_raw(item) });
                // SAFETY: the host gives room for another.
                unsafe { slot.cast::<$ty<[T]>>().write($ty::clone(&owner)) };
            }
            unsafe extern "C" fn another<T>(owner: *const u8, slot: *mut u8) {
                // SAFETY: the host passes the owner.
                let owner = unsafe { &*owner.cast::<$ty<[T]>>() };
                // SAFETY: the host gives room for another.
                unsafe { slot.cast::<$ty<[T]>>().write($ty::clone(owner)) };
            }
            unsafe extern "C" fn alone<T>(owner: *mut u8, others: usize, weak: usize) -> bool {
                // SAFETY: the host passes the owner, and nothing else uses it.
                let owner = unsafe { &mut *owner.cast::<$ty<[T]>>() };
                // SAFETY: the host has so many others.
                unsafe { $alone(owner, others, weak) }
            }
            unsafe extern "C" fn counts<T>(owner: *const u8) -> OwnerCounts {
                // SAFETY: the host passes the owner.
                let owner = unsafe { &*owner.cast::<$ty<[T]>>() };
                counts!($ty, owner)
            }
            unsafe extern "C" fn free<T>(value: *mut u8) {
                // SAFETY: the host gives up the owner there.
                let raw = $ty::into_raw(unsafe { value.cast::<$ty<[T]>>().read() });
                // SAFETY: `ManuallyDrop<T>` has the layout of `T`, which is what `from_raw` asks
                // of another type than the one that was given out.
                drop(unsafe { $ty::from_raw(raw as *const [ManuallyDrop<T>]) });
            }
            let shared = Shared {
                item: item::<T>,
                len: Some(len::<T>),
                room: room::<T>,
                share: share::<T>,
                another: another::<T>,
                alone: alone::<T>,
                counts: counts::<T>,
                free: free::<T>,
                free_new: free::<T>,
                threads: $threads,
            };
            Operations::of::<$ty<[T]>>(one_part::<T>, Kind::Shared(shared))
        }
    };
}

shared_slice!(
    /// `Arc<[T]>`
    arc_slice, Arc, true, arc_alone
);
shared_slice!(
    /// `Rc<[T]>`
    rc_slice, Rc, false, rc_alone
);
