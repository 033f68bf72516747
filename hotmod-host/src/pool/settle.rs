//! A pool, or a shared instance, as a part of all that an update takes along.

use hotmod::interface::Interface;

use super::entry::InUseByThisThread;
use super::key::PoolKey;
use super::roster::SearchStep;
use super::shared::Pooled;
use super::standing::Standing;
use super::sweep::SweepReport;
use crate::call::slot::ThreadAt;
use crate::image::image::Image;
use crate::migrate::Sampling;
use crate::module::pause::Sampler;
use crate::module::settle::{KnownInstances, Round, SettleReport, TOLD};

impl<K: PoolKey, I: Interface + ?Sized> KnownInstances for Pooled<K, I> {
    fn go_around(&self, round: &mut Round) {
        let loaded = self.module.loaded();
        let waits = |standing: &Standing| standing.waits(self.assignments.number());
        let mut swept = SweepReport::default();
        let mut left = {
            let roster = self.roster.lock();
            let waiting = roster.count_of(waits);
            // Once around: an instance that is in use is met once.
            if waiting > 0 { roster.places() } else { 0 }
        };
        loop {
            let found = self.roster.lock().next(&mut left, waits);
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

    fn elsewhere(&self, image: &Image) -> usize {
        let roster = self.roster.lock();
        roster.count_of(|standing| !standing.is_at(image))
    }
}
