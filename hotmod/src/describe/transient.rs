//! Fields that are not carried over (`skip`). A description says where such a field is, and not what it
//! is, so no other image may see its value. Nor may another image see the bytes of an enum whose
//! representation the description does not show.

use std::collections::BTreeMap;

use super::builtin::Builtin;
use super::description::{Description, Field, Shape, Type};

/// Stands in the name of an enum that a macro may have changed after it was described.
const LEFT: &str = " as #[";

/// What to do about a value that does not pass as its bytes because its representation is unknown.
pub fn represented(held: &str) -> Option<String> {
    let (name, left) = held.split_once(LEFT)?;
    let attribute = left.strip_suffix(" leaves it").unwrap_or(left);
    Some(format!(
        "a macro below the derive may have changed how `{name}` is represented, which its description does \
         not show: let `#[{attribute}` stand above the derive if it is such a macro, or pass the parts"
    ))
}

/// Which types of a module hold fields that are not carried over, wherever inside of them.
#[derive(Debug)]
pub struct Transients<'a> {
    description: &'a Description,
    /// Of each such type one of these fields: `Session.cache`.
    held: BTreeMap<&'a Type, String>,
}

impl<'a> Transients<'a> {
    /// Those of this description.
    pub fn of(description: &'a Description) -> Self {
        let mut held = BTreeMap::new();
        let mut holders: BTreeMap<&Type, Vec<&Type>> = BTreeMap::new();
        let mut found = Vec::new();
        for (ty, described) in &description.types {
            if let Some(below) = described.shape.left_to() {
                held.insert(ty, format!("{ty} as {below} leaves it"));
                found.push(ty);
            } else if let Some(field) = described.fields().find(|field| is_transient(field)) {
                held.insert(ty, format!("{ty}.{}", field.name));
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

    /// A field that is not carried over, of a value of this type or of one that it leads to; or an enum
    /// whose representation no description shows, as `Choice as #[becomes] leaves it`.
    pub fn within(&self, ty: &Type) -> Option<&str> {
        let mut parts = described_parts(ty).into_iter();
        parts.find_map(|part| self.held.get(part).map(String::as_str))
    }

    /// Why another image cannot take a value of this type as its bytes and make such fields anew in
    /// them: one of these fields, and the type that it stands in.
    ///
    /// The offsets of a struct are recorded. Everything else is laid out by the compiler, which may use
    /// the bytes of such a field to say something of its surroundings: whether an `Option` is `None`.
    /// Or the field is in a block elsewhere, whose items are not looked at one by one.
    pub fn beyond_reach(&self, ty: &'a Type) -> Option<(&str, &'a Type)> {
        let mut inline = vec![ty];
        while let Some(ty) = inline.pop() {
            let Some(field) = self.within(ty) else {
                continue;
            };
            match self.description.types.get(ty).map(|it| &it.shape) {
                Some(Shape::Struct(fields)) => {
                    let fields = fields.iter().filter(|field| !is_transient(field));
                    inline.extend(fields.map(|field| &field.ty));
                }
                _ => return Some((field, ty)),
            }
        }
        None
    }
}

fn is_transient(field: &Field) -> bool {
    let builtin = field.ty.builtin();
    builtin.is_some_and(|it| it == Builtin::Skipped || it.is_carried())
}

/// The described types in a type's expression whose values a value of that type may hold.
fn described_parts(ty: &Type) -> Vec<&Type> {
    let mut parts = Vec::new();
    let mut within = vec![ty];
    while let Some(ty) = within.pop() {
        match ty.builtin() {
            // It holds nothing.
            Some(Builtin::PhantomData) => {}
            // Its fields say what it holds, its parameters do not.
            None if ty.is_named() => parts.push(ty),
            _ => within.extend(&ty.args),
        }
    }
    parts
}
