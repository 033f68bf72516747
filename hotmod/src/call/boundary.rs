//! How values cross between host and module.
//!
//! Users write `&str`, `String`, `Vec<T>`, `Option<T>`; what crosses are abi_stable's types, whose
//! layout no compiler chooses. The conversion is the same code on both sides, so where signatures are
//! compared equal, a value converts back into what it was made from.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;

use abi_stable::std_types::{ROption, RResult, RSlice, RSliceMut, RStr, RString, RVec};

use super::passing::{Lends, Passing};
use crate::operations::{Operations, make};
use crate::state::{Describe, Part, StableState};
use crate::thunks;

/// A value that an export may take or return.
///
/// Implemented for `String`, `Vec`, `Option`, `Result`, tuples and references of such, and for
/// every type that derives [`StableState`], which crosses as the bytes it is
/// and is therefore compared by layout.
///
/// # Safety
///
/// Generated code converts on one side what it takes back on the other, by the impls of two images:
///
/// - `Wire` is laid out as the type's description says, and nothing else chooses its layout: where
///   two descriptions are compared equal, what one side gives up the other may take.
/// - `from_wire` gives back what `into_wire` took, and nothing that was not in it; so do
///   `vec_from_wire` and `vec_into_wire`.
/// - `Lent<'a>` is this type with every reference lent for `'a`, and nothing else: one description,
///   and a `Wire` that differs in lifetimes only.
/// - `PASSING` has the operations of `Wire`, and of what it lends.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot cross between host and module [HM-0922]",
    label = "not a type that can be passed",
    note = "a type of your own: put `#[derive(StableState)]` on it",
    note = "write `&str`, `String`, `&[T]`, `Vec<T>`, `Option`, `Result`, tuples, numbers, or `T`, \
            `&T`, `&mut T` of types that derive `StableState`"
)]
pub unsafe trait Boundary: Describe + Sized {
    /// What crosses in its place.
    type Wire;

    /// The same type, whose references are lent for `'a`.
    type Lent<'a>: Boundary;

    /// What a host can do with a value on its way, where the two sides have different types.
    const PASSING: Passing;

    /// Gives up the value in the form that crosses.
    fn into_wire(self) -> Self::Wire;

    /// Takes back what [`into_wire`](Boundary::into_wire) gave.
    fn from_wire(wire: Self::Wire) -> Self;

    /// Gives up a whole vector of such values; in its own block where the elements cross as they are.
    fn vec_into_wire(values: Vec<Self>) -> RVec<Self::Wire> {
        let wires: Vec<_> = values.into_iter().map(Self::into_wire).collect();
        wires.into()
    }

    /// Takes back what [`vec_into_wire`](Boundary::vec_into_wire) gave, in a block of this image.
    fn vec_from_wire(wires: RVec<Self::Wire>) -> Vec<Self> {
        wires.into_iter().map(Self::from_wire).collect()
    }

    /// Whether what crosses is an `Err`: a host counts it as a call that failed.
    fn is_err(_wire: &Self::Wire) -> bool {
        false
    }
}

/// The elements in a block of this image. The one that they came in goes back to the image that took it, so that it
/// counts for no module any longer; that of a vector of the same image is copied, too, since to ask would cost as much.
pub(crate) fn taken_over<T>(mut wires: RVec<T>) -> Vec<T> {
    let len = wires.len();
    let mut values = Vec::with_capacity(len);
    // SAFETY: none is dropped with `wires` any longer.
    unsafe { wires.set_len(0) };
    // SAFETY: they are `len` elements still, in another block than the new one, which has room for as many.
    unsafe { ptr::copy_nonoverlapping(wires.as_ptr(), values.as_mut_ptr(), len) };
    // SAFETY: the elements were just copied, and are the new vector's alone.
    unsafe { values.set_len(len) };
    values
}

// SAFETY: `RString` has one layout under every compiler, and is made of the text and back.
unsafe impl Boundary for String {
    type Wire = RString;
    type Lent<'a> = String;

    const PASSING: Passing = Passing::value(<RString as Part>::OPERATIONS);

    fn into_wire(self) -> RString {
        self.into()
    }

    fn from_wire(wire: RString) -> String {
        // SAFETY: these are the bytes of a text.
        unsafe { String::from_utf8_unchecked(taken_over(wire.into_bytes())) }
    }
}

// SAFETY: `RVec` has one layout under every compiler, and holds what the elements promise.
unsafe impl<T: Boundary> Boundary for Vec<T> {
    type Wire = RVec<T::Wire>;
    type Lent<'a> = Vec<T::Lent<'a>>;

    const PASSING: Passing = Passing::value(&thunks::r_vec::<WireOf<T>>());

    fn into_wire(self) -> Self::Wire {
        T::vec_into_wire(self)
    }

    fn from_wire(wire: Self::Wire) -> Self {
        T::vec_from_wire(wire)
    }
}

// SAFETY: `ROption` has one layout under every compiler, and holds what the value promises.
unsafe impl<T: Boundary> Boundary for Option<T> {
    type Wire = ROption<T::Wire>;
    type Lent<'a> = Option<T::Lent<'a>>;

    const PASSING: Passing = Passing::value(&thunks::r_option::<WireOf<T>>());

    fn into_wire(self) -> Self::Wire {
        self.map(T::into_wire).into()
    }

    fn from_wire(wire: Self::Wire) -> Self {
        wire.into_option().map(T::from_wire)
    }
}

// SAFETY: `RResult` has one layout under every compiler, and holds what either value promises.
unsafe impl<T: Boundary, E: Boundary> Boundary for Result<T, E> {
    type Wire = RResult<T::Wire, E::Wire>;
    type Lent<'a> = Result<T::Lent<'a>, E::Lent<'a>>;

    const PASSING: Passing = Passing::value(&thunks::r_result::<WireOf<T>, WireOf<E>>());

    fn into_wire(self) -> Self::Wire {
        self.map(T::into_wire).map_err(E::into_wire).into()
    }

    fn from_wire(wire: Self::Wire) -> Self {
        wire.into_result().map(T::from_wire).map_err(E::from_wire)
    }

    fn is_err(wire: &Self::Wire) -> bool {
        wire.is_err()
    }
}

// SAFETY: `RStr` has one layout under every compiler, is made of the text and back, and is lent
// for as long.
unsafe impl<'a> Boundary for &'a str {
    type Wire = RStr<'a>;
    type Lent<'b> = &'b str;

    const PASSING: Passing = Passing::value(&Operations::opaque::<RStr<'static>>());

    #[inline]
    fn into_wire(self) -> RStr<'a> {
        self.into()
    }

    #[inline]
    fn from_wire(wire: RStr<'a>) -> &'a str {
        wire.as_str()
    }
}

// SAFETY: `RSlice` has one layout under every compiler, leads to what the description says, and is
// lent for as long.
unsafe impl<'a, T: StableState> Boundary for &'a [T] {
    type Wire = RSlice<'a, T>;
    type Lent<'b> = &'b [T];

    const PASSING: Passing = Passing::lent(
        &Operations::opaque::<RSlice<'static, T>>(),
        Lends::Slice,
        T::OPERATIONS,
    );

    #[inline]
    fn into_wire(self) -> RSlice<'a, T> {
        self.into()
    }

    #[inline]
    fn from_wire(wire: RSlice<'a, T>) -> &'a [T] {
        wire.as_slice()
    }
}

// SAFETY: `RSliceMut` has one layout under every compiler, leads to what the description says, and
// is lent for as long.
unsafe impl<'a, T: StableState> Boundary for &'a mut [T] {
    type Wire = RSliceMut<'a, T>;
    type Lent<'b> = &'b mut [T];

    const PASSING: Passing = Passing::lent(
        &Operations::opaque::<RSliceMut<'static, T>>(),
        Lends::SliceMut,
        T::OPERATIONS,
    );

    #[inline]
    fn into_wire(self) -> RSliceMut<'a, T> {
        self.into()
    }

    #[inline]
    fn from_wire(wire: RSliceMut<'a, T>) -> &'a mut [T] {
        wire.into_mut_slice()
    }
}

// SAFETY: a reference to a sized type is a pointer, to what the description says.
unsafe impl<'a, T: StableState> Boundary for &'a T {
    type Wire = &'a T;
    type Lent<'b> = &'b T;

    const PASSING: Passing = Passing::lent(
        &Operations::opaque::<&'static T>(),
        Lends::One,
        T::OPERATIONS,
    );

    #[inline]
    fn into_wire(self) -> &'a T {
        self
    }

    #[inline]
    fn from_wire(wire: &'a T) -> &'a T {
        wire
    }
}

// SAFETY: as for `&T`.
unsafe impl<'a, T: StableState> Boundary for &'a mut T {
    type Wire = &'a mut T;
    type Lent<'b> = &'b mut T;

    const PASSING: Passing = Passing::lent(
        &Operations::opaque::<&'static mut T>(),
        Lends::OneMut,
        T::OPERATIONS,
    );

    #[inline]
    fn into_wire(self) -> &'a mut T {
        self
    }

    #[inline]
    fn from_wire(wire: &'a mut T) -> &'a mut T {
        wire
    }
}

/// A value of a type as it crosses, inside another value that crosses.
#[repr(transparent)]
pub(crate) struct WireOf<T: Boundary>(T::Wire, PhantomData<fn() -> T>);

// SAFETY: it is a value of the type as it crosses, whose operations those are.
unsafe impl<T: Boundary> Part for WireOf<T> {
    const OPERATIONS: &'static Operations = T::PASSING.wire;
}

/// Makes a parameter for a caller that does not know it. A generated [`Maker`](crate::operations::Maker)
/// calls this for each parameter that has a default.
///
/// # Safety
///
/// `slot` has room for a `T` as it crosses, `error` for an `RString`.
pub unsafe fn make_param<T: Boundary>(
    slot: *mut u8,
    error: *mut RString,
    value: impl FnOnce() -> T,
) -> u8 {
    // SAFETY: the caller gives room for both.
    unsafe { make(slot, error, || Ok(value().into_wire())) }
}

/// A list of arguments as it crosses: the first and the others; `()` is the empty list.
#[repr(C)]
pub struct Cons<H, T>(pub H, pub T);

/// The time that one call takes, for which its arguments are lent.
///
/// A function gets its arguments through one of these, for a lifetime that it cannot name. So the
/// compiler refuses a function that would keep what it is lent (`fn keep(text: &'static str)`),
/// whichever alias or macro its type comes from, and shows the name of this type.
#[derive(Clone, Copy)]
pub struct LentForTheCall<'call>(PhantomData<Cell<&'call ()>>);

impl LentForTheCall<'_> {
    /// Runs `call` within such a time, which ends when `call` returns.
    #[inline(always)]
    pub(crate) fn during<R>(call: impl FnOnce(LentForTheCall<'_>) -> R) -> R {
        call(LentForTheCall(PhantomData))
    }
}

/// What an export or an import may return: a value that owns what it holds.
///
/// # Safety
///
/// The type has no lifetime but `'static`, and no value of it points to what a call lends.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned between host and module [HM-0923]",
    label = "borrows what it leads to",
    note = "a returned reference could outlive the call or the version of the module that lent it, \
            and `'static` data of a module is replaced with the module",
    note = "return an owned value: `String` for `&str`, `Vec<T>` for `&[T]`, a clone for `&T`"
)]
pub unsafe trait Returned: Boundary {}

// SAFETY: state owns what it holds.
#[diagnostic::do_not_recommend]
unsafe impl<T: Boundary + StableState> Returned for T {}

static_assertions::assert_eq_size!(RStr<'static>, [usize; 2]);
static_assertions::assert_eq_size!(RString, [usize; 4]);
static_assertions::assert_eq_size!(RVec<u64>, [usize; 4]);
static_assertions::assert_eq_align!(RString, RVec<u8>, RStr<'static>, usize);
static_assertions::assert_eq_size!(Cons<u64, Cons<u32, ()>>, [u64; 2]);

/// Arguments as they cross: [`Cons`] of them.
///
/// # Safety
///
/// `take` reads every argument that was there, and nothing else.
pub unsafe trait Args: Sized {
    /// Takes them from where they are, each by itself.
    ///
    /// The caller has just stored them one by one. A processor hands a value from a store to a
    /// load only where the load is within that store; one wider load for all of them would wait
    /// until all stores of the call so far have reached the cache.
    ///
    /// # Safety
    ///
    /// As for [`ptr::read`]: the caller gives them up.
    unsafe fn take(from: *const Self) -> Self;
}

// SAFETY: there are no arguments.
unsafe impl Args for () {
    #[inline(always)]
    unsafe fn take(_from: *const ()) {}
}

// SAFETY: the first is read here, and the others by `T`, which promises the same.
unsafe impl<H, T: Args> Args for Cons<H, T> {
    #[inline(always)]
    unsafe fn take(from: *const Self) -> Self {
        // SAFETY: `from` may be read.
        let head = unsafe { &raw const (*from).0 };
        // SAFETY: as above.
        let tail = unsafe { &raw const (*from).1 };
        // SAFETY: the caller gives up both parts.
        let head = unsafe { head.read() };
        // SAFETY: as above.
        Cons(head, unsafe { T::take(tail) })
    }
}
