//! The states of a pool that has a name, one after the other, to be written down.

use std::mem::ManuallyDrop;
use std::time::Instant;

use hotmod::call::boundary::Boundary;
use hotmod::interface::Interface;

use super::entry::{CheckedOut, Entry, PooledInstance};
use super::named::{self, NamedKey, with_wire};
use super::shared::Pooled;
use crate::image::image::Image;
use crate::sys::copy;
use crate::uses::named_states::{EachHeld, NamedKeys, NamedStates, StateByName, UsedHere, Which};

/// What is written of an instance, but for its key.
pub(super) fn state_of<I: Interface + ?Sized>(
    key: *mut u8,
    kept: &mut PooledInstance<I>,
) -> StateByName<'_> {
    StateByName {
        key,
        at: kept.instance.state().at_version(),
        is_kept: false,
        values: kept.instance.seen().values(),
    }
}

impl<K: NamedKey, I: Interface + ?Sized> NamedStates for Pooled<K, I> {
    fn module(&self) -> &str {
        self.module.name()
    }

    fn interface(&self) -> &'static str {
        I::DESC.name
    }

    fn keys(&self) -> Option<NamedKeys> {
        let ty = hotmod::describe::Type::from(&K::TYPE);
        (!self.is_lone()).then(|| NamedKeys {
            ty,
            section: named::key_section::<K>(),
            operations: <K as Boundary>::PASSING.wire,
        })
    }

    fn each(
        &self,
        which: Which,
        from: &mut usize,
        each: &mut dyn FnMut(StateByName<'_>) -> bool,
    ) -> Result<bool, UsedHere> {
        loop {
            let (found, places) = {
                let roster = self.roster.lock();
                (roster.entry(*from), roster.places())
            };
            if *from >= places {
                return Ok(true);
            }
            *from += 1;
            let Some(entry) = found else { continue };
            #[cfg(feature = "handoff")]
            if let Which::ChangedSince(round) = which
                && !entry.marks().may_have_changed_since(round)
            {
                // What uses it now and has not changed it yet has marked it.
                continue;
            }
            let mut used = entry.visit().map_err(|_| UsedHere)?;
            // It may have been taken out meanwhile.
            let Some(kept) = used.kept().as_mut() else {
                continue;
            };
            if !self.is_meant(which, &entry, kept) {
                continue;
            }
            let is_kept = match which {
                Which::LackedBy(cut, since) => {
                    entry.marks().write(cut);
                    since.is_some_and(|since| !self.may_have_changed(since, &entry, kept))
                }
                #[cfg(feature = "handoff")]
                Which::All | Which::ChangedSince(_) => false,
            };
            let mut goes_on = true;
            with_wire(&entry.key, &mut |key| {
                goes_on = each(StateByName {
                    is_kept,
                    ..state_of(key, kept)
                });
            });
            if !goes_on {
                return Ok(false);
            }
        }
    }

    fn hold(
        &self,
        since: Option<u64>,
        until: Instant,
        then: &mut dyn FnMut(&mut EachHeld<'_>),
    ) -> bool {
        let page = |page| self.roster.lock().page(page);
        let entries: Vec<_> = (0..).map_while(page).flatten().collect();
        let mut held = HeldEntries(ManuallyDrop::new(Vec::with_capacity(entries.len())));
        for entry in &entries {
            let Some(mut used) = entry.hold(until) else {
                return false;
            };
            let is_kept = match (since, used.kept()) {
                (Some(since), Some(kept)) => !self.may_have_changed(since, entry, kept),
                _ => false,
            };
            held.0.push(HeldEntry {
                entry,
                used,
                is_kept,
            });
        }
        then(&mut |each| {
            for held in held.0.iter_mut() {
                // It may have been taken out meanwhile.
                let Some(kept) = held.used.kept().as_mut() else {
                    continue;
                };
                let mut goes_on = true;
                with_wire(&held.entry.key, &mut |key| {
                    goes_on = each(StateByName {
                        is_kept: held.is_kept,
                        ..state_of(key, kept)
                    });
                });
                if !goes_on {
                    return;
                }
            }
        });
        true
    }

    fn versions(&self) -> Vec<&'static Image> {
        let roster = self.roster.lock();
        roster
            .tally()
            .iter()
            .map(|(standing, _)| standing.at)
            .collect()
    }

    fn is_used_here(&self) -> bool {
        let page = |page| self.roster.lock().page(page);
        let mut entries = (0..).map_while(page).flatten();
        entries.any(|entry| entry.is_used_by_this_thread())
    }
}

/// Instances that are held.
struct HeldEntries<'e, K, I: Interface + ?Sized>(ManuallyDrop<Vec<HeldEntry<'e, K, I>>>);

struct HeldEntry<'e, K, I: Interface + ?Sized> {
    entry: &'e Entry<K, I>,
    used: CheckedOut<'e, I>,
    /// Whether it is kept as it was.
    is_kept: bool,
}

impl<K, I: Interface + ?Sized> Drop for HeldEntries<'_, K, I> {
    fn drop(&mut self) {
        // In a copy of the process there is nothing that waits for them, and to wake it would take locks of other threads.
        if !copy::is_this() {
            // SAFETY: nothing uses them after this.
            unsafe { ManuallyDrop::drop(&mut self.0) };
        }
    }
}

impl<K, I: Interface + ?Sized> Pooled<K, I> {
    fn is_meant(&self, which: Which, entry: &Entry<K, I>, _kept: &PooledInstance<I>) -> bool {
        match which {
            #[cfg(feature = "handoff")]
            Which::All => true,
            Which::LackedBy(cut, _) => !entry.marks().is_written(cut),
            #[cfg(feature = "handoff")]
            Which::ChangedSince(round) => self.may_have_changed(round, entry, _kept),
        }
    }

    fn may_have_changed(&self, since: u64, entry: &Entry<K, I>, kept: &PooledInstance<I>) -> bool {
        let marks = entry.marks();
        marks.was_used_since(since) || marks.was_read_since(since) && self.reading_changes(kept)
    }
}
