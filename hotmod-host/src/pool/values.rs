//! Taking the values of `Lazy`s along that nothing uses, once the instances that hold them are at their version.
//!
//! A thread that waits for an instance must not wait until all of its values are migrated, nor for one after the other.
//! So an instance is held only to set values aside, some at a time, and they are migrated while it is not held; when it
//! is held the next time, they come back to where they were. A thread that comes for one of them in the meantime has it
//! at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hotmod::interface::Interface;

use super::entry::Entry;
use super::key::PoolKey;
use super::shared::Pooled;
use super::sweep::SweepReport;
use super::values_pass::{ValuesPass, ValuesRound};
use crate::migrate::{Gathered, Position};
use crate::module::instance::Instance;
use crate::module::instance::values::ValuesAside;
use crate::module::retire;

/// What share of the time an instance is held for its values, where threads wait for it: after each hold, it is left alone
/// for so many times as long. Holds that take about as long as a call are not counted.
const SHARE: u32 = 20;
const SHORT: Duration = Duration::from_micros(50);

/// How long an instance that is in use is waited for. Calls are short, or this leaves it for later.
const PATIENCE: Duration = Duration::from_millis(1);

impl<K: PoolKey, I: Interface + ?Sized> Pooled<K, I> {
    /// Takes values along for as long as `goes_on` says. Another thread that does so already is left to it. Says whether
    /// this thread itself uses an instance, so that nothing is gained by a wait.
    pub(super) fn sweep_values(&self, goes_on: &dyn Fn() -> bool, swept: &mut SweepReport) -> bool {
        let Some(mut pass) = self.values.try_lock() else {
            swept.values_remain = true;
            return false;
        };
        let loaded = self.module.loaded();
        let image = loaded.current();
        let is_still = || std::ptr::eq(loaded.current(), image);
        let goes_on = || goes_on() && is_still();
        let address = std::ptr::from_ref(image).addr();
        let now = (address, image.publications(), self.assignments.number());
        if pass.since != Some(now) {
            *pass = ValuesPass {
                since: Some(now),
                is_over: !loaded.values.places(image, I::DESC.name).is_any(),
                ..ValuesPass::new()
            };
        }
        // Those of instances that have not come to their version yet are looked at later.
        pass.round.in_use |= swept.remaining > 0;
        let was_over = pass.is_over;
        // However little time there is, each sweep does something.
        let (mut has_worked, mut is_own) = (false, false);
        while !pass.is_over {
            if has_worked && !goes_on() {
                break;
            }
            has_worked = true;
            if !pass.aside.values.is_empty() {
                pass.aside.take_along(loaded.values, &goes_on, |fits| {
                    swept.followed += usize::from(fits);
                });
                continue;
            }
            if pass.rests_until.is_some_and(|until| Instant::now() < until) {
                break;
            }
            loaded.values.make_room(&mut pass.aside.values);
            if let Some(entry) = pass.left.pop() {
                is_own |= entry.is_used_by_this_thread();
                if !self.look_into(&entry, &mut pass, swept) {
                    pass.left.push(entry);
                }
                continue;
            }
            let page = self.roster.lock().page(pass.page);
            if let Some(entries) = page {
                pass.left = entries;
                pass.page += 1;
                continue;
            }
            pass.page = 0;
            let was_in_use = pass.round.in_use;
            match pass.round.next(loaded.values_elsewhere(image)) {
                Some(round) => pass.round = round,
                None => pass.is_over = true,
            }
            if was_in_use {
                break;
            }
        }
        if pass.is_over && !was_over {
            // With the room that was made for others.
            pass.aside = ValuesAside::default();
            // One of them may have been the last at a version.
            retire::soon(loaded);
        }
        swept.values_remain = !pass.is_over;
        is_own
    }

    /// Looks into one instance, unless it is in use. `false` if there is more to be looked at.
    fn look_into(
        &self,
        entry: &Arc<Entry<K, I>>,
        pass: &mut ValuesPass<Arc<Entry<K, I>>>,
        swept: &mut SweepReport,
    ) -> bool {
        let address = Arc::as_ptr(entry).addr();
        let mut position = match &mut pass.at {
            Some((at, position)) if *at == address => std::mem::take(position),
            _ => Position::default(),
        };
        let set_aside = self.set_aside(entry, &mut position, &mut pass.aside);
        if !position.is_start() {
            pass.at = Some((address, position));
        }
        let Some((gathered, waited)) = set_aside else {
            pass.round.in_use = true;
            return true;
        };
        pass.rests_until = (waited > SHORT).then(|| Instant::now() + waited * (SHARE - 1));
        let ValuesRound {
            number,
            found,
            stuck,
            in_use,
            ..
        } = &mut pass.round;
        *found += gathered.found;
        *stuck += gathered.stuck;
        *in_use |= gathered.locked > 0;
        if *number == 0 {
            swept.values_stuck += gathered.stuck;
        }
        gathered.is_over
    }

    /// Sets values of an instance aside, and says for how long others have waited for that. `None` if it is in use.
    fn set_aside(
        &self,
        entry: &Entry<K, I>,
        position: &mut Position,
        aside: &mut ValuesAside,
    ) -> Option<(Gathered, Duration)> {
        let until = Instant::now() + PATIENCE;
        if I::DESC.sync {
            let used = entry.shared_until(until)?;
            // SAFETY: of the state, this uses what several threads may share: the interface says that its
            // states are `Sync`.
            let instance = unsafe { used.instance_unchecked() };
            // SAFETY: as above; the entry keeps threads from using it exclusively.
            return Some(unsafe { gather(entry, instance, true, position, aside) });
        }
        let mut used = entry.exclusive_until(Some(until)).ok()??;
        let instance = used.kept().as_ref().map(|kept| &kept.instance);
        // SAFETY: no other thread uses the instance.
        Some(unsafe { gather(entry, instance, false, position, aside) })
    }
}

/// Sets values of an instance aside that is held, and says how long that took if a thread waits for the instance.
///
/// # Safety
///
/// No other thread uses the instance; or where it is `shared`, only by shared references, and its states are `Sync`.
unsafe fn gather<K, I: Interface + ?Sized>(
    entry: &Entry<K, I>,
    instance: Option<&Instance<I>>,
    shared: bool,
    position: &mut Position,
    aside: &mut ValuesAside,
) -> (Gathered, Duration) {
    let Some(instance) = instance else {
        return (Gathered::nothing(), Duration::ZERO);
    };
    let start = Instant::now();
    let (state, is_waited_for) = (instance.state(), || entry.is_waited_for());
    // SAFETY: the caller's.
    let gathered = unsafe { state.set_values_aside(shared, position, aside, &is_waited_for) };
    let waited = match is_waited_for() {
        true => start.elapsed(),
        false => Duration::ZERO,
    };
    (gathered, waited)
}
