//! `ahash`: made anew, since how it hashes is another in each of its versions, and for each processor.

use ahash::RandomState;

use super::{Carried, hashers};

hashers! { RandomState as "ahash::RandomState"; }
