//! `smol_str`: by its text.

use smol_str::SmolStr;

use super::{Carried, by_text};

by_text! { SmolStr as "smol_str::SmolStr"; }
