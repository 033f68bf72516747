//! How a value of a derived type crosses: as its bytes, without what is not carried over.
//!
//! A field with `#[state(skip)]` belongs to the code that made it. The sender drops it, and the
//! receiver makes its own. Which fields these are, a type says by [`StableState::RENEWED`] and
//! [`StableState::fields`]; where one stands in another place than in a struct, a host refuses the
//! signature before anything runs ([`crossing`](crate::describe::crossing)).

use std::cell::Cell;
use std::mem::{ManuallyDrop, MaybeUninit};

use crate::state::{Fields, StableState};

/// A value of a derived type on its way: without the fields that are not carried over, which are the
/// same bytes, but nothing.
#[repr(transparent)]
pub struct Crossed<T: StableState>(
    /// All but the fields that are not carried over.
    MaybeUninit<T>,
);

impl<T: StableState> Crossed<T> {
    /// Gives the value up: drops what is not carried over.
    #[inline]
    pub fn new(value: T) -> Self {
        if !T::RENEWED {
            return Crossed(MaybeUninit::new(value));
        }
        let mut crossed = Crossed(MaybeUninit::new(value));
        // SAFETY: these fields were not dropped yet. If a destructor panics, `crossed` drops the
        // others.
        unsafe { drop_fields::<T>(crossed.0.as_mut_ptr(), Which::Transient, usize::MAX) };
        crossed
    }

    /// Takes the value: makes anew what is not carried over.
    ///
    /// # Panics
    ///
    /// If a maker does; then nothing is left of the value.
    #[inline]
    pub fn into_value(mut self) -> T {
        if T::RENEWED {
            // SAFETY: it holds all but the fields that are not carried over.
            unsafe { renew::<T>(self.0.as_mut_ptr()) };
        }
        let crossed = ManuallyDrop::new(self);
        // SAFETY: the value is whole, and `crossed` is not dropped.
        unsafe { crossed.0.as_ptr().read() }
    }

    /// A whole vector; where nothing is made anew, the same one.
    pub fn vec_new(values: Vec<T>) -> Vec<Self> {
        if T::RENEWED {
            return values.into_iter().map(Crossed::new).collect();
        }
        let mut values = ManuallyDrop::new(values);
        let (items, len, capacity) = (values.as_mut_ptr(), values.len(), values.capacity());
        // SAFETY: they are the parts of a vector that is given up, and a `Crossed<T>` that misses
        // nothing is a `T`.
        unsafe { Vec::from_raw_parts(items.cast(), len, capacity) }
    }

    /// Takes back what [`vec_new`](Crossed::vec_new) gave.
    pub fn vec_into_values(crossed: Vec<Self>) -> Vec<T> {
        if T::RENEWED {
            return crossed.into_iter().map(Crossed::into_value).collect();
        }
        let mut crossed = ManuallyDrop::new(crossed);
        let (items, len, capacity) = (crossed.as_mut_ptr(), crossed.len(), crossed.capacity());
        // SAFETY: they are the parts of a vector that is given up, and a `Crossed<T>` that misses
        // nothing is a `T`.
        unsafe { Vec::from_raw_parts(items.cast(), len, capacity) }
    }
}

impl<T: StableState> Drop for Crossed<T> {
    #[inline]
    fn drop(&mut self) {
        let value = self.0.as_mut_ptr();
        if T::RENEWED {
            // SAFETY: these fields are what it holds.
            unsafe { drop_fields::<T>(value, Which::Kept, usize::MAX) };
        } else {
            // SAFETY: it misses nothing.
            unsafe { value.drop_in_place() };
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Which {
    Kept,
    Transient,
}

/// Drops fields.
struct Dropping<'a> {
    which: Which,
    /// Of the fields before this one none is left.
    from: &'a Cell<usize>,
    /// Those from this one on are no fields yet.
    until: usize,
    next: usize,
}

impl Dropping<'_> {
    /// Whether the next field is to be dropped; it is counted as dropped.
    fn takes(&mut self, which: Which) -> bool {
        let place = self.next;
        self.next += 1;
        let takes = which == self.which && (self.from.get()..self.until).contains(&place);
        if takes {
            self.from.set(place + 1);
        }
        takes
    }
}

impl Fields for Dropping<'_> {
    unsafe fn kept<T>(&mut self, field: *mut T) {
        if self.takes(Which::Kept) {
            // SAFETY: it is one of those that the caller gave up, and was counted before.
            unsafe { field.drop_in_place() };
        }
    }

    unsafe fn transient<T>(&mut self, field: *mut T, _make: impl FnOnce() -> T) {
        if self.takes(Which::Transient) {
            // SAFETY: as for `kept`.
            unsafe { field.drop_in_place() };
        }
    }
}

/// Drops all fields of one kind before the one with this number, each although the destructor of
/// another panics, as the language does it.
///
/// # Safety
///
/// They are whole, and given up.
unsafe fn drop_fields<T: StableState>(value: *mut T, which: Which, until: usize) {
    struct Rest<'a, T: StableState> {
        value: *mut T,
        which: Which,
        from: &'a Cell<usize>,
        until: usize,
    }

    impl<T: StableState> Rest<'_, T> {
        fn drop(&mut self) {
            let mut dropping = Dropping {
                which: self.which,
                from: self.from,
                until: self.until,
                next: 0,
            };
            // SAFETY: `drop_fields` is given the fields that are dropped, and each is counted.
            unsafe { T::fields(self.value, &mut dropping) };
        }
    }

    impl<T: StableState> Drop for Rest<'_, T> {
        fn drop(&mut self) {
            Rest::drop(self);
        }
    }

    let from = Cell::new(0);
    let mut rest = Rest {
        value,
        which,
        from: &from,
        until,
    };
    // What this leaves, because of a panic, the destructor of `rest` goes on with; else nothing.
    Rest::drop(&mut rest);
}

/// Makes fields.
struct Making<'a> {
    /// How many there are so far, with those that are carried over.
    made: &'a Cell<usize>,
}

impl Fields for Making<'_> {
    unsafe fn kept<T>(&mut self, _field: *mut T) {
        self.made.set(self.made.get() + 1);
    }

    unsafe fn transient<T>(&mut self, field: *mut T, make: impl FnOnce() -> T) {
        let value = make();
        // SAFETY: there is room for the field, and nothing in it.
        unsafe { field.write(value) };
        self.made.set(self.made.get() + 1);
    }
}

/// Makes all fields that are not carried over; if a maker panics, there are none.
///
/// # Safety
///
/// `value` points to a value without them.
unsafe fn renew<T: StableState>(value: *mut T) {
    struct Made<'a, T: StableState> {
        value: *mut T,
        made: &'a Cell<usize>,
    }

    impl<T: StableState> Drop for Made<'_, T> {
        fn drop(&mut self) {
            // SAFETY: so many were made, by `renew`, which has left them.
            unsafe { drop_fields::<T>(self.value, Which::Transient, self.made.get()) };
        }
    }

    let made = Cell::new(0);
    let undo = Made { value, made: &made };
    // SAFETY: the caller's.
    unsafe { T::fields(value, &mut Making { made: &made }) };
    std::mem::forget(undo);
}

#[cfg(test)]
mod tests;
