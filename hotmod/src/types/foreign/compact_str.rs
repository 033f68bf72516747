//! `compact_str`: by its text.

use compact_str::CompactString;

use super::{Carried, Moved, by_text};

by_text! { CompactString as "compact_str::CompactString" all; }
