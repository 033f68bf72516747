//! Large runs on several threads, where the host allows it.
//!
//! Only for plain items: no code of the user's runs for them, and they share no value with each other
//! ([`Program`](crate::migrate::program::Program) finds out). Their bytes are copied or widened, texts
//! are read and built, and blocks for nested items taken and freed. So it does not matter on which
//! thread the values were made, and only the migration changes them.
//!
//! Items are also prepared so, and committed on one thread, where the only code of the user's that prepares them is
//! functions marked `parallel`: what these read is `Sync` or can only be read, and what they make is `Send`.

use std::num::NonZero;
use std::thread::{self, ScopedJoinHandle};

use parking_lot::Mutex;

use super::Engine;
use super::slices::Placed;
use crate::call::generation::Generation;
use crate::call::slot;
use crate::helping::Helped;
use crate::image::memory::Memory;
use crate::migrate::at::At;
use crate::migrate::program::Item;
use crate::migrate::values::before_final;

/// The fewest items for which a thread of their own gains more than it costs.
const LEAST: usize = 8192;

/// How many portions there are for each thread. One that comes on slower leaves some of them to the others: a thread that
/// was just started has no memory at hand yet, and others of the system may take its processor away.
const SHARES: usize = 8;

/// What the threads that help with a migration have to know: the functions of the user's that they run are part of
/// what the thread is in that they help.
pub(super) struct Help {
    helped: Helped,
    /// The version of the innermost call of that thread.
    call: Option<&'static Generation>,
    memory: &'static Memory,
}

impl Help {
    pub(super) fn of_this_thread(memory: &'static Memory) -> Self {
        Help {
            helped: Helped::this(),
            call: slot::current(),
            memory,
        }
    }

    /// Has this thread, which was started for that, do a part of the work.
    pub(super) fn begin<R>(&self, part: impl FnOnce() -> R) -> R {
        self.helped.help();
        let _entered = self.call.map(slot::enter_part);
        before_final::begun(self.memory, part)
    }
}

/// Items that one thread works on.
#[derive(Clone, Copy)]
struct Portion {
    /// The number of the first item.
    start: usize,
    len: usize,
    from: At,
    to: At,
}

// SAFETY: one thread at a time works on a portion, and only on its items, old and new: the thread that
// handed the portion out waits until it is done. The work depends on no thread: the functions that make
// portions are called with plain items only.
unsafe impl Send for Portion {}

impl<'p> Engine<'p> {
    /// On how many threads so many items may be prepared.
    pub(super) fn prepared_by(&self, item: &Item, len: usize) -> usize {
        self.threads_for(item.parallel, len)
    }

    /// On how many threads so many items may be committed.
    pub(super) fn committed_by(&self, item: &Item, len: usize) -> usize {
        self.threads_for(item.plain, len)
    }

    /// For how many threads there is enough work.
    fn threads_for(&self, any: bool, len: usize) -> usize {
        match any {
            true => self.threads.get().min(len / LEAST),
            false => 1,
        }
    }

    /// As `prepare_run`, on so many threads.
    ///
    /// # Safety
    ///
    /// As for [`prepare_run`](Engine::prepare_run), and any thread may do it.
    pub(super) unsafe fn prepare_portions(
        &self,
        item: &'p Item,
        (from, to): (At, At),
        len: usize,
        threads: usize,
    ) -> Placed {
        let prepare = |mut engine: Engine<'p>, portion: Portion| {
            // SAFETY: the portions are parts of the run that the caller passes, each for one thread.
            unsafe { engine.prepare_run(item, portion.from, portion.to, portion.len) }
        };
        let done = self.each_portion(item, (from, to), len, threads, prepare);
        let mut failure = None;
        for (portion, prepared) in &done {
            if let Err((place, because)) = prepared {
                failure = Some((portion.start + place, because.clone()));
                break;
            }
        }
        let Some(failure) = failure else {
            return Ok(());
        };
        let programs = (self.program, self.carried);
        let alone = || Engine::within(programs, self.memory, NonZero::<usize>::MIN);
        for (portion, prepared) in &done {
            // A portion that failed has given up what it made.
            if prepared.is_ok() {
                // SAFETY: the portion was prepared above, and its items are used no more.
                unsafe { alone().abandon_run(item, portion.to, portion.len) };
            }
        }
        Err(failure)
    }

    /// As `commit_run`, on so many threads.
    ///
    /// # Safety
    ///
    /// As for [`commit_run`](Engine::commit_run), and any thread may do it.
    pub(super) unsafe fn commit_portions(
        &self,
        item: &'p Item,
        from: At,
        len: usize,
        threads: usize,
    ) {
        let commit = |mut engine: Engine<'p>, portion: Portion| {
            // SAFETY: the portions are parts of the run that the caller passes, each for one thread.
            unsafe { engine.commit_run(item, portion.from, portion.len) };
        };
        self.each_portion(item, (from, from), len, threads, commit);
    }

    /// Does the work for each portion, on so many threads. Returns what came of them, the first first.
    fn each_portion<T: Send>(
        &self,
        item: &Item,
        (from, to): (At, At),
        len: usize,
        threads: usize,
        work: impl Fn(Engine<'p>, Portion) -> T + Sync,
    ) -> Vec<(Portion, T)> {
        let size = len.div_ceil(threads * SHARES);
        let all = (0..len).step_by(size).map(|start| Portion {
            start,
            len: size.min(len - start),
            from: from.part(start * item.old.size),
            to: to.part(start * item.new.size),
        });
        let all: Vec<Portion> = all.collect();
        let left = &Mutex::new(all.into_iter());
        let next = || left.lock().next();
        let (programs, memory) = ((self.program, self.carried), self.memory);
        // Not `self`: its record of shared items must stay on one thread.
        let alone = move || Engine::within(programs, memory, NonZero::<usize>::MIN);
        let work = || {
            let portions = std::iter::from_fn(next);
            let done = portions.map(|portion| (portion, work(alone(), portion)));
            done.collect::<Vec<_>>()
        };
        let help = &Help::of_this_thread(memory);
        let mut done: Vec<(Portion, T)> = thread::scope(|scope| {
            let others = (1..threads).map_while(|_| {
                let name = thread::Builder::new().name("hotmod-migration".to_owned());
                let started = name.spawn_scoped(scope, || help.begin(work));
                // Where the system has no more threads, those that there are do the work.
                started.ok()
            });
            let others: Vec<ScopedJoinHandle<'_, Vec<_>>> = others.collect();
            let mut done = work();
            for other in others {
                let joined = other.join();
                done.extend(joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            done
        });
        done.sort_unstable_by_key(|(portion, _)| portion.start);
        done
    }
}
