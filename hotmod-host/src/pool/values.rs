//! Taking the values of `Lazy`s along that nothing uses, once the instances that hold them are at their version.

use std::sync::Arc;

use hotmod::interface::Interface;

use super::entry::Entry;
use super::key::PoolKey;
use super::shared::Pooled;
use super::sweep::SweepReport;
use super::values_pass::ValuesPass;
use crate::migrate::ValuesReport;

impl<K: PoolKey, I: Interface + ?Sized> Pooled<K, I> {
    /// Takes values along for as long as `goes_on` says. Another thread that does so already is left to it.
    pub(super) fn sweep_values(&self, goes_on: &dyn Fn() -> bool, swept: &mut SweepReport) {
        let Some(mut pass) = self.values.try_lock() else {
            swept.values_remain = true;
            return;
        };
        let loaded = self.module.loaded();
        let image = loaded.current();
        let address = std::ptr::from_ref(image).addr();
        let now = (address, image.publications(), self.assignments.number());
        if pass.since != Some(now) {
            *pass = ValuesPass {
                since: Some(now),
                is_over: !loaded.values.places(image, I::DESC.name).is_any(),
                ..ValuesPass::new()
            };
        }
        while !pass.is_over {
            let Some(entry) = pass.left.pop() else {
                let page = self.roster.lock().page(pass.page);
                match page {
                    Some(entries) => {
                        pass.left = entries;
                        pass.page += 1;
                    }
                    None => {
                        pass.page = 0;
                        pass.is_over = !std::mem::take(&mut pass.again);
                        break;
                    }
                }
                continue;
            };
            match self.sweep_values_of(&entry, goes_on) {
                Some(report) => {
                    swept.followed += report.followed;
                    swept.values_stuck += report.stuck;
                    pass.again |= report.locked > 0;
                    if !report.is_complete {
                        pass.left.push(entry);
                    }
                }
                None => pass.again = true,
            }
            if !goes_on() {
                break;
            }
        }
        swept.values_remain = !pass.is_over;
    }

    /// Takes the values of one instance along, unless it is in use. Gives way to a thread that waits for it.
    fn sweep_values_of(
        &self,
        entry: &Arc<Entry<K, I>>,
        goes_on: &dyn Fn() -> bool,
    ) -> Option<ValuesReport> {
        let mut goes_on = || goes_on() && !entry.is_waited_for();
        if I::DESC.sync {
            let used = entry.try_shared()?;
            // SAFETY: of the state, the sweep uses what several threads may share: the interface says that its
            // states are `Sync`.
            let instance = unsafe { used.instance_unchecked() };
            // SAFETY: as above; the entry keeps threads from using it exclusively.
            return instance.map(|it| unsafe { it.state().sweep_values(true, &mut goes_on) });
        }
        let mut used = entry.try_exclusive()?;
        let kept = used.kept().as_mut()?;
        // SAFETY: no other thread uses the instance.
        Some(unsafe { kept.instance.state().sweep_values(false, &mut goes_on) })
    }
}
