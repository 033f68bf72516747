//! A pool, or a shared instance, as a part of all that an update takes along.

use hotmod::interface::Interface;

use super::entry::{Entry, InUseByThisThread};
use super::key::PoolKey;
use super::roster::SearchStep;
use super::shared::{Noted, Pooled};
use super::standing::Standing;
use super::sweep::SweepReport;
use crate::call::generation::Ticked;
use crate::call::slot::ThreadAt;
use crate::image::image::Image;
use crate::migrate::Sampling;
use crate::module::pause::Sampler;
use crate::module::settle::{KnownInstances, Round, SettleReport, TOLD};
use crate::module::ticked::Ticking;

impl<K: PoolKey, I: Interface + ?Sized> Pooled<K, I> {
    /// Whether the timer takes such states.
    fn are_of(&self, ticking: &Ticking<'_>) -> bool {
        let mut implementations = ticking.image.implementations.iter();
        let found = implementations.find(|it| it.interface == I::DESC.name);
        found.is_some_and(|it| Some(&it.state) == ticking.timer.state.as_ref())
    }

    /// Calls a timer with an instance, as an exclusive call, or notes that it is in use. Whether the time is over.
    fn tick_one(
        &self,
        entry: &Entry<K, I>,
        place: usize,
        ticking: &mut Ticking<'_>,
        busy: &mut Vec<usize>,
    ) -> bool {
        let Some(used) = entry.try_exclusive() else {
            busy.push(place);
            return false;
        };
        #[cfg(feature = "snapshot")]
        let used = {
            let mut used = used;
            // It is called again when it is due the next time.
            if !self.gate.is_quiet() && !self.may_pass(entry, &mut used) {
                return ticking.count(Ticked::Gone);
            }
            used
        };
        let mut used = self.follow(&entry.key, used);
        let Some(kept) = used.kept() else {
            return ticking.count(Ticked::Gone);
        };
        let noted = Noted::new(self, kept);
        let state = noted.kept.instance.state_mut();
        let ticked = state.tick(ticking.timer, ticking.image);
        ticking.count(ticked)
    }
}

impl<K: PoolKey, I: Interface + ?Sized> KnownInstances for Pooled<K, I> {
    fn go_around(&self, round: &mut Round) {
        let loaded = self.module.loaded();
        let waits = |standing: &Standing| standing.waits(self.assignments.number());
        let mut swept = SweepReport::default();
        // An instance that is in use is met once, also where the sweeper has met it and left it.
        let mut from = match self.roster.lock().count_of(waits) {
            0 => usize::MAX,
            _ => 0,
        };
        loop {
            let found = self.roster.lock().next_from(&mut from, waits);
            match found {
                SearchStep::One(entry, standing) => {
                    match entry.exclusive_until(Some(round.deadline())) {
                        Ok(Some(used)) => {
                            swept.count(self.follow_and_leave(&entry, used));
                        }
                        Ok(None) => {
                            round.used_by(entry.user(), standing.at);
                            round.in_use += 1;
                        }
                        Err(InUseByThisThread) => {
                            round.used_by(Some(ThreadAt::this()), standing.at);
                            round.own += 1;
                        }
                    }
                }
                SearchStep::NotYet => {}
                SearchStep::End => break,
            }
            if round.is_over(loaded.current()) {
                break;
            }
        }
        swept.remaining = self.roster.lock().count_of(waits);
        let is_own = self.sweep_values(&|| !round.is_over(loaded.current()), &mut swept);
        round.own_values |= is_own;
        round.migrated += swept.migrated;
        round.in_use += swept.in_use;
        round.followed += swept.followed;
        round.values_stuck += swept.values_stuck;
        round.values_remain |= swept.values_remain;
    }

    fn stand(&self, report: &mut SettleReport) {
        let roster = self.roster.lock();
        let waits = |standing: &Standing| standing.waits(self.assignments.number());
        report.remaining += roster.count_of(waits);
        report.stuck += roster.count_of(Standing::is_stuck);
        drop(roster);
        let mut from = Some(0);
        while let Some(place) = from
            && report.reasons.len() < TOLD
        {
            let (found, next) = self.roster.lock().stuck(place, Standing::is_stuck);
            let room = TOLD - report.reasons.len();
            let found = found.iter().take(room);
            report
                .reasons
                .extend(found.map(|(_, error)| (**error).clone()));
            from = next;
        }
    }

    fn at_start(&self, sampling: &Sampling) -> (&'static str, usize) {
        let roster = self.roster.lock();
        (I::DESC.name, roster.count_of(|it| sampling.starts(it.at)))
    }

    fn sample(&self, sampler: &mut Sampler<'_>) {
        let sampling = sampler.sampling;
        let page = |page| self.roster.lock().page(page);
        // Page by page, so that the roster is locked only for moments.
        for entry in (0..).map_while(page).flatten() {
            if sampler.is_over() {
                return;
            }
            let Ok(Some(mut used)) = entry.exclusive_until(Some(sampler.deadline())) else {
                continue;
            };
            // It may have been removed since it was found.
            let Some(kept) = used.kept() else { continue };
            if let Some((sampled, value)) = kept.instance.state_mut().sample(sampling) {
                if sampling.changes(I::DESC.name) {
                    sampler.note(sampled);
                }
                value.into_iter().for_each(|it| sampler.note_value(it));
            }
        }
    }

    fn tick(&self, ticking: &mut Ticking<'_>, from: usize, busy: &mut Vec<usize>) -> Option<usize> {
        if !self.are_of(ticking) {
            return None;
        }
        let mut place = from;
        loop {
            let (found, places) = {
                let roster = self.roster.lock();
                (roster.entry(place), roster.places())
            };
            let is_over = match found {
                Some(entry) => self.tick_one(&entry, place, ticking, busy),
                None => false,
            };
            place += 1;
            match place {
                _ if place >= places => return None,
                _ if is_over => return Some(place),
                _ => {}
            }
        }
    }

    fn tick_again(&self, ticking: &mut Ticking<'_>, place: usize, busy: &mut Vec<usize>) -> bool {
        let found = self.roster.lock().entry(place);
        found.is_some_and(|entry| self.tick_one(&entry, place, ticking, busy))
    }

    fn elsewhere(&self, image: &Image) -> usize {
        let roster = self.roster.lock();
        roster.count_of(|standing| !standing.is_at(image))
    }
}
