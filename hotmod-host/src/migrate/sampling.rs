//! What a plan would take on a live state, estimated from a sample of it.
//!
//! The first half of a migration, of some of the items of each container, is done and abandoned
//! ([`engine/sample.rs`](super::engine)). What commit does with the old values is what abandoning does with the new
//! ones, so the time that this takes stands for that.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hotmod::describe::Type;
use hotmod_file::plan::Plan;

use super::engine::{Engine, SampledItems, address};
use super::program::{Code, Ends, Item, Make, Mismatch, Program};
use super::route::{each_state, prepare_by};
use super::values::before_final::BeforeFinal;
use super::values::found::{holds_lazies, leads_to};
use super::values::of_route::RouteValues;
use crate::image::image::Image;
use crate::image::memory::Memory;

/// How much stack a step into another type must find, and how much more it gets where it does not.
const RED_ZONE: usize = 128 << 10;
const STACK: usize = 2 << 20;

/// A plan compiled to find out what it would take.
pub(crate) struct Sampling {
    from: &'static Image,
    /// Without conversions in place, which are done on commit.
    programs: BTreeMap<Type, Option<Program>>,
    /// What becomes of the values of `Lazy`s.
    values: BTreeMap<Type, Arc<RouteValues>>,
    /// Whether the states may hold a `Lazy`.
    holds_lazies: bool,
    memory: &'static Memory,
}

/// What a state would take, or a value that follows by itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct SampledState {
    pub(crate) takes: Duration,
    /// The containers whose items are made anew.
    pub(crate) places: Vec<SampledPlace>,
}

/// The containers of one place.
#[derive(Clone, Debug)]
pub(crate) struct SampledPlace {
    pub(crate) path: String,
    pub(crate) items: usize,
    pub(crate) takes: Duration,
}

/// Why a state was not sampled.
#[derive(Debug)]
pub(crate) enum Unsampled {
    /// A value does not fit, so that the state would stay where it is.
    Unfit,
    /// It has items with several owners, which have to be found all at once.
    Owners,
}

impl Sampling {
    pub(crate) fn new(
        plan: &Plan,
        (from, to): (&'static Image, &'static Image),
        memory: &'static Memory,
    ) -> Result<Self, Mismatch> {
        let (was, now) = (from.exports(), to.exports());
        let ends = Ends {
            was: &was,
            now: &now,
            from: &from.version,
            forms: None,
        };
        let programs = each_state(plan, ends, |_, step, operations| {
            Program::compile_seen(plan, step, ends, operations, true)
        })?;
        let values = RouteValues::compile(plan, ends)?;
        Ok(Sampling {
            from,
            programs,
            values,
            holds_lazies: holds_lazies(&was.manifest),
            memory,
        })
    }

    /// Whether states at this image can be sampled.
    pub(crate) fn starts(&self, from: &Image) -> bool {
        std::ptr::eq(self.from, from)
    }

    /// Whether anything is done with the states of this interface.
    pub(crate) fn changes(&self, interface: &str) -> bool {
        let ty = &self.from.implementation(interface).state;
        matches!(self.programs.get(ty), Some(Some(_)))
    }

    /// Whether values of `Lazy`s become others, in states of any interface.
    pub(super) fn becomes_others(&self) -> bool {
        self.values.values().any(|it| it.program.is_some())
    }

    /// Whether the states of this interface may hold values of `Lazy`s that become others, each by itself.
    pub(crate) fn changes_values(&self, interface: &str) -> bool {
        let state = &self.from.implementation(interface).state;
        let becomes_another =
            |value: &Type| (self.values.get(value)).is_some_and(|it| it.program.is_some());
        leads_to(&self.from.exports().manifest, state, becomes_another)
    }

    /// Whether anything is done with the states of this interface, or with values in them.
    pub(crate) fn changes_any(&self, interface: &str) -> bool {
        self.changes(interface) || self.changes_values(interface)
    }

    /// Estimates what a state would take. The caller is in an operation on the state, which is as it was afterwards.
    ///
    /// # Safety
    ///
    /// `state` is a state of this type, at the version that the plan starts from, and nothing else uses it.
    pub(crate) unsafe fn sample(
        &self,
        ty: &Type,
        state: NonNull<u8>,
    ) -> Result<SampledState, Unsampled> {
        let Some(Some(program)) = self.programs.get(ty) else {
            return Ok(SampledState::default());
        };
        // SAFETY: the program was compiled for this type at these versions.
        unsafe { self.sample_by(program, ty, state) }
    }

    /// Estimates what a value of this type would take when it follows by itself. `None` if it stays as it is.
    ///
    /// # Safety
    ///
    /// As for [`sample`](Sampling::sample), of a value of a `Lazy`.
    pub(super) unsafe fn sample_value(
        &self,
        ty: &Type,
        value: NonNull<u8>,
    ) -> Option<Result<SampledState, Unsampled>> {
        let program = self.values.get(ty)?.program.as_ref()?;
        // SAFETY: the program was compiled for values of this type at these versions.
        Some(unsafe { self.sample_by(program, ty, value) })
    }

    /// # Safety
    ///
    /// The program was compiled for this type, of which a value is there; nothing else uses it.
    unsafe fn sample_by(
        &self,
        program: &Program,
        ty: &Type,
        state: NonNull<u8>,
    ) -> Result<SampledState, Unsampled> {
        if program.has_owners {
            return Err(Unsampled::Owners);
        }
        let start = Instant::now();
        let engine = Engine::new(program, self.memory, NonZero::<usize>::MIN).sampling();
        let before_final = BeforeFinal::begin(self.holds_lazies, self.memory);
        // SAFETY: the caller's; what is prepared is abandoned.
        let prepared = unsafe { prepare_by(engine, self.memory, state) };
        drop(before_final);
        let mut prepared = prepared.map_err(|_| Unsampled::Unfit)?;
        let took = start.elapsed();
        let (found, beyond) = prepared.sampled();
        let start = Instant::now();
        // Dropped, and so abandoned.
        drop(prepared);
        // To give up what was made takes no longer than to make it: if it did, the thread waited for a processor.
        let abandoned = start.elapsed().min(took);
        let times = 1.0 + abandoned.as_secs_f64() / took.as_secs_f64().max(f64::EPSILON);
        let paths = Paths::of(program, ty.to_string());
        let place = |(code, it): (usize, SampledItems)| SampledPlace {
            path: paths.0.get(&code).cloned().unwrap_or_default(),
            // As many as there are, but where containers within items were sampled too.
            items: it.items.round() as usize,
            takes: it.takes.mul_f64(times),
        };
        Ok(SampledState {
            takes: (took + beyond).mul_f64(times),
            places: found.into_iter().map(place).collect(),
        })
    }
}

/// The paths of the containers that a program rebuilds, by the address of their code.
struct Paths(BTreeMap<usize, String>);

impl Paths {
    fn of(program: &Program, state: String) -> Self {
        let mut walk = PathWalk {
            program,
            met: vec![false; program.conversions.len()],
            paths: BTreeMap::new(),
        };
        walk.code(&program.root, state);
        Paths(walk.paths)
    }
}

struct PathWalk<'p> {
    program: &'p Program,
    /// The conversions that were walked: types lead to each other.
    met: Vec<bool>,
    paths: BTreeMap<usize, String>,
}

impl PathWalk<'_> {
    fn code(&mut self, code: &Code, path: String) {
        stacker::maybe_grow(RED_ZONE, STACK, || self.step(code, path));
    }

    fn step(&mut self, code: &Code, path: String) {
        match code {
            Code::Conversion(call) => {
                if !std::mem::replace(&mut self.met[call.place], true) {
                    let program = self.program;
                    let code = program.conversions[call.place].as_ref();
                    code.into_iter()
                        .for_each(|code| self.code(code, path.clone()));
                }
            }
            Code::Struct(code) => {
                for part in &code.parts {
                    self.make(&part.make, format!("{path}{}", part.step));
                }
            }
            Code::Enum(code) => {
                let variants = code.variants.iter().filter_map(|(_, it)| it.as_ref());
                for field in variants.flat_map(|it| &it.fields) {
                    self.make(&field.make, format!("{path}{}", field.step));
                }
            }
            Code::Collection(code) => {
                let items = format!("{path}[]");
                self.paths.insert(address(&**code), path);
                for item in &code.items {
                    self.item(item, items.clone());
                }
            }
            Code::Slices(code) => {
                let items = format!("{path}[]");
                self.paths.insert(address(&**code), path);
                self.item(&code.item, items);
            }
            Code::Array(code) => self.item(&code.item, format!("{path}[]")),
            Code::Pointer(code) => self.item(&code.item, path),
            Code::Shared(code) => self.item(&code.item, path),
            Code::Wrap(code) => self.item(&code.item, path),
            Code::Enclose(code) => self.item(&code.item, path),
            Code::Unwrap(code) => self.code(&code.code, path),
            Code::Disclose(code) => self.code(&code.code, path),
            Code::Copy(_)
            | Code::Number(..)
            | Code::Widen(_)
            | Code::Flat(_)
            | Code::Bytes(_)
            | Code::Serde(_)
            | Code::As(_)
            | Code::InPlace(_)
            | Code::Weak(_)
            | Code::Hook(_) => {}
        }
    }

    fn item(&mut self, item: &Item, path: String) {
        self.code(&item.code, path);
    }

    fn make(&mut self, make: &Make, path: String) {
        if let Make::Convert(code) = make {
            self.code(code, path);
        }
    }
}
