//! Plans between modules that are large.

use std::collections::BTreeMap;

use hotmod::describe::{
    Builtin, Description, Fingerprints, Form, Hook, Transients, TypeRef, Verdict,
};

use crate::described::chains::{
    a, boxed, chain, field, module, named, on_a_small_stack, structure,
};
use crate::described::leak;
use crate::in_place::{handed_to, in_place};
use crate::plan::known::EXAMINED;
use crate::plan::{Plan, differences};

#[test]
fn so_many_differences_are_told() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let types = |count: usize, ty: Builtin| {
        let held = (1..count).map(|id| (leak::text(&format!("to{id}")), id));
        let held =
            held.map(|(name, id)| field(name, boxed(named(format!("A{id}"))), 8 * (id - 1), 8));
        let mut types = vec![structure(0, 8 * (count - 1), held.collect())];
        types.extend((1..count).map(|id| {
            let numbers = names.iter().enumerate();
            let size = if ty == Builtin::U64 { 8 } else { 4 };
            let numbers =
                numbers.map(|(i, name)| field(name, TypeRef::builtin(ty), size * i, size));
            structure(id, size * names.len(), numbers.collect())
        }));
        module(&types)
    };
    let told = |count: usize| {
        let (was, now) = (types(count, Builtin::U32), types(count, Builtin::U64));
        Plan::new(&was, &now).differences
    };
    let few = told(500);
    assert_eq!(few.len(), 8 * 499);
    assert!(few.iter().all(|it| !it.rule.refuses()), "{few:#?}");
    let many = told(600);
    let last = many.last().expect("there are many").to_string();
    assert_eq!(many.len(), 4097);
    assert!(
        last.starts_with("the description: expected at most 4096 differences, found more"),
        "{last}"
    );
    assert_eq!(many.iter().filter(|it| it.rule.refuses()).count(), 1);
}

#[test]
fn five_thousand_types_are_examined_once_each() {
    for last in [None, Some(0), Some(2_500)] {
        let (was, now) = on_a_small_stack(move || {
            (
                module(&chain(5_000, last, Builtin::U32)),
                module(&chain(5_000, last, Builtin::U64)),
            )
        });
        let found = on_a_small_stack(move || {
            EXAMINED.set(0);
            let found = Plan::new(&was, &now);
            // Each description once, and with it each of its types.
            assert_eq!(EXAMINED.get(), 2);
            assert_eq!(Plan::new(&was, &was).differences, []);
            assert_eq!(differences(&was, &was), []);
            found
        });
        assert_eq!(found.verdict(), Verdict::Migrate);
        let changed: Vec<_> = found.differences.iter().map(|it| &it.path).collect();
        assert_eq!(changed.len(), 1, "{changed:?}");
        assert!(changed[0].starts_with("A0.next.next.") && changed[0].ends_with(".number"));
        assert_eq!(found.conversions.len(), 5_000);
        assert_eq!(found.costs().len(), 10_000 + usize::from(last.is_some()));
    }
}

#[test]
fn forms_of_deep_types_are_compared_on_a_small_stack() {
    let deep = || {
        (
            module(&chain(8_000, Some(0), Builtin::U32)),
            module(&chain(8_000, Some(0), Builtin::U64)),
        )
    };
    on_a_small_stack(move || {
        let (was, now) = deep();
        let handed_over = |live: &Description| {
            let known = (live, Fingerprints::of(live, &a(0)), &Transients::of(live));
            handed_to(&was, known, &a(0))
        };
        assert_eq!(handed_over(&was), Ok(()));
        assert!(handed_over(&now).is_err());
        assert!(in_place(&was, &now, &a(0)).is_err());
    });
}

#[test]
fn forms_are_compared_until_they_lead_to_too_many_types() {
    // A state with so many fields, each of a type of one circle, and for each type a function that names the
    // form which it takes.
    let modules = |count: usize| {
        let fields = (0..count).map(|place| {
            let name = leak::text(&format!("f{place}"));
            field(name, boxed(named(format!("A{place}"))), 8 * place, 8)
        });
        let mut types = chain(count, Some(0), Builtin::U32);
        types.push(structure(count, 8 * count, fields.collect()));
        let mut was = module(&types);
        let init = was.inits.remove(&a(0)).expect("an init");
        was.inits.insert(a(count), init);
        let mut now = was.clone();
        for place in 0..count {
            let ty = a(place);
            let symbol = format!("__hotmod_migrate_crate__made_{place}");
            now.hooks.insert(
                ty.clone(),
                Hook {
                    symbol,
                    parallel: false,
                },
            );
            let form = Form {
                ty: ty.clone(),
                types: BTreeMap::from([(ty.clone(), was.types[&ty].clone())]),
            };
            now.reads.insert(ty.clone(), form);
            now.types.get_mut(&ty).expect("a type").meaning = 1;
        }
        (was, now)
    };
    let uncompared = |count: usize| {
        let (was, now) = modules(count);
        let plan = Plan::new(&was, &now);
        let differences = plan.differences.iter();
        assert_eq!(differences.clone().count(), count);
        let too_many = differences.filter(|it| it.now.contains("one of too many forms"));
        too_many
            .inspect(|it| assert!(it.help.contains("&Old<'_>"), "{it}"))
            .count()
    };
    assert_eq!(uncompared(40), 0);
    // Each leads to all of 101 types.
    assert_eq!(uncompared(100), 100 - (1 << 13) / 101);
}
