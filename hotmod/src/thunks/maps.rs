//! Containers of any number of keys, each with a value.

mod caught;

use std::collections::{BTreeMap, HashMap, btree_map as tree, hash_map as hashed};
use std::hash::{BuildHasher, Hash};
use std::mem::ManuallyDrop;

use abi_stable::std_types::{RHashMap, Tuple2};

use super::collections::{Kept, hand_out, keeping};
use super::parts::two_parts;
use crate::operations::{
    Collection, EachItem, FAILED, Kind, OK, Operations, PANICKED, PANICKED_WITHIN, guarded,
};
use crate::state::Part;
use caught::Added;

#[cfg(feature = "indexmap")]
use super::ordered::Entries;

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
        $name:ident, $ty:ident $(by $hasher:ident)?, [$($bound:tt)*],
        begin: |$capacity:ident| $begin:expr,
        add: |$into:ident, $key:ident, $item:ident| $add:expr
    ) => {
        $(#[$meta])*
        pub(crate) const fn $name<K: Part $($bound)*, V: Part $(, $hasher: BuildHasher + Default)?>() -> Operations {
            unsafe extern "C" fn len<K, V $(, $hasher)?>(value: *const u8) -> usize {
                // SAFETY: the host passes the container.
                unsafe { &*value.cast::<$ty<K, V $(, $hasher)?>>() }.len()
            }
            unsafe extern "C" fn each<K, V $(, $hasher)?>(
                value: *const u8,
                skip: usize,
                context: *mut (),
                each: EachItem,
            ) -> u8 {
                // SAFETY: the host passes the container.
                let container = unsafe { &*value.cast::<$ty<K, V $(, $hasher)?>>() };
                guarded(|| container.iter().skip(skip).all(|item| {
                    let (key, value) = item.pair();
                    let items = [
                        std::ptr::from_ref(key).cast::<u8>().cast_mut(),
                        std::ptr::from_ref(value).cast::<u8>().cast_mut(),
                    ];
                    // SAFETY: the context is that of `each`, which leaves the item as it is.
                    unsafe { each(context, items.as_ptr()) }
                }))
            }
            unsafe extern "C" fn begin<K: Part $($bound)*, V: Part $(, $hasher: BuildHasher + Default)?>(
                slot: *mut u8,
                $capacity: usize,
            ) -> u8 {
                guarded(|| {
                    let empty: $ty<K, V $(, $hasher)?> = $begin;
                    // SAFETY: the host gives room for the container.
                    unsafe { slot.cast::<$ty<K, V $(, $hasher)?>>().write(empty) };
                    true
                })
            }
            unsafe extern "C" fn add<K: Part $($bound)*, V: Part $(, $hasher: BuildHasher + Default)?>(
                value: *mut u8,
                items: *const *mut u8,
            ) -> u8 {
                // SAFETY: an item is a key and a value.
                let [key, item] = unsafe { *items.cast::<[*mut u8; 2]>() };
                let ($into, $key, $item) = (value, key.cast::<K>(), item.cast::<V>());
                $add
            }
            unsafe extern "C" fn consume<K, V $(, $hasher)?>(
                value: *mut u8,
                context: *mut (),
                each: EachItem,
            ) {
                // SAFETY: the host gives up the container.
                let container = unsafe { value.cast::<$ty<K, V $(, $hasher)?>>().read() };
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
                len: len::<K, V $(, $hasher)?>,
                each: each::<K, V $(, $hasher)?>,
                begin: begin::<K, V $(, $hasher)?>,
                add: add::<K, V $(, $hasher)?>,
                finish: None,
                consume: consume::<K, V $(, $hasher)?>,
                slice: None,
            };
            Operations::of::<$ty<K, V $(, $hasher)?>>(two_parts::<K, V>, Kind::Collection(collection))
        }
    };
}

/// Adds an item to a standard map unless its key is there; `key` and `value` are untouched if it is,
/// or if looking for it panics.
macro_rules! enter {
    ($ty:ident $(by $hasher:ident)?, $entry:ident, $map:ident, $key:ident, $value:ident) => {{
        // SAFETY: the host passes the map, and nothing else uses it.
        let map = unsafe { keeping::<$ty<K, V $(, $hasher)?>, $ty<Kept<K>, Kept<V> $(, $hasher)?>>($map) };
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

maps!(
    /// `HashMap<K, V, S>`, with a hasher made anew.
    hash_map, HashMap by S, [+ Eq + Hash],
    begin: |capacity| HashMap::with_capacity_and_hasher(capacity, S::default()),
    add: |map, key, value| guarded(|| enter!(HashMap by S, hashed, map, key, value))
);
maps!(
    /// `RHashMap<K, V>`
    r_hash_map, RHashMap, [+ Eq + Hash],
    begin: |capacity| caught::begin::<K, V>(capacity),
    add: |map, key, value| {
        // SAFETY: the host passes the map, which is used nowhere else, and gives up the `K` and the `V` there,
        // once it is finished.
        match unsafe { caught::add::<K, V>(map, key, value) } {
            Added::Yes => OK,
            Added::No => FAILED,
            Added::Panicked => PANICKED,
            Added::PanickedWithin => PANICKED_WITHIN,
        }
    }
);
maps!(
    /// `BTreeMap<K, V>`
    btree_map, BTreeMap, [+ Ord],
    begin: |_capacity| BTreeMap::new(),
    add: |map, key, value| guarded(|| enter!(BTreeMap, tree, map, key, value))
);
#[cfg(feature = "indexmap")]
maps!(
    /// `Entries<K, V>`
    entries, Entries, [],
    begin: |capacity| Entries::with_capacity(capacity),
    add: |map, key, value| guarded(|| {
        // SAFETY: the host passes the container, and nothing else uses it.
        let entries = unsafe { keeping::<Entries<K, V>, Entries<Kept<K>, Kept<V>>>(map) };
        // SAFETY: the host gives up the `K` there, once the container is finished.
        let key = unsafe { Kept::read(key) };
        // SAFETY: as above, of the `V`.
        let value = unsafe { Kept::read(value) };
        entries.push(key, value);
        true
    })
);
