//! What a module exports, compared with its next version and with what a host expects.

use std::collections::BTreeSet;

use hotmod::describe::{Attribute, Description, Name, Task, Timer, Type};
use hotmod::describe::{Difference, Rule};

use super::found::{Converts, Diff};

/// Who calls a method of a module that is to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// Callers that may have been compiled with what runs: the method has to stay callable for them.
    AsItRuns,
    /// Callers that are compared with the candidate on their own: what runs does not tell what they were
    /// compiled with.
    ByOthers,
    /// No caller: the method may change and go.
    Never,
}

/// What differs between the exports of the module that runs and those of a candidate to replace it.
/// What becomes of its state is for [`Plan`](crate::plan::Plan) to say, and what it imports for
/// [`needs`](super::needs).
///
/// `called` says who calls a method of an interface or, where no method is given, any of its methods;
/// `called_function` says who calls a function.
pub fn exports(
    running: &Description,
    candidate: &Description,
    converts: &dyn Converts,
    called: &dyn Fn(&str, Option<&str>) -> Called,
    called_function: &dyn Fn(&str) -> Called,
) -> Vec<Difference> {
    let mut diff = Diff::converting(running, candidate, converts);
    for (name, was) in &running.functions {
        let path = format!("{name}()");
        let by_others = called_function(name) != Called::AsItRuns;
        match candidate.functions.get(name) {
            Some(now) => {
                let before = diff.found.len();
                diff.signature(name, &was.signature, &now.signature);
                if by_others && diff.found[before..].iter().any(|it| it.rule.refuses()) {
                    diff.found.truncate(before);
                    diff.uncalled(
                        name.clone(),
                        &was.signature,
                        &format!("`{}`", now.signature),
                    );
                }
                diff.purity(path, was, now);
            }
            None if by_others => diff.uncalled(name.clone(), &was.signature, "absent"),
            None => diff.removed(path, &was.signature),
        }
    }
    for (name, now) in &candidate.functions {
        if !running.functions.contains_key(name) {
            let now = format!("`{}`", now.signature);
            diff.add(format!("{name}()"), "absent", &now, Rule::ExportAdded, "");
        }
    }
    for (name, was) in &running.implementations {
        match candidate.implementations.get(name) {
            Some(now) => {
                if was.state != now.state && !renamed(candidate, &was.state, &now.state) {
                    diff.add(
                        name.clone(),
                        &format!("implemented by `{}`", was.state),
                        &format!("by `{}`", now.state),
                        Rule::StateChanged,
                        "live state belongs to the type that it was made of: implement the \
                         interface for that type",
                    );
                }
                if called(name, None) == Called::AsItRuns {
                    diff.sharing(name);
                }
                let called = |method: &str| called(name, Some(method));
                diff.methods(name, (&was.methods, &now.methods), &called);
            }
            // A task that is gone is told below.
            None if Task::is_handover(name) => {}
            None if called(name, None) != Called::Never => diff.interface_removed(name, &was.state),
            None => {
                let was = format!("implemented by `{}`", was.state);
                diff.add(
                    name.clone(),
                    &was,
                    "not implemented",
                    Rule::MethodUncalled,
                    "",
                );
            }
        }
    }
    for name in candidate.implementations.keys() {
        if !running.implementations.contains_key(name) && !Task::is_handover(name) {
            diff.add(name.clone(), "absent", "implemented", Rule::ExportAdded, "");
        }
    }
    let names: BTreeSet<_> = running
        .timers
        .keys()
        .chain(candidate.timers.keys())
        .collect();
    for name in names {
        let timer = |of: &Description| {
            let timer = of.timers.get(name);
            timer.map_or_else(|| "absent".to_owned(), Timer::to_string)
        };
        let (was, now) = (timer(running), timer(candidate));
        if was != now {
            diff.add(name.clone(), &was, &now, Rule::TimerChanged, "");
        }
    }
    let names: BTreeSet<_> = running.tasks.keys().chain(candidate.tasks.keys()).collect();
    for name in names {
        let task = |of: &Description| {
            let task = of.tasks.get(name);
            task.map_or_else(|| "absent".to_owned(), Task::to_string)
        };
        let (was, now) = (task(running), task(candidate));
        if was != now {
            diff.add(name.clone(), &was, &now, Rule::TaskChanged, "");
        }
    }
    let names: BTreeSet<_> = running
        .resources
        .keys()
        .chain(candidate.resources.keys())
        .collect();
    for name in names {
        let read = |of: &Description| match of.resources.contains_key(name) {
            true => "read",
            false => "not read",
        };
        let (was, now) = (read(running), read(candidate));
        if was != now {
            let path = format!("resource `{name}`");
            diff.add(path, was, now, Rule::ResourceChanged, "");
        }
    }
    let mut made_under = BTreeSet::new();
    for state in candidate.inits.keys() {
        let described = candidate.types.get(state);
        for attribute in described.iter().flat_map(|it| &it.attributes) {
            if let Attribute::Was(id) = attribute {
                made_under.insert(id.as_str());
            }
        }
    }
    for state in running.inits.keys() {
        let renamed = matches!(&state.name, Name::Named(id) if made_under.contains(id.as_str()));
        if !candidate.inits.contains_key(state) && !renamed {
            diff.add(
                state.to_string(),
                "made by an init",
                "without one",
                Rule::InitRemoved,
                "write a function marked #[hotmod::init] that returns it",
            );
        }
    }
    diff.found
}

/// What a host expects, compared with a candidate: differences that would make a call unsound.
pub fn expectation(
    expected: &Description,
    candidate: &Description,
    converts: &dyn Converts,
) -> Vec<Difference> {
    let mut diff = Diff::converting(expected, candidate, converts);
    for (name, was) in &expected.functions {
        match candidate.functions.get(name) {
            Some(now) => diff.signature(name, &was.signature, &now.signature),
            None if was.signature.optional => diff.add(
                format!("{name}()"),
                &format!("`{}`, which is optional", was.signature),
                "absent",
                Rule::MethodAbsent,
                "",
            ),
            None => diff.removed(format!("{name}()"), &was.signature),
        }
    }
    for (name, methods) in &expected.interfaces {
        match candidate.implementations.get(name) {
            Some(now) => {
                diff.sharing(name);
                diff.methods(name, (methods, &now.methods), &|_| Called::AsItRuns);
            }
            None => diff.add(
                name.clone(),
                "expected by the host",
                "not implemented",
                Rule::ExportRemoved,
                &format!("write `#[hotmod::export] impl {name} for …` in the module"),
            ),
        }
    }
    diff.found
}

/// Whether a type says that it is another under a new name.
fn renamed(now: &Description, was: &Type, ty: &Type) -> bool {
    let Name::Named(id) = &was.name else {
        return false;
    };
    let described = now.types.get(ty);
    described.is_some_and(|it| it.attributes.contains(&Attribute::Was(id.clone())))
}
