//! What several `Arc`s or the like own.

use hotmod::describe::{Builtin, Type};

/// The type of the values in the item of an `Arc` or the like, and how a path goes on into them: the
/// item may be a slice.
pub(super) fn shared_value(owner: &Type) -> (&'static str, &Type) {
    match &owner.args[0] {
        slice if slice.builtin() == Some(Builtin::Slice) => ("[]", &slice.args[0]),
        item => ("", item),
    }
}
