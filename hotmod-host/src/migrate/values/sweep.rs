//! Taking values along before they are used.

use std::collections::HashMap;
use std::fmt;
use std::ptr::NonNull;
use std::time::{Duration, Instant};

use hotmod::describe::Type;
use hotmod::operations::{RawLazy, Stamp};
use hotmod::root::services::Stays;

use super::follow::{Values, node};
use super::places::Places;
use super::walk::{Met, Position, Visit};
use crate::image::values::Follow;
use crate::migrate::at::At;
use crate::migrate::failure::Failure;
use crate::migrate::route::Route;

/// What a sweep of the values of [`Lazy`](hotmod::Lazy)s did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValuesReport {
    /// How many values it took to the version of their state.
    pub followed: usize,
    /// How many do not fit, and stay at their version.
    pub stuck: usize,
    /// Why the first of them does not.
    pub reason: Option<String>,
    /// How many parts of states it could not look into, because a thread has them locked.
    pub locked: usize,
    /// Whether it has looked at all of them: there was time enough.
    pub is_complete: bool,
    /// How long it took.
    pub took: Duration,
}

impl fmt::Display for ValuesReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ValuesReport {
            followed,
            stuck,
            took,
            ..
        } = self;
        write!(f, "{followed} values followed in {took:.1?}, {stuck} stuck")?;
        if self.locked > 0 {
            write!(f, "; {} parts were locked", self.locked)?;
        }
        match self.is_complete {
            true => Ok(()),
            false => write!(f, "; not done"),
        }
    }
}

/// A walk that takes each value along.
struct Sweep<'s> {
    values: &'s Values,
    go_on: &'s mut dyn FnMut() -> bool,
    start: Instant,
    /// When it came to the first value that was not taken along yet.
    first: Option<Instant>,
    /// Whether it did anything since it was asked whether to go on.
    worked: bool,
    report: ValuesReport,
}

impl Visit for Sweep<'_> {
    fn lazy(&mut self, lazy: &RawLazy, stamp: &'static Stamp) -> Met {
        if let Some(at) = lazy.settled()
            && self.values.is_same(at, stamp)
        {
            return Met::There;
        }
        self.worked = true;
        self.first.get_or_insert_with(Instant::now);
        // SAFETY: the walk meets the `Lazy`s of a state that is at the version of the stamps, and whose bytes nothing
        // copies meanwhile: it does not move.
        match unsafe { self.values.follow_for_host(lazy, stamp) } {
            Ok(()) => {
                self.report.followed += 1;
                Met::There
            }
            Err(stays) => {
                let Stays { path, reason, .. } = *stays;
                self.report.stuck += 1;
                let reason = || format!("{path}: {reason}");
                self.report.reason.get_or_insert_with(reason);
                Met::Elsewhere
            }
        }
    }

    /// Finds its way past the values that are done, and works at least as long as that took. So it comes to the end
    /// however often it is told to stop.
    fn goes_on(&mut self) -> bool {
        let Some(first) = self.first.filter(|_| std::mem::take(&mut self.worked)) else {
            return true;
        };
        (self.go_on)() || first.elapsed() < first - self.start
    }

    fn passed_over(&mut self) {
        self.report.locked += 1;
    }
}

/// A walk that finds out whether each value could be taken along a route, and leaves it where it is.
struct Rehearsal<'r> {
    values: &'r Values,
    route: &'r Route,
    /// The types of values, by their stamps.
    types: HashMap<*const Stamp, Option<Type>>,
    failed: Option<Failure>,
}

impl Rehearsal<'_> {
    fn try_out(&mut self, lazy: &RawLazy, stamp: &'static Stamp) -> Result<(), Failure> {
        // SAFETY: as in `Sweep`.
        let here = unsafe { self.values.follow_for_host(lazy, stamp) };
        here.map_err(|stays| {
            let Stays {
                path, reason, from, ..
            } = *stays;
            Failure::new(format!("its value stays at {from}: {path}: {reason}"))
        })?;
        let ty = self.types.entry(stamp);
        let ty = ty.or_insert_with(|| node(stamp).map(|(_, ty)| ty)).as_ref();
        let values = ty.and_then(|ty| self.route.values.get(ty));
        let (Some(ty), Some(Some(program))) = (ty, values.map(|it| &it.program)) else {
            return Ok(());
        };
        // SAFETY: the value was taken to the version of the stamp just now, and the walk has it for itself.
        let value = unsafe { lazy.value() };
        let value = NonNull::new(value).expect("bug in hotmod: a value without an address");
        let _begun = self.values.memory.preparations.begin();
        // SAFETY: the program was compiled for values of this type. What it prepares is dropped, and so abandoned.
        let prepared = unsafe { self.route.prepare_value(program, value) };
        let in_value = |failure: Failure| {
            Failure::new(format!(
                "a value does not fit: {ty}{}: {}",
                failure.path(),
                failure.reason()
            ))
        };
        prepared.map(drop).map_err(in_value)
    }
}

impl Visit for Rehearsal<'_> {
    fn lazy(&mut self, lazy: &RawLazy, stamp: &'static Stamp) -> Met {
        match self.try_out(lazy, stamp) {
            Ok(()) => Met::There,
            Err(failure) => {
                self.failed.get_or_insert(failure);
                Met::Elsewhere
            }
        }
    }

    fn goes_on(&mut self) -> bool {
        self.failed.is_none()
    }

    fn passed_over(&mut self) {}
}

impl Values {
    /// Finds out whether the values in a state could be taken along this route. They stay at the version that the
    /// state is at, or are taken there.
    ///
    /// # Safety
    ///
    /// As [`Places::walk`]; nothing else uses the state, which is at the version that the route starts from.
    pub(crate) unsafe fn rehearse(
        &self,
        places: &Places,
        state: NonNull<u8>,
        route: &Route,
    ) -> Result<(), Failure> {
        let mut rehearsal = Rehearsal {
            values: self,
            route,
            types: HashMap::new(),
            failed: None,
        };
        let from = Position::default();
        // SAFETY: the caller's.
        unsafe { places.walk((At::state(state), false), &from, &mut rehearsal) };
        rehearsal.failed.map_or(Ok(()), Err)
    }

    /// Takes the values in a state along until `go_on` says no: one at least, and as many as there is time for in as
    /// long as it takes to find the first. Begins where the last sweep stopped, and is complete if it looked at all
    /// values at once, from the first to the last.
    ///
    /// # Safety
    ///
    /// As [`Places::walk`]. The state does not move meanwhile.
    pub(crate) unsafe fn sweep(
        &self,
        places: &Places,
        (state, shared): (NonNull<u8>, bool),
        position: &mut Position,
        go_on: &mut dyn FnMut() -> bool,
    ) -> ValuesReport {
        let mut report = ValuesReport::default();
        loop {
            let mut sweep = Sweep {
                values: self,
                go_on,
                start: Instant::now(),
                first: None,
                worked: false,
                report,
            };
            let from_start = position.is_start();
            // SAFETY: the caller's.
            let walked = unsafe { places.walk((At::state(state), shared), position, &mut sweep) };
            report = sweep.report;
            *position = walked.next.unwrap_or_default();
            report.is_complete = walked.to_end && from_start;
            let has_done = report.followed > 0 && !go_on();
            if from_start || !walked.to_end || has_done {
                return report;
            }
            // What was changed meanwhile may stand before where it began; those that do not fit are met once more.
            report.stuck = 0;
        }
    }
}
