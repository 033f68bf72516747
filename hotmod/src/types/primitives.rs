//! Numbers and their kin: fixed by the language, without parameters.

use std::num;
use std::sync::atomic;
use std::time::{Duration, Instant, SystemTime};

use super::{by_layout, describe, state};

macro_rules! plain {
    ($($ty:ty = $builtin:ident;)*) => {
        describe! { $([] $ty = $builtin ();)* }
        state! { $([] $ty;)* }
        by_layout! { $([] $ty;)* }
    };
}

plain! {
    () = Unit;
    bool = Bool;
    char = Char;
    u8 = U8;
    u16 = U16;
    u32 = U32;
    u64 = U64;
    u128 = U128;
    usize = Usize;
    i8 = I8;
    i16 = I16;
    i32 = I32;
    i64 = I64;
    i128 = I128;
    isize = Isize;
    f32 = F32;
    f64 = F64;
    Duration = Duration;
    Instant = Instant;
    SystemTime = SystemTime;
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
    [T: crate::state::StableState] num::Wrapping<T>;
}
by_layout! {
    [T: crate::state::StableState] num::Wrapping<T>;
}
