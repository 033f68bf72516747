//! Migrations down, and the forms that they make.

use super::*;

/// A migration of `World` to this form of it, which these records describe.
fn taking_down(parts: &[Vec<u8>]) -> Vec<u8> {
    let text = |text: &str| [&[text.len() as u8, 0, 0, 0][..], text.as_bytes()].concat();
    let world = [&[HeadTag::Named as u8][..], &text("World"), &[0; 4]].concat();
    let head = [text("back"), text("symbol"), world.clone(), world].concat();
    let payload = [head, parts.concat()].concat();
    [
        leak::section(&a_struct()),
        record(RecordKind::Down as u8, MANDATORY, &payload),
    ]
    .concat()
}

#[test]
fn forms_that_cannot_be_made_are_refused() {
    let form = || leak::section(&a_struct());
    let down = decode(&taking_down(&[form()]), "rustc").expect("a form");
    assert_eq!(down.downs["back"].form, a_struct().types);

    let place = "record 2, migration down `back`";
    for (parts, expected) in [
        (
            vec![],
            format!("{place}: expected a form of the type `World`, found none"),
        ),
        (
            vec![form(), form()],
            format!("{place}: expected one form of each type, found a second one"),
        ),
        (
            vec![form(), record(RecordKind::Down as u8, MANDATORY, &[])],
            format!("{place}: expected a record of a type, found one of kind 12"),
        ),
        (
            vec![form(), vec![7; 12]],
            format!("{place}: expected the start of a record, found the bytes [07, 07, 07, 07]"),
        ),
        (
            vec![form()[..20].to_vec()],
            format!("{place}: expected 123 more bytes, found the end after 10"),
        ),
    ] {
        assert_eq!(refused(&taking_down(&parts)), expected);
    }
    let mut longer = form();
    let end = longer.len();
    longer.push(0);
    longer[6..10].copy_from_slice(&u32::try_from(end - 9).expect("small").to_le_bytes());
    assert_eq!(
        refused(&taking_down(&[longer])),
        format!("{place}, type World: expected the record to end, found 1 more bytes")
    );

    let holding = |ty: Type| {
        let mut form = a_struct();
        fields(form.types.get_mut(&world()).expect("described"))[0].ty = ty;
        leak::section(&form)
    };
    let place = "migration down `back`, type World, field a";
    assert_eq!(
        refused(&taking_down(&[holding(leaf(Name::Named(
            "Moon".to_owned()
        )))])),
        format!("{place}: expected a record of the type `Moon` that it mentions, found none")
    );
    let opaque = leaf(Name::Opaque(Opaque {
        text: "Dice".to_owned(),
        size: 4,
        align: 4,
        identity: None,
        whole: None,
    }));
    assert_eq!(
        refused(&taking_down(&[holding(opaque)])),
        format!("{place}: expected a record of which type `Dice` is, found none")
    );
    let section = [taking_down(&[form()]), taking_down(&[form()])].concat();
    assert_eq!(
        refused(&section),
        "record 4, migration down `back`: expected one migration down of each name, found a second \
         one"
    );
    let of_nothing = taking_down(&[form()]).split_off(leak::section(&a_struct()).len());
    assert_eq!(
        refused(&of_nothing),
        "a migration: expected a record of the type `World` that it mentions, found none"
    );
}

#[test]
fn so_many_migrations_down_are_refused() {
    let mut module = decode(&taking_down(&[leak::section(&a_struct())]), "rustc").expect("a form");
    let down = module.downs["back"].clone();
    let downs = |count: u32, alike: bool| {
        let one = |i: u32| {
            let mut down = down.clone();
            if !alike {
                down.to = leaf(Name::Named(format!("World{i}")));
                let form = down.form.pop_first().expect("a form").1;
                down.form.insert(down.to.clone(), form);
            }
            (format!("{i:03}"), down)
        };
        (0..count).map(one).collect::<BTreeMap<_, _>>()
    };
    module.downs = downs(17, true);
    assert_eq!(
        refused(&leak::section(&module)),
        "record 18, migration down `016`: expected at most 16 migrations down of one type to one \
         form, found more"
    );
    module.downs = downs(257, false);
    assert_eq!(
        refused(&leak::section(&module)),
        "record 258: expected at most 256 migrations down in one module, found more"
    );
    module.downs.pop_last();
    assert_eq!(
        decode(&leak::section(&module), "rustc").expect("a form"),
        module
    );
}
