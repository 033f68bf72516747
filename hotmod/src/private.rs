//! Every item that generated code may name, and nothing else.
//!
//! Safe code can name them too, so each is judged as if it were public: memory safety rests on `unsafe`
//! functions and traits, with their promises, and on values that only those can make. A macro that takes
//! `crate = path` trusts that this module stands at the path.
//!
//! This room stands above all others but `macros`. Only generated code imports it: no room does.
//! It never imports `macros`, `flat` or `plan`.

mod probe;
mod records;

pub use core::future::Future;
use core::marker::PhantomData;
pub use core::marker::{Send, Sized};
pub use core::mem::{ManuallyDrop, align_of, offset_of, size_of};
pub use core::option::Option::{None, Some};
pub use core::primitive::{bool, i128, str, u8, usize};
pub use std::any::TypeId;
pub use std::string::String;
pub use std::vec::Vec;

pub use abi_stable::std_types::{RSlice, RStr, RString, RVec};
/// Hidden in its crate's documentation: nothing but `bitflags!` implements it, whose own type around the bits has, as
/// the crate guarantees, their layout.
#[cfg(feature = "bitflags")]
pub use bitflags::__private::PublicFlags;

pub use crate::call::boundary::{Boundary, Cons, LentForTheCall};
pub use crate::call::future::run_async;
pub use crate::call::local::Local;
pub use crate::call::passing::{CrossingTable, Passing, make_no_param};
pub use crate::call::{AsyncCaller, CallError, Caller, Shim, run};
pub use crate::describe::depth::depths;
pub use crate::describe::{
    AttributeDesc, Body, Builtin, FieldDesc, GENERIC_DEPTH, Head, Instances, InterfaceDesc,
    ParamDesc, Receiver, Repr, SignatureDesc, TypeDesc, TypeRef, VariantDesc,
};
#[cfg(feature = "linked")]
pub use crate::linked::{linked_module, linked_record, linked_symbol};
pub use crate::marked::import::{
    Import, ImportTable, Imported, NotProvided, ProvidedBy, lacking, provides,
};
pub use crate::marked::init::{Derived, InitInput, InitOutput, run_init};
pub use crate::marked::interface::{Implementation, ImplementationTable, Interface};
pub use crate::marked::lifecycle::{run_loaded, run_retired};
pub use crate::marked::old::{
    DownTable, MigrateOutput, Old, OldPart, OldState, RawOld, run_check, run_down, run_hook,
    run_hook_of, run_preflight,
};
pub use crate::marked::pure::{PureTable, Tries};
pub use crate::marked::reach::{Reach, Reaching};
pub use crate::marked::resource::{ResourceCell, ResourceOutput, ResourceValue, run_resource};
pub use crate::marked::task::{Stop, handover, run_task};
pub use crate::marked::timer::{run_beat, run_tick};
pub use crate::marked::version::{VersionInfo, VersionWire};
pub use crate::operations::{Operations, purpose};
pub use crate::root::allocator::HostAllocator;
pub use crate::root::{RootModule, RootModuleRef};
pub use crate::state::crossed::Crossed;
pub use crate::state::opaque::{OpaqueRecord, StandIn, opaque_len};
pub use crate::state::{Describe, Fields, Part, Registry, StableState};
#[cfg(feature = "serde")]
pub use crate::thunks::BySerde;
pub use crate::thunks::{
    DerivedEnum, ParallelInput, ParallelOutput, Parts, Room, With, WithInput, WithOutput,
    make_constant, make_field, make_nothing, make_reads, make_with, parallel,
};
pub use crate::types::Carried;

pub use probe::{Fallback, FallbackValue, No, Perhaps, Probe, Silent, Yes};
pub use records::{
    Record, build_len, build_record, check_len, check_record, down_len, down_record, forwards_len,
    forwards_record, function_len, function_record, hook_len, hook_record, implementation_len,
    implementation_record, import_len, import_record, imports_len, imports_record, init_len,
    init_record, loaded_len, loaded_record, preflight_len, preflight_record, reads_len,
    reads_record, resource_len, resource_record, retired_len, retired_record, statics_len,
    statics_record, task_len, task_record, timer_len, timer_record, type_len, type_record,
    use_function_len, use_function_record, use_instances_len, use_instances_record,
};

use crate::marked::lifecycle::LoadedOutput;
use crate::marked::old::{CheckOutput, DownOutput};
use crate::marked::pure::{PureArgument, PureResult};
use crate::types::Phantom;

/// What this crate was built to forward, by its features.
pub const FORWARDED: &[&str] = &[
    #[cfg(feature = "log")]
    "log",
    #[cfg(feature = "metrics")]
    "metrics",
    #[cfg(feature = "tracing")]
    "tracing",
];

/// Fails to compile, at the type's place in the source, where a type is not state.
pub const fn require_state<T: StableState>() {}

/// A trait of every type of this kind, and of every type at all where another check reports what is wrong
/// (`Told` is [`Yes`]). The compiler finds no impl of it to list and no requirement to show: its error is
/// the message.
macro_rules! asked {
    ($(#[$meta:meta])* $name:ident: $($is:tt)+) => {
        $(#[$meta])*
        pub trait $name<Told = No> {
            /// Named by generated code.
            const IS: () = ();

            /// Named by generated code, with whether another check reports.
            fn unless(_: Told) {}
        }

        #[diagnostic::do_not_recommend]
        impl<T: $($is)+> $name for T {}

        #[diagnostic::do_not_recommend]
        impl<T: ?Sized> $name<Yes> for T {}

        #[diagnostic::do_not_recommend]
        impl<T: ?Sized> $name<Perhaps> for T {}
    };
}

// Where `asked!` is known.
mod features;

pub use features::*;

asked! {
    /// State.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be kept as state [HM-0921]",
        label = "put `#[derive(StableState)]` on it if it is yours, else `#[state(serde)]`, \
                 `#[state(as = …)]` or `#[state(skip)]` on the field",
        note = "in full: `#[state(as = Type, into = path, from = path)]`; `#[state(unsafe(opaque))]` moves \
                the value as it is, if you vouch for it",
        note = "what points into code that is being replaced (`fn`, `dyn`, `TypeId`, `&'static`) is no state: \
                keep a name or a number; of std, `OnceLock` may stand for `LazyLock`, `Box<T>` for \
                `Pin<Box<T>>`, `Result` for `ControlFlow`, `Cow<'static, str>` for `&'static str`"
    )]
    KeptAsState: StableState
}

asked! {
    /// State in a field that a macro writes: the macro's user can give it no attribute.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be kept as state, and a macro writes the field that it is in [HM-0921]",
        label = "not a type that hotmod knows",
        note = "of `bitflags!`: turn on hotmod's feature `bitflags`; without it, write \
                `#[derive(StableState)] struct Flags(u32);` outside of the macro, and `impl Flags: u32 {{ … }}` \
                inside",
        note = "of another macro: derive it on a type of your own, which holds what the value is made of (a \
                number, a `String`), and make the macro's type of that where you need it"
    )]
    KeptInMacro: StableState
}

asked! {
    /// State of a type named `Cow`.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be kept as state [HM-0921]",
        label = "keep what it owns: `Vec<T>` for `Cow<'static, [T]>`, `T` for `Cow<'static, T>`",
        note = "a `Cow<'static, _>` of `str`, `Path`, `OsStr` or `CStr` may be kept, and one of `[T]` where \
                `T` is `Copy`: it owns nothing that another version would have to convert"
    )]
    KeptAsCow: StableState
}

asked! {
    /// State of a type named `Weak`.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be kept as state [HM-0921]",
        label = "let it lead to what has a size: `Weak<String>` for `Weak<str>`, `Weak<Vec<T>>` for \
                 `Weak<[T]>`, and the `Arc` or `Rc` with it"
    )]
    KeptAsWeak: StableState
}

asked! {
    /// State that is a tuple.
    #[diagnostic::on_unimplemented(
        message = "a tuple of more than twelve cannot be kept as state [HM-0921]",
        label = "write a struct with `#[derive(StableState)]`"
    )]
    KeptAsTuple: StableState
}

/// As [`KeptAsState`]; the compiler's error shows the condition that a type does not meet.
pub trait KeptOnConditions<Told = No> {
    /// Named by generated code.
    const IS: () = ();

    /// Named by generated code, with whether another check reports.
    fn unless(_: Told) {}
}

impl<T: StableState> KeptOnConditions for T {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> KeptOnConditions<Yes> for T {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> KeptOnConditions<Perhaps> for T {}

asked! {
    /// A part of an earlier form.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot be read in a migration [HM-0925]",
        label = "the earlier form of a type of your own: put `#[derive(OldState)]` on it; of another crate: put \
                 `#[state(unsafe(opaque))]` on the field",
    )]
    CanBeRead: OldPart
}

/// As [`CanBeRead`]; the compiler's error shows the condition that a type does not meet.
pub trait CanBeReadOnConditions<Told = No> {
    /// Named by generated code.
    const IS: () = ();

    /// Named by generated code, with whether another check reports.
    fn unless(_: Told) {}
}

impl<T: OldPart> CanBeReadOnConditions for T {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> CanBeReadOnConditions<Yes> for T {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> CanBeReadOnConditions<Perhaps> for T {}

asked! {
    /// What a `PhantomData` names.
    #[diagnostic::on_unimplemented(
        message = "`PhantomData` of `{Self}` cannot be described [HM-0924]",
        label = "name an empty type of your own instead, with `#[derive(StableState)]`",
        note = "a `PhantomData` names any type that can be kept as state, `&'static` and raw pointers of such, \
                and functions (`fn(A) -> B`) of such; of `dyn Trait` and of types of other crates a host \
                could not tell one from another"
    )]
    NamedByPhantom: Phantom + ?Sized
}

asked! {
    /// What passes between host and module.
    #[diagnostic::on_unimplemented(
        message = "`{Self}` cannot cross between host and module [HM-0922]",
        label = "put `#[derive(StableState)]` on it if it is yours, else pass what it is made of",
        note = "what crosses: `&str`, `String`, `&[T]`, `Vec<T>`, `Option`, `Result`, tuples, numbers, and \
                `T`, `&T`, `&mut T` of types that derive `StableState`"
    )]
    CanCross: Boundary
}

asked! {
    /// A tuple that passes between host and module.
    #[diagnostic::on_unimplemented(
        message = "a tuple of more than twelve cannot cross between host and module [HM-0922]",
        label = "write a struct with `#[derive(StableState)]`"
    )]
    CanCrossAsTuple: Boundary
}

asked! {
    /// An interface whose states several threads may use at once.
    #[diagnostic::on_unimplemented(
        message = "an `async` method that takes `&self` needs an interface that is `Sync` [HM-0930]",
        label = "other threads use the state while this method waits",
        note = "write `: Sync` behind the interface's trait, `pub trait Shop: Sync`, so that the compiler requires it of \
                every state; or let the method take `&mut self`"
    )]
    SharedWhileAwaited: Sync + ?Sized
}

/// As [`CanCross`]; the compiler's error shows the condition that a type does not meet.
pub trait CanCrossOnConditions<Told = No> {
    /// Named by generated code.
    const IS: () = ();

    /// Named by generated code, with whether another check reports.
    fn unless(_: Told) {}
}

impl<T: Boundary> CanCrossOnConditions for T {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> CanCrossOnConditions<Yes> for T {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized> CanCrossOnConditions<Perhaps> for T {}

/// The type of a field, as it is compiled.
pub struct Compiled<T>(PhantomData<T>);

impl<T> Compiled<T> {
    /// The type of this field.
    pub const fn of(_field: &T) -> Self {
        Compiled(PhantomData)
    }

    /// Fails to compile, at the type's place in the source, where the derive was given another type: all
    /// that it generates for the field is for the type that it was given.
    pub const fn is<Written: IsCompiledAs<T>>(self) {}
}

/// A value for code that is compiled and never run.
pub fn written<T>() -> T {
    unreachable!("bug in hotmod: code ran that stands only for what it is compiled of")
}

/// Implemented for a type and itself.
///
/// # Safety
///
/// They are one type.
#[diagnostic::on_unimplemented(
    message = "the derive was given a field of type `{Self}`, and `{Compiled}` is compiled [HM-0928]",
    label = "another macro makes it a `{Compiled}`",
    note = "put the derive below the attribute that changes the type, so that it is given what the \
            compiler gets"
)]
pub unsafe trait IsCompiledAs<Compiled> {}

// SAFETY: they are one type.
unsafe impl<T> IsCompiledAs<T> for T {}

/// What fixes the representation of `Enum`, where the derive saw discriminants of type `Discriminant`;
/// fails to compile where another macro has changed that.
///
/// What it cannot see is a `repr(C)`, `repr(isize)`, `repr(usize)`, `repr(i64)` or `repr(u64)` that a
/// macro below the derive adds to an enum with fields.
pub const fn repr<Enum, Discriminant>(repr: Repr) -> Repr {
    assert!(
        size_of::<core::mem::Discriminant<Enum>>() == size_of::<Discriminant>(),
        "the `repr` of the enum that is compiled is not the one that the derive was given: put the \
         derive below the attribute that changes it [HM-0928]"
    );
    repr
}

/// The discriminant of a variant without fields, which the derive saw written; fails to compile
/// where another macro has changed it.
///
/// # Safety
///
/// All bytes of the enum are its discriminant: none of its variants has fields.
pub const unsafe fn discriminant<Enum>(variant: ManuallyDrop<Enum>, written: i128) -> i128 {
    const fn read<Enum, Number: Copy>(variant: &ManuallyDrop<Enum>) -> Number {
        assert!(size_of::<Enum>() == size_of::<Number>());
        // SAFETY: they are of one size, and all bytes of the enum are its discriminant.
        unsafe { core::mem::transmute_copy(variant) }
    }
    let is_same = match size_of::<Enum>() {
        1 => read::<Enum, u8>(&variant) == written as u8,
        2 => read::<Enum, u16>(&variant) == written as u16,
        4 => read::<Enum, u32>(&variant) == written as u32,
        8 => read::<Enum, u64>(&variant) == written as u64,
        // The only variant, which takes no memory.
        0 => true,
        // Larger than what the derive saw written.
        _ => false,
    };
    assert!(
        is_same,
        "the discriminants of the enum that is compiled are not those that the derive was given: \
         put the derive below the attribute that changes them [HM-0928]"
    );
    written
}

/// Fails to compile, at the type's place in the source, where an init cannot return a type.
pub const fn require_init_output<T: InitOutput>() {}

/// Fails to compile, at the type's place in the source, where what is called when a version is loaded
/// cannot return a type.
pub const fn require_loaded_output<T: LoadedOutput>() {}

/// Fails to compile, at the type's place in the source, where a migration cannot return a type.
pub const fn require_migrate_output<T: MigrateOutput>() {}

/// Fails to compile, at the type's place in the source, where a function cannot make it on any thread.
pub const fn require_parallel_output<T: ParallelOutput>() {}

/// Fails to compile, at the type's place in the source, where a function cannot read it on any thread.
pub const fn require_parallel_input<T: ParallelInput>() {}

/// Fails to compile, at the type's place in the source, where a migration cannot make it on any thread.
pub const fn require_parallel_migration<O: MigrateOutput<New: ParallelOutput>>() {}

/// Fails to compile, at the type's place in the source, where a migration cannot take a type.
pub const fn require_form<T: OldState>() {}

/// Fails to compile, at the type's place in the source, where a migration down cannot return a type.
pub const fn require_down_output<T: DownOutput>() {}

/// Fails to compile, at the type's place in the source, where a check cannot return a type.
pub const fn require_check_output<T: CheckOutput>() {}

/// Fails to compile, at the type's place in the source, where a pure function cannot take a type.
pub const fn require_pure_argument<T: PureArgument>() {}

/// Fails to compile, at the type's place in the source, where a pure function cannot return a type.
pub const fn require_pure_result<T: PureResult>() {}

/// Fails to compile, at the type's place in the source, where a type has no serde form.
#[cfg(feature = "serde")]
pub const fn require_serde<T: crate::thunks::BySerde>() {}

/// What the author of a field vouches for by `unsafe(opaque)`. It does nothing: generated code calls
/// it in an `unsafe` block that stands where the author wrote `unsafe`.
///
/// # Safety
///
/// As the documentation of `derive(StableState)` says of types of other crates.
pub const unsafe fn vouched() {}

/// Fails to compile, at the type's place in the source, where hotmod can look into it: `opaque`
/// would give away what it knows.
pub const fn require_opaque(known: bool) {
    assert!(
        !known,
        "hotmod knows this type: remove `unsafe(opaque)`, so that changes inside of it are seen [HM-0931]"
    );
}

/// A type that `fill = expr` gives more elements.
///
/// # Safety
///
/// A value is made of nothing but values of `Element`, side by side.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no array, and `fill` is for the elements that an array lacks [HM-0929]",
    label = "not an array",
    note = "remove `fill`; write `default = expr` for a new field"
)]
pub unsafe trait Filled {
    /// The type of its elements.
    type Element;
}

// SAFETY: an array is its elements.
unsafe impl<T, const N: usize> Filled for [T; N] {
    type Element = T;
}

/// The constants of a derived type. Each mentions the type itself and, except at depth nought, what its
/// fields mention down to one depth less. A field is given by its type and, if a function converts it, by
/// that function too.
#[doc(hidden)]
#[macro_export]
macro_rules! __derived_depths {
    ($fields:tt) => {
        $crate::private::depths! { $fields, $crate::private::derived_depths }
    };
    ($fields:tt $none:ident = $n:literal, $($rest:tt)*) => {
        const $none: $crate::private::Instances =
            $crate::private::Instances::cut(<Self as $crate::private::Describe>::DESC);
        $crate::private::derived_depths! { @ $fields $none = $n, $($rest)* }
    };
    (@ $fields:tt $below:ident = $n:literal, $depth:ident = $m:literal, $($rest:tt)*) => {
        $crate::private::derived_depths! { @@ $fields $below = $n, $depth }
        $crate::private::derived_depths! { @ $fields $depth = $m, $($rest)* }
    };
    (@ $fields:tt $all:ident = $n:literal,) => {};
    (@@ { types: [$($ty:ty,)*] with: [$($with:expr,)*] } $below:ident = $n:literal, $depth:ident) => {
        const $depth: $crate::private::Instances = $crate::private::Instances::named(
            <Self as $crate::private::Describe>::DESC,
            &[$(&$crate::private::Probe::<$ty>::$below,)* $(&$with.mentions($n),)*],
        );
    };
}

pub use __derived_depths as derived_depths;

/// As [`derived_depths`], for a type outside of whose impls nothing asks what its parts may be: they are described.
#[doc(hidden)]
#[macro_export]
macro_rules! __mentioned_depths {
    ($types:tt) => {
        $crate::private::depths! { $types, $crate::private::mentioned_depths }
    };
    ($types:tt $none:ident = $n:literal, $($rest:tt)*) => {
        const $none: $crate::private::Instances =
            $crate::private::Instances::cut(<Self as $crate::private::Describe>::DESC);
        $crate::private::mentioned_depths! { @ $types $none $($rest)* }
    };
    (@ $types:tt $below:ident $depth:ident = $m:literal, $($rest:tt)*) => {
        $crate::private::mentioned_depths! { @@ $types $below $depth }
        $crate::private::mentioned_depths! { @ $types $depth $($rest)* }
    };
    (@ $types:tt $all:ident) => {};
    (@@ [$($ty:ty,)*] $below:ident $depth:ident) => {
        const $depth: $crate::private::Instances = $crate::private::Instances::named(
            <Self as $crate::private::Describe>::DESC,
            &[$(&<$ty as $crate::private::Describe>::$below),*],
        );
    };
}

pub use __mentioned_depths as mentioned_depths;

/// Makes types that are [`Carried`](crate::Carried) state: their generic parameters in brackets, and the type.
///
/// ```
/// # struct Mark(u32);
/// # impl hotmod::Carried for Mark {
/// #     const NAME: &'static str = "marks::Mark";
/// #     type Parameters = ();
/// #     type Form = u32;
/// #     fn to_form(&self) -> Result<u32, String> { Ok(self.0) }
/// #     fn from_form(mark: u32) -> Result<Self, String> { Ok(Mark(mark)) }
/// # }
/// hotmod::carried! {
///     [] Mark;
/// }
/// ```
#[macro_export]
macro_rules! carried {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        $crate::private::described_foreign! {
            [$($generics)*] $ty,
            name: (<Self as $crate::private::Carried>::NAME, <Self as $crate::private::Carried>::Parameters),
            mentions: [
                <Self as $crate::private::Carried>::Form,
                <Self as $crate::private::Carried>::Parameters,
            ],
            attributes: $crate::private::carried_attributes::<Self>(),
            fields: [
                "0", 0, $crate::private::carried_form::<Self>(), Self,
                const { &$crate::private::Operations::carried::<Self>() };
            ],
        }
    )*};
}

/// Describes a foreign type as a struct of these fields, as a derive does: which they are, where, and what can be
/// done with each.
#[doc(hidden)]
#[macro_export]
macro_rules! __described_foreign {
    (
        [$($generics:tt)*] $ty:ty,
        name: ($name:expr, $parameters:ty),
        mentions: [$($mentioned:ty,)*],
        attributes: $attributes:expr,
        fields: [$($field:literal, $offset:expr, $field_type:expr, $of:ty, $operations:expr;)*],
    ) => {
        // SAFETY: the name and the parameters are those of the type, and readers of a description refuse two types
        // of one name; the fields are where the caller says; the depths mention each field and parameter.
        unsafe impl<$($generics)*> $crate::private::Describe for $ty {
            const TYPE: $crate::private::TypeRef = $crate::private::TypeRef {
                head: $crate::private::Head::Named($crate::private::required_name($name)),
                args: <$parameters as $crate::private::Describe>::TYPE.args,
            };
            const DESC: ::core::option::Option<&'static $crate::private::TypeDesc> =
                ::core::option::Option::Some(&$crate::private::TypeDesc {
                    name: <Self as $crate::private::Describe>::TYPE,
                    identity: $crate::private::TypeId::of::<Self>(),
                    location: ::core::concat!(
                        "`", ::core::module_path!(), "` (", ::core::file!(), ":", ::core::line!(), ")",
                    ),
                    size: ::core::mem::size_of::<Self>(),
                    align: ::core::mem::align_of::<Self>(),
                    meaning: 0,
                    attributes: $attributes,
                    body: $crate::private::Body::Struct(&[$($crate::private::FieldDesc {
                        name: $field,
                        ty: $field_type,
                        size: ::core::mem::size_of::<$of>(),
                        align: ::core::mem::align_of::<$of>(),
                        offset: ::core::option::Option::Some($offset),
                        attributes: &[],
                        with: ::core::option::Option::None,
                    }),*]),
                });
            $crate::private::mentioned_depths! { [$($mentioned,)*] }

            fn register(types: &mut $crate::private::Registry) {
                if let ::core::option::Option::Some(desc) = <Self as $crate::private::Describe>::DESC
                    && types.enter::<Self>(desc)
                {
                    $(<$mentioned as $crate::private::Describe>::register(types);)*
                }
            }
        }

        // SAFETY: nothing is made: the fields have no attributes.
        unsafe impl<$($generics)*> $crate::private::Parts for $ty {
            fn part(place: usize) -> ::core::option::Option<&'static $crate::private::Operations> {
                let parts: &[&'static $crate::private::Operations] = &[$($operations),*];
                parts.get(place).copied()
            }

            fn make(_: usize, _: u8, room: $crate::private::Room) -> u8 {
                $crate::private::make_nothing(room)
            }
        }

        // SAFETY: a value is either used by the code that made it alone, or made of fields that are state; it is one
        // field.
        unsafe impl<$($generics)*> $crate::private::StableState for $ty {}

        // SAFETY: the operations are made of this type's own parts.
        unsafe impl<$($generics)*> $crate::private::Part for $ty {
            const OPERATIONS: &'static $crate::private::Operations =
                &$crate::private::Operations::derived_struct::<Self>();
        }

        // SAFETY: it crosses as the bytes it is, and is compared by what `Describe` says. It lends nothing.
        unsafe impl<$($generics)*> $crate::private::Boundary for $ty {
            type Wire = $crate::private::Crossed<Self>;
            type Lent<'lent> = Self;

            const PASSING: $crate::private::Passing = $crate::private::Passing::derived::<Self>();

            fn into_wire(self) -> Self::Wire {
                $crate::private::Crossed::new(self)
            }

            fn from_wire(wire: Self::Wire) -> Self {
                $crate::private::Crossed::into_value(wire)
            }

            fn vec_into_wire(values: ::std::vec::Vec<Self>) -> $crate::private::RVec<Self::Wire> {
                ::core::convert::Into::into($crate::private::Crossed::vec_new(values))
            }

            fn vec_from_wire(wires: $crate::private::RVec<Self::Wire>) -> ::std::vec::Vec<Self> {
                $crate::private::Crossed::vec_into_values(::core::convert::Into::into(wires))
            }
        }
    };
}

pub use __described_foreign as described_foreign;

/// The name, which fails to compile if descriptions and lock files could not hold it.
pub const fn required_name(name: &'static str) -> &'static str {
    let bytes = name.as_bytes();
    assert!(!bytes.is_empty(), "a name has letters [HM-0931]");
    let mut i = 0;
    while i < bytes.len() {
        assert!(
            bytes[i].is_ascii_alphanumeric() || matches!(bytes[i], b'_' | b':' | b'.' | b'-'),
            "a name has letters, digits, `_`, `:`, `.` and `-` [HM-0931]"
        );
        i += 1;
    }
    name
}

/// What is said of a type that is carried over by its form.
pub const fn carried_attributes<T: Carried>() -> &'static [AttributeDesc] {
    use AttributeDesc::{Checked, Form, Moved};
    match (T::TAKES_ALL, T::MOVED.is_ever()) {
        (true, false) => &[Form],
        (false, false) => &[Form, Checked],
        (true, true) => &[Form, Moved],
        (false, true) => &[Form, Checked, Moved],
    }
}

/// How a field refers to a type that is carried over by its form.
pub const fn carried_form<T: Carried>() -> TypeRef {
    struct Of<T>(PhantomData<T>);

    impl<T: Carried> Of<T> {
        const ARGS: &'static [&'static TypeRef] = &[&<T::Form as Describe>::TYPE];
    }

    TypeRef::applied(Builtin::As, Of::<T>::ARGS)
}

/// What a variant marked `#[state(other)]` may hold.
#[diagnostic::on_unimplemented(
    message = "a variant marked `other` gets the name of a variant, and `{Self}` is no `String` [HM-0929]",
    label = "not a `String`",
    note = "let the variant have no fields, or one `String`"
)]
pub trait VariantName {}

impl VariantName for String {}

/// Fails to compile, at the type's place in the source, where it cannot hold a variant's name.
pub const fn require_name<T: VariantName>() {}

/// What stands in the place of entries where no modules are linked.
#[doc(hidden)]
#[macro_export]
macro_rules! __unlinked {
    ($($given:tt)*) => {};
}

#[cfg(feature = "linked")]
pub use __unlinked as linked_required;
#[cfg(not(feature = "linked"))]
pub use __unlinked as linked_module;
#[cfg(not(feature = "linked"))]
pub use __unlinked as linked_record;
#[cfg(not(feature = "linked"))]
pub use __unlinked as linked_symbol;

/// What stands in a crate that is compiled to be linked, without the feature that this takes.
#[cfg(not(feature = "linked"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __linked_required {
    () => {
        ::core::compile_error!(
            "a module that is linked into an executable needs the feature `linked` of hotmod\n\
             help: write `linked = [\"hotmod/linked\"]` under `[features]` in Cargo.toml"
        );
    };
}

#[cfg(not(feature = "linked"))]
pub use __linked_required as linked_required;
