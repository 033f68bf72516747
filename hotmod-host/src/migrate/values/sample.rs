//! What values would take that follow by themselves, from a sample of them.

use std::collections::HashMap;
use std::ptr::NonNull;
use std::time::{Duration, Instant};

use hotmod::describe::Type;
use hotmod::operations::{RawLazy, Stamp};

use super::follow::{Values, node};
use super::places::Places;
use super::walk::{Met, Position, Visit};
use crate::migrate::at::At;
use crate::migrate::sampling::{SampledPlace, SampledState, Sampling};

/// For how long the `Lazy`s of one state are walked over, and values of one type are looked into: nothing else uses the
/// state meanwhile.
const TIME: Duration = Duration::from_millis(20);
/// How many are met at least.
const LEAST: usize = 64;
const TIME_OF_A_TYPE: Duration = Duration::from_millis(5);

/// How often a value is looked into that seems to take longest. The quickest counts: another time, the thread may have
/// waited for a processor.
const TIMES: usize = 3;

/// The values of one type.
struct OfType {
    ty: Type,
    /// For how long some of them were looked into.
    spent: Duration,
}

/// A walk that looks for the value which takes longest.
struct ValueSample<'s> {
    values: &'s Values,
    sampling: &'s Sampling,
    start: Instant,
    met: usize,
    /// By the stamps of their values; `None` where a stamp says no type.
    types: HashMap<*const Stamp, Option<OfType>>,
    longest: Option<SampledState>,
}

impl ValueSample<'_> {
    /// # Safety
    ///
    /// A value of this type is there, at the version that the plan starts from, and nothing else uses it.
    unsafe fn look_into(&mut self, ty: &Type, value: NonNull<u8>) {
        let _begun = self.values.memory.preparations.begin();
        // SAFETY: the caller's.
        let sampled = || unsafe { self.sampling.sample_value(ty, value) }?.ok();
        let Some(mut found) = sampled() else { return };
        let longest = self.longest.as_ref().map_or(Duration::ZERO, |it| it.takes);
        for _ in 1..TIMES {
            if found.takes <= longest {
                return;
            }
            found = sampled()
                .filter(|it| it.takes < found.takes)
                .unwrap_or(found);
        }
        if found.takes <= longest {
            return;
        }
        if found.places.iter().all(|it| it.items == 0) {
            found.places = vec![SampledPlace {
                path: ty.to_string(),
                items: 1,
                takes: found.takes,
            }];
        }
        self.longest = Some(found);
    }
}

impl Visit for ValueSample<'_> {
    fn lazy(&mut self, lazy: &RawLazy, stamp: &'static Stamp) -> Met {
        self.met += 1;
        // One at another version has more than this update before it, and is left where it is.
        let is_here = |at: &'static Stamp| self.values.is_same(at, stamp);
        if !lazy.settled().is_some_and(is_here) {
            return Met::Elsewhere;
        }
        let found = || {
            node(stamp).map(|(_, ty)| OfType {
                ty,
                spent: Duration::ZERO,
            })
        };
        let of_type = self.types.entry(stamp).or_insert_with(found).as_ref();
        let Some(OfType { ty, spent }) = of_type.filter(|it| it.spent < TIME_OF_A_TYPE) else {
            return Met::There;
        };
        let (ty, spent, start) = (ty.clone(), *spent, Instant::now());
        // SAFETY: the value has this stamp, and the walk has the state for itself.
        let value = unsafe { lazy.value() };
        let value = NonNull::new(value).expect("bug in hotmod: a value without an address");
        // SAFETY: as above; the stamp says its type and version, which is that of the state.
        unsafe { self.look_into(&ty, value) };
        let spent = spent + start.elapsed();
        self.types.insert(stamp, Some(OfType { ty, spent }));
        Met::There
    }

    fn goes_on(&mut self) -> bool {
        self.met < LEAST || self.start.elapsed() < TIME
    }

    fn passed_over(&mut self) {}
}

impl Values {
    /// Looks into the values in a state for some time, and says what the one would take that takes longest of them.
    /// `None` if none of them would become another.
    ///
    /// # Safety
    ///
    /// As [`Places::walk`]; nothing else uses the state, which is at the version that the plan starts from.
    pub(crate) unsafe fn sample(
        &self,
        places: &Places,
        state: NonNull<u8>,
        sampling: &Sampling,
    ) -> Option<SampledState> {
        if !sampling.becomes_others() || !places.is_any() {
            return None;
        }
        let mut sample = ValueSample {
            values: self,
            sampling,
            start: Instant::now(),
            met: 0,
            types: HashMap::new(),
            longest: None,
        };
        // SAFETY: the caller's.
        unsafe { places.walk((At::state(state), false), &Position::default(), &mut sample) };
        sample.longest
    }
}
