//! A function for each kind of record.

use super::mentioned::{Mentioned, Met, Seen};
use super::writer::Writer;
use crate::describe::format::{IDENTITY, RecordKind, UseTag};
use crate::describe::model::{
    BuildDesc, Instances, InterfaceDesc, SignatureDesc, TypeDesc, TypeRef,
};

/// The build record.
pub const fn build(writer: &mut Writer<'_>, build: &BuildDesc) {
    let record = writer.open(RecordKind::Build);
    writer.u32(build.abi);
    writer.text(build.module);
    writer.text(build.version);
    writer.text(build.rustc);
    writer.text(build.commit);
    writer.text(build.target);
    writer.u8(build.unwinds as u8);
    writer.text(build.allocator);
    writer.close(record);
}

/// The record of which crate the module is, by the path of one of its Rust modules, and whether it denies
/// statics that its code can write, `except` these.
pub const fn statics(writer: &mut Writer<'_>, path: &str, denied: bool, except: &[&str]) {
    let record = writer.open(RecordKind::Statics);
    let bytes = path.as_bytes();
    let mut end = 0;
    while end < bytes.len() && bytes[end] != b':' {
        end += 1;
    }
    writer.count(end);
    writer.bytes(bytes.split_at(end).0);
    writer.u8(denied as u8);
    writer.count(except.len());
    let mut i = 0;
    while i < except.len() {
        writer.text(except[i]);
        i += 1;
    }
    writer.close(record);
}

/// The record of a free function, whose shim is exported as `symbol`. `crossing` gives out how its arguments
/// and its result are converted and, if the function is pure, `pure` gives out how its calls are compared.
pub const fn function(
    writer: &mut Writer<'_>,
    symbol: &str,
    crossing: &str,
    signature: &SignatureDesc,
    pure: Option<&str>,
) {
    let record = writer.open(RecordKind::Function);
    writer.text(symbol);
    writer.text(crossing);
    writer.signature(signature);
    match pure {
        Some(symbol) => {
            writer.u8(1);
            writer.text(symbol);
        }
        None => writer.u8(0),
    }
    writer.close(record);
}

/// The record of a function that a host knows by its type alone: its parameters have no names.
pub const fn function_by_type(
    writer: &mut Writer<'_>,
    name: &str,
    is_async: bool,
    params: &[TypeRef],
    output: &TypeRef,
) {
    let at = writer.open(RecordKind::Function);
    writer.text("");
    writer.text("");
    writer.by_type(name, is_async, params, output);
    writer.u8(0);
    writer.close(at);
}

/// The record of an interface implemented by `state`; `symbol` gives out its table.
pub const fn implementation(
    writer: &mut Writer<'_>,
    symbol: &str,
    state: &TypeRef,
    interface: &InterfaceDesc,
) {
    let record = writer.open(RecordKind::Implementation);
    writer.text(symbol);
    writer.type_ref(state);
    writer.text(interface.name);
    writer.u8(interface.sync as u8);
    writer.methods(interface);
    writer.close(record);
}

/// The record of what makes a `state`; `symbol` gives out its table.
pub const fn init(writer: &mut Writer<'_>, symbol: &str, state: &TypeRef) {
    let record = writer.open(RecordKind::Init);
    writer.text(symbol);
    writer.type_ref(state);
    writer.close(record);
}

/// The record of what makes a value of `ty` from its earlier form; `symbol` is its shim, which several threads may
/// run at once if it is `parallel`.
pub const fn hook(writer: &mut Writer<'_>, symbol: &str, ty: &TypeRef, parallel: bool) {
    let record = writer.open(RecordKind::Hook);
    writer.text(symbol);
    writer.type_ref(ty);
    writer.u8(parallel as u8);
    writer.close(record);
}

/// The record of the function `name` that makes an earlier form of `from`, which is called `to` and
/// mentions these types; `symbol` gives out its table.
pub const fn down(
    writer: &mut Writer<'_>,
    (name, symbol): (&str, &str),
    (from, to): (&TypeRef, &TypeRef),
    mentioned: &'static [&'static Instances],
) {
    let record = writer.open(RecordKind::Down);
    writer.text(name);
    writer.text(symbol);
    writer.type_ref(from);
    writer.type_ref(to);
    let seen = Seen::of(&Mentioned::by(mentioned), &mut Met::<0>::new());
    seen.require_known(true);
    seen.write(writer);
    writer.close(record);
}

/// The record of the earlier form that the function which makes values of `ty` takes. The form is called
/// `form` and mentions these types.
pub const fn reads(
    writer: &mut Writer<'_>,
    (ty, form): (&TypeRef, &TypeRef),
    mentioned: &'static [&'static Instances],
) {
    let record = writer.open(RecordKind::Reads);
    writer.type_ref(ty);
    writer.type_ref(form);
    let seen = Seen::of(&Mentioned::by(mentioned), &mut Met::<0>::new());
    seen.require_known(false);
    seen.write(writer);
    writer.close(record);
}

/// The record of what checks a migrated `state`; `symbol` is its shim.
pub const fn check(writer: &mut Writer<'_>, symbol: &str, state: &TypeRef) {
    let record = writer.open(RecordKind::Check);
    writer.text(symbol);
    writer.type_ref(state);
    writer.close(record);
}

/// The record of the function `name` that tries a migrated `state` out; `symbol` is its shim.
pub const fn preflight(writer: &mut Writer<'_>, name: &str, symbol: &str, state: &TypeRef) {
    let record = writer.open(RecordKind::Preflight);
    writer.text(name);
    writer.text(symbol);
    writer.type_ref(state);
    writer.close(record);
}

/// The record of what a module forwards: the names of the features.
pub const fn forwards(writer: &mut Writer<'_>, features: &[&str]) {
    let record = writer.open_optional(RecordKind::Forwards);
    writer.count(features.len());
    let mut i = 0;
    while i < features.len() {
        writer.text(features[i]);
        i += 1;
    }
    writer.close(record);
}

/// The record of the function `name` that hosts call every so many milliseconds; `symbol` is its shim. It takes the
/// first of these states, or nothing.
pub const fn timer(
    writer: &mut Writer<'_>,
    name: &str,
    symbol: &str,
    state: &[TypeRef],
    milliseconds: u64,
) {
    let record = writer.open_optional(RecordKind::Timer);
    writer.text(name);
    writer.text(symbol);
    writer.count(state.len());
    let mut i = 0;
    while i < state.len() {
        writer.type_ref(&state[i]);
        i += 1;
    }
    writer.u64(milliseconds);
    writer.close(record);
}

/// The record of the function `name` that runs from version to version, hands over this `state`, and may take so many
/// milliseconds to stop; `symbol` is its shim.
pub const fn task(
    writer: &mut Writer<'_>,
    name: &str,
    symbol: &str,
    state: &TypeRef,
    milliseconds: u64,
) {
    let record = writer.open_optional(RecordKind::Task);
    writer.text(name);
    writer.text(symbol);
    writer.type_ref(state);
    writer.u64(milliseconds);
    writer.close(record);
}

/// The record of the function `name` that makes a value of what the file of a resource holds; `symbol` is its shim.
pub const fn resource(writer: &mut Writer<'_>, name: &str, symbol: &str, file: &str) {
    let record = writer.open(RecordKind::Resource);
    writer.text(name);
    writer.text(symbol);
    writer.text(file);
    writer.close(record);
}

/// The record of the function `name` that sets a version up; `symbol` is its shim.
pub const fn loaded(writer: &mut Writer<'_>, name: &str, symbol: &str) {
    lifecycle(writer, RecordKind::Loaded, name, symbol);
}

/// The record of the function `name` that is called when a version is retired; `symbol` is its shim.
pub const fn retired(writer: &mut Writer<'_>, name: &str, symbol: &str) {
    lifecycle(writer, RecordKind::Retired, name, symbol);
}

const fn lifecycle(writer: &mut Writer<'_>, kind: RecordKind, name: &str, symbol: &str) {
    let record = writer.open(kind);
    writer.text(name);
    writer.text(symbol);
    writer.close(record);
}

/// The record of which type a field of `owner` has or, if `source`, which type its `with` function takes.
/// Its last bytes are left out, which are so many [`identity`]s: the type's and, where the type has
/// parameters, those of its constructor and of each parameter that has no description.
pub const fn opaque(
    writer: &mut Writer<'_>,
    owner: &TypeRef,
    place: usize,
    source: bool,
    identities: usize,
) {
    let record = writer.open(RecordKind::Opaque);
    writer.type_ref(owner);
    writer.count(place);
    writer.u8(source as u8);
    writer.count(identities);
    writer.len += identities * IDENTITY;
    writer.close(record);
    writer.len -= identities * IDENTITY;
}

/// The record of which type this one is. Its last bytes are left out: see [`identity`].
pub const fn source(writer: &mut Writer<'_>, desc: &TypeDesc) {
    let record = writer.open(RecordKind::Identities);
    writer.count(1);
    writer.source(Some(desc));
    writer.count(1);
    writer.count(0);
    writer.len += IDENTITY;
    writer.close(record);
    writer.len -= IDENTITY;
}

/// The last bytes of an [`opaque`] or a [`source`] record: they say which type it is about.
pub const fn identity(writer: &mut Writer<'_>, identity: &[u8; IDENTITY]) {
    writer.bytes(identity);
}

/// The record of a function that the host provides; `symbol` gives out where the module keeps the way
/// to it.
pub const fn import(writer: &mut Writer<'_>, symbol: &str, signature: &SignatureDesc) {
    let record = writer.open(RecordKind::Import);
    writer.text(symbol);
    writer.count(1);
    writer.signature(signature);
    writer.close(record);
}

/// The record of functions that the host provides together; `symbol` gives out where the module keeps the
/// ways to them, in their order.
pub const fn imports(writer: &mut Writer<'_>, symbol: &str, services: &InterfaceDesc) {
    let record = writer.open(RecordKind::Import);
    writer.text(symbol);
    writer.methods(services);
    writer.close(record);
}

/// The record of a function of another module; `symbol` gives out where the module keeps the way to it.
pub const fn use_function(
    writer: &mut Writer<'_>,
    (module, symbol): (&str, &str),
    signature: &SignatureDesc,
) {
    let at = writer.open(RecordKind::Use);
    writer.text(module);
    writer.text(symbol);
    writer.u8(UseTag::Function as u8);
    writer.signature(signature);
    writer.close(at);
}

/// The record of instances of another module, which a host keeps under this name: those of a pool by keys of
/// this type, or a shared one. `symbol` gives out where the module keeps the way to them.
pub const fn use_instances(
    writer: &mut Writer<'_>,
    (module, symbol): (&str, &str),
    (name, key, optional): (&str, Option<&TypeRef>, bool),
    interface: &InterfaceDesc,
) {
    let at = writer.open(RecordKind::Use);
    writer.text(module);
    writer.text(symbol);
    match key {
        Some(key) => {
            writer.u8(UseTag::Pool as u8);
            writer.type_ref(key);
        }
        None => writer.u8(UseTag::Instance as u8),
    }
    writer.text(name);
    writer.u8(optional as u8);
    writer.text(interface.name);
    writer.u8(interface.sync as u8);
    writer.methods(interface);
    writer.close(at);
}

/// A reference to a type, by itself.
pub const fn type_ref(writer: &mut Writer<'_>, ty: &TypeRef) {
    writer.type_ref(ty);
}

/// The record of an interface as a host expects it.
pub const fn interface(writer: &mut Writer<'_>, interface: &InterfaceDesc) {
    let record = writer.open(RecordKind::Interface);
    writer.text(interface.name);
    writer.u8(interface.sync as u8);
    writer.methods(interface);
    writer.close(record);
}
