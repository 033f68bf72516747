//! Enums that another macro may change below the derive: how they are represented shows in nothing but
//! what their own module does with them, so they are never handed over as bytes.

use std::sync::LazyLock;

use hotmod_host::describe::{Rule, Verdict};
use hotmod_host::{Host, Instance, Module};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::meddled::Chosen;

use super::refused_by;

/// Each of another representation, or one that the compiler lays out otherwise.
const BELOW: &[(&str, &str, &str)] = &[
    (
        "c",
        "\"2.0.0\"",
        "#[becomes(#[derive(Debug)] #[repr(C)] pub enum Choice { Wide(u64), Narrow(u32), Text(String) })]",
    ),
    (
        "isize",
        "\"3.0.0\"",
        "#[becomes(#[derive(Debug)] #[repr(isize)] pub enum Choice { Wide(u64), Narrow(u32), Text(String) })]",
    ),
    (
        "i64",
        "\"4.0.0\"",
        "#[cfg_attr(all(), becomes(#[derive(Debug)] #[repr(i64)] pub enum Choice { Wide(u64), Narrow(u32), \
         Text(String) }))]",
    ),
    (
        "order",
        "\"5.0.0\"",
        "#[hotmod_meddling::becomes(#[derive(Debug)] pub enum Choice { Text(String), Narrow(u32), Wide(u64) })]",
    ),
    (
        "still",
        "\"6.0.0\"",
        "#[becomes(#[derive(Debug)] #[repr(C)] pub enum Choice { Wide(u64), Narrow(u32), Text(String) })]",
    ),
    // Under names that look as if no macro could have them.
    (
        "tool",
        "\"7.0.0\"",
        "#[clippy::skip(#[derive(Debug)] #[repr(isize)] pub enum Choice { Wide(u64), Narrow(u32), Text(String) })]",
    ),
    (
        "tools",
        "\"8.0.0\"",
        "#[diagnostic(#[derive(Debug)] #[repr(C)] pub enum Choice { Wide(u64), Narrow(u32), Text(String) })]",
    ),
    (
        "path",
        "\"9.0.0\"",
        "#[cfg_attr(all(), named::serde(#[derive(Debug)] #[repr(i64)] pub enum Choice { Wide(u64), Narrow(u32), \
         Text(String) }))]",
    ),
    (
        "raw",
        "\"10.0.0\"",
        "#[r#try(#[derive(Debug)] pub enum Choice { Text(String), Narrow(u32), Wide(u64) })]",
    ),
];

/// The macro, under these names.
const NAMES: &str = "mod named {
    pub use hotmod_meddling::becomes as serde;
}
mod clippy {
    pub use hotmod_meddling::becomes as skip;
}
use hotmod_meddling::becomes as diagnostic;
use hotmod_meddling::becomes as r#try;
use hotmod_meddling::becomes as serde;";

const CHOICE: &str = "#[derive(StableState, Debug)]\n// below";

static MEDDLED: LazyLock<Built> = LazyLock::new(|| {
    let meddling = concat!(env!("CARGO_MANIFEST_DIR"), "/../hotmod/tests/meddling");
    let dependency: &'static str = format!("hotmod-meddling = {{ path = {meddling:?} }}").leak();
    let mut family = Family::new("meddled").depends(dependency);
    for (name, version, below) in BELOW {
        let below: &'static str = format!("#[derive(StableState)]\n{below}").leak();
        family = family.variant(
            name,
            &[("\"1.0.0\"", *version), (CHOICE, below), ("// more", NAMES)],
        );
    }
    let inert: Edit = (
        CHOICE,
        "#[derive(StableState)]\n#[must_use]\n#[rustfmt::skip]\n#[derive(Debug)]",
    );
    let helper: Edit = (
        CHOICE,
        "#[derive(StableState)]\n#[serde(#[repr(C)] pub enum Choice { Wide(u64), Narrow(u32), Text(String) })]\n\
         #[derive(Debug)]",
    );
    let below: &'static str = format!("#[derive(StableState)]\n{}", BELOW[0].2).leak();
    family
        .variant("inert", &[("\"1.0.0\"", "\"1.1.0\""), inert])
        .variant(
            "helper",
            &[
                ("\"1.0.0\"", "\"1.2.0\""),
                helper,
                ("// more", NAMES),
            ],
        )
        .variant(
            "lent",
            &[
                (CHOICE, below),
                (
                    "// more",
                    "#[hotmod::export]\npub fn is_wide(choice: &Choice) -> bool { matches!(choice, \
                     Choice::Wide(_)) }",
                ),
            ],
        )
        .variant(
            "read",
            &[
                ("\"1.0.0\"", "\"7.0.0\""),
                (
                    "// more",
                    "#[hotmod::migrate]\nfn made(old: &hotmod::Old<'_>) -> Result<Choices, hotmod::OldError> {\n    \
                     Ok(Choices { all: Vec::new(), last: None, count: old.get::<Vec<Choice>>(\"all\")?.len() as u64 \
                     })\n}",
                ),
            ],
        )
        .build()
});

fn chosen() -> (Module<dyn Chosen>, Instance<dyn Chosen>) {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Chosen>(MEDDLED.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut chosen = module.create("").expect("an instance");
    for number in 0..3 {
        chosen.choose(number).expect("a call");
    }
    (module, chosen)
}

#[test]
fn an_enum_that_a_macro_may_have_changed_is_made_anew() {
    let (module, mut chosen) = chosen();
    let shown = chosen.show().expect("a call");
    for (variant, ..) in BELOW {
        let update = module
            .update(MEDDLED.file(variant))
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(update.verdict, Verdict::Migrate, "{variant}");
        let said: Vec<String> = update.differences.iter().map(ToString::to_string).collect();
        assert!(
            said[0].starts_with("Choices.all[]: rebuild Choice as #["),
            "{variant}: {said:?}"
        );
        chosen.migrate().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(chosen.show().expect("a call"), shown, "{variant}");
        module
            .rollback()
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        chosen.migrate().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(chosen.show().expect("a call"), shown, "{variant} back");
        module
            .update(MEDDLED.file(variant))
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        chosen.migrate().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(chosen.show().expect("a call"), shown, "{variant} again");
    }
}

#[test]
fn attributes_that_change_nothing_are_no_reason() {
    // The second has a macro under the name of what other derives read: below the derive, it is no macro.
    for variant in ["inert", "helper"] {
        let (module, mut chosen) = chosen();
        let shown = chosen.show().expect("a call");
        let update = module
            .update(MEDDLED.file(variant))
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(update.verdict, Verdict::Adopt, "{variant}");
        chosen.migrate().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(chosen.show().expect("a call"), shown, "{variant}");
    }
}

#[test]
fn an_enum_that_a_macro_may_have_changed_is_not_lent() {
    let host = Host::builder().build().expect("a host");
    let refusal = host
        .load_untyped(MEDDLED.file("lent"))
        .expect_err("a reference to it");
    assert_eq!(
        refused_by(&refusal, Rule::TransientCrosses),
        ["is_wide(choice)"]
    );
    let said = refusal.to_string();
    assert!(
        said.contains("`Choice as #[becomes] leaves it`")
            && said.contains("stand above the derive"),
        "{said}"
    );
}

#[test]
fn an_enum_that_a_macro_may_have_changed_is_not_read_in_place() {
    let (module, mut chosen) = chosen();
    module
        .update(MEDDLED.file("c"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    chosen.migrate().unwrap_or_else(|error| panic!("{error}"));
    let shown = chosen.show().expect("a call");
    module
        .update(MEDDLED.file("read"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    let error = chosen.migrate().expect_err("its bytes are not known");
    assert!(
        error.reason.contains("Choice as #[becomes] leaves it"),
        "{error}"
    );
    assert_eq!(chosen.show().expect("a call"), shown);
}
