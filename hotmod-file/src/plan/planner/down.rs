//! Ways down: functions of the module that a value is at, marked `#[hotmod::migrate(down)]`, which
//! make an earlier form of it for a module that has that form.

use std::collections::BTreeMap;

use hotmod::describe::{Attribute, Difference, Field, Rule, Shape, Type, Variant};

use super::draft::Planner;
use crate::in_place::Unlike;
use crate::plan::model::{ConversionBody, Step};

/// What a module has for values of one type that are to be of another.
#[derive(Clone, Copy)]
pub(super) enum WayDown<'p> {
    /// Nothing.
    None,
    /// The function of this name.
    By(&'p str),
    /// Functions that make other forms: the first of them.
    Unlike(&'p str),
}

/// How far a plan had come.
pub(super) struct Saved<'a> {
    conversions: usize,
    pub(super) differences: usize,
    shared: BTreeMap<(bool, &'a Type), Type>,
    refused: usize,
}

impl<'a> Planner<'a> {
    /// The type that values of a type may be taken down to, where `now` says nothing of it.
    pub(super) fn led_down(&self, was: &Type) -> Option<Type> {
        let mut downs = self.ground.downs.values();
        let leads = |to: &Type| self.now.types.contains_key(to);
        let found = downs.find(|down| down.from == *was && leads(&down.to));
        found.map(|down| down.to.clone())
    }

    /// What there is to take values of one type down to the other.
    pub(super) fn down(&self, was: &Type, now: &Type) -> WayDown<'a> {
        let mut found = WayDown::None;
        for (name, down) in self.ground.downs {
            if (&down.from, &down.to) != (was, now) {
                continue;
            }
            if self.made(down).is_ok() {
                return WayDown::By(name);
            }
            if let WayDown::None = found {
                found = WayDown::Unlike(name);
            }
        }
        found
    }

    /// The conversion at `place` is done by the function of this name.
    pub(super) fn taken_down(&mut self, path: &str, place: usize, name: &str) -> Step {
        let conversion = &mut self.conversions[place];
        conversion.body = Some(ConversionBody::Down(name.to_owned()));
        conversion.open = None;
        let (was, now) = (conversion.was, conversion.now.clone());
        if self.refuse_incomplete(path, Some(was), &now) {
            return Step::Convert(place);
        }
        let was = was.to_string();
        let lacking = self.without_place(place);
        let now = match lacking.is_empty() {
            true => format!("{now} by `{name}`"),
            // Whether they are lost depends on what the function makes of them.
            false => format!(
                "{now} by `{name}`, in which {} {} no place",
                lacking.join(", "),
                if lacking.len() == 1 { "has" } else { "have" }
            ),
        };
        self.add(path.to_owned(), &was, &now, Rule::Converted, "");
        Step::Convert(place)
    }

    /// The fields and variants of the old type of a conversion that the new one does not have.
    fn without_place(&self, place: usize) -> Vec<String> {
        let conversion = &self.conversions[place];
        let (was, now) = (
            self.was.types.get(conversion.was),
            self.now.types.get(&conversion.now),
        );
        match (was.map(|it| &it.shape), now.map(|it| &it.shape)) {
            (Some(Shape::Struct(was)), Some(Shape::Struct(now))) => {
                let has = |name: &str| now.iter().any(|it| it.name == name);
                let lacks = |it: &&Field| !has(&it.name) && !had(&it.attributes, &has);
                was.iter()
                    .filter(lacks)
                    .map(|it| format!("`{}`", it.name))
                    .collect()
            }
            (Some(Shape::Enum { variants: was, .. }), Some(Shape::Enum { variants: now, .. })) => {
                let has = |name: &str| now.iter().any(|it| it.name == name);
                let lacks = |it: &&Variant| !has(&it.name) && !had(&it.attributes, &has);
                was.iter()
                    .filter(lacks)
                    .map(|it| format!("`{}`", it.name))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Refuses to go back by the function of this name, which makes another form than the older version
    /// has.
    pub(super) fn form_differs(&mut self, path: &str, name: &str) {
        let down = &self.ground.downs[name];
        let to = &down.to;
        let version = match &self.now.build {
            Some(build) => &build.version,
            None => "the older version",
        };
        let another = format!(
            "let `{name}` return `{to}` as {version} has it, or write another function marked \
             #[hotmod::migrate(down)] that does"
        );
        let (was, now, help) = match self.made(down) {
            Err(Unlike::Transient(field)) => (
                format!("made by `{name}`"),
                format!("`{to}` with `{field}`, which is not carried over and which nothing makes"),
                field.cure().unwrap_or_else(|| {
                    format!(
                        "update to a build of {version} with a function marked #[hotmod::migrate], or \
                         take the types around `{field}` back by functions of their own"
                    )
                }),
            ),
            Err(Unlike::Differs(Difference {
                path: at,
                was,
                now,
                rule,
                ..
            })) => {
                let help = match rule {
                    Rule::ToolchainChanged => "build both with the same compiler".to_owned(),
                    _ => another,
                };
                (format!("`{at}` {was}, as `{name}` makes it"), now, help)
            }
            Err(Unlike::TooMany) => (
                format!("`{to}` as `{name}` makes it"),
                "one of too many forms".to_owned(),
                Unlike::FEWER.to_owned(),
            ),
            Err(Unlike::Layout) | Ok(()) => (
                format!("`{to}` as `{name}` makes it"),
                "laid out otherwise".to_owned(),
                another,
            ),
        };
        self.add(path.to_owned(), &was, &now, Rule::FormDiffers, &help);
    }

    pub(super) fn save(&self) -> Saved<'a> {
        Saved {
            conversions: self.conversions.len(),
            differences: self.differences.len(),
            shared: self.shared.clone(),
            refused: self.refused.len(),
        }
    }

    /// Whether anything was refused since.
    pub(super) fn refused_since(&self, saved: &Saved<'_>) -> bool {
        let since = &self.differences[saved.differences..];
        since.iter().any(|difference| difference.rule.refuses())
    }

    /// Forgets what was planned since.
    pub(super) fn restore(&mut self, saved: Saved<'a>) {
        self.conversions.truncate(saved.conversions);
        self.places.retain(|_, place| *place < saved.conversions);
        self.differences.truncate(saved.differences);
        self.shared = saved.shared;
        self.refused.truncate(saved.refused);
    }
}

/// Whether `has` holds for one of the earlier names that the attributes give.
fn had(attributes: &[Attribute], has: &dyn Fn(&str) -> bool) -> bool {
    attributes.iter().any(|attribute| match attribute {
        Attribute::Was(name) => has(name),
        _ => false,
    })
}

#[cfg(test)]
mod tests;
