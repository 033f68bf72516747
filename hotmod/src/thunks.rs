//! The functions that stand in the tables of [`operations`](crate::operations), for each type that may
//! be state: compiled into each module, for its own layouts.
//!
//! `types` and generated code import this room, to fill the tables of their types. It stands above
//! `operations` and `state`, and never imports `types`, nor anything of calls.

#[cfg(feature = "serde")]
mod by_serde;
mod bytes;
mod carried;
mod coded;
mod collections;
mod derived;
mod lazy;
mod maps;
mod numbers;
#[cfg(feature = "indexmap")]
mod ordered;
mod parts;
mod pointers;
mod ranges;
mod shared_slices;
mod variants;

#[cfg(feature = "serde")]
pub use by_serde::BySerde;
pub use coded::SnapshotCodec;
pub use derived::{
    DerivedEnum, ParallelInput, ParallelOutput, Parts, Room, With, WithInput, WithOutput,
    make_constant, make_field, make_nothing, make_reads, make_with, parallel,
};

pub(crate) use bytes::{
    arc_c_str, arc_os_str, arc_path, arc_str, boxed_c_str, boxed_os_str, boxed_path, boxed_str,
    c_string, cow, cow_c_str, cow_os_str, cow_path, duration, ip_addr, ipv4_addr, ipv6_addr,
    os_string, path_buf, r_cow, r_duration, r_string, rc_c_str, rc_os_str, rc_path, rc_str,
    socket_addr, socket_addr_v4, socket_addr_v6, string, system_time,
};
#[cfg(feature = "indexmap")]
pub(crate) use collections::elements;
pub(crate) use collections::{
    array, binary_heap, boxed_slice, btree_set, cow_slice, hash_set, linked_list, r_vec, vec,
    vec_deque,
};
pub(crate) use lazy::{Stamped, lazy};
#[cfg(feature = "indexmap")]
pub(crate) use maps::entries;
pub(crate) use maps::{btree_map, hash_map, r_hash_map};
pub(crate) use numbers::number;
#[cfg(feature = "indexmap")]
pub(crate) use ordered::{Elements, Entries};
pub(crate) use pointers::{
    arc, arc_weak, boxed, cell, mutex, r_arc, r_boxed, rc, rc_weak, ref_cell, rw_lock, transparent,
};
pub(crate) use ranges::{range, range_from, range_inclusive, range_to, range_to_inclusive};
pub(crate) use shared_slices::{arc_slice, rc_slice};
pub(crate) use variants::{bound, once_cell, once_lock, option, poll, r_option, r_result, result};
