//! Taking an instance of a pool where its track leads: while others read it, where its state may be read
//! meanwhile ([`beside`](super::beside)), and exclusively else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hotmod::interface::Interface;

use super::beside::{self, HeldAlone, HeldBeside, Patience};
use super::entry::{Beside, Entry, Exclusive, PooledInstance};
use super::key::PoolKey;
use super::shared::Pooled;
use super::standing::Standing;
use crate::ahead::ahead;
use crate::module::instance::beside::{LeftState, PreparedStep, Step};

/// How long a sweep waits at least, and at most, for the readers of an instance whose new state it has prepared.
/// In between, it waits as long as it prepared, and twice as long each time that this was not enough.
const LEAST: Duration = Duration::from_millis(10);
const MOST: Duration = Duration::from_secs(1);

/// What became of an instance that was to be taken along in the background.
pub(super) enum Followed {
    /// Where it stood, and where it stands now.
    From(Standing, Standing),
    /// It was in use.
    InUse,
    /// It was removed meanwhile.
    Gone,
}

impl<K: PoolKey, I: Interface + ?Sized> Pooled<K, I> {
    /// Chooses the instance's track, if there is a new assignment, and takes it where the track leads. It is held
    /// as before then.
    #[inline]
    pub(super) fn follow<'e>(&self, key: &K, mut used: Exclusive<'e, I>) -> Exclusive<'e, I> {
        let is_there = used
            .kept()
            .as_ref()
            .is_none_or(|kept| self.has_chosen(kept) && !kept.instance.state().is_behind());
        match is_there {
            true => used,
            false => self.take_there(key, used),
        }
    }

    fn has_chosen(&self, kept: &PooledInstance<I>) -> bool {
        kept.noted.assignment == self.assignments.number()
    }

    #[cold]
    #[inline(never)]
    fn take_there<'e>(&self, key: &K, mut used: Exclusive<'e, I>) -> Exclusive<'e, I> {
        if let Some(kept) = used.kept() {
            self.choose(key, kept);
        }
        // An update may be published while a step is prepared, so there may be any number of them.
        while let Some(step) = next_step(used.kept().as_ref()) {
            let prepare = |held: &Beside<'e, I>| prepare(&step, held);
            let commit = |used: &mut Exclusive<'e, I>, prepared| self.commit(used, prepared);
            let left;
            (used, left) = beside::take_along(used, prepare, commit);
            used.leave(left.and_then(|left| self.hand_over(left)));
        }
        self.take_alone(&mut used);
        used
    }

    /// Takes along an instance that is held, and lets go of it. Waits for threads that read it only at the end of a
    /// preparation, and not for long. Every sweep, of a sweeper's thread or of a caller, and every settling takes each
    /// instance along here or [`in the background`](Pooled::follow_in_background).
    pub(super) fn follow_and_leave(
        &self,
        entry: &Entry<K, I>,
        mut used: Exclusive<'_, I>,
    ) -> Followed {
        // It may have been removed since it was found.
        let Some(kept) = used.kept() else {
            return Followed::Gone;
        };
        let before = kept.noted.clone();
        self.choose(&entry.key, kept);
        if next_step(used.kept().as_ref()).is_some() {
            return self.follow_beside(entry, used.let_readers_in(), Some(before));
        }
        match self.take_alone(&mut used) {
            Some(after) => Followed::From(before, after),
            None => Followed::Gone,
        }
    }

    /// Takes an instance along if it is not in use, but for threads that read it, and lets go of it.
    pub(super) fn follow_in_background(&self, entry: &Entry<K, I>) -> Followed {
        match entry.try_beside() {
            Some(held) => self.follow_beside(entry, held, None),
            None => Followed::InUse,
        }
    }

    fn follow_beside<'e>(
        &self,
        entry: &'e Entry<K, I>,
        mut held: Beside<'e, I>,
        mut before: Option<Standing>,
    ) -> Followed {
        loop {
            // SAFETY: nothing of its state is used but by the step, which is there only where threads may share
            // that.
            let Some(kept) = (unsafe { held.kept_unchecked() }) else {
                return Followed::Gone;
            };
            let before = before.get_or_insert_with(|| kept.noted.clone());
            let has_chosen = self.has_chosen(kept);
            let step = next_step(Some(kept)).filter(|_| has_chosen);
            let Some(step) = step else {
                let patience = match has_chosen {
                    true => Patience::None,
                    // So that readers cannot keep it from the version that it is to follow.
                    false => soon((LEAST * entry.more_patience()).min(MOST)),
                };
                let Ok(used) = held.keep_readers_out(patience) else {
                    entry.note_readers(false);
                    return Followed::InUse;
                };
                return match self.follow_and_leave(entry, used) {
                    Followed::From(_, after) => Followed::From(before.clone(), after),
                    followed => followed,
                };
            };
            let start = Instant::now();
            let mut after = None;
            let is_done = beside::take_along_and_leave(
                held,
                |_| {
                    let within = start.elapsed().max(LEAST) * entry.more_patience();
                    soon(within.min(MOST))
                },
                |held| prepare(&step, held),
                |used, prepared| {
                    let left = self.commit(used, prepared);
                    after = used.kept().as_ref().map(|kept| kept.noted.clone());
                    left
                },
            );
            entry.note_readers(is_done);
            let waits = |it: &Standing| it.waits(self.assignments.number());
            match after {
                _ if !is_done => return Followed::InUse,
                Some(after) if !waits(&after) => return Followed::From(before.clone(), after),
                _ => {}
            }
            held = match entry.try_beside() {
                Some(held) => held,
                None => return Followed::InUse,
            };
        }
    }

    /// Takes an instance along while no other thread uses it. Returns where it stands then.
    fn take_alone(&self, used: &mut Exclusive<'_, I>) -> Option<Standing> {
        let kept = used.kept().as_mut()?;
        kept.instance.state_mut().follow();
        self.note(kept, kept.noted.assignment);
        Some(kept.noted.clone())
    }

    /// Commits a step, and tells the roster. A step that is not the instance's way any more was given up.
    fn commit(
        &self,
        used: &mut Exclusive<'_, I>,
        prepared: Option<PreparedStep<'_>>,
    ) -> Option<LeftState> {
        let kept = used.kept().as_mut()?;
        let left = prepared?.commit(kept.instance.state_mut());
        self.note(kept, kept.noted.assignment);
        left
    }

    /// Has the sweeper's thread take apart what a call has left, if there is that thread.
    fn hand_over(&self, left: LeftState) -> Option<LeftState> {
        if !self.bell.has_sleeper() {
            return Some(left);
        }
        self.left.lock().push(left);
        self.bell.ring();
        None
    }

    /// Takes an instance along that a task has checked out, at once: to let readers in meanwhile would be to wait for
    /// them, and they may be tasks of the very thread.
    pub(super) fn follow_checked_out(&self, key: &K, kept: &mut PooledInstance<I>) {
        self.choose(key, kept);
        kept.instance.state_mut().follow();
        self.note(kept, kept.noted.assignment);
    }

    /// Chooses the instance's track, if there is a new assignment.
    fn choose(&self, key: &K, kept: &mut PooledInstance<I>) {
        if self.has_chosen(kept) {
            return;
        }
        let assignment = self.assignments.assignment();
        let loaded = self.module.loaded();
        let state = kept.instance.state_mut();
        // A closure may have put an instance of another module in its place: that one keeps its own track.
        if state.is_of(loaded) {
            state.set_track(assignment.track(key, loaded));
        }
        self.note(kept, assignment.number);
    }
}

impl<K, I: Interface + ?Sized> Pooled<K, I> {
    /// Tells the roster where the instance stands, whose track was chosen by this assignment.
    pub(super) fn note(&self, kept: &mut PooledInstance<I>, assignment: u64) {
        let state = kept.instance.state();
        if assignment != kept.noted.assignment || !kept.noted.holds(state) {
            let noted = Standing::of(state, assignment);
            let reason = state.reason().cloned().map(Arc::new);
            let mut roster = self.roster.lock();
            roster.set(kept.place, noted.clone(), reason);
            drop(roster);
            self.wake_for(&noted);
            kept.noted = noted;
        }
    }
}

fn soon(within: Duration) -> Patience {
    Patience::Until(ahead(within))
}

/// The next step of an instance whose state others may read meanwhile.
fn next_step<I: Interface + ?Sized>(kept: Option<&PooledInstance<I>>) -> Option<Step> {
    kept?.instance.state().step_beside()
}

/// Prepares a step of the instance that is held; `None` if it is not the instance's way any more.
fn prepare<'s, I: Interface + ?Sized>(
    step: &'s Step,
    held: &Beside<'_, I>,
) -> Option<PreparedStep<'s>> {
    // SAFETY: the entry was held from when the step was asked for on, so the instance is there, and is where it
    // was. It is held until the step is committed or given up, so others have shared references at most.
    let prepared = unsafe { step.prepare() };
    // SAFETY: of its state, nothing is used here.
    let kept = unsafe { held.kept_unchecked() }?;
    let is_outdated = prepared.is_outdated(kept.instance.state());
    (!is_outdated).then_some(prepared)
}
