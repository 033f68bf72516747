//! What the tests over real modules share: modules built from readable sources, and damaged copies
//! of them.

pub mod damage;
pub mod fixture;
pub mod interfaces;
pub mod manifest;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
