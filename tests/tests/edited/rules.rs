//! What becomes of a state from one version to the next, by what its author did: slow, and in no way as
//! a plan does it.

use std::collections::HashSet;

use super::types::*;
use super::values;

/// Why a state stays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Misfit {
    /// It does not fit, or is owned by others.
    Stays,
    /// Whether it fits depends on the places that the compiler chooses.
    Unclear,
}

type Result<T> = std::result::Result<T, Misfit>;

/// A way from one version to one beside it.
struct Way<'a> {
    types: &'a [Described],
    from: usize,
    to: usize,
    old: &'a [Value],
    /// The items that were converted.
    new: Vec<Option<Value>>,
    /// How many owners of each are carried over.
    owners: Vec<usize>,
}

/// The state as it is in the next version or the one before.
///
/// Nothing is said of what is held outside: see [`converts`].
pub(crate) fn migrated(types: &Types, state: &State, from: usize, to: usize) -> Result<State> {
    carried(types, state, from, to).map(|(state, _)| state)
}

/// The same, and how many owners of each item are carried over.
pub(crate) fn carried(
    types: &Types,
    state: &State,
    from: usize,
    to: usize,
) -> Result<(State, Vec<usize>)> {
    let mut way = Way {
        types: &types.types,
        from,
        to,
        old: &state.items,
        new: vec![None; state.items.len()],
        owners: vec![0; state.items.len()],
    };
    let world = Ty::Named(types.types.len() - 1, None);
    let root = way.value(&world, &world, &state.root)?;
    let mut owners = vec![0; state.items.len()];
    let mut met = vec![false; state.items.len()];
    count(&state.root, &state.items, &mut met, &mut owners);
    for (item, kind) in state.kinds.iter().enumerate() {
        // An owner in a value that goes counts as one outside.
        if met[item] && owners[item] != way.owners[item] && way.owners[item] > 0 {
            match converts(&types.types, kind, from, to) {
                Some(false) => {}
                Some(true) => return Err(Misfit::Stays),
                None => return Err(Misfit::Unclear),
            }
        }
    }
    let items = way.new.into_iter().zip(&state.items);
    // An item that no owner leads to does not matter.
    let items = items
        .map(|(new, old)| new.unwrap_or_else(|| old.clone()))
        .collect();
    let state = State {
        root,
        items,
        kinds: state.kinds.clone(),
    };
    Ok((state, way.owners))
}

/// Counts the owners of each item, weak ones too.
fn count(value: &Value, items: &[Value], met: &mut [bool], owners: &mut [usize]) {
    let mut each = |value: &Value| count(value, items, met, owners);
    match value {
        Value::Word(_) | Value::None | Value::Weak(None) => {}
        Value::Some(inner) | Value::Ok(inner) | Value::Err(inner) => each(inner),
        Value::List(all) => all.iter().for_each(each),
        Value::Map(all) => all.iter().for_each(|(key, value)| {
            each(key);
            each(value);
        }),
        Value::Fields(_, all) => all.iter().for_each(|(_, value)| each(value)),
        Value::Weak(Some(item)) => owners[*item] += 1,
        Value::Shared(item) => {
            owners[*item] += 1;
            if !std::mem::replace(&mut met[*item], true) {
                count(&items[*item], items, met, owners);
            }
        }
    }
}

/// A field of a state, as the state is shown.
pub(crate) fn field(state: &State, id: usize) -> &Value {
    let Value::Fields(_, fields) = &state.root else {
        unreachable!("a state is a struct");
    };
    let field = fields.iter().find(|(known, _)| *known == id);
    &field.expect("a field that is always there").1
}

fn integer(value: &Value) -> i128 {
    match value {
        Value::Word(word) => word.parse().expect("a number"),
        _ => unreachable!("a number"),
    }
}

/// Whether the check of a version refuses a state.
pub(crate) fn is_vetoed(state: &State) -> bool {
    integer(field(state, VETO)) % 4 == 3
}

impl Way<'_> {
    fn value(&mut self, was: &Ty, now: &Ty, value: &Value) -> Result<Value> {
        let some = |value| Value::Some(Box::new(value));
        Ok(match (was, now, value) {
            (Ty::Leaf(_), Ty::Leaf(_), Value::Word(word)) => {
                Value::Word(fits(was, now, word).ok_or(Misfit::Stays)?)
            }
            (Ty::Option(_, a), Ty::Option(_, b), value) => match value {
                Value::Some(value) => some(self.value(a, b, value)?),
                _ => Value::None,
            },
            (Ty::Around(k, a), Ty::Around(l, b), value) if k == l => self.value(a, b, value)?,
            (Ty::Around(k, a), now, value) if BOXES.contains(k) => self.value(a, now, value)?,
            (was, Ty::Around(k, b), value) if BOXES.contains(k) => self.value(was, b, value)?,
            (Ty::Option(_, a), now, Value::Some(value)) => self.value(a, now, value)?,
            (Ty::Option(..), _, _) => return Err(Misfit::Stays),
            (was, Ty::Option(_, b), value) => some(self.value(was, b, value)?),
            (Ty::Result(a, _), Ty::Result(b, _), Value::Ok(value)) => {
                Value::Ok(Box::new(self.value(a, b, value)?))
            }
            (Ty::Result(_, a), Ty::Result(_, b), Value::Err(value))
            | (Ty::Bound(a), Ty::Bound(b), Value::Err(value)) => {
                Value::Err(Box::new(self.value(a, b, value)?))
            }
            (Ty::Bound(a), Ty::Bound(b), Value::Ok(value)) => {
                Value::Ok(Box::new(self.value(a, b, value)?))
            }
            (Ty::Bound(_), Ty::Bound(_), Value::None) => Value::None,
            (Ty::Range(_, a), Ty::Range(_, b), Value::List(ends)) => self.list(a, b, ends)?,
            (Ty::Array(_, a), Ty::Array(len, b), Value::List(items)) => {
                let items = &items[..items.len().min(*len)];
                self.list(a, b, items)?
            }
            (Ty::Pair(a, b), Ty::Pair(c, d), Value::List(items)) => Value::List(vec![
                self.value(a, c, &items[0])?,
                self.value(b, d, &items[1])?,
            ]),
            (Ty::Bag(kind, a), Ty::Bag(_, b), Value::List(items)) if SETS.contains(kind) => {
                let elements = self.list(a, b, items)?;
                let Value::List(all) = &elements else {
                    unreachable!("a list")
                };
                self.tells_apart(b, all)?;
                elements
            }
            (
                Ty::List(_, a) | Ty::Slice(a) | Ty::Bag(_, a),
                Ty::List(_, b) | Ty::Slice(b) | Ty::Bag(_, b),
                Value::List(items),
            ) => self.list(a, b, items)?,
            (Ty::Map(_, a, b), Ty::Map(_, c, d), Value::Map(items)) => {
                let items = items.iter();
                let items = items
                    .map(|(key, value)| Ok((self.value(a, c, key)?, self.value(b, d, value)?)));
                let items: Vec<(Value, Value)> = items.collect::<Result<_>>()?;
                self.tells_apart(c, items.iter().map(|(key, _)| key))?;
                Value::Map(items)
            }
            (Ty::Arc(_, a), Ty::Arc(_, b), Value::Shared(item)) => {
                self.owners[*item] += 1;
                if self.new[*item].is_none() {
                    // An owner of the item inside of the item finds it begun.
                    self.new[*item] = Some(Value::None);
                    let old = self.old;
                    self.new[*item] = Some(self.value(a, b, &old[*item])?);
                }
                value.clone()
            }
            (Ty::Weak(..), Ty::Weak(..), value) => {
                if let Value::Weak(Some(item)) = value {
                    self.owners[*item] += 1;
                }
                value.clone()
            }
            (Ty::Named(place, a), Ty::Named(_, b), Value::Fields(id, fields)) => {
                self.described(*place, (a.as_deref(), b.as_deref()), *id, fields)?
            }
            (was, now, value) => unreachable!("{value:?}: {was:?} has become {now:?}"),
        })
    }

    fn list(&mut self, was: &Ty, now: &Ty, items: &[Value]) -> Result<Value> {
        let items = items.iter().map(|item| self.value(was, now, item));
        Ok(Value::List(items.collect::<Result<_>>()?))
    }

    /// Keys and elements may have become alike, as those of which nothing but a default is left.
    fn tells_apart<'v>(&self, ty: &Ty, keys: impl IntoIterator<Item = &'v Value>) -> Result<()> {
        let items = self.new.iter().zip(self.old);
        let items: Vec<Value> = items
            .map(|(new, old)| new.as_ref().unwrap_or(old).clone())
            .collect();
        let mut known = HashSet::new();
        let all_unlike = keys
            .into_iter()
            .all(|key| known.insert(values::bare(self.types, self.to, ty, key, &items)));
        match all_unlike {
            true => Ok(()),
            false => Err(Misfit::Stays),
        }
    }

    fn described(
        &mut self,
        place: usize,
        (a, b): (Option<&Ty>, Option<&Ty>),
        id: usize,
        values: &[(usize, Value)],
    ) -> Result<Value> {
        let types = self.types;
        let described = &types[place];
        let (from, to) = (self.from, self.to);
        let variant = described.variant(id);
        if described.variants[variant].names[to].is_none() {
            let becomes = described.variants[variant].becomes.filter(|_| from < to);
            return Ok(Value::Fields(becomes.ok_or(Misfit::Stays)?, Vec::new()));
        }
        let hook = described.hook(from, to);
        let mut taken = Vec::new();
        for (field, now) in described.fields(variant, to) {
            let value = values.iter().find(|(id, _)| *id == field.id);
            let was = field.forms[from].as_ref().filter(|was| was.skip.is_none());
            let value = match (was.zip(value), &now.skip) {
                (_, Some(anew)) => anew.clone(),
                (Some((was, (_, value))), None) => {
                    // A number that has become a text, or a hidden value that has become a number.
                    if now.with && from < to {
                        value.clone()
                    } else {
                        let (was, ty) = (was.ty.of(a), now.ty.of(b));
                        let mut value = self.value(&was, &ty, value)?;
                        if let (Ty::Array(len, _), Ty::Array(more, _)) = (&was, &ty)
                            && let (Value::List(items), Some(fill)) = (&mut value, &now.fill)
                        {
                            items.extend(std::iter::repeat_n(
                                fill.clone(),
                                more.saturating_sub(*len),
                            ));
                        }
                        value
                    }
                }
                (None, None) => now.default.clone().unwrap_or(Value::None),
            };
            let value = match hook {
                Some(_) if described.mark == Some(field.id) => {
                    let mark = integer(&value);
                    let raised = match from < to {
                        true if mark % UNTAKEN.0 == UNTAKEN.1 => return Err(Misfit::Stays),
                        true => mark
                            .checked_add(RAISED)
                            .filter(|it| *it <= i128::from(u64::MAX)),
                        false => Some(mark - RAISED).filter(|it| *it >= 0),
                    };
                    Value::Word(raised.ok_or(Misfit::Stays)?.to_string())
                }
                _ => value,
            };
            taken.push((field.id, value));
        }
        Ok(Value::Fields(id, taken))
    }
}

/// The word as one of another type, if it is one.
fn fits(was: &Ty, now: &Ty, word: &str) -> Option<String> {
    if was == now {
        return Some(word.to_owned());
    }
    let (Some(was), Some(now)) = (was.leaf(), now.leaf()) else {
        return None;
    };
    let exact = |number: i128| match now.rust {
        "f32" => number as f32 as i128 == number,
        "f64" => number as f64 as i128 == number,
        _ => true,
    };
    match (was.kind, now.kind) {
        (Kind::Number(..), Kind::Number(least, greatest)) => {
            let number: i128 = word.parse().expect("a number");
            let fits = match now.rust {
                "f32" | "f64" => exact(number),
                _ => (least..=greatest).contains(&number),
            };
            fits.then(|| number.to_string())
        }
        _ => Some(word.to_owned()),
    }
}

/// The described types whose values are converted between versions beside each other, with the
/// parameter that they are applied to.
pub(crate) fn converted(types: &Types, from: usize, to: usize) -> Vec<(usize, Option<Ty>)> {
    let mut met = Vec::new();
    let world = Ty::Named(types.types.len() - 1, None);
    meet(&types.types, (from, to), &world, &world, &mut met);
    met
}

fn meet(
    types: &[Described],
    way: (usize, usize),
    was: &Ty,
    now: &Ty,
    met: &mut Vec<(usize, Option<Ty>)>,
) {
    let mut each = |was: &[&Ty], now: &[&Ty]| {
        for (was, now) in was.iter().zip(now) {
            meet(types, way, was, now, met);
        }
    };
    match (was, now) {
        (Ty::Named(place, a), Ty::Named(_, b)) => {
            let param = a.as_deref().cloned();
            if met.contains(&(*place, param.clone())) {
                return;
            }
            met.push((*place, param));
            let fields = types[*place]
                .variants
                .iter()
                .filter(|variant| variant.names[way.0].is_some() && variant.names[way.1].is_some());
            for field in fields.flat_map(|variant| &variant.fields) {
                if let (Some(was), Some(now)) = (&field.forms[way.0], &field.forms[way.1])
                    && was.skip.is_none()
                    && now.skip.is_none()
                {
                    let (was, now) = (was.ty.of(a.as_deref()), now.ty.of(b.as_deref()));
                    meet(types, way, &was, &now, met);
                }
            }
        }
        (Ty::Option(_, a) | Ty::Around(_, a), Ty::Option(_, b) | Ty::Around(_, b)) => {
            each(&[a], &[b])
        }
        (Ty::Option(_, a), now) => each(&[a], &[now]),
        (was, Ty::Option(_, b)) => each(&[was], &[b]),
        (Ty::Around(kind, a), now) if BOXES.contains(kind) => each(&[a], &[now]),
        (was, Ty::Around(kind, b)) if BOXES.contains(kind) => each(&[was], &[b]),
        (was, now) => each(&was.parts(), &now.parts()),
    }
}

/// Whether a state could be taken back.
pub(crate) fn leads_back(types: &Types, from: usize, to: usize) -> bool {
    let all = converted(types, from, to);
    all.iter().all(|(place, _)| {
        let described = &types.types[*place];
        if let Some(hook) = described.hook(from, to) {
            return hook.down;
        }
        described.variants.iter().all(|variant| {
            let there = variant.names[from].is_some() && variant.names[to].is_some();
            !there
                || variant
                    .fields
                    .iter()
                    .all(|field| match (&field.forms[from], &field.forms[to]) {
                        (_, None) => true,
                        (_, Some(older)) if older.skip.is_some() => true,
                        (Some(newer), Some(_)) if newer.skip.is_none() => !newer.with,
                        (_, Some(older)) => older.default.is_some() || older.ty.may_be_absent(),
                    })
        })
    })
}

/// Whether some field is of a type that fulfils this, in some version.
pub(crate) fn has(types: &Types, is: &impl Fn(&Ty) -> bool) -> bool {
    let variants = types.types.iter().flat_map(|it| &it.variants);
    let mut forms = variants
        .flat_map(|it| &it.fields)
        .flat_map(|it| &it.forms)
        .flatten();
    forms.any(|form| form.ty.any(is))
}

/// Whether a state surely goes on to a version right away, past those between: what their source said is
/// still said, and no function is for a form between.
pub(crate) fn leads_over(types: &Types, from: usize, to: usize) -> bool {
    types.types.iter().all(|it| it.leads_over(from, to))
}

impl Described {
    fn leads_over(&self, from: usize, to: usize) -> bool {
        let says = |all: &[String], said: &String| all.contains(said);
        let between = || from + 1..=to;
        let last = &self.forms[to];
        let hook = self.hook(from, to);
        let is_kept = between().all(|version| {
            let form = &self.forms[version];
            form.attributes.iter().all(|it| says(&last.attributes, it))
                && form.hook.as_ref().is_none_or(|it| {
                    hook.is_some_and(|hook| hook.from == from && hook.name == it.name)
                })
        });
        is_kept
            && (last.meaning == self.forms[from].meaning || hook.is_some())
            && self.variants.iter().all(|variant| {
                let (was, now) = (&variant.names[from], &variant.names[to]);
                let attributes = &variant.attributes[to];
                let is_told = match (was, now) {
                    (Some(was), Some(now)) => {
                        was == now || says(attributes, &format!("was = {was:?}"))
                    }
                    (Some(was), None) => {
                        let becomes = format!("removed_variant({was} =>");
                        variant.becomes.is_none()
                            || last.attributes.iter().any(|it| it.starts_with(&becomes))
                    }
                    (None, _) => true,
                };
                is_told
                    && variant
                        .fields
                        .iter()
                        .all(|field| field.leads_over(from, to, &last.attributes))
            })
    }
}

impl Field {
    fn leads_over(&self, from: usize, to: usize, attributes: &[String]) -> bool {
        let between = &self.forms[from + 1..=to];
        if between.iter().flatten().any(|form| form.with) {
            return false;
        }
        match (&self.forms[from], &self.forms[to]) {
            (None, None) => true,
            (None, Some(now)) => {
                now.skip.is_some() || now.default.is_some() || now.ty.may_be_absent()
            }
            (Some(was), None) => {
                was.skip.is_some() || attributes.contains(&format!("removed({:?})", was.name))
            }
            (Some(was), Some(now)) => {
                let says = |said: &str| now.attributes.iter().any(|it| it == said);
                let is_named = was.name == now.name || says(&format!("was = {:?}", was.name));
                let keyed = |ty: &Ty| matches!(ty, Ty::Map(..) | Ty::Bag(..));
                let grown = match (&was.ty, &now.ty) {
                    (Ty::Array(len, _), Ty::Array(more, _)) => len < more,
                    _ => false,
                };
                let is_same = was.ty == now.ty;
                let is_said = says("checked") && (says("rebuild") || !now.ty.any(&keyed));
                is_named && (is_same || is_said) && (!grown || now.fill.is_some())
            }
        }
    }
}

/// Whether the content of an item with several owners is converted between versions beside each other;
/// `None` where that depends on the places that the compiler chooses.
pub(crate) fn converts(types: &[Described], ty: &Ty, from: usize, to: usize) -> Option<bool> {
    let mut met = Vec::new();
    changes(types, ty, (from, to), &mut met)
}

fn changes(types: &[Described], ty: &Ty, way: (usize, usize), met: &mut Vec<Ty>) -> Option<bool> {
    let mut outcome = Some(false);
    let mut and = |other: Option<bool>| {
        outcome = match (outcome, other) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        }
    };
    // An owner is the same whatever its item is; but what is not carried over is of all that leads to it.
    for part in ty.parts() {
        and(changes(types, part, way, met));
    }
    if let Some(Kind::Foreign(attribute)) = ty.leaf().map(|leaf| leaf.kind)
        && !attribute.starts_with("unsafe")
    {
        and(Some(true));
    }
    if let Ty::Named(place, param) = ty
        && !met.contains(ty)
    {
        met.push(ty.clone());
        let described = &types[*place];
        let (was, now) = (&described.forms[way.0], &described.forms[way.1]);
        if was.name != now.name {
            and(None);
        }
        if described.hook(way.0, way.1).is_some() {
            and(None);
        }
        for variant in &described.variants {
            if variant.names[way.0] != variant.names[way.1] {
                and(None);
            }
            for field in &variant.fields {
                match (&field.forms[way.0], &field.forms[way.1]) {
                    (None, None) => {}
                    (Some(was), Some(now)) => {
                        if was.skip.is_some() || now.skip.is_some() || now.ty != was.ty {
                            and(Some(true));
                        } else {
                            if (&was.name, was.order) != (&now.name, now.order) {
                                and(None);
                            }
                            and(changes(types, &now.ty.of(param.as_deref()), way, met));
                        }
                    }
                    _ => and(Some(true)),
                }
            }
        }
    }
    outcome
}

/// Whether a text can be read: no weak owner is met before its item.
pub(crate) fn is_readable(text: &str) -> bool {
    let mut parts = text.match_indices('~');
    parts.all(|(at, _)| {
        let number: String = text[at + 1..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        number.is_empty() || text[..at].contains(&format!("#{number}="))
    })
}

/// How a state is written.
pub(crate) fn shown(types: &Types, version: usize, state: &State) -> String {
    values::shown(&types.types, version, state, Vec::new())
}
