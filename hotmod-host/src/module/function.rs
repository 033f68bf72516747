//! Exported functions, called by a type that the host wrote down.
#![allow(
    coherence_leak_check,
    reason = "`fn(&T)` and `fn(T)` are different types: no `T` makes the second higher-ranked. The \
              lint asks to be sure that this is meant; it is how references become possible"
)]

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use hotmod::call::CallError;
use hotmod::call::boundary::{Boundary, Cons, Returned};
use hotmod::call::passing::Passing;
use hotmod::describe::TypeRef;
use hotmod::state::{Describe, Registry};

use crate::call::generation::{Generation, NotReturned};
use crate::call::slot::Track;
use crate::call::slot::{self, Doing};
use crate::module::async_call::{AsyncCall, AsyncCallable};
use crate::module::loaded::Loaded;

/// A function type that an export may have: `fn(u32, &str) -> String`.
///
/// Implemented for up to eight arguments by value, and for up to three of which any may be
/// references. For more, write an interface.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a function type that an export can have",
    label = "not the type of an exported function",
    note = "write the export's own type, `fn(u32, &str) -> String`, with `&str`, `&[T]`, `&T` and `&mut T` for \
            what is lent",
    note = "there may be up to eight arguments by value, and up to three of which any are references; for more, \
            write an interface"
)]
pub trait Signature: sealed::Sealed {
    /// The same type with the way of passing each argument spelled out, which the compiler can
    /// tell apart where it cannot tell `fn(&T)` from `fn(T)`.
    #[doc(hidden)]
    type Ways;

    /// The parameters and the result, after adding the described types that they mention.
    fn describe(types: &mut Registry) -> (Vec<TypeRef>, TypeRef);

    /// How the parameters and the result are passed.
    #[doc(hidden)]
    fn passing() -> (Vec<Passing>, Passing);
}

mod sealed {
    #[expect(unnameable_types, reason = "no other crate may implement it")]
    pub trait Sealed {}
}

/// An exported function. Every call enters the version that is current at that moment:
/// `function.call(…)`, with the arguments of `F`, returns `Result<R, CallError>`.
pub struct Function<F: Signature>(Callable<F::Ways>);

impl<F: Signature> Function<F> {
    pub(crate) fn new(loaded: Arc<Loaded>, name: &str, place: usize) -> Self {
        Function(Callable {
            track: loaded.track.clone(),
            loaded,
            place,
            name: name.to_owned(),
            ways: PhantomData,
        })
    }
}

impl<F: Signature> Deref for Function<F> {
    type Target = Callable<F::Ways>;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// What a [`Function`] dereferences to. Its one method is `call`, with the types of the signature.
pub struct Callable<W> {
    track: Arc<Track>,
    loaded: Arc<Loaded>,
    place: usize,
    name: String,
    ways: PhantomData<fn() -> W>,
}

/// Stands for an argument that is passed by value, in the type of a [`Callable`].
pub struct ByValue<T>(PhantomData<T>);
/// Stands for an argument that is passed by shared reference, in the type of a [`Callable`].
pub struct ByShared<T: ?Sized>(PhantomData<T>);
/// Stands for an argument that is passed by exclusive reference, in the type of a [`Callable`].
pub struct ByExclusive<T: ?Sized>(PhantomData<T>);

impl<W> Callable<W> {
    /// # Safety
    ///
    /// The function takes `A` and returns `R`.
    #[inline(always)]
    unsafe fn invoke<A, R: Boundary>(&self, args: A) -> Result<R, CallError> {
        let (entered, generation) = slot::enter(&self.track, Doing::Export(self.place));
        let no_state = std::ptr::null_mut();
        let once_more = || (entered.generation(), self.place);
        // SAFETY: the caller knows the types of the expectation; a function has no state; the thread is in that
        // generation until `entered` is dropped.
        match unsafe { generation.call(self.place, no_state, args, once_more) } {
            Ok(result) => Ok(result),
            // Not from `generation`: callers would have to keep it in a register for this.
            Err(why) => Err(self.not_returned(why, entered.generation())),
        }
    }

    #[cold]
    #[inline(never)]
    #[allow(clippy::boxed_local, reason = "callers have it in a register")]
    fn not_returned(&self, why: Box<NotReturned>, generation: &Generation) -> CallError {
        why.into_error(self.name.clone(), generation.image.version.clone())
    }
}

impl<F: Signature> Clone for Function<F> {
    fn clone(&self) -> Self {
        Function::new(self.loaded.clone(), &self.name, self.place)
    }
}

impl<F: Signature> fmt::Debug for Function<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("module", &self.loaded.name)
            .field("name", &self.name)
            .finish()
    }
}

/// How an argument is passed.
macro_rules! argument {
    ($life:lifetime value $ty:ident) => { $ty };
    ($life:lifetime shared $ty:ident) => { &$life $ty };
    ($life:lifetime exclusive $ty:ident) => { &$life mut $ty };
    (value $ty:ident) => { $ty };
    (shared $ty:ident) => { &$ty };
    (exclusive $ty:ident) => { &mut $ty };
}

/// How an argument is passed, as a type of its own.
macro_rules! way {
    (value $ty:ident) => { ByValue<$ty> };
    (shared $ty:ident) => { ByShared<$ty> };
    (exclusive $ty:ident) => { ByExclusive<$ty> };
}

/// Implements one function type: each argument's way of being passed, type and name.
macro_rules! signature {
    ($($kind:ident $ty:ident $name:ident),*) => {
        impl<$($ty: ?Sized + 'static,)* R: Returned> sealed::Sealed
            for fn($(argument!($kind $ty)),*) -> R
        where
            $(for<'a> argument!('a $kind $ty): Boundary,)*
        {
        }

        impl<$($ty: ?Sized + 'static,)* R: Returned> Signature
            for fn($(argument!($kind $ty)),*) -> R
        where
            $(for<'a> argument!('a $kind $ty): Boundary,)*
        {
            type Ways = fn($(way!($kind $ty)),*) -> R;

            fn describe(types: &mut Registry) -> (Vec<TypeRef>, TypeRef) {
                $(<argument!('static $kind $ty)>::register(types);)*
                R::register(types);
                (vec![$(<argument!('static $kind $ty)>::TYPE),*], R::TYPE)
            }

            fn passing() -> (Vec<Passing>, Passing) {
                (vec![$(<argument!('static $kind $ty)>::PASSING),*], R::PASSING)
            }
        }

        impl<$($ty: ?Sized + 'static,)* R: Returned> Callable<fn($(way!($kind $ty)),*) -> R>
        where
            $(for<'a> argument!('a $kind $ty): Boundary,)*
        {
            /// Calls the function in the current version.
            ///
            /// # Errors
            ///
            /// [`CallError`] if the function panicked, or if a value does not fit between two sides that were
            /// compiled apart.
            #[inline(always)]
            #[allow(clippy::too_many_arguments, reason = "as many as the export has")]
            pub fn call(&self, $($name: argument!($kind $ty)),*) -> Result<R, CallError> {
                // SAFETY: these are the arguments and the result of the function's type.
                unsafe { self.invoke::<_, R>(wires!($($kind $ty $name),*)) }
            }
        }

        impl<$($ty: ?Sized + 'static,)* R: Returned> AsyncCallable<fn($(way!($kind $ty)),*) -> R>
        where
            $(for<'a> argument!('a $kind $ty): Boundary,)*
        {
            /// Calls the function, when the future is polled first, in the version that is current then. The
            /// arguments are lent for as long as the future lives.
            #[allow(clippy::too_many_arguments, reason = "as many as the export has")]
            pub fn call<'a>(
                &'a self,
                $($name: argument!('a $kind $ty)),*
            ) -> AsyncCall<'a, wires_type!('a $($kind $ty),*), R> {
                // SAFETY: these are the arguments and the result of the function's type.
                unsafe { self.begin::<_, R>(wires!($($kind $ty $name),*)) }
            }
        }
    };
}

/// The type of the arguments as they cross.
macro_rules! wires_type {
    ($life:lifetime) => { () };
    ($life:lifetime $kind:ident $ty:ident $(, $($rest:tt)*)?) => {
        Cons<<argument!($life $kind $ty) as Boundary>::Wire, wires_type!($life $($($rest)*)?)>
    };
}

/// The arguments as they cross.
macro_rules! wires {
    () => { () };
    ($kind:ident $ty:ident $name:ident $(, $($rest:tt)*)?) => {
        Cons(<argument!('_ $kind $ty)>::into_wire($name), wires!($($($rest)*)?))
    };
}

/// Every way of passing so many arguments.
macro_rules! every_way {
    ([$($done:tt)*]) => { signature!($($done)*); };
    ([] $ty:ident $name:ident $($rest:ident)*) => {
        every_way!([value $ty $name] $($rest)*);
        every_way!([shared $ty $name] $($rest)*);
        every_way!([exclusive $ty $name] $($rest)*);
    };
    ([$($done:tt)+] $ty:ident $name:ident $($rest:ident)*) => {
        every_way!([$($done)+, value $ty $name] $($rest)*);
        every_way!([$($done)+, shared $ty $name] $($rest)*);
        every_way!([$($done)+, exclusive $ty $name] $($rest)*);
    };
}

every_way!([]);
every_way!([] A a);
every_way!([] A a B b);
every_way!([] A a B b C c);
signature!(value A a, value B b, value C c, value D d);
signature!(value A a, value B b, value C c, value D d, value E e);
signature!(value A a, value B b, value C c, value D d, value E e, value F f);
signature!(value A a, value B b, value C c, value D d, value E e, value F f, value G g);
signature!(
    value A a, value B b, value C c, value D d, value E e, value F f, value G g, value H h
);
