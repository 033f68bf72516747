//! Types whose bytes both sides use: their sizes, alignments and places.

use hotmod::describe::Repr;
use hotmod::describe::{Builtin, Representation};
use hotmod::describe::{Described, Description, Field, Shape, Type, Variant};
use hotmod::describe::{Difference, Rule};

use super::found::{Diff, by_name};
use super::path::step_into;
use crate::deep::{deeper, shown};
use crate::past::is_untold;

const NO_SIGNATURE: &str = "such a field is for state: let a type without it cross, for example what the \
                            field is carried over as";
const SAME_BUILD: &str = "build both with the same version, features and profile of the crate that the \
                          type is of, or let a type of your own cross";
const SAME_TOOLCHAIN: &str = "build both with the same compiler, or pass it by value as numbers, \
                              `String`, `Vec`, `Option`, `Result` or abi_stable's types";

/// What differs between the layouts of a type in two descriptions.
pub(crate) fn layout(was: &Description, now: &Description, ty: &Type) -> Vec<Difference> {
    let mut diff = Diff {
        is_of_calls: false,
        ..Diff::new(was, now)
    };
    diff.layout(&ty.to_string(), ty, ty, "");
    diff.found
}

/// What differs between the names and types of a type in two descriptions, wherever their parts lie.
pub(crate) fn schema(was: &Description, now: &Description, ty: &Type) -> Vec<Difference> {
    let mut diff = Diff {
        is_of_calls: false,
        is_of_schemas: true,
        ..Diff::new(was, now)
    };
    diff.layout(&ty.to_string(), ty, ty, "");
    diff.found
}

impl<'a> Diff<'a> {
    /// Compares types whose bytes are used on both sides.
    pub(super) fn layout(&mut self, path: &str, was: &Type, now: &Type, help: &str) {
        let path = shown(path);
        deeper(|| self.layout_at(&path, was, now, help));
    }

    fn layout_at(&mut self, path: &str, was: &Type, now: &Type, help: &str) {
        if let (Some(a), Some(b)) = (was.opaque(), now.opaque())
            && was.name != now.name
            && (&a.text, a.size, a.align) == (&b.text, b.size, b.align)
        {
            let (was, now) = (format!("`{was}`"), another_build(now));
            return self.add(path.to_owned(), &was, &now, Rule::TypeChanged, SAME_BUILD);
        }
        if let Some(builtin) = was.builtin()
            && builtin.is_carried()
        {
            let now = match builtin {
                Builtin::Serde => "by a serde form".to_owned(),
                _ => format!("as `{}`", was.args[0]),
            };
            let (was, now) = (
                "bytes that both sides use",
                format!("a field that is carried over {now}"),
            );
            return self.add(path.to_owned(), was, &now, Rule::TypeChanged, NO_SIGNATURE);
        }
        if was.name != now.name || was.args.len() != now.args.len() {
            return self.add(
                path.to_owned(),
                &format!("`{was}`"),
                &format!("`{now}`"),
                Rule::TypeChanged,
                help,
            );
        }
        // The place of such a field is compared in `fields`; neither side shows the other its type.
        if was.builtin() == Some(Builtin::Skipped) {
            return;
        }
        if let Some(builtin) = was.builtin()
            && builtin.representation() == Representation::Compiler
            && self.was.toolchain != self.now.toolchain
            && !self.is_of_schemas
        {
            return self.toolchain(path, was);
        }
        if was.opaque().is_some() && self.was.toolchain != self.now.toolchain {
            return self.toolchain(path, was);
        }
        if was.is_named() {
            return self.named(path, was, now, help);
        }
        for (i, (a, b)) in was.args.iter().zip(&now.args).enumerate() {
            self.layout(&format!("{path}{}", step_into(was, i)), a, b, help);
        }
    }

    fn toolchain(&mut self, path: &str, ty: &Type) {
        if self.is_of_schemas {
            return;
        }
        let (was, now) = (self.was.toolchain.clone(), self.now.toolchain.clone());
        self.add(
            path.to_owned(),
            &format!("`{ty}` as {was} lays it out"),
            &format!("as {now} does"),
            Rule::ToolchainChanged,
            SAME_TOOLCHAIN,
        );
    }

    fn named(&mut self, path: &str, was: &Type, now: &Type, help: &str) {
        let types = (&self.was.types, &self.now.types);
        let found = (types.0.get_key_value(was), types.1.get_key_value(now));
        let (Some((was, a)), Some((now, b))) = found else {
            return self.add(
                path.to_owned(),
                &format!("`{was}`"),
                &format!("`{now}`, which one side does not describe"),
                Rule::TypeChanged,
                help,
            );
        };
        match self.remembers((was, now), parts(a) + parts(b)) {
            Some(true) => return,
            Some(false) => return self.add(String::new(), "", "", Rule::TypeChanged, ""),
            None => {}
        }
        if !self.seen.insert((was, now)) {
            return;
        }
        let before = self.found.len();
        self.shape(path, was, a, b, help);
        for (a, b) in was.args.iter().zip(&now.args) {
            if a != b {
                self.layout(path, a, b, help);
            }
        }
        if a.meaning != b.meaning {
            self.add(
                path.to_owned(),
                &format!("meaning {}", a.meaning),
                &format!("meaning {}", b.meaning),
                Rule::MeaningChanged,
                help,
            );
        }
        if self.is_of_calls && self.found.len() == before && is_untold(self.was, self.now, was) {
            self.add(
                path.to_owned(),
                &format!("`{was}`"),
                "one of which one side says what the other may not know",
                Rule::Ambiguous,
                help,
            );
        }
        // Size and alignment are reported only where no field shows the cause.
        if self.found.len() == before && !self.is_of_schemas {
            if a.size != b.size {
                let (was, now) = (bytes(a.size), bytes(b.size));
                self.add(path.to_owned(), &was, &now, Rule::SizeChanged, help);
            }
            if a.align != b.align {
                self.add(
                    path.to_owned(),
                    &format!("aligned to {}", bytes(a.align)),
                    &format!("to {}", bytes(b.align)),
                    Rule::AlignmentChanged,
                    help,
                );
            }
        }
        let differs = self.found[before..].iter().any(|it| it.rule.refuses());
        if let Some(remembered) = self.remembered.as_mut().filter(|_| differs) {
            remembered.unlike.insert((was, now));
        }
    }

    /// Whether two types are the same, where that is remembered. Where too much was compared already, they are not.
    fn remembers(&mut self, types: (&'a Type, &'a Type), parts: usize) -> Option<bool> {
        let remembered = self.remembered.as_mut()?;
        if remembered.alike.contains(&types) {
            return Some(true);
        }
        if remembered.unlike.contains(&types) {
            return Some(false);
        }
        if self.seen.contains(&types) {
            return None;
        }
        match remembered.left.checked_sub(parts) {
            Some(left) => {
                remembered.left = left;
                None
            }
            None => Some(false),
        }
    }

    fn shape(&mut self, path: &str, ty: &Type, a: &'a Described, b: &'a Described, help: &str) {
        match (&a.shape, &b.shape) {
            (Shape::Struct(a), Shape::Struct(b)) => self.fields(path, a, b, help),
            (
                Shape::Enum {
                    repr: was,
                    variants: a,
                },
                Shape::Enum {
                    repr: now,
                    variants: b,
                },
            ) => {
                if was != now {
                    let repr = |repr: &Repr<String>| match repr {
                        Repr::Left(below) => format!("as `{below}` leaves it"),
                        Repr::Fixed(repr) => format!("#[repr({repr})]"),
                        Repr::Chosen => "without #[repr]".to_owned(),
                    };
                    self.add(
                        path.to_owned(),
                        &repr(was),
                        &repr(now),
                        Rule::ReprChanged,
                        help,
                    );
                } else if *was == Repr::Chosen && self.was.toolchain != self.now.toolchain {
                    self.toolchain(path, ty);
                }
                self.variants(path, a, b, help);
            }
            (Shape::Struct(_), Shape::Enum { .. }) => {
                self.add(
                    path.to_owned(),
                    "a struct",
                    "an enum",
                    Rule::ShapeChanged,
                    help,
                );
            }
            (Shape::Enum { .. }, Shape::Struct(_)) => {
                self.add(
                    path.to_owned(),
                    "an enum",
                    "a struct",
                    Rule::ShapeChanged,
                    help,
                );
            }
        }
    }

    fn fields(&mut self, path: &str, was: &'a [Field], now: &'a [Field], help: &str) {
        let before = self.found.len();
        let (were, are) = (by_name(was, |it| &it.name), by_name(now, |it| &it.name));
        for field in was {
            let path = format!("{path}.{}", field.name);
            let Some(&other) = are.get(field.name.as_str()) else {
                let was = self.placed(field);
                self.add(path, &was, "absent", Rule::FieldRemoved, help);
                continue;
            };
            let earlier = self.found.len();
            let foreign = field.ty.opaque().is_some() && other.ty.opaque().is_some();
            if field.ty != other.ty && !foreign {
                let (was, now) = (self.placed(field), self.placed(other));
                self.add(path.clone(), &was, &now, Rule::TypeChanged, help);
            } else {
                self.layout(&path, &field.ty, &other.ty, help);
            }
            if self.found.len() == earlier
                && !self.is_of_schemas
                && (field.offset != other.offset
                    || field.size != other.size
                    || field.align != other.align)
            {
                let (was, now) = (self.placed(field), self.placed(other));
                self.add(path, &was, &now, Rule::FieldMoved, help);
            }
        }
        for field in now {
            if !were.contains_key(field.name.as_str()) {
                let now = self.placed(field);
                let path = format!("{path}.{}", field.name);
                self.add(path, "absent", &now, Rule::FieldAdded, help);
            }
        }
        let order = |fields: &'a [Field]| {
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            names.join(", ")
        };
        if self.found.len() == before && order(was) != order(now) {
            let (was, now) = (order(was), order(now));
            self.add(path.to_owned(), &was, &now, Rule::FieldsReordered, help);
        }
    }

    /// What a field is, and where.
    fn placed(&self, field: &Field) -> String {
        match self.is_of_schemas {
            true => field.ty.to_string(),
            false => placed(field),
        }
    }

    fn variants(&mut self, path: &str, was: &'a [Variant], now: &'a [Variant], help: &str) {
        let before = self.found.len();
        let (were, are) = (by_name(was, |it| &it.name), by_name(now, |it| &it.name));
        for variant in was {
            let path = format!("{path}::{}", variant.name);
            let Some(&other) = are.get(variant.name.as_str()) else {
                self.add(path, "a variant", "absent", Rule::VariantRemoved, help);
                continue;
            };
            if variant.discriminant != other.discriminant {
                self.add(
                    path.clone(),
                    &format!("discriminant {}", variant.discriminant),
                    &format!("discriminant {}", other.discriminant),
                    Rule::DiscriminantChanged,
                    help,
                );
            }
            self.fields(&path, &variant.fields, &other.fields, help);
        }
        for variant in now {
            if !were.contains_key(variant.name.as_str()) {
                let path = format!("{path}::{}", variant.name);
                self.add(path, "absent", "a variant", Rule::VariantAdded, help);
            }
        }
        let order = |variants: &'a [Variant]| {
            let names: Vec<&str> = variants.iter().map(|v| v.name.as_str()).collect();
            names.join(", ")
        };
        if self.found.len() == before && order(was) != order(now) {
            let (was, now) = (order(was), order(now));
            self.add(path.to_owned(), &was, &now, Rule::VariantsReordered, help);
        }
    }
}

/// The words for a foreign type that looks the same and is another type.
pub(crate) fn another_build(ty: &Type) -> String {
    format!("`{ty}` of another crate, or of another version, features or profile of it")
}

/// How many variants and fields it has.
fn parts(described: &Described) -> usize {
    let variants = match &described.shape {
        Shape::Struct(_) => 1,
        Shape::Enum { variants, .. } => variants.len(),
    };
    variants + described.fields().count()
}

fn bytes(count: u64) -> String {
    match count {
        1 => "1 byte".to_owned(),
        _ => format!("{count} bytes"),
    }
}

fn placed(field: &Field) -> String {
    match field.offset {
        _ if field.ty.builtin() == Some(Builtin::Skipped) => match field.offset {
            Some(offset) => format!("{} not carried over, at offset {offset}", bytes(field.size)),
            None => format!("{} not carried over", bytes(field.size)),
        },
        Some(offset) => format!("{} at offset {offset}", field.ty),
        None => format!("{} of {}", field.ty, bytes(field.size)),
    }
}
