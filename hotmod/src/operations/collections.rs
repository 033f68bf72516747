//! Containers of any number of items.

use std::collections::{
    BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque, btree_map as tree,
    hash_map as hashed,
};
use std::hash::{DefaultHasher, Hash};
use std::mem::ManuallyDrop;

use abi_stable::std_types::{RHashMap, RVec, Tuple2};

use super::{EachItem, Kind, Operations, PANICKED, PANICKED_WITHIN, guarded};
use crate::state::StableState;

/// The operations of a container of any number of items. An item is one value, or for a map a key
/// and a value.
///
/// While a container is built it holds items that something else owns still: whatever happens then,
/// an item is moved in whole or left untouched, and never dropped. See [`Kept`].
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Collection {
    /// How many items there are.
    pub len: unsafe extern "C" fn(value: *const u8) -> usize,
    /// Calls `each` with every item, which stays where it is and as it is.
    pub each: unsafe extern "C" fn(value: *const u8, context: *mut (), each: EachItem) -> u8,
    /// Starts an empty container with room for so many items.
    pub begin: unsafe extern "C" fn(slot: *mut u8, capacity: usize) -> u8,
    /// Adds an item, which is moved out of where `items` points. [`FAILED`](super::FAILED) if an
    /// equal one is there already, [`PANICKED`](super::PANICKED) if a `Hash`, `Eq` or `Ord` did: the
    /// item is then untouched. [`PANICKED_WITHIN`](super::PANICKED_WITHIN) if one did when the item
    /// was moved in already.
    pub add: unsafe extern "C" fn(value: *mut u8, items: *const *mut u8) -> u8,
    /// Takes the container apart: calls `each` with every item, moved out of it, and frees the
    /// rest. What `each` does not take is leaked.
    pub consume: unsafe extern "C" fn(value: *mut u8, context: *mut (), each: EachItem),
    /// Where the items are, one after the other; absent where they are not.
    pub slice: Option<Slice>,
}

/// The operations of a container whose items lie one after the other in a block of their own: the
/// host fills and frees the block itself, without a call for each item.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Slice {
    /// Where the items are, in each of many containers, which go on owning them.
    pub runs: unsafe extern "C" fn(values: Many, runs: *mut Run),
    /// Builds many containers, each of which owns a run.
    pub build: unsafe extern "C" fn(slots: Many, runs: *const Run),
}

/// Many values, or rooms for them, at equal distances.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Many {
    /// The first.
    pub first: *mut u8,
    /// How far one is from the next, in bytes.
    pub stride: usize,
    /// How many there are.
    pub len: usize,
}

/// Items that lie one after the other, at the start of a block of the host's memory that has the
/// layout of an array of `capacity` items; where that is no byte, there is no block.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// The first; aligned, also where there is none.
    pub first: *mut u8,
    /// How many there are.
    pub len: usize,
    /// For how many there is room.
    pub capacity: usize,
}

extern "C" fn one_part<T: StableState>(place: usize) -> Option<&'static Operations> {
    (place == 0).then_some(T::OPERATIONS)
}

extern "C" fn two_parts<K: StableState, V: StableState>(
    place: usize,
) -> Option<&'static Operations> {
    match place {
        0 => Some(K::OPERATIONS),
        1 => Some(V::OPERATIONS),
        _ => None,
    }
}

/// An item that its container never drops: what it is made of belongs to something else still.
///
/// `add` runs the user's `Hash`, `Eq` and `Ord`, which may panic at any call, and the container then
/// drops what it was given. So items are added as values of this type, to the container of such
/// values that the container is taken for.
///
/// The compiler lays a generic type out by the layouts of its parameters, and this has that of `T`,
/// with the same values left over. That is how every release of the compiler does it, and
/// [`Kept::STANDS_FOR`] holds what can be held against it.
#[repr(transparent)]
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Kept<T>(ManuallyDrop<T>);

impl<T> Kept<T> {
    /// Fails to compile for a container that could not be one of kept items.
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
    /// There is a `T`, and who owns what it is made of goes on owning it until the whole container
    /// is handed over.
    unsafe fn read(item: *mut T) -> Self {
        let () = Self::STANDS_FOR;
        // SAFETY: the caller says so.
        Kept(ManuallyDrop::new(unsafe { item.read() }))
    }
}

/// The container at this address, as one of items that it never drops. `C` is the type of the
/// container, and `K` that of the same container of [`Kept`] items.
///
/// # Safety
///
/// There is a `C`, which nobody else uses for as long as the reference is used.
unsafe fn keeping<'a, C, K>(container: *mut u8) -> &'a mut K {
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
unsafe fn hand_out<const N: usize>(context: *mut (), each: EachItem, items: [*mut u8; N]) {
    // SAFETY: the context is that of `each`.
    unsafe { each(context, items.as_ptr()) };
}

/// A container of one value per item.
macro_rules! values {
    (
        $(#[$meta:meta])*
        $name:ident, $ty:ident, [$($bound:tt)*],
        begin: |$capacity:ident| $begin:expr,
        add: |$into:ident, $value:ident| $add:expr,
        slice: $slice:expr
    ) => {
        $(#[$meta])*
        pub(crate) const fn $name<T: StableState $($bound)*>() -> Operations {
            unsafe extern "C" fn len<T>(value: *const u8) -> usize {
                // SAFETY: the host passes the container.
                unsafe { &*value.cast::<$ty<T>>() }.len()
            }
            unsafe extern "C" fn each<T>(
                value: *const u8,
                context: *mut (),
                each: EachItem,
            ) -> u8 {
                // SAFETY: the host passes the container.
                let container = unsafe { &*value.cast::<$ty<T>>() };
                guarded(|| container.iter().all(|item| {
                    let items = [std::ptr::from_ref(item).cast::<u8>().cast_mut()];
                    // SAFETY: the context is that of `each`, which leaves the item as it is.
                    unsafe { each(context, items.as_ptr()) }
                }))
            }
            unsafe extern "C" fn begin<T: StableState $($bound)*>(
                slot: *mut u8,
                $capacity: usize,
            ) -> u8 {
                guarded(|| {
                    let empty: $ty<T> = $begin;
                    // SAFETY: the host gives room for the container.
                    unsafe { slot.cast::<$ty<T>>().write(empty) };
                    true
                })
            }
            unsafe extern "C" fn add<T: StableState $($bound)*>(
                value: *mut u8,
                items: *const *mut u8,
            ) -> u8 {
                // SAFETY: the host passes the container, which nobody else uses.
                let $into = unsafe { keeping::<$ty<T>, $ty<Kept<T>>>(value) };
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
            unsafe extern "C" fn consume<T>(value: *mut u8, context: *mut (), each: EachItem) {
                // SAFETY: the host gives up the container.
                let container = unsafe { value.cast::<$ty<T>>().read() };
                for item in container {
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
                consume: consume::<T>,
                slice: $slice,
            };
            Operations::of::<$ty<T>>(one_part::<T>, Kind::Collection(collection))
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
    })
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
    /// `HashSet<T>`
    hash_set, HashSet, [+ Eq + Hash],
    begin: |capacity| HashSet::with_capacity(capacity),
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

/// The operations of the slices of a vector; the last is what owns a standard one.
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

/// A key and a value, as the iterators of a map give them.
trait Pair<K, V> {
    fn pair(self) -> (K, V);
}

impl<K, V> Pair<K, V> for (K, V) {
    fn pair(self) -> (K, V) {
        self
    }
}

impl<K, V> Pair<K, V> for Tuple2<K, V> {
    fn pair(self) -> (K, V) {
        self.into_tuple()
    }
}

/// A container of a key and a value per item.
macro_rules! maps {
    (
        $(#[$meta:meta])*
        $name:ident, $ty:ident, [$($bound:tt)*],
        begin: |$capacity:ident| $begin:expr,
        add: |$into:ident, $key:ident, $item:ident| $add:expr
    ) => {
        $(#[$meta])*
        pub(crate) const fn $name<K: StableState $($bound)*, V: StableState>() -> Operations {
            unsafe extern "C" fn len<K, V>(value: *const u8) -> usize {
                // SAFETY: the host passes the container.
                unsafe { &*value.cast::<$ty<K, V>>() }.len()
            }
            unsafe extern "C" fn each<K, V>(
                value: *const u8,
                context: *mut (),
                each: EachItem,
            ) -> u8 {
                // SAFETY: the host passes the container.
                let container = unsafe { &*value.cast::<$ty<K, V>>() };
                guarded(|| container.iter().all(|item| {
                    let (key, value) = item.pair();
                    let items = [
                        std::ptr::from_ref(key).cast::<u8>().cast_mut(),
                        std::ptr::from_ref(value).cast::<u8>().cast_mut(),
                    ];
                    // SAFETY: the context is that of `each`, which leaves the item as it is.
                    unsafe { each(context, items.as_ptr()) }
                }))
            }
            unsafe extern "C" fn begin<K: StableState $($bound)*, V: StableState>(
                slot: *mut u8,
                $capacity: usize,
            ) -> u8 {
                guarded(|| {
                    let empty: $ty<K, V> = $begin;
                    // SAFETY: the host gives room for the container.
                    unsafe { slot.cast::<$ty<K, V>>().write(empty) };
                    true
                })
            }
            unsafe extern "C" fn add<K: StableState $($bound)*, V: StableState>(
                value: *mut u8,
                items: *const *mut u8,
            ) -> u8 {
                // SAFETY: an item is a key and a value.
                let [key, item] = unsafe { *items.cast::<[*mut u8; 2]>() };
                let ($into, $key, $item) = (value, key.cast::<K>(), item.cast::<V>());
                guarded(|| $add)
            }
            unsafe extern "C" fn consume<K, V>(
                value: *mut u8,
                context: *mut (),
                each: EachItem,
            ) {
                // SAFETY: the host gives up the container.
                let container = unsafe { value.cast::<$ty<K, V>>().read() };
                for item in container {
                    let (key, value) = item.pair();
                    let mut key = ManuallyDrop::new(key);
                    let mut value = ManuallyDrop::new(value);
                    let items = [(&raw mut key).cast(), (&raw mut value).cast()];
                    // SAFETY: the context is that of `each`.
                    unsafe { hand_out(context, each, items) };
                }
            }
            let collection = Collection {
                len: len::<K, V>,
                each: each::<K, V>,
                begin: begin::<K, V>,
                add: add::<K, V>,
                consume: consume::<K, V>,
                slice: None,
            };
            Operations::of::<$ty<K, V>>(two_parts::<K, V>, Kind::Collection(collection))
        }
    };
}

/// Adds an item to a standard map unless its key is there; `key` and `value` are untouched if it is,
/// or if looking for it panics.
macro_rules! enter {
    ($ty:ident, $entry:ident, $map:ident, $key:ident, $value:ident) => {{
        // SAFETY: the host passes the map, which nobody else uses.
        let map = unsafe { keeping::<$ty<K, V>, $ty<Kept<K>, Kept<V>>>($map) };
        // SAFETY: the host gives up the `K` there, once the container is finished.
        let key = unsafe { Kept::read($key) };
        match map.entry(key) {
            $entry::Entry::Vacant(place) => {
                // SAFETY: as above, of the `V`.
                place.insert(unsafe { Kept::read($value) });
                true
            }
            $entry::Entry::Occupied(_) => false,
        }
    }};
}

/// Ends the process if it is dropped in a panic.
struct NoPanic;

impl Drop for NoPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

maps!(
    /// `HashMap<K, V>`
    hash_map, HashMap, [+ Eq + Hash],
    begin: |capacity| HashMap::with_capacity(capacity),
    add: |map, key, value| enter!(HashMap, hashed, map, key, value)
);
maps!(
    /// `RHashMap<K, V>`
    r_hash_map, RHashMap, [+ Eq + Hash],
    begin: |capacity| RHashMap::with_capacity(capacity),
    add: |map, key, value| {
        // SAFETY: the host passes the map, which nobody else uses.
        let map = unsafe { &mut *map.cast::<RHashMap<K, V>>() };
        // SAFETY: the host passes a `K`.
        let before = unsafe { &*key };
        // A panic inside of it would end the process, so one of `Hash` is to come before.
        before.hash(&mut DefaultHasher::new());
        if map.contains_key(before) {
            return false;
        }
        // Nor may what it is given be dropped, which has another owner.
        let guard = NoPanic;
        // SAFETY: the host gives up the `K` there.
        let key = unsafe { key.read() };
        // SAFETY: the host gives up the `V` there.
        let value = unsafe { value.read() };
        map.insert(key, value);
        std::mem::forget(guard);
        true
    }
);
maps!(
    /// `BTreeMap<K, V>`
    btree_map, BTreeMap, [+ Ord],
    begin: |_capacity| BTreeMap::new(),
    add: |map, key, value| enter!(BTreeMap, tree, map, key, value)
);

/// `[T; N]`
pub(crate) const fn array<T: StableState, const N: usize>() -> Operations {
    Operations::of::<[T; N]>(one_part::<T>, Kind::Array(N))
}
