//! One loaded module: its current generation, what the host calls of it, and what it was before.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hotmod::describe::{Description, Difference};

use crate::error::{Refusal, Stage};
use crate::generation::{Current, Generation, Port, PortKind};
use crate::host::Settings;
use crate::inspect::Digest;
use crate::load::Image;
use crate::memory::Memory;
use crate::migrate::Route;

/// What all handles to one module share.
pub(crate) struct Core {
    pub(crate) name: String,
    pub(crate) settings: Arc<Settings>,
    pub(crate) memory: &'static Memory,
    pub(crate) current: Current,
    /// Held by whoever links or updates, for as long as that takes.
    turn: Mutex<()>,
    history: Mutex<History>,
}

/// What changes with an update. Locked for moments only, and never by a call, but for the one that
/// takes its state to another version.
pub(crate) struct History {
    /// What the host calls; more only in one's turn.
    pub(crate) ports: Vec<Arc<Port>>,
    /// Every image that was loaded, in that order.
    pub(crate) images: Vec<&'static Image>,
    pub(crate) generations: Vec<&'static Generation>,
    /// How state went from each published version to the next, in that order.
    pub(crate) routes: Vec<Arc<Route>>,
    /// What was current before the current generation.
    pub(crate) previous: Option<&'static Image>,
}

impl Core {
    pub(crate) fn new(
        name: String,
        settings: Arc<Settings>,
        memory: &'static Memory,
        first: &'static Generation,
        ports: Vec<Arc<Port>>,
    ) -> Self {
        Core {
            name,
            settings,
            memory,
            current: Current::new(first),
            turn: Mutex::default(),
            history: Mutex::new(History {
                ports,
                images: vec![first.image],
                generations: vec![first],
                routes: Vec::new(),
                previous: None,
            }),
        }
    }

    /// Waits until nobody else links or updates, and keeps others waiting.
    pub(crate) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks what changes with an update, for a moment.
    pub(crate) fn history(&self) -> MutexGuard<'_, History> {
        // Nothing is left half done when an update panics: publishing is one store.
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The place of a port, which is linked if it was not yet.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the running version does not offer what is expected.
    pub(crate) fn port(
        &self,
        kind: PortKind,
        expected: Description,
        len: usize,
    ) -> Result<usize, Refusal> {
        let _turn = self.turn();
        let mut history = self.history();
        let known = history
            .ports
            .iter()
            .find(|port| port.kind == kind && port.expected == expected);
        if let Some(port) = known {
            return Ok(port.base);
        }
        let image = self.current.get().image;
        let base = history.ports.iter().map(|port| port.len).sum();
        let port = Arc::new(Port {
            kind,
            expected,
            base,
            len,
        });
        let differences = port.compare(&image.manifest);
        if differences.iter().any(|d| d.rule.refuses()) {
            return Err(refuse(image, differences));
        }
        history.ports.push(port);
        match history.generation(image) {
            Some(generation) => self.current.publish(generation),
            None => {
                history.ports.pop();
                return Err(refuse(image, differences));
            }
        }
        Ok(base)
    }
}

impl History {
    /// The routes that lead a state from an image to the current one, given how many were behind
    /// it when it got there. Routes that lead away and back again are left out.
    pub(crate) fn routes_from(&self, image: &Image, passed: usize) -> Vec<Arc<Route>> {
        let ahead = &self.routes[passed.min(self.routes.len())..];
        let back = ahead
            .iter()
            .rposition(|route| std::ptr::eq(route.to, image));
        ahead[back.map_or(0, |at| at + 1)..].to_vec()
    }

    /// The route between two images, if states went that way before.
    pub(crate) fn route(&self, from: &Image, to: &Image) -> Option<Arc<Route>> {
        let known = self.routes.iter().rev().find(|route| route.leads(from, to));
        known.cloned()
    }

    /// The image that was loaded from such a file.
    pub(crate) fn image(&self, digest: Digest) -> Option<&'static Image> {
        self.images
            .iter()
            .copied()
            .find(|image| image.digest == digest)
    }

    /// The image, linked with at least so many shims.
    pub(crate) fn linked(&self, image: &Image, links: usize) -> Option<&'static Generation> {
        let mut linked = self.generations.iter().copied();
        // Ports are linked whole, in the order they were asked for.
        linked.find(|known| std::ptr::eq(known.image, image) && known.links() >= links)
    }

    /// The image with all ports linked.
    pub(crate) fn generation(&mut self, image: &'static Image) -> Option<&'static Generation> {
        let links: usize = self.ports.iter().map(|port| port.len).sum();
        let known = self
            .generations
            .iter()
            .find(|known| std::ptr::eq(known.image, image) && known.links() == links);
        if let Some(known) = known {
            return Some(known);
        }
        let generation = Generation::link(image, &self.ports)?;
        self.generations.push(generation);
        Some(generation)
    }
}

/// What the host asks of a module that runs already.
fn refuse(image: &Image, differences: Vec<Difference>) -> Refusal {
    Refusal::new(&image.file, Stage::Compare, differences)
        .of(&image.module, &image.version)
        .keeps(&image.version)
}
