//! What may replace a running version, and what becomes of its file and of the versions before.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use hotmod_host::describe::Rule;
use hotmod_host::{Host, Instance, Module, RefusalStage, UpdateOutcome};
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::counter::Counter;

const SECOND: Edit = ("\"first\"", "\"second\"");
const NEWER: Edit = ("\"1.0.0\"", "\"1.1.0\"");

static COUNTER: LazyLock<Built> = LazyLock::new(|| {
    Family::new("counter")
        .variant("second", &[SECOND])
        .variant("newer", &[SECOND, NEWER])
        .variant("third", &[("\"first\"", "\"third\""), NEWER])
        .variant(
            "more",
            &[(
                "#[hotmod::export]\npub fn code",
                "#[hotmod::export]\npub fn more() -> u32 { 7 }\n\n#[hotmod::export]\npub fn code",
            )],
        )
        .build()
});

static RELEASED: LazyLock<Built> = LazyLock::new(|| {
    Family::new("counter")
        .variant("newer", &[SECOND, NEWER])
        .release()
        .build()
});

fn host() -> Host {
    Host::builder().build().expect("a host")
}

fn load(host: &Host, file: impl AsRef<std::path::Path>) -> Module<dyn Counter> {
    host.load::<dyn Counter>(file)
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn publish(module: &Module<dyn Counter>, file: impl AsRef<std::path::Path>) {
    let update = module
        .update(file)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(update.outcome, UpdateOutcome::Published);
}

/// Counts once. Gives the count, and the version whose code counted.
fn next(count: &mut Instance<dyn Counter>) -> (u64, String) {
    let next = count.next().expect("a call");
    (next, count.code().expect("a call"))
}

fn was(count: u64, code: &str) -> (u64, String) {
    (count, code.to_owned())
}

/// A place where a developer builds the same module again and again.
struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        Place {
            directory: tempfile::tempdir().expect("a directory"),
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("libcounter.so")
    }

    /// Replaces the module as a linker does: by a new file under the old name.
    fn replaced_by(&self, variant: &str) {
        let new = self.directory.path().join("new");
        fs::copy(COUNTER.file(variant), &new).expect("a copy");
        fs::rename(new, self.file()).expect("a file under its name");
    }

    /// Overwrites the module as a careless copy does: with other bytes in the same file.
    fn overwritten_by(&self, bytes: &[u8]) {
        fs::write(self.file(), bytes).expect("a file overwritten");
    }
}

#[test]
fn a_rebuilt_file_at_the_same_path_is_published() {
    let place = Place::new();
    place.replaced_by(BASE);
    let host = host();
    let module = load(&host, place.file());
    let mut count = module.create("").expect("a counter");
    let code = module
        .function::<fn() -> String>("code")
        .expect("the export");
    count.keep("kept".to_owned()).expect("a call");
    assert_eq!(next(&mut count), was(1, "first"));

    place.replaced_by("second");
    publish(&module, place.file());
    assert_eq!(code.call().expect("a call"), "second");
    assert_eq!(next(&mut count), was(2, "second"));

    place.replaced_by("newer");
    publish(&module, place.file());
    assert_eq!(code.call().expect("a call"), "second");
    assert_eq!(next(&mut count), was(3, "second"));
    assert_eq!(count.kept().expect("a call"), ["kept"]);
    assert_eq!(count.version(), "1.1.0");
    assert_eq!(module.version(), "1.1.0");
    assert_eq!(module.previous_version(), Some("1.0.0"));
    assert_eq!(module.versions().len(), 3);
}

#[test]
fn the_file_that_runs_is_recognised() {
    let host = host();
    let module = load(&host, COUNTER.file(BASE));
    let copy = Place::new();
    copy.replaced_by(BASE);
    for file in [COUNTER.file(BASE), copy.file()] {
        let update = module.update(file).expect("the same file");
        assert_eq!(update.outcome, UpdateOutcome::Unchanged);
        assert_eq!((&*update.from, &*update.to), ("1.0.0", "1.0.0"));
    }
    assert_eq!(module.versions().len(), 1);
    assert_eq!(module.previous_version(), None);
}

/// What runs is a private copy, so no change to the file reaches it: not even one in place, which kills
/// a process that has mapped the file itself.
#[test]
fn a_file_overwritten_in_place_changes_nothing_that_runs() {
    let place = Place::new();
    place.replaced_by(BASE);
    let host = host();
    let module = load(&host, place.file());
    let mut count = module.create("").expect("a counter");
    assert_eq!(next(&mut count), was(1, "first"));

    let length = fs::metadata(place.file()).expect("the file").len();
    let length = usize::try_from(length).expect("a length");
    place.overwritten_by(&vec![0xcc; length]);
    assert_eq!(next(&mut count), was(2, "first"));
    place.overwritten_by(b"");
    // Another instance runs code that the first one did not.
    let mut other = module.create("").expect("a counter");
    other.keep("text".to_owned()).expect("a call");
    assert_eq!(other.kept().expect("a call"), ["text"]);
    let refusal = module.update(place.file()).expect_err("an empty file");
    assert_eq!(refusal.stage(), RefusalStage::Inspect);

    let second = fs::read(COUNTER.file("second")).expect("a module");
    place.overwritten_by(&second);
    publish(&module, place.file());
    assert_eq!(next(&mut count), was(3, "second"));
}

#[test]
fn a_removed_file_goes_on_running() {
    let place = Place::new();
    place.replaced_by(BASE);
    let host = host();
    let module = load(&host, place.file());
    let mut count = module.create("").expect("a counter");
    drop(place);
    assert_eq!(next(&mut count), was(1, "first"));
}

#[test]
fn going_back_and_forth_loads_each_file_once() {
    let host = Host::builder()
        .allow_downgrade(true)
        .build()
        .expect("a host");
    let module = load(&host, COUNTER.file(BASE));
    let mut count = module.create("").expect("a counter");
    assert_eq!(next(&mut count), was(1, "first"));
    for round in 0..5 {
        publish(&module, COUNTER.file("newer"));
        assert_eq!(next(&mut count), was(2 + 2 * round, "second"));
        assert_eq!(module.previous_version(), Some("1.0.0"));
        publish(&module, COUNTER.file(BASE));
        assert_eq!(next(&mut count), was(3 + 2 * round, "first"));
        assert_eq!(module.previous_version(), Some("1.1.0"));
    }
    let versions = module.versions();
    let current: Vec<_> = versions
        .iter()
        .map(|v| (&*v.version, v.is_current))
        .collect();
    assert_eq!(current, [("1.0.0", true), ("1.1.0", false)]);
}

#[test]
fn going_back_is_refused_unless_allowed() {
    let host = host();
    let module = load(&host, COUNTER.file(BASE));
    publish(&module, COUNTER.file("newer"));
    let refusal = module.update(COUNTER.file(BASE)).expect_err("an older one");
    assert_eq!(refusal.differences()[0].rule, Rule::Downgrade);
    assert_eq!(module.version(), "1.1.0");
}

/// An instance that is not called stays at its version, however many come after.
#[test]
fn a_state_passes_over_versions_that_it_did_not_see() {
    let host = host();
    let module = load(&host, COUNTER.file(BASE));
    let mut count = module.create("").expect("a counter");
    assert_eq!(next(&mut count), was(1, "first"));
    publish(&module, COUNTER.file("second"));
    publish(&module, COUNTER.file("newer"));
    publish(&module, COUNTER.file("third"));
    assert_eq!(count.version(), "1.0.0");
    assert_eq!(count.code().expect("a shared call"), "first");
    assert_eq!(next(&mut count), was(2, "third"));
    assert_eq!(count.version(), "1.1.0");
}

#[test]
fn a_stripped_module_is_a_module() {
    let place = Place::new();
    place.replaced_by("newer");
    let status = Command::new("strip").arg(place.file()).status();
    assert!(status.expect("binutils' `strip`").success());
    let host = host();
    let module = load(&host, COUNTER.file(BASE));
    let mut count = module.create("").expect("a counter");
    assert_eq!(next(&mut count), was(1, "first"));
    publish(&module, place.file());
    assert_eq!(next(&mut count), was(2, "second"));
}

/// The profile is the module's own affair: what it lays out is a matter of the compiler.
#[test]
fn a_module_of_another_profile_is_published() {
    let host = host();
    let module = load(&host, COUNTER.file(BASE));
    let mut count = module.create("").expect("a counter");
    count.keep("kept".to_owned()).expect("a call");
    publish(&module, RELEASED.file("newer"));
    assert_eq!(next(&mut count), was(1, "second"));
    assert_eq!(count.kept().expect("a call"), ["kept"]);
    count.keep("more".to_owned()).expect("a call");
    publish(&module, COUNTER.file("third"));
    assert_eq!(next(&mut count), was(2, "third"));
    assert_eq!(count.kept().expect("a call"), ["kept", "more"]);
}

/// Cargo unites features: what is loaded has entries for linked modules too, if something of the workspace links one.
#[test]
fn a_module_that_was_built_beside_linked_ones_is_loaded() {
    let beside = Family::new("counter").package("counter-beside");
    let built = beside.feature("linked").build();
    let module = load(&host(), built.file(BASE));
    let mut count = module.create("").expect("an instance");
    assert_eq!(next(&mut count), was(1, "first"));
}

#[test]
fn an_added_export_can_be_called() {
    let host = host();
    let module = load(&host, COUNTER.file(BASE));
    let refusal = module.function::<fn() -> u32>("more").map(drop);
    assert_eq!(
        refusal.expect_err("not there yet").differences()[0].rule,
        Rule::ExportRemoved
    );
    let update = module
        .update(COUNTER.file("more"))
        .expect("one export more");
    let rules: Vec<_> = update
        .differences
        .iter()
        .map(|d| (d.rule, &*d.path))
        .collect();
    assert_eq!(rules, [(Rule::ExportAdded, "more()")]);
    let more = module
        .function::<fn() -> u32>("more")
        .expect("the new export");
    assert_eq!(more.call().expect("a call"), 7);
}

/// An export that a host holds on to must stay, even if it was asked for after the module was loaded.
#[test]
fn an_export_in_use_cannot_go_away() {
    let host = host();
    let module = load(&host, COUNTER.file("more"));
    let more = module.function::<fn() -> u32>("more").expect("the export");
    let refusal = module
        .update(COUNTER.file(BASE))
        .expect_err("one export less");
    assert_eq!(refusal.differences()[0].path, "more()");
    assert_eq!(more.call().expect("a call"), 7);
}
