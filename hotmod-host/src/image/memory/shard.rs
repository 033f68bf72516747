//! A counter that many threads add to and few ask for.
//!
//! Allocations are counted one by one, so counting must cost next to nothing: a thread has a shard
//! that no other thread writes to, and adds to it by a load and a store. Threads beyond the number of
//! shards, and threads that are ending, share one shard and add to it atomically.

use std::cell::Cell;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// How many shards have a thread of their own: a bit of [`FREE`] for each.
const OWNED: usize = 63;

/// The shard that is shared.
const SHARED: usize = OWNED;

/// In place of the shard of a thread that has not counted yet.
const UNKNOWN: usize = usize::MAX;

/// The shards that no thread has.
static FREE: AtomicU64 = AtomicU64::new((1 << OWNED) - 1);

thread_local! {
    /// The thread's shard. It has no destructor, so it can be read to the thread's very end.
    static MINE: Cell<usize> = const { Cell::new(UNKNOWN) };
    /// Gives the thread's shard back when it ends.
    static CLAIM: Claim = const { Claim };
}

struct Claim;

impl Drop for Claim {
    fn drop(&mut self) {
        let mine = MINE.replace(SHARED);
        if mine < OWNED {
            // Release: the thread that claims the shard next goes on from this thread's last store.
            FREE.fetch_or(1 << mine, Ordering::Release);
        }
    }
}

/// Finds the thread a shard.
#[cold]
fn claim() -> usize {
    // Where `CLAIM`'s destructor cannot run any more, the shard would never be given back.
    let shard = match CLAIM.try_with(|_| ()) {
        Ok(()) => {
            let lowest = |free: u64| (free != 0).then(|| free & (free - 1));
            // Acquire: with the Release of the thread that had the shard before.
            let claimed = FREE.fetch_update(Ordering::Acquire, Ordering::Relaxed, lowest);
            claimed.map_or(SHARED, |free| free.trailing_zeros() as usize)
        }
        Err(_) => SHARED,
    };
    MINE.set(shard);
    shard
}

#[repr(align(64))]
struct Shard(AtomicI64);

/// The counter.
pub(crate) struct Shards([Shard; OWNED + 1]);

impl Default for Shards {
    fn default() -> Self {
        Shards([const { Shard(AtomicI64::new(0)) }; OWNED + 1])
    }
}

impl Shards {
    #[inline]
    pub(crate) fn add(&self, number: i64) {
        let mut mine = MINE.get();
        if mine == UNKNOWN {
            mine = claim();
        }
        let shard = &self.0[mine].0;
        // Relaxed: `sum` is a snapshot in any order.
        match mine {
            SHARED => {
                shard.fetch_add(number, Ordering::Relaxed);
            }
            // No other thread stores here, so no addition is lost between the load and the store.
            _ => shard.store(shard.load(Ordering::Relaxed) + number, Ordering::Relaxed),
        }
    }

    /// What the thread's own shard holds: how much that changes is what this thread adds, unless more threads than there are
    /// shards do.
    pub(crate) fn of_thread(&self) -> i64 {
        let mut mine = MINE.get();
        if mine == UNKNOWN {
            mine = claim();
        }
        // Relaxed: the thread's own additions are in it.
        self.0[mine].0.load(Ordering::Relaxed)
    }

    /// The sum of what was added so far. While other threads go on adding, it may miss any of their
    /// additions.
    pub(crate) fn sum(&self) -> i64 {
        let all = self.0.iter();
        all.map(|shard| shard.0.load(Ordering::Relaxed)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_addition_is_lost_among_more_threads_than_shards() {
        const THREADS: i64 = 3 * OWNED as i64;
        const TIMES: i64 = 1_000;
        let shards = Shards::default();
        // Twice, so that shards pass from threads that ended to new ones.
        for round in 1..=2 {
            let started = std::sync::Barrier::new(THREADS as usize);
            std::thread::scope(|scope| {
                for thread in 0..THREADS {
                    let (shards, started) = (&shards, &started);
                    scope.spawn(move || {
                        started.wait();
                        for _ in 0..TIMES {
                            shards.add(thread + 1);
                            shards.add(-thread);
                        }
                    });
                }
            });
            assert_eq!(shards.sum(), round * THREADS * TIMES);
        }
    }

    #[test]
    fn a_thread_can_count_while_it_ends() {
        struct Last(&'static Shards);
        impl Drop for Last {
            fn drop(&mut self) {
                self.0.add(1);
            }
        }
        thread_local! {
            static LAST: Cell<Option<Last>> = const { Cell::new(None) };
        }
        static SHARDS: std::sync::LazyLock<Shards> = std::sync::LazyLock::new(Shards::default);
        let shards: &'static Shards = &SHARDS;
        for first in [true, false] {
            let ended = std::thread::spawn(move || {
                // Destructors run in some order; one of the two runs after the shard's.
                if first {
                    shards.add(0);
                }
                LAST.set(Some(Last(shards)));
                shards.add(0);
            });
            ended.join().expect("a thread that only counts");
        }
        assert_eq!(shards.sum(), 2);
    }
}
