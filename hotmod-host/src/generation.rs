//! Generations: loaded versions, linked with what the host calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use arc_swap::ArcSwap;
use hotmod::boundary::Boundary;
use hotmod::call::{DONE, Panic, Shim, invoke_by};
use hotmod::describe::{Description, Difference, diff};

use crate::exports::Exports;
use crate::forever::forever;
use crate::image::Image;
use crate::watch::{Outcome, Watch};

/// Something that the host calls: a function by its type, or an interface.
pub(crate) struct Port {
    pub(crate) kind: PortKind,
    /// What the host was compiled with.
    pub(crate) expected: Description,
    /// Where its shims begin in every generation.
    pub(crate) base: usize,
    /// How many shims it has.
    pub(crate) len: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PortKind {
    Function(String),
    Interface(String),
}

impl Port {
    /// What makes a module unfit to be called through this port.
    pub(crate) fn compare(&self, candidate: &Description) -> Vec<Difference> {
        diff::expectation(&self.expected, candidate)
    }

    /// The export whose shim is at this place of the port.
    pub(crate) fn export(&self, place: usize) -> String {
        match &self.kind {
            PortKind::Function(name) => name.clone(),
            PortKind::Interface(name) => {
                let methods = self.expected.interfaces.get(name);
                let method = methods.and_then(|methods| methods.get(place - self.base));
                method.map_or(name.clone(), |method| format!("{name}::{}", method.name))
            }
        }
    }

    fn shims<'a>(&self, exports: &'a Exports) -> &'a [Shim] {
        let shims = match &self.kind {
            PortKind::Function(name) => exports.functions.get(name).map(std::slice::from_ref),
            PortKind::Interface(name) => exports.tables.get(name).map(|table| table.shims()),
        };
        shims.unwrap_or_default()
    }
}

/// One loaded version and the shims of every port, flat. Made once and never freed: a caller may
/// hold on to it for as long as it likes.
pub(crate) struct Generation {
    pub(crate) image: &'static Image,
    shims: Box<[Shim]>,
    /// How many of the shims a call may use straight away: all of them, or none while there are
    /// watches.
    straight: AtomicUsize,
    /// Read by every call that is counted, which must not hold each other up.
    watches: ArcSwap<Vec<Arc<Watch>>>,
}

impl Generation {
    /// Links an image with ports that were compared with it. `None` if a port lacks a shim, which
    /// the comparison rules out.
    pub(crate) fn link(image: &'static Image, ports: &[Arc<Port>]) -> Option<&'static Self> {
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
            watches: ArcSwap::default(),
        }))
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
                return unsafe { self.call_watched::<R>(place, state, args, output, panic) };
            }
            // SAFETY: only `link` and `set_watches` store there, and neither more than there are
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

    /// What the shim at this place does, counted and timed.
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
        let shim = self.shims[place];
        let start = Instant::now();
        // SAFETY: the caller's.
        let status = unsafe { shim(state, args, output, panic) };
        let took = start.elapsed();
        let outcome = match status {
            DONE => {
                // SAFETY: `DONE` says that the result is written, and nobody else has it yet.
                let wire = unsafe { &*output.cast::<R::Wire>() };
                match R::is_err(wire) {
                    true => Outcome::Failed,
                    false => Outcome::Done,
                }
            }
            _ => Outcome::Panicked,
        };
        for watch in &**self.watches.load() {
            watch.count(took, outcome);
        }
        status
    }

    /// How many shims it links.
    pub(crate) fn links(&self) -> usize {
        self.shims.len()
    }

    /// Has its calls counted by these from now on.
    pub(crate) fn set_watches(&self, watches: &[Arc<Watch>]) {
        self.watches.store(Arc::new(watches.to_vec()));
        let straight = match watches {
            [] => self.shims.len(),
            _ => 0,
        };
        self.straight.store(straight, Ordering::Relaxed);
    }
}
