//! Ranges: taken apart into their bounds.

use std::any::Any;
use std::mem::offset_of;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::{Range, RangeFrom, RangeInclusive, RangeTo, RangeToInclusive};

use super::parts::{bounds, one_part};
use crate::operations::{Kind, Operations, Variants, no_maker};
use crate::state::Part;

/// A range whose fields are public.
macro_rules! ranges {
    ($($(#[$meta:meta])* $name:ident $ty:ident $parts:ident [$($field:ident)*];)*) => {$(
        $(#[$meta])*
        pub(crate) const fn $name<T: Part>() -> Operations {
            extern "C" fn offset<T>(place: usize) -> usize {
                [$(offset_of!($ty<T>, $field)),*][place]
            }
            Operations::of::<$ty<T>>($parts::<T>, Kind::Tuple(offset::<T>))
        }
    )*};
}

ranges! {
    /// `Range<T>`
    range Range bounds [start end];
    /// `RangeFrom<T>`
    range_from RangeFrom one_part [start];
    /// `RangeTo<T>`
    range_to RangeTo one_part [end];
    /// `RangeToInclusive<T>`
    range_to_inclusive RangeToInclusive one_part [end];
}

/// `RangeInclusive<T>`: variant 0 is a range of its bounds. Variant 1 is a range that was iterated to
/// its end, which keeps that in a field that only the library sees.
pub(crate) const fn range_inclusive<T: Part + PartialOrd + 'static>() -> Operations {
    unsafe extern "C" fn variant<T: PartialOrd>(value: *const u8) -> usize {
        // SAFETY: the host passes a range.
        let range = unsafe { &*value.cast::<RangeInclusive<T>>() };
        // A range whose start is not beyond its end is empty only if it was iterated to its end. If a
        // comparison panics, the panic is caught, since it would end the process, and the range counts
        // as variant 1.
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            range.is_empty() && range.start() <= range.end()
        }));
        match found {
            Ok(exhausted) => usize::from(exhausted),
            Err(payload) => {
                std::mem::forget(payload);
                1
            }
        }
    }

    unsafe extern "C" fn field<T>(value: *const u8, place: usize) -> *mut u8 {
        // SAFETY: the host passes a range.
        let range = unsafe { &*value.cast::<RangeInclusive<T>>() };
        let bound = match place {
            0 => range.start(),
            _ => range.end(),
        };
        std::ptr::from_ref(bound).cast::<u8>().cast_mut()
    }

    unsafe extern "C" fn build<T: 'static>(slot: *mut u8, variant: usize, fields: *const *mut u8) {
        // SAFETY: there are two bounds.
        let [start, end] = unsafe { *fields.cast::<[*mut u8; 2]>() };
        // SAFETY: the host gives up the `T` there.
        let start = unsafe { start.cast::<T>().read() };
        // SAFETY: as above.
        let end = unsafe { end.cast::<T>().read() };
        let mut range = start..=end;
        if variant == 1 {
            iterate_to_its_end(&mut range);
        }
        // SAFETY: the host gives room for a range.
        unsafe { slot.cast::<RangeInclusive<T>>().write(range) };
    }

    let variants = Variants {
        variant: variant::<T>,
        field: field::<T>,
        build: build::<T>,
        is_cell: false,
    };
    Operations::of::<RangeInclusive<T>>(bounds::<T>, Kind::Enum(variants, no_maker))
}

/// Makes a range, whose bounds are equal, one that was iterated to its end. Only an iteration can do that, and only these
/// types have one. Any other range stays what it is, which the host sees.
fn iterate_to_its_end(range: &mut dyn Any) {
    macro_rules! of {
        ($($ty:ty)*) => {$(
            if let Some(range) = range.downcast_mut::<RangeInclusive<$ty>>() {
                if range.start() == range.end() {
                    range.next();
                }
                return;
            }
        )*};
    }
    of!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize char Ipv4Addr Ipv6Addr);
}
