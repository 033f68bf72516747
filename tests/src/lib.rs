//! What the tests over real modules share: modules built from readable sources, damaged copies of
//! them, gates and doors to make a module wait at, file systems to mount, ears for what is told of updates, versions that an operator
//! updates to, and patience for what must come. And a user's workspace outside of the checkout, with a server at work.

pub mod compiler;
pub mod counters;
pub mod damage;
pub mod doors;
pub mod field;
pub mod fixture;
pub mod foreseen;
pub mod garbled;
pub mod gate;
pub mod interfaces;
pub mod ledger;
pub mod listener;
pub mod machine;
pub mod manifest;
pub mod mixed;
pub mod mount;
pub mod neighbours;
pub mod numbered;
pub mod operated;
pub mod outside;
pub mod page;
pub mod patience;
pub mod polled;
pub mod relay;
