//! Each kind of code, broken on purpose.

use std::mem::MaybeUninit;

use hotmod::StableState;
use hotmod::operations::Maker;

use super::*;
use crate::migrate::column::Column;
use crate::migrate::failure::PathStep;
use crate::migrate::flat::FlatSteps;
use crate::migrate::program::{Array, FieldStep, Struct, VariantFieldStep};

type Found = Result<(), String>;

fn is_wrong(found: Found, how: &str) {
    let found = found.expect_err("it is wrong");
    assert!(found.contains(how), "{found}");
}

fn of<T: StableState>() -> Owned {
    T::OPERATIONS
}

fn maker() -> Maker {
    match &of::<Option<u8>>().kind {
        Kind::Enum(_, maker) => *maker,
        _ => unreachable!("an `Option` is an enum"),
    }
}

fn made(purpose: u8, operations: Owned) -> Make {
    Make::Made {
        reads: None,
        maker: maker(),
        place: 0,
        purpose,
        operations,
        parallel: false,
    }
}

fn constant(size: usize) -> Make {
    Make::Constant(vec![MaybeUninit::new(0); size].into())
}

fn layout(fields: &[Span]) -> Layout {
    Layout {
        size: 16,
        fields: fields.to_vec(),
        values: fields.to_vec(),
    }
}

fn copies(copies: &[(usize, usize, usize)]) -> FlatSteps {
    let mut flat = FlatSteps::default();
    for (from, to, size) in copies {
        flat.copy(*from, *to, *size);
    }
    flat
}

fn audited(code: &Code) -> Found {
    audit(code, &layout(&[(0, 4), (8, 8)]), &layout(&[(0, 8), (8, 4)]))
}

#[test]
fn each_byte_is_read_from_a_field_and_written_once() {
    let audited = |spans: &[_]| audited(&Code::Flat(Box::new(copies(spans))));
    assert_eq!(audited(&[(8, 0, 8), (0, 8, 4)]), Ok(()));
    for (wrong, what) in [
        (&[(8, 0, 8)][..], "(8, 4) is to be written"),
        (&[(8, 0, 7), (0, 8, 4)], "(0, 8) is to be written"),
        (&[(4, 0, 8), (0, 8, 4)], "(4, 8) is read"),
        (&[(8, 0, 8), (0, 8, 8)], "(0, 8) is read"),
        (&[(8, 0, 8), (0, 8, 4), (0, 6, 4)], "6 is written twice"),
        (&[(8, 8, 8), (0, 0, 4)], "(8, 8) is written"),
        (&[(8, 0, 8), (8, 8, 4)], "8 is given up twice"),
    ] {
        is_wrong(audited(wrong), what);
    }
}

#[test]
fn each_field_of_a_struct_is_given_up_once() {
    let code = |spans: &[_], dropped: &[(usize, Owned)], make: Option<(usize, Make)>| {
        let part = make.map(|(from, make)| FieldStep {
            step: PathStep::plain("made"),
            from,
            to: 8,
            sizes: (4, 4),
            make,
        });
        Code::Struct(Box::new(Struct {
            flat: copies(spans),
            parts: part.into_iter().collect(),
            dropped: dropped.to_vec(),
        }))
    };
    let (short, long) = (of::<u32>(), of::<u64>());
    let default = || Some((0, made(purpose::DEFAULT, short)));
    let with = || Some((0, made(purpose::WITH, short)));
    let converted = || Some((0, Make::Convert(Code::Copy(4))));
    let moved = [(8, 0, 8)];
    assert_eq!(audited(&code(&moved, &[(0, short)], default())), Ok(()));
    assert_eq!(audited(&code(&moved, &[(0, short)], with())), Ok(()));
    assert_eq!(audited(&code(&moved, &[], converted())), Ok(()));
    for (wrong, what) in [
        (code(&moved, &[], default()), "(0, 4) is to be given up"),
        (code(&moved, &[], with()), "0 is looked at, and not dropped"),
        (
            code(&moved, &[(0, short), (0, short)], default()),
            "0 is given up twice",
        ),
        (
            code(&moved, &[(0, short)], converted()),
            "0 is given up twice",
        ),
        (
            code(&moved, &[(0, short), (8, long)], default()),
            "8 is given up twice",
        ),
        (code(&moved, &[(0, long)], default()), "is no field"),
        (code(&moved, &[(4, short)], default()), "is no field"),
    ] {
        is_wrong(audited(&wrong), what);
    }
}

#[test]
fn fields_lie_apart_within_the_value() {
    let code = Code::Flat(Box::new(copies(&[(0, 0, 8)])));
    let good = || layout(&[(0, 8)]);
    assert_eq!(audit(&code, &good(), &good()), Ok(()));
    for (wrong, what) in [
        (layout(&[(0, 8), (4, 4)]), "4 is recorded twice"),
        (layout(&[(0, 8), (12, 8)]), "(12, 8) is recorded of 16"),
    ] {
        is_wrong(audit(&code, &wrong, &good()), what);
        is_wrong(audit(&code, &good(), &wrong), what);
    }
}

/// A field without a size may start where another field starts, on both sides.
#[test]
fn fields_without_a_size_are_told_from_those_beside_them() {
    let part = |sizes| FieldStep {
        step: PathStep::plain("emptied"),
        from: 0,
        to: 0,
        sizes,
        make: Make::Convert(Code::Copy(0)),
    };
    let audited = |was: &[Span], now: &[Span], copy, sizes, dropped: &[(usize, Owned)]| {
        let code = Code::Struct(Box::new(Struct {
            flat: copies(&[copy]),
            parts: vec![part(sizes)],
            dropped: dropped.to_vec(),
        }));
        audit(&code, &layout(was), &layout(now))
    };
    let (both, beside) = ([(0, 4), (8, 8)], [(0, 0), (0, 8)]);
    assert_eq!(audited(&both, &beside, (8, 0, 8), (4, 0), &[]), Ok(()));
    assert_eq!(audited(&beside, &both, (0, 8, 8), (0, 4), &[]), Ok(()));
    let emptied = [(0, of::<()>())];
    assert_eq!(audited(&beside, &both, (0, 8, 8), (0, 4), &emptied), Ok(()));
    is_wrong(
        audited(&both, &beside, (8, 0, 8), (4, 8), &[]),
        "0 is written twice",
    );
}

/// A tuple of a number that widens and a struct without its padding.
#[test]
fn a_tuple_is_made_of_what_its_fields_are_made_of() {
    let (wide, inner) = (Column::convert::<u32, u64>(), copies(&[(0, 0, 4)]));
    let audited = |break_it: fn(&mut Struct)| {
        let elements = [
            (0, 0, of::<u32>(), of::<u64>(), Code::Widen(wide)),
            (
                8,
                8,
                of::<u64>(),
                of::<u64>(),
                Code::Flat(Box::new(inner.clone())),
            ),
        ];
        let (mut was, mut now) = (Layout::new(16), Layout::new(16));
        let mut code = Struct::default();
        for (from, to, a, b, make) in elements {
            assert_eq!(fits(&make, a, b), Ok(()));
            was.element(from, a, &make, |(read, _)| read);
            now.element(to, b, &make, |(_, written)| written);
            code.push(
                PathStep::plain("0"),
                (from, to),
                (a.size, b.size),
                Make::Convert(make),
            );
        }
        break_it(&mut code);
        audit(&code.finish(), &was, &now)
    };
    assert_eq!(audited(|_| {}), Ok(()));
    is_wrong(
        audited(|code| code.flat = copies(&[(8, 8, 4)])),
        "(0, 8) is to be written",
    );
    is_wrong(
        audited(|code| code.flat.copy(8, 12, 4)),
        "8 is given up twice",
    );
    is_wrong(
        audited(|code| code.flat.copy(0, 0, 4)),
        "0 is written twice",
    );
    let dropped = |code: &mut Struct| code.dropped.push((8, of::<u64>()));
    is_wrong(audited(dropped), "8 is given up twice");
}

#[test]
fn each_field_of_a_variant_has_one_source_and_one_fate() {
    let field = |from, make, operations| VariantFieldStep {
        step: PathStep::plain("::A.b"),
        from,
        make,
        operations,
    };
    let (text, number, wide) = (of::<String>(), of::<u32>(), of::<u64>());
    let moved = || field(0, Make::Convert(Code::Copy(text.size)), text);
    let widened = |from| {
        let column = Column::convert::<u32, u64>();
        field(from, Make::Convert(Code::Widen(column)), wide)
    };
    let with = || field(1, made(purpose::WITH, wide), wide);
    let default = |size| field(0, constant(size), wide);
    let audited = |fields: Vec<VariantFieldStep>, dropped: &[(usize, Owned)]| {
        let variant = VariantSteps::new(0, fields, dropped.to_vec());
        audit_variant(&variant, &[text, number], &[text, wide])
    };
    assert_eq!(audited(vec![moved(), widened(1)], &[]), Ok(()));
    assert_eq!(audited(vec![moved(), default(8)], &[(1, number)]), Ok(()));
    assert_eq!(audited(vec![moved(), with()], &[(1, number)]), Ok(()));
    for (fields, dropped, what) in [
        (vec![moved()], &[(1, number)][..], "1 fields are made of 2"),
        (vec![moved(), default(8)], &[], "[0] are given up of 2"),
        (
            vec![moved(), widened(1)],
            &[(1, number)],
            "[0, 1, 1] are given up of 2",
        ),
        (
            vec![moved(), default(8)],
            &[(0, text), (1, number)],
            "[0, 0, 1] are given up of 2",
        ),
        (
            vec![moved(), with()],
            &[],
            "1 is looked at, and not dropped",
        ),
        (vec![moved(), widened(2)], &[], "there is no old field 2"),
        (vec![moved(), widened(0)], &[(1, number)], "column of 4"),
        (vec![moved(), default(4)], &[(1, number)], "constant of 4"),
        (vec![widened(1), moved()], &[], "type of 8 bytes"),
        (vec![moved(), default(8)], &[(1, text)], "type of 24"),
    ] {
        is_wrong(audited(fields, dropped), what);
    }
}

#[test]
fn elements_fill_the_array_on_both_sides() {
    let (old, new) = (of::<[u32; 2]>(), of::<[u64; 3]>());
    let audited = |lens: (usize, usize), code: Code, filled: bool| {
        let array = Array {
            old_len: lens.0,
            new_len: lens.1,
            item: Item {
                code,
                plain: true,
                parallel: true,
                old: of::<u32>(),
                new: of::<u64>(),
            },
            fill: filled.then(|| (maker(), 0)),
        };
        fits(&Code::Array(Box::new(array)), old, new)
    };
    let widens = || Code::Widen(Column::convert::<u32, u64>());
    assert_eq!(audited((2, 3), widens(), true), Ok(()));
    is_wrong(audited((2, 3), widens(), false), "nothing makes");
    is_wrong(audited((3, 3), widens(), true), "array of 12 bytes");
    is_wrong(audited((2, 2), widens(), true), "array of 16 bytes");
    is_wrong(audited((2, 3), Code::Copy(4), true), "copy of 4 bytes");
}

#[test]
fn a_step_reads_and_writes_whole_values() {
    let (short, long) = (of::<u32>(), of::<u64>());
    let widened = |column| fits(&Code::Widen(column), short, long);
    assert_eq!(widened(Column::convert::<u32, u64>()), Ok(()));
    is_wrong(widened(Column::convert::<u16, u64>()), "column of 2");
    is_wrong(widened(Column::convert::<u32, u128>()), "column of 16");
    is_wrong(fits(&Code::Copy(8), short, long), "copy of 8");
    let flat = |spans: &[_]| fits(&Code::Flat(Box::new(copies(spans))), short, long);
    assert_eq!(flat(&[(0, 4, 4)]), Ok(()));
    is_wrong(flat(&[(0, 6, 4)]), "beyond the value");
    is_wrong(flat(&[(2, 0, 4)]), "beyond the value");
    is_wrong(flat(&[(0, 0, 4), (0, 2, 2)]), "2 is written twice");
}
