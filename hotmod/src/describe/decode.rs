//! Bytes that nobody vouches for into a [`Description`].
//!
//! The file is taken to be hostile: every length is compared with what is left before anything is
//! allocated, and counts, depth and total size have limits far above what a module needs.

mod limits;
mod reader;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

use super::builtin::Builtin;
use super::description::{
    Build, Described, Description, Down, Field, Function, Hook, Implementation, Import, Init,
    Lifecycle, Name, Preflight, Shape, Type, Variant,
};
use super::encode::{ENUM, Kind, MANDATORY, STRUCT};
use super::graph::Graph;
use super::model::Receiver;
use crate::printed::lines;
use limits::Thing;
use reader::{Reader, aligned, unique};
use sources::Sources;

/// What is wrong with a manifest.
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// Where: `record 3 (type World), field gold`.
    pub place: String,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lines(f, |f| {
            let DecodeError {
                place,
                expected,
                found,
            } = self;
            write!(f, "{place}: expected {expected}, found {found}")
        })
    }
}

/// As [`Display`](fmt::Display): what a `main` that returns it prints.
impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for DecodeError {}

/// What is expected where the author of the module can do something about it.
const ONE_TYPE: &str = "one type under each id";

impl DecodeError {
    /// What to write, where it is for the author of the source.
    pub fn help(&self) -> Option<&'static str> {
        (self.expected == ONE_TYPE).then_some(
            "an id stands for one type of a module, and is the type's name unless the source gives \
             another: write #[state(id = \"…\")] on one of them",
        )
    }
}

type Result<T> = std::result::Result<T, DecodeError>;

/// Reads the records of a section. `toolchain` is what a description without a build record was
/// compiled with: the reader itself.
///
/// # Errors
///
/// The first thing that is not as [`super::encode`] writes it, or that contradicts another record.
pub fn decode(section: &[u8], toolchain: &str) -> Result<Description> {
    let mut reader = Reader::new(section);
    let mut description = Description {
        toolchain: toolchain.to_owned(),
        ..Description::default()
    };
    if section.len() > limits::SECTION {
        let expected = format!("at most {} bytes", limits::SECTION);
        return reader.fail(expected, format!("{} bytes", section.len()));
    }
    let mut identities = Vec::new();
    let mut sources = Sources::default();
    let mut number = 0;
    while reader.skip_padding() {
        number += 1;
        reader.place = vec![format!("record {number}")];
        reader.one::<()>(Thing::Record)?;
        record(&mut reader, &mut description, &mut identities, &mut sources)?;
    }
    sources.check()?;
    for identity in identities {
        identity.tell(&mut description)?;
    }
    if let Some(build) = &description.build {
        description.toolchain = format!("{} {} {}", build.rustc, build.commit, build.target);
    }
    check(&description)?;
    Ok(description)
}

fn record(
    reader: &mut Reader<'_>,
    description: &mut Description,
    identities: &mut Vec<Identity>,
    sources: &mut Sources,
) -> Result<()> {
    let (kind, flags, mut payload) = reader.record()?;
    let reader = &mut payload;
    match kind {
        k if k == Kind::Build as u8 => {
            let build = build(reader)?;
            if description.build.replace(build).is_some() {
                return reader.fail("one build record", "a second one");
            }
        }
        k if k == Kind::Type as u8 => {
            let before = reader.spent();
            reader.one::<(Type, Described)>(Thing::Type)?;
            let (ty, described) = type_record(reader)?;
            // A generic type is described wherever it is mentioned, each time alike.
            if let Some(other) = description.types.get(&ty) {
                if *other != described {
                    sources.unlike(ty.clone(), reader.place.join(", "));
                }
                reader.is_not_kept(before);
            }
            description.types.insert(ty, described);
        }
        k if k == Kind::Function as u8 => {
            let function = function(reader)?;
            let name = function.signature.name.clone();
            if description.functions.insert(name, function).is_some() {
                return reader.fail("one function of each name", "a second one");
            }
        }
        k if k == Kind::Implementation as u8 => {
            reader.one::<Implementation>(Thing::Interface)?;
            let symbol = reader.text()?;
            let state = reader.ty()?;
            let name = reader.text()?;
            reader.place.push(format!("interface {name}"));
            shared(reader, &name, description)?;
            let methods = reader.methods()?;
            let table = Implementation {
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
        k if k == Kind::Init as u8 => {
            reader.one::<Init>(Thing::Init)?;
            let symbol = reader.text()?;
            let state = reader.ty()?;
            if description.inits.insert(state, Init { symbol }).is_some() {
                return reader.fail("one init for each state", "a second one");
            }
        }
        k if k == Kind::Hook as u8 => {
            let symbol = reader.text()?;
            let ty = reader.ty()?;
            if description.hooks.insert(ty, Hook { symbol }).is_some() {
                return reader.fail("one migration for each type", "a second one");
            }
        }
        k if k == Kind::Down as u8 => down(reader, description)?,
        k if k == Kind::Check as u8 => {
            let symbol = reader.text()?;
            let ty = reader.ty()?;
            if description.checks.insert(ty, Hook { symbol }).is_some() {
                return reader.fail("one check for each state", "a second one");
            }
        }
        k if k == Kind::Preflight as u8 => {
            let name = reader.text()?;
            let symbol = reader.text()?;
            let state = reader.ty()?;
            let preflight = Preflight { symbol, state };
            if description.preflights.insert(name, preflight).is_some() {
                return reader.fail("one preflight of each name", "a second one");
            }
        }
        k if k == Kind::Loaded as u8 => {
            let loaded = lifecycle(reader)?;
            if description.loaded.replace(loaded).is_some() {
                return reader.fail("one function marked `#[hotmod::loaded]`", "a second one");
            }
        }
        k if k == Kind::Retired as u8 => {
            let retired = lifecycle(reader)?;
            if description.retired.replace(retired).is_some() {
                return reader.fail("one function marked `#[hotmod::retired]`", "a second one");
            }
        }
        k if k == Kind::Import as u8 => import(reader, description)?,
        k if k == Kind::Identities as u8 => sources.read(reader)?,
        k if k == Kind::Opaque as u8 => {
            identities.push(Identity {
                place: reader.place.join(", "),
                owner: reader.ty()?,
                field: reader.u32()? as usize,
                source: reader.bool()?,
                identities: reader.list("identities", |reader| {
                    reader.array().map(u128::from_le_bytes)
                })?,
            });
        }
        k if k == Kind::Interface as u8 => {
            let name = reader.text()?;
            shared(reader, &name, description)?;
            let methods = reader.methods()?;
            if description.interfaces.insert(name, methods).is_some() {
                return reader.fail("one interface of each name", "a second one");
            }
        }
        unknown if flags & MANDATORY != 0 => {
            return reader.fail(
                "a kind of record that this version of hotmod knows",
                format!("kind {unknown}, marked as one that must be understood"),
            );
        }
        _ => return Ok(()),
    }
    reader.end()
}

fn lifecycle(reader: &mut Reader<'_>) -> Result<Lifecycle> {
    let name = reader.text()?;
    let symbol = reader.text()?;
    Ok(Lifecycle { name, symbol })
}

fn down(reader: &mut Reader<'_>, description: &mut Description) -> Result<()> {
    reader.one::<Down>(Thing::Down)?;
    let name = reader.text()?;
    reader.place.push(format!("migration down `{name}`"));
    let symbol = reader.text()?;
    let from = reader.ty()?;
    let to = reader.ty()?;
    let mut form = BTreeMap::new();
    while !reader.rest.is_empty() {
        let (ty, described) = reader.part()?;
        if form.insert(ty, described).is_some() {
            return reader.fail("one form of each type", "a second one");
        }
    }
    if !form.contains_key(&to) {
        return reader.fail(format!("a form of the type `{to}`"), "none");
    }
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

/// Which type a field is that hotmod cannot look into.
struct Identity {
    place: String,
    owner: Type,
    /// Among all fields of all variants.
    field: usize,
    /// Whether it is of the type that the field is converted from.
    source: bool,
    /// That of the type; and, where it has parameters, of its constructor and of those that have no
    /// description.
    identities: Vec<u128>,
}

impl Identity {
    fn tell(self, description: &mut Description) -> Result<()> {
        let fail = |expected: &str, found: String| {
            Err(DecodeError {
                place: self.place.clone(),
                expected: expected.to_owned(),
                found,
            })
        };
        let described = description.types.get_mut(&self.owner);
        let mut fields: Vec<&mut Field> = match described.map(|it| &mut it.shape) {
            Some(Shape::Struct(fields)) => fields.iter_mut().collect(),
            Some(Shape::Enum { variants, .. }) => {
                variants.iter_mut().flat_map(|it| &mut it.fields).collect()
            }
            None => return fail("a type that is described", format!("`{}`", self.owner)),
        };
        let field = fields.get_mut(self.field);
        let ty = field.and_then(|field| match self.source {
            true => field.with.as_mut(),
            false => Some(&mut field.ty),
        });
        let Some(Name::Opaque(opaque)) = ty.map(|ty| &mut ty.name) else {
            let field = format!("field {} of `{}`", self.field, self.owner);
            return fail("a field of an opaque type", field);
        };
        let Some((&whole, parts)) = self.identities.split_first() else {
            return fail("an identity", "none".to_owned());
        };
        let identity = match parts {
            [] => whole,
            [constructor] => *constructor,
            parts => {
                let mut hasher = SipHasher24::new_with_keys(0x6f70, 0x6171_7565);
                parts.iter().for_each(|part| hasher.write_u128(*part));
                hasher.finish128().as_u128()
            }
        };
        opaque.whole = Some(whole);
        match opaque.identity.replace(identity) {
            Some(other) if other != identity => fail(
                "one type under each id",
                format!("a second one for a field of `{}`", self.owner),
            ),
            _ => Ok(()),
        }
    }
}

fn function(reader: &mut Reader<'_>) -> Result<Function> {
    let symbol = reader.text()?;
    let signature = reader.signature()?;
    let pure = match reader.bool()? {
        true => Some(reader.text()?),
        false => None,
    };
    let is_exclusive = |ty: &Type| ty.builtin() == Some(Builtin::RefMut);
    let mut params = signature.params.iter();
    // It would see what the same call in another version has left.
    if pure.is_some() && params.any(|param| is_exclusive(&param.ty)) {
        return reader.fail(
            "a pure function without exclusive references",
            format!("`{signature}`"),
        );
    }
    Ok(Function {
        symbol,
        signature,
        pure,
    })
}

/// Several crates of a module may declare one import, each with a place of its own for it.
fn import(reader: &mut Reader<'_>, description: &mut Description) -> Result<()> {
    let symbol = reader.text()?;
    let signature = reader.signature()?;
    let name = signature.name.clone();
    reader.place.push(format!("import {name}"));
    if signature.receiver != Receiver::None {
        return reader.fail("a function without a receiver", "one with a receiver");
    }
    let import = description.imports.entry(name).or_insert_with(|| Import {
        symbols: BTreeSet::new(),
        signature: signature.clone(),
    });
    if !import.signature.is_of_type(&signature) {
        return reader.fail(
            format!(
                "one type of function under one name, `{}`",
                import.signature
            ),
            format!("`{signature}`"),
        );
    }
    if !import.symbols.insert(symbol) {
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
    reader.place.push("build".to_owned());
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

impl Reader<'_> {
    /// A record of a type inside of another record.
    fn part(&mut self) -> Result<(Type, Described)> {
        let (kind, _, mut payload) = self.record()?;
        self.one::<(Type, Described)>(Thing::Type)?;
        if kind != Kind::Type as u8 {
            return self.fail("a record of a type", format!("one of kind {kind}"));
        }
        let part = type_record(&mut payload)?;
        payload.end()?;
        Ok(part)
    }
}

fn type_record(reader: &mut Reader<'_>) -> Result<(Type, Described)> {
    let ty = reader.ty()?;
    reader.place.push(format!("type {ty}"));
    if !ty.is_named() {
        return reader.fail("a type with an id", format!("`{ty}`"));
    }
    let size = reader.u64()?;
    let align = reader.u64()?;
    let meaning = reader.u32()?;
    let attributes = reader.attributes()?;
    let shape = match reader.u8()? {
        STRUCT => Shape::Struct(reader.fields()?),
        ENUM => {
            let repr = match reader.bool()? {
                true => Some(reader.text()?),
                false => None,
            };
            let variants = reader.list("variants", |reader| {
                reader.one::<Variant>(Thing::Variant)?;
                let name = reader.text()?;
                reader.within(format!("variant {name}"), |reader| {
                    Ok(Variant {
                        discriminant: reader.i128()?,
                        fields: reader.fields()?,
                        attributes: reader.attributes()?,
                        name,
                    })
                })
            })?;
            Shape::Enum { repr, variants }
        }
        other => return reader.fail("a struct or an enum", format!("shape {other}")),
    };
    let described = Described {
        size,
        align,
        meaning,
        attributes,
        shape,
    };
    layout(reader, &described)?;
    Ok((ty, described))
}

/// Sizes, alignments and offsets that no compiler would give out.
fn layout(reader: &Reader<'_>, described: &Described) -> Result<()> {
    let Described { size, align, .. } = *described;
    aligned(reader, size, align)?;
    match &described.shape {
        Shape::Struct(fields) => {
            unique(reader, "field", fields.iter().map(|field| &field.name))?;
            let mut spans = Vec::new();
            for field in fields {
                let place = format!("field {}", field.name);
                let Some(offset) = field.offset else {
                    return reader.fail_at(place, "an offset", "none");
                };
                let end = offset.checked_add(field.size);
                if end.is_none_or(|end| end > size) || !offset.is_multiple_of(field.align.max(1)) {
                    return reader.fail_at(
                        place,
                        format!("a place inside the {size} bytes of the type"),
                        format!("{} bytes at offset {offset}", field.size),
                    );
                }
                if field.size > 0 {
                    spans.push((offset, offset + field.size, &field.name));
                }
            }
            spans.sort_unstable();
            for pair in spans.windows(2) {
                if pair[0].1 > pair[1].0 {
                    return reader.fail_at(
                        format!("field {}", pair[1].2),
                        "bytes of its own",
                        format!("some that belong to `{}`", pair[0].2),
                    );
                }
            }
        }
        Shape::Enum { variants, .. } => {
            unique(reader, "variant", variants.iter().map(|v| &v.name))?;
            let mut discriminants = BTreeSet::new();
            for variant in variants {
                let place = format!("variant {}", variant.name);
                if !discriminants.insert(variant.discriminant) {
                    return reader.fail_at(
                        place,
                        "a discriminant of its own",
                        variant.discriminant.to_string(),
                    );
                }
                unique(reader, "field", variant.fields.iter().map(|f| &f.name))?;
                if let Some(field) = variant.fields.iter().find(|f| f.offset.is_some()) {
                    return reader.fail_at(
                        format!("{place}, field {}", field.name),
                        "no offset: it is the compiler's",
                        "one",
                    );
                }
                if let Some(field) = variant.fields.iter().find(|f| f.size > size) {
                    return reader.fail_at(
                        format!("{place}, field {}", field.name),
                        format!("at most the {size} bytes of the type"),
                        format!("{} bytes", field.size),
                    );
                }
            }
        }
    }
    Ok(())
}

/// Reads a reference to a type that stands by itself.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_type(bytes: &[u8]) -> Result<Type> {
    let mut reader = Reader::new(bytes);
    reader.ty()
}

/// What no single record can show: that every type that is referred to is described, and that they do
/// not lead to each other without end.
fn check(description: &Description) -> Result<()> {
    let known =
        |place: &dyn Fn() -> String, ty: &Type| described(place, ty, &description.types, None);
    for (ty, described) in &description.types {
        mentioned(&|| format!("type {ty}"), ty, described, &known)?;
    }
    let functions = description.functions.values().map(|f| &f.signature);
    let imports = description.imports.values().map(|i| &i.signature);
    let methods = description
        .implementations
        .values()
        .flat_map(|i| &i.methods);
    let expected = description.interfaces.values().flatten();
    for signature in functions.chain(imports).chain(methods).chain(expected) {
        let place = || format!("`{signature}`");
        for param in &signature.params {
            known(&place, &param.ty)?;
        }
        known(&place, &signature.output)?;
    }
    let taken_back = description.downs.values().map(|down| &down.from);
    let hooks = description.hooks.keys().chain(taken_back);
    for ty in hooks.chain(description.checks.keys()) {
        known(&|| "a migration".to_owned(), ty)?;
    }
    for (name, preflight) in &description.preflights {
        known(&|| format!("preflight `{name}`"), &preflight.state)?;
    }
    for state in description.states() {
        known(&|| "a state".to_owned(), state)?;
    }
    for (name, down) in &description.downs {
        for (ty, it) in &down.form {
            let place = || format!("migration down `{name}`, type {ty}");
            mentioned(&place, ty, it, &|place, ty| {
                // What is not of the form is of the module, and was looked at above.
                described(place, ty, &description.types, Some(&down.form))
            })?;
        }
    }
    let forms = description.downs.values().map(|down| &down.form);
    for types in [&description.types].into_iter().chain(forms) {
        shallow(types)?;
    }
    Ok(())
}

/// Refuses types that lead to each other without end.
fn shallow(types: &BTreeMap<Type, Described>) -> Result<()> {
    match Graph::new(types).depth() {
        Some((depth, ty)) if depth > limits::DEPTH => Err(DecodeError {
            place: format!("type {ty}"),
            expected: format!(
                "a type from which at most {} lead on, each to the next",
                limits::DEPTH
            ),
            found: format!("one from which {depth} do"),
        }),
        _ => Ok(()),
    }
}

/// Looks at a type that is mentioned, with where.
type Look<'a> = dyn Fn(&dyn Fn() -> String, &Type) -> Result<()> + 'a;

/// Looks at what a described type refers to, each with where.
fn mentioned(
    place: &dyn Fn() -> String,
    ty: &Type,
    described: &Described,
    each: &Look<'_>,
) -> Result<()> {
    for arg in &ty.args {
        each(place, arg)?;
    }
    for field in described.fields() {
        each(&|| format!("{}, field {}", place(), field.name), &field.ty)?;
    }
    Ok(())
}

/// Refuses a type that nothing describes.
fn described(
    place: &dyn Fn() -> String,
    ty: &Type,
    types: &BTreeMap<Type, Described>,
    form: Option<&BTreeMap<Type, Described>>,
) -> Result<()> {
    let lacks = |expected: String| {
        Err(DecodeError {
            place: place(),
            expected,
            found: "none".to_owned(),
        })
    };
    if ty.opaque().is_some_and(|opaque| opaque.identity.is_none()) {
        return lacks(format!("a record of which type `{ty}` is"));
    }
    let is_described = types.contains_key(ty) || form.is_some_and(|form| form.contains_key(ty));
    if ty.is_named() && !is_described {
        return lacks(format!("a record of the type `{ty}` that it mentions"));
    }
    let mut args = ty.args.iter();
    args.try_for_each(|arg| described(place, arg, types, form))
}
