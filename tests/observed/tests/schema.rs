//! What the schema of a state says, read by a library of others.

use std::sync::LazyLock;
use std::time::Duration;

use hotmod_host::{Host, InspectOptions};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::interfaces::treasury::Treasury;
use serde_json::{Value, json};

#[path = "../../tests/of_crates/source.rs"]
mod source;

#[hotmod::interface]
trait Crates {
    fn show(&self) -> String;
    fn finds(&self) -> bool;
}

static CRATES: LazyLock<Built> = LazyLock::new(|| {
    source::CRATES
        .iter()
        .fold(
            Family::written("of_crates", source::SOURCE.to_owned())
                .depends("serde = { version = \"1\", features = [\"derive\"] }"),
            |family, (feature, line)| family.feature(feature).depends(line),
        )
        .build()
});

/// What its schema says is wrong with a value.
fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let options = jsonschema::options().should_validate_formats(true);
    let schema = options.build(schema).expect("a schema");
    let faults = schema.iter_errors(value);
    faults
        .map(|it| format!("{}: {it}", it.instance_path()))
        .collect()
}

/// Values of other crates' types are texts of the formats that their schema has, and of no other.
#[test]
fn what_is_shown_of_other_crates_is_as_the_schema_says() {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Crates>(CRATES.file(BASE));
    let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let schema = module.schema();
    let mut instance = module.create("").expect("a state");
    let options = InspectOptions::new()
        .items(1000)
        .time(Duration::from_secs(60));
    let whole = instance.inspect_with("", &options.bytes(1 << 30));
    let whole = serde_json::to_value(whole.expect("all of it").value).expect("JSON");
    for (field, shown) in source::shown() {
        assert_eq!(whole[field], shown, "{field}");
    }
    assert_eq!(faults(&schema, &whole), [""; 0]);
    for (format, ty) in [
        ("uuid", "uuid::Uuid"),
        ("uri", "url::Url"),
        ("date", "time::Date"),
        ("date", "chrono::NaiveDate"),
        ("date-time", "time::OffsetDateTime"),
        ("date-time", "chrono::DateTime.FixedOffset"),
        ("date-time", "chrono::DateTime.Utc"),
    ] {
        let of = schema["$defs"][ty].to_string();
        assert!(
            of.contains(&format!("{{\"format\":\"{format}\",\"type\":\"string\"}}")),
            "{of}"
        );
    }
    // What could not be written down is as the schema says, too.
    let mut other = whole.clone();
    other["locked"] = json!({"$failed": "it is locked"});
    assert_eq!(faults(&schema, &other), [""; 0]);
    for (name, wrong) in [
        ("id", json!("7")),
        ("id", json!([0, 0])),
        ("since", json!("yesterday")),
        ("offset", json!("2023-11-14")),
        ("day", json!("2023-02-30")),
        ("date", json!("2023-02-30")),
        ("when", json!({})),
        ("left", json!({"Err": {"row": 1}})),
        ("right", json!({"Left": "right"})),
        ("length", json!(-1.5)),
        ("settings", json!({"a": {"$z": 1}})),
        ("notes", json!([["n", null]])),
        ("locked", json!({"failed": "it is locked"})),
    ] {
        let mut other = whole.clone();
        other[name] = wrong.clone();
        assert_ne!(faults(&schema, &other), [""; 0], "{name}: {wrong}");
    }
}

static TREASURIES: LazyLock<Built> = LazyLock::new(|| {
    Family::new("treasury")
        .feature("serde")
        .depends("serde = { version = \"1.0\", features = [\"derive\"] }")
        .build()
});

#[test]
fn what_is_shown_is_as_the_schema_says() {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Treasury>(TREASURIES.file(BASE))
        .expect("a module that can be loaded");
    let schema = module.schema();
    assert_eq!(schema["title"], json!("Vault"));
    let schema = jsonschema::draft202012::new(&schema).expect("a schema");
    let mut instance = module.create("of gold").expect("a state");
    let whole = instance.inspect("").expect("all of it").value;
    let whole = serde_json::to_value(&whole).expect("a value is JSON");
    let faults: Vec<String> = schema
        .iter_errors(&whole)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert_eq!(faults, [""; 0]);
    // A key that begins with `$` has one more of it in front, and is never the name of what is not shown.
    let mut other = whole.clone();
    let held = other["by_name"]
        .as_object()
        .and_then(|it| it.values().next().cloned());
    let held = held.expect("an entry");
    other["by_name"] = json!({"$$price": held.clone(), "": held.clone()});
    assert!(schema.is_valid(&other));
    other["by_name"] = json!({"$price": held.clone(), "tax": held});
    assert!(!schema.is_valid(&other));
    // Each other value in the place of one is a fault.
    for (name, wrong) in [
        ("name", json!(1)),
        ("key", json!("open sesame")),
        ("small", json!(128)),
        ("large", json!("-1")),
        ("part", json!("much")),
        ("letter", json!(null)),
        ("unit", json!({})),
        ("pair", json!([1])),
        ("one", json!({"0": 9})),
        ("row", json!([1, 2])),
        ("coins", json!([{"worth": 1}])),
        ("by_name", json!({"a": 1})),
        ("by_place", json!({"a": 1})),
        ("mark", json!("Busy")),
        ("moved", json!({"Moved": {"to": 4}})),
        ("maybe", json!(5)),
        ("result", json!("broken")),
        ("range", json!([1, 4])),
        ("cache", json!([])),
        ("since", json!("now")),
        ("weight", json!(12)),
    ] {
        let mut other = whole.clone();
        other[name] = wrong;
        assert!(!schema.is_valid(&other), "{name}");
    }
}
