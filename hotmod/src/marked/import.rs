//! Imports: functions that a module calls and its host gives.
//!
//! ```text
//! module: the declared function → Import::call → invoke ──► host: shim → run → the provided function
//! ```
//!
//! The same way as that of an export, with the sides exchanged: one form of shim, arguments and a
//! result that cross in the same forms, and a panic that is caught on the side that it began on.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::call::boundary::Boundary;
use crate::call::host_future::{Awaiting, HostFuture};
use crate::call::passing::CrossingTable;
use crate::call::{ABSENT, Panic, Shim, invoke, invoke_or};
use crate::codes::{self, coded};
use crate::describe::InterfaceDesc;
use crate::root::values;
use crate::state::Registry;

/// What a host provides for an import: a shim, and what it is to be called with in place of a state.
#[repr(C)]
pub struct Provided {
    shim: Shim,
    function: *mut (),
    /// Whether there is something to call now, asked with the same.
    is_there: unsafe extern "C" fn(function: *mut ()) -> bool,
}

// SAFETY: `new` requires that any thread may call the shim with the function.
unsafe impl Send for Provided {}
// SAFETY: as for `Send`.
unsafe impl Sync for Provided {}

impl Provided {
    /// A function of the host.
    ///
    /// # Safety
    ///
    /// For as long as the value lives, any thread may call `shim` with `function` as the state.
    pub const unsafe fn new(shim: Shim, function: *mut ()) -> Self {
        Provided {
            shim,
            function,
            is_there: always,
        }
    }

    /// What leads to a function that may come and go, such as that of another module. Where there is none, the
    /// shim returns [`ABSENT`].
    ///
    /// # Safety
    ///
    /// As for [`new`](Provided::new); the same holds of `is_there`.
    pub const unsafe fn passing_on(
        shim: Shim,
        function: *mut (),
        is_there: unsafe extern "C" fn(function: *mut ()) -> bool,
    ) -> Self {
        Provided {
            shim,
            function,
            is_there,
        }
    }

    /// Calls the function, as a shim with what it belongs to.
    ///
    /// # Safety
    ///
    /// What is passed is what the function takes, and room for its result and for a panic.
    pub unsafe fn call(&self, args: *mut (), output: *mut (), panic: *mut ()) -> u8 {
        // SAFETY: the caller's.
        unsafe { (self.shim)(self.function, args, output, panic) }
    }

    /// Whether there is something to call now.
    pub fn is_there(&self) -> bool {
        // SAFETY: it is asked with what it was made for.
        unsafe { (self.is_there)(self.function) }
    }
}

unsafe extern "C" fn always(_: *mut ()) -> bool {
    true
}

/// Where a module keeps the way to one of its imports; private to the declared function, and given
/// out to the host by an exported one.
#[repr(C)]
pub struct Import {
    provided: AtomicPtr<Provided>,
    crossing: &'static CrossingTable,
}

impl Import {
    /// An import that no host provides yet.
    pub const fn new(crossing: &'static CrossingTable) -> Self {
        Import {
            provided: AtomicPtr::new(std::ptr::null_mut()),
            crossing,
        }
    }

    /// What a host can do with what the import takes and returns.
    pub fn crossing(&self) -> &'static CrossingTable {
        self.crossing
    }

    /// Calls of the import enter this function from now on.
    ///
    /// # Safety
    ///
    /// The function takes and returns what the import's record says.
    pub unsafe fn bind(&self, provided: &'static Provided) {
        let provided = std::ptr::from_ref(provided).cast_mut();
        // Release: a thread that sees the pointer sees what it points to.
        self.provided.store(provided, Ordering::Release);
    }

    /// Whether a host provides it: the host of the call that the thread is in, where several have linked the module.
    #[inline]
    pub fn is_bound(&self) -> bool {
        self.is_there()
    }

    /// Whether there is something to call now.
    pub fn is_there(&self) -> bool {
        self.provided().is_some_and(Provided::is_there)
    }

    #[inline]
    fn provided(&self) -> Option<&'static Provided> {
        // SAFETY: null, or what `bind` stored, which is `'static` and only read.
        unsafe { self.provided.load(Ordering::Acquire).as_ref() }
    }

    /// Calls the host's function.
    ///
    /// # Panics
    ///
    /// If that panics, with the same message; if there is no host.
    ///
    /// # Safety
    ///
    /// The import takes `A`, as it crosses, and returns `R`.
    #[inline]
    #[track_caller]
    pub unsafe fn call<A, R: Boundary>(&self, name: &str, args: A) -> R {
        let Some(provided) = self.provided() else {
            unbound(name);
        };
        // SAFETY: `bind` was given a function of the import's type, which is that of `A` and `R`,
        // and its shim.
        match unsafe { invoke::<A, R::Wire>(provided.shim, provided.function, args) } {
            Ok(wire) => R::from_wire(wire),
            Err(panic) => panic.resume(),
        }
    }
}

impl Import {
    /// Begins a call of the host's function that is `async`.
    ///
    /// # Panics
    ///
    /// If the host's function panics before it has made a future; if there is no host.
    ///
    /// # Safety
    ///
    /// The import takes `A`, as it crosses, and its future is ready with `R`.
    pub unsafe fn begin<A, R: Boundary>(&self, name: &str, args: A) -> Awaiting<R> {
        let Some(provided) = self.provided() else {
            unbound(name);
        };
        // SAFETY: `bind` was given an `async` function of the import's type, whose shim returns a future.
        match unsafe { invoke::<A, HostFuture>(provided.shim, provided.function, args) } {
            // SAFETY: the host has just made it, for this import.
            Ok(future) => unsafe { Awaiting::new(future) },
            Err(panic) => panic.resume(),
        }
    }

    /// Calls a function that may come and go. `None` if there is none: then nothing was called.
    ///
    /// # Panics
    ///
    /// As [`call`](Import::call).
    ///
    /// # Safety
    ///
    /// The import takes `A`, as it crosses, and returns `R`.
    #[inline]
    #[track_caller]
    pub unsafe fn call_if_there<A, R: Boundary>(&self, name: &str, args: A) -> Option<R> {
        let Some(provided) = self.provided() else {
            unbound(name);
        };
        let call = |args, output, panic| {
            // SAFETY: `bind` was given a function of the import's type, which is that of `A` and `R`, and
            // its shim.
            unsafe { (provided.shim)(provided.function, args, output, panic) }
        };
        let otherwise = |status, room| {
            // SAFETY: the shim was given these, and ended so.
            Err(unsafe { not_called::<A>(status, room) })
        };
        // SAFETY: `call` does what a shim does, and `otherwise` never says that it is done.
        match unsafe { invoke_or::<A, R::Wire, Option<Box<Panic>>>(args, call, otherwise) } {
            Ok(wire) => Some(R::from_wire(wire)),
            Err(None) => None,
            Err(Some(panic)) => panic.resume(),
        }
    }
}

/// What became of a call that did not return: the panic, or nothing if it was not made.
///
/// # Safety
///
/// A shim ended with this status, which is not [`DONE`](crate::call::DONE), and was given these: arguments that
/// cross as `A`, room for the result and for a panic.
#[cold]
unsafe fn not_called<A>(status: u8, [args, _, panic]: [*mut (); 3]) -> Option<Box<Panic>> {
    if status == ABSENT {
        // SAFETY: a shim that says so has left the arguments, which belong to the call.
        unsafe { args.cast::<A>().drop_in_place() };
        return None;
    }
    // SAFETY: every other status says that the panic is written.
    Some(Box::new(unsafe { panic.cast::<Panic>().read() }))
}

/// Where a module keeps the ways to imports that it declares together: what an exported function gives out to
/// the host.
#[repr(C)]
pub struct ImportTable {
    places: *const Import,
    count: usize,
}

impl ImportTable {
    /// That of these.
    pub const fn of(places: &'static [Import]) -> Self {
        ImportTable {
            places: places.as_ptr(),
            count: places.len(),
        }
    }

    /// That of one import.
    pub const fn one(place: &'static Import) -> Self {
        ImportTable::of(std::slice::from_ref(place))
    }

    /// The places, in the order of the record.
    pub fn places(&self) -> &'static [Import] {
        // SAFETY: `of`, the only constructor, took both from one `&'static` slice, in an image that
        // is never unmapped.
        unsafe { std::slice::from_raw_parts(self.places, self.count) }
    }
}

/// `dyn Trait` of a trait that `#[hotmod::import]` was put on.
///
/// # Safety
///
/// - `DESC` lists the trait's methods, in their order, as they are but for the receiver, each as
///   `Trait::method`.
/// - `CROSSINGS` has, for each of them, what it takes and returns.
/// - The handle calls method `n` of `DESC` by place `n`, with the arguments and the result described there.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no trait of functions that a host provides [HM-0930]",
    label = "not `dyn Trait` of a trait marked `#[hotmod::import]`",
    note = "put `#[hotmod::import]` on the trait, in a crate that host and module link, and name it as \
            `dyn Trait`"
)]
pub unsafe trait Imported {
    /// The trait's name and methods.
    const DESC: &'static InterfaceDesc;

    /// What a host can do with what the methods take and return.
    const CROSSINGS: &'static [CrossingTable];

    /// What a module calls.
    type Handle: 'static;

    /// One that no host was given yet.
    const HANDLE: Self::Handle;

    /// Where a handle keeps the ways to the methods.
    fn places(handle: &'static Self::Handle) -> &'static [Import];

    /// Adds every described type that the signatures mention, as this side compiled it.
    fn register(types: &mut Registry);
}

/// The shims of such a trait for a type of the host that implements it.
///
/// # Safety
///
/// `SHIMS` has one shim for each method of `Imported::DESC`, in that order, each with that method's arguments
/// and result, which is called with a shared `S` in the place of a state.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no trait of functions that `{S}` provides [HM-0930]",
    label = "not `dyn Trait` of a trait marked `#[hotmod::import]` that `{S}` implements",
    note = "implement the trait for `{S}`: the compiler then says what is missing"
)]
pub unsafe trait ProvidedBy<S>: Imported {
    /// The shims.
    const SHIMS: &'static [Shim];
}

/// Whether the host provides the function of this name among these, which are kept in these places.
pub fn provides(places: &[Import], names: &[&str], name: &str) -> bool {
    let place = names.iter().position(|known| *known == name);
    place.is_some_and(|place| places[place].is_bound())
}

/// Neither the host nor another module provides an import that was called.
///
/// A module gets it from a call of an optional import whose result is a `Result` with an error that can be made
/// of it: of a type that implements `From<NotProvided>`, as `String` does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotProvided {
    /// The import, as `broadcast`.
    pub import: &'static str,
    /// The module that it is of; `None` if it is of the host.
    pub module: Option<&'static str>,
}

impl NotProvided {
    /// That of this import, which the host does not provide.
    pub fn new(import: &'static str) -> Self {
        NotProvided {
            import,
            module: None,
        }
    }

    /// That of this import, which is of a module that is not loaded or does not have it.
    pub fn by_module(import: &'static str, module: &'static str) -> Self {
        NotProvided {
            import,
            module: Some(module),
        }
    }
}

impl fmt::Display for NotProvided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NotProvided { import, module } = self;
        coded(f, codes::NOT_PROVIDED, |f| match module {
            None => write!(
                f,
                "the host does not provide the optional import `{import}`"
            ),
            Some(module) => write!(
                f,
                "the import `{import}` was not called: module `{module}` is not loaded, or has no such \
                 function"
            ),
        })
    }
}

impl Error for NotProvided {}

impl From<NotProvided> for String {
    fn from(absent: NotProvided) -> String {
        absent.to_string()
    }
}

/// What a call of an import comes to that nothing provides, where its result cannot say so.
#[cold]
#[track_caller]
pub(crate) fn absent(absent: &NotProvided) -> ! {
    match absent.import.split_once("::") {
        Some((_, method)) => panic!("{absent}: ask `provides(\"{method}\")` before the call"),
        None => panic!(
            "{absent}: ask `{}::is_provided()` before the call",
            absent.import
        ),
    }
}

/// What a call of an import comes to that a module cannot do without, and that was not there all the same: what
/// a module does on threads of its own may outlive the version that it does it in.
///
/// # Panics
///
/// Always.
#[cold]
#[track_caller]
pub fn lacking(absent: &NotProvided) -> ! {
    panic!("{absent}")
}

#[cold]
#[track_caller]
fn unbound(name: &str) -> ! {
    if !values::image().is_null() && name.starts_with("hotmod::") {
        panic!("`{name}` was called, and the host has no runtime (`HostBuilder::tokio`)")
    }
    if !values::image().is_null() {
        panic!(
            "the import `{name}` was called, and the host has stubs (`HostBuilder::stub_imports`): let what runs in a \
             migration, a check or a preflight do without it, or try it out in the server's own program \
             (`cargo hotmod try --host`)"
        )
    }
    if name.starts_with("hotmod::") {
        panic!(
            "`{name}` was called where there is no host: in a test of the module's own crate, call what does without \
             it; in a constructor, which runs before the module is loaded, nothing can be called"
        )
    }
    if name.contains("::") {
        panic!(
            "the import `{name}` was called where there is no host: in a test of the module's own crate, call \
             what takes the trait (`&impl Trait`) with a type that implements it; in a constructor, which runs \
             before the module is loaded, nothing can be called"
        )
    }
    panic!(
        "the import `{name}` was called where there is no host: in a test of the module's own \
         crate, #[hotmod::import(stand_in = path)] names what is called instead; in a constructor, \
         which runs before the module is loaded, nothing can be"
    )
}

#[cfg(test)]
mod tests {
    use abi_stable::std_types::{RStr, RString};

    use super::*;
    use crate::call::boundary::{Cons, LentForTheCall};
    use crate::call::passing::{Passing, make_no_param};
    use crate::call::run;

    type Args = Cons<u64, Cons<RStr<'static>, ()>>;

    unsafe extern "C" fn repeat(
        function: *mut (),
        args: *mut (),
        output: *mut (),
        panic: *mut (),
    ) -> u8 {
        let provided = |_: LentForTheCall<'_>, Cons(times, Cons(text, ())): Args| -> RString {
            // SAFETY: the test binds a function of this type.
            let function = unsafe { *function.cast::<fn(u64, &str) -> String>() };
            function(times, text.as_str()).into_wire()
        };
        // SAFETY: the test calls with these arguments and room for this result.
        unsafe { run(args, output, panic, provided) }
    }

    fn unbound_import() -> Import {
        const PARAMS: &[Passing] = &[u64::PASSING, <&str>::PASSING];
        static CROSSING: CrossingTable = CrossingTable::new(PARAMS, String::PASSING, make_no_param);
        Import::new(&CROSSING)
    }

    fn bound(function: fn(u64, &str) -> String) -> Import {
        let function = Box::leak(Box::new(function));
        // SAFETY: the shim is made for functions of this type, and this one lives for ever.
        let provided = unsafe { Provided::new(repeat, std::ptr::from_mut(function).cast()) };
        let import = unbound_import();
        // SAFETY: the tests call it with these arguments and for this result.
        unsafe { import.bind(Box::leak(Box::new(provided))) };
        import
    }

    fn call(import: &Import, times: u64, text: &'static str) -> String {
        // SAFETY: these are the arguments and the result of what is bound.
        unsafe { import.call::<Args, String>("repeat", Cons(times, Cons(text.into(), ()))) }
    }

    fn message(panic: impl FnOnce() -> String) -> String {
        let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(panic));
        let payload = payload.expect_err("a panic");
        *payload.downcast::<String>().expect("a text")
    }

    #[test]
    fn a_call_enters_what_was_bound() {
        let import = bound(|times, text| text.repeat(times as usize));
        assert!(import.is_bound());
        assert_eq!(call(&import, 3, "ab"), "ababab");
    }

    #[test]
    fn a_panic_of_the_host_goes_on_with_its_message() {
        let import = bound(|times, text| panic!("{text} {times}"));
        assert_eq!(message(|| call(&import, 7, "no")), "no 7");
        // The import is as good as before.
        assert_eq!(message(|| call(&import, 8, "no")), "no 8");
    }

    #[test]
    fn without_a_host_a_call_says_so() {
        let import = unbound_import();
        assert!(!import.is_bound());
        let said = message(|| call(&import, 1, "x"));
        assert!(
            said.starts_with("the import `repeat` was called where there is no host"),
            "{said}"
        );
    }
}
