//! Containers of any number of items.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::hash::{DefaultHasher, Hash};
use std::mem::ManuallyDrop;

use abi_stable::std_types::{RHashMap, RVec, Tuple2};

use super::{EachItem, Kind, Operations, guarded};
use crate::state::StableState;

/// The operations of a container of any number of items. An item is one value, or for a map a key
/// and a value.
///
/// While a container is built it holds items that something else owns still: whatever happens then,
/// an item is moved in whole or left untouched, and never dropped.
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
    /// item is then untouched.
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

/// Ends the process if it is dropped in a panic.
///
/// `add` asks whether an item is there before it moves it in, which runs the same `Hash`, `Eq` and
/// `Ord` with the same arguments; one that panics only the second time would have the container
/// drop an item that has another owner.
struct NoPanic;

impl Drop for NoPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
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
        has: |$of:ident, $item:ident| $has:expr,
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
                let $into = unsafe { &mut *value.cast::<$ty<T>>() };
                // SAFETY: an item is one value.
                let item = unsafe { *items }.cast::<T>();
                guarded(|| {
                    let $of = &*$into;
                    // SAFETY: the host passes a `T`.
                    let $item = unsafe { &*item };
                    if $has {
                        return false;
                    }
                    let guard = NoPanic;
                    // SAFETY: the host gives up the `T` there.
                    let $value = unsafe { item.read() };
                    $add;
                    std::mem::forget(guard);
                    true
                })
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
    has: |_seen, _item| false,
    add: |all, item| all.push(item),
    slice: Some(Slice {
        runs: vec_runs::<T>,
        build: vec_build::<T>,
    })
);
values!(
    /// `RVec<T>`
    r_vec, RVec, [],
    begin: |capacity| RVec::with_capacity(capacity),
    has: |_seen, _item| false,
    add: |all, item| all.push(item),
    slice: Some(Slice {
        runs: r_vec_runs::<T>,
        build: r_vec_build::<T>,
    })
);
values!(
    /// `VecDeque<T>`
    vec_deque, VecDeque, [],
    begin: |capacity| VecDeque::with_capacity(capacity),
    has: |_seen, _item| false,
    add: |all, item| all.push_back(item),
    slice: None
);
values!(
    /// `LinkedList<T>`
    linked_list, LinkedList, [],
    begin: |_capacity| LinkedList::new(),
    has: |_seen, _item| false,
    add: |all, item| all.push_back(item),
    slice: None
);
values!(
    /// `BinaryHeap<T>`
    binary_heap, BinaryHeap, [+ Ord],
    begin: |capacity| BinaryHeap::with_capacity(capacity),
    // No item is one too many, but an `Ord` that panics must do so before the item is moved in.
    has: |seen, item| {
        rise(seen.as_slice(), item);
        false
    },
    add: |all, item| all.push(item),
    slice: None
);
values!(
    /// `HashSet<T>`
    hash_set, HashSet, [+ Eq + Hash],
    begin: |capacity| HashSet::with_capacity(capacity),
    has: |seen, item| seen.contains(item),
    add: |all, item| all.insert(item),
    slice: None
);
values!(
    /// `BTreeSet<T>`
    btree_set, BTreeSet, [+ Ord],
    begin: |_capacity| BTreeSet::new(),
    has: |seen, item| seen.contains(item),
    add: |all, item| all.insert(item),
    slice: None
);

/// Compares an item with those that `BinaryHeap::push` compares it with.
fn rise<T: Ord>(heap: &[T], item: &T) {
    let mut place = heap.len();
    while place > 0 {
        place = (place - 1) / 2;
        if item <= &heap[place] {
            break;
        }
    }
}

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
        before: |$before:ident| { $($check:tt)* }
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
                // SAFETY: the host passes the container, which nobody else uses.
                let container = unsafe { &mut *value.cast::<$ty<K, V>>() };
                // SAFETY: an item is a key and a value.
                let [key, value] = unsafe { *items.cast::<[*mut u8; 2]>() };
                let (key, value) = (key.cast::<K>(), value.cast::<V>());
                guarded(|| {
                    // SAFETY: the host passes a `K`.
                    let $before = unsafe { &*key };
                    $($check)*
                    if container.contains_key($before) {
                        return false;
                    }
                    let guard = NoPanic;
                    // SAFETY: the host gives up the `K` there.
                    let key = unsafe { key.read() };
                    // SAFETY: the host gives up the `V` there.
                    let value = unsafe { value.read() };
                    container.insert(key, value);
                    std::mem::forget(guard);
                    true
                })
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

maps!(
    /// `HashMap<K, V>`
    hash_map, HashMap, [+ Eq + Hash],
    begin: |capacity| HashMap::with_capacity(capacity),
    before: |_key| {}
);
maps!(
    /// `RHashMap<K, V>`
    r_hash_map, RHashMap, [+ Eq + Hash],
    begin: |capacity| RHashMap::with_capacity(capacity),
    // A panic inside of it would end the process, so one of `Hash` is to come before.
    before: |key| { key.hash(&mut DefaultHasher::new()); }
);
maps!(
    /// `BTreeMap<K, V>`
    btree_map, BTreeMap, [+ Ord],
    begin: |_capacity| BTreeMap::new(),
    before: |_key| {}
);

/// `[T; N]`
pub(crate) const fn array<T: StableState, const N: usize>() -> Operations {
    Operations::of::<[T; N]>(one_part::<T>, Kind::Array(N))
}
