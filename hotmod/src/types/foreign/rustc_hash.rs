//! `rustc-hash`: made anew, since how it hashes may be another in each of its versions.

use rustc_hash::{FxBuildHasher, FxHasher};

use super::{Carried, hashers};

hashers! {
    FxBuildHasher as "rustc_hash::FxBuildHasher";
    FxHasher as "rustc_hash::FxHasher";
}
