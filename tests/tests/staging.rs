//! Private copies that cannot be written: refused with the directory and the cure, with nothing left
//! behind, and written as soon as they can be.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use hotmod_host::describe::Rule;
use hotmod_host::{Host, Instance, Module, RefusalStage, UpdateOutcome};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::interfaces::counter::Counter;
use hotmod_tests::outside::Outside;
use tempfile::TempDir;

static COUNTER: LazyLock<Built> = LazyLock::new(|| {
    Family::new("counter")
        .variant("second", &[("\"first\"", "\"second\"")])
        .variant("third", &[("\"first\"", "\"third\"")])
        .build()
});

/// A host whose copies go into a directory of the test's, and a counter that it runs.
struct Running {
    parent: TempDir,
    module: Module<dyn Counter>,
    count: Instance<dyn Counter>,
    counted: u64,
}

impl Running {
    fn new() -> Self {
        let parent = tempfile::tempdir().expect("a directory");
        let host = Host::builder().stage_dir(parent.path().join("copies"));
        let module = load(&host.build().expect("a host"));
        Running {
            count: module.create("").expect("a counter"),
            counted: 0,
            parent,
            module,
        }
    }

    fn stage(&self) -> PathBuf {
        self.parent.path().join("copies")
    }

    /// The host's own directory, which is the only one there.
    fn own(&self) -> PathBuf {
        match &*entries(&self.stage()) {
            [only] => only.clone(),
            entries => panic!("{entries:?}"),
        }
    }

    fn goes_on(&mut self, code: &str) {
        self.counted += 1;
        assert_eq!(self.count.next().expect("a call"), self.counted);
        assert_eq!(self.count.code().expect("a call"), code);
    }
}

fn load(host: &Host) -> Module<dyn Counter> {
    host.load::<dyn Counter>(COUNTER.file(BASE))
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory");
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

#[test]
fn a_directory_that_cannot_be_made_is_a_refusal_and_tried_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let stage = directory.path().join("copies");
    fs::write(&stage, "in the way").expect("a file");
    let host = Host::builder().stage_dir(&stage).build().expect("a host");
    let refusal = host
        .load::<dyn Counter>(COUNTER.file(BASE))
        .expect_err("no place for the copy");
    assert_eq!(refusal.stage(), RefusalStage::Stage);
    assert_eq!(refusal.differences()[0].rule, Rule::StagingFailed);
    let told = refusal.to_string();
    assert!(told.contains(&stage.display().to_string()), "{told}");
    assert!(told.contains("remove what stands in the place"), "{told}");
    assert!(told.contains("HostBuilder::stage_dir"), "{told}");

    fs::remove_file(&stage).expect("the file");
    let mut count = load(&host).create("").expect("a counter");
    assert_eq!(count.next().expect("a call"), 1);
}

/// What cleans `/tmp` removes the directory of a server that runs for weeks.
#[test]
fn a_directory_that_was_removed_is_made_anew() {
    let mut running = Running::new();
    running.goes_on("first");
    fs::remove_dir_all(running.own()).expect("the host's directory");
    running.goes_on("first");
    running
        .module
        .update(COUNTER.file("second"))
        .expect("an update");
    running.goes_on("second");
    fs::remove_dir_all(running.stage()).expect("the directory around it");
    running
        .module
        .update(COUNTER.file("third"))
        .expect("an update");
    running.goes_on("third");
    // What is mapped needs its file no more.
    let update = running
        .module
        .update(COUNTER.file(BASE))
        .expect("the first");
    assert_eq!(update.outcome, UpdateOutcome::Published);
    running.goes_on("first");
    assert_eq!(entries(&running.own()).len(), 1);
}

#[test]
fn a_directory_in_whose_place_a_file_is_put_is_a_refusal_until_it_goes() {
    let mut running = Running::new();
    let (own, stage) = (running.own(), running.stage());
    // A file in the place of the host's own directory: the host makes another directory beside it.
    fs::remove_dir_all(&own).expect("the host's directory");
    fs::write(&own, "in the way").expect("a file");
    running
        .module
        .update(COUNTER.file("second"))
        .expect("an update");
    running.goes_on("second");

    // A file in the place of the directory around that one: the host has no place for another.
    fs::remove_dir_all(&stage).expect("the directory of copies");
    fs::write(&stage, "in the way").expect("a file");
    let refusal = running
        .module
        .update(COUNTER.file("third"))
        .expect_err("no place for the copy");
    let told = refusal.to_string();
    assert!(told.contains("1.0.0 keeps running"), "{told}");
    assert!(told.contains(&stage.display().to_string()), "{told}");
    assert_eq!(refusal.differences()[0].rule, Rule::StagingFailed);
    running.goes_on("second");
    assert_eq!(running.module.versions().len(), 2);

    fs::remove_file(&stage).expect("the file");
    running
        .module
        .update(COUNTER.file("third"))
        .expect("the cured update");
    running.goes_on("third");
}

#[test]
fn a_host_takes_its_copies_with_it_and_nothing_else() {
    let running = Running::new();
    let stage = running.stage();
    fs::write(stage.join("theirs"), "theirs").expect("a file");
    let Running {
        parent,
        module,
        count,
        ..
    } = running;
    drop(module);
    assert_eq!(entries(&stage).len(), 2, "an instance needs its copies");
    drop(count);
    assert_eq!(entries(&stage), [stage.join("theirs")]);
    drop(parent);
}

/// Runs a host in a process of its own, whose limits or user are others.
fn faulty(fault: &str) {
    // For the user that the host becomes.
    let directory = Outside::new();
    let module = |variant| {
        let copy = directory.path().join(variant).with_extension("so");
        fs::copy(COUNTER.file(variant), &copy).expect("a module");
        fs::set_permissions(&copy, Permissions::from_mode(0o644)).expect("permissions");
        copy
    };
    let output = Command::new(env!("CARGO_BIN_EXE_faulty_staging"))
        .arg(fault)
        .args([module(BASE), module("second")])
        .arg(directory.path())
        .output()
        .expect("the host");
    assert!(
        output.status.success(),
        "{}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_copy_that_breaks_off_is_removed() {
    faulty("full");
}

#[test]
fn a_directory_without_the_right_to_write_is_a_refusal_until_the_right_is_there() {
    faulty("unwritable");
}

/// Two servers of one machine that are updated from the same files at the same time.
#[test]
fn two_hosts_share_a_module_directory_and_a_place_for_copies() {
    const FILE: &str = "libcounter.so";
    let modules = tempfile::tempdir().expect("a directory");
    let stage = tempfile::tempdir().expect("a directory");
    // As a deployment does it: the file is whole at every moment.
    let deploy = |variant| {
        let new = modules.path().join("new");
        fs::copy(COUNTER.file(variant), &new).expect("a module");
        fs::rename(new, modules.path().join(FILE)).expect("a module");
    };
    deploy(BASE);
    let hosts: Vec<Host> = (0..2)
        .map(|_| {
            let host = Host::builder().module_dir(modules.path());
            host.stage_dir(stage.path()).build().expect("a host")
        })
        .collect();
    let loaded: Vec<Module<dyn Counter>> = hosts
        .iter()
        .map(|host| host.load(FILE).expect("the counter"))
        .collect();
    let mut counts: Vec<_> = loaded
        .iter()
        .map(|module| module.create("").expect("a counter"))
        .collect();
    for (round, (variant, code)) in [("second", "second"), ("third", "third"), (BASE, "first")]
        .into_iter()
        .cycle()
        .take(9)
        .enumerate()
    {
        deploy(variant);
        std::thread::scope(|scope| {
            for module in &loaded {
                scope.spawn(|| {
                    let update = module.update(FILE).expect("an update");
                    assert_eq!(update.outcome, UpdateOutcome::Published);
                });
            }
        });
        for count in &mut counts {
            assert_eq!(count.next().expect("a call"), round as u64 + 1);
            assert_eq!(count.code().expect("a call"), code);
        }
    }
    assert_eq!(entries(modules.path()).len(), 1);
    let copies: Vec<_> = entries(stage.path())
        .iter()
        .map(|own| entries(own).len())
        .collect();
    assert_eq!(copies, [3, 3]);
}
