//! `url`: by its text, which parses to the same parts.

use url::Url;

use super::{Carried, Moved, by_text};

by_text! { Url as "url::Url"; }
