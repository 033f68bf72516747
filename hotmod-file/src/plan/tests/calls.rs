//! Calls between two sides that were compiled apart: what is converted, whichever is the newer one, and
//! what is refused.

mod numbers;
mod params;
mod variants;

use std::collections::HashSet;
use std::sync::Arc;

use hotmod::describe::Difference;
use hotmod::describe::{Description, Param, Receiver, Rule, Signature, Type};
use hotmod::state::{Describe, StableState};

use crate::contract::CallingSide;
use crate::described::types;
use crate::plan::{CallPlan, Evolves, Merge, Passed, Step};

#[allow(dead_code, reason = "only the descriptions matter")]
mod was {
    use hotmod::StableState;

    #[derive(StableState)]
    pub(super) struct Message {
        text: String,
        size: u32,
        flags: std::cell::Cell<u8>,
    }

    #[derive(StableState)]
    pub(super) struct Plain {
        text: String,
    }

    #[derive(StableState)]
    pub(super) struct Holder {
        plain: Plain,
        number: u8,
    }
}

#[allow(dead_code, reason = "only the descriptions matter")]
mod now {
    use hotmod::StableState;

    #[derive(StableState)]
    pub(super) struct Message {
        #[state(default)]
        id: u64,
        text: String,
        size: u64,
        flags: std::cell::Cell<u8>,
    }

    #[derive(StableState)]
    pub(super) struct Plain {
        text: String,
        bare: u8,
    }

    #[derive(StableState)]
    #[state(removed("plain"))]
    pub(super) struct Holder {
        number: u8,
        others: Option<Box<Plain>>,
    }
}

/// Types that are lent to be changed.
#[allow(dead_code, reason = "only the descriptions matter")]
pub(super) mod changed {
    use hotmod::StableState;

    pub(in crate::plan::tests) mod was {
        use super::StableState;

        #[derive(StableState)]
        pub(crate) struct Item {
            #[state(default)]
            known: u32,
            name: String,
        }

        #[derive(StableState)]
        pub(crate) enum Payload {
            One(Item),
            None,
        }

        #[derive(StableState)]
        pub(crate) enum Text {
            Some(String),
            None,
        }

        #[derive(StableState)]
        pub(crate) struct Outer {
            item: Item,
            other: Item,
        }
    }

    pub(in crate::plan::tests) mod now {
        use super::StableState;

        #[derive(StableState)]
        pub(crate) struct Item {
            name: String,
        }

        #[derive(StableState)]
        pub(crate) enum Payload {
            One(Item),
            None,
        }

        #[derive(StableState)]
        pub(crate) enum Text {
            Some(String),
            None,
            More(u8),
        }

        #[derive(StableState)]
        pub(crate) struct Outer {
            item: Item,
            other: Item,
        }
    }
}

/// One side of a call: its description, and the function's signature.
pub(super) struct Side {
    pub(super) description: Description,
    pub(super) signature: Signature,
}

pub(super) fn side<S: StableState>(params: &[(&str, Type)], output: Type) -> Side {
    let params = params.iter().map(|(name, ty)| Param {
        name: name.trim_start_matches('?').to_owned(),
        ty: ty.clone(),
        default: name.starts_with('?'),
    });
    Side {
        description: types::<S>(),
        signature: Signature {
            name: "f".to_owned(),
            receiver: Receiver::None,
            params: params.collect(),
            output,
            is_async: false,
            is_local: false,
            optional: false,
            removed: Vec::new(),
        },
    }
}

pub(super) fn ty<T: Describe>() -> Type {
    Type::from(&T::TYPE)
}

pub(super) fn call(host: &Side, module: &Side) -> Result<CallPlan, Vec<Difference>> {
    let sides = (&host.description, &module.description);
    let signatures = (&host.signature, &module.signature);
    CallPlan::new(sides, "f", signatures, CallingSide::Host)
}

pub(super) fn converted(host: &Side, module: &Side) -> (CallPlan, Vec<(Rule, String)>) {
    let call = call(host, module).unwrap_or_else(|refused| panic!("{refused:#?}"));
    let listed = call.differences.iter();
    let listed = listed.map(|it| (it.rule, it.path.clone())).collect();
    (call, listed)
}

pub(super) fn refused(host: &Side, module: &Side) -> Vec<(Rule, String)> {
    let refused = call(host, module).expect_err("refused");
    assert!(refused.iter().all(|it| it.rule.refuses()), "{refused:#?}");
    refused.into_iter().map(|it| (it.rule, it.path)).collect()
}

/// A conversion that was refused for one function is not tried again: each function that leads to it reports
/// it at a path of its own.
#[test]
fn what_was_refused_for_one_function_is_refused_for_each_that_leads_there() {
    let host = side::<was::Holder>(&[("a", ty::<was::Plain>())], ty::<u8>());
    let module = side::<now::Holder>(&[("a", ty::<now::Plain>())], ty::<u8>());
    let lists = (
        side::<was::Holder>(&[("b", ty::<Vec<was::Plain>>())], ty::<u8>()),
        side::<now::Holder>(&[("b", ty::<Vec<now::Plain>>())], ty::<u8>()),
    );
    let texts = side::<was::Holder>(&[("c", ty::<String>())], ty::<u8>());
    // The newer holder has lost the field that leads to what is refused.
    let holders = (
        side::<was::Holder>(&[("d", ty::<was::Holder>())], ty::<u8>()),
        side::<now::Holder>(&[("d", ty::<now::Holder>())], ty::<u8>()),
    );
    let evolves = Evolves::between(&host.description, &module.description);
    let refused = |name: &str, host: &Side, module: &Side| {
        let signatures = (&host.signature, &module.signature);
        let refused = evolves.call(name, signatures, CallingSide::Host);
        let listed = |found: Vec<Difference>| found.into_iter().map(|it| (it.rule, it.path));
        refused.err().map(|found| listed(found).collect::<Vec<_>>())
    };
    let field = |path: &str| Some(vec![(Rule::FieldAdded, path.to_owned())]);
    assert_eq!(refused("f", &host, &module), field("f(a).bare"));
    assert_eq!(refused("g", &lists.0, &lists.1), field("g(b)[].bare"));
    assert_eq!(refused("h", &texts, &texts), None);
    assert_eq!(refused("d", &holders.0, &holders.1), None);
    assert_eq!(refused("i", &host, &module), field("i(a).bare"));
}

/// Many functions may each lead to many types that changed.
#[test]
fn so_many_steps_are_planned_for_all_functions_that_changed() {
    let host = side::<was::Message>(&[("a", ty::<was::Message>())], ty::<u8>());
    let module = side::<now::Message>(&[("a", ty::<now::Message>())], ty::<u8>());
    let evolves = Evolves::between(&host.description, &module.description);
    let signatures = (&host.signature, &module.signature);
    let call = || evolves.call("f", signatures, CallingSide::Host);
    let (converted, refused) = (0..1 << 12)
        .find_map(|i| Some((i, call().err()?)))
        .expect("there is a limit");
    assert!(converted > 100, "{converted}");
    let [refused] = &refused[..] else {
        panic!("{refused:#?}");
    };
    assert_eq!(refused.rule, Rule::ArgumentRetyped);
    assert!(refused.help.contains("more than 4096 steps"), "{refused}");
}

#[test]
fn values_are_planned_for_in_the_direction_in_which_they_go() {
    let host = side::<was::Message>(&[("a", ty::<was::Message>())], ty::<Vec<was::Message>>());
    let module = side::<now::Message>(&[("a", ty::<now::Message>())], ty::<Vec<now::Message>>());
    let (call, listed) = converted(&host, &module);
    assert!(matches!(
        call.converted.params[..],
        [Passed::Value(0, Step::Convert(_))]
    ));
    assert!(
        listed.contains(&(Rule::CallFilledIn, "f(a).id".to_owned())),
        "{listed:?}"
    );
    assert!(
        listed.contains(&(Rule::CallConverted, "f(a).size".to_owned())),
        "{listed:?}"
    );
    assert!(
        listed.contains(&(Rule::CallUnseen, "f() -> [].id".to_owned())),
        "{listed:?}"
    );
    assert!(
        listed.contains(&(Rule::CallMayFail, "f() -> [].size".to_owned())),
        "{listed:?}"
    );

    // The other way round, where the host is the newer side.
    let (_, listed) = converted(&module, &host);
    assert!(
        listed.contains(&(Rule::CallUnseen, "f(a).id".to_owned())),
        "{listed:?}"
    );
    assert!(
        listed.contains(&(Rule::CallMayFail, "f(a).size".to_owned())),
        "{listed:?}"
    );
    assert!(
        listed.contains(&(Rule::CallFilledIn, "f() -> [].id".to_owned())),
        "{listed:?}"
    );
}

#[test]
fn what_has_no_value_when_it_is_absent_is_refused_both_ways() {
    let unit = ty::<()>;
    let was = side::<was::Plain>(&[("a", ty::<was::Plain>())], unit());
    let now = side::<now::Plain>(&[("a", ty::<now::Plain>())], unit());
    assert_eq!(
        refused(&was, &now),
        [(Rule::FieldAdded, "f(a).bare".to_owned())]
    );
    assert!(!refused(&now, &was).is_empty());
    let was = side::<was::Plain>(&[], ty::<was::Plain>());
    let now = side::<now::Plain>(&[], ty::<now::Plain>());
    assert_eq!(
        refused(&was, &now),
        [(Rule::FieldAdded, "f() -> .bare".to_owned())]
    );
    assert!(!refused(&now, &was).is_empty());
}

#[test]
fn what_could_be_changed_through_a_reference_is_not_converted_for_one() {
    let host = side::<was::Message>(&[("a", ty::<&was::Message>())], ty::<()>());
    let module = side::<now::Message>(&[("a", ty::<&now::Message>())], ty::<()>());
    assert_eq!(
        refused(&host, &module),
        [(Rule::ArgumentRetyped, "f(a)".to_owned())]
    );
    let host = side::<was::Message>(&[("a", ty::<&mut was::Message>())], ty::<()>());
    let module = side::<now::Message>(&[("a", ty::<&mut now::Message>())], ty::<()>());
    assert_eq!(
        refused(&host, &module),
        [(Rule::ArgumentRetyped, "f(a)".to_owned())]
    );
    // Nor is a reference inside of another value converted.
    let host = side::<was::Message>(&[("a", ty::<Option<&was::Message>>())], ty::<()>());
    let module = side::<now::Message>(&[("a", ty::<Option<&now::Message>>())], ty::<()>());
    assert!(!refused(&host, &module).is_empty());
}

#[test]
fn what_crosses_in_another_form_is_planned_for_in_that_form() {
    use std::collections::VecDeque;

    use abi_stable::std_types::{ROption, RVec};
    let of = |a: Type| side::<was::Plain>(&[("a", a)], ty::<()>());
    let pairs = [
        (ty::<Vec<Option<u32>>>(), ty::<VecDeque<Option<u32>>>()),
        (ty::<Vec<(u8, String)>>(), ty::<Box<[(u8, String)]>>()),
        (ty::<Option<u32>>(), ty::<Box<Option<u32>>>()),
        (ty::<Vec<(u8, u32)>>(), ty::<RVec<(u8, u32)>>()),
        (ty::<String>(), ty::<Box<String>>()),
        (ty::<ROption<Option<u8>>>(), ty::<Option<Option<u8>>>()),
        (ty::<u32>(), ty::<Option<u64>>()),
        (ty::<Vec<String>>(), ty::<Option<Vec<String>>>()),
        (ty::<String>(), ty::<Box<str>>()),
        (
            ty::<VecDeque<Option<u32>>>(),
            ty::<std::collections::LinkedList<Option<u32>>>(),
        ),
    ];
    for (was, now) in pairs {
        for (was, now) in [(&was, &now), (&now, &was)] {
            let (call, listed) = converted(&of(was.clone()), &of(now.clone()));
            let [Passed::Value(0, step)] = &call.converted.params[..] else {
                panic!("{was} {now} {call:?}");
            };
            assert_ne!(*step, Step::Move, "{was} {now}");
            assert!(!listed.is_empty(), "{was} {now}");
            let told = call.differences.iter();
            let mut words = told.flat_map(|it| [it.was.as_str(), it.now.as_str()]);
            let of_abi = was.to_string().contains('R') || now.to_string().contains('R');
            assert!(of_abi || words.all(|it| !it.contains('R')), "{call:#?}");
        }
    }
    // These are the same as they cross.
    let (call, listed) = converted(&of(ty::<Vec<u32>>()), &of(ty::<RVec<u32>>()));
    assert_eq!(call.converted.params, [Passed::Value(0, Step::Move)]);
    assert_eq!(listed, [(Rule::CallConverted, "f(a)".to_owned())]);
    // Three values that cross are laid out as those of no tuple.
    let (was, now) = (ty::<Vec<(u8, u8, u8)>>(), ty::<VecDeque<(u8, u8, u8)>>());
    assert_eq!(
        refused(&of(was), &of(now)),
        [(Rule::ArgumentRetyped, "f(a)".to_owned())]
    );
}

#[test]
fn a_reference_within_a_value_is_not_converted() {
    let within = |held: Type| {
        let (one, mut all) = (held.clone(), vec![]);
        for of in [ty::<Option<u8>>(), ty::<Vec<u8>>()] {
            let args = vec![one.clone()];
            all.push(Type { args, ..of });
        }
        let args = vec![ty::<&str>(), held];
        all.push(Type {
            args,
            ..ty::<(u8, u8)>()
        });
        all
    };
    let (was, now) = (within(ty::<&was::Plain>()), within(ty::<&now::Plain>()));
    for (was, now) in was.into_iter().zip(now) {
        let host = side::<was::Plain>(&[("a", was)], ty::<()>());
        let module = side::<now::Plain>(&[("a", now)], ty::<()>());
        for (host, module) in [(&host, &module), (&module, &host)] {
            let refused = call(host, module).expect_err("refused");
            let [refused] = &refused[..] else {
                panic!("{refused:#?}");
            };
            assert_eq!(
                (refused.rule, &*refused.path),
                (Rule::ArgumentRetyped, "f(a)")
            );
            assert!(refused.now.contains("`&Plain`"), "{refused}");
            assert!(refused.help.contains("a parameter of its own"), "{refused}");
        }
    }
}

#[test]
fn keys_that_stay_apart_are_converted() {
    use std::collections::{BTreeSet, HashMap, HashSet};
    let of = |a: Type| side::<was::Plain>(&[("a", a.clone())], a);
    for (was, now) in [
        (ty::<HashMap<u32, u8>>(), ty::<HashMap<u64, u8>>()),
        (ty::<BTreeSet<u32>>(), ty::<HashSet<i64>>()),
        (
            ty::<HashMap<(u8, String), u8>>(),
            ty::<HashMap<(u16, Box<str>), u8>>(),
        ),
        (ty::<BTreeSet<u8>>(), ty::<BTreeSet<Option<u8>>>()),
    ] {
        let (_, listed) = converted(&of(was.clone()), &of(now.clone()));
        assert!(
            listed.iter().any(|(_, path)| path.starts_with("f() -> [")),
            "{listed:?}"
        );
        converted(&of(now), &of(was));
    }
    // Another compiler lays keys out otherwise, and tells them apart as ever: also where they may be changed.
    let keyed = ty::<HashMap<(u8, String), String>>();
    let lent = ty::<&mut HashMap<(u8, String), String>>();
    let of = || side::<was::Plain>(&[("a", keyed.clone()), ("b", lent.clone())], ty::<()>());
    let (host, mut module) = (of(), of());
    module.description.toolchain.push_str(" of others");
    let (call, _) = converted(&host, &module);
    assert!(
        matches!(
            &call.converted.params[..],
            [
                Passed::Value(0, Step::Collection(_)),
                Passed::LentMut(1, Merge::Whole { checked: false, .. })
            ]
        ),
        "{call:?}"
    );
}

pub(super) fn call_is_refused(host: &Side, module: &Side) -> bool {
    call(host, module).is_err()
}

/// A number that a function has made of another is no number that widens back.
#[test]
fn what_a_function_has_made_does_not_go_back_by_rules() {
    #[allow(dead_code, reason = "only the descriptions matter")]
    mod older {
        use hotmod::StableState;

        #[derive(StableState)]
        pub(super) struct Price {
            euros: u64,
        }
    }

    #[allow(dead_code, reason = "only the descriptions matter")]
    mod newer {
        use hotmod::StableState;

        #[derive(StableState)]
        pub(super) struct Price {
            #[state(with = of_cents)]
            euros: u32,
        }

        fn of_cents(euros: &u64) -> u32 {
            u32::try_from(*euros * 100).unwrap_or(u32::MAX)
        }
    }
    let (was, now) = (ty::<older::Price>(), ty::<newer::Price>());
    let older = side::<older::Price>(&[("price", was)], ty::<()>());
    let newer = side::<newer::Price>(&[("price", now)], ty::<()>());
    let (_, listed) = converted(&older, &newer);
    let by_function = (Rule::CallConverted, "f(price).euros".to_owned());
    assert!(listed.contains(&by_function), "{listed:#?}");
    assert!(call_is_refused(&newer, &older));
}

fn vec_of(item: Type) -> Type {
    Type {
        args: vec![item],
        ..ty::<Vec<u8>>()
    }
}

#[allow(dead_code, reason = "only the descriptions matter")]
mod pair {
    use hotmod::StableState;

    #[derive(StableState)]
    pub(super) struct Pair<T> {
        a: T,
        b: T,
    }

    #[derive(StableState)]
    pub(super) struct Pairs {
        narrow: Pair<u32>,
        wide: Pair<u64>,
    }
}

/// No attribute could say how a value is converted that is no field: what is said instead can be done.
#[test]
fn a_value_of_another_type_is_refused_as_a_whole() {
    for (was, now) in [
        (ty::<u32>(), ty::<()>()),
        (ty::<()>(), ty::<u32>()),
        (ty::<u32>(), ty::<String>()),
        (ty::<Vec<u32>>(), ty::<Vec<String>>()),
        (ty::<Option<(u8, u32)>>(), ty::<Option<(u8, String)>>()),
        (ty::<Result<u8, String>>(), ty::<Result<u8, u64>>()),
        // These a state needs an attribute for, or a function.
        (ty::<usize>(), ty::<u64>()),
        (ty::<u64>(), ty::<usize>()),
        (ty::<u32>(), ty::<i32>()),
        (ty::<Vec<u32>>(), ty::<HashSet<u32>>()),
        (ty::<HashSet<u32>>(), ty::<Vec<u32>>()),
        (ty::<Option<u32>>(), ty::<Option<Arc<u32>>>()),
        (ty::<Arc<u32>>(), ty::<u32>()),
        (ty::<(u8, u8)>(), ty::<(u8, u8, u8)>()),
        (ty::<[u8; 2]>(), ty::<[u8; 3]>()),
        (ty::<[u8; 3]>(), ty::<[u8; 2]>()),
        (ty::<pair::Pair<u32>>(), ty::<pair::Pair<u64>>()),
        (ty::<pair::Pair<u64>>(), ty::<pair::Pair<u32>>()),
    ] {
        let host = side::<pair::Pairs>(&[], was.clone());
        let module = side::<pair::Pairs>(&[], now.clone());
        let refused = call(&host, &module).expect_err("another type");
        let [only] = &refused[..] else {
            panic!("{refused:#?}")
        };
        assert_eq!((only.rule, &*only.path), (Rule::ReturnChanged, "f() ->"));
        assert_eq!(
            (&only.was, &only.now),
            (&format!("`{was}`"), &format!("`{now}`"))
        );
        assert!(only.help.contains("return what it was"), "{}", only.help);
        assert!(!only.help.contains("#["), "{}", only.help);
        if was == ty::<()>() || now == ty::<()>() {
            continue;
        }
        let host = side::<pair::Pairs>(&[("a", was.clone())], ty::<u8>());
        let module = side::<pair::Pairs>(&[("a", now.clone())], ty::<u8>());
        let refused = call(&host, &module).expect_err("another type");
        let [only] = &refused[..] else {
            panic!("{refused:#?}")
        };
        assert_eq!((only.rule, &*only.path), (Rule::ArgumentRetyped, "f(a)"));
        assert!(only.help.contains("keep the type"), "{}", only.help);
        assert!(!only.help.contains("#["), "{}", only.help);
    }
}

/// What stands in the way is told once at each place, and what does not is not told with it.
#[test]
fn a_difference_is_told_once_at_each_place() {
    let signature = |name: &str, params: &[(&str, Type)], output| Signature {
        name: name.to_owned(),
        ..side::<was::Plain>(params, output).signature
    };
    let interface = |plain: Type| {
        let list = |plain: &Type| Type {
            args: vec![plain.clone()],
            ..ty::<Vec<u8>>()
        };
        vec![
            signature("latest", &[], list(&plain)),
            signature("post", &[("it", plain.clone())], ty::<u8>()),
            signature("both", &[("it", plain.clone())], plain.clone()),
            signature("number", &[("a", ty::<u32>())], ty::<u8>()),
        ]
    };
    let mut host = types::<was::Plain>();
    host.interfaces
        .insert("Room".to_owned(), interface(ty::<was::Plain>()));
    let mut module = types::<now::Plain>();
    let mut methods = interface(ty::<now::Plain>());
    methods[3].params[0].ty = ty::<String>();
    let implementation = hotmod::describe::ImplementedInterface {
        symbol: String::new(),
        state: ty::<now::Plain>(),
        methods,
    };
    module
        .implementations
        .insert("Room".to_owned(), implementation);
    let evolves = Evolves::between(&host, &module);
    let found = crate::contract::expectation(&host, &module, &evolves);
    let found: Vec<_> = found.iter().map(|it| (it.rule, it.path.as_str())).collect();
    let expected = [
        (Rule::FieldAdded, "Room::latest() -> [].bare"),
        (Rule::FieldAdded, "Room::post(it).bare"),
        (Rule::FieldAdded, "Room::both(it).bare"),
        (Rule::FieldAdded, "Room::both() -> .bare"),
        (Rule::ArgumentRetyped, "Room::number(a)"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_a_converted_call_costs_is_listed_path_by_path() {
    let host = side::<was::Message>(&[("a", ty::<was::Message>())], ty::<Vec<was::Message>>());
    let module = side::<now::Message>(
        &[("a", ty::<now::Message>()), ("?b", ty::<u8>())],
        ty::<Vec<now::Message>>(),
    );
    let costs = crate::plan::CallCosts::default();
    let evolves = Evolves::between(&host.description, &module.description).noting(&costs);
    let signatures = (&host.signature, &module.signature);
    evolves
        .call("f", signatures, CallingSide::Host)
        .expect("a call");
    use crate::plan::Cost::{Copied, Dropped, Made, Rebuilt};
    let costs = costs.listed();
    for (path, cost) in [
        ("f(b)", Made),
        ("f(a)", Copied),
        ("f(a).id", Made),
        ("f(a).size", Copied),
        ("f() ->", Rebuilt),
        ("f() -> []", Copied),
        ("f() -> [].id", Dropped),
    ] {
        assert!(
            costs.contains(&(path.to_owned(), cost)),
            "{path}: {costs:?}"
        );
    }
    assert!(
        !costs.iter().any(|(path, _)| path.ends_with("text")),
        "{costs:?}"
    );
}
