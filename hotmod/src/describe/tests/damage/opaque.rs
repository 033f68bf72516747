//! Opaque types, and the records that say which they are.

use super::*;

#[test]
fn opaque_types_that_cannot_be_are_refused() {
    let opaque = |identity| {
        leaf(Name::Opaque(Opaque {
            text: "Dice".to_owned(),
            size: 4,
            align: 4,
            identity,
            whole: identity,
        }))
    };
    edited(
        a_struct(),
        "type World, field a: expected a record of which type `Dice` is, found none",
        |d| fields(d)[0].ty = opaque(None),
    );
    edited(
        a_struct(),
        "record 1, type World, field a: expected 8 bytes, aligned to 4, found 4, aligned to 4",
        |d| {
            fields(d)[0].ty = opaque(Some(1));
            fields(d)[0].size = 8;
        },
    );
    edited(
        a_struct(),
        "record 1, type World, field a: expected a type, found the opaque `Dice`, which only a \
         field can be",
        |d| {
            fields(d)[0].ty = Type {
                name: Name::Builtin(Builtin::Vec),
                args: vec![opaque(Some(1))],
            }
        },
    );

    let mut description = a_struct();
    let described = description.types.get_mut(&world()).expect("described");
    fields(described)[1].ty = opaque(Some(1));
    let section = leak::section(&description);
    assert_eq!(decode(&section, "rustc").unwrap(), description);
    let told = |place: usize, identity: u128| {
        let mut payload = Vec::new();
        payload.extend([HeadTag::Named as u8, 5, 0, 0, 0]);
        payload.extend(b"World\0\0\0\0");
        payload.extend(u32::try_from(place).unwrap().to_le_bytes());
        payload.push(0);
        payload.extend(1_u32.to_le_bytes());
        payload.extend(identity.to_le_bytes());
        let record = record(RecordKind::Opaque as u8, MANDATORY, &payload);
        [section.clone(), record].concat()
    };
    assert_eq!(decode(&told(1, 1), "rustc").unwrap(), description);
    assert_eq!(
        refused(&told(1, 2)),
        "record 3: expected one type under each id, found a second one for a field of `World`"
    );
    assert_eq!(
        refused(&told(0, 1)),
        "record 3: expected a field of an opaque type, found field 0 of `World`"
    );
    assert_eq!(
        refused(&told(2, 1)),
        "record 3: expected a field of an opaque type, found field 2 of `World`"
    );
}
