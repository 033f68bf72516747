//! The described types as a graph: which lead to which, and which lead to each other.
//!
//! A `Lazy<T>` ends a way: its bytes are the same whatever became of `T`, whose values follow by themselves.
//!
//! A description may hold tens of thousands of types in one chain or one circle, so nothing here
//! calls itself for each, and each is looked at once.

use std::collections::{BTreeMap, BTreeSet};

use super::description::{Described, Description, Type};

/// Described types and where each leads.
pub struct Graph<'a> {
    pub types: Vec<(&'a Type, &'a Described)>,
    /// For each type, the places of those that it leads to.
    leads: Vec<Vec<usize>>,
    /// The types in groups of those that lead to each other; a group comes after the groups that it
    /// leads to. In each group the places ascend, and so do the types.
    pub(crate) components: Vec<Vec<usize>>,
}

impl<'a> Graph<'a> {
    /// The graph of all types of a description.
    pub fn new(types: &'a BTreeMap<Type, Described>) -> Self {
        Graph::of(types.iter().collect())
    }

    /// The graph of the types that can be reached from a type.
    pub fn reached(description: &'a Description, ty: &'a Type) -> Self {
        let mut types = BTreeMap::new();
        let mut open = Vec::new();
        named(ty, &mut |ty| open.push(ty));
        while let Some(ty) = open.pop() {
            let Some((ty, described)) = description.types.get_key_value(ty) else {
                continue;
            };
            if types.insert(ty, described).is_none() {
                mentioned(ty, described, &mut |ty| open.push(ty));
            }
        }
        Graph::of(types.into_iter().collect())
    }

    /// The graph of these types, which are in ascending order.
    fn of(types: Vec<(&'a Type, &'a Described)>) -> Self {
        let places: BTreeMap<&Type, usize> = types
            .iter()
            .enumerate()
            .map(|(place, (ty, _))| (*ty, place))
            .collect();
        let leads = types.iter().map(|(ty, described)| {
            let mut leads = Vec::new();
            mentioned(ty, described, &mut |ty| leads.extend(places.get(ty)));
            leads.sort_unstable();
            leads.dedup();
            leads
        });
        let leads: Vec<Vec<usize>> = leads.collect();
        Graph {
            components: components(&leads),
            types,
            leads,
        }
    }

    /// At most how many types a walk goes through before it meets one again, and the type where such a
    /// walk begins.
    pub(crate) fn depth(&self) -> Option<(usize, &'a Type)> {
        let mut depths = vec![0_usize; self.types.len()];
        let mut deepest = None;
        for component in &self.components {
            let beyond = component.iter().flat_map(|place| &self.leads[*place]);
            let beyond = beyond.map(|place| depths[*place]).max().unwrap_or(0);
            let depth = beyond + component.len();
            for place in component {
                depths[*place] = depth;
            }
            if deepest.is_none_or(|(known, _)| known < depth) {
                let first = component.first().map(|place| self.types[*place].0);
                deepest = first.map(|ty| (depth, ty));
            }
        }
        deepest
    }

    /// The types that mention a type for which `is` holds, or lead to one that does.
    pub fn leading_to(&self, is: impl Fn(&Type) -> bool) -> BTreeSet<&'a Type> {
        let mut found = vec![false; self.types.len()];
        for component in &self.components {
            let leads = component.iter().any(|place| {
                let (ty, described) = self.types[*place];
                let mut fields = described.fields();
                self.leads[*place].iter().any(|place| found[*place])
                    || ty.args.iter().any(|arg| mentions(arg, &is))
                    || fields.any(|field| mentions(&field.ty, &is))
            });
            for place in component {
                found[*place] = leads;
            }
        }
        let types = self.types.iter().zip(found);
        types
            .filter(|(_, found)| *found)
            .map(|((ty, _), _)| *ty)
            .collect()
    }
}

/// Whether `is` holds for a type, or for one among its parameters.
pub fn mentions(ty: &Type, is: &impl Fn(&Type) -> bool) -> bool {
    is(ty) || ty.held().iter().any(|arg| mentions(arg, is))
}

/// Every named type that a described one mentions.
fn mentioned<'a>(ty: &'a Type, described: &'a Described, each: &mut impl FnMut(&'a Type)) {
    ty.args.iter().for_each(|arg| named(arg, each));
    described.fields().for_each(|field| named(&field.ty, each));
}

/// A type, if it is named, and those among its parameters that are. How deep parameters nest is
/// limited where they are read.
fn named<'a>(ty: &'a Type, each: &mut impl FnMut(&'a Type)) {
    if ty.is_named() {
        each(ty);
    }
    ty.held().iter().for_each(|arg| named(arg, each));
}

/// Tarjan's algorithm, with a stack of its own in place of calls.
fn components(leads: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const NEW: usize = usize::MAX;
    let mut order = vec![NEW; leads.len()];
    let mut low = vec![0; leads.len()];
    let mut is_open = vec![false; leads.len()];
    let mut open = Vec::new();
    let mut found = Vec::new();
    let mut count = 0;
    // A place, and how many of its ways have been followed.
    let mut walk: Vec<(usize, usize)> = Vec::new();
    for start in 0..leads.len() {
        if order[start] == NEW {
            walk.push((start, 0));
        }
        while let Some((place, gone)) = walk.pop() {
            if gone == 0 {
                order[place] = count;
                low[place] = count;
                count += 1;
                open.push(place);
                is_open[place] = true;
            }
            match leads[place].get(gone) {
                Some(&next) => {
                    walk.push((place, gone + 1));
                    if order[next] == NEW {
                        walk.push((next, 0));
                    } else if is_open[next] {
                        low[place] = low[place].min(order[next]);
                    }
                }
                None => {
                    if low[place] == order[place] {
                        let from = open.iter().rposition(|it| *it == place).unwrap_or(0);
                        let mut component = open.split_off(from);
                        component.iter().for_each(|place| is_open[*place] = false);
                        component.sort_unstable();
                        found.push(component);
                    }
                    if let Some((before, _)) = walk.last() {
                        low[*before] = low[*before].min(low[place]);
                    }
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_each_other_is_one() {
        let leads = [
            vec![1],
            vec![2, 3],
            vec![1],
            vec![4, 5],
            vec![],
            vec![3, 4],
            vec![6],
        ];
        assert_eq!(
            components(&leads),
            [vec![4], vec![3, 5], vec![1, 2], vec![0], vec![6]]
        );
        assert_eq!(components(&[]), [] as [Vec<usize>; 0]);
    }

    #[test]
    fn long_chains_and_circles_take_no_stack() {
        let chain: Vec<Vec<usize>> = (1..=300_000).map(|next| vec![next % 300_000]).collect();
        let circle = components(&chain);
        assert_eq!((circle.len(), circle[0].len()), (1, 300_000));
        let mut chain = chain;
        chain[299_999].clear();
        let apart = components(&chain);
        assert_eq!((apart.len(), apart[0][0]), (300_000, 299_999));
    }
}
