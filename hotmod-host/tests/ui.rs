//! What the compiler says of mistakes in a host, one mistake in each file.
//!
//! `TRYBUILD=overwrite cargo test -p hotmod-host --test ui` writes what is said now into the `.stderr`
//! files, for review.

#[test]
fn every_mistake_is_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}
