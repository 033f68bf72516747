//! The two sides of a call, and how a value passes from one to the other.

use crate::describe::{Builtin, Description, Signature, Type};

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
}

impl Lending {
    pub(super) fn is_mut(self) -> bool {
        matches!(self, Lending::OneMut | Lending::SliceMut)
    }

    /// A type that is passed so.
    pub(super) fn of(self, ty: &Type) -> String {
        match self {
            Lending::Value => ty.to_string(),
            Lending::One => format!("&{ty}"),
            Lending::Slice => format!("&[{ty}]"),
            Lending::OneMut => format!("&mut {ty}"),
            Lending::SliceMut => format!("&mut [{ty}]"),
        }
    }
}

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
