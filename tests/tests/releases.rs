//! Releases that are links: what a path leads to is found out anew at each load and update, and told.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use hotmod_host::describe::Rule;
use hotmod_host::{Host, Instance, Module, Refusal, RefusalStage, UpdateOutcome, UpdateState};
use hotmod_tests::fixture::{BASE, Built, Family};
use hotmod_tests::interfaces::counter::Counter;
use hotmod_tests::patience::Ended;
use tempfile::TempDir;

const FILE: &str = "libcounter.so";

static COUNTER: LazyLock<Built> = LazyLock::new(|| {
    Family::new("counter")
        .variant("second", &[("\"first\"", "\"second\"")])
        .variant("third", &[("\"first\"", "\"third\"")])
        .build()
});

/// A directory with a folder for each release.
struct Releases {
    root: TempDir,
    /// The same without any link in it.
    real: PathBuf,
}

impl Releases {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a directory");
        let real = root.path().canonicalize().expect("a directory");
        let releases = Releases { root, real };
        for variant in [BASE, "second", "third"] {
            releases.add(variant, variant);
        }
        releases
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn add(&self, release: &str, variant: &str) {
        let release = self.path(release);
        fs::create_dir_all(&release).expect("a release");
        fs::copy(COUNTER.file(variant), release.join(FILE)).expect("a module");
    }

    /// Has a link lead elsewhere, in one step.
    fn link(&self, link: &str, target: impl AsRef<Path>) {
        let new = self.path("new-link");
        symlink(target, &new).expect("a link");
        fs::rename(new, self.path(link)).expect("a link");
    }

    fn host(&self, directory: &str) -> Host {
        let host = Host::builder().module_dir(self.path(directory));
        host.allow_downgrade(true).build().expect("a host")
    }
}

struct Running {
    module: Module<dyn Counter>,
    count: Instance<dyn Counter>,
    counted: u64,
}

impl Running {
    fn new(host: &Host) -> Self {
        let module = host.load::<dyn Counter>(FILE);
        let module = module.unwrap_or_else(|refusal| panic!("{refusal}"));
        Running {
            count: module.create("").expect("a counter"),
            counted: 0,
            module,
        }
    }

    fn goes_on(&mut self, code: &str) {
        self.counted += 1;
        assert_eq!(self.count.next().expect("a call"), self.counted);
        assert_eq!(self.count.code().expect("a call"), code);
    }

    fn updates(&mut self, file: impl AsRef<Path>, code: &str) {
        let update = self.module.update(file);
        let update = update.unwrap_or_else(|refusal| panic!("{code}: {refusal}"));
        assert_eq!(update.outcome, UpdateOutcome::Published, "{code}");
        self.goes_on(code);
    }

    fn refuses(&mut self, file: impl AsRef<Path>, code: &str) -> Refusal {
        let refusal = self.module.update(file).expect_err("no such file");
        assert_eq!(refusal.stage(), RefusalStage::Inspect);
        self.goes_on(code);
        refusal
    }
}

#[test]
fn a_link_to_a_release_is_followed_at_each_update_and_told() {
    let releases = Releases::new();
    releases.link("current", BASE);
    let host = releases.host("current");
    let events = host.events();
    let mut running = Running::new(&host);
    running.goes_on("first");

    releases.link("current", "second");
    let update = running.module.update(FILE).expect("an update");
    assert_eq!(update.outcome, UpdateOutcome::Published);
    let given = releases.path("current").join(FILE);
    let real = releases.real.join("second").join(FILE);
    assert_eq!(
        (&update.file, update.resolved.as_ref()),
        (&given, Some(&real))
    );
    let both = format!("{} (→ {})", given.display(), real.display());
    let told = update.to_string();
    assert!(told.contains(&format!("\n  file: {both}")), "{told}");
    running.goes_on("second");
    let mut told = events.filter(|event| event.state == UpdateState::Published);
    let told = told.next().expect("an event");
    assert_eq!(told.resolved.as_ref(), Some(&real));
    assert!(
        told.to_string()
            .ends_with(&format!(": published from {both}")),
        "{told}"
    );

    let update = running.module.update(FILE).expect("an update");
    assert_eq!(update.outcome, UpdateOutcome::Unchanged);
    let told = update.to_string();
    assert!(
        told.ends_with(&format!("it runs this file, {both}")),
        "{told}"
    );
    releases.link("current", BASE);
    running.updates(FILE, "first");

    // A refusal names the file too.
    fs::write(releases.path("third").join(FILE), "no module").expect("a file");
    releases.link("current", "third");
    let told = running.refuses(FILE, "first").to_string();
    let real = releases.real.join("third").join(FILE);
    let both = format!("{} (→ {}) is refused", given.display(), real.display());
    assert!(told.starts_with(&both), "{told}");
}

#[test]
fn every_part_of_a_path_may_be_a_link() {
    let releases = Releases::new();
    // As volumes of Kubernetes are laid out.
    fs::create_dir_all(releases.path("volume/..2024_01")).expect("a directory");
    fs::create_dir_all(releases.path("volume/..2024_02")).expect("a directory");
    releases.add("volume/..2024_01", BASE);
    releases.add("volume/..2024_02", "second");
    releases.link("volume/..data", "..2024_01");
    releases.link("volume/libcounter.so", "..data/libcounter.so");
    let mut running = Running::new(&releases.host("volume"));
    running.goes_on("first");
    releases.link("volume/..data", "..2024_02");
    running.updates(FILE, "second");

    // A link to a link, by a path that is absolute and one that climbs.
    let far = releases.path("far/away");
    fs::create_dir_all(&far).expect("a directory");
    releases.link("far/away/stable", "../../chosen");
    releases.link("chosen", releases.path(BASE));
    releases.link("current", releases.path("far/away/stable"));
    let mut running = Running::new(&releases.host("current"));
    running.goes_on("first");
    releases.link("chosen", "second");
    running.updates(FILE, "second");
    releases.link("far/away/stable", releases.path("third"));
    running.updates(releases.path("current").join(FILE), "third");
    // By the place where it really is, too.
    fs::copy(COUNTER.file(BASE), releases.path("third").join("other.so")).expect("a module");
    running.updates(releases.real.join("third/other.so"), "first");
    running.updates(far.join("stable").join(FILE), "third");

    // Without a module directory.
    let host = Host::builder().build().expect("a host");
    releases.link("current", BASE);
    let file = releases.path("current").join(FILE);
    let module = host.load::<dyn Counter>(&file).expect("the counter");
    releases.link("current", "second");
    assert_eq!(
        module.update(&file).expect("an update").outcome,
        UpdateOutcome::Published
    );
}

/// Nothing is concluded from names, times and places of files: only bytes are compared.
#[test]
fn files_that_are_replaced_in_any_way_are_read_anew() {
    let releases = Releases::new();
    let mut running = Running::new(&releases.host(BASE));
    let file = releases.path(BASE).join(FILE);
    let time = SystemTime::UNIX_EPOCH;
    let times = FileTimes::new().set_modified(time).set_accessed(time);
    let age = |file: &Path| {
        let file = File::options().append(true).open(file).expect("a module");
        file.set_times(times).expect("another time");
    };
    age(&file);
    // A hard link that is older than what it replaces.
    let old = releases.path("second").join(FILE);
    age(&old);
    fs::remove_file(&file).expect("the file");
    fs::hard_link(&old, &file).expect("a link");
    running.updates(FILE, "second");
    // The same inode, size and times, and other bytes.
    let bytes = fs::read(COUNTER.file("third")).expect("a module");
    fs::write(&file, &bytes).expect("a module");
    age(&file);
    running.updates(FILE, "third");
    // The whole directory is another.
    fs::rename(releases.path(BASE), releases.path("gone")).expect("a directory");
    let told = running.refuses(FILE, "third").to_string();
    assert!(told.contains("the module directory"), "{told}");
    releases.add(BASE, "second");
    running.updates(FILE, "second");
}

#[test]
fn a_link_that_leads_nowhere_or_outside_is_a_refusal_until_it_is_corrected() {
    let releases = Releases::new();
    releases.link("current", BASE);
    let mut running = Running::new(&releases.host("current"));
    let directory = releases.path("current");
    let link = directory.display().to_string();

    releases.link("current", "nothing");
    let told = running.refuses(FILE, "first").to_string();
    assert!(
        told.contains(&format!("{link} is a link to nothing")),
        "{told}"
    );
    // Links that lead in a circle.
    releases.link("circle", "current");
    releases.link("current", "circle");
    let told = running.refuses(FILE, "first").to_string();
    assert!(
        told.contains(&format!("{link} is a link to circle")),
        "{told}"
    );
    releases.link("current", releases.path(BASE).join(FILE));
    let refusal = running.refuses(FILE, "first");
    assert_eq!(refusal.differences()[0].rule, Rule::FileUnreadable);

    releases.link("current", "second");
    let inside = releases.path("second");
    symlink("missing.so", inside.join("dangling.so")).expect("a link");
    let told = running.refuses("dangling.so", "first").to_string();
    assert!(
        told.contains("dangling.so is a link to missing.so"),
        "{told}"
    );
    symlink("../third/libcounter.so", inside.join("out.so")).expect("a link");
    symlink(releases.path("third"), inside.join("out")).expect("a link");
    fs::hard_link(releases.path("third").join(FILE), inside.join("hard.so")).expect("a link");
    for outside in [
        Path::new("out.so").to_owned(),
        directory.join("out").join(FILE),
        directory.join("../third").join(FILE),
        releases.path("third").join(FILE),
    ] {
        let refusal = running.refuses(&outside, "first");
        assert_eq!(
            refusal.differences()[0].rule,
            Rule::FileOutside,
            "{refusal}"
        );
        let told = refusal.to_string();
        let real = releases.real.join("second");
        assert!(
            told.contains(&format!("{link} (→ {})", real.display())),
            "{told}"
        );
        let found = releases.real.join("third").join(FILE);
        assert!(
            told.contains(&format!("found {}", found.display())),
            "{told}"
        );
    }
    // A hard link is a file of the directory as any other.
    running.updates("hard.so", "third");
    running.updates(FILE, "second");
}

/// The link and the file are changed at any moment: what is loaded is of one release.
#[test]
fn a_link_that_is_changed_meanwhile_is_not_followed_twice() {
    const UPDATES: usize = 100;
    let releases = Releases::new();
    releases.link("current", BASE);
    let host = releases.host("current");
    let mut running = Running::new(&host);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _ended = Ended(&over);
            let turns = [BASE, "second", "third"].into_iter().cycle();
            for (at, release) in turns
                .enumerate()
                .take_while(|_| !over.load(Ordering::Relaxed))
            {
                releases.link("current", release);
                if at % 7 == 0 {
                    let new = releases.path("new.so");
                    fs::copy(COUNTER.file(release), &new).expect("a module");
                    fs::rename(new, releases.path(release).join(FILE)).expect("a module");
                }
            }
        });
        let _ended = Ended(&over);
        for _ in 0..UPDATES {
            let update = running.module.update(FILE);
            let update = update.unwrap_or_else(|refusal| panic!("{refusal}"));
            let real = update.resolved.expect("a link");
            let release = real.parent().and_then(Path::file_name).expect("a release");
            running.goes_on(match release.to_str() {
                Some("base") => "first",
                Some(other) => other,
                None => panic!("{}", real.display()),
            });
        }
    });
    assert_eq!(running.module.versions().len(), 3);
}
