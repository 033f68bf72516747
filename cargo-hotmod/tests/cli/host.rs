//! A host that is asked about: by the file that it wrote, and by the lock of that.

use std::fs;
use std::path::{Path, PathBuf};

use hotmod_host::{Host, HostBuilder};
use hotmod_tests::fixture::BASE;
use hotmod_tests::foreseen;
use hotmod_tests::interfaces::arena::{Arena, Point};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{ARENA, Ended, VARIANTS, at, hotmod, hotmod_in};

/// Hosts that know more of places than the modules do, and less.
mod ages {
    pub(super) mod newer {
        use hotmod::StableState;

        #[derive(StableState, Clone, Debug, PartialEq)]
        pub(crate) struct Point {
            #[state(default = 5)]
            pub(crate) z: u8,
            #[state(checked)]
            pub(crate) x: u16,
            pub(crate) y: f32,
            pub(crate) tag: Tag,
        }

        #[derive(StableState, Clone, Debug, PartialEq)]
        pub(crate) enum Tag {
            Plain,
            Numbered(u32),
            #[state(other)]
            Other(String),
        }

        #[hotmod::interface]
        pub(crate) trait Arena: Sync {
            fn show(&self) -> String;
            fn strike(&self, base: u32, #[hotmod(default = 2)] luck: u32, armour: u32) -> u32;
            #[hotmod::optional]
            fn leave(&self, at: &Point) -> u32;
            fn shift(&self, from: &Point, to: &Point);
        }
    }

    pub(super) mod passing {
        use std::collections::VecDeque;

        #[hotmod::interface]
        pub(crate) trait Arena {
            fn strike(&self, armour: u32, base: u64) -> u8;
            fn title(&self, name: String, titles: VecDeque<String>) -> Option<Box<str>>;
        }
    }

    pub(super) mod retyped {
        #[hotmod::interface]
        pub(crate) trait Arena {
            fn strike(&self, base: u32, armour: String) -> u32;
        }
    }
}

fn hosts() -> Vec<HostBuilder> {
    vec![
        Host::builder().expects::<dyn Arena>("arena"),
        Host::builder()
            .expects::<dyn Arena>("arena")
            .expects_function::<fn(u32, u32) -> u32>("arena", "damage")
            .provide("note", |text: &str| println!("{text}"))
            .provide("broadcast", |room: u64, at: &Point| -> u32 {
                at.x + u32::try_from(room).unwrap_or(0)
            }),
        Host::builder()
            .expects::<dyn ages::newer::Arena>("arena")
            .provide("broadcast", |room: u64, at: &ages::newer::Point| -> u32 {
                u32::from(at.x) + u32::try_from(room).unwrap_or(0)
            })
            .allow_panic_abort(true),
        Host::builder().expects::<dyn ages::retyped::Arena>("arena"),
        Host::builder().expects::<dyn ages::retyped::Arena>("another"),
    ]
}

/// What a host wrote, and the lock of it.
fn written(host: &HostBuilder) -> (TempDir, PathBuf, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("server.hotmod");
    let host = host.clone().build().expect("a host");
    host.expectations().write_to(&file).expect("a file");
    let ended = hotmod_in(directory.path(), &["lock"], &[&file]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let said = host.expectations().to_string();
    assert_eq!(ended.stdout, format!("hotmod-host.lock: {said}\n"));
    let lock = directory.path().join("hotmod-host.lock");
    (directory, file, lock)
}

fn asked(verb: &[&str], host: &Path, files: &[&Path]) -> Ended {
    let host = host.to_str().expect("UTF-8");
    hotmod(&[verb, &["--host", host]].concat(), files)
}

#[test]
fn what_is_said_of_a_file_is_what_the_host_does_with_it() {
    let (mut accepted, mut refused) = (0, 0);
    for host in hosts() {
        let (_directory, file, lock) = written(&host);
        for variant in [BASE].iter().chain(VARIANTS.iter().map(|(name, _)| name)) {
            let module = ARENA.file(variant);
            let json = ["diff", "--format", "json"];
            let [by_file, by_lock] = [&file, &lock].map(|host| asked(&json, host, &[&module]));
            assert_eq!(by_file.stderr, "");
            let (said, mut again) = (by_file.json(), by_lock.json());
            // But for its name, which is in the answer.
            again["host"]["file"] = said["host"]["file"].clone();
            assert_eq!(said, again, "{variant}");
            // What has a constructor that ends the process is not loaded here.
            if *variant == "cli-constructor" {
                continue;
            }
            match foreseen::load(&host, &module) {
                Ok(_) => {
                    assert_eq!(
                        (by_file.status, &said["verdict"]),
                        (Some(0), &json!("adopt"))
                    );
                    accepted += 1;
                }
                Err(refusal) => {
                    assert_eq!(
                        (by_file.status, &said["verdict"]),
                        (Some(3), &json!("refuse"))
                    );
                    // The command line says what is found in all stages; the host ends with the first.
                    for difference in refusal.differences() {
                        let all = said["differences"].as_array().expect("a list");
                        let is = |it: &&Value| it["path"] == difference.path;
                        let found = all.iter().find(is).expect("the same");
                        let code = difference.rule.code();
                        assert_eq!(found["code"], code.to_string());
                        assert_eq!(found["rule"], code.name());
                        assert_eq!(found["help"], difference.help);
                    }
                    refused += 1;
                }
            }
        }
    }
    assert!(accepted > 20 && refused > 20, "{accepted} and {refused}");
}

#[test]
fn a_host_is_asked_whether_it_loads_a_file() {
    let [base, imports] = [BASE, "cli-imports"].map(|it| ARENA.file(it));
    let hosts = hosts();
    let (_directory, file, lock) = written(&hosts[2]);
    let ended = asked(&["diff"], &file, &[&base]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(3), ""));
    let start = format!(
        "refuse: module `arena` 1.1.0 ({}) does not suit the host of {}\n",
        base.display(),
        file.display()
    );
    assert!(ended.stdout.starts_with(&start), "{}", ended.stdout);
    ended.prints(&[
        "  Arena::leave(): was `fn leave(&self, at: &Point) -> u32`, which is optional, now absent",
    ]);
    let by_lock = asked(&["diff"], &lock, &[&base]);
    assert_eq!(
        by_lock.stdout,
        ended.stdout.replace("server.hotmod", "hotmod-host.lock")
    );

    let (_directory, file, _) = written(&hosts[0]);
    let ended = asked(&["diff"], &file, &[&base]);
    assert_eq!(
        ended.stdout,
        format!(
            "adopt: module `arena` 1.1.0 ({}) suits the host of {}\n",
            base.display(),
            file.display()
        )
    );
    let ended = asked(&["diff"], &file, &[&imports]);
    assert_eq!(ended.status, Some(3));
    ended.prints(&[
        "  import note(): expected a host that provides `fn note(text: &str)`, found one that does not",
    ]);
    let answer = asked(&["diff", "--format", "json"], &file, &[&base]).json();
    assert_eq!(answer["old"], Value::Null);
    assert_eq!(answer["host"]["file"], json!(file));
    assert_eq!(answer["new"]["module"], "arena");
}

#[test]
fn an_update_is_held_against_the_host_that_is_to_do_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let hosts = hosts();
    let base = ARENA.file(BASE);
    let locked = hotmod_in(directory.path(), &["lock"], &[&base]);
    assert_eq!(locked.status, Some(0));
    let lock = directory.path().join("hotmod.lock");
    let lock = lock.to_str().expect("UTF-8");
    for (host, variant, status, path) in [
        // Without the host, the import is the host's to provide.
        (None, "cli-imports", 0, "import note()"),
        (Some(0), "cli-imports", 3, "import note()"),
        (Some(1), "cli-imports", 0, "import note()"),
        // Nothing of the host calls it.
        (Some(1), "cli-export-added", 0, "ping()"),
        (Some(3), "cli-export-added", 3, "Arena::strike(armour)"),
    ] {
        let written = host.map(|host: usize| written(&hosts[host]));
        let host = written
            .as_ref()
            .map(|(_, file, _)| file.to_str().expect("UTF-8"));
        let of_host: Vec<&str> = host.into_iter().flat_map(|host| ["--host", host]).collect();
        let new = ARENA.file(variant);
        let diff = hotmod(
            &[&["diff", "--format", "json"], &*of_host].concat(),
            &[&base, &new],
        );
        let check = [&["check", "--format", "json", "--lock", lock], &*of_host].concat();
        let check = hotmod(&check, &[&new]);
        for ended in [diff, check] {
            assert_eq!(ended.status, Some(status), "{variant}: {}", ended.stdout);
            let answer = ended.json();
            let refuses = &at(&answer, path)["refuses"];
            assert_eq!(refuses, &json!(status == 3), "{variant}: {answer:#}");
            assert_eq!(answer["host"]["file"].as_str(), host);
        }
    }
    // As a sentence.
    let (_directory, file, _) = written(&hosts[1]);
    let ended = asked(&["diff"], &file, &[&base, &base]);
    let end = format!(" in the host of {}", file.display());
    let first = ended.stdout.lines().next().expect("a line");
    assert!(first.ends_with(&end), "{first}");
}

#[test]
fn what_no_host_wrote_is_unusable() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    let base = ARENA.file(BASE);
    fs::write(path("text"), "hello").expect("a file");
    fs::write(path("cut"), "hotmhost\u{1}").expect("a file");
    fs::write(path("later.lock"), "{\"hotmod_host_lock\": 9}").expect("a file");
    let (_directory, _, lock) = written(&hosts()[2]);
    let whole = fs::read_to_string(&lock).expect("a lock");
    let edited = whole.replacen("\"Vec<String>\"", "\"Vec<Nobody>\"", 1);
    let edited = edited.replacen("\"u16\"", "\"Nobody\"", 1);
    fs::write(path("edited.lock"), edited).expect("a file");
    for (file, says) in [
        (path("absent"), "it cannot be read"),
        (directory.path().to_owned(), "not a regular file"),
        (path("text"), "neither what a host wrote nor a lock of that"),
        (path("cut"), "cut short or damaged"),
        (
            path("later.lock"),
            "it is of format 9, and 2 is what is known",
        ),
        (
            path("edited.lock"),
            "a record of the type `Nobody` that it mentions",
        ),
        (base.clone(), "stream did not contain valid UTF-8"),
    ] {
        let runs = [
            asked(&["diff"], &file, &[&base]),
            asked(&["diff"], &file, &[&base, &base]),
        ];
        for ended in runs {
            assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
            let start = format!("error: {} is unusable: ", file.display());
            assert!(ended.stderr.starts_with(&start), "{}", ended.stderr);
            assert!(ended.stderr.contains(says), "{says}: {}", ended.stderr);
            assert!(ended.stderr.contains("\n    help: "), "{}", ended.stderr);
        }
    }
}

/// Path by path: the rule, what it costs at each call, what may fail on a value, and what the other side lacks.
#[test]
fn each_path_of_a_converted_call_is_told() {
    let base = ARENA.file(BASE);
    let host = Host::builder()
        .expects::<dyn ages::passing::Arena>("arena")
        .expects_function::<fn(&str, ages::newer::Point) -> String>("arena", "label");
    let (directory, file, lock) = written(&host);
    let arguments = ["diff", "--format", "json"];
    let [loaded, by_lock] = [&file, &lock].map(|host| asked(&arguments, host, &[&base]).json());
    let module_lock = directory.path().join("hotmod.lock");
    let ended = hotmod(&["lock", "--output"], &[&module_lock, &base]);
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    let checked = [
        "check",
        "--format",
        "json",
        "--lock",
        module_lock.to_str().expect("UTF-8"),
    ];
    let checked = asked(&checked, &file, &[&base]).json();
    let rules = [
        ("label(text)", "call-converted"),
        ("label(at).x", "call-converted"),
        ("label(at).tag::Other", "call-may-fail"),
        ("label(at).z", "call-unseen"),
        ("Arena::strike()", "call-converted"),
        ("Arena::strike(base)", "call-may-fail"),
        ("Arena::strike() ->", "call-may-fail"),
        ("Arena::title(name)", "call-converted"),
        ("Arena::title(titles)", "call-converted"),
        ("Arena::title() -> ?", "call-converted"),
    ];
    // What is lent of a text that is given away costs nothing.
    let costs = [
        ("label(at)", "copied"),
        ("label(at).x", "copied"),
        ("label(at).tag", "copied"),
        ("label(at).z", "dropped"),
        ("label(text)", "rebuilt"),
        ("Arena::strike(base)", "copied"),
        ("Arena::strike() ->", "copied"),
        ("Arena::title(titles)", "rebuilt"),
        ("Arena::title(titles)[]", "rebuilt"),
        ("Arena::title() ->", "copied"),
        ("Arena::title() -> ?", "rebuilt"),
    ];
    for answer in [&loaded, &by_lock, &checked] {
        assert_eq!(answer["verdict"], "adopt", "{answer:#}");
        let all = answer["differences"].as_array().expect("a list").iter();
        let all = all.filter(|it| {
            it["rule"]
                .as_str()
                .is_some_and(|it| it.starts_with("call-"))
        });
        let told: Vec<_> = all
            .clone()
            .map(|it| json!([it["path"], it["rule"]]))
            .collect();
        assert_eq!(
            told,
            rules.map(|(path, rule)| json!([path, rule])),
            "{answer:#}"
        );
        for it in all {
            assert_eq!((&it["refuses"], &it["help"]), (&json!(false), &json!("")));
            assert!(it["was"] != "" && it["now"] != "", "{it:#}");
        }
        let told = answer["call_costs"].as_array().expect("a list");
        assert_eq!(
            *told,
            costs.map(|(path, cost)| json!({ "path": path, "cost": cost })),
        );
    }
}
