//! Values of several parts at an address: enums with their fields, and containers with their items.
//!
//! What stands here is `unsafe` as in [`at`](super::at), and in its words.

use std::mem::MaybeUninit;

use hotmod::operations::{Collection, EachItem, FAILED, OK, Operations, PANICKED_WITHIN, Variants};

use super::at::{At, bytes, on_stack};
use super::scratch::Scratch;

/// The variants of `Option`.
pub(crate) const NONE: usize = 0;
pub(super) const SOME: usize = 1;

/// The variant that a value has.
///
/// # Safety
///
/// The value is of these operations.
pub(crate) unsafe fn variant(variants: &Variants, value: At) -> usize {
    // SAFETY: the caller passes such a value.
    unsafe { (variants.variant)(value.0) }
}

/// A field of the variant that a value has.
///
/// # Safety
///
/// The value is of these operations, and its variant has a field at this place.
pub(crate) unsafe fn field(variants: &Variants, value: At, place: usize) -> At {
    // SAFETY: the caller passes such a value.
    let field = unsafe { (variants.field)(value.0, place) };
    // The module finds it by a shared reference, by which nothing may be dropped or moved out. By the pointer to the
    // value, that may be done which may be done with the value.
    At(value.0.with_addr(field.addr()))
}

/// Builds a variant of an enum of so many bytes from its fields.
///
/// # Safety
///
/// There is room at `to` for a value of these operations. The fields are those of the variant, one for
/// each and in its order, and are given up.
pub(super) unsafe fn build(
    variants: &Variants,
    to: At,
    variant: usize,
    fields: &[At],
    size: usize,
) {
    let fields = fields.as_ptr().cast();
    // SAFETY: the caller passes such room, and such fields; an `At` is a pointer.
    on_stack(size, || unsafe { (variants.build)(to.0, variant, fields) });
}

/// How many items a container has.
///
/// # Safety
///
/// The value is of these operations.
pub(crate) unsafe fn len(collection: &Collection, value: At) -> usize {
    // SAFETY: the caller passes such a value.
    unsafe { (collection.len)(value.0) }
}

/// Starts an empty container; `false` if the module could not.
///
/// # Safety
///
/// There is room at `to` for a value of these operations.
pub(super) unsafe fn begin(collection: &Collection, to: At, capacity: usize) -> bool {
    // SAFETY: the caller passes such room.
    unsafe { (collection.begin)(to.0, capacity) == OK }
}

/// Makes the container of what was begun; after that, its items may be asked for.
///
/// # Safety
///
/// [`begin`] began the container there, by these operations, and it was not finished yet.
pub(super) unsafe fn finish(collection: &Collection, to: At) {
    if let Some(finish) = collection.finish {
        // SAFETY: the caller passes such a container.
        unsafe { finish(to.0) };
    }
}

/// Why an item could not be added.
pub(super) struct NotAdded {
    pub(super) reason: &'static str,
    /// Whether the container has it all the same; else it is untouched.
    pub(super) is_within: bool,
}

/// Adds an item of so many bytes.
///
/// # Safety
///
/// [`begin`] began the container there, by these operations, and it was not finished yet. The items are
/// the parts of one item, one for each parameter, and are given up if it is taken.
pub(super) unsafe fn add(
    collection: &Collection,
    value: At,
    items: &[At],
    size: usize,
) -> Result<(), NotAdded> {
    let items = items.as_ptr().cast();
    // SAFETY: the caller passes such a container, and such items; an `At` is a pointer.
    let status = on_stack(size, || unsafe { (collection.add)(value.0, items) });
    let reason = match status {
        OK => return Ok(()),
        FAILED => "an equal key or element is there already",
        _ => "hashing or comparing it panicked",
    };
    Err(NotAdded {
        reason,
        is_within: status == PANICKED_WITHIN,
    })
}

/// Calls `each` with the parts of every item, until it returns `false`; `false` if it did, or the
/// module could not go on.
///
/// # Safety
///
/// The value is of these operations, which are for items of so many parts.
pub(crate) unsafe fn each<F: FnMut(&[At]) -> bool>(
    collection: &Collection,
    value: At,
    parts: usize,
    each: F,
) -> bool {
    // SAFETY: the caller's.
    unsafe { each_from(collection, value, 0, parts, each) }
}

/// As [`each`], without the first so many items.
///
/// # Safety
///
/// As [`each`].
pub(crate) unsafe fn each_from<F: FnMut(&[At]) -> bool>(
    collection: &Collection,
    value: At,
    skip: usize,
    parts: usize,
    each: F,
) -> bool {
    let mut context = (each, parts);
    let context = (&raw mut context).cast();
    // SAFETY: the caller passes such a value; the context is that of the function.
    unsafe { (collection.each)(value.0, skip, context, call_each::<F>) == OK }
}

/// Takes a container apart, calling `each` with the parts of every item, which is given up there.
/// An item has so many parts, and so many bytes.
///
/// # Safety
///
/// The value is of these operations, which are for items of so many parts, and is given up.
pub(super) unsafe fn consume<F: FnMut(&[At]) -> bool>(
    collection: &Collection,
    value: At,
    (parts, size): (usize, usize),
    each: F,
) {
    let mut context = (each, parts);
    let context = (&raw mut context).cast();
    // SAFETY: the caller passes such a value; the context is that of the function.
    on_stack(size, || unsafe {
        (collection.consume)(value.0, context, call_each::<F>)
    });
}

/// # Safety
///
/// The context is a function and how many parts an item has, which nothing else uses meanwhile; there is
/// a pointer for each of them.
unsafe extern "C" fn call_each<F: FnMut(&[At]) -> bool>(
    context: *mut (),
    items: *const *mut u8,
) -> bool {
    // SAFETY: the caller passes such a context.
    let (each, parts) = unsafe { &mut *context.cast::<(F, usize)>() };
    // SAFETY: the caller passes so many pointers, and an `At` is a pointer.
    let items = unsafe { std::slice::from_raw_parts(items.cast::<At>(), *parts) };
    each(items)
}

const _: EachItem = call_each::<fn(&[At]) -> bool>;

/// The bytes of a `None`, which owns nothing.
///
/// # Safety
///
/// Both tables are of the same `Option`.
pub(super) unsafe fn none(variants: &Variants, operations: &Operations) -> Box<[MaybeUninit<u8>]> {
    let mut scratch = Scratch::new(operations);
    let room = At::scratch(&mut scratch);
    // SAFETY: the room is for the type; a `None` has no fields.
    unsafe { build(variants, room, NONE, &[], operations.size) };
    // SAFETY: it was built just now.
    unsafe { bytes(room, operations) }
}
