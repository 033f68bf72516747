//! Layouts that no compiler gives.

use super::*;

#[test]
fn layouts_that_no_compiler_gives_are_refused() {
    const MULTIPLE: &str = "expected a size that is a multiple of an alignment that is a power of \
                            two, found size";
    let at = |rest: &str| format!("record 1, type World{rest}");
    edited(
        a_struct(),
        &at(&format!(": {MULTIPLE} 9, alignment 4")),
        |d| d.size = 9,
    );
    edited(
        a_struct(),
        &at(&format!(": {MULTIPLE} 9, alignment 3")),
        |d| {
            (d.size, d.align) = (9, 3);
        },
    );
    edited(
        a_struct(),
        &at(&format!(": {MULTIPLE} 0, alignment 0")),
        |d| {
            (d.size, d.align) = (0, 0);
        },
    );
    edited(
        a_struct(),
        &at(&format!(", field a: {MULTIPLE} 3, alignment 4")),
        |d| {
            fields(d)[0].size = 3;
        },
    );
    edited(
        a_struct(),
        &at(
            ", field b: expected a place inside the 8 bytes of the type, found 4 bytes at offset 8",
        ),
        |d| {
            fields(d)[1].offset = Some(8);
        },
    );
    edited(
        a_struct(),
        &at(&format!(
            ", field b: expected a place inside the 8 bytes of the type, found 4 bytes at offset {}",
            u64::MAX - 3
        )),
        |d| {
            fields(d)[1].offset = Some(u64::MAX - 3);
        },
    );
    edited(
        a_struct(),
        &at(
            ", field b: expected a place inside the 8 bytes of the type, found 4 bytes at offset 2",
        ),
        |d| {
            fields(d)[1].offset = Some(2);
        },
    );
    edited(
        a_struct(),
        &at(", field b: expected bytes of its own, found some that belong to `a`"),
        |d| {
            fields(d)[1].offset = Some(0);
        },
    );
    edited(
        a_struct(),
        &at(", field b: expected an offset, found none"),
        |d| {
            fields(d)[1].offset = None;
        },
    );
    edited(
        a_struct(),
        &at(": expected one field of each name, found `a` twice"),
        |d| {
            fields(d)[1].name = "a".to_owned();
        },
    );
    edited(
        an_enum(),
        &at(": expected one variant of each name, found `A` twice"),
        |d| {
            variants(d)[1].name = "A".to_owned();
        },
    );
    edited(
        an_enum(),
        &at(", variant B: expected a discriminant of its own, found 0"),
        |d| {
            variants(d)[1].discriminant = 0;
        },
    );
    edited(
        an_enum(),
        &at(", variant A, field 0: expected no offset: it is the compiler's, found one"),
        |d| {
            fields(d)[0].offset = Some(0);
        },
    );
    edited(
        an_enum(),
        &at(", variant A, field 0: expected at most the 8 bytes of the type, found 12 bytes"),
        |d| {
            fields(d)[0].size = 12;
        },
    );
    edited(
        an_enum(),
        &at(": expected one field of each name, found `0` twice"),
        |d| {
            fields(d).push(field("0", None));
        },
    );
}
