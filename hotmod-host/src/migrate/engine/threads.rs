//! Large runs on several threads, where the host allows it.
//!
//! Only where nothing of the user's runs for an item and nothing is shared between items
//! ([`Program`](crate::migrate::program::Program) finds out): its bytes are copied or widened, texts
//! are read and built, and blocks for nested items taken and freed. So it does not matter on which
//! thread the values were made; nothing but the migration uses them.

use std::num::NonZero;
use std::thread;

use super::Engine;
use super::slices::Placed;
use crate::migrate::at::At;
use crate::migrate::program::Item;

/// For fewer items than so many a thread of their own costs more than it gains.
const LEAST: usize = 8192;

/// Items that another thread works on.
#[derive(Clone, Copy)]
struct Portion {
    /// Which is the first.
    start: usize,
    len: usize,
    from: At,
    to: At,
}

// SAFETY: one thread works on a portion at a time, and on nothing but its items, old and new: the
// thread that handed it out waits until it is done. What is done with them depends on no thread: those who
// make portions are called with plain items only.
unsafe impl Send for Portion {}

impl<'p> Engine<'p> {
    /// For how many threads there is work.
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
            // Those that failed left nothing.
            if prepared.is_ok() {
                // SAFETY: it was prepared above, and nothing is made of it.
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
        // What is shared is not for several threads, nor is what knows of it.
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
