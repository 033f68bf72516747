//! Functions marked `#[hotmod::migrate]` that name the earlier form that they take.

use super::draft::Planner;
use crate::describe::{Difference, Hook, Rule, Type, Unlike};

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
        let compared = match form.ty == *was {
            true => self.taken(form),
            false => Err(Unlike::Layout),
        };
        let (had, takes, help) = match compared {
            Ok(()) => return false,
            Err(Unlike::Transient(field)) => (
                format!("`{was}` with `{field}`, which is not carried over"),
                format!("taken by `{name}` as a whole"),
                field.cure().unwrap_or_else(|| {
                    "let the function take `&Old<'_>`, and read the other fields by `Old::get`"
                        .to_owned()
                }),
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
    use crate::describe::tests::derived::{form, state};
    use crate::describe::{Description, Form, Hook, Rule, Type, Verdict};
    use crate::plan::Plan;
    use crate::{Describe, OldState, StableState};

    #[derive(StableState)]
    #[state(id = "World", meaning = 2)]
    #[allow(dead_code, reason = "only the descriptions matter")]
    struct Running {
        feet: u64,
    }

    #[derive(StableState)]
    #[allow(dead_code, reason = "only the descriptions matter")]
    struct World {
        metres: f64,
    }

    #[derive(OldState)]
    #[state(id = "World", meaning = 2)]
    #[allow(dead_code, reason = "only the descriptions matter")]
    struct Fits {
        feet: u64,
    }

    #[derive(OldState)]
    #[state(id = "World")]
    #[allow(dead_code, reason = "only the descriptions matter")]
    struct OtherSense {
        feet: u64,
    }

    #[derive(OldState)]
    #[state(id = "World", meaning = 2)]
    #[allow(dead_code, reason = "only the descriptions matter")]
    struct OtherField {
        feet: u32,
    }

    #[derive(OldState)]
    #[state(id = "Globe", meaning = 2)]
    #[allow(dead_code, reason = "only the descriptions matter")]
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
}
