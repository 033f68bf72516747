//! Which of the two sides of a call is the newer one, where only what each says of its past can tell.

use std::collections::BTreeMap;

use hotmod::describe::{Difference, Rule, Type};
use hotmod::state::StableState;

use super::calls::{call, side, ty};
use crate::contract::CallingSide;
use crate::plan::Evolves;

/// What is told of a function that takes and returns such a value: it is called, or refused.
type Told = Result<Vec<(Rule, String)>, Vec<(Rule, String)>>;

/// With each side as the host, the older one first.
fn both_ways<A: StableState, B: StableState>() -> [Told; 2] {
    let older = side::<A>(&[("it", ty::<A>())], ty::<A>());
    let newer = side::<B>(&[("it", ty::<B>())], ty::<B>());
    [(&older, &newer), (&newer, &older)].map(|(host, module)| {
        let listed = |found: Vec<Difference>| {
            let found = found.into_iter();
            found.map(|it| (it.rule, it.path)).collect()
        };
        let called = call(host, module);
        called.map(|it| listed(it.differences)).map_err(listed)
    })
}

macro_rules! ages {
    ($name:ident: { $($older:tt)* } { $($newer:tt)* }) => {
        #[allow(dead_code, reason = "only the descriptions matter")]
        mod $name {
            pub(super) mod older {
                use hotmod::StableState;
                #[derive(StableState)]
                $($older)*
            }
            pub(super) mod newer {
                use hotmod::StableState;
                #[derive(StableState)]
                $($newer)*
            }
        }
    };
}

ages!(renamed:
    { pub(in super::super) struct T { #[state(default)] a: u32, c: u8 } }
    { pub(in super::super) struct T { #[state(default, was = "a")] b: u32, c: u8 } });
ages!(renamed_option:
    { pub(in super::super) struct T { a: Option<u32>, c: u8 } }
    { pub(in super::super) struct T { #[state(was = "a")] b: Option<u32>, c: u8 } });
ages!(swapped:
    { pub(in super::super) struct T { a: u32, b: u32 } }
    { pub(in super::super) struct T { #[state(was = "b")] a: u32, #[state(was = "a")] b: u32 } });
ages!(swapped_c:
    { #[repr(C)] pub(in super::super) struct T { a: u32, b: u32 } }
    { #[repr(C)] pub(in super::super) struct T { #[state(was = "b")] a: u32, #[state(was = "a")] b: u32 } });
ages!(swapped_variants:
    { pub(in super::super) enum T { A(u32), B(u32) } }
    { pub(in super::super) enum T { #[state(was = "B")] A(u32), #[state(was = "A")] B(u32) } });
ages!(took_the_name:
    { pub(in super::super) struct T { a: Option<u32>, b: Option<u32> } }
    { #[state(removed("a"))] pub(in super::super) struct T { #[state(was = "b")] a: Option<u32> } });
ages!(came_again:
    { pub(in super::super) struct T { #[state(was = "b")] a: u32 } }
    { pub(in super::super) struct T { #[state(was = "b")] a: u32, b: Option<u32> } });
ages!(made_anew:
    { pub(in super::super) struct T { a: u32, c: u8 } }
    { #[state(removed("a"))] pub(in super::super) struct T { #[state(default)] a: u32, c: u8 } });
ages!(made_anew_larger:
    { pub(in super::super) struct T { a: u32, c: u8 } }
    { #[state(removed("a"))] pub(in super::super) struct T { #[state(default)] a: u64, c: u8 } });
ages!(renamed_in_variant:
    { pub(in super::super) enum T { V { #[state(default)] a: u32 } } }
    { pub(in super::super) enum T { V { #[state(default, was = "a")] b: u32 } } });
ages!(made_otherwise:
    { pub(in super::super) struct T { price: u32 } }
    { pub(in super::super) struct T { #[state(with = super::super::cents)] price: u32 } });
ages!(made_otherwise_in_variant:
    { pub(in super::super) enum T { Priced(u32), Free } }
    { pub(in super::super) enum T { Priced(#[state(with = super::super::cents)] u32), Free } });

fn cents(euros: &u32) -> u32 {
    euros * 100
}

macro_rules! both_ways {
    ($name:ident) => {
        both_ways::<$name::older::T, $name::newer::T>()
    };
}

/// Both sides have both names, so nothing tells whether they changed places or kept them, though the bytes are alike.
#[test]
fn names_that_changed_places_are_refused_whichever_side_calls() {
    for (told, places) in [
        (both_ways!(swapped), &[".a", ".b"][..]),
        (both_ways!(swapped_c), &[".a", ".b"]),
        (both_ways!(swapped_variants), &["::A", "::B"]),
        (both_ways!(took_the_name), &[".a"]),
        (both_ways!(made_anew), &[".a"]),
        (both_ways!(made_anew_larger), &[".a"]),
    ] {
        for told in told {
            let told = told.expect_err("refused");
            for place in places {
                for path in [format!("f(it){place}"), format!("f() -> {place}")] {
                    let is_told = |it: &(Rule, String)| *it == (Rule::Ambiguous, path.clone());
                    assert!(told.iter().any(is_told), "{path}: {told:#?}");
                }
            }
        }
    }
}

#[test]
fn what_each_side_knows_of_a_name_tells_which_field_it_is() {
    for (told, converted) in [
        (both_ways!(renamed), ["b", "a"]),
        (both_ways!(renamed_option), ["b", "a"]),
        (both_ways!(renamed_in_variant), ["b", "a"]),
        (both_ways!(came_again), ["b", "b"]),
    ] {
        for (told, place) in told.into_iter().zip(converted) {
            let told = told.expect("called");
            assert!(
                told.iter()
                    .all(|(_, path)| path.ends_with(&format!(".{}", converted[0]))
                        || path.ends_with(&format!(".{}", converted[1]))),
                "{told:#?}"
            );
            assert!(
                told.iter()
                    .any(|(_, path)| path.starts_with("f(it)")
                        && path.ends_with(&format!(".{place}"))),
                "{told:#?}"
            );
        }
    }
}

/// A function that makes a field of what the other side has gives it another sense, though the type is the same.
#[test]
fn what_a_function_makes_of_a_field_does_not_pass_as_it_is() {
    fn alone<A: StableState, B: StableState>() {
        let sides = |as_argument: bool| {
            let of = |it: Type| match as_argument {
                true => (vec![("it", it)], ty::<()>()),
                false => (Vec::new(), it),
            };
            let (params, output) = of(ty::<A>());
            let older = side::<A>(&params, output);
            let (params, output) = of(ty::<B>());
            (older, side::<B>(&params, output))
        };
        // Values go from the caller to the function, and from the function to the caller.
        let (older, newer) = sides(true);
        assert!(call(&older, &newer).is_ok());
        assert!(call(&newer, &older).is_err());
        let (older, newer) = sides(false);
        assert!(call(&older, &newer).is_err());
        let told = call(&newer, &older).unwrap_or_else(|refused| panic!("{refused:#?}"));
        assert!(told.converted.output.is_some());
    }
    alone::<made_otherwise::older::T, made_otherwise::newer::T>();
    alone::<made_otherwise_in_variant::older::T, made_otherwise_in_variant::newer::T>();
}

ages!(renamed_and_removed:
{ pub(in super::super) enum T { A(u32), B { x: String } } }
{
    #[state(removed_variant(A => None))]
    pub(in super::super) enum T { None, #[state(was = "B")] Bee { x: String } }
});

/// What the newer side says of the names tells that it is the newer one, also where that cannot be passed: else all
/// that would be passed were variants of other names.
#[test]
fn a_call_is_refused_rather_than_made_with_variants_that_nothing_knows() {
    let older = side::<renamed_and_removed::older::T>(
        &[("it", ty::<&mut renamed_and_removed::older::T>())],
        ty::<()>(),
    );
    let newer = side::<renamed_and_removed::newer::T>(
        &[("it", ty::<&mut renamed_and_removed::newer::T>())],
        ty::<()>(),
    );
    // Two of the caller's variants become one, and do not come back as what they were.
    let refused = call(&older, &newer).expect_err("refused");
    let told: Vec<_> = refused.iter().map(|it| (it.rule, &*it.path)).collect();
    assert_eq!(told, [(Rule::ArgumentRetyped, "f(it)")]);
    let called = call(&newer, &older).unwrap_or_else(|refused| panic!("{refused:#?}"));
    let fails = called
        .differences
        .iter()
        .filter(|it| it.rule == Rule::CallMayFail);
    let fails: Vec<_> = fails.map(|it| &*it.path).collect();
    assert_eq!(fails, ["f(it)::None"]);
}

ages!(renamed_with_a_lock:
{ pub(in super::super) enum T { None, A { x: u32, seen: std::sync::Mutex<u8> } } }
{
    pub(in super::super) enum T { None, #[state(was = "A")] B { x: u64, seen: std::sync::Mutex<u8> } }
});

/// The same whichever of the two sides is taken for the newer one first.
#[test]
fn what_cannot_be_lent_is_not_lent_as_a_variant_that_nothing_knows() {
    use renamed_with_a_lock::{newer, older};
    let older = side::<older::T>(&[("it", ty::<&older::T>())], ty::<()>());
    let newer = side::<newer::T>(&[("it", ty::<&newer::T>())], ty::<()>());
    for (host, module) in [(&older, &newer), (&newer, &older)] {
        let refused = call(host, module).expect_err("refused");
        let told: Vec<_> = refused.iter().map(|it| (it.rule, &*it.path)).collect();
        assert_eq!(told, [(Rule::ArgumentRetyped, "f(it)")]);
        assert!(refused[0].now.contains("Mutex<u8>"), "{}", refused[0]);
    }
}

ages!(renamed_with_a_field_more:
{ pub(in super::super) enum T { None, A { x: u32 } } }
{ pub(in super::super) enum T { None, #[state(was = "A")] B { x: u32, y: u8 } } });
ages!(renamed_and_made:
{ pub(in super::super) enum T { None, A { x: u32 } } }
{ pub(in super::super) enum T { None, #[state(was = "A")] B { #[state(with = super::super::cents)] x: u32 } } });

/// The names tell so of whatever stands in the way, for each function that leads there.
#[test]
fn a_variant_with_another_name_is_refused_for_what_it_holds() {
    fn refused<A: StableState, B: StableState>(rule: Rule, on: bool, ends: [&str; 2]) {
        let older = side::<A>(&[("it", ty::<A>())], ty::<()>());
        let newer = side::<B>(&[("it", ty::<B>())], ty::<()>());
        for (host, module, ends) in [(&older, &newer, ends[0]), (&newer, &older, ends[1])] {
            let evolves = Evolves::between(&host.description, &module.description);
            let signatures = (&host.signature, &module.signature);
            for name in ["f", "g"] {
                let called = evolves.call(name, signatures, CallingSide::Host);
                if on && std::ptr::eq(host, &older) {
                    assert!(called.is_ok(), "{called:#?}");
                    continue;
                }
                let refused = called.expect_err("refused");
                let told: Vec<_> = refused.iter().map(|it| (it.rule, &*it.path)).collect();
                assert_eq!(told, [(rule, &*format!("{name}(it)::{ends}"))]);
            }
        }
    }
    use renamed_and_made as made;
    use renamed_with_a_field_more as more;
    refused::<more::older::T, more::newer::T>(Rule::FieldAdded, false, ["B.y", "B.y"]);
    refused::<made::older::T, made::newer::T>(Rule::TypeChanged, true, ["", "A.x"]);
}

ages!(renamed_other:
{ pub(in super::super) enum T { A, #[state(other)] Unknown(String) } }
{ pub(in super::super) enum T { #[state(other, was = "Unknown")] Else(String), A } });

/// What stands for variants that are not known may get another name: it comes back as what it was.
#[test]
fn a_variant_for_others_that_was_renamed_is_lent_to_be_changed() {
    use renamed_other::{newer, older};
    let older = side::<older::T>(&[("it", ty::<&mut older::T>())], ty::<()>());
    let newer = side::<newer::T>(&[("it", ty::<&mut newer::T>())], ty::<()>());
    for (host, module) in [(&older, &newer), (&newer, &older)] {
        let called = call(host, module).unwrap_or_else(|refused| panic!("{refused:#?}"));
        assert_eq!(called.differences.len(), 1, "{:#?}", called.differences);
    }
}

#[allow(dead_code, reason = "only the descriptions matter")]
mod answers {
    use hotmod::StableState;

    #[derive(StableState)]
    pub(super) struct Older {
        asked: super::renamed_and_removed::older::T,
        answer: Answer,
    }

    #[derive(StableState)]
    pub(super) struct Answer {
        text: String,
    }

    #[derive(StableState)]
    pub(super) struct Newer {
        asked: super::renamed_and_removed::newer::T,
        answer: Renamed,
    }

    #[derive(StableState)]
    #[state(was = "Answer")]
    pub(super) struct Renamed {
        text: String,
    }
}

/// The same where the result can be planned for one way alone, and the argument the other way.
#[test]
fn arguments_are_not_planned_for_the_other_way_than_the_result_so_that_such_a_call_is_made() {
    use answers::{Answer, Newer, Older, Renamed};
    use renamed_and_removed::{newer, older};
    let was = side::<Older>(&[("it", ty::<&mut older::T>())], ty::<Answer>());
    let now = side::<Newer>(&[("it", ty::<&mut newer::T>())], ty::<Renamed>());
    let refused = call(&was, &now).expect_err("refused");
    let told: Vec<_> = refused.iter().map(|it| (it.rule, &*it.path)).collect();
    assert_eq!(told, [(Rule::ArgumentRetyped, "f(it)")]);
}

ages!(key:
    { pub(in super::super) struct T { a: u32 } }
    { pub(in super::super) struct T { a: u32, #[state(default)] b: u8 } });

#[test]
fn keys_that_changed_are_refused_with_what_can_be_done() {
    let of = |key: Type| Type {
        args: vec![key, ty::<u8>()],
        ..ty::<BTreeMap<u8, u8>>()
    };
    let (was, now) = (of(ty::<key::older::T>()), of(ty::<key::newer::T>()));
    let older = side::<key::older::T>(&[("it", was.clone())], was);
    let newer = side::<key::newer::T>(&[("it", now.clone())], now);
    for (host, module) in [(&older, &newer), (&newer, &older)] {
        let refused = call(host, module).expect_err("refused");
        let told: Vec<_> = refused.iter().map(|it| (it.rule, &*it.path)).collect();
        let keys = [
            (Rule::KeysChanged, "f(it)[key]"),
            (Rule::KeysChanged, "f() -> [key]"),
        ];
        assert_eq!(told, keys, "{refused:#?}");
        let help = "let a type of your own hold it, with #[state(rebuild)] on the field";
        assert!(
            refused.iter().all(|it| it.help.ends_with(help)),
            "{refused:#?}"
        );
    }
}
