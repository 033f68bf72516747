//! What generated code asks of a type that may not be what it should be.
//!
//! A wrong type is to give one error: that of the bound check which stands beside the generated
//! code, at the type's place in the source. Everything else that is generated goes through
//! [`Probe`], which answers for every type: an inherent item wherever the trait is implemented, and
//! otherwise the item of the same name of [`Fallback`] or [`FallbackValue`], which is never reached,
//! because the bound check has stopped the build.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::ptr::NonNull;

use abi_stable::std_types::RString;

use crate::call::boundary::{self, Boundary, LentForTheCall, Returned};
use crate::call::future::{self, FutureBlock, Started};
use crate::call::host_future::Awaiting;
use crate::call::passing::Passing;
use crate::call::{AsyncCaller, CallError, Caller, Panic};
use crate::describe::depth::depths;
use crate::describe::{Builtin, Instances, InterfaceDesc, TypeRef};
use crate::marked::import::{self, Import, Imported, NotProvided};
use crate::marked::init::InitOutput;
use crate::marked::interface::Interface;
use crate::marked::old::{self, DownOutput, KeptForm, MigrateOutput, OldPart};
use crate::marked::pure::{self, Arguments, PureArgument};
use crate::operations::Operations;
use crate::state::{Describe, Fields, Part, Registry, StableState};
use crate::types::{self, Hashing};

/// The constants of `Describe`: those of a type that has them, or of one that mentions nothing.
macro_rules! constants {
    ((pub T::) $($depth:ident = $n:literal,)*) => {$(
        #[doc = concat!("[`Describe::", stringify!($depth), "`]")]
        pub const $depth: Instances = T::$depth;
    )*};
    (() $($depth:ident = $n:literal,)*) => {
        $(const $depth: Instances = Instances::NONE;)*
    };
}

/// The answer that a type is what is asked for. It is a type, so the compiler knows it for generic types too.
pub struct Yes;

/// The answer that a type is not what is asked for.
pub struct No;

/// No answer. Every type passes a check with [`Yes`] and with this, so that the compiler waits for the answer
/// that is given: if only one were possible, it would take that one.
pub struct Perhaps;

impl Yes {
    /// [`Yes`] if one of the two is.
    pub fn or<T>(self, _: T) -> Yes {
        self
    }

    /// The other answer.
    pub fn negated(self) -> No {
        No
    }
}

impl No {
    /// [`Yes`] if one of the two is.
    pub fn or<T>(self, other: T) -> T {
        other
    }

    /// The other answer.
    pub fn negated(self) -> Yes {
        Yes
    }
}

/// Stands for the type it is asked about.
pub struct Probe<T: ?Sized>(PhantomData<T>);

impl<T: Describe + ?Sized> Probe<T> {
    /// [`Describe::TYPE`]
    pub const TYPE: TypeRef = T::TYPE;
    depths!((pub T::), constants);
    /// [`Describe::MENTIONED`]
    pub const MENTIONED: Instances = T::MENTIONED;

    /// Whether it has a description.
    pub const DESCRIBED: bool = true;

    /// [`Describe::register`]
    pub fn register(types: &mut Registry) {
        T::register(types);
    }
}

impl<T: Part> Probe<T> {
    /// [`Part::OPERATIONS`]
    pub const OPERATIONS: &'static Operations = T::OPERATIONS;
}

impl<T: OldPart> Probe<T> {
    /// Whether it may stand in an earlier form.
    pub fn is_read() -> Yes {
        Yes
    }
}

impl<T: StableState> Probe<T> {
    /// Whether hotmod knows the type.
    pub const KNOWN: bool = true;
    /// [`StableState::RENEWED`]
    pub const RENEWED: bool = T::RENEWED;

    /// Whether it is state.
    pub fn is_kept() -> Yes {
        Yes
    }

    /// [`StableState::fields`] of a value within another. A value that lacks no field counts as one field,
    /// so that its own `Drop` runs where it is dropped.
    ///
    /// # Safety
    ///
    /// As there.
    pub unsafe fn fields(value: *mut T, fields: &mut impl Fields) {
        if T::RENEWED {
            // SAFETY: the caller keeps the same contract.
            unsafe { T::fields(value, fields) }
        } else {
            // SAFETY: as above.
            unsafe { fields.kept(value) }
        }
    }
}

impl<T> Probe<T> {
    /// Its size, in bytes.
    pub const SIZE: usize = size_of::<T>();
    /// Its alignment, in bytes.
    pub const ALIGN: usize = align_of::<T>();
}

#[cfg(feature = "serde")]
impl<T: crate::thunks::BySerde> Probe<T> {
    /// The operations of a field that is carried over by its serde form.
    pub const BY_SERDE: &'static Operations = &Operations::by_serde::<T>();
}

impl<T: Sync + ?Sized> Probe<T> {
    /// Whether several threads may share it.
    pub const SYNC: bool = true;
}

impl<I: Interface + ?Sized> Probe<I> {
    /// [`Interface::DESC`]
    pub const INTERFACE: &'static InterfaceDesc = I::DESC;
}

impl<I: Imported + ?Sized> Probe<I> {
    /// [`Imported::DESC`]
    pub const IMPORTED: &'static InterfaceDesc = I::DESC;
}

impl<O: InitOutput> Probe<O> {
    /// The type of the state that an init returns.
    pub const MADE: TypeRef = O::State::TYPE;
    /// What that state mentions.
    pub const MADE_MENTIONS: Instances = O::State::MENTIONED;
}

impl<O: MigrateOutput> Probe<O> {
    /// The type of the value that a migration makes.
    pub const MIGRATED: TypeRef = O::New::TYPE;
    /// What that value mentions, with itself.
    pub const MIGRATED_MENTIONS: Instances = O::New::MENTIONED;
}

impl<O: DownOutput> Probe<O> {
    /// The earlier form that a migration down makes.
    pub const FORM: TypeRef = O::Form::TYPE;
    /// What that form mentions, with itself.
    pub const FORM_MENTIONS: Instances = O::Form::MENTIONED;

    /// How the module that runs describes that form.
    pub extern "C" fn kept_form() -> KeptForm {
        old::kept_form::<O::Form>()
    }
}

impl<T: Hashing> Probe<T> {
    /// Whether a map may be hashed by it.
    pub fn hashes() -> Yes {
        Yes
    }
}

impl<T: types::Phantom + ?Sized> Probe<T> {
    /// Whether a `PhantomData` may name it.
    pub fn is_named() -> Yes {
        Yes
    }
}

impl<T: Boundary> Probe<T> {
    /// Whether it passes between host and module.
    pub fn crosses() -> Yes {
        Yes
    }

    /// [`Boundary::PASSING`]
    pub const PASSING: Passing = T::PASSING;

    /// [`make_param`](crate::call::boundary::make_param)
    ///
    /// # Safety
    ///
    /// As there.
    pub unsafe fn make_param(slot: *mut u8, error: *mut RString, value: impl FnOnce() -> T) -> u8 {
        // SAFETY: the caller keeps the same contract.
        unsafe { boundary::make_param(slot, error, value) }
    }

    /// [`Boundary::into_wire`] of an argument.
    #[inline]
    pub fn into_wire(value: T) -> T::Wire {
        value.into_wire()
    }

    /// [`Boundary::from_wire`] of an argument, which is lent for the call.
    #[inline]
    pub fn lent<'call>(
        _: LentForTheCall<'call>,
        wire: <T::Lent<'call> as Boundary>::Wire,
    ) -> T::Lent<'call> {
        Boundary::from_wire(wire)
    }

    /// Fails to compile, at the type's place in the source, where a type cannot be returned.
    pub fn require_returned()
    where
        T: Returned,
    {
    }

    /// [`Import::call`]
    ///
    /// # Safety
    ///
    /// As there.
    #[inline]
    #[track_caller]
    pub unsafe fn import<A>(import: &Import, name: &str, args: A) -> T {
        // SAFETY: the caller keeps the same contract.
        unsafe { import.call(name, args) }
    }

    /// [`Import::begin`]
    ///
    /// # Safety
    ///
    /// As there.
    pub unsafe fn import_async<A>(import: &Import, name: &str, args: A) -> Awaiting<T> {
        // SAFETY: the caller keeps the same contract.
        unsafe { import.begin(name, args) }
    }

    /// [`Import::call_if_there`]
    ///
    /// # Safety
    ///
    /// As there.
    #[inline]
    #[track_caller]
    pub unsafe fn import_if_there<A>(import: &Import, name: &str, args: A) -> Option<T> {
        // SAFETY: the caller keeps the same contract.
        unsafe { import.call_if_there(name, args) }
    }

    /// [`Caller::shared`]
    ///
    /// # Safety
    ///
    /// As there.
    #[inline]
    pub unsafe fn shared<C: Caller, A>(caller: &C, index: usize, args: A) -> Result<T, CallError> {
        // SAFETY: the caller keeps the same contract.
        unsafe { caller.shared(index, args) }
    }

    /// [`Caller::exclusive`]
    ///
    /// # Safety
    ///
    /// As there.
    #[inline]
    pub unsafe fn exclusive<C: Caller, A>(
        caller: &mut C,
        index: usize,
        args: A,
    ) -> Result<T, CallError> {
        // SAFETY: the caller keeps the same contract.
        unsafe { caller.exclusive(index, args) }
    }

    /// [`AsyncCaller::begin_shared`]
    ///
    /// # Safety
    ///
    /// As there.
    pub unsafe fn begin_shared<C: AsyncCaller, A>(
        caller: &C,
        index: usize,
        args: A,
    ) -> C::Shared<'_, A, T> {
        // SAFETY: the caller keeps the same contract.
        unsafe { caller.begin_shared(index, args) }
    }

    /// [`AsyncCaller::begin_exclusive`]
    ///
    /// # Safety
    ///
    /// As there.
    pub unsafe fn begin_exclusive<C: AsyncCaller, A>(
        caller: &mut C,
        index: usize,
        args: A,
    ) -> C::Exclusive<'_, A, T> {
        // SAFETY: the caller keeps the same contract.
        unsafe { caller.begin_exclusive(index, args) }
    }
}

impl<T, E: From<NotProvided>> Probe<Result<T, E>> {
    /// The result of a call of an import that the host does not provide.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn not_provided(absent: NotProvided) -> Result<T, E> {
        Err(E::from(absent))
    }
}

impl<T: Returned> Probe<T> {
    /// [`Boundary::into_wire`] of a result.
    #[inline]
    pub fn returned(value: T) -> T::Wire {
        value.into_wire()
    }

    /// [`future::start`]
    ///
    /// # Safety
    ///
    /// As there.
    #[inline]
    pub unsafe fn start<'call, F>(
        call: LentForTheCall<'call>,
        to_start: *mut (),
        panic: *mut (),
        future: F,
    ) -> Started
    where
        F: Future<Output = T> + Send + 'call,
    {
        // SAFETY: the caller keeps the same contract.
        unsafe { future::start(call, to_start, panic, future) }
    }
}

impl<T: Returned> Probe<T> {
    /// [`future::start_local`]
    ///
    /// # Safety
    ///
    /// As there.
    #[inline]
    pub unsafe fn start_local<'call, F>(
        call: LentForTheCall<'call>,
        to_start: *mut (),
        panic: *mut (),
        future: F,
    ) -> Started
    where
        F: Future<Output = T> + 'call,
    {
        // SAFETY: the caller keeps the same contract.
        unsafe { future::start_local(call, to_start, panic, future) }
    }
}

impl<T: Boundary + PureArgument> Probe<T> {
    /// Fails to compile, at the type's place in the source, where an argument can only be shown if it
    /// is lent for longer than a call.
    pub fn require_shown()
    where
        for<'call> T::Lent<'call>: Debug,
    {
    }
}

impl<T: Debug> Probe<T> {
    /// [`pure::shown`]
    ///
    /// # Errors
    ///
    /// As there.
    pub fn shown(value: T) -> Result<String, Panic> {
        pure::shown(value)
    }

    /// [`pure::begin_shown`]
    ///
    /// # Safety
    ///
    /// As there.
    pub unsafe fn begin_shown<'call, F>(
        call: LentForTheCall<'call>,
        block: NonNull<FutureBlock>,
        future: F,
    ) -> Started
    where
        T: 'call,
        F: Future<Output = T> + Send + 'call,
    {
        // SAFETY: the caller keeps the same contract.
        unsafe { pure::begin_shown(call, block, future) }
    }
}

impl<T: Boundary + Debug> Probe<T> {
    /// [`pure::show`]
    ///
    /// # Safety
    ///
    /// As there.
    pub unsafe fn show(output: *mut (), shown: *mut ()) {
        // SAFETY: the caller keeps the same contract.
        unsafe { pure::show::<T>(output, shown) }
    }
}

impl<A: Arguments> Probe<A> {
    /// [`pure::try_out`]
    ///
    /// # Safety
    ///
    /// As there.
    pub unsafe fn try_out(
        args: *mut (),
        tried: *mut (),
        names: &[&str],
        run: impl for<'call> FnOnce(LentForTheCall<'call>, A::Lent<'call>) -> Result<String, Panic>,
    ) {
        // SAFETY: the caller keeps the same contract.
        unsafe { pure::try_out::<A>(args, tried, names, run) }
    }

    /// [`pure::begin_trial`]
    ///
    /// # Safety
    ///
    /// As there.
    pub unsafe fn begin_trial(
        args: *mut (),
        block: *mut (),
        tried: *mut (),
        names: &[&str],
        run: impl for<'call> FnOnce(
            LentForTheCall<'call>,
            NonNull<FutureBlock>,
            A::Lent<'call>,
        ) -> Started,
    ) -> u8 {
        // SAFETY: the caller keeps the same contract.
        unsafe { pure::begin_trial::<A>(args, block, tried, names, run) }
    }

    /// What begins the function, for [`begin_trial`](Probe::begin_trial).
    pub fn begins<F>(run: F) -> F
    where
        F: for<'call> FnOnce(
            LentForTheCall<'call>,
            NonNull<FutureBlock>,
            A::Lent<'call>,
        ) -> Started,
    {
        run
    }

    /// What runs the function, for [`try_out`](Probe::try_out).
    pub fn runs<F>(run: F) -> F
    where
        F: for<'call> FnOnce(LentForTheCall<'call>, A::Lent<'call>) -> Result<String, Panic>,
    {
        run
    }
}

/// The answers for a type that a bound check refuses.
#[allow(missing_docs, reason = "each item is documented where it is reached")]
pub trait Fallback {
    const TYPE: TypeRef = TypeRef::builtin(Builtin::Unit);
    depths!((), constants);
    const MENTIONED: Instances = Instances::NONE;
    const SYNC: bool = false;
    const KNOWN: bool = false;
    const DESCRIBED: bool = false;
    const PASSING: Passing = Passing::value(&Operations::opaque::<()>());
    const SIZE: usize = 0;
    const ALIGN: usize = 1;
    const RENEWED: bool = false;
    const INTERFACE: &'static InterfaceDesc = &InterfaceDesc {
        name: "",
        sync: false,
        methods: &[],
    };
    const IMPORTED: &'static InterfaceDesc = Self::INTERFACE;
    const OPERATIONS: &'static Operations = &Operations::opaque::<()>();
    const BY_SERDE: &'static Operations = &Operations::opaque::<()>();
    const MIGRATED: TypeRef = TypeRef::builtin(Builtin::Unit);
    const MIGRATED_MENTIONS: Instances = Instances::NONE;
    const FORM: TypeRef = TypeRef::builtin(Builtin::Unit);
    const FORM_MENTIONS: Instances = Instances::NONE;
    const MADE: TypeRef = TypeRef::builtin(Builtin::Unit);
    const MADE_MENTIONS: Instances = Instances::NONE;

    fn is_read() -> No {
        No
    }

    fn is_kept() -> No {
        No
    }

    fn hashes() -> No {
        No
    }

    fn is_named() -> No {
        No
    }

    fn crosses() -> No {
        No
    }

    fn register(_types: &mut Registry) {}

    fn require_returned() {}

    fn require_shown() {}

    extern "C" fn kept_form() -> KeptForm {
        unfit()
    }
}

impl<T: ?Sized> Fallback for Probe<T> {}

/// A call of an import that the host does not provide, where the call's result cannot say so.
pub trait Silent<T> {
    /// Does not return.
    ///
    /// # Panics
    ///
    /// Always.
    #[track_caller]
    fn not_provided(absent: NotProvided) -> T {
        import::absent(&absent)
    }
}

impl<T> Silent<T> for Probe<T> {}

/// [`Fallback`], where values are concerned.
#[allow(
    missing_docs,
    clippy::missing_safety_doc,
    reason = "each item is documented where it is reached"
)]
pub trait FallbackValue<T> {
    fn into_wire(_value: T) {
        unfit()
    }

    fn returned(_value: T) {
        unfit()
    }

    unsafe fn start<F: Future<Output = T>>(
        _: LentForTheCall<'_>,
        _to_start: *mut (),
        _panic: *mut (),
        _future: F,
    ) -> Started {
        unfit()
    }

    unsafe fn start_local<F: Future<Output = T>>(
        _: LentForTheCall<'_>,
        _to_start: *mut (),
        _panic: *mut (),
        _future: F,
    ) -> Started {
        unfit()
    }

    fn lent(_: LentForTheCall<'_>, _wire: ()) -> T {
        unfit()
    }

    unsafe fn make_param(_slot: *mut u8, _error: *mut RString, _value: impl FnOnce() -> T) -> u8 {
        unfit()
    }

    unsafe fn import<A>(_import: &Import, _name: &str, _args: A) -> T {
        unfit()
    }

    unsafe fn import_async<A>(_import: &Import, _name: &str, _args: A) -> std::future::Ready<T> {
        unfit()
    }

    unsafe fn import_if_there<A>(_import: &Import, _name: &str, _args: A) -> Option<T> {
        unfit()
    }

    fn shown(_value: T) -> Result<String, Panic> {
        unfit()
    }

    unsafe fn try_out(
        _args: *mut (),
        _tried: *mut (),
        _names: &[&str],
        _run: impl FnOnce(LentForTheCall<'_>, T) -> Result<String, Panic>,
    ) {
        unfit()
    }

    fn runs<F: FnOnce(LentForTheCall<'_>, T) -> Result<String, Panic>>(run: F) -> F {
        run
    }

    unsafe fn begin_trial(
        _args: *mut (),
        _block: *mut (),
        _tried: *mut (),
        _names: &[&str],
        _run: impl FnOnce(LentForTheCall<'_>, NonNull<FutureBlock>, T) -> Started,
    ) -> u8 {
        unfit()
    }

    fn begins<F: FnOnce(LentForTheCall<'_>, NonNull<FutureBlock>, T) -> Started>(run: F) -> F {
        run
    }

    unsafe fn begin_shown<F: Future<Output = T>>(
        _: LentForTheCall<'_>,
        _block: NonNull<FutureBlock>,
        _future: F,
    ) -> Started {
        unfit()
    }

    unsafe fn show(_output: *mut (), _shown: *mut ()) {
        unfit()
    }

    unsafe fn fields(value: *mut T, fields: &mut impl Fields) {
        // SAFETY: the caller keeps the same contract; what hotmod cannot look into is one field.
        unsafe { fields.kept(value) }
    }

    unsafe fn shared<C: Caller, A>(_caller: &C, _index: usize, _args: A) -> Result<T, CallError> {
        unfit()
    }

    unsafe fn exclusive<C: Caller, A>(
        _caller: &mut C,
        _index: usize,
        _args: A,
    ) -> Result<T, CallError> {
        unfit()
    }

    unsafe fn begin_shared<C: Caller, A>(
        _caller: &C,
        _index: usize,
        _args: A,
    ) -> std::future::Ready<Result<T, CallError>> {
        unfit()
    }

    unsafe fn begin_exclusive<C: Caller, A>(
        _caller: &mut C,
        _index: usize,
        _args: A,
    ) -> std::future::Ready<Result<T, CallError>> {
        unfit()
    }
}

impl<T> FallbackValue<T> for Probe<T> {}

fn unfit() -> ! {
    unreachable!("bug in hotmod: a type was used that its bound check refuses")
}
