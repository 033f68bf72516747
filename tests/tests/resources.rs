//! Files that a server reads as values, and takes up anew as they change.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use hotmod_host::{Host, Resource, ResourceErrorKind, ResourceReport, Watch};
use hotmod_tests::patience::{Ended, PATIENCE};
use serde::Deserialize;
use tempfile::TempDir;

#[derive(Debug, Deserialize, PartialEq)]
struct Config {
    seats: u32,
    #[serde(default)]
    again: u32,
}

/// A host and its directory for resources.
struct Served {
    folder: TempDir,
    host: Host,
}

impl Served {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("resources")).expect("a directory");
        let host = Host::builder()
            .resource_dir(folder.path().join("resources"))
            .build()
            .expect("a host");
        Served { folder, host }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("resources").join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.file(name), text).expect("a file");
    }

    /// Moves a file into the place of the one before.
    fn moved(&self, name: &str, text: impl AsRef<[u8]>) {
        let beside = self.file(".next");
        fs::write(&beside, text).expect("a file");
        fs::rename(&beside, self.file(name)).expect("a file");
    }

    fn config(&self) -> Resource<Config> {
        let config = self.host.resource("game.toml");
        config.unwrap_or_else(|error| panic!("{error}"))
    }

    fn watch(&self) -> (Watch, Receiver<ResourceReport>) {
        let (report, reports) = mpsc::channel();
        let watch = self.host.watch_resources();
        let watch = watch.on_report(move |it| drop(report.send(it.clone())));
        (watch.start().expect("a watch"), reports)
    }
}

fn run(program: &mut Command) {
    assert!(program.status().expect("a program").success());
}

fn next(reports: &Receiver<ResourceReport>) -> ResourceReport {
    reports.recv_timeout(PATIENCE).expect("a report")
}

/// Waits for the report that a version was taken.
fn changed(reports: &Receiver<ResourceReport>, expected: u64) {
    match next(reports) {
        ResourceReport::Changed { version, .. } => assert_eq!(version, expected),
        other => panic!("{other}"),
    }
}

#[test]
fn a_resource_is_typed_in_each_format() {
    let served = Served::new();
    let files = [
        ("a.toml", "seats = 7"),
        ("a.json", "{\"seats\": 7}"),
        ("a.ron", "(seats: 7)"),
    ];
    for (name, text) in files {
        served.write(name, text);
        let config = served.host.resource::<Config>(name).expect("a resource");
        assert_eq!((config.get().seats, config.version()), (7, 1), "{name}");
    }
    served.write("a.bin", [0xff, 0]);
    let bytes = served.host.resource_bytes("a.bin").expect("a resource");
    assert_eq!(**bytes.get(), [0xff, 0]);
    served.write("a.txt", "hello");
    let text = served.host.resource_text("a.txt").expect("a resource");
    assert_eq!(*text.get(), "hello");
    let number = served.host.resource_builder::<u32>("a.number");
    served.write("a.number", "12");
    let number =
        number.load_with(|bytes| std::str::from_utf8(bytes)?.parse::<u32>().map_err(boxed));
    assert_eq!(*number.expect("a resource").get(), 12);
}

fn boxed(error: std::num::ParseIntError) -> Box<dyn std::error::Error + Send + Sync> {
    error.into()
}

#[test]
fn a_reload_takes_what_is_new_and_keeps_what_was_read() {
    let served = Served::new();
    served.write("game.toml", "seats = 1");
    let config = served.config();
    let other = config.clone();
    let first = config.get();
    assert_eq!(config.reload().expect("the same"), 1);
    served.write("game.toml", "seats = 2");
    assert_eq!(config.reload().expect("a value"), 2);
    assert_eq!((first.seats, first.version()), (1, 1));
    assert_eq!((other.get().seats, other.get().version()), (2, 2));
}

#[test]
fn what_is_malformed_is_told_with_its_place_and_the_old_value_stays() {
    let served = Served::new();
    served.write("game.toml", "seats = 1");
    let config = served.config();
    served.write("game.toml", "# seats\nseats = \"many\"\n");
    let error = config.reload().expect_err("no number");
    assert_eq!(error.kind(), ResourceErrorKind::Malformed);
    assert_eq!(
        (error.line(), error.column(), error.kept()),
        (Some(2), Some(9), Some(1))
    );
    let text = error.to_string();
    let file = served.file("game.toml");
    let expected = format!(
        "resource `game.toml` ({}) is refused; version 1 stays [HM-0633]\n  line 2, column 9: invalid type: string \"many\", \
         expected u32",
        file.display()
    );
    assert_eq!(text, expected);
    assert_eq!(config.get().seats, 1);
    let refused = config.refused().expect("why");
    assert_eq!(refused.to_string(), text);
    // As it was, so nothing is wrong any more, and nothing is new.
    served.write("game.toml", "seats = 1");
    assert_eq!(config.reload().expect("a value"), 1);
    assert!(config.refused().is_none());
    // Without a value to keep.
    served.write("other.toml", "seats = ");
    let error = served
        .host
        .resource::<Config>("other.toml")
        .expect_err("no value");
    assert!(
        error
            .to_string()
            .contains("is refused [HM-0633]\n  line 1, column "),
        "{error}"
    );
}

#[test]
fn a_value_that_the_server_does_not_let_pass_is_refused() {
    let served = Served::new();
    served.write("game.toml", "seats = 1");
    let check = |config: &Config| match config.seats {
        0 => Err("no seats"),
        13 => panic!("unlucky"),
        _ => Ok(()),
    };
    let builder = served.host.resource_builder::<Config>("game.toml");
    let config = builder.validate(check).load().expect("a resource");
    served.write("game.toml", "seats = 0");
    let error = config.reload().expect_err("no seats");
    assert_eq!(error.kind(), ResourceErrorKind::Invalid);
    assert!(
        error
            .to_string()
            .contains("version 1 stays [HM-0634]\n  no seats\n    help: "),
        "{error}"
    );
    served.write("game.toml", "seats = 13");
    let error = config.reload().expect_err("a panic");
    assert!(
        error.to_string().contains("it panicked: unlucky"),
        "{error}"
    );
    served.write("game.toml", "seats = 2");
    assert_eq!(config.reload().expect("a value"), 2);
    served.write("other.toml", "seats = 0");
    let builder = served.host.resource_builder::<Config>("other.toml");
    let error = builder.validate(check).load().expect_err("no seats");
    assert_eq!(error.kept(), None);
}

#[test]
fn each_way_to_change_a_file_is_taken_up() {
    let served = Served::new();
    served.write("game.toml", "seats = 1");
    let config = served.config();
    let (_watch, reports) = served.watch();
    served.moved("game.toml", "seats = 2");
    changed(&reports, 2);
    assert_eq!(config.get().seats, 2);
    served.write("game.toml", "seats = 3");
    changed(&reports, 3);
    assert_eq!(config.get().seats, 3);
    // The same again is no news, nor is what no resource is.
    served.moved("game.toml", "seats = 3");
    served.moved("other.toml", "seats = 4");
    // Deleted and made anew.
    fs::remove_file(served.file("game.toml")).expect("a file");
    served.write("game.toml", "seats = 4");
    changed(&reports, 4);
    // As some editors save: what was there is put aside under another name, and removed in the end.
    fs::rename(served.file("game.toml"), served.file("game.toml~")).expect("a file");
    served.write("game.toml", "seats = 5");
    fs::remove_file(served.file("game.toml~")).expect("a file");
    changed(&reports, 5);
    run(Command::new("sed")
        .args(["-i", "s/5/7/"])
        .arg(served.file("game.toml")));
    changed(&reports, 6);
    // From an archive, in which it is older than what was there.
    let elsewhere = served.folder.path();
    fs::write(elsewhere.join("game.toml"), "seats = 8").expect("a file");
    let written = File::options()
        .write(true)
        .open(elsewhere.join("game.toml"));
    let long_ago = UNIX_EPOCH + Duration::from_secs(1);
    (written.expect("a file"))
        .set_modified(long_ago)
        .expect("a time");
    for (way, directory) in [
        ("-cf", elsewhere.to_owned()),
        ("-xf", elsewhere.join("resources")),
    ] {
        run(Command::new("tar")
            .arg("-C")
            .arg(directory)
            .arg(way)
            .arg(elsewhere.join("archive.tar"))
            .arg("game.toml"));
    }
    changed(&reports, 7);
    // One that is asked for later.
    let other = served
        .host
        .resource::<Config>("other.toml")
        .expect("a resource");
    served.moved("other.toml", "seats = 5");
    changed(&reports, 2);
    assert_eq!(other.get().seats, 5);
    // One that is not used any more.
    drop(other);
    served.moved("other.toml", "seats = 6");
    served.moved("game.toml", "seats = 6");
    changed(&reports, 8);
}

#[test]
fn a_file_is_taken_up_when_it_is_written() {
    let served = Served::new();
    served.write("game.toml", "seats = 1");
    let config = served.config();
    let (_watch, reports) = served.watch();
    // Each part of it would be a value.
    let mut file = File::create(served.file("game.toml")).expect("a file");
    for part in ["seats", " = ", "1", "2", "\n", "again = 1", "2\n"] {
        file.write_all(part.as_bytes()).expect("a part");
        assert_eq!(config.get().seats, 1);
    }
    drop(file);
    changed(&reports, 2);
    let expected = Config {
        seats: 12,
        again: 12,
    };
    assert_eq!(*config.get(), expected);
}

#[test]
fn what_is_refused_is_reported_once_and_tried_again_when_it_changes() {
    let served = Served::new();
    served.write("game.toml", "seats = 1");
    served.write("other.toml", "seats = 1");
    let config = served.config();
    let other = served.host.resource::<Config>("other.toml");
    let other = other.expect("a resource");
    let (watch, reports) = served.watch();
    served.write("game.toml", "seats = -1");
    let told = next(&reports);
    assert!(told.is_failure());
    let text = told.to_string();
    assert!(
        text.contains("version 1 stays [HM-0633]\n  line 1, column 9: "),
        "{text}"
    );
    served.moved("game.toml", "seats = -1");
    served.moved("game.toml", "seats = 2");
    changed(&reports, 2);
    served.moved("game.toml", "seats = no");
    assert!(next(&reports).is_failure());
    // As it is, since the server asks.
    watch.look_now();
    assert!(next(&reports).is_failure());
    // The same once more is no news, and is asked for all the same. The other file says that it has been looked at.
    served.moved("game.toml", "seats = no");
    served.moved("other.toml", "seats = 9");
    changed(&reports, 2);
    watch.look_now();
    assert!(next(&reports).is_failure());
    assert_eq!((config.get().seats, other.get().seats), (2, 9));
}

#[test]
fn a_release_that_is_switched_by_a_link_is_taken_up() {
    // As Kubernetes mounts a volume: the files are links through `..data`, which is replaced.
    let served = Served::new();
    let release = |seats: u32| {
        let name = format!("..{seats}");
        fs::create_dir(served.file(&name)).expect("a directory");
        let file = served.file(&name).join("game.toml");
        fs::write(file, format!("seats = {seats}")).expect("a file");
        symlink(&name, served.file("..next")).expect("a link");
        fs::rename(served.file("..next"), served.file("..data")).expect("a link");
    };
    release(1);
    symlink("..data/game.toml", served.file("game.toml")).expect("a link");
    let config = served.config();
    let (_watch, reports) = served.watch();
    release(2);
    changed(&reports, 2);
    release(3);
    changed(&reports, 3);
    assert_eq!(config.get().seats, 3);
}

#[test]
fn what_takes_a_files_place_and_is_none_is_told_once_and_the_value_stays() {
    let served = Served::new();
    served.write("game.toml", "seats = 1");
    let config = served.config();
    let (watch, reports) = served.watch();
    let file = served.file("game.toml");
    fs::remove_file(&file).expect("a file");
    fs::create_dir(&file).expect("a directory");
    let said = next(&reports).to_string();
    assert!(said.contains("it is no regular file"), "{said}");
    assert!(said.contains("version 1 stays"), "{said}");
    // What becomes of what is in it is none of the server's concern.
    fs::write(file.join("within"), "text").expect("a file");
    fs::remove_dir_all(&file).expect("a directory");
    run(Command::new("mkfifo").arg(&file));
    let said = next(&reports).to_string();
    assert!(said.contains("it is no regular file"), "{said}");
    fs::remove_file(&file).expect("a pipe");
    symlink("/dev/zero", &file).expect("a link");
    let said = next(&reports).to_string();
    assert!(said.contains("expected inside"), "{said}");
    assert_eq!((config.get().seats, config.version()), (1, 1));
    served.moved("game.toml", "seats = 2");
    changed(&reports, 2);
    assert_eq!(config.get().seats, 2);
    drop(watch);
    assert_eq!(reports.try_iter().count(), 0, "each is told once");
}

#[test]
fn what_lies_elsewhere_or_is_no_file_is_refused() {
    let served = Served::new();
    fs::write(served.folder.path().join("secret"), "text").expect("a file");
    symlink("../secret", served.file("link")).expect("a link");
    symlink("/etc/hostname", served.file("absolute")).expect("a link");
    fs::create_dir(served.file("folder")).expect("a directory");
    let pipe = Command::new("mkfifo").arg(served.file("pipe")).status();
    assert!(pipe.expect("a program").success());
    symlink("/dev/zero", served.file("device")).expect("a link");
    served.write("text", "text");
    let outside = [
        "../secret",
        "/etc/hostname",
        "folder/../text",
        "./text",
        "text/",
        "..",
        ".",
        "",
        "link",
        "absolute",
        "device",
    ];
    let unreadable = ["folder", "pipe", "nothing"];
    let all = outside.map(|it| (it, ResourceErrorKind::Outside));
    let all = all
        .into_iter()
        .chain(unreadable.map(|it| (it, ResourceErrorKind::Unreadable)));
    for (name, kind) in all {
        let error = served.host.resource_bytes(name).expect_err(name);
        assert_eq!(error.kind(), kind, "{name:?}: {error}");
    }
    let large = served.host.resource_builder::<String>("text").max_bytes(3);
    let error = large.load_text().expect_err("too large");
    assert!(error.to_string().contains("larger than 3 bytes"), "{error}");
    let exact = served.host.resource_builder::<String>("text").max_bytes(4);
    assert_eq!(*exact.load_text().expect("a resource").get(), "text");

    let host = Host::builder().build().expect("a host");
    let error = host.resource_text("text").expect_err("no directory");
    assert!(
        error.to_string().contains("`HostBuilder::resource_dir`"),
        "{error}"
    );
    assert!(host.watch_resources().start().is_err());
    let missing = Host::builder().resource_dir(served.file("nowhere")).build();
    let error = missing.expect_err("no directory");
    assert!(
        error.to_string().starts_with("resource directory "),
        "{error}"
    );
}

#[test]
fn what_is_read_is_whole_while_it_is_replaced() {
    const VERSIONS: u32 = 300;
    let served = Served::new();
    served.write("game.toml", "seats = 1\nagain = 1");
    let config = served.config();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut before = 0;
                while !is_over.load(Ordering::Relaxed) {
                    let value = config.get();
                    assert_eq!(value.seats, value.again);
                    assert_eq!(u64::from(value.seats), value.version());
                    assert!(value.version() >= before);
                    before = value.version();
                }
            });
        }
        let _over = Ended(&is_over);
        for number in 2..=VERSIONS {
            served.moved("game.toml", format!("seats = {number}\nagain = {number}"));
            assert_eq!(config.reload().expect("a value"), u64::from(number));
        }
    });
}

#[test]
fn a_watch_of_resources_does_not_keep_the_host() {
    let served = Served::new();
    let (report, reports) = mpsc::channel::<()>();
    let watch = served.host.watch_resources().poll(Duration::from_millis(5));
    let watch = watch.on_report(move |_| {
        let _ = report.send(());
    });
    let watch = watch.start().expect("a watch");
    assert_eq!(
        watch.directory(),
        Path::new(&served.file("")).components().as_path()
    );
    drop(served.host);
    // With its thread, what it reports to is gone.
    assert!(reports.recv_timeout(PATIENCE).is_err());
}
