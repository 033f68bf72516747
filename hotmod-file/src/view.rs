//! A module as it is compared: by its file, or by a record of that.

use hotmod::describe::{Build, Description};

use crate::digest::Digest;
use crate::inspect::Inspected;
use crate::object::Statics;

/// What a module says of itself, in its file or in a record of that file.
#[derive(Clone, Copy, Debug)]
pub struct ModuleView<'a> {
    pub(crate) manifest: &'a Description,
    pub(crate) build: &'a Build,
    /// Known only where the file is at hand.
    pub(crate) digest: Option<Digest>,
    pub(crate) statics: StaticNames<'a>,
}

/// The names of a module's statics.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StaticNames<'a> {
    Seen(&'a Statics),
    Written(&'a [String]),
}

impl<'a> ModuleView<'a> {
    /// Describes a module whose file is no longer at hand.
    pub fn new(manifest: &'a Description, build: &'a Build) -> Self {
        ModuleView {
            manifest,
            build,
            digest: None,
            statics: StaticNames::Written(&[]),
        }
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &'a Description {
        self.manifest
    }

    /// What it is, and by what it was built.
    pub fn build(&self) -> &'a Build {
        self.build
    }

    /// Says that the module has statics of these names ([`Static::name`](crate::Static::name)).
    #[must_use]
    pub fn statics(mut self, names: &'a [String]) -> Self {
        self.statics = StaticNames::Written(names);
        self
    }
}

impl<'a> From<&'a Inspected> for ModuleView<'a> {
    fn from(file: &'a Inspected) -> Self {
        ModuleView {
            manifest: file.manifest(),
            build: file.build(),
            digest: Some(file.digest()),
            statics: StaticNames::Seen(file.statics()),
        }
    }
}
