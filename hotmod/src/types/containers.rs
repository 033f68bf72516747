//! The standard library's containers. Their layout is the compiler's choice; those that users
//! write in signatures cross by conversion instead (see [`crate::call::boundary`]).

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, LinkedList, VecDeque};
use std::ffi::{CStr, CString, OsStr, OsString};
use std::ops::{Bound, Range, RangeFrom, RangeInclusive, RangeTo, RangeToInclusive};
use std::path::{Path, PathBuf};
use std::task::Poll;

use super::impls::{by_layout, describe, mentioning, state};

use crate::describe::{Head, TypeRef};
use crate::operations::Operations;
use crate::state::{Describe, Part, StableState};
use crate::thunks;

describe! {
    [] str = Str ();
    [] String = String ();
    [] PathBuf = PathBuf ();
    [] OsString = OsString ();
    [] CString = CString ();
    [] Path = Path ();
    [] OsStr = OsStr ();
    [] CStr = CStr ();
    [T: Describe] [T] = Slice (T);
    [T: Describe] Vec<T> = Vec (T);
    [T: Describe] VecDeque<T> = VecDeque (T);
    [T: Describe] LinkedList<T> = LinkedList (T);
    [T: Describe] BinaryHeap<T> = BinaryHeap (T);
    [T: Describe] BTreeSet<T> = BTreeSet (T);
    [K: Describe, V: Describe] BTreeMap<K, V> = BTreeMap (K, V);
    [T: Describe] Option<T> = Option (T);
    [T: Describe, E: Describe] Result<T, E> = Result (T, E);
    [T: Describe] Reverse<T> = Reverse (T);
    [T: Describe] Poll<T> = Poll (T);
    [T: Describe] Bound<T> = Bound (T);
    [T: Describe] Range<T> = Range (T);
    [T: Describe] RangeInclusive<T> = RangeInclusive (T);
    [T: Describe] RangeFrom<T> = RangeFrom (T);
    [T: Describe] RangeTo<T> = RangeTo (T);
    [T: Describe] RangeToInclusive<T> = RangeToInclusive (T);
    [] Cow<'static, str> = Cow (str);
    [] Cow<'static, Path> = Cow (Path);
    [] Cow<'static, OsStr> = Cow (OsStr);
    [] Cow<'static, CStr> = Cow (CStr);
    [T: Describe + Clone] Cow<'static, [T]> = Cow ([T]);
}

state! {
    [] String = thunks::string();
    [] PathBuf = thunks::path_buf();
    [] OsString = thunks::os_string();
    [] CString = thunks::c_string();
    [T: State] Vec<T> = thunks::vec::<T>();
    [T: State] VecDeque<T> = thunks::vec_deque::<T>();
    [T: State] LinkedList<T> = thunks::linked_list::<T>();
    [T: State + Ord] BinaryHeap<T> = thunks::binary_heap::<T>();
    [T: State + Ord] BTreeSet<T> = thunks::btree_set::<T>();
    [K: State + Ord, V: State] BTreeMap<K, V> = thunks::btree_map::<K, V>();
    [T: State] Option<T> = thunks::option::<T>();
    [T: State, E: State] Result<T, E> = thunks::result::<T, E>();
    // SAFETY: `Reverse` is `repr(transparent)` over its item.
    [T: State] Reverse<T> = unsafe { thunks::transparent::<Reverse<T>, T>() };
    [T: State] Poll<T> = thunks::poll::<T>();
    [T: State] Bound<T> = thunks::bound::<T>();
    [T: State] Range<T> = thunks::range::<T>();
    [T: State + PartialOrd + 'static] RangeInclusive<T> = thunks::range_inclusive::<T>();
    [T: State] RangeFrom<T> = thunks::range_from::<T>();
    [T: State] RangeTo<T> = thunks::range_to::<T>();
    [T: State] RangeToInclusive<T> = thunks::range_to_inclusive::<T>();
    [T: State, const N: usize] [T; N] = thunks::array::<T, N>();
}

/// `Cow`s of what is plain bytes.
macro_rules! cows {
    ($($of:ty = $operations:ident;)*) => {$(
        // SAFETY: an owned `Cow` owns its text. A borrowed one may point into the data of the module
        // that made it, which stays mapped for as long as the process lives (images are retired,
        // never unloaded), and is plain text: no code is reached through it.
        unsafe impl StableState for Cow<'static, $of> {}

        // SAFETY: the operations are made for the type.
        unsafe impl Part for Cow<'static, $of> {
            const OPERATIONS: &'static Operations = &thunks::$operations();
        }
    )*};
}

// SAFETY: as for texts. A `Copy` item owns nothing.
unsafe impl<T: StableState + Copy> StableState for Cow<'static, [T]> {}

// SAFETY: the operations are made for the type.
unsafe impl<T: Part + Copy + 'static> Part for Cow<'static, [T]> {
    const OPERATIONS: &'static Operations = &thunks::cow_slice::<T>();
}

cows! {
    str = cow;
    Path = cow_path;
    OsStr = cow_os_str;
    CStr = cow_c_str;
}

by_layout! {
    [] PathBuf;
    [] OsString;
    [] CString;
    [T: StableState] VecDeque<T>;
    [T: StableState] LinkedList<T>;
    [T: StableState + Ord] BinaryHeap<T>;
    [T: StableState + Ord] BTreeSet<T>;
    [K: StableState + Ord, V: StableState] BTreeMap<K, V>;
    [T: StableState] Reverse<T>;
    [T: StableState] Poll<T>;
    [T: StableState] Bound<T>;
    [T: StableState] Range<T>;
    [T: StableState + PartialOrd] RangeInclusive<T>;
    [T: StableState] RangeFrom<T>;
    [T: StableState] RangeTo<T>;
    [T: StableState] RangeToInclusive<T>;
    [] Cow<'static, str>;
    [] Cow<'static, Path>;
    [] Cow<'static, OsStr>;
    [] Cow<'static, CStr>;
    [T: StableState + Copy] Cow<'static, [T]>;
}

// SAFETY: an array is `N` times its element, and mentions what its element mentions.
unsafe impl<T: Describe, const N: usize> Describe for [T; N] {
    const TYPE: TypeRef = TypeRef {
        head: Head::Array(N as u64),
        args: &[&T::TYPE],
    };
    mentioning!([T: Describe]);
}

by_layout! {
    [T: StableState, const N: usize] [T; N];
}
