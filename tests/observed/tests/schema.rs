//! What the schema of a state says, read by a library of others.

use std::sync::LazyLock;

use hotmod_host::Host;
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::interfaces::treasury::Treasury;
use serde_json::json;

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
