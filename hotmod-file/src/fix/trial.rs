//! A build's description with the attributes that are tried on it.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};

use hotmod::describe::{
    Attribute, Described, Description, Difference, Field, Name, Rule, Shape, Type,
};

use super::proposal::{Choice, Fix, FixAttribute, FixOptions, FixPlace, Fixes};
use crate::plan::{Plan, Plans};

pub(super) struct Trial<'a> {
    pub(super) old: &'a Description,
    /// With all that was taken.
    pub(super) new: Description,
    pub(super) options: &'a FixOptions<'a>,
    /// What a plan refuses and loses, with all that was taken.
    plan: Plan,
    taken: BTreeSet<Fix>,
    choices: Vec<Choice>,
}

/// The id of a described type.
pub(super) fn id(ty: &Type) -> Option<&str> {
    match &ty.name {
        Name::Named(id) => Some(id),
        _ => None,
    }
}

fn plan(old: &Description, new: &Description) -> Plan {
    Plans::between(old, new).on().clone()
}

fn refused(plan: &Plan) -> usize {
    plan.differences
        .iter()
        .filter(|it| it.rule.refuses())
        .count()
}

/// What is refused, by paths and rules.
fn refusals(plan: &Plan) -> impl Iterator<Item = (&str, Rule)> {
    let refused = plan.differences.iter().filter(|it| it.rule.refuses());
    refused.map(|it| (it.path.as_str(), it.rule))
}

fn unused_variants(plan: &Plan) -> usize {
    let rules = plan.differences.iter().map(|it| it.rule);
    rules.filter(|rule| *rule == Rule::VariantUnused).count()
}

impl<'a> Trial<'a> {
    pub(super) fn new(
        old: &'a Description,
        new: &Description,
        options: &'a FixOptions<'a>,
    ) -> Self {
        Trial {
            old,
            new: new.clone(),
            options,
            plan: plan(old, new),
            taken: BTreeSet::new(),
            choices: Vec::new(),
        }
    }

    /// How many differences are refused.
    pub(super) fn refused(&self) -> usize {
        refused(&self.plan)
    }

    /// Whether a variant is gone that a live value may have.
    pub(super) fn has_unused_variants(&self) -> bool {
        unused_variants(&self.plan) > 0
    }

    /// The type of the release that a type of the build has become.
    pub(super) fn before(&self, now: &Type, described: &Described) -> Option<&'a Type> {
        let known = |ty: &Type| self.old.types.get_key_value(ty).map(|(ty, _)| ty);
        known(now).or_else(|| {
            described.attributes.iter().find_map(|it| match it {
                Attribute::Was(name) => known(&Type {
                    name: Name::Named(name.clone()),
                    args: now.args.clone(),
                }),
                _ => None,
            })
        })
    }

    pub(super) fn choose(&mut self, place: FixPlace, help: impl Into<String>) {
        let help = help.into();
        let choice = Choice { place, help };
        if !self.choices.contains(&choice) {
            self.choices.push(choice);
        }
    }

    /// Takes attributes, all or none: if less is refused with them, or no more and fewer variants are gone, and nothing
    /// more is lost but by `removed`.
    pub(super) fn take(&mut self, fixes: &[Fix]) -> bool {
        let mut tried = self.new.clone();
        for fix in fixes {
            write(&mut tried, fix);
        }
        let plan = plan(self.old, &tried);
        let by = |plan: &Plan| (refused(plan), unused_variants(plan));
        let removes = fixes
            .iter()
            .any(|it| matches!(it.attribute, FixAttribute::Removed(_)));
        let may_lose = removes && self.options.allow_loss;
        let loses = !may_lose && plan.losses().count() > self.plan.losses().count();
        if by(&plan) >= by(&self.plan) || loses {
            return false;
        }
        (self.new, self.plan) = (tried, plan);
        self.taken.extend(fixes.iter().cloned());
        true
    }

    /// Takes an earlier name of a type: if fewer types are gone with it, or as many, and nothing more is refused. What is in the type is compared only then.
    pub(super) fn take_type(&mut self, fix: Fix) {
        let mut tried = self.new.clone();
        write(&mut tried, &fix);
        let plan = plan(self.old, &tried);
        let gone = |plan: &Plan| {
            let rules = plan.differences.iter().map(|it| it.rule);
            rules.filter(|rule| *rule == Rule::TypeChanged).count()
        };
        // Where the field that holds it has another name too, only that is refused so far.
        let is_better = match gone(&plan).cmp(&gone(&self.plan)) {
            Ordering::Less => true,
            Ordering::Equal => refused(&plan) <= self.refused(),
            Ordering::Greater => false,
        };
        if is_better && plan.losses().count() <= self.plan.losses().count() {
            (self.new, self.plan) = (tried, plan);
            self.taken.insert(fix);
        }
    }

    /// Whether a type expression is the other, but for names that types were given.
    pub(super) fn is_one_type(&self, was: &Type, now: &Type) -> bool {
        let is_named = was.name == now.name
            || id(was).zip(id(now)).is_some_and(|(was, now)| {
                let mut types = self.new.types.iter();
                types.any(|(ty, it)| {
                    id(ty) == Some(now) && it.attributes.contains(&Attribute::Was(was.to_owned()))
                })
            });
        is_named
            && was.args.len() == now.args.len()
            && was
                .args
                .iter()
                .zip(&now.args)
                .all(|(was, now)| self.is_one_type(was, now))
    }

    /// Whether a plan would convert the field of this name into the one at a place, without a loss and with no other
    /// attribute.
    pub(super) fn converts(&self, place: &FixPlace, was: &str) -> bool {
        let mut tried = self.new.clone();
        let attribute = FixAttribute::Was(was.to_owned());
        let place = place.clone();
        write(&mut tried, &Fix { place, attribute });
        let plan = plan(self.old, &tried);
        let known: HashSet<(&str, Rule)> = refusals(&self.plan).collect();
        refused(&plan) < self.refused()
            && refusals(&plan).all(|it| known.contains(&it))
            && plan.losses().count() <= self.plan.losses().count()
    }

    /// Whether one state leads to both types, in the build or in what it replaces.
    pub(super) fn are_together(&self, one: &str, other: &str) -> bool {
        [&self.new, self.old]
            .into_iter()
            .any(|it| are_together(it, one, other))
    }

    /// Tries what converts the values of fields that are refused as they are.
    pub(super) fn convert(&mut self) {
        // Each round takes one, so that it ends.
        while let Some(fixes) = self.conversion() {
            if !self.take(&fixes) {
                return;
            }
        }
    }

    /// What makes less of the conversions refused.
    fn conversion(&self) -> Option<Vec<Fix>> {
        let differences = self.plan.differences.iter();
        differences.filter(|it| it.rule.refuses()).find_map(|it| {
            let attribute = match it.rule {
                Rule::Narrowed => FixAttribute::Checked,
                Rule::KeysChanged => FixAttribute::Rebuild,
                Rule::ArrayChanged => FixAttribute::Fill,
                _ => return None,
            };
            let places = self.places(it, &attribute);
            let fixes = places.into_iter().map(|place| Fix {
                place,
                attribute: attribute.clone(),
            });
            let mut fixes = fixes.map(|fix| vec![fix]);
            fixes.find(|fixes| self.improves(fixes))
        })
    }

    fn improves(&self, fixes: &[Fix]) -> bool {
        let mut tried = self.new.clone();
        fixes.iter().for_each(|fix| write(&mut tried, fix));
        let plan = plan(self.old, &tried);
        refused(&plan) < self.refused()
    }

    /// The fields that a path leads through, the innermost first, which lack an attribute.
    fn places(&self, difference: &Difference, attribute: &FixAttribute) -> Vec<FixPlace> {
        let described = attribute.described();
        let mut places = Vec::new();
        for step in difference
            .path
            .split('.')
            .skip(1)
            .collect::<Vec<_>>()
            .iter()
            .rev()
        {
            let name: String = step
                .chars()
                .take_while(|it| it.is_alphanumeric() || *it == '_')
                .collect();
            for (ty, it) in &self.new.types {
                let Some(id) = id(ty) else { continue };
                each_field(it, |variant, field| {
                    let fills = *attribute == FixAttribute::Fill;
                    let can = !fills
                        || field
                            .ty
                            .args
                            .first()
                            .is_some_and(|it| self.options.makes_default(it));
                    if field.name == name && !field.attributes.contains(&described) && can {
                        places.push(FixPlace {
                            ty: id.to_owned(),
                            variant: variant.map(str::to_owned),
                            field: Some(name.clone()),
                        });
                    }
                });
            }
        }
        // What stands in the state itself is most likely meant.
        let root = difference.path.split(['.', ':', '[', '?']).next();
        places.sort_by_key(|it| Some(it.ty.as_str()) != root);
        places
    }

    pub(super) fn finish(self) -> Fixes {
        let left = self.plan.differences.into_iter();
        Fixes {
            fixes: self.taken.into_iter().collect(),
            choices: self.choices,
            left: left.filter(|it| it.rule.refuses()).collect(),
        }
    }
}

fn are_together(description: &Description, one: &str, other: &str) -> bool {
    description.states().any(|state| {
        let mut open = vec![state];
        let mut met: BTreeSet<&Type> = BTreeSet::new();
        while let Some(ty) = open.pop() {
            open.extend(&ty.args);
            if let Some((ty, described)) = description.types.get_key_value(ty)
                && met.insert(ty)
            {
                open.extend(described.fields().map(|it| &it.ty));
            }
        }
        let has = |wanted: &str| met.iter().any(|ty| id(ty) == Some(wanted));
        has(one) && has(other)
    })
}

/// Calls `look` for each field, with the variant that it is in.
pub(super) fn each_field<'d>(
    described: &'d Described,
    mut look: impl FnMut(Option<&'d str>, &'d Field),
) {
    match &described.shape {
        Shape::Struct(fields) => fields.iter().for_each(|field| look(None, field)),
        Shape::Enum { variants, .. } => {
            for variant in variants {
                let fields = variant.fields.iter();
                fields.for_each(|field| look(Some(&variant.name), field));
            }
        }
    }
}

/// Writes an attribute into a description, at each type of the id: a generic one has several.
fn write(description: &mut Description, fix: &Fix) {
    let FixPlace { ty, variant, field } = &fix.place;
    let attribute = fix.attribute.described();
    for (known, described) in &mut description.types {
        if id(known) != Some(ty) {
            continue;
        }
        let fields = match (&mut described.shape, variant) {
            (_, None) if field.is_none() => {
                described.attributes.push(attribute.clone());
                continue;
            }
            (Shape::Struct(fields), None) => fields,
            (Shape::Enum { variants, .. }, Some(name)) => {
                let Some(variant) = variants.iter_mut().find(|it| it.name == *name) else {
                    continue;
                };
                if field.is_none() {
                    variant.attributes.push(attribute.clone());
                    continue;
                }
                &mut variant.fields
            }
            _ => continue,
        };
        if let Some(field) = fields
            .iter_mut()
            .find(|it| Some(&it.name) == field.as_ref())
        {
            field.attributes.push(attribute.clone());
        }
    }
}
