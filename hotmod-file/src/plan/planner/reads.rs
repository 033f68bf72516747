//! Functions marked `#[hotmod::migrate]` that name the earlier form that they take.

use hotmod::describe::{Difference, Hook, Rule, Transient, Type};

use super::draft::Planner;
use crate::in_place::Unlike;

/// What to do where a type cannot be read as a whole.
const READ_AROUND: &str =
    "let the function take `&Old<'_>`, and read the other fields by `Old::get`";

impl Planner<'_> {
    /// Refuses to convert by a function that takes another form than the running version has. Returns
    /// whether it takes another.
    pub(super) fn refuse_another(
        &mut self,
        path: &str,
        hook: &Hook,
        was: &Type,
        now: &Type,
    ) -> bool {
        let name = hook.name();
        let Some(form) = self.now.reads.get(now) else {
            if self.ground.is_of_calls {
                self.unnamed_form(path, name, was);
            }
            return self.ground.is_of_calls;
        };
        let version = match &self.was.build {
            Some(build) => &build.version,
            None => "the running version",
        };
        let another = format!(
            "let `{name}` take `{was}` as {version} has it, or update to the version between, which that form \
             is of, first"
        );
        if let Some(followed) = self.followed(form) {
            let had =
                format!("`{was}` with a `Lazy` of `{followed}`, which is taken along by itself");
            let takes = format!("taken by `{name}` as a whole");
            self.add(
                path.to_owned(),
                &had,
                &takes,
                Rule::FormDiffers,
                READ_AROUND,
            );
            return true;
        }
        let compared = match form.ty == *was {
            true => self.taken(form),
            false => Err(Unlike::Layout),
        };
        let (had, takes, help) = match compared {
            Ok(()) => return false,
            Err(Unlike::Transient(field)) => (
                format!("`{was}` with `{field}`, which is not carried over"),
                format!("taken by `{name}` as a whole"),
                match (&field, field.cure()) {
                    // What crosses in a call has no function that asks for its parts.
                    (Transient::Carried(_) | Transient::Foreign(_), Some(cure))
                        if self.ground.is_of_calls =>
                    {
                        cure
                    }
                    (Transient::Left { .. }, Some(cure)) => cure,
                    _ => READ_AROUND.to_owned(),
                },
            ),
            Err(Unlike::Differs(Difference {
                path: at,
                was: takes,
                now: had,
                rule,
                ..
            })) => (
                format!("`{at}` {had}"),
                format!("{takes}, as `{name}` takes it"),
                match rule {
                    Rule::ToolchainChanged => "build both with the same compiler".to_owned(),
                    _ => another,
                },
            ),
            Err(Unlike::TooMany) => (
                format!("`{was}`"),
                format!("one of too many forms, as `{name}` takes it"),
                Unlike::FEWER.to_owned(),
            ),
            Err(Unlike::Layout) => (
                format!("`{was}`"),
                format!("`{}` as `{name}` takes it", form.ty),
                another,
            ),
        };
        self.add(path.to_owned(), &had, &takes, Rule::FormDiffers, &help);
        true
    }

    /// Refuses to convert what a call passes by a function that does not name the form that it takes: the values
    /// of a host may have been through it.
    fn unnamed_form(&mut self, path: &str, name: &str, was: &Type) {
        let had = format!("`{was}`, which may have been through `{name}` or not");
        let takes = format!("what `{name}` takes, which it does not name");
        let help = format!(
            "let `{name}` take the form that it converts: `&Old{was}`, a struct with #[derive(OldState)] that \
             describes `{was}` as it was"
        );
        self.add(path.to_owned(), &had, &takes, Rule::FormDiffers, &help);
    }
}

#[cfg(test)]
mod tests {
    use hotmod::describe::{Description, Form, Hook, Rule, Type, Verdict};
    use hotmod::{Describe, Lazy, OldState, StableState};

    use crate::described::{form, state};
    use crate::plan::Plan;

    #[derive(StableState)]
    #[state(id = "World", meaning = 2)]
    struct Running {
        feet: u64,
    }

    #[derive(StableState)]
    struct World {
        metres: f64,
    }

    #[derive(OldState)]
    #[state(id = "World", meaning = 2)]
    struct Fits {
        feet: u64,
    }

    #[derive(OldState)]
    #[state(id = "World")]
    struct OtherSense {
        feet: u64,
    }

    #[derive(OldState)]
    #[state(id = "World", meaning = 2)]
    struct OtherField {
        feet: u32,
    }

    #[derive(OldState)]
    #[state(id = "Globe", meaning = 2)]
    struct OtherName {
        feet: u64,
    }

    fn newer<F: OldState>() -> Description {
        let mut newer = state::<World>();
        let symbol = "__hotmod_migrate_crate__measured".to_owned();
        let world = Type::from(&World::TYPE);
        newer.hooks.insert(
            world.clone(),
            Hook {
                symbol,
                parallel: false,
            },
        );
        let reads = Form {
            ty: Type::from(&F::TYPE),
            types: form::<F>(),
        };
        newer.reads.insert(world, reads);
        newer
    }

    fn said<F: OldState>() -> String {
        let plan = Plan::new(&state::<Running>(), &newer::<F>());
        let [difference] = plan.differences.as_slice() else {
            panic!("{:#?}", plan.differences);
        };
        assert_eq!(difference.rule, Rule::FormDiffers);
        assert!(
            difference
                .help
                .starts_with("let `measured` take `World` as ")
        );
        format!(
            "{}: {} | {}",
            difference.path, difference.was, difference.now
        )
    }

    #[test]
    fn a_function_is_applied_to_the_form_that_it_names_alone() {
        let plan = Plan::new(&state::<Running>(), &newer::<Fits>());
        assert_eq!(plan.verdict(), Verdict::Migrate, "{:#?}", plan.differences);
        assert_eq!(
            said::<OtherSense>(),
            "World: `World` meaning 2 | meaning 0, as `measured` takes it"
        );
        assert_eq!(
            said::<OtherField>(),
            "World: `World.feet` u64 at offset 0 | u32 at offset 0, as `measured` takes it"
        );
        assert_eq!(
            said::<OtherName>(),
            "World: `World` | `Globe` as `measured` takes it"
        );
    }

    /// What the host makes of a description whose values it decodes: they lie elsewhere.
    fn decoded(mut running: Description) -> Description {
        hotmod::describe::DECODED.clone_into(&mut running.toolchain);
        for described in running.types.values_mut() {
            described.size += 8;
            for field in described.fields_mut() {
                field.size += 8;
                field.offset = field.offset.map(|offset| offset + 8);
            }
        }
        running
    }

    #[derive(StableState)]
    #[state(id = "World")]
    struct Written {
        name: String,
        kinds: Vec<WrittenKind>,
    }

    #[derive(StableState)]
    #[state(id = "Kind")]
    enum WrittenKind {
        Named(String),
    }

    #[derive(OldState)]
    #[state(id = "Kind")]
    enum SameKind {
        Named(String),
    }

    #[derive(OldState)]
    #[state(id = "Kind")]
    enum OtherKind {
        Named(u64),
    }

    #[derive(OldState)]
    #[state(id = "World")]
    struct OfSame {
        name: String,
        kinds: Vec<SameKind>,
    }

    #[derive(OldState)]
    #[state(id = "World")]
    struct OfOther {
        name: String,
        kinds: Vec<OtherKind>,
    }

    #[derive(StableState)]
    #[state(id = "World")]
    struct Partly {
        name: String,
        #[state(skip)]
        cache: u8,
    }

    #[test]
    fn of_what_was_decoded_a_form_is_built_wherever_it_lies() {
        let plan = |was: Description, now| Plan::new(&decoded(was), &now).differences;
        let converted = plan(state::<Written>(), newer::<OfSame>());
        assert!(
            converted.iter().all(|it| it.rule == Rule::Converted),
            "{converted:#?}"
        );
        let refused = plan(state::<Written>(), newer::<OfOther>());
        let [refused] = refused.as_slice() else {
            panic!("{refused:#?}");
        };
        assert_eq!(refused.rule, Rule::FormDiffers);
        assert_eq!(refused.was, "`World.kinds[]::Named.0` String");
        assert_eq!(refused.now, "u64, as `measured` takes it");
        // What a type was is not told of a field that is not carried over: it is read around it.
        let refused = plan(state::<Partly>(), newer::<OfSame>());
        let [refused] = refused.as_slice() else {
            panic!("{refused:#?}");
        };
        assert_eq!(
            refused.was,
            "`World` with `World.cache`, which is not carried over"
        );
        assert!(refused.help.contains("`Old::get`"), "{}", refused.help);
    }

    #[derive(StableState)]
    #[state(id = "Item")]
    struct WrittenItem {
        worth: u32,
    }

    #[derive(StableState)]
    #[state(id = "World")]
    struct Following {
        lazy: Vec<Lazy<WrittenItem>>,
    }

    #[derive(StableState)]
    struct Item {
        worth: u64,
    }

    #[derive(OldState)]
    #[state(id = "World")]
    struct OfFollowing {
        lazy: Vec<Lazy<Item>>,
    }

    #[test]
    fn of_what_was_decoded_no_lazy_is_built_that_would_follow() {
        let was = decoded(state::<Following>());
        let plan = |items: Description| {
            let mut now = newer::<OfFollowing>();
            now.types.extend(items.types);
            Plan::new(&was, &now).differences
        };
        let refused = plan(state::<Item>());
        let [refused] = refused.as_slice() else {
            panic!("{refused:#?}");
        };
        assert_eq!(
            refused.was,
            "`World` with a `Lazy` of `Item`, which is taken along by itself"
        );
        assert!(refused.help.contains("`Old::get`"), "{}", refused.help);
        let same = plan(state::<WrittenItem>());
        assert!(
            same.iter().all(|it| it.rule == Rule::Converted),
            "{same:#?}"
        );
    }
}
