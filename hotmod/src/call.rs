//! The way of one call across the boundary: what the host passes, what the module's shim does with
//! it, and what comes back.
//!
//! ```text
//! host: client method → Caller → invoke ──► module: shim → run → the user's function
//! ```
//!
//! Both halves are here, generic over the arguments and the result, so that they cannot disagree.
//!
//! This room has all that a call needs on both sides: shims here, conversions in [`boundary`]. It stands
//! above `state` and `root`, and never imports what is marked, nor the callers.

mod backtrace;
pub mod boundary;
pub mod future;
pub mod host_future;
pub mod local;
pub mod passing;

use std::any::Any;
use std::fmt;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{self, AssertUnwindSafe};

use abi_stable::std_types::{ROption, RString, RVec};

pub use crate::call::backtrace::Backtrace;
use crate::call::boundary::{Args, Boundary, LentForTheCall};
use crate::codes::{self, Code, coded};
use crate::printed::lines;
use crate::root::panic_hook::{self, PanicLocation};

/// The one form of every function that a module exports.
///
/// Takes the state (dangling for a free function), the arguments as a [`Cons`](crate::call::boundary::Cons)
/// that it takes ownership of, room for the result and room for a [`Panic`]. Returns [`DONE`] with
/// the result written or [`PANICKED`] with the panic written.
pub type Shim =
    unsafe extern "C" fn(state: *mut (), args: *mut (), output: *mut (), panic: *mut ()) -> u8;

/// The function returned, and the result is written.
pub const DONE: u8 = 0;
/// The function panicked, and the [`Panic`] is written.
pub const PANICKED: u8 = 1;

/// There is nothing to call: nothing was taken or written. Said by what leads from one module to another.
pub const ABSENT: u8 = 3;

/// A panic, as it leaves the module.
#[repr(C)]
pub struct Panic {
    message: RString,
    location: ROption<PanicLocation>,
    /// The stack; none if it was not asked for.
    addresses: RVec<usize>,
}

impl Panic {
    /// What a thread panicked with, as `catch_unwind` gives it. The payload is dropped; if that panics, its own
    /// panic is given up.
    pub fn new(payload: Box<dyn Any + Send>) -> Self {
        let text = match payload.downcast_ref::<&str>() {
            Some(text) => Some(*text),
            None => payload.downcast_ref::<String>().map(String::as_str),
        };
        let (location, addresses) = panic_hook::take(text.unwrap_or_default());
        let message = text.unwrap_or("a value that is not text").into();
        // A payload may panic again when it is dropped, and that panic's payload too: give up on
        // the second one rather than let it leave the module.
        if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(second);
            panic_hook::forget();
        }
        Panic {
            message,
            location: location.into(),
            addresses,
        }
    }

    /// A panic that was not raised, with this message: what a host hands to a module whose call of an import
    /// failed.
    pub fn saying(message: &str) -> Self {
        Panic {
            message: message.into(),
            location: ROption::RNone,
            addresses: RVec::new(),
        }
    }

    /// What the panic said.
    pub fn message(&self) -> &str {
        self.message.as_str()
    }

    /// Where it was raised, in the caller's own memory.
    pub fn location(&self) -> Option<Location> {
        self.location
            .as_ref()
            .into_option()
            .map(|location| Location {
                file: location.file.as_str().to_owned(),
                line: location.line,
                column: location.column,
            })
    }

    /// Continues the panic of a function that the host provides, in the module that called it. It is located
    /// at the call; the host's own hook has told where it began.
    #[cold]
    #[track_caller]
    pub(crate) fn resume(self) -> ! {
        panic::panic_any(self.message.as_str().to_owned())
    }

    /// The error that the caller gets, all of it in the caller's own memory.
    #[cold]
    pub fn into_error(self, export: String, version: String) -> CallError {
        self.into_error_with(export, version, Vec::new())
    }

    /// The same, with the values that the function left in arguments and that do not fit, by path and reason.
    #[cold]
    pub fn into_error_with(
        self,
        export: String,
        version: String,
        unfit: Vec<(String, String)>,
    ) -> CallError {
        CallError::Panicked(Box::new(Panicked {
            export,
            version,
            message: self.message().to_owned(),
            location: self.location(),
            backtrace: Backtrace::new(self.addresses.as_slice()),
            unfit,
        }))
    }
}

/// A place in the source of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file, as the module's compiler saw it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            write!(f, "{}:{}:{}", self.file, self.line, self.column)
        })
    }
}

/// Why a call gave no result. The instance and the host go on.
///
/// It is small, since every call makes room for it, also a call that gives a result.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// The function panicked.
    Panicked(Box<Panicked>),
    /// The version has no such method, which its interface allows.
    Absent(Box<Absent>),
    /// A value did not fit the other side, which was compiled with another interface.
    Unfit(Box<Unfit>),
    /// The call was suspended in a version that was left, and its host cancels those after a time.
    Cancelled(Box<Cancelled>),
}

/// A call that was cancelled by its host, as [`CallError::Cancelled`] tells of it. What it had done by then is done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cancelled {
    /// The export, as `Game::hello` or `damage`.
    pub export: String,
    /// The version of the module in which it was suspended.
    pub version: String,
}

impl Cancelled {
    /// A call of this export of a version.
    pub fn new(export: String, version: String) -> Self {
        Cancelled { export, version }
    }
}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, codes::CALL_CANCELLED, |f| {
            let Cancelled { export, version } = self;
            write!(
                f,
                "`{export}` of version {version} was cancelled where it was suspended, since another version has \
                 taken its place"
            )
        })
    }
}

/// A method that a version does not have, as [`CallError::Absent`] tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Absent {
    /// The method, as `Game::hello`.
    pub method: String,
    /// The version of the module.
    pub version: String,
}

impl Absent {
    /// This version has no such method.
    pub fn new(method: String, version: String) -> Self {
        Absent { method, version }
    }
}

/// A value that the other side has no place for, as [`CallError::Unfit`] tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unfit {
    /// The export, as `Game::hello` or `damage`.
    pub export: String,
    /// The version of the module.
    pub version: String,
    /// Where the value is: `(message).id`, or `() -> [3].id`.
    pub path: String,
    /// What does not fit, and why.
    pub value: String,
    /// Whether the export ran. If it did, what does not fit is its result, or a value that it left in a
    /// `&mut` argument: that value is as the caller had it, and the rest of the argument is as the export
    /// left it.
    pub ran: bool,
    /// Further values that do not fit, by path and reason.
    pub more: Vec<(String, String)>,
}

impl Unfit {
    /// For an export of a version; `values` are those that do not fit, by path and reason.
    pub fn new(
        export: String,
        version: String,
        mut values: Vec<(String, String)>,
        ran: bool,
    ) -> Self {
        let more = values.split_off(values.len().min(1));
        let (path, value) = values.pop().unwrap_or_default();
        Unfit {
            export,
            version,
            path,
            value,
            ran,
            more,
        }
    }
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, codes::METHOD_LACKING, |f| {
            let Absent { method, version } = self;
            write!(f, "version {version} has no `{method}`")
        })
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, codes::CALL_UNFIT, |f| {
            let Unfit {
                export,
                version,
                path,
                value,
                ran,
                more,
            } = self;
            write!(f, "`{export}` of version {version} ")?;
            match (ran, path.starts_with("() ->")) {
                (true, true) => f.write_str("ran, and what it returned does not fit: ")?,
                (true, false) => f.write_str(
                    "ran, and what it left there does not fit, so that the caller's value stays: ",
                )?,
                (false, _) => f.write_str("was not called: ")?,
            }
            write!(f, "{export}{path}: {value}")?;
            more.iter()
                .try_for_each(|(path, value)| write!(f, "; {export}{path}: {value}"))
        })
    }
}

/// A panic in an export, as [`CallError::Panicked`] tells of it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Panicked {
    /// The export, as `Game::hello` or `damage`.
    pub export: String,
    /// The version of the module that ran.
    pub version: String,
    /// What the panic said.
    pub message: String,
    /// Where it was raised.
    pub location: Option<Location>,
    /// The stack, where `RUST_BACKTRACE` asks for it.
    pub backtrace: Option<Backtrace>,
    /// The values that it had left in `&mut` arguments and that do not fit the caller's types: where each is,
    /// and why it does not fit. There the caller's values are unchanged.
    pub unfit: Vec<(String, String)>,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| match self {
            CallError::Panicked(panicked) => panicked.fmt(f),
            CallError::Absent(absent) => absent.fmt(f),
            CallError::Unfit(unfit) => unfit.fmt(f),
            CallError::Cancelled(cancelled) => cancelled.fmt(f),
        })
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        coded(f, codes::CALL_PANICKED, |f| {
            let Panicked {
                export,
                version,
                message,
                location,
                unfit,
                ..
            } = self;
            write!(f, "`{export}` of version {version} panicked")?;
            if let Some(location) = location {
                write!(f, " at {location}")?;
            }
            write!(f, ": {message}")?;
            unfit.iter().try_for_each(|(path, value)| {
                write!(f, "; what it left in {export}{path} does not fit: {value}")
            })
        })
    }
}

/// As [`Display`](fmt::Display): what a `main` that returns it prints.
impl fmt::Debug for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// As [`Display`](fmt::Display): it stands in a [`CallError`].
impl fmt::Debug for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl CallError {
    /// The code of this kind of error, whose page `cargo hotmod explain` prints.
    pub fn code(&self) -> Code {
        match self {
            CallError::Panicked(_) => codes::CALL_PANICKED,
            CallError::Absent(_) => codes::METHOD_LACKING,
            CallError::Unfit(_) => codes::CALL_UNFIT,
            CallError::Cancelled(_) => codes::CALL_CANCELLED,
        }
    }
}

impl std::error::Error for CallError {}

static_assertions::assert_eq_size!(CallError, [usize; 2]);

/// Runs an export on behalf of its shim: takes the arguments, catches a panic before it leaves the
/// module, writes the result or the panic.
///
/// # Safety
///
/// - `args` points to an `A` that this call owns.
/// - `output` may be written with a `W`, `panic` with a [`Panic`].
pub unsafe fn run<A: Args, W>(
    args: *mut (),
    output: *mut (),
    panic: *mut (),
    export: impl FnOnce(LentForTheCall<'_>, A) -> W,
) -> u8 {
    let export = || {
        // SAFETY: the caller gives up the `A` that `args` points to.
        let args = unsafe { A::take(args.cast::<A>()) };
        LentForTheCall::during(|call| export(call, args))
    };
    match panic::catch_unwind(AssertUnwindSafe(export)) {
        Ok(wire) => {
            // SAFETY: `output` has room for a `W`.
            unsafe { output.cast::<W>().write(wire) };
            DONE
        }
        Err(payload) => {
            // SAFETY: `panic` has room for a `Panic`.
            unsafe { panic.cast::<Panic>().write(Panic::new(payload)) };
            PANICKED
        }
    }
}

/// Calls an export through its shim: the host's half of [`run`].
///
/// # Safety
///
/// - `shim` is that of an export whose arguments cross as `A` and whose result crosses as `W`.
/// - `state` is what that export expects: the state it is a method of, borrowed as its receiver
///   says for the duration of the call.
#[inline(always)]
pub unsafe fn invoke<A, W>(shim: Shim, state: *mut (), args: A) -> Result<W, Box<Panic>> {
    // SAFETY: the shim's export has these arguments and this result, and `state` is its state.
    let call = |args, output, panic| unsafe { shim(state, args, output, panic) };
    // SAFETY: so `call` does what a shim does.
    unsafe { invoke_by(args, call) }
}

/// Calls an export by `call`, which goes through its shim.
///
/// # Safety
///
/// `call`, with arguments that it takes, room for the result and room for a panic, does what the
/// shim of an export does whose arguments cross as `A` and whose result crosses as `W`.
#[inline(always)]
pub unsafe fn invoke_by<A, W>(
    args: A,
    call: impl FnOnce(*mut (), *mut (), *mut ()) -> u8,
) -> Result<W, Box<Panic>> {
    let otherwise = |_, [_, _, panic]: [*mut (); 3]| {
        // SAFETY: every status but `DONE` says that `run` wrote the panic.
        Err(boxed(|| unsafe { panic.cast::<Panic>().read() }))
    };
    // SAFETY: `call` does what a shim does, by the caller; `otherwise` never returns `Ok`.
    unsafe { invoke_or(args, call, otherwise) }
}

/// Calls an export by `call`, which goes through its shim. Where `call` does not return [`DONE`], `otherwise`
/// gives the result in its place, or an error.
///
/// # Safety
///
/// - Where `call` returns [`DONE`], it did what the shim of an export does whose arguments cross as `A`
///   and whose result crosses as `W`.
/// - Where `otherwise` returns `Ok`, it did the same. It is given what `call` returned, and the same
///   pointers.
#[inline(always)]
pub unsafe fn invoke_or<A, W, E>(
    args: A,
    call: impl FnOnce(*mut (), *mut (), *mut ()) -> u8,
    otherwise: impl FnOnce(u8, [*mut (); 3]) -> Result<(), E>,
) -> Result<W, E> {
    // The shim takes ownership of the arguments, also when it panics.
    let mut args = ManuallyDrop::new(args);
    let mut output = MaybeUninit::<W>::uninit();
    let mut panic = MaybeUninit::<Panic>::uninit();
    let room = [
        (&raw mut args).cast(),
        output.as_mut_ptr().cast(),
        panic.as_mut_ptr().cast(),
    ];
    let status = call(room[0], room[1], room[2]);
    if status != DONE {
        otherwise(status, room)?;
    }
    // SAFETY: by the caller, the result is written after `DONE`, and after an `Ok` of `otherwise`.
    Ok(unsafe { output.assume_init() })
}

/// A function of its own, out of the way of calls that do not panic.
#[cold]
#[inline(never)]
fn boxed(panic: impl FnOnce() -> Panic) -> Box<Panic> {
    Box::new(panic())
}

/// What carries the calls of an interface's client to a module: the host's side of an instance.
///
/// # Safety
///
/// `shared` and `exclusive` call the method of the interface at this place of its description, on
/// a state that is borrowed for the call as the receiver says.
pub unsafe trait Caller {
    /// Calls a `&self` method.
    ///
    /// # Safety
    ///
    /// The method at `index` takes `&self`, its arguments cross as `A`, and it returns `R`.
    unsafe fn shared<A, R: Boundary>(&self, index: usize, args: A) -> Result<R, CallError>;

    /// Calls a `&mut self` method.
    ///
    /// # Safety
    ///
    /// The method at `index` takes `&mut self`, its arguments cross as `A`, and it returns `R`.
    unsafe fn exclusive<A, R: Boundary>(&mut self, index: usize, args: A) -> Result<R, CallError>;
}

/// A [`Caller`] that has `async` methods awaited.
///
/// # Safety
///
/// As for [`Caller`]: the futures call the method at this place, on a state that is borrowed for as long as they live.
/// They may be sent to another thread if the arguments may; of `&self` methods this rests on an interface that is
/// `Sync`, which `#[hotmod::interface]` asks for.
#[diagnostic::on_unimplemented(
    message = "an `async` method cannot be called from here [HM-0925]",
    label = "only a host awaits the methods of instances",
    note = "a module calls methods of another module's instances that are no `async fn`; let the host await this one, \
            in an `async` import"
)]
pub unsafe trait AsyncCaller: Caller {
    /// A call of a `&self` method.
    type Shared<'a, A, R: Boundary>: Future<Output = Result<R, CallError>>
    where
        Self: 'a;

    /// A call of a `&mut self` method.
    type Exclusive<'a, A, R: Boundary>: Future<Output = Result<R, CallError>>
    where
        Self: 'a;

    /// Calls a `&self` method when the future is polled.
    ///
    /// # Safety
    ///
    /// The method at `index` takes `&self`, its arguments cross as `A`, and its future is ready with `R`. What it is
    /// lent lives as long as the future.
    unsafe fn begin_shared<A, R: Boundary>(&self, index: usize, args: A) -> Self::Shared<'_, A, R>;

    /// Calls a `&mut self` method when the future is polled.
    ///
    /// # Safety
    ///
    /// As for `begin_shared`, of a method that takes `&mut self`.
    unsafe fn begin_exclusive<A, R: Boundary>(
        &mut self,
        index: usize,
        args: A,
    ) -> Self::Exclusive<'_, A, R>;
}
