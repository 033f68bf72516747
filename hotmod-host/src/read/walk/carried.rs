//! Values that are carried over, which are read in the form that carries them.

use hotmod::operations::{CarriedAs, Operations};

use super::{There, ValueWalk};
use crate::migrate::at::At;
use crate::migrate::deep::deeper_carried;
use crate::read::carried::CarriedForm;

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
        // SAFETY: the caller's.
        let mut form = unsafe { CarriedForm::of(by, form, at) }?;
        let met = self.met.shown.len();
        self.carried_in = within;
        let made = There {
            at: form.at(),
            shared: false,
        };
        let visited = visit(self, made);
        self.carried_in = outside;
        if self.met.shown.len() != met {
            self.met.forms.push(form);
        }
        Ok(visited)
    }
}
