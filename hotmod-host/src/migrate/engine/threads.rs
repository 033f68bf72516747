//! Large runs on several threads, where the host allows it.
//!
//! Only for plain items: no code of the user's runs for them, and they share no value with each other
//! ([`Program`](crate::migrate::program::Program) finds out). Their bytes are copied or widened, texts
//! are read and built, and blocks for nested items taken and freed. So it does not matter on which
//! thread the values were made, and only the migration uses them.

use std::num::NonZero;
use std::thread;

use super::Engine;
use super::slices::Placed;
use crate::migrate::at::At;
use crate::migrate::program::Item;

/// The fewest items for which a thread of their own gains more than it costs.
const LEAST: usize = 8192;

/// Items that another thread works on.
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
    /// For how many threads there is enough work.
    pub(super) fn portions(&self, item: &Item, len: usize) -> usize {
        match item.plain {
            true => self.threads.get().min(len / LEAST),
            false => 1,
        }
    }

    /// As `prepare_run`, on so many threads.
    ///
    /// # Safety
    ///
    /// As for [`prepare_run`](Engine::prepare_run), and the item is plain.
    pub(super) unsafe fn prepare_portions(
        &self,
        item: &'p Item,
        (from, to): (At, At),
        len: usize,
        portions: usize,
    ) -> Placed {
        let prepare = |mut engine: Engine<'p>, portion: Portion| {
            // SAFETY: the portions are parts of the run that the caller passes, each for one thread.
            unsafe { engine.prepare_run(item, portion.from, portion.to, portion.len) }
        };
        let done = self.each_portion(item, (from, to), len, portions, prepare);
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
        for (portion, prepared) in &done {
            // A portion that failed has given up what it made.
            if prepared.is_ok() {
                // SAFETY: the portion was prepared above, and its items are used no more.
                unsafe { self.alone().abandon_run(item, portion.to, portion.len) };
            }
        }
        Err(failure)
    }

    /// As `commit_run`, on so many threads.
    ///
    /// # Safety
    ///
    /// As for [`commit_run`](Engine::commit_run), and the item is plain.
    pub(super) unsafe fn commit_portions(
        &self,
        item: &'p Item,
        from: At,
        len: usize,
        portions: usize,
    ) {
        let commit = |mut engine: Engine<'p>, portion: Portion| {
            // SAFETY: the portions are parts of the run that the caller passes, each for one thread.
            unsafe { engine.commit_run(item, portion.from, portion.len) };
        };
        self.each_portion(item, (from, from), len, portions, commit);
    }

    /// An engine for one thread.
    fn alone(&self) -> Engine<'p> {
        Engine::new(self.program, self.memory, NonZero::<usize>::MIN)
    }

    /// Does the work for each portion, the last of them on this thread.
    fn each_portion<T: Send>(
        &self,
        item: &Item,
        (from, to): (At, At),
        len: usize,
        portions: usize,
        work: impl Fn(Engine<'p>, Portion) -> T + Sync,
    ) -> Vec<(Portion, T)> {
        let size = len.div_ceil(portions);
        let mut all = (0..len).step_by(size).map(|start| Portion {
            start,
            len: size.min(len - start),
            from: from.part(start * item.old.size),
            to: to.part(start * item.new.size),
        });
        let last = all.next_back();
        let (program, memory) = (self.program, self.memory);
        // Not `self`: its record of shared items must stay on one thread.
        let alone = move || Engine::new(program, memory, NonZero::<usize>::MIN);
        let work = &work;
        thread::scope(|scope| {
            let others: Vec<_> = all
                .map(|portion| {
                    let name = thread::Builder::new().name("hotmod-migration".to_owned());
                    let started = name.spawn_scoped(scope, move || work(alone(), portion));
                    (portion, started)
                })
                .collect();
            let last = last.map(|portion| (portion, work(alone(), portion)));
            let others = others.into_iter().map(|(portion, started)| {
                let done = match started {
                    Ok(running) => running
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                    // The system has no more threads.
                    Err(_) => work(alone(), portion),
                };
                (portion, done)
            });
            others.chain(last).collect()
        })
    }
}
