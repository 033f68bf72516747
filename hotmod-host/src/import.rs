//! What a host provides for the imports of its modules.
#![allow(
    coherence_leak_check,
    reason = "as in `function`: functions that take `&T` and those that take `T` are different ones"
)]

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use hotmod::boundary::{Boundary, Cons};
use hotmod::call::{Shim, run};
use hotmod::describe::{Description, Difference, TypeRef, diff, expected};
use hotmod::import::Provided;
use hotmod::state::{Describe, Registry, StableState};

use crate::forever::forever;
use crate::function::{Exclusive, Shared, Value, argument, every_signature, every_way, way};

/// A function that a host can provide: a closure or function whose arguments and result can cross.
///
/// Implemented for up to eight arguments by value, and for up to three of which any may be
/// references. For more, pass a type that derives `StableState`.
///
/// `W` is how each argument is passed. It follows from the function, and never has to be written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be provided to modules",
    label = "not a function whose arguments and result can cross",
    note = "write the type of every argument: `|room: u64, text: &str| -> u32`",
    note = "the types are those of exports: numbers, `&str`, `String`, `&[T]`, `Vec<T>`, `Option`, \
            `Result`, tuples, and `T`, `&T`, `&mut T` of types that derive `StableState`",
    note = "a closure that is provided is `Fn`, `Send`, `Sync` and `'static`: `move` what it uses, \
            and change it behind a `Mutex` or an atomic",
    note = "up to three arguments may be references; of more, up to eight, all are by value"
)]
pub trait Provide<W>: sealed::Sealed<W> + Send + Sync + 'static {
    /// The parameters and the result, after adding the described types that they mention.
    #[doc(hidden)]
    fn describe(types: &mut Registry) -> (Vec<TypeRef>, TypeRef);

    /// What modules call, with a pointer to the function as the state.
    #[doc(hidden)]
    const SHIM: Shim;
}

mod sealed {
    pub trait Sealed<W> {}

    /// An argument that may be passed so.
    pub trait Way {}
}

// No reference is a state, so that a function that takes one is of one way only.
impl<T: StableState> sealed::Way for Value<T> {}
impl<T: ?Sized> sealed::Way for Shared<T> {}
impl<T: ?Sized> sealed::Way for Exclusive<T> {}

/// Implements [`Provide`] for functions with these arguments: each one's way of being passed, type
/// and name.
macro_rules! provide {
    ($($kind:ident $ty:ident $name:ident),*) => {
        impl<Function, $($ty: ?Sized + 'static,)* Output: Boundary>
            sealed::Sealed<fn($(way!($kind $ty)),*) -> Output> for Function
        where
            Function: Fn($(argument!($kind $ty)),*) -> Output,
            $(way!($kind $ty): sealed::Way,)*
            $(for<'a> argument!('a $kind $ty): Boundary,)*
        {
        }

        impl<Function, $($ty: ?Sized + 'static,)* Output: Boundary>
            Provide<fn($(way!($kind $ty)),*) -> Output> for Function
        where
            Function: Fn($(argument!($kind $ty)),*) -> Output + Send + Sync + 'static,
            $(way!($kind $ty): sealed::Way,)*
            $(for<'a> argument!('a $kind $ty): Boundary,)*
        {
            fn describe(types: &mut Registry) -> (Vec<TypeRef>, TypeRef) {
                $(<argument!('static $kind $ty)>::register(types);)*
                Output::register(types);
                (vec![$(<argument!('static $kind $ty)>::TYPE),*], Output::TYPE)
            }

            const SHIM: Shim = {
                unsafe extern "C" fn shim<Function, $($ty: ?Sized + 'static,)* Output: Boundary>(
                    function: *mut (),
                    args: *mut (),
                    output: *mut (),
                    panic: *mut (),
                ) -> u8
                where
                    Function: Fn($(argument!($kind $ty)),*) -> Output,
                    $(for<'a> argument!('a $kind $ty): Boundary,)*
                {
                    // SAFETY: it is called with the function that it was made for, which any
                    // thread may call.
                    let function = unsafe { &*function.cast::<Function>() };
                    let call = |pattern!($($name),*): wires!($($kind $ty),*)| {
                        function($(<argument!('_ $kind $ty)>::from_wire($name)),*).into_wire()
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

/// The arguments as they cross, as a pattern.
macro_rules! pattern {
    () => { () };
    ($name:ident $(, $($rest:tt)*)?) => { Cons($name, pattern!($($($rest)*)?)) };
}

/// The arguments as they cross, as a type.
macro_rules! wires {
    () => { () };
    ($kind:ident $ty:ident $(, $($rest:tt)*)?) => {
        Cons<<argument!('_ $kind $ty) as Boundary>::Wire, wires!($($($rest)*)?)>
    };
}

every_signature!(provide);

/// The functions that a host provides, by name.
#[derive(Clone, Default)]
pub(crate) struct Imports(BTreeMap<String, Arc<Entry>>);

struct Entry {
    /// The function's type, as this host was compiled with it.
    expected: Description,
    provided: Provided,
    /// What `provided` calls.
    _function: Arc<dyn Any + Send + Sync>,
}

impl Imports {
    /// Provides a function; in place of another one of the name.
    pub(crate) fn provide<W, F: Provide<W>>(&mut self, name: &str, function: F) {
        let mut types = Registry::default();
        let (params, output) = F::describe(&mut types);
        let function = Arc::new(function);
        let state = Arc::as_ptr(&function).cast_mut().cast();
        let entry = Entry {
            expected: expected::function(name, &params, output, &types),
            // SAFETY: the shim is that of `F`, which is `Sync`, and takes it by shared reference; the
            // function is kept beside this.
            provided: unsafe { Provided::new(F::SHIM, state) },
            _function: function,
        };
        self.0.insert(name.to_owned(), Arc::new(entry));
    }

    /// What makes a module unfit to be given these functions: those that it needs and that are not
    /// among them, or are others.
    pub(crate) fn compare(&self, candidate: &Description) -> Vec<Difference> {
        diff::imports(|name| Some(&self.0.get(name)?.expected), candidate)
    }

    /// The function of this name, for a module. It is kept for as long as the process lives, as is
    /// the module's code, which may call it at any time.
    pub(crate) fn get(&self, name: &str) -> Option<&'static Provided> {
        let entry: &'static Arc<Entry> = forever(self.0.get(name)?.clone());
        Some(&entry.provided)
    }
}

impl fmt::Debug for Imports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let functions = self.0.iter().flat_map(|(name, entry)| {
            let function = entry.expected.functions.get(name)?;
            Some(function.signature.to_string())
        });
        f.debug_set().entries(functions).finish()
    }
}
