//! What holds for the plan between any two descriptions.

use hotmod::describe::{
    Attribute, Builtin, Description, Field, Fingerprint, Fingerprints, Hook, Name, Rule, Shape,
    Type, Verdict,
};
use proptest::prelude::*;

use crate::described::arbitrary;
use crate::plan::{ConversionBody, FieldSteps, Plan, Source, Step};

/// A description that a later version of the first could have: some of its types are those of
/// another description, some fields have other names and say so, and fields refer to each other's
/// names in ways that no author would write.
fn later() -> impl Strategy<Value = (Description, Description)> {
    let edits =
        proptest::collection::vec((0..4_usize, 0..8_u8, any::<prop::sample::Index>()), 0..6);
    (arbitrary::state(), arbitrary::state(), any::<bool>(), edits).prop_map(
        |(was, other, unrelated, edits)| {
            if unrelated {
                return (was, other);
            }
            let mut now = was.clone();
            for (nth, edit, at) in edits {
                let ty = now.types.keys().nth(nth % now.types.len()).cloned();
                let ty = ty.expect("there are types");
                let hook = Hook {
                    symbol: "hook".to_owned(),
                    parallel: false,
                };
                if edit == 6 {
                    now.hooks.insert(ty, hook);
                    continue;
                }
                if edit == 7 {
                    now.checks.insert(ty, hook);
                    continue;
                }
                let foreign = other.types[&ty].clone();
                let described = now.types.get_mut(&ty).expect("just found");
                if edit == 0 {
                    *described = foreign;
                    continue;
                }
                let fields = match &mut described.shape {
                    Shape::Struct(fields) => fields,
                    Shape::Enum { variants, .. } => match variants.len() {
                        0 => continue,
                        n => &mut variants[at.index(n)].fields,
                    },
                };
                if fields.is_empty() {
                    continue;
                }
                let at = at.index(fields.len());
                let first = fields[0].name.clone();
                let field = &mut fields[at];
                match edit {
                    1 => {
                        field.attributes.push(Attribute::Was(field.name.clone()));
                        field.name.push('x');
                    }
                    2 => field.attributes.push(Attribute::Was(first)),
                    3 => {
                        field.attributes.push(Attribute::Was(first));
                        field.name.push('y');
                    }
                    4 => field.with = Some(field.ty.clone()),
                    _ => {
                        field.attributes.push(Attribute::Skip);
                        field.ty = arbitrary::leaf(Name::Builtin(Builtin::Skipped));
                    }
                }
            }
            (was, now)
        },
    )
}

/// The pairs of old and new fields that a plan's conversions are about.
fn fields<'a>(
    plan: &'a Plan,
    was: &'a Description,
    now: &'a Description,
) -> Vec<(&'a FieldSteps, &'a [Field], &'a [Field])> {
    let mut all = Vec::new();
    for conversion in &plan.conversions {
        let old = &was.types[&conversion.was].shape;
        let new = &now.types[&conversion.now].shape;
        match (&conversion.body, old, new) {
            (ConversionBody::Struct(fields), Shape::Struct(old), Shape::Struct(new)) => {
                all.push((fields, &old[..], &new[..]));
            }
            (
                ConversionBody::Enum(steps),
                Shape::Enum { variants: old, .. },
                Shape::Enum { variants: new, .. },
            ) => {
                assert_eq!(steps.len(), old.len(), "a step for each variant");
                for (step, old) in steps.iter().zip(old) {
                    if let Some(step) = step {
                        all.push((&step.fields, &old.fields, &new[step.to].fields));
                    }
                }
            }
            (ConversionBody::Hook | ConversionBody::Down(_), _, _) => {}
            _ => assert_eq!(plan.verdict(), Verdict::Refuse, "another shape"),
        }
    }
    all
}

fn reads(source: &Source) -> Option<usize> {
    match source {
        Source::Field { place, .. } | Source::With { place } => Some(*place),
        Source::Default | Source::Absent | Source::Skip | Source::Name(_) => None,
    }
}

/// A plan with the descriptions that it leads from and to.
type Led<'a> = (Plan, &'a Description, &'a Description);

/// The plan on, and the one back.
fn both_ways<'a>(was: &'a Description, now: &'a Description) -> [Led<'a>; 2] {
    [
        (Plan::new(was, now), was, now),
        (Plan::back(now, was), now, was),
    ]
}

fn moves_whole(plan: &Plan) -> bool {
    plan.states.iter().all(|(_, step)| *step == Step::Move)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_field_has_one_source_and_every_old_field_one_fate((was, now) in later()) {
        for (plan, was, now) in both_ways(&was, &now) {
            for (fields, old, new) in fields(&plan, was, now) {
                prop_assert_eq!(fields.sources.len(), new.len(), "a source for each new field");
                let read = fields.sources.iter().filter_map(reads);
                let mut fates: Vec<usize> = read.chain(fields.dropped.iter().copied()).collect();
                fates.sort_unstable();
                let expected: Vec<usize> = (0..old.len()).collect();
                prop_assert_eq!(fates, expected, "each old field once: {:#?}", fields);
            }
        }
    }

    #[test]
    fn a_plan_adopts_if_and_only_if_it_moves_every_state((was, now) in later()) {
        for (plan, _, now) in both_ways(&was, &now) {
            if plan.verdict() == Verdict::Adopt {
                prop_assert!(moves_whole(&plan), "{:#?}", plan);
                prop_assert!(plan.conversions.is_empty(), "{:#?}", plan);
            } else {
                // A state whose type is gone has no step to speak of.
                let gone = plan.states.iter().any(|(ty, _)| !now.types.contains_key(ty));
                prop_assert!(gone || !moves_whole(&plan), "{:#?}", plan);
            }
        }
    }

    #[test]
    fn what_a_plan_carries_out_is_among_its_differences((was, now) in later()) {
        for (plan, ..) in both_ways(&was, &now) {
            prop_assert_eq!(plan.conversions.is_empty(), plan.differences.is_empty(), "{:#?}", plan);
            for difference in &plan.differences {
                if difference.rule.refuses() {
                    prop_assert!(!difference.help.is_empty(), "{}", difference);
                }
            }
        }
    }

    #[test]
    fn a_plan_leads_from_what_was_to_what_is((was, now) in later()) {
        let converts = |step: &Step| match step {
            Step::Convert(place) => Some(*place),
            _ => None,
        };
        for (plan, was, now) in both_ways(&was, &now) {
            for (fields, old, new) in fields(&plan, was, now) {
                for (source, new) in fields.sources.iter().zip(new) {
                    let Source::Field { place, step } = source else { continue };
                    if let Some(conversion) = converts(step) {
                        prop_assert_eq!(&plan.conversions[conversion].was, &old[*place].ty);
                        prop_assert_eq!(&plan.conversions[conversion].now, &new.ty);
                    }
                }
            }
            for (ty, step) in &plan.states {
                if let Some(conversion) = converts(step) {
                    prop_assert_eq!(&plan.conversions[conversion].was, ty);
                }
            }
        }
    }

    #[test]
    fn every_step_is_between_the_types_that_it_is_for((was, now) in later()) {
        for (plan, was, now) in both_ways(&was, &now) {
            if plan.verdict() == Verdict::Refuse {
                continue;
            }
            let agrees = |step: &Step, old: &Type, new: &Type| {
                agrees(&plan, (was, now), step, old, new)
                    .map_err(|reason| TestCaseError::fail(format!("{reason}\n{plan:#?}")))
            };
            for (fields, old, new) in fields(&plan, was, now) {
                for (source, new) in fields.sources.iter().zip(new) {
                    match source {
                        Source::Field { place, step } => agrees(step, &old[*place].ty, &new.ty)?,
                        Source::With { place } => {
                            prop_assert!(is_with(new, &old[*place], (was, now)), "{:#?}", plan);
                        }
                        Source::Absent => {
                            let option = [Builtin::Option, Builtin::ROption];
                            let of = new.ty.builtin();
                            prop_assert!(of.is_some_and(|it| option.contains(&it)), "{:#?}", plan);
                        }
                        // Only in calls.
                        Source::Name(_) => prop_assert!(false, "{:#?}", plan),
                        Source::Default | Source::Skip => {}
                    }
                }
            }
            for (ty, step) in &plan.states {
                if let Step::Convert(_) | Step::Move = step {
                    let new = match step {
                        Step::Convert(place) => &plan.conversions[*place].now,
                        _ => ty,
                    };
                    agrees(step, ty, new)?;
                }
            }
        }
    }

    #[test]
    fn what_is_moved_is_of_one_type((was, now) in later()) {
        for (plan, was, now) in both_ways(&was, &now) {
            if plan.verdict() == Verdict::Refuse {
                continue;
            }
            for (fields, old, new) in fields(&plan, was, now) {
                for (source, new) in fields.sources.iter().zip(new) {
                    if let Source::Field { place, step: Step::Move } = source {
                        if is_phantom(&old[*place].ty, &new.ty) {
                            continue;
                        }
                        prop_assert_eq!(&old[*place].ty, &new.ty);
                        prop_assert_eq!(layout(was, &new.ty), layout(now, &new.ty));
                    }
                }
            }
        }
    }

    #[test]
    fn a_plan_to_itself_moves_everything(description in arbitrary::description()) {
        for (plan, ..) in both_ways(&description, &description) {
            prop_assert!(moves_whole(&plan), "{:#?}", plan);
            prop_assert_eq!(&plan.differences, &[]);
            prop_assert_eq!(plan.verdict(), Verdict::Adopt);
            prop_assert!(plan.is_lossless());
        }
    }

    #[test]
    fn what_is_updated_without_a_loss_can_be_taken_back((was, now) in later()) {
        prop_assume!(Plan::new(&was, &now).is_lossless());
        let back = Plan::back(&now, &was);
        for difference in back.differences.iter().filter(|it| it.rule.refuses()) {
            // A shared item may have been of two types, which are one by now; a state that is checked
            // may not hold what the check could change.
            let of_owners = difference.now.ends_with(" elsewhere");
            let checked = difference.rule == Rule::CheckImpossible;
            prop_assert!(of_owners || checked, "{}", difference);
        }
    }

    #[test]
    fn planning_twice_gives_the_same_plan((was, now) in later()) {
        prop_assert_eq!(Plan::new(&was, &now), Plan::new(&was, &now));
        prop_assert_eq!(Plan::back(&now, &was), Plan::back(&now, &was));
    }
}

/// A type that holds nothing, whatever has become of the type that it names.
fn is_phantom(old: &Type, new: &Type) -> bool {
    [old, new]
        .iter()
        .all(|ty| ty.builtin() == Some(Builtin::PhantomData))
}

fn layout(description: &Description, ty: &Type) -> Fingerprint {
    Fingerprints::of(description, ty).layout
}

/// The descriptions that a step leads from and to.
type Ends<'a> = (&'a Description, &'a Description);

/// Whether a field's function takes what the field was.
fn is_with(field: &Field, old: &Field, (was, now): Ends<'_>) -> bool {
    let takes = field.with.as_ref();
    takes.is_some_and(|ty| *ty == old.ty && layout(was, &old.ty) == layout(now, ty))
}

/// An error for the part of a step that does not fit these types, if there is one.
fn agrees(plan: &Plan, ends: Ends<'_>, step: &Step, old: &Type, new: &Type) -> Result<(), String> {
    let within = |step: &Step, old: &Type, new: &Type| agrees(plan, ends, step, old, new);
    let wrong = || Err(format!("{step:?} is between {old:?} and {new:?}"));
    let option = [Builtin::Option, Builtin::ROption];
    let boxed = [Builtin::Box, Builtin::RBox];
    // The only parameter of a type, if it is one of these.
    let only = |ty: &Type, names: [Builtin; 2]| match (&ty.name, &ty.args[..]) {
        (Name::Builtin(is), [inner]) if names.contains(is) => Some(inner.clone()),
        _ => None,
    };
    let all = |steps: &[Step]| {
        if steps.len() != old.args.len() || steps.len() != new.args.len() {
            return wrong();
        }
        let args = old.args.iter().zip(&new.args);
        let mut all = steps.iter().zip(args);
        all.try_for_each(|(step, (old, new))| within(step, old, new))
    };
    match step {
        Step::Move => {
            let (was, now) = ends;
            match is_phantom(old, new) || old == new && layout(was, old) == layout(now, new) {
                true => Ok(()),
                false => wrong(),
            }
        }
        Step::Number { .. } | Step::Bytes => match (&old.name, &new.name) {
            (Name::Builtin(_), Name::Builtin(_)) => {
                let whole = |ty: &Type| ty.args.iter().all(Type::is_unsized);
                match whole(old) && whole(new) {
                    true => Ok(()),
                    false => wrong(),
                }
            }
            _ => wrong(),
        },
        Step::Convert(place) => match plan.conversions.get(*place) {
            Some(it) if (&it.was, &it.now) == (old, new) => Ok(()),
            _ => wrong(),
        },
        Step::Serde => match (old.builtin(), new.builtin()) {
            (Some(Builtin::Serde), Some(Builtin::Serde)) => Ok(()),
            _ => wrong(),
        },
        Step::As(step) => match (old.builtin(), new.builtin()) {
            (Some(Builtin::As), Some(Builtin::As)) => within(step, &old.args[0], &new.args[0]),
            _ => wrong(),
        },
        Step::Into(step) => match old.builtin() {
            Some(Builtin::As) => within(step, &old.args[0], new),
            _ => wrong(),
        },
        // Of foreign types, which these descriptions have none of.
        Step::Same | Step::Form(_) | Step::Formed(_) => wrong(),
        Step::Wrap(step) => match only(new, option) {
            Some(inner) => within(step, old, &inner),
            None => wrong(),
        },
        Step::Unwrap(step) => match only(old, option) {
            Some(inner) => within(step, &inner, new),
            None => wrong(),
        },
        Step::Enclose(step) => match only(new, boxed) {
            Some(inner) => within(step, old, &inner),
            None => wrong(),
        },
        Step::Disclose(step) => match only(old, boxed) {
            Some(inner) => within(step, &inner, new),
            None => wrong(),
        },
        Step::Variants(steps) => {
            let parameters = old.args.iter().zip(&new.args);
            // Two variants of a `Bound` are of its parameter.
            let times = if old.builtin() == Some(Builtin::Bound) {
                2
            } else {
                1
            };
            let mut parameters = parameters.flat_map(|pair| std::iter::repeat_n(pair, times));
            for (place, variant) in steps.iter().enumerate() {
                let FieldSteps { sources, dropped } = &variant.fields;
                if variant.to != place || !dropped.is_empty() {
                    return wrong();
                }
                for source in sources {
                    match (source, parameters.next()) {
                        (Source::Field { place: 0, step }, Some((old, new))) => {
                            within(step, old, new)?;
                        }
                        _ => return wrong(),
                    }
                }
            }
            match parameters.next() {
                None => Ok(()),
                Some(_) => wrong(),
            }
        }
        Step::Tuple(steps) => all(steps),
        Step::Collection(steps) => {
            if steps.len() != old.items().len() || steps.len() != new.items().len() {
                return wrong();
            }
            let mut all = steps.iter().zip(old.items().iter().zip(new.items()));
            all.try_for_each(|(step, (old, new))| within(step, old, new))
        }
        Step::Pointer(step) | Step::Shared(step) | Step::Weak(step) | Step::Range(step) => {
            all(std::slice::from_ref(step))
        }
        Step::Array(step) => match (&old.name, &new.name) {
            (Name::Array(_), Name::Array(_)) => all(std::slice::from_ref(step)),
            _ => wrong(),
        },
    }
}
