//! migrate: carries out a plan on a live state, as a transaction.
//!
//! *Prepare* builds the new value beside the old one. Parts that are moved are copied bit by bit, and still
//! belong to the old value. *Abandon* takes the new value apart again and drops only what prepare created.
//! *Commit* gives up the old value: moved parts belong to the new one, the rest is dropped. Commit runs no
//! code that can refuse. Conversions that cannot fail and need no room of their own are left to it
//! ([`in_place`](super::in_place)), unless the state has a check, which has to see the new value whole.
//!
//! [`program`](super::program) compiles a plan and two tables of operations into what
//! [`engine`](super::engine) walks.

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::num::NonZero;
use std::ptr::NonNull;
use std::time::Duration;

use hotmod::describe::Type;
use hotmod::plan::{Plan, Step, Way};
use hotmod::version::VersionWire;

use crate::image::image::Image;
use crate::image::memory::Memory;

use super::at::{self, At};
use super::block::{affords, free, layout};
use super::engine::{Engine, Sampled};
use super::failure::Failure;
use super::program::{Ends, Mismatch, Program};

/// How the states of one version become those of the next.
pub(crate) struct Route {
    /// Which of the two versions is the newer one.
    pub(crate) way: Way,
    from: &'static Image,
    pub(crate) to: &'static Image,
    /// For each state that an interface is implemented for; `None` where it is handed over as it
    /// is.
    programs: BTreeMap<Type, Option<Program>>,
    memory: &'static Memory,
    /// How many threads may work on one state.
    threads: NonZero<usize>,
}

impl Route {
    /// Compiles a plan for two loaded versions.
    pub(crate) fn new(
        way: Way,
        plan: &Plan,
        (from, to): (&'static Image, &'static Image),
        memory: &'static Memory,
        threads: NonZero<usize>,
    ) -> Result<Self, Mismatch> {
        let mut programs = BTreeMap::new();
        let (was, now) = (from.exports(), to.exports());
        for (interface, implementation) in &was.manifest.implementations {
            let state = &implementation.state;
            let step = plan.step(state).ok_or(Mismatch)?;
            let program = match step {
                Step::Move => None,
                step => {
                    let old = was.tables.get(interface).ok_or(Mismatch)?.operations();
                    let new = now.tables.get(interface).ok_or(Mismatch)?.operations();
                    let ends = Ends {
                        was: &was,
                        now: &now,
                        from: &from.version,
                    };
                    Some(Program::compile(plan, step, ends, (old, new))?)
                }
            };
            programs.insert(state.clone(), program);
        }
        Ok(Route {
            way,
            from,
            to,
            programs,
            memory,
            threads,
        })
    }

    /// Whether it leads from and to the same images as another.
    pub(crate) fn has_ends_of(&self, other: &Route) -> bool {
        other.leads(self.from, self.to)
    }

    /// Whether it leads away from this image.
    pub(crate) fn starts(&self, from: &Image) -> bool {
        std::ptr::eq(self.from, from)
    }

    /// Whether one of its ends is retired.
    pub(crate) fn is_for_retired(&self) -> bool {
        self.from.is_retired() || self.to.is_retired()
    }

    /// Whether it leads from this image to that.
    pub(crate) fn leads(&self, from: &Image, to: &Image) -> bool {
        std::ptr::eq(self.from, from) && std::ptr::eq(self.to, to)
    }

    /// Takes a state along this route. The caller is in an operation on it. On `Err` the state is as it was.
    ///
    /// # Safety
    ///
    /// `state` is a state of this type, at the version that the route starts from, and nothing else
    /// uses it.
    pub(crate) unsafe fn migrate(
        &self,
        ty: &Type,
        state: NonNull<u8>,
    ) -> Result<Migrated, Failure> {
        let Some(Some(program)) = self.programs.get(ty) else {
            return Ok(Migrated {
                state,
                overruled: None,
                panicked: 0,
            });
        };
        // SAFETY: the program was compiled for this type at these versions.
        let mut prepared = unsafe { prepare(program, (self.memory, self.threads), state) }?;
        let overruled = match self.check(program, &prepared) {
            // An owner that the check kept would lead to content that belongs to the old state again.
            // SAFETY: it was prepared above, and a check changes nothing.
            Err(refused) if unsafe { prepared.engine.is_kept() } => Some(refused),
            // Dropped, and so abandoned.
            Err(refused) => return Err(refused),
            Ok(()) => None,
        };
        let (state, panicked) = prepared.commit();
        Ok(Migrated {
            state,
            overruled,
            panicked,
        })
    }

    /// Finds out whether a state could be taken along this route, by all of a migration but the commit. The
    /// caller is in an operation on the state, which is as it was afterwards, also on `Ok`.
    ///
    /// Conversions in place are left out: they happen on commit, and cannot fail. A check is left out if it
    /// could keep an owner of an item that is then abandoned.
    ///
    /// # Safety
    ///
    /// As for [`migrate`](Route::migrate).
    pub(crate) unsafe fn rehearse(&self, ty: &Type, state: NonNull<u8>) -> Result<(), Failure> {
        let Some(Some(program)) = self.programs.get(ty) else {
            return Ok(());
        };
        // SAFETY: the program was compiled for this type at these versions.
        let prepared = unsafe { prepare(program, (self.memory, self.threads), state) }?;
        // Dropped, and so abandoned.
        match program.has_owners {
            true => Ok(()),
            false => self.check(program, &prepared),
        }
    }

    /// Asks the user's function about the new state, if there is one.
    fn check(&self, program: &Program, prepared: &PreparedState<'_>) -> Result<(), Failure> {
        match program.check {
            Some(check) => {
                let from = VersionWire::new(&self.from.module, &self.from.version);
                // SAFETY: the check is that of the program, for its new type, of which a value was
                // prepared there. It changes nothing: it has a shared reference, and the plan refuses
                // types that could be changed through one.
                let checked = unsafe { prepared.to.check(check, from) };
                checked.map_err(Failure::new)
            }
            None => Ok(()),
        }
    }
}

/// A state that was taken along.
pub(crate) struct Migrated {
    pub(crate) state: NonNull<u8>,
    /// Why a check refused it, if the refusal was overruled because the check had kept part of the state.
    pub(crate) overruled: Option<Failure>,
    /// How many destructors panicked when the rest of the old state was dropped. The state was taken along
    /// all the same.
    pub(crate) panicked: usize,
}

/// A new value beside the old one, neither committed nor abandoned yet.
pub(super) struct PreparedState<'p> {
    engine: Engine<'p>,
    memory: &'static Memory,
    from: At,
    to: At,
    old: NonNull<u8>,
    new: NonNull<u8>,
}

/// Builds the new state beside the old one.
///
/// # Safety
///
/// `old` points to a state that the program was compiled for, and nothing else uses it until the
/// result is committed or dropped.
unsafe fn prepare<'p>(
    program: &'p Program,
    (memory, threads): (&'static Memory, NonZero<usize>),
    old: NonNull<u8>,
) -> Result<PreparedState<'p>, Failure> {
    let engine = Engine::new(program, memory, threads);
    // SAFETY: the caller's.
    unsafe { prepare_by(engine, memory, old) }
}

/// The same, by an engine that was made for it.
///
/// # Safety
///
/// As for [`prepare`], of the engine's program.
#[inline]
pub(super) unsafe fn prepare_by<'p>(
    mut engine: Engine<'p>,
    memory: &'static Memory,
    old: NonNull<u8>,
) -> Result<PreparedState<'p>, Failure> {
    let program = engine.program;
    affords(memory, program.new.size)?;
    let new = memory
        .take(layout(program.new))
        .ok_or_else(|| Failure::new("there is no memory for the new state"))?;
    let (from, to) = (At::state(old), At::state(new));
    // SAFETY: the caller passes the old state, and the block is new, and has room for the new one.
    // `PreparedState` is committed or dropped, once.
    match unsafe { engine.prepare_state(from, to) } {
        Ok(()) => Ok(PreparedState {
            engine,
            memory,
            from,
            to,
            old,
            new,
        }),
        Err(failure) => {
            // SAFETY: the block was made above, and holds nothing.
            unsafe { free(memory, program.new, new) };
            Err(failure)
        }
    }
}

impl PreparedState<'_> {
    /// What was found about containers, and how much longer all of it would have taken than the sample.
    pub(super) fn sampled(&mut self) -> (Sampled, Duration) {
        self.engine.sampled()
    }

    /// Gives up the old state for the new one, and says how many destructors panicked.
    fn commit(self) -> (NonNull<u8>, usize) {
        let mut this = ManuallyDrop::new(self);
        let from = this.from;
        // SAFETY: the engine prepared the new state from that one, and nothing abandons it: `this` is not
        // dropped.
        let panicked = at::drops(|| unsafe { this.engine.commit_state(from) });
        // SAFETY: nothing of the old value is left, and nothing uses it afterwards.
        unsafe { free(this.memory, this.engine.program.old, this.old) };
        // SAFETY: `this` is not dropped, so the engine is dropped once.
        unsafe { std::ptr::drop_in_place(&raw mut this.engine) };
        (this.new, panicked)
    }
}

/// Abandons what was not committed.
impl Drop for PreparedState<'_> {
    fn drop(&mut self) {
        // SAFETY: the engine prepared the state there, and what is committed is not dropped.
        unsafe { self.engine.abandon_state(self.to) };
        // SAFETY: nothing of the new value is left, and nothing uses it afterwards.
        unsafe { free(self.memory, self.engine.program.new, self.new) };
    }
}
