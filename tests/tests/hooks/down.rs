//! Functions that take values back to an earlier form: rollbacks over them, and what refuses them.

use std::fmt::Write;
use std::time::Duration;

use hotmod_host::describe::Difference;
use hotmod_host::{CallLimits, CanaryOptions, UpdateOptions, UpdateState};
use hotmod_tests::fixture::ForGood;
use hotmod_tests::patience::until_state;

use super::*;

/// The third version measures in halves, each of which is an element.
const THIRD: &[Edit] = &[
    ("\"1.0.0\"", "\"3.0.0\""),
    ("feet: f64,\n}", "halves: Vec<f64>,\n}"),
    ("feet: height", "halves: vec![height / 2.0; 2]"),
    (
        "{} {} ft\\n\", place.name, place.feet",
        "{} {:?}\\n\", place.name, place.halves",
    ),
];
const BACK: &str = r#"
#[hotmod::migrate(down)]
fn place_back(place: &Place) -> Result<OldPlace, String> {
    match place.name.as_str() {
        "Everest" => Err("too high to say in feet".to_owned()),
        "Abyss" => panic!("too deep"),
        _ => Ok(OldPlace { name: place.name.clone(), feet: place.metres / 0.5 }),
    }
}
"#;
const THIRD_UP: &str = r#"
#[hotmod::migrate]
fn place_in_halves(old: &hotmod::Old<'_>) -> Result<Place, hotmod::OldError> {
    let metres = match old.version() {
        "1.0.0" => old.get::<f64>("feet")? * 0.5,
        _ => *old.get::<f64>("metres")?,
    };
    Ok(Place { name: old.get::<String>("name")?.clone(), halves: vec![metres / 2.0; 2] })
}
"#;
const TO_SECOND: &str = r#"
#[derive(hotmod::OldState)]
#[state(id = "Place")]
struct SecondPlace { name: String, metres: f64 }

#[hotmod::migrate(down)]
fn place_to_second(place: &Place) -> SecondPlace {
    SecondPlace { name: place.name.clone(), metres: place.halves.iter().sum() }
}
"#;
const TO_FIRST: &str = r#"
#[hotmod::migrate(down)]
fn place_to_first(place: &Place) -> OldPlace {
    OldPlace { name: place.name.clone(), feet: place.halves.iter().sum::<f64>() * 2.0 }
}
"#;
/// A field more than the second version has, with that version's functions.
const KEPT: &[Edit] = &[
    ("\"1.0.0\"", "\"2.1.0\""),
    (
        "feet: f64,\n}",
        "metres: f64,\n    #[state(default)]\n    depth: u32,\n}",
    ),
    ("feet: height", "metres: height, depth: 9"),
    LIST,
];
const KEPT_BACK: &str = r#"
#[derive(hotmod::OldState)]
#[state(id = "Place")]
struct SecondPlace { name: String, metres: f64 }

#[hotmod::migrate(down)]
fn place_kept_back(place: &Place) -> SecondPlace {
    SecondPlace { name: format!("{} of {} m", place.name, place.depth), metres: place.metres }
}
"#;
/// Takes a whole state back, with other types of the earlier form inside.
const ATLAS_BACK: &str = r#"
#[hotmod::migrate(down)]
fn atlas_back(atlas: &Atlas) -> OldAtlas {
    let place = |it: &Place| OldPlace { name: it.name.clone(), feet: it.metres / 0.5 };
    OldAtlas {
        places: atlas.places.iter().map(place).collect(),
        quality: match &atlas.quality {
            Quality::Rough => OldQuality::Rough,
            Quality::Checked { by } => OldQuality::Checked { by: format!("{by} again") },
        },
    }
}
"#;
/// Two forms of one type in another.
const TWO_FORMS: &str = r#"
#[derive(hotmod::OldState)]
#[state(id = "Pair")]
struct OldPair { left: Vec<OldPlace>, right: Vec<Place> }

#[hotmod::migrate(down)]
fn pair_back(_: &Atlas) -> OldPair {
    OldPair { left: Vec::new(), right: Vec::new() }
}
"#;
const REFUSES_CALLS: Edit = (
    "    fn add(&mut self, name: &str, height: f64) {",
    "    fn add(&mut self, name: &str, height: f64) {\n        assert!(name != \"Nowhere\");",
);

/// Wrong earlier forms, and what is said of each where the versions are compared.
const DIFFERS: &[(&str, &str, &str, &str)] = &[
    (
        "type",
        "struct OldPlace { name: String, feet: f64 }",
        "struct OldPlace { name: String, feet: u64 }",
        "`Place.feet` u64 at offset 24, as `place_back` makes it, now f64 at offset 24",
    ),
    (
        "more",
        "struct OldPlace { name: String, feet: f64 }",
        "struct OldPlace { name: String, feet: f64, depth: u8 }",
        "`Place.depth` u8 at offset 32, as `place_back` makes it, now absent",
    ),
    (
        "order",
        "struct OldPlace { name: String, feet: f64 }",
        "#[repr(C)] struct OldPlace { feet: f64, name: String }",
        "`Place.feet` f64 at offset 0, as `place_back` makes it, now f64 at offset 24",
    ),
    (
        "sense",
        "#[state(id = \"Place\")]",
        "#[state(id = \"Place\", meaning = 4)]",
        "`Place` meaning 4, as `place_back` makes it, now meaning 0",
    ),
];

static DOWN: LazyLock<Built> = LazyLock::new(|| {
    let second = |hooks: String, more: &[Edit]| -> Vec<Edit> {
        let hooks: &'static str = hooks.for_good();
        let edits = [NEWER, METRES, ADD, LIST];
        let edits = edits.iter().chain(more).copied();
        edits.chain([("// hooks", hooks)]).collect()
    };
    let third = |hooks: String| -> Vec<Edit> {
        let hooks: &'static str = hooks.for_good();
        THIRD.iter().copied().chain([("// hooks", hooks)]).collect()
    };
    let kept = |hooks: &str| -> Vec<Edit> {
        let read = READ_PLACE.replace("feet * 0.5", "feet * 0.5, depth: 0");
        let hooks: &'static str = format!("{OLD_PLACE}{read}{hooks}").for_good();
        KEPT.iter().copied().chain([("// hooks", hooks)]).collect()
    };
    let back = format!("{OLD_PLACE}{READ_PLACE}{BACK}");
    let mut family = Family::new("survey").package("survey-down");
    for (name, from, to, _) in DIFFERS {
        let form = OLD_PLACE.replacen(from, to, 1);
        let back = match *name {
            "type" => BACK.replace("place.metres / 0.5", "place.metres as u64"),
            "more" => BACK.replace("place.metres / 0.5", "0.0, depth: 0"),
            _ => BACK.to_owned(),
        };
        let hooks = format!("{MAKE}{form}{back}");
        family = family.variant(&format!("differs-{name}"), &second(hooks, &[]));
    }
    family
        .variant("logged", &[LOG, NEW_LOG])
        .variant("second", &second(back.clone(), &[]))
        .variant("strict", &second(back.clone(), &[REFUSES_CALLS]))
        .variant("no-way", &second(MAKE.to_owned(), &[]))
        .variant(
            "whole",
            &second(
                format!("{OLD_PLACE}{OLD_ATLAS}{READ_ATLAS}{ATLAS_BACK}"),
                &[],
            ),
        )
        .variant("third", &third(format!("{THIRD_UP}{TO_SECOND}")))
        .variant(
            "third-both",
            &third(format!("{THIRD_UP}{TO_SECOND}{OLD_PLACE}{TO_FIRST}")),
        )
        .variant("kept-alone", &kept(""))
        .variant("kept", &kept(BACK))
        .variant("kept-back", &kept(&format!("{BACK}{KEPT_BACK}")))
        .variant("two-forms", &second(back + TWO_FORMS, &[]))
        .build()
});

fn module() -> Module<dyn Survey> {
    let host = Host::builder().allow_downgrade(true).build();
    load(&host.expect("a host"), BASE)
}

fn load(host: &Host, variant: &str) -> Module<dyn Survey> {
    let module = host.load::<dyn Survey>(DOWN.file(variant));
    module.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn update(module: &Module<dyn Survey>, variant: &str) {
    let update = module.update(DOWN.file(variant));
    update.unwrap_or_else(|refusal| panic!("{refusal}"));
}

fn roll_back(module: &Module<dyn Survey>) {
    module
        .rollback()
        .unwrap_or_else(|refusal| panic!("{refusal}"));
}

fn atlas(module: &Module<dyn Survey>, places: &[(&str, f64)]) -> Instance<dyn Survey> {
    let mut atlas = module.create("ada").expect("an instance");
    for (name, height) in places {
        atlas.add(name, *height).expect("a call");
    }
    atlas
}

fn goes_to(atlas: &mut Instance<dyn Survey>, version: &str) -> String {
    atlas.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(atlas.version(), version);
    atlas.list().expect("a call")
}

#[test]
fn values_go_up_and_down_and_up_again() {
    let module = module();
    let mut atlas = atlas(&module, &[("Hill", 100.0), ("Trench", 7.0)]);
    update(&module, "second");
    let list = "Hill 50 m\nTrench 3.5 m\nchecked by ada";
    assert_eq!(goes_to(&mut atlas, "2.0.0"), list);
    atlas.add("Lake", 20.0).expect("a call");

    let report = module.rollback_report().expect("a way back");
    assert_eq!(report.verdict, Verdict::Migrate);
    let differences: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        differences,
        ["Atlas.places[]: convert Place → Place by `place_back`, in which `metres` has no place"]
    );
    assert_eq!(report.losses, []);
    let text = report.to_string();
    assert!(
        text.contains("state is taken back by functions, and only they know what is lost\n"),
        "{text}"
    );

    roll_back(&module);
    let list = "Hill 100 ft\nTrench 7 ft\nLake 40 ft\nchecked by ada";
    assert_eq!(goes_to(&mut atlas, "1.0.0"), list);
    atlas.add("Moor", 1.0).expect("a call");
    update(&module, "second");
    let list = "Hill 50 m\nTrench 3.5 m\nLake 20 m\nMoor 0.5 m\nchecked by ada";
    assert_eq!(goes_to(&mut atlas, "2.0.0"), list);
}

#[test]
fn what_no_function_takes_back_stays_where_it_is() {
    let module = module();
    update(&module, "no-way");
    let refusal = module.rollback().expect_err("no way back");
    let first = &refusal.differences()[0];
    assert_eq!(
        (&*first.path, first.rule),
        ("Atlas.places[]", Rule::MeaningChanged)
    );
    assert!(
        first.help.contains("#[hotmod::migrate(down)]"),
        "{}",
        first.help
    );
    assert_eq!(module.version(), "2.0.0");
}

#[test]
fn a_whole_state_goes_down_with_all_that_is_inside_of_it() {
    let module = module();
    let mut atlas = atlas(&module, &[("Hill", 100.0)]);
    update(&module, "whole");
    assert_eq!(
        goes_to(&mut atlas, "2.0.0"),
        "Hill 50 m\nchecked by ada of old"
    );
    let report = module.rollback_report().expect("a way back");
    let [difference] = report.differences.as_slice() else {
        panic!("{report:#?}");
    };
    assert_eq!(
        difference.to_string(),
        "Atlas: convert Atlas → Atlas by `atlas_back`"
    );
    roll_back(&module);
    assert_eq!(
        goes_to(&mut atlas, "1.0.0"),
        "Hill 100 ft\nchecked by ada of old again"
    );
}

/// Back to where the host came from: by a rollback, and, because only one step back is kept, by an
/// update to the older file. A state that was not called meanwhile goes both ways at once.
#[test]
fn values_go_down_version_by_version() {
    let module = module();
    let mut each = atlas(&module, &[("Hill", 100.0)]);
    let mut lazy = atlas(&module, &[("Moor", 8.0)]);
    update(&module, "second");
    goes_to(&mut each, "2.0.0");
    update(&module, "third");
    assert_eq!(
        goes_to(&mut each, "3.0.0"),
        "Hill [25.0, 25.0]\nchecked by ada"
    );
    goes_to(&mut lazy, "3.0.0");

    roll_back(&module);
    assert_eq!(goes_to(&mut each, "2.0.0"), "Hill 50 m\nchecked by ada");
    let planned = module.update(DOWN.file(BASE));
    let planned = planned.unwrap_or_else(|refusal| panic!("{refusal}"));
    let differences: Vec<String> = planned
        .differences
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        differences,
        ["Atlas.places[]: convert Place → Place by `place_back`, in which `metres` has no place"]
    );
    assert_eq!(goes_to(&mut each, "1.0.0"), "Hill 100 ft\nchecked by ada");
    assert_eq!(lazy.version(), "3.0.0");
    assert_eq!(goes_to(&mut lazy, "1.0.0"), "Moor 8 ft\nchecked by ada");
}

/// The second version has a function for values of the first, and the version after it has that too.
#[test]
fn functions_of_the_older_version_for_its_own_past_are_not_applied_on_the_way_back() {
    for (variant, back) in [
        // By rules alone.
        ("kept-alone", "Hill 50 m\nLake 3 m\nchecked by ada"),
        // By the function that makes what the second version has, and not the one for the first.
        (
            "kept-back",
            "Hill of 0 m 50 m\nLake of 9 m 3 m\nchecked by ada",
        ),
    ] {
        let module = module();
        let mut atlas = atlas(&module, &[("Hill", 100.0)]);
        update(&module, "second");
        assert_eq!(goes_to(&mut atlas, "2.0.0"), "Hill 50 m\nchecked by ada");
        update(&module, variant);
        assert_eq!(goes_to(&mut atlas, "2.1.0"), "Hill 50 m\nchecked by ada");
        atlas.add("Lake", 3.0).expect("a call");
        roll_back(&module);
        assert_eq!(goes_to(&mut atlas, "2.0.0"), back, "{variant}");
        update(&module, variant);
        assert_eq!(goes_to(&mut atlas, "2.1.0"), back, "{variant}");
    }
}

#[test]
fn a_function_that_takes_values_back_further_than_they_are_to_go_is_refused() {
    let module = module();
    let mut atlas = atlas(&module, &[("Hill", 100.0)]);
    update(&module, "second");
    goes_to(&mut atlas, "2.0.0");
    update(&module, "kept");
    let list = goes_to(&mut atlas, "2.1.0");
    let refusal = module.rollback().expect_err("another form");
    let [difference] = refusal.differences() else {
        panic!("{refusal}");
    };
    assert_eq!(
        (&*difference.path, difference.rule),
        ("Atlas.places[]", Rule::FormDiffers)
    );
    assert!(difference.help.contains("`place_back`"), "{refusal}");
    assert_eq!(goes_to(&mut atlas, "2.1.0"), list);
}

#[test]
fn of_several_functions_the_one_is_taken_that_makes_what_the_older_version_has() {
    for (before, expected, by) in [
        (BASE, "Hill 100 ft\nchecked by ada", "place_to_first"),
        ("second", "Hill 50 m\nchecked by ada", "place_to_second"),
    ] {
        let module = module();
        let mut atlas = atlas(&module, &[("Hill", 100.0)]);
        if before != BASE {
            update(&module, before);
            goes_to(&mut atlas, "2.0.0");
        }
        let version = atlas.version().to_owned();
        update(&module, "third-both");
        goes_to(&mut atlas, "3.0.0");
        let report = module.rollback_report().expect("a way back");
        let said = report.differences[0].to_string();
        assert!(said.contains(&format!(" by `{by}`")), "{said}");
        roll_back(&module);
        assert_eq!(goes_to(&mut atlas, &version), expected);
    }
    // A function that makes another form does not help.
    let module = module();
    update(&module, "third");
    let refusal = module.rollback().expect_err("a form of the second version");
    assert_eq!(refusal.differences()[0].rule, Rule::FormDiffers);
}

#[test]
fn a_form_that_the_older_version_does_not_have_is_refused_with_where_it_differs() {
    let mut wrong = String::new();
    for (name, _, _, says) in DIFFERS {
        let module = module();
        let mut atlas = atlas(&module, &[("Hill", 100.0)]);
        update(&module, &format!("differs-{name}"));
        goes_to(&mut atlas, "2.0.0");
        let refusal = module.rollback().expect_err("another form");
        let [difference] = refusal.differences() else {
            panic!("{name}: {refusal}");
        };
        let Difference {
            path, rule, help, ..
        } = difference;
        assert_eq!((&**path, *rule), ("Atlas.places[]", Rule::FormDiffers));
        assert_eq!(
            help,
            "let `place_back` return `Place` as 1.0.0 has it, or write another function marked \
             #[hotmod::migrate(down)] that does"
        );
        let said = difference.to_string();
        if !said.contains(says) {
            writeln!(wrong, "{name}: {said}").expect("a text");
        }
        assert_eq!(module.version(), "2.0.0");
        assert_eq!(goes_to(&mut atlas, "2.0.0"), "Hill 50 m\nchecked by ada");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_form_with_what_is_not_carried_over_cannot_be_made() {
    let host = Host::builder().build().expect("a host");
    let module = load(&host, "logged");
    update(&module, "second");
    let refusal = module.rollback().expect_err("a field that nothing makes");
    let difference = &refusal.differences()[0];
    assert_eq!(difference.rule, Rule::FormDiffers);
    assert_eq!(
        difference.now,
        "`Place` with `Place.log`, which is not carried over and which nothing makes"
    );
}

/// The manifest tells types by their names, so what was compiled is held against it.
#[test]
fn a_form_that_holds_two_types_under_one_id_is_refused_before_it_is_published() {
    let module = module();
    let refusal = module
        .update(DOWN.file("two-forms"))
        .expect_err("two forms");
    let text = refusal.to_string();
    assert_eq!(
        refusal.differences()[0].rule,
        Rule::ManifestDamaged,
        "{text}"
    );
    for said in ["what `pair_back` returns", "one type under each id"] {
        assert!(text.contains(said), "{text}");
    }
    assert_eq!(module.version(), "1.0.0");
}

#[test]
fn an_error_or_a_panic_leaves_the_state_in_use_as_it_was() {
    for (name, reason) in [
        ("Everest", "too high to say in feet"),
        ("Abyss", ": too deep"),
    ] {
        let module = module();
        let mut stuck = atlas(&module, &[("Hill", 1.0), (name, 8.0)]);
        let mut other = atlas(&module, &[("Hill", 1.0)]);
        update(&module, "second");
        let before = goes_to(&mut stuck, "2.0.0");
        goes_to(&mut other, "2.0.0");
        let held = module.memory();
        roll_back(&module);
        for _ in 0..3 {
            let error = stuck.migrate().expect_err("a value that does not go back");
            assert_eq!(error.path, "Atlas.places[1]");
            assert!(error.reason.ends_with(reason), "{}", error.reason);
            assert_eq!((&*error.from, &*error.to), ("2.0.0", "1.0.0"));
            assert_eq!(stuck.list().expect("a call"), before);
            assert_eq!(module.memory(), held, "nothing is left of the attempt");
        }
        stuck.add("Lake", 3.0).expect("the newer version goes on");
        assert_eq!(stuck.version(), "2.0.0");
        assert_eq!(goes_to(&mut other, "1.0.0"), "Hill 1 ft\nchecked by ada");
    }
}

#[test]
fn going_up_and_down_frees_all_that_it_takes() {
    let module = module();
    update(&module, "second");
    roll_back(&module);
    let nothing = module.memory();
    let places: Vec<(String, f64)> = (0..200_u32)
        .map(|number| {
            (
                format!("a place with a name of its own: {number}"),
                f64::from(number),
            )
        })
        .collect();
    let places: Vec<(&str, f64)> = places
        .iter()
        .map(|(name, height)| (&**name, *height))
        .collect();
    let mut atlas = atlas(&module, &places);
    let mut held = Vec::new();
    for _ in 0..5 {
        update(&module, "second");
        goes_to(&mut atlas, "2.0.0");
        roll_back(&module);
        goes_to(&mut atlas, "1.0.0");
        held.push(module.memory());
    }
    assert!(held.windows(2).all(|pair| pair[0] == pair[1]), "{held:?}");
    drop(atlas);
    assert_eq!(module.memory(), nothing);
}

/// The two functions are each other's inverse, so nothing shows that a state was elsewhere.
#[test]
fn what_goes_up_and_comes_down_is_what_it_was() {
    let module = module();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for round in 0..50 {
        let mut atlas = module.create(["", "ada"][round % 2]).expect("an instance");
        for _ in 0..next() % 20 {
            let name: String = (0..next() % 40)
                .map(|_| char::from_u32(u32::try_from(next() % 0x2_0000).expect("small")))
                .map(|letter| letter.unwrap_or('·'))
                .collect();
            // Not so small or large that half of it is lost, and not below the sea.
            let height = f64::from_bits(next() >> 12 | (0x380 + next() % 0x100) << 52);
            atlas.add(&name, height).expect("a call");
        }
        let before = atlas.list().expect("a call");
        update(&module, "second");
        assert_ne!(goes_to(&mut atlas, "2.0.0"), "");
        roll_back(&module);
        assert_eq!(goes_to(&mut atlas, "1.0.0"), before);
    }
}

#[test]
fn a_canary_that_is_aborted_takes_its_states_back_by_the_function() {
    let module = module();
    let pool = module.pool();
    for key in 0..4_u64 {
        pool.create(key, "ada").expect("an instance");
        let added = pool.with(&key, |atlas| atlas.add("Hill", 100.0));
        added.expect("an instance").expect("a call");
    }
    let share = CanaryOptions::matching(|key: &u64| key % 2 == 1);
    let canary = pool.canary(DOWN.file("second"), share);
    let canary = canary.unwrap_or_else(|refusal| panic!("{refusal}"));
    let add = |key: u64| {
        let added = pool.with(&key, |atlas| {
            atlas.add("Moor", 8.0).expect("a call");
            atlas.list().expect("a call")
        });
        added.expect("an instance")
    };
    assert_eq!(add(0), "Hill 100 ft\nMoor 8 ft\nchecked by ada");
    assert_eq!(add(1), "Hill 50 m\nMoor 8 m\nchecked by ada");
    canary.abort().unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(add(1), "Hill 100 ft\nMoor 16 ft\nMoor 8 ft\nchecked by ada");
    assert_eq!(add(3), "Hill 100 ft\nMoor 8 ft\nchecked by ada");
}

#[test]
fn a_probation_that_ends_badly_takes_states_back_by_the_function() {
    let host = Host::builder().build().expect("a host");
    let events = host.events();
    let module = load(&host, BASE);
    let mut atlas = atlas(&module, &[("Hill", 100.0)]);
    let options =
        UpdateOptions::new().probation(Duration::from_secs(3600), CallLimits::new().panics(0.0));
    let update = module.update_with(DOWN.file("strict"), &options);
    update.unwrap_or_else(|refusal| panic!("{refusal}"));
    atlas.add("Moor", 8.0).expect("a call");
    atlas.add("Nowhere", 1.0).expect_err("a panic");
    until_state(&events, UpdateState::RolledBack);
    assert_eq!(
        goes_to(&mut atlas, "1.0.0"),
        "Hill 100 ft\nMoor 16 ft\nchecked by ada"
    );
}
