//! `semver`: by the texts of its specification.

use semver::{Comparator, Version, VersionReq};

use super::{Carried, Moved, by_text};

by_text! {
    Version as "semver::Version";
    VersionReq as "semver::VersionReq";
    Comparator as "semver::Comparator";
}
