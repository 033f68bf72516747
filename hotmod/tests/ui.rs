//! What the compiler says of every mistake that hotmod can see, one mistake in most files.
//!
//! `TRYBUILD=overwrite cargo test -p hotmod --test ui` writes what is said now into the `.stderr`
//! files, for review.

#[test]
fn every_mistake_is_explained() {
    let cases = trybuild::TestCases::new();
    for family in [
        "awaited",
        "compiled",
        "evolution",
        "interface",
        "every",
        "lifecycle",
        "export",
        "import",
        "init",
        "lazy",
        "lifetimes",
        "macros",
        "migrate",
        "module",
        "old",
        "preflight",
        "resource",
        "rounds",
        "state",
        "task",
        "types",
        "values",
    ] {
        cases.compile_fail(format!("tests/ui/{family}/*.rs"));
    }
}
