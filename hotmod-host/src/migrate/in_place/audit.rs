//! Checks that converting items in place gives the same bytes as making new items beside the old ones. Runs
//! with debug assertions, whenever a conversion in place is compiled.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Sure;
use crate::migrate::flat::Span;

/// Where a byte of an item comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Byte {
    /// From the old item, at this place.
    Old(usize),
    /// From the constant for this place.
    Constant(usize),
    /// The `nth` byte of a value that is made of some bytes.
    Made(Rc<[Byte]>, usize),
}

/// One step that reads and writes bytes of an item.
#[derive(Clone, Copy)]
struct Done {
    read: Span,
    written: Span,
    copied: bool,
}

impl Sure {
    /// Adds all steps that convert a part of an item, in their order.
    fn all_done(&self, from: usize, to: usize, all: &mut Vec<Done>) {
        match self {
            Sure::Flat(flat) => all.extend(flat.steps().map(|(read, written)| Done {
                // A widened number never has its old length.
                copied: read.1 == written.1,
                read: (from + read.0, read.1),
                written: (to + written.0, written.1),
            })),
            Sure::Struct(code) => {
                Sure::Flat(code.flat.clone()).all_done(from, to, all);
                for (a, b, part) in &code.parts {
                    part.all_done(from + a, to + b, all);
                }
            }
            Sure::InPlace(code) => all.push(Done {
                read: (from, code.sizes.0),
                written: (to, code.sizes.1),
                copied: false,
            }),
        }
    }

    /// Whether the conversion drops a part of the item itself, and not only of values that it leads to.
    fn drops_of_the_item(&self) -> bool {
        match self {
            Sure::Flat(_) | Sure::InPlace(_) => false,
            Sure::Struct(code) => {
                let mut parts = code.parts.iter();
                !code.dropped.is_empty() || parts.any(|(_, _, part)| part.drops_of_the_item())
            }
        }
    }
}

/// Fails with what is wrong with a conversion of items of `size` bytes, or with one that is to do the `same`
/// in place.
pub(in crate::migrate) fn audit(
    sure: &Sure,
    same: Option<&Sure>,
    size: usize,
) -> Result<(), String> {
    let (mut beside, mut in_place) = (Vec::new(), Vec::new());
    sure.all_done(0, 0, &mut beside);
    let old: Vec<Byte> = (0..size).map(Byte::Old).collect();
    let mut expected = BTreeMap::new();
    for done in &beside {
        for (at, byte) in written(done, &old)? {
            if expected.insert(at, byte).is_some() {
                return Err(format!("{at} is written twice"));
            }
        }
    }
    let Some(same) = same else { return Ok(()) };
    if same.drops_of_the_item() {
        return Err("something is dropped after it was written over".to_owned());
    }
    same.all_done(0, 0, &mut in_place);
    let mut item = old;
    for done in &in_place {
        let ((a, a_size), (b, b_size)) = (done.read, done.written);
        if done.copied && a < b + b_size && b < a + a_size {
            return Err(format!("{a} is copied over itself"));
        }
        for (at, byte) in written(done, &item)? {
            item[at] = byte;
        }
    }
    match expected.iter().find(|(at, byte)| item[**at] != **byte) {
        Some((at, byte)) => Err(format!("{at} is {:?} in place of {byte:?}", item[*at])),
        None => Ok(()),
    }
}

/// The bytes that a step writes, each with its place.
fn written(done: &Done, item: &[Byte]) -> Result<Vec<(usize, Byte)>, String> {
    let ((a, a_size), (b, b_size)) = (done.read, done.written);
    if a + a_size > item.len() || b + b_size > item.len() {
        let len = item.len();
        return Err(format!(
            "{:?} → {:?} of {len} bytes",
            done.read, done.written
        ));
    }
    let read: Rc<[Byte]> = item[a..a + a_size].into();
    let byte = |nth: usize| match (a_size, done.copied) {
        (0, _) => Byte::Constant(b + nth),
        (_, true) => read[nth].clone(),
        (_, false) => Byte::Made(read.clone(), nth),
    };
    Ok((0..b_size).map(|nth| (b + nth, byte(nth))).collect())
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use hotmod::state::Part;

    use super::*;
    use crate::migrate::column::Column;
    use crate::migrate::flat::FlatSteps;
    use crate::migrate::in_place::SureStruct;

    fn copies(copies: &[(usize, usize, usize)]) -> FlatSteps {
        let mut flat = FlatSteps::default();
        for (from, to, size) in copies {
            flat.copy(*from, *to, *size);
        }
        flat
    }

    fn with_constant(spans: &[(usize, usize, usize)], at: usize) -> FlatSteps {
        let mut flat = copies(spans);
        flat.constant(at, vec![MaybeUninit::new(0); 8].into());
        flat
    }

    fn audited(beside: FlatSteps, in_place: FlatSteps) -> Result<(), String> {
        audit(&Sure::Flat(beside), Some(&Sure::Flat(in_place)), 16)
    }

    fn is_wrong(found: Result<(), String>, how: &str) {
        let found = found.expect_err("it is wrong");
        assert!(found.contains(how), "{found}");
    }

    #[test]
    fn what_stays_may_be_left_out_and_nothing_else() {
        let beside = || copies(&[(0, 0, 8), (8, 12, 4)]);
        assert_eq!(audited(beside(), beside_in_place()), Ok(()));
        fn beside_in_place() -> FlatSteps {
            copies(&[(8, 12, 4)])
        }
        is_wrong(audited(beside(), copies(&[])), "12 is Old(12)");
        is_wrong(audited(beside(), copies(&[(4, 12, 4)])), "12 is Old(4)");
        is_wrong(
            audited(beside(), copies(&[(8, 12, 4), (8, 0, 4)])),
            "0 is Old(8)",
        );
    }

    #[test]
    fn nothing_is_read_after_it_was_written() {
        let swaps = || copies(&[(0, 8, 8), (8, 0, 8)]);
        assert_eq!(audit(&Sure::Flat(swaps()), None, 16), Ok(()));
        is_wrong(audited(swaps(), swaps()), "0 is Old(0) in place of Old(8)");
        let moves = || copies(&[(0, 4, 8)]);
        is_wrong(audited(moves(), moves()), "copied over itself");
        let good = || with_constant(&[(0, 8, 8)], 0);
        assert_eq!(audited(good(), good()), Ok(()));
        let mut late = copies(&[(0, 8, 4), (4, 12, 4)]);
        late.widen(8, 0, Column::convert::<u32, u64>());
        is_wrong(audited(late.clone(), late), "0 is Made");
    }

    #[test]
    fn nothing_is_beyond_the_item_or_written_twice() {
        let audited = |flat| audit(&Sure::Flat(flat), None, 16);
        is_wrong(audited(copies(&[(12, 0, 8)])), "of 16 bytes");
        is_wrong(audited(copies(&[(0, 12, 8)])), "of 16 bytes");
        is_wrong(
            audited(with_constant(&[(0, 0, 8)], 4)),
            "4 is written twice",
        );
    }

    #[test]
    fn nothing_is_dropped_where_it_was_written_over() {
        let sure = |dropped| {
            Sure::Struct(Box::new(SureStruct {
                flat: copies(&[(0, 8, 8)]),
                parts: vec![(8, 0, Sure::Flat(copies(&[(0, 0, 8)])))],
                dropped,
            }))
        };
        let drops = || sure(vec![(8, <u64 as Part>::OPERATIONS)]);
        assert_eq!(audit(&drops(), None, 16), Ok(()));
        is_wrong(audit(&drops(), Some(&drops()), 16), "dropped");
        // The part is read after the struct's own copies are done.
        is_wrong(audit(&sure(vec![]), Some(&sure(vec![])), 16), "0 is Old(0)");
    }
}
