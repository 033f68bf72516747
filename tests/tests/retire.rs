//! Versions that are needed no more: what they cost, that they can be called all the same, and what
//! bounds them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hotmod_host::describe::Rule;
use hotmod_host::{
    CallError, Events, Host, Instance, Module, NeededFor, Refusal, RefusalStage, UpdateOutcome,
    UpdateState,
};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::interfaces::counter::Counter;
use hotmod_tests::numbered::Numbered;
use hotmod_tests::patience::{Ended, until_state};
use tempfile::TempDir;

static NUMBERED: LazyLock<Numbered> = LazyLock::new(|| Numbered::build(false));

/// Allocates before the module is given the host's memory.
const CONSTRUCTOR: &str = "
extern \"C\" fn constructor() {
    std::mem::forget(vec![1_u8; 100]);
}
#[used]
#[unsafe(link_section = \".init_array\")]
static CONSTRUCTOR: extern \"C\" fn() = constructor;

const STEP: u64 = 1;";

static COUNTER: LazyLock<Built> = LazyLock::new(|| {
    Family::new("counter")
        .variant("second", &[("\"first\"", "\"second\"")])
        .variant(
            "panics",
            &[(
                "        self.texts.clone()",
                "        panic!(\"{} texts\", self.texts.len())",
            )],
        )
        .variant("hasty", &[("const STEP: u64 = 1;", CONSTRUCTOR)])
        .build()
});

/// A directory of modules and one of copies.
struct Files {
    modules: TempDir,
    copies: TempDir,
}

impl Files {
    fn new() -> Self {
        let directory = || tempfile::tempdir().expect("a directory");
        Files {
            modules: directory(),
            copies: directory(),
        }
    }

    fn module(&self, number: usize) -> PathBuf {
        NUMBERED.write(self.modules.path(), number)
    }

    /// How many mappings of this process are of the copies.
    fn mapped(&self) -> usize {
        let maps = fs::read_to_string("/proc/self/maps").expect("what the kernel says");
        let copies = self.copies.path().to_str().expect("a path of text");
        maps.lines().filter(|line| line.contains(copies)).count()
    }

    fn host(&self) -> hotmod_host::HostBuilder {
        Host::builder().stage_dir(self.copies.path())
    }

    /// What lies in the hosts' own directories.
    fn staged(&self) -> usize {
        let entries = |directory: &Path| fs::read_dir(directory).expect("a directory");
        entries(self.copies.path())
            .map(|own| entries(&own.expect("a directory").path()).count())
            .sum()
    }
}

fn load(host: &Host, file: &Path) -> Module<dyn Counter> {
    host.load::<dyn Counter>(file)
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// Waits for the end of as many versions.
fn retired(events: &Events, versions: &[String]) {
    for version in versions {
        let told = until_state(events, UpdateState::Retired);
        let last = told.last().expect("an event");
        assert_eq!(last.from, *version, "{last}");
    }
}

fn needs(module: &Module<dyn Counter>) -> Vec<Vec<NeededFor>> {
    let versions = module.versions();
    versions.into_iter().map(|it| it.needed).collect()
}

/// What one process measures of itself.
#[derive(Debug)]
struct Growth {
    new: f64,
    repeated: f64,
}

fn growth(profile: &str) -> Growth {
    let output = Command::new(env!("CARGO_BIN_EXE_many_versions"))
        .arg(profile)
        .output()
        .expect("the host");
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {complained}", output.status);
    let said = String::from_utf8_lossy(&output.stdout);
    let figures: Vec<f64> = said
        .split_whitespace()
        .map(|figure| figure.parse().expect("a figure"))
        .collect();
    let [new, repeated] = figures[..] else {
        panic!("two figures: {said}");
    };
    Growth { new, repeated }
}

/// KiB for each version, beside 340 to 470 that each takes while it is in use.
const MOST_FOR_A_NEW_ONE: f64 = 25.0;

/// KiB for each update to a version that was loaded before. The memory of the process breathes by
/// a few pages; this is one page for every ten updates.
const MOST_FOR_A_REPEATED_ONE: f64 = 0.4;

#[test]
fn memory_grows_little_with_a_new_version_and_not_with_a_known_one() {
    for profile in ["debug", "release"] {
        let growth = growth(profile);
        println!("{profile}: {growth:?} KiB for each update");
        assert!(growth.new < MOST_FOR_A_NEW_ONE, "{profile}: {growth:?}");
        assert!(
            growth.repeated < MOST_FOR_A_REPEATED_ONE,
            "{profile}: {growth:?}"
        );
    }
}

#[test]
fn a_version_is_retired_when_it_is_needed_no_more() {
    let files = Files::new();
    let host = files.host().build().expect("a host");
    let events = host.events();
    let module = load(&host, &files.module(0));
    let mut follows = module.create("").expect("a counter");
    let mut stays = module.create("").expect("a counter");
    let both = NeededFor::Instances(2);
    assert_eq!(needs(&module), [vec![NeededFor::Current, both]]);

    module.update(files.module(1)).expect("an update");
    assert_eq!(follows.next().expect("a call"), 1);
    module.update(files.module(2)).expect("an update");
    assert_eq!(follows.next().expect("a call"), 2);
    let one = NeededFor::Instances(1);
    assert_eq!(
        needs(&module),
        [
            vec![one],
            vec![NeededFor::RollbackTarget],
            vec![NeededFor::Current, one]
        ]
    );
    // The instance goes through a version that nothing else needs any more.
    assert_eq!(stays.code().expect("a call"), Numbered::code(0));
    assert_eq!(stays.next().expect("a call"), 1);
    assert_eq!(stays.code().expect("a call"), Numbered::code(2));
    retired(&events, &[Numbered::version(0)]);
    module.make_permanent();
    retired(&events, &[Numbered::version(1)]);

    let versions = module.versions();
    let (old, current) = versions.split_at(2);
    for old in old {
        assert!(old.is_retired && old.needed.is_empty(), "{old:?}");
        let resident = old.resident_bytes.expect("a kernel that says it");
        assert!(
            resident <= 64 * 1024 && old.budget_bytes <= 64 * 1024,
            "{old:?}"
        );
    }
    let [current] = current else {
        panic!("{versions:#?}")
    };
    assert!(!current.is_retired, "{current:?}");
    let resident = current.resident_bytes.expect("a kernel that says it");
    assert!(
        resident >= 128 * 1024 && resident <= current.budget_bytes,
        "{current:?}"
    );
}

#[test]
fn a_retired_version_is_taken_into_use_again_without_being_loaded_again() {
    let files = Files::new();
    let host = files.host().allow_downgrade(true).build().expect("a host");
    let events = host.events();
    let module = load(&host, &files.module(0));
    let mut count = module.create("").expect("a counter");
    for number in [1, 2] {
        module.update(files.module(number)).expect("an update");
        count.next().expect("a call");
    }
    retired(&events, &[Numbered::version(0)]);
    let manifest = module.manifest();
    // What is mapped needs its file no more.
    for own in fs::read_dir(files.copies.path()).expect("a directory") {
        fs::remove_dir_all(own.expect("a directory").path()).expect("the copies");
    }

    let update = module.update(files.module(0)).expect("an update back");
    assert_eq!(update.outcome, UpdateOutcome::Published);
    assert_eq!(files.staged(), 0, "it was loaded again");
    assert_eq!(count.next().expect("a call"), 3);
    assert_eq!(count.code().expect("a call"), Numbered::code(0));
    let again = module.manifest();
    assert_eq!(again.functions, manifest.functions);
    assert_eq!(again.types, manifest.types);
    assert!(!module.versions()[0].is_retired);
    retired(&events, &[Numbered::version(1)]);

    // And once more, now that there is nothing left to read but what is mapped.
    module.update(files.module(1)).expect("an update");
    let mut another = module.create("").expect("a counter");
    assert_eq!(another.next().expect("a call"), 1);
    assert_eq!(count.next().expect("a call"), 4);
    assert_eq!(count.code().expect("a call"), Numbered::code(1));
    assert_eq!(module.versions().len(), 3);
}

/// A version's code, constants, tables and unwind tables are read back for any thread that needs them.
#[test]
fn paged_out_versions_are_called_by_many_threads() {
    const THREADS: usize = 4;
    let copies = tempfile::tempdir().expect("a directory");
    let host = Host::builder().stage_dir(copies.path());
    let host = host.build().expect("a host");
    let module = load(&host, &COUNTER.file("panics"));
    let mut instances: Vec<Instance<dyn Counter>> = (0..THREADS)
        .map(|_| module.create("").expect("a counter"))
        .collect();
    for instance in &mut instances {
        assert_eq!(instance.next().expect("a call"), 1);
    }
    module.update(COUNTER.file("second")).expect("an update");

    // Shared calls stay in the version that the state is at.
    let resident = |module: &Module<dyn Counter>| {
        let resident = module.versions()[0].resident_bytes;
        resident.expect("a kernel that says it")
    };
    let before = resident(&module);
    module.page_out().expect("pages that can be given back");
    let after = resident(&module);
    assert!(before >= 128 * 1024, "{before} bytes before");
    assert!(after <= 64 * 1024, "{after} bytes after");

    let done = AtomicBool::new(false);
    let calls: [AtomicU64; THREADS] = Default::default();
    let fewest = || {
        let calls = calls.iter().map(|calls| calls.load(Ordering::Relaxed));
        calls.min().expect("threads")
    };
    std::thread::scope(|scope| {
        for (instance, calls) in instances.iter_mut().zip(&calls) {
            let done = &done;
            scope.spawn(move || {
                // Tells the main thread not to wait for calls that will never come.
                let _ended = Ended(done);
                while !done.load(Ordering::Relaxed) {
                    assert_eq!(instance.code().expect("a call"), "first");
                    let panic = instance.kept().expect_err("a panic");
                    let CallError::Panicked(panicked) = &panic else {
                        panic!("{panic}");
                    };
                    assert_eq!(panicked.message, "0 texts");
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let page_out_until_all_called = |times| {
            while fewest() < times && !done.load(Ordering::Relaxed) {
                module.page_out().expect("pages that can be given back");
            }
        };
        page_out_until_all_called(20);
        for own in fs::read_dir(copies.path()).expect("a directory") {
            let own = own.expect("a directory").path();
            fs::remove_dir_all(own).expect("the copies");
        }
        page_out_until_all_called(40);
        done.store(true, Ordering::Relaxed);
    });
    assert!(fewest() >= 40);
    for mut instance in instances {
        assert_eq!(instance.version(), "1.0.0");
        assert_eq!(instance.next().expect("a call"), 2);
        assert_eq!(instance.code().expect("a call"), "second");
        assert_eq!(instance.kept().expect("a call"), [] as [&str; 0]);
    }
}

#[test]
fn one_version_too_many_is_refused_before_anything_of_it_runs() {
    let files = Files::new();
    let host = files.host().max_images(2).allow_downgrade(true);
    let host = host.build().expect("a host");
    let module = load(&host, &files.module(0));
    let mut count = module.create("").expect("a counter");
    module.update(files.module(1)).expect("an update");
    let refusal = module
        .update(files.module(2))
        .expect_err("one version too many");
    assert_eq!(refusal.stage(), RefusalStage::Stage);
    assert_eq!(refusal.differences()[0].rule, Rule::OverBudget);
    let told = refusal.to_string();
    assert!(
        told.contains("loaded versions: expected at most 2, new ones included, found 2 already"),
        "{told}"
    );
    assert!(told.contains("HostBuilder::max_images"), "{told}");
    assert!(told.contains("1.10001.0 keeps running"), "{told}");
    assert_eq!(files.staged(), 2);
    assert_eq!(count.next().expect("a call"), 1);
    assert_eq!(count.code().expect("a call"), Numbered::code(1));
    // Versions that are loaded already count no more, however often they are asked for.
    for number in [0, 1, 0, 1, 0] {
        module.update(files.module(number)).expect("a known file");
        assert_eq!(
            module.version(),
            Numbered::version(number),
            "round of {number}"
        );
    }
    // Modules of one host share what there is.
    let refusal = host
        .load_untyped(Family::new("calls").build().file(BASE))
        .expect_err("one version too many");
    assert_eq!(refusal.differences()[0].rule, Rule::OverBudget);
}

/// Only opening a file shows what the file does then, and an opened file is never closed.
#[test]
fn a_file_that_is_refused_when_it_is_mapped_is_mapped_once() {
    let refused = |done: Result<(), Refusal>, file: &Path| {
        let refusal = done.expect_err("a module that allocates too early");
        assert_eq!(refusal.stage(), RefusalStage::Prepare, "{refusal}");
        assert_eq!(refusal.differences()[0].rule, Rule::InitialiseFailed);
        assert_eq!(refusal.file(), file);
        refusal.differences().to_vec()
    };
    for is_tried_first in [true, false] {
        let files = Files::new();
        let host = files.host().max_images(3).allow_downgrade(true);
        let host = host.build().expect("a host");
        let hasty = COUNTER.file("hasty");
        let reasons =
            is_tried_first.then(|| refused(host.load::<dyn Counter>(&hasty).map(drop), &hasty));
        let module = load(&host, &files.module(0));
        let usual = files.mapped();
        let reasons = reasons.unwrap_or_else(|| refused(module.update(&hasty).map(drop), &hasty));
        let (mapped, staged) = (files.mapped(), files.staged());
        assert_eq!((mapped > usual, staged), (!is_tried_first, 2));

        let mut count = module.create("").expect("a counter");
        // The same bytes, whatever they are called.
        let renamed = files.modules.path().join("renamed.so");
        fs::copy(&hasty, &renamed).expect("a copy");
        for (number, file) in (1..=50).zip([&hasty, &renamed].into_iter().cycle()) {
            assert_eq!(refused(module.update(file).map(drop), file), reasons);
            assert_eq!((files.mapped(), files.staged()), (mapped, staged));
            assert_eq!(count.next().expect("a call"), number);
        }
        // The refused file counts, and counts once: there is room for one more, and for no other.
        module.update(files.module(1)).expect("the third file");
        let refusal = module.update(files.module(2)).expect_err("the fourth");
        assert_eq!(refusal.differences()[0].rule, Rule::OverBudget);
        assert_eq!(count.next().expect("a call"), 51);
        assert_eq!(count.code().expect("a call"), Numbered::code(1));
    }
}

#[test]
fn a_budget_is_spent_by_versions_in_use_and_not_by_retired_ones() {
    let files = Files::new();
    let module = {
        let host = files.host().build().expect("a host");
        load(&host, &files.module(0))
    };
    let whole = module.versions()[0].budget_bytes;
    // Two at a time, and twenty that are retired: a version keeps a tenth of it at most.
    let host = files.host().image_budget(4 * whole).build();
    let host = host.expect("a host");
    let events = host.events();
    let module = load(&host, &files.module(0));
    let mut count = module.create("").expect("a counter");
    for number in 1..20 {
        let update = module.update(files.module(number));
        update.unwrap_or_else(|refusal| panic!("{number}: {refusal}"));
        assert_eq!(count.next().expect("a call"), number as u64);
        if number > 1 {
            retired(&events, &[Numbered::version(number - 2)]);
        }
    }
    // Instances that stay keep their versions in use, and nothing is left for new ones.
    let mut staying = Vec::new();
    let refusal = loop {
        let number = 20 + staying.len();
        assert!(number < 25, "a budget that is never spent");
        match module.update(files.module(number)) {
            Ok(_) => staying.push(module.create("").expect("a counter")),
            Err(refusal) => break refusal,
        }
    };
    assert!(!staying.is_empty());
    let staged = files.staged();
    assert_eq!(refusal.differences()[0].rule, Rule::OverBudget);
    let told = refusal.to_string();
    assert!(told.contains("memory of loaded versions"), "{told}");
    assert!(told.contains("HostBuilder::image_budget"), "{told}");
    assert!(told.contains("Module::versions"), "{told}");
    assert_eq!(count.next().expect("a call"), 20);

    // Gone: there is room.
    drop(staying);
    count.next().expect("a call");
    module.make_permanent();
    while module.versions().iter().filter(|it| !it.is_retired).count() > 1 {
        let event = events.wait_timeout(Duration::from_secs(60));
        event.unwrap_or_else(|| panic!("never retired: {:#?}", module.versions()));
    }
    module.update(files.module(30)).expect("room again");
    assert!(files.staged() <= staged + 1);
}
