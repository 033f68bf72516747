//! What looks equal and is not: types under one id, and fields that are not carried over.

#[path = "identity/crossing.rs"]
mod crossing;
#[path = "identity/ids.rs"]
mod ids;
#[path = "identity/meddled.rs"]
mod meddled;
#[path = "identity/state.rs"]
mod state;

use hotmod_host::describe::Rule;
use hotmod_host::{Host, Module, Refusal, Untyped};

/// The paths that are refused by this rule; there are no other reasons.
#[track_caller]
fn refused_by(refusal: &Refusal, rule: Rule) -> Vec<&str> {
    let differences = refusal.differences().iter();
    differences
        .filter(|difference| difference.rule.refuses())
        .map(|difference| {
            assert_eq!(difference.rule, rule, "{refusal}");
            difference.path.as_str()
        })
        .collect()
}

fn loaded(host: &Host, file: std::path::PathBuf) -> Module<Untyped> {
    host.load_untyped(file)
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}
