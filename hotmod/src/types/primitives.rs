//! Numbers and their kin: fixed by the language, without parameters.

use std::num;
use std::sync::atomic;
use std::time::{Duration, Instant, SystemTime};

use super::{by_layout, describe, state};
use crate::operations::{Operations, duration, number, system_time, transparent};

macro_rules! plain {
    ($($ty:ty = $builtin:ident $($form:ident)*;)*) => {
        describe! { $([] $ty = $builtin ();)* }
        state! { $([] $ty = plain!(@ $ty, $($form)*);)* }
        by_layout! { $([] $ty;)* }
    };
    (@ $ty:ty,) => { Operations::opaque::<$ty>() };
    (@ $ty:ty, duration) => { duration() };
    (@ $ty:ty, system_time) => { system_time() };
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
    Duration = Duration duration;
    Instant = Instant;
    SystemTime = SystemTime system_time;
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
    num::NonZeroUsize = NonZeroUsize;
    num::NonZeroI8 = NonZeroI8;
    num::NonZeroI16 = NonZeroI16;
    num::NonZeroI32 = NonZeroI32;
    num::NonZeroI64 = NonZeroI64;
    num::NonZeroIsize = NonZeroIsize;
}

describe! {
    [T: crate::state::Describe] num::Wrapping<T> = Wrapping (T);
}
state! {
    // SAFETY: `Wrapping` is `repr(transparent)` over its item.
    [T: crate::state::StableState] num::Wrapping<T> = unsafe {
        transparent::<num::Wrapping<T>, T>()
    };
}
by_layout! {
    [T: crate::state::StableState] num::Wrapping<T>;
}
