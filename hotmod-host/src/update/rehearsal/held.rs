//! The locks that a copy of the process takes, held over the fork.
//!
//! A copy has one thread. What another thread had locked stays locked in it for ever, and what that lock
//! guards may be half changed. So the thread that forks locks all that the copy needs, and both sides
//! unlock it. Other threads hold each of these locks for moments only, except for the first.
//!
//! | | lock | what the copy needs it for |
//! |---|---|---|
//! | 1 | the loader (`load.rs`) | opens the candidate |
//! | 2 | the module's history | looks up the routes of states |
//! | 3 | its instances | finds every state |
//! | 4 | the exports of each of its images | compiles the last route, takes a candidate that was retired into use |
//! | 5 | the staging | retires a candidate that cannot be loaded |
//! | 6 | the budget | the same |
//! | 7 | what modules need of each other (`uses/register.rs`) | gives a candidate the ways to other modules |
//! | 8 | the slots | finds which states are in a call |
//! | 9 | what is kept for ever | keeps the candidate's image |
//! | 10 | the blocks of futures (`call/task/block.rs`) | finds which states suspended calls have |
//!
//! They are taken in this order, and no thread holds one of them while waiting for one before it, so that
//! there is no circle of threads that wait for each other:
//!
//! - 1 is held while a library is opened, which takes as long as its constructors do; nothing of hotmod is
//!   called from there. The thread that forks takes it before the others, so that it holds none of them
//!   while it waits that long.
//! - 2 is held by threads that count instances (3), link or forget versions (4, 9) and look for calls (8).
//! - 3 is held by no thread that waits for anything.
//! - 4 is held while an image is retired or taken into use: the thread that does this may wait for the
//!   loader's own locks, for 5 and for 6, and never for another image's. Only here are several held at
//!   once, by the thread that has the module's turn.
//! - 5 and 6 are held by no thread that waits for anything.
//! - 7 is held by a thread that keeps what it adds (9).
//! - 8 is held by a thread that takes a slot for the first time, and keeps it (9).
//! - 10 is held by no thread that waits for anything.
//!
//! Not held, because the copy does without:
//!
//! - the module's turn, which the forking thread has, and which the copy never takes;
//! - the ways that are known (`Loaded::way`), subscribers of events, wakers, what is left for later, requests,
//!   pools, and what watches and mirrors calls: an update needs them to publish, and the copy
//!   publishes nothing;
//! - the locks of instances in pools: a candidate that calls one by its name is told if another thread or a task had it
//!   (`pool/named.rs`);
//! - what the host notes of the files that modules read: they are read before the fork;
//! - what hooks have compared (`migrate/hook.rs`): a thread that finds it locked compares again;
//! - the exports of other modules' images: a candidate that calls a version of another module which was never
//!   called before looks it up there, and may have to wait if another thread does so at that moment;
//! - locks that are a thread's own (its slot's name, the deeper part of its stack), and those of an
//!   image that only the copy has.
//!
//! Out of reach are locks that are not hotmod's. The system's allocator and, for the most part, its loader
//! handle forks themselves: glibc holds the allocator's locks over a fork, and resets the loader's in the
//! child. So a candidate may fail in the copy because, at that moment, something beside hotmod opened a
//! library or went through those that are open; because a function of the host that it calls, or a
//! destructor of the running version, waits for a lock that another thread had; or because of an allocator
//! that is not made for forks. Then the copy ends at its deadline at the latest, and the update is refused.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard};

use slab::Slab;

use crate::call::slot::{self, Slot};
use crate::call::suspended::{self, HeldCalls};
use crate::forever::{self, KeptAddress};
use crate::image::budget::Spent;
use crate::image::exports::Exports;
use crate::image::load;
use crate::image::stage;
use crate::module::history::History;
use crate::module::loaded::Loaded;
use crate::module::registered::RegisteredInstance;
use crate::module::settings::Settings;
use crate::uses::names::Named;
use crate::uses::register::Known;

/// All of these locks, for one module.
pub(super) struct HeldLocks<'a> {
    _loader: MutexGuard<'static, ()>,
    _history: MutexGuard<'a, History>,
    instances: MutexGuard<'a, Slab<RegisteredInstance>>,
    _exports: Vec<MutexGuard<'static, Option<Arc<Exports>>>>,
    others: HostLocks<'a>,
    suspended: HeldCalls,
}

/// The locks that belong to no module.
struct HostLocks<'a> {
    _staging: MutexGuard<'a, stage::StagingState>,
    _budget: MutexGuard<'a, Spent>,
    _uses: MutexGuard<'a, Known>,
    _names: MutexGuard<'a, BTreeMap<String, Named>>,
    slots: MutexGuard<'static, Vec<&'static Slot>>,
    _kept: MutexGuard<'static, Vec<KeptAddress>>,
}

impl<'a> HeldLocks<'a> {
    /// Waits for each of them. In the module's turn.
    pub(super) fn new(loaded: &'a Loaded) -> Self {
        let loader = load::hold();
        let history = loaded.history();
        let instances = loaded.instances.lock();
        let images = history.images.clone();
        let exports = images.iter().map(|image| image.hold()).collect();
        HeldLocks {
            _loader: loader,
            _history: history,
            instances,
            _exports: exports,
            others: HostLocks::new(&loaded.settings),
            suspended: suspended::hold(),
        }
    }

    /// Every instance of the module.
    pub(super) fn instances(&self) -> Vec<RegisteredInstance> {
        self.instances.iter().map(|(_, entry)| *entry).collect()
    }

    /// The addresses of the states that are in a call, on any thread or suspended.
    pub(super) fn states_in_calls(&self) -> Vec<usize> {
        let mut states = slot::states_in_calls(&self.others.slots);
        states.extend(self.suspended.states());
        states
    }
}

impl<'a> HostLocks<'a> {
    fn new(settings: &'a Settings) -> Self {
        HostLocks {
            _staging: settings.loader.staging.hold(),
            _budget: settings.loader.budget.hold(),
            _uses: settings.uses.hold(),
            _names: settings.uses.names.hold(),
            slots: slot::hold(),
            _kept: forever::hold(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use nix::sys::wait::{WaitStatus, waitpid};
    use nix::unistd::{ForkResult, alarm, fork};

    use super::*;
    use crate::host::Host;
    use crate::sys::process::copies;

    /// `tests/tests/rehearsal/storms.rs` tries the same from outside, by loading, calling and asking; but
    /// these locks are held so seldom that a copy might never meet one there.
    #[test]
    fn what_others_lock_and_unlock_all_the_time_is_free_in_every_copy() {
        const COPIES: usize = 100;
        let _copies = copies::made();
        let host = Host::builder().build().expect("a host");
        let settings = &*host.settings;
        let over = AtomicBool::new(false);
        let take: [&(dyn Fn() + Sync); 6] = [
            &|| drop(load::hold()),
            &|| drop(settings.loader.staging.hold()),
            &|| drop(settings.loader.budget.hold()),
            &|| drop(settings.uses.hold()),
            &|| drop(slot::hold()),
            &|| drop(forever::hold()),
        ];
        let ended_badly = thread::scope(|scope| {
            for take in take {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        take();
                    }
                });
            }
            let ended = (0..COPIES).map(|_| {
                let _loader = load::hold();
                let others = HostLocks::new(settings);
                // SAFETY: the child takes locks that are held, and ends.
                match unsafe { fork() }.expect("a copy") {
                    ForkResult::Parent { child } => waitpid(child, None).expect("a copy"),
                    ForkResult::Child => {
                        alarm::set(20);
                        drop((_loader, others));
                        take.iter().for_each(|take| take());
                        // SAFETY: it ends the process, and nothing else.
                        unsafe { libc::_exit(0) }
                    }
                }
            });
            let badly = |status: &WaitStatus| !matches!(status, WaitStatus::Exited(_, 0));
            let badly = ended.into_iter().find(badly);
            over.store(true, Ordering::Relaxed);
            badly
        });
        assert_eq!(ended_badly, None);
    }
}
