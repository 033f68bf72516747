//! The calls of a version's `async` exports that wait for something: no thread is in them, and the version is needed.

use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hotmod::call::future::FutureHead;
use slab::Slab;

use crate::sys::clock::CoarseMoment;

/// How many lists there are: threads spread over them so that they seldom share one.
const SHARDS: usize = 16;

/// A call that waits.
#[derive(Clone, Debug)]
pub(crate) struct SuspendedCall {
    /// The place of its export in a generation, or what else stands for what it does.
    pub(crate) place: usize,
    /// When it began to wait.
    pub(crate) since: CoarseMoment,
    /// The import that it awaits, if it does.
    pub(crate) awaits: Option<&'static str>,
    /// The address of the state that it works on; nought for a function.
    pub(crate) state: usize,
    /// Whether it is to end where it waits.
    pub(crate) is_cancelled: bool,
    pub(crate) head: ListedHead,
}

/// The head of a call's future, which is there for as long as the call is listed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListedHead(pub(crate) NonNull<FutureHead>);

// SAFETY: it is used by what knows that any thread may (`call/task.rs`).
unsafe impl Send for ListedHead {}

thread_local! {
    /// The import that was awaited last in the poll that this thread is in.
    static AWAITED: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Notes that the future of this import is not ready, which the thread has polled.
pub(crate) fn is_awaited(import: &'static str) {
    AWAITED.set(Some(import));
}

/// The import that was noted last; it is forgotten.
#[inline]
pub(crate) fn take_awaited() -> Option<&'static str> {
    AWAITED.take()
}

/// Where a call is listed. It is given back once.
#[derive(Debug)]
pub(crate) struct SuspendedPlace {
    shard: usize,
    place: usize,
}

/// All that wait in one version.
#[derive(Default)]
pub(crate) struct SuspendedCalls {
    shards: [SuspendedShard; SHARDS],
    cancelled: AtomicU64,
    panicked: AtomicU64,
}

#[repr(align(64))]
#[derive(Default)]
struct SuspendedShard(Mutex<Slab<SuspendedCall>>);

impl SuspendedShard {
    fn lock(&self) -> MutexGuard<'_, Slab<SuspendedCall>> {
        // An entry is inserted and removed whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SuspendedCalls {
    /// Lists a call, which is still in a frame of its thread. `thread` is any number that differs from thread to
    /// thread.
    pub(crate) fn add(&self, thread: usize, call: SuspendedCall) -> SuspendedPlace {
        let shard = thread % SHARDS;
        let place = self.shards[shard].lock().insert(call);
        SuspendedPlace { shard, place }
    }

    /// Says what a call awaits now.
    pub(crate) fn set_awaits(
        &self,
        SuspendedPlace { shard, place }: &SuspendedPlace,
        awaits: Option<&'static str>,
    ) {
        if let Some(call) = self.shards[*shard].lock().get_mut(*place) {
            call.awaits = awaits;
        }
    }

    /// Takes a call off the list, which is over: its thread is in no frame of it any more.
    pub(crate) fn remove(&self, SuspendedPlace { shard, place }: SuspendedPlace) {
        self.shards[shard].lock().try_remove(place);
    }

    /// Marks calls that are not marked yet as cancelled, those for which `each` says that they are to be. Their heads are
    /// there meanwhile; `each` waits for nothing.
    pub(crate) fn cancel(&self, mut each: impl FnMut(&SuspendedCall) -> bool) {
        for shard in &self.shards {
            for (_, call) in &mut *shard.lock() {
                call.is_cancelled = call.is_cancelled || each(call);
            }
        }
    }

    /// Counts a call that was cancelled, by its caller or by the host.
    pub(crate) fn count_cancelled(&self, has_panicked: bool) {
        // Relaxed: they are only told.
        self.cancelled.fetch_add(1, Ordering::Relaxed);
        self.panicked
            .fetch_add(u64::from(has_panicked), Ordering::Relaxed);
    }

    /// How many calls were cancelled, and of how many of these what they held panicked when it was dropped.
    pub(crate) fn cancelled(&self) -> (u64, u64) {
        let cancelled = self.cancelled.load(Ordering::Relaxed);
        (cancelled, self.panicked.load(Ordering::Relaxed))
    }

    /// All lists, locked.
    pub(crate) fn hold(&self) -> Vec<MutexGuard<'_, Slab<SuspendedCall>>> {
        self.shards.iter().map(SuspendedShard::lock).collect()
    }

    /// How many wait. A thread that has looked for calls in frames *before* sees each call of this version there or
    /// here: it comes here before its first frame is left, and goes after its last one is left.
    pub(crate) fn count(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    /// Those that have waited longest, up to so many, the longest first.
    pub(crate) fn oldest(&self, most: usize) -> Vec<SuspendedCall> {
        let mut oldest: Vec<SuspendedCall> = Vec::new();
        for shard in &self.shards {
            oldest.extend(shard.lock().iter().map(|(_, call)| call.clone()));
            oldest.sort_unstable_by_key(|call| call.since);
            oldest.truncate(most);
        }
        oldest
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_calls_that_have_waited_longest_are_told_first() {
        let calls = SuspendedCalls::default();
        let listed: Vec<SuspendedPlace> = (0..100)
            .rev()
            .map(|place| {
                let since = Duration::from_secs(u64::try_from(place).expect("a number"));
                let since = CoarseMoment::of(since);
                let call = SuspendedCall {
                    place,
                    since,
                    awaits: None,
                    state: 0,
                    is_cancelled: false,
                    head: ListedHead(NonNull::dangling()),
                };
                calls.add(place * 7, call)
            })
            .collect();
        assert_eq!(calls.count(), 100);
        let places = |most| -> Vec<usize> {
            let oldest = calls.oldest(most).into_iter();
            oldest.map(|call| call.place).collect()
        };
        assert_eq!(places(3), [0, 1, 2]);
        assert_eq!(places(1000), (0..100).collect::<Vec<_>>());
        listed.into_iter().for_each(|it| calls.remove(it));
        assert_eq!((calls.count(), places(3)), (0, vec![]));
    }
}
