//! Functions that take part in a migration: those that make values from their earlier form, and
//! those that check the result.

use std::sync::LazyLock;

use hotmod_host::describe::{Rule, Verdict};
use hotmod_host::{Host, Instance, Module};
use hotmod_tests::fixture::{BASE, Built, Edit, Family, ForGood};
use hotmod_tests::interfaces::survey::Survey;

#[path = "hooks/again.rs"]
mod again;
#[path = "hooks/down.rs"]
mod down;

const NEWER: Edit = ("\"1.0.0\"", "\"2.0.0\"");
const METRES: Edit = ("feet: f64,\n}", "metres: f64,\n}");
const ADD: Edit = ("feet: height", "metres: height");
const LIST: Edit = (
    "{} {} ft\\n\", place.name, place.feet",
    "{} {} m\\n\", place.name, place.metres",
);
const GRADES: Edit = (
    "    Rough,\n    Checked { by: String },\n}",
    "    Grade(u8),\n}",
);
const NEW_GRADE: Edit = (
    "\"\" => Quality::Rough,\n        by => Quality::Checked { by: by.to_owned() },",
    "by => Quality::Grade(by.len() as u8),",
);
const LIST_GRADE: Edit = (
    "Quality::Rough => \"rough\".to_owned(),\n            Quality::Checked { by } => format!(\"checked by {by}\"),",
    "Quality::Grade(grade) => format!(\"grade {grade}\"),",
);

const MAKE: &str = r#"
#[hotmod::migrate]
fn place(old: &hotmod::Old<'_>) -> Result<Place, String> {
    assert_eq!(old.version(), "1.0.0");
    assert_eq!(old.variant(), None);
    let feet = *old.get::<f64>("feet")?;
    if feet < 0.0 {
        return Err(format!("{feet} ft is below the sea"));
    }
    Ok(Place { name: old.get::<String>("name")?.clone(), metres: feet * 0.5 })
}
"#;
const MAKE_GRADE: &str = r#"
#[hotmod::migrate]
fn quality(old: &hotmod::Old<'_>) -> Result<Quality, hotmod::OldError> {
    Ok(match old.variant() {
        Some("Checked") => Quality::Grade(old.get::<String>("by")?.len() as u8),
        _ => Quality::Grade(0),
    })
}
"#;
const WRONG_NAME: &str = r#"
#[hotmod::migrate]
fn place(old: &hotmod::Old<'_>) -> Result<Place, hotmod::OldError> {
    Ok(Place { name: String::new(), metres: *old.get::<f64>("fathoms")? })
}
"#;
const WRONG_TYPE: &str = r#"
#[hotmod::migrate]
fn place(old: &hotmod::Old<'_>) -> Result<Place, hotmod::OldError> {
    Ok(Place { name: String::new(), metres: f64::from(*old.get::<u32>("feet")?) })
}
"#;
const PANICS: &str = r#"
#[hotmod::migrate]
fn place(old: &hotmod::Old<'_>) -> Place {
    let name = old.get::<String>("name").expect("a name");
    assert!(name != "Everest", "too high");
    Place { name: name.clone(), metres: 0.0 }
}
"#;
const CHECK: &str = r#"
#[hotmod::after_migrate]
fn no_giants(atlas: &Atlas, from: &hotmod::VersionInfo<'_>) -> Result<(), String> {
    match atlas.places.iter().find(|place| place.metres > 10_000.0) {
        Some(place) => Err(format!("{} of {} is a giant", place.name, from.version)),
        None => Ok(()),
    }
}
"#;
const LOCKED: Edit = (
    "    places: Vec<Place>,\n    quality",
    "    places: Vec<Place>,\n    #[state(default)]\n    visits: std::sync::atomic::AtomicU64,\n    quality",
);
const NEW_LOCKED: Edit = (
    "        quality,\n    }",
    "        quality,\n        visits: Default::default(),\n    }",
);

/// The old forms as they should be.
const OLD_PLACE: &str = r#"
#[derive(hotmod::OldState)]
#[state(id = "Place")]
struct OldPlace { name: String, feet: f64 }
"#;
const OLD_ATLAS: &str = r#"
#[derive(hotmod::OldState)]
#[state(id = "Atlas")]
struct OldAtlas { places: Vec<OldPlace>, quality: OldQuality }

#[derive(hotmod::OldState)]
#[state(id = "Quality")]
enum OldQuality { Rough, Checked { by: String } }
"#;
const READ_PLACE: &str = r#"
#[hotmod::migrate]
fn place(old: &hotmod::Old<'_>) -> Result<Place, String> {
    let old: &OldPlace = old.read()?;
    let feet = old.feet as f64;
    if feet < 0.0 {
        return Err(format!("{feet} ft is below the sea"));
    }
    Ok(Place { name: old.name.clone(), metres: feet * 0.5 })
}
"#;
const READ_ATLAS: &str = r#"
#[hotmod::migrate]
fn atlas(old: &hotmod::Old<'_>) -> Result<Atlas, hotmod::OldError> {
    let old: &OldAtlas = old.read()?;
    let quality = match &old.quality {
        OldQuality::Rough => Quality::Rough,
        OldQuality::Checked { by } => Quality::Checked { by: format!("{by} of old") },
    };
    let place = |it: &OldPlace| Place { name: it.name.clone(), metres: it.feet as f64 * 0.5 };
    Ok(Atlas { places: old.places.iter().map(place).collect(), quality })
}
"#;
/// A field that no description says anything of.
const LOG: Edit = (
    "    feet: f64,\n}",
    "    feet: f64,\n    #[state(skip)]\n    log: Option<Box<dyn Fn() + Send>>,\n}",
);
const NEW_LOG: Edit = ("feet: height", "feet: height, log: None");

/// Wrong old forms, and what is said of each.
const MISREAD: &[(&str, &str, &str, &str)] = &[
    (
        "type",
        "feet: f64",
        "feet: u64",
        "Atlas.places[0]: `Place.feet` is f64 at offset 24 in the old value, and u64 at offset 24 in the \
         form that was kept",
    ),
    (
        "less",
        "name: String,",
        "",
        "Atlas.places[0]: `Place.name` is String at offset 0 in the old value, and absent in the form \
         that was kept",
    ),
    (
        "more",
        "feet: f64",
        "feet: f64, depth: u8",
        "Atlas.places[0]: `Place.depth` is absent in the old value, and u8 at offset 32 in the form that \
         was kept",
    ),
    (
        "order",
        "struct OldPlace { name: String, feet: f64 }",
        "#[repr(C)] struct OldPlace { feet: f64, name: String }",
        "Atlas.places[0]: `Place.name` is String at offset 0 in the old value, and String at offset 8 in \
         the form that was kept",
    ),
    (
        "size",
        "struct OldPlace {",
        "#[repr(align(64))] struct OldPlace {",
        "Atlas.places[0]: `Place` is 32 bytes in the old value, and 64 bytes in the form that was kept",
    ),
    (
        "other",
        "\"Place\"",
        "\"Atlas\"",
        "Atlas.places[0]: the old value is a `Place`, not a `Atlas`",
    ),
];
const MISREAD_WITHIN: &[(&str, &str, &str, &str)] = &[
    (
        "nested",
        "feet: f64",
        "feet: i64",
        "Atlas: `Atlas.places[].feet` is f64 at offset 24 in the old value, and i64 at offset 24 in the \
         form that was kept [HM-0530]",
    ),
    (
        "payload",
        "by: String",
        "by: Vec<u8>",
        "Atlas: `Atlas.quality::Checked.by` is String of 24 bytes in the old value, and Vec<u8> of 24 \
         bytes in the form that was kept [HM-0530]",
    ),
    (
        "variants",
        "enum OldQuality { Rough, Checked { by: String } }",
        "enum OldQuality { Checked { by: String }, Rough }",
        "Atlas: `Atlas.quality::Rough` is discriminant 0 in the old value, and discriminant 1 in the form \
         that was kept [HM-0530]",
    ),
    (
        "two",
        "places: Vec<OldPlace>",
        "places: Vec<Other>",
        "Atlas: `Atlas.places` is Vec<Place> at offset 0 in the old value, and Vec<Other> at offset 0 \
         in the form that was kept [HM-0530]",
    ),
];

static SURVEY: LazyLock<Built> = LazyLock::new(|| {
    let metres = [NEWER, METRES, ADD, LIST];
    let with = |hook: &'static str, more: &[Edit]| -> Vec<Edit> {
        let edits = metres.iter().chain(more).copied();
        edits.chain([("// hooks", hook)]).collect()
    };
    let checked = format!("{MAKE}{CHECK}").for_good();
    let graded = format!("{MAKE}{MAKE_GRADE}").for_good();
    let read = format!("{OLD_PLACE}{READ_PLACE}").for_good();
    let read_whole = format!("{OLD_PLACE}{OLD_ATLAS}{READ_ATLAS}").for_good();
    let mut family = Family::new("survey");
    for (name, from, to, _) in MISREAD {
        let hook = read.replacen(from, to, 1);
        let hook = match *name {
            "less" => hook.replace("old.name.clone()", "String::new()").for_good(),
            _ => hook.for_good(),
        };
        family = family.variant(&format!("misread-{name}"), &with(hook, &[]));
    }
    for (name, from, to, _) in MISREAD_WITHIN {
        let other = "#[derive(hotmod::OldState)] struct Other { name: String, feet: f64 }";
        let hook = read_whole.replacen(from, to, 1) + other;
        let hook = hook.replace("&OldPlace|", "&_|").for_good();
        let hook = match *name {
            "two" => hook.replace("it: &_", "it: &Other").for_good(),
            _ => hook.replace("it: &_", "it: &OldPlace").for_good(),
        };
        let hook = match *name {
            "payload" => hook.replace("{by} of old", "{by:?}").for_good(),
            _ => hook,
        };
        family = family.variant(&format!("misread-{name}"), &with(hook, &[]));
    }
    family
        .variant("read", &with(read, &[]))
        .variant("read-whole", &with(read_whole, &[]))
        .variant("logged", &[LOG, NEW_LOG])
        .variant("without", &metres)
        .variant("made", &with(MAKE, &[]))
        .variant("graded", &with(graded, &[GRADES, NEW_GRADE, LIST_GRADE]))
        .variant("wrong-name", &with(WRONG_NAME, &[]))
        .variant("wrong-type", &with(WRONG_TYPE, &[]))
        .variant("panics", &with(PANICS, &[]))
        .variant("checked", &with(checked, &[]))
        .variant("locked", &with(checked, &[LOCKED, NEW_LOCKED]))
        .variant("unchanged", &[("\"1.0.0\"", "\"1.1.0\""), UNCHANGED])
        .variant("unchanged-later", &[("\"1.0.0\"", "\"1.2.0\""), UNCHANGED])
        .build()
});

/// A function, and a check, beside types that are as they were.
const UNCHANGED: Edit = (
    "// hooks",
    "
#[hotmod::migrate]
fn place(_: &hotmod::Old<'_>) -> Result<Place, String> { Err(\"nothing changed\".into()) }

#[hotmod::after_migrate]
fn never(_: &Atlas, _: &hotmod::VersionInfo<'_>) -> Result<(), String> { Err(\"not migrated\".into()) }
",
);

fn survey(surveyor: &str, places: &[(&str, f64)]) -> (Module<dyn Survey>, Instance<dyn Survey>) {
    survey_at(BASE, surveyor, places)
}

fn survey_at(
    variant: &str,
    surveyor: &str,
    places: &[(&str, f64)],
) -> (Module<dyn Survey>, Instance<dyn Survey>) {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Survey>(SURVEY.file(variant))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut atlas = module.create(surveyor).expect("an instance");
    for (name, height) in places {
        atlas.add(name, *height).expect("a call");
    }
    (module, atlas)
}

fn migrate(variant: &str, places: &[(&str, f64)]) -> Result<String, String> {
    let (module, mut atlas) = survey("ada", places);
    let before = atlas.list().expect("a call");
    let update = module
        .update(SURVEY.file(variant))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(update.verdict, Verdict::Migrate);
    match atlas.migrate() {
        Ok(()) => {
            assert_eq!(atlas.version(), "2.0.0");
            Ok(atlas.list().expect("a call"))
        }
        Err(error) => {
            assert_eq!(atlas.version(), "1.0.0");
            assert_eq!(atlas.stuck(), Some(&error));
            assert_eq!(atlas.list().expect("a call"), before);
            atlas.add("Sea", 0.0).expect("the old version goes on");
            assert_eq!(atlas.version(), "1.0.0");
            Err(format!("{}: {}", error.path, error.reason))
        }
    }
}

#[test]
fn a_function_makes_each_value_of_its_type() {
    assert_eq!(
        migrate("made", &[("Hill", 100.0), ("Everest", 29_032.0)]),
        Ok("Hill 50 m\nEverest 14516 m\nchecked by ada".to_owned())
    );
}

#[test]
fn a_function_sees_the_variant_and_its_fields() {
    assert_eq!(
        migrate("graded", &[]),
        Ok("grade 3".to_owned()),
        "three letters of a name"
    );
}

#[test]
fn without_the_function_the_change_is_refused() {
    let (module, atlas) = survey("", &[]);
    let refusal = module
        .update(SURVEY.file("without"))
        .expect_err("a refusal");
    let rules: Vec<_> = refusal
        .differences()
        .iter()
        .filter(|difference| difference.rule.refuses())
        .map(|difference| (difference.path.as_str(), difference.rule))
        .collect();
    assert_eq!(
        rules,
        [
            ("Atlas.places[].metres", Rule::FieldAdded),
            ("Atlas.places[].feet", Rule::FieldRemoved)
        ]
    );
    assert_eq!(atlas.list().expect("a call"), "rough");
}

#[test]
fn an_error_abandons_the_migration_and_names_the_value() {
    assert_eq!(
        migrate("made", &[("Hill", 1.0), ("Trench", -7.0), ("Hill", 1.0)]),
        Err("Atlas.places[1]: -7 ft is below the sea".to_owned())
    );
}

#[test]
fn a_panic_abandons_the_migration_and_names_the_value() {
    let error = migrate("panics", &[("Hill", 1.0), ("Everest", 1.0)]).expect_err("a panic");
    assert!(
        error.starts_with("Atlas.places[1]: panicked at panics/module.rs:"),
        "{error}"
    );
    assert!(error.ends_with(": too high"), "{error}");
}

#[test]
fn a_name_that_the_old_value_lacks_is_an_error() {
    assert_eq!(
        migrate("wrong-name", &[("Hill", 1.0)]),
        Err(
            "Atlas.places[0]: the old value has no field `fathoms`; it has name, feet [HM-0530]"
                .to_owned()
        )
    );
}

#[test]
fn another_type_than_the_old_field_has_is_an_error() {
    assert_eq!(
        migrate("wrong-type", &[("Hill", 1.0)]),
        Err("Atlas.places[0]: the old field `feet` is `f64`, not `u32` [HM-0530]".to_owned())
    );
}

#[test]
fn an_old_value_is_read_as_the_struct_that_it_was() {
    assert_eq!(
        migrate("read", &[("Hill", 100.0), ("Everest", 29_032.0)]),
        Ok("Hill 50 m\nEverest 14516 m\nchecked by ada".to_owned())
    );
    assert_eq!(
        migrate("read", &[("Hill", 1.0), ("Trench", -7.0)]),
        Err("Atlas.places[1]: -7 ft is below the sea".to_owned())
    );
}

#[test]
fn a_whole_state_is_read_with_all_that_is_inside_of_it() {
    assert_eq!(
        migrate("read-whole", &[("Hill", 100.0), ("Everest", 29_032.0)]),
        Ok("Hill 50 m\nEverest 14516 m\nchecked by ada of old".to_owned())
    );
}

#[test]
fn an_old_value_is_not_read_as_what_it_was_not() {
    let mut wrong = Vec::new();
    for (name, _, _, says) in MISREAD.iter().chain(MISREAD_WITHIN) {
        let said = migrate(&format!("misread-{name}"), &[("Hill", 1.0)]);
        if said != Err((*says).to_owned()) {
            wrong.push(format!("{name}: {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_old_value_with_what_is_not_carried_over_is_not_read_whole() {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Survey>(SURVEY.file("logged"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut atlas = module.create("").expect("an instance");
    atlas.add("Hill", 1.0).expect("a call");
    module
        .update(SURVEY.file("read"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let error = atlas
        .migrate()
        .expect_err("a field of which nothing is said");
    assert_eq!(
        error.reason,
        "`Place.log` is not carried over as it is, so nothing says what it is: read the other fields by \
         `Old::get`"
    );
    assert_eq!(atlas.list().expect("a call"), "Hill 1 ft\nrough");
}

#[test]
fn a_check_that_passes_lets_the_state_through() {
    assert_eq!(
        migrate("checked", &[("Hill", 100.0)]),
        Ok("Hill 50 m\nchecked by ada".to_owned())
    );
}

#[test]
fn a_check_that_fails_abandons_the_migration() {
    assert_eq!(
        migrate("checked", &[("Hill", 100.0), ("Everest", 29_032.0)]),
        Err("Atlas: Everest of 1.0.0 is a giant".to_owned())
    );
}

#[test]
fn a_state_that_a_check_could_change_is_refused() {
    let (module, _atlas) = survey("", &[]);
    let refusal = module.update(SURVEY.file("locked")).expect_err("a refusal");
    let difference = refusal
        .differences()
        .iter()
        .find(|difference| difference.rule.refuses())
        .expect("a reason");
    assert_eq!(difference.rule, Rule::CheckImpossible);
    assert!(difference.now.contains("AtomicU64"), "{}", difference.now);
}

#[test]
fn what_did_not_change_is_neither_made_anew_nor_checked() {
    let (module, mut atlas) = survey_at("unchanged", "ada", &[("Hill", 100.0)]);
    let update = module
        .update(SURVEY.file("unchanged-later"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(update.verdict, Verdict::Adopt);
    assert_eq!(atlas.migrate(), Ok(()));
    assert_eq!(atlas.version(), "1.2.0");
    assert_eq!(atlas.list().expect("a call"), "Hill 100 ft\nchecked by ada");
}

#[test]
fn abandoned_migrations_leave_nothing_behind() {
    let (module, mut atlas) = survey("ada", &[("Hill", 1.0), ("Trench", -7.0)]);
    module
        .update(SURVEY.file("made"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let attempt = |atlas: &mut Instance<dyn Survey>| {
        atlas.migrate().expect_err("a value that does not fit");
        module.memory()
    };
    let first = attempt(&mut atlas);
    for _ in 0..100 {
        assert_eq!(attempt(&mut atlas), first);
    }
}
