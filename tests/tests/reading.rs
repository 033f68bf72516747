//! Modules that read files of their host's, each as a value of its own.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::mpsc::{self, Receiver};

use hotmod_host::describe::Rule;
use hotmod_host::{
    Function, Host, Module, Refusal, RefusalStage, RehearsalOptions, ResourceReport, Untyped,
    UpdateState, Watch, WatchReport,
};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::patience::{PATIENCE, until_state};
use tempfile::TempDir;

static THEATRES: LazyLock<Built> = LazyLock::new(|| {
    Family::new("theatre")
        .variant(
            "named",
            &[
                ("1.0.0", "1.1.0"),
                (
                    "let number = text.trim();",
                    "let number = text.trim().strip_prefix(\"seats = \").ok_or(\"not `seats = …`\")?;",
                ),
            ],
        )
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

fn file(variant: &str) -> PathBuf {
    THEATRES.file(variant)
}

fn rule(refusal: &Refusal) -> Rule {
    assert_eq!(refusal.differences().len(), 1, "{refusal}");
    refusal.differences()[0].rule
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
