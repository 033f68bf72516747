//! Directories of modules that are watched.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use hotmod_host::describe::Rule;
use hotmod_host::{Host, Module, UpdateState, Watch, WatchBuilder, WatchReport};
use hotmod_tests::counters::{counters, named};
use hotmod_tests::fixture::Built;
use hotmod_tests::interfaces::counter::Counter;
use hotmod_tests::mount::Mount;
use hotmod_tests::numbered::Numbered;
use hotmod_tests::patience::{PATIENCE, until_state};
use tempfile::TempDir;

static COUNTERS: LazyLock<Built> = LazyLock::new(counters);

/// A directory with a counter that runs, and what a watch of it reports.
struct Watched {
    folder: TempDir,
    host: Host,
    module: Module<dyn Counter>,
    reports: Receiver<WatchReport>,
    watch: Option<Watch>,
}

fn built(variant: &str) -> PathBuf {
    COUNTERS.file(&named(variant))
}

impl Watched {
    fn new() -> Self {
        Watched::by(|builder| builder)
    }

    fn by(choose: impl FnOnce(WatchBuilder) -> WatchBuilder) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let directory = folder.path().join("modules");
        fs::create_dir(&directory).expect("a directory");
        fs::copy(built("first"), directory.join("libcounter.so")).expect("a copy");
        Watched::within(folder, &directory, choose)
    }

    fn within(
        folder: TempDir,
        directory: &Path,
        choose: impl FnOnce(WatchBuilder) -> WatchBuilder,
    ) -> Self {
        let host = Host::builder().build().expect("a host");
        Watched::of(host, folder, directory, choose)
    }

    fn of(
        host: Host,
        folder: TempDir,
        directory: &Path,
        choose: impl FnOnce(WatchBuilder) -> WatchBuilder,
    ) -> Self {
        let module = host.load::<dyn Counter>(directory.join("libcounter.so"));
        let module = module.expect("a module");
        let (report, reports) = mpsc::channel();
        let builder = Watch::builder(&host)
            .directory(directory)
            .on_report(move |it| drop(report.send(it.clone())));
        let watch = choose(builder).start().expect("a watch");
        Watched {
            folder,
            host,
            module,
            reports,
            watch: Some(watch),
        }
    }

    fn directory(&self) -> PathBuf {
        self.folder.path().join("modules")
    }

    fn file(&self) -> PathBuf {
        self.directory().join("libcounter.so")
    }

    fn next(&self) -> WatchReport {
        let report = self.reports.recv_timeout(PATIENCE);
        report.expect("a report")
    }

    /// Waits for the update to this version, which is the next report.
    fn updated(&self, version: &str) {
        match self.next() {
            WatchReport::Updated { report, .. } => assert_eq!(report.to, version, "{report}"),
            other => panic!("{other}"),
        }
        assert_eq!(self.module.version(), version);
    }

    /// Moves a copy of a variant into the place of the file.
    fn moved(&self, variant: &str) {
        self.moved_to(variant, "libcounter.so");
    }

    fn moved_to(&self, variant: &str, name: &str) {
        let beside = self.directory().join(".libcounter.so.next");
        fs::copy(built(variant), &beside).expect("a copy");
        fs::rename(&beside, self.directory().join(name)).expect("a file");
    }

    /// Shows that nothing was reported until now: the next report is that of a file that is made here.
    fn nothing_else(&self) {
        fs::write(self.directory().join("libmark.so"), "no module").expect("a file");
        match self.next() {
            WatchReport::Refused { file, .. } if file.ends_with("libmark.so") => {}
            other => panic!("{other}"),
        }
        fs::remove_file(self.directory().join("libmark.so")).expect("a file");
    }
}

fn run(program: &str, arguments: &[&Path]) -> bool {
    match Command::new(program).args(arguments).status() {
        Ok(status) => {
            assert!(status.success(), "{program}: {status}");
            true
        }
        Err(error) => {
            eprintln!("skipped: no `{program}` here ({error})");
            false
        }
    }
}

#[test]
fn each_way_to_put_a_file_there_is_taken_up() {
    let watched = Watched::new();
    let file = watched.file();
    watched.moved("second");
    watched.updated("1.1.0");
    // In place, as `cp` does, the very file that the module was copied from.
    run("cp", &[&built("third"), &file]);
    watched.updated("1.2.0");

    let watched = Watched::new();
    let file = watched.file();
    run("install", &[&built("second"), &file]);
    watched.updated("1.1.0");
    // A link to a file that is older than the one before.
    run("ln", &[Path::new("-f"), &built("third"), &file]);
    watched.updated("1.2.0");

    let watched = Watched::new();
    let file = watched.file();
    if run("rsync", &[&built("second"), &file]) {
        watched.updated("1.1.0");
    }
    symlink(built("third"), watched.directory().join("next")).expect("a link");
    fs::rename(watched.directory().join("next"), &file).expect("a link");
    watched.updated("1.2.0");
    watched.nothing_else();
}

#[test]
fn a_file_is_taken_when_it_is_written() {
    let watched = Watched::new();
    let bytes = fs::read(built("second")).expect("a module");
    let mut file = File::create(watched.directory().join("libnew.so")).expect("a file");
    for part in bytes.chunks(64 << 10) {
        file.write_all(part).expect("a part");
        assert_eq!(watched.module.version(), "1.0.0");
    }
    drop(file);
    watched.updated("1.1.0");
    watched.nothing_else();
}

#[test]
fn what_is_cut_short_is_reported_once_and_taken_when_it_is_completed() {
    let watched = Watched::new();
    let bytes = fs::read(built("second")).expect("a module");
    fs::write(watched.file(), &bytes[..bytes.len() / 2]).expect("half of a file");
    match watched.next() {
        WatchReport::Refused { file, .. } => assert_eq!(file, watched.file()),
        other => panic!("{other}"),
    }
    fs::write(watched.file(), &bytes).expect("a file");
    watched.updated("1.1.0");
    watched.nothing_else();
}

#[test]
fn what_is_refused_is_reported_once_and_tried_again_when_it_changes() {
    let watched = Watched::new();
    watched.moved("refused");
    let told = watched.next();
    assert!(told.is_failure());
    let told = told.to_string();
    assert!(told.contains("1.0.0 keeps running"), "{told}");
    assert!(told.contains("Count.count: was u64, now String"), "{told}");
    // The same again is no news, under whatever time.
    watched.moved("refused");
    let file = File::open(watched.file()).expect("a file");
    file.set_modified(std::time::SystemTime::UNIX_EPOCH)
        .expect("a time");
    watched.nothing_else();
    watched.moved("second");
    watched.updated("1.1.0");
}

#[test]
fn what_was_rolled_back_does_not_come_back_by_itself_and_that_is_told() {
    let mut watched = Watched::new();
    watched.moved("second");
    watched.updated("1.1.0");
    watched.module.rollback().expect("a rollback");
    let left = |watched: &Watched, name: &str| {
        match watched.next() {
            WatchReport::Refused { file, refusal, .. } => {
                assert!(file.ends_with(name), "{refusal}");
                assert_eq!(refusal.differences()[0].rule, Rule::Undone, "{refusal}");
                assert_eq!(refusal.running(), Some("1.0.0"));
                let told = refusal.to_string();
                assert!(
                    told.contains("1.1.0, which was: it was asked for"),
                    "{told}"
                );
            }
            other => panic!("{other}"),
        }
        assert_eq!(watched.module.version(), "1.0.0");
    };
    let events = watched.host.events();
    watched.moved("second");
    left(&watched, "libcounter.so");
    let told = until_state(&events, UpdateState::Refused);
    assert_eq!(told.last().expect("an event").to.as_deref(), Some("1.1.0"));
    watched.nothing_else();
    // Under another name, and as it is seen by a watch that begins anew.
    watched.moved_to("second", "libcopy.so");
    left(&watched, "libcopy.so");
    watched.watch = None;
    let (report, reports) = mpsc::channel();
    let again = Watch::builder(&watched.host)
        .directory(watched.directory())
        .on_report(move |it| drop(report.send(it.clone())));
    watched.watch = Some(again.start().expect("a watch"));
    watched.reports = reports;
    left(&watched, "libcopy.so");
    left(&watched, "libcounter.so");
    // Who asks for it gets it, and then it is a version like any other.
    watched.module.update(watched.file()).expect("an update");
    assert_eq!(watched.module.version(), "1.1.0");
    watched.moved("third");
    watched.updated("1.2.0");
}

#[test]
fn of_a_file_that_is_replaced_a_hundred_times_a_second_the_last_counts() {
    const REPLACED: usize = 100;
    const APART: Duration = Duration::from_millis(10);
    let numbered = Numbered::build(false);
    let aside = tempfile::tempdir().expect("a folder");
    let files = (1..=REPLACED).map(|number| numbered.write(aside.path(), number));
    let files: Vec<PathBuf> = files.collect();
    let watched = Watched::new();
    let events = watched.host.events();
    let began = Instant::now();
    for (place, file) in (0..).zip(&files) {
        // The pace is what is tried here.
        thread::sleep((APART * place).saturating_sub(began.elapsed()));
        // It lies on another file system, perhaps.
        let beside = watched.directory().join(".next");
        fs::copy(file, &beside).expect("a copy");
        fs::rename(&beside, watched.file()).expect("a file");
    }
    let last = Numbered::version(REPLACED);
    loop {
        match watched.next() {
            WatchReport::Updated { report, .. } if report.to == last => break,
            WatchReport::Updated { .. } => {}
            other => panic!("{other}"),
        }
    }
    watched.nothing_else();
    assert_eq!(watched.module.version(), last);
    let mut current = "1.0.0".to_owned();
    for event in std::iter::from_fn(|| events.try_next()) {
        if event.state == UpdateState::Published {
            assert_eq!(event.from, current);
            current = event.to.expect("a version");
        }
    }
    assert_eq!(current, last);
}

#[test]
fn where_the_disk_is_full_that_is_reported_once_and_tried_again_when_the_server_asks() {
    let folder = tempfile::tempdir().expect("a folder");
    let (directory, copies) = (folder.path().join("modules"), folder.path().join("copies"));
    for directory in [&directory, &copies] {
        fs::create_dir(directory).expect("a directory");
    }
    fs::copy(built("first"), directory.join("libcounter.so")).expect("a copy");
    let size = fs::metadata(built("first")).expect("a module").len();
    let Some(mount) = Mount::small(copies.clone(), size * 3 / 2) else {
        return;
    };
    let host = Host::builder().stage_dir(copies).build().expect("a host");
    let watched = Watched::of(host, folder, &directory, |builder| builder);
    for variant in ["second", "third"] {
        watched.moved(variant);
        match watched.next() {
            WatchReport::Refused { refusal, .. } => {
                assert_eq!(
                    refusal.differences()[0].rule,
                    Rule::StagingFailed,
                    "{refusal}"
                );
                assert!(
                    refusal.to_string().contains("make room there for"),
                    "{refusal}"
                );
            }
            other => panic!("{other}"),
        }
        watched.nothing_else();
        assert_eq!(watched.module.version(), "1.0.0");
    }
    mount.resize(size * 4);
    watched.watch.as_ref().expect("a watch").look_now();
    watched.updated("1.2.0");
    watched.nothing_else();
    // The folder can be removed when nothing is mounted in it any more.
    drop(mount);
    drop(watched);
}

#[test]
fn of_a_hundred_files_the_last_counts() {
    let watched = Watched::new();
    for round in 0..100 {
        watched.moved(if round % 2 == 0 { "second" } else { "refused" });
    }
    watched.moved("third");
    loop {
        match watched.next() {
            WatchReport::Updated { report, .. } if report.to == "1.2.0" => break,
            WatchReport::Updated { report, .. } => assert_eq!(report.to, "1.1.0"),
            WatchReport::Refused { .. } => {}
            other => panic!("{other}"),
        }
    }
    watched.nothing_else();
    assert_eq!(watched.module.version(), "1.2.0");
}

#[test]
fn of_several_files_of_one_module_the_latest_version_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let directory = folder.path().join("modules");
    fs::create_dir(&directory).expect("a directory");
    for (variant, name) in [
        ("third", "liba.so"),
        ("second", "libb.so"),
        ("first", "libcounter.so"),
    ] {
        fs::copy(built(variant), directory.join(name)).expect("a copy");
    }
    let watched = Watched::within(folder, &directory, |builder| builder);
    // Those that are there when the watch begins are taken, the latest last.
    let mut last = String::new();
    while last != "1.2.0" {
        match watched.next() {
            WatchReport::Updated { report, .. } => last = report.to,
            other => panic!("{other}"),
        }
    }
    watched.nothing_else();
    assert_eq!(watched.module.version(), "1.2.0");
}

#[test]
fn a_directory_may_be_deleted_and_made_anew() {
    let watched = Watched::new();
    for version in ["second", "third"] {
        fs::remove_dir_all(watched.directory()).expect("a directory");
        match watched.next() {
            WatchReport::Unreadable { directory, .. } => assert_eq!(directory, watched.directory()),
            other => panic!("{other}"),
        }
        assert!(watched.module.version().starts_with("1."));
        fs::create_dir(watched.directory()).expect("a directory");
        watched.moved(version);
        watched.updated(if version == "second" {
            "1.1.0"
        } else {
            "1.2.0"
        });
    }
    watched.moved("refused");
    assert!(watched.next().is_failure());
}

#[test]
fn a_release_that_is_switched_by_a_link_is_taken_up() {
    // As Kubernetes mounts a volume: the files are links through `..data`, which is replaced.
    let folder = tempfile::tempdir().expect("a folder");
    let directory = folder.path().join("modules");
    let release = |variant: &str| {
        let release = directory.join(format!("..{variant}"));
        fs::create_dir_all(&release).expect("a directory");
        fs::copy(built(variant), release.join("libcounter.so")).expect("a copy");
        symlink(format!("..{variant}"), directory.join("..next")).expect("a link");
        fs::rename(directory.join("..next"), directory.join("..data")).expect("a link");
    };
    release("first");
    symlink("..data/libcounter.so", directory.join("libcounter.so")).expect("a link");
    let watched = Watched::within(folder, &directory, |builder| builder);
    release("second");
    watched.updated("1.1.0");
    release("third");
    watched.updated("1.2.0");
    watched.nothing_else();
}

#[test]
fn what_the_system_does_not_tell_of_is_found_by_looking() {
    // The directory is reached by a link, which lies in a directory that is not listened to.
    let folder = tempfile::tempdir().expect("a folder");
    let release = |variant: &str| {
        let modules = folder.path().join(variant).join("inner").join("modules");
        fs::create_dir_all(&modules).expect("a directory");
        fs::copy(built(variant), modules.join("libcounter.so")).expect("a copy");
        symlink(variant, folder.path().join("next")).expect("a link");
        fs::rename(folder.path().join("next"), folder.path().join("current")).expect("a link");
    };
    release("first");
    let directory = folder.path().join("current").join("inner").join("modules");
    let path = folder.path().to_owned();
    let poll = |builder: WatchBuilder| builder.poll(Duration::from_millis(5));
    let elsewhere = tempfile::tempdir().expect("a folder");
    let watched = Watched::within(elsewhere, &directory, poll);
    release("second");
    watched.updated("1.1.0");
    // It is listened to where it is now.
    fs::copy(
        built("third"),
        path.join("current/inner/modules/libcounter.so"),
    )
    .expect("a copy");
    watched.updated("1.2.0");
}

#[test]
fn a_module_that_is_not_loaded_is_loaded_if_the_host_says_so() {
    let watched = Watched::new();
    watched.moved_to("other", "libother.so");
    match watched.next() {
        WatchReport::NotLoaded { module, .. } => assert_eq!(module, "other"),
        other => panic!("{other}"),
    }
    assert!(watched.host.module("other").is_none());

    let watched = Watched::by(|builder| builder.load_new(|it| it.build().module == "other"));
    watched.moved_to("other", "libother.so");
    match watched.next() {
        WatchReport::Loaded {
            module, version, ..
        } => assert_eq!((module.as_str(), version.as_str()), ("other", "1.0.0")),
        other => panic!("{other}"),
    }
    let other = watched.host.module("other").expect("a module");
    let code = other
        .function::<fn() -> String>("code")
        .expect("a function");
    assert_eq!(code.call().as_deref(), Ok("first"));
}

#[test]
fn what_is_no_file_is_left_alone() {
    let watched = Watched::new();
    let directory = watched.directory();
    fs::create_dir(directory.join("libfolder.so")).expect("a directory");
    run("mkfifo", &[&directory.join("libpipe.so")]);
    symlink("nowhere", directory.join("libnowhere.so")).expect("a link");
    fs::write(directory.join("README.md"), "text").expect("a file");
    fs::write(directory.join(".libhidden.so"), "text").expect("a file");
    watched.nothing_else();
}

#[test]
fn a_watch_ends_when_it_is_dropped_or_its_host_is_gone() {
    let mut watched = Watched::new();
    drop(watched.watch.take());
    // With its thread, what it reports to is gone.
    assert!(watched.reports.recv_timeout(PATIENCE).is_err());
    watched.moved("second");
    assert_eq!(watched.module.version(), "1.0.0");

    let Watched {
        folder,
        host,
        module,
        reports,
        watch,
    } = Watched::by(|builder| builder.poll(Duration::from_millis(5)));
    drop(host);
    assert!(reports.recv_timeout(PATIENCE).is_err());
    drop((watch, module, folder));
}

#[test]
fn the_end_of_a_watch_is_waited_for_as_long_as_it_may_take() {
    let (told, is_told) = mpsc::channel();
    let (let_on, is_let_on) = mpsc::channel::<()>();
    let mut watched = Watched::by(|builder| {
        builder.on_report(move |_| {
            told.send(()).expect("a test that waits");
            let _ = is_let_on.recv();
        })
    });
    watched.moved("second");
    is_told.recv_timeout(PATIENCE).expect("a report");
    let watch = watched.watch.take().expect("a watch");
    assert!(!watch.end_timeout(Duration::ZERO), "it tells of an update");
    drop(let_on);
    // With its thread, what it tells is gone.
    assert!(is_told.recv_timeout(PATIENCE).is_err());

    let watch = Watched::new().watch.take().expect("a watch");
    assert!(watch.end_timeout(PATIENCE));
}

#[test]
fn a_panic_of_what_is_told_does_not_end_the_watch() {
    let (report, reports) = mpsc::channel();
    let watched = Watched::by(|builder| {
        builder.on_report(move |it| {
            let _ = report.send(it.to_string());
            panic!("what was told");
        })
    });
    for version in ["second", "third"] {
        watched.moved(version);
        reports.recv_timeout(PATIENCE).expect("a report");
    }
    assert_eq!(watched.module.version(), "1.2.0");
}

#[test]
fn a_watch_needs_a_directory() {
    let host = Host::builder().build().expect("a host");
    let error = Watch::builder(&host).start().expect_err("no directory");
    assert!(
        error.to_string().contains("`HostBuilder::module_dir`"),
        "{error}"
    );
}
