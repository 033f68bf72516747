//! Finds out which runs of items can be converted where they are.

use hotmod::operations::Slice;

use super::{Code, Item, Make};
use crate::migrate::flat::FlatSteps;
use crate::migrate::in_place::{InPlace, Sure, SureStruct, audit};
use crate::migrate::scratch::ItemRoom;

/// `None` where the items cannot be converted where they are.
pub(super) fn in_place(
    (old, new): (&Slice, &Slice),
    sizes: (usize, usize),
    item: &Item,
    conversions: &[Option<Code>],
) -> Option<InPlace> {
    let (was, now) = (item.old, item.new);
    let alike = (was.size, was.align) == (now.size, now.align);
    let fits = (1..=ItemRoom::SIZE).contains(&was.size) && was.align <= align_of::<ItemRoom>();
    if !alike || !fits {
        return None;
    }
    let sure = sure(&item.code, conversions)?;
    let direct = sure.direct();
    if cfg!(debug_assertions) {
        let found = audit::audit(&sure, direct.as_ref(), was.size);
        debug_assert_eq!(found, Ok(()), "bug in hotmod");
    }
    Some(InPlace {
        old: *old,
        new: *new,
        sizes,
        item: was.size,
        direct: direct.is_some(),
        work: direct.unwrap_or(sure),
    })
}

/// The conversion, if it cannot fail and takes no memory.
fn sure(code: &Code, conversions: &[Option<Code>]) -> Option<Sure> {
    let mut flat = FlatSteps::default();
    match code {
        Code::Copy(size) => flat.copy(0, 0, *size),
        Code::Widen(column) => flat.widen(0, 0, *column),
        Code::Flat(code) => flat = (**code).clone(),
        // The data decides how deep a recursive conversion goes, so it may need more stack.
        Code::Conversion(call) if call.recursive => return None,
        Code::Conversion(call) => return sure(conversions[call.place].as_ref()?, conversions),
        Code::InPlace(code) => return Some(Sure::InPlace(code.clone())),
        Code::Struct(code) => {
            let parts = code.parts.iter().map(|part| match &part.make {
                Make::Convert(code) => Some((part.from, part.to, sure(code, conversions)?)),
                _ => None,
            });
            return Some(Sure::Struct(Box::new(SureStruct {
                flat: code.flat.clone(),
                parts: parts.collect::<Option<_>>()?,
                dropped: code.dropped.clone(),
            })));
        }
        _ => return None,
    }
    Some(Sure::Flat(flat))
}
