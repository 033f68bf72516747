//! Pointers at an address: `Box`, `Mutex` and `Cell` around an item, the owners that share one, and `Weak`s.
//!
//! What stands here is `unsafe` as in [`at`](super::at), and in its words.

#[cfg(feature = "snapshot")]
use hotmod::operations::OwnerCounts;
use hotmod::operations::{Lock, Pointer, Shared, Weak};

use super::at::{At, on_stack};

/// The item of a `Box`, `Mutex` or `Cell`.
///
/// # Safety
///
/// The value is of these operations.
pub(crate) unsafe fn item(pointer: &Pointer, value: At) -> At {
    // SAFETY: the caller passes such a value.
    At(unsafe { (pointer.item)(value.0) })
}

/// Builds a `Box`, `Mutex` or `Cell` around an item of so many bytes.
///
/// # Safety
///
/// There is room at `to` for a value of these operations. The item is one of its item's type, and is
/// given up.
pub(super) unsafe fn enclose(pointer: &Pointer, to: At, item: At, size: usize) {
    // SAFETY: the caller passes such room, and such an item.
    on_stack(size, || unsafe { (pointer.build)(to.0, item.0) });
}

/// Frees a `Box`, `Mutex` or `Cell` but not its item, which has so many bytes.
///
/// # Safety
///
/// The value is of these operations, and its item was given up or moved. Now it is given up itself.
pub(super) unsafe fn free(pointer: &Pointer, value: At, size: usize) {
    // SAFETY: the caller passes such a value.
    on_stack(size, || unsafe { (pointer.free)(value.0) });
}

/// The item of an `Arc` or `Rc`.
///
/// # Safety
///
/// The value is of these operations.
pub(crate) unsafe fn shared_item(shared: &Shared, value: At) -> At {
    // SAFETY: the caller passes such a value.
    At(unsafe { (shared.item)(value.0) })
}

/// How many values the item of an `Arc` or `Rc` is: one, or as many as the slice has.
///
/// # Safety
///
/// A value of these operations is there.
pub(crate) unsafe fn shared_len(shared: &Shared, value: At) -> usize {
    match shared.len {
        // SAFETY: the caller passes such a value.
        Some(len) => unsafe { len(value.0) },
        None => 1,
    }
}

/// Makes the first owner of an item that is yet to be written, of so many values, and gives where that is
/// to be.
///
/// # Safety
///
/// There is room at `to` for a value of these operations.
pub(super) unsafe fn own(shared: &Shared, to: At, len: usize) -> (At, NewItem) {
    // SAFETY: the caller passes such room.
    let item = unsafe { (shared.room)(to.0, len) };
    (At(item), NewItem(item.expose_provenance()))
}

/// Makes one more owner of an item of so many values that has one, wherever that was moved to.
///
/// # Safety
///
/// The item has an owner, made by these operations or by those of the same module for the other kind of
/// `Arc`. There is room at `to` for a value of these operations.
pub(super) unsafe fn share(shared: &Shared, item: NewItem, len: usize, to: At) {
    // SAFETY: the caller passes such an item, and such room.
    unsafe { (shared.share)(item.pointer(), len, to.0) };
}

/// Makes one more owner of the item of this one.
///
/// # Safety
///
/// The owner is of these operations, and there is room at `to` for one more.
pub(super) unsafe fn another(shared: &Shared, owner: At, to: At) {
    // SAFETY: the caller passes such an owner, and such room.
    unsafe { (shared.another)(owner.0, to.0) };
}

/// Whether nothing has the item but this owner, so many others, and so many weak ones, all of which
/// are in what is migrated.
///
/// # Safety
///
/// The owner is of these operations, and nothing reads or drops the others meanwhile.
pub(crate) unsafe fn alone(shared: &Shared, owner: At, others: usize, weak: usize) -> bool {
    // SAFETY: the caller passes such an owner.
    unsafe { (shared.alone)(owner.0, others, weak) }
}

/// How many owners the item of this one has, wherever they are.
///
/// # Safety
///
/// The owner is of these operations.
#[cfg(feature = "snapshot")]
pub(crate) unsafe fn counts(shared: &Shared, owner: At) -> OwnerCounts {
    // SAFETY: the caller passes such an owner.
    unsafe { (shared.counts)(owner.0) }
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
///
/// # Safety
///
/// The value is of these operations.
pub(crate) unsafe fn followed(weak: &Weak, value: At) -> Option<usize> {
    // SAFETY: the caller passes such a value.
    let item = unsafe { (weak.item)(value.0) };
    (!item.is_null()).then(|| item.addr())
}

/// Makes a `Weak` that leads to this item, or nowhere.
///
/// # Safety
///
/// There is room at `to` for a value of these operations. The item has an owner, made by the same
/// module.
pub(super) unsafe fn follow(weak: &Weak, item: Option<NewItem>, to: At) {
    match item {
        // SAFETY: the caller passes such an item, and such room.
        Some(item) => unsafe { (weak.follow)(item.pointer(), to.0) },
        // SAFETY: the caller passes such room.
        None => unsafe { (weak.nowhere)(to.0) },
    }
}

/// A lock that is held, and released when this is dropped.
pub(crate) struct HeldLock {
    lock: Lock,
    held: *mut (),
}

/// Takes a lock without waiting for it, and gives its item; `None` if another has it.
///
/// # Safety
///
/// The value is of these operations. It neither moves nor goes before the lock is released, which happens
/// on this thread.
pub(crate) unsafe fn hold(lock: &Lock, value: At) -> Option<(At, HeldLock)> {
    let mut item = std::ptr::null_mut();
    // SAFETY: the caller passes such a value; there is room for the address.
    let held = unsafe { (lock.hold)(value.0, &raw mut item) };
    let lock = *lock;
    (!held.is_null()).then(|| (At(item), HeldLock { lock, held }))
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        // SAFETY: `hold` gave it, on this thread: it is not `Send`. The caller of `hold` keeps the lock
        // until now.
        unsafe { (self.lock.release)(self.held) };
    }
}

/// Takes one owner away of an item of so many bytes; the last one frees the container but not its
/// item.
///
/// # Safety
///
/// The value is of these operations, and is given up. If it is the last, its item was given up or moved.
pub(super) unsafe fn disown(shared: &Shared, value: At, size: usize) {
    // SAFETY: the caller passes such a value.
    on_stack(size, || unsafe { (shared.free)(value.0) });
}

/// The same for an owner of an item that was made here, and may not have been written.
///
/// # Safety
///
/// The value is of these operations, which made it, and is given up. If it is the last, its item was given up, moved, or
/// never written.
pub(super) unsafe fn disown_new(shared: &Shared, value: At, size: usize) {
    // SAFETY: the caller passes such a value.
    on_stack(size, || unsafe { (shared.free_new)(value.0) });
}
