//! Servers as users build and run them: in a workspace of their own, killed, moved, forked, limited, and
//! become another user.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use hotmod_tests::field::{Server, Workspace};
use hotmod_tests::mount::{Mount, is_root};
use hotmod_tests::outside::Outside;

static WORKSPACE: LazyLock<Workspace> = LazyLock::new(Workspace::build);

const FILE: &str = "libtally.so";

/// A user who owns nothing.
const NOBODY: u32 = 65534;

/// Where a server has its modules and its copies.
struct Place {
    outside: Outside,
}

impl Place {
    fn new() -> Self {
        let place = Place {
            outside: Outside::new(),
        };
        for directory in ["temporary", "copies"] {
            let directory = place.path(directory);
            fs::create_dir(&directory).expect("a directory");
            open(&directory);
        }
        place.deploy("first");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.outside.path().join(name)
    }

    fn deploy(&self, version: &str) {
        WORKSPACE.deploy(version, &self.path("modules").join(FILE));
    }

    /// A server whose copies go where the system keeps temporary files.
    fn start(&self) -> Server {
        let modules = self.path("modules");
        WORKSPACE.start(&[modules.as_os_str()], &self.path("temporary"))
    }

    /// A server that has loaded the first version.
    fn loaded(&self) -> Server {
        let mut server = self.start();
        assert_eq!(server.does(&format!("load {FILE}")), "loaded");
        assert_eq!(server.does("call"), "first 1");
        server
    }

    fn updates(&self, server: &mut Server, how: &str, answer: &str) {
        self.deploy("second");
        let told = server.does(&format!("{how} {FILE}"));
        let published = "module `tally` 1.0.0 → 1.1.0 is published; state is handed over as it is";
        assert!(told.starts_with(published), "{told}");
        assert_eq!(server.does("call"), answer);
    }

    /// What lies where the system keeps temporary files.
    fn left(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("temporary")).expect("a directory");
        let mut left: Vec<_> = entries.map(|it| it.expect("an entry").path()).collect();
        left.sort();
        left
    }
}

/// Lets any user write there.
fn open(directory: &Path) {
    let all = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    fs::set_permissions(directory, all).expect("permissions");
}

#[test]
fn a_server_that_ends_by_itself_leaves_nothing() {
    let place = Place::new();
    for end in ["return", "exit"] {
        let mut server = place.loaded();
        // One more host, which has copied nothing.
        assert_eq!(server.does("beside"), "done");
        assert_eq!(place.left().len(), 1);
        server.tell(end);
        assert!(server.ended().success());
        assert_eq!(place.left(), [] as [PathBuf; 0], "{end}");
    }
    let mut server = place.loaded();
    server.tell("panic");
    assert_eq!(server.ended().code(), Some(101));
    assert_eq!(place.left(), [] as [PathBuf; 0]);
}

#[test]
fn a_server_that_ends_while_a_thread_lets_its_host_go_leaves_nothing() {
    let place = Place::new();
    for _ in 0..3 {
        place.deploy("first");
        let mut server = place.loaded();
        // Each file is another, and has a copy of its own.
        for count in 1..=40 {
            place.deploy(["first", "second"][count % 2]);
            let mut file = fs::OpenOptions::new()
                .append(true)
                .open(place.path("modules").join(FILE))
                .expect("the module");
            file.write_all(&vec![0; count]).expect("the module");
            let told = server.does(&format!("update {FILE}"));
            assert!(told.contains(" is published"), "{told}");
        }
        server.tell("leave");
        assert!(server.ended().success());
        assert_eq!(place.left(), [] as [PathBuf; 0]);
    }
}

#[test]
fn what_a_killed_server_leaves_is_removed_by_the_next() {
    let place = Place::new();
    let mut lives = place.loaded();
    let kept = place.left();
    let ends = [libc::SIGTERM, libc::SIGKILL, libc::SIGINT, libc::SIGHUP];
    for signal in ends {
        let mut server = place.loaded();
        assert_eq!(place.left().len(), 2);
        server.is_ended_by(signal);
        assert_eq!(place.left().len(), 2, "the next host has something to do");
    }
    let mut server = place.loaded();
    server.tell("abort");
    assert!(!server.ended().success());
    // At its start, before it copies anything.
    let next = place.start();
    assert_eq!(place.left(), kept);
    drop(next);
    place.updates(&mut lives, "update", "second 2");
    assert_eq!(place.left(), kept);
    // In the middle of what it does.
    for _ in 0..3 {
        place.deploy("first");
        let mut server = place.loaded();
        place.deploy("second");
        server.tell(&format!("rehearse {FILE}"));
        server.is_ended_by(libc::SIGKILL);
    }
    // A rehearsal ends with the process that it is of, and its lock with it.
    let mut server = place.start();
    let told = server.does("beside");
    assert_eq!(told, "done");
    drop(server);
    assert!(place.left().len() <= 4, "{:?}", place.left());
}

#[test]
fn servers_that_start_together_remove_what_others_left_and_nothing_of_each_other() {
    let place = Place::new();
    place.loaded().is_ended_by(libc::SIGKILL);
    let theirs = place.path("temporary/hotmod-notes");
    fs::create_dir(&theirs).expect("a directory");
    fs::write(theirs.join("1-game.so"), "theirs").expect("a file");
    // In the place of a host's directory.
    let elsewhere = place.path("elsewhere");
    fs::create_dir(&elsewhere).expect("a directory");
    fs::write(elsewhere.join("1-game.so"), "theirs").expect("a file");
    symlink(&elsewhere, place.path("temporary/hotmod-abcdefABCDEF")).expect("a link");
    let mut servers = Vec::new();
    std::thread::scope(|scope| {
        let starts: Vec<_> = (0..6).map(|_| scope.spawn(|| place.loaded())).collect();
        servers.extend(starts.into_iter().map(|it| it.join().expect("a server")));
    });
    place.deploy("second");
    for server in &mut servers {
        let told = server.does(&format!("update {FILE}"));
        assert!(told.contains("1.0.0 → 1.1.0 is published"), "{told}");
        assert_eq!(server.does("call"), "second 2");
    }
    assert_eq!(place.left().len(), 6 + 2, "{:?}", place.left());
    drop(servers);
    let next = place.start();
    drop(next);
    assert_eq!(place.left().len(), 2, "{:?}", place.left());
    assert!(theirs.join("1-game.so").exists() && elsewhere.join("1-game.so").exists());
}

/// Its mask takes all rights from what it makes, as far as that does not ask for them again.
#[test]
fn a_server_whose_mask_leaves_no_rights_has_its_copies_and_leaves_none() {
    let place = Place::new();
    for mask in [0o777, 0o477, 0o200, 0] {
        let masked = || {
            place.deploy("first");
            let mut server = place.start();
            assert_eq!(server.does(&format!("umask {mask}")), "done");
            assert_eq!(server.does(&format!("load {FILE}")), "loaded");
            place.updates(&mut server, "update", "second 1");
            assert_eq!(place.left().len(), 1, "{mask:o}");
            server
        };
        let mut server = masked();
        server.tell("exit");
        assert!(server.ended().success());
        assert_eq!(place.left(), [] as [PathBuf; 0], "{mask:o}");
        masked().is_ended_by(libc::SIGKILL);
        drop(place.start());
        assert_eq!(place.left(), [] as [PathBuf; 0], "{mask:o}");
    }
}

/// A release is chosen by a link, in a directory that the server was started in and left.
#[test]
fn a_server_that_changes_its_directory_follows_the_link_to_its_release() {
    let place = Place::new();
    for (version, release) in [("first", "41"), ("second", "42")] {
        WORKSPACE.deploy(version, &place.path("releases").join(release).join(FILE));
    }
    let link = |release: &str| {
        let new = place.path("new");
        symlink(Path::new("releases").join(release), &new).expect("a link");
        fs::rename(new, place.path("current")).expect("a link");
    };
    link("41");
    let current = place.path("current");
    let arguments: [&OsStr; 2] = [current.as_os_str(), OsStr::new("copies")];
    let mut server = WORKSPACE.start(&arguments, &place.path("temporary"));
    assert_eq!(server.does(&format!("load {FILE}")), "loaded");
    assert_eq!(server.does("call"), "first 1");
    assert_eq!(server.does("chdir /"), "done");
    link("42");
    let told = server.does(&format!("update {FILE}"));
    let real = place
        .path("releases/42")
        .canonicalize()
        .expect("the release");
    let shown = format!(
        "file: {} (→ {})",
        current.join(FILE).display(),
        real.join(FILE).display()
    );
    assert!(told.contains(&shown), "{told}");
    assert_eq!(server.does("call"), "second 2");
    // The relative directory for copies was that of where the server was started.
    let copies = Path::new("copies");
    assert!(fs::read_dir(copies).is_ok_and(|it| it.count() == 1));
    server.tell("return");
    assert!(server.ended().success());
    assert!(
        fs::read_dir(copies).is_ok_and(|mut it| it.next().is_none()),
        "copies are left"
    );
    fs::remove_dir(copies).expect("the directory");
}

#[test]
fn a_server_that_becomes_a_daemon_updates_and_its_parent_takes_nothing_away() {
    for parent in ["daemonise", "daemonise at once"] {
        let place = Place::new();
        let mut server = place.loaded();
        // The threads that were started before are not there in the child.
        assert_eq!(server.does("pool"), "done");
        place.updates(&mut server, "request", "second 2");
        assert_eq!(server.does("swept"), "swept");
        assert_eq!(place.left().len(), 1);
        let told = server.does(parent);
        assert!(told.starts_with("forked "), "{told}");
        assert!(server.ended().success());
        let kept = place.left();
        assert_eq!(kept.len(), 1, "what the child has mapped");
        assert_eq!(fs::read_dir(&kept[0]).expect("the copies").count(), 2);

        place.deploy("first");
        let told = server.does(&format!("request {FILE}"));
        assert!(
            told.starts_with("module `tally` 1.1.0 → 1.0.0 is published"),
            "{told}"
        );
        assert_eq!(server.does("call"), "first 3");
        assert_eq!(server.does("swept"), "swept");
        assert_eq!(server.does("drained"), "0 left");
        let told = server.does("retire");
        assert!(told.contains("retired"), "{told}");
        WORKSPACE.deploy("second", &place.path("modules/libother.so"));
        assert_eq!(server.does("rehearse libother.so"), "rehearsed 11");
        server.all_ended();
        assert_eq!(place.left(), [] as [PathBuf; 0]);
    }
}

#[test]
fn a_server_that_forks_in_the_midst_of_what_it_asked_for_finds_nothing_locked() {
    let place = Place::new();
    let mut server = place.loaded();
    assert_eq!(server.does("pool"), "done");
    place.deploy("second");
    assert_eq!(server.does(&format!("forks {FILE}")), "all ended");
    assert_eq!(server.does("swept"), "swept");
    for round in 1..3 {
        let (file, version) = [("second", "1.1.0"), ("first", "1.0.0")][round % 2];
        place.deploy(file);
        assert_eq!(server.does(&format!("ask {FILE}")), "asked");
        let told = server.does("daemonise");
        assert!(told.starts_with("forked "), "{told}");
        // It may have been carried out before the fork, or not: the child asks again.
        assert_eq!(server.does(&format!("ask {FILE}")), "asked");
        assert_eq!(server.does(&format!("asked {version}")), "carried out");
        assert_eq!(server.does("swept"), "swept");
        assert_eq!(server.does("drained"), "0 left");
    }
    server.tell("exit");
    server.all_ended();
    assert_eq!(place.left(), [] as [PathBuf; 0]);
}

#[test]
fn a_process_and_its_copy_go_on_with_the_same_module() {
    let place = Place::new();
    let mut server = place.loaded();
    let told = server.does("fork");
    assert!(told.starts_with("forked "), "{told}");
    place.updates(&mut server, "request", "second 2");
    assert_eq!(place.left().len(), 2, "each has a directory for its copies");
    // The child ends, and takes what is its own.
    server.tell("exit");
    assert_eq!(server.answer(), "ended 0");
    assert_eq!(place.left().len(), 1);
    assert_eq!(server.does("call"), "first 2");
    place.updates(&mut server, "request", "second 3");
    server.tell("exit");
    assert!(server.ended().success());
    assert_eq!(place.left(), [] as [PathBuf; 0]);
}

#[test]
fn a_server_that_gives_up_its_rights_makes_a_directory_of_its_new_user() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let mut server = place.loaded();
    assert_eq!(server.does(&format!("setuid {NOBODY}")), "done");
    place.updates(&mut server, "update", "second 2");
    let mut owners: Vec<u32> = place
        .left()
        .iter()
        .map(|own| fs::symlink_metadata(own).expect("a directory").uid())
        .collect();
    owners.sort_unstable();
    assert_eq!(owners, [0, NOBODY]);
    server.tell("exit");
    assert!(server.ended().success());
    // The new user cannot take away the first user's, and the next host of that user does.
    assert_eq!(place.left().len(), 1);
    drop(place.start());
    assert_eq!(place.left(), [] as [PathBuf; 0]);

    // Where the new user may not write, the refusal says who that is.
    let copies = place.path("copies");
    let closed = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&copies, closed).expect("permissions");
    place.deploy("first");
    let modules = place.path("modules");
    let arguments = [modules.as_os_str(), copies.as_os_str()];
    let mut server = WORKSPACE.start(&arguments, &place.path("temporary"));
    assert_eq!(server.does(&format!("load {FILE}")), "loaded");
    assert_eq!(server.does(&format!("setuid {NOBODY}")), "done");
    place.deploy("second");
    let told = server.does(&format!("update {FILE}"));
    let who = format!("let the server's user write there (it is user {NOBODY} now)");
    assert!(
        told.contains(&who) && told.contains("1.0.0 keeps running"),
        "{told}"
    );
    open(&copies);
    place.updates(&mut server, "update", "second 1");
}

/// A request would wait for ever for a thread, and a deadline would pass unseen.
#[test]
fn a_server_that_may_start_no_thread_is_refused_what_needs_one() {
    // The limit does not hold for root.
    if !is_root() {
        return;
    }
    let place = Place::new();
    let mut server = place.start();
    assert_eq!(server.does(&format!("setuid {NOBODY}")), "done");
    assert_eq!(server.does("limit nproc 1"), "done");
    assert_eq!(server.does(&format!("load {FILE}")), "loaded");
    place.deploy("second");
    for how in ["request", "watch", "request"] {
        let told = server.does(&format!("{how} {FILE}"));
        for part in [
            "1.0.0 keeps running",
            "the host's thread that the update needs: expected one that can be started",
            "[HM-0426]",
            "help: let the server have more threads (`RLIMIT_NPROC`",
        ] {
            assert!(told.contains(part), "{how}: {told}");
        }
    }
    assert_eq!(server.does("call"), "first 1");
    // What needs none is done.
    place.updates(&mut server, "update", "second 2");
    assert_eq!(server.does("share"), "done");
    for version in ["first", "second"] {
        place.deploy(version);
        let told = server.does(&format!("settle {FILE}"));
        assert!(told.contains("settled: 1 instances migrated in "), "{told}");
    }
    assert_eq!(server.does("limit nproc max"), "done");
    for (version, how) in [("first", "request"), ("second", "watch")] {
        place.deploy(version);
        let told = server.does(&format!("{how} {FILE}"));
        assert!(told.contains("is published"), "{told}");
    }
    assert_eq!(server.does("call"), "second 3");
}

#[test]
fn a_server_with_another_root_makes_its_copies_there() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let mut server = place.loaded();
    let outer = place.left();
    let root = place.path("root");
    fs::create_dir(&root).expect("a directory");
    assert_eq!(server.does(&format!("chroot {}", root.display())), "done");
    assert_eq!(server.does("chdir /"), "done");
    let told = server.does(&format!("update {FILE}"));
    assert!(told.contains("the module directory"), "{told}");
    assert_eq!(server.does("call"), "first 2");
    // The same path, in the new root, where nothing says where an open file is.
    let inside = |path: &Path| root.join(path.strip_prefix("/").expect("an absolute path"));
    WORKSPACE.deploy("second", &inside(&place.path("modules")).join(FILE));
    let told = server.does(&format!("update {FILE}"));
    assert!(told.contains("1.0.0 → 1.1.0 is published"), "{told}");
    assert_eq!(server.does("call"), "second 3");
    assert_eq!(place.left(), outer);
    let copies = fs::read_dir(inside(&place.path("temporary"))).expect("a directory");
    assert_eq!(copies.count(), 1);
    server.tell("exit");
    assert!(server.ended().success());
    assert_eq!(place.left(), [] as [PathBuf; 0]);
    let copies = fs::read_dir(inside(&place.path("temporary"))).expect("a directory");
    assert_eq!(copies.count(), 0);
}

#[test]
fn limits_of_the_process_are_refusals_with_a_cure() {
    let place = Place::new();
    let mut server = place.loaded();
    place.deploy("second");
    let update = format!("update {FILE}");
    let size = fs::metadata(place.path("modules").join(FILE))
        .expect("a module")
        .len();
    for (limit, cure) in [
        ("limit fsize 1000".to_owned(), "`RLIMIT_FSIZE` (`ulimit -f`"),
        (
            format!("limit fsize {}", size - 1),
            "`RLIMIT_FSIZE` (`ulimit -f`",
        ),
        // Less than the file takes.
        (
            format!("limit as {}", server.memory() + size / 4),
            "`RLIMIT_AS`, `ulimit -v`",
        ),
        ("exhaust 0".to_owned(), "`RLIMIT_NOFILE` (`ulimit -n`"),
        ("exhaust 1".to_owned(), "`RLIMIT_NOFILE` (`ulimit -n`"),
    ] {
        if limit.starts_with("exhaust") {
            server.does("limit nofile 64");
        }
        assert_eq!(server.does(&limit), "done");
        let told = server.does(&update);
        assert!(told.contains("1.0.0 keeps running"), "{limit}: {told}");
        assert!(told.contains(cure), "{limit}: {told}");
        assert!(server.does("call").starts_with("first "), "{limit}");
        server.does("limit fsize most");
        server.does("limit as most");
        assert_eq!(server.does("relax"), "done");
    }
    let left = place.left();
    assert_eq!(
        fs::read_dir(&left[0]).expect("the copies").count(),
        1,
        "a torn copy is left"
    );
    place.updates(&mut server, "update", "second 7");
    // A retired image is written to a file too, which may not become so large.
    server.does("limit fsize 100");
    let told = server.does("retire");
    assert!(told.contains("retired"), "{told}");
    assert_eq!(server.does("call"), "second 8");
}

/// What a server of this build says when it starts.
fn says(target: &str, flags: &str) -> String {
    let modules = tempfile::tempdir().expect("a directory");
    let server = Workspace::server_for(target, flags);
    let output = Command::new(server).arg(modules.path()).output();
    let output = output.expect("the server");
    assert!(!output.status.success());
    String::from_utf8(output.stderr).expect("text")
}

/// What the machine's toolchain answers.
fn asked(program: &str, arguments: &[&str]) -> PathBuf {
    let output = Command::new(program).args(arguments).output();
    let text = String::from_utf8(output.expect("a toolchain").stdout);
    PathBuf::from(text.expect("text").trim_end())
}

#[test]
fn a_host_that_is_linked_statically_says_so_when_it_is_built() {
    let library = asked("cc", &["-print-file-name=libc.a"]);
    if library.parent() == Some(Path::new("")) {
        return eprintln!("skipped: this machine has no static libc (libc6-dev)");
    }
    let target = &format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let said = says(target, "-C target-feature=+crt-static");
    let cure = "this host is linked statically, and has no loader for modules [HM-0641]\n  help: build it without \
                `-C target-feature=+crt-static`";
    assert!(said.contains(cure), "{said}");
}

#[test]
fn a_host_with_another_c_library_says_so_when_it_is_built() {
    let target = &format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let sysroot = asked(&rustc, &["--print", "sysroot"]);
    if !sysroot
        .join("lib/rustlib")
        .join(target)
        .join("lib")
        .exists()
    {
        return eprintln!("skipped: this toolchain has no {target} (`rustup target add {target}`)");
    }
    let said = says(target, "");
    let cure = "this host is not linked with glibc, whose loader the checks of module files are written \
                for [HM-0641]\n  help: build host and modules for a target like `x86_64-unknown-linux-gnu`";
    assert!(said.contains(cure), "{said}");
}

#[test]
fn a_full_disk_is_a_refusal_until_there_is_room() {
    let place = Place::new();
    let file = place.path("modules").join(FILE);
    let size = fs::metadata(&file).expect("a module").len();
    let temporary = place.path("temporary");
    // For one copy and a half.
    let Some(mount) = Mount::small(temporary, size * 3 / 2) else {
        return;
    };
    let mut server = place.loaded();
    place.deploy("second");
    let copies = || {
        let own = fs::read_dir(&place.left()[0]).expect("the copies");
        let mut copies: Vec<_> = own.map(|it| it.expect("an entry").file_name()).collect();
        copies.sort();
        copies
    };
    let before = copies();
    for _ in 0..2 {
        let told = server.does(&format!("update {FILE}"));
        assert!(told.contains("1.0.0 keeps running"), "{told}");
        assert!(told.contains("No space left on device"), "{told}");
        assert!(told.contains("help: make room there for"), "{told}");
        assert_eq!(copies(), before, "a torn copy is left");
    }
    assert_eq!(server.does("call"), "first 2");
    mount.resize(size * 4);
    place.updates(&mut server, "update", "second 3");
    server.tell("return");
    assert!(server.ended().success());
    assert_eq!(place.left(), [] as [PathBuf; 0]);
    drop(mount);
}

/// A release that is mounted in the place of another is found like one that a link leads to.
#[test]
fn a_release_that_is_mounted_is_the_one_that_is_loaded() {
    let place = Place::new();
    WORKSPACE.deploy("second", &place.path("release").join(FILE));
    let mut server = place.loaded();
    let told = server.does(&format!("update {FILE}"));
    assert!(told.contains("is unchanged: it runs this file"), "{told}");
    let release = place.path("release");
    let arguments = [OsStr::new("--bind"), release.as_os_str()];
    let Some(mount) = Mount::new(place.path("modules"), &arguments) else {
        return;
    };
    let told = server.does(&format!("update {FILE}"));
    assert!(told.contains("1.0.0 → 1.1.0 is published"), "{told}");
    assert_eq!(server.does("call"), "second 2");
    drop(mount);
    let told = server.does(&format!("update {FILE}"));
    assert!(told.contains("1.1.0 → 1.0.0 is published"), "{told}");
    assert_eq!(server.does("call"), "first 3");
}

/// Stands for cargo: what it makes for a while, it leaves there when it is told to end.
const CARGO: &str = "#!/bin/sh\n[ \"$1\" = test ] || exit 0\nmkdir \"$TMPDIR/made\"\necho started\nread -r _\n\
     mkdir \"$TMPDIR/late\"\n";

#[test]
fn a_run_of_all_checks_leaves_nothing_when_it_is_killed() {
    let outside = Outside::new();
    let executable = |name: &str, text: &str| {
        let file = outside.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(&file, text).expect("a file");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(file, mode).expect("permissions");
    };
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let run = fs::read_to_string(checkout.join(".ci/run")).expect("the script");
    executable(".ci/run", &run);
    executable("bin/cargo", CARGO);
    executable("bin/rustup", "#!/bin/sh\n");
    let inherited = std::env::var_os("PATH").expect("a path");
    let mut path = outside.path().join("bin").into_os_string();
    path.push(":");
    path.push(inherited);
    let passing = outside.path().join("target/passing");
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGKILL] {
        let mut child = Command::new(outside.path().join(".ci/run"))
            .env("PATH", &path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the script");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        while line != "started\n" {
            line.clear();
            let read = output.read_line(&mut line).expect("a line");
            assert_ne!(read, 0, "the script ended by itself");
        }
        let process = libc::pid_t::try_from(child.id()).expect("a process");
        // SAFETY: it is a child that was not waited for, so the number is its own.
        assert_eq!(unsafe { libc::kill(process, signal) }, 0);
        // What the script started goes on, and may still write there. The script itself may wait for it.
        assert!(passing.exists());
        drop(child.stdin.take());
        assert!(!child.wait().expect("a child").success());
        // What removes the directory is the last that could write here.
        output.read_to_string(&mut line).expect("text");
        assert!(!passing.exists(), "{signal}: {:?}", fs::read_dir(&passing));
    }
}
