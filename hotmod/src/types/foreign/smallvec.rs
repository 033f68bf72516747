//! `smallvec`: by its items.

use smallvec::{Array, SmallVec};

use super::Carried;
use crate::state::{Describe, StableState};

impl<A: Array<Item: StableState + Clone> + Describe + 'static> Carried for SmallVec<A> {
    const NAME: &'static str = "smallvec::SmallVec";
    type Parameters = (A,);
    type Form = Vec<A::Item>;

    fn to_form(&self) -> Result<Self::Form, String> {
        Ok(self.to_vec())
    }

    fn from_form(items: Self::Form) -> Result<Self, String> {
        Ok(items.into_iter().collect())
    }
}

carried! { [A: Array<Item: StableState + Clone> + Describe + 'static] SmallVec<A>; }
