//! Every item that generated code may name, and nothing else.
//!
//! Safe code can name them too, so each is judged as if it were public: what memory safety rests on is
//! an `unsafe` function or trait with its promises, or a value that only such can make. What takes `crate
//! = path` believes that this module stands at the path.

use core::marker::PhantomData;
pub use core::mem::{ManuallyDrop, align_of, offset_of, size_of};
pub use core::option::Option::{None, Some};
pub use core::primitive::{bool, i128, str, u8, usize};
pub use std::any::TypeId;
pub use std::string::String;
pub use std::vec::Vec;

pub use abi_stable::std_types::{RStr, RString, RVec};

pub use crate::allocator::HostAllocator;
pub use crate::boundary::{Boundary, Cons, LentForTheCall};
pub use crate::call::{CallError, Caller, Shim, run};
pub use crate::crossed::Crossed;
pub use crate::describe::{
    AttributeDesc, Body, Builtin, FieldDesc, Head, Instances, InterfaceDesc, ParamDesc, Receiver,
    SignatureDesc, TypeDesc, TypeRef, VariantDesc,
};
pub use crate::import::Import;
pub use crate::init::{Derived, InitInput, InitOutput, run_init};
pub use crate::interface::{Implementation, ImplementationTable, Interface};
pub use crate::lifecycle::{run_loaded, run_retired};
pub use crate::old::{
    DownTable, MigrateOutput, Old, OldPart, OldState, RawOld, run_check, run_down, run_hook,
    run_preflight,
};
pub use crate::opaque::{OpaqueRecord, StandIn, opaque_len};
pub use crate::operations::{Operations, purpose};
pub use crate::probe::{Probe, Unfit, UnfitValue};
pub use crate::pure::PureTable;
pub use crate::root::{RootModule, RootModuleRef};
pub use crate::state::{Describe, Fields, Registry, StableState};
#[cfg(feature = "serde")]
pub use crate::thunks::BySerde;
pub use crate::thunks::{
    DerivedEnum, Parts, Room, With, WithOutput, make_constant, make_field, make_nothing, make_with,
};
pub use crate::version::{VersionInfo, VersionWire};

use crate::describe::BuildDesc;
use crate::describe::encode::{self, Mentioned, Writer};
use crate::old::{CheckOutput, DownOutput};
use crate::pure::{PureArgument, PureResult};
use crate::root;

/// Fails to compile, at the type's place in the source, where a type is not state.
pub const fn require_state<T: StableState>() {}

/// The type of a field, as it is compiled.
pub struct Compiled<T>(PhantomData<T>);

impl<T> Compiled<T> {
    /// That of this field.
    pub const fn of(_field: &T) -> Self {
        Compiled(PhantomData)
    }

    /// Fails to compile, at the type's place in the source, where the derive was given another one:
    /// all that is described and made of the field is made for what it was given.
    pub const fn is<Written: IsCompiledAs<T>>(self) {}
}

/// A value for code that is compiled and never run.
pub fn written<T>() -> T {
    unreachable!("bug in hotmod: code ran that stands only for what it is compiled of")
}

/// Holds of a type and itself.
///
/// # Safety
///
/// They are one type.
#[diagnostic::on_unimplemented(
    message = "the derive was given a field of type `{Self}`, and `{Compiled}` is compiled",
    label = "another macro makes it a `{Compiled}`",
    note = "put the derive below the attribute that changes the type, so that it is given what the \
            compiler gets"
)]
pub unsafe trait IsCompiledAs<Compiled> {}

// SAFETY: they are one type.
unsafe impl<T> IsCompiledAs<T> for T {}

/// What fixes the representation of `Enum`, whose discriminants the derive saw written in
/// `Discriminant`; fails to compile where another macro has changed that.
///
/// What it cannot see is a `repr(C)`, `repr(isize)`, `repr(usize)`, `repr(i64)` or `repr(u64)` that a
/// macro below the derive adds to an enum with fields.
pub const fn repr<Enum, Discriminant>(repr: Option<&'static str>) -> Option<&'static str> {
    assert!(
        size_of::<core::mem::Discriminant<Enum>>() == size_of::<Discriminant>(),
        "the `repr` of the enum that is compiled is not the one that the derive was given: put the \
         derive below the attribute that changes it"
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
        // The only variant, of which there is nothing in memory.
        _ => true,
    };
    assert!(
        is_same,
        "the discriminants of the enum that is compiled are not those that the derive was given: \
         put the derive below the attribute that changes them"
    );
    written
}

/// As [`require_state`], of a field that a macro writes.
pub const fn require_state_of_macro<T: StateOfMacro>() {}

/// State in a field that a macro writes: it can be given no attribute by who uses the macro.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept as state, and a macro writes the field that it is in",
    label = "not a type that hotmod knows",
    note = "of `bitflags!`: write `#[derive(StableState)] struct Flags(u32);` outside of it, and \
            `impl Flags: u32 {{ … }}` inside",
    note = "of another macro: derive it on a type of your own, which holds what the value is made of (a \
            number, a `String`), and make the macro's type of that where you need it"
)]
pub trait StateOfMacro: StableState {}

#[diagnostic::do_not_recommend]
impl<T: StableState> StateOfMacro for T {}

/// Fails to compile, at the type's place in the source, where a type cannot be read as it was.
pub const fn require_old_part<T: OldPart>() {}

/// Fails to compile, at the type's place in the source, where a type cannot cross.
pub const fn require_boundary<T: Boundary>() {}

/// Fails to compile, at the type's place in the source, where an init cannot return a type.
pub const fn require_init_output<T: InitOutput>() {}

/// Fails to compile, at the type's place in the source, where a migration cannot return a type.
pub const fn require_migrate_output<T: MigrateOutput>() {}

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
        "hotmod knows this type: remove `unsafe(opaque)`, so that changes inside of it are seen"
    );
}

/// A type that `fill = expr` gives more elements.
///
/// # Safety
///
/// A value is made of nothing but values of `Element`, side by side.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no array, and `fill` is for the elements that an array lacks",
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

/// A record: the bytes that `$encode` writes, once to count them and once to keep them, and which
/// types `$mentioned` are.
macro_rules! record {
    (
        $(#[$meta:meta])* $name:ident, $len:ident ($($arg:ident: $ty:ty),*)
        $encode:expr, $mentioned:expr
    ) => {
        $(#[$meta])*
        pub const fn $name<const N: usize, const M: usize>($($arg: $ty),*) -> Record<N, M> {
            let mut bytes = [0; N];
            let mut writer = Writer::new(&mut bytes);
            let mentioned: Mentioned = $mentioned;
            ($encode)(&mut writer, $($arg),*);
            encode::mentioned(&mut writer, &mentioned);
            assert!(writer.written() == N, "a record of another length than was counted");
            Record {
                bytes,
                identities: encode::identities(&mentioned),
            }
        }

        /// The length of that record, and how many types it mentions.
        pub const fn $len($($arg: $ty),*) -> [usize; 2] {
            let mut writer = Writer::new(&mut []);
            let mentioned: Mentioned = $mentioned;
            ($encode)(&mut writer, $($arg),*);
            encode::mentioned(&mut writer, &mentioned);
            [writer.written(), encode::met(&mentioned)]
        }
    };
}

/// What stands in the section of a module. Which types it is about cannot be taken apart while the
/// module is compiled, but it can stand in a `static`.
#[repr(C, packed)]
pub struct Record<const N: usize, const M: usize> {
    bytes: [u8; N],
    identities: [TypeId; M],
}

record! {
    /// The record of `module!`.
    build_record, build_len(module: &'static str, version: &'static str, unwinds: bool) encode_build, Mentioned::NONE
}
record! {
    /// The record of `derive(StableState)` on a type without parameters.
    type_record, type_len(
        desc: Option<&'static TypeDesc>,
        mentioned: &'static [&'static Instances]
    ) encode_type, Mentioned { own: desc, methods: &[], roots: mentioned }
}
record! {
    /// The record of `export` on a function.
    function_record, function_len(
        symbol: &str,
        signature: &SignatureDesc,
        pure: Option<&str>
    ) encode_function, Mentioned::by(signature.instances)
}
record! {
    /// The record of `import`.
    import_record, import_len(symbol: &str, signature: &SignatureDesc) encode_import, Mentioned::by(signature.instances)
}
record! {
    /// The record of `export` on an impl.
    implementation_record, implementation_len(
        symbol: &str,
        state: TypeRef,
        interface: &InterfaceDesc,
        mentioned: &'static [&'static Instances]
    ) encode_implementation, Mentioned { own: None, methods: interface.methods, roots: mentioned }
}
record! {
    /// The record of `init`.
    init_record, init_len(
        symbol: &str,
        state: TypeRef,
        mentioned: &'static [&'static Instances]
    ) encode_init, Mentioned::by(mentioned)
}

record! {
    /// The record of `migrate`.
    hook_record, hook_len(
        symbol: &str,
        ty: TypeRef,
        mentioned: &'static [&'static Instances]
    ) encode_hook, Mentioned::by(mentioned)
}

record! {
    /// The record of `migrate(down)`.
    down_record, down_len(
        name: &str,
        symbol: &str,
        from: TypeRef,
        to: TypeRef,
        form: &'static [&'static Instances],
        mentioned: &'static [&'static Instances]
    ) encode_down, Mentioned::by(mentioned)
}

record! {
    /// The record of `after_migrate`.
    check_record, check_len(
        symbol: &str,
        state: TypeRef,
        mentioned: &'static [&'static Instances]
    ) encode_check, Mentioned::by(mentioned)
}

record! {
    /// The record of `preflight`.
    preflight_record, preflight_len(
        name: &str,
        symbol: &str,
        state: TypeRef,
        mentioned: &'static [&'static Instances]
    ) encode_preflight, Mentioned::by(mentioned)
}

record! {
    /// The record of `loaded`.
    loaded_record, loaded_len(name: &str, symbol: &str) encode::loaded, Mentioned::NONE
}

record! {
    /// The record of `retired`.
    retired_record, retired_len(name: &str, symbol: &str) encode::retired, Mentioned::NONE
}

/// What a record mentions beside what its own bytes say.
type Roots = &'static [&'static Instances];

const fn encode_preflight(
    writer: &mut Writer<'_>,
    name: &str,
    symbol: &str,
    state: TypeRef,
    _: Roots,
) {
    encode::preflight(writer, name, symbol, &state);
}

const fn encode_check(writer: &mut Writer<'_>, symbol: &str, state: TypeRef, _: Roots) {
    encode::check(writer, symbol, &state);
}

const fn encode_hook(writer: &mut Writer<'_>, symbol: &str, ty: TypeRef, _: Roots) {
    encode::hook(writer, symbol, &ty);
}

const fn encode_down(
    writer: &mut Writer<'_>,
    name: &str,
    symbol: &str,
    from: TypeRef,
    to: TypeRef,
    form: Roots,
    _: Roots,
) {
    encode::down(writer, (name, symbol), (&from, &to), form);
}

const fn encode_build(
    writer: &mut Writer<'_>,
    module: &'static str,
    version: &'static str,
    unwinds: bool,
) {
    let build = BuildDesc {
        abi: root::ABI,
        module,
        version,
        rustc: root::RUSTC,
        commit: root::COMMIT,
        target: root::TARGET,
        unwinds,
        allocator: "host",
    };
    encode::build(writer, &build);
}

const fn encode_type(writer: &mut Writer<'_>, desc: Option<&'static TypeDesc>, _: Roots) {
    let Some(desc) = desc else {
        panic!("a derived type without a description");
    };
    encode::type_desc(writer, desc);
}

const fn encode_function(
    writer: &mut Writer<'_>,
    symbol: &str,
    signature: &SignatureDesc,
    pure: Option<&str>,
) {
    encode::function(writer, symbol, signature, pure);
}

const fn encode_import(writer: &mut Writer<'_>, symbol: &str, signature: &SignatureDesc) {
    encode::import(writer, symbol, signature);
}

const fn encode_implementation(
    writer: &mut Writer<'_>,
    symbol: &str,
    state: TypeRef,
    interface: &InterfaceDesc,
    _: Roots,
) {
    encode::implementation(writer, symbol, &state, interface);
}

const fn encode_init(writer: &mut Writer<'_>, symbol: &str, state: TypeRef, _: Roots) {
    encode::init(writer, symbol, &state);
}
