//! `smol_str`: by its text.

use smol_str::SmolStr;

use super::{Carried, Moved, by_text};

by_text! { SmolStr as "smol_str::SmolStr" all; }
