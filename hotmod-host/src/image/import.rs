//! What a host provides for the imports of its modules.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use hotmod::call::boundary::{Boundary, Cons, LentForTheCall, Returned};
use hotmod::call::host_future::HostFuture;
use hotmod::call::passing::{CrossingTable, Passing, make_no_param};
use hotmod::call::{Shim, run};
use hotmod::describe::{Description, Param, TypeRef};
use hotmod::import::{Import, Imported, Provided, ProvidedBy};
use hotmod::operations::Maker;
use hotmod::root;
use hotmod::state::expected;
use hotmod::state::{Describe, Registry};
use hotmod_file::Expected;
use hotmod_file::contract::{Alike, CallingSide};
use hotmod_file::plan::{self, Evolves};

use crate::forever::forever;
use crate::image::awaited;
use crate::image::exports::Exports;
use crate::image::memory::Memory;
use crate::image::places::ImportPlaces;

/// A function that a host can provide: a closure or function of up to twelve arguments that can
/// cross, any of them references, with a result that can.
///
/// `Form` is its type as `fn(…) -> …`. It follows from the function, and never has to be written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be provided to modules",
    label = "not a function whose arguments and result can cross",
    note = "write the type of every argument: `|room: u64, text: &str| -> u32`",
    note = "the types are those of exports: numbers, `&str`, `String`, `&[T]`, `Vec<T>`, `Option`, \
            `Result`, tuples, and `T`, `&T`, `&mut T` of types that derive `StableState`",
    note = "an argument is lent for the call, whichever it is (`&str`, and not `&'static str`), and a \
            result is owned (`String`)",
    note = "a closure that is provided is `Fn`, `Send`, `Sync` and `'static`: `move` what it uses, \
            and change it behind a `Mutex` or an atomic"
)]
pub trait Provide<Form>: sealed::Sealed<Form> + Send + Sync + 'static {
    /// The parameters and the result, after adding the described types that they mention.
    #[doc(hidden)]
    fn describe(types: &mut Registry) -> (Vec<TypeRef>, TypeRef);

    /// How each parameter and the result pass.
    #[doc(hidden)]
    fn passes() -> (Vec<Passing>, Passing);

    /// What modules call, with a pointer to the function as the state.
    #[doc(hidden)]
    const SHIM: Shim;
}

/// A value whose methods a host can provide together: of a type that implements the trait of which `I` is
/// `dyn Trait`, which is marked [`#[hotmod::import]`](macro@hotmod::import).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not provide the functions of `{I}`",
    label = "does not implement the trait, or cannot be used by several threads",
    note = "implement the trait, which is marked `#[hotmod::import]`, for the type",
    note = "what is provided is `Send`, `Sync` and `'static`: change what it holds behind a `Mutex` or an atomic"
)]
pub trait ProvideAll<I: ?Sized>: sealed::SealedAll<I> + Send + Sync + 'static {
    /// A shim for each method, which is called with a pointer to the value as the state.
    #[doc(hidden)]
    const SHIMS: &'static [Shim];
}

impl<I: ProvidedBy<S> + ?Sized, S> sealed::SealedAll<I> for S {}

impl<I: ProvidedBy<S> + ?Sized, S: Send + Sync + 'static> ProvideAll<I> for S {
    const SHIMS: &'static [Shim] = {
        assert!(I::SHIMS.len() == I::CROSSINGS.len());
        I::SHIMS
    };
}

mod sealed {
    #[expect(unnameable_types, reason = "no other crate may implement it")]
    pub trait Sealed<Form> {}
    #[expect(unnameable_types, reason = "no other crate may implement it")]
    pub trait SealedAsync<Form> {}
    #[expect(unnameable_types, reason = "no other crate may implement it")]
    pub trait SealedAll<I: ?Sized> {}
}

/// Implements [`Provide`] for functions of these arguments: each one's type and name.
///
/// A function that takes a reference takes one of any lifetime. So there are two bounds on it: by the
/// first, the compiler finds the types; by the second, it may be called with what is lent for the
/// call.
macro_rules! provide {
    ($($ty:ident $name:ident),*) => {
        impl<Function, $($ty: Boundary,)* Output: Returned> sealed::Sealed<fn($($ty),*) -> Output>
            for Function
        where
            Function: Fn($($ty),*) -> Output,
            Function: Fn($($ty::Lent<'_>),*) -> Output,
        {
        }

        impl<Function, $($ty: Boundary,)* Output: Returned> Provide<fn($($ty),*) -> Output>
            for Function
        where
            Function: Fn($($ty),*) -> Output + Send + Sync + 'static,
            Function: Fn($($ty::Lent<'_>),*) -> Output,
        {
            fn describe(types: &mut Registry) -> (Vec<TypeRef>, TypeRef) {
                $($ty::Lent::<'static>::register(types);)*
                Output::register(types);
                (vec![$($ty::Lent::<'static>::TYPE),*], Output::TYPE)
            }

            fn passes() -> (Vec<Passing>, Passing) {
                (vec![$($ty::Lent::<'static>::PASSING),*], Output::PASSING)
            }

            const SHIM: Shim = {
                unsafe extern "C" fn shim<Function, $($ty: Boundary,)* Output: Returned>(
                    function: *mut (),
                    args: *mut (),
                    output: *mut (),
                    panic: *mut (),
                ) -> u8
                where
                    Function: Fn($($ty::Lent<'_>),*) -> Output,
                {
                    // SAFETY: it is called with the function that it was made for, which any
                    // thread may call.
                    let function = unsafe { &*function.cast::<Function>() };
                    let call = |_: LentForTheCall<'_>, pattern!($($name),*): wires!($($ty),*)| {
                        function($($ty::Lent::<'_>::from_wire($name)),*).into_wire()
                    };
                    // SAFETY: the module passes these arguments and room for this result: its
                    // record was compared with the description.
                    unsafe { run(args, output, panic, call) }
                }
                shim::<Function, $($ty,)* Output>
            };
        }
    };
}

/// A function that a host can provide, whose futures modules await: a closure or function of up to twelve owned
/// arguments that can cross, which returns a future of a result that can.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be provided to modules that await it",
    label = "not a function of owned arguments that returns a `Send` future",
    note = "write the type of every argument, owned: `|symbol: String| async move {{ … }}`; a module's `&str` arrives \
            as a `String`, its `&[T]` as a `Vec<T>`",
    note = "the future is `Send` and `'static`: `move` into it what it uses"
)]
pub trait ProvideAsync<Form>: sealed::SealedAsync<Form> + Send + Sync + 'static {
    /// The parameters and the result, after adding the described types that they mention.
    #[doc(hidden)]
    fn describe(types: &mut Registry) -> (Vec<TypeRef>, TypeRef);

    /// How each parameter and the result pass.
    #[doc(hidden)]
    fn passes() -> (Vec<Passing>, Passing);

    /// What modules call, with a pointer to an `AsyncProvided` as the state: it returns a future.
    #[doc(hidden)]
    const SHIM: Shim;
}

/// A function whose futures modules await, and the name under which it is provided.
struct AsyncProvided<F> {
    /// Kept for as long as the process lives, as is what modules are given.
    name: &'static str,
    function: F,
}

/// A future of an import, of which it is noted that it is awaited.
async fn named<F: Future>(name: &'static &'static str, made: F) -> F::Output {
    let mut made = pin!(made);
    poll_fn(|context| {
        let polled = made.as_mut().poll(context);
        if polled.is_pending() {
            awaited::is_awaited(name);
        }
        polled
    })
    .await
}

/// Implements [`ProvideAsync`] for functions of these arguments: each one's type and name.
macro_rules! provide_async {
    ($($ty:ident $name:ident),*) => {
        impl<Function, Made, $($ty: Returned,)* Output: Returned>
            sealed::SealedAsync<fn($($ty),*) -> Output> for Function
        where
            Function: Fn($($ty),*) -> Made,
            Made: Future<Output = Output> + Send + 'static,
        {
        }

        impl<Function, Made, $($ty: Returned,)* Output: Returned>
            ProvideAsync<fn($($ty),*) -> Output> for Function
        where
            Function: Fn($($ty),*) -> Made + Send + Sync + 'static,
            Made: Future<Output = Output> + Send + 'static,
        {
            fn describe(types: &mut Registry) -> (Vec<TypeRef>, TypeRef) {
                $($ty::register(types);)*
                Output::register(types);
                (vec![$($ty::TYPE),*], Output::TYPE)
            }

            fn passes() -> (Vec<Passing>, Passing) {
                (vec![$($ty::PASSING),*], Output::PASSING)
            }

            const SHIM: Shim = {
                unsafe extern "C" fn shim<Function, Made, $($ty: Returned,)* Output: Returned>(
                    function: *mut (),
                    args: *mut (),
                    output: *mut (),
                    panic: *mut (),
                ) -> u8
                where
                    Function: Fn($($ty),*) -> Made + 'static,
                    Made: Future<Output = Output> + Send + 'static,
                {
                    let provided = function.cast::<AsyncProvided<Function>>();
                    // SAFETY: it is called with the function that it was made for, which any
                    // thread may call, and which is kept for ever.
                    let provided: &'static AsyncProvided<Function> = unsafe { &*provided };
                    let call = |_: LentForTheCall<'_>, pattern!($($name),*): owned_wires!($($ty),*)| {
                        let made = (provided.function)($($ty::from_wire($name)),*);
                        HostFuture::new(named(&provided.name, made))
                    };
                    // SAFETY: the module passes these arguments and room for a future: its
                    // record was compared with the description.
                    unsafe { run(args, output, panic, call) }
                }
                shim::<Function, Made, $($ty,)* Output>
            };
        }
    };
}

/// Owned arguments as they cross, as a type.
macro_rules! owned_wires {
    () => { () };
    ($ty:ident $(, $($rest:tt)*)?) => {
        Cons<<$ty as Boundary>::Wire, owned_wires!($($($rest)*)?)>
    };
}

/// The arguments as they cross, as a pattern.
macro_rules! pattern {
    () => { () };
    ($name:ident $(, $($rest:tt)*)?) => { Cons($name, pattern!($($($rest)*)?)) };
}

/// The arguments as they cross, as a type.
macro_rules! wires {
    () => { () };
    ($ty:ident $(, $($rest:tt)*)?) => {
        Cons<<$ty::Lent<'_> as Boundary>::Wire, wires!($($($rest)*)?)>
    };
}

provide!();
provide!(A a);
provide!(A a, B b);
provide!(A a, B b, C c);
provide!(A a, B b, C c, D d);
provide!(A a, B b, C c, D d, E e);
provide!(A a, B b, C c, D d, E e, F f);
provide!(A a, B b, C c, D d, E e, F f, G g);
provide!(A a, B b, C c, D d, E e, F f, G g, H h);
provide!(A a, B b, C c, D d, E e, F f, G g, H h, I i);
provide!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j);
provide!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k);
provide!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l);

provide_async!();
provide_async!(A a);
provide_async!(A a, B b);
provide_async!(A a, B b, C c);
provide_async!(A a, B b, C c, D d);
provide_async!(A a, B b, C c, D d, E e);
provide_async!(A a, B b, C c, D d, E e, F f);
provide_async!(A a, B b, C c, D d, E e, F f, G g);
provide_async!(A a, B b, C c, D d, E e, F f, G g, H h);
provide_async!(A a, B b, C c, D d, E e, F f, G g, H h, I i);
provide_async!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j);
provide_async!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k);
provide_async!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l);

/// The functions that a host provides, by name.
#[derive(Clone, Default)]
pub(crate) struct Imports {
    provided: BTreeMap<String, Arc<ProvidedFunction>>,
    /// Whether a module is loaded although nothing provides what it imports: calls of that panic.
    pub(crate) stub: bool,
}

struct ProvidedFunction {
    /// The function's type, as this host was compiled with it.
    expected: Arc<Expected>,
    /// What it takes and returns.
    passes: (Vec<Passing>, Passing),
    /// What makes parameters for modules that do not know them.
    maker: Maker,
    shim: Shim,
    provided: Provided,
    /// What `provided` calls.
    function: Arc<dyn Any + Send + Sync>,
}

/// All that it takes to let a module call a function of the host as it was compiled to call it, where the
/// host has it otherwise.
pub(crate) struct ConvertedImport<'a> {
    pub(crate) name: &'a str,
    pub(crate) call: plan::CallPlan,
    /// What the host says of its function.
    pub(crate) host: &'a Description,
    pub(crate) params: &'a [Param],
    /// What the host's function takes and returns.
    pub(crate) taken: (&'a [Passing], Passing),
    /// What the module passes and gets.
    pub(crate) given: &'static CrossingTable,
    pub(crate) maker: Maker,
    pub(crate) shim: Shim,
    /// What the shim is called with in the place of a state.
    pub(crate) function: *mut (),
}

/// Makes what a module calls in the place of the host's function; `None` if the module is not what was
/// compared.
pub(crate) type Connect =
    fn(ConvertedImport<'_>, &Exports, &'static Memory) -> Option<&'static Provided>;

impl Imports {
    /// Provides a function; in place of another one of the name.
    pub(crate) fn provide<Form, F: Provide<Form>>(&mut self, name: &str, function: F) {
        let mut types = Registry::default();
        let (params, output) = F::describe(&mut types);
        let function = Arc::new(function);
        let state = Arc::as_ptr(&function).cast_mut().cast();
        let entry = ProvidedFunction {
            expected: Arc::new(Expected::new(
                &format!("import {name}()"),
                expected::function(name, &params, output, &types),
                &root::toolchain(),
            )),
            passes: F::passes(),
            maker: make_no_param,
            shim: F::SHIM,
            // SAFETY: the shim is that of `F`, which is `Sync`, and takes it by shared reference; the
            // function is kept beside this.
            provided: unsafe { Provided::new(F::SHIM, state) },
            function,
        };
        self.provided.insert(name.to_owned(), Arc::new(entry));
    }

    /// Provides a function whose futures modules await; in place of another one of the name.
    pub(crate) fn provide_async<Form, F: ProvideAsync<Form>>(&mut self, name: &str, function: F) {
        let mut types = Registry::default();
        let (params, output) = F::describe(&mut types);
        let provided = AsyncProvided {
            name: forever(name.to_owned()),
            function,
        };
        let function = Arc::new(provided);
        let state = Arc::as_ptr(&function).cast_mut().cast();
        let entry = ProvidedFunction {
            expected: Arc::new(Expected::new(
                &format!("import {name}()"),
                expected::async_function(name, &params, output, &types),
                &root::toolchain(),
            )),
            passes: F::passes(),
            maker: make_no_param,
            shim: F::SHIM,
            // SAFETY: the shim is that of `F`, which is `Sync`, and takes it by shared reference; the
            // function is kept beside this.
            provided: unsafe { Provided::new(F::SHIM, state) },
            function,
        };
        self.provided.insert(name.to_owned(), Arc::new(entry));
    }

    /// Provides the methods of a trait; in place of other functions of their names.
    pub(crate) fn provide_all<I: Imported + ?Sized, S: ProvideAll<I>>(&mut self, services: S) {
        let mut types = Registry::default();
        I::register(&mut types);
        let of = format!("imports of `{}`", I::DESC.name);
        let section = expected::services(I::DESC, &types);
        let expected = Arc::new(Expected::new(&of, section, &root::toolchain()));
        let services = Arc::new(services);
        let state = Arc::as_ptr(&services).cast_mut().cast();
        let methods = I::DESC.methods.iter().zip(I::CROSSINGS).zip(S::SHIMS);
        for ((method, table), shim) in methods {
            let entry = ProvidedFunction {
                expected: expected.clone(),
                passes: (table.params().to_vec(), table.output()),
                maker: table.maker(),
                shim: *shim,
                // SAFETY: the shim is one of `S`, which is `Sync`, and takes it by shared reference; the value
                // is kept beside this.
                provided: unsafe { Provided::new(*shim, state) },
                function: services.clone(),
            };
            self.provided
                .insert(method.name.to_owned(), Arc::new(entry));
        }
    }

    /// What the host was compiled with of each function, by its name.
    pub(crate) fn provided(&self) -> impl Iterator<Item = (&str, &Arc<Expected>)> {
        let all = self.provided.iter();
        all.map(|(name, entry)| (name.as_str(), &entry.expected))
    }

    /// What is provided for an import of hotmod's own, if there is a runtime. Its type is hotmod's, as that of the import
    /// is.
    #[cfg(feature = "linked")]
    pub(crate) fn own(&self, name: &str) -> Option<&'static Provided> {
        let entry = self.provided.get(name)?;
        let entry: &'static Arc<ProvidedFunction> = forever(entry.clone());
        Some(&entry.provided)
    }

    /// Gives a module the function of this name, which it imports. The function is kept for as long as the
    /// process lives, as is the module's code, which may call it at any time.
    ///
    /// # Errors
    ///
    /// If the function is not what was compared.
    ///
    /// # Safety
    ///
    /// The places are those that a module of these exports keeps for its import of this name.
    pub(crate) unsafe fn give(
        &self,
        name: &str,
        (places, kept): (&[&'static Import], ImportPlaces),
        (exports, memory): (&Exports, &'static Memory),
        connect: Connect,
    ) -> Result<(), NotGiven> {
        let module = &*exports.manifest;
        let import = module.imports.get(name).ok_or(NotGiven::Other)?;
        let Some(entry) = self.provided.get(name) else {
            return match import.signature.optional || self.stub {
                true => Ok(()),
                false => Err(NotGiven::Missing),
            };
        };
        let entry: &'static Arc<ProvidedFunction> = forever(entry.clone());
        let host = entry.expected.description();
        let function = host.functions.get(name).ok_or(NotGiven::Other)?;
        let signatures = (&function.signature, &import.signature);
        if function.signature.is_async != import.signature.is_async {
            return Err(NotGiven::Other);
        }
        if Alike::new(host, module).signature(signatures.0, signatures.1) {
            for place in places {
                // SAFETY: both sides describe the same function.
                unsafe { kept.bind(place, &entry.provided) };
            }
            return Ok(());
        }
        if function.signature.is_async {
            return Err(NotGiven::Other);
        }
        let evolves = Evolves::between(host, module);
        let call = evolves.call("", signatures, CallingSide::Module);
        let call = call.map_err(|_| NotGiven::Other)?;
        for place in places {
            let converted = ConvertedImport {
                name,
                call: call.clone(),
                host,
                params: &function.signature.params,
                taken: (&entry.passes.0, entry.passes.1),
                given: place.crossing(),
                maker: entry.maker,
                shim: entry.shim,
                function: Arc::as_ptr(&entry.function).cast_mut().cast(),
            };
            let provided = connect(converted, exports, memory).ok_or(NotGiven::Other)?;
            // SAFETY: it was made for what the place passes and gets.
            unsafe { kept.bind(place, provided) };
        }
        Ok(())
    }
}

/// Why a module is not given a function.
pub(crate) enum NotGiven {
    /// The host does not provide it.
    Missing,
    /// It is not what was compared.
    Other,
}

impl fmt::Debug for Imports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions = self.provided.iter().flat_map(|(name, entry)| {
            let function = entry.expected.description().functions.get(name)?;
            Some(function.signature.to_string())
        });
        f.debug_set().entries(functions).finish()
    }
}
