//! Values that are carried over, which are read in the form that carries them.

use std::collections::HashMap;

use hotmod::operations::{CarriedAs, Operations};

use super::{There, ValueWalk};
use crate::migrate::at::At;
use crate::migrate::deep::deeper_carried;
use crate::migrate::scratch::Scratch;

/// What a walk has met.
#[derive(Default)]
pub(super) struct Met {
    /// Where shared items were shown, by their addresses.
    pub(super) shared: HashMap<usize, String>,
    /// Forms that own some of these: no other item may take their addresses.
    forms: Vec<HeldForm>,
}

/// A form that was made of a value, to be read.
struct HeldForm {
    room: Scratch,
    operations: &'static Operations,
}

impl Drop for HeldForm {
    fn drop(&mut self) {
        // SAFETY: a value of these operations was made in this room, and is given up.
        unsafe { At::scratch(&mut self.room).drop(self.operations) };
    }
}

impl ValueWalk<'_> {
    /// Has the module make the form that carries a value over, and visits it. Nothing else has the form.
    ///
    /// # Safety
    ///
    /// A value is there that these functions carry over, in a form of these operations; it is used as
    /// [`go`](ValueWalk::go) says.
    pub(super) unsafe fn carried<T>(
        &mut self,
        (by, form): (&CarriedAs, &'static Operations),
        at: At,
        visit: impl FnOnce(&mut Self, There) -> T,
    ) -> Result<T, String> {
        let outside = self.carried_in;
        let within = deeper_carried(outside)?;
        let mut room = Scratch::new(form);
        // SAFETY: the caller's; there is room for what is made.
        unsafe { at.give_as(by, At::scratch(&mut room), form.size) }?;
        let mut form = HeldForm {
            room,
            operations: form,
        };
        let met = self.met.shared.len();
        self.carried_in = within;
        let made = There {
            at: At::scratch(&mut form.room),
            shared: false,
        };
        let visited = visit(self, made);
        self.carried_in = outside;
        if self.met.shared.len() != met {
            self.met.forms.push(form);
        }
        Ok(visited)
    }
}
