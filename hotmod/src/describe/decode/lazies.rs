//! Where a `Lazy` may stand: each has one owner, which is reached from a state, and whose code does not look at it
//! before the state is final.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{DecodeError, KEPT, NOT_MADE, Result, SEEN, UNKEYED, UNSHARED};
use crate::describe::builtin::Builtin;
use crate::describe::description::{Described, Description, Signature, Type};
use crate::describe::graph::{Graph, mentions};

fn is_lazy(ty: &Type) -> bool {
    ty.builtin() == Some(Builtin::Lazy)
}

/// Refuses a `Lazy` where its value could not follow.
pub(super) fn check(description: &Description) -> Result<()> {
    let holders = Graph::new(&description.types).leading_to(is_lazy);
    let holds = |ty: &Type| mentions(ty, &|ty| is_lazy(ty) || holders.contains(ty));
    for (ty, described) in &description.types {
        for field in described.fields() {
            let location = || format!("type {ty}, field {}", field.name);
            within(&location, &field.ty, &holds)?;
        }
    }
    let functions = description.functions.values().map(|it| &it.signature);
    let imports = description.imports.values().map(|it| &it.signature);
    let implementations = description.implementations.values();
    let methods = implementations.flat_map(|it| &it.methods);
    let expected = description.interfaces.values().flatten();
    let uses = description.uses.values();
    let used = uses.flat_map(|used| {
        let methods = used.instances.values().flat_map(|it| &it.methods);
        used.functions
            .values()
            .map(|it| &it.signature)
            .chain(methods)
    });
    let signatures = functions
        .chain(imports)
        .chain(methods)
        .chain(expected)
        .chain(used);
    for signature in signatures {
        passed(signature, &holds)?;
    }
    for (name, down) in &description.downs {
        not_made(&format!("migration down `{name}`"), &down.form, &holders)?;
    }
    Ok(())
}

/// Looks at a type's expression, and at what the values of `Lazy`s in it are.
fn within(location: &dyn Fn() -> String, ty: &Type, holds: &dyn Fn(&Type) -> bool) -> Result<()> {
    use Builtin::{
        As, BTreeMap, BTreeSet, BinaryHeap, Elements, Entries, HashMap, HashSet, RHashMap,
    };
    let builtin = ty.builtin();
    let keyed = matches!(
        builtin,
        Some(HashMap | BTreeMap | RHashMap | Entries | HashSet | BTreeSet | Elements | BinaryHeap)
    );
    let expected = match builtin {
        Some(it) if it.is_owner() && ty.args.iter().any(holds) => UNSHARED,
        _ if keyed && ty.args.first().is_some_and(holds) => UNKEYED,
        Some(As) if ty.args.iter().any(holds) => SEEN,
        _ if ty.opaque().is_some() && ty.args.iter().any(holds) => SEEN,
        _ => {
            return ty
                .args
                .iter()
                .try_for_each(|arg| within(location, arg, holds));
        }
    };
    Err(DecodeError {
        location: location(),
        expected: expected.to_owned(),
        found: format!("`{ty}`"),
    })
}

fn passed(signature: &Signature, holds: &dyn Fn(&Type) -> bool) -> Result<()> {
    let params = signature.params.iter().map(|param| &param.ty);
    let mut passed = params.chain([&signature.output]);
    match passed.find(|ty| holds(ty)) {
        None => Ok(()),
        Some(ty) => Err(DecodeError {
            location: format!("`{signature}`"),
            expected: KEPT.to_owned(),
            found: match is_lazy(ty) {
                true => format!("`{ty}`"),
                false => format!("`{ty}`, which holds one"),
            },
        }),
    }
}

fn not_made(
    location: &str,
    form: &BTreeMap<Type, Described>,
    holders: &BTreeSet<&Type>,
) -> Result<()> {
    for (ty, described) in form {
        let lazy = |ty: &Type| mentions(ty, &|ty| is_lazy(ty) || holders.contains(ty));
        if let Some(field) = described.fields().find(|field| lazy(&field.ty)) {
            return Err(DecodeError {
                location: format!("{location}, type {ty}, field {}", field.name),
                expected: NOT_MADE.to_owned(),
                found: format!("`{}`", field.ty),
            });
        }
    }
    Ok(())
}
