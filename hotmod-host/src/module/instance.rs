//! Instances: one state, and the generation it is at.

pub(crate) mod beside;
pub(crate) mod due;
pub(crate) mod handed_over;
#[cfg(feature = "inspect")]
pub(crate) mod looked_at;
pub(crate) mod values;

use std::error::Error;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use abi_stable::std_types::{RResult, RStr};
use hotmod::call::boundary::{Boundary, Cons};
use hotmod::call::{CallError, Caller, invoke};
use hotmod::codes::{self, Code, coded};
use hotmod::describe::Type;
use hotmod::init::InitWire;
use hotmod::interface::Interface;
use hotmod_file::told;

use crate::call::generation::{Generation, NotReturned};
use crate::call::slot::Track;
use crate::call::slot::{self, Doing};
use crate::image::image::Image;
use crate::migrate::MigrateError;
use crate::migrate::deep::drop_state;
use crate::migrate::{self, Route, SampledState, Sampling, Unsampled};
use crate::module::loaded::Loaded;
use crate::module::retire;
use crate::uses::names::AtVersion;

/// A state of a module, owned by the host. It has the methods of the interface `I`, and those below.
///
/// # The methods of the interface
///
/// `#[hotmod::interface]` writes them for each trait, so they stand in the documentation of that trait
/// and not here. They are called as on a value that implements it, `&self` methods by shared and
/// `&mut self` methods by exclusive reference; each returns `Result<T, CallError>`, with what the trait
/// says as `T`. The trait itself need not be in scope.
///
/// ```no_run
/// use hotmod_host::{Flat, Host};
///
/// #[hotmod::interface]
/// pub trait Shop {
///     fn buy(&mut self, who: &str, item: u32) -> Result<u32, String>;
///     fn sold(&self) -> u64;
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::builder().build()?;
/// let mut shop = host.load::<dyn Shop>("libshop.so")?.create("")?;
/// let paid = shop.buy("ada", 3).flat()?; // the call's error, or the shop's
/// println!("{paid} for one of {}", shop.sold()?);
/// # Ok(())
/// # }
/// ```
///
/// # Updates
///
/// After an update the state is taken to the new version at the next exclusive call: handed over as it is, or
/// migrated by the update's plan. Until then shared calls run in the version that the state is at. Where a
/// value does not fit the plan, the state stays at its version, intact, and so do its calls;
/// [`stuck`](Instance::stuck) says why. It is tried again when something is published: another version, or
/// the same once more; until then only [`migrate`](Instance::migrate) tries again.
///
/// A panic in a method reaches the caller as [`CallError::Panicked`] and leaves the instance in
/// use; the state is as the panic left it.
///
/// An instance is `Send`. It is `Sync` where the interface says that its states are:
/// `pub trait Game: Sync`.
pub struct Instance<I: Interface + ?Sized>(I::Client<InstanceState>);

/// What an [`Instance`] consists of: its state, and the way to its methods.
///
/// The client that an instance dereferences to makes its calls through this. Programs use the instance only.
pub struct InstanceState {
    /// What the state follows.
    track: Arc<Track>,
    loaded: Arc<Loaded>,
    /// The generation that the state is at.
    generation: &'static Generation,
    interface: &'static str,
    base: usize,
    /// How many shims a generation has at least if it links the interface.
    links: usize,
    /// The version that the state could not be migrated to, if there is one.
    stuck: Option<Stuck>,
    state: NonNull<u8>,
    /// Its place in the list of instances.
    place: usize,
    /// When its owner is to call each function that is called again and again, by the functions' names.
    due: Box<[(String, Instant)]>,
}

/// What a state could not be migrated to, and why.
struct Stuck {
    tried: TriedVersion,
    generation: &'static Generation,
    error: MigrateError,
}

/// A version that a migration of a state was tried to, and which publication of it that was.
#[derive(Clone, Copy)]
pub(crate) struct TriedVersion {
    image: &'static Image,
    publications: u64,
}

impl TriedVersion {
    /// The version as it is published now.
    fn now(image: &'static Image) -> Self {
        TriedVersion {
            image,
            publications: image.publications(),
        }
    }

    /// Whether it is this very version, and was not published again since.
    pub(crate) fn is_still(&self, image: &Image) -> bool {
        std::ptr::eq(self.image, image) && self.publications == image.publications()
    }
}

impl PartialEq for TriedVersion {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.image, other.image) && self.publications == other.publications
    }
}

// SAFETY: `export` and `init` require `Send` of every state, and nothing else holds the pointer.
unsafe impl Send for InstanceState {}

// SAFETY: a client is its caller and nothing else, as `Interface` promises, and `InstanceState` is `Send`.
unsafe impl<I: Interface + ?Sized> Send for Instance<I> {}

// SAFETY: through `&Instance` one gets to `&self` methods of the state only, and `I: Sync`, which
// a trait object is only where its trait has `Sync` as a supertrait, makes the compiler require
// `Sync` of every type that implements the interface.
unsafe impl<I: Interface + ?Sized + Sync> Sync for Instance<I> {}

impl<I: Interface + ?Sized> Instance<I> {
    /// An instance that follows a track, by the init of the version that the track leads to.
    pub(crate) fn create(
        loaded: Arc<Loaded>,
        track: Arc<Track>,
        base: usize,
        config: &str,
    ) -> Result<Self, CreateError> {
        // Held until the instance is counted, or could not be made.
        let (_entered, generation) = slot::enter(&track, Doing::Init);
        let image = generation.image;
        let interface = I::DESC.name;
        let exports = image.exports();
        let implementation = &exports.manifest.implementations[interface];
        let Some(&init) = exports.inits.get(&implementation.state) else {
            return Err(CreateError::NoInit {
                module: image.module.clone(),
                version: image.version.clone(),
                state: implementation.state.to_string(),
            });
        };
        let args = Cons(RStr::from(config), ());
        // SAFETY: an init takes one text, gives back an `InitWire`, and has no state yet.
        let made = unsafe { invoke::<_, InitWire>(init, std::ptr::null_mut(), args) };
        match made {
            Ok(RResult::ROk(state)) => {
                let state = NonNull::new(state.cast());
                let state = state.expect("bug in hotmod: an init gave back no state");
                Ok(Instance(I::client(InstanceState {
                    place: loaded.instances.add(interface, generation, state),
                    track,
                    generation,
                    interface,
                    base,
                    links: base + I::DESC.methods.len(),
                    stuck: None,
                    state,
                    due: Box::default(),
                    loaded,
                })))
            }
            Ok(RResult::RErr(message)) => Err(CreateError::Init {
                module: image.module.clone(),
                version: image.version.clone(),
                message: message.as_str().to_owned(),
            }),
            Err(panic) => {
                let init = format!("init of {}", implementation.state);
                let error = panic.into_error(init, image.version.clone());
                Err(CreateError::Call(error))
            }
        }
    }

    /// An instance that follows a track, of a state that is made at the version that the track leads to.
    ///
    /// # Safety
    ///
    /// `make` makes a state of that version's, in a block of its own of the module's memory.
    #[cfg(feature = "snapshot")]
    pub(crate) unsafe fn adopt<E>(
        loaded: Arc<Loaded>,
        track: Arc<Track>,
        base: usize,
        make: impl FnOnce(&'static Image) -> Result<NonNull<u8>, E>,
    ) -> Result<Self, E> {
        // Held until the instance is counted, or could not be made.
        let (_entered, generation) = slot::enter(&track, Doing::Operation);
        let interface = I::DESC.name;
        let state = make(generation.image)?;
        Ok(Instance(I::client(InstanceState {
            place: loaded.instances.add(interface, generation, state),
            track,
            generation,
            interface,
            base,
            links: base + I::DESC.methods.len(),
            stuck: None,
            state,
            due: Box::default(),
            loaded,
        })))
    }

    /// The version that the state is at.
    pub fn version(&self) -> &str {
        &I::caller(&self.0).generation.image.version
    }

    /// Takes the state to the current version now, instead of at the next exclusive call.
    ///
    /// # Errors
    ///
    /// [`MigrateError`] if a value does not fit the plan. The state is as it was, at the version
    /// that it was at, and goes on being called there.
    pub fn migrate(&mut self) -> Result<(), MigrateError> {
        I::caller_mut(&mut self.0).migrate()
    }

    /// Why the state could not be taken to the current version. `None` if it is there, or if that was not
    /// tried yet.
    pub fn stuck(&self) -> Option<&MigrateError> {
        let state = I::caller(&self.0);
        let stuck = state.stuck.as_ref()?;
        // A version that has become current since was not tried yet.
        let is_still = stuck.tried.is_still(state.track.current().image);
        is_still.then_some(&stuck.error)
    }

    /// Whether the version that a call of this method would enter has it. Only a method marked
    /// [`#[hotmod::optional]`](hotmod::optional) may be lacking: its calls are
    /// [`CallError::Absent`](crate::CallError::Absent) then. `false` for a name that the interface does not
    /// have.
    ///
    /// By shared reference, that is the version that the state is at. An exclusive call may enter a newer
    /// one: [`migrate`](Instance::migrate) takes the state there first.
    pub fn has(&self, method: &str) -> bool {
        let mut methods = I::DESC.methods.iter();
        let place = methods.position(|known| known.name == method);
        let state = I::caller(&self.0);
        place.is_some_and(|place| state.generation.has(state.base + place))
    }

    /// The module's name.
    pub fn module(&self) -> &str {
        &I::caller(&self.0).loaded.name
    }

    pub(crate) fn state(&self) -> &InstanceState {
        I::caller(&self.0)
    }

    pub(crate) fn state_mut(&mut self) -> &mut InstanceState {
        I::caller_mut(&mut self.0)
    }
}

impl<I: Interface + ?Sized> Deref for Instance<I> {
    type Target = I::Client<InstanceState>;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<I: Interface + ?Sized> DerefMut for Instance<I> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<I: Interface + ?Sized> fmt::Debug for Instance<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("module", &self.module())
            .field("interface", &I::DESC.name)
            .field("version", &self.version())
            .finish()
    }
}

// SAFETY: the shims from `base` on are those of the interface's methods, in their order: the expectation
// was compared with every generation before it was linked. The state is borrowed as `self` is.
unsafe impl Caller for InstanceState {
    #[inline(always)]
    unsafe fn shared<A, R: Boundary>(&self, index: usize, args: A) -> Result<R, CallError> {
        // SAFETY: the caller passes the arguments and the result of the method at `index`, and the
        // state is shared as `self` is.
        unsafe { self.call(index, args) }
    }

    #[inline(always)]
    unsafe fn exclusive<A, R: Boundary>(&mut self, index: usize, args: A) -> Result<R, CallError> {
        self.follow();
        // SAFETY: the caller passes the arguments and the result of the method at `index`, and the
        // state is exclusive as `self` is.
        unsafe { self.call(index, args) }
    }
}

impl InstanceState {
    /// # Safety
    ///
    /// The method at `index` has these arguments and this result, and the state is borrowed as its
    /// receiver says.
    #[inline(always)]
    unsafe fn call<A, R: Boundary>(&self, index: usize, args: A) -> Result<R, CallError> {
        let (place, state) = (self.base + index, self.state.as_ptr().cast());
        let _entered = slot::enter_at(self.generation, Doing::Export(place), state);
        let once_more = || (self.generation, self.base + index);
        // SAFETY: the caller knows the method; the state is of the type and layout that this
        // generation expects.
        let called = unsafe { self.generation.call(place, state, args, once_more) };
        match called {
            Ok(result) => Ok(result),
            Err(why) => Err(self.not_returned(place, why)),
        }
    }

    /// Takes the state to where an exclusive call would take it.
    #[inline(always)]
    pub(crate) fn follow(&mut self) {
        let current = self.track.current();
        if !std::ptr::eq(current, self.generation) {
            self.catch_up(current);
        }
    }

    /// What the state follows.
    pub(crate) fn track(&self) -> &Arc<Track> {
        &self.track
    }

    /// Has the state follow this track from its next exclusive call on, if the versions there are linked with
    /// the state's interface.
    pub(crate) fn set_track(&mut self, track: &Arc<Track>) {
        if track.current().links() >= self.links && !Arc::ptr_eq(track, &self.track) {
            self.track = track.clone();
        }
    }

    /// The state, and the version that it is at.
    pub(crate) fn at_version(&self) -> AtVersion {
        AtVersion {
            generation: self.generation,
            state: self.state.as_ptr().cast(),
        }
    }

    /// The version that the state is at.
    pub(crate) fn at(&self) -> &'static Image {
        self.generation.image
    }

    /// The version that the state could not be taken to when it was last tried.
    pub(crate) fn tried(&self) -> Option<TriedVersion> {
        self.stuck.as_ref().map(|stuck| stuck.tried)
    }

    /// Why the state could not be taken to the version that it was last tried with.
    pub(crate) fn reason(&self) -> Option<&MigrateError> {
        self.stuck.as_ref().map(|stuck| &stuck.error)
    }

    /// The module that it is a state of, and where the interface's shims begin in each generation.
    pub(crate) fn linked(&self) -> (&Arc<Loaded>, usize) {
        (&self.loaded, self.base)
    }

    /// Whether it is the state of this very module.
    pub(crate) fn is_of(&self, loaded: &Arc<Loaded>) -> bool {
        Arc::ptr_eq(&self.loaded, loaded)
    }

    /// Takes the state along before an exclusive call. A state that does not fit stays at its version and is
    /// called there. It is tried again only after a publication, of another version or of the same, because
    /// trying may take long.
    #[cold]
    #[inline(never)]
    fn catch_up(&mut self, current: &'static Generation) {
        if !self.was_tried(current) {
            // The error is kept for `Instance::stuck`.
            let _ = self.migrate();
        }
    }

    /// Whether the state was found not to fit what is current in its track, as it is published now.
    fn was_tried(&self, current: &'static Generation) -> bool {
        self.stuck.as_ref().is_some_and(|stuck| {
            std::ptr::eq(stuck.generation, current) && stuck.tried.is_still(current.image)
        })
    }

    /// Takes the state along every route that is ahead of it.
    fn migrate(&mut self) -> Result<(), MigrateError> {
        let way = self
            .loaded
            .way(&self.track, self.generation.image, self.links);
        let (target, steps) = (way.to, way.steps());
        let done = self.go(target, &steps);
        drop(way);
        // The state may also have been the last that needed the versions on its way.
        steps
            .iter()
            .for_each(|(_, reached)| leave(&self.loaded, reached));
        done
    }

    /// Takes the state along these routes, and to the generation that the last of them leads to.
    fn go(
        &mut self,
        target: &'static Generation,
        steps: &[(Arc<Route>, &'static Generation)],
    ) -> Result<(), MigrateError> {
        // Taken before the migration is tried, so that a publication meanwhile has it tried again.
        let tried = TriedVersion::now(target.image);
        let mut ty = self.state_type(self.generation.image);
        for (route, reached) in steps {
            // The call lasts until the list of instances has the new place: until then it leads to the old
            // state.
            let old = self.state.as_ptr().cast();
            let entered = slot::enter_at(self.generation, Doing::Operation, old);
            let metered = self.loaded.migrations.as_ref();
            let metered = metered.map(|meter| (meter, Instant::now()));
            // SAFETY: the state is at the version that the route starts from: the routes are those
            // from its image on, one after the other; and `self` is exclusive.
            let migrated = unsafe { route.migrate(ty, self.state) };
            if let Some((meter, since)) = metered {
                meter.count(since, migrated.as_ref().ok().map(|it| it.made));
            }
            match migrated {
                Ok(migrated) => {
                    self.state = migrated.state;
                    if let Some(refused) = migrated.overruled {
                        let from = self.generation.image;
                        let error = MigrateError::new(ty, &refused, from, route.to);
                        self.loaded.overruled(&error);
                    }
                    if migrated.panicked > 0 {
                        let versions = (self.generation.image, route.to);
                        self.loaded.panicked(ty, versions, migrated.panicked);
                    }
                }
                Err(failure) => {
                    let error = MigrateError::new(ty, &failure, self.generation.image, route.to);
                    self.stuck = Some(Stuck {
                        tried,
                        generation: target,
                        error: error.clone(),
                    });
                    return Err(error);
                }
            }
            ty = self.state_type(route.to);
            let before = self.arrive_at(reached);
            drop(entered);
            leave(&self.loaded, before);
        }
        // The same version may be linked with more expectations by now.
        if !std::ptr::eq(self.generation, target) {
            let before = self.arrive_at(target);
            leave(&self.loaded, before);
        }
        self.stuck = None;
        Ok(())
    }

    /// Finds out whether this route would take the state along. The state stays as it is. `None` if the route
    /// starts at another version than the state is at.
    pub(crate) fn try_out(&mut self, route: &Route) -> Option<Result<(), MigrateError>> {
        let image = self.generation.image;
        if !route.starts(image) {
            return None;
        }
        let ty = self.state_type(image);
        let state = self.state.as_ptr().cast();
        let _entered = slot::enter_at(self.generation, Doing::Operation, state);
        // SAFETY: the state is at the version that the route starts from, and `self` is exclusive.
        let fits = unsafe { route.rehearse(ty, self.state) };
        let values = self.loaded.values;
        let places = values.places(image, self.interface);
        // SAFETY: as above, and the state is as it was.
        let fits = fits.and_then(|()| unsafe { values.rehearse(&places, self.state, route) });
        Some(fits.map_err(|failure| MigrateError::new(ty, &failure, image, route.to)))
    }

    /// Estimates what a plan would take on the state, which stays as it is, and what the value would take of all its
    /// `Lazy`s that takes longest. `None` if the plan starts at another version than the state is at.
    pub(crate) fn sample(
        &mut self,
        sampling: &Sampling,
    ) -> Option<(Result<SampledState, Unsampled>, Option<SampledState>)> {
        let image = self.generation.image;
        if !sampling.starts(image) {
            return None;
        }
        let ty = self.state_type(image);
        let state = self.state.as_ptr().cast();
        let _entered = slot::enter_at(self.generation, Doing::Operation, state);
        // SAFETY: the state is at the version that the plan starts from, and `self` is exclusive.
        let sampled = unsafe { sampling.sample(ty, self.state) };
        let values = self.loaded.values;
        let places = values.places(image, self.interface);
        // SAFETY: as above, and the state is as it was.
        let value = unsafe { values.sample(&places, self.state, sampling) };
        Some((sampled, value))
    }

    /// Moves the state to a generation, also in the list of instances. Returns where it was.
    fn arrive_at(&mut self, generation: &'static Generation) -> &'static Generation {
        let before = std::mem::replace(&mut self.generation, generation);
        let instances = &self.loaded.instances;
        instances.moved(self.place, before, generation, self.state);
        before
    }

    fn state_type(&self, image: &'static Image) -> &'static Type {
        &image.implementation(self.interface).state
    }

    #[cold]
    #[inline(never)]
    #[allow(clippy::boxed_local, reason = "callers have it in a register")]
    fn not_returned(&self, place: usize, why: Box<NotReturned>) -> CallError {
        let export = self.generation.export(place);
        why.into_error(export, self.generation.image.version.clone())
    }
}

/// Asks for a look for versions to retire, if a state was the last at its version.
fn leave(loaded: &Arc<Loaded>, generation: &Generation) {
    let image = generation.image;
    // Relaxed: the look for versions to retire reads more than this.
    let is_last = image.instances.load(Ordering::Relaxed) == 0;
    // An update that replaces what a rollback leads to asks for a look, too. In doubt, this asks once too
    // often.
    if is_last && loaded.may_run_again(image) != Some(true) {
        retire::soon(loaded);
    }
}

impl Drop for InstanceState {
    fn drop(&mut self) {
        let operations = self
            .generation
            .image
            .implementation(self.interface)
            .table
            .operations();
        let state = self.state.as_ptr();
        let entered = slot::enter_at(self.generation, Doing::Operation, state.cast());
        // SAFETY: the state is of this table's type, and nothing uses its value afterwards.
        unsafe { drop_state(self.generation.image, self.interface, self.state) };
        // Still within the call: until then the list of instances leads to the state that is dropped.
        self.loaded.instances.remove(self.place, self.generation);
        drop(entered);
        leave(&self.loaded, self.generation);
        // SAFETY: init allocated the block with `Box`, or a migration did so in the same way.
        unsafe { migrate::free(self.loaded.memory, operations, self.state) };
    }
}

/// Why an instance could not be created.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CreateError {
    /// The module has no function marked `#[hotmod::init]` for the interface's state.
    #[non_exhaustive]
    NoInit {
        /// The module.
        module: String,
        /// Its version.
        version: String,
        /// The state that no function makes.
        state: String,
    },
    /// The init returned an error.
    #[non_exhaustive]
    Init {
        /// The module.
        module: String,
        /// Its version.
        version: String,
        /// The error, as text.
        message: String,
    },
    /// The init panicked.
    Call(CallError),
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What another error says has the code of that one.
        let is_own = !matches!(self, CreateError::Call(_));
        coded(f, is_own.then(|| self.code()), |f| match self {
            CreateError::NoInit {
                module,
                version,
                state,
            } => write!(
                f,
                "module `{module}` {version} cannot create a `{state}`\n  help: write a function \
                 marked #[hotmod::init] that returns it"
            ),
            CreateError::Init {
                module,
                version,
                message,
            } => write!(
                f,
                "module `{module}` {version} did not create an instance: {message}"
            ),
            CreateError::Call(error) => error.fmt(f),
        })
    }
}

/// The message and its causes, since a `main` that returns the error prints its `Debug`.
impl fmt::Debug for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        told(self, f)
    }
}

impl CreateError {
    /// The code of this kind of error, whose page `cargo hotmod explain` prints.
    pub fn code(&self) -> Code {
        match self {
            CreateError::NoInit { .. } => codes::NO_INIT,
            CreateError::Init { .. } => codes::INIT_FAILED,
            CreateError::Call(error) => error.code(),
        }
    }
}

impl Error for CreateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            CreateError::Call(error) => Some(error),
            _ => None,
        }
    }
}
