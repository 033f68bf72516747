//! Numbers and their kin: fixed by the language, without parameters.

use std::cmp::Ordering;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num;
use std::ops::RangeFull;
use std::sync::atomic;
use std::time::{Duration, Instant, SystemTime};

use super::impls::{by_layout, describe, state};
use crate::operations::Operations;
use crate::thunks::{
    duration, ip_addr, ipv4_addr, ipv6_addr, number, socket_addr, socket_addr_v4, socket_addr_v6,
    system_time, transparent,
};

macro_rules! plain {
    ($($ty:ty = $builtin:ident $($form:ident)*;)*) => {
        describe! { $([] $ty = $builtin ();)* }
        state! { $([] $ty = plain!(@ $ty, $($form)*);)* }
        by_layout! { $([] $ty;)* }
    };
    (@ $ty:ty,) => { Operations::opaque::<$ty>() };
    (@ $ty:ty, written $written:ident) => { $written() };
    (@ $ty:ty, unsigned) => { number::<$ty>(false, false) };
    (@ $ty:ty, signed) => { number::<$ty>(false, true) };
    (@ $ty:ty, float) => { number::<$ty>(true, true) };
}

plain! {
    () = Unit;
    bool = Bool;
    char = Char;
    u8 = U8 unsigned;
    u16 = U16 unsigned;
    u32 = U32 unsigned;
    u64 = U64 unsigned;
    u128 = U128 unsigned;
    usize = Usize unsigned;
    i8 = I8 signed;
    i16 = I16 signed;
    i32 = I32 signed;
    i64 = I64 signed;
    i128 = I128 signed;
    isize = Isize signed;
    f32 = F32 float;
    f64 = F64 float;
    Duration = Duration written duration;
    Instant = Instant;
    SystemTime = SystemTime written system_time;
    IpAddr = IpAddr written ip_addr;
    Ipv4Addr = Ipv4Addr written ipv4_addr;
    Ipv6Addr = Ipv6Addr written ipv6_addr;
    SocketAddr = SocketAddr written socket_addr;
    SocketAddrV4 = SocketAddrV4 written socket_addr_v4;
    SocketAddrV6 = SocketAddrV6 written socket_addr_v6;
    RangeFull = RangeFull;
    Ordering = CmpOrdering;
    Infallible = Infallible;
    atomic::AtomicBool = AtomicBool;
    atomic::AtomicU8 = AtomicU8;
    atomic::AtomicU16 = AtomicU16;
    atomic::AtomicU32 = AtomicU32;
    atomic::AtomicU64 = AtomicU64;
    atomic::AtomicUsize = AtomicUsize;
    atomic::AtomicI8 = AtomicI8;
    atomic::AtomicI16 = AtomicI16;
    atomic::AtomicI32 = AtomicI32;
    atomic::AtomicI64 = AtomicI64;
    atomic::AtomicIsize = AtomicIsize;
    num::NonZeroU8 = NonZeroU8;
    num::NonZeroU16 = NonZeroU16;
    num::NonZeroU32 = NonZeroU32;
    num::NonZeroU64 = NonZeroU64;
    num::NonZeroU128 = NonZeroU128;
    num::NonZeroUsize = NonZeroUsize;
    num::NonZeroI8 = NonZeroI8;
    num::NonZeroI16 = NonZeroI16;
    num::NonZeroI32 = NonZeroI32;
    num::NonZeroI64 = NonZeroI64;
    num::NonZeroI128 = NonZeroI128;
    num::NonZeroIsize = NonZeroIsize;
}

describe! {
    [T: crate::state::Describe] num::Wrapping<T> = Wrapping (T);
    [T: crate::state::Describe] num::Saturating<T> = Saturating (T);
}
state! {
    // SAFETY: `Wrapping` is `repr(transparent)` over its item.
    [T: State] num::Wrapping<T> = unsafe {
        transparent::<num::Wrapping<T>, T>()
    };
    // SAFETY: and so is `Saturating`.
    [T: State] num::Saturating<T> = unsafe {
        transparent::<num::Saturating<T>, T>()
    };
}
by_layout! {
    [T: crate::state::StableState] num::Wrapping<T>;
    [T: crate::state::StableState] num::Saturating<T>;
}
