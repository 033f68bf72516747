//! What a file says of itself.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use hotmod::printed::is_hidden;
use hotmod_tests::fixture::{BASE, Family};
use serde_json::{Value, json};

use super::{ARENA, at, diff_json, hotmod, hotmod_in, inspect};

/// The one with this `name`.
fn named<'a>(list: &'a Value, name: &str) -> &'a Value {
    list.as_array()
        .expect("a list")
        .iter()
        .find(|item| item["name"] == name)
        .unwrap_or_else(|| panic!("no `{name}` in {list:#}"))
}

/// What the loader opens for a module: the linker chooses which of the system's libraries.
fn libraries(variant: &str) -> Vec<String> {
    let module = hotmod_file::inspect(ARENA.file(variant)).expect("a module");
    let libraries = module.needs().libraries().to_vec();
    assert!(libraries.iter().any(|it| it == "libc.so.6"));
    libraries
}

/// Where links led, each part of the path included.
#[test]
fn inspect_says_where_the_file_really_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let place = directory.path().canonicalize().expect("a directory");
    let release = place.join("releases/41/modules");
    fs::create_dir_all(&release).expect("a directory");
    fs::copy(ARENA.file(BASE), release.join("arena-1.so")).expect("a module");
    symlink("arena-1.so", release.join("arena.so")).expect("a link");
    symlink("41", place.join("releases/stable")).expect("a link");
    symlink("releases/stable", place.join("current")).expect("a link");
    let file = place.join("current/modules/arena.so");
    let ended = hotmod(&["inspect"], &[&file]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let real = release.join("arena-1.so");
    ended.prints(&[
        &format!("file        {}", file.display()),
        &format!("            which is {}", real.display()),
    ]);
    let json = hotmod(&["inspect", "--format", "json"], &[&file]).json();
    assert_eq!(json["resolved"], real.display().to_string());
    // Of a file that is where it seems to be, nothing more is said.
    let plain = hotmod(&["inspect"], &[&real]);
    assert!(!plain.stdout.contains("which is"), "{}", plain.stdout);
}

#[test]
fn inspect_shows_the_build_the_exports_and_the_types() {
    let ended = inspect(BASE);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    ended.prints(&[
        "module      arena 1.1.0",
        &format!("file        {}", ARENA.file(BASE).display()),
        &format!("toolchain   {}", hotmod::root::RUSTC),
        &format!("target      {}", hotmod::root::TARGET),
        "panic       unwind",
        "allocator   host",
        &format!("hotmod ABI  {}", hotmod::root::ABI),
        &format!("needs       {}", libraries(BASE).join(", ")),
        "  impl Arena for World",
        "    fn title(&self, name: &str, titles: Vec<String>) -> Option<String>",
        "    fn shift(&self, from: &Point, to: &mut Point)",
        "  fn damage(base: u32, armour: u32) -> u32",
        "  fn sum(values: &[u32]) -> u64",
        "  fn reset()",
        "  init of World",
        "  struct Packet: size 12, align 4",
        "         0       4  kind: u32",
        "         8       4  rate: f32",
        "         0       2  left: u16",
        "  struct Pair<u16>: size 4, align 2",
        "  struct Grid<2>: size 4, align 2",
        "         0       4  rows: [u16; 2]",
        "         0       8  0: Box<Inside>",
        "  enum Tagged: size 16, align 8, representation fixed by #[repr]",
        "        1  Angry(u32)",
        "        2  Busy { with: u32, since: u32 }",
        "        3  High",
    ]);
}

#[test]
fn inspect_shows_what_the_source_says_of_earlier_forms() {
    inspect("cli-attributes").prints(&[
        "  #[state(removed(\"slope\"))]",
        "  struct Sense: size 8, align 8, meaning 2",
        "                    #[state(was = \"direction\", default)]",
        "         0       8  angle: f64",
        "           #[state(was = \"Quiet\")]",
        "        0  Calm",
    ]);
}

#[test]
fn inspect_shows_what_runs_once_in_each_version() {
    let file = Family::new("equipped").build().file(BASE);
    hotmod(&["inspect"], &[&file]).prints(&["  loaded set_up", "  retired close"]);
    let module = hotmod(&["inspect", "--format=json"], &[&file]).json();
    assert_eq!(module["loaded"], "set_up");
    assert_eq!(module["retired"], "close");
    let module = hotmod(&["inspect", "--format=json"], &[&ARENA.file(BASE)]).json();
    assert_eq!(module["loaded"], Value::Null);
}

#[test]
fn inspect_and_diff_show_what_is_called_again_and_again() {
    let changed = [
        ("#[hotmod::every(\"10ms\")]\nfn ring", "fn ring"),
        ("\"5ms\")] // tick", "\"2s\")] // tick"),
        ("// more", "#[hotmod::every(\"3min\")]\nfn knock() {}"),
    ];
    let built = Family::new("clock").variant("cli-timers", &changed).build();
    let [base, other] = [BASE, "cli-timers"].map(|it| built.file(it));
    hotmod(&["inspect"], &[&base]).prints(&[
        "  every 5ms Hands::tick of Hands",
        "  every 10ms ring",
        "  every 2592000s wind of Hands",
    ]);
    let module = hotmod(&["inspect", "--format=json"], &[&base]).json();
    assert_eq!(
        module["timers"][0],
        json!({ "name": "Hands::tick", "state": "Hands", "milliseconds": 5 })
    );
    assert_eq!(module["timers"][1]["state"], Value::Null);
    let ended = hotmod(&["diff"], &[&base, &other]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    ended.prints(&[
        "  Hands::tick: was every 5ms, now every 2s",
        "  knock: was absent, now every 180s",
        "  ring: was every 10ms, now absent",
    ]);
}

#[test]
fn inspect_and_diff_show_what_runs_from_version_to_version() {
    let changed = [
        ("within = \"30s\"", "within = \"5s\""),
        ("beats: u32", "beats: u64"),
    ];
    let gone = [("#[hotmod::task(within = \"30s\")]", "#[allow(dead_code)]")];
    let family = Family::new("feeding")
        .variant("cli-changed", &changed)
        .variant("cli-gone", &gone);
    let built = family.build();
    let [base, changed, gone] = [BASE, "cli-changed", "cli-gone"].map(|it| built.file(it));
    hotmod(&["inspect"], &[&base]).prints(&["  task, stops within 30s, feed hands over Feed"]);
    let module = hotmod(&["inspect", "--format=json"], &[&base]).json();
    assert_eq!(
        module["tasks"],
        json!([{ "name": "feed", "state": "Feed", "milliseconds": 30_000 }])
    );
    assert_eq!(module["interfaces"], json!([]));
    let ended = hotmod(&["diff"], &[&base, &changed]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    ended.prints(&["  feed: was task, stops within 30s, now task, stops within 5s"]);
    assert!(ended.stdout.contains(" [HM-0141]\n"), "{}", ended.stdout);
    let ended = hotmod(&["diff"], &[&base, &gone]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    ended.prints(&["  feed: was task, stops within 30s, now absent"]);
}

#[test]
fn inspect_shows_what_is_forwarded_and_which_runtimes_a_module_brings_along() {
    const SOURCE: &str = r#"
        hotmod::module! { name: "spinning", version: "1.0.0" }

        #[hotmod::export]
        pub fn spin() -> u32 {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            runtime.expect("a runtime").block_on(async { 7 })
        }
    "#;
    let built = Family::written("spinning", SOURCE.to_owned())
        .feature("log")
        .feature("metrics")
        .depends(r#"tokio = { version = "1", default-features = false, features = ["rt"] }"#)
        .build();
    let file = built.file(BASE);
    hotmod(&["inspect"], &[&file]).prints(&[
        "forwards    log, metrics",
        "runtimes    tokio: the version's own, beside its host's",
    ]);
    let json = |file: &Path| hotmod(&["inspect", "--format=json"], &[file]).json();
    let module = json(&file);
    assert_eq!(module["forwards"], json!(["log", "metrics"]));
    assert_eq!(module["runtimes"], json!(["tokio"]));
    let module = json(&ARENA.file(BASE));
    assert_eq!(module["forwards"], json!([]));
    assert_eq!(module["runtimes"], json!([]));
    let directory = tempfile::tempdir().expect("a directory");
    let stripped = directory.path().join("stripped.so");
    let mut strip = Command::new("strip");
    let strip = strip.arg(&file).arg("-o").arg(&stripped).status();
    assert!(strip.expect("binutils").success());
    hotmod(&["inspect"], &[&stripped]).prints(&[
        "forwards    log, metrics",
        "runtimes    cannot be seen in a file that is stripped of its symbols",
    ]);
    assert_eq!(json(&stripped)["runtimes"], Value::Null);
}

#[test]
fn inspect_shows_what_takes_part_in_migrations() {
    inspect("cli-hooks").prints(&["  migrate to Slot", "  after_migrate of World"]);
    let module = hotmod(&["inspect", "--format=json"], &[&ARENA.file("cli-hooks")]).json();
    assert_eq!(module["hooks"], json!([{ "type": "Slot" }]));
    assert_eq!(module["checks"], json!([{ "state": "World" }]));

    let answer = diff_json(BASE, "cli-hooks");
    assert_eq!(at(&answer, "World.slot?")["rule"], "converted");
    let guarded = answer["differences"].as_array().expect("a list");
    let checked = guarded.iter().find(|it| it["rule"] == "check-impossible");
    assert_eq!(checked.expect("a `Mutex` in the way")["refuses"], true);
}

#[test]
fn inspect_and_diff_show_which_functions_are_pure() {
    inspect("cli-pure").prints(&[
        "  pure fn damage(base: u32, armour: u32) -> u32",
        "  fn look(at: &Point) -> u32",
    ]);
    let pure = |variant| hotmod(&["inspect", "--format=json"], &[&ARENA.file(variant)]).json();
    assert_eq!(pure(BASE)["pure"], json!([]));
    assert_eq!(pure("cli-pure")["pure"], json!(["damage"]));
    let answer = diff_json("cli-pure", BASE);
    assert_eq!(answer["verdict"], "adopt");
    let purity = at(&answer, "damage()");
    assert_eq!(
        (&purity["rule"], &purity["was"], &purity["now"]),
        (&json!("purity-changed"), &json!("pure"), &json!("not pure"))
    );
}

#[test]
fn inspect_prints_all_of_it_as_json() {
    let file = ARENA.file(BASE);
    let ended = hotmod(&["inspect", "--format=json"], &[&file]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let module = ended.json();
    let known = hotmod_file::inspect(&file).expect("a module");
    assert_eq!(module["file"], file.display().to_string());
    assert_eq!(module["digest"], known.digest().to_string());
    assert_eq!(module["module"], "arena");
    assert_eq!(module["version"], "1.1.0");
    assert_eq!(module["abi"], hotmod::root::ABI);
    assert_eq!(
        module["toolchain"],
        json!({
            "rustc": hotmod::root::RUSTC,
            "commit": hotmod::root::COMMIT,
            "target": hotmod::root::TARGET,
        })
    );
    assert_eq!(module["panic"], "unwind");
    assert_eq!(module["allocator"], "host");
    let needs = json!({
        "libraries": libraries(BASE), "settings": [], "static_tls": false, "refused": [],
    });
    assert_eq!(module["needs"], needs);
    assert_eq!(module["inits"], json!([{ "state": "World" }]));
    assert_eq!(
        (&module["hooks"], &module["checks"]),
        (&json!([]), &json!([]))
    );

    let damage = json!({
        "name": "damage",
        "signature": "fn damage(base: u32, armour: u32) -> u32",
        "receiver": "none",
        "params": [
            { "name": "base", "type": "u32", "default": false },
            { "name": "armour", "type": "u32", "default": false },
        ],
        "returns": "u32",
        "async": false,
        "local": false,
        "optional": false,
        "removed": [],
    });
    assert_eq!(*named(&module["functions"], "damage"), damage);
    let arena = named(&module["interfaces"], "Arena");
    assert_eq!(arena["state"], "World");
    let advance = json!({
        "name": "advance",
        "signature": "fn advance(&mut self, ticks: u64) -> u64",
        "receiver": "exclusive",
        "params": [{ "name": "ticks", "type": "u64", "default": false }],
        "returns": "u64",
        "async": false,
        "local": false,
        "optional": false,
        "removed": [],
    });
    assert_eq!(*named(&arena["methods"], "advance"), advance);

    let packet = named(&module["types"], "Packet");
    assert_eq!(packet["kind"], "struct");
    assert_eq!(packet["size"], 12);
    let rate = json!({
        "name": "rate", "type": "f32", "size": 4, "align": 4, "offset": 8, "attributes": [],
    });
    assert_eq!(*named(&packet["fields"], "rate"), rate);
    let level = named(&module["types"], "Level");
    assert_eq!(level["kind"], "enum");
    assert_eq!(level["repr"], false);
    assert_eq!(named(&level["variants"], "High")["discriminant"], 3);
    let angry = named(&named(&module["types"], "Mood")["variants"], "Angry").clone();
    assert_eq!(angry["fields"][0]["offset"], Value::Null);
    assert_eq!(named(&module["types"], "Tagged")["repr"], true);

    for ty in known.manifest().types.keys() {
        let prints = hotmod::describe::Fingerprints::of(known.manifest(), ty);
        let expected = json!({
            "layout": prints.layout.to_string(),
            "schema": prints.schema.to_string(),
            "meaning": prints.meaning.to_string(),
        });
        let shown = named(&module["types"], &ty.to_string());
        assert_eq!(shown["fingerprints"], expected, "{ty}");
    }
}

/// What a signature says of callers that were compiled with another form of it.
#[test]
fn inspect_lists_what_callers_may_leave_out() {
    const SOURCE: &str = "hotmod::module! { name: \"evolving\", version: \"1.0.0\" }\n\
        #[derive(hotmod::StableState)]\npub enum Reply {\n    Done,\n    #[state(other)]\n    \
        Unknown(String),\n}\n\
        #[hotmod::interface]\npub trait Room {\n    #[hotmod::optional]\n    fn count(&self) -> u32;\n    \
        #[hotmod(removed(\"armour\"), removed(\"luck\"))]\n    fn scale(&self, base: u32, \
        #[hotmod(default = 2)] factor: u32) -> Reply;\n}\n\
        #[derive(hotmod::StableState)]\npub struct Chat;\n\
        #[hotmod::export]\nimpl Room for Chat {\n    fn count(&self) -> u32 {\n        1\n    }\n    \
        fn scale(&self, base: u32, factor: u32) -> Reply {\n        let _ = base * factor;\n        \
        Reply::Done\n    }\n}\n\
        #[hotmod::export]\n#[hotmod(removed(\"speed\"))]\npub fn damage(base: u32, \
        #[hotmod(default)] armour: u32) -> u32 {\n    base - armour\n}\n";
    let file = Family::written("cli-evolving", SOURCE.to_owned())
        .build()
        .file(BASE);
    let module = hotmod(&["inspect", "--format", "json"], &[&file]).json();
    let damage = named(&module["functions"], "damage");
    assert_eq!(damage["removed"], json!(["speed"]));
    let defaults = |it: &Value| {
        let params = it["params"].as_array().expect("a list").clone();
        params
            .iter()
            .map(|it| it["default"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(defaults(damage), [json!(false), json!(true)]);
    let room = named(&module["interfaces"], "Room");
    let (count, scale) = (
        named(&room["methods"], "count"),
        named(&room["methods"], "scale"),
    );
    assert_eq!(
        (&count["optional"], &scale["optional"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        (&count["removed"], &scale["removed"]),
        (&json!([]), &json!(["armour", "luck"]))
    );
    assert_eq!(defaults(scale), [json!(false), json!(true)]);
    let reply = named(&module["types"], "Reply");
    assert_eq!(
        named(&reply["variants"], "Unknown")["attributes"],
        json!(["other"])
    );
}

/// What the loader opens runs before anything is checked, so it is shown, and a host that does not
/// allow it refuses.
#[test]
fn inspect_diff_and_check_judge_what_a_module_has_the_loader_do() {
    const SOURCE: &str = "hotmod::module! { name: \"steered\", version: \"1.0.0\" }\n\
                          #[hotmod::export]\npub fn one() -> u32 {\n    1\n}\n";
    let plain = Family::written("cli-plain", SOURCE.to_owned()).build();
    let steered = Family::written("cli-steered", SOURCE.to_owned())
        .linked(&["-Wl,-rpath,/opt/\u{1b}[2J".to_owned()])
        .build();
    let (plain, steered) = (plain.file(BASE), steered.file(BASE));
    let ended = hotmod(&["inspect"], &[&steered]);
    assert_eq!(ended.status, Some(0));
    ended.prints(&[
        "            RUNPATH /opt/\\x1b[2J",
        "refused by a host that does not allow it",
    ]);
    let refused = &hotmod(&["inspect", "--format=json"], &[&steered]).json()["needs"]["refused"];
    assert_eq!(refused[0]["rule"], "search-path-not-allowed");

    let ended = hotmod(&["diff"], &[&plain, &steered]);
    assert_eq!(ended.status, Some(3));
    assert!(
        ended.stdout.contains("RUNPATH: expected"),
        "{}",
        ended.stdout
    );
    for (flags, old) in [
        (&["diff", "--allow-search-paths"][..], &plain),
        (&["diff"], &steered),
    ] {
        let ended = hotmod(flags, &[old, &steered]);
        assert_eq!(ended.status, Some(0), "{}", ended.stdout);
    }

    let folder = tempfile::tempdir().expect("a directory");
    let lock = hotmod_in(folder.path(), &["lock"], &[&plain]);
    assert_eq!(lock.status, Some(0), "{}", lock.stderr);
    let ended = hotmod_in(folder.path(), &["check"], &[&steered]);
    assert_eq!(ended.status, Some(3), "{}{}", ended.stdout, ended.stderr);
    let ended = hotmod_in(
        folder.path(),
        &["check", "--allow-search-paths"],
        &[&steered],
    );
    assert_eq!(ended.status, Some(0), "{}{}", ended.stdout, ended.stderr);
}

/// A terminal acts on control characters, and invisible marks reorder what it shows.
#[test]
fn names_are_escaped_as_text_and_as_json() {
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("a\u{1b}[2J\u{202e}b\u{e0041}\nc.so");
    let hidden = |text: &str| text.chars().any(|it| it != '\n' && is_hidden(it));
    std::fs::write(&file, "text").expect("a file");
    let refused = hotmod(&["inspect"], &[&file]);
    assert_eq!(refused.status, Some(2));
    assert!(
        refused.stderr.contains("a\\u{1b}[2J\\u{202e}b"),
        "{}",
        refused.stderr
    );
    assert!(!hidden(&refused.stderr), "{}", refused.stderr);

    std::fs::copy(ARENA.file(BASE), &file).expect("a module");
    let shown = hotmod(&["inspect"], &[&file]);
    let line = shown.stdout.lines().find(|it| it.starts_with("file "));
    assert!(
        line.is_some_and(|it| it.ends_with("b\\u{e0041}\\nc.so")),
        "{line:?}"
    );
    assert!(!hidden(&shown.stdout));
    let json = hotmod(&["inspect", "--format=json"], &[&file]);
    assert!(!hidden(&json.stdout));
    assert_eq!(json.json()["file"], file.display().to_string());
    let compared = hotmod(&["diff"], &[&file, &file]);
    assert!(!hidden(&compared.stdout) && compared.status == Some(0));
}

#[test]
fn inspect_shows_the_schema_of_a_type() {
    let file = ARENA.file(BASE);
    let module = hotmod_file::inspect(&file).expect("a module");
    let state = module.manifest().states().next().expect("a state");
    let name = state.to_string();
    let ended = hotmod(&["inspect", "--schema", &name], &[&file]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let schema = ended.json();
    assert_eq!(schema, hotmod_file::schema(module.manifest(), state));
    assert_eq!(schema["title"], json!(name));
    let json = hotmod(
        &["inspect", "--format", "json", "--schema", &name],
        &[&file],
    );
    assert_eq!(json.json(), schema);

    let ended = hotmod(&["inspect", "--schema", "Nothing"], &[&file]);
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
    let told =
        "error: module `arena` describes no type `Nothing` [HM-0702]\n    help: its states are";
    assert!(ended.stderr.starts_with(told), "{}", ended.stderr);
}
