//! Modules that read files of their host's, each as a value of its own.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use hotmod_host::describe::Rule;
use hotmod_host::{
    CanaryOptions, CanaryState, Function, Host, Module, Pool, Refusal, RefusalStage,
    RehearsalOptions, ResourceReport, RollbackOptions, ShadowOptions, Untyped, UpdateOptions,
    UpdateState, Watch, WatchReport,
};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::theatre::House;
use hotmod_tests::patience::{PATIENCE, until_state};
use tempfile::TempDir;

/// The file has another form.
const NAMED: &[Edit] = &[
    ("1.0.0", "1.1.0"),
    (
        "let number = text.trim();",
        "let number = text.trim().strip_prefix(\"seats = \").ok_or(\"not `seats = …`\")?;",
    ),
];
const CINEMA: Edit = ("name: \"theatre\"", "name: \"cinema\"");

static THEATRES: LazyLock<Built> = LazyLock::new(|| {
    Family::new("theatre")
        .variant("named", NAMED)
        .variant(
            "rows",
            &[
                ("1.0.0", "1.2.0"),
                (
                    "#[hotmod::loaded]",
                    "#[hotmod::resource(\"rows.txt\")]\nfn rows(bytes: &[u8]) -> Result<usize, String> {\n    \
                     Ok(bytes.len())\n}\n\n#[hotmod::loaded]",
                ),
                ("    plan::get().seats\n}", "    plan::get().seats * *rows::get() as u32\n}"),
            ],
        )
        .variant("cinema", &[CINEMA])
        .variant("cinema-named", &[NAMED, &[CINEMA]].concat())
        .build()
});

type Seats = Function<fn() -> u32>;

/// A host with its resources, and what is told of them.
struct Stage {
    folder: TempDir,
    host: Host,
}

impl Stage {
    fn new(seats: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let host = Host::builder().resource_dir(folder.path()).build();
        let stage = Stage {
            host: host.expect("a host"),
            folder,
        };
        stage.puts("seats.txt", seats);
        stage
    }

    /// Moves a file into its place.
    fn puts(&self, name: &str, text: &str) {
        let beside = self.folder.path().join(".next");
        fs::write(&beside, text).expect("a file");
        fs::rename(beside, self.folder.path().join(name)).expect("a file");
    }

    fn loads(&self, variant: &str) -> (Module<Untyped>, Seats) {
        let module = self.host.load_untyped(file(variant));
        let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
        let seats = module.function("seats").expect("a function");
        (module, seats)
    }

    fn watch(&self) -> (Watch, Receiver<ResourceReport>) {
        let (report, reports) = mpsc::channel();
        let watch = self.host.watch_resources();
        let watch = watch.on_report(move |it| drop(report.send(it.clone())));
        (watch.start().expect("a watch"), reports)
    }
}

fn houses(module: &Module<Untyped>) -> Module<dyn House> {
    let houses = module.interface::<dyn House>();
    houses.unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn file(variant: &str) -> PathBuf {
    THEATRES.file(variant)
}

fn rule(refusal: &Refusal) -> Rule {
    assert_eq!(refusal.differences().len(), 1, "{refusal}");
    refusal.differences()[0].rule
}

/// The next report, which is of what a version read: its version, and whether it makes a value of it.
fn read(reports: &Receiver<ResourceReport>) -> (String, bool) {
    match reports.recv_timeout(PATIENCE).expect("a report") {
        ResourceReport::Read { module_version, .. } => (module_version, true),
        ResourceReport::Refused { error, .. } => {
            let version = error.what().split([' ', ':']).nth(2).unwrap_or_default();
            (version.to_owned(), false)
        }
        other => panic!("{other}"),
    }
}

fn called(seats: &Seats) -> u32 {
    seats.call().expect("a call")
}

#[test]
fn a_module_reads_the_file_as_a_value_of_its_own() {
    let stage = Stage::new("7\n");
    let (module, seats) = stage.loads(BASE);
    assert_eq!(called(&seats), 7);
    let read = &module.manifest().resources["seats.txt"];
    assert_eq!(read.name, "plan");
    // Without a watch, the value stays.
    stage.puts("seats.txt", "8");
    assert_eq!(called(&seats), 7);
}

#[test]
fn a_module_without_the_file_is_refused_with_the_cure() {
    let stage = Stage::new("7");
    fs::remove_file(stage.folder.path().join("seats.txt")).expect("a file");
    let refused = |host: &Host, expected: &[&str]| {
        let refusal = host.load_untyped(file(BASE)).expect_err("no file");
        assert_eq!(rule(&refusal), Rule::ResourceRefused, "{refusal}");
        assert_eq!(refusal.stage(), RefusalStage::Prepare);
        let told = refusal.to_string();
        for expected in expected {
            assert!(told.contains(expected), "{told}");
        }
    };
    let missing = [
        "resource `seats.txt`: expected a file of which `plan` makes a value",
        "No such file",
    ];
    refused(&stage.host, &missing);
    stage.puts("seats.txt", "many");
    refused(
        &stage.host,
        &["\"many\" is no number of seats", "mend the file"],
    );
    stage.puts("seats.txt", "fire");
    refused(&stage.host, &["the theatre burns"]);
    // The function marked `loaded` has the value.
    stage.puts("seats.txt", "0");
    let refusal = stage
        .host
        .load_untyped(file(BASE))
        .expect_err("nobody could sit");
    assert_eq!(rule(&refusal), Rule::LoadedFailed);
    stage.puts("seats.txt", "9");
    assert_eq!(called(&stage.loads(BASE).1), 9);

    let without = Host::builder().build().expect("a host");
    refused(
        &without,
        &["no directory for resources", "HostBuilder::resource_dir"],
    );
}

#[test]
fn an_update_and_its_resource_are_one_and_are_rolled_back_together() {
    let stage = Stage::new("7");
    let (module, seats) = stage.loads(BASE);
    let events = stage.host.events();
    let refusal = module
        .update(file("named"))
        .expect_err("the file is of the old form");
    assert_eq!(rule(&refusal), Rule::ResourceRefused);
    assert!(
        refusal.to_string().contains("1.0.0 keeps running"),
        "{refusal}"
    );
    let rehearsal = module.rehearse(file("named"), &RehearsalOptions::new());
    assert!(
        rehearsal
            .expect_err("likewise")
            .to_string()
            .contains("not `seats = …`")
    );
    assert_eq!(called(&seats), 7);

    // The new form is none for the version that runs, which keeps its value.
    let (_watch, reports) = stage.watch();
    stage.puts("seats.txt", "seats = 20");
    let report = reports.recv_timeout(PATIENCE).expect("a report");
    let ResourceReport::Refused { error, .. } = &report else {
        panic!("{report}");
    };
    assert!(error.what().contains("module `theatre` 1.0.0"), "{error}");
    let told = until_state(&events, UpdateState::ResourceRefused);
    let told = told.last().expect("an event").to_string();
    assert!(told.contains("resource `seats.txt`"), "{told}");
    assert_eq!(called(&seats), 7);
    let update = module.update(file("named")).expect("both at once");
    // What makes and holds the value is no static of the module's.
    assert!(!update.to_string().contains("static"), "{update}");
    assert_eq!((module.version(), called(&seats)), ("1.1.0", 20));
    module.rollback().expect("a rollback");
    assert_eq!((module.version(), called(&seats)), ("1.0.0", 7));

    // A version that is loaded already makes its value anew, with what the file holds then, or is refused.
    stage.puts("seats.txt", "seats = 30");
    module.update(file("named")).expect("both at once");
    assert_eq!(called(&seats), 30);
    module.rollback().expect("a rollback");
    stage.puts("seats.txt", "8");
    let refusal = module
        .update(file("named"))
        .expect_err("the old form again");
    assert_eq!(rule(&refusal), Rule::ResourceRefused);
    stage.puts("seats.txt", "seats = 40");
    module.update(file("named")).expect("both at once");
    assert_eq!(called(&seats), 40);
}

#[test]
fn a_resource_that_is_refused_refuses_all_modules_of_a_transaction() {
    let stage = Stage::new("7");
    let (theatre, one) = stage.loads(BASE);
    let (cinema, other) = stage.loads("cinema");
    let events = stage.host.events();
    let options = UpdateOptions::new();
    let update_all = |files: [&str; 2]| {
        let [theatres, cinemas] = files.map(file);
        stage
            .host
            .update_all([(&theatre, theatres), (&cinema, cinemas)], &options)
    };
    let is_as_before = |seats: u32| {
        assert_eq!((theatre.version(), cinema.version()), ("1.0.0", "1.0.0"));
        assert_eq!((called(&one), called(&other)), (seats, seats));
    };

    // Which of the two comes first is not said. One of them could make its values in each of these.
    stage.puts("rows.txt", "12345");
    for text in ["7", "seats = 20"] {
        stage.puts("seats.txt", text);
        let refusal = update_all(["rows", "cinema-named"]).expect_err("one file, of two forms");
        assert_eq!(rule(&refusal), Rule::ResourceRefused, "{refusal}");
        assert_eq!(refusal.running(), Some("1.0.0"));
        let told = until_state(&events, UpdateState::Refused);
        assert!(told.iter().all(|it| it.state != UpdateState::Published));
        is_as_before(7);
    }

    let update = update_all(["named", "cinema-named"]).expect("all at once");
    assert_eq!(update.len(), 2);
    assert_eq!((theatre.version(), cinema.version()), ("1.1.0", "1.1.0"));
    assert_eq!((called(&one), called(&other)), (20, 20));
    // A house stays at the newer version of one, which so keeps the value that it has.
    let house = houses(&theatre).create("1").expect("a house");
    let options = RollbackOptions::new();
    let back = stage.host.rollback_all([&theatre, &cinema], &options);
    assert_eq!(back.expect("a rollback").len(), 2);
    is_as_before(7);
    assert_eq!(house.seats().expect("a call"), 20);
    // What one has made aside is given up with the other's.
    stage.puts("seats.txt", "seats = 30");
    let refusal = update_all(["named", "named"]).expect_err("a theatre for a cinema");
    assert_eq!(rule(&refusal), Rule::OtherModule, "{refusal}");
    is_as_before(7);
    assert_eq!(house.seats().expect("a call"), 20);
    update_all(["named", "cinema-named"]).expect("all at once");
    assert_eq!((called(&one), called(&other)), (30, 30));
    assert_eq!(house.seats().expect("a call"), 30);
}

#[test]
fn a_canary_reads_what_it_makes_of_the_file_and_the_others_read_theirs() {
    let stage = Stage::new("7");
    let (module, current) = stage.loads(BASE);
    let pool: Pool<u64, dyn House> = houses(&module).pool();
    (0..4).for_each(|key| pool.create(key, "1").expect("a house"));
    let begin = || pool.canary(file("named"), CanaryOptions::matching(|key| key % 2 == 1));
    let seats = || {
        pool.sweep(Duration::MAX);
        [0, 1, 2, 3].map(|key| {
            let seats = pool.call_shared(&key, |house| house.seats());
            seats.expect("a call")
        })
    };
    let refusal = begin().expect_err("the file is of the old form");
    assert_eq!(rule(&refusal), Rule::ResourceRefused, "{refusal}");
    assert_eq!(seats(), [7, 7, 7, 7]);

    let (_watch, reports) = stage.watch();
    let takes = |text: &str, expected: &[(&str, bool)]| {
        stage.puts("seats.txt", text);
        for (version, is_read) in expected {
            let told = read(&reports);
            assert_eq!(told, ((*version).to_owned(), *is_read), "{text}");
        }
    };
    takes("seats = 20", &[("1.0.0", false)]);
    let canary = begin().expect("a canary");
    assert_eq!((seats(), called(&current)), ([7, 20, 7, 20], 7));
    // While it is on trial, each of the two takes what it can read.
    takes("seats = 30", &[("1.0.0", false), ("1.1.0", true)]);
    assert_eq!((seats(), called(&current)), ([7, 30, 7, 30], 7));
    takes("9", &[("1.0.0", true), ("1.1.0", false)]);
    assert_eq!((seats(), called(&current)), ([9, 30, 9, 30], 9));
    canary.abort().expect("an end");
    assert_eq!((seats(), called(&current)), ([9, 9, 9, 9], 9));

    assert_eq!(
        rule(&begin().expect_err("as before")),
        Rule::ResourceRefused
    );
    takes("seats = 40", &[("1.0.0", false)]);
    let canary = begin().expect("a canary");
    assert_eq!((seats(), called(&current)), ([9, 40, 9, 40], 9));
    // What was tried is what is promoted, with the value that it has.
    takes("10", &[("1.0.0", true), ("1.1.0", false)]);
    canary.promote().expect("a promotion");
    assert_eq!((seats(), called(&current)), ([40, 40, 40, 40], 40));
    assert_eq!(canary.state(), CanaryState::Promoted);
    module.rollback().expect("a rollback");
    assert_eq!((seats(), called(&current)), ([10, 10, 10, 10], 10));
}

#[test]
fn what_tries_a_version_that_is_in_use_tries_what_the_file_holds_now() {
    let stage = Stage::new("7");
    let (module, seats) = stage.loads(BASE);
    stage.puts("seats.txt", "seats = 20");
    module.update(file("named")).expect("both at once");
    // This house keeps the newer version in use.
    let house = houses(&module).create("1").expect("a house");
    module.rollback().expect("a rollback");

    // What is only tried out leaves the value.
    stage.puts("seats.txt", "8");
    let refusal = module.candidate(file("named")).expect_err("the old form");
    assert_eq!(rule(&refusal), Rule::ResourceRefused, "{refusal}");
    let refusal = module.rehearse(file("named"), &RehearsalOptions::new());
    let refusal = refusal.expect_err("the old form");
    assert_eq!(rule(&refusal), Rule::RehearsalFailed, "{refusal}");
    let refusal = module.shadow(file("named"), ShadowOptions::every(1));
    let refusal = refusal.expect_err("the old form");
    assert_eq!(rule(&refusal), Rule::ResourceRefused, "{refusal}");
    stage.puts("seats.txt", "seats = 30");
    let rehearsal = module.rehearse(file("named"), &RehearsalOptions::new());
    rehearsal.expect("a rehearsal");
    drop(module.candidate(file("named")).expect("a candidate"));
    assert_eq!((called(&seats), house.seats().expect("a call")), (7, 20));

    // A shadow is asked for what it would answer.
    let shadow = module.shadow(file("named"), ShadowOptions::every(1));
    let shadow = shadow.expect("a shadow");
    assert_eq!(called(&seats), 7);
    let report = shadow.abort();
    assert_eq!((report.compared, report.differing), (1, 1));
    assert!(report.to_string().contains("30"), "{report}");
}

#[test]
fn a_file_that_changes_is_read_by_the_version_that_runs() {
    let stage = Stage::new("7");
    let (_module, seats) = stage.loads(BASE);
    let (_watch, reports) = stage.watch();
    for (text, expected) in [("8", 8), ("many", 8), ("9", 9), ("fire", 9), ("10", 10)] {
        stage.puts("seats.txt", text);
        let report = reports.recv_timeout(PATIENCE).expect("a report");
        match (&report, text.parse::<u32>()) {
            (ResourceReport::Read { name, module, .. }, Ok(_)) => {
                assert_eq!((&**name, &**module), ("seats.txt", "theatre"));
                assert!(!report.is_failure());
            }
            (ResourceReport::Refused { .. }, Err(_)) => assert!(report.is_failure()),
            _ => panic!("{report}"),
        }
        assert_eq!(called(&seats), expected, "{text}");
    }
}

#[test]
fn what_a_version_reads_is_told_as_a_difference() {
    let stage = Stage::new("7");
    let (module, seats) = stage.loads(BASE);
    let refusal = module
        .update(file("rows"))
        .expect_err("one file is missing");
    assert_eq!(rule(&refusal), Rule::ResourceRefused);
    stage.puts("rows.txt", "12345");
    let update = module.update(file("rows")).expect("an update");
    let differences = update.differences.iter();
    let told: Vec<_> = differences.map(|it| (it.rule, it.path.as_str())).collect();
    assert!(
        told.contains(&(Rule::ResourceChanged, "resource `rows.txt`")),
        "{told:?}"
    );
    assert_eq!(called(&seats), 35);
}

#[test]
fn the_next_process_begins_with_what_was_read_where_the_file_has_another_form() {
    let state = tempfile::tempdir().expect("a folder");
    let mut stage = Stage::new("7");
    // Each host takes the place of the one before, as processes do.
    let begins = |stage: &mut Stage, text: &str, expected: u32| {
        stage.puts("seats.txt", text);
        let empty = Host::builder().build().expect("a host");
        drop(std::mem::replace(&mut stage.host, empty));
        let host = Host::builder()
            .state_dir(state.path())
            .resource_dir(stage.folder.path());
        stage.host = host.build().expect("a host");
        let events = stage.host.events();
        let (module, seats) = stage.loads(BASE);
        assert_eq!((module.version(), called(&seats)), ("1.0.0", expected));
        let is_kept = text.parse::<u32>().is_err();
        if is_kept {
            let told = until_state(&events, UpdateState::ResourceRefused);
            let told = told.last().expect("an event").to_string();
            assert!(told.contains("what the process before had read"), "{told}");
        }
        (module, seats)
    };
    drop(begins(&mut stage, "7", 7));
    drop(begins(&mut stage, "seats = 20", 7));
    drop(begins(&mut stage, "8", 8));
    let (module, seats) = begins(&mut stage, "many", 8);
    // What is read while it runs is kept, too.
    let (watch, reports) = stage.watch();
    stage.puts("seats.txt", "9");
    while read(&reports) != ("1.0.0".to_owned(), true) {}
    assert_eq!(called(&seats), 9);
    drop((watch, module, seats));
    let (module, seats) = begins(&mut stage, "seats = 20", 9);
    // And by a version that is gone back to.
    module.update(file("named")).expect("both at once");
    assert_eq!(called(&seats), 20);
    module.rollback().expect("a rollback");
    drop((module, seats));
    let (module, seats) = begins(&mut stage, "seats = 30", 9);
    // Another version has nothing that was kept for it.
    stage.puts("rows.txt", "12345");
    let refusal = module
        .update(file("rows"))
        .expect_err("the form is none of it");
    assert_eq!(rule(&refusal), Rule::ResourceRefused);
    drop((module, seats));
    // A file without which nothing was read.
    fs::remove_file(stage.folder.path().join("seats.txt")).expect("a file");
    let empty = Host::builder().build().expect("a host");
    drop(std::mem::replace(&mut stage.host, empty));
    let host = Host::builder()
        .state_dir(state.path())
        .resource_dir(stage.folder.path());
    stage.host = host.build().expect("a host");
    assert_eq!(called(&stage.loads(BASE).1), 9);
}

/// Has a watch find a version before the file that it reads, and then that file.
fn a_version_comes_before_its_file(variant: &str, resource: (&str, &str), expected: u32) {
    let (modules, resources) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let host = Host::builder()
        .module_dir(modules.path())
        .resource_dir(resources.path());
    let host = host.build().expect("a host");
    let stage = Stage {
        folder: resources,
        host,
    };
    stage.puts("seats.txt", "7");
    let library = modules.path().join("libtheatre.so");
    let puts = |variant: &str| {
        let beside = modules.path().join(".next");
        fs::copy(file(variant), &beside).expect("a copy");
        fs::rename(beside, &library).expect("a file");
    };
    puts(BASE);
    let module = stage.host.load_untyped(&library).expect("a module");
    let seats: Seats = module.function("seats").expect("a function");
    let (report, reports) = mpsc::channel();
    let watch = Watch::builder(&stage.host);
    let watch = watch.on_report(move |it| drop(report.send(it.clone())));
    let _watch = watch.start().expect("a watch");
    let _resources = stage.watch();

    puts(variant);
    let told = reports.recv_timeout(PATIENCE).expect("a report");
    let WatchReport::Refused { refusal, .. } = &told else {
        panic!("{told}");
    };
    assert_eq!(rule(refusal), Rule::ResourceRefused);
    assert_eq!(called(&seats), 7);
    stage.puts(resource.0, resource.1);
    let told = reports.recv_timeout(PATIENCE).expect("a report");
    assert!(matches!(told, WatchReport::Updated { .. }), "{told}");
    assert_eq!(called(&seats), expected);
    module.rollback().expect("a rollback");
    assert_eq!(called(&seats), 7);
}

#[test]
fn a_version_that_came_before_a_file_of_its_form_is_taken_when_that_comes() {
    a_version_comes_before_its_file("named", ("seats.txt", "seats = 20"), 20);
}

#[test]
fn a_version_that_came_before_a_file_that_it_alone_reads_is_taken_when_that_comes() {
    a_version_comes_before_its_file("rows", ("rows.txt", "12345"), 35);
}
