//! `fxhash`: made anew, since how it hashes may be another in each of its versions.

use fxhash::FxHasher;

use super::{Carried, hashers};

hashers! { FxHasher as "fxhash::FxHasher"; }
