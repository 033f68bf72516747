//! `Lazy`: a value that follows to the running version by itself.

use std::alloc::{Layout, dealloc};
use std::cmp::Ordering;
use std::error::Error;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};

use super::impls::{describe, state};
use crate::codes::{self, coded};
use crate::operations::{OK, RawLazy, Stamp};
use crate::root::services::Stays;
use crate::root::values;
use crate::state::StableState;
use crate::thunks::{self, Stamped};

/// A value that follows to the running version by itself, when it is used first, however large the state around it
/// is.
///
/// A state that is migrated is migrated at once, by the call that comes next: a map of a million entries whose type
/// has changed stops its callers for as long as that takes. Of a `Lazy<T>` the bytes never depend on `T`. So what
/// holds it, here the map, is handed over as it is, and each entry is taken along by itself:
///
/// ```
/// use std::collections::HashMap;
///
/// use hotmod::{Lazy, StableState};
///
/// #[derive(StableState)]
/// struct Entry {
///     text: String,
///     hits: u32,
/// }
///
/// #[derive(StableState, Default)]
/// struct Store {
///     entries: HashMap<String, Lazy<Entry>>,
/// }
///
/// impl Store {
///     fn get(&mut self, key: &str) -> Option<&str> {
///         let entry = self.entries.get_mut(key)?;
///         entry.hits += 1; // taken to the running version here, if it is not there yet
///         Some(&entry.text)
///     }
/// }
///
/// let mut store = Store::default();
/// let entry = Entry { text: "one".to_owned(), hits: 0 };
/// store.entries.insert("a".to_owned(), Lazy::new(entry));
/// assert_eq!(store.get("a"), Some("one"));
/// assert_eq!(store.entries["a"].hits, 1);
/// ```
///
/// # Values that do not fit
///
/// The plan of an update decides what may change, as for any state. A single value may still not fit, where a number
/// is `checked`, a function of the author's refuses it, or memory is short. Then this value stays whole at its
/// version, while what holds it and all other values have moved on: [`try_get`](Lazy::try_get) and
/// [`try_get_mut`](Lazy::try_get_mut) say why, and `*lazy` panics with the same words. That is remembered: it is tried again
/// after the next update or rollback, or at the next use where memory was short. A rollback finds it as it was.
///
/// # What is right in each version
///
/// A `Lazy` may be dropped and moved while its value is at any version: the value is dropped by the code that made
/// it. To clone or compare it, or to move the value out, takes the value along first.
///
/// # Threads
///
/// A `Lazy` may be used by several threads at once if its value may. One of them takes the value along, and those
/// that come meanwhile wait for this one value. A value that is at the running version is read without a lock.
///
/// # Where it may stand
///
/// In any state, but not within an `Arc`, `Rc` or `Weak`, not in the key of a map or the element of a set, and not in
/// what a function takes or returns: such a module is refused. A function marked
/// [`migrate`](macro@crate::migrate) or [`after_migrate`](macro@crate::after_migrate) that looks at a state before it is
/// final cannot open a `Lazy` in it whose value is at another version.
#[repr(transparent)]
pub struct Lazy<T: StableState> {
    raw: RawLazy,
    value: PhantomData<T>,
}

// SAFETY: it owns a `T`, which moves with it.
unsafe impl<T: StableState + Send> Send for Lazy<T> {}

// SAFETY: through a shared reference one gets to `&T`, from several threads at once; one of them takes the value to
// another version, where its parts belong to that thread's code: it moves between threads. `RawLazy` says how one
// thread does so at a time.
unsafe impl<T: StableState + Send + Sync> Sync for Lazy<T> {}

describe! {
    [T: StableState] Lazy<T> = Lazy (T);
}

state! {
    [T: StableState] Lazy<T> = thunks::lazy::<Lazy<T>, T>();
}

impl<T: StableState> Lazy<T> {
    const STAMP: &'static Stamp = Stamped::<T>::STAMP;

    /// A value at the version of this code.
    pub fn new(value: T) -> Self {
        let value = Box::into_raw(Box::new(value));
        values::count(values::image(), 1);
        Lazy {
            raw: RawLazy::new(Self::STAMP, value.cast()),
            value: PhantomData,
        }
    }

    /// The value, taken to the version of this code if it is at another.
    ///
    /// # Errors
    ///
    /// [`LazyError`] if it does not fit: it stays whole, at its version.
    #[inline]
    pub fn try_get(&self) -> Result<&T, LazyError> {
        if !std::ptr::eq(self.raw.stamp(), Self::STAMP) {
            self.follow()?;
        }
        // SAFETY: the stamp is that of this type in this image.
        let value = unsafe { self.raw.value() };
        // SAFETY: for the same reason the value is a `T`, and stays one for as long as it is borrowed: only code of
        // another image, which has the state to itself then, would change that.
        Ok(unsafe { &*value.cast::<T>() })
    }

    /// The value, taken to the version of this code if it is at another.
    ///
    /// # Errors
    ///
    /// As [`try_get`](Lazy::try_get).
    #[inline]
    pub fn try_get_mut(&mut self) -> Result<&mut T, LazyError> {
        if !std::ptr::eq(self.raw.stamp(), Self::STAMP) {
            self.follow()?;
        }
        // SAFETY: as in `try_get`, and nothing else refers to the value.
        Ok(unsafe { &mut *self.raw.value_mut().cast::<T>() })
    }

    /// Moves the value out, taken to the version of this code if it is at another.
    ///
    /// # Errors
    ///
    /// As [`try_get`](Lazy::try_get), with the `Lazy`.
    pub fn try_into_inner(mut self) -> Result<T, (Self, LazyError)> {
        if let Err(error) = self.try_get_mut() {
            return Err((self, error));
        }
        let mut this = ManuallyDrop::new(self);
        values::count(values::image(), -1);
        // SAFETY: the value is at this version, in the block that `new` or the host made for a `T`, and `this` is not
        // dropped.
        Ok(*unsafe { Box::from_raw(this.raw.value_mut().cast::<T>()) })
    }

    /// Moves the value out, taken to the version of this code if it is at another.
    ///
    /// # Panics
    ///
    /// If it does not fit; the value is dropped then, at its version.
    pub fn into_inner(self) -> T {
        match self.try_into_inner() {
            Ok(value) => value,
            Err((lazy, error)) => {
                drop(lazy);
                unfit(&error)
            }
        }
    }

    /// Finds out whether the value is at this version, and takes it there if it is not.
    #[cold]
    #[inline(never)]
    fn follow(&self) -> Result<(), LazyError> {
        if let Some(stamp) = self.raw.settled()
            && stamp.is(Self::STAMP)
        {
            return Ok(());
        }
        let (lazy, stamp) = (&raw const self.raw, &raw const *Self::STAMP);
        // SAFETY: both are what they are said to be. The value is not at this version, so nothing refers to it: no
        // other code uses this `Lazy` at the same time.
        unsafe { values::follow(lazy.cast(), stamp.cast()) }.map_err(LazyError::from)
    }
}

impl<T: StableState> Drop for Lazy<T> {
    fn drop(&mut self) {
        let (stamp, value) = (self.raw.stamp_mut(), self.raw.value_mut());
        values::count((stamp.image)(), -1);
        if stamp.is(Self::STAMP) {
            // SAFETY: the value is a `T`, in a block that `new` or the host made for one.
            drop(unsafe { Box::from_raw(value.cast::<T>()) });
            return;
        }
        let operations = stamp.operations;
        // SAFETY: the value is of the stamp's type, and is given up.
        let dropped = unsafe { (operations.drop)(value) };
        if operations.size != 0 {
            let layout = Layout::from_size_align(operations.size, operations.align);
            let layout = layout.expect("bug in hotmod: a type's size and alignment are no layout");
            // SAFETY: the block was made for a value of this layout, and all modules have one allocator.
            unsafe { dealloc(value, layout) };
        }
        if dropped != OK && !std::thread::panicking() {
            panic!("the destructor of a `Lazy`'s value panicked, in the version that had made it");
        }
    }
}

/// # Panics
///
/// If the value does not fit.
impl<T: StableState> Deref for Lazy<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match self.try_get() {
            Ok(value) => value,
            Err(error) => unfit(&error),
        }
    }
}

/// # Panics
///
/// If the value does not fit.
impl<T: StableState> DerefMut for Lazy<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        match self.try_get_mut() {
            Ok(value) => value,
            Err(error) => unfit(&error),
        }
    }
}

#[cold]
#[track_caller]
fn unfit(error: &LazyError) -> ! {
    panic!("{error}")
}

impl<T: StableState> From<T> for Lazy<T> {
    fn from(value: T) -> Self {
        Lazy::new(value)
    }
}

impl<T: StableState + Default> Default for Lazy<T> {
    fn default() -> Self {
        Lazy::new(T::default())
    }
}

/// # Panics
///
/// If the value does not fit.
impl<T: StableState + Clone> Clone for Lazy<T> {
    fn clone(&self) -> Self {
        Lazy::new(T::clone(self))
    }
}

/// # Panics
///
/// If one of the values does not fit.
impl<T: StableState + PartialEq> PartialEq for Lazy<T> {
    fn eq(&self, other: &Self) -> bool {
        T::eq(self, other)
    }
}

impl<T: StableState + Eq> Eq for Lazy<T> {}

/// # Panics
///
/// If one of the values does not fit.
impl<T: StableState + PartialOrd> PartialOrd for Lazy<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        T::partial_cmp(self, other)
    }
}

/// # Panics
///
/// If one of the values does not fit.
impl<T: StableState + Ord> Ord for Lazy<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        T::cmp(self, other)
    }
}

/// # Panics
///
/// If the value does not fit.
impl<T: StableState + Hash> Hash for Lazy<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        T::hash(self, state);
    }
}

/// As the value, or why it does not fit.
impl<T: StableState + fmt::Debug> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_get() {
            Ok(value) => value.fmt(f),
            Err(error) => write!(f, "<{error}>"),
        }
    }
}

/// As the value.
///
/// # Panics
///
/// If the value does not fit.
impl<T: StableState + fmt::Display> fmt::Display for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

/// Why the value of a [`Lazy`] is not at the version of the code that asked for it. It stays whole, at its version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LazyError {
    /// The way to what does not fit, from the value: `Entry.gold`.
    pub path: String,
    /// The version that the value is at.
    pub from: String,
    /// The version that it was to be taken to.
    pub to: String,
    /// Why it does not fit.
    pub reason: String,
}

impl From<Box<Stays>> for LazyError {
    fn from(stays: Box<Stays>) -> Self {
        let stays = *stays;
        LazyError {
            path: stays.path.into(),
            from: stays.from.into(),
            to: stays.to.into(),
            reason: stays.reason.into(),
        }
    }
}

impl fmt::Display for LazyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, codes::VALUE_UNFIT, |f| {
            let LazyError {
                path,
                from,
                to,
                reason,
            } = self;
            write!(
                f,
                "value stays at {from}, and is not migrated to {to}: {path}: {reason}"
            )
        })
    }
}

impl Error for LazyError {}
