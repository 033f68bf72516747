//! Numbers that widen one way and narrow the other.

use hotmod::describe::{Rule, Type};
use hotmod::state::StableState;

use super::{Side, call, converted, now, refused, side, ty, was};

/// Each value goes in a direction of its own: a signature may be narrower in one place and wider in another.
/// A number that narrows, alone and beside what shows which side is the newer one.
#[allow(dead_code, reason = "only the descriptions matter")]
mod narrows {
    use hotmod::StableState;

    pub(super) mod wide {
        #[derive(super::StableState)]
        pub(crate) struct T {
            n: u64,
        }
    }

    pub(super) mod alone {
        #[derive(super::StableState)]
        pub(crate) struct T {
            n: u32,
        }
    }

    pub(super) mod newer {
        #[derive(super::StableState)]
        pub(crate) struct T {
            n: u32,
            #[state(default)]
            more: String,
        }
    }

    pub(super) mod checked {
        #[derive(super::StableState)]
        pub(crate) struct T {
            #[state(checked)]
            n: u32,
            #[state(default)]
            more: String,
        }
    }
}

#[test]
fn narrowing_needs_checked_where_something_shows_that_the_side_that_narrows_is_newer() {
    fn of<T: StableState>() -> Side {
        side::<T>(&[("a", ty::<T>())], ty::<()>())
    }
    let (wide, checked) = (of::<narrows::wide::T>(), of::<narrows::checked::T>());
    let numbers = |n: Type| side::<was::Plain>(&[("a", n)], ty::<()>());
    let may_fail = |host: &Side, module: &Side, path: &str| {
        let (_, listed) = converted(host, module);
        listed.contains(&(Rule::CallMayFail, path.to_owned()))
    };
    // Nothing shows it.
    let alone = of::<narrows::alone::T>();
    assert!(may_fail(&wide, &alone, "f(a).n"));
    assert!(!may_fail(&alone, &wide, "f(a).n"));
    let (a, b) = (numbers(ty::<u64>()), numbers(ty::<u32>()));
    assert!(may_fail(&a, &b, "f(a)"));
    assert!(!may_fail(&b, &a, "f(a)"));
    // The field that has come shows it.
    let newer = of::<narrows::newer::T>();
    let refused_of = call(&wide, &newer).expect_err("refused");
    let [narrowed] = &refused_of[..] else {
        panic!("{refused_of:#?}");
    };
    assert_eq!((narrowed.rule, &*narrowed.path), (Rule::Narrowed, "f(a).n"));
    assert!(narrowed.help.contains("#[state(checked)]"), "{narrowed}");
    assert!(!refused(&newer, &wide).is_empty());
    assert!(may_fail(&wide, &checked, "f(a).n"));
    assert!(!may_fail(&checked, &wide, "f(a).n"));
}

#[test]
fn a_signature_may_narrow_in_one_place_and_widen_in_another() {
    let message = |params: &[(&str, Type)], output| side::<was::Message>(params, output);
    let wide = [("a", ty::<u64>()), ("b", ty::<u8>())];
    let narrow = [("a", ty::<u32>()), ("b", ty::<u16>())];
    let texts = || ty::<Option<u32>>();
    for (wide_result, narrow_result) in [
        (ty::<u64>(), ty::<u8>()),
        (texts(), ty::<Option<u8>>()),
        (ty::<Vec<i64>>(), ty::<Vec<i16>>()),
        (ty::<(u8, f64)>(), ty::<(u8, f32)>()),
    ] {
        for (one, other) in [
            (&wide_result, &narrow_result),
            (&narrow_result, &wide_result),
        ] {
            let host = message(&wide, one.clone());
            let module = message(&narrow, other.clone());
            for (host, module) in [(&host, &module), (&module, &host)] {
                let floats = one.to_string().contains("f64") || other.to_string().contains("f64");
                if floats {
                    // No check says that a number keeps its digits.
                    continue;
                }
                let (_, listed) = converted(host, module);
                let fails = |path: &str| listed.contains(&(Rule::CallMayFail, path.to_owned()));
                assert!(fails("f(a)") != fails("f(b)"), "{listed:?}");
                let narrows = listed
                    .iter()
                    .any(|(rule, path)| *rule == Rule::CallMayFail && path.starts_with("f() ->"));
                let to_narrow = module.signature.output == wide_result;
                assert_eq!(narrows, to_narrow, "{listed:?}");
            }
        }
    }
    // A type that the newer side narrowed still has to say so, whatever else there is.
    let host = side::<now::Message>(&[("a", ty::<now::Message>())], ty::<u32>());
    let module = side::<was::Message>(&[("a", ty::<was::Message>())], ty::<u64>());
    let (_, listed) = converted(&host, &module);
    assert!(
        listed.contains(&(Rule::CallMayFail, "f(a).size".to_owned())),
        "{listed:?}"
    );
    assert!(
        listed.contains(&(Rule::CallMayFail, "f() ->".to_owned())),
        "{listed:?}"
    );
}
