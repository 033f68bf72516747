//! The two sides of a call, and how a value passes from one to the other.

use hotmod::describe::{Builtin, Description, Signature, Type};

/// What the calling side is called in what is told of a call that a host makes.
pub const HOST_SIDE: &str = "the host";

/// What the side is called that has the function.
pub const MODULE_SIDE: &str = "the module";

/// One side of a call.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) description: &'a Description,
    pub(super) signature: &'a Signature,
    pub(super) name: &'static str,
    pub(super) is_newer: bool,
}

impl<'a> Side<'a> {
    pub(super) fn is_module(self) -> bool {
        self.name != HOST_SIDE
    }

    pub(super) fn newer(self, is_newer: bool) -> Self {
        Side { is_newer, ..self }
    }
}

/// A value that has to be converted.
pub(super) struct Value<'a> {
    pub(super) path: String,
    pub(super) was: &'a Type,
    pub(super) now: &'a Type,
    pub(super) way: Lending,
}

impl<'a> Value<'a> {
    /// What has become of it, on its way back.
    pub(super) fn on_the_way_back(&self) -> Value<'a> {
        Value {
            path: self.path.clone(),
            was: self.now,
            now: self.was,
            way: self.way,
        }
    }

    pub(super) fn is_lent(&self) -> bool {
        self.way != Lending::Value
    }
}

/// What leads to a value that passes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lending {
    Value,
    One,
    Slice,
    OneMut,
    SliceMut,
    /// A reference to an argument that the caller gives away.
    Given,
    /// A slice of the items of such an argument.
    GivenItems,
}

impl Lending {
    pub(super) fn is_mut(self) -> bool {
        matches!(self, Lending::OneMut | Lending::SliceMut)
    }

    /// A type that is passed so.
    pub(super) fn of(self, ty: &Type) -> String {
        match self {
            Lending::Value | Lending::Given => ty.to_string(),
            Lending::One => format!("&{ty}"),
            Lending::Slice => format!("&[{ty}]"),
            Lending::OneMut => format!("&mut {ty}"),
            Lending::SliceMut => format!("&mut [{ty}]"),
            Lending::GivenItems => format!("Vec<{ty}>"),
        }
    }

    /// Whether the caller gives the argument away, and the function only looks at it.
    pub(super) fn is_given(self) -> bool {
        matches!(self, Lending::Given | Lending::GivenItems)
    }
}

/// How a parameter gets its value from an argument.
pub(super) enum Handed<'t> {
    /// What is passed so is of these types on either side.
    As(Lending, &'t Type, &'t Type),
    /// A text is made of the one that is lent.
    Text,
    /// A text that is given away is lent.
    TextGiven,
    /// Not at all; what to do.
    Not(&'static str),
}

/// How a parameter of the second type gets its value from an argument of the first.
pub(super) fn handed<'t>(was: &'t Type, now: &'t Type) -> Handed<'t> {
    let is_text = |ty: &Type| ty.builtin() == Some(Builtin::String);
    let is_reference = |ty: &Type| matches!(ty.builtin(), Some(Builtin::Ref | Builtin::RefMut));
    let is_lent_text = |ty: &Type| is_reference(ty) && lending(ty).0 == Lending::Value;
    match (lending(was), lending(now)) {
        ((a, was), (b, now)) if a == b && is_lent_text(was) == is_lent_text(now) => {
            Handed::As(a, was, now)
        }
        ((Lending::Value, was), (Lending::Value, now)) if is_lent_text(was) && is_text(now) => {
            Handed::Text
        }
        ((Lending::Value, was), (Lending::Value, now)) if is_text(was) && is_lent_text(now) => {
            Handed::TextGiven
        }
        ((Lending::Value, was), (Lending::One, now)) if !is_reference(was) => {
            Handed::As(Lending::Given, was, now)
        }
        ((Lending::Value, was), (Lending::Slice, now)) if was.builtin() == Some(Builtin::Vec) => {
            Handed::As(Lending::GivenItems, &was.args[0], now)
        }
        ((_, lent), (_, other)) if is_reference(was) && is_kin(lent, other) => {
            Handed::Not(if is_reference(now) { LENT_SO } else { KEPT })
        }
        _ => Handed::Not(""),
    }
}

/// Whether one type is a form of the other, or holds items of it: only how they are passed differs.
fn is_kin(a: &Type, b: &Type) -> bool {
    let holds = |a: &Type, b: &Type| matches!(a.items(), [item] if item.name == b.name);
    let is_text = |ty: &Type| {
        let ty = match ty.builtin() {
            Some(Builtin::Ref | Builtin::RefMut) => &ty.args[0],
            _ => ty,
        };
        matches!(ty.builtin(), Some(Builtin::Str | Builtin::String))
    };
    a.name == b.name && !is_text(a) || holds(a, b) || holds(b, a) || is_text(a) && is_text(b)
}

const KEPT: &str = "the caller keeps what it lends, and nothing makes a copy of it: keep the reference and have the \
                    function clone what it leads to, or give the new function another name";
const LENT_SO: &str = "one is no reference to what the other leads to: keep the one that it was (a `&[T]` is lent of \
                       each container, a `&str` of each text), or give the new function another name";

/// How a parameter is passed, and of what type what it leads to is.
pub(super) fn lending(ty: &Type) -> (Lending, &Type) {
    match ty.builtin() {
        Some(Builtin::Ref) => match ty.args[0].builtin() {
            Some(Builtin::Str) => (Lending::Value, ty),
            Some(Builtin::Slice) => (Lending::Slice, &ty.args[0].args[0]),
            _ => (Lending::One, &ty.args[0]),
        },
        Some(Builtin::RefMut) => match ty.args[0].builtin() {
            Some(Builtin::Slice) => (Lending::SliceMut, &ty.args[0].args[0]),
            _ => (Lending::OneMut, &ty.args[0]),
        },
        _ => (Lending::Value, ty),
    }
}
