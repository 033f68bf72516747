//! An export of another module that a version of a module calls: a function, or the methods of an interface.
//!
//! ```text
//! module: the declared function → Import ──► host: call → what is current ──► other module: its shim → …
//! ```
//!
//! A call enters what is current in the other module as one of the host does, so all that watches calls sees
//! it. What it leads to there was linked before that version became current; versions that only instances are
//! at are linked when they are called.

use std::ptr;
use std::time::Instant;

use hotmod::call::{ABSENT, DONE, PANICKED, Panic, Shim};
use hotmod::describe::Builtin;
use hotmod::import::Provided;
use hotmod::operations::{Kind, Operations};

use crate::call::expectation::{Callee, Expectation, Link};
use crate::call::generation::{DETOUR, DoesNotFit, Generation, Ran, detour};
use crate::call::slot::{self, Doing};
use crate::forever::forever;
use crate::image::meter::Outcome;
use crate::migrate;
use crate::uses::user::User;
use crate::uses::versions::{LeadsTo, LinkedExport, LinkedVersion, LinkedVersions};

/// What a version of a module calls of another module.
pub(crate) struct UsedExport {
    pub(crate) user: &'static User,
    /// What the caller was compiled with.
    pub(crate) expectation: Expectation,
    /// Of each export, by what place a report knows it, and whether its result is a `Result`.
    calls: Vec<UsedCall>,
    versions: LinkedVersions,
}

/// One export that is called.
pub(crate) struct UsedCall {
    /// By which it is seen among the calls of a thread.
    pub(crate) place: usize,
    /// Whether it returns a `Result`, of which an error is counted.
    pub(crate) fallible: bool,
    /// Where each argument of the caller is, and of what type, as it crosses.
    pub(crate) given: Vec<(usize, &'static Operations)>,
}

/// What a call passes on: the state, the arguments, room for the result and for a panic.
#[derive(Clone, Copy)]
pub(crate) struct Passed {
    pub(crate) state: *mut (),
    pub(crate) args: *mut (),
    pub(crate) output: *mut (),
    pub(crate) panic: *mut (),
}

impl UsedExport {
    pub(super) fn new(
        user: &'static User,
        expectation: Expectation,
        calls: Vec<UsedCall>,
    ) -> &'static Self {
        forever(UsedExport {
            user,
            expectation,
            calls,
            versions: LinkedVersions::new(),
        })
    }

    /// The function, or the interface.
    pub(crate) fn name(&self) -> String {
        match &self.expectation.kind {
            Callee::Function(name) | Callee::Interface(name) => name.clone(),
        }
    }

    /// What a module calls in the place of the other module's function.
    pub(super) fn provided(&'static self) -> &'static Provided {
        let this = ptr::from_ref(self).cast_mut().cast();
        // SAFETY: both take what they are given here by shared reference, and it lives for ever.
        forever(unsafe { Provided::passing_on(call, this, is_there) })
    }

    /// Links a version, unless it was linked before.
    pub(crate) fn link(&self, generation: &'static Generation) -> &'static LinkedVersion {
        if let Some(known) = self.versions.of(generation.image) {
            return known;
        }
        let image = generation.image;
        let exports = image.exports();
        let lacking = || LinkedExport {
            shim: detour,
            leads: LeadsTo::Lacking,
        };
        let links = match self.expectation.fits(&exports.manifest) {
            true => self.expectation.links(&exports),
            false => None,
        };
        let Some(links) = links else {
            let all = self.calls.iter().map(|_| lacking());
            return self.versions.add(generation, all.collect());
        };
        let links = links.into_iter().map(|link| match link {
            Link::Straight(shim) => LinkedExport {
                shim,
                leads: LeadsTo::Straight,
            },
            // No module awaits an export of another one.
            Link::AtOnce(_) => lacking(),
            Link::Absent => LinkedExport {
                shim: detour,
                leads: LeadsTo::Absent,
            },
            Link::Converts(conversion) => match migrate::converter(*conversion, image, &exports) {
                Some(converter) => LinkedExport {
                    shim: detour,
                    leads: LeadsTo::Converting(converter),
                },
                None => lacking(),
            },
        });
        self.versions.add(generation, links.collect())
    }

    /// Calls an export of a version.
    ///
    /// # Safety
    ///
    /// - The version is linked by this.
    /// - What is passed is what the caller was compiled to pass to the export at this place: arguments that are
    ///   given up unless [`ABSENT`] is returned, and a state at that version, borrowed as the method says.
    /// - The thread is in a call of that generation.
    pub(crate) unsafe fn call(
        &self,
        place: usize,
        version: &LinkedVersion,
        generation: &Generation,
        passed: Passed,
    ) -> Result<u8, DoesNotFit> {
        let Passed {
            state,
            args,
            output,
            panic,
        } = passed;
        let export = &version.exports[place];
        let run = || match &export.leads {
            // SAFETY: the export takes and returns what the caller was compiled with.
            LeadsTo::Straight => Ok(unsafe { (export.shim)(state, args, output, panic) }),
            // SAFETY: it was made for the export, as the caller was compiled to call it.
            LeadsTo::Converting(converter) => unsafe { converter.call(state, args, output, panic) },
            LeadsTo::Absent | LeadsTo::Lacking => Ok(ABSENT),
        };
        if !generation.is_observed() || matches!(export.leads, LeadsTo::Absent | LeadsTo::Lacking) {
            return run();
        }
        let observers = generation.observers();
        let pair = match (&self.expectation.kind, &export.leads, &observers.mirror) {
            (Callee::Function(name), LeadsTo::Straight, Some(mirror)) => mirror.sample(name),
            _ => None,
        };
        let tried = pair.and_then(|pair| {
            // SAFETY: a pair is of one export of two versions that were compared with each other, and this
            // version with the expectation, which says what the arguments are.
            let tried = unsafe { pair.try_out(args) }?;
            Some((pair, tried))
        });
        let start = Instant::now();
        let ended = run();
        let took = start.elapsed();
        // SAFETY: what the status says is written there.
        let outcome = unsafe { self.outcome(place, &ended, output) };
        generation.count(took, outcome);
        if let (Some((pair, tried)), Ok(status)) = (tried, &ended) {
            let called = match *status {
                DONE => Ok(output),
                // SAFETY: every other status of an export says that the panic is written.
                _ => Err(unsafe { &*panic.cast::<Panic>() }),
            };
            // SAFETY: as above, of what this version returned.
            unsafe { pair.compare(tried, called) };
        }
        ended
    }

    /// What a call came to.
    ///
    /// # Safety
    ///
    /// Where the call is done, its result lies at `output`.
    unsafe fn outcome(
        &self,
        place: usize,
        ended: &Result<u8, DoesNotFit>,
        output: *mut (),
    ) -> Outcome {
        match ended {
            Ok(DONE) => {
                let call = &self.calls[place];
                let returns = self.expectation.passes[place].output.wire;
                let has_failed = match &returns.kind {
                    Kind::Enum(variants, _) if call.fallible => {
                        // SAFETY: the caller's; the operations are those of what crosses as the result.
                        let variant = unsafe { (variants.variant)(output.cast()) };
                        variant == 1
                    }
                    _ => false,
                };
                match has_failed {
                    true => Outcome::Failed,
                    false => Outcome::Done,
                }
            }
            Ok(_) => Outcome::Panicked,
            Err(unfit) if unfit.ran == Ran::Panicked => Outcome::Panicked,
            Err(_) => Outcome::Failed,
        }
    }

    /// By what place a report knows the export at this place.
    pub(crate) fn doing(&self, place: usize) -> Doing {
        Doing::Export(self.calls[place].place)
    }

    /// Gives up the arguments of a call that was not made.
    ///
    /// # Safety
    ///
    /// They are what the caller passes to the export at this place, and given up.
    pub(crate) unsafe fn drop_args(&self, place: usize, args: *mut ()) {
        for (from, operations) in &self.calls[place].given {
            // SAFETY: within the arguments, which are the caller's to give.
            let argument = unsafe { args.cast::<u8>().add(*from) };
            // SAFETY: the argument is of its operations' type. If its destructor panics, the rest is leaked.
            let _: u8 = unsafe { (operations.drop)(argument) };
        }
    }

    /// Goes on where a call has not entered the version that was called last.
    ///
    /// # Safety
    ///
    /// As for [`call`](UsedExport::call), of a function.
    #[cold]
    #[inline(never)]
    unsafe fn call_otherwise(
        &'static self,
        entered: slot::Entered,
        args: *mut (),
        output: *mut (),
        panic: *mut (),
    ) -> u8 {
        let passed = Passed {
            state: ptr::null_mut(),
            args,
            output,
            panic,
        };
        let generation = entered.generation();
        let version = self.link(generation);
        let called = if !matches!(version.exports[0].leads, LeadsTo::Lacking) {
            self.versions.use_next(version);
            // SAFETY: the caller's; the thread is in a call of that generation until `entered` is dropped.
            let called = unsafe { self.call(0, version, generation, passed) };
            drop(entered);
            called
        } else {
            drop(entered);
            // What is current suits every version of the caller that is in use. So this is one that was left,
            // where the call of it goes on with what it was left with.
            let mut versions = self.versions.all();
            let suits = |it: &&LinkedVersion| !matches!(it.exports[0].leads, LeadsTo::Lacking);
            let Some(version) = versions.find(suits) else {
                return ABSENT;
            };
            let generation = version.generation;
            let _entered = slot::enter_at(generation, self.doing(0), ptr::null_mut());
            // SAFETY: as above.
            unsafe { self.call(0, version, generation, passed) }
        };
        match called {
            Ok(status) => status,
            Err(unfit) => {
                if unfit.ran == Ran::Not {
                    // SAFETY: the caller's; the call was not made.
                    unsafe { self.drop_args(0, args) };
                }
                let name = self.expectation.export(0);
                // SAFETY: the caller gives room for a panic; where the export panicked, that is written.
                unsafe { unfit.tell_module(&name, panic.cast()) };
                PANICKED
            }
        }
    }
}

/// A [`Shim`] that calls the function in what is current of the other module.
unsafe extern "C" fn call(export: *mut (), args: *mut (), output: *mut (), panic: *mut ()) -> u8 {
    // SAFETY: it is called with the export that it was provided with, which lives for ever.
    let export = unsafe { &*export.cast::<UsedExport>() };
    let Some(track) = export.user.track() else {
        return ABSENT;
    };
    let (entered, generation) = slot::enter_within(track, Doing::Export(export.calls[0].place));
    if let Some(version) = export.versions.last_used()
        && ptr::eq(version.image, generation.image)
        && !generation.is_observed()
    {
        let shim: Shim = version.exports[0].shim;
        // SAFETY: the version is linked with what the caller was compiled with: the shim takes and gives that,
        // or it takes and writes nothing and says so.
        let status = unsafe { shim(ptr::null_mut(), args, output, panic) };
        if status != DETOUR {
            return status;
        }
    }
    // SAFETY: the caller passes what the import takes, which is what the export was compiled with; nothing was
    // taken or written yet.
    unsafe { export.call_otherwise(entered, args, output, panic) }
}

/// Whether a call would lead to a function now.
unsafe extern "C" fn is_there(export: *mut ()) -> bool {
    // SAFETY: it is called with the export that it was provided with, which lives for ever.
    let export = unsafe { &*export.cast::<UsedExport>() };
    let Some(track) = export.user.track() else {
        return false;
    };
    let version = export.link(track.current());
    !matches!(version.exports[0].leads, LeadsTo::Absent | LeadsTo::Lacking)
}

/// Whether a result of this type is one that a host counts as failed where it is an error.
pub(super) fn is_fallible(ty: &hotmod::describe::Type) -> bool {
    ty.builtin() == Some(Builtin::Result)
}
