//! Variants that one side does not know, or knows by another name.

use hotmod::describe::{Attribute, Rule, Shape, Type};

use super::{Side, changed, converted, side, ty, vec_of};
use crate::plan::{CallPlan, ConversionBody, Source, Step};

/// Marks a variant `other`: the one for all variants that are not known.
fn marked(mut side: Side, ty: &Type, name: &str) -> Side {
    let described = side.description.types.get_mut(ty).expect("the type");
    let Shape::Enum { variants, .. } = &mut described.shape else {
        panic!("an enum");
    };
    let mut named = variants.iter_mut().filter(|it| it.name == name);
    let variant = named.next().expect("the variant");
    variant.attributes.push(Attribute::Other);
    side
}

#[test]
fn what_is_not_known_arrives_in_a_variant_that_has_room_for_a_name() {
    use changed::{now, was};
    let text = ty::<was::Text>();
    let sides = || {
        let host = side::<was::Text>(&[], text.clone());
        (host, side::<now::Text>(&[], ty::<now::Text>()))
    };
    let body = |call: &CallPlan| match &call.converted.results.conversions[0].body {
        ConversionBody::Enum(steps) => steps.clone(),
        body => panic!("{body:?}"),
    };
    // No variant is marked: the call may fail.
    let (host, module) = sides();
    let (call, listed) = converted(&host, &module);
    assert_eq!(body(&call)[2], None);
    assert!(
        listed.contains(&(Rule::CallMayFail, "f() -> ::More".to_owned())),
        "{listed:?}"
    );
    let (host, module) = sides();
    let (call, listed) = converted(&marked(host, &text, "None"), &module);
    let unit = body(&call)[2].clone().expect("it arrives");
    assert_eq!(
        (unit.to, &unit.fields.sources[..], &unit.fields.dropped[..]),
        (1, &[][..], &[0][..])
    );
    assert!(
        listed.contains(&(Rule::CallOther, "f() -> ::More".to_owned())),
        "{listed:?}"
    );
    // A value that has this variant itself has its text built anew: it is given up like a name.
    let (host, module) = sides();
    let (call, _) = converted(&marked(host, &text, "Some"), &module);
    let steps = body(&call);
    let sources = |i: usize| steps[i].clone().expect("it arrives").fields.sources;
    assert_eq!(sources(2), [Source::Name("More".to_owned())]);
    assert_eq!(
        sources(0),
        [Source::Field {
            place: 0,
            step: Step::Bytes
        }]
    );
    // A file may mark a variant that has no room for a name.
    let (host, module) = sides();
    let module = marked(module, &ty::<now::Text>(), "More");
    let (call, listed) = converted(&module, &host);
    assert!(body(&call).iter().all(Option::is_some));
    assert!(
        listed.iter().all(|(rule, _)| *rule != Rule::CallOther),
        "{listed:?}"
    );
    let two = marked(
        side::<now::Text>(&[], ty::<now::Text>()),
        &ty::<now::Text>(),
        "More",
    );
    let (call, listed) = converted(&two, &side::<wider::Text>(&[], ty::<wider::Text>()));
    assert_eq!(body(&call)[3], None, "{listed:?}");
    // No variant of a state becomes the marked one.
    let plan = crate::plan::Plan::new(
        &crate::described::state::<now::Text>(),
        &crate::described::state::<was::Text>(),
    );
    assert!(
        plan.differences
            .iter()
            .any(|it| it.rule == Rule::VariantUnused),
        "{plan:?}"
    );
}

#[allow(dead_code, reason = "only the descriptions matter")]
mod wider {
    use hotmod::StableState;

    #[derive(StableState)]
    pub(super) enum Text {
        Some(String),
        None,
        More(u8),
        Most,
    }
}

/// Only the newer side says what a variant was called before.
#[test]
fn a_variant_that_changed_its_name_arrives_whichever_side_is_newer() {
    #[allow(dead_code, reason = "only the descriptions matter")]
    mod older {
        use hotmod::StableState;

        #[derive(StableState)]
        pub(super) enum Seat {
            Free,
            Taken(u32),
            Kept,
        }
    }

    #[allow(dead_code, reason = "only the descriptions matter")]
    mod newer {
        use hotmod::StableState;

        #[derive(StableState)]
        pub(super) enum Seat {
            Free,
            #[state(was = "Taken")]
            Held(u32),
            #[state(was = "Kept")]
            Reserved,
            Broken,
        }
    }
    for other in [false, true] {
        let (was, now) = (ty::<older::Seat>(), ty::<newer::Seat>());
        let was = [("seat", was.clone()), ("all", vec_of(was.clone()))];
        let now = [("seat", now.clone()), ("all", vec_of(now.clone()))];
        let mut older = side::<older::Seat>(&was, was[0].1.clone());
        let mut newer = side::<newer::Seat>(&now, now[0].1.clone());
        if other {
            older = marked(older, &was[0].1, "Free");
            newer = marked(newer, &now[0].1, "Free");
        }
        for (host, module) in [(&older, &newer), (&newer, &older)] {
            let (_, listed) = converted(host, module);
            let unknown = listed.iter().filter(|(rule, path)| {
                matches!(rule, Rule::CallMayFail | Rule::CallOther) && !path.contains("Broken")
            });
            assert_eq!(unknown.collect::<Vec<_>>(), Vec::<&(Rule, String)>::new());
            assert!(
                listed.iter().any(|(_, path)| path.contains("Broken")),
                "{listed:#?}"
            );
        }
    }
}
