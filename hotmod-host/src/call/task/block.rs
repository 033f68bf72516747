//! The blocks in which modules keep the futures of calls ([`hotmod::call::future`]), and what the host keeps with them.
//!
//! A thread has some that are not in use, so that a call takes and gives back a block in a few instructions, and a call
//! that is ready at once does no more. All that there are, in use or not, are listed: a look for calls that wait goes
//! through them, and such a call writes nothing but its own block.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use hotmod::call::future::{FutureBlock, FutureHead, ROOM, WakerTable};
use slab::Slab;

use super::waking::{Wakes, Waking};
use crate::call::slot::{self, Frame, ThreadAt};
use crate::sys::clock::CoarseMoment;

/// What the host keeps in a block.
pub(crate) struct BlockRoom {
    /// While the call waits, which call that is: no thread is in it.
    pub(crate) frame: Frame,
    /// When it began to wait, as a [`CoarseMoment`]; nought if no one knows yet.
    since: AtomicU64,
    /// The import that it awaits, or null.
    awaits: AtomicPtr<&'static str>,
    /// The word of the frame of the call that is to end at its next poll.
    pub(crate) cancelled: AtomicU64,
    pub(crate) waking: Waking<Waker>,
    /// Where it is listed.
    listed: BlockPlace,
    /// While it is not in use, the next that is not.
    next: Cell<Option<NonNull<FutureBlock>>>,
}

static_assertions::const_assert!(size_of::<BlockRoom>() <= size_of::<[usize; ROOM]>());
static_assertions::const_assert!(align_of::<BlockRoom>() <= align_of::<usize>());

/// Keeps a panic of the host's executor from a module, which may be what wakes.
fn kept_in(wake: impl FnOnce()) {
    if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(wake)) {
        // It may panic again when it is dropped.
        std::mem::forget(payload);
    }
}

/// Wakes a caller, whose panic is given up.
pub(crate) fn wake(waker: Waker) {
    Wakes::wake(waker);
}

impl Wakes for Waker {
    fn wake(self) {
        kept_in(|| Waker::wake(self));
    }

    fn wake_by_ref(&self) {
        kept_in(|| Waker::wake_by_ref(self));
    }

    fn will_wake(&self, other: &Self) -> bool {
        Waker::will_wake(self, other)
    }
}

/// A reference to a block that is in use: that of the call which polls and drops the future in it.
pub(crate) struct HeldBlock(NonNull<FutureBlock>);

// SAFETY: what the host keeps in it may be used by any thread, but for `next`, which is used while there is no reference.
unsafe impl Send for HeldBlock {}

impl HeldBlock {
    /// One with no future in it, which no waker refers to.
    #[inline]
    pub(crate) fn take() -> Self {
        HeldBlock(FREE.with(FreeBlocks::take).unwrap_or_else(allocate))
    }

    pub(crate) fn address(&self) -> NonNull<FutureBlock> {
        self.0
    }

    pub(crate) fn head(&self) -> NonNull<FutureHead> {
        self.0.cast()
    }

    #[inline]
    pub(crate) fn room(&self) -> &BlockRoom {
        // SAFETY: the block is there as long as this reference.
        unsafe { room(self.head().as_ptr()) }
    }
}

impl Drop for HeldBlock {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this is a reference, and not used any more.
        unsafe { give_up(self.head().as_ptr()) };
    }
}

/// What the host keeps in the block of this head.
///
/// # Safety
///
/// The head is that of a block of [`allocate`], which is there for `'a`.
unsafe fn room<'a>(head: *const FutureHead) -> &'a BlockRoom {
    // SAFETY: the caller's.
    let room = unsafe { &raw const (*head).room };
    // SAFETY: `allocate` has filled it; only the room is referred to, whose parts may be changed through a shared
    // reference.
    unsafe { &*room.cast::<BlockRoom>() }
}

/// Gives up a reference, and the block with the last.
///
/// # Safety
///
/// The caller has that reference. The one of the call goes when the future was dropped.
#[inline]
unsafe fn give_up(head: *const FutureHead) {
    // SAFETY: the block is there as long as there is a reference.
    if unsafe { room(head) }.waking.is_last() {
        // SAFETY: it was the last.
        unsafe { put_back(head) };
    }
}

/// Keeps a block for the next call.
///
/// # Safety
///
/// There is no reference to it.
#[inline]
unsafe fn put_back(head: *const FutureHead) {
    // SAFETY: a head is never null, and stands in front of its block.
    let block = unsafe { NonNull::new_unchecked(head.cast_mut()) }.cast();
    FREE.with(|free| free.put(block));
}

static WAKERS: WakerTable = WakerTable {
    clone: clone_waker,
    wake: wake_waker,
    wake_by_ref: wake_waker_by_ref,
    drop: drop_waker,
};

unsafe extern "C" fn clone_waker(head: *const FutureHead) {
    // SAFETY: the module has a reference.
    unsafe { room(head) }.waking.add_reference();
}

unsafe extern "C" fn wake_waker(head: *const FutureHead) {
    // SAFETY: as above; the module gives up its reference.
    if unsafe { room(head) }.waking.wake_and_go() {
        // SAFETY: it was the last.
        unsafe { put_back(head) };
    }
}

unsafe extern "C" fn wake_waker_by_ref(head: *const FutureHead) {
    // SAFETY: as above.
    unsafe { room(head) }.waking.wake();
}

unsafe extern "C" fn drop_waker(head: *const FutureHead) {
    // SAFETY: the module gives up its reference.
    unsafe { give_up(head) };
}

/// How many blocks a thread keeps that are not in use: none under a sanitizer, which sees what is used of a block too late
/// only where that is given back.
const KEPT: usize = if cfg!(hotmod_sanitize) { 0 } else { 64 };

/// The blocks of a thread that are not in use.
struct FreeBlocks {
    first: Cell<Option<NonNull<FutureBlock>>>,
    /// How many more it may keep: none until the thread is known to give them back when it ends.
    left: Cell<usize>,
    keeps: Cell<bool>,
}

thread_local! {
    static FREE: FreeBlocks = const {
        FreeBlocks {
            first: Cell::new(None),
            left: Cell::new(0),
            keeps: Cell::new(false),
        }
    };
    /// Apart from `FREE`, which is then used without asking whether it was destroyed.
    static END: ThreadEnd = const { ThreadEnd };
}

/// Gives the thread's blocks back when the thread ends.
struct ThreadEnd;

impl Drop for ThreadEnd {
    fn drop(&mut self) {
        FREE.with(|free| {
            free.left.set(0);
            while let Some(block) = free.take() {
                free.left.set(0);
                // SAFETY: it is not in use, and taken from where it was kept.
                unsafe { deallocate(block) };
            }
        });
    }
}

impl FreeBlocks {
    #[inline]
    fn take(&self) -> Option<NonNull<FutureBlock>> {
        let block = self.first.get()?;
        // SAFETY: it was kept, so it is there, and no one else refers to it.
        let room = unsafe { room(block.cast::<FutureHead>().as_ptr()) };
        self.first.set(room.next.get());
        self.left.set(self.left.get() + 1);
        Some(block)
    }

    /// Keeps a block that nothing refers to any more.
    #[inline]
    fn put(&self, block: NonNull<FutureBlock>) {
        let Some(left) = self.left.get().checked_sub(1) else {
            return self.put_one_more(block);
        };
        // SAFETY: nothing gives it back but this.
        let room = unsafe { room(block.cast::<FutureHead>().as_ptr()) };
        room.next.set(self.first.get());
        self.first.set(Some(block));
        self.left.set(left);
    }

    #[cold]
    fn put_one_more(&self, block: NonNull<FutureBlock>) {
        // A thread that is ending keeps none.
        if KEPT > 0 && !self.keeps.replace(true) && END.try_with(|_| ()).is_ok() {
            self.left.set(KEPT);
            return self.put(block);
        }
        // SAFETY: nothing refers to it.
        unsafe { deallocate(block) };
    }
}

/// How many lists of blocks there are: threads spread over them so that they seldom share one.
const SHARDS: usize = 16;

/// All blocks that there are.
static LISTS: [Mutex<Slab<ListedBlock>>; SHARDS] = [const { Mutex::new(Slab::new()) }; SHARDS];

/// A block that is there for as long as it is listed.
pub(crate) struct ListedBlock(NonNull<FutureBlock>);

// SAFETY: it leads to what any thread may use, which `room` says.
unsafe impl Send for ListedBlock {}

impl ListedBlock {
    pub(crate) fn room(&self) -> &BlockRoom {
        // SAFETY: the block is there as long as it is listed, and this is borrowed from the list.
        unsafe { room(self.0.cast::<FutureHead>().as_ptr()) }
    }
}

/// Where a block is listed.
#[derive(Clone, Copy)]
struct BlockPlace {
    shard: u32,
    place: u32,
}

fn lock(list: &Mutex<Slab<ListedBlock>>) -> MutexGuard<'_, Slab<ListedBlock>> {
    // A block is inserted and removed whole.
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lists of all blocks, each locked in its turn. Blocks are there, and are used, meanwhile.
pub(crate) fn lists() -> impl Iterator<Item = MutexGuard<'static, Slab<ListedBlock>>> {
    LISTS.iter().map(lock)
}

const LAYOUT: Layout = Layout::new::<FutureBlock>();

#[cold]
#[inline(never)]
fn allocate() -> NonNull<FutureBlock> {
    // SAFETY: the layout is not empty.
    let block = unsafe { alloc(LAYOUT) }.cast::<FutureBlock>();
    let Some(block) = NonNull::new(block) else {
        handle_alloc_error(LAYOUT);
    };
    let shard = ThreadAt::this().number() / align_of::<slot::Slot>() % SHARDS;
    let mut list = lock(&LISTS[shard]);
    let entry = list.vacant_entry();
    let (shard, place) = (u32::try_from(shard), u32::try_from(entry.key()));
    let (Ok(shard), Ok(place)) = (shard, place) else {
        panic!("there are more futures of modules than 4,294,967,295");
    };
    let head = block.cast::<FutureHead>().as_ptr();
    // SAFETY: the block is new.
    let room = unsafe { &raw mut (*head).room };
    let filled = BlockRoom {
        frame: Frame::default(),
        since: AtomicU64::new(0),
        awaits: AtomicPtr::new(ptr::null_mut()),
        cancelled: AtomicU64::new(0),
        waking: Waking::new(),
        listed: BlockPlace { shard, place },
        next: Cell::new(None),
    };
    // SAFETY: as above; a room has the size and the alignment.
    unsafe { room.cast::<BlockRoom>().write(filled) };
    // SAFETY: as above.
    let wakers = unsafe { &raw mut (*head).wakers };
    // SAFETY: as above.
    unsafe { wakers.write(&WAKERS) };
    entry.insert(ListedBlock(block));
    block
}

/// # Safety
///
/// Nothing refers to the block but the list.
#[cold]
#[inline(never)]
unsafe fn deallocate(block: NonNull<FutureBlock>) {
    let head = block.cast::<FutureHead>().as_ptr();
    // SAFETY: the block is there.
    let BlockPlace { shard, place } = unsafe { room(head) }.listed;
    // A thread that looks at it has the list locked.
    lock(&LISTS[shard as usize]).try_remove(place as usize);
    // SAFETY: as above.
    let room = unsafe { &raw mut (*head).room };
    // SAFETY: `allocate` has filled it, and nothing uses it any more.
    unsafe { room.cast::<BlockRoom>().drop_in_place() };
    // SAFETY: `allocate` took it with this layout.
    unsafe { dealloc(block.as_ptr().cast(), LAYOUT) };
}

impl BlockRoom {
    /// Notes what the call awaits.
    pub(crate) fn note_awaits(&self, import: Option<&'static &'static str>) {
        let import = import.map_or(ptr::null(), ptr::from_ref).cast_mut();
        // Release, here and below: what looks at the call that was in the block before finds that over.
        self.awaits.store(import, Ordering::Release);
    }

    /// Notes when the call began to wait, which may come later.
    pub(crate) fn note_since(&self, since: Option<CoarseMoment>) {
        let since = since.map_or(0, CoarseMoment::number);
        self.since.store(since, Ordering::Release);
    }

    /// Whether that is known.
    pub(crate) fn has_since(&self) -> bool {
        self.since.load(Ordering::Relaxed) != 0
    }

    /// When the call began to wait; now, if no thread knows better.
    pub(crate) fn known_since(&self) -> CoarseMoment {
        // Acquire: a look again at the frame comes after it.
        match self.since.load(Ordering::Acquire) {
            0 => {
                let now = CoarseMoment::now();
                let noted = self.since.compare_exchange(
                    0,
                    now.number(),
                    Ordering::AcqRel,
                    Ordering::Acquire,
                );
                noted.map_or_else(CoarseMoment::from_number, |_| now)
            }
            since => CoarseMoment::from_number(since),
        }
    }

    /// The import that the call awaits.
    pub(crate) fn awaits(&self) -> Option<&'static str> {
        // Acquire: as above.
        let import = self.awaits.load(Ordering::Acquire);
        // SAFETY: null, or what `note_awaits` has stored, which is kept for ever.
        unsafe { import.as_ref() }.copied()
    }

    /// Whether the call that waits is to end, for its owner.
    #[inline]
    pub(crate) fn is_cancelled(&self) -> bool {
        // Relaxed: it is set before the call is woken, and a poll that misses it is followed by another one.
        self.cancelled.load(Ordering::Relaxed) == self.frame.word()
    }
}
