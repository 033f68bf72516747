//! What becomes of described types: of their fields and variants.

use hotmod::describe::{
    Attribute, Builtin, Described, Description, Field, Rule, Shape, Type, Variant,
};

use super::down::WayDown;
use super::draft::{Planner, Unfinished, is_skipped_type};
use super::names::is_source;
use super::{families, names, past};
use crate::plan::model::{ConversionBody, FieldSteps, Source, Step, VariantStep, Way};

/// Why a function is not applied again.
const RUNS: &str = "since the running version has it too";
/// What to do where the rules refuse what a function would have converted.
const APPLIED_ONCE: &str = "it is applied once: where the running version's values are to be converted \
                            too, write another function under another name";

const AMBIGUOUS_TO_CALLS: &str = "nothing tells which of the two sides is the newer one: remove the attribute that says \
                                  so, or give what is meant a name that the other side does not have";
const MADE_ANOTHER_WAY: &str = "nothing tells which of the two sides is the newer one: let both sides have the function \
                                of `with`, or give the field another name";

impl<'a> Planner<'a> {
    pub(super) fn convert(&mut self, path: &str, was: &'a Type, now: &Type) -> Step {
        if let Some(&place) = self.places.get(&(was, now.clone())) {
            return Step::Convert(place);
        }
        if let Some(refused) = self.ground.refused(path, was, now) {
            self.differences.extend(refused);
            return Step::Move;
        }
        let before = self.differences.len();
        let step = self.convert_anew(path, was, now);
        self.remember_refused(path, was, now, before);
        step
    }

    fn convert_anew(&mut self, path: &str, was: &'a Type, now: &Type) -> Step {
        let place = self.conversions.len();
        self.places.insert((was, now.clone()), place);
        self.conversions.push(Unfinished {
            was,
            now: now.clone(),
            body: None,
            open: Some(place),
        });
        let before = self.differences.len();
        if was.name != now.name {
            self.changed(path, was, now, Rule::Renamed);
        }
        let now_description: &'a Description = self.now;
        let (old, new) = (self.was.types.get(was), now_description.types.get(now));
        let senses = old.zip(new).map(|(a, b)| (a.meaning, b.meaning));
        let other_sense = senses.is_some_and(|(a, b)| a != b);
        // If both versions have the same function, the values of both have been through it.
        let hooks = &self.ground.hooks;
        let hooks = (hooks.0.get(was), hooks.1.get(now));
        let applied = hooks
            .1
            .filter(|new| hooks.0.is_some_and(|old| old.is_same(new)));
        let by_function = match self.way {
            Way::On => self.ground.is_downgrade && hooks.0.is_some() && applied.is_none(),
            // Only a function for the way down can take back what a function has made. The older
            // version's functions are for the way on to that version, from values of another sense.
            Way::Back => self.was_made(was, now) || other_sense,
        };
        let down = match self.down(was, now) {
            // The function makes a form that is older than what the host has.
            WayDown::Unlike(_) if self.ground.is_of_calls && !by_function => WayDown::None,
            down => down,
        };
        if let (Way::Back, WayDown::By(name)) = (self.way, down) {
            return self.taken_down(path, place, name);
        }
        if self.way == Way::On
            && let Some(hook) = self.hook(was, now)
        {
            if self.refuse_another(path, hook, was, now)
                || self.refuse_incomplete(path, Some(was), now)
            {
                self.conversions[place].open = None;
                return Step::Convert(place);
            }
            let by = format!("{now} by `{}`", hook.name());
            self.add(path.to_owned(), &was.to_string(), &by, Rule::Converted, "");
            self.conversions[place].body = Some(ConversionBody::Hook);
            self.conversions[place].open = None;
            return Step::Convert(place);
        }
        if let (true, WayDown::By(name)) = (by_function, down) {
            return self.taken_down(path, place, name);
        }
        if let (Way::Back, WayDown::Unlike(unlike)) = (self.way, down) {
            self.form_differs(path, unlike);
            self.conversions[place].open = None;
            return Step::Convert(place);
        }
        // Kept only where there is another way to try.
        let saved = matches!(down, WayDown::By(_)).then(|| self.save());
        let told_of = applied.filter(|_| self.way == Way::On).map(|hook| {
            let by = format!("the function `{}`", hook.name());
            self.add(path.to_owned(), &by, RUNS, Rule::Applied, "");
            self.save()
        });
        let on = || past::ambiguous_type(self.was, self.now, now);
        let back = || past::ambiguous_type(self.now, self.was, was);
        let ambiguous = match self.way {
            _ if self.ground.is_of_calls => on().or_else(back),
            Way::On => on(),
            Way::Back => back(),
        };
        if let Some(ambiguous) = ambiguous {
            self.ambiguous(path, &ambiguous);
        }
        if by_function {
            self.made_by_function(path, was);
        } else if let Some((a, b)) = senses.filter(|_| other_sense) {
            self.add(
                path.to_owned(),
                &format!("meaning {a}"),
                &format!("meaning {b}"),
                Rule::MeaningChanged,
                "only you know what changed: write a function marked #[hotmod::migrate] that \
                 makes the new value from the old one",
            );
        }
        if let (Some(a), Some(b)) = (old, new) {
            let body = self.body(path, a, b);
            if let (WayDown::By(name), Some(saved)) = (down, saved)
                && self.refused_since(&saved)
            {
                self.restore(saved);
                return self.taken_down(path, place, name);
            }
            // The user has something to do about this only where the rules refuse.
            if let Some(told_of) = told_of
                && self.refused_since(&told_of)
            {
                self.differences[told_of.differences - 1].help = APPLIED_ONCE.to_owned();
            }
            let body = self.same(was, b, body);
            let within = body.as_ref().map(within).unwrap_or_default();
            self.conversions[place].body = body;
            let open = within.iter().map(|within| self.conversions[*within].open);
            let told = self.differences.len() > before || open.clone().any(|open| open.is_none());
            let back_to = open.flatten().min().filter(|back_to| *back_to < place);
            let same_compiler = self.was.toolchain == self.now.toolchain;
            if !told && back_to.is_some() && same_compiler && layout(a) == layout(b) {
                // What changes is in a type that holds this one, and is told when that is finished.
                self.conversions[place].open = back_to;
                return Step::Convert(place);
            }
            // The same parts, but in other places, or in places that another compiler chose.
            if !told {
                match a.shape.left_to().or(b.shape.left_to()) {
                    Some(below) => {
                        let left = format!("{was} as {below} leaves it");
                        self.add(path.to_owned(), &left, &now.to_string(), Rule::Rebuilt, "");
                    }
                    None => {
                        let (was, now) = (format!("{} bytes", a.size), format!("{} bytes", b.size));
                        self.add(path.to_owned(), &was, &now, Rule::Moved, "");
                    }
                }
            }
        }
        for within in &mut self.conversions[place..] {
            within.open = within.open.filter(|back_to| *back_to < place);
        }
        Step::Convert(place)
    }

    fn body(&mut self, path: &str, a: &'a Described, b: &'a Described) -> Option<ConversionBody> {
        // Which side of a call is the newer one, nothing tells: what is ambiguous if one of them is, is so.
        let mut ambiguous = match self.way {
            Way::On => past::ambiguous(a, b),
            Way::Back => past::ambiguous(b, a),
        };
        if self.ground.is_of_calls {
            ambiguous.extend(match self.way {
                Way::On => past::ambiguous(b, a),
                Way::Back => past::ambiguous(a, b),
            });
        }
        for ambiguous in ambiguous {
            self.ambiguous(path, &ambiguous);
        }
        match (&a.shape, &b.shape) {
            (Shape::Struct(old), Shape::Struct(new)) => Some(ConversionBody::Struct(self.fields(
                path,
                old,
                new,
                &b.attributes,
            ))),
            (Shape::Enum { variants: old, .. }, Shape::Enum { variants: new, .. }) => Some(
                ConversionBody::Enum(self.variants(path, old, new, &b.attributes)),
            ),
            (Shape::Struct(_), Shape::Enum { .. }) => {
                self.shape(path, "a struct", "an enum");
                None
            }
            (Shape::Enum { .. }, Shape::Struct(_)) => {
                self.shape(path, "an enum", "a struct");
                None
            }
        }
    }

    fn shape(&mut self, path: &str, was: &str, now: &str) {
        let help = self.cure(
            "give the new type another id and convert the fields that hold it by functions with \
             #[state(with = …)]",
        );
        self.add(path.to_owned(), was, now, Rule::ShapeChanged, help);
    }

    fn fields(
        &mut self,
        path: &str,
        old: &'a [Field],
        new: &'a [Field],
        attributes: &[Attribute],
    ) -> FieldSteps {
        let mut used = vec![false; old.len()];
        let mut fresh = Vec::new();
        let origins = match self.way {
            Way::On => names::origins(old, new),
            Way::Back => names::inverted(&names::origins(new, old), new.len()),
        };
        let sources = new.iter().zip(origins).map(|(field, origin)| {
            let path = format!("{path}.{}", field.name);
            let is_skipped = field.attributes.contains(&Attribute::Skip);
            if is_skipped {
                self.add(path.clone(), "a value", "made anew", Rule::MadeAnew, "");
                // The old value is dropped, like any field that no new field comes from.
                if let Some(place) = origin {
                    used[place] = true;
                    fresh.push(place);
                    if !is_skipped_type(&old[place].ty) {
                        self.lost(path, &old[place].ty);
                    }
                }
                return Source::Skip;
            }
            // A field that was not carried over so far has no old value.
            let origin = origin.filter(|&place| !is_skipped_type(&old[place].ty));
            let Some(place) = origin else {
                return self.added(path, field);
            };
            used[place] = true;
            let was = &old[place];
            if was.name != field.name {
                self.add(path.clone(), &was.name, &field.name, Rule::Renamed, "");
            }
            self.applied(&path, was, field);
            if self.is_other_way(was, field) {
                let now = format!("`{}`, which a function makes of `&{}`", field.ty, was.ty);
                let was = format!("`{}`", was.ty);
                self.add(path, &was, &now, Rule::TypeChanged, MADE_ANOTHER_WAY);
                return Source::Field {
                    place,
                    step: Step::Move,
                };
            }
            match self.function(was, field) {
                Some((source, undone)) => self.with(&path, place, was, field, (source, undone)),
                None => Source::Field {
                    place,
                    step: self.step(&path, &was.ty, &field.ty, &self.terms(field)),
                },
            }
        });
        let sources = sources.collect();
        let mut dropped = fresh;
        for (place, field) in old.iter().enumerate() {
            if !used[place] {
                self.dropped(format!("{path}.{}", field.name), field, attributes);
                dropped.push(place);
            }
        }
        FieldSteps { sources, dropped }
    }

    /// What is allowed on the way into a field. The older version could not say what is allowed on the
    /// way back: there, what may fail is checked.
    pub(super) fn terms(&self, field: &Field) -> Vec<Attribute> {
        match self.way {
            Way::On => field.attributes.clone(),
            Way::Back => {
                let fill = field.attributes.iter().filter(|it| **it == Attribute::Fill);
                let back = [Attribute::Checked, Attribute::Rebuild];
                back.into_iter().chain(fill.cloned()).collect()
            }
        }
    }

    /// Refuses an attribute that says a name is gone, where the running version has that name.
    fn ambiguous(&mut self, path: &str, ambiguous: &past::Ambiguous) {
        let help = match self.way {
            _ if self.ground.is_of_calls => AMBIGUOUS_TO_CALLS,
            Way::On => ambiguous.help.as_str(),
            Way::Back => self.cure(""),
        };
        let path = format!("{path}{}", ambiguous.path);
        self.add(path, &ambiguous.was, &ambiguous.now, Rule::Ambiguous, help);
    }

    fn lost(&mut self, path: String, was: &Type) {
        self.add(path, &was.to_string(), "absent", Rule::Lost, "");
    }

    /// An old field that no new field comes from.
    fn dropped(&mut self, path: String, field: &Field, attributes: &[Attribute]) {
        let was = field.ty.to_string();
        let transient = is_skipped_type(&field.ty);
        match self.way {
            Way::On if transient => self.add(path, &was, "removed, dropped", Rule::Dropped, ""),
            Way::On if attributes.contains(&Attribute::Removed(field.name.clone())) => {
                self.add(path, &was, "removed, dropped", Rule::Dropped, "");
            }
            Way::On => {
                let help = format!(
                    "its value would be lost; write #[state(removed(\"{name}\"))] on the type, or \
                     #[state(was = \"{name}\")] on the field that it has become",
                    name = field.name
                );
                self.add(path, &was, "absent", Rule::FieldRemoved, &help);
            }
            // What is not carried over is no part of the state, and cannot be lost.
            Way::Back if transient => {}
            Way::Back => self.lost(path, &field.ty),
        }
    }

    fn added(&mut self, path: String, field: &Field) -> Source {
        let now = field.ty.to_string();
        if field.attributes.contains(&Attribute::Default) {
            if !self.refuse_incomplete(&path, None, &field.ty) {
                self.add(path, "absent", &now, Rule::Defaulted, "");
            }
            return Source::Default;
        }
        if field.ty.builtin().is_some_and(families::is_option) {
            self.add(path, "absent", &now, Rule::Defaulted, "");
            return Source::Absent;
        }
        let help = match self.way {
            _ if self.ground.is_of_calls => {
                "the side that does not know it passes no value for it; write #[state(default)] or \
                 #[state(default = …)], or #[state(was = \"…\")] if it had another name"
            }
            Way::On => {
                "existing state has no value for it; write #[state(default)] or \
                 #[state(default = …)], or #[state(was = \"…\")] if it had another name"
            }
            Way::Back => {
                "the newer version removed it, and the older one has no value for it: to go back, \
                 update to a build of the older one with #[state(default)] or \
                 #[state(default = …)] on the field"
            }
        };
        self.add(path, "absent", &now, Rule::FieldAdded, help);
        Source::Default
    }

    /// Reports that the function that made the field is not applied again, or that hotmod cannot tell
    /// whether this function made it.
    fn applied(&mut self, path: &str, was: &Field, now: &Field) {
        let fields = match self.way {
            Way::On => (was, now),
            Way::Back => (now, was),
        };
        if let Some((old, new)) = past::respelled(fields.0, fields.1) {
            let help = match self.way {
                Way::On => format!(
                    "they may be one function, which must not be applied twice: write `with = {old}` where \
                     it is the same, and give it another name where it is not"
                ),
                Way::Back => self.cure("").to_owned(),
            };
            let (was, now) = (
                format!("made by `{}`", past::by(was).unwrap_or_default()),
                format!("said to be made by `{}`", past::by(now).unwrap_or_default()),
            );
            debug_assert_ne!(old, new);
            self.add(path.to_owned(), &was, &now, Rule::Ambiguous, &help);
        } else if self.way == Way::On && past::is_applied(was, now) {
            let by = match past::by(now) {
                Some(name) => format!("the function `{name}`"),
                None => "its function".to_owned(),
            };
            self.add(path.to_owned(), &by, RUNS, Rule::Applied, "");
        }
    }

    /// The type that a function makes the field from, if there is a function to consider; and whether
    /// that function has made the old value, so that its work would have to be undone.
    fn function(&self, was: &'a Field, now: &'a Field) -> Option<(&'a Type, bool)> {
        // A function that brought the field to what it is already has done its work.
        let applies = |newer: &'a Field, older: &Field| {
            let source = newer.with.as_ref();
            source.filter(|_| !past::is_applied(older, newer))
        };
        // The rules do not take back what a function has made.
        let undone = || applies(was, now).map(|source| (source, true));
        match self.way {
            Way::On => match applies(now, was) {
                Some(source) => Some((source, false)),
                None if now.with.is_some() => None,
                None if self.ground.is_downgrade || self.comes_back(was, now) => undone(),
                None => None,
            },
            Way::Back => undone(),
        }
    }

    /// Whether the side of a call that is taken for the older one is the newer one: it has a function that makes
    /// its field of what the other side has. What rules would make of the value then is not what it means.
    fn comes_back(&self, was: &Field, now: &Field) -> bool {
        self.ground.is_of_calls && past::takes(was, now)
    }

    /// The same for the side that is taken for the newer one, and is the older one.
    fn is_other_way(&self, was: &Field, now: &Field) -> bool {
        self.ground.is_of_calls && self.way == Way::Back && past::takes(now, was)
    }

    fn with(
        &mut self,
        path: &str,
        place: usize,
        was: &'a Field,
        now: &Field,
        (source, undone): (&Type, bool),
    ) -> Source {
        let fits = !undone && is_source(source, &was.ty);
        if fits && self.refuse_incomplete(path, Some(&was.ty), &now.ty) {
            return Source::With { place };
        }
        if fits && (self.moves(&was.ty) || self.is_built(&was.ty)) {
            let made = match past::by(now) {
                Some(by) => format!("{} by `{by}`", now.ty),
                None => now.ty.to_string(),
            };
            self.add(
                path.to_owned(),
                &was.ty.to_string(),
                &made,
                Rule::Converted,
                "",
            );
        } else if undone {
            let made = format!("`{}`, made by a function from `&{source}`", was.ty);
            let help = format!(
                "only you know the way back: write a function marked #[hotmod::migrate(down)] in the newer \
                 version, for the type that holds the field, or update to a build of the older one with \
                 #[state(with = path::to::function)] on the field, with `fn(&{}) -> {}`",
                was.ty, now.ty
            );
            let back = format!("`{}`, without a function that takes it back", now.ty);
            self.add(path.to_owned(), &made, &back, Rule::TypeChanged, &help);
        } else {
            let help = match (was.ty.opaque(), source.opaque()) {
                (Some(_), None) => {
                    "the old value is opaque, and so is what the function takes a reference to: write \
                     #[state(unsafe(opaque, with = path::to::function))]"
                }
                (None, Some(_)) => {
                    "the old value is described, and so is what the function takes a reference to: \
                     write #[state(with = path::to::function)], beside `unsafe(opaque)` where the \
                     field itself is opaque"
                }
                (Some(_), Some(_)) => {
                    "let the function named by `with` take a reference to what the field was, and build both \
                     versions with the same version, features and profile of its crate; what another \
                     build made is carried over by `serde`, or by `as = Type`, where both versions say so"
                }
                _ if was.ty == now.ty => {
                    "let the function named by `with` take a reference to what the field is in the \
                     running version, or remove `with` where its values need no conversion any more"
                }
                _ => {
                    "let the function named by `with` take a reference to what the field was, laid out \
                     as it was"
                }
            };
            // Of what cannot be looked into, only the size is known.
            let by = match (was.ty.opaque(), source.opaque()) {
                (_, None) => format!("a function from `&{source}`"),
                (None, Some(_)) => {
                    format!("a function from a reference to {source}, which is opaque")
                }
                (Some(_), Some(_)) => format!(
                    "a function from a reference to {source}: another one, or of another version, \
                     features or profile of its crate"
                ),
            };
            self.add(
                path.to_owned(),
                &format!("`{}`", was.ty),
                &by,
                Rule::TypeChanged,
                help,
            );
        }
        Source::With { place }
    }

    /// Refuses to take back what a function has made: the older version has none for it.
    fn made_by_function(&mut self, path: &str, was: &Type) {
        self.add(
            path.to_owned(),
            &format!("`{was}`, made by a function or of another sense"),
            "without a function that takes it back",
            Rule::MeaningChanged,
            "only you know the way back: write a function marked #[hotmod::migrate(down)] in the \
             newer version, or update to a build of the older one with a function marked \
             #[hotmod::migrate] that makes its value from the newer one",
        );
    }

    fn variants(
        &mut self,
        path: &str,
        old: &'a [Variant],
        new: &'a [Variant],
        attributes: &[Attribute],
    ) -> Vec<Option<VariantStep>> {
        let mut reached = vec![false; new.len()];
        let places = match self.way {
            Way::On => names::variants(old, new),
            Way::Back => names::inverted(&names::variants(new, old), old.len()),
        };
        let other = match self.ground.is_of_calls {
            true => other(new),
            false => None,
        };
        let mut arrives = false;
        let steps = old.iter().zip(places).map(|(variant, place)| {
            let was = format!("{path}::{}", variant.name);
            let Some(to) = place else {
                let step = self.variant_removed(was, variant, new, (attributes, other));
                arrives |= step.as_ref().is_some_and(|it| it.fields.is_name());
                return step;
            };
            if std::mem::replace(&mut reached[to], true) {
                // A value would no longer show which of the two variants it was made from.
                let now = format!("`{}`, which another variant has become", new[to].name);
                let help = "let each variant come from one; to convert the values of the other, \
                            write #[state(removed_variant(Old => New))] on the enum";
                self.add(was, "a variant", &now, Rule::VariantRemoved, help);
                return None;
            }
            let path = format!("{path}::{}", new[to].name);
            if new[to].name != variant.name {
                self.add(
                    path.clone(),
                    &variant.name,
                    &new[to].name,
                    Rule::Renamed,
                    "",
                );
            }
            let fields = self.fields(&path, &variant.fields, &new[to].fields, attributes);
            Some(VariantStep { to, fields })
        });
        let mut steps: Vec<Option<VariantStep>> = steps.collect();
        if let (Some(other), true) = (other, arrives) {
            made_like_names(&mut steps, other);
        }
        for (variant, reached) in new.iter().zip(reached) {
            if !reached {
                let path = format!("{path}::{}", variant.name);
                self.add(path, "absent", "a variant", Rule::VariantGained, "");
            }
        }
        steps
    }

    fn variant_removed(
        &mut self,
        path: String,
        variant: &Variant,
        new: &[Variant],
        (attributes, other): (&[Attribute], Option<usize>),
    ) -> Option<VariantStep> {
        let replaced = attributes.iter().any(|attribute| {
            matches!(attribute, Attribute::RemovedVariant(from, _) if *from == variant.name)
        });
        if let Some(to) = other.filter(|_| self.way == Way::Back || !replaced) {
            let name = format!("`{}`", new[to].name);
            self.add(path, "a variant", &name, Rule::CallOther, "");
            let sources = new[to].fields.iter();
            let fields = FieldSteps {
                sources: sources
                    .map(|_| Source::Name(variant.name.clone()))
                    .collect(),
                dropped: (0..variant.fields.len()).collect(),
            };
            return Some(VariantStep { to, fields });
        }
        if self.way == Way::Back {
            let now = "absent; a live value that uses it aborts the plan";
            let help = "the newer version added it: let go of such values before going back";
            self.add(path, "a variant", now, Rule::VariantUnused, help);
            return None;
        }
        let target = attributes.iter().find_map(|attribute| match attribute {
            Attribute::RemovedVariant(from, to) if *from == variant.name => Some(to),
            _ => None,
        });
        let Some(target) = target else {
            let now = "absent; a live value that uses it aborts the plan";
            let help = format!(
                "to convert such values, write #[state(removed_variant({} => …))] on the enum",
                variant.name
            );
            self.add(path, "a variant", now, Rule::VariantUnused, &help);
            return None;
        };
        match new.iter().position(|other| other.name == *target) {
            Some(to) if new[to].fields.is_empty() => {
                self.add(path, "a variant", target, Rule::VariantReplaced, "");
                Some(VariantStep {
                    to,
                    fields: FieldSteps {
                        sources: Vec::new(),
                        dropped: (0..variant.fields.len()).collect(),
                    },
                })
            }
            _ => {
                self.add(
                    path,
                    "a variant",
                    &format!("`{target}`, which is no variant without fields"),
                    Rule::VariantRemoved,
                    "name a variant without fields in #[state(removed_variant(Old => New))]",
                );
                None
            }
        }
    }
}

/// The variant in which those arrive that the type does not know. A file may mark one that could not hold their
/// names.
fn other(variants: &[Variant]) -> Option<usize> {
    let holds_name = |fields: &[Field]| match fields {
        [] => true,
        [field] => field.with.is_none() && field.ty.builtin() == Some(Builtin::String),
        _ => false,
    };
    let is = |it: &Variant| it.attributes.contains(&Attribute::Other) && holds_name(&it.fields);
    variants.iter().position(is)
}

/// What arrives in such a variant has made its text there. So has what had that variant before: where a value is
/// given up, nothing tells which of the two it was made from.
fn made_like_names(steps: &mut [Option<VariantStep>], other: usize) {
    for step in steps {
        let is_other = step
            .as_ref()
            .is_some_and(|it| it.to == other && !it.fields.is_name());
        let Some(variant) = step.as_mut().filter(|_| is_other) else {
            continue;
        };
        let texts = variant
            .fields
            .sources
            .iter_mut()
            .all(|source| match source {
                Source::Field { step, .. } => {
                    let is_text = matches!(step, Step::Move | Step::Bytes);
                    *step = if is_text { Step::Bytes } else { step.clone() };
                    is_text
                }
                _ => false,
            });
        if !texts {
            *step = None;
        }
    }
}

/// The conversions that a conversion leads to.
fn within(body: &ConversionBody) -> Vec<usize> {
    let mut found = Vec::new();
    match body {
        ConversionBody::Struct(fields) => within_fields(fields, &mut found),
        ConversionBody::Enum(variants) => {
            for variant in variants.iter().flatten() {
                within_fields(&variant.fields, &mut found);
            }
        }
        ConversionBody::Hook | ConversionBody::Down(_) => {}
    }
    found
}

fn within_fields(fields: &FieldSteps, found: &mut Vec<usize>) {
    for source in &fields.sources {
        if let Source::Field { step, .. } = source {
            within_step(step, found);
        }
    }
}

fn within_step(step: &Step, found: &mut Vec<usize>) {
    match step {
        Step::Convert(place) => found.push(*place),
        Step::Move | Step::Number { .. } | Step::Bytes | Step::Serde | Step::Same => {}
        Step::Wrap(step)
        | Step::Unwrap(step)
        | Step::Enclose(step)
        | Step::As(step)
        | Step::Into(step)
        | Step::Form(step)
        | Step::Formed(step)
        | Step::Disclose(step)
        | Step::Pointer(step)
        | Step::Range(step)
        | Step::Shared(step)
        | Step::Weak(step)
        | Step::Array(step) => within_step(step, found),
        Step::Collection(steps) | Step::Tuple(steps) => {
            steps.iter().for_each(|step| within_step(step, found));
        }
        Step::Variants(variants) => {
            for variant in variants {
                within_fields(&variant.fields, found);
            }
        }
    }
}

/// Where the parts of a type are, without what its source says of earlier forms.
fn layout(described: &Described) -> Described {
    let mut layout = described.clone();
    let bare = |field: &mut Field| {
        field.attributes.clear();
        field.with = None;
    };
    layout.attributes.clear();
    match &mut layout.shape {
        Shape::Struct(fields) => fields.iter_mut().for_each(bare),
        Shape::Enum { variants, .. } => {
            for variant in variants {
                variant.attributes.clear();
                variant.fields.iter_mut().for_each(bare);
            }
        }
    }
    layout
}
