//! What is made to carry a value over, by a walk that reads it.

use std::collections::HashMap;

use hotmod::operations::{CarriedAs, Operations};

use crate::migrate::at::At;
use crate::migrate::scratch::Scratch;

/// The shared items that a walk has met.
#[derive(Default)]
pub(super) struct MetShared {
    /// Where they were shown, by their addresses.
    pub(super) shown: HashMap<usize, String>,
    /// Forms that own some of these: no other item may take their addresses.
    pub(super) forms: Vec<CarriedForm>,
}

/// What was made to carry a value over. It stays where it is when this is moved, so that a walk which met owners of items in it
/// can keep it: then no other item takes the address by which one of them was met.
pub(crate) struct CarriedForm {
    room: Scratch<0>,
    operations: &'static Operations,
}

impl CarriedForm {
    /// Has the module make it.
    ///
    /// # Errors
    ///
    /// What the module says, if it could not.
    ///
    /// # Safety
    ///
    /// A value is there that these functions carry over, in a form of these operations, and the module may read it.
    pub(crate) unsafe fn of(
        by: &CarriedAs,
        operations: &'static Operations,
        value: At,
    ) -> Result<Self, String> {
        let mut room = Scratch::allocated(operations);
        // SAFETY: the caller's; there is room for what is made.
        unsafe { value.give_as(by, At::scratch(&mut room), operations.size) }?;
        Ok(CarriedForm { room, operations })
    }

    /// Where it is.
    pub(crate) fn at(&mut self) -> At {
        At::scratch(&mut self.room)
    }
}

impl Drop for CarriedForm {
    fn drop(&mut self) {
        // SAFETY: a value of these operations was made in this room, and is given up.
        unsafe { At::scratch(&mut self.room).drop(self.operations) };
    }
}
