//! A plan's steps in a line for each type, for tables.

use hotmod::describe::{Description, Field, Shape, Type};

use crate::plan::{ConversionBody, FieldSteps, Plan, Source, Step, VariantStep};

/// `World: a ← a, b ← default, dropped c`, and the same for each type that it converts.
pub(super) fn plan(plan: &Plan, was: &Description, now: &Description) -> String {
    let lines = plan.conversions.iter().map(|conversion| {
        let old = &was.types[&conversion.was].shape;
        let new = &now.types[&conversion.now].shape;
        let body = match (&conversion.body, old, new) {
            (ConversionBody::Struct(fields), Shape::Struct(old), Shape::Struct(new)) => {
                self::fields(plan, fields, old, new)
            }
            (
                ConversionBody::Enum(steps),
                Shape::Enum { variants: old, .. },
                Shape::Enum { variants: new, .. },
            ) => {
                let steps = steps.iter().zip(old).map(|(step, old)| match step {
                    None => format!("{} must not be", old.name),
                    Some(VariantStep { to, fields }) => {
                        let new = &new[*to];
                        let fields = self::fields(plan, fields, &old.fields, &new.fields);
                        format!("{} → {} {fields}", old.name, new.name)
                            .trim_end()
                            .to_owned()
                    }
                });
                steps.collect::<Vec<_>>().join(", ")
            }
            (ConversionBody::Hook, _, _) => "by the function".to_owned(),
            (ConversionBody::Down(name), _, _) => format!("by `{name}`"),
            _ => String::new(),
        };
        format!("{}: {body}", conversion.now).trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn fields(plan: &Plan, fields: &FieldSteps, old: &[Field], new: &[Field]) -> String {
    let named = |i: usize| old.get(i).map_or(i.to_string(), |field| field.name.clone());
    let sources = fields.sources.iter().enumerate().map(|(i, source)| {
        let name = new.get(i).map_or(i.to_string(), |field| field.name.clone());
        let source = match source {
            Source::Field {
                place,
                step: Step::Move,
            } => named(*place),
            Source::Field { place, step } => {
                format!("{} {}", named(*place), self::step(plan, step))
            }
            Source::With { place } => format!("function of {}", named(*place)),
            Source::Default => "default".to_owned(),
            Source::Absent => "None".to_owned(),
            Source::Skip => "anew".to_owned(),
            Source::Name(name) => format!("{name:?}"),
        };
        format!("{name} ← {source}")
    });
    let dropped = fields
        .dropped
        .iter()
        .map(|i| format!("dropped {}", named(*i)));
    sources.chain(dropped).collect::<Vec<_>>().join(", ")
}

fn step(plan: &Plan, step: &Step) -> String {
    let inside = |name: &str, step: &Step| format!("{name}({})", self::step(plan, step));
    let list = |name: &str, steps: &[Step]| {
        let steps: Vec<_> = steps.iter().map(|step| self::step(plan, step)).collect();
        format!("{name}({})", steps.join(", "))
    };
    match step {
        Step::Move => "move".to_owned(),
        Step::Number { checked: false } => "number".to_owned(),
        Step::Number { checked: true } => "number that fits".to_owned(),
        Step::Bytes => "bytes".to_owned(),
        Step::Serde => "serde".to_owned(),
        Step::As(step) => inside("as", step),
        Step::Into(step) => inside("into", step),
        Step::Same => "same".to_owned(),
        Step::Form(step) => inside("form", step),
        Step::Formed(step) => inside("formed", step),
        Step::Convert(place) => {
            let ty: &Type = &plan.conversions[*place].now;
            ty.to_string()
        }
        Step::Wrap(step) => inside("Some", step),
        Step::Unwrap(step) => inside("unwrap", step),
        Step::Enclose(step) => inside("Box", step),
        Step::Disclose(step) => inside("unbox", step),
        Step::Variants(steps) => {
            let steps = steps.iter().map(|step| {
                format!("{} {}", step.to, fields(plan, &step.fields, &[], &[]))
                    .trim_end()
                    .to_owned()
            });
            format!("variants({})", steps.collect::<Vec<_>>().join(", "))
        }
        Step::Collection(steps) => list("items", steps),
        Step::Pointer(step) => inside("inside", step),
        Step::Shared(step) => inside("shared", step),
        Step::Weak(step) => inside("weak", step),
        Step::Tuple(steps) => list("tuple", steps),
        Step::Array(step) => inside("array", step),
        Step::Range(step) => inside("bounds", step),
    }
}
