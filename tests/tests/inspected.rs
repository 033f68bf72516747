//! Live values that are shown, by path.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use hotmod_host::{
    Cursor, Host, InspectError, InspectOptions, Inspection, Instance, LiveValue, Module, Pool,
};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::gate::Gate;
use hotmod_tests::interfaces::treasury::Treasury;
use hotmod_tests::patience::{Ended, until};
use serde_json::{Value, json};

/// A version whose coins have a field more, and whose part is wider.
const NEXT: &[Edit] = &[
    ("version: \"1.0.0\"", "version: \"1.1.0\""),
    (
        "    // more of a coin",
        "    #[state(default = 3)]\n    age: u8,",
    ),
    (
        "let coin = |worth| Coin { worth, of: format!(\"metal {worth}\") };",
        "let coin = |worth| Coin { worth, of: format!(\"metal {worth}\"), age: 0 };",
    ),
    (
        "(0..coins).map(|worth| Coin { worth, of: format!(\"metal {worth}\") }).collect();",
        "(0..coins).map(|worth| Coin { worth, of: format!(\"metal {worth}\"), age: 0 }).collect();",
    ),
];

/// One whose secret may not fit.
const SECRET: &[Edit] = &[
    ("version: \"1.0.0\"", "version: \"1.2.0\""),
    (
        "    #[state(secret)]\n    key: String,",
        "    #[state(secret, with = code)]\n    key: u32,",
    ),
    ("key: \"open sesame\".to_owned(),", "key: 0,"),
    (
        "pub struct Weight(u32);",
        "pub struct Weight(u32);\nfn code(key: &String) -> Result<u32, String> { Err(format!(\"`{key}` is no code\")) }",
    ),
];

/// One with more fields of foreign types, which other functions carry over.
const FOREIGN: &[Edit] = &[
    (
        "    // more\n",
        "    #[state(as = String, into = joined, from = split)]\n    names: Names,\n    #[state(serde)]\n    \
         tags: Tags,\n    // more\n",
    ),
    (
        "pub struct Weight(u32);",
        "pub struct Weight(u32);\npub struct Names(Vec<String>);\n\
         fn joined(names: &Names) -> String { names.0.join(\" and \") }\n\
         fn split(text: String) -> Result<Names, String> { Ok(Names(vec![text])) }\n\
         #[derive(serde::Serialize, serde::Deserialize)]\npub struct Tags(Vec<String>);",
    ),
    (
        "        // made\n",
        "        names: Names(vec![\"ada\".to_owned(), \"bob\".to_owned()]),\n        \
         tags: Tags(vec![\"old\".to_owned()]),\n",
    ),
];

static TREASURIES: LazyLock<Built> = LazyLock::new(|| {
    Family::new("treasury")
        .feature("serde")
        .depends("serde = { version = \"1.0\", features = [\"derive\"] }")
        .variant("next", NEXT)
        .variant("secret", SECRET)
        .variant("foreign", FOREIGN)
        .build()
});

fn load(host: &Host) -> Module<dyn Treasury> {
    let module = host.load::<dyn Treasury>(TREASURIES.file(BASE));
    module.expect("a module that can be loaded")
}

fn treasury() -> Instance<dyn Treasury> {
    let host = Host::builder().build().expect("a host");
    load(&host).create("of gold").expect("a state")
}

fn json(inspection: &Inspection) -> Value {
    serde_json::to_value(&inspection.value).expect("a value is JSON")
}

/// What a path leads to.
fn shown(instance: &mut Instance<dyn Treasury>, path: &str) -> Value {
    match instance.inspect(path) {
        Ok(found) => json(&found),
        Err(error) => panic!("{path}: {error}"),
    }
}

#[test]
fn each_kind_of_value_reads_as_a_person_would_expect() {
    let mut instance = treasury();
    let whole = shown(&mut instance, "");
    let coin = |worth: u32| json!({"worth": worth, "of": format!("metal {worth}")});
    let expected = [
        ("name", json!("of gold")),
        ("key", json!({"$secret": true})),
        ("small", json!(-5)),
        ("large", json!("18446744073709551615")),
        ("huge", json!("1267650600228229401496703205376")),
        ("part", json!(0.1_f32)),
        ("letter", json!("ü")),
        ("unit", json!(null)),
        ("pair", json!([1, "two"])),
        ("one", json!(9)),
        ("row", json!([1, 2, 3])),
        (
            "coins",
            json!([coin(0), coin(1), coin(2), coin(3), coin(4)]),
        ),
        ("queue", json!([0, 1, 2])),
        (
            "by_name",
            json!({"$$c": coin(1), "a": coin(1), "b": coin(1)}),
        ),
        (
            "by_place",
            json!([[{"x": 1, "y": 2}, 6], [{"x": 2, "y": 1}, 5]]),
        ),
        ("marks", json!(["Idle", {"Busy": 3}])),
        ("mark", json!({"Busy": 7})),
        ("moved", json!({"Moved": {"to": 4, "by": "ada"}})),
        ("maybe", json!({"Some": null})),
        ("nothing", json!(null)),
        ("result", json!({"Err": "broken"})),
        ("range", json!({"start": 1, "end": 4})),
        ("counted", json!(0)),
        ("below", json!(-3)),
        ("never_zero", json!(12)),
        ("ledger", json!({"lines": ["first"]})),
        ("shared", json!(coin(7))),
        ("again", json!({"$same": "shared"})),
        ("weak", json!({"$weak": "shared"})),
        ("lost", json!(null)),
        ("texts", json!(["x", "y"])),
        ("lazy", json!(coin(8))),
        ("cell", json!(6)),
        ("time", json!("1970-01-01T00:00:01.500000000Z")),
        ("length", json!("2.5s")),
        ("address", json!("127.0.0.1:80")),
        ("path", json!("/etc/hosts")),
        ("cache", json!({"$skip": true})),
        ("since", json!({"$opaque": "Instant"})),
        ("weight", json!("12 g")),
        ("note", json!({"title": "t", "lines": [[1, null], [2, -3]]})),
    ];
    let Value::Object(whole) = whole else {
        panic!("a state is an object");
    };
    let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    assert_eq!(whole.len(), names.len(), "{whole:?}");
    for (name, value) in &expected {
        assert_eq!(&whole[*name], value, "{name}");
    }
}

#[test]
fn a_path_leads_to_each_part_of_a_state() {
    let mut instance = treasury();
    for (path, value) in [
        ("name", json!("of gold")),
        (".pair.1", json!("two")),
        ("pair[0]", json!(1)),
        ("one.0", json!(9)),
        ("row[2]", json!(3)),
        ("row[1..]", json!([2, 3])),
        ("coins[3].of", json!("metal 3")),
        ("coins[1..3].", json!(null)),
        ("queue[1]", json!(1)),
        ("by_name[\"b\"].worth", json!(1)),
        ("by_name[\"$c\"].worth", json!(1)),
        ("by_place[{\"y\": 1, \"x\": 2}]", json!(5)),
        ("marks[1]", json!({"Busy": 3})),
        ("mark.Busy", json!(7)),
        ("mark.Busy.0", json!(7)),
        ("moved.Moved", json!({"to": 4, "by": "ada"})),
        ("moved.Moved.by", json!("ada")),
        ("result.Err", json!("broken")),
        ("range.end", json!(4)),
        ("ledger.lines[0]", json!("first")),
        ("shared.of", json!("metal 7")),
        ("texts[1]", json!("y")),
        ("lazy.worth", json!(8)),
        ("cell", json!(6)),
        ("note", json!({"title": "t", "lines": [[1, null], [2, -3]]})),
    ] {
        // A range comes last: the dot after it is no path.
        if path.ends_with('.') {
            let error = instance.inspect(path).expect_err(path);
            assert!(matches!(error, InspectError::Path { .. }), "{error}");
            continue;
        }
        assert_eq!(shown(&mut instance, path), value, "{path}");
    }
}

#[test]
fn a_path_that_leads_nowhere_is_refused_with_what_is_there() {
    let mut instance = treasury();
    for (path, told) in [
        ("nam", "Vault has no `nam`: it has `name`, `key`, `small`"),
        ("coins[5]", "Vault.coins has no `[5]`: it has 5 items"),
        (
            "coins.worth",
            "Vault.coins has no `worth`: it has items, and no names",
        ),
        (
            "by_name[\"d\"]",
            "Vault.by_name has no `[\"d\"]`: no item is under this key",
        ),
        (
            "by_name[7]",
            "Vault.by_name has no `[7]`: its keys are texts, as in `[\"7\"]`",
        ),
        ("mark.Idle", "Vault.mark has no `Idle`: it is `Busy`"),
        (
            "moved.Moved.too",
            "Vault.moved.Moved has no `too`: it has `to`, `by`",
        ),
        (
            "nothing.worth",
            "Vault.nothing has no `worth`: it is `None`",
        ),
        ("name.first", "Vault.name has no `first`: it has no parts"),
        (
            "small[..]",
            "Vault.small has no range of items: it has no items",
        ),
        (
            "key",
            "Vault.key is not shown: it is marked #[state(secret)]",
        ),
        (
            "coins[",
            "`coins[` is no path: at byte 6 it needs a number, a range",
        ),
    ] {
        let error = instance.inspect(path).expect_err(path).to_string();
        assert!(error.starts_with(told), "{path}: {error}");
    }
}

#[test]
fn what_is_long_comes_in_pages() {
    let host = Host::builder().build().expect("a host");
    let pool: Pool<u64, dyn Treasury> = load(&host).pool();
    pool.create(1, "").expect("a state");
    pool.call(&1, |it| it.fill(1000)).expect("a call");
    let options = InspectOptions::new()
        .items(300)
        .time(Duration::from_secs(60));

    let pages: Result<Vec<Inspection>, _> = pool.inspect_pages(&1, "coins", &options).collect();
    let pages = pages.expect("all pages");
    let told: Vec<_> = pages
        .iter()
        .filter_map(|it| it.page.as_ref())
        .map(|page| (page.len, page.first, page.shown, page.is_ordered))
        .collect();
    assert_eq!(
        told,
        [
            (1000, 0, 300, true),
            (1000, 300, 300, true),
            (1000, 600, 300, true),
            (1000, 900, 100, true)
        ]
    );
    let worths = pages.iter().flat_map(|page| match json(page) {
        Value::Array(coins) => coins.into_iter().map(|coin| coin["worth"].clone()),
        other => panic!("{other}"),
    });
    assert!(worths.eq((0..1000).map(Value::from)));

    // Of a map, each page has its keys sorted, and all together have all of them.
    let pages: Result<Vec<Inspection>, _> = pool.inspect_pages(&1, "by_name", &options).collect();
    let mut all = Vec::new();
    for page in pages.expect("all pages") {
        let LiveValue::Map(entries, 0) = &page.value else {
            panic!("{page}");
        };
        let keys: Vec<String> = entries.iter().map(|(key, _)| key.to_string()).collect();
        assert!(keys.is_sorted(), "{keys:?}");
        assert_eq!(page.page.as_ref().map(|page| page.is_ordered), Some(false));
        all.extend(keys);
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 1000);

    // They serialize as the one value that they are pages of, and nothing is left out.
    let mut all = Vec::new();
    let pages = pool.inspect_pages(&1, "coins", &options);
    pages.write_json(&mut all).expect("a list");
    let all: Value = serde_json::from_slice(&all).expect("JSON");
    let worths = all
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| &it["worth"]);
    assert!(worths.eq((0..1000).map(Value::from).collect::<Vec<_>>().iter()));
    for path in ["by_name", "name", "coins[5..700]", "coins[5..5]"] {
        let streamed = serde_json::to_value(pool.inspect_pages(&1, path, &options));
        let whole = InspectOptions::new()
            .items(1000)
            .bytes(1 << 30)
            .time(Duration::from_secs(60));
        let whole = pool.inspect_with(&1, path, &whole).expect("a value");
        assert_eq!(streamed.expect("a value"), json(&whole), "{path}");
    }
    pool.create(2, "").expect("an instance");
    let streamed = serde_json::to_value(pool.inspect_pages(&2, "by_name", &options));
    let whole = pool.inspect(&2, "by_name").expect("a value");
    assert_eq!(streamed.expect("a value"), json(&whole));
    assert!(json(&whole).get("$$c").is_some(), "{}", whole.value);
    let mut pages = pool.inspect_pages(&1, "coins", &options);
    pages.nth(2).expect("a page").expect("a page");
    let left = serde_json::to_value(&pages).expect("a list");
    assert_eq!(left.as_array().map(Vec::len), Some(100));
    pages.next();
    assert_eq!(serde_json::to_value(&pages).expect("nothing"), Value::Null);
    let nowhere = pool.inspect_pages(&1, "absent", &options);
    let error = nowhere.write_json(Vec::new()).expect_err("no such field");
    assert!(error.to_string().contains("absent"), "{error}");

    // Of a container without an order that changes meanwhile, the rest is not told.
    let mut pages = pool.inspect_pages(&1, "by_name", &options);
    pages.next().expect("a page").expect("a page");
    pool.call(&1, |it| it.fill(900)).expect("a call");
    let error = pages.write_json(Vec::new()).expect_err("it has changed");
    assert!(error.to_string().contains("1000"), "{error}");
    pool.call(&1, |it| it.fill(1000)).expect("a call");

    // A range is paged within its ends, and a cursor goes through a text.
    let first = pool
        .inspect_with(&1, "coins[5..500]", &options)
        .expect("a page");
    let page = first.page.expect("a page");
    let next = page.next.expect("a page after it").to_string();
    let next: Cursor = next.parse().expect("a cursor");
    let options = options.from(next);
    let second = pool.inspect_with(&1, "coins[5..500]", &options);
    let page = second.expect("a page").page.expect("a page");
    assert_eq!((page.first, page.shown, page.next), (305, 195, None));
    "next".parse::<Cursor>().expect_err("no cursor");
    let before = InspectOptions::new().from("0".parse().expect("a cursor"));
    let first = pool.inspect_with(&1, "coins[5..500]", &before);
    assert_eq!(first.expect("a page").page.map(|it| it.first), Some(5));

    // However few items are asked for, the pages come to an end.
    let none = InspectOptions::new().items(0);
    let pages = pool.inspect_pages(&1, "coins[5..9]", &none).take(9);
    let pages: Result<Vec<Inspection>, _> = pages.collect();
    assert_eq!(pages.expect("all pages").len(), 4);
}

#[test]
fn a_cursor_into_a_map_that_has_changed_is_refused() {
    let mut instance = treasury();
    instance.fill(10).expect("a call");
    let options = InspectOptions::new().items(4);
    let first = instance.inspect_with("by_name", &options).expect("a page");
    let next = first.page.and_then(|page| page.next).expect("more");
    instance.fill(11).expect("a call");
    let error = instance.inspect_with("by_name", &options.from(next));
    let error = error.expect_err("a map that has changed");
    let changed = matches!(
        error,
        InspectError::Changed {
            was: 10,
            now: 11,
            ..
        }
    );
    assert!(changed, "{error}");
}

#[test]
fn a_key_is_found_while_others_wait_for_the_instance() {
    let host = Host::builder().build().expect("a host");
    let shared = load(&host).create_shared("").expect("a state");
    shared.call(|it| it.fill(20_000)).expect("a call");
    let options = InspectOptions::new().time(Duration::ZERO);
    let absent = || {
        let error = shared.inspect_with("by_name[\"metal 20000\"]", &options);
        error.expect_err("it is not there").to_string()
    };
    // No other thread wants the instance, so the search holds it from beginning to end, and its answer is certain.
    let sure = "no item is under this key";
    assert!(absent().contains(sure));
    assert!(!absent().contains("unless"));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let _over = Ended(&is_over);
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                shared.call(|it| it.count()).expect("a call");
            }
        });
        for key in ["0", "777", "19999"] {
            let path = format!("by_name[\"metal {key}\"].worth");
            let worth = shared.inspect_with(&path, &options);
            assert_eq!(json(&worth.expect("it is there")).to_string(), key);
        }
        // In several parts, as soon as the other thread waits at the right moment.
        until(|| absent().contains("no item is under this key, unless"));
    });
}

#[test]
fn what_is_shown_is_bounded_in_depth_items_bytes_and_time() {
    let mut instance = treasury();
    instance.fill(100_000).expect("a call");
    let depth = InspectOptions::new().depth(1).time(Duration::from_secs(60));
    let shallow = json(&instance.inspect_with("", &depth).expect("a value"));
    assert_eq!(shallow["coins"], json!({"$deep": "Vec<Coin>"}));
    assert_eq!(shallow["mark"], json!({"Busy": {"$deep": "Mark"}}));
    assert_eq!(shallow["small"], json!(-5));
    assert_eq!(shallow["name"]["$bytes"], json!(100_000));

    let items = InspectOptions::new().items(2).time(Duration::from_secs(60));
    let few = json(&instance.inspect_with("", &items).expect("a value"));
    assert_eq!(few["coins"].as_array().map(Vec::len), Some(3));
    assert_eq!(few["coins"][2], json!({"$more": 99_998}));
    assert_eq!(few["by_name"]["$more"], json!(99_998));

    let bytes = InspectOptions::new().bytes(10_000).items(usize::MAX);
    let bytes = bytes.time(Duration::from_secs(60));
    let found = instance.inspect_with("name", &bytes).expect("a value");
    assert!(matches!(&found.value, LiveValue::Cut(text, 100_000) if text.len() < 10_001));
    let found = instance.inspect_with("coins", &bytes).expect("a value");
    let len = found.to_string().len();
    assert!((1_000..20_000).contains(&len), "{len}");

    // However little time there is, one item is shown.
    let time = InspectOptions::new().time(Duration::ZERO);
    let found = instance.inspect_with("coins", &time).expect("a value");
    assert_eq!(found.page.map(|page| page.shown), Some(1));
}

#[test]
fn what_a_thread_has_locked_is_not_waited_for() {
    let host = Host::builder().build().expect("a host");
    let shared = load(&host).create_shared("").expect("a state");
    let gate = Gate::new();
    let path = gate.path();
    thread::scope(|scope| {
        let held = scope.spawn(|| shared.call_shared(|it| it.hold(&path)));
        let waiting = gate.wait();
        let whole = shared.inspect("").expect("a value");
        assert_eq!(
            json(&whole)["ledger"],
            json!({"$locked": "Mutex<Ledger>"}),
            "{whole}"
        );
        let error = shared.inspect("ledger.lines").expect_err("a lock");
        assert!(
            error.to_string().contains("`Mutex<Ledger>` locked"),
            "{error}"
        );
        drop(waiting);
        held.join().expect("a thread").expect("a call");
    });
    let lines = shared.inspect("ledger.lines").expect("a value");
    assert_eq!(json(&lines), json!(["first"]));
}

#[test]
fn states_are_shown_while_others_read_them() {
    let host = Host::builder().build().expect("a host");
    let shared = load(&host).create_shared("").expect("a state");
    thread::scope(|scope| {
        let counts = scope.spawn(|| {
            for _ in 0..10_000 {
                shared.call_shared(|it| it.count()).expect("a call");
            }
        });
        let mut last = 0;
        while !counts.is_finished() {
            let counted = json(&shared.inspect("counted").expect("a value"));
            let counted = counted.as_u64().expect("a number");
            assert!(counted >= last);
            last = counted;
        }
        counts.join().expect("a thread");
    });
    assert_eq!(json(&shared.inspect("counted").expect("a value")), 10_000);
}

#[test]
fn a_state_is_shown_at_the_version_that_it_is_at() {
    let host = Host::builder().build().expect("a host");
    let module = load(&host);
    let mut instance = module.create("").expect("a state");
    module.update(TREASURIES.file("next")).expect("an update");
    let old = instance.inspect("").expect("a value");
    assert_eq!(old.version, "1.0.0");
    assert_eq!(json(&old)["shared"], json!({"worth": 7, "of": "metal 7"}));
    instance.migrate().expect("a state that fits");
    let new = instance.inspect("").expect("a value");
    assert_eq!((new.version.as_str(), new.ty.as_str()), ("1.1.0", "Vault"));
    let told: Vec<String> = hotmod_host::diff(&old.value, &new.value)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        told.contains(&"lazy.age: now 3, was not there".to_owned()),
        "{told:#?}"
    );
    assert!(told.iter().all(|it| it.contains("age: now 3")), "{told:#?}");
    assert_eq!(told.len(), 5 + 3 + 2, "{told:#?}");
}

#[test]
fn what_is_secret_is_told_by_no_error() {
    let host = Host::builder().build().expect("a host");
    let module = load(&host);
    let mut instance = module.create("").expect("a state");
    module.update(TREASURIES.file("secret")).expect("an update");
    let error = instance
        .migrate()
        .expect_err("a key that is no code")
        .to_string();
    assert!(
        error.contains("Vault.key: what it holds does not fit"),
        "{error}"
    );
    assert!(!error.contains("sesame"), "{error}");
    let error = format!("{:?}", instance.stuck());
    assert!(!error.contains("sesame"), "{error}");
}

#[test]
fn each_foreign_field_is_read_by_its_own_functions() {
    let host = Host::builder().build().expect("a host");
    let module = host.load::<dyn Treasury>(TREASURIES.file("foreign"));
    let module = module.expect("a module that can be loaded");
    let mut instance = module.create("of gold").expect("a state");
    assert_eq!(shown(&mut instance, "weight"), json!("12 g"));
    assert_eq!(shown(&mut instance, "names"), json!("ada and bob"));
    assert_eq!(shown(&mut instance, "note")["title"], json!("t"));
    assert_eq!(shown(&mut instance, "tags"), json!(["old"]));
}

#[test]
fn a_key_without_an_instance_is_told() {
    let host = Host::builder().build().expect("a host");
    let pool: Pool<u64, dyn Treasury> = load(&host).pool();
    let error = pool.inspect(&7, "").expect_err("no instance").to_string();
    assert!(
        error.starts_with("the pool of `treasury` has no instance under this key"),
        "{error}"
    );
}
