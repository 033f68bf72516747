//! The ways that states take from one version to another.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::call::generation::Generation;
use crate::image::image::Image;
use crate::migrate::Route;

/// The steps of a state to a generation: each route, and the generation that it leads to.
pub(crate) type Steps = Arc<[(Arc<Route>, &'static Generation)]>;

/// One state on the way to a generation. Until it has arrived or can get no further, every version along
/// the way counts it as an instance, so that the routes on from there are kept.
pub(crate) struct OnTheWay {
    pub(crate) to: &'static Generation,
    steps: Steps,
}

impl OnTheWay {
    /// The caller has the ways locked, so that a thread that forgets routes either finds the state counted
    /// or is done already.
    pub(super) fn new(to: &'static Generation, steps: Steps) -> Self {
        for (_, reached) in &*steps {
            // Relaxed: the lock orders it.
            reached.image.instances.fetch_add(1, Ordering::Relaxed);
        }
        OnTheWay { to, steps }
    }

    pub(crate) fn steps(&self) -> Steps {
        self.steps.clone()
    }
}

impl Drop for OnTheWay {
    fn drop(&mut self) {
        for (_, reached) in &*self.steps {
            reached.image.instances.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// A way that is known.
pub(super) struct KnownWay {
    pub(super) from: &'static Image,
    pub(super) to: &'static Generation,
    pub(super) links: usize,
    pub(super) steps: Steps,
}

impl KnownWay {
    pub(super) fn is(&self, from: &Image, to: &Generation, links: usize) -> bool {
        std::ptr::eq(self.from, from) && std::ptr::eq(self.to, to) && self.links == links
    }
}
