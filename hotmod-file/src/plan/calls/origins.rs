//! Which argument of the caller each parameter of a function comes from.

use hotmod::describe::{Difference, Param, Rule};

use super::sides::Side;
use super::told::{refused, told};

const DEFAULT: &str = "callers that were compiled without it pass nothing: write #[hotmod(default)] or \
                       #[hotmod(default = …)] on the parameter";

/// Where the parameters of a function come from.
pub(super) struct Origins {
    /// For each parameter, the place of the argument that it comes from, if it comes from one.
    pub(super) origins: Vec<Option<usize>>,
    /// The places of the arguments that no parameter takes.
    pub(super) dropped: Vec<usize>,
}

/// Finds for each parameter of the function the argument that it comes from. `by_place`: the caller may know the
/// names of its arguments by their places alone.
pub(super) fn origins(
    path: &str,
    caller: Side<'_>,
    callee: Side<'_>,
    by_place: bool,
    found: &mut Vec<Difference>,
) -> Result<Origins, Vec<Difference>> {
    let (given, taken) = (&caller.signature.params, &callee.signature.params);
    let is_named = |params: &[Param]| params.iter().all(|param| !param.name.is_empty());
    let mut origins: Vec<Option<usize>> = match (is_named(given), is_named(taken)) {
        (true, true) => {
            // A file may name two alike; an argument has one owner.
            let mut left = vec![true; given.len()];
            let mut by_name = |param: &Param| {
                let mut all = given.iter().enumerate();
                let is = |(place, it): &(usize, &Param)| left[*place] && it.name == param.name;
                let place = all.find(is)?.0;
                left[place] = false;
                Some(place)
            };
            taken.iter().map(&mut by_name).collect()
        }
        // A host that has a function by its type knows no names.
        (false, _) => match places(given.len(), taken) {
            Some(places) => (0..taken.len())
                .map(|place| places.iter().position(|it| *it == place))
                .collect(),
            None => return Err(Vec::new()),
        },
        (true, false) => match places(taken.len(), given) {
            Some(places) => places.into_iter().map(Some).collect(),
            None => return Err(Vec::new()),
        },
    };
    let is_named = is_named(given) && is_named(taken);
    if is_named && by_place && !keeps_places(given, taken) {
        let help = "hosts that have the function by its type pass what it took, one after the other: keep the \
                    order, or export the new one under another name";
        let (was, now) = (names(given), names(taken));
        let path = format!("{path}()");
        return Err(vec![refused(
            path,
            &was,
            &now,
            Rule::ArgumentsSwapped,
            help,
        )]);
    }
    let order: Vec<usize> = origins.iter().flatten().copied().collect();
    if !order.is_sorted() {
        let (was, now) = (names(given), names(taken));
        found.push(told(format!("{path}()"), &was, &now, Rule::CallConverted));
    }
    let is_taken = |origins: &[Option<usize>], place| origins.contains(&Some(place));
    // As between sides that have nothing to convert: the argument at one place may get another name.
    if given.len() == taken.len() {
        for place in 0..taken.len() {
            let renamed = origins[place].is_none() && !is_taken(&origins, place);
            if renamed && given[place].ty == taken[place].ty && !taken[place].default {
                origins[place] = Some(place);
            }
        }
    }
    for (param, origin) in taken.iter().zip(&origins) {
        if origin.is_some() {
            continue;
        }
        let path = format!("{path}({})", param.name);
        let now = format!("`{}`", param.ty);
        match param.default {
            true => found.push(told(
                path,
                "callers that do not know it",
                &now,
                Rule::CallFilledIn,
            )),
            false => found.push(refused(path, "absent", &now, Rule::ArgumentAdded, DEFAULT)),
        }
    }
    let mut dropped = Vec::new();
    for (place, param) in given.iter().enumerate() {
        if is_taken(&origins, place) {
            continue;
        }
        dropped.push(place);
        let (path, was) = (format!("{path}({})", param.name), format!("`{}`", param.ty));
        if param.default || callee.signature.removed.contains(&param.name) {
            found.push(told(path, &was, callee.name, Rule::CallUnseen));
        } else {
            let help = format!(
                "callers pass it still: keep it, or write #[hotmod(removed(\"{}\"))] on the function",
                param.name
            );
            found.push(refused(path, &was, "absent", Rule::ArgumentRemoved, &help));
        }
    }
    Ok(Origins { origins, dropped })
}

/// Whether what stands for parameters by their places alone, stands for the same as their names do.
fn keeps_places(given: &[Param], taken: &[Param]) -> bool {
    let Some(places) = places(given.len(), taken) else {
        return true; // Told as parameters that came or went.
    };
    let is_in = |params: &[Param], name: &String| params.iter().any(|it| it.name == *name);
    let mut pairs = given.iter().zip(places);
    pairs.all(|(param, place)| {
        let name = &taken[place].name;
        // Another name for what is at the same place is no other parameter.
        *name == param.name || !is_in(given, name) && !is_in(taken, &param.name)
    })
}

fn names(params: &[Param]) -> String {
    let names: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
    format!("({})", names.join(", "))
}

/// Which of these parameters so many arguments without names stand for, one after the other.
pub(super) fn places(count: usize, named: &[Param]) -> Option<Vec<usize>> {
    let required: Vec<usize> = (0..named.len()).filter(|i| !named[*i].default).collect();
    if count == named.len() {
        Some((0..count).collect())
    } else if count == required.len() {
        Some(required)
    } else if count < named.len() && required.iter().all(|place| *place < count) {
        Some((0..count).collect())
    } else {
        None
    }
}
