//! Types that may become each other without an attribute, or with `checked`: one of a crate, and one that holds the same.

use std::sync::LazyLock;

use hotmod_tests::fixture::{BASE, Built, Edit, Family, ForGood};

use super::{source, update};

/// A type, and how its value is made and told.
type Side = (&'static str, &'static str, &'static str);

/// A field that becomes of another type.
struct Row {
    field: &'static str,
    was: Side,
    now: Side,
    /// Whether a value may not fit, on and back.
    checked: (bool, bool),
}

const ANY: (bool, bool) = (false, false);
const ON: (bool, bool) = (true, false);
const BACK: (bool, bool) = (false, true);

const fn row(field: &'static str, was: Side, now: Side, checked: (bool, bool)) -> Row {
    Row {
        field,
        was,
        now,
        checked,
    }
}

const TEXTS: &str = "[1, 2].into_iter().map(|it: u32| (it, it.to_string())).collect()";
const TEXT: &str = "[(1, \"a\".to_owned())].into_iter().collect()";
const NUMBERS: &str = "[1, 2].into_iter().collect()";
const NUMBER: &str = "[7].into_iter().collect()";

const ROWS: &[Row] = &[
    row(
        "id",
        ("[u8; 16]", "[7; 16]", "value"),
        (
            "uuid::Uuid",
            "uuid::Uuid::from_bytes([7; 16])",
            "value.as_bytes()",
        ),
        ANY,
    ),
    row(
        "ids",
        ("Vec<[u8; 16]>", "vec![[7; 16]; 2]", "value"),
        (
            "Vec<uuid::Uuid>",
            "vec![uuid::Uuid::from_bytes([7; 16]); 2]",
            "value.iter().map(|it| it.as_bytes()).collect::<Vec<_>>()",
        ),
        ANY,
    ),
    row(
        "maybe",
        ("[u8; 16]", "[7; 16]", "value"),
        (
            "Option<uuid::Uuid>",
            "Some(uuid::Uuid::from_bytes([7; 16]))",
            "value.expect(\"one\").as_bytes()",
        ),
        BACK,
    ),
    row(
        "few",
        (
            "Vec<String>",
            "vec![\"a\".to_owned(), \"b\".to_owned()]",
            "value",
        ),
        (
            "smallvec::SmallVec<[String; 1]>",
            "[\"a\".to_owned(), \"b\".to_owned()].into_iter().collect()",
            "value",
        ),
        ANY,
    ),
    row(
        "wide",
        ("VecDeque<u32>", NUMBERS, "value"),
        ("smallvec::SmallVec<[u64; 4]>", NUMBERS, "value"),
        BACK,
    ),
    row(
        "held",
        ("Vec<u8>", NUMBERS, "value"),
        ("arrayvec::ArrayVec<u8, 4>", NUMBERS, "value"),
        ON,
    ),
    row(
        "tag",
        ("String", "\"ada\".to_owned()", "value"),
        (
            "arrayvec::ArrayString<8>",
            "arrayvec::ArrayString::from(\"ada\").expect(\"it is short\")",
            "value.as_str()",
        ),
        ON,
    ),
    row(
        "order",
        ("HashMap<u32, String>", TEXT, "value"),
        ("indexmap::IndexMap<u32, String>", TEXT, "value"),
        ANY,
    ),
    row(
        "tree",
        ("BTreeMap<u32, String>", TEXTS, "value"),
        ("indexmap::IndexMap<u32, String>", TEXTS, "value"),
        ANY,
    ),
    row(
        "seen",
        ("HashSet<u32>", NUMBER, "value"),
        ("indexmap::IndexSet<u32>", NUMBER, "value"),
        ANY,
    ),
    row(
        "sorted",
        ("BTreeSet<u32>", NUMBERS, "value"),
        ("indexmap::IndexSet<u32>", NUMBERS, "value"),
        ANY,
    ),
    row(
        "brown",
        ("HashMap<u32, String>", TEXT, "value"),
        ("hashbrown::HashMap<u32, String>", TEXT, "value"),
        ANY,
    ),
    row(
        "brown_set",
        ("HashSet<u32>", NUMBER, "value"),
        ("hashbrown::HashSet<u32>", NUMBER, "value"),
        ANY,
    ),
    row(
        "dash",
        ("BTreeMap<u32, String>", TEXT, "value"),
        ("dashmap::DashMap<u32, String>", TEXT, "value"),
        ANY,
    ),
    row(
        "dash_set",
        ("HashSet<u32>", NUMBER, "value"),
        (
            "dashmap::DashSet<u32>",
            NUMBER,
            "value.iter().map(|it| *it).collect::<HashSet<u32>>()",
        ),
        ANY,
    ),
    row(
        "hashed",
        ("HashMap<u32, String>", TEXT, "value"),
        (
            "HashMap<u32, String, rustc_hash::FxBuildHasher>",
            TEXT,
            "value",
        ),
        ANY,
    ),
    row(
        "hashed_set",
        ("HashSet<u32, ahash::RandomState>", NUMBER, "value"),
        (
            "HashSet<u32, std::hash::BuildHasherDefault<fxhash::FxHasher>>",
            NUMBER,
            "value",
        ),
        ANY,
    ),
    row(
        "name",
        ("String", "\"of the heap, and long\".to_owned()", "value"),
        (
            "compact_str::CompactString",
            "\"of the heap, and long\".into()",
            "value",
        ),
        ANY,
    ),
    row(
        "motto",
        ("Box<str>", "\"of the heap, and long\".into()", "value"),
        (
            "smol_str::SmolStr",
            "\"of the heap, and long\".into()",
            "value",
        ),
        ANY,
    ),
    row(
        "title",
        (
            "compact_str::CompactString",
            "\"of the heap, and long\".into()",
            "value",
        ),
        (
            "smol_str::SmolStr",
            "\"of the heap, and long\".into()",
            "value",
        ),
        ANY,
    ),
    row(
        "weight",
        ("f64", "1.5", "value"),
        (
            "ordered_float::OrderedFloat<f64>",
            "ordered_float::OrderedFloat(1.5)",
            "value.0",
        ),
        ANY,
    ),
    row(
        "real",
        ("f64", "2.5", "value"),
        (
            "ordered_float::NotNan<f64>",
            "ordered_float::NotNan::new(2.5).expect(\"a number\")",
            "value.into_inner()",
        ),
        ON,
    ),
    row(
        "blob",
        ("Vec<u8>", "vec![1, 2, 3]", "value"),
        ("bytes::Bytes", "vec![1, 2, 3].into()", "value.to_vec()"),
        ANY,
    ),
    row(
        "buffer",
        ("Box<[u8]>", "vec![1, 2, 3].into()", "value"),
        (
            "bytes::BytesMut",
            "bytes::BytesMut::from(&[1, 2, 3][..])",
            "value.to_vec()",
        ),
        ANY,
    ),
    row(
        "choice",
        ("Result<u8, String>", "Err(\"left\".to_owned())", "value"),
        (
            "either::Either<String, u8>",
            "either::Either::Left(\"left\".to_owned())",
            "Result::<u8, String>::from(value.clone())",
        ),
        ANY,
    ),
    row(
        "lock",
        ("Vec<String>", "vec![\"a\".to_owned()]", "value"),
        (
            "parking_lot::Mutex<Vec<String>>",
            "parking_lot::Mutex::new(vec![\"a\".to_owned()])",
            "*value.lock()",
        ),
        ANY,
    ),
    row(
        "lots",
        (
            "parking_lot::Mutex<u8>",
            "parking_lot::Mutex::new(7)",
            "*value.lock()",
        ),
        (
            "parking_lot::RwLock<u8>",
            "parking_lot::RwLock::new(7)",
            "*value.read()",
        ),
        ANY,
    ),
    row(
        "home",
        ("String", "\"https://example.org/\".to_owned()", "value"),
        (
            "url::Url",
            "\"https://example.org/\".parse().expect(\"an address\")",
            "value.as_str()",
        ),
        ON,
    ),
    row(
        "price",
        ("String", "\"1.10\".to_owned()", "value"),
        (
            "rust_decimal::Decimal",
            "\"1.10\".parse().expect(\"a price\")",
            "value.to_string()",
        ),
        ON,
    ),
    row(
        "version",
        ("String", "\"1.2.3\".to_owned()", "value"),
        (
            "semver::Version",
            "semver::Version::new(1, 2, 3)",
            "value.to_string()",
        ),
        ON,
    ),
    row(
        "day",
        ("String", "\"2024-02-29\".to_owned()", "value"),
        (
            "chrono::NaiveDate",
            "chrono::NaiveDate::from_ymd_opt(2024, 2, 29).expect(\"a day\")",
            "value.to_string()",
        ),
        ON,
    ),
    row(
        "place",
        ("[f32; 4]", "[1.0, 2.0, 3.0, 4.0]", "value"),
        (
            "glam::Vec4",
            "glam::vec4(1.0, 2.0, 3.0, 4.0)",
            "value.to_array()",
        ),
        ANY,
    ),
    row(
        "matrix",
        ("[[f64; 2]; 2]", "[[1.0, 2.0], [3.0, 4.0]]", "value"),
        (
            "nalgebra::Matrix2<f64>",
            "nalgebra::Matrix2::new(1.0, 3.0, 2.0, 4.0)",
            "value.data.0",
        ),
        ANY,
    ),
    row(
        "column",
        ("Vec<u32>", NUMBERS, "value"),
        (
            "nalgebra::DVector<u32>",
            "nalgebra::DVector::from_vec(vec![1, 2])",
            "value.as_slice()",
        ),
        ANY,
    ),
];

fn field((ty, _, _): Side, name: &str, checked: bool) -> String {
    let checked = if checked {
        "    #[state(checked)]\n"
    } else {
        ""
    };
    format!("{checked}    {name}: {ty},\n")
}

fn made((_, value, _): Side, name: &str) -> String {
    format!("        {name}: {value},\n")
}

fn told((.., told): Side, name: &str) -> String {
    format!(
        "        let value = &self.{name};\n        all.push(format!(\"{name}: {{:?}}\", {told}));\n"
    )
}

fn source() -> String {
    let all = |one: &dyn Fn(&Row) -> String| ROWS.iter().map(one).collect::<String>();
    let fields = all(&|row| field(row.was, row.field, row.checked.1));
    let made = all(&|row| made(row.was, row.field));
    let told = all(&|row| told(row.was, row.field));
    format!(
        "//! A field of each type that has a neighbour.\n\n#![allow(unused_imports)]\n\n\
         use std::collections::{{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque}};\n\n\
         hotmod::module! {{ name: \"crates\", version: \"1.0.0\" }}\n\n\
         #[derive(hotmod::StableState)]\npub struct World {{\n{fields}    end: (),\n}}\n\n\
         #[hotmod::init]\nfn world() -> World {{\n    World {{\n{made}        end: (),\n    }}\n}}\n\n\
         #[hotmod::export]\nimpl Crates for World {{\n    fn show(&self) -> String {{\n        \
         let mut all = Vec::new();\n{told}        all.join(\"\\n\")\n    }}\n\n    \
         fn finds(&self) -> bool {{\n        true\n    }}\n}}\n\n\
         #[hotmod::interface]\npub trait Crates {{\n    fn show(&self) -> String;\n    fn finds(&self) -> bool;\n}}\n"
    )
}

/// All fields of the other types.
fn edits(checked: bool) -> Vec<Edit> {
    let edit = |from: String, to: String| (from.for_good(), to.for_good());
    let mut edits = Vec::new();
    for row in ROWS {
        let name = row.field;
        edits.push(edit(
            field(row.was, name, row.checked.1),
            field(row.now, name, checked && row.checked.0),
        ));
        edits.push(edit(made(row.was, name), made(row.now, name)));
        edits.push(edit(told(row.was, name), told(row.now, name)));
    }
    edits.retain(|(from, to)| from != to);
    edits
}

static NEIGHBOURS: LazyLock<Built> = LazyLock::new(|| {
    source::CRATES
        .iter()
        .fold(
            Family::written("neighbours", source()),
            |family, (feature, line)| family.feature(feature).depends(line),
        )
        .variant("others", &edits(true))
        .variant("unchecked", &edits(false))
        .variant(
            "odd",
            &[("        real: 2.5,\n", "        real: f64::NAN,\n")],
        )
        .build()
});

#[test]
fn a_field_becomes_what_holds_the_same_and_back() {
    for (from, to) in [(BASE, "others"), ("others", BASE)] {
        let (_host, module, worlds) = super::worlds(NEIGHBOURS.file(from));
        worlds.create(1, "").expect("an instance");
        let shown = super::show(&worlds);
        assert_eq!(shown.lines().count(), ROWS.len());
        update(&module, NEIGHBOURS.file(to));
        assert_eq!(super::show(&worlds), shown, "{from} to {to}");
        module
            .rollback()
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(super::show(&worlds), shown, "{from} to {to} and back");
    }
}

#[test]
fn where_a_value_may_not_fit_it_is_checked_or_refused() {
    let (_host, module, worlds) = super::worlds(NEIGHBOURS.file("odd"));
    worlds.create(1, "").expect("an instance");
    let shown = super::show(&worlds);
    let refusal = module
        .update(NEIGHBOURS.file("unchecked"))
        .expect_err("values may be lost");
    let refusal = refusal.to_string();
    for row in ROWS {
        let place = format!("World.{}: ", row.field);
        assert_eq!(refusal.contains(&place), row.checked.0, "{place}{refusal}");
    }
    // One that does not fit stays where it is, as it is.
    module
        .update(NEIGHBOURS.file("others"))
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(super::show(&worlds), shown);
    assert!(shown.contains("real: NaN"), "{shown}");
}

/// A type as the guide spells it, without its parameters.
fn head(ty: &str) -> &str {
    let named = ty.split('<').next().unwrap_or(ty);
    match ty.starts_with('[') {
        true => ty,
        false => named.rsplit("::").next().unwrap_or(named),
    }
}

#[test]
fn the_guide_tells_of_all_neighbours() {
    let chapter = include_str!("../../../guide/src/state/types-of-other-crates.md");
    let (_, table) = chapter
        .split_once("| a field of | may become, and be made of | |\n")
        .expect("the table");
    let mut written = Vec::new();
    for line in table.lines().skip(1).take_while(|it| it.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let spans = |cell: &'static str| cell.split('`').skip(1).step_by(2);
        let [of, others, checked] = cells[..] else {
            panic!("three cells: {line}");
        };
        for of in spans(of) {
            for other in spans(others) {
                written.push((head(of), head(other), checked.contains("`checked`")));
            }
        }
    }
    for row in ROWS
        .iter()
        .filter(|row| !["ids", "maybe", "hashed", "hashed_set"].contains(&row.field))
    {
        let pair = (head(row.now.0), head(row.was.0), row.checked.0);
        assert!(written.contains(&pair), "the guide lacks {pair:?}");
        written.retain(|it| *it != pair);
    }
    assert!(written.is_empty(), "no row shows {written:?}");
}
