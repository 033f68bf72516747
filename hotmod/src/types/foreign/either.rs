//! `either`: as a `Result`, `Right` being `Ok`.

use either::Either;

use super::{Carried, Moved};
use crate::state::StableState;

impl<L: StableState + Clone, R: StableState + Clone> Carried for Either<L, R> {
    const NAME: &'static str = "either::Either";
    type Parameters = (L, R);
    type Form = Result<R, L>;
    const TAKES_ALL: bool = true;
    // SAFETY: it is a value of one of its parameters.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<Either<(), ()>>() };

    fn to_form(&self) -> Result<Self::Form, String> {
        Ok(self.clone().into())
    }

    fn from_form(form: Self::Form) -> Result<Self, String> {
        Ok(form.into())
    }
}

carried! { [L: StableState + Clone, R: StableState + Clone] Either<L, R>; }
