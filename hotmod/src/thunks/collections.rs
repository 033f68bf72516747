//! Containers of any number of items.

use std::borrow::Cow;
use std::collections::{BTreeSet, BinaryHeap, HashSet, LinkedList, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::mem::ManuallyDrop;

use abi_stable::std_types::RVec;

#[cfg(feature = "indexmap")]
use super::ordered::Elements;
use super::parts::one_part;
use crate::operations::{
    Collection, EachItem, Kind, Many, OK, Operations, PANICKED, PANICKED_WITHIN, Run, Slice,
    guarded,
};
use crate::state::Part;

/// An item that its container never drops: another value still owns what it is made of.
///
/// `add` runs the user's `Hash`, `Eq` and `Ord`, which may panic at any call, and the container then
/// drops what it was given. So items are added as values of this type, to the container of such
/// values that the container is taken for.
///
/// The compiler lays a generic type out by the layouts of its parameters, and this has that of `T`,
/// with the same values left over. That is how every release of the compiler does it, and
/// [`Kept::STANDS_FOR`] checks what can be checked of it.
#[repr(transparent)]
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Kept<T>(ManuallyDrop<T>);

impl<T> Kept<T> {
    /// Fails to compile for an item that is laid out otherwise when it is kept.
    const STANDS_FOR: () = assert!(
        size_of::<Kept<T>>() == size_of::<T>()
            && align_of::<Kept<T>>() == align_of::<T>()
            && size_of::<Option<Kept<T>>>() == size_of::<Option<T>>(),
        "bug in hotmod: an item is laid out otherwise when it is kept"
    );

    /// The item at this address, which is moved out of it.
    ///
    /// # Safety
    ///
    /// There is a `T`, and the owner of what it is made of goes on owning it until the whole container
    /// is handed over.
    pub(super) unsafe fn read(item: *mut T) -> Self {
        let () = Self::STANDS_FOR;
        // SAFETY: the caller says so.
        Kept(ManuallyDrop::new(unsafe { item.read() }))
    }
}

/// The container at this address, as a container that never drops its items. `C` is the type of the
/// container, and `K` the type of the same container of [`Kept`] items.
///
/// # Safety
///
/// There is a `C`, and no other code uses it for as long as the reference is used.
pub(super) unsafe fn keeping<'a, C, K>(container: *mut u8) -> &'a mut K {
    const {
        assert!(
            size_of::<C>() == size_of::<K>() && align_of::<C>() == align_of::<K>(),
            "bug in hotmod: a container of kept items is laid out otherwise"
        );
    }
    // SAFETY: the caller passes a `C`, which is laid out as a `K`: see `Kept`.
    unsafe { &mut *container.cast::<K>() }
}

/// Calls `each` with an item that is moved out of its container.
///
/// # Safety
///
/// `each` takes this context.
pub(super) unsafe fn hand_out<const N: usize>(
    context: *mut (),
    each: EachItem,
    items: [*mut u8; N],
) {
    // SAFETY: the context is that of `each`.
    unsafe { each(context, items.as_ptr()) };
}

/// A container of one value per item.
macro_rules! values {
    (
        $(#[$meta:meta])*
        $name:ident, $ty:ident $(by $hasher:ident)?, [$($bound:tt)*],
        begin: |$capacity:ident| $begin:expr,
        add: |$into:ident, $value:ident| $add:expr,
        slice: $slice:expr
    ) => {
        $(#[$meta])*
        pub(crate) const fn $name<T: Part $($bound)* $(, $hasher: BuildHasher + Default)?>() -> Operations {
            unsafe extern "C" fn len<T $(, $hasher)?>(value: *const u8) -> usize {
                // SAFETY: the host passes the container.
                unsafe { &*value.cast::<$ty<T $(, $hasher)?>>() }.len()
            }
            unsafe extern "C" fn each<T $(, $hasher)?>(
                value: *const u8,
                skip: usize,
                context: *mut (),
                each: EachItem,
            ) -> u8 {
                // SAFETY: the host passes the container.
                let container = unsafe { &*value.cast::<$ty<T $(, $hasher)?>>() };
                guarded(|| container.iter().skip(skip).all(|item| {
                    let items = [std::ptr::from_ref(item).cast::<u8>().cast_mut()];
                    // SAFETY: the context is that of `each`, which leaves the item as it is.
                    unsafe { each(context, items.as_ptr()) }
                }))
            }
            unsafe extern "C" fn begin<T: Part $($bound)* $(, $hasher: BuildHasher + Default)?>(
                slot: *mut u8,
                $capacity: usize,
            ) -> u8 {
                guarded(|| {
                    let empty: $ty<T $(, $hasher)?> = $begin;
                    // SAFETY: the host gives room for the container.
                    unsafe { slot.cast::<$ty<T $(, $hasher)?>>().write(empty) };
                    true
                })
            }
            unsafe extern "C" fn add<T: Part $($bound)* $(, $hasher: BuildHasher + Default)?>(
                value: *mut u8,
                items: *const *mut u8,
            ) -> u8 {
                // SAFETY: the host passes the container, and nothing else uses it.
                let $into = unsafe { keeping::<$ty<T $(, $hasher)?>, $ty<Kept<T> $(, $hasher)?>>(value) };
                // SAFETY: an item is one value.
                let item = unsafe { *items }.cast::<T>();
                let before = $into.len();
                let added = guarded(|| {
                    // SAFETY: the host gives up the `T` there, once the container is finished.
                    let $value = unsafe { Kept::read(item) };
                    $add
                });
                match added {
                    PANICKED if $into.len() != before => PANICKED_WITHIN,
                    added => added,
                }
            }
            unsafe extern "C" fn consume<T $(, $hasher)?>(value: *mut u8, context: *mut (), each: EachItem) {
                // SAFETY: the host gives up the container.
                let container = unsafe { value.cast::<$ty<T $(, $hasher)?>>().read() };
                for item in container {
                    let mut item = ManuallyDrop::new(item);
                    // SAFETY: the context is that of `each`.
                    unsafe { hand_out(context, each, [(&raw mut item).cast()]) };
                }
            }
            let collection = Collection {
                len: len::<T $(, $hasher)?>,
                each: each::<T $(, $hasher)?>,
                begin: begin::<T $(, $hasher)?>,
                add: add::<T $(, $hasher)?>,
                finish: None,
                consume: consume::<T $(, $hasher)?>,
                slice: $slice,
            };
            Operations::of::<$ty<T $(, $hasher)?>>(one_part::<T>, Kind::Collection(collection))
        }
    };
}

values!(
    /// `Vec<T>`
    vec, Vec, [],
    begin: |capacity| Vec::with_capacity(capacity),
    add: |all, item| {
        all.push(item);
        true
    },
    slice: Some(Slice {
        runs: vec_runs::<T>,
        build: vec_build::<T>,
        exact: false,
    })
);
#[cfg(feature = "indexmap")]
values!(
    /// `Elements<T>`
    elements, Elements, [],
    begin: |capacity| Elements(Vec::with_capacity(capacity)),
    add: |all, item| {
        all.0.push(item);
        true
    },
    slice: None
);
values!(
    /// `RVec<T>`
    r_vec, RVec, [],
    begin: |capacity| RVec::with_capacity(capacity),
    add: |all, item| {
        all.push(item);
        true
    },
    slice: Some(Slice {
        runs: r_vec_runs::<T>,
        build: r_vec_build::<T>,
        exact: false,
    })
);
values!(
    /// `VecDeque<T>`
    vec_deque, VecDeque, [],
    begin: |capacity| VecDeque::with_capacity(capacity),
    add: |all, item| {
        all.push_back(item);
        true
    },
    slice: None
);
values!(
    /// `LinkedList<T>`
    linked_list, LinkedList, [],
    begin: |_capacity| LinkedList::new(),
    add: |all, item| {
        all.push_back(item);
        true
    },
    slice: None
);
values!(
    /// `BinaryHeap<T>`
    binary_heap, BinaryHeap, [+ Ord],
    begin: |capacity| BinaryHeap::with_capacity(capacity),
    add: |all, item| {
        all.push(item);
        true
    },
    slice: None
);
values!(
    /// `HashSet<T, S>`, with a hasher made anew.
    hash_set, HashSet by S, [+ Eq + Hash],
    begin: |capacity| HashSet::with_capacity_and_hasher(capacity, S::default()),
    add: |all, item| all.insert(item),
    slice: None
);
values!(
    /// `BTreeSet<T>`
    btree_set, BTreeSet, [+ Ord],
    begin: |_capacity| BTreeSet::new(),
    add: |all, item| all.insert(item),
    slice: None
);

/// The slice operations of a vector; the last expression makes it of a standard vector.
macro_rules! slices {
    ($runs:ident, $build:ident, $ty:ident, |$vec:ident| $own:expr) => {
        unsafe extern "C" fn $runs<T>(values: Many, runs: *mut Run) {
            for i in 0..values.len {
                // SAFETY: there are so many values.
                let value = unsafe { values.first.add(i * values.stride) };
                // SAFETY: the host passes vectors.
                let vec = unsafe { &*value.cast::<$ty<T>>() };
                let run = Run {
                    first: vec.as_ptr().cast::<u8>().cast_mut(),
                    len: vec.len(),
                    capacity: vec.capacity(),
                };
                // SAFETY: there is room for a run for each.
                let room = unsafe { runs.add(i) };
                // SAFETY: as above.
                unsafe { room.write(run) };
            }
        }

        unsafe extern "C" fn $build<T>(slots: Many, runs: *const Run) {
            for i in 0..slots.len {
                // SAFETY: there is a run for each slot.
                let run = unsafe { runs.add(i) };
                // SAFETY: as above.
                let run = unsafe { run.read() };
                // SAFETY: the run is so many `T` in a block of this capacity, and every block of
                // either side comes from the host's allocator.
                let vec = unsafe { Vec::from_raw_parts(run.first.cast(), run.len, run.capacity) };
                let $vec: Vec<T> = vec;
                // SAFETY: there are so many slots.
                let slot = unsafe { slots.first.add(i * slots.stride) };
                // SAFETY: the host gives room for vectors.
                unsafe { slot.cast::<$ty<T>>().write($own) };
            }
        }
    };
}

slices!(vec_runs, vec_build, Vec, |vec| vec);
slices!(r_vec_runs, r_vec_build, RVec, |vec| RVec::from(vec));

type BoxedSlice<T> = Box<[T]>;

unsafe extern "C" fn boxed_runs<T>(values: Many, runs: *mut Run) {
    for i in 0..values.len {
        // SAFETY: there are so many values.
        let value = unsafe { values.first.add(i * values.stride) };
        // SAFETY: the host passes boxed slices.
        let items = unsafe { &*value.cast::<BoxedSlice<T>>() };
        let run = Run {
            first: items.as_ptr().cast::<u8>().cast_mut(),
            len: items.len(),
            capacity: items.len(),
        };
        // SAFETY: there is room for a run for each.
        let room = unsafe { runs.add(i) };
        // SAFETY: as above.
        unsafe { room.write(run) };
    }
}

unsafe extern "C" fn boxed_build<T>(slots: Many, runs: *const Run) {
    for i in 0..slots.len {
        // SAFETY: there is a run for each slot.
        let run = unsafe { runs.add(i) };
        // SAFETY: as above.
        let run = unsafe { run.read() };
        let items = std::ptr::slice_from_raw_parts_mut(run.first.cast::<T>(), run.len);
        // SAFETY: the run is so many `T` in a block of just their layout, or in none where they have
        // no byte, and every block of either side comes from the host's allocator.
        let items = unsafe { Box::from_raw(items) };
        // SAFETY: there are so many slots.
        let slot = unsafe { slots.first.add(i * slots.stride) };
        // SAFETY: the host gives room for boxed slices.
        unsafe { slot.cast::<BoxedSlice<T>>().write(items) };
    }
}

/// `Box<[T]>`. While it is built, its room holds a box of the vector that it is made of.
pub(crate) const fn boxed_slice<T: Part>() -> Operations {
    type Begun<T> = Box<Vec<ManuallyDrop<T>>>;

    unsafe extern "C" fn len<T>(value: *const u8) -> usize {
        // SAFETY: the host passes the container.
        unsafe { &*value.cast::<BoxedSlice<T>>() }.len()
    }
    unsafe extern "C" fn each<T>(
        value: *const u8,
        skip: usize,
        context: *mut (),
        each: EachItem,
    ) -> u8 {
        // SAFETY: the host passes the container.
        let container = unsafe { &*value.cast::<BoxedSlice<T>>() };
        guarded(|| {
            container.iter().skip(skip).all(|item| {
                let items = [std::ptr::from_ref(item).cast::<u8>().cast_mut()];
                // SAFETY: the context is that of `each`, which leaves the item as it is.
                unsafe { each(context, items.as_ptr()) }
            })
        })
    }
    unsafe extern "C" fn begin<T>(slot: *mut u8, capacity: usize) -> u8 {
        const { assert!(size_of::<Begun<T>>() <= size_of::<BoxedSlice<T>>()) };
        guarded(|| {
            let begun: Begun<T> = Box::new(Vec::with_capacity(capacity));
            // SAFETY: the host gives room for the container, which has room for a box.
            unsafe { slot.cast::<Begun<T>>().write(begun) };
            true
        })
    }
    unsafe extern "C" fn add<T>(value: *mut u8, items: *const *mut u8) -> u8 {
        // SAFETY: the host passes what was begun, and nothing else uses it.
        let begun = unsafe { &mut *value.cast::<Begun<T>>() };
        // SAFETY: an item is one value.
        let item = unsafe { *items }.cast::<ManuallyDrop<T>>();
        // SAFETY: the host gives up the `T` there, once the container is finished.
        begun.push(unsafe { item.read() });
        OK
    }
    unsafe extern "C" fn finish<T>(value: *mut u8) {
        // SAFETY: the host passes what was begun.
        let begun = unsafe { value.cast::<Begun<T>>().read() };
        let items = Box::into_raw((*begun).into_boxed_slice());
        // SAFETY: `ManuallyDrop<T>` has the layout of `T`, so the block is that of a slice of them.
        let items = unsafe { Box::from_raw(items as *mut [T]) };
        // SAFETY: there is room for the container: what was begun was moved out of it.
        unsafe { value.cast::<BoxedSlice<T>>().write(items) };
    }
    unsafe extern "C" fn consume<T>(value: *mut u8, context: *mut (), each: EachItem) {
        // SAFETY: the host gives up the container.
        let container = unsafe { value.cast::<BoxedSlice<T>>().read() };
        for item in container.into_vec() {
            let mut item = ManuallyDrop::new(item);
            // SAFETY: the context is that of `each`.
            unsafe { hand_out(context, each, [(&raw mut item).cast()]) };
        }
    }
    let collection = Collection {
        len: len::<T>,
        each: each::<T>,
        begin: begin::<T>,
        add: add::<T>,
        finish: Some(finish::<T>),
        consume: consume::<T>,
        slice: Some(Slice {
            runs: boxed_runs::<T>,
            build: boxed_build::<T>,
            exact: true,
        }),
    };
    Operations::of::<BoxedSlice<T>>(one_part::<T>, Kind::Collection(collection))
}

/// `Cow<'static, [T]>`, which owns its items afterwards. The items must own nothing, because a borrowed
/// slice cannot give its items up.
pub(crate) const fn cow_slice<T: Part + Copy + 'static>() -> Operations {
    type Slices<T> = Cow<'static, [T]>;

    unsafe extern "C" fn len<T: Copy + 'static>(value: *const u8) -> usize {
        // SAFETY: the host passes the container.
        unsafe { &*value.cast::<Slices<T>>() }.len()
    }
    unsafe extern "C" fn each<T: Copy + 'static>(
        value: *const u8,
        skip: usize,
        context: *mut (),
        each: EachItem,
    ) -> u8 {
        // SAFETY: the host passes the container.
        let container = unsafe { &*value.cast::<Slices<T>>() };
        guarded(|| {
            container.iter().skip(skip).all(|item| {
                let items = [std::ptr::from_ref(item).cast::<u8>().cast_mut()];
                // SAFETY: the context is that of `each`, which leaves the item as it is.
                unsafe { each(context, items.as_ptr()) }
            })
        })
    }
    unsafe extern "C" fn begin<T: Copy + 'static>(slot: *mut u8, capacity: usize) -> u8 {
        guarded(|| {
            let empty: Slices<T> = Cow::Owned(Vec::with_capacity(capacity));
            // SAFETY: the host gives room for the container.
            unsafe { slot.cast::<Slices<T>>().write(empty) };
            true
        })
    }
    unsafe extern "C" fn add<T: Copy + 'static>(value: *mut u8, items: *const *mut u8) -> u8 {
        // SAFETY: the host passes the container, and nothing else uses it.
        let container = unsafe { &mut *value.cast::<Slices<T>>() };
        // SAFETY: an item is one value.
        let item = unsafe { *items }.cast::<T>();
        // SAFETY: there is a `T`, which owns nothing.
        container.to_mut().push(unsafe { item.read() });
        OK
    }
    unsafe extern "C" fn consume<T: Copy + 'static>(
        value: *mut u8,
        context: *mut (),
        each: EachItem,
    ) {
        // SAFETY: the host gives up the container.
        let container = unsafe { value.cast::<Slices<T>>().read() };
        for mut item in container.iter().copied() {
            // SAFETY: the context is that of `each`.
            unsafe { hand_out(context, each, [(&raw mut item).cast()]) };
        }
    }
    let collection = Collection {
        len: len::<T>,
        each: each::<T>,
        begin: begin::<T>,
        add: add::<T>,
        finish: None,
        consume: consume::<T>,
        slice: None,
    };
    Operations::of::<Slices<T>>(one_part::<T>, Kind::Collection(collection))
}

/// `[T; N]`
pub(crate) const fn array<T: Part, const N: usize>() -> Operations {
    Operations::of::<[T; N]>(one_part::<T>, Kind::Array(N))
}
