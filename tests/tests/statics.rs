//! Statics that a module's code can write: each version has its own. They are named, and a module may say
//! that it has none.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use hotmod_host::describe::{Difference, Rule, Verdict};
use hotmod_host::{Host, Refusal, RefusalStage, RehearsalOptions, inspect};
use hotmod_tests::damage;
use hotmod_tests::fixture::{self, BASE, Built, Edit, Family};

const DENY: Edit = ("version: \"1.0.0\"", "version: \"1.0.0\", statics: deny");

/// All statics of the module's own crate, by names that two compilers agree on.
const OWN: &[&str] = &[
    "COUNT",
    "RAW",
    "ONCE",
    "LAZY",
    "LOCKED",
    "inner::SHARED",
    "PLAIN_LOCAL",
    "CONST_LOCAL",
    "DROPPED_LOCAL",
    "OLD_LAZY",
    "in_generic::IN_GENERIC",
    "in_function::IN_FUNCTION",
];

const LOCALS: &[&str] = &["PLAIN_LOCAL", "CONST_LOCAL", "DROPPED_LOCAL"];

fn statics() -> Family {
    Family::new("statics").depends("lazy_static = \"1.5\"")
}

static STATICS: LazyLock<Built> = LazyLock::new(|| {
    statics()
        .variant("second", &[("\"first\"", "\"second\"")])
        .variant("denied", &[DENY])
        .variant(
            "excepted",
            &[(
                DENY.0,
                "version: \"1.0.0\", statics: deny(except = [crate, library, \"C\"])",
            )],
        )
        .variant(
            "one-left",
            &[(
                DENY.0,
                "version: \"1.0.0\", statics: deny(except = [
                    crate::COUNT, crate::RAW, crate::ONCE, crate::LAZY, crate::LOCKED,
                    crate::PLAIN_LOCAL, crate::CONST_LOCAL, crate::DROPPED_LOCAL, crate::OLD_LAZY,
                    crate::in_generic::IN_GENERIC, crate::in_function::IN_FUNCTION,
                    \"crate::in_generic::{{closure}}::IN_CLOSURE\",
                    \"<alloc::vec::Vec<T> as crate::Numbered>::numbered::IN_IMPL\",
                    library::LIBRARY_COUNT, \"C\"])",
            )],
        )
        .build()
});

/// A copy without its symbols, as `strip` makes it.
fn stripped(file: &Path, how: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a directory");
    let copy = folder.path().join("libstripped.so");
    let ended = Command::new("strip")
        .arg(how)
        .arg("-o")
        .arg(&copy)
        .arg(file)
        .status();
    assert!(ended.expect("strip").success());
    (folder, copy)
}

/// What all builds of it must show, whatever the names of closures and impls look like.
fn shows_all(file: &Path, krate: &str) {
    let module = inspect(file).unwrap_or_else(|refusal| panic!("{refusal}"));
    let seen = module.statics().seen().expect("symbols");
    let own: Vec<&str> = seen
        .iter()
        .filter(|it| it.krate() == krate)
        .map(|it| it.path())
        .collect();
    for name in OWN {
        let path = format!("{krate}::{name}");
        assert!(own.contains(&&*path), "no {path} in {own:?}");
        let found = seen.iter().find(|it| it.path() == path).expect("it");
        assert_eq!(found.is_thread_local(), LOCALS.contains(name), "{path}");
    }
    let ends = |end: &str| own.iter().filter(|it| it.ends_with(end)).count();
    assert_eq!(ends("::IN_CLOSURE"), 1, "{own:?}");
    assert_eq!(ends("::numbered::IN_IMPL"), 1, "{own:?}");
    assert_eq!(own.len(), OWN.len() + 2, "{own:?}");
    let others: Vec<(&str, &str)> = seen
        .iter()
        .filter(|it| it.krate() != krate)
        .map(|it| (it.krate(), it.path()))
        .collect();
    assert_eq!(
        others,
        [
            ("extern \"C\"", "HOTMOD_TEST_EXPORTED"),
            ("library", "library::LIBRARY_COUNT")
        ]
    );
}

#[test]
fn each_static_that_code_can_write_is_named_and_no_other() {
    shows_all(&STATICS.file(BASE), "statics_base");
}

#[test]
fn names_of_the_new_form_say_the_same() {
    let built = statics()
        .library("v0", &[])
        .codegen("symbol-mangling-version=v0");
    shows_all(&built.build().file(BASE), "statics_v0_base");
}

#[test]
fn what_is_optimised_over_all_crates_has_the_same_statics() {
    let built = statics().library("lto", &[]);
    let built = built.profile("opt-level = 3\nlto = \"fat\"\ncodegen-units = 1");
    shows_all(&built.build().file(BASE), "statics_lto_base");
}

#[test]
fn statics_of_a_stripped_file_cannot_be_seen() {
    for how in ["--strip-all", "--discard-all"] {
        let (_folder, file) = stripped(&STATICS.file(BASE), how);
        let module = inspect(&file).unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(module.statics().seen(), None, "{how}");
        assert!(module.denied().is_empty());
    }
    let (_folder, file) = stripped(&STATICS.file(BASE), "--strip-debug");
    shows_all(&file, "statics_base");
}

#[test]
fn a_module_without_statics_has_none() {
    let module = inspect(fixture::build("abacus")).expect("a module");
    assert_eq!(module.statics().seen(), Some(&[][..]));
}

fn host() -> Host {
    let host = Host::builder().provide("told", |_: u64| ());
    host.build().expect("a host")
}

#[test]
fn an_update_says_which_statics_start_anew_and_they_do() {
    let host = host();
    let module = host.load_untyped(STATICS.file(BASE)).expect("a module");
    let next = module.function::<fn() -> u64>("next").expect("a function");
    assert_eq!([next.call().unwrap(), next.call().unwrap()], [1, 2]);

    let update = module.update(STATICS.file("second")).expect("an update");
    assert_eq!(update.verdict, Verdict::Adopt);
    let said = update.to_string();
    let said: Vec<&str> = said.lines().filter(|it| it.contains(" anew")).collect();
    assert_eq!(said.len(), OWN.len() + 4, "{said:#?}");
    for line in [
        "  static statics_second::COUNT: starts anew",
        "  thread-local statics_second::CONST_LOCAL: starts anew",
        "  static statics_second::OLD_LAZY: starts anew",
        "  statics of `extern \"C\"`: start anew: HOTMOD_TEST_EXPORTED",
        "  statics of `library`: start anew: library::LIBRARY_COUNT",
    ] {
        let line = format!("{line} [HM-0319]");
        assert!(said.contains(&&*line), "{said:#?}");
    }
    assert_eq!(next.call().unwrap(), 1);

    // The first version is still loaded, with its statics as they were left.
    let update = module.update(STATICS.file(BASE)).expect("an update");
    let is_anew = |it: &Difference| it.rule == Rule::StartsAnew;
    assert!(!update.differences.iter().any(is_anew), "{update}");
    assert_eq!(next.call().unwrap(), 3);
}

fn refused(refusal: Refusal) -> Vec<String> {
    assert_eq!(refusal.stage(), RefusalStage::Verify, "{refusal}");
    let all = refusal.differences().iter();
    assert!(
        all.clone().all(|it| it.rule == Rule::StaticDenied),
        "{refusal}"
    );
    all.map(|it| it.path.clone()).collect()
}

#[test]
fn a_module_that_denies_statics_is_refused_for_each() {
    let host = host();
    let refusal = host
        .load_untyped(STATICS.file("denied"))
        .expect_err("it has statics");
    let said = refusal.to_string();
    for part in [
        "static statics_denied::COUNT: expected none that code can write, as `statics: deny` in \
         `module!` says, found one that starts anew in each version [HM-0020]\n    help: keep it in the state, \
         which is taken along, or write `statics: deny(except = [crate::COUNT])` if it is to start anew",
        "thread-local statics_denied::CONST_LOCAL: ",
        "statics of `library`: expected none that code can write, as `statics: deny` in `module!` says, found library::LIBRARY_COUNT [HM-0020]\n    help: write `statics: deny(except = [library])` if they are to start anew in each version",
        "help: write `statics: deny(except = [\"C\"])` if they are to start anew in each version",
    ] {
        assert!(said.contains(part), "no `{part}` in:\n{said}");
    }
    assert_eq!(refused(refusal).len(), OWN.len() + 4);

    // Also as an update; what runs keeps running.
    let module = host.load_untyped(STATICS.file(BASE)).expect("a module");
    let refusal = module
        .update(STATICS.file("denied"))
        .expect_err("it has statics");
    assert_eq!(refused(refusal).len(), OWN.len() + 4);
    assert!(
        module
            .rehearse(STATICS.file("denied"), &RehearsalOptions::new())
            .is_err()
    );
    assert_eq!(module.version(), "1.0.0");
}

#[test]
fn what_is_excepted_is_not_denied() {
    let module = host().load_untyped(STATICS.file("excepted"));
    module.unwrap_or_else(|refusal| panic!("{refusal}"));
    let left = host()
        .load_untyped(STATICS.file("one-left"))
        .expect_err("one is left");
    assert_eq!(refused(left), ["static statics_one_left::inner::SHARED"]);
}

#[test]
fn a_module_without_statics_may_deny_them() {
    static NONE: LazyLock<Built> = LazyLock::new(|| {
        let denied = ("name: \"abacus\",", "name: \"abacus\", statics: deny,");
        Family::new("abacus").variant("denied", &[denied]).build()
    });
    let module = host().load_untyped(NONE.file("denied"));
    module.unwrap_or_else(|refusal| panic!("{refusal}"));
    // A file without symbols does not show whether it has statics.
    for how in ["--strip-all", "--discard-all"] {
        let (_folder, file) = stripped(&NONE.file("denied"), how);
        let refusal = host()
            .load_untyped(&file)
            .expect_err("statics that cannot be seen");
        let said = refusal.to_string();
        let cure = "statics: expected none that code can write, as `statics: deny` in `module!` says, \
                    found a file that is stripped of its symbols, in which they cannot be seen [HM-0020]\n    \
                    help: write `strip = \"debuginfo\"` in the profile";
        assert!(said.contains(cure), "{said}");
        assert_eq!(refused(refusal), ["statics"]);
    }
    let (_folder, file) = stripped(&NONE.file("denied"), "--strip-debug");
    host()
        .load_untyped(&file)
        .unwrap_or_else(|refusal| panic!("{refusal}"));
}

/// The loader does not use this table, so whatever is in it, the file is what it was; and hostile as it may
/// be, it is read within bounds.
#[test]
fn no_damage_to_the_symbols_is_a_reason_to_refuse() {
    let good = fs::read(STATICS.file(BASE)).expect("a module");
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("libdamaged.so");
    let shown = |bytes: &[u8]| {
        fs::write(&file, bytes).expect("a file");
        let module = inspect(&file).unwrap_or_else(|refusal| panic!("{refusal}"));
        let seen = module.statics().seen()?;
        assert!(seen.iter().all(|it| it.path().len() < 1100));
        Some(seen.len())
    };
    let whole = shown(&good).expect("symbols");
    let header = damage::section_header(&good, ".symtab");
    let names = damage::section_header(&good, ".strtab");
    let huge = [u32::MAX, 1 << 31, 0x1000_0000];
    // Where the table and the names are, how long they are, and which names belong to it.
    for at in [
        header + 24,
        header + 32,
        names + 24,
        names + 32,
        header + 40,
    ] {
        for value in huge.into_iter().chain([0, 1, 2, 24]) {
            let mut bytes = good.clone();
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
            shown(&bytes);
        }
    }
    // Another kind of section, then each field of each symbol, and then the names.
    let mut bytes = good.clone();
    bytes[header + 4] = 1;
    assert_eq!(shown(&bytes), None);
    let table = damage::section(&good, ".symtab");
    for field in [0, 4, 5, 6, 8, 12, 16, 20] {
        for value in [0, 1, 6, 0x11, 0x7f, 0xff] {
            let mut bytes = good.clone();
            for symbol in bytes[table.clone()].chunks_exact_mut(24) {
                symbol[field] = value;
            }
            let seen = shown(&bytes).unwrap_or(0);
            assert!(seen <= 4096, "{seen}");
        }
    }
    for value in [0, b'_', b'R', 0xff, b'.'] {
        let mut bytes = good.clone();
        bytes[damage::section(&good, ".strtab")].fill(value);
        shown(&bytes);
    }
    // All symbols of objects claim to be data that is written, each under a name of its own.
    let data = damage::section_header(&good, ".data");
    let number = (data - damage::first_section_header(&good)) / 64;
    let mut symbols = good[table.clone()].chunks_exact(24);
    let writable = symbols.find(|it| it[4] & 15 == 1 && usize::from(it[6]) == number);
    let writable = writable.expect("a static").to_vec();
    let mut bytes = good.clone();
    for symbol in bytes[table].chunks_exact_mut(24) {
        symbol[4..].copy_from_slice(&writable[4..]);
    }
    assert_eq!(shown(&bytes), None, "no symbol of the manifest is left");
    assert!(whole > 10);
}
