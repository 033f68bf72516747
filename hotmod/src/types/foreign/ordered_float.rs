//! `ordered-float`: as the number that it is.

use std::mem::offset_of;

use ordered_float::{FloatCore, NotNan, OrderedFloat};

use super::{Carried, Moved, laid_out};
use crate::state::StableState;

laid_out! {
    // Its only field is public, and any `T` is one.
    unsafe [T: StableState] OrderedFloat<T> as "ordered_float::OrderedFloat" (T,) {
        "0" at offset_of!(OrderedFloat<T>, 0) => T
    }
}

impl<T: StableState + FloatCore> Carried for NotNan<T> {
    const NAME: &'static str = "ordered_float::NotNan";
    type Parameters = (T,);
    type Form = T;
    // SAFETY: it is a value of its parameter.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<NotNan<()>>() };

    fn to_form(&self) -> Result<T, String> {
        Ok(self.into_inner())
    }

    fn from_form(number: T) -> Result<Self, String> {
        NotNan::new(number).map_err(|error| error.to_string())
    }
}

carried! { [T: StableState + FloatCore] NotNan<T>; }
