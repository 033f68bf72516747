//! What becomes of a foreign type whose form says all of a value, and what becomes such a type.

use std::collections::BTreeSet;

use hotmod::describe::{Attribute, Builtin, Described, Description, Rule, Shape, Type};

use super::draft::Planner;
use super::families::is_optional;
use crate::plan::model::{ConversionBody, FieldSteps, Source, Step};

/// How deep parameters are looked into, such as a key that holds a key of its crate's.
const PARAMETERS: usize = 4;

/// The form of a type.
struct FormOf<'d> {
    ty: &'d Type,
    /// Whether there may be values of it that are none of the type.
    is_checked: bool,
}

impl<'d> FormOf<'d> {
    fn of(description: &'d Description, ty: &Type) -> Option<Self> {
        let described = description.types.get(ty)?;
        let attributes = &described.attributes;
        let Shape::Struct(fields) = &described.shape else {
            return None;
        };
        let [field] = &fields[..] else {
            return None;
        };
        let is_whole = (field.offset, field.size) == (Some(0), described.size);
        (is_whole && attributes.contains(&Attribute::Form)).then(|| FormOf {
            ty: form(&field.ty),
            is_checked: attributes.contains(&Attribute::Checked),
        })
    }
}

/// What a foreign type is carried over as, or laid out as.
pub(in crate::plan) fn form_of<'d>(description: &'d Description, ty: &Type) -> Option<&'d Type> {
    FormOf::of(description, ty).map(|it| it.ty)
}

/// What the only field of such a type is carried over as; the field's own type, if it is laid out.
fn form(field: &Type) -> &Type {
    match field.builtin() {
        Some(Builtin::As) => &field.args[0],
        _ => field,
    }
}

/// Whether a value may stand in one of this type.
fn encloses(ty: &Type) -> bool {
    let is_sized = !ty.args.iter().any(Type::is_unsized);
    ty.builtin().is_some_and(|it| {
        is_optional(it) || is_sized && matches!(it, Builtin::Box | Builtin::RBox | Builtin::Lazy)
    })
}

impl<'a> Planner<'a> {
    /// What becomes of a described type, where that may be moved: a foreign one that is carried over by a form that is
    /// moved. What it is applied to is unchanged too, and one compiler laid it out on both sides.
    pub(super) fn same(
        &mut self,
        was: &'a Type,
        now: &Described,
        body: Option<ConversionBody>,
    ) -> Option<ConversionBody> {
        let is_carried = match &body {
            Some(ConversionBody::Struct(fields)) => match &fields.sources[..] {
                [
                    Source::Field {
                        place: 0,
                        step: Step::As(form),
                    },
                ] => **form == Step::Move,
                _ => false,
            },
            _ => false,
        };
        let is_same = is_carried
            && now.attributes.contains(&Attribute::Moved)
            && self.was.toolchain == self.now.toolchain
            && self.is_printed_alike(was)
            && !self.is_unsettled(was)
            // A hasher that is made anew hashes in another way.
            && was.args.iter().all(|parameter| self.is_kept(parameter, PARAMETERS));
        if !is_same {
            return body;
        }
        let sources = vec![Source::Field {
            place: 0,
            step: Step::Same,
        }];
        Some(ConversionBody::Struct(FieldSteps {
            sources,
            dropped: Vec::new(),
        }))
    }

    /// Whether values of a parameter are the same bytes on both sides, or are if the modules have the same version of a
    /// crate.
    fn is_kept(&mut self, ty: &'a Type, depth: usize) -> bool {
        if self.moves(ty) {
            return true;
        }
        let older: &'a Description = self.was;
        let Some(described) = older.types.get(ty).filter(|_| depth > 0) else {
            return false;
        };
        if !self.is_printed_alike(ty) || self.is_unsettled(ty) {
            return false;
        }
        match described.attributes.contains(&Attribute::Form) {
            true => {
                described.attributes.contains(&Attribute::Moved)
                    && ty.args.iter().all(|it| self.is_kept(it, depth - 1))
            }
            false => {
                let mut fields = described.fields();
                fields.all(|it| self.is_kept(&it.ty, depth - 1))
            }
        }
    }

    /// What becomes of a value that is of such a type, or is to be; `None` where another rule says that.
    pub(super) fn by_form(
        &mut self,
        path: &str,
        was: &'a Type,
        now: &Type,
        attributes: &[Attribute],
    ) -> Option<Step> {
        if self.ground.is_of_calls || self.follows(was, now) {
            return None;
        }
        let (older, newer): (&'a Description, &'a Description) = (self.was, self.now);
        let (from, to) = (FormOf::of(older, was), FormOf::of(newer, now));
        let stands_in = |ty: &Type, form: &FormOf<'_>| encloses(ty) && ty.name != form.ty.name;
        let is_other = match (&from, &to) {
            (None, None) => true,
            (Some(form), None) => stands_in(now, form),
            (None, Some(form)) => stands_in(was, form),
            _ => false,
        };
        if is_other {
            return None;
        }
        let before = self.differences.len();
        let (a, b) = (
            from.as_ref().map_or(was, |it| it.ty),
            to.as_ref().map_or(now, |it| it.ty),
        );
        let step = self.step(path, a, b, attributes);
        let (a, b) = (a.to_string(), b.to_string());
        if let [refused] = &self.differences[before..]
            && refused.rule == Rule::TypeChanged
            && (&*refused.path, &*refused.was, &*refused.now) == (path, &*a, &*b)
        {
            // That the one form does not become the other says less than that the types do not.
            self.differences.truncate(before);
            return Some(self.other(path, was, now));
        }
        match to.as_ref().is_some_and(|it| it.is_checked) {
            false => self.changed(path, was, now, Rule::Rebuilt),
            true if attributes.contains(&Attribute::Checked) => {
                self.changed(path, was, now, Rule::Checked);
            }
            true => {
                self.refuse(
                    path,
                    was,
                    now,
                    Rule::Narrowed,
                    "not every value of the one is one of the other; write #[state(checked)] to abort on the first that \
                     is not",
                );
            }
        }
        let step = match to {
            Some(to) => {
                self.refuse_copied_cells(path, was, now, to.ty);
                Step::Formed(Box::new(step))
            }
            None => step,
        };
        Some(match from {
            Some(_) => Step::Form(Box::new(step)),
            None => step,
        })
    }

    /// Refuses a form that could be changed through a shared reference. What was moved into it still belongs to the old
    /// value, and the code that makes a value of it is the user's too: that of `Clone`, for instance. Behind an owner is the
    /// one item that all owners have.
    fn refuse_copied_cells(&mut self, path: &str, was: &Type, now: &Type, form: &Type) {
        let Some(cell) = copied_cell(self.now, form) else {
            return;
        };
        let help = format!(
            "it is made of copies of what is in it, in which a `{cell}` could be changed; let a function make it, by \
             #[state(with = …)], or keep the type"
        );
        self.refuse(path, was, now, Rule::TypeChanged, &help);
    }
}

/// What in a value could be changed through a shared reference to it, unless an owner leads there.
fn copied_cell(description: &Description, ty: &Type) -> Option<Type> {
    let mut seen = BTreeSet::new();
    let mut left = vec![ty];
    while let Some(ty) = left.pop() {
        if !seen.insert(ty) {
            continue;
        }
        let builtin = ty.builtin();
        // An opaque one may be a cell.
        if ty.opaque().is_some() || builtin.is_some_and(Builtin::is_cell) {
            return Some(ty.clone());
        }
        if builtin.is_some_and(|it| it.is_owner() || it == Builtin::PhantomData) {
            continue;
        }
        left.extend(&ty.args);
        let described = description.types.get(ty).into_iter();
        left.extend(described.flat_map(Described::fields).map(|it| &it.ty));
    }
    None
}
