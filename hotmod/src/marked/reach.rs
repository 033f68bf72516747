//! Instances of other modules, which a host keeps: what a module calls them by.
//!
//! ```text
//! module: Pool::call → Reach ──► host: the pool, the instance under the key ──► the closure
//!         the closure: client method → ReachedState ──► host: the version that the instance is at → its shim
//! ```
//!
//! The host holds the instance for as long as the closure runs, as it does for a closure of its own.

use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::{Deref, DerefMut};
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicPtr, Ordering};

use abi_stable::std_types::{ROption, RString, RVec, Tuple2};

use crate::call::boundary::Boundary;
use crate::call::passing::CrossingTable;
use crate::call::{ABSENT, Absent, CallError, Caller, DONE, PANICKED, Panic, Unfit};
use crate::codes::{self, Code, coded};
use crate::describe::{Instances, InterfaceDesc, TypeRef};
use crate::marked::interface::Interface;

/// The host has used the instance.
pub const REACHED: u8 = 0;
/// The module is not loaded. The key was not taken, nor by any of those that follow.
pub const NOT_LOADED: u8 = 1;
/// The host has nothing of that name.
pub const NOT_BUILT: u8 = 2;
/// What the host has of that name is of another module, or by keys of another type.
pub const OF_OTHERS: u8 = 3;
/// There is no instance under the key, which was taken.
pub const NO_INSTANCE: u8 = 4;
/// This thread uses the instance already. The key was taken.
pub const IN_USE: u8 = 5;
/// Another thread used the instance when the copy of the process was made that this is in. The key was taken.
pub const LEFT_IN_USE: u8 = 7;
/// The panic is written; the key was taken.
pub const HOST_PANICKED: u8 = 6;

/// A call was not made, or what it gives back does not fit.
pub const UNFIT: u8 = 2;

/// Uses an instance: `context` is what it was given with, and `used` what [`ProvidedInstances::call`] takes.
pub type Work = unsafe extern "C" fn(context: *mut (), used: *mut ());

/// What a host provides for instances of another module.
#[repr(C)]
pub struct ProvidedInstances {
    /// What both functions belong to.
    pub data: *mut (),
    /// Has the work done with the instance under a key, which is taken as it crosses; there is room for a panic
    /// of the host's.
    pub with: unsafe extern "C" fn(
        data: *mut (),
        key: *mut (),
        exclusive: bool,
        work: Work,
        context: *mut (),
        panic: *mut Panic,
    ) -> u8,
    /// Calls a method of the instance: [`DONE`], [`PANICKED`], [`ABSENT`] or [`UNFIT`], all but the first with
    /// the failure written. Of the arguments, [`ABSENT`] alone leaves what they were.
    pub call: unsafe extern "C" fn(
        used: *mut (),
        method: usize,
        args: *mut (),
        output: *mut (),
        failed: *mut CallFailure,
    ) -> u8,
}

// SAFETY: a host makes it of functions that any thread may call with the data.
unsafe impl Send for ProvidedInstances {}
// SAFETY: as for `Send`.
unsafe impl Sync for ProvidedInstances {}

/// Why a call of an instance gave no result.
#[repr(C)]
pub struct CallFailure {
    /// The version that the instance is at.
    pub version: RString,
    /// The panic, if it panicked.
    pub panic: ROption<Panic>,
    /// Where each value is that does not fit, and why.
    pub unfit: RVec<Tuple2<RString, RString>>,
    /// Whether the method ran.
    pub ran: bool,
}

/// Where a module keeps the way to instances of another module.
#[repr(C)]
pub struct Reach {
    provided: AtomicPtr<ProvidedInstances>,
    crossings: *const CrossingTable,
    count: usize,
}

// SAFETY: its pointers lead to constant data, and to what any thread may use.
unsafe impl Send for Reach {}
// SAFETY: as for `Send`.
unsafe impl Sync for Reach {}

impl Reach {
    /// A way that no host has laid yet, to instances whose methods take and return this.
    const fn new(crossings: &'static [CrossingTable]) -> Self {
        Reach {
            provided: AtomicPtr::new(std::ptr::null_mut()),
            crossings: crossings.as_ptr(),
            count: crossings.len(),
        }
    }

    /// What the methods take and return.
    pub fn crossings(&self) -> &'static [CrossingTable] {
        // SAFETY: `new`, the only constructor, took both from one `&'static` slice, in an image that
        // is never unmapped.
        unsafe { std::slice::from_raw_parts(self.crossings, self.count) }
    }

    /// Uses go this way from now on.
    ///
    /// # Safety
    ///
    /// It leads to instances of the interface and by the keys that the record says, or says that there are none.
    pub unsafe fn bind(&self, provided: &'static ProvidedInstances) {
        let provided = std::ptr::from_ref(provided).cast_mut();
        // Release: a thread that sees the pointer sees what it points to.
        self.provided.store(provided, Ordering::Release);
    }

    fn provided(&self) -> Option<&'static ProvidedInstances> {
        // SAFETY: null, or what `bind` stored, which is `'static` and only read.
        unsafe { self.provided.load(Ordering::Acquire).as_ref() }
    }

    /// Has this done with the instance under a key.
    ///
    /// # Safety
    ///
    /// The keys are of the type `K`.
    unsafe fn with<K: Boundary, R>(
        &self,
        (module, name): (&'static str, &'static str),
        key: K,
        exclusive: bool,
        work: impl FnOnce(*mut (), &'static ProvidedInstances) -> R,
    ) -> Result<R, ReachError> {
        let Some(provided) = self.provided() else {
            panic!(
                "`{name}` of module `{module}` was called where there is no host: let what is tested take what \
                 it calls as an argument"
            );
        };
        let mut key = ManuallyDrop::new(key.into_wire());
        let mut job = Job {
            work: Some(work),
            provided,
            ended: None,
        };
        let mut panic = MaybeUninit::<Panic>::uninit();
        let (do_work, context) = job.parts();
        let key_at = (&raw mut key).cast();
        // SAFETY: the keys are of this type, by the caller; the job lives until this returns, and is done at most
        // once; there is room for a panic.
        let status = unsafe {
            (provided.with)(
                provided.data,
                key_at,
                exclusive,
                do_work,
                context,
                panic.as_mut_ptr(),
            )
        };
        let error = match status {
            REACHED => {
                return match job.ended {
                    Some(Ok(done)) => Ok(done),
                    Some(Err(payload)) => panic::resume_unwind(payload),
                    None => unreachable!("bug in hotmod: the host said that it used an instance"),
                };
            }
            NOT_LOADED => ReachError::NotLoaded { module },
            NOT_BUILT => ReachError::NotBuilt { module, name },
            OF_OTHERS => ReachError::OfOthers { module, name },
            NO_INSTANCE => ReachError::NoInstance { name },
            IN_USE => ReachError::InUse { name },
            LEFT_IN_USE => ReachError::LeftInUse { name },
            _ => {
                // SAFETY: any other status says that the panic is written.
                unsafe { panic.assume_init() }.resume()
            }
        };
        if matches!(status, NOT_LOADED | NOT_BUILT | OF_OTHERS) {
            // SAFETY: it was not taken, and is not used any more.
            unsafe { ManuallyDrop::drop(&mut key) };
        }
        Err(error)
    }
}

/// Work that the host has done.
struct Job<F, R> {
    work: Option<F>,
    provided: &'static ProvidedInstances,
    ended: Option<std::thread::Result<R>>,
}

impl<R, F: FnOnce(*mut (), &'static ProvidedInstances) -> R> Job<F, R> {
    fn parts(&mut self) -> (Work, *mut ()) {
        (Self::run, std::ptr::from_mut(self).cast())
    }

    /// As [`Work`].
    unsafe extern "C" fn run(context: *mut (), used: *mut ()) {
        // SAFETY: it is called with the job that it is of, which lives and which nothing else uses meanwhile.
        let job = unsafe { &mut *context.cast::<Self>() };
        let Some(work) = job.work.take() else {
            return;
        };
        let provided = job.provided;
        // A panic must not leave the module here. It goes on once the host has given the instance back.
        let ended = panic::catch_unwind(AssertUnwindSafe(|| work(used, provided)));
        job.ended = Some(ended);
    }
}

/// The instances of a pool of another module, each under a key.
///
/// A static of this type is declared with [`#[hotmod::import]`](macro@crate::import#instances-of-other-modules), and
/// names a pool that the host has built under that name.
pub struct Pool<K, I: ?Sized> {
    reach: Reach,
    names: (&'static str, &'static str),
    of: PhantomData<fn(K) -> Box<I>>,
}

/// A shared instance of another module.
///
/// A static of this type is declared with [`#[hotmod::import]`](macro@crate::import#instances-of-other-modules), and
/// names an instance that the host has made under that name.
pub struct Instance<I: ?Sized> {
    reach: Reach,
    names: (&'static str, &'static str),
    of: PhantomData<fn() -> Box<I>>,
}

/// A key by which a module finds the instances of another one's pool. Implemented for every type that can be one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key by which a module finds instances of another one [HM-0925]",
    label = "not a key that crosses",
    note = "a key is cloned, and crosses by value: a number, a `String`, a tuple of such, or a type of your own that \
            derives `Clone` and `StableState`"
)]
pub trait ReachKey: Boundary + Clone + 'static {}

#[diagnostic::do_not_recommend]
impl<K: Boundary + Clone + 'static> ReachKey for K {}

/// What stands for instances of another module.
///
/// # Safety
///
/// `KEY` describes the keys, `INTERFACE` the methods, and `reach` gives out the way of a static of the type, whose
/// crossings are those of the interface.
pub unsafe trait Reaching: 'static {
    /// The type of the keys; `None` for a shared instance.
    const KEY: Option<&'static TypeRef>;

    /// The described types that the key mentions.
    const MENTIONED: Instances;

    /// The interface.
    const INTERFACE: &'static InterfaceDesc;

    /// Where it keeps the way.
    fn reach(&'static self) -> &'static Reach;
}

// SAFETY: `new` makes the way of the interface's crossings.
unsafe impl<K: ReachKey, I: Interface + ?Sized + 'static> Reaching for Pool<K, I> {
    const KEY: Option<&'static TypeRef> = Some(&K::TYPE);
    const MENTIONED: Instances = K::MENTIONED;
    const INTERFACE: &'static InterfaceDesc = I::DESC;

    fn reach(&'static self) -> &'static Reach {
        &self.reach
    }
}

// SAFETY: `new` makes the way of the interface's crossings.
unsafe impl<I: Interface + ?Sized + 'static> Reaching for Instance<I> {
    const KEY: Option<&'static TypeRef> = None;
    const MENTIONED: Instances = Instances::NONE;
    const INTERFACE: &'static InterfaceDesc = I::DESC;

    fn reach(&'static self) -> &'static Reach {
        &self.reach
    }
}

// The bounds of keys stand where keys are used, so that a type which is no key is told where it stands.
impl<K, I: Interface + ?Sized> Pool<K, I> {
    /// Named by generated code.
    #[doc(hidden)]
    pub const fn __of(module: &'static str, name: &'static str) -> Self {
        Pool {
            reach: Reach::new(I::CROSSINGS),
            names: (module, name),
            of: PhantomData,
        }
    }

    /// Calls methods of the instance under this key. No other thread uses it meanwhile, nor the host; it is taken
    /// to the version that it follows first.
    ///
    /// A panic of the closure is passed on. Threads that use two instances at once have to take them in the same
    /// order.
    ///
    /// # Errors
    ///
    /// [`ReachError`]: the other module is not loaded; the host has no such pool; there is no instance under the
    /// key, or this thread uses it already, directly or by way of other modules; or a call gave no result.
    pub fn call<R>(
        &self,
        key: &K,
        work: impl for<'call> FnOnce(&mut Reached<'call, I>) -> Result<R, CallError>,
    ) -> Result<R, ReachError>
    where
        K: ReachKey,
    {
        let work = |used, provided| work(&mut Reached::new(used, provided));
        // SAFETY: the keys are of this type.
        let done = unsafe { self.reach.with(self.names, key.clone(), true, work) };
        Ok(done??)
    }

    /// Calls `&self` methods of the instance under this key, which other threads may read meanwhile. It stays at its
    /// version.
    ///
    /// # Errors
    ///
    /// As [`call`](Pool::call).
    pub fn call_shared<R>(
        &self,
        key: &K,
        work: impl for<'call> FnOnce(&Reached<'call, I>) -> Result<R, CallError>,
    ) -> Result<R, ReachError>
    where
        K: ReachKey,
        I: Sync,
    {
        let work = |used, provided| work(&Reached::new(used, provided));
        // SAFETY: the keys are of this type.
        let done = unsafe { self.reach.with(self.names, key.clone(), false, work) };
        Ok(done??)
    }
}

impl<I: Interface + ?Sized> Instance<I> {
    /// Named by generated code.
    #[doc(hidden)]
    pub const fn __of(module: &'static str, name: &'static str) -> Self {
        Instance {
            reach: Reach::new(I::CROSSINGS),
            names: (module, name),
            of: PhantomData,
        }
    }

    /// Calls methods of the instance, as [`Pool::call`] does.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn call<R>(
        &self,
        work: impl for<'call> FnOnce(&mut Reached<'call, I>) -> Result<R, CallError>,
    ) -> Result<R, ReachError> {
        let work = |used, provided| work(&mut Reached::new(used, provided));
        // SAFETY: what has no keys is kept under `()`.
        let done = unsafe { self.reach.with(self.names, (), true, work) };
        Ok(done??)
    }

    /// Calls `&self` methods of the instance, as [`Pool::call_shared`] does.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn call_shared<R>(
        &self,
        work: impl for<'call> FnOnce(&Reached<'call, I>) -> Result<R, CallError>,
    ) -> Result<R, ReachError>
    where
        I: Sync,
    {
        let work = |used, provided| work(&Reached::new(used, provided));
        // SAFETY: as in `call`.
        let done = unsafe { self.reach.with(self.names, (), false, work) };
        Ok(done??)
    }
}

/// An instance of another module, lent to a closure. It has the methods of the interface `I`, each of which returns
/// `Result<T, CallError>`.
pub struct Reached<'call, I: Interface + ?Sized>(I::Client<ReachedState<'call>>);

impl<I: Interface + ?Sized> Reached<'_, I> {
    fn new(used: *mut (), provided: &'static ProvidedInstances) -> Self {
        Reached(I::client(ReachedState {
            used,
            provided,
            interface: I::DESC,
            call: PhantomData,
        }))
    }
}

impl<'call, I: Interface + ?Sized> Deref for Reached<'call, I> {
    type Target = I::Client<ReachedState<'call>>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<I: Interface + ?Sized> DerefMut for Reached<'_, I> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

/// What carries the calls of a [`Reached`] instance.
///
/// Its lifetime is that of one closure and no other: so the instance cannot be kept, nor change places with
/// another one.
pub struct ReachedState<'call> {
    used: *mut (),
    provided: &'static ProvidedInstances,
    interface: &'static InterfaceDesc,
    call: PhantomData<fn(&'call ()) -> &'call ()>,
}

// SAFETY: the host was compared with the interface, calls the method at this place, and holds the instance for as
// long as the closure runs that was lent this.
unsafe impl Caller for ReachedState<'_> {
    unsafe fn shared<A, R: Boundary>(&self, index: usize, args: A) -> Result<R, CallError> {
        // SAFETY: the caller passes the arguments and the result of the method at `index`.
        unsafe { self.call(index, args) }
    }

    unsafe fn exclusive<A, R: Boundary>(&mut self, index: usize, args: A) -> Result<R, CallError> {
        // SAFETY: the caller passes the arguments and the result of the method at `index`.
        unsafe { self.call(index, args) }
    }
}

impl ReachedState<'_> {
    /// # Safety
    ///
    /// The method at this place takes these arguments and returns `R`.
    unsafe fn call<A, R: Boundary>(&self, index: usize, args: A) -> Result<R, CallError> {
        let mut args = ManuallyDrop::new(args);
        let mut output = MaybeUninit::<R::Wire>::uninit();
        let mut failed = MaybeUninit::<CallFailure>::uninit();
        let (args_at, output_at) = ((&raw mut args).cast(), output.as_mut_ptr().cast());
        // SAFETY: the caller knows the method; there is room for its result and for a failure.
        let status = unsafe {
            (self.provided.call)(self.used, index, args_at, output_at, failed.as_mut_ptr())
        };
        if status == DONE {
            // SAFETY: so the result is written.
            return Ok(R::from_wire(unsafe { output.assume_init() }));
        }
        if status == ABSENT {
            // SAFETY: the arguments were not taken, and are not used any more.
            unsafe { ManuallyDrop::drop(&mut args) };
        }
        // SAFETY: every status but `DONE` says that the failure is written.
        let failed = unsafe { failed.assume_init() };
        Err(self.failure(index, status, failed))
    }

    #[cold]
    fn failure(&self, index: usize, status: u8, failed: CallFailure) -> CallError {
        let CallFailure {
            version,
            panic,
            unfit,
            ran,
        } = failed;
        let method = self.interface.methods.get(index).map_or("", |it| it.name);
        let export = format!("{}::{method}", self.interface.name);
        let version = version.as_str().to_owned();
        let unfit = unfit.into_iter();
        let unfit = unfit.map(|Tuple2(path, why)| (path.into(), why.into()));
        match (status, panic) {
            (PANICKED, ROption::RSome(panic)) => {
                panic.into_error_with(export, version, unfit.collect())
            }
            (UNFIT, _) => {
                CallError::Unfit(Box::new(Unfit::new(export, version, unfit.collect(), ran)))
            }
            _ => CallError::Absent(Box::new(Absent::new(export, version))),
        }
    }
}

/// Why a module could not use an instance of another one.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReachError {
    /// The other module is not loaded.
    #[non_exhaustive]
    NotLoaded {
        /// The module.
        module: &'static str,
    },
    /// The host has no pool or shared instance of that name.
    #[non_exhaustive]
    NotBuilt {
        /// The module.
        module: &'static str,
        /// The name of the pool or instance.
        name: &'static str,
    },
    /// What the host has under that name is of another module, or has keys of another type.
    #[non_exhaustive]
    OfOthers {
        /// The module.
        module: &'static str,
        /// The name of the pool or instance.
        name: &'static str,
    },
    /// There is no instance under the key.
    #[non_exhaustive]
    NoInstance {
        /// The name of the pool.
        name: &'static str,
    },
    /// The thread is in a use of this very instance, and would wait for itself.
    #[non_exhaustive]
    InUse {
        /// The name of the pool or instance.
        name: &'static str,
    },
    /// The module is rehearsed, in a copy of the process, and another thread used the instance when that was
    /// made: no other thread goes on there, so the instance would never be free.
    #[non_exhaustive]
    LeftInUse {
        /// The name of the pool or instance.
        name: &'static str,
    },
    /// A call of the instance gave no result. It can still be used.
    Call(CallError),
}

impl fmt::Display for ReachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What another error says has the code of that one.
        let is_own = !matches!(self, ReachError::Call(_));
        coded(f, is_own.then(|| self.code()), |f| match self {
            ReachError::NotLoaded { module } => write!(f, "module `{module}` is not loaded"),
            ReachError::NotBuilt { module, name } => write!(
                f,
                "the host has no pool or instance `{name}` of module `{module}`\n  help: have the host build it \
                 under that name: `Pool::builder(&module).name(\"{name}\")`, or `SharedInstance::builder(&module).name(\"{name}\")`"
            ),
            ReachError::OfOthers { module, name } => write!(
                f,
                "what the host has as `{name}` is not of module `{module}`, or has keys of another type"
            ),
            ReachError::NoInstance { name } => {
                write!(f, "the pool `{name}` has no instance under this key")
            }
            ReachError::InUse { name } => write!(
                f,
                "this thread uses this instance of `{name}` already, and would wait for itself"
            ),
            ReachError::LeftInUse { name } => write!(
                f,
                "this instance of `{name}` was in use by another thread when the process was copied, and stays in \
                 use in the copy\n  help: rehearse again, or let the version do without the instance until it \
                 is called"
            ),
            ReachError::Call(error) => error.fmt(f),
        })
    }
}

/// As [`Display`](fmt::Display).
impl fmt::Debug for ReachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ReachError {
    /// The code of this kind of error, whose page `cargo hotmod explain` prints.
    pub fn code(&self) -> Code {
        match self {
            ReachError::NotLoaded { .. } => codes::NOT_LOADED,
            ReachError::NotBuilt { .. } => codes::NOT_BUILT,
            ReachError::OfOthers { .. } => codes::OF_OTHERS,
            ReachError::NoInstance { .. } => codes::INSTANCE_ABSENT,
            ReachError::InUse { .. } => codes::IN_USE_BY_THIS_THREAD,
            ReachError::LeftInUse { .. } => codes::LEFT_IN_USE,
            ReachError::Call(error) => error.code(),
        }
    }
}

impl Error for ReachError {}

impl From<CallError> for ReachError {
    fn from(error: CallError) -> Self {
        ReachError::Call(error)
    }
}

impl From<ReachError> for String {
    fn from(error: ReachError) -> String {
        error.to_string()
    }
}
