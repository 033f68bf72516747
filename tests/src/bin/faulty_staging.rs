//! A host that cannot write its private copies: `faulty_staging FAULT FIRST SECOND DIRECTORY`, where
//! the fault is `full` or `unwritable`.
//!
//! A process of its own, because limits and users are those of a whole process.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use hotmod_host::describe::Rule;
use hotmod_host::{Host, Module, Refusal, RefusalStage};
use hotmod_tests::interfaces::counter::Counter;

/// A user who owns nothing.
const NOBODY: libc::uid_t = 65534;

struct Files {
    first: PathBuf,
    second: PathBuf,
    stage: PathBuf,
}

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let fault = arguments.next().expect("a fault");
    let mut path = || PathBuf::from(arguments.next().expect("a path"));
    let files = Files {
        first: path(),
        second: path(),
        stage: path().join("copies"),
    };
    match fault.to_str() {
        Some("full") => full(&files),
        Some("unwritable") => unwritable(&files),
        _ => panic!("no fault is called {}", fault.display()),
    }
}

/// The second half of the copy is more than the process may write. The signal that says so ends a
/// process that does not expect it.
fn full(files: &Files) {
    let module = load(files);
    let half = fs::metadata(&files.second).expect("the module").len() / 2;
    let most = limit_files(half);
    let refusal = refused(files, &module);
    let told = refusal.to_string();
    assert!(told.contains("`RLIMIT_FSIZE` (`ulimit -f`"), "{told}");
    limit_files(most);
    module.update(&files.second).expect("the cured update");
}

/// Sets the size that a file may grow to, and gives the one before.
fn limit_files(bytes: u64) -> u64 {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: it writes the limits to where they have room.
    let read = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    assert_eq!(read, 0);
    let before = limit.rlim_cur;
    limit.rlim_cur = bytes;
    // SAFETY: the limits were read above, but for one that was written since.
    let set = unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) };
    assert_eq!(set, 0);
    before
}

/// The host's own directory, and then the one around it, cannot be written to.
fn unwritable(files: &Files) {
    // SAFETY: there is one thread.
    if unsafe { libc::geteuid() } == 0 {
        // For root, permissions mean nothing. SAFETY: as above.
        assert_eq!(unsafe { libc::setuid(NOBODY) }, 0);
    }
    let module = load(files);
    let own = own(&files.stage);
    let mode = |directory: &Path, mode| {
        fs::set_permissions(directory, Permissions::from_mode(mode)).expect("permissions");
    };
    let refused_in = |directory: &Path| {
        let told = refused(files, &module).to_string();
        assert!(
            told.contains(&format!("{}:", directory.display())),
            "{told}"
        );
        assert!(told.contains("let the server's user write there"), "{told}");
    };

    mode(&own, 0o500);
    refused_in(&own);
    mode(&own, 0o700);

    fs::remove_dir_all(&own).expect("the host's directory");
    mode(&files.stage, 0o500);
    refused_in(&files.stage);
    mode(&files.stage, 0o700);
    module.update(&files.second).expect("the cured update");
}

fn load(files: &Files) -> Module<dyn Counter> {
    let host = Host::builder()
        .stage_dir(&files.stage)
        .build()
        .expect("a host");
    host.load::<dyn Counter>(&files.first)
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// The one directory in `stage`.
fn own(stage: &Path) -> PathBuf {
    let mut entries = fs::read_dir(stage).expect("the directory of copies");
    let own = entries.next().expect("a directory").expect("a directory");
    assert!(entries.next().is_none());
    own.path()
}

/// How many files lie in the directories in `stage`.
fn copies(stage: &Path) -> usize {
    let entries = |directory: &Path| fs::read_dir(directory).expect("a directory");
    entries(stage)
        .map(|own| entries(&own.expect("a directory").path()).count())
        .sum()
}

/// An update that cannot be staged: refused, and nothing else.
fn refused(files: &Files, module: &Module<dyn Counter>) -> Refusal {
    let mut count = module.create("").expect("a counter");
    let before = copies(&files.stage);
    let refusal = module
        .update(&files.second)
        .expect_err("no room for the copy");
    assert_eq!(refusal.stage(), RefusalStage::Stage, "{refusal}");
    assert_eq!(refusal.differences()[0].rule, Rule::StagingFailed);
    let told = refusal.to_string();
    assert!(told.contains(&files.stage.display().to_string()), "{told}");
    assert!(told.contains("HostBuilder::stage_dir"), "{told}");
    assert_eq!(copies(&files.stage), before, "something is left");
    assert_eq!(count.next().expect("a call"), 1);
    assert_eq!(module.versions().len(), 1);
    refusal
}
