//! What a module needs of the system's loader runs before anything of the module: it is named,
//! judged, and opened only if the host allows it.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use hotmod_host::describe::Rule;
use hotmod_host::{Host, HostBuilder, Refusal, RefusalStage, inspect};
use hotmod_tests::fixture::{self, BASE, Family};
use object::elf;

const SIGABRT: i32 = 6;

/// A module that calls a function of another library.
const CALLS: &str = r#"
hotmod::module! { name: "needy", version: "1.0.0" }

unsafe extern "C" {
    fn hotmod_test_bump() -> u32;
}

#[hotmod::export]
pub fn bump() -> u32 {
    // SAFETY: what it is linked with has a function of this type.
    unsafe { hotmod_test_bump() }
}
"#;

/// Where the libraries of these tests are.
static LIBRARIES: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/fixtures/needed");
    fs::create_dir_all(&folder).expect("a folder");
    folder.canonicalize().expect("a folder")
});

/// Compiles C: into a library, or into an object for the module's own linker.
fn compile(file: &str, arguments: &[&str], source: &str) -> PathBuf {
    let output = LIBRARIES.join(file);
    let text = output.with_extension("c");
    fs::write(&text, source).expect("a source file");
    // Another test process may have the library open.
    let made = LIBRARIES.join(format!("{file}.{}", std::process::id()));
    let mut compiler = Command::new("cc");
    compiler
        .arg("-fPIC")
        .args(arguments)
        .arg("-o")
        .arg(&made)
        .arg(&text);
    let ended = compiler.output().expect("a C compiler");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    fs::rename(made, &output).expect("the compiled file");
    output
}

/// A library of this name whose constructor does something.
fn library(name: &str, constructor: &str) -> PathBuf {
    let soname = format!("-Wl,-soname,lib{name}.so");
    let source = format!(
        "#include <stdlib.h>\n\
         __attribute__((constructor)) static void begin(void) {{ {constructor} }}\n\
         static unsigned count;\n\
         unsigned hotmod_test_bump(void) {{ return ++count; }}\n"
    );
    compile(&format!("lib{name}.so"), &["-shared", &soname], &source)
}

/// The module, linked with a library of this name.
fn needing(name: &'static str, search: bool) -> PathBuf {
    let folder = LIBRARIES.display();
    let mut arguments = vec![format!("-L{folder}"), format!("-l{name}")];
    if search {
        arguments.push(format!("-Wl,-rpath,{folder}"));
    }
    Family::written(name, CALLS.to_owned())
        .linked(&arguments)
        .build()
        .file(BASE)
}

fn load(builder: HostBuilder, file: &Path) -> Result<u32, Refusal> {
    let host = builder.build().expect("a host");
    let module = host.load_untyped(file)?;
    let bump = module.function::<fn() -> u32>("bump").expect("the export");
    Ok(bump.call().expect("a call"))
}

fn rules(refusal: &Refusal) -> Vec<Rule> {
    let differences = refusal.differences().iter();
    differences
        .inspect(|it| assert!(!it.help.is_empty(), "{refusal}"))
        .map(|it| it.rule)
        .collect()
}

#[test]
fn what_a_module_needs_is_not_run_unless_the_host_allows_it() {
    library("hotmod-test-aborts", "abort();");
    let file = needing("hotmod-test-aborts", true);
    // A process that opens it as the loader does is ended by it.
    let mut probe = Command::new(env!("CARGO_BIN_EXE_dlopen_probe"));
    let ended = probe.arg(&file).arg("none").output().expect("the probe");
    assert_eq!(ended.status.signal(), Some(SIGABRT));

    let refusal = load(Host::builder(), &file).expect_err("it was not allowed");
    assert_eq!(refusal.stage(), RefusalStage::Verify);
    let both = [Rule::LibraryNotAllowed, Rule::SearchPathNotAllowed];
    assert_eq!(rules(&refusal), both, "{refusal}");
    let text = refusal.to_string();
    let folder = LIBRARIES.display().to_string();
    for said in [
        "`libhotmod-test-aborts.so`",
        "`HostBuilder::allow_needed(\"libhotmod-test-aborts.so\")`",
        "RUNPATH: expected",
        &folder,
        "`HostBuilder::allow_search_paths`",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }

    // The host allows each of the two by itself.
    let one = Host::builder().allow_search_paths(true);
    let refusal = load(one, &file).expect_err("the library was not allowed");
    assert_eq!(rules(&refusal), [Rule::LibraryNotAllowed]);
    let one = Host::builder().allow_needed("libhotmod-test-aborts.so");
    let refusal = load(one, &file).expect_err("the path was not allowed");
    assert_eq!(rules(&refusal), [Rule::SearchPathNotAllowed]);
}

#[test]
fn what_a_host_allows_is_opened_and_called() {
    library("hotmod-test-allowed", "");
    let file = needing("hotmod-test-allowed", true);
    let host = Host::builder()
        .allow_needed("libhotmod-test-other.so")
        .allow_needed("libhotmod-test-allowed.so")
        .allow_search_paths(true);
    assert_eq!(load(host, &file).expect("an allowed library"), 1);
}

#[test]
fn what_the_host_has_loaded_already_is_not_opened_again() {
    let ready = library("hotmod-test-loaded", "");
    let file = needing("hotmod-test-loaded", false);
    let refusal = load(Host::builder(), &file).expect_err("it is not loaded yet");
    assert_eq!(rules(&refusal), [Rule::LibraryNotAllowed], "{refusal}");
    // SAFETY: the library was written above, and its constructor does nothing.
    let opened = unsafe { libloading::Library::new(&ready) }.expect("the library");
    assert_eq!(load(Host::builder(), &file).expect("a loaded library"), 1);
    std::mem::forget(opened);
}

#[test]
fn an_update_is_held_against_what_the_host_allows() {
    const ALONE: &str = r#"
        hotmod::module! { name: "needy", version: "1.0.0" }

        #[hotmod::export]
        pub fn bump() -> u32 {
            7
        }
    "#;
    library("hotmod-test-update", "abort();");
    let file = needing("hotmod-test-update", true);
    let alone = Family::written("needs-nothing", ALONE.to_owned()).build();
    let host = Host::builder().build().expect("a host");
    let module = host.load_untyped(alone.file(BASE)).expect("a module");
    let refusal = module.update(&file).expect_err("it was not allowed");
    let both = [Rule::LibraryNotAllowed, Rule::SearchPathNotAllowed];
    assert_eq!(rules(&refusal), both, "{refusal}");
    let refusal = module.candidate(&file).expect_err("it was not allowed");
    assert_eq!(rules(&refusal), both, "{refusal}");
    let bump = module.function::<fn() -> u32>("bump").expect("the export");
    assert_eq!(bump.call(), Ok(7));
}

/// A copy of a good module in which an entry of the dynamic table that the loader does not need says
/// something else.
fn with_entry(tag: elf::DynamicTag, text: &str) -> tempfile::NamedTempFile {
    let mut module = fs::read(fixture::build("damage")).expect("a module");
    let strings = hotmod_tests::damage::section(&module, ".dynstr");
    let text = [text.as_bytes(), b"\0"].concat();
    let mut places = module[strings.clone()].windows(text.len());
    let at = places.position(|it| it == text).expect("such a text");
    let entry = hotmod_tests::damage::dynamic_entry(&module, elf::DT_FLAGS);
    module[entry..entry + 8].copy_from_slice(&tag.0.to_le_bytes());
    module[entry + 8..entry + 16].copy_from_slice(&(at as u64).to_le_bytes());
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), module).expect("a module");
    file
}

#[test]
fn everything_that_steers_the_loader_is_named_and_refused() {
    for (tag, name) in [
        (elf::DT_RPATH, "RPATH"),
        (elf::DT_RUNPATH, "RUNPATH"),
        (elf::DT_AUDIT, "AUDIT"),
        (elf::DT_DEPAUDIT, "DEPAUDIT"),
        (elf::DT_CONFIG, "CONFIG"),
        (elf::DT_FILTER, "FILTER"),
        (elf::DT_AUXILIARY, "AUXILIARY"),
    ] {
        let file = with_entry(tag, "libc.so.6");
        let inspected = inspect(file.path()).unwrap_or_else(|refusal| panic!("{refusal}"));
        let settings: Vec<_> = inspected.needs().settings().collect();
        assert_eq!(settings, [(name, "libc.so.6")]);
        let host = Host::builder().build().expect("a host");
        let refusal = host.load_untyped(file.path()).expect_err("it steers");
        assert_eq!(rules(&refusal), [Rule::SearchPathNotAllowed], "{refusal}");
        assert!(refusal.to_string().contains(name), "{refusal}");
    }
    // A library that answers for the module is opened as one that it needs.
    for tag in [elf::DT_FILTER, elf::DT_AUXILIARY] {
        let file = with_entry(tag, "so.6");
        let host = Host::builder().allow_search_paths(true);
        let host = host.build().expect("a host");
        let refusal = host.load_untyped(file.path()).expect_err("it steers");
        assert_eq!(rules(&refusal), [Rule::LibraryNotAllowed], "{refusal}");
    }
}

#[test]
fn a_module_without_its_own_standard_library_is_refused() {
    let alone = CALLS.replace("unsafe { hotmod_test_bump() }", "7").replace(
        "unsafe extern \"C\" {\n    fn hotmod_test_bump() -> u32;\n}",
        "",
    );
    let built = Family::written("needs-std", alone)
        .codegen("prefer-dynamic")
        .build();
    let file = built.file(BASE);
    let needs = inspect(&file).unwrap_or_else(|refusal| panic!("{refusal}"));
    let libraries = needs.needs().libraries();
    assert!(libraries.iter().any(|it| it.starts_with("libstd-")));
    let refusal = load(Host::builder(), &file).expect_err("another's standard library");
    assert_eq!(rules(&refusal), [Rule::LibraryNotAllowed], "{refusal}");
    let text = refusal.to_string();
    assert!(text.contains("without `-C prefer-dynamic`"), "{text}");
}

/// A module with this many bytes of thread-locals that every thread has to have room for.
fn with_static_tls(name: &'static str, size: usize) -> PathBuf {
    let object = compile(
        &format!("{name}.o"),
        &["-c", "-ftls-model=initial-exec"],
        &format!(
            "static __thread volatile unsigned counts[{}];\n\
             unsigned hotmod_test_bump(void) {{ return ++counts[0]; }}\n",
            size / 4
        ),
    );
    Family::written(name, CALLS.to_owned())
        .linked(&[object.display().to_string()])
        .build()
        .file(BASE)
}

#[test]
fn a_module_that_takes_static_tls_is_refused_with_the_cure() {
    let file = with_static_tls("static-tls-small", 64);
    let inspected = inspect(&file).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(inspected.needs().static_tls());
    let refusal = load(Host::builder(), &file).expect_err("it takes static TLS");
    assert_eq!(rules(&refusal), [Rule::StaticTls], "{refusal}");
    let text = refusal.to_string();
    for said in [
        "`HostBuilder::allow_static_tls`",
        "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let allowing = Host::builder().allow_static_tls(true);
    assert_eq!(load(allowing, &file).expect("an allowed module"), 1);
    // All others have none.
    let module = inspect(fixture::build("damage")).expect("a module");
    assert!(!module.needs().static_tls());
}

/// A process whose threads have that much room beyond what it needs itself.
fn with_room(room: Option<usize>, test: &str) -> Output {
    let this = std::env::current_exe().expect("this program");
    let mut process = Command::new(this);
    process.args(["--exact", "--nocapture", test]);
    process.env("HOTMOD_TEST_INSIDE", "1");
    match room {
        Some(room) => process.env(
            "GLIBC_TUNABLES",
            format!("glibc.rtld.optional_static_tls={room}"),
        ),
        None => process.env_remove("GLIBC_TUNABLES"),
    };
    process.output().expect("a process")
}

#[test]
fn the_cure_for_static_tls_works() {
    const TEST: &str = "the_cure_for_static_tls_works";
    // More than glibc has room for by itself.
    let file = with_static_tls("static-tls-large", 8192);
    if std::env::var_os("HOTMOD_TEST_INSIDE").is_some() {
        let allowing = Host::builder().allow_static_tls(true);
        match load(allowing, &file) {
            Ok(count) => println!("called: {count}"),
            Err(refusal) => println!("{refusal}"),
        }
        return;
    }
    let without = with_room(None, TEST);
    let said = String::from_utf8_lossy(&without.stdout);
    assert!(said.contains("static TLS block"), "{said}");
    let cure = "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=65536";
    assert!(said.contains(cure), "{said}");
    let with = with_room(Some(65536), TEST);
    let said = String::from_utf8_lossy(&with.stdout);
    assert!(said.contains("called: 1"), "{said}");
}
