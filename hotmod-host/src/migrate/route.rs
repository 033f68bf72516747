//! migrate: carries out a plan on a live state, as a transaction.
//!
//! *Prepare* builds the new value beside the old one. Parts that are moved are copied bit by bit, and still
//! belong to the old value. *Abandon* takes the new value apart again and drops only what prepare created.
//! *Commit* gives up the old value: moved parts belong to the new one, the rest is dropped. Commit runs no
//! code that can refuse. Conversions that cannot fail and need no room of their own are left to it
//! ([`in_place`](super::in_place)), unless the state has a check, which has to see the new value whole.
//!
//! A state that nothing can change through a shared reference may be read by other threads while it is
//! prepared. Its commit is in two halves then: the new value takes the place of the old one, for which the
//! readers have to be gone, and what is left of the old value is taken apart, for which they need not.
//!
//! [`program`](super::program) compiles a plan and two tables of operations into what
//! [`engine`](super::engine) walks.

#[cfg(feature = "snapshot")]
pub(crate) mod restoring;

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::num::NonZero;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use hotmod::describe::{Task, Type};
use hotmod::operations::Operations;
use hotmod::version::VersionWire;
use hotmod_file::plan::{Plan, Preparation, Step, Way};

use super::at::{self, At};
use super::block::{affords, free, layout};
use super::engine::{Engine, Sampled};
use super::failure::Failure;
use super::program::{Ends, Mismatch, Program};
use super::values::before_final::{BeforeFinal, begun};
use super::values::found::holds_lazies;
use super::values::of_route::RouteValues;
use crate::image::exports::Exports;
use crate::image::image::Image;
use crate::image::memory::Memory;

/// How the states of one version become those of the next.
pub(crate) struct Route {
    /// Which of the two versions is the newer one.
    pub(crate) way: Way,
    pub(super) from: &'static Image,
    pub(crate) to: &'static Image,
    /// For each state that an interface is implemented for; `None` where it is handed over as it
    /// is.
    programs: BTreeMap<Type, Option<StateProgram>>,
    /// For each type of values that follow by themselves in `Lazy`s.
    pub(super) values: BTreeMap<Type, Arc<RouteValues>>,
    /// Whether the states that it starts from may hold a `Lazy`.
    holds_lazies: bool,
    memory: &'static Memory,
    /// How many threads may work on one state.
    threads: NonZero<usize>,
}

/// What is done with the states of one type.
struct StateProgram {
    whole: Program,
    /// `None` where nothing may read a state while it is prepared, or where it is prepared in no time.
    shared: Option<SharedProgram>,
}

/// What is done with a state that other threads read meanwhile. Nothing is left to commit that changes what
/// they read, or that takes long.
enum SharedProgram {
    /// The same as without readers.
    Whole,
    /// One that converts nothing in place.
    Beside(Program),
}

/// What `compile` makes of each state that changes, from its step and the operations of its type on both sides.
pub(super) fn each_state<T>(
    plan: &Plan,
    ends: Ends<'_>,
    compile: impl Fn(&Type, &Step, (&'static Operations, &'static Operations)) -> Result<T, Mismatch>,
) -> Result<BTreeMap<Type, Option<T>>, Mismatch> {
    let (was, now) = (&ends.was.manifest, &ends.now.manifest);
    let implementations = was.implementations.iter();
    let implementations = implementations.filter(|(name, _)| {
        // What a task hands over that the next version does not have goes nowhere.
        !Task::is_handover(name) || now.implementations.contains_key(*name)
    });
    let compiled = implementations.map(|(interface, implementation)| {
        let state = &implementation.state;
        let compiled = match plan.step(state).ok_or(Mismatch)? {
            Step::Move => None,
            step => {
                let table = |of: &Exports| of.tables.get(interface).map(|it| it.operations());
                let old = table(ends.was).ok_or(Mismatch)?;
                let new = table(ends.now).ok_or(Mismatch)?;
                Some(compile(state, step, (old, new))?)
            }
        };
        Ok((state.clone(), compiled))
    });
    compiled.collect()
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
        let (was, now) = (from.exports(), to.exports());
        let ends = Ends {
            was: &was,
            now: &now,
            from: &from.version,
            forms: None,
        };
        let programs = each_state(plan, ends, |state, step, operations| {
            let whole = Program::compile(plan, step, ends, operations)?;
            let mut preparations = plan.preparations().iter();
            let is_shared = preparations
                .any(|(ty, how)| ty == state && *how == Preparation::Shared)
                && (whole.flat().is_none() || whole.check.is_some())
                && !whole.has_owners;
            let shared = match (is_shared, whole.in_place) {
                (false, _) => None,
                (true, false) => Some(SharedProgram::Whole),
                (true, true) => {
                    let beside = Program::compile_seen(plan, step, ends, operations, true)?;
                    Some(SharedProgram::Beside(beside))
                }
            };
            Ok(StateProgram { whole, shared })
        })?;
        Ok(Route {
            way,
            values: RouteValues::compile(plan, ends)?,
            holds_lazies: holds_lazies(&was.manifest),
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
        let Some(Some(StateProgram { whole: program, .. })) = self.programs.get(ty) else {
            return Ok(Migrated {
                state,
                overruled: None,
                panicked: 0,
                made: 0,
            });
        };
        let held = self.memory.of_thread();
        let before_final = BeforeFinal::begin(self.holds_lazies, self.memory);
        // SAFETY: the program was compiled for this type at these versions.
        let mut prepared = unsafe { prepare(program, (self.memory, self.threads), state) }?;
        let checked = self.check(program, &prepared);
        drop(before_final);
        let overruled = match checked {
            // An owner that the check kept would lead to content that belongs to the old state again.
            // SAFETY: it was prepared above, and a check changes nothing.
            Err(refused) if unsafe { prepared.engine.is_kept() } => Some(refused),
            // Dropped, and so abandoned.
            Err(refused) => return Err(refused),
            Ok(()) => None,
        };
        let made = self.made_since(held);
        let (state, panicked) = prepared.commit();
        Ok(Migrated {
            state,
            overruled,
            panicked,
            made,
        })
    }

    /// Whether a state of this type may be read by others while it is prepared.
    pub(crate) fn shares(&self, ty: &Type) -> bool {
        let program = self.programs.get(ty).and_then(Option::as_ref);
        program.is_some_and(|program| program.shared.is_some())
    }

    /// What is done with a state that others may read while it is prepared.
    fn shared_program(&self, ty: &Type) -> &Program {
        let program = self.programs.get(ty).and_then(Option::as_ref);
        let program = program.and_then(|program| match &program.shared {
            Some(SharedProgram::Whole) => Some(&program.whole),
            Some(SharedProgram::Beside(beside)) => Some(beside),
            None => None,
        });
        program.expect("bug in hotmod: a state that is not prepared so")
    }

    /// Prepares what becomes of a state, and has it checked. The caller is in an operation. On `Err` nothing is
    /// left of it.
    ///
    /// # Panics
    ///
    /// Where [`shares`](Route::shares) is false.
    ///
    /// # Safety
    ///
    /// `state` is a state of this type, at the version that the route starts from. Until the result is committed
    /// or dropped, it is used by shared references only, if at all.
    pub(crate) unsafe fn prepare_shared(
        &self,
        ty: &Type,
        state: NonNull<u8>,
    ) -> Result<PreparedBeside<'_>, Failure> {
        let program = self.shared_program(ty);
        let held = self.memory.of_thread();
        // SAFETY: the program was compiled for this type at these versions, and converts nothing in place. The
        // caller has the state read only; by its description, that changes nothing of what is prepared from.
        let prepared = unsafe { prepare(program, (self.memory, self.threads), state) }?;
        // A check has no owner of the old state to keep: what holds one is not prepared so.
        self.check(program, &prepared)?;
        let made = self.made_since(held);
        Ok(PreparedBeside { prepared, made })
    }

    /// The bytes that the thread has made for the module since it held so many.
    fn made_since(&self, held: i64) -> u64 {
        u64::try_from(self.memory.of_thread() - held).unwrap_or(0)
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
        let Some(Some(StateProgram { whole: program, .. })) = self.programs.get(ty) else {
            return Ok(());
        };
        let _before_final = BeforeFinal::begin(self.holds_lazies, self.memory);
        // SAFETY: the program was compiled for this type at these versions.
        let prepared = unsafe { prepare(program, (self.memory, self.threads), state) }?;
        // Dropped, and so abandoned.
        match program.has_owners {
            true => Ok(()),
            false => self.check(program, &prepared),
        }
    }

    /// Prepares a value that follows by itself.
    ///
    /// # Safety
    ///
    /// `value` is a value that the program, one of this route's values, was compiled for, and nothing else uses it
    /// until the result is committed or dropped.
    pub(super) unsafe fn prepare_value<'p>(
        &self,
        program: &'p Program,
        value: NonNull<u8>,
    ) -> Result<PreparedState<'p>, Failure> {
        let threads = NonZero::<usize>::MIN;
        begun(self.memory, || {
            // SAFETY: the caller passes such a value.
            unsafe { prepare(program, (self.memory, threads), value) }
        })
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
    /// The bytes of the new state that were made beside the old one.
    pub(crate) made: u64,
}

/// What was prepared beside a state that others may read. Dropping this abandons it.
pub(crate) struct PreparedBeside<'p> {
    prepared: PreparedState<'p>,
    /// The bytes that were made for it.
    pub(crate) made: u64,
}

impl PreparedBeside<'_> {
    /// Has the new state take the place of the old one: from here on, the old one is not used any more. Returns
    /// the new one, and what is left of the old, which was prepared along this route.
    pub(crate) fn commit(self, route: &Arc<Route>, ty: &'static Type) -> (NonNull<u8>, Remains) {
        let prepared = ManuallyDrop::new(self.prepared);
        let remains = Remains {
            route: route.clone(),
            ty,
            old: prepared.old,
        };
        (prepared.new, remains)
    }
}

/// What is left of an old state whose new one is in its place. Nothing that the new one consists of is among it,
/// so the new one may be used while this is taken apart.
pub(crate) struct Remains {
    route: Arc<Route>,
    ty: &'static Type,
    old: NonNull<u8>,
}

// SAFETY: states are `Send`, and nothing else refers to what is left of this one.
unsafe impl Send for Remains {}

impl Remains {
    /// Where the old state was.
    pub(crate) fn address(&self) -> NonNull<u8> {
        self.old
    }

    /// Takes it apart, and says how many destructors panicked. The caller is in an operation.
    pub(crate) fn take_apart(self) -> usize {
        let Route {
            memory, threads, ..
        } = *self.route;
        let program = self.route.shared_program(self.ty);
        let mut engine = Engine::new(program, memory, threads);
        let from = At::state(self.old);
        // SAFETY: a new state was prepared from that one by an engine for this program, which left nothing to be known
        // of: nothing in it has several owners. The new one is in its place, and this is called once.
        let panicked = at::drops(|| unsafe { engine.commit_state(from) });
        // SAFETY: nothing of the old value is left, and nothing uses it afterwards.
        unsafe { free(memory, program.old, self.old) };
        panicked
    }
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
/// `old` points to a state that the program was compiled for. Until the result is committed or dropped, nothing
/// else uses it; or the program converts nothing in place, and nothing changes what it reads.
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

    /// Where the new value is.
    pub(super) fn new_value(&self) -> NonNull<u8> {
        self.new
    }

    /// Gives up the old state for the new one, and says how many destructors panicked.
    pub(super) fn commit(self) -> (NonNull<u8>, usize) {
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
