//! What can be done with the values of each kind of type, as tables of functions.

use abi_stable::std_types::{RSlice, RString};

/// The operations of a number.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Number {
    /// Whether it is a floating-point number.
    pub float: bool,
    /// Whether it has a sign.
    pub signed: bool,
}

/// The operations of a value that can be written down.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Bytes {
    /// Calls `take` with the bytes, which do not change during that call.
    pub read: unsafe extern "C" fn(value: *const u8, context: *mut (), take: TakeBytes),
    /// Builds a value of its own from such bytes. [`FAILED`](super::FAILED) if it cannot be.
    pub build: unsafe extern "C" fn(slot: *mut u8, bytes: RSlice<'_, u8>) -> u8,
}

/// Called with the bytes of a value.
pub type TakeBytes = unsafe extern "C" fn(context: *mut (), bytes: RSlice<'_, u8>);

/// The operations of an enum. Fields are numbered within their variant.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Variants {
    /// The variant of the value, by its place in the source.
    pub variant: unsafe extern "C" fn(value: *const u8) -> usize,
    /// A field of the variant that the value has.
    pub field: unsafe extern "C" fn(value: *const u8, place: usize) -> *mut u8,
    /// Builds a variant from its fields, which are moved out of where `fields` points.
    pub build: unsafe extern "C" fn(slot: *mut u8, variant: usize, fields: *const *mut u8),
    /// Whether the first variant may become another through a shared reference.
    pub is_cell: bool,
}

/// The operations of a container of any number of items. An item is one value, or for a map a key
/// and a value.
///
/// While a container is built it holds items that another value still owns: whatever happens then,
/// an item is moved in whole or left untouched, and never dropped. See `Kept`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Collection {
    /// How many items there are.
    pub len: unsafe extern "C" fn(value: *const u8) -> usize,
    /// Calls `each` with every item but the first `skip`, which stays where it is and as it is.
    pub each:
        unsafe extern "C" fn(value: *const u8, skip: usize, context: *mut (), each: EachItem) -> u8,
    /// Starts an empty container with room for `capacity` items.
    pub begin: unsafe extern "C" fn(slot: *mut u8, capacity: usize) -> u8,
    /// Adds an item, which is moved out of where `items` points. [`FAILED`](super::FAILED) if an
    /// equal one is there already, [`PANICKED`](super::PANICKED) if a `Hash`, `Eq` or `Ord` panicked:
    /// the item is then untouched. [`PANICKED_WITHIN`](super::PANICKED_WITHIN) if one panicked after the
    /// item was moved in.
    pub add: unsafe extern "C" fn(value: *mut u8, items: *const *mut u8) -> u8,
    /// Makes the container of what `begin` started and `add` filled; absent where that is the container
    /// already. Until then, the value is only added to.
    pub finish: Option<unsafe extern "C" fn(value: *mut u8)>,
    /// Takes the container apart: calls `each` with every item, moved out of it, and frees the
    /// rest. What `each` does not take is leaked.
    pub consume: unsafe extern "C" fn(value: *mut u8, context: *mut (), each: EachItem),
    /// Where the items lie, one after the other; absent where they do not lie so.
    pub slice: Option<Slice>,
}

/// The operations of a container whose items lie one after the other in a block of their own: the
/// host fills and frees the block itself, without a call for each item.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Slice {
    /// Where the items are, in each of many containers, which go on owning them.
    pub runs: unsafe extern "C" fn(values: Many, runs: *mut Run),
    /// Builds many containers, each of which owns a run.
    pub build: unsafe extern "C" fn(slots: Many, runs: *const Run),
    /// Whether a container has room for exactly its items: then the `capacity` of a run is its `len`, in
    /// `runs` and for `build`.
    pub exact: bool,
}

/// Many values, or rooms for them, at equal distances.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Many {
    /// The first.
    pub first: *mut u8,
    /// How far one is from the next, in bytes.
    pub stride: usize,
    /// How many there are.
    pub len: usize,
}

/// Items that lie one after the other, at the start of a block of the host's memory that has the
/// layout of an array of `capacity` items. If that layout has no bytes, there is no block.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// The first; aligned, also where there is none.
    pub first: *mut u8,
    /// How many there are.
    pub len: usize,
    /// For how many there is room.
    pub capacity: usize,
}

/// Called with each item of a container; `false` stops. `items` points to a pointer for each
/// parameter of the container.
pub type EachItem = unsafe extern "C" fn(context: *mut (), items: *const *mut u8) -> bool;

/// The operations of a container of one item.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Pointer {
    /// The item.
    pub item: unsafe extern "C" fn(value: *mut u8) -> *mut u8,
    /// Builds the container around an item, which is moved out of where `item` points.
    pub build: unsafe extern "C" fn(slot: *mut u8, item: *mut u8),
    /// Frees the container but not its item.
    pub free: unsafe extern "C" fn(value: *mut u8),
    /// What it takes to look at the item where others may look at it too.
    pub access: Access,
}

/// Which threads may look at the item of a container through a shared reference.
#[repr(C, u8)]
#[derive(Clone, Copy)]
pub enum Access {
    /// Any thread may: no thread changes it meanwhile.
    Plain,
    /// Only one thread may.
    Cell,
    /// The thread that holds its lock may.
    Lock(Lock),
}

/// A lock that is taken without waiting for it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Lock {
    /// Takes the lock, and says where the item is; null if the lock is taken.
    pub hold: unsafe extern "C" fn(value: *const u8, item: *mut *mut u8) -> *mut (),
    /// Gives back what `hold` gave, on the thread that took it.
    pub release: unsafe extern "C" fn(held: *mut ()),
}

/// The operations of a container of one item with any number of owners. The item may be a slice: values
/// of one type, one after the other.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Shared {
    /// The item, or the first value of a slice; the same for all owners of one item.
    pub item: unsafe extern "C" fn(value: *mut u8) -> *mut u8,
    /// How many values the item has, if it is a slice; absent where it is one value. An empty slice may
    /// have owners anywhere in the process, and has no values to look into.
    pub len: Option<unsafe extern "C" fn(owner: *const u8) -> usize>,
    /// Makes the first owner of an item that is yet to be written, and returns where to write it: room
    /// for `len` values, or for one where the item is no slice. Until they are written, owners of the item
    /// are only made and freed.
    pub room: unsafe extern "C" fn(slot: *mut u8, len: usize) -> *mut u8,
    /// Makes one more owner of an item of `len` values that `room` made: `room` of this type, or of another
    /// type of the same module if owners of both types may share an item.
    pub share: unsafe extern "C" fn(item: *const u8, len: usize, slot: *mut u8),
    /// Makes one more owner of the item of this one.
    pub another: unsafe extern "C" fn(owner: *const u8, slot: *mut u8),
    /// Whether the item has no owners but this one, `others` more, and `weak` weak ones. All of them
    /// are the caller's to use, and stay where they are. All but this one are given up for a moment,
    /// and this one is asked whether it is alone: it answers in one step, whatever other threads do with
    /// owners of their own.
    pub alone: unsafe extern "C" fn(owner: *mut u8, others: usize, weak: usize) -> bool,
    /// How many owners the item has now, in a state or anywhere else. Unlike `alone`, it gives up none, so it may be
    /// asked where it is not known which owners there are. Other threads may make and drop owners meanwhile.
    pub counts: unsafe extern "C" fn(owner: *const u8) -> OwnerCounts,
    /// Takes one owner away; the last one frees the container but not its item, which was written once and then given
    /// up.
    pub free: unsafe extern "C" fn(value: *mut u8),
    /// The same for an owner that this module made, by `room`, `share` or `another`: the item may never have been
    /// written.
    pub free_new: unsafe extern "C" fn(value: *mut u8),
    /// Whether owners may be on several threads.
    pub threads: bool,
}

/// How many owners an item has, as each of the two counts was when it was read, one after the other.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerCounts {
    /// Those that keep it.
    pub strong: usize,
    /// The `Weak`s.
    pub weak: usize,
}

/// The operations of `Weak`, which leads to an item and does not keep it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Weak {
    /// The item that it leads to, the same as for the item's owners; null if it has no owners.
    pub item: unsafe extern "C" fn(value: *const u8) -> *const u8,
    /// Makes a `Weak` that leads to an item that [`Shared::room`] of this module made.
    pub follow: unsafe extern "C" fn(item: *const u8, slot: *mut u8),
    /// Makes a `Weak` that leads nowhere.
    pub nowhere: unsafe extern "C" fn(slot: *mut u8),
}

/// What carries over a value of a type by a described type: `as = D, into = path, from = path`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CarriedAs {
    /// Makes the described value, in room for one, from the field's value, which stays as it is.
    pub into: unsafe extern "C" fn(value: *const u8, slot: *mut u8, error: *mut RString) -> u8,
    /// Makes the field's value, in room for one, from a described one, which is given up.
    pub from: unsafe extern "C" fn(given: *mut u8, slot: *mut u8, error: *mut RString) -> u8,
    /// Where values may be moved as they are between modules of one compiler to which the type and its parameters are
    /// the same: the identity that the type has there. Absent where a value stays with the code that made it.
    pub moved: Option<extern "C" fn() -> MovedIdentity>,
}

/// The identity of a type: another one in each version of its crate, with each set of features and each compiler.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MovedIdentity(pub [u8; 16]);

/// What carries over a value by its serde form.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CarriedBySerde {
    /// Writes the form of a value, which stays as it is, into room for an `RVec<u8>`: at most `most` bytes.
    pub write: unsafe extern "C" fn(
        value: *const u8,
        most: usize,
        form: *mut u8,
        error: *mut RString,
    ) -> u8,
    /// Makes a value, in room for one, from such a form.
    pub read: unsafe extern "C" fn(form: RSlice<'_, u8>, slot: *mut u8, error: *mut RString) -> u8,
}
