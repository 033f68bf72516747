//! Addresses of values, and what a module's operations do there.
//!
//! An [`At`] is an address that the program says holds, or has room for, a value of a certain
//! type. The promise is given once, for the state, by the `unsafe` [`At::state`]; every other `At`
//! is derived from one by the program's own offsets and operations, which were compiled for the
//! types at hand, or is the room of a scratch made for the type. So what each function here needs
//! follows from where its `At` comes from, and the walks over a program need no `unsafe`.

use std::alloc::Layout;
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use abi_stable::std_types::{RSlice, RString, RVec};
use hotmod::old::CheckShim;
use hotmod::operations::{
    Bytes, CarriedAs, CarriedBySerde, Collection, EachItem, FAILED, Lock, Maker, Many, OK,
    Operations, PANICKED_WITHIN, Pointer, Run, Shared, Slice, Variants, Weak, purpose,
};
use hotmod::version::VersionWire;

use crate::call::slot;
use crate::image::memory::Memory;

use super::column::{BLOCK, Column, Strides};
use super::failure::Failure;
use super::hook::{By, Hook};
use super::number::{self, Form};
use super::scratch::{Room, Scratch};

/// Where a value is, or is to be.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct At(*mut u8);

impl At {
    /// The address of a whole state.
    ///
    /// # Safety
    ///
    /// It holds, or has room for, a state of the type that the program is compiled for, and nothing
    /// else uses it while the program is walked over it.
    pub(super) unsafe fn state(address: *mut u8) -> Self {
        At(address)
    }

    /// The room of a scratch.
    pub(super) fn scratch(scratch: &mut Scratch) -> Self {
        At(scratch.as_mut_ptr())
    }

    /// The room for a few items on their way.
    pub(super) fn room(room: &mut Room) -> Self {
        At(room.0.as_mut_ptr().cast())
    }

    /// The part that starts so many bytes further on.
    #[inline]
    pub(super) fn part(self, offset: usize) -> Self {
        // SAFETY: the offset is one of a part inside the value, by the description that `decode`
        // checked and the operations whose size agrees with it.
        At(unsafe { self.0.add(offset) })
    }

    /// Copies the bytes of a value.
    #[inline]
    pub(super) fn copy_to(self, to: At, size: usize) {
        // SAFETY: both types have this size; one is in the old state or a scratch, the other in
        // the new one or another scratch.
        unsafe { self.0.copy_to_nonoverlapping(to.0, size) };
    }

    /// Converts a number.
    pub(super) fn convert(self, to: At, forms: (Form, Form)) -> Result<(), String> {
        // SAFETY: the types are numbers of these forms.
        unsafe { number::convert(self.0, to.0, forms) }
    }

    /// Builds a value from what this one says, if as many bytes as that can be afforded.
    pub(super) fn rewrite_to(
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
        // SAFETY: the value is of the reading operations' type; the context is that of the function.
        unsafe { (code.read.read)(self.0, (&raw mut building).cast(), build_from) };
        match building.built? {
            OK => Ok(()),
            _ => Err(Failure::new("the value does not fit")),
        }
    }

    /// Drops the value.
    pub(super) fn drop(self, operations: &Operations) {
        // SAFETY: the operations are those of the value's type, and the walk gives it up. A
        // destructor that panicked has leaked the rest.
        let dropped = unsafe { (operations.drop)(self.0) };
        if dropped != OK {
            PANICKED.set(PANICKED.get().saturating_add(1));
        }
    }

    /// Has the one module write the value down by serde, and the other read it there.
    pub(super) fn carry_to(self, to: At, code: &BySerde, memory: &Memory) -> Result<(), Failure> {
        let mut form = MaybeUninit::<RVec<u8>>::uninit();
        let most = memory.left();
        done(code.old.size, |error| {
            // SAFETY: the value is of the writing operations' type; there is room for its form and for
            // an error.
            unsafe { (code.write.write)(self.0, most, form.as_mut_ptr().cast(), error) }
        })
        .map_err(Failure::new)?;
        // SAFETY: it was written.
        let form = unsafe { form.assume_init() };
        super::block::affords(memory, form.len())?;
        done(code.new.size, |error| {
            // SAFETY: there is room for a value of the reading operations' type and for an error.
            unsafe { (code.read.read)(form.as_rslice(), to.0, error) }
        })
        .map_err(Failure::new)
    }

    /// Has the module make what carries the value over.
    pub(super) fn give_as(self, by: &CarriedAs, to: At, size: usize) -> Result<(), String> {
        done(size, |error| {
            // SAFETY: the value is of the operations' type; there is room for one of its part's type and
            // for an error.
            unsafe { (by.into)(self.0, to.0, error) }
        })
    }

    /// Has the module make a value of what carries it over, which is given up.
    pub(super) fn take_as(self, by: &CarriedAs, to: At, size: usize) -> Result<(), String> {
        done(size, |error| {
            // SAFETY: the value is of the part's type, and is given up; there is room for one of the
            // operations' type and for an error.
            unsafe { (by.from)(self.0, to.0, error) }
        })
    }

    /// Has the module make a value of so many bytes here, from the field's old value where that
    /// counts.
    pub(super) fn make(
        self,
        maker: Maker,
        (place, purpose): (usize, u8),
        old: At,
        size: usize,
    ) -> Result<(), String> {
        slot::next_step();
        self.make_as(maker, (place, purpose), old, size)
    }

    fn make_as(
        self,
        maker: Maker,
        (place, purpose): (usize, u8),
        old: At,
        size: usize,
    ) -> Result<(), String> {
        let mut error = MaybeUninit::<RString>::uninit();
        let status = on_stack(size, || {
            // SAFETY: there is room for the field and for an error; the plan compared the old
            // field's type with what the function takes.
            unsafe { maker(place, purpose, self.0, old.0, error.as_mut_ptr()) }
        });
        if status == OK {
            return Ok(());
        }
        // SAFETY: any other status says that the error was written.
        Err(unsafe { error.assume_init() }.as_str().to_owned())
    }

    /// Has the module make a value at `to` from this one, by the user's function.
    pub(super) fn make_by(self, hook: &Hook, to: At) -> Result<(), String> {
        let mut error = MaybeUninit::<RString>::uninit();
        slot::next_step();
        let status = on_stack(hook.new.size, || match &hook.by {
            By::New(shim, context) => {
                let old = context.old(self.0);
                // SAFETY: the context is that of the value's type, and lives as long as the call;
                // there is room for the new value and an error.
                unsafe { shim(&raw const old, to.0, error.as_mut_ptr()) }
            }
            // SAFETY: the function is for values of this type; there is room for a value of the new
            // type, which is what the function makes: the plan compared that with the manifest, and
            // the manifest was held against the types when the module was loaded (`exports::confirm_forms`).
            By::Old(convert) => unsafe { convert(self.0, to.0, error.as_mut_ptr()) },
        });
        if status == OK {
            return Ok(());
        }
        // SAFETY: any other status says that the error was written.
        Err(unsafe { error.assume_init() }.as_str().to_owned())
    }

    /// Asks the user's function whether the state here may take the place of the old one.
    pub(super) fn check(self, check: CheckShim, from: VersionWire<'_>) -> Result<(), String> {
        let mut error = MaybeUninit::<RString>::uninit();
        slot::next_step();
        // SAFETY: the check is for states of this type; there is room for an error. It changes
        // nothing: it has a shared reference, and the plan refuses types that could be changed
        // through one.
        let status = unsafe { check(self.0, from, error.as_mut_ptr()) };
        if status == OK {
            return Ok(());
        }
        // SAFETY: any other status says that the error was written.
        Err(unsafe { error.assume_init() }.as_str().to_owned())
    }

    /// The address, to tell items apart.
    pub(super) fn address(self) -> usize {
        self.0.addr()
    }
}

/// The variants of `Option`.
pub(super) const NONE: usize = 0;
pub(super) const SOME: usize = 1;

/// A text, path or time that is built anew from what it says.
pub(super) struct Rewritten {
    pub(super) read: Bytes,
    pub(super) build: Bytes,
    pub(super) old: &'static Operations,
    pub(super) new: &'static Operations,
}

/// A field that its serde form carries over.
pub(super) struct BySerde {
    pub(super) write: CarriedBySerde,
    pub(super) read: CarriedBySerde,
    pub(super) old: &'static Operations,
    pub(super) new: &'static Operations,
}

/// Values of so many bytes may come by the stack as they are.
const SMALL: usize = 2 << 10;

/// How often a value may lie on the stack while it goes into a container or out of it: in every
/// function that takes it by value, where nothing was optimised.
const COPIES: usize = 24;

/// How much stack such code finds beside that, and how much more it gets where there is less.
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
fn on_stack<T>(size: usize, operation: impl FnOnce() -> T) -> T {
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

/// The item of a `Box`, `Mutex` or `Cell`.
pub(super) fn item(pointer: &Pointer, value: At) -> At {
    // SAFETY: the value is of the operations' type.
    At(unsafe { (pointer.item)(value.0) })
}

/// Builds a `Box`, `Mutex` or `Cell` around an item of so many bytes.
pub(super) fn enclose(pointer: &Pointer, to: At, item: At, size: usize) {
    // SAFETY: there is room for the type, and the item is given up.
    on_stack(size, || unsafe { (pointer.build)(to.0, item.0) });
}

/// Frees a `Box`, `Mutex` or `Cell` but not its item, which has so many bytes.
pub(super) fn free(pointer: &Pointer, value: At, size: usize) {
    // SAFETY: the value is of the operations' type, and given up.
    on_stack(size, || unsafe { (pointer.free)(value.0) });
}

/// The item of an `Arc` or `Rc`.
pub(super) fn shared_item(shared: &Shared, value: At) -> At {
    // SAFETY: the value is of the operations' type.
    At(unsafe { (shared.item)(value.0) })
}

/// Makes the first owner of an item that is yet to be written, and gives where that is to be.
pub(super) fn own(shared: &Shared, to: At) -> (At, NewItem) {
    // SAFETY: there is room for the type.
    let item = unsafe { (shared.room)(to.0) };
    (At(item), NewItem(item.expose_provenance()))
}

/// Makes one more owner of an item that has one, which was built by these operations, or by those of
/// the same module for the other kind of `Arc`: the plan has one item become the same for all its
/// owners.
pub(super) fn share(shared: &Shared, item: NewItem, to: At) {
    // SAFETY: the item is owned still, wherever its owner was moved to. There is room for another.
    unsafe { (shared.share)(item.pointer(), to.0) };
}

/// Makes one more owner of the item of this one.
pub(super) fn another(shared: &Shared, owner: At, to: At) {
    // SAFETY: the owner is of the operations' type. There is room for another.
    unsafe { (shared.another)(owner.0, to.0) };
}

/// Whether nothing has the item but this owner, so many others, and so many weak ones, all of which
/// are in what is migrated.
pub(super) fn alone(shared: &Shared, owner: At, others: usize, weak: usize) -> bool {
    // SAFETY: the owner is of the operations' type; the walk has met the others, or made them.
    unsafe { (shared.alone)(owner.0, others, weak) }
}

/// Where an item is that has owners; a number, so that an engine may be given to another thread.
#[derive(Clone, Copy)]
pub(super) struct NewItem(usize);

impl NewItem {
    /// The item's place.
    pub(super) fn at(self) -> At {
        At(self.pointer())
    }

    fn pointer(self) -> *mut u8 {
        // `own` exposed it.
        std::ptr::with_exposed_provenance_mut(self.0)
    }
}

/// The address of the item that a `Weak` leads to; `None` where it leads nowhere.
pub(super) fn followed(weak: &Weak, value: At) -> Option<usize> {
    // SAFETY: the value is of the operations' type.
    let item = unsafe { (weak.item)(value.0) };
    (!item.is_null()).then(|| item.addr())
}

/// Makes a `Weak` that leads to this item, or nowhere.
pub(super) fn follow(weak: &Weak, item: Option<NewItem>, to: At) {
    match item {
        // SAFETY: the item is owned, and by what the same module made; there is room for the type.
        Some(item) => unsafe { (weak.follow)(item.pointer(), to.0) },
        // SAFETY: there is room for the type.
        None => unsafe { (weak.nowhere)(to.0) },
    }
}

/// A lock that is held, and released when this is dropped.
pub(super) struct HeldLock {
    lock: Lock,
    held: *mut (),
}

/// Takes a lock without waiting for it, and gives its item; `None` if another has it. It is to be
/// released before the value goes.
pub(super) fn hold(lock: &Lock, value: At) -> Option<(At, HeldLock)> {
    let mut item = std::ptr::null_mut();
    // SAFETY: the value is of the operations' type; there is room for the address.
    let held = unsafe { (lock.hold)(value.0, &raw mut item) };
    let lock = *lock;
    (!held.is_null()).then(|| (At(item), HeldLock { lock, held }))
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        // SAFETY: `hold` gave it, on this thread: it is not `Send`.
        unsafe { (self.lock.release)(self.held) };
    }
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

/// Takes one owner away of an item of so many bytes; the last one frees the container but not its
/// item.
pub(super) fn disown(shared: &Shared, value: At, size: usize) {
    // SAFETY: the value is of the operations' type, and given up.
    on_stack(size, || unsafe { (shared.free)(value.0) });
}

/// The variant that a value has.
pub(super) fn variant(variants: &Variants, value: At) -> usize {
    // SAFETY: the value is of the operations' type.
    unsafe { (variants.variant)(value.0) }
}

/// A field of the variant that a value has.
pub(super) fn field(variants: &Variants, value: At, place: usize) -> At {
    // SAFETY: the value is of the operations' type, and the place is one of its variant's.
    At(unsafe { (variants.field)(value.0, place) })
}

/// Builds a variant of an enum of so many bytes from its fields.
pub(super) fn build(variants: &Variants, to: At, variant: usize, fields: &[At], size: usize) {
    let fields = fields.as_ptr().cast();
    // SAFETY: an `At` is a pointer; there is one for each field of the variant, and the fields are
    // given up; there is room for the type.
    on_stack(size, || unsafe { (variants.build)(to.0, variant, fields) });
}

/// How many items a container has.
pub(super) fn len(collection: &Collection, value: At) -> usize {
    // SAFETY: the value is of the operations' type.
    unsafe { (collection.len)(value.0) }
}

/// Starts an empty container; `false` if the module could not.
pub(super) fn begin(collection: &Collection, to: At, capacity: usize) -> bool {
    // SAFETY: there is room for the type.
    unsafe { (collection.begin)(to.0, capacity) == OK }
}

/// Makes the container of what was begun; after that, its items may be asked for.
pub(super) fn finish(collection: &Collection, to: At) {
    if let Some(finish) = collection.finish {
        // SAFETY: the container was begun there by these operations, and is finished once.
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
pub(super) fn add(
    collection: &Collection,
    value: At,
    items: &[At],
    size: usize,
) -> Result<(), NotAdded> {
    let items = items.as_ptr().cast();
    // SAFETY: the value is of the operations' type; an `At` is a pointer; there is one for each
    // parameter, and the item is given up if it is taken.
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
pub(super) fn each<F: FnMut(&[At]) -> bool>(
    collection: &Collection,
    value: At,
    parts: usize,
    each: F,
) -> bool {
    let mut context = (each, parts);
    let context = (&raw mut context).cast();
    // SAFETY: the value is of the operations' type; the context is that of the function.
    unsafe { (collection.each)(value.0, context, call_each::<F>) == OK }
}

/// Takes a container apart, calling `each` with the parts of every item, which is given up there.
/// An item has so many parts, and so many bytes.
pub(super) fn consume<F: FnMut(&[At]) -> bool>(
    collection: &Collection,
    value: At,
    (parts, size): (usize, usize),
    each: F,
) {
    let mut context = (each, parts);
    let context = (&raw mut context).cast();
    // SAFETY: the value is of the operations' type, and given up; the context is that of the
    // function.
    on_stack(size, || unsafe {
        (collection.consume)(value.0, context, call_each::<F>)
    });
}

unsafe extern "C" fn call_each<F: FnMut(&[At]) -> bool>(
    context: *mut (),
    items: *const *mut u8,
) -> bool {
    // SAFETY: `each` and `consume` pass this context, which nothing else uses meanwhile.
    let (each, parts) = unsafe { &mut *context.cast::<(F, usize)>() };
    // SAFETY: an item has a pointer for each parameter of its container, and an `At` is a pointer.
    let items = unsafe { std::slice::from_raw_parts(items.cast::<At>(), *parts) };
    each(items)
}

static_assertions::assert_eq_size!(At, *mut u8);

const _: EachItem = call_each::<fn(&[At]) -> bool>;

/// The runs of many containers whose items lie one after the other.
#[derive(Clone, Copy)]
pub(super) struct Runs {
    runs: [MaybeUninit<Run>; BLOCK],
    len: usize,
}

impl Runs {
    pub(super) fn new() -> Self {
        Runs {
            runs: [MaybeUninit::uninit(); BLOCK],
            len: 0,
        }
    }

    /// Those of as many containers as a block has at most.
    #[inline]
    pub(super) fn of(slice: &Slice, values: At, stride: usize, len: usize) -> Self {
        let mut runs = Runs::new();
        runs.len = len.min(BLOCK);
        let values = Many {
            first: values.0,
            stride,
            len: runs.len,
        };
        // SAFETY: the values are of the operations' type, and there is room for so many runs.
        unsafe { (slice.runs)(values, runs.runs.as_mut_ptr().cast()) };
        runs
    }

    #[inline]
    pub(super) fn push(&mut self, run: Run) {
        self.runs[self.len].write(run);
        self.len += 1;
    }

    #[inline]
    pub(super) fn iter(&self) -> impl Iterator<Item = Run> {
        self.as_slice().iter().copied()
    }

    #[inline]
    fn as_slice(&self) -> &[Run] {
        let written = &self.runs[..self.len];
        // SAFETY: `of` and `push` wrote so many.
        unsafe { &*(std::ptr::from_ref(written) as *const [Run]) }
    }

    /// Builds a container of each run, all of which are given up.
    #[inline]
    pub(super) fn build(&self, slice: &Slice, to: At, stride: usize) {
        let slots = Many {
            first: to.0,
            stride,
            len: self.len,
        };
        // SAFETY: there is room for the types, and the runs are of their items: rooms that were
        // filled, or those of containers whose items become those of these.
        unsafe { (slice.build)(slots, self.runs.as_ptr().cast()) };
    }
}

/// The first item of a run.
#[inline]
pub(super) fn first(run: Run) -> At {
    At(run.first)
}

/// Room for a run of so many items; `None` if there is no memory.
#[inline]
pub(super) fn room(memory: &Memory, items: &Operations, len: usize) -> Option<Run> {
    let size = len.checked_mul(items.size)?;
    let layout = Layout::from_size_align(size, items.align).ok()?;
    Some(Run {
        first: memory.take_to_fill(layout)?.as_ptr(),
        len,
        capacity: len,
    })
}

/// Gives back the block of a run, but not its items.
#[inline]
pub(super) fn give_back(memory: &Memory, items: &Operations, run: Run) {
    // What has no size has room for any number.
    let size = run.capacity.saturating_mul(items.size);
    let layout = Layout::from_size_align(size, items.align)
        .expect("bug in hotmod: a block that is there has no layout");
    let first = NonNull::new(run.first).expect("bug in hotmod: a run without a place");
    // SAFETY: the block is a room that `room` made or one of a container of these items that is
    // given up, and so it has the layout of an array of them.
    unsafe { memory.give_back(first, layout) };
}

/// Converts the same part of each of many items.
#[inline]
pub(super) fn column(column: Column, from: At, to: At, strides: Strides) {
    // SAFETY: the part of an item is as the column was made for; the strides are the sizes of the
    // items.
    unsafe { column.each(from.0, to.0, strides) };
}

/// Converts the same part of each item of many runs, where they are.
#[inline]
pub(super) fn column_in_runs(column: Column, runs: &Runs, at: (usize, usize), item: usize) {
    // SAFETY: the parts of an item are as the column was made for, and `item` is the items' size.
    unsafe { column.each_in_runs(runs.as_slice(), at, item) };
}

/// Writes the same bytes into each of many items.
#[inline]
pub(super) fn fill_each(bytes: &[MaybeUninit<u8>], to: At, strides: Strides) {
    let strides = Strides { from: 0, ..strides };
    // SAFETY: the bytes are those of a value of the part's type, which has its place in each item.
    unsafe { Column::copy(bytes.len()).each(bytes.as_ptr().cast(), to.0, strides) };
}

/// The bytes of a value that is the same whenever it is made, and owns nothing; `None` if the field
/// is made of anything else.
pub(super) fn constant(
    maker: Maker,
    place: usize,
    operations: &Operations,
) -> Option<Box<[MaybeUninit<u8>]>> {
    let mut scratch = Scratch::new(operations);
    let room = At::scratch(&mut scratch);
    // It calls nothing of the user's, so this is no step of an operation.
    room.make_as(maker, (place, purpose::CONSTANT), room, operations.size)
        .ok()?;
    Some(bytes(room, operations))
}

/// The bytes of a `None`, which owns nothing.
pub(super) fn none(variants: &Variants, operations: &Operations) -> Box<[MaybeUninit<u8>]> {
    let mut scratch = Scratch::new(operations);
    let room = At::scratch(&mut scratch);
    build(variants, room, NONE, &[], operations.size);
    bytes(room, operations)
}

fn bytes(value: At, operations: &Operations) -> Box<[MaybeUninit<u8>]> {
    let mut bytes = Box::new_uninit_slice(operations.size);
    value.copy_to(At(bytes.as_mut_ptr().cast()), operations.size);
    bytes
}

/// A value that is being built from what another says.
struct Building<'a> {
    to: At,
    code: &'a Rewritten,
    affords: &'a dyn Fn(usize) -> Result<(), Failure>,
    built: Result<u8, Failure>,
}

unsafe extern "C" fn build_from(context: *mut (), bytes: RSlice<'_, u8>) {
    // SAFETY: `rewrite_to` passes this context, which nothing else uses meanwhile.
    let building = unsafe { &mut *context.cast::<Building<'_>>() };
    building.built = (building.affords)(bytes.len()).map(|()| {
        // SAFETY: there is room for a value of the building operations' type, and the plan compared
        // the forms of both.
        unsafe { (building.code.build.build)(building.to.0, bytes) }
    });
}
