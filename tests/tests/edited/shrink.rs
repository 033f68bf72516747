//! Less of a case that fails: what can be left out of it.

use super::Case;
use super::types::*;

/// The case without some of its steps: first without very many.
pub(crate) fn fewer_steps(case: &Case) -> Vec<Case> {
    let len = case.steps.len();
    let mut all = Vec::new();
    let mut size = len.div_ceil(2);
    while size > 0 {
        for from in (0..len).step_by(size) {
            let mut less = case.clone();
            less.steps.drain(from..len.min(from + size));
            all.push(less);
        }
        size /= 2;
    }
    all
}

/// The case with less in its types.
pub(crate) fn smaller_types(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    for version in 1..VERSIONS {
        if case.types.checks[version].is_some() {
            let mut less = case.clone();
            less.types.checks[version] = None;
            all.push(less);
        }
    }
    for version in 1..VERSIONS {
        if case.types.preflights[version] {
            let mut less = case.clone();
            less.types.preflights[version] = false;
            all.push(less);
        }
    }
    if case.types.broken.is_some() {
        let mut less = case.clone();
        less.types.broken = None;
        all.push(less);
    }
    for (place, described) in case.types.types.iter().enumerate().rev() {
        let mut fields = Vec::new();
        for (variant, it) in described.variants.iter().enumerate() {
            fields.extend((0..it.fields.len()).map(|field| (variant, field)));
        }
        let is_fixed = |&&(variant, field): &&(usize, usize)| {
            let id = described.variants[variant].fields[field].id;
            let kept = case
                .types
                .checks
                .iter()
                .flatten()
                .any(|check| check.keeps == Some(id));
            id > POKES && !kept && described.mark != Some(id)
        };
        for &(variant, field) in fields.iter().filter(is_fixed) {
            let mut less = case.clone();
            let fields = &mut less.types.types[place].variants[variant].fields;
            let id = fields.remove(field).id;
            if less
                .types
                .broken
                .is_some_and(|broken| broken.lacks == Some(id))
            {
                less.types.broken = None;
            }
            less.forget(id);
            all.push(less);
        }
        for version in 1..VERSIONS {
            for &(variant, field) in fields.iter().filter(is_fixed) {
                let forms = &described.variants[variant].fields[field].forms;
                let (was, now) = (&forms[version - 1], &forms[version]);
                let is_same = match (was, now) {
                    (Some(was), Some(now)) => was.name == now.name && was.ty == now.ty,
                    (was, now) => was.is_none() == now.is_none(),
                };
                if let (Some(was), false) = (was, is_same) {
                    let mut less = case.clone();
                    let forms = &mut less.types.types[place].variants[variant].fields[field].forms;
                    forms[version..].fill(Some(was.clone()));
                    all.push(less);
                }
            }
            if let Some(hook) = &described.forms[version].hook {
                // The function goes from the versions where it was left in place, too.
                let mut less = case.clone();
                let meaning = described.forms[version - 1].meaning;
                for form in &mut less.types.types[place].forms[version..] {
                    form.hook = form.hook.take().filter(|it| it.name != hook.name);
                    form.meaning = meaning;
                }
                all.push(less);
            }
        }
    }
    all
}

impl Case {
    /// Leaves a field out of all values.
    fn forget(&mut self, id: usize) {
        for start in &mut self.starts {
            strip(&mut start.state.root, id);
            start
                .state
                .items
                .iter_mut()
                .for_each(|item| strip(item, id));
        }
        let fields = self.types.types.iter_mut().flat_map(|it| &mut it.variants);
        for form in fields
            .flat_map(|it| &mut it.fields)
            .flat_map(|it| &mut it.forms)
            .flatten()
        {
            let values = [&mut form.default, &mut form.fill];
            values
                .into_iter()
                .flatten()
                .for_each(|value| strip(value, id));
        }
    }
}

fn strip(value: &mut Value, id: usize) {
    match value {
        Value::Word(_) | Value::None | Value::Shared(_) | Value::Weak(_) => {}
        Value::Some(inner) | Value::Ok(inner) | Value::Err(inner) => strip(inner, id),
        Value::List(all) => all.iter_mut().for_each(|it| strip(it, id)),
        Value::Map(all) => all.iter_mut().for_each(|(key, value)| {
            strip(key, id);
            strip(value, id);
        }),
        Value::Fields(_, all) => {
            all.retain(|(known, _)| *known != id);
            all.iter_mut().for_each(|(_, it)| strip(it, id));
        }
    }
}
