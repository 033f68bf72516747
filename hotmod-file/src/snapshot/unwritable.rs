//! Which states of a module no snapshot can hold, known from its description alone.

use hotmod::describe::{Description, Difference, Rule, Task, Type};

use super::form::Forms;

/// What to write so that a snapshot can hold a field of this type.
pub fn cure(ty: &Type) -> &'static str {
    match ty.opaque() {
        Some(_) => {
            "write #[state(unsafe(opaque), snapshot = path::to::Codec)] with a type that implements \
             `hotmod::SnapshotCodec`, or carry the field over with #[state(as = …)] or #[state(serde)]"
        }
        None => {
            "carry the field over as another type with #[state(as = …)], or make it anew with #[state(skip)]"
        }
    }
}

/// What a snapshot could not hold of the states of a module, field by field.
pub fn unwritable(module: &Description) -> Vec<Difference> {
    let mut found = Vec::new();
    for (interface, implementation) in &module.implementations {
        // What a task hands over stands under a name that no interface has, and in no snapshot.
        if Task::is_handover(interface) {
            continue;
        }
        let forms = Forms::of(module, &implementation.state);
        for (path, ty) in forms.unwritable() {
            let difference = Difference {
                path,
                was: "what a snapshot can hold".to_owned(),
                now: format!("`{ty}`"),
                rule: Rule::Unwritable,
                help: cure(&ty).to_owned(),
            };
            if !found.contains(&difference) {
                found.push(difference);
            }
        }
    }
    found
}
