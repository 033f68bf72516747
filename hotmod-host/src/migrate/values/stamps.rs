//! The stamps of values that are set aside, and what a `Lazy` does with such a value by itself: it drops it.

use std::alloc::Layout;
use std::any::TypeId;
use std::ptr::NonNull;

use abi_stable::std_types::RVec;
use hotmod::operations::{Kind, OK, Operations, Stamp};
use parking_lot::Mutex;

use super::aside::{self, AsideStamps, AsideValue};
use super::unfit::Unfit;
use crate::image::memory::Memory;
use crate::image::values::ImageValues;

/// What is known of a value that is set aside.
pub(super) struct Note {
    /// Whose block the value lies in.
    pub(super) memory: &'static Memory,
    /// Why it does not fit, if that was tried.
    pub(super) unfit: Mutex<Option<Box<Unfit>>>,
}

impl Note {
    pub(super) fn new(memory: &'static Memory) -> Self {
        Note {
            memory,
            unfit: Mutex::new(None),
        }
    }
}

impl AsideStamps for Note {
    const ASIDE: &'static Stamp = &ASIDE;
    const GONE: &'static Stamp = &GONE;

    fn forget(&mut self) {
        *self.unfit.get_mut() = None;
    }
}

/// Of a `Lazy` whose value is set aside: there is an [`AsideValue`] in its place.
static ASIDE: Stamp = stamp(&Operations {
    drop: drop_aside,
    ..NOTHING
});

/// Of an [`AsideValue`] whose value was taken back.
static GONE: Stamp = stamp(&NOTHING);

/// There is no block of the module's.
const NOTHING: Operations = Operations {
    size: 0,
    align: 1,
    drop: drop_nothing,
    part: no_parts,
    kind: Kind::Opaque,
    crossing: None,
    made: None,
};

const fn stamp(operations: &'static Operations) -> Stamp {
    Stamp {
        image: no_image,
        operations,
        ty: no_type,
        identity: TypeId::of::<AsideValue<Note>>(),
    }
}

/// Where a value is counted does not change when it is set aside.
extern "C" fn no_image() -> *const () {
    std::ptr::null()
}

extern "C" fn no_type() -> RVec<u8> {
    RVec::new()
}

extern "C" fn no_parts(_: usize) -> Option<&'static Operations> {
    None
}

unsafe extern "C" fn drop_nothing(_: *mut u8) -> u8 {
    OK
}

/// # Safety
///
/// A `Lazy` gives up its [`AsideValue`].
unsafe extern "C" fn drop_aside(value: *mut u8) -> u8 {
    let aside = value.cast::<AsideValue<Note>>().cast_const();
    // SAFETY: the `Lazy` owns it, and has given it up only afterwards.
    let memory = unsafe { &(*aside).note }.memory;
    // SAFETY: the caller gives up what `Room::fill` gave to the `Lazy`.
    let (stamp, value) = unsafe { aside::take_out::<Note>(aside) };
    ImageValues::of(stamp).add(-1);
    let operations = stamp.operations;
    // SAFETY: the value is of the stamp's type, and nothing else has it any more.
    let dropped = unsafe { (operations.drop)(value) };
    let block = NonNull::new(value).expect("bug in hotmod: a value without an address");
    let layout = Layout::from_size_align(operations.size, operations.align)
        .expect("bug in hotmod: a type's size and alignment are no layout");
    // SAFETY: the block was made for a value of this layout.
    unsafe { memory.give_back(block, layout) };
    dropped
}
