//! `Lazy`: a value in a block of its own, and the version that it is at.

use std::any::TypeId;

use abi_stable::std_types::RVec;

use super::parts::one_part;
use crate::describe::encode;
use crate::operations::{Access, Kind, LazyValue, Operations, Pointer, RawLazy, Stamp};
use crate::root::values;
use crate::state::StableState;

/// The stamp of values that this image makes.
const fn stamp_of<T: StableState>() -> Stamp {
    extern "C" fn ty<T: StableState>() -> RVec<u8> {
        let mut count = encode::Writer::new(&mut []);
        encode::type_ref(&mut count, &T::TYPE);
        let mut bytes = vec![0; count.written()];
        encode::type_ref(&mut encode::Writer::new(&mut bytes), &T::TYPE);
        bytes.into()
    }
    Stamp {
        image: values::image,
        operations: T::OPERATIONS,
        ty: ty::<T>,
        identity: TypeId::of::<T>(),
    }
}

/// Where the stamp of a type is.
pub(crate) struct Stamped<T>(std::marker::PhantomData<T>);

impl<T: StableState> Stamped<T> {
    pub(crate) const STAMP: &'static Stamp = &stamp_of::<T>();
}

/// A `Lazy<T>`, which is a [`RawLazy`].
pub(crate) const fn lazy<L, T: StableState>() -> Operations {
    extern "C" fn stamp<T: StableState>() -> &'static Stamp {
        Stamped::<T>::STAMP
    }
    unsafe extern "C" fn item(value: *mut u8) -> *mut u8 {
        // SAFETY: the host passes a `Lazy`.
        let lazy = unsafe { &*value.cast::<RawLazy>() };
        // SAFETY: its value is at this version, and stays there meanwhile.
        unsafe { lazy.value() }
    }
    unsafe extern "C" fn build<T: StableState>(slot: *mut u8, item: *mut u8) {
        let mut room = Box::<T>::new_uninit();
        // SAFETY: the host gives up the `T` there, and there is room for one.
        unsafe { room.as_mut_ptr().copy_from_nonoverlapping(item.cast(), 1) };
        let value = Box::into_raw(room).cast();
        values::count(values::image(), 1);
        // SAFETY: the host gives room for a `Lazy<T>`.
        unsafe {
            slot.cast::<RawLazy>()
                .write(RawLazy::new(Stamped::<T>::STAMP, value))
        };
    }
    unsafe extern "C" fn free<T>(value: *mut u8) {
        // SAFETY: the host gives up the `Lazy<T>` there.
        let lazy = unsafe { &*value.cast::<RawLazy>() };
        // SAFETY: its value is at this version.
        let value = unsafe { lazy.value() };
        values::count(values::image(), -1);
        // SAFETY: the block is that of a `Box<T>`, of which the item is gone.
        drop(unsafe { Box::from_raw(value.cast::<std::mem::ManuallyDrop<T>>()) });
    }
    let pointer = Pointer {
        item,
        build: build::<T>,
        free: free::<T>,
        access: Access::Plain,
    };
    let kind = LazyValue {
        stamp: stamp::<T>,
        pointer,
    };
    Operations::of::<L>(one_part::<T>, Kind::Lazy(kind))
}
