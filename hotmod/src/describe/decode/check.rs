//! Checks of a whole description: faults that no single record can show.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{DecodeError, Result};
use super::limits;
use crate::describe::description::{Described, Description, Task, Type};
use crate::describe::graph::Graph;

/// Refuses a description that mentions a type without describing it, or whose types lead to each other
/// through too many levels.
pub(super) fn check(description: &Description) -> Result<()> {
    let known = |location: &dyn Fn() -> String, ty: &Type| {
        described(location, ty, &description.types, None)
    };
    for (ty, described) in &description.types {
        mentioned(&|| format!("type {ty}"), ty, described, &known)?;
    }
    let functions = description.functions.values().map(|f| &f.signature);
    let imports = description.imports.values().map(|i| &i.signature);
    let methods = description
        .implementations
        .values()
        .flat_map(|i| &i.methods);
    let expected = description.interfaces.values().flatten();
    let uses = || description.uses.values();
    let used = uses().flat_map(|used| used.functions.values().map(|it| &it.signature));
    let instances = || uses().flat_map(|used| used.instances.iter());
    let called = instances().flat_map(|(_, it)| &it.methods);
    let of_others = used.chain(called);
    for (name, it) in instances() {
        if let Some(key) = &it.key {
            known(&|| format!("the keys of `{name}`"), key)?;
        }
    }
    for signature in (functions.chain(imports))
        .chain(methods)
        .chain(expected)
        .chain(of_others)
    {
        let location = || format!("`{signature}`");
        for param in &signature.params {
            known(&location, &param.ty)?;
        }
        known(&location, &signature.output)?;
    }
    let taken_back = description.downs.values().map(|down| &down.from);
    let hooks = description.hooks.keys().chain(taken_back);
    let hooks = hooks.chain(description.reads.keys());
    for ty in hooks.chain(description.checks.keys()) {
        known(&|| "a migration".to_owned(), ty)?;
    }
    for (name, preflight) in &description.preflights {
        known(&|| format!("preflight `{name}`"), &preflight.state)?;
    }
    for (name, timer) in &description.timers {
        if let Some(state) = &timer.state {
            known(&|| format!("timer `{name}`"), state)?;
        }
    }
    tasks(description)?;
    for state in description.states() {
        known(&|| "a state".to_owned(), state)?;
        // The macros demand it: what becomes of a state stands in the record of its type.
        if !state.is_named() {
            return Err(DecodeError {
                location: "a state".to_owned(),
                expected: "a type that derives `StableState`".to_owned(),
                found: format!("`{state}`"),
            });
        }
    }
    let downs = description.downs.iter();
    let downs = downs.map(|(name, down)| (format!("migration down `{name}`"), &down.form));
    let reads = description.reads.iter();
    let reads = reads.map(|(ty, form)| (format!("migration to `{ty}`"), &form.types));
    for (of, form) in downs.chain(reads) {
        for (ty, it) in form {
            let location = || format!("{of}, type {ty}");
            mentioned(&location, ty, it, &|location, ty| {
                // A type that is not of the form is the module's, and was checked above.
                described(location, ty, &description.types, Some(form))
            })?;
        }
    }
    let forms = description.downs.values().map(|down| &down.form);
    let forms = forms.chain(description.reads.values().map(|form| &form.types));
    for types in [&description.types].into_iter().chain(forms) {
        shallow(types)?;
    }
    Ok(())
}

/// Refuses types that lead to each other through too many levels.
fn shallow(types: &BTreeMap<Type, Described>) -> Result<()> {
    match Graph::new(types).depth() {
        Some((depth, ty)) if depth > limits::DEPTH => Err(DecodeError {
            location: format!("type {ty}"),
            expected: format!(
                "a type from which at most {} lead on, each to the next",
                limits::DEPTH
            ),
            found: format!("one from which {depth} do"),
        }),
        _ => Ok(()),
    }
}

/// Checks a mentioned type; the first argument says where it is mentioned.
type Look<'a> = dyn Fn(&dyn Fn() -> String, &Type) -> Result<()> + 'a;

/// Checks every type that a described type mentions.
fn mentioned(
    location: &dyn Fn() -> String,
    ty: &Type,
    described: &Described,
    each: &Look<'_>,
) -> Result<()> {
    for arg in &ty.args {
        each(location, arg)?;
    }
    for field in described.fields() {
        each(
            &|| format!("{}, field {}", location(), field.name),
            &field.ty,
        )?;
    }
    Ok(())
}

/// Refuses a type that nothing describes.
fn described(
    location: &dyn Fn() -> String,
    ty: &Type,
    types: &BTreeMap<Type, Described>,
    form: Option<&BTreeMap<Type, Described>>,
) -> Result<()> {
    let lacks = |expected: String| {
        Err(DecodeError {
            location: location(),
            expected,
            found: "none".to_owned(),
        })
    };
    if ty.opaque().is_some_and(|opaque| opaque.identity.is_none()) {
        return lacks(format!("a record of which type `{ty}` is"));
    }
    let is_described = types.contains_key(ty) || form.is_some_and(|form| form.contains_key(ty));
    if ty.is_named() && !is_described {
        return lacks(format!("a record of the type `{ty}` that it mentions"));
    }
    let mut args = ty.args.iter();
    args.try_for_each(|arg| described(location, arg, types, form))
}

/// Each task has a table for what it hands over, and there is none without a task.
fn tasks(description: &Description) -> Result<()> {
    let fail = |location: String, expected: &str, found: String| {
        Err(DecodeError {
            location,
            expected: expected.to_owned(),
            found,
        })
    };
    for (name, task) in &description.tasks {
        let table = description.implementations.get(&Task::handover(name));
        let is_its = table.is_some_and(|it| it.state == task.state && it.methods.is_empty());
        if !is_its {
            let found = table.map_or("none".to_owned(), |it| format!("one of `{}`", it.state));
            let expected = "a table of what it hands over";
            return fail(format!("task `{name}`"), expected, found);
        }
    }
    let tables = description.implementations.keys();
    let of_tasks: BTreeSet<String> = description
        .tasks
        .keys()
        .map(|it| Task::handover(it))
        .collect();
    match tables
        .filter(|it| Task::is_handover(it))
        .find(|it| !of_tasks.contains(*it))
    {
        Some(table) => fail(
            format!("`{table}`"),
            "a task of the name",
            "none".to_owned(),
        ),
        None => Ok(()),
    }
}
