//! The images of modules, by the addresses of their code.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use arc_swap::ArcSwap;
use hotmod::printed::Line;

use crate::forever::forever;

/// The image of a module, as far as backtraces go.
#[cfg_attr(
    not(feature = "backtrace"),
    allow(dead_code, reason = "no file is read without that feature")
)]
pub(crate) struct KnownImage {
    pub(crate) module: String,
    pub(crate) version: String,
    /// Where it lies, from its first address on.
    pub(crate) range: Range<usize>,
    /// The file that it was mapped from, which nothing changes.
    pub(crate) file: PathBuf,
    /// Where debug files are looked for, by build id.
    pub(crate) debug_dirs: Arc<[PathBuf]>,
}

/// No lock guards it, since a panic may be raised anywhere.
static IMAGES: LazyLock<ArcSwap<Vec<&'static KnownImage>>> = LazyLock::new(ArcSwap::default);

/// Keeps an image, whose code stays where it is.
pub(crate) fn know(image: KnownImage) {
    let image: &'static KnownImage = forever(image);
    IMAGES.rcu(|images| {
        let mut images = Vec::clone(images);
        images.push(image);
        images
    });
}

/// The image that this address lies in.
pub(crate) fn image_at(address: usize) -> Option<&'static KnownImage> {
    let images = IMAGES.load();
    let mut images = images.iter();
    images.find(|it| it.range.contains(&address)).copied()
}

impl fmt::Display for KnownImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Line(&self.module), Line(&self.version))
    }
}
