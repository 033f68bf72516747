//! The standard library's containers. Their layout is the compiler's choice; those that users
//! write in signatures cross by conversion instead (see [`crate::boundary`]).

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::ffi::OsString;
use std::hash::Hash;
use std::marker::PhantomData;
use std::path::PathBuf;

use super::{by_layout, describe, state};

use crate::describe::{Head, TypeRef};
use crate::operations::{self, Operations};
use crate::state::{Describe, Registry, StableState};

describe! {
    [] str = Str ();
    [] String = String ();
    [] PathBuf = PathBuf ();
    [] OsString = OsString ();
    [T: Describe] [T] = Slice (T);
    [T: Describe] Vec<T> = Vec (T);
    [T: Describe] VecDeque<T> = VecDeque (T);
    [T: Describe] LinkedList<T> = LinkedList (T);
    [T: Describe] BinaryHeap<T> = BinaryHeap (T);
    [T: Describe] HashSet<T> = HashSet (T);
    [T: Describe] BTreeSet<T> = BTreeSet (T);
    [K: Describe, V: Describe] HashMap<K, V> = HashMap (K, V);
    [K: Describe, V: Describe] BTreeMap<K, V> = BTreeMap (K, V);
    [T: Describe] Option<T> = Option (T);
    [T: Describe, E: Describe] Result<T, E> = Result (T, E);
    [T: Describe] Reverse<T> = Reverse (T);
    [T: Describe] PhantomData<T> = PhantomData (T);
    [] Cow<'static, str> = Cow (str);
}

state! {
    [] String = operations::string();
    [] PathBuf = operations::path_buf();
    [] OsString = operations::os_string();
    [T: StableState] Vec<T> = operations::vec::<T>();
    [T: StableState] VecDeque<T> = operations::vec_deque::<T>();
    [T: StableState] LinkedList<T> = operations::linked_list::<T>();
    [T: StableState + Ord] BinaryHeap<T> = operations::binary_heap::<T>();
    [T: StableState + Eq + Hash] HashSet<T> = operations::hash_set::<T>();
    [T: StableState + Ord] BTreeSet<T> = operations::btree_set::<T>();
    [K: StableState + Eq + Hash, V: StableState] HashMap<K, V> = operations::hash_map::<K, V>();
    [K: StableState + Ord, V: StableState] BTreeMap<K, V> = operations::btree_map::<K, V>();
    [T: StableState] Option<T> = operations::option::<T>();
    [T: StableState, E: StableState] Result<T, E> = operations::result::<T, E>();
    // SAFETY: `Reverse` is `repr(transparent)` over its item.
    [T: StableState] Reverse<T> = unsafe { operations::transparent::<Reverse<T>, T>() };
    [T: StableState] PhantomData<T> = Operations::opaque::<PhantomData<T>>();
    [T: StableState, const N: usize] [T; N] = operations::array::<T, N>();
}

// SAFETY: an owned `Cow` owns its text. A borrowed one may point into the data of the module that
// made it, which stays mapped for as long as the process lives (images are retired, never
// unloaded), and is plain text: no code is reached through it.
unsafe impl StableState for Cow<'static, str> {
    const OPERATIONS: &'static Operations = &operations::cow();
}

by_layout! {
    [] PathBuf;
    [] OsString;
    [T: StableState] VecDeque<T>;
    [T: StableState] LinkedList<T>;
    [T: StableState] BinaryHeap<T>;
    [T: StableState] HashSet<T>;
    [T: StableState] BTreeSet<T>;
    [K: StableState, V: StableState] HashMap<K, V>;
    [K: StableState, V: StableState] BTreeMap<K, V>;
    [T: StableState] Reverse<T>;
    [T: StableState] PhantomData<T>;
    [] Cow<'static, str>;
}

// SAFETY: an array is `N` times its element, and mentions what its element mentions.
unsafe impl<T: Describe, const N: usize> Describe for [T; N] {
    const TYPE: TypeRef = TypeRef {
        head: Head::Array(N as u64),
        args: &[&T::TYPE],
    };
    super::levels!(T);

    fn register(types: &mut Registry) {
        T::register(types);
    }
}

by_layout! {
    [T: StableState, const N: usize] [T; N];
}
