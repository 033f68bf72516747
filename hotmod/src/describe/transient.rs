//! Fields that are not carried over (`skip`). A description says where such a field is, and not what it
//! is, so no other image may see its value. Nor may another image see the bytes of an enum whose
//! representation the description does not show.

use std::collections::BTreeMap;
use std::fmt;

use super::builtin::Builtin;
use super::description::{Attribute, Description, Field, Shape, Type};

/// What keeps a value from passing to another image as its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transient {
    /// A field that is not carried over: `Session.cache`.
    Field(String),
    /// A field that is carried over by a form of its own, and never as its bytes.
    Carried(String),
    /// A type of another crate whose values are carried over so.
    Foreign(String),
    /// An enum whose representation no description shows, since one of the attributes below its derive may be
    /// a macro that has changed it.
    Left {
        /// The enum.
        name: String,
        /// The attributes.
        below: String,
    },
}

impl Transient {
    /// What to do about it, unless it is a field that is not carried over.
    pub fn cure(&self) -> Option<String> {
        match self {
            Transient::Field(_) => None,
            Transient::Carried(field) => Some(format!(
                "`{field}` is carried over from version to version by a form of its own (`serde` or `as`), \
                 which no signature passes: pass the parts, or move `{field}` out of the type"
            )),
            Transient::Foreign(ty) => Some(format!(
                "a `{ty}` is carried over from version to version by a form of its own, which no signature passes: \
                 pass the parts, or keep it in no type that is passed"
            )),
            Transient::Left { name, below } => Some(format!(
                "a macro below the derive may have changed how `{name}` is represented, which its \
                 description does not show: let `{below}` stand above the derive if it is such a macro, or \
                 pass the parts"
            )),
        }
    }
}

/// `Session.cache`, or `Choice as #[becomes] leaves it`.
impl fmt::Display for Transient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Transient::Field(it) | Transient::Carried(it) | Transient::Foreign(it) => {
                f.write_str(it)
            }
            Transient::Left { name, below } => write!(f, "{name} as {below} leaves it"),
        }
    }
}

/// Which types of a module hold fields that are not carried over, wherever inside of them.
#[derive(Debug)]
pub struct Transients<'a> {
    description: &'a Description,
    /// One for each type whose values hold any.
    held: BTreeMap<&'a Type, Transient>,
}

impl<'a> Transients<'a> {
    /// Those of this description.
    pub fn of(description: &'a Description) -> Self {
        let mut held = BTreeMap::new();
        let mut holders: BTreeMap<&Type, Vec<&Type>> = BTreeMap::new();
        let mut found = Vec::new();
        for (ty, described) in &description.types {
            if let Some(below) = described.shape.left_to() {
                let (name, below) = (ty.to_string(), below.to_owned());
                held.insert(ty, Transient::Left { name, below });
                found.push(ty);
            } else if described.attributes.contains(&Attribute::Form)
                && described.fields().any(is_carried)
            {
                held.insert(ty, Transient::Foreign(ty.to_string()));
                found.push(ty);
            } else if let Some(field) = described.fields().find(|field| is_carried(field)) {
                held.insert(ty, Transient::Carried(format!("{ty}.{}", field.name)));
                found.push(ty);
            } else if let Some(field) = described.fields().find(|field| is_skipped(field)) {
                held.insert(ty, Transient::Field(format!("{ty}.{}", field.name)));
                found.push(ty);
            }
            for field in described.fields() {
                for part in described_parts(&field.ty) {
                    holders.entry(part).or_default().push(ty);
                }
            }
        }
        // A type that holds such a type holds its field too.
        while let Some(ty) = found.pop() {
            let Some(field) = held.get(ty).cloned() else {
                continue;
            };
            for holder in holders.remove(ty).unwrap_or_default() {
                if !held.contains_key(holder) {
                    held.insert(holder, field.clone());
                    found.push(holder);
                }
            }
        }
        Transients { description, held }
    }

    /// What is not carried over of a value of this type or of one that it leads to.
    pub fn within(&self, ty: &Type) -> Option<&Transient> {
        let mut parts = described_parts(ty).into_iter();
        parts.find_map(|part| self.held.get(part))
    }

    /// What of a value of this type, passed by value, no receiver can make anew. The parts of what crosses part by
    /// part are looked at one by one.
    pub fn lacking(&self, ty: &'a Type) -> Option<&Transient> {
        use Builtin::{Option, Result, Tuple, Vec};
        match ty.builtin() {
            Some(Vec | Option | Result | Tuple) => {
                ty.args.iter().find_map(|part| self.lacking(part))
            }
            _ => self.beyond_reach(ty).map(|(field, _)| field),
        }
    }

    /// Why another image cannot take a value of this type as its bytes and make such fields anew in
    /// them: one of these fields, and the type that it stands in.
    ///
    /// The offsets of a struct are recorded. Everything else is laid out by the compiler, which may use
    /// the bytes of such a field to say something of its surroundings: whether an `Option` is `None`.
    /// Or the field is in a block elsewhere, whose items are not looked at one by one. And what is carried
    /// over by a form of its own, no receiver makes anew.
    pub fn beyond_reach(&self, ty: &'a Type) -> Option<(&Transient, &'a Type)> {
        let mut inline = vec![ty];
        while let Some(ty) = inline.pop() {
            let Some(field) = self.within(ty) else {
                continue;
            };
            match self.description.types.get(ty).map(|it| &it.shape) {
                Some(Shape::Struct(fields)) if !fields.iter().any(is_carried) => {
                    let fields = fields.iter().filter(|field| !is_skipped(field));
                    inline.extend(fields.map(|field| &field.ty));
                }
                _ => return Some((field, ty)),
            }
        }
        None
    }
}

fn is_skipped(field: &Field) -> bool {
    field.ty.builtin() == Some(Builtin::Skipped)
}

fn is_carried(field: &Field) -> bool {
    field.ty.builtin().is_some_and(Builtin::is_carried)
}

/// The described types in a type's expression whose values a value of that type may hold.
fn described_parts(ty: &Type) -> Vec<&Type> {
    let mut parts = Vec::new();
    let mut within = vec![ty];
    while let Some(ty) = within.pop() {
        match ty.builtin() {
            // It holds nothing.
            Some(Builtin::PhantomData) => {}
            // Its value passes to another image by itself, and never as bytes.
            Some(Builtin::Lazy) => {}
            // Its fields say what it holds, its parameters do not.
            None if ty.is_named() => parts.push(ty),
            _ => within.extend(&ty.args),
        }
    }
    parts
}
