//! What a module that is being loaded needs of other modules.
//!
//! Which modules there are, and how calls get there, an image does not know: the host is asked.

use hotmod::describe::Description;
use hotmod::import::Import;
use hotmod::reach::Reach;
use hotmod_file::Digest;

use crate::image::places::ImportPlaces;

/// A module that is being loaded, with the places where it keeps the ways to other modules.
pub(crate) struct UsingModule<'a> {
    pub(crate) module: &'a str,
    pub(crate) version: &'a str,
    pub(crate) digest: Digest,
    pub(crate) manifest: &'a Description,
    pub(crate) functions: Vec<UsedFunction<'a>>,
    pub(crate) instances: Vec<ReachedInstances<'a>>,
    /// How it is given the ways.
    pub(crate) places: ImportPlaces,
}

/// The places for instances of another module.
pub(crate) struct ReachedInstances<'a> {
    /// The other module.
    pub(crate) of: &'a str,
    pub(crate) name: &'a str,
    pub(crate) places: Vec<&'static Reach>,
}

/// The places for a function of another module.
pub(crate) struct UsedFunction<'a> {
    /// The other module.
    pub(crate) of: &'a str,
    pub(crate) name: &'a str,
    pub(crate) places: Vec<&'static Import>,
}

/// The other modules of a host.
pub(crate) trait OtherModules: Send + Sync {
    /// Gives a module the ways to others, whether they are loaded yet or not.
    ///
    /// # Safety
    ///
    /// The places are those that a module of this manifest keeps for what it needs of others.
    unsafe fn give(&self, using: UsingModule<'_>);
}
