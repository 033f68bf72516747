//! What the published libraries show, item by item, is what `api/` says that they show.
//!
//! A change that is meant is written down with `UPDATE_SNAPSHOTS=yes cargo test -p hotmod-published`, and
//! it is read with the rest of the commit.

use std::path::Path;
use std::process::Command;

const LIBRARIES: [&str; 4] = ["hotmod", "hotmod-file", "hotmod-host", "hotmod-admin"];

#[test]
fn the_public_api_is_the_one_that_is_written_down() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = here.join("../../target/api");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args([
            "doc",
            "--quiet",
            "--locked",
            "--no-deps",
            "--lib",
            "--all-features",
            "--target-dir",
        ])
        .arg(&target)
        .args(LIBRARIES.map(|library| format!("--package={library}")))
        // The JSON is not stable; which of its formats this compiler writes is known all the same.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTDOCFLAGS", "-Zunstable-options --output-format=json")
        .current_dir(here);
    assert!(
        cargo.status().expect("cargo runs").success(),
        "the libraries are not documented"
    );

    for library in LIBRARIES {
        let described = target
            .join("doc")
            .join(library.replace('-', "_"))
            .with_extension("json");
        let api = public_api::Builder::from_rustdoc_json(described)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .build()
            .unwrap_or_else(|error| panic!("{library}: {error}"));
        let items = api.items().map(|item| format!("{item}\n"));
        let shown: String = items
            .filter(|item| !is_of_a_type_of_others(item, library))
            .collect();
        snapshot_testing::assert_eq_or_update(
            shown,
            here.join("api").join(library).with_extension("txt"),
        );
    }
}

/// Whether this is a function, type or constant of a trait's implementation for a type of another crate: the line of the
/// implementation says it all.
fn is_of_a_type_of_others(item: &str, library: &str) -> bool {
    let of = item.split_once("::").map(|(before, _)| before);
    !item.starts_with("impl") && of.is_some_and(|of| !of.ends_with(&library.replace('-', "_")))
}
