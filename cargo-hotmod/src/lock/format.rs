//! What a lock file holds: a description in the words of its source, with what its compiler made of
//! it.
//!
//! Two things are asked of a release later: what becomes of its state in a build, and what becomes of
//! a build's state in it. The first takes its types, and its functions for the way down. The second
//! takes what its own source says of values that it is given back: `default`, `fill`, `skip`, `with`,
//! and for which types it has functions that make or check them.
//!
//! What was done to its state already is there by name: the functions of `with` and `migrate`, and `was`,
//! `removed` and `removed_variant`. A build that has the same does not do it again.
//!
//! What calls pass is converted by what either side says of it, so what a type allows is there too
//! (`checked`, `rebuild`). Left out is what nothing later asks: the names of other symbols. So a release
//! that was built again has the same lock.

use std::collections::BTreeSet;
use std::fmt;

use hotmod::describe::encode::{self, Writer};
use hotmod::describe::{
    AttributeDesc, Body, BuildDesc, DecodeError, FieldDesc, Instances, InterfaceDesc, Repr,
    TypeDesc, VariantDesc, decode,
};
use hotmod_file::describe::{
    self, Attribute, Builtin, Description, Shape, Type, Used, UsedInstances,
};
use serde::{Deserialize, Serialize};

use super::removed::Removed;
use super::signature::{LockSignature, all, bytes, kept, type_ref};
use super::spelling::Spelled;

/// The version of what is here.
pub(super) const FORMAT: u32 = 4;

/// The last version that says nothing of what the release needs of other modules.
pub(super) const WITHOUT_USES: u32 = 3;

/// The first version, which says nothing of attributes and functions of the release: it is enough for
/// what becomes of the release's state.
pub(super) const WITHOUT_FUNCTIONS: u32 = 1;

/// The most types that one form may hold.
const MOST_FORMS: usize = 128;

/// What is read before the rest, which another format may have otherwise.
#[derive(Deserialize)]
pub(super) struct LockHeader {
    pub(super) hotmod_lock: u32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    hotmod_lock: u32,
    build: LockBuild,
    functions: Vec<LockSignature>,
    /// The names of those that are pure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pure: Vec<String>,
    /// A release that needs nothing of its host does not say so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    imports: Vec<LockSignature>,
    /// What the release needs of other modules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    uses: Vec<LockUsed>,
    interfaces: Vec<LockInterface>,
    /// The states that an init makes.
    inits: Vec<Spelled>,
    /// The types that a function marked `migrate` makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hooks: Vec<LockHook>,
    /// The functions marked `migrate(down)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    downs: Vec<LockDown>,
    /// The states that a function marked `after_migrate` checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    checks: Vec<Spelled>,
    /// The names of the statics that its code can write; absent if they could not be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) statics: Option<Vec<String>>,
    types: Vec<LockNamedType>,
    pub(super) removed: Removed,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockBuild {
    module: String,
    version: String,
    abi: u32,
    rustc: String,
    commit: String,
    target: String,
    panic: LockPanic,
    allocator: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LockPanic {
    Unwind,
    Abort,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockInterface {
    name: String,
    state: Spelled,
    /// Whether threads may share the state.
    shared: bool,
    methods: Vec<LockSignature>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockDown {
    name: String,
    from: Spelled,
    to: Spelled,
    /// The earlier form, and those inside of it.
    form: Vec<LockNamedType>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockNamedType {
    #[serde(rename = "type")]
    ty: Spelled,
    size: u64,
    align: u64,
    meaning: u32,
    /// What became of earlier forms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<LockGiven>,
    parts: LockParts,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LockParts {
    Struct(Vec<LockField>),
    Enum {
        repr: Option<String>,
        /// The attributes that the representation is left to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left: Option<String>,
        variants: Vec<LockVariant>,
    },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockVariant {
    name: String,
    discriminant: i128,
    fields: Vec<LockField>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<LockGiven>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockField {
    name: String,
    #[serde(rename = "type")]
    ty: Spelled,
    size: u64,
    align: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<LockGiven>,
    /// The type that the function of `with` takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    with: Option<Spelled>,
}

/// A function marked `migrate`, which is applied once.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum LockHook {
    Named {
        #[serde(rename = "type")]
        ty: Spelled,
        /// The symbol of its shim, which has its name.
        by: String,
    },
    /// As earlier formats have it.
    Unnamed(Spelled),
}

impl LockHook {
    fn of((ty, hook): (&Type, &describe::Hook)) -> Self {
        let ty = Spelled(ty.clone());
        match hook.symbol.is_empty() {
            true => LockHook::Unnamed(ty),
            false => LockHook::Named {
                ty,
                by: hook.symbol.clone(),
            },
        }
    }
}

/// An attribute by which the release has a value for what a build does not give it back, or that tells what
/// was done to its state already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LockGiven {
    Default,
    Form,
    Moved,
    Fill,
    By(String),
    Was(String),
    Removed(String),
    RemovedVariant(String, String),
    Other,
    Checked,
    Rebuild,
}

/// Description to file.
impl File {
    pub(super) fn of(
        build: &describe::Build,
        manifest: &Description,
        statics: Option<Vec<String>>,
        removed: Removed,
    ) -> Self {
        let functions = manifest.functions.values();
        let imports = manifest.imports.values();
        let implementations = manifest.interfaces_of_states();
        let types = manifest.types.iter();
        File {
            hotmod_lock: FORMAT,
            build: LockBuild {
                module: build.module.clone(),
                version: build.version.clone(),
                abi: build.abi,
                rustc: build.rustc.clone(),
                commit: build.commit.clone(),
                target: build.target.clone(),
                panic: match build.unwinds {
                    true => LockPanic::Unwind,
                    false => LockPanic::Abort,
                },
                allocator: build.allocator.clone(),
            },
            functions: functions
                .map(|it| LockSignature::of(&it.signature))
                .collect(),
            pure: manifest.pure().map(str::to_owned).collect(),
            imports: imports.map(|it| LockSignature::of(&it.signature)).collect(),
            uses: manifest.uses.iter().map(LockUsed::of).collect(),
            interfaces: implementations
                .map(|(name, implementation)| LockInterface {
                    name: name.clone(),
                    state: Spelled(implementation.state.clone()),
                    shared: manifest.shared.contains(name),
                    methods: implementation
                        .methods
                        .iter()
                        .map(LockSignature::of)
                        .collect(),
                })
                .collect(),
            inits: manifest.inits.keys().cloned().map(Spelled).collect(),
            hooks: manifest.hooks.iter().map(LockHook::of).collect(),
            downs: manifest.downs.iter().map(LockDown::of).collect(),
            checks: manifest.checks.keys().cloned().map(Spelled).collect(),
            statics,
            types: types.map(LockNamedType::of).collect(),
            removed,
        }
    }
}

impl LockNamedType {
    pub(super) fn of((ty, described): (&Type, &describe::Described)) -> Self {
        LockNamedType {
            ty: Spelled(ty.clone()),
            size: described.size,
            align: described.align,
            meaning: described.meaning,
            attributes: described
                .attributes
                .iter()
                .filter_map(LockGiven::of)
                .collect(),
            parts: match &described.shape {
                Shape::Struct(fields) => {
                    LockParts::Struct(fields.iter().map(LockField::of).collect())
                }
                Shape::Enum { repr, variants } => LockParts::Enum {
                    repr: match repr {
                        Repr::Fixed(repr) => Some(repr.clone()),
                        Repr::Chosen | Repr::Left(_) => None,
                    },
                    left: described.shape.left_to().map(str::to_owned),
                    variants: variants.iter().map(LockVariant::of).collect(),
                },
            },
        }
    }
}

impl LockDown {
    fn of((name, down): (&String, &describe::Down)) -> Self {
        LockDown {
            name: name.clone(),
            from: Spelled(down.from.clone()),
            to: Spelled(down.to.clone()),
            form: down.form.iter().map(LockNamedType::of).collect(),
        }
    }
}

impl LockVariant {
    fn of(variant: &describe::Variant) -> Self {
        LockVariant {
            name: variant.name.clone(),
            discriminant: variant.discriminant,
            fields: variant.fields.iter().map(LockField::of).collect(),
            attributes: variant
                .attributes
                .iter()
                .filter_map(LockGiven::of)
                .collect(),
        }
    }
}

impl LockField {
    fn of(field: &describe::Field) -> Self {
        LockField {
            name: field.name.clone(),
            ty: Spelled(field.ty.clone()),
            size: field.size,
            align: field.align,
            offset: field.offset,
            attributes: field.attributes.iter().filter_map(LockGiven::of).collect(),
            with: field.with.clone().map(Spelled),
        }
    }
}

impl LockGiven {
    fn of(attribute: &Attribute) -> Option<Self> {
        match attribute {
            Attribute::Default => Some(LockGiven::Default),
            Attribute::Fill => Some(LockGiven::Fill),
            Attribute::Checked => Some(LockGiven::Checked),
            Attribute::Rebuild => Some(LockGiven::Rebuild),
            // The type says it.
            Attribute::Skip => None,
            // It says by how many threads values are made, and nothing of the values.
            Attribute::Parallel | Attribute::Secret | Attribute::Codec => None,
            Attribute::Form => Some(LockGiven::Form),
            Attribute::Moved => Some(LockGiven::Moved),
            Attribute::By(name) => Some(LockGiven::By(name.clone())),
            Attribute::Other => Some(LockGiven::Other),
            Attribute::Was(name) => Some(LockGiven::Was(name.clone())),
            Attribute::Removed(name) => Some(LockGiven::Removed(name.clone())),
            Attribute::RemovedVariant(from, to) => {
                Some(LockGiven::RemovedVariant(from.clone(), to.clone()))
            }
        }
    }

    fn desc(&self) -> AttributeDesc {
        let text = |text: &String| -> &'static str { kept(text.as_str()) };
        match self {
            LockGiven::Default => AttributeDesc::Default,
            LockGiven::Fill => AttributeDesc::Fill,
            LockGiven::Checked => AttributeDesc::Checked,
            LockGiven::Rebuild => AttributeDesc::Rebuild,
            LockGiven::By(name) => AttributeDesc::By(text(name)),
            LockGiven::Other => AttributeDesc::Other,
            LockGiven::Form => AttributeDesc::Form,
            LockGiven::Moved => AttributeDesc::Moved,
            LockGiven::Was(name) => AttributeDesc::Was(text(name)),
            LockGiven::Removed(name) => AttributeDesc::Removed(text(name)),
            LockGiven::RemovedVariant(from, to) => {
                AttributeDesc::RemovedVariant(text(from), text(to))
            }
        }
    }
}

/// File to description, through the bytes of a manifest: their decoder trusts nothing, and a lock file
/// may have been edited.
impl File {
    pub(super) fn description(&self) -> Result<Description, DecodeError> {
        let mut section = Vec::new();
        let build = self.build.desc();
        record(&mut section, |writer| encode::build(writer, &build));
        section.extend(encoded_types(&self.types));
        for hook in &self.hooks {
            let (ty, by) = match hook {
                LockHook::Named { ty, by } => (ty, by.as_str()),
                LockHook::Unnamed(ty) => (ty, ""),
            };
            let ty = type_ref(&ty.0);
            record(&mut section, |writer| encode::hook(writer, by, &ty, false));
        }
        for down in &self.downs {
            down.check()?;
            let ends = (&type_ref(&down.from.0), &type_ref(&down.to.0));
            let form = all(&down.form, |ty| {
                let desc: &'static TypeDesc = kept(ty.desc());
                kept(Instances::named(Some(desc), &[]))
            });
            record(&mut section, |writer| {
                encode::down(writer, (&down.name, ""), ends, form);
            });
        }
        for state in &self.checks {
            let state = type_ref(&state.0);
            record(&mut section, |writer| encode::check(writer, "", &state));
        }
        let is_function =
            |name: &&String| self.functions.iter().any(|it| it.name() == name.as_str());
        if let Some(name) = self.pure.iter().find(|name| !is_function(name)) {
            return Err(DecodeError {
                location: "pure".to_owned(),
                expected: "names of functions".to_owned(),
                found: format!("`{name}`"),
            });
        }
        for function in &self.functions {
            let desc = function.desc();
            let pure = self
                .pure
                .iter()
                .any(|it| it == function.name())
                .then_some("");
            record(&mut section, |writer| {
                encode::function(writer, "", "", &desc, pure);
            });
        }
        for import in &self.imports {
            let desc = import.desc();
            record(&mut section, |writer| encode::import(writer, "", &desc));
        }
        for used in &self.uses {
            used.encode(&mut section);
        }
        for interface in &self.interfaces {
            let state = type_ref(&interface.state.0);
            let desc = interface.desc();
            record(&mut section, |writer| {
                encode::implementation(writer, "", &state, &desc);
            });
        }
        for state in &self.inits {
            let state = type_ref(&state.0);
            record(&mut section, |writer| encode::init(writer, "", &state));
        }
        decode::decode(&section, "")
    }
}

/// The records of types.
pub(super) fn encoded_types(types: &[LockNamedType]) -> Vec<u8> {
    let mut section = Vec::new();
    for ty in types {
        let desc = ty.desc();
        record(&mut section, |writer| encode::type_desc(writer, &desc));
        for (place, field) in ty.fields().enumerate() {
            for (source, ty) in [(false, Some(&field.ty)), (true, field.with.as_ref())] {
                let opaque = ty.and_then(|ty| ty.0.opaque());
                if let Some(identity) = opaque.and_then(|opaque| opaque.identity) {
                    record(&mut section, |writer| {
                        let whole = opaque.and_then(|opaque| opaque.whole);
                        let whole = whole.unwrap_or(identity);
                        encode::opaque(writer, &desc.name, place, source, 2);
                        encode::identity(writer, &whole.to_le_bytes());
                        encode::identity(writer, &identity.to_le_bytes());
                    });
                }
            }
        }
    }
    section
}

pub(super) fn record(section: &mut Vec<u8>, write: impl Fn(&mut Writer<'_>)) {
    let mut count = Writer::new(&mut []);
    write(&mut count);
    let start = section.len();
    section.resize(start + count.written(), 0);
    write(&mut Writer::new(&mut section[start..]));
}

impl LockBuild {
    fn desc(&self) -> BuildDesc {
        BuildDesc {
            abi: self.abi,
            module: kept(self.module.as_str()),
            version: kept(self.version.as_str()),
            rustc: kept(self.rustc.as_str()),
            commit: kept(self.commit.as_str()),
            target: kept(self.target.as_str()),
            unwinds: self.panic == LockPanic::Unwind,
            allocator: kept(self.allocator.as_str()),
        }
    }
}

impl LockDown {
    /// Refuses what a compiler does not come to encode.
    fn check(&self) -> Result<(), DecodeError> {
        let fail = |expected: &str, found: String| {
            Err(DecodeError {
                location: format!("migration down `{}`", self.name),
                expected: expected.to_owned(),
                found,
            })
        };
        if self.form.len() > MOST_FORMS {
            return fail("a form of at most 128 types", self.form.len().to_string());
        }
        let mut met = BTreeSet::new();
        for ty in &self.form {
            if !met.insert(&ty.ty.0) {
                return fail("one form of each type", format!("two of `{}`", ty.ty.0));
            }
            if let Some(field) = ty.fields().find(|field| field.ty.0.opaque().is_some()) {
                return fail("a form of known types", format!("`{}`", field.ty.0));
            }
        }
        Ok(())
    }
}

impl LockInterface {
    fn desc(&self) -> InterfaceDesc {
        interface(&self.name, self.shared, &self.methods)
    }
}

/// An interface of this name with these methods.
pub(super) fn interface(name: &str, shared: bool, methods: &[LockSignature]) -> InterfaceDesc {
    InterfaceDesc {
        name: kept(name),
        sync: shared,
        methods: all(methods, LockSignature::desc),
    }
}

impl LockNamedType {
    /// The fields of all variants.
    fn fields(&self) -> Box<dyn Iterator<Item = &LockField> + '_> {
        match &self.parts {
            LockParts::Struct(fields) => Box::new(fields.iter()),
            LockParts::Enum { variants, .. } => Box::new(variants.iter().flat_map(|it| &it.fields)),
        }
    }

    fn desc(&self) -> TypeDesc {
        TypeDesc {
            name: type_ref(&self.ty.0),
            // A lock has one entry for each id, and no entry says which type it was.
            identity: std::any::TypeId::of::<()>(),
            location: "",
            size: bytes(self.size),
            align: bytes(self.align),
            meaning: self.meaning,
            attributes: all(&self.attributes, LockGiven::desc),
            body: match &self.parts {
                LockParts::Struct(fields) => Body::Struct(all(fields, LockField::desc)),
                LockParts::Enum {
                    repr,
                    left,
                    variants,
                } => Body::Enum {
                    repr: match (left, repr) {
                        (Some(below), _) => Repr::Left(kept(below.as_str())),
                        (None, Some(repr)) => Repr::Fixed(kept(repr.as_str())),
                        (None, None) => Repr::Chosen,
                    },
                    variants: all(variants, |variant| VariantDesc {
                        name: kept(variant.name.as_str()),
                        discriminant: variant.discriminant,
                        fields: all(&variant.fields, LockField::desc),
                        attributes: all(&variant.attributes, LockGiven::desc),
                    }),
                },
            },
        }
    }
}

impl LockField {
    fn desc(&self) -> FieldDesc {
        FieldDesc {
            name: kept(self.name.as_str()),
            ty: type_ref(&self.ty.0),
            size: bytes(self.size),
            align: bytes(self.align),
            offset: self.offset.map(bytes),
            attributes: match self.ty.0.builtin() {
                // The type says it, and the attribute must agree.
                Some(Builtin::Skipped) => &[AttributeDesc::Skip],
                _ => all(&self.attributes, LockGiven::desc),
            },
            with: self.with.as_ref().map(|ty| type_ref(&ty.0)),
        }
    }
}

/// What is needed of one module.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockUsed {
    module: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    functions: Vec<LockSignature>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    instances: Vec<LockUsedInstances>,
}

/// A pool or a shared instance that is called by its name.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockUsedInstances {
    name: String,
    /// A shared instance has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Spelled>,
    interface: String,
    /// Whether threads share the states.
    shared: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    optional: bool,
    methods: Vec<LockSignature>,
}

impl LockUsed {
    fn of((module, used): (&String, &Used)) -> Self {
        let functions = used.functions.values();
        LockUsed {
            module: module.clone(),
            functions: functions
                .map(|it| LockSignature::of(&it.signature))
                .collect(),
            instances: used.instances.iter().map(LockUsedInstances::of).collect(),
        }
    }

    /// Writes the records of a manifest that say the same.
    fn encode(&self, section: &mut Vec<u8>) {
        let by = (self.module.as_str(), "");
        for function in &self.functions {
            let desc = function.desc();
            record(section, |writer| encode::use_function(writer, by, &desc));
        }
        for it in &self.instances {
            let key = it.key.as_ref().map(|key| type_ref(&key.0));
            let desc = interface(&it.interface, it.shared, &it.methods);
            record(section, |writer| {
                let of = (it.name.as_str(), key.as_ref(), it.optional);
                encode::use_instances(writer, by, of, &desc);
            });
        }
    }
}

impl LockUsedInstances {
    fn of((name, it): (&String, &UsedInstances)) -> Self {
        LockUsedInstances {
            name: name.clone(),
            key: it.key.clone().map(Spelled),
            interface: it.interface.clone(),
            shared: it.shared,
            optional: it.optional,
            methods: it.methods.iter().map(LockSignature::of).collect(),
        }
    }
}

/// Indented, so that a change of one thing is a change of one line.
impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?;
        writeln!(f, "{text}")
    }
}
