//! Foreign values that never leave the code that made them: carried over by their serde form, or as
//! another type.

use std::sync::LazyLock;

use hotmod_host::describe::{Rule, Verdict};
use hotmod_host::plan::Cost;
use hotmod_host::{Host, Instance, Module, RehearsalOptions, UpdateOptions};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::carried::Carried;

#[path = "carried/crates.rs"]
mod crates;
#[path = "carried/signatures.rs"]
mod signatures;

const DICE: &str = "    #[state(serde)]\n    dice: Dice,\n    #[state(as";
const TOKEN: &str = "    #[state(as = Form, into = token_form, from = token)]\n    token: Token,";
const FROM: &str = "    Ok(Token::of(form.high, form.low))";
const FORM: &str = "    high: u64,\n    low: u64,\n}";
const ROLL: Edit = ("        self.dice.roll();", "");
const NEW: Edit = (
    "        dice: Dice::new(42),",
    "        dice: unimplemented!(),",
);

fn family() -> Family {
    Family::new("carried")
        .feature("serde")
        .depends("serde = { version = \"1.0\", features = [\"derive\"] }")
}

static CARRIED: LazyLock<Built> = LazyLock::new(|| {
    let dice = |now: &'static str| -> Edit { (DICE, now) };
    family()
        .variant("again", &[])
        .variant("grown", &[("    rolls: u32,", "    rolls: u64,")])
        .variant("form-grown", &[
            (FORM, "    high: u64,\n    low: u64,\n    #[state(default = 3)]\n    check: u64,\n}"),
            (FROM, "    Ok(Token::of(form.high, form.low + form.check))"),
            ("    Form { high, low }", "    Form { high, low, check: 0 }"),
        ])
        .variant("form-kept", &[
            (TOKEN, "    token: Form,"),
            ("        token: Token::of(7, 8),", "        token: Form { high: 7, low: 8 },"),
        ])
        .variant("form-of-another-type", &[
            (TOKEN, "    #[state(as = String, into = token_text, from = text_token)]\n    token: Token,"),
            ("// more", "fn token_text(_: &Token) -> String { String::new() }\nfn text_token(_: String) -> \
              Token { Token::of(0, 0) }"),
        ])
        .variant("form-refused", &[(FROM, "    Err(format!(\"{} is no token\", form.high))")])
        .variant("form-panics", &[(FROM, "    panic!(\"{} is no token\", form.high)")])
        .variant("unreadable", &[
            dice("    #[state(serde)]\n    dice: Strict,\n    #[state(as"),
            ROLL,
            NEW,
            ("// more", "#[derive(Debug, serde::Serialize, serde::Deserialize)]\npub struct Strict { seed: \
              u64, luck: u8 }"),
        ])
        .variant("read-otherwise", &[
            dice("    #[state(serde)]\n    dice: Lenient,\n    #[state(as"),
            ROLL,
            NEW,
            ("// more", "#[derive(Debug, serde::Serialize, serde::Deserialize)]\npub struct Lenient { \
              #[serde(default)] luck: u8, rolled: Vec<u16>, #[serde(flatten)] rest: \
              std::collections::BTreeMap<String, u64> }"),
        ])
        .variant("reading-panics", &[
            dice("    #[state(serde)]\n    dice: Bad,\n    #[state(as"),
            ROLL,
            NEW,
            ("// more", "#[derive(Debug)]\npub struct Bad;\nimpl serde::Serialize for Bad { fn serialize<S: \
              serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> { panic!(\"no\") } }\nimpl<'de> \
              serde::Deserialize<'de> for Bad { fn deserialize<D: serde::Deserializer<'de>>(_: D) -> \
              Result<Self, D::Error> { panic!(\"nothing to read here\") } }"),
        ])
        .variant("opaque", &[
            dice("    #[state(unsafe(opaque))]\n    dice: Dice,\n    #[state(as"),
        ])
        .variant("described", &[
            dice("    dice: u64,\n    #[state(as"),
            ROLL,
            NEW,
        ])
        .variant("converted", &[
            dice("    #[state(serde, with = dice)]\n    dice: Dice,\n    #[state(as"),
            ("// more", "fn dice(seed: &u64) -> Dice { Dice::new(*seed) }"),
        ])
        .variant("from-opaque", &[
            dice("    #[state(serde, unsafe(opaque, with = dice))]\n    dice: Dice,\n    #[state(as"),
            ("// more", "fn dice(old: &Dice) -> Dice { old.clone() }"),
        ])
        .build()
});

/// The same sources, but the foreign crate is another, whose types are laid out otherwise.
static OTHER_CRATE: LazyLock<Built> = LazyLock::new(|| {
    family()
        .library(
            "other",
            &[
                (
                    "    seed: u64,\n    rolled: Vec<u8>,\n}",
                    "    #[serde(default)]\n    luck: u8,\n    rolled: \
              Vec<u8>,\n    seed: u64,\n}",
                ),
                (
                    "        Dice { seed: 0, rolled: Vec::new() }",
                    "        Dice { seed: 0, rolled: Vec::new(), \
              luck: 0 }",
                ),
                (
                    "pub struct Token(u64, u64);",
                    "pub struct Token(u64, u64, u8);",
                ),
                ("        Token(high, low)", "        Token(high, low, 0)"),
            ],
        )
        .build()
});

fn carried(built: &Built, variant: &str) -> (Module<dyn Carried>, Instance<dyn Carried>) {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Carried>(built.file(variant))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut world = module.create("").expect("an instance");
    for _ in 0..3 {
        world.roll().expect("a call");
    }
    (module, world)
}

fn migrated(
    file: impl AsRef<std::path::Path>,
) -> (Module<dyn Carried>, Instance<dyn Carried>, String, String) {
    let (module, mut world) = carried(&CARRIED, BASE);
    let before = world.show().expect("a call");
    let update = module
        .update(file)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(update.verdict, Verdict::Migrate);
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    let after = world.show().expect("a call");
    (module, world, before, after)
}

#[test]
fn a_value_is_written_by_the_old_code_and_read_by_the_new() {
    for variant in ["again", "grown"] {
        let (module, mut world, before, after) = migrated(CARRIED.file(variant));
        assert_eq!(after, before, "{variant}");
        world.roll().expect("a call");
        let rolled = world.show().expect("a call");
        module
            .rollback()
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        world.migrate().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(world.show().expect("a call"), rolled, "{variant}");
    }
}

#[test]
fn a_rehearsal_carries_values_over_and_leaves_them() {
    let (module, mut world) = carried(&CARRIED, BASE);
    let before = world.show().expect("a call");
    let options = UpdateOptions::new().rehearse(RehearsalOptions::new());
    module
        .update_with(CARRIED.file("grown"), &options)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.show().expect("a call"), before);
}

/// Carried values go on whatever `cargo update`, a feature or a profile changes in the foreign crate.
#[test]
fn another_build_of_the_foreign_crate_takes_values_on() {
    let (_, _, before, after) = migrated(OTHER_CRATE.file(BASE));
    assert!(
        before.contains("Token(7, 8)") && after.contains("Token(7, 8, 0)"),
        "{after}"
    );
    let start = before.find("rolled: [").expect("dice");
    let rolled = &before[start..start + before[start..].find(']').expect("its end")];
    assert!(
        after.contains(rolled) && after.contains("luck: 0"),
        "{after}"
    );
}

#[test]
fn the_plan_says_what_it_costs() {
    let (was, now) = (CARRIED.file(BASE), CARRIED.file("again"));
    let read = |file| hotmod_host::inspect(file).expect("a module");
    let plan = hotmod_host::plan::Plan::new(read(was).manifest(), read(now).manifest());
    let said: Vec<String> = plan.differences.iter().map(|it| it.to_string()).collect();
    for path in ["World.dice", "World.seats[]::Taken.dice", "World.bag?.held"] {
        assert!(
            said.contains(&format!("{path}: carried over by its serde form")),
            "{said:?}"
        );
        assert!(
            plan.costs().contains(&(path.to_owned(), Cost::Converted)),
            "{:?}",
            plan.costs()
        );
    }
    assert!(
        said.contains(&"World.token: carried over by its form as `Form`".to_owned()),
        "{said:?}"
    );
    assert!(!plan.is_lossless());
}

#[test]
fn a_form_follows_the_rules() {
    let (_, _, _, after) = migrated(CARRIED.file("form-grown"));
    assert!(after.contains("token: Token(7, 11)"), "{after}");
    let (_, _, _, after) = migrated(CARRIED.file("form-kept"));
    assert!(after.contains("token: Form { high: 7, low: 8 }"), "{after}");
    let (_, _, _, after) = migrated(CARRIED.file("read-otherwise"));
    assert!(
        after.contains("luck: 0") && after.contains("\"seed\": "),
        "{after}"
    );
}

#[test]
fn what_fails_leaves_the_state_whole() {
    for (variant, path, reason) in [
        (
            "unreadable",
            "World.dice",
            "it cannot be read by serde: missing field `luck`",
        ),
        ("reading-panics", "World.dice", "nothing to read here"),
        ("form-refused", "World.token", "7 is no token"),
        ("form-panics", "World.token", "7 is no token"),
    ] {
        let (module, mut world) = carried(&CARRIED, BASE);
        let before = world.show().expect("a call");
        module
            .update(CARRIED.file(variant))
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        let mut held = Vec::new();
        for _ in 0..5 {
            let error = world.migrate().expect_err(variant);
            assert_eq!(error.path, path, "{variant}");
            assert!(error.reason.contains(reason), "{variant}: {}", error.reason);
            held.push(module.memory());
        }
        assert_eq!(held[1..], [held[1]; 4], "{variant}");
        assert_eq!(world.show().expect("a call"), before, "{variant}");
        world.roll().expect("a call");
    }
}

#[test]
fn what_is_held_in_another_way_is_refused_with_its_cure() {
    for (from, to, says) in [
        (
            BASE,
            "opaque",
            "World.dice: was carried over by its serde form, now the opaque `Dice` [HM-0203]\n    help: the \
                          running version has only its serde form: keep `serde`",
        ),
        (
            BASE,
            "described",
            "World.dice: was carried over by its serde form, now u64 [HM-0203]\n    help: the running \
                             version has only its serde form: keep `serde`",
        ),
        (
            "opaque",
            BASE,
            "World.dice: was the opaque `Dice`, now carried over by its serde form [HM-0203]\n    help: the \
                          running version cannot write it down: write #[state(unsafe(opaque, with = ",
        ),
        (
            BASE,
            "form-of-another-type",
            "World.token: was Form, now String",
        ),
    ] {
        let (module, world) = carried(&CARRIED, from);
        let before = world.show().expect("a call");
        let refusal = module.update(CARRIED.file(to)).expect_err(to);
        let refuses = refusal.differences().iter().filter(|it| it.rule.refuses());
        let refuses: Vec<Rule> = refuses.map(|it| it.rule).collect();
        assert_eq!(refuses, [Rule::TypeChanged], "{refusal}");
        assert!(refusal.to_string().contains(says), "{refusal}");
        assert_eq!(world.show().expect("a call"), before);
    }
}

#[test]
fn what_was_opaque_is_read_by_a_function() {
    let (module, mut world) = carried(&CARRIED, "opaque");
    let before = world.show().expect("a call");
    module
        .update(CARRIED.file("from-opaque"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    world.migrate().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.show().expect("a call"), before);
}
