//! How a host converts what a signature passes, where the two sides have different types: by the
//! operations of each value as it crosses.
//!
//! A shim takes and gives values as they cross. So a value that has to be converted is converted in that
//! form, by the same operations that migrate state: those of the side that has it, and those of the side
//! that is to have it.

use abi_stable::std_types::RString;

use crate::operations::{Maker, Operations, make};
use crate::state::StableState;

/// How a type passes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Passing {
    /// The operations of what crosses; those of a reference know only its size.
    pub wire: &'static Operations,
    /// What it lends.
    pub lends: Lends,
    /// The operations of one value of what it lends; where it lends nothing, those of what crosses.
    pub item: &'static Operations,
}

/// What a value that crosses lends for the call.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lends {
    /// Nothing that hotmod could look into: what crosses is the value.
    Nothing = 0,
    /// `&T`
    One = 1,
    /// `&mut T`
    OneMut = 2,
    /// `&[T]`
    Slice = 3,
    /// `&mut [T]`
    SliceMut = 4,
}

impl Passing {
    /// By value.
    pub const fn value(wire: &'static Operations) -> Self {
        Passing {
            wire,
            lends: Lends::Nothing,
            item: wire,
        }
    }

    /// By reference.
    pub const fn lent(wire: &'static Operations, lends: Lends, item: &'static Operations) -> Self {
        Passing { wire, lends, item }
    }

    /// A derived type, by value. If it has fields that are not carried over, the value crosses without them.
    pub const fn derived<T: StableState>() -> Self {
        Passing::value(match T::OPERATIONS.crossing {
            Some(crossing) => crossing,
            None => T::OPERATIONS,
        })
    }

    /// The offset of the value at this place, in a list of values as it crosses: a
    /// [`Cons`](super::boundary::Cons), in which each value is followed by the others as a whole.
    pub fn offset(all: &[Passing], place: usize) -> usize {
        let mut start = 0;
        for (i, passing) in all[..place].iter().enumerate() {
            start += after(passing.wire.size, Passing::size(&all[i + 1..]).1);
        }
        start
    }

    /// The size and the alignment of such a list.
    pub fn size(all: &[Passing]) -> (usize, usize) {
        all.iter().rev().fold((0, 1), |(size, align), passing| {
            let whole = passing.wire.align.max(align);
            (after(after(passing.wire.size, align) + size, whole), whole)
        })
    }
}

/// The first offset after `size` bytes that has this alignment.
fn after(size: usize, align: usize) -> usize {
    size.next_multiple_of(align)
}

/// What a signature passes, and what makes parameters for callers that do not know them.
#[repr(C)]
pub struct CrossingTable {
    params: *const Passing,
    count: usize,
    output: Passing,
    maker: Maker,
}

// SAFETY: the table is constant data, and its pointers lead to constant data.
unsafe impl Sync for CrossingTable {}

impl CrossingTable {
    /// The table of a signature with these parameters and this result.
    pub const fn new(params: &'static [Passing], output: Passing, maker: Maker) -> Self {
        CrossingTable {
            params: params.as_ptr(),
            count: params.len(),
            output,
            maker,
        }
    }

    /// The parameters.
    pub fn params(&self) -> &'static [Passing] {
        // SAFETY: `new`, the only constructor, took both from one `&'static` slice, in an image that
        // is never unmapped.
        unsafe { std::slice::from_raw_parts(self.params, self.count) }
    }

    /// The result.
    pub fn output(&self) -> Passing {
        self.output
    }

    /// Makes the parameter at a place, as it crosses, for callers that do not know it.
    pub fn maker(&self) -> Maker {
        self.maker
    }
}

/// A [`Maker`] of a signature whose parameters have no defaults.
///
/// # Safety
///
/// As [`Maker`].
pub unsafe extern "C" fn make_no_param(
    _: usize,
    _: u8,
    slot: *mut u8,
    _: *const u8,
    error: *mut RString,
) -> u8 {
    // SAFETY: the caller gives room for an error, and nothing is written to the slot.
    unsafe {
        make::<()>(slot, error, || {
            Err("the parameter has no default".to_owned())
        })
    }
}

#[cfg(test)]
mod tests;
