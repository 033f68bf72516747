//! Keys whose `Hash` and `Eq` may panic where no panic may come: abi_stable's `RHashMap` asks for them in
//! `extern "C"` functions.

use std::borrow::Borrow;
use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::panic::{self, AssertUnwindSafe};

use abi_stable::std_types::RHashMap;

use crate::operations::forget_payload;

/// What this thread does with the maps of this image.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// They are used, as any map is.
    Used,
    /// A key is looked for in a map that is being built.
    LookedInto,
    /// A key that was not found is put into a map that is being built.
    PutInto,
}

thread_local! {
    static PHASE: Cell<Phase> = const { Cell::new(Phase::Used) };
    /// Whether a panic was caught since `add` began.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Asks the user's code. If that panics while a map is being built, the answer is `otherwise`, and the
/// map is given up.
fn caught<R>(otherwise: R, ask: impl FnOnce() -> R) -> R {
    match panic::catch_unwind(AssertUnwindSafe(ask)) {
        Ok(answer) => answer,
        // A map is used: the panic leaves its own functions, which ends the process.
        Err(payload) if PHASE.get() == Phase::Used => panic::resume_unwind(payload),
        Err(payload) => {
            forget_payload(payload);
            CAUGHT.set(true);
            otherwise
        }
    }
}

/// A key of a map that [`add`] builds. The finished map still asks for the key's `Hash` and `Eq`
/// through this type.
#[repr(transparent)]
pub(super) struct Caught<K>(K);

impl<K: Hash> Hash for Caught<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        caught((), || self.0.hash(state));
    }
}

impl<K: Eq> PartialEq for Caught<K> {
    fn eq(&self, other: &Self) -> bool {
        // The key was looked for and not found. If it were found now, by an `Eq` that changes its
        // answer, the map would drop the key that it is given, which has another owner.
        PHASE.get() != Phase::PutInto && caught(false, || self.0 == other.0)
    }
}

impl<K: Eq> Eq for Caught<K> {}

/// A key that is looked for.
#[repr(transparent)]
struct Sought<K>(Caught<K>);

impl<K: Eq> PartialEq for Sought<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<K: Eq> Eq for Sought<K> {}

impl<K: Hash> Hash for Sought<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K> Borrow<Sought<K>> for Caught<K> {
    fn borrow(&self) -> &Sought<K> {
        // SAFETY: `Sought` is a `Caught`, and nothing else.
        unsafe { &*std::ptr::from_ref(self).cast() }
    }
}

/// The map at this address, as a map that asks through [`Caught`].
///
/// An `RHashMap` is `repr(C)`: a box of a map whose type is erased, and a table of functions that take
/// it. [`begin`] made both for `Caught<K>`, and they stay together. What the functions take and return
/// is `repr(C)` too, or a pointer, with a `Caught<K>` where the table of a map of `K` has a `K`. Being
/// `repr(transparent)`, a `Caught<K>` is laid out and passed as a `K` is. So code that takes the map
/// for one of `K` can call the functions as they are.
///
/// # Safety
///
/// [`begin`] made the map, and it is used nowhere else for as long as the reference is used.
unsafe fn asking<'a, K, V>(map: *mut u8) -> &'a mut RHashMap<Caught<K>, V> {
    // SAFETY: the caller says so.
    unsafe { &mut *map.cast::<RHashMap<Caught<K>, V>>() }
}

/// An empty map, to be used as a map of `K` when it has all its items.
pub(super) fn begin<K: Eq + Hash, V>(capacity: usize) -> RHashMap<K, V> {
    let map = std::mem::ManuallyDrop::new(RHashMap::<Caught<K>, V>::with_capacity(capacity));
    // SAFETY: they are of one layout, and the functions of the one are those of the other: see `asking`.
    unsafe { std::mem::transmute_copy::<RHashMap<Caught<K>, V>, RHashMap<K, V>>(&map) }
}

/// What became of an item that was to be added.
pub(super) enum Added {
    /// It is in the map.
    Yes,
    /// An equal key is there already, and the item is untouched.
    No,
    /// The user's code panicked, and the item is untouched.
    Panicked,
    /// The user's code panicked, and the item is in the map.
    PanickedWithin,
}

/// Adds an item, which is moved out of `key` and `value`.
///
/// # Safety
///
/// [`begin`] made the map, which is used nowhere else. `key` and `value` point to a `K` and a `V`,
/// which their owner gives up once the map is finished.
pub(super) unsafe fn add<K: Eq + Hash, V>(map: *mut u8, key: *mut K, value: *mut V) -> Added {
    /// The phase and flag of before, which are restored however this ends: a `Hash` may have the host
    /// build another map.
    struct Before(Phase, bool);

    impl Drop for Before {
        fn drop(&mut self) {
            PHASE.set(self.0);
            CAUGHT.set(self.1);
        }
    }

    // SAFETY: the caller says so.
    let map = unsafe { asking::<K, V>(map) };
    let _before = Before(PHASE.replace(Phase::LookedInto), CAUGHT.replace(false));
    // SAFETY: the caller passes a `K`, and `Sought` is one and nothing else.
    let sought = unsafe { &*key.cast::<Sought<K>>() };
    let is_there = map.contains_key(sought);
    if CAUGHT.get() {
        return Added::Panicked;
    }
    if is_there {
        return Added::No;
    }
    PHASE.set(Phase::PutInto);
    // SAFETY: the caller gives up the `K` there, which `Caught` is and nothing else.
    let key = unsafe { key.cast::<Caught<K>>().read() };
    // SAFETY: the caller gives up the `V` there.
    let value = unsafe { value.read() };
    // Nothing is equal to it in this phase, so there is nothing that it takes the place of.
    std::mem::forget(map.insert(key, value));
    match CAUGHT.get() {
        true => Added::PanickedWithin,
        false => Added::Yes,
    }
}
