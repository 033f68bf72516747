//! What `fix` would write, for other verbs to say that it can.

use std::path::Path;

use hotmod_file::describe::Description;
use hotmod_file::fix::{FixOptions, fixes};
use hotmod_file::inspect;

/// Says that `fix` has something for this build, and what; `None` if it has not.
pub(crate) fn proposed(old: &Description, new: &Description, arguments: &str) -> Option<String> {
    let options = FixOptions {
        allow_loss: false,
        has_default: &|_: &str| false,
    };
    let fixes = fixes(old, new, &options).fixes;
    let all: Vec<String> = fixes
        .iter()
        .map(|it| format!("#[state({})] on {}", it.attribute, it.place))
        .collect();
    match all.as_slice() {
        [] => None,
        all => Some(format!(
            "help: `cargo hotmod fix{arguments}` writes {}",
            all.join(", ")
        )),
    }
}

/// The text of a refusal, with what `fix` would write: held against the file that is to be replaced, as `fix` does.
pub(crate) fn with_proposed(text: String, replaced: &Path, new: &Description) -> String {
    let old = inspect(replaced).ok();
    match old.and_then(|old| proposed(old.manifest(), new, "")) {
        Some(proposed) => format!("{text}\n{proposed}"),
        None => text,
    }
}
