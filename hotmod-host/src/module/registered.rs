//! Which instances live, and at which generation each is.

use std::ptr::NonNull;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};

use slab::Slab;

use crate::call::generation::Generation;

/// The instances of a module. Locked when one is created, moves or is dropped; never by a call.
#[derive(Default)]
pub(crate) struct Registered(Mutex<Slab<RegisteredInstance>>);

/// One instance, and where its last move left it.
#[derive(Clone, Copy)]
pub(crate) struct RegisteredInstance {
    pub(crate) interface: &'static str,
    pub(crate) generation: &'static Generation,
    pub(crate) state: NonNull<u8>,
}

// SAFETY: an entry by itself gives no access to the state: code that reads or changes the state through the
// pointer has to make sure that no other code does, which only a copy of the process can.
unsafe impl Send for RegisteredInstance {}

impl Registered {
    /// Counts an instance at its generation. Returns its place, by which it is known.
    pub(crate) fn add(
        &self,
        interface: &'static str,
        generation: &'static Generation,
        state: NonNull<u8>,
    ) -> usize {
        // Relaxed: a thread that asks whether a version is needed reads the calls in it and then, under the
        // lock, the counts; the lock orders these as `moved` says.
        generation.image.instances.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(RegisteredInstance {
            interface,
            generation,
            state,
        })
    }

    /// Counts an instance at another generation, where it is now.
    pub(crate) fn moved(
        &self,
        place: usize,
        from: &Generation,
        to: &'static Generation,
        state: NonNull<u8>,
    ) {
        // Before the lock is taken, and the decrement after it is released. A thread that reads the counts
        // under the lock does so after this section and sees the increment, or before it and cannot
        // see the decrement: the instance is found at one of the two, or at both.
        to.image.instances.fetch_add(1, Ordering::Relaxed);
        let mut entries = self.lock();
        if let Some(entry) = entries.get_mut(place) {
            entry.generation = to;
            entry.state = state;
        }
        drop(entries);
        // Relaxed: as in `add`.
        from.image.instances.fetch_sub(1, Ordering::Relaxed);
    }

    /// Forgets an instance.
    pub(crate) fn remove(&self, place: usize, at: &Generation) {
        self.lock().try_remove(place);
        // Relaxed: as in `add`.
        at.image.instances.fetch_sub(1, Ordering::Relaxed);
    }

    /// All instances. None of them moves as long as this is held.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Slab<RegisteredInstance>> {
        // An entry is inserted, changed and removed whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
