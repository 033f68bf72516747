//! The records that generated code puts into a module's section.

use std::any::TypeId;

use crate::describe::encode::{self, Mentioned, Writer};
use crate::describe::format::{OF_EXECUTABLE, OF_HOST};
use crate::describe::{BuildDesc, Instances, InterfaceDesc, SignatureDesc, TypeDesc, TypeRef};
use crate::root;

/// A record: the bytes that `$encode` writes, once to count them and once to keep them, and the identities
/// of the types that are `$mentioned`.
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
            let met = encode::mentioned::<M>(&mut writer, &mentioned);
            assert!(writer.written() == N, "a record of another length than was counted");
            Record {
                bytes,
                identities: met.identities(),
            }
        }

        /// The length of that record, and how many types it mentions.
        pub const fn $len($($arg: $ty),*) -> [usize; 2] {
            let mut writer = Writer::new(&mut []);
            let mentioned: Mentioned = $mentioned;
            ($encode)(&mut writer, $($arg),*);
            let met = encode::mentioned::<0>(&mut writer, &mentioned);
            [writer.written(), met.count()]
        }
    };
}

/// What stands in the section of a module. A `TypeId` cannot be taken apart into bytes while the module is
/// compiled, but it can stand in a `static`.
#[repr(C, packed)]
pub struct Record<const N: usize, const M: usize> {
    bytes: [u8; N],
    identities: [TypeId; M],
}

// SAFETY: it is packed, and all of its bytes are those of its two arrays: identities are bytes
// (`state::opaque::bytes`).
#[cfg(feature = "linked")]
unsafe impl<const N: usize, const M: usize> crate::linked::Records for Record<N, M> {}

record! {
    /// The record of `module!`.
    build_record, build_len(
        module: &'static str,
        version: &'static str,
        unwinds: bool,
        linked: bool
    ) encode_build, Mentioned::NONE
}
record! {
    /// What `module!` says of statics.
    statics_record, statics_len(path: &str, denied: bool, except: &[&str]) encode::statics, Mentioned::NONE
}
record! {
    /// What `module!` says of what is forwarded.
    forwards_record, forwards_len(features: &[&str]) encode::forwards, Mentioned::NONE
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
        crossing: &str,
        signature: &SignatureDesc,
        pure: Option<&str>
    ) encode_function, Mentioned::by(signature.instances)
}
record! {
    /// The record of `import`.
    import_record, import_len(symbol: &str, signature: &SignatureDesc) encode_import, Mentioned::by(signature.instances)
}
record! {
    /// The record of `import` on a static.
    imports_record, imports_len(symbol: &str, services: &InterfaceDesc) encode::imports, Mentioned {
        own: None,
        methods: services.methods,
        roots: &[],
    }
}
record! {
    /// The record of `import` of a function of another module.
    use_function_record, use_function_len(
        module: &str,
        symbol: &str,
        signature: &SignatureDesc
    ) encode_use_function, Mentioned::by(signature.instances)
}
record! {
    /// The record of `import` of instances of another module.
    use_instances_record, use_instances_len(
        of: (&str, &str),
        name: &str,
        key: Option<&'static TypeRef>,
        optional: bool,
        interface: &InterfaceDesc,
        mentioned: &'static [&'static Instances]
    ) encode_use_instances, Mentioned { own: None, methods: interface.methods, roots: mentioned }
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
        parallel: bool,
        mentioned: &'static [&'static Instances]
    ) encode_hook, Mentioned::by(mentioned)
}

record! {
    /// The record of the form that `migrate` takes.
    reads_record, reads_len(
        ty: TypeRef,
        form: TypeRef,
        forms: &'static [&'static Instances],
        mentioned: &'static [&'static Instances]
    ) encode_reads, Mentioned::by(mentioned)
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
    /// The record of `every`.
    timer_record, timer_len(
        name: &str,
        symbol: &str,
        state: &[TypeRef],
        milliseconds: u64,
        mentioned: &'static [&'static Instances]
    ) encode_timer, Mentioned::by(mentioned)
}

record! {
    /// The record of `task`.
    task_record, task_len(
        name: &str,
        symbol: &str,
        state: TypeRef,
        milliseconds: u64,
        mentioned: &'static [&'static Instances]
    ) encode_task, Mentioned::by(mentioned)
}

record! {
    /// The record of `resource`.
    resource_record, resource_len(name: &str, symbol: &str, file: &str) encode::resource, Mentioned::NONE
}

record! {
    /// The record of `loaded`.
    loaded_record, loaded_len(name: &str, symbol: &str) encode::loaded, Mentioned::NONE
}

record! {
    /// The record of `retired`.
    retired_record, retired_len(name: &str, symbol: &str) encode::retired, Mentioned::NONE
}

/// The types that a record mentions, besides those in its own bytes.
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

const fn encode_timer(
    writer: &mut Writer<'_>,
    name: &str,
    symbol: &str,
    state: &[TypeRef],
    milliseconds: u64,
    _: Roots,
) {
    encode::timer(writer, name, symbol, state, milliseconds);
}

const fn encode_task(
    writer: &mut Writer<'_>,
    name: &str,
    symbol: &str,
    state: TypeRef,
    milliseconds: u64,
    _: Roots,
) {
    encode::task(writer, name, symbol, &state, milliseconds);
}

const fn encode_check(writer: &mut Writer<'_>, symbol: &str, state: TypeRef, _: Roots) {
    encode::check(writer, symbol, &state);
}

const fn encode_hook(writer: &mut Writer<'_>, symbol: &str, ty: TypeRef, parallel: bool, _: Roots) {
    encode::hook(writer, symbol, &ty, parallel);
}

const fn encode_reads(writer: &mut Writer<'_>, ty: TypeRef, form: TypeRef, forms: Roots, _: Roots) {
    encode::reads(writer, (&ty, &form), forms);
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
    linked: bool,
) {
    let build = BuildDesc {
        abi: root::ABI,
        module,
        version,
        rustc: root::RUSTC,
        commit: root::COMMIT,
        target: root::TARGET,
        unwinds,
        allocator: if linked { OF_EXECUTABLE } else { OF_HOST },
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
    crossing: &str,
    signature: &SignatureDesc,
    pure: Option<&str>,
) {
    encode::function(writer, symbol, crossing, signature, pure);
}

const fn encode_import(writer: &mut Writer<'_>, symbol: &str, signature: &SignatureDesc) {
    encode::import(writer, symbol, signature);
}

const fn encode_use_function(
    writer: &mut Writer<'_>,
    module: &str,
    symbol: &str,
    signature: &SignatureDesc,
) {
    encode::use_function(writer, (module, symbol), signature);
}

const fn encode_use_instances(
    writer: &mut Writer<'_>,
    of: (&str, &str),
    name: &str,
    key: Option<&'static TypeRef>,
    optional: bool,
    interface: &InterfaceDesc,
    _: Roots,
) {
    encode::use_instances(writer, of, (name, key, optional), interface);
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
