//! Fingerprints: one number for everything that can be reached from a type.
//!
//! Three of each, over the same walk: *schema* covers names, types and ids; *layout* adds sizes,
//! alignments and offsets, and the toolchain wherever the compiler chose the representation;
//! *meaning* covers what `#[state(meaning = n)]` says. A type that was already met is written as
//! the number of its first meeting, so types that refer to each other need no special case.

use std::fmt;
use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher24};

use super::builtin::Representation;
use super::description::{Description, Field, Name, Shape, Type};

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
    /// Those of a type of this description.
    pub fn of(description: &Description, ty: &Type) -> Self {
        let one = |domain| {
            let mut walk = Walk {
                description,
                domain,
                hasher: SipHasher24::new_with_keys(domain as u64, 0x686f_746d_6f64),
                met: Vec::new(),
            };
            walk.ty(ty);
            Fingerprint(walk.hasher.finish128().as_u128())
        };
        Fingerprints {
            layout: one(Domain::Layout),
            schema: one(Domain::Schema),
            meaning: one(Domain::Meaning),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Domain {
    Layout = 1,
    Schema = 2,
    Meaning = 3,
}

struct Walk<'a> {
    description: &'a Description,
    domain: Domain,
    hasher: SipHasher24,
    met: Vec<&'a Type>,
}

impl<'a> Walk<'a> {
    fn number(&mut self, value: u64) {
        self.hasher.write_u64(value);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.hasher.write(text.as_bytes());
    }

    fn toolchain(&mut self) {
        if self.domain == Domain::Layout {
            self.text(&self.description.toolchain);
        }
    }

    fn ty(&mut self, ty: &'a Type) {
        match &ty.name {
            Name::Builtin(builtin) => {
                self.number(*builtin as u64);
                if builtin.representation() == Representation::Compiler {
                    self.toolchain();
                }
            }
            Name::Array(length) => {
                self.number(0x100);
                self.number(*length);
            }
            Name::Const(value) => {
                self.number(0x101);
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
        self.number(ty.args.len() as u64);
        for arg in &ty.args {
            self.ty(arg);
        }
        if ty.is_named() {
            self.described(ty);
        }
    }

    fn described(&mut self, ty: &'a Type) {
        if let Some(before) = self.met.iter().position(|met| *met == ty) {
            return self.number(before as u64);
        }
        self.number(u64::MAX);
        self.met.push(ty);
        let Some(described) = self.description.types.get(ty) else {
            // `decode` lets no such description through; a caller's own type is not in it.
            return self.text("not described");
        };
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
                    Some(repr) => self.text(repr),
                    None => {
                        self.toolchain();
                        self.number(u64::MAX);
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

    fn fields(&mut self, fields: &'a [Field]) {
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
