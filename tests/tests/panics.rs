//! Panics: each is told with its place and, where `RUST_BACKTRACE` asks, with its stack; and counted.
//!
//! What `RUST_BACKTRACE` says counts for a whole process, so each test carries itself out in one of its own.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use hotmod_host::{CallError, Host, HostBuilder, Module, PanicPlace, Panicked};
use hotmod_tests::compiler::OTHER;
use hotmod_tests::fixture::{BASE, Built, Edit, Family};
use hotmod_tests::interfaces::tower::Tower;

/// Set in the process that carries a test out.
const ALONE: &str = "HOTMOD_PANICS_ALONE";

const SOURCE: &str = include_str!("../fixtures/tower/module.rs");

const LINES: &str = "[profile.dev.package.tower]\ndebug = \"line-tables-only\"";

/// The height is made by a function that panics.
const HOOK: [Edit; 3] = [
    ("version: \"1.0.0\"", "version: \"2.0.0\""),
    (
        "// with\n    height: u32",
        "#[state(with = higher)]\n    height: u32",
    ),
    (
        "// hook",
        "fn higher(old: &u32) -> u32 {\n    if *old == 13 {\n        panic!(\"no floor {old}\");\n    }\n    old + 1\n}",
    ),
];
/// The lamp goes, and is dropped.
const REMOVED: [Edit; 5] = [
    ("version: \"1.0.0\"", "version: \"3.0.0\""),
    ("// removed", "// removed\n#[state(removed(\"lamp\"))]"),
    ("    lamp: Lamp, // lamp\n", ""),
    (", lamp: Lamp { is_loose: false } /* init */", ""),
    ("/* loosen */ self.lamp.is_loose = true;", ""),
];

fn family() -> Family {
    Family::new("tower")
        .profile(LINES)
        .linked(&["-Wl,--build-id".to_owned()])
}

static FILES: LazyLock<Built> = LazyLock::new(|| {
    family()
        .variant("hook", &HOOK)
        .variant("removed", &REMOVED)
        .build()
});

fn builder() -> HostBuilder {
    Host::builder().provide("push", |how: &str| -> u32 { panic!("{how} from behind") })
}

fn tower_at(builder: HostBuilder, file: impl AsRef<Path>) -> Module<dyn Tower> {
    let host = builder.build().expect("a host");
    host.load::<dyn Tower>(file.as_ref())
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn tower() -> Module<dyn Tower> {
    tower_at(builder(), FILES.file(BASE))
}

/// Whether this process carries the test out, with this value of `RUST_BACKTRACE`. If not, another does.
fn alone(test: &str, backtrace: Option<&str>) -> bool {
    if env::var_os(ALONE).is_some() {
        return env::var("RUST_BACKTRACE").ok().as_deref() == backtrace;
    }
    // The fixtures are built once.
    let _ = FILES.file(BASE);
    let mut command = Command::new(env::current_exe().expect("this program"));
    command
        .args(["--exact", test, "--nocapture"])
        .env(ALONE, "1");
    match backtrace {
        Some(asked) => command.env("RUST_BACKTRACE", asked),
        None => command.env_remove("RUST_BACKTRACE"),
    };
    let output = command.output().expect("a test");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "with {backtrace:?}: {said}\n{complained}"
    );
    false
}

fn fallen(tower: &Module<dyn Tower>, how: &str) -> Panicked {
    let mut keep = tower.create("3").expect("an instance");
    match keep.fall(how).expect_err("a panic") {
        CallError::Panicked(panicked) => *panicked,
        other => panic!("{other}"),
    }
}

fn stack(tower: &Module<dyn Tower>, how: &str) -> String {
    fallen(tower, how)
        .backtrace
        .expect("a backtrace")
        .to_string()
}

/// The line of the source in which a text stands.
fn line(text: &str) -> u32 {
    let at = SOURCE.find(text).expect("it stands there");
    u32::try_from(SOURCE[..at].lines().count()).expect("few")
}

/// That there is a panic at the line with this text, as often.
fn place<'a>(places: &'a [PanicPlace], text: &str) -> &'a PanicPlace {
    let line = line(text);
    let mut found = places.iter().filter(|it| it.location.line == line);
    let place = found
        .next()
        .unwrap_or_else(|| panic!("line {line}: {places:#?}"));
    assert!(place.location.file.ends_with("module.rs"), "{place}");
    assert_eq!(found.next(), None);
    place
}

#[test]
fn a_stack_shows_functions_and_lines_from_the_export_to_the_panic() {
    if !alone(
        "a_stack_shows_functions_and_lines_from_the_export_to_the_panic",
        Some("1"),
    ) {
        return;
    }
    let text = stack(&tower(), "deep");
    assert_eq!(text.matches("tower_base::climb\n").count(), 4, "{text}");
    let at = |what: &str| format!("tower-debug/base/module.rs:{}:", line(what));
    assert!(text.contains(&at("fell from the top")), "{text}");
    assert_eq!(text.matches(&at("climb(steps - 1)")).count(), 3, "{text}");
    assert!(text.contains("Tower>::fall"), "{text}");
    // Neither what raises a panic nor what calls a module.
    for own in ["hotmod::", "__rust_end_short_backtrace", "panics::"] {
        assert!(!text.contains(own), "{own}: {text}");
    }
}

#[test]
fn a_full_stack_goes_on_to_the_server_and_shows_what_calls() {
    if !alone(
        "a_full_stack_goes_on_to_the_server_and_shows_what_calls",
        Some("full"),
    ) {
        return;
    }
    let text = stack(&tower(), "deep");
    for function in [
        "hotmod::root::trace::addresses",
        "tower_base::climb",
        "hotmod::call::run",
        "panics::fallen",
        "a_full_stack_goes_on_to_the_server_and_shows_what_calls",
    ] {
        assert!(text.contains(function), "{function}: {text}");
    }
}

#[test]
fn no_stack_is_noted_unless_it_is_asked_for() {
    for asked in [None, Some("0")] {
        if alone("no_stack_is_noted_unless_it_is_asked_for", asked) {
            let tower = tower();
            assert_eq!(fallen(&tower, "deep").backtrace, None);
            let report = tower.panics();
            assert_eq!(report.places.len(), 1, "{report}");
            assert_eq!(report.places[0].backtrace, None);
        }
    }
}

#[test]
fn identical_panics_are_counted_by_version_and_place_wherever_they_are_raised() {
    const TEST: &str = "identical_panics_are_counted_by_version_and_place_wherever_they_are_raised";
    if !alone(TEST, Some("1")) {
        return;
    }
    let tower = tower();
    for _ in 0..5 {
        fallen(&tower, "deep");
    }
    let mut keep = tower.create("13").expect("an instance");
    assert_eq!(keep.fall("caught").expect("it is caught"), 7);
    assert_eq!(keep.fall("thread").expect("a thread fell"), 1);
    keep.fall("number").expect_err("a panic");
    let pushed = fallen(&tower, "pushed");
    assert_eq!(pushed.message, "pushed from behind");
    tower.create("unfinished").map(drop).expect_err("a panic");
    let host_module = tower.clone();
    host_module.update(FILES.file("hook")).expect("an update");
    // The hook panics, so the state stays where it is.
    keep.fall("sideways").expect_err("a panic");
    assert_eq!(keep.version(), "1.0.0");

    let places = tower.panics().places;
    let top = place(&places, "fell from the top");
    assert_eq!(
        (top.count, top.outside, &*top.version),
        (7, 1, "1.0.0"),
        "{top}"
    );
    assert_eq!(places[0], *top, "the most frequent is the first");
    assert_eq!(top.message, "fell from the top");
    let stack = top.backtrace.as_ref().expect("a backtrace").to_string();
    assert!(stack.contains("tower_base::climb"), "{stack}");
    assert!(top.first <= top.last);
    assert_eq!(
        place(&places, "panic_any(7_u64)").message,
        "a value that is not text"
    );
    assert_eq!(
        place(&places, "\"pushed\" => push").message,
        "pushed from behind"
    );
    assert_eq!(place(&places, "it is not finished").count, 1);
    assert_eq!(place(&places, "fell {how}").message, "fell sideways");
    let hook = places
        .iter()
        .find(|it| it.version == "2.0.0")
        .expect("the hook");
    assert_eq!(hook.message, "no floor 13");
    assert!(hook.count >= 1, "{hook}");
    let stack = hook.backtrace.as_ref().expect("a backtrace").to_string();
    assert!(stack.contains("tower_hook::higher"), "{stack}");
}

#[test]
fn a_panic_in_a_drop_of_a_migration_is_counted() {
    let tower = tower();
    let mut keep = tower.create("3").expect("an instance");
    keep.loosen().expect("a call");
    tower.update(FILES.file("removed")).expect("an update");
    keep.loosen().expect("a call");
    assert_eq!(keep.version(), "3.0.0");
    let places = tower.panics().places;
    assert_eq!(place(&places, "the lamp falls").count, 1);
}

#[test]
fn a_panic_has_its_own_place_also_where_destructors_raise_and_catch_others() {
    let tower = tower();
    let at = |how: &str| {
        let panicked = fallen(&tower, how);
        (panicked.message, panicked.location.expect("a place").line)
    };
    assert_eq!(
        at("nested"),
        ("fell from the top".to_owned(), line("fell from the top"))
    );
    assert_eq!(at("twice"), ("fell again".to_owned(), line("fell again")));
    let places = tower.panics().places;
    assert_eq!(place(&places, "slipped while falling").count, 1);
}

/// A copy of the module without its symbols, and a directory for its debug file.
struct Apart {
    _directory: tempfile::TempDir,
    stripped: PathBuf,
    debug: PathBuf,
}

impl Apart {
    fn new(file: &Path) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let [stripped, debug] = ["libtower.so", "debug"].map(|it| directory.path().join(it));
        fs::create_dir(&debug).expect("a directory");
        run(Command::new("strip").arg(file).arg("-o").arg(&stripped));
        Apart {
            _directory: directory,
            stripped,
            debug,
        }
    }

    /// Writes the debug file of a module.
    fn keep(&self, file: &Path, name: &str) -> PathBuf {
        let debug = self.debug.join(name);
        fs::create_dir_all(debug.parent().expect("a directory")).expect("a directory");
        run(Command::new("objcopy")
            .arg("--only-keep-debug")
            .arg(file)
            .arg(&debug));
        debug
    }

    fn stack(&self) -> String {
        stack(
            &tower_at(builder().debug_dir(&self.debug), &self.stripped),
            "deep",
        )
    }
}

fn run(command: &mut Command) {
    let ended = command.status().expect("binutils");
    assert!(ended.success(), "{command:?}");
}

/// Its build id, by which a debugger finds it.
fn conventional(file: &Path) -> String {
    use object::Object;
    let bytes = fs::read(file).expect("a file");
    let object = object::File::parse(&*bytes).expect("an object");
    let id = object.build_id().expect("notes").expect("a build id");
    let digits: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(".build-id/{}/{}.debug", &digits[..2], &digits[2..])
}

#[test]
fn a_stripped_module_has_the_symbols_of_its_debug_file() {
    if !alone(
        "a_stripped_module_has_the_symbols_of_its_debug_file",
        Some("1"),
    ) {
        return;
    }
    let file = &FILES.file(BASE);
    for name in ["tower-1.0.0.debug".to_owned(), conventional(file)] {
        let apart = Apart::new(file);
        let bare = apart.stack();
        assert!(
            bare.contains("tower 1.0.0+0x") && !bare.contains("climb"),
            "{bare}"
        );
        // That of another version is none of this one.
        apart.keep(&FILES.file("hook"), "other.debug");
        assert!(!apart.stack().contains("climb"));
        apart.keep(file, &name);
        let text = apart.stack();
        let at = format!("tower-debug/base/module.rs:{}:", line("fell from the top"));
        assert!(
            text.contains("tower_base::climb") && text.contains(&at),
            "{name}: {text}"
        );
    }
}

#[test]
fn a_damaged_debug_file_has_no_symbols_and_does_no_harm() {
    if !alone(
        "a_damaged_debug_file_has_no_symbols_and_does_no_harm",
        Some("1"),
    ) {
        return;
    }
    let file = &FILES.file(BASE);
    let apart = Apart::new(file);
    let debug = apart.keep(file, "tower.debug");
    let whole = fs::read(&debug).expect("a file");
    let expected = apart.stack();
    assert!(expected.contains("climb"), "{expected}");
    let mut without = 0;
    let mut try_out = |bytes: &[u8]| {
        fs::write(&debug, bytes).expect("a file");
        without += usize::from(!apart.stack().contains("module.rs"));
    };
    for part in 0..16 {
        try_out(&whole[..whole.len() * part / 16]);
    }
    // Bytes all over the file, and many in one place, by a generator that is as good as any for that.
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).expect("below a size")
    };
    for round in 0..48 {
        let mut bytes = whole.clone();
        for _ in 0..1 << (round % 12) {
            let at = next(bytes.len());
            bytes[at] = u8::try_from(next(256)).expect("a byte");
        }
        try_out(&bytes);
    }
    assert!(without > 0, "some of them are damaged where it matters");
    fs::write(&debug, &whole).expect("a file");
    assert_eq!(apart.stack(), expected);
}

#[test]
fn a_module_of_another_compiler_shows_its_stack() {
    let Some(rustc) = &*OTHER else { return };
    let built = family().compiler(rustc.clone()).build();
    if !alone("a_module_of_another_compiler_shows_its_stack", Some("1")) {
        return;
    }
    let tower = tower_at(builder(), built.file(BASE));
    let text = stack(&tower, "deep");
    assert_eq!(text.matches("tower_base::climb\n").count(), 4, "{text}");
    assert!(!text.contains("hotmod::"), "{text}");
}
