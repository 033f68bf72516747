//! What is proposed, of descriptions that are made up: which words the author used is all that they say.

use std::collections::BTreeMap;

use hotmod::describe::{
    Attribute, Builtin, Described, Description, Field, Init, Name, Shape, Type,
};

use super::{FixOptions, Fixes, fixes};

fn builtin(builtin: Builtin, args: Vec<Type>) -> Type {
    Type {
        name: Name::Builtin(builtin),
        args,
    }
}

fn named(id: &str) -> Type {
    Type {
        name: Name::Named(id.to_owned()),
        args: Vec::new(),
    }
}

/// A module with one state, `World`, of these fields, all of four bytes.
fn world(fields: &[(&str, Type)]) -> Description {
    let places = 0..;
    let fields = fields.iter().zip(places).map(|((name, ty), place)| Field {
        name: (*name).to_owned(),
        ty: ty.clone(),
        size: 4,
        align: 4,
        offset: Some(4 * place),
        attributes: Vec::new(),
        with: None,
    });
    let fields: Vec<Field> = fields.collect();
    let described = Described {
        size: 4 * fields.len() as u64,
        align: 4,
        meaning: 0,
        attributes: Vec::new(),
        shape: Shape::Struct(fields),
    };
    let init = Init {
        symbol: String::new(),
    };
    Description {
        types: BTreeMap::from([(named("World"), described)]),
        inits: BTreeMap::from([(named("World"), init)]),
        ..Description::default()
    }
}

fn proposed(old: &Description, new: &Description, allow_loss: bool) -> Fixes {
    let has_default = |_: &str| false;
    let options = FixOptions {
        allow_loss,
        has_default: &has_default,
    };
    fixes(old, new, &options)
}

fn printed(fixes: &Fixes) -> Vec<String> {
    let fixes = fixes.fixes.iter();
    fixes
        .map(|it| format!("{}: {}", it.place, it.attribute))
        .collect()
}

#[test]
fn what_is_equal_needs_nothing() {
    let world = world(&[("gold", builtin(Builtin::U32, Vec::new()))]);
    assert_eq!(proposed(&world, &world, true), Fixes::default());
}

#[test]
fn of_two_that_are_as_likely_none_is_proposed() {
    let number = || builtin(Builtin::U32, Vec::new());
    let old = world(&[("gold_of_a", number()), ("gold_of_b", number())]);
    let new = world(&[("gold", number())]);
    let fixes = proposed(&old, &new, false);
    assert_eq!(printed(&fixes), [""; 0]);
    assert_eq!(fixes.choices[0].place.to_string(), "World.gold");
    assert!(
        fixes.choices[0].help.contains("was = \"gold_of_"),
        "{fixes:?}"
    );
    assert!(!fixes.left.is_empty());
}

#[test]
fn what_loses_is_proposed_only_where_that_is_allowed() {
    let number = || builtin(Builtin::U32, Vec::new());
    let old = world(&[
        ("gold", number()),
        ("name", builtin(Builtin::String, Vec::new())),
    ]);
    let new = world(&[
        ("gold", number()),
        ("level", builtin(Builtin::U8, Vec::new())),
    ]);
    let kept = proposed(&old, &new, false);
    assert_eq!(printed(&kept), ["World.level: default"]);
    assert_eq!(kept.left.len(), 1);
    assert!(kept.choices[0].help.contains("--allow-loss"), "{kept:?}");
    let lost = proposed(&old, &new, true);
    assert_eq!(
        printed(&lost),
        ["World: removed(\"name\")", "World.level: default"]
    );
    assert_eq!(lost.left, []);
}

#[test]
fn what_was_said_already_is_not_said_again() {
    let number = || builtin(Builtin::U32, Vec::new());
    let old = world(&[("gold", number())]);
    let mut new = world(&[("coins", number()), ("level", number())]);
    for described in new.types.values_mut() {
        let attributes = [Attribute::Was("gold".to_owned()), Attribute::Default];
        for (field, attribute) in described.fields_mut().zip(attributes) {
            field.attributes.push(attribute);
        }
    }
    assert_eq!(proposed(&old, &new, true), Fixes::default());
}

#[test]
fn fields_without_names_that_have_shifted_are_not_guessed_at() {
    let number = || builtin(Builtin::U32, Vec::new());
    let flag = || builtin(Builtin::Bool, Vec::new());
    let two = world(&[("0", number()), ("1", number())]);
    let three = world(&[("0", flag()), ("1", number()), ("2", number())]);
    for (old, new) in [(&two, &three), (&three, &two)] {
        let fixes = proposed(old, new, true);
        assert_eq!(printed(&fixes), [""; 0]);
        assert!(fixes.choices[0].help.contains("shifted"), "{fixes:?}");
        assert!(!fixes.left.is_empty());
    }
    // One more at the end.
    let four = world(&[("0", number()), ("1", number()), ("2", flag())]);
    assert_eq!(printed(&proposed(&two, &four, false)), ["World.2: default"]);
}
