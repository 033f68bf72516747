//! What a build needs of its host: shown, compared, and kept in the lock.

use serde_json::{Value, json};

use super::{ARENA, at, diff, diff_json, hotmod, inspect, lock};
use hotmod_tests::fixture::{BASE, Family};

/// A function as JSON shows it.
fn broadcast() -> Value {
    json!({
        "name": "broadcast",
        "signature": "fn broadcast(room: u64, at: &Point) -> u32",
        "receiver": "none",
        "params": [
            { "name": "room", "type": "u64", "default": false },
            { "name": "at", "type": "&Point", "default": false },
        ],
        "returns": "u32",
        "async": false,
        "local": false,
        "optional": false,
        "removed": [],
    })
}

#[test]
fn inspect_shows_what_a_host_must_provide() {
    inspect("cli-imports").prints(&[
        "imports",
        "  fn broadcast(room: u64, at: &Point) -> u32",
        "  fn note(text: &str)",
    ]);
    let ended = hotmod(
        &["inspect", "--format", "json"],
        &[&ARENA.file("cli-imports")],
    );
    let imports = &ended.json()["imports"];
    assert_eq!(imports[0], broadcast());
    assert_eq!(imports[1]["name"], "note");

    let without = inspect(BASE).stdout;
    assert!(without.lines().all(|line| line != "imports"), "{without}");
    let ended = hotmod(&["inspect", "--format", "json"], &[&ARENA.file(BASE)]);
    assert_eq!(ended.json()["imports"], json!([]));
}

#[test]
fn inspect_shows_what_other_modules_must_have() {
    let guests = Family::new("guests").package("cli-guests").build();
    let file = guests.file(BASE);
    hotmod(&["inspect"], &[&file]).prints(&[
        "imports of module hall",
        "  doors: a pool by `Door`, as `Room`",
        "    fn say(&mut self, text: &str) -> usize",
        "  lobby: an instance, as `Room`",
        "  rooms: a pool by `u64`, as `Room`",
    ]);
    let ended = hotmod(&["inspect", "--format", "json"], &[&file]);
    let uses = &ended.json()["uses"];
    assert_eq!(uses[0]["module"], "hall");
    assert_eq!(uses[0]["functions"], json!([]));
    let rooms = &uses[0]["instances"][2];
    assert_eq!(
        (&rooms["name"], &rooms["key"]),
        (&json!("rooms"), &json!("u64"))
    );
    assert_eq!(
        (&rooms["interface"], &rooms["optional"]),
        (&json!("Room"), &json!(false))
    );
    assert_eq!(rooms["methods"][0]["name"], "say");
}

#[test]
fn a_new_import_is_said_to_be_the_hosts_to_provide() {
    let ended = diff(BASE, "cli-imports");
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    assert!(ended.stdout.starts_with("adopt: "), "{}", ended.stdout);
    ended.prints(&[
        "not in the way:",
        "  import broadcast(): was absent, now `fn broadcast(room: u64, at: &Point) -> u32`, which \
         the host must provide",
    ]);
    let answer = diff_json(BASE, "cli-imports");
    let added = at(&answer, "import note()");
    assert_eq!(
        (&added["rule"], &added["refuses"]),
        (&json!("import-added"), &json!(false))
    );
}

#[test]
fn an_import_that_is_gone_is_no_reason_to_refuse() {
    let ended = diff("cli-imports", BASE);
    assert_eq!(ended.status, Some(0));
    ended.prints(&["  import note(): was `fn note(text: &str)`, now not needed"]);
}

#[test]
fn an_import_of_another_type_is_converted_where_it_can_be() {
    let ended = diff("cli-imports", "cli-imports-changed");
    assert_eq!(ended.status, Some(0));
    ended.prints(&["  import broadcast(room): converted, u32 → u64"]);
}

#[test]
fn a_lock_keeps_imports() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("hotmod.lock");
    for variant in ["cli-imports", BASE] {
        assert_eq!(lock::write(&file, variant).status, Some(0));
        for other in [BASE, "cli-imports", "cli-imports-changed"] {
            let (checked, compared) = (lock::check_json(&file, other), diff_json(variant, other));
            assert_eq!(checked["differences"], compared["differences"], "{other}");
            assert_eq!(checked["verdict"], compared["verdict"], "{other}");
        }
    }
    let text = std::fs::read_to_string(&file).expect("a lock");
    assert!(!text.contains("\"imports\""), "without imports: {text}");
}
