//! Addresses of values, and what a module's operations do there.
//!
//! An [`At`] is an address and nothing else: it says neither of which type the value is, nor whether there is
//! one yet. So each function that reads or writes there is `unsafe`, and says what has to be there. The walks
//! know that from the code that they follow: see [`engine`](super::engine). Values that lead to items are in
//! [`pointers`](super::pointers), and values that consist of several in [`parts`](super::parts).
//!
//! In what follows, a value *is of* a table of operations if the table is that of the value's type. A
//! value that is *given up* is not used or dropped afterwards.

use std::cell::Cell;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;

use abi_stable::std_types::{RSlice, RSliceMut, RStr, RString, RVec};
use hotmod::old::CheckShim;
use hotmod::operations::{
    Bytes, CarriedAs, CarriedBySerde, FAILED, Maker, OK, Operations, purpose,
};
use hotmod::version::VersionWire;

use crate::call::slot;
use crate::image::memory::Memory;

use super::block::Block;
use super::column::{Column, Strides};
use super::failure::Failure;
use super::hook::old_call::OldCall;
use super::hook::{By, Hook};
use super::number::{self, NumberForm};
use super::scratch::{ItemRoom, Scratch};

/// Where a value is, or is to be.
///
/// A bare address, so making one promises nothing.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct At(pub(super) *mut u8);

impl At {
    /// Where a whole state is, or is to be.
    pub(crate) fn state(address: NonNull<u8>) -> Self {
        At(address.as_ptr())
    }

    /// The room of a scratch.
    #[inline]
    pub(crate) fn scratch<const UNITS: usize>(scratch: &mut Scratch<UNITS>) -> Self {
        At(scratch.as_mut_ptr())
    }

    /// Where a block starts.
    pub(super) fn block(block: &Block) -> Self {
        At(block.as_mut_ptr())
    }

    /// The room for a few items on their way.
    pub(super) fn room(room: &mut ItemRoom) -> Self {
        At(room.0.as_mut_ptr().cast())
    }

    /// The address itself, for code that is called with it.
    pub(crate) fn as_ptr(self) -> *mut () {
        self.0.cast()
    }

    /// What a reference leads to.
    ///
    /// # Safety
    ///
    /// It holds a reference to a sized type, which crosses as a pointer.
    pub(super) unsafe fn pointed_to(self) -> Self {
        // SAFETY: the caller's.
        At(unsafe { self.0.cast::<*mut u8>().read() })
    }

    /// Writes a reference to a value.
    ///
    /// # Safety
    ///
    /// There is room for a reference to a sized type, and the value stays for as long as that is used.
    pub(super) unsafe fn point_to(self, value: At) {
        // SAFETY: the caller gives the room.
        unsafe { self.0.cast::<*mut u8>().write(value.0) };
    }

    /// Where the items of a slice are, and how many there are.
    ///
    /// # Safety
    ///
    /// It holds a slice, which crosses as `RSlice`, whatever its items are.
    pub(super) unsafe fn slice(self) -> (Self, usize) {
        // SAFETY: the caller's.
        let slice = unsafe { self.0.cast::<RSlice<'_, u8>>().read() };
        (At(slice.as_ptr().cast_mut()), slice.len())
    }

    /// Where the items of a `Vec` are that crosses, and how many there are.
    ///
    /// # Safety
    ///
    /// A `Vec` is there, as it crosses.
    pub(super) unsafe fn items(self) -> (Self, usize) {
        // SAFETY: the caller's. It crosses as `RVec`, whatever its items are, and none of them is looked at.
        let all = unsafe { &*self.0.cast::<RVec<u8>>() };
        (At(all.as_ptr().cast_mut()), all.len())
    }

    /// A text that is lent, as it crosses.
    ///
    /// # Safety
    ///
    /// One is there, and lent for as long as the text is used.
    pub(super) unsafe fn text<'t>(self) -> &'t str {
        // SAFETY: the caller's: a `&str` crosses as `RStr`.
        unsafe { self.0.cast::<RStr<'t>>().read() }.as_str()
    }

    /// Writes a copy of a text, as it crosses.
    ///
    /// # Safety
    ///
    /// There is room for one.
    pub(super) unsafe fn own_text(self, text: &str) {
        // SAFETY: the caller gives the room: a `String` crosses as `RString`.
        unsafe { self.0.cast::<RString>().write(text.into()) };
    }

    /// Drops a text.
    ///
    /// # Safety
    ///
    /// One is there as it crosses, and is given up.
    pub(super) unsafe fn drop_text(self) {
        // SAFETY: the caller's: a `String` crosses as `RString`.
        unsafe { self.0.cast::<RString>().drop_in_place() };
    }

    /// Writes a reference to the text of a `String`, both as they cross.
    ///
    /// # Safety
    ///
    /// There is room for the reference, and the `String` stays as it is for as long as that is used.
    pub(super) unsafe fn lend_text(self, of: At) {
        // SAFETY: the caller's: a `String` crosses as `RString`.
        let text = unsafe { &*of.0.cast::<RString>() };
        // SAFETY: the caller gives the room: a `&str` crosses as `RStr`.
        unsafe { self.0.cast::<RStr<'_>>().write(text.as_rstr()) };
    }

    /// Writes a shared slice of so many values.
    ///
    /// # Safety
    ///
    /// There is room for a slice, which crosses as `RSlice`, whatever its items are. So many values are there,
    /// of the type that the reader takes them for, and stay for as long as it is used.
    pub(super) unsafe fn slice_of(self, first: At, len: usize) {
        // SAFETY: the caller's; it is only written, and read as one of its own items.
        let slice = unsafe { RSlice::from_raw_parts(first.0.cast_const(), len) };
        // SAFETY: the caller gives the room.
        unsafe { self.0.cast::<RSlice<'_, u8>>().write(slice) };
    }

    /// Where the items of an exclusive slice are, and how many there are.
    ///
    /// # Safety
    ///
    /// It holds a slice, which crosses as `RSliceMut`, whatever its items are.
    pub(super) unsafe fn slice_mut(self) -> (Self, usize) {
        // SAFETY: the caller's; it is read as it is, so that it is still the caller's own.
        let mut slice = unsafe { self.0.cast::<ManuallyDrop<RSliceMut<'_, u8>>>().read() };
        let len = slice.len();
        (At(slice.as_mut_ptr()), len)
    }

    /// Writes an exclusive slice of so many values.
    ///
    /// # Safety
    ///
    /// As [`slice_of`](At::slice_of), and nothing else uses the values for as long as the slice is used.
    pub(super) unsafe fn slice_mut_of(self, first: At, len: usize) {
        // SAFETY: the caller's; it is only written, and read as one of its own items.
        let slice = unsafe { RSliceMut::from_raw_parts_mut(first.0, len) };
        // SAFETY: the caller gives the room.
        unsafe { self.0.cast::<RSliceMut<'_, u8>>().write(slice) };
    }

    /// The part that starts so many bytes further on.
    #[inline]
    pub(crate) fn part(self, offset: usize) -> Self {
        At(self.0.wrapping_add(offset))
    }

    /// Copies the bytes of a value.
    ///
    /// # Safety
    ///
    /// There is a value of so many bytes here, and room for as many at `to`. The two do not overlap.
    #[inline]
    pub(super) unsafe fn copy_to(self, to: At, size: usize) {
        // SAFETY: the caller passes such a value, and such room.
        unsafe { self.0.copy_to_nonoverlapping(to.0, size) };
    }

    /// What serde writes of the value, of at most so many bytes.
    ///
    /// # Safety
    ///
    /// The value is of the type that `by` is for.
    pub(crate) unsafe fn form_of(
        self,
        by: &CarriedBySerde,
        most: usize,
    ) -> Result<RVec<u8>, String> {
        let mut form = MaybeUninit::<RVec<u8>>::uninit();
        done(0, |error| {
            // SAFETY: the caller passes such a value; there is room for its form and for an error.
            unsafe { (by.write)(self.0, most, form.as_mut_ptr().cast(), error) }
        })?;
        // SAFETY: it was written.
        Ok(unsafe { form.assume_init() })
    }

    /// Converts a number.
    ///
    /// # Safety
    ///
    /// The value is a number of the first form, and there is room for one of the second at `to`.
    pub(super) unsafe fn convert(
        self,
        to: At,
        forms: (NumberForm, NumberForm),
    ) -> Result<(), String> {
        // SAFETY: the caller passes such a number, and such room.
        unsafe { number::convert(self.0, to.0, forms) }
    }

    /// Builds a value from what this one says, if the module can afford so many bytes.
    ///
    /// # Safety
    ///
    /// The value is of the code's old operations, and there is room at `to` for one of its new ones.
    pub(super) unsafe fn rewrite_to(
        self,
        to: At,
        code: &Rewritten,
        affords: &dyn Fn(usize) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut building = Building {
            to,
            code,
            affords,
            built: Ok(FAILED),
        };
        // SAFETY: the caller passes such a value, which `read` is for; the context is that of the function.
        unsafe { (code.read.read)(self.0, (&raw mut building).cast(), build_from) };
        match building.built? {
            OK => Ok(()),
            _ => Err(Failure::new("the value does not fit")),
        }
    }

    /// Builds a value that says this text.
    ///
    /// # Safety
    ///
    /// There is room for a value of the operations that these are of, whose form is that of texts.
    pub(super) unsafe fn write_text(self, by: &Bytes, text: &str) -> Result<(), Failure> {
        // SAFETY: the caller passes such room.
        match unsafe { (by.build)(self.0, text.as_bytes().into()) } {
            OK => Ok(()),
            _ => Err(Failure::new("the name of the variant does not fit")),
        }
    }

    /// Drops the value.
    ///
    /// # Safety
    ///
    /// The value is of these operations, and is given up.
    pub(crate) unsafe fn drop(self, operations: &Operations) {
        // SAFETY: the caller passes such a value. A destructor that panicked has leaked the rest.
        let dropped = unsafe { (operations.drop)(self.0) };
        if dropped != OK {
            PANICKED.set(PANICKED.get().saturating_add(1));
        }
    }

    /// Has the old module write the value with serde, and the new one read it at `to`.
    ///
    /// # Safety
    ///
    /// The value is of the code's old operations, and there is room at `to` for one of its new ones.
    pub(super) unsafe fn carry_to(
        self,
        to: At,
        code: &SerdeField,
        memory: &Memory,
    ) -> Result<(), Failure> {
        // SAFETY: the caller passes such a value, which `write` is for.
        let form = unsafe { self.form_of(&code.write, memory.left()) }.map_err(Failure::new)?;
        super::block::affords(memory, form.len())?;
        done(code.new.size, |error| {
            // SAFETY: the caller passes room for what `read` makes; there is room for an error.
            unsafe { (code.read.read)(form.as_rslice(), to.0, error) }
        })
        .map_err(Failure::new)
    }

    /// Has the module make the value that carries this one over.
    ///
    /// # Safety
    ///
    /// The value is of the type that `by` is for, and there is room at `to` for what carries it over.
    pub(crate) unsafe fn give_as(self, by: &CarriedAs, to: At, size: usize) -> Result<(), String> {
        done(size, |error| {
            // SAFETY: the caller passes such a value, and such room; there is room for an error.
            unsafe { (by.into)(self.0, to.0, error) }
        })
    }

    /// Has the module make a value from the one that carries it over, which is given up.
    ///
    /// # Safety
    ///
    /// The value is what carries over one of the type that `by` is for, and is given up. There is room at
    /// `to` for one of that type.
    pub(super) unsafe fn take_as(self, by: &CarriedAs, to: At, size: usize) -> Result<(), String> {
        done(size, |error| {
            // SAFETY: the caller passes such a value, and such room; there is room for an error.
            unsafe { (by.from)(self.0, to.0, error) }
        })
    }

    /// Has the module make a value of so many bytes here, from the field's old value where the purpose says
    /// so.
    ///
    /// # Safety
    ///
    /// There is room here for the field that the maker makes at this place. Where the purpose says that it
    /// makes the field from the old value, `old` is a value of the type that it takes.
    pub(super) unsafe fn make(
        self,
        maker: Maker,
        (place, purpose): (usize, u8),
        old: At,
        size: usize,
    ) -> Result<(), String> {
        slot::next_step();
        // SAFETY: as the caller promises.
        unsafe { self.make_as(maker, (place, purpose), old, size) }
    }

    /// # Safety
    ///
    /// As for [`make`](At::make).
    unsafe fn make_as(
        self,
        maker: Maker,
        (place, purpose): (usize, u8),
        old: At,
        size: usize,
    ) -> Result<(), String> {
        let mut error = MaybeUninit::<RString>::uninit();
        let status = on_stack(size, || {
            // SAFETY: the caller passes such room, and such an old value; there is room for an error.
            unsafe { maker(place, purpose, self.0, old.0, error.as_mut_ptr()) }
        });
        if status == OK {
            return Ok(());
        }
        // SAFETY: any other status says that the error was written.
        Err(unsafe { error.assume_init() }.as_str().to_owned())
    }

    /// Has the module make a value at `to` from this one, by the user's function.
    ///
    /// # Safety
    ///
    /// The value is of the hook's old operations, and there is room at `to` for one of its new ones.
    pub(super) unsafe fn make_by(
        self,
        hook: &Hook,
        to: At,
        memory: &'static Memory,
    ) -> Result<(), String> {
        let mut error = MaybeUninit::<RString>::uninit();
        slot::next_step();
        let status = on_stack(hook.new.size, || match &hook.by {
            By::New(shim, context) => {
                let call = OldCall::new(context, memory);
                let old = call.old(self.0);
                // SAFETY: the context was made for the hook's old type, which is that of the value, and
                // lives as long as the call, as what is built for it does. The caller passes room for the new value; there is room for
                // an error.
                unsafe { shim(&raw const old, to.0, error.as_mut_ptr()) }
            }
            // SAFETY: the function takes values of the hook's old type, which this is, and makes one of
            // its new type, for which the caller passes room; there is room for an error.
            By::Old(convert) => unsafe { convert(self.0, to.0, error.as_mut_ptr()) },
        });
        if status == OK {
            return Ok(());
        }
        // SAFETY: any other status says that the error was written.
        Err(unsafe { error.assume_init() }.as_str().to_owned())
    }

    /// Asks the user's function whether the state here may take the place of the old one.
    ///
    /// # Safety
    ///
    /// The value is of the type that the check is for.
    pub(super) unsafe fn check(
        self,
        check: CheckShim,
        from: VersionWire<'_>,
    ) -> Result<(), String> {
        let mut error = MaybeUninit::<RString>::uninit();
        slot::next_step();
        // SAFETY: the caller passes such a value; there is room for an error.
        let status = unsafe { check(self.0, from, error.as_mut_ptr()) };
        if status == OK {
            return Ok(());
        }
        // SAFETY: any other status says that the error was written.
        Err(unsafe { error.assume_init() }.as_str().to_owned())
    }

    /// The address, to tell items apart.
    pub(crate) fn address(self) -> usize {
        self.0.addr()
    }
}

/// A text, path or time that is built anew from what it says.
pub(super) struct Rewritten {
    pub(super) read: Bytes,
    pub(super) build: Bytes,
    pub(super) old: &'static Operations,
    pub(super) new: &'static Operations,
}

/// A field that its serde form carries over.
pub(super) struct SerdeField {
    pub(super) write: CarriedBySerde,
    pub(super) read: CarriedBySerde,
    pub(super) old: &'static Operations,
    pub(super) new: &'static Operations,
}

/// Values of up to so many bytes need no larger stack.
const SMALL: usize = 2 << 10;

/// How often a value may lie on the stack while it goes into a container or out of it: once in every function
/// that takes it by value, where the code is not optimised.
const COPIES: usize = 24;

/// How much stack such code finds beside its values, and how much more it gets where there is less.
const FOR_CODE: usize = 128 << 10;
const MORE: usize = 1 << 20;

/// One step of the user's code, which writes an error where it fails.
fn done(size: usize, step: impl FnOnce(*mut RString) -> u8) -> Result<(), String> {
    let mut error = MaybeUninit::<RString>::uninit();
    slot::next_step();
    if on_stack(size, || step(error.as_mut_ptr())) == OK {
        return Ok(());
    }
    // SAFETY: any other status says that the error was written.
    Err(unsafe { error.assume_init() }.as_str().to_owned())
}

/// Has the module do something with values of so many bytes, which its code may put on the stack.
#[inline]
pub(super) fn on_stack<T>(size: usize, operation: impl FnOnce() -> T) -> T {
    match size <= SMALL {
        true => operation(),
        false => on_large_stack(size, operation),
    }
}

#[cold]
#[inline(never)]
fn on_large_stack<T>(size: usize, operation: impl FnOnce() -> T) -> T {
    let size = size.saturating_mul(COPIES).saturating_add(FOR_CODE);
    stacker::maybe_grow(size, size.saturating_add(MORE), operation)
}

thread_local! {
    /// How many destructors have panicked on this thread since it was last asked.
    static PANICKED: Cell<usize> = const { Cell::new(0) };
}

/// Runs what drops values, and says how many of their destructors panicked.
pub(super) fn drops(run: impl FnOnce()) -> usize {
    // A destructor may call the host, which may migrate another state.
    let before = PANICKED.replace(0);
    run();
    PANICKED.replace(before)
}

static_assertions::assert_eq_size!(At, *mut u8);

/// Converts the same part of each of many items.
///
/// # Safety
///
/// In each item, `from` is where the column's old part is, and `to` where there is room for its new one.
/// If it copies, the two do not overlap.
#[inline]
pub(super) unsafe fn column(column: Column, from: At, to: At, strides: Strides) {
    // SAFETY: the caller passes such items.
    unsafe { column.each(from.0, to.0, strides) };
}

/// Converts a part of one item.
///
/// # Safety
///
/// As for [`column`], of one item.
#[inline]
pub(super) unsafe fn once(column: Column, from: At, to: At) {
    // SAFETY: the caller passes such an item.
    unsafe { column.once(from.0, to.0) };
}

/// Writes the same bytes into each of many items.
///
/// # Safety
///
/// The column copies so many bytes, and each item has room for them at `to`.
#[inline]
pub(super) unsafe fn fill_each(
    column: Column,
    bytes: &[MaybeUninit<u8>],
    to: At,
    strides: Strides,
) {
    let strides = Strides { from: 0, ..strides };
    // SAFETY: the caller passes such items.
    unsafe { column.each(bytes.as_ptr().cast(), to.0, strides) };
}

/// The operations of what the `with` of a field reads; `None` if that cannot be looked into.
///
/// # Safety
///
/// The maker makes the field at this place by a function.
pub(super) unsafe fn reads(maker: Maker, place: usize) -> Option<&'static Operations> {
    let mut found = MaybeUninit::<&'static Operations>::uninit();
    let room = At(found.as_mut_ptr().cast());
    // SAFETY: the caller passes such a maker; there is room for the answer, which is made of no other value.
    unsafe { room.make_as(maker, (place, purpose::READS), room, 0) }.ok()?;
    // SAFETY: it was written just now.
    Some(unsafe { found.assume_init() })
}

/// The bytes of a value that is the same whenever it is made, and owns nothing; `None` if the field's default
/// is no such value.
///
/// # Safety
///
/// The maker makes a value of these operations at this place.
pub(super) unsafe fn constant(
    maker: Maker,
    place: usize,
    operations: &Operations,
) -> Option<Box<[MaybeUninit<u8>]>> {
    let mut scratch = Scratch::new(operations);
    let room = At::scratch(&mut scratch);
    // A constant calls no code of the user's, so this is no step of an operation.
    let purpose = (place, purpose::CONSTANT);
    // SAFETY: the caller passes such a maker; the room is for the type, and a constant is made of no
    // other value.
    unsafe { room.make_as(maker, purpose, room, operations.size) }.ok()?;
    // SAFETY: it was made just now.
    Some(unsafe { bytes(room, operations) })
}

/// # Safety
///
/// The value is of these operations.
pub(super) unsafe fn bytes(value: At, operations: &Operations) -> Box<[MaybeUninit<u8>]> {
    let mut bytes = Box::new_uninit_slice(operations.size);
    let room = At(bytes.as_mut_ptr().cast());
    // SAFETY: the caller passes such a value; the bytes are new, and as many.
    unsafe { value.copy_to(room, operations.size) };
    bytes
}

/// A value that is being built from what another says.
struct Building<'a> {
    to: At,
    code: &'a Rewritten,
    affords: &'a dyn Fn(usize) -> Result<(), Failure>,
    built: Result<u8, Failure>,
}

/// # Safety
///
/// The context is a [`Building`], which nothing else uses meanwhile, with room for a value of the building
/// operations.
unsafe extern "C" fn build_from(context: *mut (), bytes: RSlice<'_, u8>) {
    // SAFETY: the caller passes such a context.
    let building = unsafe { &mut *context.cast::<Building<'_>>() };
    building.built = (building.affords)(bytes.len()).map(|()| {
        // SAFETY: the caller passes such room.
        unsafe { (building.code.build.build)(building.to.0, bytes) }
    });
}
