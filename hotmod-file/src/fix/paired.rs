//! Which types, variants and fields have become which.

use std::collections::BTreeSet;

use hotmod::describe::{Attribute, Described, Description, Field, Name, Shape, Type, Variant};

use super::likeness;
use super::pairing::{Pairing, Scores};
use super::proposal::{Fix, FixAttribute, FixPlace};
use super::trial::{Trial, each_field, id};

/// How much of a name two fields of different types have in common that may be one.
const ALIKE: f64 = 0.6;

/// Proposes earlier names for types.
pub(super) fn types(trial: &mut Trial<'_>) {
    let known = |description: &Description| -> BTreeSet<String> {
        let ids = description.types.keys().filter_map(id);
        ids.map(str::to_owned).collect()
    };
    let (old, new) = (known(trial.old), known(&trial.new));
    let gone: Vec<&String> = old.difference(&new).collect();
    let fresh: Vec<&String> = new.difference(&old).collect();
    if gone.is_empty() || fresh.is_empty() {
        return;
    }
    let used = uses(trial);
    let mut scores = Scores::default();
    for (i, was) in gone.iter().enumerate() {
        for (j, now) in fresh.iter().enumerate() {
            let types = (of_id(trial.old, was), of_id(&trial.new, now));
            let (Some(a), Some(b)) = types else { continue };
            let Some(parts) = parts_in_common(a, b) else {
                continue;
            };
            // What stands where the type stood says most.
            let used = used.contains(&((*was).clone(), (*now).clone()));
            let score =
                0.4 * f64::from(u8::from(used)) + 0.4 * parts + 0.2 * likeness::name(was, now);
            scores.add(i, j, score);
        }
    }
    for (i, j) in scores.likely() {
        let place = FixPlace {
            ty: fresh[j].clone(),
            variant: None,
            field: None,
        };
        let attribute = FixAttribute::Was(gone[i].clone());
        trial.take_type(Fix { place, attribute });
    }
}

fn of_id<'d>(description: &'d Description, wanted: &str) -> Option<&'d Described> {
    let mut types = description.types.iter();
    types
        .find(|(ty, _)| id(ty) == Some(wanted))
        .map(|(_, it)| it)
}

/// The pairs of ids that stand in the same place: as states of one interface or init, or in fields of one name.
fn uses(trial: &Trial<'_>) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let states =
        |description: &Description| -> Vec<Type> { description.states().cloned().collect() };
    let (old, new) = (states(trial.old), states(&trial.new));
    let gone: Vec<_> = old.iter().filter(|it| !new.contains(it)).collect();
    let fresh: Vec<_> = new.iter().filter(|it| !old.contains(it)).collect();
    if let ([was], [now]) = (gone.as_slice(), fresh.as_slice()) {
        both(was, now, &mut found);
    }
    for (name, implemented) in &trial.new.implementations {
        if let Some(was) = trial.old.implementations.get(name) {
            both(&was.state, &implemented.state, &mut found);
        }
    }
    // A renamed type may hold another one: as long as something is found, what is beneath may be found too.
    let mut count = usize::MAX;
    while count != found.len() {
        count = found.len();
        for (now, described) in &trial.new.types {
            let Some(now_id) = id(now) else { continue };
            for (was, before) in &trial.old.types {
                let Some(was_id) = id(was) else { continue };
                let is_one =
                    was_id == now_id || found.contains(&(was_id.to_owned(), now_id.to_owned()));
                if !is_one {
                    continue;
                }
                let (mut old, mut new) = (Vec::new(), Vec::new());
                each_field(before, |variant, field| old.push((variant, field)));
                each_field(described, |variant, field| new.push((variant, field)));
                let is_named = |a: (Option<&str>, &Field), b: (Option<&str>, &Field)| {
                    a.0 == b.0 && a.1.name == b.1.name
                };
                for (place, now) in new.iter().enumerate() {
                    let named = old.iter().find(|was| is_named(**was, *now));
                    // The field may have another name too, at the same place.
                    let placed = old
                        .get(place)
                        .filter(|was| !new.iter().any(|now| is_named(**was, *now)));
                    if let Some(was) = named.or(placed) {
                        both(&was.1.ty, &now.1.ty, &mut found);
                    }
                }
            }
        }
    }
    found
}

/// The ids that stand in the same place of two type expressions.
fn both(was: &Type, now: &Type, found: &mut BTreeSet<(String, String)>) {
    match (&was.name, &now.name) {
        (Name::Named(a), Name::Named(b)) if a != b => {
            found.insert((a.clone(), b.clone()));
        }
        (Name::Named(_), Name::Named(_)) => {}
        (a, b) if a == b => {}
        _ => return,
    }
    for (was, now) in was.args.iter().zip(&now.args) {
        both(was, now, found);
    }
}

/// The share of fields and variants of one name that two types have; `None` if they are of another kind. Two types without
/// any have all in common.
fn parts_in_common(was: &Described, now: &Described) -> Option<f64> {
    let names = |described: &Described| -> Vec<String> {
        match &described.shape {
            Shape::Struct(fields) => fields.iter().map(|it| it.name.clone()).collect(),
            Shape::Enum { variants, .. } => variants.iter().map(|it| it.name.clone()).collect(),
        }
    };
    let is_struct = |it: &Described| matches!(it.shape, Shape::Struct(_));
    if is_struct(was) != is_struct(now) {
        return None;
    }
    let (was, now) = (names(was), names(now));
    let common = was.iter().filter(|it| now.contains(it)).count();
    let all = was.len() + now.len();
    Some(match all {
        0 => 1.0,
        all => 2.0 * common as f64 / all as f64,
    })
}

/// The fields that are gone from each type, or new in it, by the ids of types.
#[derive(Default)]
struct Movements {
    gone: Vec<(String, Field)>,
    fresh: Vec<(String, Field)>,
}

impl Movements {
    fn of(trial: &Trial<'_>) -> Self {
        let mut found = Movements::default();
        let mut met = BTreeSet::new();
        for (now, described) in &trial.new.types {
            let Some(ty) = id(now) else { continue };
            // A type that is gone gave up all that it had, and a new one got all that it has.
            let before = trial.before(now, described);
            met.extend(before);
            let (mut old, mut new) = (Vec::new(), Vec::new());
            if let Some(was) = before {
                each_field(&trial.old.types[was], |_, field| old.push(field));
            }
            each_field(described, |_, field| new.push(field));
            let has = |all: &[&Field], name: &str| all.iter().any(|it| it.name == name);
            let gone = old.iter().filter(|it| !has(&new, &it.name));
            found
                .gone
                .extend(gone.map(|it| (ty.to_owned(), (*it).clone())));
            let fresh = new.iter().filter(|it| !has(&old, &it.name));
            found
                .fresh
                .extend(fresh.map(|it| (ty.to_owned(), (*it).clone())));
        }
        for (was, described) in trial.old.types.iter().filter(|it| !met.contains(it.0)) {
            let Some(ty) = id(was) else { continue };
            each_field(described, |_, it| {
                found.gone.push((ty.to_owned(), it.clone()))
            });
        }
        found
    }

    /// Whether a field of this name and type is new in one type, and gone from another that is beside it in a state.
    fn moves(&self, trial: &Trial<'_>, ty: &str, field: &Field, from: &[(String, Field)]) -> bool {
        from.iter().any(|(other, it)| {
            other != ty
                && it.name == field.name
                && it.ty == field.ty
                && trial.are_together(ty, other)
        })
    }
}

/// Two lists of fields of which one has become the other.
struct Fields<'d> {
    ty: String,
    variant: Option<String>,
    was: &'d [Field],
    now: &'d [Field],
    /// What the type says of names that are gone.
    attributes: &'d [Attribute],
}

/// Proposes earlier names for variants and fields, and values for fields that are new.
pub(super) fn parts(trial: &mut Trial<'_>) {
    let mut seen = BTreeSet::new();
    let movements = Movements::of(trial);
    for (now, described) in &trial.new.clone().types {
        let Some(ty) = id(now) else { continue };
        let Some(was) = trial.before(now, described) else {
            continue;
        };
        if !seen.insert(ty.to_owned()) {
            continue;
        }
        let old = trial.old;
        match (&old.types[was].shape, &described.shape) {
            (Shape::Struct(was), Shape::Struct(now)) => {
                let fields = Fields {
                    ty: ty.to_owned(),
                    variant: None,
                    was,
                    now,
                    attributes: &described.attributes,
                };
                self::fields(trial, &fields, &movements);
            }
            (Shape::Enum { variants: was, .. }, Shape::Enum { variants: now, .. }) => {
                variants(trial, ty, (was, now), &described.attributes, &movements);
            }
            _ => {}
        }
    }
}

fn said_was(attributes: &[Attribute], name: &str) -> bool {
    attributes.contains(&Attribute::Was(name.to_owned()))
}

fn variants(
    trial: &mut Trial<'_>,
    ty: &str,
    (was, now): (&[Variant], &[Variant]),
    attributes: &[Attribute],
    movements: &Movements,
) {
    let is_replaced = |name: &str| {
        attributes
            .iter()
            .any(|it| matches!(it, Attribute::RemovedVariant(from, _) if from == name))
    };
    let is_kept = |name: &str| {
        now.iter()
            .any(|it| it.name == name || said_was(&it.attributes, name))
    };
    let gone = places(was, |it| !is_kept(&it.name) && !is_replaced(&it.name));
    let fresh = places(now, |it| {
        let named = |was: &Variant| was.name == it.name || said_was(&it.attributes, &was.name);
        !was.iter().any(named)
    });
    let mut worths = Vec::new();
    for &i in &gone {
        for &j in &fresh {
            let payload = match (was[i].fields.as_slice(), now[j].fields.as_slice()) {
                ([], []) => 0.1,
                (a, b) if a.len() == b.len() => {
                    let alike = a
                        .iter()
                        .zip(b)
                        .all(|(a, b)| a.name == b.name && a.ty == b.ty);
                    if alike { 0.3 } else { continue }
                }
                _ => continue,
            };
            worths.push((i, j, payload));
        }
    }
    let names = |all: &[Variant]| all.iter().map(|it| it.name.clone()).collect();
    let mut pairing = Pairing::new(names(was), names(now), worths);
    pairing.pair(|i, j| {
        let place = FixPlace {
            ty: ty.to_owned(),
            variant: Some(now[j].name.clone()),
            field: None,
        };
        let attribute = FixAttribute::Was(was[i].name.clone());
        trial.take(&[Fix { place, attribute }]);
        // What is in them is compared all the same.
        true
    });
    for (j, variant) in now.iter().enumerate() {
        let paired = pairing.paired.iter().find(|it| it.1 == j);
        let renamed = paired.map(|it| &was[it.0]);
        let before = was
            .iter()
            .find(|it| it.name == variant.name || said_was(&variant.attributes, &it.name));
        if let Some(before) = before.or(renamed) {
            let fields = Fields {
                ty: ty.to_owned(),
                variant: Some(variant.name.clone()),
                was: &before.fields,
                now: &variant.fields,
                attributes,
            };
            self::fields(trial, &fields, movements);
        }
    }
}

fn places<T>(all: &[T], is: impl Fn(&T) -> bool) -> Vec<usize> {
    let all = all.iter().enumerate().filter(|(_, it)| is(it));
    all.map(|(place, _)| place).collect()
}

impl Fields<'_> {
    fn place(&self, field: &str) -> FixPlace {
        FixPlace {
            ty: self.ty.clone(),
            variant: self.variant.clone(),
            field: Some(field.to_owned()),
        }
    }

    /// That one has become another.
    fn was(&self, was: &Field, now: &Field) -> Fix {
        Fix {
            place: self.place(&now.name),
            attribute: FixAttribute::Was(was.name.clone()),
        }
    }

    /// What a type is worth as that of an earlier form; `None` if it could not have become the other.
    fn worth(&self, trial: &Trial<'_>, was: &Field, now: &Field) -> Option<f64> {
        if trial.is_one_type(&was.ty, &now.ty) {
            return Some(likeness::of_type(&was.ty));
        }
        // Whatever a plan converts without an attribute and without a loss.
        trial
            .converts(&self.place(&now.name), &was.name)
            .then(|| likeness::of_converted(&was.ty))
    }
}

/// Whether fields have no names of their own: that they have other places says nothing then.
fn are_numbered(fields: &[Field]) -> bool {
    let first = |it: &Field| it.name.starts_with(|first: char| first.is_ascii_digit());
    fields.iter().any(first)
}

/// Fields that got names, or lost them: which has become which is told by their places, if those have the same types.
fn reformed(trial: &mut Trial<'_>, fields: &Fields<'_>) {
    let Fields { was, now, .. } = *fields;
    let pairs = || was.iter().zip(now);
    let are_alike =
        was.len() == now.len() && pairs().all(|(was, now)| fields.worth(trial, was, now).is_some());
    let fixes: Vec<Fix> = pairs().map(|(was, now)| fields.was(was, now)).collect();
    if are_alike && trial.take(&fixes) {
        return;
    }
    let names: Vec<String> = was.iter().map(|it| format!("`{}`", it.name)).collect();
    let names = names.join(", ");
    for it in now {
        let help = format!(
            "write #[state(was = \"…\")] with what it was of {names}, or #[state(default)] if it is new"
        );
        trial.choose(fields.place(&it.name), help);
    }
}

/// Whether one of the fields without names cannot be what has its number in the earlier form, so that others may not be
/// either, which could.
fn have_shifted(trial: &Trial<'_>, fields: &Fields<'_>) -> bool {
    are_numbered(fields.now)
        && fields.now.iter().any(|now| {
            let mut before = fields.was.iter().filter(|was| was.name == now.name);
            now.attributes.is_empty() && before.any(|was| fields.worth(trial, was, now).is_none())
        })
}

fn shifted(trial: &mut Trial<'_>, fields: &Fields<'_>) {
    let place = FixPlace {
        ty: fields.ty.clone(),
        variant: fields.variant.clone(),
        field: None,
    };
    trial.choose(
        place,
        "fields without names are known by their numbers, which seem to have shifted: add and remove them at the end, or give \
         them names, with #[state(was = \"0\")] and the like",
    );
}

fn fields(trial: &mut Trial<'_>, fields: &Fields<'_>, movements: &Movements) {
    let Fields { was, now, .. } = *fields;
    let is_kept = |name: &str| {
        now.iter()
            .any(|it| it.name == name || said_was(&it.attributes, name))
    };
    let is_removed = |name: &str| {
        fields
            .attributes
            .contains(&Attribute::Removed(name.to_owned()))
    };
    let gone = places(was, |it| !is_kept(&it.name) && !is_removed(&it.name));
    let fresh = places(now, |it| {
        let from = |was: &Field| was.name == it.name || said_was(&it.attributes, &was.name);
        let is_made = |it: &Attribute| matches!(it, Attribute::Default | Attribute::Skip);
        !was.iter().any(from) && !it.attributes.iter().any(is_made)
    });
    if !was.is_empty() && !now.is_empty() && are_numbered(was) != are_numbered(now) {
        return reformed(trial, fields);
    }
    if fresh.len() != gone.len() && have_shifted(trial, fields) {
        return shifted(trial, fields);
    }
    let mut worths = Vec::new();
    if !are_numbered(now) {
        for &i in &gone {
            for &j in &fresh {
                let worth = fields.worth(trial, &was[i], &now[j]);
                worths.extend(worth.map(|worth| (i, j, worth)));
            }
        }
    }
    let names = |all: &[Field]| all.iter().map(|it| it.name.clone()).collect();
    let mut pairing = Pairing::new(names(was), names(now), worths);
    pairing.pair(|i, j| trial.take(&[fields.was(&was[i], &now[j])]));
    let Pairing { scores, paired, .. } = pairing;
    let (mut left, mut new) = (gone, fresh);
    left.retain(|i| paired.iter().all(|it| it.0 != *i));
    new.retain(|j| paired.iter().all(|it| it.1 != *j));
    let moved = moved(trial, fields, (&left, &new));
    for j in new {
        let (place, field) = (fields.place(&now[j].name), &now[j]);
        let moved = moved || movements.moves(trial, &fields.ty, field, &movements.gone);
        let may_be = scores.may_be(j).filter(|i| left.contains(i));
        let mut named = left.iter().filter(|i| may_be_made_of(&was[**i], field));
        if moved {
            let help = "values have moved from one type to another: write a function marked \
                        #[hotmod::migrate] that makes the new value from the old one";
            trial.choose(place, help);
        } else if let (Some(i), false) = (may_be, trial.options.allow_loss) {
            let name = &was[i].name;
            trial.choose(
                place,
                format!(
                    "write #[state(was = {name:?})] if it is `{name}` under another name, or else #[state(default)], \
                     and #[state(removed({name:?}))] on the type, by which that is lost"
                ),
            );
        } else if let (Some(i), false) = (named.next(), trial.options.allow_loss) {
            let help = format!(
                "if it has become of `{0}`, write #[state(was = \"{0}\", with = path::to::function)] with a function that \
                 makes it of that",
                was[*i].name
            );
            trial.choose(place, help);
        } else if trial.options.makes_default(&field.ty) {
            trial.take(&[Fix {
                place,
                attribute: FixAttribute::Default,
            }]);
        } else if !matches!(field.ty.builtin(), Some(hotmod::describe::Builtin::Option)) {
            trial.choose(
                place,
                format!(
                    "write #[state(default = …)] with a value: `{}` has no default that is known",
                    field.ty
                ),
            );
        }
    }
    for i in left {
        let name = was[i].name.clone();
        let moved = moved || movements.moves(trial, &fields.ty, &was[i], &movements.fresh);
        let place = FixPlace {
            ty: fields.ty.clone(),
            variant: None,
            field: None,
        };
        if trial.options.allow_loss && !moved {
            let attribute = FixAttribute::Removed(name);
            trial.take(&[Fix { place, attribute }]);
        } else if !scores.has(i) && !moved {
            trial.choose(
                place,
                format!(
                    "#[state(removed({name:?}))] loses what live state has in `{name}`: --allow-loss writes it"
                ),
            );
        }
    }
}

/// Whether a function may make one field of the other: by what their names have in common, or since the one is of things
/// that the other is.
fn may_be_made_of(was: &Field, now: &Field) -> bool {
    fn holds(outer: &Type, inner: &Type) -> bool {
        outer == inner || outer.args.iter().any(|it| holds(it, inner))
    }
    let is_told = |ty: &Type| id(ty).is_some();
    likeness::name(&was.name, &now.name) >= ALIKE
        || is_told(&was.ty) && holds(&now.ty, &was.ty)
        || is_told(&now.ty) && holds(&was.ty, &now.ty)
}

/// Whether fields have moved into a type that a new field holds, or out of one that a former field held.
fn moved(trial: &Trial<'_>, fields: &Fields<'_>, (gone, new): (&[usize], &[usize])) -> bool {
    let holds = |description: &Description, holder: &Type, wanted: &Field| {
        let mut types = std::iter::once(holder).chain(&holder.args);
        types.any(|ty| {
            let Some(described) = description.types.get(ty) else {
                return false;
            };
            let mut found = false;
            each_field(described, |_, it| {
                let is_one =
                    trial.is_one_type(&it.ty, &wanted.ty) || trial.is_one_type(&wanted.ty, &it.ty);
                found |= it.name == wanted.name && is_one;
            });
            found
        })
    };
    let (was, now) = (fields.was, fields.now);
    let mut pairs = gone
        .iter()
        .flat_map(|i| new.iter().map(move |j| (&was[*i], &now[*j])));
    pairs.any(|(was, now)| holds(&trial.new, &now.ty, was) || holds(trial.old, &was.ty, now))
}
