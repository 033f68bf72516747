//! Generations: loaded versions, linked with what the host calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use hotmod::call::Shim;
use hotmod::describe::{Description, Difference, diff};

use crate::forever::forever;
use crate::load::Image;

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

    fn shims<'a>(&self, image: &'a Image) -> &'a [Shim] {
        let shims = match &self.kind {
            PortKind::Function(name) => image.functions.get(name).map(std::slice::from_ref),
            PortKind::Interface(name) => image.tables.get(name).map(|table| table.shims()),
        };
        shims.unwrap_or_default()
    }
}

/// One loaded version and the shims of every port, flat. Made once and never freed: a caller may
/// hold on to it for as long as it likes.
pub(crate) struct Generation {
    pub(crate) image: &'static Image,
    shims: Box<[Shim]>,
}

impl Generation {
    /// Links an image with ports that were compared with it. `None` if a port lacks a shim, which
    /// the comparison rules out.
    pub(crate) fn link(image: &'static Image, ports: &[Arc<Port>]) -> Option<&'static Self> {
        let mut shims = Vec::new();
        for port in ports {
            let found = port.shims(image);
            if found.len() != port.len || shims.len() != port.base {
                return None;
            }
            shims.extend_from_slice(found);
        }
        Some(forever(Generation {
            image,
            shims: shims.into(),
        }))
    }

    /// The shim at this place.
    #[inline]
    pub(crate) fn shim(&self, place: usize) -> Shim {
        self.shims[place]
    }

    /// How many shims it links.
    pub(crate) fn links(&self) -> usize {
        self.shims.len()
    }
}

/// The generation that new calls enter.
pub(crate) struct Current(AtomicPtr<Generation>);

impl Current {
    pub(crate) fn new(generation: &'static Generation) -> Self {
        Current(AtomicPtr::new(std::ptr::from_ref(generation).cast_mut()))
    }

    /// The generation to call into.
    #[inline]
    pub(crate) fn get(&self) -> &'static Generation {
        // Acquire, with the Release of `publish`: whoever sees the pointer sees the table that it
        // leads to.
        let generation = self.0.load(Ordering::Acquire);
        // SAFETY: only `new` and `publish` store here, and both take a `&'static`.
        unsafe { &*generation }
    }

    /// Makes a generation current, in one store: a call enters the one before or this one.
    pub(crate) fn publish(&self, generation: &'static Generation) {
        let generation = std::ptr::from_ref(generation).cast_mut();
        self.0.store(generation, Ordering::Release);
    }
}
