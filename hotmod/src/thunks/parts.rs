//! The operations of the parts of a type: of the parameters that it holds values of.

use crate::operations::Operations;
use crate::state::Part;

/// The operations of the only parameter.
pub(super) extern "C" fn one_part<T: Part>(place: usize) -> Option<&'static Operations> {
    (place == 0).then_some(T::OPERATIONS)
}

/// The operations of two parameters.
pub(super) extern "C" fn two_parts<K: Part, V: Part>(place: usize) -> Option<&'static Operations> {
    match place {
        0 => Some(K::OPERATIONS),
        1 => Some(V::OPERATIONS),
        _ => None,
    }
}

/// The operations of the two bounds of a range, and of a type that holds one bound.
pub(super) extern "C" fn bounds<T: Part>(place: usize) -> Option<&'static Operations> {
    (place < 2).then_some(T::OPERATIONS)
}
