//! The calls of a version's `async` exports that wait for something: no thread is in them, and the version is needed.

use slab::Slab;
use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
}

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
                let awaits = None;
                let call = SuspendedCall {
                    place,
                    since,
                    awaits,
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
