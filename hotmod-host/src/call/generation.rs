//! Generations: loaded versions, linked with what the host calls.

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use hotmod::call::boundary::Boundary;
use hotmod::call::future::{FutureBlock, PENDING, ToStart};
use hotmod::call::{Absent, CallError, Cancelled, DONE, Panic, Shim, Unfit, invoke, invoke_or};

use crate::call::expectation::{Callee, ConvertedExport, Expectation, Link};
use crate::call::mirror::{Mirror, Pair};
use crate::call::watch::CallWatch;
use crate::forever::forever;
use crate::image::exports::{Exports, LinkedTimer};
use crate::image::image::Image;
use crate::image::meter::Outcome;

/// One loaded version and the shims of every expectation, flat. Made once and never freed: a caller may
/// hold on to it for as long as it likes.
pub(crate) struct Generation {
    pub(crate) image: &'static Image,
    shims: Box<[Shim]>,
    /// By place: what is done where the shim is [`detour`], and nothing for the other shims. Empty where all shims
    /// call their exports.
    detours: Box<[Option<Detour>]>,
    /// How many of the shims a call may use straight away: all of them, or none while calls are observed.
    straight: AtomicUsize,
    /// Whether calls are observed: measured, or watched by what `observers` has.
    observed: AtomicBool,
    watched: AtomicBool,
    /// Read by every call that is watched. No lock guards it, because such calls must not hold each other
    /// up.
    observers: ArcSwap<Observers>,
    /// The expectations that the shims belong to. They name the exports.
    expectations: Box<[Arc<Expectation>]>,
}

/// What observes the calls of a version's exports.
#[derive(Clone, Default)]
pub(crate) struct Observers {
    /// What counts and times the calls.
    pub(crate) watches: Vec<Arc<CallWatch>>,
    /// What compares the calls of pure functions with those of another version.
    pub(crate) mirror: Option<Arc<Mirror>>,
}

impl Observers {
    pub(crate) fn is_empty(&self) -> bool {
        self.watches.is_empty() && self.mirror.is_none()
    }
}

/// What is done where an export cannot be called by its shim alone.
enum Detour {
    Converts(Box<dyn Converter>),
    /// The host awaits it, and it returns at once.
    AtOnce(Shim),
    Absent,
}

/// Calls an export of a version that was compiled apart from the host.
pub(crate) trait Converter: Send + Sync {
    /// Converts the arguments, calls the export, and converts its result: as a shim does, with a status
    /// that says whether the result or a panic is written.
    ///
    /// # Errors
    ///
    /// A value that does not fit. Where the export did not run, the arguments are as they were.
    ///
    /// # Safety
    ///
    /// As for the shim of an export that the host was compiled to call, for which this was made.
    unsafe fn call(
        &self,
        state: *mut (),
        args: *mut (),
        output: *mut (),
        panic: *mut (),
    ) -> Result<u8, DoesNotFit>;
}

/// Makes a converter; `None` if the image is not what was compared.
pub(crate) type Convert =
    fn(ConvertedExport, &'static Image, &Arc<Exports>) -> Option<Box<dyn Converter>>;

/// Values that do not fit.
pub(crate) struct DoesNotFit {
    /// For each, where it is and why it does not fit. Never empty.
    pub(crate) values: Vec<(String, String)>,
    pub(crate) ran: Ran,
}

/// Whether the export ran, in a call of which a value does not fit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ran {
    Not,
    Returned,
    /// The panic is written.
    Panicked,
}

/// How a call of what is called again and again ended, and how long it took.
pub(crate) enum Ticked {
    Done(Duration),
    Panicked(Duration, String),
    /// The instance is at another version.
    Elsewhere,
    Gone,
}

/// Why a call did not return.
pub(crate) enum NotReturned {
    /// The panic, and the values that do not fit of those that the export left in its arguments.
    Panicked(Panic, Vec<(String, String)>),
    Absent,
    Unfit(DoesNotFit),
    /// With the panic of what it held, if that panicked when it was dropped.
    Cancelled(Option<Panic>),
}

impl DoesNotFit {
    /// One value.
    pub(crate) fn of(path: String, reason: &str, ran: Ran) -> Self {
        DoesNotFit {
            values: vec![(path, reason.to_owned())],
            ran,
        }
    }

    /// Tells the module that called an import, as a panic.
    ///
    /// # Safety
    ///
    /// There is room for a panic; where what was called panicked, that is written there.
    pub(crate) unsafe fn tell_module(self, import: &str, panic: *mut Panic) {
        let values = self.values.iter();
        let values: Vec<String> = values
            .map(|(path, value)| format!("{import}{path}: {value}"))
            .collect();
        let values = values.join("; ");
        let message = match self.ran {
            Ran::Not => format!("the import `{import}` was not called: {values}"),
            Ran::Returned => {
                format!("the import `{import}` ran, and what it gives back does not fit: {values}")
            }
            Ran::Panicked => {
                // SAFETY: the caller's; it is given up for the one below.
                let panic = unsafe { panic.read() };
                let panic = panic.message();
                format!(
                    "{panic} (and what the import `{import}` had changed does not fit: {values})"
                )
            }
        };
        // SAFETY: the caller's.
        unsafe { panic.write(Panic::saying(&message)) };
    }
}

impl NotReturned {
    /// What it counts as.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            NotReturned::Panicked(..) => Outcome::Panicked,
            NotReturned::Absent | NotReturned::Unfit(_) | NotReturned::Cancelled(_) => {
                Outcome::Failed
            }
        }
    }

    /// The error that the caller gets.
    #[cold]
    pub(crate) fn into_error(self, export: String, version: String) -> CallError {
        match self {
            NotReturned::Panicked(panic, unfit) => panic.into_error_with(export, version, unfit),
            NotReturned::Cancelled(_) => {
                CallError::Cancelled(Box::new(Cancelled::new(export, version)))
            }
            NotReturned::Absent => CallError::Absent(Box::new(Absent::new(export, version))),
            NotReturned::Unfit(DoesNotFit { values, ran }) => {
                let ran = ran != Ran::Not;
                CallError::Unfit(Box::new(Unfit::new(export, version, values, ran)))
            }
        }
    }
}

/// The status that [`detour`] returns: what to do at this place is in [`Generation::detours`].
pub(crate) const DETOUR: u8 = 2;

/// Stands in for a shim at a place that calls no export. It takes and writes nothing.
/// [`Generation::otherwise`] looks up what to do, so a call that returns from its export does not pay for
/// that.
pub(crate) unsafe extern "C" fn detour(_: *mut (), _: *mut (), _: *mut (), _: *mut ()) -> u8 {
    DETOUR
}

impl Generation {
    /// Links an image with expectations that were compared with it. `convert` makes the converter of an
    /// export that was compiled apart from the host. `None` if an expectation lacks a shim, which the
    /// comparison rules out.
    pub(crate) fn link(
        image: &'static Image,
        expectations: &[Arc<Expectation>],
        convert: Convert,
    ) -> Option<&'static Self> {
        let exports = image.exports();
        let mut shims: Vec<Shim> = Vec::new();
        let mut detours = Vec::new();
        for expectation in expectations {
            if shims.len() != expectation.base {
                return None;
            }
            for link in expectation.links(&exports)? {
                let found = match link {
                    Link::Straight(shim) => {
                        shims.push(shim);
                        continue;
                    }
                    Link::Converts(conversion) => {
                        Detour::Converts(convert(*conversion, image, &exports)?)
                    }
                    Link::AtOnce(shim) => Detour::AtOnce(shim),
                    Link::Absent => Detour::Absent,
                };
                detours.resize_with(shims.len(), || None);
                detours.push(Some(found));
                shims.push(detour);
            }
        }
        let straight = match image.meter {
            None => shims.len(),
            Some(_) => 0,
        };
        Some(forever(Generation {
            image,
            straight: AtomicUsize::new(straight),
            observed: AtomicBool::new(image.meter.is_some()),
            watched: AtomicBool::new(false),
            shims: shims.into(),
            detours: detours.into(),
            observers: ArcSwap::default(),
            expectations: expectations.into(),
        }))
    }

    /// Links an image with no expectation.
    pub(crate) fn with_nothing(image: &'static Image) -> &'static Self {
        Generation::link(image, &[], |_, _, _| None)
            .expect("bug in hotmod: nothing cannot be linked")
    }

    /// Calls the export at this place.
    ///
    /// # Safety
    ///
    /// - The place is linked by an expectation of an export whose arguments cross as `A` and that returns
    ///   `R`.
    /// - `state` is what the export expects, as for [`invoke`](hotmod::call::invoke).
    /// - `once_more` returns this generation and the place. It is called only where the call did not return
    ///   from its export: passed as arguments, both would take up registers in every call.
    #[inline(always)]
    pub(crate) unsafe fn call<'g, A, R: Boundary>(
        &self,
        place: usize,
        state: *mut (),
        args: A,
        once_more: impl FnOnce() -> (&'g Generation, usize),
    ) -> Result<R, Box<NotReturned>> {
        let call = |args, output, panic| {
            // Relaxed: a call more or less that is counted makes no difference.
            if place >= self.straight.load(Ordering::Relaxed) {
                // SAFETY: the caller's; all three are of the shim's types.
                return unsafe { self.call_watched::<R>(place, state, args, output, panic) };
            }
            // SAFETY: only `link` and `set_observers` store there, and neither more than there are
            // shims.
            let shim = *unsafe { self.shims.get_unchecked(place) };
            // SAFETY: expectations are compared with an image before they are linked, so the shim is of
            // the export that the caller knows.
            unsafe { shim(state, args, output, panic) }
        };
        let otherwise = |status, room| {
            let (generation, place) = once_more();
            // SAFETY: the caller's; the room is that of a call with these arguments and this result, which
            // ended so.
            unsafe { generation.otherwise::<A, R>(place, state, status, room) }
        };
        // SAFETY: both ways it is the shim of the export that the caller knows, or a detour, which takes
        // and writes nothing.
        let wire = unsafe { invoke_or::<A, R::Wire, _>(args, call, otherwise) }?;
        Ok(R::from_wire(wire))
    }

    /// Calls the export at this place, which the host awaits. Returns what it is ready with, as that crosses; `None` if it
    /// waits, with its future in the block.
    ///
    /// # Safety
    ///
    /// The place is linked by an expectation of what is awaited, whose arguments cross as `A` and which is ready
    /// with `R`. What is lent lives as long as the future, if there is one, and so does the state, which is what the
    /// export expects, borrowed as its receiver says. The arguments are there, and are given up. There is no future in the
    /// block.
    #[inline(always)]
    pub(crate) unsafe fn begin<A, R: Boundary>(
        &self,
        place: usize,
        state: *mut (),
        args: *mut A,
        block: NonNull<FutureBlock>,
    ) -> Result<Option<R::Wire>, Box<NotReturned>> {
        let mut output = MaybeUninit::<R::Wire>::uninit();
        let mut panic = MaybeUninit::<Panic>::uninit();
        let room: [*mut (); 3] = [
            args.cast(),
            output.as_mut_ptr().cast(),
            panic.as_mut_ptr().cast(),
        ];
        let [args, output_at, panic_at] = room;
        let status = match self.detour(place) {
            None => {
                let mut to_start = ToStart {
                    block,
                    output: output_at,
                };
                let to_start = (&raw mut to_start).cast();
                // SAFETY: expectations are compared with an image before they are linked, so the shim is of the export
                // that the caller knows, an `async fn`.
                unsafe { self.shims[place](state, args, to_start, panic_at) }
            }
            // SAFETY: as above, of an ordinary function.
            Some(Detour::AtOnce(shim)) => unsafe { shim(state, args, output_at, panic_at) },
            Some(Detour::Converts(_) | Detour::Absent) => DETOUR,
        };
        match status {
            DONE => {}
            PENDING => return Ok(None),
            // SAFETY: the call ended so, and was given this room.
            status => unsafe { self.otherwise::<A, R>(place, state, status, room) }?,
        }
        // SAFETY: it was written, by one of them.
        Ok(Some(unsafe { output.assume_init() }))
    }

    /// Counts a call that took so long, as the host and the observers ask.
    #[cold]
    pub(crate) fn count(&self, took: Duration, outcome: Outcome) {
        if let Some(meter) = &self.image.meter {
            meter.count(took, outcome);
        }
        for watch in &self.observers.load().watches {
            watch.count(took, outcome);
        }
    }

    /// Goes on where a call did not return from its export.
    ///
    /// # Safety
    ///
    /// As for `call`; the call of the shim at this place ended with this status, which is not [`DONE`], and
    /// was given these pointers. A shim that is no detour took the arguments and wrote the panic.
    #[cold]
    #[inline(never)]
    unsafe fn otherwise<A, R: Boundary>(
        &self,
        place: usize,
        state: *mut (),
        status: u8,
        [args, output, panic]: [*mut (); 3],
    ) -> Result<(), Box<NotReturned>> {
        let panicked = |unfit| {
            // SAFETY: every status but `DONE` and `DETOUR` says that the panic is written.
            let panic = unsafe { panic.cast::<Panic>().read() };
            Err(Box::new(NotReturned::Panicked(panic, unfit)))
        };
        if status != DETOUR {
            return panicked(Vec::new());
        }
        // SAFETY: a detour has left the arguments, which belong to the call.
        let drop_args = || unsafe { args.cast::<A>().drop_in_place() };
        let converter = match self.detour(place) {
            Some(Detour::Converts(converter)) => converter,
            // What returns at once is called by `begin` alone.
            Some(Detour::Absent | Detour::AtOnce(_)) | None => {
                drop_args();
                return Err(Box::new(NotReturned::Absent));
            }
        };
        // As in `call`: calls are straight while none is observed.
        let called = match self.straight.load(Ordering::Relaxed) {
            // SAFETY: the converter was made for the export at this place, as the host was compiled to call
            // it: with arguments that cross as `A` and a result that crosses as `R::Wire`.
            0 => unsafe { self.convert_watched::<R>(&**converter, state, [args, output, panic]) },
            // SAFETY: as above.
            _ => unsafe { converter.call(state, args, output, panic) },
        };
        match called {
            Ok(DONE) => Ok(()),
            Ok(_) => panicked(Vec::new()),
            Err(unfit) if unfit.ran == Ran::Panicked => panicked(unfit.values),
            Err(unfit) => {
                if unfit.ran == Ran::Not {
                    drop_args();
                }
                Err(Box::new(NotReturned::Unfit(unfit)))
            }
        }
    }

    /// Calls the converter, and counts and times the call as the observers ask.
    ///
    /// # Safety
    ///
    /// As for [`Converter::call`], of an export whose result crosses as `R::Wire`.
    #[cold]
    #[inline(never)]
    unsafe fn convert_watched<R: Boundary>(
        &self,
        converter: &dyn Converter,
        state: *mut (),
        [args, output, panic]: [*mut (); 3],
    ) -> Result<u8, DoesNotFit> {
        let start = Instant::now();
        // SAFETY: the caller's.
        let called = unsafe { converter.call(state, args, output, panic) };
        let took = start.elapsed();
        let outcome = match &called {
            // SAFETY: the call has ended so.
            Ok(DONE) => unsafe { outcome::<R>(DONE, output) },
            Err(unfit) if unfit.ran != Ran::Panicked => Outcome::Failed,
            _ => Outcome::Panicked,
        };
        self.count(took, outcome);
        called
    }

    /// Calls a function that is called again and again, and counts it as any call. The thread has entered the call.
    ///
    /// # Safety
    ///
    /// The timer is one of this version. If it takes a state, this is one of its type, at this version, that nothing
    /// else uses meanwhile.
    pub(crate) unsafe fn tick(&self, timer: &LinkedTimer, state: *mut ()) -> Ticked {
        let start = Instant::now();
        // SAFETY: the shim's arguments and its result are `()`; the rest is the caller's.
        let called = unsafe { invoke::<(), ()>(timer.shim, state, ()) };
        let took = start.elapsed();
        let outcome = match called {
            Ok(()) => Outcome::Done,
            Err(_) => Outcome::Panicked,
        };
        // As in `call`: calls are straight while none is observed.
        if self.is_observed() {
            self.count(took, outcome);
        }
        match called {
            Ok(()) => Ticked::Done(took),
            Err(panic) => {
                let version = self.image.version.clone();
                let error = panic.into_error(timer.name.clone(), version);
                Ticked::Panicked(took, error.to_string())
            }
        }
    }

    /// Calls the shim at this place, and counts, times and compares the call as the observers ask.
    ///
    /// # Safety
    ///
    /// As for `call`; `args`, `output` and `panic` are what the shim expects.
    #[cold]
    #[inline(never)]
    unsafe fn call_watched<R: Boundary>(
        &self,
        place: usize,
        state: *mut (),
        args: *mut (),
        output: *mut (),
        panic: *mut (),
    ) -> u8 {
        if self.detour(place).is_some() {
            return DETOUR;
        }
        // Relaxed: a call more or less that is counted makes no difference.
        if let Some(meter) = &self.image.meter
            && !self.watched.load(Ordering::Relaxed)
        {
            let metered = meter.begin();
            // SAFETY: the caller's.
            let status = unsafe { self.shims[place](state, args, output, panic) };
            // SAFETY: the call has ended so.
            metered.end(unsafe { outcome::<R>(status, output) });
            return status;
        }
        let pair = match &self.observers.load().mirror {
            Some(mirror) => self.function(place).and_then(|name| mirror.sample(name)),
            None => None,
        };
        let tried = pair.and_then(|pair| {
            // SAFETY: a pair is of one export of two versions that were compared with each other,
            // and this version with the expectation, which says what the arguments are. The shim has not
            // taken them yet.
            let tried = unsafe { pair.try_out(args) }?;
            Some((pair, tried))
        });
        let shim = self.shims[place];
        let start = Instant::now();
        // SAFETY: the caller's.
        let status = unsafe { shim(state, args, output, panic) };
        let took = start.elapsed();
        // SAFETY: the call has ended so.
        self.count(took, unsafe { outcome::<R>(status, output) });
        if let Some((pair, tried)) = tried {
            let called = match status {
                DONE => Ok(output),
                // SAFETY: every other status says that the panic is written.
                _ => Err(unsafe { &*panic.cast::<Panic>() }),
            };
            // SAFETY: as above, of what this version returned.
            unsafe { pair.compare(tried, called) };
        }
        status
    }

    /// Whether calls at this place are counted where they are converted, or call no export.
    pub(crate) fn counts_apart(&self, place: usize) -> bool {
        let detour = self.detour(place);
        matches!(detour, Some(Detour::Converts(_) | Detour::Absent))
    }

    /// What compares a call of the `async fn` at this place that begins now, if it belongs to a sample.
    #[cold]
    #[inline(never)]
    pub(crate) fn mirrored(&self, place: usize) -> Option<Arc<Pair>> {
        let observers = self.observers.load();
        if self.detour(place).is_some() {
            return None;
        }
        observers.mirror.as_ref()?.sample(self.function(place)?)
    }

    fn detour(&self, place: usize) -> Option<&Detour> {
        self.detours.get(place)?.as_ref()
    }

    /// Whether its version has the export at this place.
    pub(crate) fn has(&self, place: usize) -> bool {
        place < self.shims.len() && !matches!(self.detour(place), Some(Detour::Absent))
    }

    /// The export whose shim is at this place, in words.
    pub(crate) fn export(&self, place: usize) -> String {
        let mut expectations = self.expectations.iter();
        let expectation = expectations.find(|it| it.covers(place));
        expectation.map_or("an export".to_owned(), |it| it.export(place))
    }

    /// How many shims it links.
    pub(crate) fn links(&self) -> usize {
        self.shims.len()
    }

    /// The function whose shim is at this place, if it is no method.
    fn function(&self, place: usize) -> Option<&str> {
        let mut expectations = self.expectations.iter();
        let expectation = expectations.find(|it| it.covers(place))?;
        match &expectation.kind {
            Callee::Function(name) => Some(name),
            Callee::Interface(_) => None,
        }
    }

    /// Whether calls are observed.
    #[inline(always)]
    pub(crate) fn is_observed(&self) -> bool {
        // Relaxed: a call more or less that is counted makes no difference.
        self.observed.load(Ordering::Relaxed)
    }

    /// What observes them.
    pub(crate) fn observers(&self) -> Arc<Observers> {
        self.observers.load_full()
    }

    /// Has these observe the calls from now on.
    pub(crate) fn set_observers(&self, observers: &Observers) {
        self.observers.store(Arc::new(observers.clone()));
        let is_watched = !observers.is_empty();
        let is_observed = is_watched || self.image.meter.is_some();
        let straight = match is_observed {
            false => self.shims.len(),
            true => 0,
        };
        self.watched.store(is_watched, Ordering::Relaxed);
        self.straight.store(straight, Ordering::Relaxed);
        self.observed.store(is_observed, Ordering::Relaxed);
    }
}

/// What a call of a shim came to.
///
/// # Safety
///
/// The call ended with this status, its result crosses as `R::Wire`, and where that is [`DONE`] it lies at `output` and
/// nothing else has it yet.
unsafe fn outcome<R: Boundary>(status: u8, output: *mut ()) -> Outcome {
    match status {
        // SAFETY: `DONE` says that the result is written; the rest is the caller's.
        DONE => match R::is_err(unsafe { &*output.cast::<R::Wire>() }) {
            true => Outcome::Failed,
            false => Outcome::Done,
        },
        _ => Outcome::Panicked,
    }
}
