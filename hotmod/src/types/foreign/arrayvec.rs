//! `arrayvec`: by its items, or its text.

use arrayvec::{ArrayString, ArrayVec};

use super::{Carried, Moved};
use crate::state::StableState;

impl<T: StableState + Clone, const N: usize> Carried for ArrayVec<T, N> {
    const NAME: &'static str = "arrayvec::ArrayVec";
    type Parameters = ([T; N],);
    type Form = Vec<T>;
    // SAFETY: it is items in it or in a block of the heap, and numbers; the items are of its parameter.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<ArrayVec<(), 1>>() };

    fn to_form(&self) -> Result<Vec<T>, String> {
        Ok(self.to_vec())
    }

    fn from_form(items: Vec<T>) -> Result<Self, String> {
        let count = items.len();
        let mut array = ArrayVec::new();
        items
            .into_iter()
            .try_for_each(|item| array.try_push(item).map_err(drop))
            .map_err(|()| format!("{count} items are too many for {N}"))?;
        Ok(array)
    }
}

impl<const N: usize> Carried for ArrayString<N> {
    const NAME: &'static str = "arrayvec::ArrayString";
    type Parameters = ([u8; N],);
    type Form = String;
    // SAFETY: it is bytes and a number.
    const MOVED: Moved = unsafe { Moved::where_unchanged::<ArrayString<1>>() };

    fn to_form(&self) -> Result<String, String> {
        Ok(self.as_str().to_owned())
    }

    fn from_form(text: String) -> Result<Self, String> {
        ArrayString::from(&text)
            .map_err(|_| format!("a text of {} bytes is too long for {N}", text.len()))
    }
}

carried! {
    [T: StableState + Clone, const N: usize] ArrayVec<T, N>;
    [const N: usize] ArrayString<N>;
}
