//! `rust_decimal`: by its text, which has its sign and its scale.

use rust_decimal::Decimal;

use super::{Carried, Moved, by_text};

by_text! { Decimal as "rust_decimal::Decimal"; }
