//! What the compiler says of types of other crates where hotmod's features for them are on:
//! `cargo test -p hotmod --features arrayvec --test featured`.

#[test]
fn foreign_types_whose_feature_is_on_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/featured/*.rs");
}
