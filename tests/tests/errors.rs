//! What a server prints whose `main` returns an error of hotmod.

use std::fs;
use std::process::Command;

use hotmod_host::{Host, Pool, Refusal};
use hotmod_tests::fixture;
use hotmod_tests::interfaces::counter::Counter;

fn main_with(file: &std::path::Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_refused_main"))
        .arg(file)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("the server");
    assert!(!output.status.success());
    String::from_utf8(output.stderr).expect("text")
}

fn refusal(file: &std::path::Path) -> Refusal {
    let host = Host::builder().build().expect("a host");
    host.load_untyped(file).expect_err("no module")
}

#[test]
fn a_main_that_returns_a_refusal_prints_it_as_it_reads() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = directory.path().join("text.so");
    fs::write(&text, "no object file").expect("a file");
    let printed = main_with(&text);
    assert_eq!(printed, format!("Error: {}\n", refusal(&text)));
    assert!(
        printed.contains(&format!("{} is refused\n  ", text.display())),
        "{printed}"
    );

    // What the system said is part of it.
    let absent = directory.path().join("absent.so");
    let printed = main_with(&absent);
    assert!(
        printed.starts_with(&format!("Error: {}", refusal(&absent))),
        "{printed}"
    );
    assert!(printed.contains("No such file or directory"), "{printed}");
    assert!(!printed.contains('{'), "{printed}");
}

#[test]
fn a_host_that_cannot_be_built_says_why_as_it_reads() {
    let directory = tempfile::tempdir().expect("a directory");
    let absent = directory.path().join("absent");
    let error = Host::builder().module_dir(&absent).build();
    let error = error.expect_err("no such directory");
    let text = format!("module directory {}: ", absent.display());
    assert!(error.to_string().starts_with(&text), "{error}");
    assert_eq!(format!("{error:?}"), error.to_string());
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn errors_of_calls_and_pools_read_alike_too() {
    let host = Host::builder().build().expect("a host");
    let module = host
        .load::<dyn Counter>(fixture::build("counter"))
        .expect("a module");
    let pool: Pool<u64, dyn Counter> = module.pool();
    let absent = pool.call(&1, |it| it.next()).expect_err("no instance");
    assert_eq!(format!("{absent:?}"), absent.to_string());
    pool.create(1, "").expect("an instance");
    let instance = module.create("").expect("an instance");
    let twice = pool.insert(1, instance).expect_err("one is there");
    assert_eq!(format!("{twice:?}"), twice.to_string());
}
