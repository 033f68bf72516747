//! Fingerprints: one number for everything that can be reached from a type.
//!
//! Three of each: *schema* covers names, types and ids; *layout* adds sizes, alignments and offsets,
//! and the toolchain wherever the compiler chose the representation; *meaning* covers what
//! `#[state(meaning = n)]` says.
//!
//! Each type is hashed once, together with those that lead back to it. Where one of these mentions
//! another of them, the other is hashed as its name, which no two have; a type outside of them is
//! hashed as its own fingerprints.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

use super::builtin::Representation;
use super::description::{Described, Description, Field, Name, Shape, Type};
use super::graph::Graph;
use super::model::Repr;

/// The toolchain of a description whose values a host has decoded. Only numbers and the like, and what consists of them
/// alone, lie there as a compiler would have them: nothing else is laid out as under any other toolchain, also where the
/// language or abi_stable fixes a layout.
pub const DECODED: &str = "a snapshot";

/// A 128-bit fingerprint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u128);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The fingerprints of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprints {
    /// Equal layout: the bytes of one may be used as the other.
    pub layout: Fingerprint,
    /// Equal schema: the same names and types.
    pub schema: Fingerprint,
    /// Equal meaning.
    pub meaning: Fingerprint,
}

impl Fingerprints {
    /// The fingerprints of a type of this description. For many types, [`FingerprintTable`] has them
    /// all.
    pub fn of(description: &Description, ty: &Type) -> Self {
        let graph = Graph::reached(description, ty);
        FingerprintTable::over(&description.toolchain, &graph).of(ty)
    }

    fn each(mut one: impl FnMut(Domain) -> Fingerprint) -> Self {
        Fingerprints {
            layout: one(Domain::Layout),
            schema: one(Domain::Schema),
            meaning: one(Domain::Meaning),
        }
    }

    fn get(&self, domain: Domain) -> Fingerprint {
        match domain {
            Domain::Layout => self.layout,
            Domain::Schema => self.schema,
            Domain::Meaning => self.meaning,
        }
    }
}

/// The fingerprints of all types of a description.
#[derive(Clone, Debug)]
pub struct FingerprintTable {
    toolchain: String,
    /// A hash map, since comparing types is slow and each is asked for very often.
    known: HashMap<Type, Fingerprints>,
}

impl FingerprintTable {
    /// The fingerprints of this description's types.
    pub fn new(description: &Description) -> Self {
        FingerprintTable::over(&description.toolchain, &Graph::new(&description.types))
    }

    pub(crate) fn over(toolchain: &str, graph: &Graph<'_>) -> Self {
        let mut table = FingerprintTable {
            toolchain: toolchain.to_owned(),
            known: HashMap::new(),
        };
        for component in &graph.components {
            let members: Vec<_> = component.iter().map(|place| graph.types[*place]).collect();
            let names: BTreeSet<&Type> = members.iter().map(|(ty, _)| *ty).collect();
            let together = Fingerprints::each(|domain| {
                let mut writer = HashWriter::new(&table, domain, &names);
                for (ty, described) in &members {
                    writer.ty(ty);
                    writer.described(described);
                }
                writer.finish()
            });
            for (ty, _) in members {
                let prints = Fingerprints::each(|domain| {
                    let mut writer = HashWriter::new(&table, domain, &names);
                    writer.fingerprint(together.get(domain));
                    writer.ty(ty);
                    writer.finish()
                });
                table.known.insert(ty.clone(), prints);
            }
        }
        table
    }

    /// The fingerprints of a type that consists of types of this description.
    pub fn of(&self, ty: &Type) -> Fingerprints {
        match self.known.get(ty) {
            Some(known) => *known,
            None => Fingerprints::each(|domain| {
                let none = BTreeSet::new();
                let mut writer = HashWriter::new(self, domain, &none);
                writer.ty(ty);
                writer.finish()
            }),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Domain {
    Layout = 1,
    Schema = 2,
    Meaning = 3,
}

/// How a mentioned type is hashed.
enum Stands {
    ByName = 1,
    ByFingerprint = 2,
    /// `decode` refuses a description that lacks a type; but a caller may ask for a type that is not in
    /// it.
    NotDescribed = 3,
}

struct HashWriter<'a> {
    table: &'a FingerprintTable,
    domain: Domain,
    hasher: SipHasher24,
    /// The types that are hashed together.
    members: &'a BTreeSet<&'a Type>,
}

impl<'a> HashWriter<'a> {
    fn new(table: &'a FingerprintTable, domain: Domain, members: &'a BTreeSet<&'a Type>) -> Self {
        HashWriter {
            table,
            domain,
            hasher: SipHasher24::new_with_keys(domain as u64, 0x686f_746d_6f64),
            members,
        }
    }

    fn finish(&self) -> Fingerprint {
        Fingerprint(self.hasher.finish128().as_u128())
    }

    fn number(&mut self, value: u64) {
        self.hasher.write_u64(value);
    }

    fn fingerprint(&mut self, value: Fingerprint) {
        self.hasher.write_u128(value.0);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.hasher.write(text.as_bytes());
    }

    fn toolchain(&mut self) {
        if self.domain == Domain::Layout {
            self.text(&self.table.toolchain);
        }
    }

    /// How deep parameters nest is limited where they are read.
    fn ty(&mut self, ty: &Type) {
        match &ty.name {
            Name::Builtin(builtin) => {
                self.number(*builtin as u64);
                let is_decoded = self.table.toolchain == DECODED && !builtin.is_scalar();
                if builtin.representation() == Representation::Compiler || is_decoded {
                    self.toolchain();
                }
            }
            Name::Array(length) => {
                self.number(0x100);
                self.number(*length);
            }
            Name::Const(ty, value) => {
                self.number(0x101);
                self.number(*ty as u64);
                self.hasher.write_i128(*value);
            }
            Name::Named(id) => {
                self.number(0x102);
                self.text(id);
            }
            Name::Opaque(opaque) => {
                self.number(0x103);
                self.toolchain();
                self.number(opaque.size);
                self.number(opaque.align);
                self.hasher.write_u128(opaque.identity.unwrap_or_default());
            }
        }
        // Of a `Lazy<T>` nothing is said of `T`, which may become another type in any of the three ways.
        let held = ty.held();
        self.number(held.len() as u64);
        for arg in held {
            self.ty(arg);
        }
        if !ty.is_named() {
            return;
        }
        if self.members.contains(ty) {
            return self.number(Stands::ByName as u64);
        }
        match self.table.known.get(ty).copied() {
            Some(known) => {
                self.number(Stands::ByFingerprint as u64);
                self.fingerprint(known.get(self.domain));
            }
            None => self.number(Stands::NotDescribed as u64),
        }
    }

    fn described(&mut self, described: &Described) {
        #[cfg(test)]
        HASHED.with(|hashed| hashed.set(hashed.get() + 1));
        match self.domain {
            Domain::Layout => {
                self.number(described.size);
                self.number(described.align);
            }
            Domain::Meaning => self.number(described.meaning.into()),
            Domain::Schema => {}
        }
        match &described.shape {
            Shape::Struct(fields) => {
                self.number(1);
                self.fields(fields);
            }
            Shape::Enum { repr, variants } => {
                self.number(2);
                match repr {
                    Repr::Chosen => {
                        self.toolchain();
                        self.number(u64::MAX);
                    }
                    Repr::Fixed(repr) => {
                        if self.table.toolchain == DECODED {
                            self.toolchain();
                        }
                        self.text(repr);
                    }
                    Repr::Left(below) => {
                        self.number(u64::MAX - 1);
                        self.text(below);
                    }
                }
                self.number(variants.len() as u64);
                for variant in variants {
                    self.text(&variant.name);
                    self.hasher.write_i128(variant.discriminant);
                    self.fields(&variant.fields);
                }
            }
        }
    }

    fn fields(&mut self, fields: &[Field]) {
        self.number(fields.len() as u64);
        for field in fields {
            self.text(&field.name);
            if self.domain == Domain::Layout {
                self.number(field.size);
                self.number(field.align);
                self.number(field.offset.map_or(u64::MAX, |offset| offset));
            }
            self.ty(&field.ty);
        }
    }
}

#[cfg(test)]
thread_local! {
    /// How many types were hashed, for each kind of fingerprint.
    pub(crate) static HASHED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}
