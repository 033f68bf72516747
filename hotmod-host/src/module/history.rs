//! What changes with a module's updates: its versions, the routes between them, and what is on trial.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Weak};
use std::time::Instant;

use hotmod::describe::Difference;
use hotmod_file::Digest;
use hotmod_file::plan::Way;

use crate::call::expectation::Expectation;
use crate::call::generation::{Generation, Observers};
use crate::call::mirror::Mirror;
use crate::call::slot::Track;
use crate::call::watch::CallWatch;
use crate::events::Progress;
use crate::image::image::Image;
use crate::journal::recovery::{UndoneVersion, add_undone};
use crate::migrate::{self, Route};
use crate::module::left_behind::Left;
use crate::module::ways::Steps;

/// A version that a rollback leads to.
pub(crate) struct Previous {
    pub(crate) image: &'static Image,
    /// The update that a rollback undoes.
    pub(crate) update: Progress,
}

/// What changes with an update. Locked for moments only. A call locks it only where it takes its state to
/// another version.
pub(crate) struct History {
    /// What the host calls. Only the thread that has the module's turn adds to it.
    pub(crate) expectations: Vec<Arc<Expectation>>,
    /// Every image that was loaded, in that order.
    pub(crate) images: Vec<&'static Image>,
    pub(crate) generations: Vec<&'static Generation>,
    /// How states go from one version to another: one route for each two that followed each other.
    pub(super) routes: Vec<Arc<Route>>,
    /// The version before the current one, which a rollback makes current again.
    pub(crate) previous: Option<Previous>,
    /// The candidate that is on trial.
    pub(crate) trial: Option<Arc<dyn OnTrial>>,
    /// The tracks of trials that are over: they lead where the module's own track leads.
    pub(super) joined: Vec<Weak<Track>>,
    /// The versions that are not taken up by themselves: the last that were rolled back.
    undone: Vec<UndoneVersion>,
    /// The publications so far: how many, and when the last was.
    pub(crate) publications: u64,
    pub(crate) last_publication: Option<Instant>,
    /// The calls that the publications left behind.
    pub(crate) left: Left,
    /// What counts and compares the calls of each image.
    pub(super) observers: BTreeMap<Digest, Observers>,
    /// The updates that replaced versions which are not retired yet.
    pub(super) leaving: BTreeMap<Digest, Progress>,
}

/// In which way a candidate is on trial, for a refusal.
pub(crate) struct TrialWords {
    /// `a canary`
    pub(crate) what: &'static str,
    /// What the user can do to end it.
    pub(crate) cure: &'static str,
}

/// A candidate on trial, in one of the ways there are. A module has one at a time.
pub(crate) trait OnTrial: Send + Sync {
    fn image(&self) -> &'static Image;

    /// In which way it is on trial, in words.
    fn words(&self) -> TrialWords;

    /// What the state of instances would lose that follow it, once it is aborted.
    fn losses(&self) -> &[Difference] {
        &[]
    }

    /// Takes itself out of the history.
    fn leave(&self, history: &mut History);

    /// Notes that new calls enter the candidate now. The history is still locked since
    /// [`leave`](OnTrial::leave).
    fn promoted(&self) {}

    /// Ends the trial, unless it is over. Waits for no update.
    fn abort(&self, reason: &str);
}

impl History {
    /// The history of a module whose first version is linked.
    pub(super) fn new(first: &'static Generation, expectations: Vec<Arc<Expectation>>) -> Self {
        History {
            expectations,
            images: vec![first.image],
            generations: vec![first],
            routes: Vec::new(),
            previous: None,
            trial: None,
            joined: Vec::new(),
            undone: Vec::new(),
            publications: 0,
            last_publication: None,
            left: Left::default(),
            observers: BTreeMap::new(),
            leaving: BTreeMap::new(),
        }
    }

    /// The steps from an image to a generation, over generations that have at least so many links.
    pub(super) fn steps(&self, from: &Image, to: &'static Generation, links: usize) -> Steps {
        let routes = self.way(from, to.image);
        let routes = routes.expect("bug in hotmod: a version was published without a route to it");
        let steps = routes.into_iter().map(|route| {
            if std::ptr::eq(route.to, to.image) {
                return (route, to);
            }
            // The state belongs to this code if it gets no further. The image was linked with the interface
            // when it was published.
            let reached = self.linked(route.to, links);
            let reached =
                reached.expect("bug in hotmod: a version was published without its links");
            (route, reached)
        });
        steps.collect()
    }

    /// The shortest sequence of routes that leads a state from one image to another. `None` if none does.
    pub(crate) fn way(&self, from: &Image, to: &Image) -> Option<Vec<Arc<Route>>> {
        let mut reached: Vec<(&Image, Vec<Arc<Route>>)> = Vec::new();
        let mut next = VecDeque::from([(from, Vec::new())]);
        while let Some((image, way)) = next.pop_front() {
            if std::ptr::eq(image, to) {
                return Some(way);
            }
            if reached.iter().any(|(known, _)| std::ptr::eq(*known, image)) {
                continue;
            }
            for route in self.routes.iter().filter(|route| route.starts(image)) {
                let mut way = way.clone();
                way.push(route.clone());
                next.push_back((route.to, way));
            }
            reached.push((image, way));
        }
        None
    }

    /// The route in this direction from one image to another, if one is known.
    pub(crate) fn route(&self, way: Way, from: &Image, to: &Image) -> Option<Arc<Route>> {
        let mut known = self.routes.iter();
        let route = known.find(|route| route.way == way && route.leads(from, to));
        route.cloned()
    }

    /// Has these versions not be taken up by themselves.
    pub(crate) fn distrust(&mut self, undone: Vec<UndoneVersion>) {
        self.undone = undone;
    }

    /// Notes that an image was left for another one, and why that undoes an update, if it does.
    pub(crate) fn note_undone(&mut self, left: &Image, to: &Image, because: Option<&str>) {
        self.undone.retain(|it| it.digest != to.digest);
        if let Some(reason) = because {
            add_undone(&mut self.undone, &left.version, left.digest, reason);
        }
    }

    /// Why a file is not taken up by itself, if it is not.
    pub(crate) fn undone(&self, digest: Digest) -> Option<&UndoneVersion> {
        self.undone.iter().find(|it| it.digest == digest)
    }

    /// Whether a rollback would lead to this image.
    pub(crate) fn may_go_back_to(&self, image: &Image) -> bool {
        let previous = self.previous.as_ref();
        previous.is_some_and(|previous| std::ptr::eq(previous.image, image))
    }

    /// Notes which update replaced an image, for when the image is retired.
    pub(crate) fn note_leaving(&mut self, image: &Image, progress: &Progress) {
        self.leaving.insert(image.digest, progress.clone());
    }

    /// The update that replaced an image, which is retired now.
    pub(crate) fn take_leaving(&mut self, image: &Image) -> Option<Progress> {
        self.leaving.remove(&image.digest)
    }

    /// The image that was loaded from such a file.
    pub(crate) fn image(&self, digest: Digest) -> Option<&'static Image> {
        self.images
            .iter()
            .copied()
            .find(|image| image.digest == digest)
    }

    /// The image, linked with at least so many shims.
    fn linked(&self, image: &Image, links: usize) -> Option<&'static Generation> {
        let mut linked = self.generations.iter().copied();
        // Expectations are linked whole, in the order they were asked for.
        linked.find(|known| std::ptr::eq(known.image, image) && known.links() >= links)
    }

    /// The image with all expectations linked.
    pub(crate) fn generation(&mut self, image: &'static Image) -> Option<&'static Generation> {
        let links: usize = self.expectations.iter().map(|it| it.len).sum();
        let known = self
            .generations
            .iter()
            .find(|known| std::ptr::eq(known.image, image) && known.links() == links);
        if let Some(known) = known {
            return Some(known);
        }
        let generation = Generation::link(image, &self.expectations, migrate::converter)?;
        if let Some(observers) = self.observers.get(&image.digest) {
            generation.set_observers(observers);
        }
        self.generations.push(generation);
        Some(generation)
    }

    /// The image linked with no export: its functions marked `loaded` and `retired` run in that generation.
    pub(crate) fn linked_with_nothing(&mut self, image: &'static Image) -> &'static Generation {
        let mut linked = self.generations.iter().copied();
        let known = linked.find(|known| std::ptr::eq(known.image, image) && known.links() == 0);
        known.unwrap_or_else(|| {
            let generation = Generation::with_nothing(image);
            self.generations.push(generation);
            generation
        })
    }

    /// Has a track lead where new calls go from now on.
    pub(crate) fn join(&mut self, track: &Arc<Track>) {
        self.joined.push(Arc::downgrade(track));
    }

    /// Has this watch count the calls of an image from now on.
    pub(crate) fn watch(&mut self, image: &Image, watch: Arc<CallWatch>) {
        self.observe(image, |observers| observers.watches.push(watch));
    }

    /// Has this watch count the calls of an image no longer.
    pub(crate) fn unwatch(&mut self, image: &Image, watch: &Arc<CallWatch>) {
        self.observe(image, |observers| {
            observers.watches.retain(|known| !Arc::ptr_eq(known, watch));
        });
    }

    /// Has no watch count the calls of an image any more.
    pub(crate) fn unwatch_all(&mut self, image: &Image) {
        self.observe(image, |observers| observers.watches.clear());
    }

    /// Has this mirror compare the calls of an image from now on. With `None`, they are compared no longer.
    pub(crate) fn mirror(&mut self, image: &Image, mirror: Option<Arc<Mirror>>) {
        self.observe(image, |observers| observers.mirror = mirror);
    }

    fn observe(&mut self, image: &Image, change: impl FnOnce(&mut Observers)) {
        let observers = self.observers.entry(image.digest).or_default();
        change(observers);
        let linked = self.generations.iter();
        for generation in linked.filter(|linked| std::ptr::eq(linked.image, image)) {
            generation.set_observers(observers);
        }
        if observers.is_empty() {
            self.observers.remove(&image.digest);
        }
    }
}
