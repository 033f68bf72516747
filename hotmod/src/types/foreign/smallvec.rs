//! `smallvec`: by its items.

use smallvec::{Array, SmallVec};

use super::{Carried, Moved};
use crate::state::{Describe, StableState};

impl<A: Array<Item: StableState + Clone> + Describe + 'static> Carried for SmallVec<A> {
    const NAME: &'static str = "smallvec::SmallVec";
    type Parameters = (A,);
    type Form = Vec<A::Item>;
    const TAKES_ALL: bool = true;
    // SAFETY: it is items in it or in a block of the heap, and numbers; the items are of its parameter.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<SmallVec<[(); 1]>>() };

    fn to_form(&self) -> Result<Self::Form, String> {
        Ok(self.to_vec())
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        Ok(items.into_iter().collect())
    }
}

carried! { [A: Array<Item: StableState + Clone> + Describe + 'static] SmallVec<A>; }
