//! `cargo hotmod inspect`: what one file says of itself.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use hotmod_file::{Inspected, Policy};
use serde::{Serialize, Serializer};

use crate::output::{Exit, Failure, Output};
use crate::{json, text};

const EXAMPLES: &str = "\
Examples:
  cargo hotmod inspect target/debug/libgame.so
  cargo hotmod inspect modules/libgame.so --format json";

/// Shows what a module's file says of itself
///
/// The build, the libraries that the system's loader opens for it, the exports and imports with their Rust signatures, and every described type with its
/// size, alignment, fingerprints, and fields or variants. Nothing of the file is run.
///
/// Statics that its code can write are named, because each version has its own. If the module itself
/// denies them, by `statics: deny` in `module!`, the exit status is 3.
///
/// `--schema TYPE` shows what live values of a type look like as JSON, as a JSON Schema: that of `Instance::inspect`.
///
/// Two types have equal bytes if their layout fingerprints are equal, equal names and types if
/// their schema fingerprints are, and equal senses, as far as `#[state(meaning = n)]` says, if
/// their meaning fingerprints are.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = json::with_examples(EXAMPLES, json::INSPECT))]
pub(crate) struct Inspect {
    /// The module's shared library
    file: PathBuf,

    /// Show the JSON Schema of live values of this type, as `inspect` names it
    #[arg(long, value_name = "TYPE")]
    schema: Option<String>,

    #[command(flatten)]
    output: Output,
}

impl Inspect {
    pub(crate) fn run(self) -> Result<Exit, Failure> {
        let module = hotmod_file::inspect(&self.file)?;
        if let Some(name) = &self.schema {
            let manifest = module.manifest();
            let ty = manifest.types.keys().find(|ty| ty.to_string() == *name);
            let ty = ty.ok_or_else(|| Failure::no_type(&module, name))?;
            self.output
                .print(&Schema(hotmod_file::schema(manifest, ty)))?;
            return Ok(Exit::Yes);
        }
        let denied = !module.denied().is_empty();
        self.output.print(&Inspection(module))?;
        Ok(if denied { Exit::Refused } else { Exit::Yes })
    }
}

/// The schema of a type, which is JSON for people too.
#[derive(Serialize)]
#[serde(transparent)]
struct Schema(serde_json::Value);

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

struct Inspection(Inspected);

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::module(&self.0))
    }
}

impl Serialize for Inspection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let unmet = self.0.unmet(&Policy::default());
        json::JsonModule::of(&self.0, &unmet).serialize(serializer)
    }
}
