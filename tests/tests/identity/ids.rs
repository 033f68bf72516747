//! Types that one module has under one id.

use std::sync::LazyLock;

use hotmod_host::describe::Rule;
use hotmod_host::{Host, Refusal};
use hotmod_tests::fixture::{Built, Edit, Family, ForGood};

use super::refused_by;

/// Two generic types under one id, of which state holds the first; the text goes on with its fields.
macro_rules! held {
    ($rest:literal) => {
        concat!(
            r#"
mod a { #[derive(hotmod::StableState)] pub struct Wrap<T> { pub t: T } }
mod b { #[derive(hotmod::StableState)] pub struct Wrap<T> { pub t: T } }
#[derive(hotmod::StableState)]
pub struct Holds { one: a::Wrap<u32>"#,
            $rest
        )
    };
}

/// Two generic types under one id that make a field otherwise, and what mentions them.
macro_rules! defaults {
    ($rest:literal) => {
        concat!(
            r#"
mod a { #[derive(hotmod::StableState)] pub struct Wrap<T> { #[state(default = 1)] pub n: u32, pub t: T } }
mod b { #[derive(hotmod::StableState)] pub struct Wrap<T> { #[state(default = 2)] pub n: u32, pub t: T } }
"#,
            $rest
        )
    };
}

/// The id that two types have, and the types.
const CLASHES: &[(&str, &str, &str)] = &[
    (
        "makers",
        "Item",
        r#"
mod a {
    #[derive(hotmod::StableState)]
    pub struct Item { pub n: u32, #[state(skip, init = f)] pub c: u64 }
    fn f() -> u64 { 1 }
}
mod b {
    #[derive(hotmod::StableState)]
    pub struct Item { pub n: u32, #[state(skip)] pub c: Option<Box<u64>> }
}
"#,
    ),
    (
        "defaults",
        "Item",
        r#"
mod a { #[derive(hotmod::StableState)] pub struct Item { #[state(default = 1)] pub n: u32 } }
mod b { #[derive(hotmod::StableState)] pub struct Item { #[state(default = 2)] pub n: u32 } }
"#,
    ),
    (
        "local",
        "Local",
        r#"
fn one() { #[derive(hotmod::StableState)] struct Local { n: u32 } }
fn two() { #[derive(hotmod::StableState)] struct Local { n: u32 } }
"#,
    ),
    (
        "macro-made",
        "Made",
        r#"
macro_rules! twice { ($one:ident $two:ident) => {
    mod $one { #[derive(hotmod::StableState)] pub struct Made { pub n: u32 } }
    mod $two { #[derive(hotmod::StableState)] pub struct Made { pub n: u32 } }
} }
twice!(one two);
"#,
    ),
    (
        "macro-made-locals",
        "Made",
        r#"
macro_rules! twice { () => {
    fn one() { #[derive(hotmod::StableState)] struct Made { n: u32 } }
    fn two() { #[derive(hotmod::StableState)] struct Made { n: u32 } }
} }
twice!();
"#,
    ),
    (
        "of-another-crate",
        "Item",
        r#"
#[derive(hotmod::StableState)]
pub struct Item { pub number: u32 }
#[hotmod::export] pub fn stocked(item: library::stock::Item) -> u32 { item.number }
"#,
    ),
    (
        "enum-and-struct",
        "Shape",
        r#"
#[derive(hotmod::StableState)] pub struct Shape { pub n: u32 }
#[derive(hotmod::StableState)] #[state(id = "Shape")] pub enum Form { A, B }
"#,
    ),
    (
        "generic",
        "Wrap<u32>",
        defaults!(
            r#"#[hotmod::export] pub fn first(it: a::Wrap<u32>) -> u32 { it.n }
#[hotmod::export] pub fn second(it: b::Wrap<u32>) -> u32 { it.n }
"#
        ),
    ),
    (
        "generic-in-one-record",
        "Wrap<u32>",
        defaults!(
            r#"#[hotmod::export] pub fn both(it: a::Wrap<u32>, other: Vec<b::Wrap<u32>>) -> u32 { it.n }
"#
        ),
    ),
    (
        "generic-of-one-macro",
        "Wrap<u8>",
        r#"
macro_rules! twice { ($one:ident $two:ident) => {
    mod $one { #[derive(hotmod::StableState)] pub struct Wrap<T> { pub t: T } }
    mod $two { #[derive(hotmod::StableState)] pub struct Wrap<T> { pub t: T } }
} }
twice!(one two);
#[derive(hotmod::StableState)]
pub struct Holds { one: one::Wrap<u8>, two: Option<two::Wrap<u8>> }
"#,
    ),
    (
        "generic-of-locals",
        "Item",
        r#"
#[derive(hotmod::StableState)] pub struct Wrap<T> { pub t: T }
mod a { #[derive(hotmod::StableState)] pub struct Item { pub n: u32 } }
mod b { #[derive(hotmod::StableState)] pub struct Item { pub n: u32 } }
#[hotmod::export] pub fn first(it: Wrap<a::Item>) -> u32 { it.t.n }
#[hotmod::export] pub fn second(it: Wrap<b::Item>) -> u32 { it.t.n }
"#,
    ),
    (
        "only-migrated",
        "Wrap<u32>",
        held!(
            r#" }
#[hotmod::migrate]
fn wrap(_: &hotmod::Old<'_>) -> b::Wrap<u32> { b::Wrap { t: 1 } }
"#
        ),
    ),
    (
        "only-checked",
        "Wrap<u32>",
        held!(
            r#" }
#[hotmod::after_migrate]
fn check(_: &b::Wrap<u32>, _: &hotmod::VersionInfo<'_>) -> Result<(), String> { Ok(()) }
"#
        ),
    ),
    (
        "only-tried-out",
        "Wrap<u32>",
        held!(
            r#" }
#[hotmod::preflight]
fn try_out(_: &mut b::Wrap<u32>) -> Result<(), String> { Ok(()) }
"#
        ),
    ),
    (
        "only-taken-down",
        "Wrap<u32>",
        held!(
            r#" }
#[derive(hotmod::OldState)]
pub struct Earlier { t: u32 }
#[hotmod::migrate(down)]
fn down(it: &b::Wrap<u32>) -> Earlier { Earlier { t: it.t } }
"#
        ),
    ),
    (
        "only-converted-from",
        "Wrap<u32>",
        held!(
            r#", #[state(with = sum)] two: u64 }
fn sum(it: &b::Wrap<u32>) -> u64 { it.t.into() }
"#
        ),
    ),
];

/// As the first, with the cure.
const CURED: &str = r#"
mod a { #[derive(hotmod::StableState)] pub struct Item { #[state(default = 1)] pub n: u32 } }
mod b { #[derive(hotmod::StableState)] #[state(id = "b::Item")] pub struct Item { #[state(default = 2)] pub n: u32 } }
fn one() { #[derive(hotmod::StableState)] struct Local { n: u32 } }
#[derive(hotmod::StableState)] pub struct Wrap<T> { pub t: T }
type Same = Wrap<u32>;
trait Has { type It; }
impl Has for u8 { type It = Wrap<u32>; }
#[derive(hotmod::StableState)] pub struct All { a: Same, b: <u8 as Has>::It, c: Wrap<b::Item>, d: Wrap<a::Item> }
#[hotmod::export] pub fn same(a: Same, b: <u8 as Has>::It, c: Vec<Wrap<u32>>) -> u32 { a.t + b.t }
"#;

/// Const parameters that only their types tell apart, and the values that `as` makes equal.
const CONSTANTS: &[(&str, &str, &str)] = &[
    ("u128-i128", "u128 = {u128::MAX}", "i128 = -1"),
    ("bool-u8", "bool = true", "u8 = 1"),
    ("char-u32", "char = 'a'", "u32 = 97"),
    ("usize-u64", "usize = 3", "u64 = 3"),
    ("i8-i64", "i8 = -1", "i64 = -1"),
    ("isize-i64", "isize = -1", "i64 = -1"),
];

fn with_module(text: &'static str) -> Vec<Edit> {
    vec![("// more", text)]
}

static IDS: LazyLock<Built> = LazyLock::new(|| {
    let mut family = Family::new("identity").package("identity-ids");
    for (name, _, source) in CLASHES {
        family = family.variant(name, &with_module(source));
    }
    family.variant("cured", &with_module(CURED)).build()
});

static GRIDS: LazyLock<Built> = LazyLock::new(|| {
    let mut family = Family::written("grids", GRIDS_BASE.to_owned());
    for (name, one, other) in CONSTANTS {
        for (side, constant) in [("one", one), ("other", other)] {
            let (ty, value) = constant.split_once(" = ").expect("a constant");
            let edits: [Edit; 2] = [
                ("const N: usize", format!("const N: {ty}").for_good()),
                ("Grid<3>", format!("Grid<{value}>").for_good()),
            ];
            family = family.variant(&format!("{name}-{side}"), &edits);
        }
    }
    family.build()
});

const GRIDS_BASE: &str = r#"
hotmod::module! { name: "grids", version: "1.0.0" }

#[derive(hotmod::StableState)]
pub struct Grid<const N: usize> { wide: u64 }

#[derive(hotmod::StableState)]
pub struct World { grid: Grid<3> }

#[hotmod::init]
fn world() -> World { unimplemented!() }
"#;

fn refusal(variant: &str) -> Refusal {
    let host = Host::builder().build().expect("a host");
    let loaded = host.load_untyped(IDS.file(variant));
    loaded.map(drop).expect_err(variant)
}

#[test]
fn two_types_under_one_id_are_refused_with_both_places() {
    for (name, id, _) in CLASHES {
        let refusal = refusal(name);
        let paths = refused_by(&refusal, Rule::ManifestDamaged);
        assert_eq!(paths, [format!("manifest, type {id}")], "{name}");
        let said = refusal.to_string();
        assert!(
            said.contains("expected one type under each id, found "),
            "{said}"
        );
        assert!(
            said.contains("help: an id stands for one type of a module"),
            "{said}"
        );
        let places = said.matches(".rs:").count();
        // Two types that one macro makes in one place have one.
        let least = if name.starts_with("macro-made-l") {
            1
        } else {
            2
        };
        assert!(places >= least, "{name}: {said}");
    }
}

#[test]
fn other_ids_and_other_names_for_one_type_are_fine() {
    let host = Host::builder()
        .provide("exchange", super::state::exchange)
        .build()
        .expect("a host");
    super::loaded(&host, IDS.file("cured"));
}

#[test]
fn constants_are_told_apart_by_their_types() {
    for (name, ..) in CONSTANTS {
        let host = Host::builder().build().expect("a host");
        let module = super::loaded(&host, GRIDS.file(&format!("{name}-one")));
        let update = module.update(GRIDS.file(&format!("{name}-other")));
        let refusal = update.map(drop).expect_err(name);
        assert_eq!(
            refused_by(&refusal, Rule::TypeChanged),
            ["World.grid"],
            "{name}"
        );
        let said = refusal.to_string();
        let differs = said
            .lines()
            .find_map(|line| line.split_once("World.grid: was "));
        let (was, now) = differs
            .and_then(|(_, differs)| differs.split_once(", now "))
            .expect("what differs");
        assert_ne!(was, now, "{name}");
    }
}
