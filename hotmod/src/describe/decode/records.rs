//! A record of each kind, read into the description.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::error::Result;
use super::identity::Identity;
use super::limits::{self, Thing};
use super::reader::Reader;
use super::sources::Sources;
use super::types::{part, type_record};
use crate::describe::builtin::Builtin;
use crate::describe::description::{
    Build, Described, Description, Down, ExportedFunction, Form, Hook, ImplementedInterface,
    ImportedFunction, Init, Lifecycle, Preflight, ReadResource, Signature, StaticsRule, Task,
    Timer, Type, UsedInstances,
};
use crate::describe::format::{MANDATORY, RecordKind, UseTag};
use crate::describe::model::Receiver;

/// Reads one record into the description.
pub(super) fn record(
    reader: &mut Reader<'_>,
    description: &mut Description,
    identities: &mut Vec<Identity>,
    sources: &mut Sources,
) -> Result<()> {
    let (kind, flags, mut payload) = reader.record()?;
    let reader = &mut payload;
    let Some(known) = RecordKind::from_byte(kind) else {
        return match flags & MANDATORY {
            0 => Ok(()),
            _ => reader.fail(
                "a kind of record that this version of hotmod knows",
                format!("kind {kind}, marked as one that must be understood"),
            ),
        };
    };
    match known {
        RecordKind::Build => {
            let build = build(reader)?;
            if description.build.replace(build).is_some() {
                return reader.fail("one build record", "a second one");
            }
        }
        RecordKind::Type => {
            let before = reader.spent();
            reader.one::<(Type, Described)>(Thing::Type)?;
            let (ty, described) = type_record(reader)?;
            // A generic type is described wherever it is mentioned, each time alike.
            if let Some(other) = description.types.get(&ty) {
                if *other != described {
                    sources.unlike(ty.clone(), reader.location.join(", "));
                }
                reader.forgive(before);
            }
            description.types.insert(ty, described);
        }
        RecordKind::Function => {
            let function = function(reader)?;
            let name = function.signature.name.clone();
            if description.functions.insert(name, function).is_some() {
                return reader.fail("one function of each name", "a second one");
            }
        }
        RecordKind::Implementation => {
            reader.one::<ImplementedInterface>(Thing::Interface)?;
            let symbol = reader.text()?;
            let state = reader.ty()?;
            let name = reader.text()?;
            reader.location.push(format!("interface {name}"));
            shared(reader, &name, description)?;
            let methods = reader.methods()?;
            let table = ImplementedInterface {
                symbol,
                state,
                methods,
            };
            if description.implementations.insert(name, table).is_some() {
                return reader.fail(
                    "one state that implements the interface",
                    "a second one in the same module",
                );
            }
        }
        RecordKind::Init => {
            reader.one::<Init>(Thing::Init)?;
            let symbol = reader.text()?;
            let state = reader.ty()?;
            if description.inits.insert(state, Init { symbol }).is_some() {
                return reader.fail("one init for each state", "a second one");
            }
        }
        RecordKind::Hook => {
            let symbol = reader.text()?;
            let ty = reader.ty()?;
            let parallel = reader.bool()?;
            let hook = Hook { symbol, parallel };
            if let Some(other) = description.hooks.get(&ty) {
                let expected = format!("one function marked `#[hotmod::migrate]` for `{ty}`");
                let found = format!("`{}` beside `{}`", hook.name(), other.name());
                return reader.fail(expected, found);
            }
            description.hooks.insert(ty, hook);
        }
        RecordKind::Down => down(reader, description)?,
        RecordKind::Reads => reads(reader, description)?,
        RecordKind::Check => {
            let symbol = reader.text()?;
            let ty = reader.ty()?;
            if description
                .checks
                .insert(
                    ty,
                    Hook {
                        symbol,
                        parallel: false,
                    },
                )
                .is_some()
            {
                return reader.fail("one check for each state", "a second one");
            }
        }
        RecordKind::Preflight => {
            let name = reader.text()?;
            let symbol = reader.text()?;
            let state = reader.ty()?;
            let preflight = Preflight { symbol, state };
            if description.preflights.insert(name, preflight).is_some() {
                return reader.fail("one preflight of each name", "a second one");
            }
        }
        RecordKind::Timer => timer(reader, description)?,
        RecordKind::Task => task(reader, description)?,
        RecordKind::Resource => resource(reader, description)?,
        RecordKind::Forwards => {
            reader.location.push("what is forwarded".to_owned());
            let features = reader.list("features", Reader::text)?;
            description.forwards.extend(features);
        }
        RecordKind::Loaded => {
            let loaded = lifecycle(reader)?;
            if description.loaded.replace(loaded).is_some() {
                return reader.fail("one function marked `#[hotmod::loaded]`", "a second one");
            }
        }
        RecordKind::Retired => {
            let retired = lifecycle(reader)?;
            if description.retired.replace(retired).is_some() {
                return reader.fail("one function marked `#[hotmod::retired]`", "a second one");
            }
        }
        RecordKind::Statics => {
            reader.location.push("statics".to_owned());
            let statics = StaticsRule {
                krate: reader.text()?,
                denied: reader.bool()?,
                except: reader.list("exceptions", Reader::text)?,
            };
            if description.statics.replace(statics).is_some() {
                return reader.fail("one record of statics", "a second one");
            }
        }
        RecordKind::Import => imports(reader, description)?,
        RecordKind::Use => used(reader, description)?,
        RecordKind::Identities => sources.read(reader)?,
        RecordKind::Opaque => {
            identities.push(Identity {
                location: reader.location.join(", "),
                owner: reader.ty()?,
                field: reader.u32()? as usize,
                source: reader.bool()?,
                identities: reader.list("identities", |reader| {
                    reader.array().map(u128::from_le_bytes)
                })?,
            });
        }
        RecordKind::Interface => {
            let name = reader.text()?;
            shared(reader, &name, description)?;
            let methods = reader.methods()?;
            if description.interfaces.insert(name, methods).is_some() {
                return reader.fail("one interface of each name", "a second one");
            }
        }
    }
    reader.end()
}

/// The longest period of a timer, in milliseconds: 30 days.
const LONGEST_PERIOD: u64 = 30 * 24 * 60 * 60 * 1000;

fn timer(reader: &mut Reader<'_>, description: &mut Description) -> Result<()> {
    let name = reader.text()?;
    reader.location.push(format!("timer `{name}`"));
    let symbol = reader.text()?;
    let mut states = reader.list("states", Reader::ty)?;
    let state = states.pop();
    if !states.is_empty() {
        return reader.fail("one state at most", "a second one");
    }
    let milliseconds = reader.u64()?;
    if !(1..=LONGEST_PERIOD).contains(&milliseconds) {
        let found = format!("{milliseconds} ms");
        return reader.fail("a period of 1 ms to 30 days", found);
    }
    let timer = Timer {
        symbol,
        state,
        period: Duration::from_millis(milliseconds),
    };
    if description.timers.insert(name, timer).is_some() {
        return reader.fail("one timer of each name", "a second one");
    }
    Ok(())
}

fn task(reader: &mut Reader<'_>, description: &mut Description) -> Result<()> {
    let name = reader.text()?;
    reader.location.push(format!("task `{name}`"));
    let symbol = reader.text()?;
    let state = reader.ty()?;
    let milliseconds = reader.u64()?;
    if !(1..=LONGEST_PERIOD).contains(&milliseconds) {
        let found = format!("{milliseconds} ms");
        return reader.fail("1 ms to 30 days to stop", found);
    }
    let task = Task {
        symbol,
        state,
        within: Duration::from_millis(milliseconds),
    };
    if description.tasks.insert(name, task).is_some() {
        return reader.fail("one task of each name", "a second one");
    }
    Ok(())
}

fn resource(reader: &mut Reader<'_>, description: &mut Description) -> Result<()> {
    let name = reader.text()?;
    reader.location.push(format!("resource of `{name}`"));
    let symbol = reader.text()?;
    let file = reader.text()?;
    let is_name = !matches!(&*file, "" | "." | "..") && !file.contains(['/', '\0']);
    if !is_name {
        return reader.fail(
            "the name of a file, without a directory",
            format!("{file:?}"),
        );
    }
    let read = ReadResource { name, symbol };
    if let Some(other) = description.resources.insert(file, read) {
        return reader.fail(
            "one function for each resource",
            format!("`{}` too", other.name),
        );
    }
    Ok(())
}

fn lifecycle(reader: &mut Reader<'_>) -> Result<Lifecycle> {
    let name = reader.text()?;
    let symbol = reader.text()?;
    Ok(Lifecycle { name, symbol })
}

fn down(reader: &mut Reader<'_>, description: &mut Description) -> Result<()> {
    reader.one::<Down>(Thing::Down)?;
    let name = reader.text()?;
    reader.location.push(format!("migration down `{name}`"));
    let symbol = reader.text()?;
    let from = reader.ty()?;
    let to = reader.ty()?;
    let form = form(reader, &to)?;
    let down = Down {
        symbol,
        from,
        to,
        form,
    };
    let others = description.downs.values();
    let alike = others.filter(|it| (&it.from, &it.to) == (&down.from, &down.to));
    if alike.count() >= limits::DOWNS_ALIKE {
        let expected = format!(
            "at most {} migrations down of one type to one form",
            limits::DOWNS_ALIKE
        );
        return reader.fail(expected, "more");
    }
    if description.downs.insert(name, down).is_some() {
        return reader.fail("one migration down of each name", "a second one");
    }
    Ok(())
}

fn reads(reader: &mut Reader<'_>, description: &mut Description) -> Result<()> {
    reader.one::<Form>(Thing::Reads)?;
    let made = reader.ty()?;
    reader.location.push(format!("migration to `{made}`"));
    let ty = reader.ty()?;
    let types = form(reader, &ty)?;
    let reads = Form { ty, types };
    if description.reads.insert(made, reads).is_some() {
        return reader.fail("one form that a migration takes", "a second one");
    }
    Ok(())
}

/// An earlier form of a type, with the forms inside of it.
fn form(reader: &mut Reader<'_>, of: &Type) -> Result<BTreeMap<Type, Described>> {
    let mut form = BTreeMap::new();
    while !reader.rest.is_empty() {
        let (ty, described) = part(reader)?;
        if form.insert(ty, described).is_some() {
            return reader.fail("one form of each type", "a second one");
        }
    }
    if !form.contains_key(of) {
        return reader.fail(format!("a form of the type `{of}`"), "none");
    }
    Ok(form)
}

fn function(reader: &mut Reader<'_>) -> Result<ExportedFunction> {
    let symbol = reader.text()?;
    let crossing = reader.text()?;
    let signature = reader.signature()?;
    let pure = match reader.bool()? {
        true => Some(reader.text()?),
        false => None,
    };
    let is_exclusive = |ty: &Type| ty.builtin() == Some(Builtin::RefMut);
    let mut params = signature.params.iter();
    // A compared call would see what the same call of the other version has left in the argument.
    if pure.is_some() && params.any(|param| is_exclusive(&param.ty)) {
        return reader.fail(
            "a pure function without exclusive references",
            format!("`{signature}`"),
        );
    }
    Ok(ExportedFunction {
        symbol,
        crossing,
        signature,
        pure,
    })
}

/// Several crates of a module may declare one import, each with a place of its own for it.
fn imports(reader: &mut Reader<'_>, description: &mut Description) -> Result<()> {
    let symbol = reader.text()?;
    for (place, signature) in reader.methods()?.into_iter().enumerate() {
        let location = format!("import {}", signature.name);
        reader.within(location, |reader| {
            import(reader, description, (&symbol, place), signature)
        })?;
    }
    Ok(())
}

fn import(
    reader: &Reader<'_>,
    description: &mut Description,
    place: (&str, usize),
    signature: Signature,
) -> Result<()> {
    declared(reader, &mut description.imports, place, signature)
}

fn declared(
    reader: &Reader<'_>,
    imports: &mut BTreeMap<String, ImportedFunction>,
    (symbol, place): (&str, usize),
    signature: Signature,
) -> Result<()> {
    if signature.receiver != Receiver::None {
        return reader.fail("a function without a receiver", "one with a receiver");
    }
    let name = signature.name.clone();
    let import = imports.entry(name).or_insert_with(|| ImportedFunction {
        symbols: BTreeMap::new(),
        signature: signature.clone(),
    });
    // What one crate needs, the module needs.
    import.signature.optional &= signature.optional;
    let params = import.signature.params.iter_mut();
    for (param, other) in params.zip(&signature.params) {
        param.default &= other.default;
    }
    if !import.signature.is_of_type(&signature) {
        return reader.fail(
            format!(
                "one type of function under one name, `{}`",
                import.signature
            ),
            format!("`{signature}`"),
        );
    }
    if import.symbols.insert(symbol.to_owned(), place).is_some() {
        return reader.fail("one import of each name and crate", "a second one");
    }
    Ok(())
}

/// What the module needs of another one. Several crates of a module may declare the same, each with a place of
/// its own for it.
fn used(reader: &mut Reader<'_>, description: &mut Description) -> Result<()> {
    let module = reader.text()?;
    let symbol = reader.text()?;
    let tag = reader.u8()?;
    let Some(tag) = UseTag::from_byte(tag) else {
        return reader.fail("a function, a pool or an instance", format!("kind {tag}"));
    };
    reader.location.push(format!("import of module `{module}`"));
    if let UseTag::Function = tag {
        let signature = reader.signature()?;
        reader.location.push(format!("import {}", signature.name));
        let used = description.uses.entry(module).or_default();
        return declared(reader, &mut used.functions, (&symbol, 0), signature);
    }
    reader.one::<ImplementedInterface>(Thing::Interface)?;
    let key = match tag {
        UseTag::Pool => Some(reader.ty()?),
        _ => None,
    };
    let name = reader.text()?;
    reader.location.push(format!("import `{name}`"));
    let instances = UsedInstances {
        key,
        optional: reader.bool()?,
        interface: reader.text()?,
        shared: reader.bool()?,
        methods: reader.methods()?,
        symbols: BTreeSet::from([symbol.clone()]),
    };
    let used = description.uses.entry(module).or_default();
    let Some(known) = used.instances.get_mut(&name) else {
        used.instances.insert(name, instances);
        return Ok(());
    };
    known.optional &= instances.optional;
    let alike = UsedInstances {
        optional: known.optional,
        symbols: known.symbols.clone(),
        ..instances
    };
    if *known != alike {
        return reader.fail(
            "one interface, and one type of keys, of the instances under one name",
            "another",
        );
    }
    if !known.symbols.insert(symbol) {
        return reader.fail("one import of each name and crate", "a second one");
    }
    Ok(())
}

fn shared(reader: &mut Reader<'_>, interface: &str, description: &mut Description) -> Result<()> {
    if reader.bool()? {
        description.shared.insert(interface.to_owned());
    }
    Ok(())
}

fn build(reader: &mut Reader<'_>) -> Result<Build> {
    reader.location.push("build".to_owned());
    Ok(Build {
        abi: reader.u32()?,
        module: reader.text()?,
        version: reader.text()?,
        rustc: reader.text()?,
        commit: reader.text()?,
        target: reader.text()?,
        unwinds: reader.bool()?,
        allocator: reader.text()?,
    })
}
