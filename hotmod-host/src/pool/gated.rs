//! How uses of instances pass the host's gate ([`gate`](crate::uses::gate)), behind which snapshots and handoffs fall.

use std::time::Instant;

use hotmod::describe::Type;
use hotmod::interface::Interface;
use hotmod_file::plan::Preparation;

use super::entry::{Entry, Exclusive, PooledInstance, ReadByTask, SharedUse};
use super::error::PoolError;
use super::key::PoolKey;
use super::shared::Pooled;
use super::states::state_of;
use crate::helping::{GateAt, Usage, Using};
use crate::uses::gate::{BeingMade, GateState, Gated};

/// What a use that reads stands before.
enum Stands {
    Nowhere,
    /// A cut lacks the instance.
    Before(u64),
    BeforeTheGate,
}

impl<K: PoolKey, I: Interface + ?Sized> Gated for Pooled<K, I> {
    fn have_each(&self, until: Instant) -> Result<(), String> {
        let page = |page| self.roster.lock().page(page);
        for entry in (0..).map_while(page).flatten() {
            if !entry.have(until) {
                return Err(match self.name() {
                    Some(name) => name.to_owned(),
                    None => format!("a pool of module `{}`", self.module.name()),
                });
            }
        }
        Ok(())
    }
}

impl<K: PoolKey, I: Interface + ?Sized> Pooled<K, I> {
    /// Has an exclusive use, which is held already, wait for the gate; what a cut lacks is written first.
    #[cold]
    #[inline(never)]
    pub(super) fn pass<'e>(
        &self,
        entry: &'e Entry<K, I>,
        mut used: Exclusive<'e, I>,
    ) -> Result<Exclusive<'e, I>, PoolError> {
        loop {
            match self.gate.state() {
                GateState::Open => return Ok(used),
                GateState::Cut(cut) => {
                    self.write_before_use(cut, entry, used.kept());
                    return Ok(used);
                }
                // What is used within another use belongs to that.
                GateState::Closed if self.is_within_others(1) => return Ok(used),
                GateState::Closed => {
                    drop(used);
                    self.gate.wait();
                    used = self.exclusive(entry)?;
                }
                GateState::Ended => return Err(self.handed_over()),
            }
        }
    }

    /// As [`pass`](Pooled::pass), of a use that only reads. What a cut lacks is written first where reading may change it.
    #[cold]
    #[inline(never)]
    pub(super) fn pass_to_read<'e>(
        &self,
        entry: &'e Entry<K, I>,
        mut used: SharedUse<'e, I>,
    ) -> Result<SharedUse<'e, I>, PoolError> {
        loop {
            let kept = used.kept();
            match self.reader_stands_before(entry, kept, self.is_within_others(1))? {
                Stands::Nowhere => return Ok(used),
                Stands::Before(cut) => {
                    drop(used);
                    self.have_written(cut, entry);
                }
                Stands::BeforeTheGate => {
                    drop(used);
                    self.gate.wait();
                }
            }
            used = entry.shared().map_err(|_| self.in_use())?;
        }
    }

    /// As [`pass_to_read`](Pooled::pass_to_read), without a thread.
    pub(super) async fn pass_to_read_async<'e>(
        &self,
        entry: &'e Entry<K, I>,
        mut read: ReadByTask<'e, I>,
    ) -> Result<ReadByTask<'e, I>, PoolError> {
        loop {
            match self.reader_stands_before(entry, read.kept(), self.is_within_others(0))? {
                Stands::Nowhere => return Ok(read),
                Stands::Before(cut) => {
                    drop(read);
                    self.have_written(cut, entry);
                }
                Stands::BeforeTheGate => {
                    drop(read);
                    self.gate.opened().await;
                }
            }
            read = entry.shared_async().await.map_err(|_| self.in_use())?;
        }
    }

    fn reader_stands_before(
        &self,
        entry: &Entry<K, I>,
        kept: Option<&PooledInstance<I>>,
        is_within: bool,
    ) -> Result<Stands, PoolError> {
        let may_change = || kept.is_some_and(|kept| self.reading_changes(kept));
        Ok(match self.gate.state() {
            GateState::Ended => return Err(self.handed_over()),
            // Whether it changes nothing itself: what is used within it may change, and would do so behind the gate.
            GateState::Closed if !is_within => Stands::BeforeTheGate,
            GateState::Cut(cut) if !entry.marks().is_written(cut) && may_change() => {
                Stands::Before(cut)
            }
            _ => Stands::Nowhere,
        })
    }

    /// Has a cut have the instance as it is, if it lacks it.
    fn have_written(&self, cut: u64, entry: &Entry<K, I>) {
        if let Ok(mut used) = entry.visit() {
            self.write_for(cut, entry, used.kept());
        }
    }

    /// Whether an exclusive use of a task, which holds the instance already, is to let go of it and wait for the gate.
    /// What a cut lacks is written.
    pub(super) fn stands_before(
        &self,
        entry: &Entry<K, I>,
        kept: &mut Option<PooledInstance<I>>,
    ) -> Result<bool, PoolError> {
        match self.gate.state() {
            GateState::Open => Ok(false),
            GateState::Cut(cut) => {
                self.write_before_use(cut, entry, kept);
                Ok(false)
            }
            GateState::Closed => Ok(!self.is_within_others(0)),
            GateState::Ended => Err(self.handed_over()),
        }
    }

    /// Whether a use that is tried, and not waited for, may go on. What a cut lacks is written first.
    pub(super) fn may_pass(&self, entry: &Entry<K, I>, used: &mut Exclusive<'_, I>) -> bool {
        match self.gate.state() {
            GateState::Open => true,
            GateState::Cut(cut) => {
                self.write_before_use(cut, entry, used.kept());
                true
            }
            GateState::Closed | GateState::Ended => false,
        }
    }

    /// Has a cut have the instance as it is before it is used, if it lacks it. The use is one after the cut.
    fn write_before_use(
        &self,
        cut: u64,
        entry: &Entry<K, I>,
        kept: &mut Option<PooledInstance<I>>,
    ) {
        // It may have taken hold of the instance, and marked it, just before the cut's round began.
        entry.marks().note(Usage::Exclusive);
        self.write_for(cut, entry, kept);
    }

    /// Has a cut have the instance as it is, if it lacks it.
    fn write_for(&self, cut: u64, entry: &Entry<K, I>, kept: &mut Option<PooledInstance<I>>) {
        if entry.marks().is_written(cut) {
            return;
        }
        let Some(sink) = self.gate.sink() else { return };
        let (Some((name, with_wire)), Some(kept)) = (self.named(), kept.as_mut()) else {
            return;
        };
        entry.marks().write(cut);
        with_wire(&entry.key, &mut |key| {
            sink.write(name, &state_of(key, kept))
        });
    }

    /// Tells who follows what becomes of the instances that this one is taken out.
    #[cfg(feature = "handoff")]
    pub(super) fn tell_removed(&self, entry: &Entry<K, I>) {
        if let Some(watcher) = self.gate.watcher()
            && let Some((name, with_wire)) = self.named()
        {
            with_wire(&entry.key, &mut |key| watcher.remove(name, key));
        }
    }

    /// Whether this thread uses more instances of the host than so many: what is used within another use belongs to that.
    /// A use of another host's instance is none: who closes this gate does not wait for its end.
    fn is_within_others(&self, besides: usize) -> bool {
        Using::is_any_behind(GateAt::of(&*self.gate), besides)
    }

    fn handed_over(&self) -> PoolError {
        PoolError::HandedOver {
            module: self.module.name().to_owned(),
        }
    }

    /// Has the making of an instance wait for the gate.
    pub(super) fn pass_to_make(&self) -> Result<BeingMade<'_>, PoolError> {
        loop {
            if let Some(making) = self.gate.make() {
                return Ok(making);
            }
            match self.gate.state() {
                GateState::Ended => return Err(self.handed_over()),
                // What is used around this is waited for.
                GateState::Closed if self.is_within_others(0) => {
                    return Ok(self.gate.make_within());
                }
                _ => self.gate.wait(),
            }
        }
    }
}

impl<K, I: Interface + ?Sized> Pooled<K, I> {
    /// Whether what only reads the instance may change it: its state has a `Cell`, an atomic number, a lock or the like.
    pub(super) fn reading_changes(&self, kept: &PooledInstance<I>) -> bool {
        let image = kept.instance.state().at_version().generation.image;
        let key = std::ptr::from_ref(image).addr();
        let mut known = self.changed_by_reading.lock();
        if let Some((_, changes)) = known.iter().find(|(known, _)| *known == key) {
            return *changes;
        }
        let manifest = image.manifest();
        let implementation = manifest.implementations.get(I::DESC.name);
        let reads = |state: &Type| Preparation::only_reads(&manifest, state);
        let changes = !implementation.is_some_and(|it| reads(&it.state));
        known.push((key, changes));
        changes
    }
}
