//! How types of the same name are told apart, and where fields are that are not carried over.

use std::collections::HashMap;

use super::derived;
use crate::StableState;
use crate::describe::{Description, Fingerprints, InterfaceDesc, Type};
use crate::state::expected;
use crate::state::{Describe, Registry};

mod one {
    #[derive(crate::StableState)]
    pub(super) struct Item {
        #[state(default = 1)]
        number: u32,
    }

    #[derive(crate::StableState)]
    pub(super) struct Wrap<T> {
        item: T,
    }
}

mod other {
    #[derive(crate::StableState)]
    pub(super) struct Item {
        #[state(default = 2)]
        number: u32,
    }

    #[derive(crate::StableState)]
    pub(super) struct Wrap<T> {
        item: T,
    }

    #[derive(crate::StableState)]
    #[state(id = "other::Item")]
    pub(super) struct Renamed {
        number: u32,
    }
}

/// The description by a host that mentions these types.
fn mentions<A: Describe, B: Describe>() -> Result<Description, String> {
    let mut types = Registry::default();
    A::register(&mut types);
    B::register(&mut types);
    let nothing = InterfaceDesc {
        name: "Nothing",
        sync: false,
        methods: &[],
    };
    let described = expected::described(&expected::interface(&nothing, &types));
    described.map_err(|error| error.to_string())
}

#[test]
fn an_id_stands_for_one_type_however_alike_two_are() {
    let twice = |found: Result<Description, String>| {
        let error = found.expect_err("two types");
        assert!(error.contains("expected one type under each id"), "{error}");
        for place in ["::one` (", "::other` ("] {
            assert!(error.contains(place), "{error}");
        }
        error
    };
    let said = twice(mentions::<one::Item, other::Item>());
    assert!(said.starts_with("type Item: "), "{said}");
    let said = twice(mentions::<one::Wrap<u8>, other::Wrap<u8>>());
    assert!(said.starts_with("type Wrap<u8>: "), "{said}");
    twice(mentions::<
        Vec<one::Wrap<one::Item>>,
        Option<one::Wrap<other::Item>>,
    >());
    twice(mentions::<HashMap<u8, one::Item>, Box<other::Item>>());

    mentions::<one::Item, one::Item>().expect("one type");
    mentions::<one::Wrap<u8>, one::Wrap<u16>>().expect("two ids");
    mentions::<one::Wrap<u8>, other::Wrap<u16>>().expect("two ids");
    mentions::<one::Item, other::Renamed>().expect("two ids");
}

#[derive(StableState)]
struct Usize<const N: usize>;

#[derive(StableState)]
struct U128<const N: u128>;

#[derive(StableState)]
struct Grid<const N: i128>;

/// Types that all have one name, with these parameters.
macro_rules! constants {
    ($($module:ident $ty:ty: $($value:expr),*;)*) => {
        $(mod $module {
            #[derive(crate::StableState)]
            pub(super) struct G<const N: $ty>;
        })*
        fn constants() -> Vec<(Type, Description)> {
            vec![$($((
                Type::from(&<$module::G<{ $value }> as Describe>::TYPE),
                derived::types::<$module::G<{ $value }>>(),
            )),*),*]
        }
    };
}

type Alias = u64;

constants! {
    boolean bool: true, false;
    character char: 'a', '\0', '\u{1}', char::MAX;
    unsigned_8 u8: 0, 1, 97, u8::MAX;
    unsigned_16 u16: 0, 1, 97, u16::MAX;
    unsigned_32 u32: 0, 1, 97, u32::MAX;
    unsigned_64 super::Alias: 0, 1, 97, u64::MAX;
    unsigned_128 u128: 0, 1, 97, u128::MAX, 1 << 127;
    unsigned_size usize: 0, 1, 97, usize::MAX;
    signed_8 i8: 0, 1, -1, i8::MIN;
    signed_16 i16: 0, 1, -1, i16::MIN;
    signed_32 i32: 0, 1, -1, i32::MIN;
    signed_64 i64: 0, 1, -1, i64::MIN;
    signed_128 i128: 0, 1, -1, i128::MIN;
    signed_size isize: 0, 1, -1, isize::MIN;
}

#[test]
fn constants_are_their_types_and_their_values() {
    let constants = constants();
    for (i, (a, one)) in constants.iter().enumerate() {
        assert!(one.types.contains_key(a), "{a}");
        for (b, other) in &constants[..i] {
            assert_ne!(a, b);
            assert_ne!(a.to_string(), b.to_string());
            let (of_a, of_b) = (Fingerprints::of(one, a), Fingerprints::of(other, b));
            assert_ne!(of_a.layout, of_b.layout, "{a} {b}");
            assert_ne!(of_a.schema, of_b.schema, "{a} {b}");
        }
    }
    let shown = |ty: &Type| ty.to_string();
    assert_eq!(shown(&Type::from(&Usize::<3>::TYPE)), "Usize<3>");
    assert_eq!(
        shown(&Type::from(&U128::<{ u128::MAX }>::TYPE)),
        "U128<340282366920938463463374607431768211455u128>"
    );
    assert_eq!(shown(&Type::from(&Grid::<-1>::TYPE)), "Grid<-1i128>");
}
