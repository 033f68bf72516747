//! Values of a module, each taken along by the thread that comes for it first.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};

use hotmod::describe::{Type, decode};
use hotmod::operations::{RawLazy, Stamp};
use hotmod::root::services::Stays;

use super::aside::{self, AsideValue, Room};
use super::before_final;
use super::of_route::RouteValues;
use super::places::Places;
use super::stamps::Note;
use super::unfit::Unfit;
use super::waiting_places::waiting_place;
use crate::image::image::Image;
use crate::image::memory::Memory;
use crate::image::values::{Follow, ImageValues};
use crate::migrate::failure::Failure;
use crate::migrate::route::{PreparedState, Route};

/// The values of the `Lazy`s of one module.
pub(crate) struct Values {
    pub(super) memory: &'static Memory,
    /// Replaced when the module is loaded anew.
    routes: Weak<dyn KnowsRoutes>,
    /// The ways that values have gone lately, by the addresses of the stamps they lead from and to. No thread waits
    /// for this lock, since in a copy of the process its holder may not exist: a thread that does not get it finds the
    /// way again.
    ways: RwLock<KnownWays>,
    /// Where the `Lazy`s are in states, by the image and the interface.
    places: RwLock<HashMap<(usize, &'static str), Arc<Places>>>,
    /// The route that a copy of the process rehearses.
    rehearsed: RwLock<Vec<Arc<Route>>>,
    /// How often a value that does not fit may have come to fit: with each publication.
    publication: AtomicU64,
}

/// What knows how the states of a module get from version to version, and so their values.
pub(crate) trait KnowsRoutes: Send + Sync {
    fn routes(&self) -> Vec<Arc<Route>>;

    /// Is told that so many destructors panicked when values of a type were taken apart.
    fn dropping_panicked(
        &self,
        ty: &Type,
        versions: (&'static Image, &'static Image),
        count: usize,
    );
}

/// A value that stays.
pub(super) struct NotTaken {
    /// Where it is.
    at: &'static Stamp,
    /// Whether it may fit at another time.
    is_for_now: bool,
    pub(super) why: Box<Stays>,
}

/// Ways by the addresses of the stamps that they lead from and to.
type KnownWays = BTreeMap<(usize, usize), Arc<[ValueStep]>>;

/// One step of a value: along this route, from this type.
#[derive(Clone)]
struct ValueStep {
    route: Arc<Route>,
    from: Type,
    /// What the route has for the type.
    values: Arc<RouteValues>,
}

impl Values {
    /// Those that follow these routes.
    pub(crate) fn new(memory: &'static Memory, routes: Weak<dyn KnowsRoutes>) -> Self {
        Values {
            memory,
            routes,
            ways: RwLock::default(),
            places: RwLock::default(),
            rehearsed: RwLock::default(),
            publication: AtomicU64::new(0),
        }
    }

    /// Has values that do not fit tried again.
    pub(crate) fn try_anew(&self) {
        // Relaxed: a thread that does not see it yet began before it.
        self.publication.fetch_add(1, Ordering::Relaxed);
    }

    /// Forgets the ways, since there are other routes.
    pub(crate) fn forget_ways(&self) {
        self.try_anew();
        let mut ways = self.ways.write().unwrap_or_else(PoisonError::into_inner);
        ways.clear();
    }

    /// Where the `Lazy`s are in the states of an interface at a version.
    pub(crate) fn places(&self, image: &'static Image, interface: &'static str) -> Arc<Places> {
        let key = (image.values.address().addr(), interface);
        let known = self.places.try_read().ok();
        if let Some(places) = known.and_then(|places| places.get(&key).cloned()) {
            return places;
        }
        let exports = image.exports();
        let implementation = image.implementation(interface);
        let operations = implementation.table.operations();
        let places = Arc::new(Places::of(&exports, &implementation.state, operations));
        if let Ok(mut known) = self.places.try_write() {
            known.insert(key, places.clone());
        }
        places
    }

    /// Whether two stamps stand for the same type at the same version.
    pub(super) fn is_same(&self, a: &'static Stamp, b: &'static Stamp) -> bool {
        let is_same_image = || std::ptr::eq((a.image)(), (b.image)());
        std::ptr::eq(a, b) || is_same_image() && self.way(a, b).is_some_and(|way| way.is_empty())
    }

    fn way(&self, from: &'static Stamp, to: &'static Stamp) -> Option<Arc<[ValueStep]>> {
        let key = (
            std::ptr::from_ref(from).addr(),
            std::ptr::from_ref(to).addr(),
        );
        let known = self.ways.try_read().ok();
        if let Some(way) = known.and_then(|ways| ways.get(&key).cloned()) {
            return Some(way);
        }
        let way: Arc<[ValueStep]> = self.find_way(from, to)?.into();
        if let Ok(mut ways) = self.ways.try_write() {
            ways.insert(key, way.clone());
        }
        Some(way)
    }

    fn all_routes(&self) -> Vec<Arc<Route>> {
        let known = self.routes.upgrade();
        let mut routes = known.map(|it| it.routes()).unwrap_or_default();
        if let Ok(rehearsed) = self.rehearsed.try_read() {
            routes.extend(rehearsed.iter().cloned());
        }
        routes
    }

    /// Has values follow this route too, in a copy of the process that rehearses it.
    pub(crate) fn rehearse_along(&self, route: &Arc<Route>) {
        self.memory.preparations.forget();
        if let Ok(mut rehearsed) = self.rehearsed.try_write() {
            rehearsed.push(route.clone());
        }
    }

    /// The shortest sequence of routes that leads from values of one stamp to those of the other.
    fn find_way(&self, from: &'static Stamp, to: &'static Stamp) -> Option<Vec<ValueStep>> {
        let (start, end) = (node(from)?, node(to)?);
        let routes = self.all_routes();
        let mut reached = BTreeSet::new();
        let mut next = VecDeque::from([(start, Vec::<ValueStep>::new())]);
        while let Some(((image, ty), way)) = next.pop_front() {
            if (image, &ty) == (end.0, &end.1) {
                return Some(way);
            }
            if !reached.insert((image, ty.clone())) {
                continue;
            }
            for route in routes
                .iter()
                .filter(|it| it.from.values.address().addr() == image)
            {
                if let Some(values) = route.values.get(&ty) {
                    let mut way = way.clone();
                    way.push(ValueStep {
                        route: route.clone(),
                        from: ty.clone(),
                        values: values.clone(),
                    });
                    let reached = route.to.values.address().addr();
                    next.push_back(((reached, values.to.clone()), way));
                }
            }
        }
        None
    }

    /// Why a value stays at its version.
    fn stays(
        &self,
        path: String,
        from: &'static Stamp,
        to: &'static Stamp,
        reason: &str,
    ) -> Box<Stays> {
        let routes = self.all_routes();
        let images = routes.iter().flat_map(|route| [route.from, route.to]);
        let version = |stamp: &'static Stamp| {
            let mut images = images.clone();
            let image = images.find(|image| image.values.address() == (stamp.image)());
            image
                .map_or("another version", |image| &image.version)
                .into()
        };
        Box::new(Stays {
            path: path.into(),
            from: version(from),
            to: version(to),
            reason: reason.into(),
        })
    }

    /// Takes a value along this way.
    ///
    /// # Safety
    ///
    /// The caller has locked the value, which is at `from`, and the way leads from there to `to`.
    unsafe fn take(
        &self,
        lazy: &RawLazy,
        (from, to): (&'static Stamp, &'static Stamp),
        way: &[ValueStep],
    ) -> Result<(), NotTaken> {
        // SAFETY: the caller has locked the value.
        let mut value = unsafe { lazy.value() };
        let mut at = from;
        // The old values, the first first; most ways have one step, which takes no memory here.
        let (mut earlier, mut last) = (Vec::new(), None);
        let mut failed = None;
        for (place, step) in way.iter().enumerate() {
            let values = &*step.values;
            if let Some(program) = &values.program {
                earlier.extend(last.take());
                if program.has_owners {
                    // What the old values still own would be counted.
                    let old = earlier.drain(..);
                    old.for_each(|(step, it)| self.commit(step, it));
                }
                let from = NonNull::new(value).expect("bug in hotmod: a value without an address");
                let _begun = values
                    .shows_lazies
                    .then(|| self.memory.preparations.begin());
                // SAFETY: the program was compiled for the type that the value has by now, and nothing else uses it.
                let prepared = unsafe { step.route.prepare_value(program, from) };
                match prepared {
                    Ok(prepared) => {
                        value = prepared.new_value().as_ptr();
                        last = Some((step, prepared));
                    }
                    Err(failure) => {
                        failed = Some((step, failure));
                        break;
                    }
                }
            }
            // Code that asks again finds its own stamp.
            at = if place + 1 == way.len() {
                to
            } else {
                values.stamp
            };
        }
        if way.is_empty() {
            at = to;
        }
        ImageValues::of(from).add(-1);
        ImageValues::of(at).add(1);
        // SAFETY: the caller has locked the value, and it was taken as far as this stamp.
        if unsafe { lazy.unlock(at, value) } {
            waiting_place(lazy).wake();
        }
        // The old ones, the first first: each gave what it moved to the next.
        for (step, prepared) in earlier.into_iter().chain(last) {
            self.commit(step, prepared);
        }
        match failed {
            None => Ok(()),
            Some((step, failure)) => {
                let (from, failure): (&Type, Failure) = (&step.from, failure);
                let path = format!("{from}{}", failure.path());
                Err(NotTaken {
                    at,
                    is_for_now: failure.is_for_now(),
                    why: self.stays(path, at, to, failure.reason()),
                })
            }
        }
    }
}

impl Values {
    /// Gives up an old value, and tells of destructors that panicked.
    fn commit(&self, step: &ValueStep, prepared: PreparedState<'_>) {
        let (_, panicked) = prepared.commit();
        if panicked > 0
            && let Some(known) = self.routes.upgrade()
        {
            let versions = (step.route.from, step.route.to);
            known.dropping_panicked(&step.from, versions, panicked);
        }
    }
}

/// What came of a value that was to be taken along by itself.
pub(super) enum FollowedAlone {
    /// It is where it was to go, or was taken back.
    Done,
    /// It is set aside: it has to be taken back first.
    IsAside,
}

impl Follow for Values {
    unsafe fn follow(&self, lazy: &RawLazy, to: &'static Stamp) -> Result<(), Box<Stays>> {
        if before_final::is(self.memory) {
            let from = loop {
                match lazy.settled() {
                    Some(from) => break from,
                    None => waiting_place(lazy).wait(lazy),
                }
            };
            return match std::ptr::eq(from, to) {
                true => Ok(()),
                false => Err(self.stays(name(to), from, to, BEFORE_FINAL)),
            };
        }
        if !self.memory.preparations.wait() {
            let from = lazy.settled().unwrap_or(to);
            return Err(self.stays(name(to), from, to, BEFORE_FINAL));
        }
        // SAFETY: the caller promises it; and no preparation of which this is a part has copied the bytes.
        unsafe { self.follow_for_host(lazy, to) }
    }

    unsafe fn follow_for_host(&self, lazy: &RawLazy, to: &'static Stamp) -> Result<(), Box<Stays>> {
        loop {
            // SAFETY: the caller's.
            match unsafe { self.follow_alone(lazy, to) } {
                Ok(FollowedAlone::Done) => return Ok(()),
                // SAFETY: as above; the value stays where it is.
                Err(stays) => return Err(unsafe { self.leave_aside(lazy, to, stays) }),
                Ok(FollowedAlone::IsAside) => {}
            }
            let mut unfit = None;
            // SAFETY: `Note` is what values are set aside with here.
            unsafe {
                aside::take_back(lazy, |aside: &AsideValue<Note>| {
                    unfit = self.is_unfit(&aside.note, to);
                    unfit.is_some()
                });
            }
            if let Some(why) = unfit {
                return Err(why);
            }
        }
    }
}

impl Values {
    /// Takes a value along that is not set aside, or is what was set aside. A value that was taken back meanwhile
    /// is left to that. Whether it is set aside is seen where it is locked: a sweep may do that at any moment until then.
    ///
    /// # Safety
    ///
    /// As [`Follow::follow_for_host`].
    pub(super) unsafe fn follow_alone(
        &self,
        lazy: &RawLazy,
        to: &'static Stamp,
    ) -> Result<FollowedAlone, NotTaken> {
        loop {
            let Some(from) = lazy.settled() else {
                waiting_place(lazy).wait(lazy);
                continue;
            };
            if std::ptr::eq(from, to) || aside::is_gone::<Note>(from) {
                return Ok(FollowedAlone::Done);
            }
            if aside::is_aside::<Note>(from) {
                return Ok(FollowedAlone::IsAside);
            }
            let Some(way) = self.way(from, to) else {
                return Err(NotTaken {
                    at: from,
                    is_for_now: false,
                    why: self.stays(name(from), from, to, NO_WAY),
                });
            };
            if lazy.lock(from) {
                // SAFETY: it was locked just now, by the stamp that the way leads from.
                let taken = unsafe { self.take(lazy, (from, to), &way) };
                return taken.map(|()| FollowedAlone::Done);
            }
        }
    }

    /// Why a value that is set aside does not fit, if that was tried, and would come to the same.
    fn is_unfit(&self, note: &Note, to: &'static Stamp) -> Option<Box<Stays>> {
        let unfit = note.unfit.lock();
        let unfit = unfit.as_ref().filter(|it| self.is_still(it, to));
        let unfit = unfit.filter(|unfit| !unfit.is_for_now);
        unfit.map(|unfit| Box::new(unfit.why.clone()))
    }

    /// Whether it was tried to take a value along that is set aside.
    pub(super) fn was_tried(&self, note: &Note, to: &'static Stamp) -> bool {
        let unfit = note.unfit.lock();
        unfit.as_ref().is_some_and(|it| self.is_still(it, to))
    }

    fn is_still(&self, unfit: &Unfit, to: &'static Stamp) -> bool {
        let publication = self.publication.load(Ordering::Relaxed);
        unfit.publication == publication && self.is_same(unfit.to, to)
    }

    /// Remembers that a value which is set aside does not fit.
    pub(super) fn remember(&self, note: &Note, to: &'static Stamp, stays: NotTaken) {
        *note.unfit.lock() = Some(Box::new(Unfit {
            to,
            publication: self.publication.load(Ordering::Relaxed),
            is_for_now: stays.is_for_now,
            why: *stays.why,
        }));
    }

    /// Sets a value aside that does not fit, to remember that: the next that comes for it needs not try.
    ///
    /// # Safety
    ///
    /// As [`Follow::follow_for_host`].
    #[cold]
    unsafe fn leave_aside(
        &self,
        lazy: &RawLazy,
        to: &'static Stamp,
        stays: NotTaken,
    ) -> Box<Stays> {
        let why = stays.why.clone();
        if !stays.is_for_now {
            let at = stays.at;
            let note = Note::new(self.memory);
            self.remember(&note, to, stays);
            // SAFETY: it is at this stamp, which is not that of code that uses it, so nothing refers to it. Where it is at
            // another by now, it stays as it is.
            let _ = unsafe { Room::new(note).fill(lazy, at) };
        }
        why
    }
}

const BEFORE_FINAL: &str = "a function that looks at a state before it is final cannot open a `Lazy` whose value is at \
                            another version: leave it closed there, and look at its value in a call";

const NO_WAY: &str = "no way leads there: the `Lazy` is in no state that was taken to that version";

/// The name of the type that a stamp stands for.
fn name(stamp: &'static Stamp) -> String {
    node(stamp).map_or("a value".to_owned(), |(_, ty)| ty.to_string())
}

/// The image and the type that a stamp stands for.
pub(super) fn node(stamp: &'static Stamp) -> Option<(usize, Type)> {
    let ty = decode::decode_type((stamp.ty)().as_slice()).ok()?;
    Some(((stamp.image)().addr(), ty))
}
