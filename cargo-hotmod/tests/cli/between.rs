//! A module beside others: what is said beforehand, from files and locks, held against what a host then does.

use std::fs;
use std::path::{Path, PathBuf};

use hotmod_host::describe::Difference;
use hotmod_host::{
    Host, HostBuilder, Module, Pool, Refusal, RollbackOptions, SharedInstance, Untyped,
    UpdateOptions,
};
use hotmod_tests::fixture::{BASE, Built};
use hotmod_tests::neighbours::{ARMS, Door, GUESTS, HALL, QUESTS, Room};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Ended, hotmod, hotmod_in};

const ARMS_ALL: [&str; 8] = [
    BASE, "double", "without", "luck", "heals", "healing", "wide", "text",
];
/// Without the one whose function that sets it up refuses some: no file says what that function does.
const QUESTS_ALL: [&str; 4] = [BASE, "newer", "peaceful", "heals"];

/// A host that runs, and what it has written down.
struct Asked {
    host: Host,
    directory: TempDir,
}

impl Asked {
    fn of(builder: HostBuilder) -> Self {
        Asked {
            host: builder.build().expect("a host"),
            directory: tempfile::tempdir().expect("a directory"),
        }
    }

    fn load(&self, file: &Path) -> Module<Untyped> {
        let module = self.host.load_untyped(file);
        module.unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    /// What is said of these files, beside those, in the host as it is now.
    fn said(&self, verb: &[&str], beside: &[&Path], files: &[&Path]) -> Ended {
        let written = self.directory.path().join("server.hotmod");
        self.host.expectations().write_to(&written).expect("a file");
        let with = beside.iter().flat_map(|it| ["--with", text(it)]);
        let host = ["--format", "json", "--host", text(&written)];
        let arguments: Vec<&str> = verb.iter().copied().chain(host).chain(with).collect();
        let ended = hotmod(&arguments, files);
        assert_eq!(ended.stderr, "");
        ended
    }

    /// A directory with nothing in it: no other module runs.
    fn empty(&self) -> PathBuf {
        let empty = self.directory.path().join("empty");
        fs::create_dir_all(&empty).expect("a directory");
        empty
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

type Told = (String, String, String, String, String);

/// What an answer says, as the host would.
fn told(answer: &Value, refusing: bool) -> Vec<Told> {
    let all = answer["differences"].as_array().expect("a list").iter();
    let all = all.filter(|it| !refusing || it["refuses"] == json!(true));
    let of = |it: &Value, name: &str| it[name].as_str().expect("text").to_owned();
    all.map(|it| {
        let [path, was, now, rule, help] =
            ["path", "was", "now", "rule", "help"].map(|name| of(it, name));
        (path, was, now, rule, help)
    })
    .collect()
}

fn done<'a>(all: impl IntoIterator<Item = &'a Difference>) -> Vec<Told> {
    let all = all.into_iter();
    all.map(|it| {
        let Difference {
            path,
            was,
            now,
            rule,
            help,
        } = it;
        (
            path.clone(),
            was.clone(),
            now.clone(),
            rule.code().name().to_owned(),
            help.clone(),
        )
    })
    .collect()
}

/// Holds what was said against what the host did; `true` if it did it.
fn agrees(what: &str, said: &Ended, outcome: Result<Option<Vec<Difference>>, Refusal>) -> bool {
    let answer = said.json();
    match outcome {
        Ok(differences) => {
            assert_eq!(said.status, Some(0), "{what}: {answer:#}");
            if let Some(differences) = differences {
                assert_eq!(told(&answer, false), done(&differences), "{what}");
            }
            true
        }
        Err(refusal) => {
            assert_eq!(said.status, Some(3), "{what}: {refusal}");
            let refusing = refusal.differences().iter().filter(|it| it.rule.refuses());
            assert_eq!(told(&answer, true), done(refusing), "{what}");
            false
        }
    }
}

/// Counts what was done and what was refused.
#[derive(Default)]
struct Counted([usize; 2]);

impl Counted {
    fn note(&mut self, is_done: bool) {
        self.0[usize::from(!is_done)] += 1;
    }

    fn at_least(self, done: usize, refused: usize) {
        let [has_done, has_refused] = self.0;
        assert!(
            has_done >= done && has_refused >= refused,
            "{has_done} done, {has_refused} refused"
        );
    }
}

/// Loads a module beside another one that runs.
fn loads(counted: &mut Counted, running: Option<(&Built, &str)>, (of, variant): (&Built, &str)) {
    let asked = Asked::of(Host::builder());
    let empty = asked.empty();
    let beside = match running {
        Some((of, variant)) => {
            let file = of.file(variant);
            asked.load(&file);
            file
        }
        None => empty,
    };
    let file = of.file(variant);
    let said = asked.said(&["diff"], &[&beside], &[&file]);
    let loaded = asked.host.load_untyped(&file).map(|_| None);
    counted.note(agrees(
        &format!("{variant} beside {}", beside.display()),
        &said,
        loaded,
    ));
}

#[test]
fn what_is_said_of_a_load_beside_others_is_what_the_host_does() {
    let mut counted = Counted::default();
    for quests in QUESTS_ALL {
        loads(&mut counted, None, (&QUESTS, quests));
        for arms in ARMS_ALL {
            loads(&mut counted, Some((&ARMS, arms)), (&QUESTS, quests));
        }
    }
    for arms in ["self", "circle"] {
        loads(&mut counted, None, (&ARMS, arms));
    }
    counted.at_least(10, 10);
}

/// Updates a module beside another one that runs, and back.
fn updates(
    counted: &mut Counted,
    beside: (&Built, &str),
    (of, was, now): (&Built, &str, &str),
    first: bool,
) {
    let asked = Asked::of(Host::builder());
    let (other, was, now) = (beside.0.file(beside.1), of.file(was), of.file(now));
    let what = format!("{} beside {}", now.display(), other.display());
    let module = match first {
        true => {
            let module = asked.load(&was);
            asked.load(&other);
            module
        }
        false => {
            asked.load(&other);
            asked.load(&was)
        }
    };
    let said = asked.said(&["diff"], &[&other], &[&was, &now]);
    let back = asked.said(&["diff", "--back"], &[&other], &[&was, &now]);
    let updated = module.update(&now);
    let is_done = agrees(&what, &said, updated.map(|it| Some(it.differences)));
    counted.note(is_done);
    if is_done && was != now {
        let rolled_back = module.rollback().map(|it| Some(it.differences));
        agrees(&format!("back from {what}"), &back, rolled_back);
    }
}

#[test]
fn what_is_said_of_an_update_beside_others_is_what_the_host_does() {
    let mut counted = Counted::default();
    for arms in ARMS_ALL.into_iter().chain(["grown"]) {
        for quests in [BASE, "peaceful"] {
            updates(&mut counted, (&QUESTS, quests), (&ARMS, BASE, arms), true);
        }
    }
    for quests in QUESTS_ALL {
        for arms in [BASE, "healing", "double"] {
            updates(&mut counted, (&ARMS, arms), (&QUESTS, BASE, quests), false);
        }
    }
    counted.at_least(15, 5);
}

#[test]
fn what_is_said_of_modules_that_are_updated_together_is_what_the_host_does() {
    let mut counted = Counted::default();
    for arms in ["heals", "without", "wide"] {
        for quests in ["heals", "peaceful", "newer"] {
            let asked = Asked::of(Host::builder());
            let was = [ARMS.file(BASE), QUESTS.file(BASE)];
            let now = [ARMS.file(arms), QUESTS.file(quests)];
            let modules = was.each_ref().map(|file| asked.load(file));
            // Each beside the other as it is to be.
            let said = [(0, 1), (1, 0)].map(|(this, other)| {
                let files: [&Path; 2] = [&was[this], &now[this]];
                asked.said(&["diff"], &[&now[other]], &files)
            });
            let back = [(0, 1), (1, 0)].map(|(this, other)| {
                let files: [&Path; 2] = [&was[this], &now[this]];
                let alone = asked.said(&["diff", "--back"], &[&now[other]], &files);
                let both = asked.said(&["diff", "--back"], &[&was[other]], &files);
                (alone, both)
            });
            let files = modules.iter().zip(&now);
            let updated = asked.host.update_all(files, &UpdateOptions::new());
            let is_said = said.iter().all(|it| it.status == Some(0));
            assert_eq!(is_said, updated.is_ok(), "{arms} and {quests}");
            counted.note(is_said);
            if !is_said {
                continue;
            }
            for (module, (alone, both)) in modules.iter().zip(&back) {
                let report = module.rollback_report().map(|it| Some(it.differences));
                agrees(&format!("{arms} and {quests}, alone"), alone, report);
                assert_eq!(both.status, Some(0), "{}", both.stdout);
            }
            let all = asked.host.rollback_all(&modules, &RollbackOptions::new());
            all.unwrap_or_else(|refusal| panic!("{refusal}"));
        }
    }
    counted.at_least(2, 3);
}

fn town() -> HostBuilder {
    Host::builder().provide("back", |key: u64| -> String { key.to_string() })
}

#[test]
fn what_is_said_of_instances_that_others_call_is_what_the_host_does() {
    let mut counted = Counted::default();
    for hall in [BASE, "loud", "times", "silent"] {
        for guests in [BASE, "patient"] {
            let asked = Asked::of(town());
            let [hall_file, guests] = [HALL.file(hall), GUESTS.file(guests)];
            asked.load(&hall_file);
            let said = asked.said(&["diff"], &[&hall_file], &[&guests]);
            let loaded = asked.host.load_untyped(&guests).map(|_| None);
            counted.note(agrees(hall, &said, loaded));
        }
        let asked = Asked::of(town());
        let [was, now, guests] = [HALL.file(BASE), HALL.file(hall), GUESTS.file(BASE)];
        let module = asked.host.load::<dyn Room>(&was);
        let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
        asked.load(&guests);
        let said = asked.said(&["diff"], &[&guests], &[&was, &now]);
        let updated = module.update(&now).map(|it| Some(it.differences));
        counted.note(agrees(hall, &said, updated));
    }
    counted.at_least(6, 2);
}

#[test]
fn the_names_that_a_host_has_and_their_keys_are_kept() {
    let asked = Asked::of(town());
    let hall = asked.host.load::<dyn Room>(HALL.file(BASE));
    let hall = hall.unwrap_or_else(|refusal| panic!("{refusal}"));
    let pool = Pool::<u32, dyn Room>::builder(&hall).name("rooms").build();
    let _rooms = pool.expect("a pool");
    let pool = Pool::<Door, dyn Room>::builder(&hall).name("doors").build();
    let _doors = pool.expect("a pool");
    let _lobby: SharedInstance<dyn Room> = SharedInstance::builder(&hall)
        .name("lobby")
        .create("lobby")
        .expect("an instance");
    let file = asked.directory.path().join("server.hotmod");
    asked.host.expectations().write_to(&file).expect("a file");
    let locked = hotmod_in(asked.directory.path(), &["lock"], &[&file]);
    assert_eq!((locked.status, locked.stderr.as_str()), (Some(0), ""));
    locked.prints(&[
        "  keeps under a name:",
        "    doors: a pool by `Door` of module `hall`",
        "    lobby: a shared instance of module `hall`",
        "    rooms: a pool by `u32` of module `hall`",
    ]);
    let guests = GUESTS.file(BASE);
    let by_file = asked.said(&["diff"], &[&HALL.file(BASE)], &[&guests]);
    let unlike = "a pool by `u64` of module `hall`";
    let refusing = told(&by_file.json(), true);
    let paths: Vec<_> = refusing.iter().map(|it| (&*it.0, &*it.1)).collect();
    assert_eq!(paths, [("import rooms", unlike)]);
    // By the lock it is the same, and by no other module: the names are the host's.
    let lock = asked.directory.path().join("hotmod-host.lock");
    for with in [&["--with", text(&HALL.file(BASE))][..], &[]] {
        let arguments = [&["diff", "--format", "json", "--host", text(&lock)], with].concat();
        let by_lock = hotmod(&arguments, &[&guests]);
        assert_eq!(told(&by_lock.json(), true), refusing, "{}", by_lock.stderr);
    }
    let loaded = asked.host.load_untyped(&guests).map(|_| None);
    assert!(!agrees("guests", &by_file, loaded));
}

/// The lock of a module, in a directory.
fn locked(directory: &Path, name: &str, file: &Path) -> PathBuf {
    let lock = directory.join(name);
    let ended = hotmod(&["lock", "--output", text(&lock)], &[file]);
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    lock
}

#[test]
fn a_lock_keeps_what_a_module_needs_of_others() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    let [base, peaceful, heals] = [BASE, "peaceful", "heals"].map(|it| QUESTS.file(it));
    let lock = locked(directory, "quests.lock", &base);
    let again = hotmod(&["lock", "--output", text(&lock)], &[&base]);
    assert!(
        again.stdout.ends_with(", uses modules: arms\n"),
        "{}",
        again.stdout
    );
    let check = |file: &Path| hotmod(&["check", "--lock", text(&lock)], &[file]);
    // What stays says nothing.
    let same = check(&base);
    assert_eq!(same.status, Some(0));
    assert!(!same.stdout.contains("import arms::"), "{}", same.stdout);
    check(&peaceful).prints(&[
        "  import arms::damage(): was `fn damage(base: u32, armour: u32) -> u32`, now not needed",
    ]);
    let ended = check(&heals);
    ended.prints(&[
        "  import arms::damage(): was `fn damage(base: u32, armour: u32) -> u32`, now not needed",
        "  import arms::heal(): was absent, now `fn heal(by: u32) -> u32`, which module `arms` must have",
        "not held against the modules that it uses: `arms`",
        "  help: name the modules that run beside it by --with",
    ]);
    // Beside others, as they are.
    for (arms, status) in [(BASE, 3), ("healing", 0), ("heals", 0)] {
        let file = ARMS.file(arms);
        let arms = locked(directory, &format!("{arms}.lock"), &file);
        let [by_file, by_lock] = [&file, &arms].map(|other| {
            let with = ["--with", text(other)];
            hotmod(
                &[&["check", "--lock", text(&lock)], &with[..]].concat(),
                &[&heals],
            )
        });
        assert_eq!(by_file.status, Some(status), "{}", by_file.stdout);
        assert_eq!(
            by_lock.stdout,
            by_file.stdout.replace(text(&file), text(&arms))
        );
        let first = by_file.stdout.lines().next().expect("a line");
        let version = hotmod_host::inspect(&file)
            .expect("a module")
            .build()
            .version
            .clone();
        let end = format!(", beside `arms` {version} ({})", file.display());
        assert!(first.ends_with(&end), "{first}");
    }
    // The locks of instances and of what they are called with.
    let guests = locked(directory, "guests.lock", &GUESTS.file(BASE));
    for (hall, status) in [(BASE, 0), ("times", 0), ("silent", 3)] {
        let [was, now] = [BASE, hall].map(|it| HALL.file(it));
        let ended = hotmod(&["diff", "--with", text(&guests)], &[&was, &now]);
        assert_eq!(ended.status, Some(status), "{}", ended.stdout);
    }
}

/// A user can do without `luck`, which the first versions of the other module lack.
#[test]
fn what_is_absent_is_told_where_that_changed() {
    let (quests, base) = (QUESTS.file(BASE), ARMS.file(BASE));
    let diff = |old: &Path, new: &Path| {
        let ended = hotmod(&["diff", "--with", text(&quests)], &[old, new]);
        assert_eq!(ended.status, Some(0), "{}", ended.stdout);
        ended.stdout
    };
    let said = diff(&base, &ARMS.file("double"));
    assert!(!said.contains("luck"), "{said}");
    let said = diff(&ARMS.file("luck"), &ARMS.file("luck"));
    assert!(!said.contains("absent"), "{said}");
    let older = ["diff", "--allow-downgrade", "--with", text(&quests)];
    let ended = hotmod(&older, &[&ARMS.file("luck"), &base]);
    let absent = "luck(), as `quests` 1.0.0 calls it: was `fn luck(seed: u64) -> Result<u32, String>`, which is \
                  optional, now absent";
    assert!(ended.stdout.contains(absent), "{}", ended.stdout);
    // Of a module that needs it, it is what is expected.
    let load = hotmod(&["diff", "--with", text(&base)], &[&quests]);
    let expected = "import arms::luck(): expected module `arms` with `fn luck(seed: u64) -> Result<u32, String>`, \
                    which is optional, found 1.0.0, which has none";
    assert!(load.stdout.contains(expected), "{}", load.stdout);
}

#[test]
fn modules_are_named_by_their_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    let copy = |name: &str, file: &Path| {
        fs::copy(file, directory.path().join(name)).expect("a copy");
    };
    copy("libarms.so", &ARMS.file(BASE));
    copy("libquests.so", &QUESTS.file(BASE));
    copy("libhall.so", &HALL.file(BASE));
    fs::write(directory.path().join("README"), "modules").expect("a file");
    let with = ["--with", text(directory.path())];
    // The module that is asked about may be among them.
    let ended = hotmod(
        &[&["diff", "--format", "json"], &with[..]].concat(),
        &[&ARMS.file(BASE), &ARMS.file("without")],
    );
    assert_eq!(ended.status, Some(3));
    let answer = ended.json();
    let names = |list: &Value| -> Vec<String> {
        let all = list.as_array().expect("a list").iter();
        all.map(|it| it["module"].as_str().expect("text").to_owned())
            .collect()
    };
    assert_eq!(names(&answer["others"]), ["hall", "quests"]);
    let one = hotmod(&[&["diff"], &with[..]].concat(), &[&QUESTS.file("heals")]);
    assert_eq!(one.status, Some(3));
    one.prints(&[
        "  import arms::heal(): expected module `arms` with `fn heal(by: u32) -> u32`, found 1.0.0, which has none",
    ]);
    let one = hotmod(&[&["diff"], &with[..]].concat(), &[&QUESTS.file("newer")]);
    assert_eq!(one.status, Some(0), "{}", one.stdout);
    let first = one.stdout.lines().next().expect("a line");
    assert!(
        first.contains("suits a host, beside `arms` 1.0.0 ("),
        "{first}"
    );
    // Nothing is said of others where none is asked about.
    let alone = hotmod(
        &["diff", "--format", "json"],
        &[&ARMS.file(BASE), &ARMS.file(BASE)],
    );
    assert_eq!(alone.json()["others"], Value::Null);
}

#[test]
fn others_that_cannot_be_are_unusable() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    fs::write(path("text"), "hello").expect("a file");
    let arms = ARMS.file(BASE);
    let before = locked(directory.path(), "before.lock", &arms);
    let old = fs::read_to_string(&before).expect("a lock");
    fs::write(
        &before,
        old.replacen("\"hotmod_lock\": 4", "\"hotmod_lock\": 3", 1),
    )
    .expect("a lock");
    let double = ARMS.file("double");
    for (with, says) in [
        (vec![path("absent")], "is refused"),
        (vec![path("text")], "is refused"),
        (
            vec![before],
            "does not say what the release needs of other modules",
        ),
        (vec![QUESTS.file(BASE)], "it is of module `quests` itself"),
        (vec![arms, double], "it is of module `arms`, and so is "),
    ] {
        let with: Vec<&str> = with.iter().flat_map(|it| ["--with", text(it)]).collect();
        let ended = hotmod(&[&["diff"], &*with].concat(), &[&QUESTS.file(BASE)]);
        assert_eq!((ended.status, ended.stdout.as_str()), (Some(2), ""));
        assert!(ended.stderr.contains(says), "{says}: {}", ended.stderr);
        assert!(ended.stderr.contains("help: "), "{}", ended.stderr);
    }
}
