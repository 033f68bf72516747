//! Live values as they are shown: what stands for them, and what is written down as bytes.
//!
//! Hosts show the states of instances so, and [`snapshot`](crate::snapshot) those of a file.

pub mod differences;
pub mod foreign;
pub mod path;
pub mod value;
pub mod written;
