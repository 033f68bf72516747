//! One loaded module: its current generation, what the host calls of it, and what it was before.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, TryLockError, Weak};
use std::time::Instant;

use hotmod::describe::Difference;

use crate::call::generation::{Generation, Observers, Port, PortKind};
use crate::call::lane::Lane;
use crate::call::slot::{Doing, PLACES};
use crate::call::watch::Watch;
use crate::events::{Progress, UpdateState};
use crate::host::Settings;
use crate::image::expected::Expected;
use crate::image::image::Image;
use crate::image::memory::Memory;
use crate::migrate::MigrateError;
use crate::migrate::{Route, Way};
use crate::module::instance::Registered;
use crate::process;
use crate::trial::shadow::Mirror;
use crate::turn::{Turn, Turns};
use crate::update::drain::Left;
use crate::update::request::Requests;
use crate::update::update::OnTrial;
use crate::wake::Wakers;
use hotmod_file::Digest;
use hotmod_file::{Refusal, RefusalStage};

/// What all handles to one module share.
pub(crate) struct Core {
    pub(crate) name: String,
    pub(crate) settings: Arc<Settings>,
    pub(crate) memory: &'static Memory,
    /// What new calls enter, unless they follow a candidate.
    pub(crate) lane: Arc<Lane>,
    /// Every instance that lives.
    pub(crate) instances: Registered,
    /// Whom a publication wakes.
    pub(crate) wakers: Wakers,
    /// The update that was asked for and waits.
    pub(crate) requests: Requests,
    /// Held by whoever links or updates, for as long as that takes.
    turns: Turns,
    /// The process whose keeper was asked to look for versions to retire, or 0.
    expects_retirement: AtomicU32,
    history: Mutex<History>,
    /// Whom it wakes that fewer calls are followed than were.
    pub(crate) drained: Condvar,
    /// The ways that states have gone lately, so that the next ones need not lock the history.
    ways: RwLock<Vec<Known>>,
}

/// What a state goes through to a generation: each route, and the generation that it leads to.
pub(crate) type Steps = Arc<[(Arc<Route>, &'static Generation)]>;

/// One state on the way to a generation. Until it has come there, or no further, every version along
/// the way counts it as an instance: where it comes to be, it has to get on from.
pub(crate) struct OnTheWay {
    pub(crate) to: &'static Generation,
    steps: Steps,
}

impl OnTheWay {
    /// With the ways locked, so that whoever forgets routes finds it counted, or is done.
    fn new(to: &'static Generation, steps: Steps) -> Self {
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
struct Known {
    from: &'static Image,
    to: &'static Generation,
    links: usize,
    steps: Steps,
}

/// A version that a rollback leads to.
pub(crate) struct Previous {
    pub(crate) image: &'static Image,
    /// The update that a rollback undoes.
    pub(crate) update: Progress,
}

/// What changes with an update. Locked for moments only, and never by a call, but for the one that
/// takes its state to another version.
pub(crate) struct History {
    /// What the host calls; more only in one's turn.
    pub(crate) ports: Vec<Arc<Port>>,
    /// Every image that was loaded, in that order.
    pub(crate) images: Vec<&'static Image>,
    pub(crate) generations: Vec<&'static Generation>,
    /// How states go from one version to another: one route for each two that followed each other.
    routes: Vec<Arc<Route>>,
    /// What was current before the current generation, and may be again.
    pub(crate) previous: Option<Previous>,
    /// The candidate that is on trial.
    pub(crate) trial: Option<Arc<dyn OnTrial>>,
    /// What followed a trial that is over, and leads where new calls go ever since.
    joined: Vec<Weak<Lane>>,
    /// The publications so far: how many, and when the last was.
    pub(crate) publications: u64,
    pub(crate) last_publication: Option<Instant>,
    /// The calls that they left behind.
    pub(crate) left: Left,
    /// Who looks on while which image is called.
    observers: BTreeMap<Digest, Observers>,
    /// The updates that replaced versions which are not retired yet.
    leaving: BTreeMap<Digest, Progress>,
}

impl Core {
    /// Tells that a check refused a state and kept some of it, so that the state was taken along.
    pub(crate) fn overruled(&self, error: &MigrateError) {
        let mut progress = Progress::new(&self.settings.events, &self.name, &error.from);
        progress.to(&error.to);
        let reason = format!(
            "{}: {}; the check kept an `Arc`, `Rc` or `Weak` of the state, which was taken along \
             all the same\n  help: a check may look at a state and clone what it holds, but not keep \
             an owner of it",
            error.path, error.reason
        );
        progress.reaches_because(UpdateState::Overruled, &reason);
    }

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
            lane: Arc::new(Lane::new(first)),
            instances: Registered::default(),
            wakers: Wakers::default(),
            requests: Requests::default(),
            turns: Turns::default(),
            expects_retirement: AtomicU32::new(0),
            history: Mutex::new(History {
                ports,
                images: vec![first.image],
                generations: vec![first],
                routes: Vec::new(),
                previous: None,
                trial: None,
                joined: Vec::new(),
                publications: 0,
                last_publication: None,
                left: Left::default(),
                observers: BTreeMap::new(),
                leaving: BTreeMap::new(),
            }),
            drained: Condvar::new(),
            ways: RwLock::default(),
        }
    }

    /// The image that new calls enter.
    pub(crate) fn current(&self) -> &'static Image {
        self.lane.current().image
    }

    /// Whether new calls enter the image, or would after a rollback. Nobody waits to know: `None`
    /// while somebody else is at what changes with an update.
    pub(crate) fn may_run_again(&self, image: &Image) -> Option<bool> {
        if std::ptr::eq(self.current(), image) {
            return Some(true);
        }
        match self.history.try_lock() {
            Ok(history) => Some(history.may_go_back_to(image)),
            Err(TryLockError::Poisoned(history)) => {
                Some(history.into_inner().may_go_back_to(image))
            }
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Waits until nobody else links or updates, and keeps others waiting.
    pub(crate) fn turn(&self) -> Turn<'_> {
        self.settings.go_on();
        self.turns.wait()
    }

    /// As [`turn`](Core::turn), but `None` if one would have to wait.
    pub(crate) fn try_turn(&self) -> Option<Turn<'_>> {
        self.turns.take()
    }

    /// Says whether somebody will look for versions to retire, and returns whether it was so.
    pub(crate) fn expects_retirement(&self, expects: bool) -> bool {
        // Release and Acquire: an instance leaves its version, then asks that somebody look. If it
        // finds that asked already, who looks sets this back first, reads what the instance wrote,
        // and so finds it gone.
        // Who would have looked in a process that this one was forked from may not be here.
        let this = process::id();
        let process = if expects { this } else { 0 };
        self.expects_retirement.swap(process, Ordering::AcqRel) == this
    }

    /// Locks what changes with an update, for a moment.
    pub(crate) fn history(&self) -> MutexGuard<'_, History> {
        // Nothing is left half done when an update panics: publishing is one store.
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How a state gets from an image to what is current in a lane, over generations that have at
    /// least so many links.
    pub(crate) fn way(&self, lane: &Lane, from: &'static Image, links: usize) -> OnTheWay {
        let to = lane.current();
        // They are added and cleared whole.
        let ways = self.ways.read().unwrap_or_else(PoisonError::into_inner);
        let known = ways.iter().find(|known| known.is(from, to, links));
        if let Some(known) = known {
            return OnTheWay::new(to, known.steps.clone());
        }
        drop(ways);
        // Locks out updates, so that there is a way to what is current.
        let history = self.history();
        let to = lane.current();
        let steps = history.steps(from, to, links);
        // With the history still locked: a route that is added later clears it.
        let mut ways = self.ways.write().unwrap_or_else(PoisonError::into_inner);
        ways.push(Known {
            from,
            to,
            links,
            steps: steps.clone(),
        });
        OnTheWay::new(to, steps)
    }

    /// States may go this way from now on.
    pub(crate) fn add_route(&self, history: &mut History, route: Arc<Route>) {
        if history
            .routes
            .iter()
            .any(|known| Arc::ptr_eq(known, &route))
        {
            return;
        }
        history.routes.retain(|known| !known.has_ends_of(&route));
        history.routes.push(route);
        let mut ways = self.ways.write().unwrap_or_else(PoisonError::into_inner);
        ways.clear();
    }

    /// Drops the routes from or to retired images that no state of an image has to take that is needed.
    pub(crate) fn forget_routes(&self, needed: impl FnOnce(&History) -> Vec<&'static Image>) {
        let mut history = self.history();
        // Whoever was on the way before is counted along it, and whoever is from here on finds the ways
        // that are left.
        let mut ways = self.ways.write().unwrap_or_else(PoisonError::into_inner);
        let needed = needed(&history);
        let mut taken: Vec<*const Route> = Vec::new();
        for from in &needed {
            for to in &needed {
                let way = history.way(from, to).unwrap_or_default();
                taken.extend(way.iter().map(Arc::as_ptr));
            }
        }
        let before = history.routes.len();
        history
            .routes
            .retain(|route| !route.is_for_retired() || taken.contains(&Arc::as_ptr(route)));
        if history.routes.len() < before {
            ways.clear();
        }
    }

    /// The place of a port, which is linked if it was not yet.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if the running version does not offer what is expected.
    pub(crate) fn port(
        &self,
        kind: PortKind,
        expected: Expected,
        len: usize,
    ) -> Result<usize, Refusal> {
        let known = |history: &History| {
            let mut ports = history.ports.iter();
            let port = ports.find(|port| port.kind == kind && port.expected == expected);
            port.map(|port| port.base)
        };
        // What is linked already waits for no update.
        if let Some(base) = known(&self.history()) {
            return Ok(base);
        }
        let _turn = self.turn();
        let mut history = self.history();
        if let Some(base) = known(&history) {
            return Ok(base);
        }
        let image = self.current();
        let base = history.ports.iter().map(|port| port.len).sum();
        let port = Arc::new(Port {
            kind,
            expected,
            base,
            len,
        });
        let differences = port.compare(&image.manifest());
        if differences.iter().any(|d| d.rule.refuses()) {
            return Err(refuse(image, differences));
        }
        // A manifest has no room for as many exports.
        let places = base + len;
        assert!(
            places <= PLACES,
            "bug in hotmod: {places} exports are called"
        );
        history.ports.push(port);
        match history.generation(image) {
            Some(generation) => self.publish(&mut history, generation),
            None => {
                history.ports.pop();
                return Err(refuse(image, differences));
            }
        }
        Ok(base)
    }

    /// Has the states of the running version find their way to a generation that is about to be
    /// published, so that none of them waits for whoever publishes it.
    pub(crate) fn pave(&self, history: &History, generation: &'static Generation) {
        let from = self.current();
        let mut ways = self.ways.write().unwrap_or_else(PoisonError::into_inner);
        for port in &history.ports {
            let links = port.base + port.len;
            if matches!(port.kind, PortKind::Interface(_))
                && !ways.iter().any(|known| known.is(from, generation, links))
            {
                ways.push(Known {
                    from,
                    to: generation,
                    links,
                    steps: history.steps(from, generation, links),
                });
            }
        }
    }

    /// Lets new calls enter a generation, and whatever followed a trial.
    pub(crate) fn publish(&self, history: &mut History, generation: &'static Generation) {
        self.lane.publish(generation);
        history.joined.retain(|joined| match joined.upgrade() {
            Some(joined) => {
                joined.publish(generation);
                true
            }
            None => false,
        });
    }

    /// What a call does, in words: the export that it runs.
    pub(crate) fn export(&self, doing: Doing) -> String {
        let place = match doing {
            Doing::Export(place) => place,
            Doing::Init => return "an init".to_owned(),
            Doing::Operation => return "an operation on a state".to_owned(),
        };
        let history = self.history();
        let mut ports = history.ports.iter();
        let port = ports.find(|port| (port.base..port.base + port.len).contains(&place));
        port.map_or("an export".to_owned(), |port| port.export(place))
    }
}

impl Known {
    fn is(&self, from: &Image, to: &Generation, links: usize) -> bool {
        std::ptr::eq(self.from, from) && std::ptr::eq(self.to, to) && self.links == links
    }
}

impl History {
    /// The steps from an image to a generation, over generations that have at least so many links.
    fn steps(&self, from: &Image, to: &'static Generation, links: usize) -> Steps {
        let routes = self.way(from, to.image);
        let routes = routes.expect("bug in hotmod: a version was published without a route to it");
        let steps = routes.into_iter().map(|route| {
            if std::ptr::eq(route.to, to.image) {
                return (route, to);
            }
            // The code that the state will belong to, also if it comes no further than there: that
            // image was linked with this interface when it was published.
            let reached = self.linked(route.to, links);
            let reached =
                reached.expect("bug in hotmod: a version was published without its links");
            (route, reached)
        });
        steps.collect()
    }

    /// The routes that lead a state from one image to another, one after the other: as few as
    /// there are. `None` if no state ever went there.
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

    /// The route of this kind between two images, if states went that way before.
    pub(crate) fn route(&self, way: Way, from: &Image, to: &Image) -> Option<Arc<Route>> {
        let mut known = self.routes.iter();
        let route = known.find(|route| route.way == way && route.leads(from, to));
        route.cloned()
    }

    /// Whether a rollback would lead to this image.
    pub(crate) fn may_go_back_to(&self, image: &Image) -> bool {
        let previous = self.previous.as_ref();
        previous.is_some_and(|previous| std::ptr::eq(previous.image, image))
    }

    /// This update replaced an image, which is retired sooner or later.
    pub(crate) fn leaves(&mut self, image: &Image, progress: &Progress) {
        self.leaving.insert(image.digest, progress.clone());
    }

    /// The update that replaced an image, which is retired now.
    pub(crate) fn has_left(&mut self, image: &Image) -> Option<Progress> {
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
        if let Some(observers) = self.observers.get(&image.digest) {
            generation.set_observers(observers);
        }
        self.generations.push(generation);
        Some(generation)
    }

    /// A lane leads where new calls go from now on.
    pub(crate) fn join(&mut self, lane: &Arc<Lane>) {
        self.joined.push(Arc::downgrade(lane));
    }

    /// Has the calls of an image counted by one more from now on.
    pub(crate) fn watch(&mut self, image: &Image, watch: Arc<Watch>) {
        self.observe(image, |observers| observers.watches.push(watch));
    }

    /// Has the calls of an image no longer counted by this one.
    pub(crate) fn unwatch(&mut self, image: &Image, watch: &Arc<Watch>) {
        self.observe(image, |observers| {
            observers.watches.retain(|known| !Arc::ptr_eq(known, watch));
        });
    }

    /// Has the calls of an image no longer counted.
    pub(crate) fn unwatch_all(&mut self, image: &Image) {
        self.observe(image, |observers| observers.watches.clear());
    }

    /// Has the calls of an image compared by this from now on, or no longer.
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
        if observers.is_nobody() {
            self.observers.remove(&image.digest);
        }
    }
}

/// What the host asks of a module that runs already.
fn refuse(image: &Image, differences: Vec<Difference>) -> Refusal {
    Refusal::new(&image.file, RefusalStage::Compare, differences)
        .of(&image.module, &image.version)
        .keeps(&image.version)
}
