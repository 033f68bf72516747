//! What a host keeps so that the next process goes on where this one has ended, however it ended.

#[path = "kept/killed.rs"]
mod killed;
#[path = "kept/room.rs"]
mod room;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use hotmod_host::describe::Rule;
use hotmod_host::{
    BuildError, Host, HostBuilder, Module, OperationKind, Refusal, Untyped, UpdateState,
};
use hotmod_tests::counters::{counters, named};
use hotmod_tests::fixture::Built;
use hotmod_tests::patience::until_state;
use tempfile::TempDir;

static COUNTERS: LazyLock<Built> = LazyLock::new(counters);

const FILE: &str = "libcounter.so";

fn built(variant: &str) -> PathBuf {
    COUNTERS.file(&named(variant))
}

/// Where a server has its modules, and what it keeps.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Place(tempfile::tempdir().expect("a folder"));
        fs::create_dir(place.modules()).expect("a directory");
        place.puts("first");
        place
    }

    fn modules(&self) -> PathBuf {
        self.0.path().join("modules")
    }

    fn state(&self) -> PathBuf {
        self.0.path().join("state")
    }

    /// Has this version be in the module's file.
    fn puts(&self, variant: &str) {
        self.puts_as(variant, FILE);
    }

    fn puts_as(&self, variant: &str, name: &str) -> PathBuf {
        let file = self.modules().join(name);
        fs::copy(built(variant), &file).expect("a module");
        file
    }

    fn builder(&self) -> HostBuilder {
        Host::builder()
            .module_dir(self.modules())
            .state_dir(self.state())
    }

    fn host(&self) -> Host {
        self.builder().build().expect("a host")
    }

    /// Begins anew, and gives the module that runs then.
    fn begins(&self) -> (Host, Module<Untyped>) {
        let host = self.host();
        let module = host.load_untyped(FILE);
        (host, module.unwrap_or_else(|refusal| panic!("{refusal:?}")))
    }

    /// Begins anew, with the copy of what ran, and gives its version and why.
    fn begins_with_copy(&self) -> (String, Refusal) {
        let (_host, module) = self.begins();
        let kept = module.kept_start().expect("a copy");
        assert_eq!(kept.version, module.version());
        assert_eq!(kept.file, self.modules().join(FILE));
        assert!(kept.copy.starts_with(self.state()), "{:?}", kept.copy);
        (kept.version.clone(), kept.refusal.clone())
    }

    fn copies(&self) -> usize {
        let copies = fs::read_dir(self.state().join("modules"));
        copies.expect("the copies").count()
    }
}

fn rule(refusal: &Refusal) -> Rule {
    refusal.differences()[0].rule
}

/// Damages a file, which is a whole file still.
fn damage(file: &Path) {
    let mut bytes = fs::read(file).expect("a module");
    let half = bytes.len() / 2;
    bytes.truncate(half);
    fs::write(file, bytes).expect("half of a module");
}

#[test]
fn a_module_begins_with_its_file_and_nothing_else_is_said() {
    let place = Place::new();
    for round in 0..3 {
        let (host, module) = place.begins();
        assert_eq!(module.version(), "1.0.0");
        assert!(module.kept_start().is_none());
        let recovery = host.recovery().expect("a state directory");
        assert_eq!((recovery.interrupted.len(), recovery.unread), (0, 0));
        assert_eq!(recovery.modules.len(), usize::from(round > 0));
        // A first process is not told of one before it.
        let told = recovery.to_string();
        let before = match round {
            0 => "nothing is known of a process before this one",
            _ => "nothing was going on when the process before ended\n  module ",
        };
        assert!(told.starts_with(before), "{told}");
        assert_eq!(place.copies(), 1);
    }
    assert!(
        Host::builder()
            .build()
            .expect("a host")
            .recovery()
            .is_none()
    );
    // What came while no server ran is taken as ever.
    place.puts("second");
    let (_host, module) = place.begins();
    assert_eq!(
        (module.version(), module.kept_start().is_some()),
        ("1.1.0", false)
    );
}

#[test]
fn what_ran_is_loaded_where_the_file_is_damaged_or_gone() {
    let place = Place::new();
    let (_, module) = place.begins();
    module
        .update(place.puts_as("second", FILE))
        .expect("an update");
    drop(module);

    damage(&place.modules().join(FILE));
    let host = place.host();
    let events = host.events();
    let module = host.load::<dyn hotmod_tests::interfaces::counter::Counter>(FILE);
    let module = module.expect("what ran");
    let told = until_state(&events, UpdateState::Kept);
    let told = told.last().expect("an event");
    assert_eq!((&*told.module, &*told.from), ("counter", "1.1.0"));
    let kept = module.kept_start().expect("a copy").to_string();
    assert_eq!(told.reason.as_deref(), Some(&*kept));
    assert!(
        kept.contains("begins with 1.1.0, which ran before"),
        "{kept}"
    );
    let mut count = module.create("").expect("a counter");
    assert_eq!(count.next().expect("a call"), 1);
    assert_eq!(count.code().expect("a call"), "second");
    drop((host, module, count));

    let (version, refusal) = place.begins_with_copy();
    assert_eq!((&*version, rule(&refusal)), ("1.1.0", Rule::FileTruncated));
    fs::remove_file(place.modules().join(FILE)).expect("a file");
    let (version, refusal) = place.begins_with_copy();
    assert_eq!((&*version, rule(&refusal)), ("1.1.0", Rule::FileUnreadable));
    fs::remove_dir_all(place.modules()).expect("a directory");
    fs::create_dir(place.modules()).expect("a directory");
    place.puts("third");
    let (_host, module) = place.begins();
    assert_eq!(
        (module.version(), module.kept_start().is_some()),
        ("1.2.0", false)
    );
    assert_eq!(place.copies(), 1);
}

#[test]
fn a_version_that_was_rolled_back_is_not_what_a_process_begins_with() {
    let place = Place::new();
    let (host, module) = place.begins();
    module
        .update(place.puts_as("second", FILE))
        .expect("an update");
    module.rollback().expect("a rollback");
    drop((host, module));
    for _ in 0..2 {
        let (version, refusal) = place.begins_with_copy();
        assert_eq!((&*version, rule(&refusal)), ("1.0.0", Rule::Undone));
        assert!(
            refusal.to_string().contains("it was asked for"),
            "{refusal}"
        );
    }
    let (host, module) = place.begins();
    let recovery = host.recovery().expect("a state directory");
    let kept = &recovery.modules[0];
    assert_eq!(
        (&*kept.module, &*kept.current.version),
        ("counter", "1.0.0")
    );
    assert_eq!(kept.previous, None);
    let undone: Vec<_> = kept.rolled_back.iter().map(|it| &*it.version).collect();
    assert_eq!(undone, ["1.1.0"]);
    // Who asks for it gets it, and it is what runs then.
    module.update(FILE).expect("an update");
    drop((host, module));
    let (_host, module) = place.begins();
    assert_eq!(
        (module.version(), module.kept_start().is_some()),
        ("1.1.0", false)
    );
}

#[test]
fn what_can_be_rolled_back_to_is_known_until_it_is_made_permanent() {
    let place = Place::new();
    let (host, module) = place.begins();
    module
        .update(place.puts_as("second", FILE))
        .expect("an update");
    drop((host, module));
    let previous = |host: &Host| {
        let kept = host.recovery().expect("a state directory").modules[0].clone();
        kept.previous.map(|it| (it.version, it.copy.exists()))
    };
    assert_eq!(place.copies(), 2);
    let host = place.host();
    assert_eq!(previous(&host), Some(("1.0.0".to_owned(), true)));
    let module = host.load_untyped(FILE).expect("a module");
    module
        .update(place.puts_as("third", FILE))
        .expect("an update");
    module.make_permanent();
    assert_eq!(place.copies(), 1);
    drop((host, module));
    assert_eq!(previous(&place.host()), None);
}

#[test]
fn what_a_process_was_updated_to_from_elsewhere_is_what_the_next_begins_with() {
    let place = Place::new();
    let (host, module) = place.begins();
    module
        .update(place.puts_as("second", "libcounter-2.so"))
        .expect("an update");
    drop((host, module));
    let (version, refusal) = place.begins_with_copy();
    assert_eq!((&*version, rule(&refusal)), ("1.1.0", Rule::Overtaken));
    // An older version than what ran is refused as in an update.
    fs::remove_file(place.modules().join(FILE)).expect("a file");
    let (_host, module) = place.begins();
    assert_eq!(module.version(), "1.1.0");
    module
        .update(place.puts_as("third", "libcounter-3.so"))
        .expect("an update");
    drop((_host, module));
    place.puts("second");
    let (version, refusal) = place.begins_with_copy();
    assert_eq!((&*version, rule(&refusal)), ("1.2.0", Rule::Downgrade));
    let host = place
        .builder()
        .allow_downgrade(true)
        .build()
        .expect("a host");
    let module = host.load_untyped(FILE).expect("a module");
    assert_eq!(
        (module.version(), module.kept_start().is_some()),
        ("1.1.0", false)
    );
}

#[test]
fn where_the_copy_is_damaged_too_both_are_told() {
    let place = Place::new();
    drop(place.begins());
    let copies = fs::read_dir(place.state().join("modules")).expect("the copies");
    for copy in copies {
        let copy = copy.expect("a copy").path();
        // Another module, whole, and not what was kept.
        fs::copy(built("third"), copy).expect("a file");
    }
    damage(&place.modules().join(FILE));
    let refusal = place
        .host()
        .load_untyped(FILE)
        .expect_err("both are damaged");
    assert_eq!(rule(&refusal), Rule::FileTruncated);
    let told = format!("{refusal:?}");
    assert!(told.contains("caused by"), "{told}");
    assert!(
        told.contains("the copy of what ran: expected the digest"),
        "{told}"
    );
    // A file that can be loaded is all that is needed.
    place.puts("first");
    drop(place.begins());
    damage(&place.modules().join(FILE));
    assert_eq!(place.begins_with_copy().0, "1.0.0");
}

#[test]
fn modules_that_are_loaded_together_begin_with_what_has_run_together() {
    let place = Place::new();
    place.puts_as("other", "libother.so");
    let loads = |host: &Host| {
        let all = host.load_all([FILE, "libother.so"]);
        let all = all.unwrap_or_else(|refusal| panic!("{refusal:?}"));
        let of = |it: &Module<Untyped>| (it.version().to_owned(), it.kept_start().is_some());
        all.iter().map(of).collect::<Vec<_>>()
    };
    let first = || ("1.0.0".to_owned(), false);
    assert_eq!(loads(&place.host()), [first(), first()]);
    damage(&place.modules().join("libother.so"));
    let kept = ("1.0.0".to_owned(), true);
    assert_eq!(loads(&place.host()), [first(), kept]);
}

#[test]
fn a_state_directory_is_of_one_host_and_of_one_user() {
    let place = Place::new();
    let host = place.host();
    let error = place.builder().build().expect_err("another host has it");
    assert!(
        error
            .to_string()
            .contains("another host uses it [HM-0643]\n"),
        "{error}"
    );
    drop(host);
    drop(place.host());
    let mode = |mode| {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(place.state(), permissions).expect("permissions");
    };
    mode(0o770);
    let told = |error: BuildError| error.to_string();
    let error = told(place.builder().build().expect_err("others may write there"));
    assert!(
        error.contains("others could change what is loaded"),
        "{error}"
    );
    mode(0o700);
    fs::write(place.state().join("journal"), "not ours\n").expect("a journal");
    let host = place.host();
    assert_eq!(host.recovery().expect("a state directory").unread, 1);
    drop(host);
    fs::remove_file(place.state().join("journal")).expect("the journal");
    fs::create_dir(place.state().join("journal")).expect("a directory");
    let error = told(place.builder().build().expect_err("no journal"));
    assert!(error.contains("its journal is no file"), "{error}");
}

#[test]
fn a_canary_is_what_was_going_on_and_not_what_the_next_process_begins_with() {
    let place = Place::new();
    let host = place.host();
    let module = host.load::<dyn hotmod_tests::interfaces::counter::Counter>(FILE);
    let module = module.expect("a module");
    let pool: hotmod_host::Pool<u64, _> =
        hotmod_host::Pool::builder(&module).build().expect("a pool");
    let options = || hotmod_host::CanaryOptions::percent(50);
    let file = place.puts_as("second", FILE);
    let canary = pool.canary(&file, options()).expect("a canary");
    canary.detach();
    // As the process would leave it that ends here: what is kept is copied while the canary is on.
    let ended = place.0.path().join("ended");
    copy_all(&place.state(), &ended);
    drop((pool, module, host));
    let host = Host::builder()
        .module_dir(place.modules())
        .state_dir(&ended);
    let host = host.build().expect("a host");
    let recovery = host.recovery().expect("a state directory");
    let [interrupted] = &recovery.interrupted[..] else {
        panic!("{recovery}");
    };
    assert_eq!(interrupted.operation, OperationKind::Canary);
    assert_eq!(interrupted.step.as_deref(), Some("on trial"));
    assert!(interrupted.has_run);
    let versions = (&interrupted.module, &interrupted.from, &interrupted.to);
    let name = |it: &str| Some(it.to_owned());
    assert_eq!(versions, (&name("counter"), &name("1.0.0"), &name("1.1.0")));
    assert_eq!(interrupted.file.as_deref(), Some(&*file));
    assert_eq!(interrupted.process, std::process::id());
    assert!(
        recovery
            .to_string()
            .contains("canary of module `counter` 1.0.0 → 1.1.0"),
        "{recovery}"
    );
    let module = host.load_untyped(FILE).expect("a module");
    let kept = module.kept_start().expect("a copy");
    assert_eq!(
        (module.version(), rule(&kept.refusal)),
        ("1.0.0", Rule::Undone)
    );
    assert!(
        kept.to_string().contains("the process ended in its canary"),
        "{kept}"
    );
    drop((host, module));
    // Told once.
    let host = Host::builder().state_dir(&ended).build().expect("a host");
    assert_eq!(host.recovery().expect("a state directory").interrupted, []);
}

fn copy_all(from: &Path, to: &Path) {
    let mut builder = fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy_all(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).expect("a file")),
        }
    }
}
