//! What is lent to be changed, and how it comes back.

use hotmod::StableState;
use hotmod::describe::{Rule, Type};

use super::calls::{Side, call, changed, converted, refused, side, ty};
use crate::plan::{Merge, Passed};

/// A caller that knows more than the function does and lends `was`, and the function, which takes `now`.
fn lends<A: StableState, B: StableState>(was: &[Type], now: &[Type]) -> (Side, Side) {
    let params = |types: &[Type]| {
        let names = ["a", "b", "c"].into_iter().zip(types.to_vec());
        names.collect::<Vec<_>>()
    };
    let unit = ty::<()>();
    (
        side::<A>(&params(was), unit.clone()),
        side::<B>(&params(now), unit),
    )
}

#[test]
fn what_is_lent_to_be_changed_is_merged_by_fields_alone() {
    use changed::{now, was};
    // The host is the newer one: the module does not know all of an item.
    type Was = (was::Outer, was::Payload);
    type Now = (now::Outer, now::Payload);
    let one = |a: Type, b: Type| lends::<Was, Now>(&[a], &[b]);
    let (host, module) = one(ty::<&mut was::Outer>(), ty::<&mut now::Outer>());
    let (call, listed) = converted(&host, &module);
    assert!(matches!(
        &call.converted.params[..],
        [Passed::LentMut(0, Merge::Fields(_))]
    ));
    assert!(
        listed.contains(&(Rule::CallUnseen, "f(a).item.known".to_owned())),
        "{listed:?}"
    );
    // The field is not filled in: it keeps its value.
    assert!(
        listed.iter().all(|(rule, _)| *rule != Rule::CallFilledIn),
        "{listed:?}"
    );
    for (a, b, at) in [
        (
            ty::<&mut Vec<was::Item>>(),
            ty::<&mut Vec<now::Item>>(),
            "f(a)",
        ),
        (ty::<&mut [was::Item]>(), ty::<&mut [now::Item]>(), "f(a)"),
        (ty::<&mut [was::Outer]>(), ty::<&mut [now::Outer]>(), "f(a)"),
        (
            ty::<&mut Option<was::Item>>(),
            ty::<&mut Option<now::Item>>(),
            "f(a)",
        ),
        (
            ty::<&mut Box<was::Item>>(),
            ty::<&mut Box<now::Item>>(),
            "f(a)",
        ),
        (
            ty::<&mut [was::Item; 2]>(),
            ty::<&mut [now::Item; 2]>(),
            "f(a)",
        ),
        (
            ty::<&mut (u8, Vec<was::Outer>)>(),
            ty::<&mut (u8, Vec<now::Outer>)>(),
            "f(a).1",
        ),
        (ty::<&mut was::Payload>(), ty::<&mut now::Payload>(), "f(a)"),
    ] {
        let (host, module) = one(a.clone(), b);
        assert_eq!(
            refused(&host, &module),
            [(Rule::ArgumentRetyped, at.to_owned())],
            "{a}"
        );
        // Where the function knows more, no field of the caller can end up at another item.
        converted(&module, &host);
    }
    let item = |mine: bool| match mine {
        true => (ty::<&mut was::Item>(), ty::<&mut now::Item>()),
        false => (ty::<&mut was::Outer>(), ty::<&mut now::Outer>()),
    };
    for (a, b) in [(true, true), (true, false), (false, false)] {
        let (a, b) = (item(a), item(b));
        let (host, module) = lends::<Was, Now>(&[a.0, b.0], &[a.1, b.1]);
        assert_eq!(
            refused(&host, &module),
            [(Rule::ArgumentRetyped, "f(b)".to_owned())]
        );
        converted(&module, &host);
    }
    // It is allowed where one of them is only lent to be read.
    let (a, b) = (item(true), (ty::<&was::Item>(), ty::<&now::Item>()));
    let (host, module) = lends::<Was, Now>(&[a.0, b.0], &[a.1, b.1]);
    converted(&host, &module);
}

#[test]
fn what_may_not_fit_on_the_way_back_has_nothing_that_went_there() {
    use changed::{now, was};
    let (host, module) =
        lends::<was::Text, now::Text>(&[ty::<&mut was::Text>()], &[ty::<&mut now::Text>()]);
    let refused_of = call(&host, &module).expect_err("refused");
    assert_eq!(refused_of.len(), 1, "{refused_of:?}");
    assert!(
        refused_of[0].now.contains("`f(a)::More` may not fit"),
        "{refused_of:?}"
    );
    // The other way round, every value that comes back fits.
    converted(&module, &host);
    let of = |a: Type| side::<was::Text>(&[("a", a)], ty::<()>());
    for (was, now) in [
        (ty::<&mut u32>(), ty::<&mut u64>()),
        (ty::<&mut Vec<u32>>(), ty::<&mut Vec<u64>>()),
        (
            ty::<&mut Option<(u8, u32)>>(),
            ty::<&mut Option<(u8, u64)>>(),
        ),
        (ty::<&mut (String, u32)>(), ty::<&mut (String, u64)>()),
        (ty::<&mut [(String, u32)]>(), ty::<&mut [(String, u64)]>()),
        (ty::<&mut String>(), ty::<&mut Box<str>>()),
    ] {
        let (_, listed) = converted(&of(was.clone()), &of(now));
        let may_fail = listed.iter().any(|(rule, _)| *rule == Rule::CallMayFail);
        assert_eq!(
            may_fail,
            was.to_string().contains("u32"),
            "{was} {listed:?}"
        );
    }
    for (was, now) in [
        (
            ty::<&mut Vec<(String, u32)>>(),
            ty::<&mut Vec<(String, u64)>>(),
        ),
        (ty::<&mut String>(), ty::<&mut Option<String>>()),
    ] {
        assert!(!refused(&of(was.clone()), &of(now)).is_empty(), "{was}");
    }
    // A value may fail to fit on the way there.
    let (was, now) = (ty::<&mut Option<String>>(), ty::<&mut String>());
    converted(&of(was), &of(now));
    // What is lent in one way is not taken in another way.
    for (was, now) in [
        (ty::<&mut u32>(), ty::<&u64>()),
        (ty::<&u32>(), ty::<&mut u64>()),
        (ty::<&mut [u32]>(), ty::<&mut u64>()),
        (ty::<u32>(), ty::<&mut u64>()),
    ] {
        assert!(!refused(&of(was.clone()), &of(now)).is_empty(), "{was}");
    }
}

#[test]
fn what_is_given_away_may_be_lent_and_not_the_other_way_round() {
    use changed::{now, was};
    type Told = (Type, Type, fn(&Passed) -> bool);
    let pairs: [Told; 6] = [
        (ty::<String>(), ty::<&str>(), |it| {
            matches!(it, Passed::TextGiven(0))
        }),
        (ty::<&str>(), ty::<String>(), |it| {
            matches!(it, Passed::Text(0))
        }),
        (ty::<was::Item>(), ty::<&now::Item>(), |it| {
            matches!(it, Passed::Given(0, _))
        }),
        (ty::<Vec<u8>>(), ty::<&Vec<u8>>(), |it| {
            matches!(it, Passed::Given(0, _))
        }),
        (ty::<Option<String>>(), ty::<&Option<String>>(), |it| {
            matches!(it, Passed::Given(0, _))
        }),
        (ty::<Vec<was::Item>>(), ty::<&[now::Item]>(), |it| {
            matches!(it, Passed::GivenItems(0, _))
        }),
    ];
    for (was, now, is) in pairs {
        let (host, module) =
            lends::<was::Item, now::Item>(std::slice::from_ref(&was), std::slice::from_ref(&now));
        let (call, listed) = converted(&host, &module);
        assert!(is(&call.converted.params[0]), "{was} {now} {call:?}");
        assert!(
            listed.contains(&(Rule::CallConverted, "f(a)".to_owned())),
            "{listed:?}"
        );
    }
    for (was, now, help) in [
        (
            ty::<&was::Item>(),
            ty::<now::Item>(),
            "nothing makes a copy",
        ),
        (ty::<&[u8]>(), ty::<Vec<u8>>(), "nothing makes a copy"),
        (
            ty::<&[u8]>(),
            ty::<&Vec<u8>>(),
            "a `&[T]` is lent of each container",
        ),
        (ty::<&String>(), ty::<&str>(), "a `&str` of each text"),
        // What is given away would change, and go.
        (ty::<Vec<u8>>(), ty::<&mut Vec<u8>>(), ""),
        // Where it is lent, what a shared reference may change is the function's.
        (
            ty::<std::cell::Cell<u8>>(),
            ty::<&std::cell::Cell<u8>>(),
            "pass it by value",
        ),
    ] {
        let (host, module) =
            lends::<was::Item, now::Item>(std::slice::from_ref(&was), std::slice::from_ref(&now));
        let refused = call(&host, &module).expect_err("refused");
        let [refused] = &refused[..] else {
            panic!("{refused:#?}");
        };
        assert_eq!(
            (refused.rule, &*refused.path),
            (Rule::ArgumentRetyped, "f(a)")
        );
        assert!(refused.help.contains(help), "{refused}");
    }
}
