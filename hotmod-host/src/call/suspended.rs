//! The calls of a version's `async` exports that wait for something: no thread is in them, and the version is needed.
//!
//! Such a call stands in a frame of its own, in the block of its future. A thread that has looked for calls in the frames
//! of threads *before* sees each call there or here: it comes here before its first frame is left, and goes after its
//! last one is left.

use std::collections::HashMap;
use std::ptr;
use std::sync::MutexGuard;
use std::sync::atomic::Ordering;

use slab::Slab;

use crate::call::slot::Doing;
use crate::call::task::block::{self, BlockRoom, ListedBlock};
use crate::image::image::Image;
use crate::sys::clock::CoarseMoment;

/// A call that waits.
#[derive(Clone, Debug)]
pub(crate) struct SuspendedCall {
    /// The place of its export in a generation, or what else stands for what it does.
    pub(crate) place: usize,
    /// When it began to wait.
    pub(crate) since: CoarseMoment,
    /// The import that it awaits, if it does.
    pub(crate) awaits: Option<&'static str>,
    /// Whether it is to end where it waits.
    pub(crate) is_cancelled: bool,
    word: u64,
}

/// The call that waits in a block, if it is one of this version.
fn seen(image: &Image, room: &BlockRoom) -> Option<SuspendedCall> {
    loop {
        let seen = room.frame.seen(0)?;
        if !ptr::eq(seen.generation.image, image) {
            return None;
        }
        let (since, awaits) = (room.known_since(), room.awaits());
        // Acquire: the look again comes after it, and after those above.
        let cancelled = room.cancelled.load(Ordering::Acquire);
        if room.frame.seen(0).is_some_and(|it| it.call == seen.call) {
            return Some(SuspendedCall {
                place: seen.call.place(),
                since,
                awaits,
                is_cancelled: cancelled == seen.call.word(),
                word: seen.call.word(),
            });
        }
    }
}

fn is_in(image: &Image, room: &BlockRoom) -> bool {
    let seen = room.frame.seen(0);
    seen.is_some_and(|it| ptr::eq(it.generation.image, image))
}

/// How many wait in each version, by the addresses of the images.
pub(crate) struct SuspendedCounts(HashMap<*const Image, usize>);

/// Counts those of all versions, each as its block is come by.
pub(crate) fn counts() -> SuspendedCounts {
    let mut counts = HashMap::new();
    for list in block::lists() {
        for (_, listed) in &*list {
            if let Some(seen) = listed.room().frame.seen(0) {
                *counts
                    .entry(ptr::from_ref(seen.generation.image))
                    .or_default() += 1;
            }
        }
    }
    SuspendedCounts(counts)
}

impl SuspendedCounts {
    /// How many wait in this version.
    pub(crate) fn of(&self, image: &Image) -> usize {
        self.0.get(&ptr::from_ref(image)).copied().unwrap_or(0)
    }
}

/// Whether any wait in a version.
pub(crate) fn are_in(image: &Image) -> bool {
    block::lists().any(|list| list.iter().any(|(_, it)| is_in(image, it.room())))
}

/// Those that have waited longest in a version, up to so many, the longest first.
pub(crate) fn oldest(image: &Image, most: usize) -> Vec<SuspendedCall> {
    let mut oldest: Vec<SuspendedCall> = Vec::new();
    for list in block::lists() {
        oldest.extend(list.iter().filter_map(|(_, it)| seen(image, it.room())));
        oldest.sort_unstable_by_key(|call| call.since);
        oldest.truncate(most);
    }
    oldest
}

/// Has calls that wait in a version end, those that do what is chosen: they are woken, and their next poll drops the module's future and says that
/// it was cancelled. What they borrow is their callers', so nothing else could do that.
pub(crate) fn cancel(image: &Image, is_chosen: impl Fn(Doing) -> bool) {
    let mut wakers = Vec::new();
    for list in block::lists() {
        for (_, listed) in &*list {
            let room = listed.room();
            let ends =
                |call: &SuspendedCall| !call.is_cancelled && is_chosen(Doing::at(call.place));
            if let Some(call) = seen(image, room).filter(ends) {
                // Where the call is over by now, this is the word of none, and another call in the block is woken once
                // too often.
                room.cancelled.store(call.word, Ordering::Relaxed);
                wakers.extend(room.waking.take_waker());
            }
        }
    }
    // A waker may do anything: nothing is locked by now.
    wakers.into_iter().for_each(block::wake);
}

/// All that wait, kept from being given back.
pub(crate) struct HeldCalls(Vec<MutexGuard<'static, Slab<ListedBlock>>>);

/// Keeps them so.
pub(crate) fn hold() -> HeldCalls {
    HeldCalls(block::lists().collect())
}

impl HeldCalls {
    /// The addresses of the states that they work on, those of all modules.
    pub(crate) fn states(&self) -> Vec<usize> {
        let blocks = self.0.iter().flat_map(|list| list.iter());
        let seen = blocks.filter_map(|(_, it)| it.room().frame.seen(0));
        seen.map(|seen| seen.state.addr()).collect()
    }
}
