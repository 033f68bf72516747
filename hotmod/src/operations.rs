//! What can be done with a value of a type whose layout only its own compiler knows.
//!
//! A plan says what becomes of each part of a state; the host carries it out. Structs go by their
//! recorded offsets. Everything else goes through the tables here, which the module that compiled
//! the type emits: so a `HashMap` of one compiler becomes a `HashMap` of another, and neither side
//! guesses.
//!
//! Tables lead to those of their parts by functions, never by pointers: types may refer to each
//! other.

mod bytes;
mod carried;
mod collections;
mod derived;
mod numbers;
mod pointers;
mod ranges;
mod variants;

use std::panic::{self, AssertUnwindSafe};

use abi_stable::std_types::RString;

use crate::panic_hook;

pub use bytes::{Bytes, TakeBytes};
#[cfg(feature = "serde")]
pub use carried::BySerde;
pub use carried::{CarriedAs, CarriedBySerde};
pub use collections::{Collection, Many, Run, Slice};
pub use derived::{
    DerivedEnum, Parts, Room, With, WithOutput, make_constant, make_field, make_nothing, make_with,
};
pub use numbers::Number;
pub use pointers::{Access, Lock, Pointer, Shared, Weak};
pub use variants::Variants;

pub(crate) use bytes::{
    arc_c_str, arc_os_str, arc_path, arc_str, boxed_c_str, boxed_os_str, boxed_path, boxed_str,
    c_string, cow, cow_c_str, cow_os_str, cow_path, duration, ip_addr, ipv4_addr, ipv6_addr,
    os_string, path_buf, r_cow, r_duration, r_string, rc_str, socket_addr, socket_addr_v4,
    socket_addr_v6, string, system_time,
};
pub(crate) use collections::{
    array, binary_heap, boxed_slice, btree_map, btree_set, cow_slice, hash_map, hash_set,
    linked_list, r_hash_map, r_vec, vec, vec_deque,
};
pub(crate) use numbers::number;
pub(crate) use pointers::{
    arc, arc_weak, boxed, cell, mutex, r_arc, r_boxed, rc, rc_weak, ref_cell, rw_lock, transparent,
};
pub(crate) use ranges::{range, range_from, range_inclusive, range_to, range_to_inclusive};
pub(crate) use variants::{bound, once_cell, once_lock, option, poll, r_option, r_result, result};

/// An operation succeeded.
pub const OK: u8 = 0;
/// An operation did not; what it was to make does not exist.
pub const FAILED: u8 = 1;
/// An operation panicked; what it was to make does not exist.
pub const PANICKED: u8 = 2;
/// An operation panicked after it had taken what it was given.
pub const PANICKED_WITHIN: u8 = 3;

/// The operations of one type.
///
/// Its fields are public to the host, which calls them by `unsafe`. That a table belongs to a type, only
/// `StableState` says, which is an unsafe trait.
#[repr(C)]
pub struct Operations {
    /// `size_of`, in bytes.
    pub size: usize,
    /// `align_of`, in bytes.
    pub align: usize,
    /// Drops the value. [`PANICKED`] if a destructor did: the rest of the value is leaked.
    pub drop: unsafe extern "C" fn(value: *mut u8) -> u8,
    /// The operations of a part: a field of a struct, by its place; a field of an enum, by its
    /// place among all fields of all variants; a parameter of a container.
    pub part: extern "C" fn(place: usize) -> Option<&'static Operations>,
    /// What else can be done, by the kind of type.
    pub kind: Kind,
}

/// The kinds of types.
#[repr(C, u8)]
pub enum Kind {
    /// Copied as it is, or not at all.
    Opaque,
    /// A number.
    Number(Number),
    /// A text, path, time or address.
    Bytes(Bytes),
    /// A struct, whose offsets are recorded, and what makes its fields.
    Struct(Maker),
    /// A tuple or a range: where each field starts, in bytes.
    Tuple(extern "C" fn(place: usize) -> usize),
    /// An array of so many elements.
    Array(usize),
    /// An enum, or what is asked for its variant like one, such as `Option` or `OnceCell`, and what
    /// makes its fields.
    Enum(Variants, Maker),
    /// A container of any number of items.
    Collection(Collection),
    /// A container of one item: `Box`, `Mutex`, `Cell`.
    Pointer(Pointer),
    /// A container of one item that may have several owners: `Arc`, `RArc`, `Rc`.
    Shared(Shared),
    /// What leads to such an item and does not keep it: `Weak`.
    Weak(Weak),
    /// A field that is carried over by its serde form.
    Serde(CarriedBySerde),
    /// A field that is carried over as another type, which is its part.
    As(CarriedAs),
}

/// What a value is made for.
pub mod purpose {
    /// `default`: existing state lacks the field.
    pub const DEFAULT: u8 = 1;
    /// `skip`: the field is not carried over.
    pub const SKIP: u8 = 2;
    /// `fill`: an element that a grown array lacks.
    pub const FILL: u8 = 3;
    /// `with`: from the old value of the field.
    pub const WITH: u8 = 4;
    /// As [`DEFAULT`], where the value is the same whenever it is made and owns nothing, so that
    /// its bytes may be copied; for any other field there is no maker.
    pub const CONSTANT: u8 = 5;
}

/// Makes the value of a field from nothing, or from the field's old value.
///
/// Takes the field's place, the purpose, room for the value, the old value (only for
/// [`purpose::WITH`]), and room for an error, which is written when [`FAILED`] is returned.
pub type Maker = unsafe extern "C" fn(
    place: usize,
    purpose: u8,
    slot: *mut u8,
    old: *const u8,
    error: *mut RString,
) -> u8;

/// Called with each item of a container; `false` stops. `items` points to a pointer for each
/// parameter of the container.
pub type EachItem = unsafe extern "C" fn(context: *mut (), items: *const *mut u8) -> bool;

impl Operations {
    /// Those of a type about which only its size is known.
    pub const fn opaque<T>() -> Self {
        Operations::of::<T>(no_parts, Kind::Opaque)
    }

    /// Those of a type with these parts, of this kind.
    pub const fn of<T>(
        part: extern "C" fn(usize) -> Option<&'static Operations>,
        kind: Kind,
    ) -> Self {
        Operations {
            size: size_of::<T>(),
            align: align_of::<T>(),
            drop: drop_value::<T>,
            part,
            kind,
        }
    }
}

impl Operations {
    /// Whether they are those of a number.
    pub const fn is_number(&self) -> bool {
        matches!(self.kind, Kind::Number(_))
    }
}

/// The parts of a type that has none.
pub extern "C" fn no_parts(_: usize) -> Option<&'static Operations> {
    None
}

/// A maker of a type whose fields are never made.
///
/// # Safety
///
/// As [`Maker`].
pub unsafe extern "C" fn no_maker(
    _: usize,
    _: u8,
    _: *mut u8,
    _: *const u8,
    error: *mut RString,
) -> u8 {
    // SAFETY: the caller gives room for an error.
    unsafe { error.write("the field has no value for existing state".into()) };
    FAILED
}

unsafe extern "C" fn drop_value<T>(value: *mut u8) -> u8 {
    guarded(|| {
        // SAFETY: the caller gives up the `T` that `value` points to.
        unsafe { value.cast::<T>().drop_in_place() };
        true
    })
}

/// Runs an operation so that no panic leaves the module.
pub(crate) fn guarded(operation: impl FnOnce() -> bool) -> u8 {
    match panic::catch_unwind(AssertUnwindSafe(operation)) {
        Ok(true) => OK,
        Ok(false) => FAILED,
        Err(payload) => {
            if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(second);
            }
            PANICKED
        }
    }
}

/// Makes a value for a [`Maker`]: writes it, or the error.
///
/// # Safety
///
/// `slot` has room for a `T`, `error` for an `RString`.
pub unsafe fn make<T>(
    slot: *mut u8,
    error: *mut RString,
    value: impl FnOnce() -> Result<T, String>,
) -> u8 {
    let made = panic::catch_unwind(AssertUnwindSafe(value));
    let message = match made {
        Ok(Ok(value)) => {
            // SAFETY: the caller gives room for a `T`.
            unsafe { slot.cast::<T>().write(value) };
            return OK;
        }
        Ok(Err(message)) => message,
        Err(payload) => {
            let message = match payload.downcast_ref::<&str>() {
                Some(text) => (*text).to_owned(),
                None => match payload.downcast_ref::<String>() {
                    Some(text) => text.clone(),
                    None => "a value that is not text".to_owned(),
                },
            };
            if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(second);
            }
            match panic_hook::take().0 {
                Some(place) => {
                    let (file, line, column) = (place.file, place.line, place.column);
                    format!("panicked at {file}:{line}:{column}: {message}")
                }
                None => format!("panicked: {message}"),
            }
        }
    };
    // SAFETY: the caller gives room for an error.
    unsafe { error.write(message.into()) };
    FAILED
}
