//! Large containers whose items do not lie one after the other, on several threads: maps, sets, deques, lists.
//!
//! A container takes its items one by one, on one thread. Its items are converted in batches before that, by
//! all threads: a batch that is converted waits in a room of its own until its turn comes, so that items are added
//! in the order in which the old container gave them, and the first that fails is the one that is told. The
//! thread that adds converts, too, where no batch is ready for it.
//!
//! Only for items that any thread may prepare, as in [`threads`](super::threads).

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::items::{OldOrNew, item_size};
use super::threads::Help;
use super::{Engine, Failure, Result};
use crate::migrate::at::At;
use crate::migrate::parts;
use crate::migrate::program::Items;
use crate::migrate::runs;
use hotmod::operations::Run;

/// How many items are converted at a time.
const BATCH: usize = 1024;

/// The fewest items for which a thread of their own gains more than it costs.
const LEAST: usize = 8 * BATCH;

/// How many batches each thread may be ahead of the one that adds.
const AHEAD: usize = 4;

/// What is converted of a batch: a run for each parameter of the container.
struct Batch {
    rooms: Vec<Run>,
    len: usize,
}

// SAFETY: a batch is used by one thread at a time: the one that converts it, and then the one that adds its items.
// Any thread may have prepared the items, so they may be used on this one.
unsafe impl Send for Batch {}

/// Where the parts of the old items are: those of an item one after the other.
struct OldParts(Vec<At>);

// SAFETY: any thread may prepare the items, and so read them; each is read by one, and nothing changes them.
unsafe impl Sync for OldParts {}

/// What the threads tell each other.
struct BatchProgress {
    /// The batch that is to be converted next.
    next: usize,
    /// How many batches were added.
    added: usize,
    /// Those that are converted and were not added yet. One that failed has given up what it made, and says which
    /// item of the container failed.
    ready: BTreeMap<usize, std::result::Result<Batch, (usize, Failure)>>,
    /// Nothing more is to be converted.
    is_over: bool,
}

struct BatchWork<'p, 'w> {
    code: &'p Items,
    old: &'w OldParts,
    /// How many batches there are.
    batches: usize,
    ahead: usize,
    progress: Mutex<BatchProgress>,
    changed: Condvar,
}

/// Ends the work of all threads when it is dropped: that of a thread which only converts, if it panics.
struct Ending<'a, 'p, 'w> {
    work: &'a BatchWork<'p, 'w>,
    converts: bool,
}

impl Drop for Ending<'_, '_, '_> {
    fn drop(&mut self) {
        if !self.converts || thread::panicking() {
            self.work.progress().is_over = true;
            self.work.changed.notify_all();
        }
    }
}

impl<'p> Engine<'p> {
    /// Whether so many items are worth more than one thread.
    pub(super) fn is_for_batches(&self, code: &Items, len: usize) -> bool {
        let threads = self.threads.get().min(len / LEAST);
        threads > 1 && code.items.iter().all(|item| item.parallel)
    }

    /// Adds what the items of a container become to a new one that was begun. On `Err`, the new one has all items
    /// that were added.
    ///
    /// # Safety
    ///
    /// `code` fits: a value with so many items is at `from`, and what was begun at `to`. Any thread may prepare the items.
    pub(super) unsafe fn add_in_batches(
        &mut self,
        code: &'p Items,
        from: At,
        to: At,
        len: usize,
    ) -> Result {
        let count = code.items.len();
        let mut old = OldParts(Vec::with_capacity(len.saturating_mul(count)));
        // SAFETY: `code` fits, so its table is that of the value.
        let all = unsafe {
            parts::each(&code.old, from, count, |parts| {
                old.0.extend_from_slice(parts);
                true
            })
        };
        if !all {
            return Err(Failure::new("the container could not be read"));
        }
        let threads = self.threads.get().min(len / LEAST);
        let work = BatchWork {
            code,
            old: &old,
            batches: (old.0.len() / count).div_ceil(BATCH),
            ahead: AHEAD * threads,
            progress: Mutex::new(BatchProgress {
                next: 0,
                added: 0,
                ready: BTreeMap::new(),
                is_over: false,
            }),
            changed: Condvar::new(),
        };
        let (programs, memory, work) = ((self.program, self.carried), self.memory, &work);
        // Not `self`: its record of shared items must stay on one thread.
        let alone = move || Engine::within(programs, memory, NonZero::<usize>::MIN);
        let help = &Help::of_this_thread(memory);
        let added = thread::scope(|scope| {
            let _ending = Ending {
                work,
                converts: false,
            };
            for _ in 1..threads {
                let name = thread::Builder::new().name("hotmod-migration".to_owned());
                let convert = move || {
                    let _ending = Ending {
                        work,
                        converts: true,
                    };
                    // SAFETY: `code` fits, and each batch is taken by one thread.
                    help.begin(|| unsafe { work.convert(&mut alone()) });
                };
                // Without it, the others do its work.
                let _ = name.spawn_scoped(scope, convert);
            }
            // SAFETY: as above; what was begun is at `to`, and only this thread uses it.
            unsafe { work.add(self, to) }
        });
        for (_, batch) in std::mem::take(&mut work.progress().ready) {
            if let Ok(batch) = batch {
                // SAFETY: its items were converted, and were not added.
                unsafe { work.give_up(self, batch, 0) };
            }
        }
        added
    }
}

impl<'p> BatchWork<'p, '_> {
    fn progress(&self) -> MutexGuard<'_, BatchProgress> {
        // It is changed whole.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'g>(&self, progress: MutexGuard<'g, BatchProgress>) -> MutexGuard<'g, BatchProgress> {
        let waited = self.changed.wait(progress);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next batch that is to be converted, if there is one.
    fn take(&self, progress: &mut BatchProgress) -> Option<usize> {
        let is_near = progress.next < progress.added + self.ahead;
        let may = progress.next < self.batches && is_near;
        may.then(|| {
            progress.next += 1;
            progress.next - 1
        })
    }

    /// Converts batches until there are none.
    ///
    /// # Safety
    ///
    /// The code fits the old items, which any thread may prepare, and nothing changes them.
    unsafe fn convert(&self, engine: &mut Engine<'p>) {
        let mut progress = self.progress();
        while !progress.is_over && progress.next < self.batches {
            progress = match self.take(&mut progress) {
                Some(number) => {
                    drop(progress);
                    // SAFETY: the caller's; this thread took the batch.
                    unsafe { self.convert_one(engine, number) };
                    self.progress()
                }
                None => self.wait(progress),
            };
        }
    }

    /// # Safety
    ///
    /// As for [`convert`](BatchWork::convert), and this thread took the batch.
    unsafe fn convert_one(&self, engine: &mut Engine<'p>, number: usize) {
        // SAFETY: the caller's.
        let converted = unsafe { self.batch(engine, number) };
        self.progress().ready.insert(number, converted);
        self.changed.notify_all();
    }

    /// # Safety
    ///
    /// As for [`convert_one`](BatchWork::convert_one).
    unsafe fn batch(
        &self,
        engine: &mut Engine<'p>,
        number: usize,
    ) -> std::result::Result<Batch, (usize, Failure)> {
        let count = self.code.items.len();
        let first = number * BATCH;
        let parts = &self.old.0[first * count..];
        let len = BATCH.min(parts.len() / count);
        let mut batch = Batch {
            rooms: Vec::with_capacity(count),
            len: 0,
        };
        for item in &self.code.items {
            let size = len.saturating_mul(item.new.size);
            let room = engine.affords(size).and_then(|()| {
                let room = runs::room(engine.memory, item.new, len);
                room.ok_or_else(|| Failure::for_now("there is no memory for the items"))
            });
            match room {
                Ok(room) => batch.rooms.push(room),
                Err(failure) => {
                    // SAFETY: no item was converted yet.
                    unsafe { self.give_up(engine, batch, 0) };
                    return Err((first, failure));
                }
            }
        }
        for (place, old) in parts.chunks_exact(count).take(len).enumerate() {
            for (done, item) in self.code.items.iter().enumerate() {
                let room = batch.part(self.code, place, done);
                // SAFETY: the codes of the items fit the parts, and there is room for each new part.
                if let Err(failure) = unsafe { engine.prepare(&item.code, old[done], room) } {
                    for (done, item) in self.code.items[..done].iter().enumerate() {
                        // SAFETY: this part of the item was made above.
                        unsafe { engine.abandon(&item.code, batch.part(self.code, place, done)) };
                    }
                    // SAFETY: the items before this one were converted.
                    unsafe { self.give_up(engine, batch, 0) };
                    return Err((first + place, failure));
                }
            }
            batch.len += 1;
        }
        Ok(batch)
    }

    /// Adds all batches in their order, and converts some of them.
    ///
    /// # Safety
    ///
    /// As for [`convert`](BatchWork::convert), and only this thread uses the container that was begun at `to`.
    unsafe fn add(&self, engine: &mut Engine<'p>, to: At) -> Result {
        let mut added = 0;
        let mut progress = self.progress();
        while added < self.batches {
            let number = match progress.ready.remove(&added) {
                Some(Ok(batch)) => {
                    drop(progress);
                    // SAFETY: the caller's; the items were converted.
                    unsafe { self.add_batch(engine, batch, added * BATCH, to) }?;
                    added += 1;
                    progress = self.progress();
                    progress.added = added;
                    self.changed.notify_all();
                    continue;
                }
                Some(Err((place, failure))) => {
                    return Err(failure.within(format!("[{place}]")));
                }
                // A thread that converts has panicked. The panic goes on once all have ended.
                None if progress.is_over => {
                    return Err(Failure::new("a thread of the migration has ended"));
                }
                None => self.take(&mut progress),
            };
            progress = match number {
                Some(number) => {
                    drop(progress);
                    // SAFETY: the caller's; this thread took the batch.
                    unsafe { self.convert_one(engine, number) };
                    self.progress()
                }
                None => self.wait(progress),
            };
        }
        Ok(())
    }

    /// # Safety
    ///
    /// As for [`add`](BatchWork::add); the items of the batch were converted, and are given up.
    unsafe fn add_batch(
        &self,
        engine: &mut Engine<'p>,
        batch: Batch,
        first: usize,
        to: At,
    ) -> Result {
        let size = item_size(self.code, OldOrNew::New);
        let mut rooms = Vec::with_capacity(batch.rooms.len());
        for place in 0..batch.len {
            rooms.clear();
            rooms.extend((0..batch.rooms.len()).map(|done| batch.part(self.code, place, done)));
            // SAFETY: the container was begun there, and these are the parts of one of its items.
            let added = unsafe { parts::add(&self.code.new, to, &rooms, size) };
            if let Err(not_added) = added {
                let given = place + usize::from(not_added.is_within);
                // SAFETY: those before were given to the container.
                unsafe { self.give_up(engine, batch, given) };
                let failure = Failure::new(not_added.reason);
                return Err(failure.within(format!("[{}]", first + place)));
            }
        }
        let given = batch.len;
        // SAFETY: all were given to the container.
        unsafe { self.give_up(engine, batch, given) };
        Ok(())
    }

    /// Gives up the items of a batch from this one on, and its rooms.
    ///
    /// # Safety
    ///
    /// The items of the batch were converted by this code; those before were given to a container.
    unsafe fn give_up(&self, engine: &mut Engine<'p>, batch: Batch, given: usize) {
        for place in given..batch.len {
            for (done, item) in self.code.items.iter().enumerate() {
                // SAFETY: the part was made by this code.
                unsafe { engine.abandon(&item.code, batch.part(self.code, place, done)) };
            }
        }
        for (room, item) in batch.rooms.iter().zip(&self.code.items) {
            // SAFETY: it was taken for these items, none of which is in it any more.
            unsafe { runs::give_back(engine.memory, item.new, *room) };
        }
    }
}

impl Batch {
    /// Where a part of an item is, or is to be.
    fn part(&self, code: &Items, place: usize, part: usize) -> At {
        let size = code.items[part].new.size;
        runs::first(self.rooms[part]).part(place * size)
    }
}
