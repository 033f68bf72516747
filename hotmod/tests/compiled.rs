//! Shapes of types that the derive describes as they are compiled.
#![allow(dead_code, reason = "types that are only described")]

use hotmod::describe::{Body, TypeDesc};
use hotmod::{Describe, OldState, StableState};
use hotmod_meddling::becomes;

fn desc<T: Describe>() -> &'static TypeDesc {
    T::DESC.expect("a derived type")
}

fn discriminants<T: Describe>() -> Vec<i128> {
    match desc::<T>().body {
        Body::Enum { variants, .. } => variants.iter().map(|it| it.discriminant).collect(),
        Body::Struct(_) => Vec::new(),
    }
}

/// The macro below leaves the type as it is, but for what no value shows.
#[derive(StableState)]
#[becomes(#[derive(Clone)] struct World { name: String, #[cfg(any())] gone: u8, seed: u64 })]
struct World {
    name: String,
    seed: u64,
}

#[derive(StableState)]
#[repr(C, align(32))]
struct Aligned {
    seed: u8,
}

#[derive(StableState)]
#[repr(transparent)]
struct Transparent(u64);

#[derive(StableState)]
struct Unit;

#[derive(StableState)]
struct Empty {}

#[derive(StableState)]
enum Never {}

#[derive(StableState)]
#[repr(i8)]
enum Signed {
    Below = -3,
    Next,
    Above = 0x7f,
}

#[derive(StableState)]
#[repr(u64)]
enum Large {
    Small,
    Huge = u64::MAX,
}

#[derive(StableState)]
#[repr(align(8))]
enum Roomy {
    Idle,
    Busy,
}

#[derive(StableState)]
enum Single {
    Only = 7,
}

/// Has a destructor, so that nothing can be cast to its discriminant.
#[derive(StableState)]
#[repr(u16)]
enum Dropped {
    Braces {},
    Parentheses(),
    Name = 300,
}

impl Drop for Dropped {
    fn drop(&mut self) {}
}

#[derive(StableState)]
struct Bounded<T, const N: usize>
where
    T: Clone,
    [T; N]: Sized,
{
    values: [T; N],
    more: Option<Box<Bounded<T, N>>>,
}

macro_rules! made {
    ($name:ident, $first:ty, $($variant:ident($of:ty)),*) => {
        #[derive(StableState)]
        enum $name {
            First($first),
            $($variant($of)),*
        }

        #[derive(OldState)]
        #[state(id = "Made")]
        enum OldMade {
            First($first),
            $($variant($of)),*
        }
    };
}

made!(Made, Vec<u32>, Second(String), Third([u8; 4]));

#[derive(StableState)]
struct Flags(u32);

bitflags::bitflags! {
    impl Flags: u32 {
        const READY = 1;
        const BUSY = 2;
    }
}

#[test]
fn flags_are_state_by_their_number() {
    assert_eq!(desc::<Flags>().size, 4);
    assert!(Flags::all().contains(Flags::READY) && !Flags::BUSY.is_empty());
}

#[test]
fn types_are_described_as_they_are_compiled() {
    assert_eq!(desc::<Aligned>().align, 32);
    assert_eq!(desc::<World>().size, size_of::<World>());
    assert_eq!(desc::<Transparent>().size, 8);
    assert_eq!(desc::<Unit>().size, 0);
    assert_eq!(desc::<Empty>().size, 0);
    assert_eq!(desc::<Never>().size, 0);
    assert_eq!(desc::<Roomy>().size, 8);
    assert_eq!(desc::<Bounded<u16, 3>>().size, size_of::<Bounded<u16, 3>>());
    assert_eq!(desc::<Made>().size, size_of::<Made>());
    assert_eq!(desc::<OldMade>().size, size_of::<Made>());
}

#[test]
fn discriminants_are_those_of_the_values() {
    assert_eq!(discriminants::<Signed>(), [-3, -2, 127]);
    assert_eq!(discriminants::<Large>(), [0, i128::from(u64::MAX)]);
    assert_eq!(discriminants::<Single>(), [7]);
    assert_eq!(discriminants::<Dropped>(), [0, 1, 300]);
}
