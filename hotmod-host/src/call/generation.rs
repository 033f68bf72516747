//! Generations: loaded versions, linked with what the host calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use arc_swap::ArcSwap;
use hotmod::call::boundary::Boundary;
use hotmod::call::{DONE, Panic, Shim, invoke_by};

use crate::call::expectation::{Callee, Expectation};
use crate::call::mirror::Mirror;
use crate::call::watch::{Outcome, Watch};
use crate::forever::forever;
use crate::image::image::Image;

/// One loaded version and the shims of every port, flat. Made once and never freed: a caller may
/// hold on to it for as long as it likes.
pub(crate) struct Generation {
    pub(crate) image: &'static Image,
    shims: Box<[Shim]>,
    /// How many of the shims a call may use straight away: all of them, or none while calls are looked
    /// at.
    straight: AtomicUsize,
    /// Read by every call that is looked at; such calls must not hold each other up.
    observers: ArcSwap<Observers>,
    /// What the shims belong to, for who looks on.
    ports: Box<[Arc<Expectation>]>,
}

/// Who looks on while the exports of a version are called.
#[derive(Clone, Default)]
pub(crate) struct Observers {
    /// Who counts calls.
    pub(crate) watches: Vec<Arc<Watch>>,
    /// What the calls of pure functions are compared with.
    pub(crate) mirror: Option<Arc<Mirror>>,
}

impl Observers {
    pub(crate) fn is_nobody(&self) -> bool {
        self.watches.is_empty() && self.mirror.is_none()
    }
}

impl Generation {
    /// Links an image with ports that were compared with it. `None` if a port lacks a shim, which
    /// the comparison rules out.
    pub(crate) fn link(image: &'static Image, ports: &[Arc<Expectation>]) -> Option<&'static Self> {
        let exports = image.exports();
        let mut shims = Vec::new();
        for port in ports {
            let found = port.shims(&exports);
            if found.len() != port.len || shims.len() != port.base {
                return None;
            }
            shims.extend_from_slice(found);
        }
        Some(forever(Generation {
            image,
            straight: AtomicUsize::new(shims.len()),
            shims: shims.into(),
            observers: ArcSwap::default(),
            ports: ports.into(),
        }))
    }

    /// Links an image with nothing.
    pub(crate) fn with_nothing(image: &'static Image) -> &'static Self {
        Generation::link(image, &[]).expect("bug in hotmod: nothing cannot be linked")
    }

    /// Calls the export at this place.
    ///
    /// # Safety
    ///
    /// - The port that links the place is of an export whose arguments cross as `A` and that returns
    ///   `R`.
    /// - `state` is what the export expects, as for [`invoke`](hotmod::call::invoke).
    #[inline(always)]
    pub(crate) unsafe fn call<A, R: Boundary>(
        &self,
        place: usize,
        state: *mut (),
        args: A,
    ) -> Result<R, Box<Panic>> {
        let call = |args, output, panic| {
            // Relaxed: a call more or less that is counted makes no difference.
            if place >= self.straight.load(Ordering::Relaxed) {
                // SAFETY: the caller's; all three are of the shim's types.
                return unsafe { self.call_watched::<A, R>(place, state, args, output, panic) };
            }
            // SAFETY: only `link` and `set_observers` store there, and neither more than there are
            // shims.
            let shim = *unsafe { self.shims.get_unchecked(place) };
            // SAFETY: ports are compared with an image before they are linked, so the shim is of
            // the export that the caller knows.
            unsafe { shim(state, args, output, panic) }
        };
        // SAFETY: both ways it is the shim of the export that the caller knows.
        let wire = unsafe { invoke_by::<A, R::Wire>(args, call) }?;
        Ok(R::from_wire(wire))
    }

    /// What the shim at this place does, counted, timed and compared with another version, as
    /// is asked for.
    ///
    /// # Safety
    ///
    /// As for `call`; `args`, `output` and `panic` are what the shim expects.
    #[cold]
    #[inline(never)]
    unsafe fn call_watched<A, R: Boundary>(
        &self,
        place: usize,
        state: *mut (),
        args: *mut (),
        output: *mut (),
        panic: *mut (),
    ) -> u8 {
        let pair = match &self.observers.load().mirror {
            Some(mirror) => self.function(place).and_then(|name| mirror.sample(name)),
            None => None,
        };
        let tried = pair.map(|pair| {
            // SAFETY: the caller's; the shim has not taken the arguments yet.
            let args = unsafe { &mut *args.cast::<A>() };
            // SAFETY: a pair is of one export of two versions that were compared with each other,
            // and this version with the port, which says what the arguments are.
            let tried = unsafe { pair.try_out(args) };
            (pair, tried)
        });
        let shim = self.shims[place];
        let start = Instant::now();
        // SAFETY: the caller's.
        let status = unsafe { shim(state, args, output, panic) };
        let took = start.elapsed();
        let outcome = match status {
            DONE => {
                // SAFETY: `DONE` says that the result is written, and nothing else has it yet.
                let wire = unsafe { &*output.cast::<R::Wire>() };
                match R::is_err(wire) {
                    true => Outcome::Failed,
                    false => Outcome::Done,
                }
            }
            _ => Outcome::Panicked,
        };
        for watch in &self.observers.load().watches {
            watch.count(took, outcome);
        }
        if let Some((pair, tried)) = tried {
            let called = match status {
                // SAFETY: `DONE` says that the result is written, and nothing else has it yet.
                DONE => Ok(unsafe { &mut *output.cast::<R::Wire>() }),
                // SAFETY: every other status says that the panic is written.
                _ => Err(unsafe { &*panic.cast::<Panic>() }),
            };
            // SAFETY: as above, of what this version returned.
            unsafe { pair.compare(tried, called) };
        }
        status
    }

    /// How many shims it links.
    pub(crate) fn links(&self) -> usize {
        self.shims.len()
    }

    /// The function whose shim is at this place, if it is no method.
    fn function(&self, place: usize) -> Option<&str> {
        let mut ports = self.ports.iter();
        let port = ports.find(|port| (port.base..port.base + port.len).contains(&place))?;
        match &port.kind {
            Callee::Function(name) => Some(name),
            Callee::Interface(_) => None,
        }
    }

    /// Has these look on from now on.
    pub(crate) fn set_observers(&self, observers: &Observers) {
        self.observers.store(Arc::new(observers.clone()));
        let straight = match observers.is_nobody() {
            true => self.shims.len(),
            false => 0,
        };
        self.straight.store(straight, Ordering::Relaxed);
    }
}
