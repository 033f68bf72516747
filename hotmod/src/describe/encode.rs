//! Descriptions into bytes, in `const`.
//!
//! The section of a module is a concatenation of records, in no particular order. A record is
//! [`MAGIC`], its kind, its flags, the length of its payload (`u32`) and the payload. Numbers are
//! little-endian; a text or a list is its length (`u32`) and then its bytes or items. What cannot
//! be understood can be skipped unless [`MANDATORY`] is set in the flags.
//!
//! Every encoder runs twice: over an empty buffer to learn the length, and over one of that length.

use std::any::TypeId;

use super::model::{
    AttributeDesc, Body, BuildDesc, FieldDesc, Head, Instances, InterfaceDesc, SignatureDesc,
    TypeDesc, TypeRef, same_text,
};

/// The section that holds the records.
pub const SECTION: &str = ".hotmod";

/// What every record begins with.
pub const MAGIC: [u8; 4] = *b"hotm";

/// The flag of a record that a reader must understand.
pub const MANDATORY: u8 = 1;

/// The kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The build, from `module!`.
    Build = 1,
    /// A type, from `derive(StableState)`.
    Type = 2,
    /// A free function, from `export`.
    Function = 3,
    /// An interface that a state implements, from `export`.
    Implementation = 4,
    /// What makes a state, from `init`.
    Init = 5,
    /// An interface that a host expects; never in a module.
    Interface = 6,
    /// What makes a type from its earlier form, from `migrate`.
    Hook = 7,
    /// What checks a state that was migrated, from `after_migrate`.
    Check = 8,
    /// A function that a module needs from its host, from `import`.
    Import = 9,
    /// Which type a field is that hotmod cannot look into, from `derive(StableState)`.
    Opaque = 10,
    /// What tries a migrated state out in a rehearsal, from `preflight`.
    Preflight = 11,
    /// What makes an earlier form of a type, with that form, from `migrate(down)`.
    Down = 12,
    /// What sets a version up once it is loaded, from `loaded`.
    Loaded = 13,
    /// What is called when a version is retired, from `retired`.
    Retired = 14,
    /// Which types the records beside it describe, from whatever describes types.
    Identities = 15,
}

/// The tags of a [`TypeRef`] that are no constructor of [`super::Builtin`].
pub(super) const ARRAY: u8 = 200;
pub(super) const CONST: u8 = 201;
pub(crate) const NAMED: u8 = 202;
pub(super) const OPAQUE: u8 = 203;

/// The tags of an [`AttributeDesc`].
pub(super) const DEFAULT: u8 = 1;
pub(super) const WAS: u8 = 2;
pub(super) const REMOVED: u8 = 3;
pub(super) const REMOVED_VARIANT: u8 = 4;
pub(super) const CHECKED: u8 = 5;
pub(super) const FILL: u8 = 6;
pub(super) const REBUILD: u8 = 7;
pub(super) const SKIP: u8 = 8;
pub(super) const BY: u8 = 9;

/// The tags of a [`Body`].
pub(super) const STRUCT: u8 = 1;
pub(super) const ENUM: u8 = 2;

/// Writes as much as fits and counts all of it.
pub struct Writer<'a> {
    out: &'a mut [u8],
    len: usize,
}

impl<'a> Writer<'a> {
    /// Over this buffer, from its start.
    pub const fn new(out: &'a mut [u8]) -> Self {
        Writer { out, len: 0 }
    }

    /// How many bytes were written, or would have been.
    pub const fn written(&self) -> usize {
        self.len
    }

    const fn u8(&mut self, value: u8) {
        if self.len < self.out.len() {
            self.out[self.len] = value;
        }
        self.len += 1;
    }

    const fn bytes(&mut self, bytes: &[u8]) {
        let mut i = 0;
        while i < bytes.len() {
            self.u8(bytes[i]);
            i += 1;
        }
    }

    const fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    const fn count(&mut self, value: usize) {
        assert!(value <= u32::MAX as usize, "a count beyond the format");
        self.u32(value as u32);
    }

    const fn u64(&mut self, value: u64) {
        self.bytes(&value.to_le_bytes());
    }

    const fn i128(&mut self, value: i128) {
        self.bytes(&value.to_le_bytes());
    }

    const fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes(text.as_bytes());
    }

    /// Which type it is, for a reader: its name, and where its source is.
    const fn source(&mut self, desc: Option<&TypeDesc>) {
        match desc {
            Some(desc) => {
                self.u8(1);
                self.type_ref(&desc.name);
                self.text(desc.place);
            }
            None => self.u8(0),
        }
    }

    /// Opens a record; returns where its length stands.
    const fn open(&mut self, kind: Kind) -> usize {
        self.bytes(&MAGIC);
        self.u8(kind as u8);
        self.u8(MANDATORY);
        let at = self.len;
        self.u32(0);
        at
    }

    const fn close(&mut self, at: usize) {
        let len = self.len;
        self.len = at;
        self.count(len - at - 4);
        self.len = len;
    }

    const fn type_ref(&mut self, ty: &TypeRef) {
        match ty.head {
            Head::Builtin(builtin) => self.u8(builtin as u8),
            Head::Array(length) => {
                self.u8(ARRAY);
                self.u64(length);
            }
            Head::Const(ty, value) => {
                self.u8(CONST);
                self.u8(ty as u8);
                self.i128(value);
            }
            Head::Named(id) => {
                self.u8(NAMED);
                self.text(id);
            }
            Head::Opaque(opaque) => {
                self.u8(OPAQUE);
                self.text(opaque.text);
                self.u64(opaque.size as u64);
                self.u64(opaque.align as u64);
            }
        }
        self.count(ty.args.len());
        let mut i = 0;
        while i < ty.args.len() {
            self.type_ref(ty.args[i]);
            i += 1;
        }
    }

    const fn fields(&mut self, fields: &[FieldDesc]) {
        self.count(fields.len());
        let mut i = 0;
        while i < fields.len() {
            let field = &fields[i];
            self.text(field.name);
            self.type_ref(&field.ty);
            self.u64(field.size as u64);
            self.u64(field.align as u64);
            match field.offset {
                Some(offset) => {
                    self.u8(1);
                    self.u64(offset as u64);
                }
                None => self.u8(0),
            }
            self.attributes(field.attributes);
            match &field.with {
                Some(source) => {
                    self.u8(1);
                    self.type_ref(source);
                }
                None => self.u8(0),
            }
            i += 1;
        }
    }

    const fn attributes(&mut self, attributes: &[AttributeDesc]) {
        self.count(attributes.len());
        let mut i = 0;
        while i < attributes.len() {
            match attributes[i] {
                AttributeDesc::Default => self.u8(DEFAULT),
                AttributeDesc::Was(name) => {
                    self.u8(WAS);
                    self.text(name);
                }
                AttributeDesc::Removed(name) => {
                    self.u8(REMOVED);
                    self.text(name);
                }
                AttributeDesc::RemovedVariant(from, to) => {
                    self.u8(REMOVED_VARIANT);
                    self.text(from);
                    self.text(to);
                }
                AttributeDesc::Checked => self.u8(CHECKED),
                AttributeDesc::Fill => self.u8(FILL),
                AttributeDesc::Rebuild => self.u8(REBUILD),
                AttributeDesc::Skip => self.u8(SKIP),
                AttributeDesc::By(name) => {
                    self.u8(BY);
                    self.text(name);
                }
            }
            i += 1;
        }
    }

    const fn signature(&mut self, signature: &SignatureDesc) {
        self.text(signature.name);
        self.u8(signature.receiver as u8);
        self.count(signature.params.len());
        let mut i = 0;
        while i < signature.params.len() {
            self.text(signature.params[i].name);
            self.type_ref(&signature.params[i].ty);
            i += 1;
        }
        self.type_ref(&signature.output);
    }

    const fn methods(&mut self, interface: &InterfaceDesc) {
        self.count(interface.methods.len());
        let mut i = 0;
        while i < interface.methods.len() {
            self.signature(&interface.methods[i]);
            i += 1;
        }
    }
}

/// The build record.
pub const fn build(writer: &mut Writer<'_>, build: &BuildDesc) {
    let at = writer.open(Kind::Build);
    writer.u32(build.abi);
    writer.text(build.module);
    writer.text(build.version);
    writer.text(build.rustc);
    writer.text(build.commit);
    writer.text(build.target);
    writer.u8(build.unwinds as u8);
    writer.text(build.allocator);
    writer.close(at);
}

/// A type record.
pub const fn type_desc(writer: &mut Writer<'_>, desc: &TypeDesc) {
    let at = writer.open(Kind::Type);
    writer.type_ref(&desc.name);
    writer.u64(desc.size as u64);
    writer.u64(desc.align as u64);
    writer.u32(desc.meaning);
    writer.attributes(desc.attributes);
    match desc.body {
        Body::Struct(fields) => {
            writer.u8(STRUCT);
            writer.fields(fields);
        }
        Body::Enum { repr, variants } => {
            writer.u8(ENUM);
            match repr {
                Some(repr) => {
                    writer.u8(1);
                    writer.text(repr);
                }
                None => writer.u8(0),
            }
            writer.count(variants.len());
            let mut i = 0;
            while i < variants.len() {
                writer.text(variants[i].name);
                writer.i128(variants[i].discriminant);
                writer.fields(variants[i].fields);
                writer.attributes(variants[i].attributes);
                i += 1;
            }
        }
    }
    writer.close(at);
}

/// The record of a free function, whose shim is exported as `symbol`. `pure` gives out the table of
/// one that is pure.
pub const fn function(
    writer: &mut Writer<'_>,
    symbol: &str,
    signature: &SignatureDesc,
    pure: Option<&str>,
) {
    let at = writer.open(Kind::Function);
    writer.text(symbol);
    writer.signature(signature);
    match pure {
        Some(symbol) => {
            writer.u8(1);
            writer.text(symbol);
        }
        None => writer.u8(0),
    }
    writer.close(at);
}

/// The record of an interface implemented by `state`; `symbol` gives out its table.
pub const fn implementation(
    writer: &mut Writer<'_>,
    symbol: &str,
    state: &TypeRef,
    interface: &InterfaceDesc,
) {
    let at = writer.open(Kind::Implementation);
    writer.text(symbol);
    writer.type_ref(state);
    writer.text(interface.name);
    writer.u8(interface.sync as u8);
    writer.methods(interface);
    writer.close(at);
}

/// The record of what makes a `state`; `symbol` gives out its table.
pub const fn init(writer: &mut Writer<'_>, symbol: &str, state: &TypeRef) {
    let at = writer.open(Kind::Init);
    writer.text(symbol);
    writer.type_ref(state);
    writer.close(at);
}

/// The record of what makes a value of `ty` from its earlier form; `symbol` is its shim.
pub const fn hook(writer: &mut Writer<'_>, symbol: &str, ty: &TypeRef) {
    let at = writer.open(Kind::Hook);
    writer.text(symbol);
    writer.type_ref(ty);
    writer.close(at);
}

/// The record of the function `name` that makes an earlier form of `from`, which is called `to` and
/// mentions these types; `symbol` gives out its table.
pub const fn down(
    writer: &mut Writer<'_>,
    (name, symbol): (&str, &str),
    (from, to): (&TypeRef, &TypeRef),
    mentioned: &'static [&'static Instances],
) {
    let at = writer.open(Kind::Down);
    writer.text(name);
    writer.text(symbol);
    writer.type_ref(from);
    writer.type_ref(to);
    let seen = Seen::of(&Mentioned::by(mentioned), &mut Met::<0>::new(None));
    seen.require_known();
    seen.write(writer);
    writer.close(at);
}

/// The record of what checks a migrated `state`; `symbol` is its shim.
pub const fn check(writer: &mut Writer<'_>, symbol: &str, state: &TypeRef) {
    let at = writer.open(Kind::Check);
    writer.text(symbol);
    writer.type_ref(state);
    writer.close(at);
}

/// The record of the function `name` that tries a migrated `state` out; `symbol` is its shim.
pub const fn preflight(writer: &mut Writer<'_>, name: &str, symbol: &str, state: &TypeRef) {
    let at = writer.open(Kind::Preflight);
    writer.text(name);
    writer.text(symbol);
    writer.type_ref(state);
    writer.close(at);
}

/// The record of the function `name` that sets a version up; `symbol` is its shim.
pub const fn loaded(writer: &mut Writer<'_>, name: &str, symbol: &str) {
    lifecycle(writer, Kind::Loaded, name, symbol);
}

/// The record of the function `name` that is called when a version is retired; `symbol` is its shim.
pub const fn retired(writer: &mut Writer<'_>, name: &str, symbol: &str) {
    lifecycle(writer, Kind::Retired, name, symbol);
}

const fn lifecycle(writer: &mut Writer<'_>, kind: Kind, name: &str, symbol: &str) {
    let at = writer.open(kind);
    writer.text(name);
    writer.text(symbol);
    writer.close(at);
}

/// How many bytes say which type it is.
pub const IDENTITY: usize = 16;

/// The record of which type a field of `owner` is, or that which its `with` function takes, but for
/// its last bytes, so many [`identity`]s: the type's, and, where it has parameters, that of its
/// constructor and of each that has no description.
pub const fn opaque(
    writer: &mut Writer<'_>,
    owner: &TypeRef,
    place: usize,
    source: bool,
    identities: usize,
) {
    let at = writer.open(Kind::Opaque);
    writer.type_ref(owner);
    writer.count(place);
    writer.u8(source as u8);
    writer.count(identities);
    writer.len += identities * IDENTITY;
    writer.close(at);
    writer.len -= identities * IDENTITY;
}

/// The record of which type this one is, by itself, but for its last bytes: see [`identity`].
pub const fn source(writer: &mut Writer<'_>, desc: &TypeDesc) {
    let at = writer.open(Kind::Identities);
    writer.count(1);
    writer.source(Some(desc));
    writer.count(1);
    writer.count(0);
    writer.len += IDENTITY;
    writer.close(at);
    writer.len -= IDENTITY;
}

/// What a record ends with that says which type it is about: [`opaque`], [`source`].
pub const fn identity(writer: &mut Writer<'_>, identity: &[u8; IDENTITY]) {
    writer.bytes(identity);
}

/// The record of a function that the host gives; `symbol` gives out where the module keeps the way
/// to it.
pub const fn import(writer: &mut Writer<'_>, symbol: &str, signature: &SignatureDesc) {
    let at = writer.open(Kind::Import);
    writer.text(symbol);
    writer.signature(signature);
    writer.close(at);
}

/// A reference to a type, by itself.
pub const fn type_ref(writer: &mut Writer<'_>, ty: &TypeRef) {
    writer.type_ref(ty);
}

/// The record of an interface as a host expects it.
pub const fn interface(writer: &mut Writer<'_>, interface: &InterfaceDesc) {
    let at = writer.open(Kind::Interface);
    writer.text(interface.name);
    writer.u8(interface.sync as u8);
    writer.methods(interface);
    writer.close(at);
}

/// The types that a record describes or mentions.
#[derive(Clone, Copy)]
pub struct Mentioned {
    /// The one that it is the record of, if it is one of a type.
    pub own: Option<&'static TypeDesc>,
    /// The methods of the interface that it is of, which mention others.
    pub methods: &'static [SignatureDesc],
    /// What else mentions others.
    pub roots: &'static [&'static Instances],
}

impl Mentioned {
    /// None.
    pub const NONE: Mentioned = Mentioned::by(&[]);

    /// Those that these mention.
    pub const fn by(roots: &'static [&'static Instances]) -> Self {
        Mentioned {
            own: None,
            methods: &[],
            roots,
        }
    }
}

/// How many different generic types one record may mention.
const MOST: usize = 128;

/// The generic types that are mentioned, each once.
struct Seen {
    entries: [Option<(&'static TypeDesc, usize)>; MOST],
    len: usize,
}

/// Which types were met, each as often as it was: while a module is compiled, no two of them can be
/// compared.
struct Met<'w, 'b, const M: usize> {
    /// The first of them.
    identities: [TypeId; M],
    len: usize,
    /// Takes of each its place among those that are told apart by their names; the first of these is
    /// the type that the record is of.
    places: Option<&'w mut Writer<'b>>,
}

impl<'w, 'b, const M: usize> Met<'w, 'b, M> {
    const fn new(places: Option<&'w mut Writer<'b>>) -> Self {
        Met {
            identities: [TypeId::of::<()>(); M],
            len: 0,
            places,
        }
    }

    const fn meet(&mut self, place: usize, identity: TypeId) {
        if self.len < M {
            self.identities[self.len] = identity;
        }
        self.len += 1;
        if let Some(places) = &mut self.places {
            places.count(place);
        }
    }
}

impl Seen {
    const fn of<const M: usize>(mentioned: &Mentioned, met: &mut Met<'_, '_, M>) -> Self {
        let mut seen = Seen {
            entries: [None; MOST],
            len: 0,
        };
        if let Some(own) = mentioned.own {
            met.meet(0, own.identity);
        }
        let mut i = 0;
        while i < mentioned.methods.len() {
            seen.collect_all(mentioned.methods[i].instances, met);
            i += 1;
        }
        seen.collect_all(mentioned.roots, met);
        seen
    }

    const fn collect_all<const M: usize>(
        &mut self,
        roots: &[&'static Instances],
        met: &mut Met<'_, '_, M>,
    ) {
        let mut i = 0;
        while i < roots.len() {
            self.collect(roots[i], super::model::LEVELS, met);
            i += 1;
        }
    }

    const fn write(&self, writer: &mut Writer<'_>) {
        let mut i = 0;
        while i < self.len {
            if let Some((desc, level)) = self.entries[i] {
                assert!(
                    level > 0,
                    "generic types or earlier forms nest through more than 6 levels of fields: \
                     give one of the inner types a form without parameters, or take an inner type \
                     back by a function of its own"
                );
                type_desc(writer, desc);
            }
            i += 1;
        }
    }

    /// Refuses forms that hold what hotmod cannot look into: no record says which type that is.
    const fn require_known(&self) {
        let mut i = 0;
        while i < self.len {
            if let Some((desc, _)) = self.entries[i] {
                match desc.body {
                    Body::Struct(fields) => require_known(fields),
                    Body::Enum { variants, .. } => {
                        let mut i = 0;
                        while i < variants.len() {
                            require_known(variants[i].fields);
                            i += 1;
                        }
                    }
                }
            }
            i += 1;
        }
    }

    /// Notes that the fields of `desc` are looked at with `level` levels left; `false` if they
    /// were already looked at with as many.
    const fn visit<const M: usize>(
        &mut self,
        desc: &'static TypeDesc,
        level: usize,
        met: &mut Met<'_, '_, M>,
    ) -> bool {
        let mut i = 0;
        while i < self.len {
            if let Some((seen, best)) = self.entries[i]
                && seen.name.is_same(&desc.name)
            {
                assert!(
                    seen.is_same(desc),
                    "two different types under one id: give one of them another with \
                     #[state(id = \"…\")]"
                );
                // They may be two for all that, which stand in two places, or in one that a macro
                // was called in.
                if same_text(seen.place, desc.place) {
                    met.meet(i + 1, desc.identity);
                    if best >= level {
                        return false;
                    }
                    self.entries[i] = Some((seen, level));
                    return true;
                }
            }
            i += 1;
        }
        assert!(
            self.len < MOST,
            "one signature or type mentions more than 128 generic types"
        );
        self.entries[self.len] = Some((desc, level));
        self.len += 1;
        met.meet(self.len, desc.identity);
        true
    }

    const fn collect<const M: usize>(
        &mut self,
        instances: &Instances,
        level: usize,
        met: &mut Met<'_, '_, M>,
    ) {
        let level = match instances.own {
            Some(desc) => {
                let left = if instances.cut { 0 } else { level };
                if !self.visit(desc, left, met) || instances.cut {
                    return;
                }
                level - 1
            }
            None => level,
        };
        let mut i = 0;
        while i < instances.parts.len() {
            self.collect(instances.parts[i], level, met);
            i += 1;
        }
    }
}

/// The records of the generic types that a record mentions, each once, and which types all of them
/// are, but for the last bytes: see [`identities`].
pub const fn mentioned(writer: &mut Writer<'_>, mentioned: &Mentioned) {
    let mut met = Met::<0>::new(None);
    let seen = Seen::of(mentioned, &mut met);
    seen.write(writer);
    if met.len == 0 {
        return;
    }
    let at = writer.open(Kind::Identities);
    writer.count(1 + seen.len);
    writer.source(mentioned.own);
    let mut i = 0;
    while i < seen.len {
        if let Some((desc, _)) = seen.entries[i] {
            writer.source(Some(desc));
        }
        i += 1;
    }
    writer.count(met.len);
    Seen::of(mentioned, &mut Met::<0>::new(Some(writer)));
    writer.len += IDENTITY * met.len;
    writer.close(at);
    writer.len -= IDENTITY * met.len;
}

/// How many types a record describes or mentions: so often the bytes of one stand at its end.
pub const fn met(mentioned: &Mentioned) -> usize {
    let mut met = Met::<0>::new(None);
    Seen::of(mentioned, &mut met);
    met.len
}

/// What a record of types ends with: which types they are.
pub const fn identities<const M: usize>(mentioned: &Mentioned) -> [TypeId; M] {
    let mut met = Met::<M>::new(None);
    Seen::of(mentioned, &mut met);
    assert!(met.len == M, "other types than were counted");
    met.identities
}

const fn require_known(fields: &[FieldDesc]) {
    let mut i = 0;
    while i < fields.len() {
        assert!(
            !matches!(fields[i].ty.head, Head::Opaque(_)),
            "an earlier form with an `opaque` field can be read, but not be handed back: take the \
             types around it back by functions of their own"
        );
        i += 1;
    }
}
