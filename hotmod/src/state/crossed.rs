//! How a value of a derived type crosses: as its bytes, without what is not carried over.
//!
//! A field with `#[state(skip)]` belongs to the code that made it. The sender drops it, and the
//! receiver makes its own. A type says by [`StableState::RENEWED`] and [`StableState::fields`] which
//! fields these are. If such a field stands anywhere but in a struct, a host refuses the signature
//! before anything runs (`contract/crossing.rs` of `hotmod-file`).

use std::cell::Cell;
use std::mem::{ManuallyDrop, MaybeUninit};

use crate::state::{Fields, StableState};

/// A value of a derived type on its way: the bytes of the value, without live values in the fields that
/// are not carried over.
#[repr(transparent)]
pub struct Crossed<T: StableState>(
    /// All but the fields that are not carried over.
    MaybeUninit<T>,
);

impl<T: StableState> Crossed<T> {
    /// Gives the value up and drops the fields that are not carried over.
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

    /// Takes the value and makes the fields anew that are not carried over.
    ///
    /// # Panics
    ///
    /// If the code that makes a field panics; then the rest of the value is dropped.
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

    /// Gives up a whole vector; where no field is made anew, the same vector.
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
    /// The fields before this one are dropped already.
    from: &'a Cell<usize>,
    /// The fields from this one on are not made yet.
    until: usize,
    next: usize,
}

impl Dropping<'_> {
    /// Goes past the next field. Returns whether it is to be dropped, and counts it as dropped then.
    fn pass(&mut self, which: Which) -> bool {
        let place = self.next;
        self.next += 1;
        let is_due = which == self.which && (self.from.get()..self.until).contains(&place);
        if is_due {
            self.from.set(place + 1);
        }
        is_due
    }
}

impl Fields for Dropping<'_> {
    unsafe fn kept<T>(&mut self, field: *mut T) {
        if self.pass(Which::Kept) {
            // SAFETY: it is one of those that the caller gave up, and was counted before.
            unsafe { field.drop_in_place() };
        }
    }

    unsafe fn transient<T>(&mut self, field: *mut T, _make: impl FnOnce() -> T) {
        if self.pass(Which::Transient) {
            // SAFETY: as for `kept`.
            unsafe { field.drop_in_place() };
        }
    }
}

/// Drops all fields of one kind before the field with this number. If the destructor of one panics, the
/// others are dropped all the same, as the language does it.
///
/// # Safety
///
/// These fields are whole, and the caller gives them up.
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
    // If this panics, the destructor of `rest` drops the fields that are left; otherwise none is left.
    Rest::drop(&mut rest);
}

/// Makes fields.
struct Making<'a> {
    /// How many fields there are so far, including those that are carried over.
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

/// Makes all fields that are not carried over; if a maker panics, those that it made are dropped.
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
            // SAFETY: `renew` made the fields before this number, and has given them up.
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
